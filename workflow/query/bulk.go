package query

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"sampledesk/workflow"
)

// BulkOffer is what can be chosen of what waits in a shop, to be decided together.
type BulkOffer struct {
	Products []BulkProduct // that are waited for, the most asked first
	Waiting  int           // how many wait in all
	Matching int           // how many of them the filter lets through
	Rows     []Row         // the first of these, soonest deadline first: workflow.MaxRun at the most
}

// BulkProduct is a product that is waited for, and how many requests for it wait.
type BulkProduct struct {
	workflow.Product
	Waiting int
}

// OfferBulk reads a shop's queue from end to end, since the counts have to be true, and keeps the first that match.
// Choosable leaves out what cannot be offered.
func OfferBulk(ctx context.Context, tx workflow.Tx, shop workflow.ShopID, c Criteria, now time.Time, choosable func(workflow.Application) bool) (o BulkOffer, err error) {
	queue, asked, wanted := workflow.QueueOf(shop), map[workflow.ProductID]BulkProduct{}, c.Sieve(tx, now)
	if o.Waiting, err = tx.Count(queue); err != nil {
		return o, err
	}
	for a, err := range workflow.Walk(ctx, tx, queue, "") {
		if err != nil {
			return o, err
		}
		p, known := asked[a.Snapshot.Product.ID]
		if !known {
			p.Product = a.Snapshot.Product
		}
		p.Waiting++
		asked[p.ID] = p
		if by := a.Snapshot.ReviewBy; !by.IsZero() && !now.Before(by) || !choosable(a) {
			continue // nothing can be decided there
		}
		if admitted, err := wanted.Admits(a); err != nil {
			return o, err
		} else if !admitted {
			continue
		}
		if o.Matching++; len(o.Rows) < workflow.MaxRun {
			o.Rows = append(o.Rows, Row{Application: a})
		}
	}
	o.Products = slices.SortedFunc(maps.Values(asked), mostAsked)
	return o, nil
}

// BulkCheck is what can be decided now of what somebody chose.
type BulkCheck struct {
	Targets      []workflow.Target
	Applications []workflow.Application // the same, as they are now
	Moved        int                    // of those that were chosen: changed or decided meanwhile
	Unapprovable int                    // of those that were chosen: TikTok does not let them be approved
}

// CheckBulk parts what was chosen into what can be decided now as the person was shown it, and what cannot.
func CheckBulk(tx workflow.Tx, chosen []workflow.Target, v workflow.Verdict, r workflow.Reason, now time.Time) (c BulkCheck, err error) {
	for _, t := range chosen {
		a, err := Application(tx, t.Key)
		if err != nil {
			return c, err
		}
		_, err = workflow.Step(a, workflow.Decided{At: now, Round: t.Round, Verdict: v, Reason: r, Review: "none"})
		refusal, _ := errors.AsType[workflow.Refusal](err)
		switch {
		case err == nil:
			c.Targets, c.Applications = append(c.Targets, t), append(c.Applications, a)
		case refusal.Rule == workflow.RuleNotApprovable:
			c.Unapprovable++
		default:
			c.Moved++
		}
	}
	return c, nil
}
