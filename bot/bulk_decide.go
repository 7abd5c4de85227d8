package bot

import (
	"context"
	"errors"
	"strings"
	"time"

	"sampledesk/bot/socket"
	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// submitBulk leads from what was chosen to what will happen: nothing is decided yet.
func (d *Desk) submitBulk(ctx context.Context, i interaction, ack socket.Ack) {
	ctx, cancel := context.WithTimeout(ctx, commitBy)
	defer cancel()
	meta, err := view.ParseBulkMeta(i.View.Metadata)
	if err != nil {
		d.log.WarnContext(ctx, "a dialog does not say which requests it offers", "error", err)
		return
	}
	block := blockHolding(i, view.ActionBulkChosen)
	shop, no := d.guard(ctx, i.User.ID, meta.Shop, reviewer)
	if no != "" {
		ack(endWith(no))
		return
	}
	asked, complaint := askedOf(i, meta.Shop, block)
	if complaint != nil {
		ack(complaint)
		return
	}
	facts, err := d.bulkConfirm(ctx, shop, asked)
	if err != nil {
		d.note(ctx, i.User.ID, err)
		ack(errorAt(block, view.Denied(view.DeniedUnread)))
		return
	}
	if len(facts.Applications) == 0 {
		ack(errorAt(block, view.ErrorNoneLeft))
		return
	}
	page, ok := view.BulkConfirm(facts)
	if !ok {
		ack(errorAt(block, view.ErrorTooManyChosen))
		return
	}
	ack(pushOn(page))
}

// blockHolding returns the block in which a control of the view stands. Block ids may change, action ids do not.
func blockHolding(i interaction, action string) string {
	for id, block := range i.View.State.Values {
		if _, ok := block[action]; ok {
			return id
		}
	}
	return view.BlockBulkVerdict
}

// askedOf reads what was chosen, and what is to be done with it. The second result is what is wrong with that.
func askedOf(i interaction, shop workflow.ShopID, block string) (view.BulkDeed, any) {
	asked := view.BulkDeed{Shop: shop}
	for _, o := range i.field(view.ActionBulkChosen).Checked {
		if t, err := view.ParseBulkChoice(shop, o.Value); err == nil {
			asked.Targets = append(asked.Targets, t)
		}
	}
	if len(asked.Targets) == 0 {
		return asked, errorAt(block, view.ErrorNoneChosen)
	}
	if len(asked.Targets) > workflow.MaxRun {
		return asked, errorAt(block, view.ErrorTooManyChosen)
	}
	var ok bool
	if asked.Verdict, asked.Reason, ok = view.ParseBulkVerdict(i.field(view.ActionBulkVerdict).chosen()); !ok {
		return asked, errorAt(view.BlockBulkVerdict, view.ErrorNoVerdict)
	}
	return asked, nil
}

// submitBulkConfirm decides. The run is on disk before the dialog closes, and a second delivery finds it there.
func (d *Desk) submitBulkConfirm(ctx context.Context, i interaction, ack socket.Ack) {
	ctx, cancel := context.WithTimeout(ctx, commitBy)
	defer cancel()
	deed, err := view.ParseBulkDeed(i.View.Metadata)
	if err != nil {
		d.log.WarnContext(ctx, "a dialog does not say what is to be decided", "error", err)
		return
	}
	shop, no := d.guard(ctx, i.User.ID, deed.Shop, reviewer)
	if no == "" {
		_, err = d.engine.Decide(ctx, workflow.Bulk{
			Actor: d.actor(i.User.ID, shop, workflow.FromBulk, i.View.ID), At: time.Now(), Shop: deed.Shop,
			Verdict: deed.Verdict, Reason: deed.Reason, Targets: deed.Targets, Undo: d.undoOf(shop),
		})
		if err != nil {
			d.note(ctx, i.User.ID, err)
			no = d.sentence(ctx, err)
		}
	}
	if no != "" {
		ack(endWith(no))
		return
	}
	ack(closeAll())
}

// undoRun takes back what of a run was not sent.
func (d *Desk) undoRun(ctx context.Context, i interaction, a action, ack socket.Ack) {
	ctx, cancel := context.WithTimeout(ctx, commitBy)
	defer cancel()
	id := workflow.RunID(a.Text)
	run, err := d.run(ctx, id)
	if errors.Is(err, workflow.ErrNotFound) {
		err = workflow.Refusal{Rule: workflow.RuleNoRun}
	}
	if err != nil {
		ack(nil)
		d.note(ctx, i.User.ID, err)
		d.tell(ctx, i, d.sentence(ctx, err))
		return
	}
	shop, no := d.guard(ctx, i.User.ID, run.Shop, reviewer)
	if no == "" {
		_, err = d.engine.UndoRun(ctx, id, d.actor(i.User.ID, shop, i.surface(), i.TriggerID), time.Now())
		if err != nil {
			d.note(ctx, i.User.ID, err)
			no = d.sentence(ctx, err)
		}
	}
	ack(nil)
	if no != "" {
		d.tell(ctx, i, no)
	}
}

// run returns a run.
func (d *Desk) run(ctx context.Context, id workflow.RunID) (r workflow.Run, err error) {
	if strings.TrimSpace(string(id)) == "" {
		return r, workflow.ErrNotFound
	}
	err = d.store.View(ctx, func(tx workflow.Tx) error {
		r, err = tx.Run(id)
		return err
	})
	return r, err
}
