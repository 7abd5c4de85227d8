package bot

import (
	"context"
	"fmt"

	"sampledesk/bot/socket"
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
func (d *Desk) turnPage(ctx context.Context, i interaction, a action, ack socket.Ack) {
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
	var facts view.QueueFacts
	err := d.store.View(ctx, func(tx workflow.Tx) (err error) {
		facts.Queue, err = query.QueueAt(tx, shops, at, view.QueuePageSize)
		return err
	})
	if err != nil {
		return view.Message{}, fmt.Errorf("%w the queue: %w", errRead, err)
	}
	if facts.Total > 1 {
		if own := d.allowed(ctx, who, shops, reviewer); len(own) > 0 {
			facts.Several = d.firstWaiting(ctx, own, "").ID
		}
	}
	return view.Queue(facts), nil
}
