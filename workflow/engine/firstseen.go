package engine

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"sampledesk/workflow"
)

// onFirstSeen does what is due when an application, or its creator's id, is seen for the first time: memberships and
// conversation kept under the user name move to the id, its product is remembered, and it joins a campaign that both
// creator and product are in (L5).
func onFirstSeen(t *txn, before workflow.Application, next *workflow.Next, ev workflow.Event) error {
	r, ok := ev.(workflow.Reported)
	if !ok {
		return nil
	}
	a := &next.Application
	shop, creator := a.Key.Shop, a.Snapshot.Creator
	if before.State() != workflow.Unseen && before.Snapshot.Creator.KeyOf(shop) == creator.KeyOf(shop) {
		return nil
	}
	if creator.OpenID != "" && creator.Username != "" {
		if err := mergeCreator(t, shop, workflow.Creator{Username: creator.Username}.KeyOf(shop), creator, r.At); err != nil {
			return err
		}
	}
	if before.State() != workflow.Unseen {
		return nil
	}
	if err := keepProduct(t.tx, shop, a.Snapshot.Product); err != nil {
		return err
	}
	if !a.State().Live() {
		return nil
	}
	c, err := campaignOfNew(t.tx, shop, creator.KeyOf(shop), a.Snapshot.Product.ID)
	if err != nil || c == "" {
		return err
	}
	a.Campaign, a.Joined = c, workflow.Joined{At: r.At}
	m, err := t.tx.Member(c, creator.KeyOf(shop))
	if err != nil {
		return err
	}
	return t.renotify(m.Question, r.At, workflow.Routine) // nothing is asked any more
}

// keepProduct keeps a product that was asked for, for the dialogs that offer products. One whose id no store could keep
// under is not offered; that must not fail the sweep.
func keepProduct(tx workflow.Tx, shop workflow.ShopID, p workflow.Product) error {
	if p.ID == "" || workflow.Nameable(string(p.ID)) != string(p.ID) || workflow.Nameable(p.SKU) != p.SKU {
		return nil
	}
	return tx.PutProduct(shop, p)
}

// mergeCreator merges what the desk knows of a creator under a user name and under their open id.
func mergeCreator(t *txn, shop workflow.ShopID, byName workflow.CreatorKey, creator workflow.Creator, at time.Time) error {
	members, err := t.tx.Memberships(byName)
	if err != nil {
		return err
	}
	for _, m := range members {
		if err := mergeMember(t, m, shop, creator, at); err != nil {
			return err
		}
	}
	if err := mergeMessages(t.tx, shop, byName, creator.KeyOf(shop)); err != nil {
		return err
	}
	if err := t.mergeLists(shop, byName, creator, at); err != nil {
		return err
	}
	return mergeConversation(t.tx, shop, byName, creator)
}

// mergeMember gives a membership to the key that the creator is known by now. Of two in one campaign the further
// counts.
func mergeMember(t *txn, m workflow.Member, shop workflow.ShopID, creator workflow.Creator, at time.Time) error {
	if err := t.tx.RemoveMember(m.Campaign, m.Creator); err != nil {
		return err
	}
	other, err := t.tx.Member(m.Campaign, creator.KeyOf(shop))
	if err != nil && !errors.Is(err, workflow.ErrNotFound) {
		return err
	}
	if err == nil && workflow.StageRank(other.State.Stage()) <= workflow.StageRank(m.State.Stage()) {
		m, other = other, m
	}
	m.Creator, m.Shown, m.Question = creator.KeyOf(shop), creator, cmp.Or(m.Question, other.Question)
	if err := t.tx.PutMember(m); err != nil {
		return err
	}
	return errors.Join(readdress(t, m.Question, m.Creator, at), readdress(t, other.Question, m.Creator, at))
}

// readdress moves the question about a member to the key that they are known by now.
func readdress(t *txn, id workflow.NoticeID, now workflow.CreatorKey, at time.Time) error {
	if id == "" {
		return nil
	}
	n, err := t.tx.Notice(id)
	if err != nil || n.Creator == now {
		return err
	}
	n.Creator = now
	return t.notify(n, at, workflow.Routine)
}

// mergeMessages moves messages that wait for a creator to the key that they are known by now. One that is being sent is
// left alone; if it comes back, disposeOf reads its notice again.
func mergeMessages(tx workflow.Tx, shop workflow.ShopID, was, now workflow.CreatorKey) error {
	waiting, err := tx.Lane(workflow.MessageLane(shop, was))
	if err != nil {
		return err
	}
	for _, w := range waiting {
		n, err := tx.Notice(w.Notice)
		if err != nil {
			return err
		}
		n.Creator = now
		if err := tx.PutNotice(n); err != nil {
			return err
		}
		if w.Creator = now; w.Claimed {
			continue
		}
		if err := tx.Change(w.Effect); err != nil {
			return err
		}
	}
	return nil
}

func mergeConversation(tx workflow.Tx, shop workflow.ShopID, byName workflow.CreatorKey, creator workflow.Creator) error {
	conversation, err := tx.Conversation(shop, byName)
	if errors.Is(err, workflow.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := tx.RemoveConversation(shop, byName); err != nil {
		return err
	}
	if conversation.ID == "" && conversation.Last.At.IsZero() {
		return nil // the name just led to an open id
	}
	conversation.Creator, conversation.Shown = creator.KeyOf(shop), creator
	if there, err := tx.Conversation(shop, conversation.Creator); err == nil {
		if there.Last.At.After(conversation.Last.At) {
			conversation.Last = there.Last
		}
		if conversation.ID == "" {
			conversation.ID, conversation.Unread, conversation.Unreplied = there.ID, there.Unread, there.Unreplied
		}
		if !conversation.Waits() && there.Waits() {
			conversation.Waiting = there.Waiting
		}
		if there.Handled.At.After(conversation.Handled.At) {
			conversation.Handled = there.Handled
		}
	} else if !errors.Is(err, workflow.ErrNotFound) {
		return err
	}
	return tx.PutConversation(conversation)
}

// campaignOfNew returns the campaign that a creator's new application for a product belongs to: of those that they are
// in and that the product is in, the one that they joined last.
func campaignOfNew(tx workflow.Tx, shop workflow.ShopID, creator workflow.CreatorKey, product workflow.ProductID) (workflow.CampaignID, error) {
	members, err := tx.Memberships(creator)
	if err != nil {
		return "", err
	}
	slices.SortStableFunc(members, func(a, b workflow.Member) int { return b.AddedAt.Compare(a.AddedAt) })
	for _, m := range members {
		c, err := tx.Campaign(m.Campaign)
		if err != nil {
			return "", err
		}
		if c.Shop == shop && !c.Archived && slices.Contains(c.Products, product) {
			return c.ID, nil
		}
	}
	return "", nil
}
