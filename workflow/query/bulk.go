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
	From     int           // how many of these come before Rows
	Rows     []Row         // some of these, soonest deadline first: workflow.MaxRun at the most
}

// BulkProduct is a product that is waited for, and how many requests for it wait.
type BulkProduct struct {
	workflow.Product
	Waiting int
}

// BulkAsk says what of a shop's queue is wanted.
type BulkAsk struct {
	Shop workflow.ShopID
	Criteria
	Now       time.Time
	From      int                             // how many that match are passed over before the rows that are wanted; beyond the end: 0
	Choosable func(workflow.Application) bool // leaves out what cannot be offered
}

// each hands out all of the queue, and with each whether it is wanted. It is read from end to end, since the counts have
// to be true.
func (q BulkAsk) each(ctx context.Context, tx workflow.Tx, fn func(a workflow.Application, wanted bool) error) error {
	sieve := q.Sieve(tx, q.Now)
	for a, err := range workflow.Walk(ctx, tx, workflow.QueueOf(q.Shop), "") {
		if err != nil {
			return err
		}
		by, wanted := a.Snapshot.ReviewBy, false
		if (by.IsZero() || q.Now.Before(by)) && q.Choosable(a) { // else nothing can be decided there
			if wanted, err = sieve.Admits(a); err != nil {
				return err
			}
		}
		if err := fn(a, wanted); err != nil {
			return err
		}
	}
	return nil
}

// OfferBulk counts what matches and keeps the rows that are wanted.
func OfferBulk(ctx context.Context, tx workflow.Tx, q BulkAsk) (o BulkOffer, err error) {
	asked := map[workflow.ProductID]BulkProduct{}
	o.From = q.From
	if o.Waiting, err = tx.Count(workflow.QueueOf(q.Shop)); err != nil {
		return o, err
	}
	err = q.each(ctx, tx, func(a workflow.Application, wanted bool) error {
		p, known := asked[a.Snapshot.Product.ID]
		if !known {
			p.Product = a.Snapshot.Product
		}
		p.Waiting++
		asked[p.ID] = p
		if !wanted {
			return nil
		}
		if o.Matching++; o.Matching > q.From && len(o.Rows) < workflow.MaxRun {
			o.Rows = append(o.Rows, Row{Application: a})
		}
		return nil
	})
	if err == nil && len(o.Rows) == 0 && q.From > 0 && o.Matching > 0 {
		q.From = 0
		return OfferBulk(ctx, tx, q)
	}
	o.Products = slices.SortedFunc(maps.Values(asked), mostAsked)
	return o, err
}

// BulkAction is what is to be done with several requests: deciding them or, if it Joins, adding them to a campaign.
type BulkAction struct {
	Verdict workflow.Verdict
	Reason  workflow.Reason
	Joins   bool
}

// BulkCheck is what can be done now with what somebody chose.
type BulkCheck struct {
	Targets      []workflow.Target
	Applications []workflow.Application // the same as they are now: only what tells who asks for what
	Moved        int                    // of those that were chosen: changed or decided meanwhile
	Unapprovable int                    // of those that were chosen: TikTok does not let them be approved
	Taken        int                    // of those that were to be added to a campaign: in one already
}

// CheckBulk parts what was chosen into that with which it can be done now as the person was shown it, and the rest.
func CheckBulk(tx workflow.Tx, chosen []workflow.Target, d BulkAction, now time.Time) (c BulkCheck, err error) {
	for _, t := range chosen {
		a, err := Application(tx, t.Key)
		if err != nil {
			return c, err
		}
		c.add(a, t.Round, d, now)
	}
	return c, nil
}

// CheckAll is CheckBulk of all that match, but for those that the person left out.
func CheckAll(ctx context.Context, tx workflow.Tx, q BulkAsk, leftOut map[workflow.ApplicationID]bool, d BulkAction) (c BulkCheck, err error) {
	err = q.each(ctx, tx, func(a workflow.Application, wanted bool) error {
		if wanted && !leftOut[a.Key.ID] {
			c.add(a, a.Round, d, q.Now)
		}
		return nil
	})
	return c, err
}

func (c *BulkCheck) add(a workflow.Application, round int, d BulkAction, now time.Time) {
	if d.Joins {
		switch {
		case a.SeenAt.IsZero() || a.Round != round:
			c.Moved++
		case a.Campaign != "":
			c.Taken++
		default:
			c.take(a, round)
		}
		return
	}
	_, err := workflow.Step(a, workflow.Decided{At: now, Round: round, Verdict: d.Verdict, Reason: d.Reason, Review: "none"})
	refusal, _ := errors.AsType[workflow.Refusal](err)
	switch {
	case err == nil:
		c.take(a, round)
	case refusal.Rule == workflow.RuleNotApprovable:
		c.Unapprovable++
	default:
		c.Moved++
	}
}

// take keeps of a request what tells who asks for what, as there may be thousands.
func (c *BulkCheck) take(a workflow.Application, round int) {
	r := a.Snapshot
	c.Targets = append(c.Targets, workflow.Target{Key: a.Key, Round: round})
	c.Applications = append(c.Applications, workflow.Application{Key: a.Key, ReportedAt: a.ReportedAt, Snapshot: workflow.Snapshot{
		Stock: r.Stock, StockUnknown: r.StockUnknown, Product: workflow.Product{ID: r.Product.ID, Title: r.Product.Title},
		Creator: workflow.Creator{OpenID: r.Creator.OpenID, App: r.Creator.App, Username: r.Creator.Username, Nickname: r.Creator.Nickname},
	}})
}
