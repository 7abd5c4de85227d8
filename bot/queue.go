package bot

import (
	"context"
	"fmt"
	"log/slog"

	"sampledesk/bot/access"
	"sampledesk/bot/handle"
	"sampledesk/bot/slackapi"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// queueDesk is what is asked of requests by command: the queue, and one of them or those of a creator.
type queueDesk struct {
	api    *slackapi.Client
	engine *workflow.Engine
	store  workflow.Store
	access *access.Access
	find   finder
	log    *slog.Logger
}

// register adds the queue and show.
func (d *queueDesk) register(r *routes) {
	r.commands[view.CommandSamples+" queue"] = func(ctx context.Context, c command, _ string) (reply, error) {
		return answered(d.queueFor(ctx, c.User, c.Shops, query.Page{}))
	}
	r.commands[view.CommandSamples+" show"] = d.show
	handle.OnClick(r.Mux, view.ActionQueuePage, d.turnPage())
	handle.OnClick(r.Mux, view.ActionQueueBack, d.turnPage())
}

// turnPage shows another page of the queue in place of the one that was clicked.
func (d *queueDesk) turnPage() onClick[query.Page] {
	parse := func(c click) (query.Page, error) { return query.ParsePage(c.Action.Text) }
	return onPage(d.access, parse, func(ctx context.Context, i handle.Interaction, shops []workflow.Shop, page query.Page) (view.Message, error) {
		return d.queueFor(ctx, i.User.ID, shops, page)
	})
}

// queueFor is a page of the queue, with the button that decides several for somebody who decides there.
func (d *queueDesk) queueFor(ctx context.Context, who workflow.PersonID, shops []workflow.Shop, at query.Page) (view.Message, error) {
	var facts view.QueueFacts
	err := d.store.View(ctx, func(tx workflow.Tx) (err error) {
		facts.Queue, err = query.QueueAt(tx, shops, at, view.QueuePageSize)
		return err
	})
	if err != nil {
		return view.Message{}, fmt.Errorf("%w the queue: %w", access.ErrRead, err)
	}
	if facts.Total > 1 {
		if own := d.access.Allowed(ctx, who, shops, access.Reviewer); len(own) > 0 {
			facts.Several = d.find.firstWaiting(ctx, own, "").ID
		}
	}
	return view.Queue(facts), nil
}
