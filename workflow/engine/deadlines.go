package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"sampledesk/workflow"
)

// Tick announces the steps of a shop's deadlines that are due, each once. It is to be called often, and reads an index,
// so that a call that finds nothing costs next to nothing. It asks rules, too, about what a condition on time comes due for. After a gap only an application's latest step is announced.
// What is due for many is announced as a group, and no transaction puts more than observeBatch, so that clicks never
// queue behind it. What an interrupted call left undone, the next one finishes. It returns how many steps were
// announced or passed over.
func (e *Engine) Tick(ctx context.Context, shop workflow.ShopID, now time.Time) (announced int, err error) {
	set, due, ask := false, false, false
	err = e.store.View(ctx, func(tx workflow.Tx) error {
		s, err := tx.Shop(shop)
		if err != nil {
			return err
		}
		rules, err := tx.Applications(workflow.RuleDueOf(shop), "", 1)
		if err != nil {
			return err
		}
		ask = len(rules.Applications) > 0 && !rules.Applications[0].RuleNext.After(now)
		page, err := tx.Applications(workflow.DueOf(shop), "", 1)
		set, due = s.TimersSet(), s.InitialSyncDone && (s.HasOpenGroup() || len(page.Applications) > 0 && !page.Applications[0].Timer.Next.After(now))
		return err
	})
	c := clock{e, shop, now}
	if err == nil && !set {
		err, due = c.setTimers(ctx), true
	}
	if err == nil && ask {
		err = c.askDue(ctx)
	}
	if err == nil && due {
		announced, err = c.announceDue(ctx)
	}
	if err != nil {
		return announced, fmt.Errorf("announcing the deadlines of shop %s: %w", shop, err)
	}
	return announced, nil
}

// clock announces what is due of one shop's deadlines at one time.
type clock struct {
	engine *Engine
	shop   workflow.ShopID
	now    time.Time
}

// announceDue announces what is due: first the groups, then single steps, the most urgent first. At the end it goes
// through what is left: what a group covered, what is over, and parcels.
func (c clock) announceDue(ctx context.Context) (announced int, err error) {
	seen, err := c.announceGroups(ctx)
	if err != nil || !seen.shop.InitialSyncDone {
		return 0, err
	}
	if len(seen.singles) > 0 {
		if announced, err = c.handleSingles(ctx, seen); err != nil {
			return announced, err
		}
	}
	for cursor, more := "", seen.left > 0; more; more = cursor != "" {
		n, next, err := c.handlePage(ctx, seen, cursor)
		if announced += n; err != nil {
			return announced, err
		}
		cursor = next
	}
	return announced, nil
}

// handleSingles handles what is announced one by one.
func (c clock) handleSingles(ctx context.Context, seen survey) (handled int, err error) {
	err = c.handling(ctx, func(t *txn) (_ int, err error) {
		all := make([]workflow.Application, len(seen.singles))
		for i, k := range seen.singles {
			if all[i], err = load(t.tx, k); err != nil {
				return 0, err
			}
		}
		handled, err = handleSteps(t, seen, all, c.now)
		return handled, err
	})
	if err != nil {
		return 0, err // nothing of it was kept
	}
	return handled, nil
}

// handlePage handles up to observeBatch applications whose step is due, the one that is due longest first, from the
// cursor on. The cursor that it returns is empty at the end.
func (c clock) handlePage(ctx context.Context, seen survey, cursor string) (handled int, next string, err error) {
	err = c.handling(ctx, func(t *txn) (int, error) {
		page, err := t.tx.Applications(workflow.DueOf(seen.shop.ID), cursor, observeBatch)
		if err != nil {
			return 0, err
		}
		next = page.Next
		if i := slices.IndexFunc(page.Applications, func(a workflow.Application) bool { return a.Timer.Next.After(c.now) }); i >= 0 {
			page.Applications, next = page.Applications[:i], ""
		}
		handled, err = handleSteps(t, seen, page.Applications, c.now)
		return handled, err
	})
	if err != nil {
		return 0, "", err // nothing of it was kept
	}
	return handled, next, nil
}

// handling runs fn in a transaction, which is only kept if it handled something.
func (c clock) handling(ctx context.Context, fn func(*txn) (int, error)) error {
	err := c.engine.update(ctx, func(t *txn) error {
		n, err := fn(t)
		if err == nil && n == 0 {
			return errUnchanged
		}
		return err
	})
	if errors.Is(err, errUnchanged) {
		return nil
	}
	return err
}

// handleSteps handles the step that is due of each of some applications.
func handleSteps(t *txn, seen survey, all []workflow.Application, now time.Time) (handled int, err error) {
	s, err := t.tx.Shop(seen.shop.ID)
	if err != nil || !s.InitialSyncDone || !s.TimersSet() {
		return 0, err // the timers have to be set first, by the next call
	}
	for _, a := range all {
		due, ok := seen.stepDue(s, a, now)
		if !ok {
			continue
		}
		if _, _, err := t.apply(a.Key, due); err != nil {
			return handled, err
		}
		if handled++; !due.Step.Nudge || due.Grouping == workflow.PassedOver || s.Settings.Nudge == "" {
			continue
		}
		if err := nudge(t, a, s.Settings.Nudge, now); err != nil {
			return handled, err
		}
	}
	return handled, nil
}

// stepDue returns how an application's step that is due is handled now, if it is.
func (seen survey) stepDue(s workflow.Shop, a workflow.Application, now time.Time) (workflow.StepDue, bool) {
	row, before, ok := a.LatestStep(s.Settings, now)
	if !ok || a.Timer.Next.IsZero() || a.Timer.Next.After(now) {
		return workflow.StepDue{}, false
	}
	due := workflow.StepDue{At: now, Step: row, Name: workflow.StepName(before), Before: before, Grouping: workflow.Alone}
	due.Told = s.Digest.Covers(a.Timer)
	_, counted := s.GroupWith(a.Timer)
	switch {
	case counted:
		due.Grouping = workflow.Grouped
	case a.Timer.Expired(now):
		due.Grouping = workflow.PassedOver
	case row.Deadline == workflow.MoveDeadline:
		due.NoCard = seen.of[workflow.MoveDeadline].count > maxSingle && s.Settings.Shipments != workflow.ShipmentsInThread
	case !slices.Contains(seen.singles, a.Key) || s.OpenGroup(row.Deadline) != nil:
		return workflow.StepDue{}, false // it came since; the next call announces it
	}
	return due, true
}

// nudge sends the creator the shop's own words, once, before their posting deadline.
func nudge(t *txn, a workflow.Application, text string, now time.Time) error {
	_, err := writeMessage(t, workflow.OutboundMessage{
		Actor: workflow.Actor{Surface: workflow.FromTimer, DedupKey: "nudge " + a.Key.String()}, At: now,
		Shop: a.Key.Shop, Creator: a.Snapshot.Creator.KeyOf(a.Key.Shop), Application: a.Key.ID, Text: text,
	})
	if _, refused := errors.AsType[workflow.Refusal](err); refused || errors.Is(err, errUnchanged) {
		return nil // they cannot be written to, or were
	}
	return err
}

// setTimers sets the timers of a shop whose settings changed since, batch by batch.
func (c clock) setTimers(ctx context.Context) error {
	for done := false; !done; {
		err := c.handling(ctx, func(t *txn) (int, error) {
			s, err := t.tx.Shop(c.shop)
			if done = s.TimersSet(); err != nil || done {
				return 0, err
			}
			page, err := t.tx.Applications(workflow.LiveOf(c.shop), s.TimersCursor, observeBatch)
			if err != nil {
				return 0, err
			}
			for _, a := range page.Applications {
				set := workflow.WithTimer(a, s, c.now, false)
				if set.Timer.Equal(a.Timer) && slices.EqualFunc(set.Announced, a.Announced, workflow.Announced.Equal) {
					continue
				}
				if err := t.tx.PutApplication(set); err != nil {
					return 0, err
				}
			}
			if s.TimersCursor = page.Next; page.Next == "" {
				s.TimersVersion = s.Settings.Version + 1
			}
			return 1, t.tx.PutShop(s)
		})
		if err != nil {
			return fmt.Errorf("setting the timers: %w", err)
		}
	}
	return nil
}

// setTimer sets an application's timer, and marks what is to be announced of its shipment.
func setTimer(tx workflow.Tx, before workflow.Application, next *workflow.Next) error {
	s, err := tx.Shop(before.Key.Shop)
	if err != nil && !errors.Is(err, workflow.ErrNotFound) {
		return err
	}
	a := workflow.WithTimer(next.Application, s, next.At, before.State() == workflow.Unseen)
	if before.Stage() != a.Stage() {
		a.News = workflow.ShipmentNews(before, a) // none, if what was to be announced is out of date
	}
	next.Application = a
	return nil
}
