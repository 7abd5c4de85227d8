package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"sampledesk/workflow"
)

// eraseAtOnce is how much is erased in one transaction, so that nobody waits long behind it.
const eraseAtOnce = 50

// Erasure is what was erased of a creator.
type Erasure struct {
	Requests, Memberships, Conversations, Messages, Entries int

	// Threads are the links of the cards whose threads may quote them: what was posted there stays in Slack.
	Threads []string
}

// erasing is an erasure under way.
type erasing struct {
	engine *Engine
	ctx    context.Context
	at     time.Time
	now    workflow.Creator
	keys   []workflow.CreatorKey // by which they are known
	shops  []workflow.Shop
	apps   map[workflow.Key]bool                // their applications
	repost map[workflow.Key][]workflow.NoticeID // messages about these, to be shown again
	done   Erasure
	told   func(done int)
}

// KnownAs returns the keys by which the desk knows a creator, given their handle (with or without @) or their open id.
func (e *Engine) KnownAs(ctx context.Context, name string) (keys []workflow.CreatorKey, err error) {
	name = strings.TrimPrefix(strings.TrimSpace(name), "@")
	if name == "" {
		return nil, nil
	}
	add := func(k workflow.CreatorKey) {
		if !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	err = e.store.View(ctx, func(tx workflow.Tx) error {
		keys = nil
		shops, err := tx.Shops()
		if err != nil {
			return err
		}
		apps, err := tx.Apps()
		if err != nil {
			return err
		}
		for _, app := range append(apps, workflow.App{}) {
			add(workflow.Creator{OpenID: name, App: app.Name}.KeyOf(""))
		}
		for _, s := range shops {
			byName := workflow.Creator{Username: name}.KeyOf(s.ID)
			add(byName)
			for a, err := range workflow.Walk(ctx, tx, workflow.UsernameOf(s.ID, name), "") {
				if err != nil {
					return err
				}
				add(a.Snapshot.Creator.KeyOf(s.ID))
			}
			c, err := tx.Conversation(s.ID, byName)
			if err == nil && c.Shown.OpenID != "" {
				add(c.Shown.KeyOf(s.ID))
			}
			if err != nil && !errors.Is(err, workflow.ErrNotFound) {
				return err
			}
		}
		for _, k := range slices.Clone(keys) { // what is kept under the handle of whom the open id names
			latest, err := tx.Latest(workflow.CreatorOf(k), 1)
			if err != nil {
				return err
			}
			for _, a := range latest {
				for _, s := range shops {
					if a.Snapshot.Creator.Username == "" {
						continue // somebody else's key, as far as anybody knows
					}
					add(workflow.Creator{Username: a.Snapshot.Creator.Username}.KeyOf(s.ID))
				}
			}
		}
		keys, err = knownKeys(tx, shops, keys)
		return err
	})
	return keys, err
}

// knownKeys returns those of the keys under which anything is kept.
func knownKeys(tx workflow.Tx, shops []workflow.Shop, keys []workflow.CreatorKey) (known []workflow.CreatorKey, err error) {
	for _, k := range keys {
		found, err := tx.Latest(workflow.CreatorOf(k), 1)
		if err != nil {
			return nil, err
		}
		members, err := tx.Memberships(k)
		if err != nil {
			return nil, err
		}
		is := len(found)+len(members) > 0
		for _, s := range shops {
			_, err := tx.Conversation(s.ID, k)
			if err != nil && !errors.Is(err, workflow.ErrNotFound) {
				return nil, err
			}
			is = is || err == nil
		}
		if is {
			known = append(known, k)
		}
	}
	return known, nil
}

// EraseCreator takes out of the store what it tells of a creator, known by those keys, and has what stands in Slack shown
// again without it. Somebody called workflow.ErasedName is in their place, so what happened, and the figures, stay. It goes in
// many transactions, and their applications come last: broken off, it is begun again with the same name. Told, which may
// be nil, is told how many things were looked at.
func (e *Engine) EraseCreator(ctx context.Context, keys []workflow.CreatorKey, by string, at time.Time, told func(int)) (Erasure, error) {
	x := &erasing{
		engine: e, ctx: ctx, at: at, now: workflow.ErasedCreator(string(newEffectID())[:8]), keys: keys, told: told,
		apps: map[workflow.Key]bool{}, repost: map[workflow.Key][]workflow.NoticeID{},
	}
	err := e.store.View(ctx, func(tx workflow.Tx) (err error) {
		if x.shops, err = tx.Shops(); err != nil {
			return err
		}
		for _, k := range keys {
			for a, err := range workflow.Walk(ctx, tx, workflow.CreatorOf(k), "") {
				if err != nil {
					return err
				}
				x.apps[a.Key] = true
			}
		}
		return nil
	})
	steps := []func() error{x.runs, x.notices, x.waiting, x.shopHistories, x.memberships, x.conversations, x.applications, func() error { return x.note(by) }}
	for _, step := range steps {
		if err == nil {
			err = step()
		}
	}
	if err != nil {
		return x.done, fmt.Errorf("erasing a creator: %w", err)
	}
	return x.done, nil
}

func (x *erasing) saw(n int) {
	if x.told != nil {
		x.told(n)
	}
}

// pages runs fn in a transaction for each page, until it returns no cursor.
func (x *erasing) pages(fn func(t *txn, after string) (string, error)) error {
	for after := ""; ; {
		next := ""
		err := x.engine.update(x.ctx, func(t *txn) (err error) {
			next, err = fn(t, after)
			return err
		})
		if err != nil || next == "" {
			return err
		}
		after = next
		x.saw(eraseAtOnce)
	}
}

// is reports whether that is one of the creator's keys.
func (x *erasing) is(k workflow.CreatorKey) bool { return slices.Contains(x.keys, k) }

func (x *erasing) runs() error {
	return x.pages(func(t *txn, after string) (string, error) {
		runs, next, err := t.tx.Runs(after, eraseAtOnce)
		for _, r := range runs {
			if changed := x.items(r.Items); !changed {
				continue
			}
			of := r.ID
			if r.Of != "" {
				of = r.Of
			}
			if err := errors.Join(t.tx.PutRun(r), t.renotify(workflow.RunNotice(of), x.at, workflow.Routine)); err != nil {
				return "", err
			}
		}
		return next, err
	})
}

// items takes the creator's name out of a run's items.
func (x *erasing) items(all []workflow.RunItem) (changed bool) {
	for i := range all {
		if x.apps[all[i].Key] {
			all[i].Creator, changed = x.now, true
		}
	}
	return changed
}

// notices takes what it tells of the creator out of every message that is edited, and has it shown again: those in
// threads after their application was changed.
func (x *erasing) notices() error {
	return x.pages(func(t *txn, after string) (string, error) {
		notices, next, err := t.tx.Notices(after, eraseAtOnce)
		for _, n := range notices {
			theirs := n.Application != "" && x.apps[n.Key()] || n.Creator != "" && x.is(n.Creator)
			lists := n.Agenda != nil && slices.ContainsFunc(slices.Concat(n.Agenda.Keys, n.Agenda.Ship), func(k workflow.Key) bool { return x.apps[k] })
			if !theirs && !lists {
				continue
			}
			if theirs {
				n = x.notice(n)
				x.done.Messages++
			}
			if err := t.tx.PutNotice(n); err != nil {
				return "", err
			}
			if n.Posted() {
				k := n.Key()
				if lists || n.Application == "" {
					k = workflow.Key{} // after all of them
				}
				x.repost[k] = append(x.repost[k], n.ID)
			}
		}
		return next, err
	})
}

func (x *erasing) notice(n workflow.Notice) workflow.Notice {
	if n.Creator != "" {
		n.Creator = x.now.KeyOf(n.Shop)
	}
	if n.Message != nil {
		m := *n.Message
		m.Text, m.Failure.Message = workflow.ErasedText, ""
		n.Message = &m
	}
	if n.Content != nil {
		c := *n.Content
		c.Text, c.Link = "", ""
		n.Content = &c
	}
	return n
}

// waiting takes the creator out of what is still to be sent, and takes away what was to be sent to them.
func (x *erasing) waiting() error {
	for k := range x.apps {
		err := x.engine.update(x.ctx, func(t *txn) error { return x.lane(t, workflow.ThreadLane(k)) })
		if err != nil {
			return err
		}
	}
	for _, s := range x.shops {
		err := x.engine.update(x.ctx, func(t *txn) error {
			for _, k := range x.keys {
				waiting, err := t.tx.Lane(workflow.MessageLane(s.ID, k))
				if err != nil {
					return err
				}
				for _, w := range waiting {
					if err := t.tx.Remove(w.ID); err != nil {
						return err
					}
				}
			}
			x.gathered(&s)
			return errors.Join(t.tx.PutShop(s), x.lane(t, workflow.NoticeLane(s.ID)), x.lane(t, workflow.ShipmentLane(s.ID)))
		})
		if err != nil {
			return err
		}
	}
	return x.pages(func(t *txn, after string) (string, error) {
		dead, next, err := t.tx.DeadLetters(after, eraseAtOnce)
		for _, d := range dead {
			if !x.isAbout(d.Effect) {
				continue
			}
			if err := errors.Join(t.tx.Revive(d.ID, x.at), t.tx.Remove(d.ID)); err != nil {
				return "", err
			}
		}
		return next, err
	})
}

// gathered takes the creator's name out of the news of shipments that a shop gathers.
func (x *erasing) gathered(s *workflow.Shop) {
	s.Gathered = slices.Clone(s.Gathered)
	for i := range s.Gathered {
		s.Gathered[i].Items = x.listed(s.Gathered[i].Items)
	}
}

func (x *erasing) listed(items []workflow.Item) []workflow.Item {
	items = slices.Clone(items)
	for i := range items {
		if x.apps[items[i].Key] {
			items[i].Creator = x.now
		}
	}
	return items
}

// isAbout reports whether an effect tells of the creator.
func (x *erasing) isAbout(e workflow.Effect) bool {
	p := e.Payload
	return x.is(e.Creator) || e.Application != "" && x.apps[e.Key()] || p != nil && (x.is(p.CreatorKey) || p.Creator != nil && slices.ContainsFunc(x.shops, func(s workflow.Shop) bool { return x.is(p.Creator.KeyOf(s.ID)) }))
}

// lane takes the creator out of the messages that wait in a lane. What is being sent at this moment is left.
func (x *erasing) lane(t *txn, lane workflow.Lane) error {
	waiting, err := t.tx.Lane(lane)
	if err != nil {
		return err
	}
	for _, w := range waiting {
		if w.Claimed || w.Payload == nil {
			continue
		}
		p := *w.Payload
		p.Items = x.listed(p.Items)
		if x.isAbout(w.Effect) {
			p = x.payload(p, w.Shop)
		}
		w.Payload = &p
		if err := t.tx.Change(w.Effect); err != nil {
			return err
		}
	}
	return nil
}

func (x *erasing) payload(p workflow.Payload, shop workflow.ShopID) workflow.Payload {
	for _, text := range []*string{&p.Text, &p.Unsent} {
		if *text != "" {
			*text = workflow.ErasedText
		}
	}
	if p.Inbound != nil {
		m := *p.Inbound
		m.Text = workflow.ErasedText
		p.Inbound = &m
	}
	if p.Creator != nil {
		now := x.now
		p.Creator = &now
	}
	if p.CreatorKey != "" {
		p.CreatorKey = x.now.KeyOf(shop)
	}
	return p
}

// shopHistories takes the creator out of what is told where they had no application.
func (x *erasing) shopHistories() error {
	for _, s := range x.shops {
		err := x.pages(func(t *txn, after string) (string, error) {
			return t.tx.Amend(workflow.Key{Shop: s.ID}, after, 4*eraseAtOnce, func(e *workflow.Entry) bool {
				if !x.is(e.Creator) {
					return false
				}
				x.done.Entries++
				return e.Erase(x.now.KeyOf(s.ID))
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
	for _, k := range x.keys {
		err := x.engine.update(x.ctx, func(t *txn) error {
			members, err := t.tx.Memberships(k)
			if err != nil {
				return err
			}
			for _, m := range members {
				c, err := t.tx.Campaign(m.Campaign)
				if err != nil {
					return err
				}
				if err := t.tx.RemoveMember(m.Campaign, m.Creator); err != nil {
					return err
				}
				m.Creator, m.Shown = x.now.KeyOf(c.Shop), x.now
				if m.Answer != "" {
					m.Answer = workflow.ErasedText
				}
				if err := errors.Join(t.tx.PutMember(m), t.renotify(m.Question, x.at, workflow.Routine)); err != nil {
					return err
				}
				x.done.Memberships++
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// conversations leaves of the creator's conversations how far they were read, so that nothing old is read again.
func (x *erasing) conversations() error {
	return x.engine.update(x.ctx, func(t *txn) error {
		for _, s := range x.shops {
			for _, k := range x.keys {
				c, err := t.tx.Conversation(s.ID, k)
				if errors.Is(err, workflow.ErrNotFound) {
					continue
				}
				if err != nil {
					return err
				}
				if err := t.tx.RemoveConversation(s.ID, k); err != nil {
					return err
				}
				x.done.Conversations++
				if c.ID == "" {
					continue
				}
				left := workflow.Conversation{
					Shop: s.ID, Creator: x.now.KeyOf(s.ID), Shown: x.now, ID: c.ID, Last: c.Last, Unread: c.Unread, Unreplied: c.Unreplied,
				}
				if err := t.putAnswered(left, x.at); err != nil {
					return err
				}
			}
		}
		return nil
	})
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
	a = a.Erase(x.now)
	if err := t.tx.PutApplication(a); err != nil {
		return err
	}
	for after := ""; ; {
		next, err := t.tx.Amend(a.Key, after, eraseAtOnce, func(e *workflow.Entry) bool {
			did := e.Erase(x.now.KeyOf(a.Key.Shop))
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
	if a.Card.Wanted && !a.Card.Lost {
		err := t.enqueue(workflow.Effect{
			Kind: workflow.ShowCard, Lane: workflow.CardLane(a.Key), Priority: workflow.Routine, Shop: a.Key.Shop, Application: a.Key.ID, NotBefore: x.at,
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
		At: x.at, Key: a.Key, Event: workflow.OnCreatorErased, By: workflow.Actor{Surface: workflow.FromShell}, From: a.State(), To: a.State(), Round: a.Round, Status: a.Snapshot.Status,
	})
}

// note keeps in the shops' histories that somebody was erased, when, and by whom.
func (x *erasing) note(by string) error {
	return x.engine.update(x.ctx, func(t *txn) error {
		for _, s := range x.shops {
			err := t.tx.Append(workflow.Entry{
				At: x.at, Key: workflow.Key{Shop: s.ID}, Event: workflow.OnCreatorErased, By: workflow.Actor{Surface: workflow.FromShell},
				Text: fmt.Sprintf("%d requests, %d campaigns, %d conversations; by %s", x.done.Requests, x.done.Memberships, x.done.Conversations, by),
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// forErased keeps a report from bringing a creator back who was erased.
func forErased(a workflow.Application, ev workflow.Event) workflow.Event {
	if r, is := ev.(workflow.Reported); is && a.Erased {
		was := a.Snapshot
		r.Snapshot.Creator, r.Snapshot.Partner, r.Snapshot.Tracking = was.Creator, was.Partner, was.Tracking
		return r
	}
	return ev
}
