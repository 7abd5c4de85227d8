package bot

import (
	"context"
	"fmt"

	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// cardFacts gathers what a card shows, in one snapshot.
func (d *Desk) cardFacts(ctx context.Context, k workflow.Key) (facts view.CardFacts, err error) {
	err = d.store.View(ctx, func(tx workflow.Tx) error {
		a, err := tx.Application(k)
		if err != nil {
			return err
		}
		facts, err = d.factsOf(tx, a)
		return err
	})
	if err != nil {
		return view.CardFacts{}, fmt.Errorf("gathering what the card of %s shows: %w", k, err)
	}
	return facts, nil
}

func (d *Desk) factsOf(tx workflow.Tx, a workflow.Application) (view.CardFacts, error) {
	c, err := query.CardOf(tx, d.defaults(), a)
	return view.CardFacts{
		Application: c.Application, Campaign: c.Campaign, Shop: c.Shop, Region: c.Region, Record: c.Record, QuickReject: c.QuickReject,
	}, err
}
