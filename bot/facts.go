package bot

import (
	"context"
	"fmt"

	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// maxPast bounds how many earlier applications of a creator are read for the line about them.
const maxPast = 200

func (d *Desk) application(ctx context.Context, k workflow.Key) (a workflow.Application, err error) {
	err = d.store.View(ctx, func(tx workflow.Tx) error {
		a, err = tx.Application(k)
		return err
	})
	return a, err
}

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
	facts := view.CardFacts{Application: a}
	shops, err := tx.Shops()
	if err != nil {
		return facts, err
	}
	for _, s := range shops {
		if s.ID == a.Key.Shop {
			facts.Shop, facts.Region, facts.QuickReject = query.ShopName(s, d.defaults().Sharing(s, shops)), s.Region, s.Settings.QuickReject
		}
	}
	if facts.Campaign, err = query.CampaignName(tx, a.Campaign); err != nil {
		return facts, err
	}
	page, err := tx.Applications(workflow.CreatorOf(a.Report.Creator.KeyOf(a.Key.Shop)), "", maxPast)
	if err != nil {
		return facts, err
	}
	facts.Past = view.PastOf(page.Applications, a.Key)
	return facts, nil
}
