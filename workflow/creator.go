package workflow

import "errors"

// MaxOfCreator is how many requests of one creator are read for what is shown or done about them: the latest, so that
// the figures of somebody with more are recent.
const MaxOfCreator = 2000

// maxOfMember is how many requests of one creator in one campaign are looked through.
const maxOfMember = 500

// OfCreator returns a creator's latest applications, of all shops, the latest first: MaxOfCreator at the most.
func OfCreator(tx Tx, c CreatorKey) ([]Application, error) {
	return tx.Latest(CreatorOf(c), MaxOfCreator)
}

// CanWriteTo refuses a creator who cannot be written to: neither their open id is known, nor a conversation that they
// began.
func CanWriteTo(tx Tx, shop ShopID, c Creator) error {
	if c.OpenID != "" {
		return nil
	}
	conversation, err := tx.Conversation(shop, c.KeyOf(shop))
	if errors.Is(err, ErrNotFound) || err == nil && conversation.ID == "" {
		return Refusal{Rule: RuleNoCreator, Name: c.Username}
	}
	return err
}

// Recipient returns who a message goes to: by the application, if one is named, with its product, or else by the
// conversation, the application or the membership that names the creator of that key, preferably with an id. The zero
// Creator is somebody of whom nothing is known. The error is a Refusal where there is no such application.
func Recipient(tx Tx, shop ShopID, id ApplicationID, key CreatorKey) (Creator, Product, error) {
	if id == "" {
		c, err := knownBy(tx, shop, key)
		return c, Product{}, err
	}
	a, err := tx.Application(Key{Shop: shop, ID: id})
	if errors.Is(err, ErrNotFound) {
		return Creator{}, Product{}, Refusal{Rule: RuleNoApplication, Name: string(id)}
	}
	return a.Snapshot.Creator, a.Snapshot.Product, err
}

// knownBy returns the creator of whom only the key is known.
func knownBy(tx Tx, shop ShopID, key CreatorKey) (Creator, error) {
	conversation, err := tx.Conversation(shop, key)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Creator{}, err
	}
	if conversation.Shown.OpenID != "" {
		return conversation.Shown, nil
	}
	a, err := LastOf(tx, CreatorOf(key))
	if err == nil || !errors.Is(err, ErrNotFound) {
		return a.Snapshot.Creator, err
	}
	members, err := tx.Memberships(key)
	if err != nil || len(members) == 0 {
		return conversation.Shown, err
	}
	return members[0].Shown, nil
}

// LastOf returns the last application of a listing, or ErrNotFound.
func LastOf(tx Tx, l Listing) (last Application, err error) {
	found, err := tx.Latest(l, 1)
	if err != nil {
		return last, err
	}
	if len(found) == 0 {
		return last, ErrNotFound
	}
	return found[0], nil
}

// CurrentApplications returns a member's applications in the campaign that decide where the member stands: the live and
// the completed ones.
func CurrentApplications(tx Tx, c CampaignID, member CreatorKey) (all []Application, err error) {
	page, err := tx.Applications(CampaignOf(c), string(member)+"/", maxOfMember)
	if err != nil {
		return nil, err
	}
	for _, a := range page.Applications {
		if a.Snapshot.Creator.KeyOf(a.Key.Shop) != member {
			break
		}
		if a.State().Live() || a.State() == Completed {
			all = append(all, a)
		}
	}
	return all, nil
}
