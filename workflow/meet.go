package workflow

import (
	"cmp"
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
		if err := t.merge(shop, Creator{Username: creator.Username}.KeyOf(shop), creator, r.At); err != nil {
			return err
		}
	}
	if before.State() != Unseen {
		return nil
	}
	if err := t.keepProduct(shop, a.Report.Product); err != nil {
		return err
	}
	if !a.State().Live() {
		return nil
	}
	c, err := t.awaiting(shop, creator.KeyOf(shop), a.Report.Product.ID)
	if err != nil || c == "" {
		return err
	}
	a.Campaign, a.Joined = c, Joined{At: r.At}
	m, err := t.tx.Member(c, creator.KeyOf(shop))
	if err != nil {
		return err
	}
	return t.renotify(m.Question, r.At, Routine) // it asks for nothing any more
}

// keepProduct keeps a product that was asked for, for the dialogs that offer products. One whose id no store could keep
// under is not offered; that must not fail the sweep that met it.
func (t *turn) keepProduct(shop ShopID, p Product) error {
	if p.ID == "" || nameable(string(p.ID)) != string(p.ID) || nameable(p.SKU) != p.SKU {
		return nil
	}
	return t.tx.PutProduct(shop, p)
}

// merge brings together what the desk knows of a creator under a user name and under her open id.
func (t *turn) merge(shop ShopID, byName CreatorKey, creator Creator, at time.Time) error {
	members, err := t.tx.Memberships(byName)
	if err != nil {
		return err
	}
	for _, m := range members {
		if err := t.mergeMember(m, shop, creator, at); err != nil {
			return err
		}
	}
	if err := t.mergeMessages(shop, byName, creator.KeyOf(shop)); err != nil {
		return err
	}
	return t.mergeTalk(shop, byName, creator)
}

// mergeMember gives a membership to the key that the creator is known by now. Of two in one campaign the further counts.
func (t *turn) mergeMember(m Member, shop ShopID, creator Creator, at time.Time) error {
	if err := t.tx.RemoveMember(m.Campaign, m.Creator); err != nil {
		return err
	}
	other, err := t.tx.Member(m.Campaign, creator.KeyOf(shop))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if err == nil && stageRank(other.State.Stage()) <= stageRank(m.State.Stage()) {
		m, other = other, m
	}
	m.Creator, m.Shown, m.Question = creator.KeyOf(shop), creator, cmp.Or(m.Question, other.Question)
	if err := t.tx.PutMember(m); err != nil {
		return err
	}
	return errors.Join(t.readdress(m.Question, m.Creator, at), t.readdress(other.Question, m.Creator, at))
}

// readdress has the question about a member tell of her by the key that she is known by now.
func (t *turn) readdress(id NoticeID, now CreatorKey, at time.Time) error {
	if id == "" {
		return nil
	}
	n, err := t.tx.Notice(id)
	if err != nil || n.Creator == now {
		return err
	}
	n.Creator = now
	return t.notify(n, at, Routine)
}

// mergeMessages has what waits to be sent to a creator go to the key that she is known by now. One that is being sent
// knows the way; should it come back, dispose reads its notice anew.
func (t *turn) mergeMessages(shop ShopID, was, now CreatorKey) error {
	waiting, err := t.tx.Lane(MessageLane(shop, was))
	if err != nil {
		return err
	}
	for _, w := range waiting {
		n, err := t.tx.Notice(w.Notice)
		if err != nil {
			return err
		}
		n.Creator = now
		if err := t.tx.PutNotice(n); err != nil {
			return err
		}
		if w.Creator = now; w.Claimed {
			continue
		}
		if err := t.tx.Change(w.Effect); err != nil {
			return err
		}
	}
	return nil
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
			talk.ID, talk.Unread, talk.Unreplied = there.ID, there.Unread, there.Unreplied
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
