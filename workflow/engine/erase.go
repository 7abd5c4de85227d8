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

	// Threads are the links of the cards whose threads may quote them: the desk's own replies there are erased while it runs,
	// and what people wrote stays.
	Threads []string
}

// erasing is an erasure under way.
type erasing struct {
	engine *Engine
	ctx    context.Context
	at     time.Time
	by     workflow.Actor
	keys   []workflow.CreatorKey                    // by which those are known who are erased,
	names  map[workflow.CreatorKey]workflow.Creator // and who stands in the place of each
	shops  []workflow.Shop
	apps   map[workflow.Key]workflow.Creator    // the applications, and who stands in their creators' place
	repost map[workflow.Key][]workflow.NoticeID // messages about these, to be shown again
	until  time.Time                            // of what was kept long enough: when it was over; nothing is shown again in Slack then
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
		known, err := anyKnown(tx, shops, keys)
		if err == nil && !known {
			keys = nil
		}
		return err
	})
	return keys, err
}

// anyKnown reports whether anything is kept under one of the keys, or an erasure was begun.
func anyKnown(tx workflow.Tx, shops []workflow.Shop, keys []workflow.CreatorKey) (bool, error) {
	for _, k := range keys {
		found, err := tx.Latest(workflow.CreatorOf(k), 1)
		if err != nil {
			return false, err
		}
		members, err := tx.Memberships(k)
		if err != nil || len(found)+len(members) > 0 {
			return true, err
		}
		if on, err := tx.ListsOf(workflow.SharedLists, k); err != nil || len(on) > 0 {
			return true, err
		}
		for _, s := range shops {
			on, err := tx.ListsOf(s.ID, k)
			if err != nil || len(on) > 0 {
				return true, err
			}
			_, err = tx.Conversation(s.ID, k)
			if err != nil && !errors.Is(err, workflow.ErrNotFound) {
				return false, err
			}
			if err == nil || slices.ContainsFunc(s.Erasures, func(b workflow.BegunErasure) bool { return b.Of(k) }) {
				return true, nil
			}
		}
	}
	return false, nil
}

// EraseCreator takes out of the store what it tells of a creator, known by those keys, and has what stands in Slack shown
// again without it. Somebody called workflow.ErasedName is in their place, so what happened, and the figures, stay. It goes in
// many transactions, and their applications come last: broken off, it is begun again with the same name. Told, which may
// be nil, is told how many things were looked at.
func (e *Engine) EraseCreator(ctx context.Context, keys []workflow.CreatorKey, by string, at time.Time, told func(int)) (Erasure, error) {
	x := newErasing(ctx, e, workflow.FromShell, at)
	x.told = told
	now, err := x.begin(keys)
	if err != nil {
		return x.done, fmt.Errorf("erasing a creator: %w", err)
	}
	x.creators(now, keys...)
	err = e.store.View(ctx, func(tx workflow.Tx) (err error) {
		if x.shops, err = tx.Shops(); err != nil {
			return err
		}
		for _, k := range keys {
			for a, err := range workflow.Walk(ctx, tx, workflow.CreatorOf(k), "") {
				if err != nil {
					return err
				}
				x.apps[a.Key] = now
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

// begin returns who is to stand in the creator's place, which is kept until the erasure is through: begun again after it was
// broken off, it is the same one, so that what happened to one creator stays with one.
func (x *erasing) begin(keys []workflow.CreatorKey) (now workflow.Creator, err error) {
	err = x.engine.update(x.ctx, func(t *txn) error {
		now = standIn()
		shops, err := t.tx.Shops()
		if err != nil || len(shops) == 0 {
			return err
		}
		of := workflow.BegunErasure{Now: now.Username}
		home := shops[0]
		for _, s := range shops {
			for _, b := range s.Erasures {
				if b.Of(keys...) {
					of, home = b, s
				}
			}
		}
		now = of.Creator()
		others := slices.DeleteFunc(slices.Clone(home.Erasures), func(b workflow.BegunErasure) bool { return b.Now == of.Now })
		of.Keys = slices.Compact(slices.Sorted(slices.Values(slices.Concat(of.Keys, keys))))
		home.Erasures = slices.Concat(others, []workflow.BegunErasure{of})
		return t.tx.PutShop(home)
	})
	return now, err
}

func newErasing(ctx context.Context, e *Engine, by workflow.Surface, at time.Time) *erasing {
	return &erasing{
		engine: e, ctx: ctx, at: at, by: workflow.Actor{Surface: by}, names: map[workflow.CreatorKey]workflow.Creator{},
		apps: map[workflow.Key]workflow.Creator{}, repost: map[workflow.Key][]workflow.NoticeID{},
	}
}

// standIn is somebody new to stand in an erased creator's place.
func standIn() workflow.Creator { return workflow.ErasedCreator(string(newEffectID())[:8]) }

// creators has everybody erased who is known by those keys, with one in their place.
func (x *erasing) creators(now workflow.Creator, keys ...workflow.CreatorKey) {
	for _, k := range keys {
		if !x.is(k) {
			x.keys, x.names[k] = append(x.keys, k), now
		}
	}
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

// is reports whether that is a key of somebody who is erased.
func (x *erasing) is(k workflow.CreatorKey) bool { return x.names[k].Username != "" }

// has reports whether that is an application to be erased.
func (x *erasing) has(k workflow.Key) bool { return x.apps[k].Username != "" }

// of returns who stands in the place of an application's creator, or where it is none that is erased, in that of the
// first of those keys by which somebody is; false if what it is about is not erased.
func (x *erasing) of(k workflow.Key, keys ...workflow.CreatorKey) (workflow.Creator, bool) {
	if x.has(k) {
		return x.apps[k], true
	}
	if !slices.ContainsFunc(x.shops, func(s workflow.Shop) bool { return s.ID == k.Shop }) {
		return workflow.Creator{}, false
	}
	for _, k := range keys {
		if x.is(k) {
			return x.names[k], true
		}
	}
	return workflow.Creator{}, false
}

// old reports whether all this is erased for its age.
func (x *erasing) old() bool { return !x.until.IsZero() }

// again has a message shown again, unless all this is old.
func (x *erasing) again(t *txn, id workflow.NoticeID) error {
	if id == "" || x.old() {
		return nil
	}
	return t.renotify(id, x.at, workflow.Routine)
}

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
			if err := errors.Join(t.tx.PutRun(r), x.again(t, workflow.RunNotice(of))); err != nil {
				return "", err
			}
		}
		return next, err
	})
}

// items takes the creator's name out of a run's items.
func (x *erasing) items(all []workflow.RunItem) (changed bool) {
	for i := range all {
		if x.has(all[i].Key) {
			all[i].Creator, changed = x.apps[all[i].Key], true
		}
	}
	return changed
}

// note keeps in the shops' histories that somebody was erased, when, and by whom, and forgets that it was begun.
func (x *erasing) note(by string) error {
	return x.engine.update(x.ctx, func(t *txn) error {
		shops, err := t.tx.Shops()
		if err != nil {
			return err
		}
		for _, s := range shops {
			s.Erasures = slices.DeleteFunc(slices.Clone(s.Erasures), func(b workflow.BegunErasure) bool { return b.Of(x.keys...) })
			if err := errors.Join(t.tx.PutShop(s), x.noted(t, s.ID, "by "+by)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (x *erasing) noted(t *txn, shop workflow.ShopID, why string) error {
	return t.tx.Append(workflow.Entry{
		At: x.at, Key: workflow.Key{Shop: shop}, Event: workflow.OnCreatorErased, By: x.by,
		Text: fmt.Sprintf("%d requests, %d campaigns, %d conversations; %s", x.done.Requests, x.done.Memberships, x.done.Conversations, why),
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
