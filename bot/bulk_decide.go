package bot

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"sampledesk/bot/access"
	"sampledesk/bot/handle"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// submitBulk leads from what was chosen to what will happen: nothing is decided yet.
func (d *bulkDesk) submitBulk() onSubmit[view.BulkMeta] {
	return onSubmit[view.BulkMeta]{
		Parse: func(s submit) (view.BulkMeta, error) { return view.ParseBulkMeta(s.View.Metadata) },
		Scope: handle.For(access.Reviewer, func(m view.BulkMeta) workflow.ShopID { return m.Shop }),
		Do: func(ctx context.Context, s submit, meta view.BulkMeta, g handle.Grant) (handle.Answer, error) {
			block := blockHolding(s, view.ActionBulkChosen)
			asked, wrong := askedOf(s, meta.Shop, block)
			if wrong != nil {
				return *wrong, nil
			}
			return d.confirmBulk(ctx, s, g, asked, block), nil
		},
		Fail: endSubmit[view.BulkMeta](d.access),
	}
}

// endSubmit is the Fail of a dialog in whose place the reason stands.
func endSubmit[T any](who *access.Access) func(context.Context, submit, T, handle.Grant, error) handle.Answer {
	return func(ctx context.Context, _ submit, _ T, _ handle.Grant, err error) handle.Answer {
		return handle.End(who.Explain(ctx, err))
	}
}

// confirmBulk shows what will happen above what was chosen.
func (d *bulkDesk) confirmBulk(ctx context.Context, s submit, g handle.Grant, asked view.BulkDeed, block string) handle.Answer {
	facts, err := d.bulkConfirm(ctx, g.Shop, asked)
	if err != nil {
		d.access.Log(ctx, s.User.ID, err)
		return handle.At(block, d.access.Explain(ctx, err))
	}
	if len(facts.Applications) == 0 {
		return handle.At(block, view.ErrorNoneLeft)
	}
	page, ok := view.BulkConfirm(facts)
	if !ok {
		return handle.At(block, view.ErrorTooManyChosen)
	}
	return handle.Answer{View: &page, Push: true}
}

// blockHolding returns the block in which a control of the view stands. Block ids may change, action ids do not.
func blockHolding(s submit, action string) string {
	for id, block := range s.View.State.Values {
		if _, ok := block[action]; ok {
			return id
		}
	}
	return view.BlockBulkVerdict
}

// askedOf reads what was chosen, and what is to be done with it. The second result is what is wrong with that.
func askedOf(s submit, shop workflow.ShopID, block string) (view.BulkDeed, *handle.Answer) {
	wrong := func(block, sentence string) *handle.Answer {
		a := handle.At(block, sentence)
		return &a
	}
	asked := view.BulkDeed{Shop: shop}
	for _, o := range s.Field(view.ActionBulkChosen).Checked {
		if t, err := view.ParseBulkChoice(shop, o.Value); err == nil {
			asked.Targets = append(asked.Targets, t)
		}
	}
	if len(asked.Targets) == 0 {
		return asked, wrong(block, view.ErrorNoneChosen)
	}
	if len(asked.Targets) > workflow.MaxRun {
		return asked, wrong(block, view.ErrorTooManyChosen)
	}
	var ok bool
	if asked.Verdict, asked.Reason, ok = view.ParseBulkVerdict(s.Field(view.ActionBulkVerdict).Chosen()); !ok {
		return asked, wrong(view.BlockBulkVerdict, view.ErrorNoVerdict)
	}
	return asked, nil
}

// submitBulkConfirm decides. The run is on disk before the dialog closes, and a second delivery finds it there.
func (d *bulkDesk) submitBulkConfirm() onSubmit[view.BulkDeed] {
	return onSubmit[view.BulkDeed]{
		Parse: func(s submit) (view.BulkDeed, error) { return view.ParseBulkDeed(s.View.Metadata) },
		Scope: handle.For(access.Reviewer, func(b view.BulkDeed) workflow.ShopID { return b.Shop }),
		Do: func(ctx context.Context, _ submit, b view.BulkDeed, g handle.Grant) (handle.Answer, error) {
			g.Actor.Surface = workflow.FromBulk
			_, err := d.engine.Decide(ctx, workflow.Bulk{
				Actor: g.Actor, At: time.Now(), Shop: b.Shop, Verdict: b.Verdict, Reason: b.Reason, Targets: b.Targets, Undo: d.defaults.UndoOf(g.Shop),
			})
			return handle.Answer{Clear: true}, err
		},
		Fail: endSubmit[view.BulkDeed](d.access),
	}
}

// undoRun takes back what of a run was not sent.
func (d *bulkDesk) undoRun() onClick[workflow.RunID] {
	return onClick[workflow.RunID]{
		Parse: func(c click) (workflow.RunID, error) { return workflow.RunID(c.Action.Text), nil },
		Scope: func(ctx context.Context, id *workflow.RunID) (handle.Scope, error) {
			run, err := d.run(ctx, *id)
			if errors.Is(err, workflow.ErrNotFound) {
				err = workflow.Refusal{Rule: workflow.RuleNoRun}
			}
			return handle.Scope{Shop: run.Shop, Role: access.Reviewer}, err
		},
		Do: func(ctx context.Context, _ click, id workflow.RunID, g handle.Grant) (handle.Answer, error) {
			_, err := d.engine.UndoRun(ctx, id, g.Actor, time.Now())
			return handle.Answer{}, err
		},
	}
}

// run returns a run.
func (d *bulkDesk) run(ctx context.Context, id workflow.RunID) (r workflow.Run, err error) {
	if strings.TrimSpace(string(id)) == "" {
		return r, workflow.ErrNotFound
	}
	err = d.store.View(ctx, func(tx workflow.Tx) error {
		r, err = tx.Run(id)
		return err
	})
	return r, err
}

// bulkConfirm gathers what a person is about to decide: of what they chose that which can be decided now as they were
// shown it. Asked is all of it.
func (d *bulkDesk) bulkConfirm(ctx context.Context, s workflow.Shop, asked view.BulkDeed) (view.BulkConfirmFacts, error) {
	facts := view.BulkConfirmFacts{Deed: asked, Channel: d.defaults.ChannelOf(s), Undo: d.defaults.UndoOf(s)}
	err := d.store.View(ctx, func(tx workflow.Tx) error {
		c, err := query.CheckBulk(tx, asked.Targets, asked.Verdict, asked.Reason, time.Now())
		if err != nil {
			return err
		}
		facts.Deed.Targets, facts.Applications, facts.Moved, facts.Unapprovable = c.Targets, c.Applications, c.Moved, c.Unapprovable
		facts.Shop, err = d.defaults.ShopNamed(tx, s.ID)
		return err
	})
	if err != nil {
		return facts, fmt.Errorf("%w what was chosen: %w", access.ErrRead, err)
	}
	return facts, nil
}
