package bot

import (
	"context"
	"time"

	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// click handles a control: of a card, or of an answer.
func (d *Desk) click(ctx context.Context, i interaction, a action, ack ackFunc) {
	switch a.ID {
	case view.ActionApprove, view.ActionReject, view.ActionUndo:
		d.decide(ctx, i, a, ack)
	case view.ActionCampaign:
		d.openCampaign(ctx, i, a, ack)
	case view.ActionQueuePage, view.ActionQueueBack:
		ack(nil)
		d.turnPage(ctx, i, a)
	default:
		d.log.WarnContext(ctx, "a control that the desk does not know", "action", a.ID)
	}
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
	if ok, denial := d.people.mayDecide(ctx, i.User.ID, d.config.Channel); !ok {
		ack(nil)
		d.deny(ctx, i, denial)
		return
	}
	if _, err := d.engine.Apply(ctx, target.Key, d.event(i, a, target)); err != nil {
		ack(nil)
		d.note(ctx, i.User.ID, err)
		d.tell(ctx, i, d.sentence(ctx, err))
		return
	}
	ack(nil)
}

// event reads a click into what happened.
func (d *Desk) event(i interaction, a action, t view.Target) workflow.Event {
	who := workflow.Actor{Person: i.User.ID, Admin: d.admin(i.User.ID), Surface: workflow.FromCard}
	now := time.Now()
	switch a.ID {
	case view.ActionUndo:
		return workflow.Undone{Actor: who, At: now, Round: t.Round}
	case view.ActionReject:
		return workflow.Decided{Actor: who, At: now, Round: t.Round, Verdict: workflow.Reject, Reason: workflow.Reason(a.chosen()), Undo: d.config.Undo}
	default:
		return workflow.Decided{Actor: who, At: now, Round: t.Round, Verdict: workflow.Approve, Undo: d.config.Undo}
	}
}

func (d *Desk) deny(ctx context.Context, i interaction, denial view.Denial) {
	d.log.InfoContext(ctx, "refused", "person", i.User.ID, "rule", denial, "channel", i.channel())
	d.tell(ctx, i, view.Denied(denial))
}

// openCampaign opens the modal that adds the creator to a campaign. The trigger lives three seconds, so nothing slow
// comes before it; what the modal shows is read from the store.
func (d *Desk) openCampaign(ctx context.Context, i interaction, a action, ack ackFunc) {
	ack(nil)
	target, err := view.ParseTarget(a.Block)
	if err != nil {
		d.log.WarnContext(ctx, "a control of a card does not say what it is about", "error", err)
		return
	}
	if ok, denial := d.people.mayDecide(ctx, i.User.ID, d.config.Channel); !ok {
		d.deny(ctx, i, denial)
		return
	}
	facts, err := d.modalFacts(ctx, target)
	if err != nil {
		d.note(ctx, i.User.ID, err)
		d.tell(ctx, i, d.sentence(ctx, err))
		return
	}
	if _, err := d.api.OpenViewContext(ctx, i.TriggerID, view.CampaignModal(facts)); err != nil {
		d.log.WarnContext(ctx, "could not open a modal", "person", i.User.ID, "error", err)
		d.tell(ctx, i, view.Denied(view.DeniedLate))
	}
}

// turnPage shows another page of the queue in place of the one that was clicked.
func (d *Desk) turnPage(ctx context.Context, i interaction, a action) {
	page, err := view.ParseQueuePage(a.Text)
	if err != nil {
		d.log.WarnContext(ctx, "a control of the queue does not name a page", "error", err)
		return
	}
	if ok, denial := d.people.maySee(ctx, i.User.ID, d.config.Channel); !ok {
		d.deny(ctx, i, denial)
		return
	}
	m, err := d.queue(ctx, page)
	if err != nil {
		d.log.ErrorContext(ctx, "could not read the queue", "error", err)
		m = view.Aside(view.Denied(view.DeniedUnread))
	}
	if err := d.respond(ctx, i.ResponseURL, m, true); err != nil {
		d.log.WarnContext(ctx, "could not turn a page", "person", i.User.ID, "error", err)
	}
}
