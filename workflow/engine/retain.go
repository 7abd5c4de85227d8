package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"sampledesk/workflow"
)

const (
	// retainAtOnce is how many applications are erased in one transaction, for their age.
	retainAtOnce = 100

	// retainAtMost is about how many are erased before the desk notes how far it is: all its messages are read once for
	// that many. It is also how many entries of the shop's own history are read for it.
	retainAtMost = 5_000

	// stageThrough is a cursor behind all of a stage.
	stageThrough = "~"
)

// retaining is a part of a shop's pass: what is erased by it, and how far it comes.
type retaining struct {
	*erasing
	shop   workflow.ShopID
	pass   workflow.Retention
	ended  bool                  // nothing is left of the pass behind this part
	groups [][]workflow.Key      // applications that are erased together
	maybe  []workflow.CreatorKey // of creators who may have nothing else
	asked  map[workflow.CreatorKey]bool
}

// Retain erases what a shop has kept for longer than its settings say: applications that are over, with their messages,
// and what is known of creators who have nothing else. It does so once a day; broken off, it goes on where it was. What
// stands in Slack is left. Who stands in the creators' place keeps the figures.
func (e *Engine) Retain(ctx context.Context, shop workflow.ShopID, now time.Time) (Erasure, error) {
	var all Erasure
	for {
		x := &retaining{erasing: newErasing(ctx, e, workflow.FromTimer, now), shop: shop, asked: map[workflow.CreatorKey]bool{}}
		due := false
		err := e.store.View(ctx, func(tx workflow.Tx) (err error) {
			due, err = x.find(tx)
			return err
		})
		if err == nil && due {
			err = x.erase()
		}
		all = all.plus(x.done)
		if err != nil {
			return all, fmt.Errorf("erasing what shop %s has kept long enough: %w", shop, err)
		}
		if !due || x.ended {
			return all, nil
		}
	}
}

func (d Erasure) plus(more Erasure) Erasure {
	return Erasure{
		Requests: d.Requests + more.Requests, Memberships: d.Memberships + more.Memberships, Conversations: d.Conversations + more.Conversations,
		Messages: d.Messages + more.Messages, Entries: d.Entries + more.Entries,
	}
}

// Any reports whether anything was erased.
func (d Erasure) Any() bool {
	return d.Requests+d.Memberships+d.Conversations+d.Messages+d.Entries > 0
}

// find looks for what is due; false if nothing is to be done today.
func (x *retaining) find(tx workflow.Tx) (due bool, err error) {
	s, err := tx.Shop(x.shop)
	if err != nil {
		return false, err
	}
	if x.pass, due = s.RetentionDue(x.at); !due {
		return false, nil
	}
	x.shops, x.until = []workflow.Shop{s}, x.pass.Until
	if err := x.findApplications(tx); err != nil {
		return false, err
	}
	if x.ended {
		if err := x.findWriters(tx); err != nil {
			return false, err
		}
	}
	for _, k := range x.maybe {
		if err := x.whole(tx, k); err != nil {
			return false, err
		}
	}
	return true, nil
}

// findApplications goes through the stages in which all is over, each the latest first, from where an application had
// been over just long enough to where the last pass began.
func (x *retaining) findApplications(tx workflow.Tx) error {
	stages := workflow.EndedStages()
	for _, stage := range stages[max(0, slices.Index(stages, x.pass.Stage)):] {
		if stage != x.pass.Stage {
			x.pass.Stage, x.pass.After = stage, workflow.EndedBy(x.pass.Until)
		}
		for more := true; more; {
			if len(x.apps) >= retainAtMost {
				return nil
			}
			page, err := tx.Applications(workflow.StageOf(x.shop, stage), x.pass.After, retainAtOnce)
			if err != nil {
				return err
			}
			for _, a := range page.Applications {
				if more = a.ChangedAt.After(x.pass.Through); !more {
					break
				}
				if err := x.findGroup(tx, a); err != nil {
					return err
				}
			}
			more = more && page.Next != ""
			x.pass.After = page.Next
		}
	}
	x.pass.After = stageThrough
	x.ended = true
	return nil
}

// findGroup takes an application that is due, and with it the others of its creator in its campaign, so that who stands
// in their place stands there as far as they did. While one of those is not due the others wait for it.
func (x *retaining) findGroup(tx workflow.Tx, a workflow.Application) error {
	if a.Erased || x.has(a.Key) || !a.EndedLongAgo(x.pass.Until) {
		return nil
	}
	k := a.Snapshot.Creator.KeyOf(x.shop)
	group := []workflow.Key{a.Key}
	if a.Campaign != "" {
		group = nil
		for other, err := range workflow.Walk(x.ctx, tx, workflow.MemberOf(a.Campaign, k), "") {
			if err != nil || !other.EndedLongAgo(x.pass.Until) {
				return err
			}
			group = append(group, other.Key)
		}
	}
	now := standIn()
	for _, key := range group {
		x.apps[key] = now
	}
	x.groups = append(x.groups, group)
	x.mayBeWhole(k)
	if a.Snapshot.Creator.Username != "" {
		x.mayBeWhole(workflow.Creator{Username: a.Snapshot.Creator.Username}.KeyOf(x.shop))
	}
	return nil
}

func (x *retaining) mayBeWhole(k workflow.CreatorKey) {
	if !x.asked[k] {
		x.maybe, x.asked[k] = append(x.maybe, k), true
	}
}

// findWriters goes on through the shop's own history, which tells of creators without an application.
func (x *retaining) findWriters(tx workflow.Tx) error {
	for read := 0; ; read += retainAtOnce {
		if x.ended = read < retainAtMost; !x.ended {
			return nil
		}
		entries, next, err := tx.History(workflow.Key{Shop: x.shop}, x.pass.Entries, retainAtOnce)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if e.At.After(x.pass.Until) {
				return nil // the page is read again another day
			}
			if e.Creator != "" {
				x.mayBeWhole(e.Creator)
			}
		}
		if next == "" {
			return nil
		}
		x.pass.Entries = next
	}
}

// whole has all erased that is known of a creator who has nothing that is live or newer in the shop.
func (x *retaining) whole(tx workflow.Tx, k workflow.CreatorKey) error {
	if x.is(k) || k.Erased() {
		return nil
	}
	for a, err := range workflow.Walk(x.ctx, tx, workflow.CreatorOf(k), "") {
		if err != nil || a.Key.Shop == x.shop && !x.has(a.Key) {
			return err
		}
	}
	if waiting, err := tx.Length(workflow.MessageLane(x.shop, k)); err != nil || waiting > 0 {
		return err
	}
	c, err := tx.Conversation(x.shop, k)
	if err != nil && !errors.Is(err, workflow.ErrNotFound) || err == nil && !c.QuietSince(x.pass.Until) {
		return err
	}
	members, err := tx.Memberships(k)
	if err != nil {
		return err
	}
	for _, m := range members {
		c, err := tx.Campaign(m.Campaign)
		if err != nil || c.Shop == x.shop && !m.QuietSince(x.pass.Until) {
			return err
		}
	}
	x.creators(standIn(), k)
	return nil
}

// erase erases what was found, the applications last, and notes how far the pass is: broken off before, what is left is
// found again.
func (x *retaining) erase() error {
	var steps []func() error
	if len(x.apps)+len(x.keys) > 0 {
		steps = append(steps, x.runs, x.notices, x.deadLetters)
	}
	if len(x.keys) > 0 {
		steps = append(steps, x.shopHistories, x.memberships, x.conversations)
	}
	for _, step := range append(steps, x.applications, x.noteRetained) {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (x *retaining) applications() error {
	for len(x.groups) > 0 {
		n, keys := 0, 0
		for n < len(x.groups) && (n == 0 || keys+len(x.groups[n]) <= retainAtOnce) {
			keys += len(x.groups[n])
			n++
		}
		err := x.engine.update(x.ctx, func(t *txn) error {
			for _, group := range x.groups[:n] {
				if err := x.group(t, group); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		x.groups = x.groups[n:]
	}
	return nil
}

// group erases applications of one creator and, where they are in a campaign, the creator's place there. What has come
// to life meanwhile is left.
func (x *retaining) group(t *txn, keys []workflow.Key) error {
	var all []workflow.Application
	for _, k := range keys {
		a, err := t.tx.Application(k)
		if err != nil {
			return err
		}
		if a.Erased || !a.EndedLongAgo(x.until) {
			return nil
		}
		all = append(all, a)
	}
	if c := all[0].Campaign; c != "" {
		if err := x.place(t, c, all[0]); err != nil {
			return err
		}
	}
	for _, a := range all {
		if err := errors.Join(x.lane(t, workflow.ThreadLane(a.Key)), x.application(t, a)); err != nil {
			return err
		}
	}
	return nil
}

// place puts who stands in the place of an application's creator into its campaign, and into what it asked about them.
func (x *retaining) place(t *txn, c workflow.CampaignID, a workflow.Application) error {
	m, err := t.tx.Member(c, a.Snapshot.Creator.KeyOf(x.shop))
	if errors.Is(err, workflow.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	now := x.apps[a.Key]
	if m.Question != "" {
		n, err := t.tx.Notice(m.Question)
		if err == nil {
			err = t.tx.PutNotice(eraseNotice(n, now))
		}
		if err != nil && !errors.Is(err, workflow.ErrNotFound) {
			return err
		}
	}
	return x.replace(t, m, x.shop, now)
}

// noteRetained keeps how far the pass is, and in the shop's history that something was erased.
func (x *retaining) noteRetained() error {
	return x.engine.changeShop(x.ctx, x.shop, func(t *txn, s *workflow.Shop) (bool, error) {
		s.Retention = x.pass
		if x.ended {
			s.Retention.Day = workflow.DayOf(x.at.In(s.Settings.Location()), 0)
			s.Retention.Through, s.Retention.Until, s.Retention.Stage, s.Retention.After = x.pass.Until, time.Time{}, "", ""
		}
		if !x.done.Any() {
			return true, nil
		}
		return true, x.noted(t, x.shop, "kept long enough")
	})
}
