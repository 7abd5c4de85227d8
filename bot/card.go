package bot

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"sampledesk/bot/access"
	"sampledesk/bot/handle"
	"sampledesk/bot/slackapi"
	"sampledesk/bot/socket"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
	"sampledesk/workflow/query"
)

// cardDesk is the card of a request: its buttons and its dialogs.
type cardDesk struct {
	api      *slackapi.Client
	engine   *engine.Engine
	store    workflow.Store
	access   *access.Access
	mux      *handle.Mux
	assign   *assignDesk
	defaults query.Defaults
	log      *slog.Logger
}

// register adds the controls of a card, and the dialog behind *Reject…*.
func (d *cardDesk) register(r *routes) {
	handle.OnClick(r.Mux, view.ActionApprove, d.decide())
	handle.OnClick(r.Mux, view.ActionUndo, d.decide())
	handle.OnClick(r.Mux, view.ActionLook, d.look())
	handle.OnClick(r.Mux, view.ActionLookEnd, d.endLook())
	r.Raw(view.ActionReject, d.reject)
	r.Raw(view.ActionMore, d.more)
	handle.OnClick(r.Mux, view.ActionReason, d.suggestWords())
	handle.OnSubmit(r.Mux, view.CallbackReject, d.submitReject())
	r.OnClose(view.CallbackReject, d.closeReject)
}

// decide makes a decision, or undoes one: it is kept first and acknowledged then, so that what a person saw accepted is
// on disk. A refusal changes nothing, and is told after the acknowledgement.
func (d *cardDesk) decide() onClick[view.Target] {
	return onClick[view.Target]{
		Parse: targetOf, Scope: cardScope,
		Do: func(ctx context.Context, c click, t view.Target, g handle.Grant) (handle.Answer, error) {
			_, err := d.engine.Apply(ctx, t.Key, d.event(c, t, g))
			return handle.Answer{}, err
		},
	}
}

// event reads a click into what happened.
func (d *cardDesk) event(c click, t view.Target, g handle.Grant) workflow.Event {
	now := time.Now()
	switch c.Action.ID {
	case view.ActionUndo:
		return workflow.Undone{Actor: g.Actor, At: now, Round: t.Round}
	case view.ActionReject:
		return workflow.Decided{Actor: g.Actor, At: now, Round: t.Round, Verdict: workflow.Reject, Reason: workflow.Reason(c.Action.Chosen()), Undo: d.defaults.UndoOf(g.Shop)}
	default:
		return workflow.Decided{Actor: g.Actor, At: now, Round: t.Round, Verdict: workflow.Approve, Undo: d.defaults.UndoOf(g.Shop)}
	}
}

// look puts a person's name on a card, so that others need not look too.
func (d *cardDesk) look() onClick[view.Target] {
	return onClick[view.Target]{
		Parse: targetOf, Scope: cardScope,
		Do: func(ctx context.Context, _ click, t view.Target, g handle.Grant) (handle.Answer, error) {
			_, err := d.engine.Apply(ctx, t.Key, workflow.OnItBegan{Actor: g.Actor, At: time.Now()})
			return handle.Answer{}, err
		},
	}
}

// more is the menu of what is rarely needed. Its links are opened by Slack, and only have to be acknowledged.
func (d *cardDesk) more(ctx context.Context, c click, ack socket.Ack) {
	switch c.Action.Chosen() {
	case view.MoreLookEnd:
		handle.Run(ctx, d.mux, c, d.endLook(), ack)
	case view.MoreAssign:
		handle.Run(ctx, d.mux, c, d.assign.open(), ack)
	default:
		ack(nil)
	}
}

// endLook takes a person's name off a card: their own, or an admin anybody's.
func (d *cardDesk) endLook() onClick[view.Target] {
	return onClick[view.Target]{
		Parse: targetOf, Scope: cardScope,
		Do: func(ctx context.Context, c click, t view.Target, g handle.Grant) (handle.Answer, error) {
			app, err := application(ctx, d.store, t.Key)
			if err != nil {
				return handle.Answer{}, fmt.Errorf("%w an application: %w", access.ErrRead, err)
			}
			if by := app.OnIt.By; by != "" && by != c.User.ID && !g.Actor.Admin {
				return handle.Tell(view.OthersLook(app.OnIt)), nil
			}
			_, err = d.engine.Apply(ctx, t.Key, workflow.OnItEnded{Actor: g.Actor, At: time.Now()})
			return handle.Answer{}, err
		},
	}
}
