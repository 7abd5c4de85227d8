package workflow

import (
	"errors"
	"slices"
	"time"
)

// meet does what comes with the first sight of an application, or of its creator's id: her memberships and conversation
// kept under her user name become hers by id, its product is known from now on, and it joins a campaign that she and
// its product are in (L5).
func (t *turn) meet(before Application, next *Next, ev Event) error {
	r, ok := ev.(Reported)
	if !ok {
		return nil
	}
	a := &next.Application
	shop, creator := a.Key.Shop, a.Report.Creator
	if before.State() != Unseen && before.Report.Creator.KeyOf(shop) == creator.KeyOf(shop) {
		return nil
	}
	if creator.OpenID != "" && creator.Username != "" {
		if err := t.merge(shop, creator, r.At); err != nil {
			return err
		}
	}
	if before.State() != Unseen {
		return nil
	}
	if p := a.Report.Product; p.ID != "" {
		if err := t.tx.PutProduct(shop, p); err != nil {
			return err
		}
	}
	if !a.State().Live() {
		return nil
	}
	c, err := t.awaiting(shop, creator.KeyOf(shop), a.Report.Product.ID)
	if err != nil || c == "" {
		return err
	}
	a.Campaign, a.Joined = c, Joined{At: r.At}
	return t.renotify(QuestionNotice(c, creator.KeyOf(shop)), r.At, Routine) // it asks for nothing any more
}

// merge brings together what the desk knows of a creator under her user name and under her open id.
func (t *turn) merge(shop ShopID, creator Creator, at time.Time) error {
	byName := Creator{Username: creator.Username}.KeyOf(shop)
	byID := creator.KeyOf(shop)
	members, err := t.tx.Memberships(byName)
	if err != nil {
		return err
	}
	for _, m := range members {
		if err := t.tx.RemoveMember(m.Campaign, byName); err != nil {
			return err
		}
		if other, err := t.tx.Member(m.Campaign, byID); err == nil {
			if stageRank(other.State.Stage()) <= stageRank(m.State.Stage()) {
				continue
			}
		} else if !errors.Is(err, ErrNotFound) {
			return err
		}
		m.Creator, m.Shown = byID, creator
		if err := t.tx.PutMember(m); err != nil {
			return err
		}
		if err := t.moveQuestion(m.Campaign, byName, byID, at); err != nil {
			return err
		}
	}
	return t.mergeTalk(shop, byName, creator)
}

// moveQuestion gives the question about a member to the key that she is known by now. The message stays where it is.
func (t *turn) moveQuestion(c CampaignID, was, now CreatorKey, at time.Time) error {
	n, err := t.tx.Notice(QuestionNotice(c, was))
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	n.ID, n.Creator = QuestionNotice(c, now), now
	return t.notify(n, at, Routine)
}

func (t *turn) mergeTalk(shop ShopID, byName CreatorKey, creator Creator) error {
	talk, err := t.tx.Conversation(shop, byName)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := t.tx.RemoveConversation(shop, byName); err != nil {
		return err
	}
	talk.Creator, talk.Shown = creator.KeyOf(shop), creator
	if there, err := t.tx.Conversation(shop, talk.Creator); err == nil {
		if there.Last.At.After(talk.Last.At) {
			talk.Last = there.Last
		}
		if talk.ID == "" {
			talk.ID = there.ID
		}
	} else if !errors.Is(err, ErrNotFound) {
		return err
	}
	return t.tx.PutConversation(talk)
}

// awaiting returns the campaign that a creator's new application for a product belongs to: of those that she is in and
// that the product is in, the one that she joined last.
func (t *turn) awaiting(shop ShopID, creator CreatorKey, product ProductID) (CampaignID, error) {
	members, err := t.tx.Memberships(creator)
	if err != nil {
		return "", err
	}
	slices.SortStableFunc(members, func(a, b Member) int { return b.AddedAt.Compare(a.AddedAt) })
	for _, m := range members {
		c, err := t.tx.Campaign(m.Campaign)
		if err != nil {
			return "", err
		}
		if c.Shop == shop && !c.Archived && slices.Contains(c.Products, product) {
			return c.ID, nil
		}
	}
	return "", nil
}
