package workflow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Tick tells of the steps of a shop's deadlines that are due, each once: it is to be called often, by whoever keeps the
// time, and reads an index, so that a call that finds nothing costs next to nothing. After a time of silence only an
// application's latest step is told. What is due for many is told as a group, and no transaction puts more than
// observeBatch, so that clicks never queue behind it. What a call began that did not come to its end, the next one ends.
// It returns how many steps were told or passed over.
func (e *Engine) Tick(ctx context.Context, shop ShopID, now time.Time) (told int, err error) {
	set, due := false, false
	err = e.store.View(ctx, func(tx Tx) error {
		s, err := tx.Shop(shop)
		if err != nil {
			return err
		}
		page, err := tx.Applications(DueOf(shop), "", 1)
		set, due = s.clocksSet(), s.Met && (s.opened() || len(page.Applications) > 0 && !page.Applications[0].Clock.Next.After(now))
		return err
	})
	if err == nil && !set {
		err, due = e.setClocks(ctx, shop, now), true
	}
	if err == nil && due {
		told, err = e.tellDue(ctx, shop, now)
	}
	if err != nil {
		return told, fmt.Errorf("telling of the deadlines of shop %s: %w", shop, err)
	}
	return told, nil
}

// tellDue tells what is due: first what is many, as groups; then what is told one by one, the most urgent first. In the
// end it goes through what is left: what a group spoke of, what is over, and parcels.
func (e *Engine) tellDue(ctx context.Context, shop ShopID, now time.Time) (told int, err error) {
	seen, err := e.tellGroups(ctx, shop, now)
	if err != nil || !seen.shop.Met {
		return 0, err
	}
	if len(seen.singles) > 0 {
		if told, err = e.handleSingles(ctx, seen, now); err != nil {
			return told, err
		}
	}
	for cursor, more := "", seen.left > 0; more; more = cursor != "" {
		n, next, err := e.handlePage(ctx, seen, cursor, now)
		if told += n; err != nil {
			return told, err
		}
		cursor = next
	}
	return told, nil
}

// handleSingles handles what is told one by one.
func (e *Engine) handleSingles(ctx context.Context, seen survey, now time.Time) (handled int, err error) {
	err = e.handling(ctx, func(t *turn) (_ int, err error) {
		all := make([]Application, len(seen.singles))
		for i, k := range seen.singles {
			if all[i], err = load(t.tx, k); err != nil {
				return 0, err
			}
		}
		handled, err = t.handle(seen, all, now)
		return handled, err
	})
	if err != nil {
		return 0, err // nothing of it was kept
	}
	return handled, nil
}

// handlePage handles up to observeBatch applications whose step is due, the one that is due longest first, from the
// cursor on. The cursor that it returns is empty at the end.
func (e *Engine) handlePage(ctx context.Context, seen survey, cursor string, now time.Time) (handled int, next string, err error) {
	err = e.handling(ctx, func(t *turn) (int, error) {
		page, err := t.tx.Applications(DueOf(seen.shop.ID), cursor, observeBatch)
		if err != nil {
			return 0, err
		}
		next = page.Next
		if i := slices.IndexFunc(page.Applications, func(a Application) bool { return a.Clock.Next.After(now) }); i >= 0 {
			page.Applications, next = page.Applications[:i], ""
		}
		handled, err = t.handle(seen, page.Applications, now)
		return handled, err
	})
	if err != nil {
		return 0, "", err // nothing of it was kept
	}
	return handled, next, nil
}

// handling runs fn in a transaction, which is only kept if it handled something.
func (e *Engine) handling(ctx context.Context, fn func(*turn) (int, error)) error {
	err := e.update(ctx, func(t *turn) error {
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

// handle handles the step that is due of each of some applications.
func (t *turn) handle(seen survey, all []Application, now time.Time) (handled int, err error) {
	s, err := t.tx.Shop(seen.shop.ID)
	if err != nil || !s.Met || !s.clocksSet() {
		return 0, err // the clocks have to be set first, by the next call
	}
	for _, a := range all {
		due, ok := seen.stepDue(s, a, now)
		if !ok {
			continue
		}
		if _, _, err := t.apply(a.Key, due); err != nil {
			return handled, err
		}
		if handled++; !due.Row.Nudge || due.Manner == PassedOver || s.Settings.Nudge == "" {
			continue
		}
		if err := t.nudge(a, s.Settings.Nudge, now); err != nil {
			return handled, err
		}
	}
	return handled, nil
}

// stepDue tells how an application's step that is due is handled now, if it is.
func (seen survey) stepDue(s Shop, a Application, now time.Time) (StepDue, bool) {
	row, before, ok := a.latest(s.Settings, now)
	if !ok || a.Clock.Next.IsZero() || a.Clock.Next.After(now) {
		return StepDue{}, false
	}
	due := StepDue{At: now, Row: row, Name: stepName(before), Before: before, Manner: Alone}
	_, counted := s.groupWith(a.Clock)
	switch {
	case counted:
		due.Manner = Grouped
	case a.Clock.over(now):
		due.Manner = PassedOver
	case row.Deadline == MoveDeadline:
		due.NoCard = seen.of[MoveDeadline].count > maxSingle && s.Settings.Shipments != ShipmentsInThread
	case !slices.Contains(seen.singles, a.Key) || s.opening(row.Deadline) != nil:
		return StepDue{}, false // it came since; the next call tells it
	}
	return due, true
}

// nudge sends the creator the shop's own words, once, before her time to post is over.
func (t *turn) nudge(a Application, text string, now time.Time) error {
	_, err := t.write(Writing{
		Actor: Actor{Surface: FromClock, Origin: "nudge " + a.Key.String()}, At: now,
		Shop: a.Key.Shop, Creator: a.Report.Creator.KeyOf(a.Key.Shop), Application: a.Key.ID, Text: text,
	})
	if _, refused := errors.AsType[Refusal](err); refused || errors.Is(err, errUnchanged) {
		return nil // she cannot be written to, or was
	}
	return err
}

// clocksSet tells whether the clocks of the shop's applications go by its settings as they are now.
func (s Shop) clocksSet() bool { return s.Armed == s.Settings.Version+1 }

// setClocks sets the clocks of a shop whose settings changed since, batch by batch.
func (e *Engine) setClocks(ctx context.Context, shop ShopID, now time.Time) error {
	for done := false; !done; {
		err := e.handling(ctx, func(t *turn) (int, error) {
			s, err := t.tx.Shop(shop)
			if done = s.clocksSet(); err != nil || done {
				return 0, err
			}
			page, err := t.tx.Applications(LiveOf(shop), s.ArmedTo, observeBatch)
			if err != nil {
				return 0, err
			}
			for _, a := range page.Applications {
				set := arm(a, s, now, false)
				if set.Clock.equal(a.Clock) && slices.EqualFunc(set.Told, a.Told, Told.equal) {
					continue
				}
				if err := t.tx.PutApplication(set); err != nil {
					return 0, err
				}
			}
			if s.ArmedTo = page.Next; page.Next == "" {
				s.Armed = s.Settings.Version + 1
			}
			return 1, t.tx.PutShop(s)
		})
		if err != nil {
			return fmt.Errorf("setting the clocks: %w", err)
		}
	}
	return nil
}
