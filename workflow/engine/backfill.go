package engine

import (
	"context"

	"sampledesk/workflow"
)

// SaveBackfill records how far a shop's backfill has come.
func (e *Engine) SaveBackfill(ctx context.Context, shop workflow.ShopID, p workflow.Backfill) error {
	return e.changeShop(ctx, shop, func(_ *txn, s *workflow.Shop) (bool, error) {
		was := s.Backfill
		s.Backfill = p
		return was != p, nil
	})
}
