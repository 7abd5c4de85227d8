package bot

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// bulkPage is how many requests are read at a time while they are counted.
const bulkPage = 500

// bulkFacts gathers what the dialog offers: of all that waits in a shop what the filter lets through, and the products
// that are waited for.
func (d *Desk) bulkFacts(ctx context.Context, s workflow.Shop, shops []workflow.Shop, at view.BulkMeta) (view.BulkFacts, error) {
	facts := view.BulkFacts{Shop: s, Shops: shops, Filter: at.Filter, Channel: at.Channel}
	err := d.store.View(ctx, func(tx workflow.Tx) (err error) {
		facts.Matching, facts.Rows, facts.At = 0, nil, time.Now()
		facts.Products, err = readQueue(tx, &facts)
		return err
	})
	if err != nil {
		return facts, fmt.Errorf("%w what waits: %w", errRead, err)
	}
	return facts, nil
}

// readQueue reads the queue from end to end, since the counts have to be true, and keeps the first that match.
func readQueue(tx workflow.Tx, facts *view.BulkFacts) ([]view.BulkProduct, error) {
	queue, asked := workflow.QueueOf(facts.Shop.ID), map[workflow.ProductID]*view.BulkProduct{}
	var err error
	if facts.Waiting, err = tx.Count(queue); err != nil {
		return nil, err
	}
	for after := ""; ; {
		page, err := tx.Applications(queue, after, bulkPage)
		if err != nil {
			return nil, err
		}
		for _, a := range page.Applications {
			p := a.Report.Product
			if asked[p.ID] == nil {
				asked[p.ID] = &view.BulkProduct{Product: p}
			}
			asked[p.ID].Waiting++
			if err := admit(tx, facts, a); err != nil {
				return nil, err
			}
		}
		if after = page.Next; after == "" {
			return mostAsked(asked), nil
		}
	}
}

// admit counts a request that the filter lets through, and offers it while there is room.
func admit(tx workflow.Tx, facts *view.BulkFacts, a workflow.Application) error {
	if !facts.Filter.Admits(a, facts.At) || !view.Choosable(a) {
		return nil
	}
	if facts.Filter.Known {
		n, err := tx.Count(workflow.CreatorOf(a.Report.Creator.KeyOf(a.Key.Shop)))
		if err != nil || n < 2 {
			return err
		}
	}
	facts.Matching++
	if len(facts.Rows) < workflow.MaxRun {
		facts.Rows = append(facts.Rows, query.Row{Application: a})
	}
	return nil
}

// mostAsked lists products, those that most requests are for first.
func mostAsked(asked map[workflow.ProductID]*view.BulkProduct) []view.BulkProduct {
	var all []view.BulkProduct
	for _, p := range asked {
		all = append(all, *p)
	}
	slices.SortFunc(all, func(a, b view.BulkProduct) int {
		return cmp.Or(cmp.Compare(b.Waiting, a.Waiting), cmp.Compare(a.ID, b.ID))
	})
	return all
}

// bulkConfirm gathers what a person is about to decide: of what she chose that which can be decided now as she was shown
// it. Asked is all of it.
func (d *Desk) bulkConfirm(ctx context.Context, s workflow.Shop, asked view.BulkDeed) (view.BulkConfirmFacts, error) {
	var facts view.BulkConfirmFacts
	err := d.store.View(ctx, func(tx workflow.Tx) error {
		facts = view.BulkConfirmFacts{Deed: asked, Channel: d.channelOf(s), Undo: d.undoOf(s)}
		facts.Deed.Targets = nil
		now := time.Now()
		for _, t := range asked.Targets {
			a, err := query.Application(tx, t.Key)
			if err != nil {
				return err
			}
			_, err = workflow.Step(a, workflow.Decided{At: now, Round: t.Round, Verdict: asked.Verdict, Reason: asked.Reason, Review: "none"})
			switch {
			case err == nil:
				facts.Deed.Targets, facts.Applications = append(facts.Deed.Targets, t), append(facts.Applications, a)
			case ruleOf(err) == workflow.RuleNotApprovable:
				facts.Unapprovable++
			default:
				facts.Moved++
			}
		}
		var err error
		facts.Shop, err = d.defaults().ShopNamed(tx, s.ID)
		return err
	})
	if err != nil {
		return facts, fmt.Errorf("%w what was chosen: %w", errRead, err)
	}
	return facts, nil
}
