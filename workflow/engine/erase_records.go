package engine

import (
	"errors"
	"sampledesk/workflow"
	"slices"
)

// shopHistories takes the creator out of what is told where they had no application.
func (x *erasing) shopHistories() error {
	for _, s := range x.shops {
		err := x.pages(func(t *txn, after string) (string, error) {
			return t.tx.Amend(workflow.Key{Shop: s.ID}, after, 4*eraseAtOnce, func(e *workflow.Entry) bool {
				if !x.is(e.Creator) {
					return false
				}
				x.done.Entries++
				return e.Erase(x.names[e.Creator].KeyOf(s.ID))
			})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// memberships puts somebody else into the campaigns in the creator's place.
func (x *erasing) memberships() error {
	for keys := range slices.Chunk(x.keys, eraseAtOnce) {
		if err := x.engine.update(x.ctx, func(t *txn) error { return x.membershipsOf(t, keys) }); err != nil {
			return err
		}
	}
	return nil
}

func (x *erasing) membershipsOf(t *txn, keys []workflow.CreatorKey) error {
	for _, k := range keys {
		members, err := t.tx.Memberships(k)
		if err != nil {
			return err
		}
		for _, m := range members {
			if err := x.membership(t, m); err != nil {
				return err
			}
		}
	}
	return nil
}

// membership puts somebody else into a campaign in a creator's place. Of what is old a creator's place stays for now who
// has applications there: those take it with them.
func (x *erasing) membership(t *txn, m workflow.Member) error {
	c, err := t.tx.Campaign(m.Campaign)
	if err != nil {
		return err
	}
	if x.old() {
		theirs, err := t.tx.Applications(workflow.MemberOf(m.Campaign, m.Creator), "", 1)
		if err != nil || c.Shop != x.shops[0].ID || len(theirs.Applications) > 0 {
			return err
		}
	}
	return x.replace(t, m, c.Shop, x.names[m.Creator])
}

func (x *erasing) replace(t *txn, m workflow.Member, shop workflow.ShopID, now workflow.Creator) error {
	if err := t.tx.RemoveMember(m.Campaign, m.Creator); err != nil {
		return err
	}
	m.Creator, m.Shown = now.KeyOf(shop), now
	if m.Answer != "" {
		m.Answer = workflow.ErasedText
	}
	x.done.Memberships++
	return errors.Join(t.tx.PutMember(m), x.again(t, m.Question))
}

// lists takes the creator off all lists. What is only old leaves those that a team keeps as they are.
func (x *erasing) lists(t *txn, keys []workflow.CreatorKey) error {
	if x.old() {
		return nil
	}
	places := []workflow.ShopID{workflow.SharedLists}
	for _, s := range x.shops {
		places = append(places, s.ID)
	}
	for _, k := range keys {
		for _, place := range places {
			names, err := t.tx.ListsOf(place, k)
			if err != nil {
				return err
			}
			for _, list := range names {
				if _, err := t.unlist([]workflow.ShopID{place}, list, k); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// conversations leaves of the creator's conversations how far they were read, so that nothing old is read again.
func (x *erasing) conversations() error {
	for keys := range slices.Chunk(x.keys, eraseAtOnce) {
		if err := x.engine.update(x.ctx, func(t *txn) error { return x.conversationsOf(t, keys) }); err != nil {
			return err
		}
	}
	return nil
}

func (x *erasing) conversationsOf(t *txn, keys []workflow.CreatorKey) error {
	if err := x.lists(t, keys); err != nil {
		return err
	}
	for _, s := range x.shops {
		for _, k := range keys {
			c, err := t.tx.Conversation(s.ID, k)
			if errors.Is(err, workflow.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			if x.old() && !c.QuietSince(x.until) {
				continue // they wrote meanwhile
			}
			if err := t.tx.RemoveConversation(s.ID, k); err != nil {
				return err
			}
			x.done.Conversations++
			if c.ID == "" {
				continue
			}
			now := x.names[k]
			left := workflow.Conversation{
				Shop: s.ID, Creator: now.KeyOf(s.ID), Shown: now, ID: c.ID, Last: c.Last, Unread: c.Unread, Unreplied: c.Unreplied, Aged: x.old(),
			}
			if err := t.putAnswered(left, x.at); err != nil {
				return err
			}
		}
	}
	return nil
}

// applications takes the creator out of their applications and these's histories, and has all that stands in Slack about
// them shown again.
func (x *erasing) applications() error {
	for _, k := range x.keys {
		for {
			n := 0
			err := x.engine.update(x.ctx, func(t *txn) error {
				page, err := t.tx.Applications(workflow.CreatorOf(k), "", eraseAtOnce)
				if err != nil {
					return err
				}
				n = len(page.Applications)
				for _, a := range page.Applications {
					if !x.has(a.Key) {
						x.apps[a.Key] = x.names[k] // it came meanwhile
					}
					if err := x.application(t, a); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				return err
			}
			if n == 0 {
				break
			}
			x.saw(n)
		}
	}
	return x.engine.update(x.ctx, func(t *txn) error {
		for _, id := range x.repost[workflow.Key{}] {
			if err := t.renotify(id, x.at, workflow.Routine); err != nil {
				return err
			}
		}
		return nil
	})
}

func (x *erasing) application(t *txn, a workflow.Application) error {
	if a.Card.Link != "" && !a.Card.Lost {
		x.done.Threads = append(x.done.Threads, a.Card.Link)
	}
	now, was := x.apps[a.Key], a
	a = a.Erase(now)
	if err := errors.Join(t.tx.PutApplication(a), workflow.CountIn(t.tx, was, a)); err != nil {
		return err
	}
	for after := ""; ; {
		next, err := t.tx.Amend(a.Key, after, eraseAtOnce, func(e *workflow.Entry) bool {
			did := e.Erase(now.KeyOf(a.Key.Shop))
			if did {
				x.done.Entries++
			}
			return did
		})
		if err != nil {
			return err
		}
		if after = next; after == "" {
			break
		}
	}
	x.done.Requests++
	if a.Card.Wanted && !a.Card.Lost && !x.old() {
		err := t.enqueue(repaint(a.Key, x.at), x.at)
		if err != nil {
			return err
		}
	}
	if a.Card.Posted() && !x.old() {
		err := t.enqueue(workflow.Effect{
			Kind: workflow.EraseReplies, Lane: workflow.ThreadLane(a.Key), Priority: workflow.Routine, Shop: a.Key.Shop, Application: a.Key.ID, NotBefore: x.at,
		}, x.at)
		if err != nil {
			return err
		}
	}
	for _, id := range x.repost[a.Key] {
		if err := t.renotify(id, x.at, workflow.Routine); err != nil {
			return err
		}
	}
	return t.tx.Append(workflow.Entry{
		At: x.at, Key: a.Key, Event: workflow.OnCreatorErased, By: x.by, From: a.State(), To: a.State(), Round: a.Round, Status: a.Snapshot.Status,
	})
}
