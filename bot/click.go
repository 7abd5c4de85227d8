package bot

import (
	"context"
	"fmt"
	"time"

	"sampledesk/bot/access"
	"sampledesk/bot/handle"
	"sampledesk/bot/socket"
	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// cardRoutes are the controls of a card.
func (d *Desk) cardRoutes(r *routes) {
	handle.OnClick(r.Mux, view.ActionApprove, d.decide())
	handle.OnClick(r.Mux, view.ActionUndo, d.decide())
	handle.OnClick(r.Mux, view.ActionLook, d.look())
	handle.OnClick(r.Mux, view.ActionLookEnd, d.endLook())
	r.Raw(view.ActionReject, d.reject)
	r.Raw(view.ActionMore, d.more)
	d.rejectRoutes(r)
	d.pickRoutes(r)
	d.noteRoutes(r)
	d.mentionRoutes(r)
}

// targetOf reads which application a control of a card is about.
func targetOf(c click) (view.Target, error) { return view.ParseTarget(c.Action.Block) }

// cardScope is what a person has to be allowed who acts on a card.
var cardScope = handle.For(access.Reviewer, func(t view.Target) workflow.ShopID { return t.Key.Shop })

// decide makes a decision, or undoes one: it is kept first and acknowledged then, so that what a person saw accepted is
// on disk. A refusal changes nothing, and is told after the acknowledgement.
func (d *Desk) decide() onClick[view.Target] {
	return onClick[view.Target]{
		Parse: targetOf, Scope: cardScope,
		Do: func(ctx context.Context, c click, t view.Target, g handle.Grant) (handle.Answer, error) {
			_, err := d.engine.Apply(ctx, t.Key, d.event(c, t, g))
			return handle.Answer{}, err
		},
	}
}

// event reads a click into what happened.
func (d *Desk) event(c click, t view.Target, g handle.Grant) workflow.Event {
	now := time.Now()
	switch c.Action.ID {
	case view.ActionUndo:
		return workflow.Undone{Actor: g.Actor, At: now, Round: t.Round}
	case view.ActionReject:
		return workflow.Decided{Actor: g.Actor, At: now, Round: t.Round, Verdict: workflow.Reject, Reason: workflow.Reason(c.Action.Chosen()), Undo: d.undoOf(g.Shop)}
	default:
		return workflow.Decided{Actor: g.Actor, At: now, Round: t.Round, Verdict: workflow.Approve, Undo: d.undoOf(g.Shop)}
	}
}

// look puts a person's name on a card, so that others need not look too.
func (d *Desk) look() onClick[view.Target] {
	return onClick[view.Target]{
		Parse: targetOf, Scope: cardScope,
		Do: func(ctx context.Context, _ click, t view.Target, g handle.Grant) (handle.Answer, error) {
			_, err := d.engine.Apply(ctx, t.Key, workflow.OnItBegan{Actor: g.Actor, At: time.Now()})
			return handle.Answer{}, err
		},
	}
}

// more is the menu of what is rarely needed. Its links are opened by Slack, and only have to be acknowledged.
func (d *Desk) more(ctx context.Context, c click, ack socket.Ack) {
	if c.Action.Chosen() == view.MoreLookEnd {
		handle.Run(ctx, d.mux, c, d.endLook(), ack)
		return
	}
	ack(nil)
}

// endLook takes a person's name off a card: their own, or an admin anybody's.
func (d *Desk) endLook() onClick[view.Target] {
	return onClick[view.Target]{
		Parse: targetOf, Scope: cardScope,
		Do: func(ctx context.Context, c click, t view.Target, g handle.Grant) (handle.Answer, error) {
			app, err := d.application(ctx, t.Key)
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
