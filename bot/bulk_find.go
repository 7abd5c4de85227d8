package bot

import (
	"context"
	"fmt"
	"time"

	"sampledesk/bot/access"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// bulkFacts gathers what the dialog offers: of all that waits in a shop what the filter lets through, and the products
// that are waited for.
func (d *bulkDesk) bulkFacts(ctx context.Context, s workflow.Shop, shops []workflow.Shop, at view.BulkMeta) (view.BulkFacts, error) {
	facts := view.BulkFacts{Shop: s, Shops: shops, Filter: at.Filter, Channel: at.Channel}
	err := d.store.View(ctx, func(tx workflow.Tx) (err error) {
		facts.At = time.Now()
		facts.BulkOffer, err = query.OfferBulk(ctx, tx, s.ID, at.Filter, facts.At, view.Choosable)
		return err
	})
	if err != nil {
		return facts, fmt.Errorf("%w what waits: %w", access.ErrRead, err)
	}
	return facts, nil
}

// bulkConfirm gathers what a person is about to decide: of what they chose that which can be decided now as they were
// shown it. Asked is all of it.
func (d *bulkDesk) bulkConfirm(ctx context.Context, s workflow.Shop, asked view.BulkDeed) (view.BulkConfirmFacts, error) {
	facts := view.BulkConfirmFacts{Deed: asked, Channel: d.defaults.ChannelOf(s), Undo: d.defaults.UndoOf(s)}
	err := d.store.View(ctx, func(tx workflow.Tx) error {
		c, err := query.CheckBulk(tx, asked.Targets, asked.Verdict, asked.Reason, time.Now())
		if err != nil {
			return err
		}
		facts.Deed.Targets, facts.Applications, facts.Moved, facts.Unapprovable = c.Targets, c.Applications, c.Moved, c.Unapprovable
		facts.Shop, err = d.defaults.ShopNamed(tx, s.ID)
		return err
	})
	if err != nil {
		return facts, fmt.Errorf("%w what was chosen: %w", access.ErrRead, err)
	}
	return facts, nil
}
