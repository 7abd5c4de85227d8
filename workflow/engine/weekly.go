package engine

import (
	"context"
	"fmt"
	"time"

	"sampledesk/workflow"
)

// Weekly announces a shop's report of the week before, on Monday once it is morning, if the shop wants one. A desk that
// was down on Monday announces it later in the week; its figures are gathered when it is delivered.
func (e *Engine) Weekly(ctx context.Context, shop workflow.ShopID, now time.Time) error {
	due := false
	err := e.store.View(ctx, func(tx workflow.Tx) error {
		s, err := tx.Shop(shop)
		_, due = s.WeeklyDue(now)
		return err
	})
	if err == nil && due {
		err = e.changeShop(ctx, shop, func(t *txn, s *workflow.Shop) (bool, error) {
			monday, due := s.WeeklyDue(now)
			if !due {
				return false, nil
			}
			s.LastWeeklyReport = monday
			return true, t.announce(shop, workflow.Payload{Kind: workflow.KindWeeklyReport, At: now, Day: monday, Shop: s.Name})
		})
	}
	if err != nil {
		return fmt.Errorf("reporting the week of shop %s: %w", shop, err)
	}
	return nil
}
