package bot

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// queueRoutes are what is asked of requests by command.
func (d *Desk) queueRoutes(r *routes) {
	r.commands[view.CommandSamples+" queue"] = func(ctx context.Context, c command, _ string) (reply, error) {
		return answered(d.queueFor(ctx, c.User, c.Shops, query.Page{}))
	}
	r.commands[view.CommandSamples+" show"] = d.show
	r.clicks[view.ActionQueuePage] = d.turnPage
	r.clicks[view.ActionQueueBack] = d.turnPage
}

// turnPage shows another page of the queue in place of the one that was clicked.
func (d *Desk) turnPage(ctx context.Context, i interaction, a action, ack ackFunc) {
	ack(nil)
	page, err := query.ParsePage(a.Text)
	if err != nil {
		d.log.WarnContext(ctx, "a control of the queue does not name a page", "error", err)
		return
	}
	d.turn(ctx, i, "the queue", func(shops []workflow.Shop) (view.Message, error) {
		return d.queueFor(ctx, i.User.ID, shops, page)
	})
}

// queueFor is a page of the queue, with the button that decides several for somebody who decides there.
func (d *Desk) queueFor(ctx context.Context, who workflow.PersonID, shops []workflow.Shop, at query.Page) (view.Message, error) {
	facts, err := d.queue(ctx, shops, at)
	if err != nil {
		return view.Message{}, err
	}
	if facts.Total > 1 {
		if own := d.allowed(ctx, who, shops, reviewer); len(own) > 0 {
			facts.Several = d.firstWaiting(ctx, own, "").ID
		}
	}
	return view.Queue(facts), nil
}

// queue reads a page of what waits for the team. Where there are several shops their queues are merged by deadline: the
// cursor is then a deadline as the listing sorts it, which holds in each of them.
func (d *Desk) queue(ctx context.Context, shops []workflow.Shop, at query.Page) (view.QueueFacts, error) {
	var facts view.QueueFacts
	err := d.store.View(ctx, func(tx workflow.Tx) error {
		facts = view.QueueFacts{Page: at.Number}
		rows, total, err := mergedQueue(tx, shops, at.Cursor, view.QueuePageSize+1)
		if err != nil {
			return err
		}
		facts.Total = total
		if facts.Back, err = pageBefore(tx, shops, at); err != nil {
			return err
		}
		if len(rows) > view.QueuePageSize {
			rows = rows[:view.QueuePageSize]
			facts.Next = &query.Page{Number: at.Number + 1, Cursor: rows[len(rows)-1].sort}
		}
		for _, r := range rows {
			row, err := query.RowOf(tx, r.application, shops)
			if err != nil {
				return err
			}
			facts.Rows = append(facts.Rows, row)
		}
		return nil
	})
	if err != nil {
		return view.QueueFacts{}, fmt.Errorf("%w the queue: %w", errRead, err)
	}
	return facts, nil
}

// pageBefore finds the page before one. Listings are read forwards only, so it counts from the front.
func pageBefore(tx workflow.Tx, shops []workflow.Shop, at query.Page) (*query.Page, error) {
	if at.Number == 0 {
		return nil, nil
	}
	skipped := (at.Number - 1) * view.QueuePageSize
	if skipped == 0 {
		return &query.Page{}, nil
	}
	rows, _, err := mergedQueue(tx, shops, "", skipped)
	if err != nil {
		return nil, err
	}
	if len(rows) < skipped { // the queue has shrunk meanwhile
		return &query.Page{}, nil
	}
	return &query.Page{Number: at.Number - 1, Cursor: rows[skipped-1].sort}, nil
}

type queued struct {
	application workflow.Application
	sort        string
}

// mergedQueue reads up to limit applications of all queues after a cursor, soonest deadline first, and how many there
// are in all.
func mergedQueue(tx workflow.Tx, shops []workflow.Shop, after string, limit int) (rows []queued, total int, err error) {
	for _, s := range shops {
		listing := workflow.QueueOf(s.ID)
		n, err := tx.Count(listing)
		if err != nil {
			return nil, 0, err
		}
		total += n
		page, err := tx.Applications(listing, after, limit)
		if err != nil {
			return nil, 0, err
		}
		for _, a := range page.Applications {
			rows = append(rows, queued{a, placeIn(a, listing)})
		}
	}
	slices.SortFunc(rows, func(a, b queued) int { return cmp.Compare(a.sort, b.sort) })
	return rows[:min(limit, len(rows))], total, nil
}

func placeIn(a workflow.Application, l workflow.Listing) string {
	for _, p := range a.Places() {
		if p.Listing == l {
			return p.Sort
		}
	}
	return ""
}
