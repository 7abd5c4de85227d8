package bot

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"sampledesk/bot/access"
	"sampledesk/bot/handle"
	"sampledesk/bot/post"
	"sampledesk/bot/slackapi"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
	"sampledesk/workflow/query"
)

// queueDesk is what is asked of requests by command: the queue, and one of them or those of a creator.
type queueDesk struct {
	api    *slackapi.Client
	engine *engine.Engine
	store  workflow.Store
	access *access.Access
	find   finder
	log    *slog.Logger
}

// register adds the queue and show.
func (d *queueDesk) register(r *routes) {
	r.commands[view.CommandSamples+" queue"] = r.whenReady(func(ctx context.Context, c command, rest string) (reply, error) {
		if strings.EqualFold(rest, "suggested") {
			return answered(d.queueFor(ctx, c.User, c.Shops, view.QueuePage{Suggested: true}))
		}
		if rest != "" {
			facts, err := d.find.shown(ctx, c.Shops, view.ShowPage{Asked: rest, Queue: true})
			return answered(view.Show(facts), err)
		}
		return answered(d.queueFor(ctx, c.User, c.Shops, view.QueuePage{}))
	})
	r.commands[view.CommandSamples+" show"] = r.whenReady(d.show)
	r.commands[view.CommandSamples+" find"] = r.whenReady(func(ctx context.Context, c command, rest string) (reply, error) {
		if rest == "" {
			return reply{Message: view.Usage(c.Name, "find")}, nil
		}
		return d.show(ctx, c, rest)
	})
	handle.OnClick(r.Mux, view.ActionQueuePage, d.turnPage())
	handle.OnClick(r.Mux, view.ActionQueueBack, d.turnPage())
	handle.OnClick(r.Mux, view.ActionQueueSuggested, d.turnPage())
}

// turnPage shows another page of the queue in place of the one that was clicked.
func (d *queueDesk) turnPage() onClick[view.QueuePage] {
	parse := func(c click) (view.QueuePage, error) { return view.ParseQueuePage(c.Action.Text) }
	return onPage(d.access, parse, func(ctx context.Context, i handle.Interaction, shops []workflow.Shop, page view.QueuePage) (view.Message, error) {
		return d.queueFor(ctx, i.User.ID, shops, page)
	})
}

// queueFor is a page of the queue, with the button that decides several for somebody who decides there.
func (d *queueDesk) queueFor(ctx context.Context, who workflow.PersonID, shops []workflow.Shop, at view.QueuePage) (view.Message, error) {
	facts, read := view.QueueFacts{Suggested: at.Suggested}, query.QueueAt
	if at.Suggested {
		read = query.SuggestedAt
	}
	own := d.access.Allowed(ctx, who, shops, access.Reviewer)
	err := d.store.View(ctx, func(tx workflow.Tx) (err error) {
		if facts.Queue, err = read(tx, shops, at.Page, view.QueuePageSize); err != nil {
			return err
		}
		facts.Suggestions, err = query.SuggestionsIn(tx, shops, own)
		return err
	})
	if err != nil {
		return view.Message{}, fmt.Errorf("%w the queue: %w", access.ErrRead, err)
	}
	if facts.Total > 1 && len(own) > 0 {
		facts.Several = d.find.firstWaiting(ctx, own, "").ID
	}
	return view.Queue(facts), nil
}

// show tells all of one application, or lists a creator's. One that is live and has no card in Slack gets one: it was
// opened.
func (d *queueDesk) show(ctx context.Context, c command, rest string) (reply, error) {
	typed, more := cutTerm(rest)
	if typed == "" {
		return reply{Message: view.Usage(c.Name, "show")}, nil
	}
	if more != "" {
		typed = rest
	}
	facts, err := d.find.shown(ctx, c.Shops, view.ShowPage{Asked: typed})
	if err != nil {
		return reply{}, err
	}
	if len(facts.Found) != 1 {
		return reply{Message: view.Show(facts)}, nil
	}
	found := &facts.Found[0].Application
	if *found, err = d.callForCard(ctx, c.User, *found); err != nil {
		return reply{}, err
	}
	opened := *found
	return reply{Message: view.Show(facts), then: func(ctx context.Context) { d.seeToCard(ctx, c.User, opened) }}, nil
}

// callForCard gives a live application a card where it has none in Slack.
func (d *queueDesk) callForCard(ctx context.Context, who workflow.PersonID, a workflow.Application) (workflow.Application, error) {
	if !a.State().Live() || a.Card.Wanted && !a.Card.Lost {
		return a, nil
	}
	return d.engine.Apply(ctx, a.Key, workflow.CardRequested{Actor: workflow.Actor{Person: who, Surface: workflow.FromCommand}, At: time.Now()})
}

// seeToCard looks whether the card of an application that somebody opened is still where it was posted: nothing tells the
// desk of a message that was deleted. If it is gone, another is posted.
func (d *queueDesk) seeToCard(ctx context.Context, who workflow.PersonID, a workflow.Application) {
	if !a.State().Live() || !a.Card.Posted() {
		return
	}
	ctx, cancel := d.api.Detach(ctx, slackapi.Timeout)
	defer cancel()
	// Of a message that has replies, Slack leaves a shell in its place, which says nothing of itself.
	card := func(m slackapi.Message) bool { return m.TS == a.Card.TS && m.Metadata.EventType == post.EventCard }
	_, there, err := d.api.FindInThread(ctx, a.Card.Channel, a.Card.TS, time.Unix(0, 0), card)
	if err != nil && !slackapi.Gone.Has(err) {
		d.log.WarnContext(ctx, "could not check whether a card still exists", "shop", a.Key.Shop, "application", a.Key.ID, "error", err)
		return
	}
	if there {
		return
	}
	gone := workflow.PostLost{At: time.Now(), TS: a.Card.TS, Failure: workflow.Failure{Message: "message_not_found"}}
	if a, err = d.engine.Apply(ctx, a.Key, gone); err == nil {
		_, err = d.callForCard(ctx, who, a)
	}
	if err != nil {
		d.log.ErrorContext(ctx, "could not post a card again", "shop", a.Key.Shop, "application", a.Key.ID, "error", err)
	}
}
