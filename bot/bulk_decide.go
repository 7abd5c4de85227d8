package bot

import (
	"context"
	"crypto/rand"
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
			meta.LeaveOut(s.Field(view.ActionBulkLeftOut).Checked)
			return d.confirmBulk(ctx, s, g, meta, asked, block), nil
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

// confirmBulk shows what will happen above what was chosen. What is more than the page carries is kept as a plan.
func (d *bulkDesk) confirmBulk(ctx context.Context, s submit, g handle.Grant, meta view.BulkMeta, asked view.BulkDeed, block string) handle.Answer {
	facts, err := d.bulkConfirm(ctx, g.Shop, meta, asked)
	if err == nil && len(facts.Deed.Targets) > workflow.MaxRun {
		facts.Deed.Plan = rand.Text()
		err = d.engine.Plan(ctx, workflow.Plan{Person: g.Actor.Person, Shop: g.Shop.ID, At: time.Now(), Token: facts.Deed.Plan, Targets: facts.Deed.Targets})
	}
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

// holds reports whether a control stands in the view.
func holds(s submit, action string) bool {
	for _, block := range s.View.State.Values {
		if _, ok := block[action]; ok {
			return true
		}
	}
	return false
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

// askedOf reads what was chosen, and what is to be done with it; no targets are all that match. The second result is what
// is wrong with that.
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
	switch {
	case len(asked.Targets) == 0 && !holds(s, view.ActionBulkLeftOut):
		return asked, wrong(block, view.ErrorNoneChosen)
	case len(asked.Targets) > workflow.MaxRun:
		return asked, wrong(block, view.ErrorTooManyChosen)
	case len(asked.Targets) > 0 && len(s.Field(view.ActionBulkLeftOut).Checked) > 0:
		return asked, wrong(block, view.ErrorBothChosen)
	}
	var ok bool
	if asked.Deed, ok = view.ParseBulkVerdict(s.Field(view.ActionBulkVerdict).Chosen()); !ok {
		return asked, wrong(view.BlockBulkVerdict, view.ErrorNoVerdict)
	}
	return asked, nil
}

// submitBulkConfirm decides. The run is on disk before the dialog closes, and a second delivery finds it there.
func (d *bulkDesk) submitBulkConfirm() onSubmit[view.BulkDeed] {
	return onSubmit[view.BulkDeed]{
		Parse: func(s submit) (view.BulkDeed, error) { return view.ParseBulkDeed(s.View.Metadata) },
		Scope: handle.For(access.Reviewer, func(b view.BulkDeed) workflow.ShopID { return b.Shop }),
		Do: func(ctx context.Context, s submit, b view.BulkDeed, g handle.Grant) (handle.Answer, error) {
			g.Actor.Surface = workflow.FromBulk
			bulk := workflow.Bulk{
				Actor: g.Actor, At: time.Now(), Shop: b.Shop, Verdict: b.Verdict, Reason: b.Reason, Targets: b.Targets, Plan: b.Plan,
				Undo: d.defaults.UndoOf(g.Shop),
			}
			if b.Joins {
				bulk.Campaign, bulk.NewName = campaignIn(s)
				if sentence := view.ChoiceError(bulk.Campaign != "", bulk.NewName != ""); sentence != "" {
					return handle.At(view.BlockName, sentence), nil
				}
			}
			_, err := d.engine.Decide(ctx, bulk)
			return handle.Answer{Clear: true}, err
		},
		Fail: d.notBegun,
	}
}

// notBegun says why nothing was begun: at the input that can be mended, or else in the dialog's place.
func (d *bulkDesk) notBegun(ctx context.Context, s submit, b view.BulkDeed, g handle.Grant, err error) handle.Answer {
	if refused, ok := errors.AsType[workflow.Refusal](err); ok && b.Joins {
		campaign, _ := campaignIn(s)
		if block, sentence, ok := view.JoinError(refused, campaign != ""); ok {
			return handle.At(block, sentence)
		}
	}
	return endSubmit[view.BulkDeed](d.access)(ctx, s, b, g, err)
}

// campaignIn reads the campaign that was chosen, or how a new one is to be called.
func campaignIn(s submit) (workflow.CampaignID, string) {
	return workflow.CampaignID(s.Field(view.ActionChoice).Chosen()), s.Field(view.ActionName).Text
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

// bulkConfirm gathers what a person is about to do: with those that they chose, or all that match but what they left out,
// as far as it can be done now as they were shown it.
func (d *bulkDesk) bulkConfirm(ctx context.Context, s workflow.Shop, meta view.BulkMeta, asked view.BulkDeed) (view.BulkConfirmFacts, error) {
	facts := view.BulkConfirmFacts{Deed: asked, Channel: d.defaults.ChannelOf(s), Undo: d.defaults.UndoOf(s)}
	err := d.store.View(ctx, func(tx workflow.Tx) error {
		now := time.Now()
		c, err := query.CheckBulk(tx, asked.Targets, asked.Deed, now)
		if len(asked.Targets) == 0 {
			c, err = query.CheckAll(ctx, tx, asking(s.ID, meta, now), meta.Omitted(), asked.Deed)
		}
		if err != nil {
			return err
		}
		facts.Deed.Targets, facts.Applications, facts.Moved, facts.Unapprovable, facts.Taken = c.Targets, c.Applications, c.Moved, c.Unapprovable, c.Taken
		if asked.Joins {
			if facts.Campaigns, err = query.CampaignsTaking(ctx, tx, s.ID, "", view.MaxChoices+1); err != nil {
				return err
			}
		}
		facts.Shop, err = d.defaults.ShopNamed(tx, s.ID)
		return err
	})
	if err != nil {
		return facts, fmt.Errorf("%w what was chosen: %w", access.ErrRead, err)
	}
	return facts, nil
}
