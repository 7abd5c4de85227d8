package workflow

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Addition adds a creator to a campaign by hand. Creator holds at least a user name.
type Addition struct {
	Actor
	At       time.Time
	Campaign CampaignID
	Creator  Creator
}

// AddMember adds a creator to a campaign. The error is a Refusal where there is no such campaign, it is archived, they
// are in it already, or no name is given.
func (e *Engine) AddMember(ctx context.Context, add Addition) (m Member, c Campaign, err error) {
	err = e.update(ctx, func(t *txn) (err error) {
		m, c, err = t.addByHand(add)
		return err
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return Member{}, Campaign{}, fmt.Errorf("adding a creator to campaign %s: %w", add.Campaign, err)
	}
	return m, c, nil
}

func (t *txn) addByHand(add Addition) (Member, Campaign, error) {
	c, err := t.tx.Campaign(add.Campaign)
	if errors.Is(err, ErrNotFound) {
		return Member{}, c, Refusal{Rule: RuleNoCampaign}
	}
	if err != nil {
		return Member{}, c, err
	}
	creator, err := t.lookUpCreator(c.Shop, add.Creator)
	if err != nil {
		return Member{}, c, err
	}
	m, err := t.tx.Member(c.ID, creator.KeyOf(c.Shop))
	switch {
	case err == nil && m.alreadyApplied(add.DedupKey):
		return m, c, errUnchanged
	case err == nil:
		return m, c, Refusal{Rule: RuleAlreadyInCampaign, Name: c.Name, Member: m}
	case !errors.Is(err, ErrNotFound):
		return m, c, err
	case c.Archived:
		return m, c, Refusal{Rule: RuleArchived, Name: c.Name}
	case creator.Username == "":
		return m, c, Refusal{Rule: RuleNoCreator}
	}
	m, _, err = t.join(c, creator, add.Actor, add.At)
	return m, c, err
}

// activeCampaign returns a campaign that is not archived.
func (t *txn) activeCampaign(id CampaignID) (Campaign, error) {
	c, err := t.tx.Campaign(id)
	if errors.Is(err, ErrNotFound) {
		return c, Refusal{Rule: RuleNoCampaign}
	}
	if err == nil && c.Archived {
		return c, Refusal{Rule: RuleArchived, Name: c.Name}
	}
	return c, err
}

// join makes a creator a member of a campaign, if they are not one yet.
func (t *txn) join(c Campaign, creator Creator, by Actor, at time.Time) (m Member, isNew bool, err error) {
	key := creator.KeyOf(c.Shop)
	if m, err = t.tx.Member(c.ID, key); !errors.Is(err, ErrNotFound) {
		return m, false, err
	}
	m = Member{Campaign: c.ID, Creator: key, Shown: creator, AddedBy: by.Person, AddedAt: at, DedupKeys: addDedupKey(nil, by.DedupKey)}
	if err := t.tx.PutMember(m); err != nil {
		return m, false, err
	}
	return m, true, t.tx.Append(Entry{
		At: at, Key: Key{Shop: c.Shop}, Event: OnMemberAdded, By: by, Campaign: c.ID, Creator: key, Name: c.Name,
	})
}

// lookUpCreator returns what the desk knows of a creator given by user name only.
func (t *txn) lookUpCreator(shop ShopID, c Creator) (Creator, error) {
	c.Username = strings.TrimPrefix(strings.TrimSpace(c.Username), "@")
	if c.OpenID != "" {
		return c, nil
	}
	found, err := lastOf(t.tx, UsernameOf(shop, c.Username))
	if err == nil && found.Snapshot.Creator.OpenID != "" {
		return found.Snapshot.Creator, nil
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		return c, err
	}
	conversation, err := t.tx.Conversation(shop, c.KeyOf(shop))
	if errors.Is(err, ErrNotFound) {
		return c, nil
	}
	if conversation.Shown.OpenID != "" {
		return conversation.Shown, err
	}
	return c, err
}
