package rules

import (
	"context"
	"errors"

	"sampledesk/bot/access"
	"sampledesk/bot/handle"
	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// edit opens the dialog of a new rule above the list.
func (d *Desk) edit() onClick[view.RulesMeta] {
	return onClick[view.RulesMeta]{
		Order: handle.AckFirst, Parse: listMeta, Scope: rulesScope,
		Do: func(ctx context.Context, c handle.Click, meta view.RulesMeta, _ handle.Grant) (handle.Answer, error) {
			return d.openEdit(ctx, view.RuleMeta{Shop: meta.Shop, List: c.View.ID}, view.Starters[0].Key)
		},
	}
}

// start opens the dialog of a new rule that begins as a starter, above the list or from the answer to a command.
func (d *Desk) start() onClick[view.StarterChoice] {
	return onClick[view.StarterChoice]{
		Order: handle.AckFirst,
		Parse: func(c handle.Click) (view.StarterChoice, error) { return view.ParseStarterChoice(c.Action.Text) },
		Scope: handle.For(access.Admin, func(s view.StarterChoice) workflow.ShopID { return s.Shop }),
		Do: func(ctx context.Context, c handle.Click, s view.StarterChoice, _ handle.Grant) (handle.Answer, error) {
			return d.openEdit(ctx, view.RuleMeta{Shop: s.Shop, List: c.View.ID}, s.Key)
		},
	}
}

// openEdit opens the dialog of a rule, or of a new one, which begins as a starter.
func (d *Desk) openEdit(ctx context.Context, meta view.RuleMeta, starter string) (handle.Answer, error) {
	r, err := d.read(ctx, meta.Shop)
	if err != nil {
		return handle.Answer{}, err
	}
	draft, automatic := view.Started(starter), false
	if meta.ID != "" {
		rule, ok := r.rules.Named(meta.ID)
		if !ok {
			return handle.Open(view.RuleGone()), nil
		}
		draft, automatic = view.DraftOf(rule), rule.Mode == workflow.ModeAutomatic
		meta.Seen = rule.Version
	}
	return handle.Open(view.RuleModal(r.facts(meta, draft, automatic))), nil
}

func (r read) facts(meta view.RuleMeta, draft view.RuleDraft, automatic bool) view.RuleFacts {
	return view.RuleFacts{
		Meta: meta, Draft: draft, Shop: r.shop, Currency: r.rules.Currency, Campaigns: r.taken, Lists: r.lists, Products: r.names.Products, Automatic: automatic,
	}
}

// looked is a change of what the dialog holds.
type looked struct {
	view.RuleMeta
	draft  view.RuleDraft
	costs  bool // it is the dialog of costs, which has limits too
	latest func() bool
}

// look shows the dialog again after a control was used that changes what it holds.
func (d *Desk) look() onClick[looked] {
	return onClick[looked]{
		Order: handle.AckFirst,
		Parse: func(c handle.Click) (looked, error) {
			latest := d.Latest(c.View.ID)
			meta, err := view.ParseRuleMeta(c.View.Metadata)
			draft := view.ReadRuleDraft(meta, c.Field).Change(c.Action.ID, c.Action.Chosen())
			meta.Look++
			return looked{meta, draft, c.View.Callback == view.CallbackCosts, latest}, err
		},
		Scope: handle.For(access.Admin, func(l looked) workflow.ShopID { return l.Shop }),
		Do: func(ctx context.Context, c handle.Click, l looked, _ handle.Grant) (handle.Answer, error) {
			if l.costs {
				return d.lookCosts(ctx, c, l)
			}
			drafted, _, _ := l.draft.Rule(workflow.ShopRule{}, l.RuleMeta, "")
			r, err := d.read(ctx, l.Shop, drafted)
			if err != nil {
				return handle.Answer{}, err
			}
			was, _ := r.rules.Named(l.ID)
			d.show(ctx, c.Interaction, view.RuleModal(r.facts(l.RuleMeta, l.draft, was.Mode == workflow.ModeAutomatic)), l.latest)
			return handle.Answer{}, nil
		},
	}
}

// submit keeps a rule. The dialog closes then, and the list below it shows what there is now.
func (d *Desk) submit() onSubmit[view.RuleMeta] {
	return onSubmit[view.RuleMeta]{
		Parse: func(s handle.Submit) (view.RuleMeta, error) { return view.ParseRuleMeta(s.View.Metadata) },
		Scope: ruleScope,
		Do: func(ctx context.Context, s handle.Submit, meta view.RuleMeta, g handle.Grant) (handle.Answer, error) {
			r, err := d.read(ctx, meta.Shop)
			if err != nil {
				return handle.Answer{}, err
			}
			was, _ := r.rules.Named(meta.ID)
			rule, typo, ok := view.ReadRuleDraft(meta, s.Field).Rule(was, meta, r.rules.Currency)
			if !ok {
				return handle.At(typo.Block, typo.Sentence), nil
			}
			rule.ID = meta.ID
			if problems := rule.Check(); len(problems) > 0 {
				return handle.Answer{Errors: view.RuleErrors(meta, problems)}, nil
			}
			if err := d.put(ctx, g.Actor, meta, rule); err != nil {
				return handle.Answer{}, err
			}
			return handle.Answer{Then: func(ctx context.Context) { d.showList(ctx, meta.Shop, meta.List, view.RuleSaved(rule, meta.ID == "")) }}, nil
		},
		Fail: func(ctx context.Context, _ handle.Submit, meta view.RuleMeta, _ handle.Grant, err error) handle.Answer {
			if problem, ok := errors.AsType[workflow.RuleProblem](err); ok {
				return handle.Answer{Errors: view.RuleErrors(meta, []workflow.RuleProblem{problem})}
			}
			return handle.At(meta.RuleBlock(view.ActionRuleName), view.Plain(d.words(ctx, err)))
		},
	}
}

// words puts an error about rules into words.
func (d *Desk) words(ctx context.Context, err error) string {
	if r, ok := errors.AsType[workflow.Refusal](err); ok && r.Rule == workflow.RuleSettingsChanged {
		return view.RulesMoved
	}
	if p, ok := errors.AsType[workflow.RuleProblem](err); ok {
		return view.Problem(p)
	}
	return d.Access.Explain(ctx, err)
}
