package bot

import (
	"context"
	"time"

	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// cardRoutes are the controls of a card.
func (d *Desk) cardRoutes(r *routes) {
	r.clicks[view.ActionApprove] = d.decide
	r.clicks[view.ActionReject] = d.decide
	r.clicks[view.ActionUndo] = d.decide
}

// decide makes a decision, or undoes one: it is kept first and acknowledged then, so that what a person saw accepted is
// on disk. A refusal changes nothing, and is told after the acknowledgement.
func (d *Desk) decide(ctx context.Context, i interaction, a action, ack ackFunc) {
	ctx, cancel := context.WithTimeout(ctx, commitBy)
	defer cancel()
	target, err := view.ParseTarget(a.Block)
	if err != nil {
		d.log.WarnContext(ctx, "a control of a card does not say what it is about", "error", err)
		return
	}
	shop, no := d.guard(ctx, i.User.ID, target.Key.Shop, reviewer)
	if no != "" {
		ack(nil)
		d.tell(ctx, i, no)
		return
	}
	if _, err := d.engine.Apply(ctx, target.Key, d.event(i, a, target, shop)); err != nil {
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
