package bot

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
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
func (d *bulkDesk) confirmBulk(ctx context.Context, s submit, g handle.Grant, meta view.BulkMeta, asked view.BulkDecision, block string) handle.Answer {
	facts, err := d.bulkConfirm(ctx, g.Shop, meta, asked)
	if err == nil {
		err = d.plan(ctx, g, &facts)
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

// openSuggested opens, for all that rules of a shop suggest to approve, the page that says what will happen: nothing is
// decided yet.
func (d *bulkDesk) openSuggested() onClick[workflow.ShopID] {
	return onClick[workflow.ShopID]{
		Order: handle.AckFirst, Parse: shopNamed,
		Scope: handle.For(access.Reviewer, func(id workflow.ShopID) workflow.ShopID { return id }),
		Do: func(ctx context.Context, c click, id workflow.ShopID, g handle.Grant) (handle.Answer, error) {
			ctx, cancel := context.WithTimeout(ctx, handle.CommitBy)
			defer cancel()
			asked := view.BulkDecision{Shop: id, Suggested: true, BulkAction: query.BulkAction{Verdict: workflow.Approve}}
			facts, err := d.confirmFacts(ctx, g.Shop, asked, func(tx workflow.Tx, now time.Time) (query.BulkCheck, error) {
				return query.CheckSuggested(ctx, tx, id, now)
			})
			if err == nil {
				err = d.plan(ctx, g, &facts)
			}
			if err != nil {
				return handle.Answer{}, err
			}
			if len(facts.Applications) == 0 {
				return handle.Tell(view.NothingSuggested), nil
			}
			page, ok := view.BulkConfirm(facts)
			if !ok {
				return handle.Tell(view.ErrorTooManyChosen), nil
			}
			return handle.Open(page), nil
		},
	}
}

// openRejections opens, for what rules of a shop suggest to reject, the page that says of each request who asks, why it is
// suggested and which reason TikTok gets: nothing is decided yet.
func (d *bulkDesk) openRejections() onClick[workflow.ShopID] {
	return onClick[workflow.ShopID]{
		Order: handle.AckFirst, Parse: shopNamed,
		Scope: handle.For(access.Reviewer, func(id workflow.ShopID) workflow.ShopID { return id }),
		Do: func(ctx context.Context, _ click, id workflow.ShopID, g handle.Grant) (handle.Answer, error) {
			ctx, cancel := context.WithTimeout(ctx, handle.CommitBy)
			defer cancel()
			facts := view.RejectSuggestedFacts{ID: id, Channel: d.defaults.ChannelOf(g.Shop), Undo: d.defaults.UndoOf(g.Shop)}
			err := d.reads.View(ctx, func(tx workflow.Tx) (err error) {
				if facts.Rejections, err = query.SuggestedRejections(ctx, tx, id, time.Now(), workflow.MaxRun, view.Rejectable); err != nil {
					return err
				}
				facts.Shop, err = d.defaults.ShopNamed(tx, id)
				return err
			})
			if err != nil {
				return handle.Answer{}, fmt.Errorf("%w what rules suggest: %w", access.ErrRead, err)
			}
			if len(facts.Applications) == 0 {
				return handle.Tell(view.NoRejectionSuggested), nil
			}
			return handle.Open(view.RejectSuggested(facts)), nil
		},
	}
}

// submitRejections rejects what is still ticked, in one run. Each is rejected only if a rule still suggests it for the
// reason that stood on the page.
func (d *bulkDesk) submitRejections() onSubmit[workflow.ShopID] {
	return onSubmit[workflow.ShopID]{
		Parse: func(s submit) (workflow.ShopID, error) { return workflow.ShopID(s.View.Metadata), nil },
		Scope: handle.For(access.Reviewer, func(id workflow.ShopID) workflow.ShopID { return id }),
		Do: func(ctx context.Context, s submit, id workflow.ShopID, g handle.Grant) (handle.Answer, error) {
			targets, err := stillTicked(s, id)
			if err != nil {
				return handle.Answer{}, err
			}
			if len(targets) == 0 {
				return handle.At(view.ActionRejectPick+"0", view.ErrorNoneTicked), nil
			}
			g.Actor.Surface = workflow.FromBulk
			_, err = d.engine.Decide(ctx, workflow.Bulk{
				Actor: g.Actor, At: time.Now(), Shop: id, Verdict: workflow.Reject, Targets: targets, Undo: d.defaults.UndoOf(g.Shop), Suggested: true,
			})
			return handle.Answer{Clear: true}, err
		},
		Fail: endSubmit[workflow.ShopID](d.access),
	}
}

// stillTicked reads which requests are still ticked, group by group as they stand on the page.
func stillTicked(s submit, shop workflow.ShopID) (all []workflow.Target, err error) {
	for n := range workflow.MaxRun {
		for _, o := range s.Field(view.ActionRejectPick + strconv.Itoa(n)).Checked {
			t, err := view.ParseRejectChoice(shop, o.Value)
			if err != nil {
				return nil, err
			}
			all = append(all, t)
		}
	}
	return all, nil
}

// plan keeps as a plan what is more than the page carries.
func (d *bulkDesk) plan(ctx context.Context, g handle.Grant, facts *view.BulkConfirmFacts) error {
	if len(facts.Decision.Targets) <= workflow.MaxRun {
		return nil
	}
	facts.Decision.Plan = rand.Text()
	return d.engine.Plan(ctx, workflow.Plan{Person: g.Actor.Person, Shop: g.Shop.ID, At: time.Now(), Token: facts.Decision.Plan, Targets: facts.Decision.Targets})
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
func askedOf(s submit, shop workflow.ShopID, block string) (view.BulkDecision, *handle.Answer) {
	wrong := func(block, sentence string) *handle.Answer {
		a := handle.At(block, sentence)
		return &a
	}
	asked := view.BulkDecision{Shop: shop}
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
	if asked.BulkAction, ok = view.ParseBulkVerdict(s.Field(view.ActionBulkVerdict).Chosen()); !ok {
		return asked, wrong(view.BlockBulkVerdict, view.ErrorNoVerdict)
	}
	return asked, nil
}

// submitBulkConfirm decides. The run is on disk before the dialog closes, and a second delivery finds it there.
func (d *bulkDesk) submitBulkConfirm() onSubmit[view.BulkDecision] {
	return onSubmit[view.BulkDecision]{
		Parse: func(s submit) (view.BulkDecision, error) { return view.ParseBulkDecision(s.View.Metadata) },
		Scope: handle.For(access.Reviewer, func(b view.BulkDecision) workflow.ShopID { return b.Shop }),
		Do: func(ctx context.Context, s submit, b view.BulkDecision, g handle.Grant) (handle.Answer, error) {
			g.Actor.Surface = workflow.FromBulk
			bulk := workflow.Bulk{
				Actor: g.Actor, At: time.Now(), Shop: b.Shop, Verdict: b.Verdict, Reason: b.Reason, Targets: b.Targets, Plan: b.Plan,
				Undo: d.defaults.UndoOf(g.Shop), Suggested: b.Suggested,
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
func (d *bulkDesk) notBegun(ctx context.Context, s submit, b view.BulkDecision, g handle.Grant, err error) handle.Answer {
	if refused, ok := errors.AsType[workflow.Refusal](err); ok && b.Joins {
		campaign, _ := campaignIn(s)
		if block, sentence, ok := view.JoinError(refused, campaign != ""); ok {
			return handle.At(block, sentence)
		}
	}
	return endSubmit[view.BulkDecision](d.access)(ctx, s, b, g, err)
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
func (d *bulkDesk) bulkConfirm(ctx context.Context, s workflow.Shop, meta view.BulkMeta, asked view.BulkDecision) (view.BulkConfirmFacts, error) {
	return d.confirmFacts(ctx, s, asked, func(tx workflow.Tx, now time.Time) (query.BulkCheck, error) {
		if len(asked.Targets) == 0 {
			return query.CheckAll(ctx, tx, asking(s.ID, meta, now), meta.Omitted(), asked.BulkAction)
		}
		return query.CheckBulk(tx, asked.Targets, asked.BulkAction, now)
	})
}

// confirmFacts gathers what the page says that comes before a run, of what check finds can be done now.
func (d *bulkDesk) confirmFacts(
	ctx context.Context, s workflow.Shop, asked view.BulkDecision, check func(workflow.Tx, time.Time) (query.BulkCheck, error),
) (view.BulkConfirmFacts, error) {
	facts := view.BulkConfirmFacts{Decision: asked, Channel: d.defaults.ChannelOf(s), Undo: d.defaults.UndoOf(s)}
	err := d.store.View(ctx, func(tx workflow.Tx) error {
		c, err := check(tx, time.Now())
		if err != nil {
			return err
		}
		facts.Decision.Targets, facts.Applications, facts.Moved, facts.Unapprovable, facts.Taken = c.Targets, c.Applications, c.Moved, c.Unapprovable, c.Taken
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
