package bot

import (
	"slices"
	"time"

	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// statsPage is how many applications are read at a time for figures.
const statsPage = 500

// figuresOf counts what happened to a shop's applications from a time on and before another. It reads those only that can
// have been moved in that time, and the history of no other.
func figuresOf(tx workflow.Tx, shop workflow.ShopID, from, to time.Time) (view.Figures, error) {
	var sum view.Figures
	var took []time.Duration
	err := eachMoved(tx, shop, from, to, func(a workflow.Application) error {
		t, err := taleOf(tx, a, from, to)
		if err != nil {
			return err
		}
		sum = plus(sum, t.counts)
		took = append(took, t.took...)
		return nil
	})
	sum.Median = median(took)
	return sum, err
}

// plus adds figures up. A median does not add up, and is left out.
func plus(a, b view.Figures) view.Figures {
	return view.Figures{
		Received: a.Received + b.Received, Approved: a.Approved + b.Approved, Rejected: a.Rejected + b.Rejected, There: a.There + b.There,
		Shipped: a.Shipped + b.Shipped, Posted: a.Posted + b.Posted, Orders: a.Orders + b.Orders, Untold: a.Untold + b.Untold,
		Expired: a.Expired + b.Expired, NotShipped: a.NotShipped + b.NotShipped, NotPosted: a.NotPosted + b.NotPosted,
	}
}

// eachMoved hands out, each once, the applications that were first seen in a time or moved on since it began.
func eachMoved(tx workflow.Tx, shop workflow.ShopID, from, to time.Time, do func(workflow.Application) error) error {
	err := each(tx, workflow.SeenOf(shop), workflow.SeenSince(from), func(a workflow.Application) (bool, error) {
		if !a.SeenAt.Before(to) {
			return false, nil
		}
		return true, do(a)
	})
	if err != nil {
		return err
	}
	older := func(a workflow.Application) error {
		if !a.SeenAt.Before(from) || a.ChangedAt.Before(from) {
			return nil
		}
		return do(a)
	}
	err = each(tx, workflow.LiveOf(shop), "", func(a workflow.Application) (bool, error) { return true, older(a) })
	if err != nil {
		return err
	}
	for _, stage := range workflow.Stages {
		if live[stage] {
			continue
		}
		err := each(tx, workflow.StageOf(shop, stage), "", func(a workflow.Application) (bool, error) {
			if a.ChangedAt.Before(from) {
				return false, nil // the latest come first
			}
			return true, older(a)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// live are the stages whose applications LiveOf lists.
var live = map[workflow.Stage]bool{
	workflow.StageReview: true, workflow.StageAwaiting: true, workflow.StageShipping: true, workflow.StageContent: true,
}

// each hands out a listing's applications until do says that it is enough.
func each(tx workflow.Tx, l workflow.Listing, after string, do func(workflow.Application) (more bool, err error)) error {
	for {
		page, err := tx.Applications(l, after, statsPage)
		if err != nil {
			return err
		}
		for _, a := range page.Applications {
			if more, err := do(a); err != nil || !more {
				return err
			}
		}
		if after = page.Next; after == "" {
			return nil
		}
	}
}

// median is the middle of the spans, of an even number the mean of the two in the middle; zero of none.
func median(all []time.Duration) time.Duration {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	n := len(all) / 2
	if len(all)%2 == 1 {
		return all[n]
	}
	return all[n-1] + (all[n]-all[n-1])/2
}
