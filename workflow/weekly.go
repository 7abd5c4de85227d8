package workflow

import (
	"context"
	"fmt"
	"time"
)

// Weekly announces a shop's report of the week before, on Monday once it is morning, if the shop wants one. A desk that
// was down on Monday announces it later in the week; its figures are gathered when it is delivered.
func (e *Engine) Weekly(ctx context.Context, shop ShopID, now time.Time) error {
	due := false
	err := e.store.View(ctx, func(tx Tx) error {
		s, err := tx.Shop(shop)
		_, due = s.weeklyDue(now)
		return err
	})
	if err == nil && due {
		err = e.changeShop(ctx, shop, func(t *txn, s *Shop) (bool, error) {
			monday, due := s.weeklyDue(now)
			if !due {
				return false, nil
			}
			s.LastWeeklyReport = monday
			return true, t.announce(shop, Payload{Kind: KindWeeklyReport, At: now, Day: monday, Shop: s.Name})
		})
	}
	if err != nil {
		return fmt.Errorf("reporting the week of shop %s: %w", shop, err)
	}
	return nil
}

// weeklyDue reports whether the report of the week is still to come, and of which Monday it is. A shop that was
// connected since then has no week to report.
func (s Shop) weeklyDue(now time.Time) (monday string, due bool) {
	local := now.In(s.Settings.Location())
	back := (int(local.Weekday()) + 6) % 7
	begin := onDay(local, -back, minutesOf(s.Settings.morning()))
	monday = dayOf(local, -back)
	return monday, s.Settings.Weekly && s.InitialSyncDone && s.LastWeeklyReport < monday && !now.Before(begin) && s.SeenAt.Before(begin)
}

// morning returns when the shop's morning is.
func (s Settings) morning() string {
	if s.Morning == "" {
		return DefaultMorning
	}
	return s.Morning
}
