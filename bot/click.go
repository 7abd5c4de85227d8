package bot

import (
	"context"
	"time"

	"sampledesk/bot/socket"
	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// cardRoutes are the controls of a card.
func (d *Desk) cardRoutes(r *routes) {
	r.clicks[view.ActionApprove] = d.decide
	r.clicks[view.ActionReject] = d.reject
	r.clicks[view.ActionUndo] = d.decide
	r.clicks[view.ActionLook] = d.look
	r.clicks[view.ActionLookEnd] = d.endLook
	r.clicks[view.ActionMore] = d.more
	d.rejectRoutes(r)
	d.pickRoutes(r)
	d.noteRoutes(r)
	d.mentionRoutes(r)
}

// decide makes a decision, or undoes one: it is kept first and acknowledged then, so that what a person saw accepted is
// on disk. A refusal changes nothing, and is told after the acknowledgement.
func (d *Desk) decide(ctx context.Context, i interaction, a action, ack socket.Ack) {
	d.click(ctx, i, a, ack, func(_ context.Context, t view.Target, s workflow.Shop) (workflow.Event, string) {
		return d.event(i, a, t, s), ""
	})
}

// click applies what a reviewer did with a control of a card. The event is made once it is clear that she may; in its
// place a sentence may say why there is none.
func (d *Desk) click(
	ctx context.Context, i interaction, a action, ack socket.Ack, read func(context.Context, view.Target, workflow.Shop) (workflow.Event, string),
) {
	ctx, cancel := context.WithTimeout(ctx, commitBy)
	defer cancel()
	target, err := view.ParseTarget(a.Block)
	if err != nil {
		d.log.WarnContext(ctx, "a control of a card does not say what it is about", "error", err)
		return
	}
	shop, no := d.guard(ctx, i.User.ID, target.Key.Shop, reviewer)
	var event workflow.Event
	if no == "" {
		event, no = read(ctx, target, shop)
	}
	if no != "" {
		ack(nil)
		d.tell(ctx, i, no)
		return
	}
	if _, err := d.engine.Apply(ctx, target.Key, event); err != nil {
		ack(nil)
		d.note(ctx, i.User.ID, err)
		d.tell(ctx, i, d.sentence(ctx, err))
		return
	}
	ack(nil)
}

// event reads a click into what happened.
func (d *Desk) event(i interaction, a action, t view.Target, s workflow.Shop) workflow.Event {
	who, now := d.actor(i.User.ID, s, i.surface(), i.TriggerID), time.Now()
	switch a.ID {
	case view.ActionUndo:
		return workflow.Undone{Actor: who, At: now, Round: t.Round}
	case view.ActionReject:
		return workflow.Decided{Actor: who, At: now, Round: t.Round, Verdict: workflow.Reject, Reason: workflow.Reason(a.chosen()), Undo: d.undoOf(s)}
	default:
		return workflow.Decided{Actor: who, At: now, Round: t.Round, Verdict: workflow.Approve, Undo: d.undoOf(s)}
	}
}

// surface tells where an interaction took place.
func (i interaction) surface() workflow.Surface {
	switch i.View.Type {
	case "home":
		return workflow.FromHome
	case "modal":
		return workflow.FromModal
	default:
		return workflow.FromCard
	}
}

// look puts a person's name on a card, so that others need not look too.
func (d *Desk) look(ctx context.Context, i interaction, a action, ack socket.Ack) {
	d.click(ctx, i, a, ack, func(_ context.Context, _ view.Target, s workflow.Shop) (workflow.Event, string) {
		return workflow.OnItBegan{Actor: d.actor(i.User.ID, s, i.surface(), i.TriggerID), At: time.Now()}, ""
	})
}

// more is the menu of what is rarely needed. Its links are opened by Slack, and only have to be acknowledged.
func (d *Desk) more(ctx context.Context, i interaction, a action, ack socket.Ack) {
	if a.chosen() == view.MoreLookEnd {
		d.endLook(ctx, i, a, ack)
		return
	}
	ack(nil)
}

// endLook takes a person's name off a card: her own, or an admin anybody's.
func (d *Desk) endLook(ctx context.Context, i interaction, a action, ack socket.Ack) {
	d.click(ctx, i, a, ack, func(ctx context.Context, t view.Target, s workflow.Shop) (workflow.Event, string) {
		who := d.actor(i.User.ID, s, i.surface(), i.TriggerID)
		app, err := d.application(ctx, t.Key)
		if err != nil {
			d.note(ctx, i.User.ID, err)
			return nil, view.Denied(view.DeniedUnread)
		}
		if by := app.OnIt.By; by != "" && by != i.User.ID && !who.Admin {
			return nil, view.OthersLook(app.OnIt)
		}
		return workflow.OnItEnded{Actor: who, At: time.Now()}, ""
	})
}
