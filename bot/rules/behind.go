package rules

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"sampledesk/bot/access"
	"sampledesk/bot/handle"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// openBehind opens what is behind a rule of the list.
func (d *Desk) openBehind(ctx context.Context, who workflow.PersonID, meta view.RuleMeta) (handle.Answer, error) {
	f, ok, err := d.behind(ctx, who, meta)
	if err != nil {
		return handle.Answer{}, err
	}
	if !ok {
		return handle.Open(view.RuleGone()), nil
	}
	return handle.Open(view.RuleMoreModal(f)), nil
}

// behind gathers what is behind a rule; false where it is not there any more. Who is offered the shops that they may copy
// it to; empty: nobody.
func (d *Desk) behind(ctx context.Context, who workflow.PersonID, meta view.RuleMeta) (f view.RuleBehind, ok bool, err error) {
	r, err := d.read(ctx, meta.Shop)
	if err != nil {
		return f, false, err
	}
	f.Rule, ok = r.rules.Named(meta.ID)
	meta.Seen = f.Rule.Version
	f.Meta, f.Names, f.Shop, f.Paused = meta, r.names, r.shop, r.rules.PausedAll
	err = d.Store.View(ctx, func(tx workflow.Tx) (err error) {
		f.Score, err = d.score(tx, meta.Shop, meta.ID)
		return err
	})
	if who != "" {
		f.Shops = slices.DeleteFunc(d.Access.Administered(ctx, who), func(s workflow.Shop) bool { return s.ID == meta.Shop })
	}
	return f, ok, err
}

// score tells what became of what a rule said in the last weeks.
func (d *Desk) score(tx workflow.Tx, shop workflow.ShopID, rule workflow.RuleID) (query.RuleScore, error) {
	s, err := query.Shop(tx, shop)
	if err != nil {
		return query.RuleScore{}, err
	}
	return query.RuleScoreOf(tx, s, rule, query.ScoredWeeks, time.Now())
}

func behindMeta(c handle.Click) (view.RuleMeta, error) { return view.ParseRuleMeta(c.View.Metadata) }

// onRule handles a button of what is behind a rule.
func onRule(do func(context.Context, handle.Click, view.RuleMeta, handle.Grant) (handle.Answer, error)) onClick[view.RuleMeta] {
	return onClick[view.RuleMeta]{Order: handle.AckFirst, Parse: behindMeta, Scope: ruleScope, Do: do}
}

// showTest shows what a rule would have done.
func (d *Desk) showTest() onClick[view.RuleMeta] {
	return onRule(func(ctx context.Context, c handle.Click, meta view.RuleMeta, _ handle.Grant) (handle.Answer, error) {
		days, err := strconv.Atoi(c.Action.Text)
		if err != nil {
			days = testedDays
		}
		var then func(context.Context)
		answer, err := d.behindAgain(ctx, c, meta, func(ctx context.Context, f *view.RuleBehind) (err error) {
			f.Test, then, err = d.tested(ctx, testing{who: c.User.ID, key: c.TriggerID, shop: meta.Shop, rule: f.Rule, days: days, file: true})
			return err
		})
		answer.Then = then
		return answer, err
	})
}

// behindAgain shows what is behind a rule in its place, with what is to be told.
func (d *Desk) behindAgain(
	ctx context.Context, c handle.Click, meta view.RuleMeta, tell func(context.Context, *view.RuleBehind) error,
) (handle.Answer, error) {
	latest := d.Latest(c.View.ID)
	f, ok, err := d.behind(ctx, c.User.ID, meta)
	if err != nil {
		return handle.Answer{}, err
	}
	if !ok {
		d.show(ctx, c.Interaction, view.RuleGone(), latest)
		return handle.Answer{}, nil
	}
	if err := tell(ctx, &f); err != nil {
		return handle.Answer{}, err
	}
	d.show(ctx, c.Interaction, view.RuleMoreModal(f), latest)
	return handle.Answer{}, nil
}

// automatic shows, in place of what is behind a rule, the dialog that makes it automatic. It shows what the test found as
// soon as that is there.
func (d *Desk) automatic() onClick[view.RuleMeta] {
	return onRule(func(ctx context.Context, c handle.Click, meta view.RuleMeta, _ handle.Grant) (handle.Answer, error) {
		latest := d.Latest(c.View.ID)
		f, ok, err := d.behind(ctx, "", meta)
		if err != nil {
			return handle.Answer{}, err
		}
		if !ok {
			d.show(ctx, c.Interaction, view.RuleGone(), latest)
			return handle.Answer{}, nil
		}
		shown, err := d.API.UpdateViewContext(ctx, view.RuleAutomaticModal(view.RuleAutomatic{RuleBehind: f, Loading: true}), "", c.View.Hash, c.View.ID)
		if err != nil {
			return handle.Answer{}, err
		}
		return handle.Answer{Then: func(ctx context.Context) {
			ctx, cancel := d.detached(ctx)
			defer cancel()
			test, then, err := d.tested(ctx, testing{who: c.User.ID, key: c.TriggerID, shop: meta.Shop, rule: f.Rule, days: testedDays, file: true})
			if f.Test = test; err != nil {
				f.Test = d.words(ctx, err)
			}
			if _, err := d.API.UpdateViewContext(ctx, view.RuleAutomaticModal(view.RuleAutomatic{RuleBehind: f}), "", shown.Hash, shown.ID); err != nil {
				d.Log.InfoContext(ctx, "could not show what the test of a rule found", "person", c.User.ID, "error", err)
			}
			if then != nil {
				then(ctx)
			}
		}}, nil
	})
}

// submitAutomatic makes a rule automatic, as the person was shown it.
func (d *Desk) submitAutomatic() onSubmit[view.RuleMeta] {
	return onSubmit[view.RuleMeta]{
		Parse: func(s handle.Submit) (view.RuleMeta, error) { return view.ParseRuleMeta(s.View.Metadata) },
		Scope: ruleScope,
		Do: func(ctx context.Context, s handle.Submit, meta view.RuleMeta, g handle.Grant) (handle.Answer, error) {
			minutes, err := strconv.Atoi(s.Field(view.ActionRuleUndo).Chosen())
			if err != nil {
				return handle.At(view.ActionRuleUndo, view.Problem(workflow.RuleProblem{Field: workflow.FieldRuleUndo})), nil //nolint:nilerr // it is said at the field
			}
			rule, err := d.setMode(ctx, g.Actor, meta, workflow.ModeAutomatic, time.Duration(minutes)*time.Minute)
			if err != nil {
				return handle.Answer{}, err
			}
			return handle.Answer{Then: func(ctx context.Context) { d.showList(ctx, meta.Shop, meta.List, view.RuleIsAutomatic(rule)) }}, nil
		},
		Fail: func(ctx context.Context, _ handle.Submit, _ view.RuleMeta, _ handle.Grant, err error) handle.Answer {
			return handle.At(view.ActionRuleUndo, view.Plain(d.words(ctx, err)))
		},
	}
}

// demote lets an automatic rule only suggest again.
func (d *Desk) demote() onClick[view.RuleMeta] {
	return onRule(func(ctx context.Context, c handle.Click, meta view.RuleMeta, g handle.Grant) (handle.Answer, error) {
		rule, err := d.setMode(ctx, g.Actor, meta, workflow.ModeProposing, 0)
		if err != nil {
			return handle.Answer{}, err
		}
		d.showList(ctx, meta.Shop, meta.List, "")
		return d.behindAgain(ctx, c, meta, func(_ context.Context, f *view.RuleBehind) error {
			f.Told = view.RuleSaved(rule, false)
			return nil
		})
	})
}

// delete removes a rule.
func (d *Desk) delete() onClick[view.RuleMeta] {
	return onRule(func(ctx context.Context, c handle.Click, meta view.RuleMeta, g handle.Grant) (handle.Answer, error) {
		latest := d.Latest(c.View.ID)
		if err := d.remove(ctx, g.Actor, meta.Shop, meta.ID); err != nil {
			return handle.Answer{}, err
		}
		d.show(ctx, c.Interaction, view.RuleGone(), latest)
		d.showList(ctx, meta.Shop, meta.List, "")
		return handle.Answer{}, nil
	})
}

// copy copies a rule to the shops that were chosen, as far as the person is an admin of them. There it only suggests.
func (d *Desk) copy() onClick[view.RuleMeta] {
	return onRule(func(ctx context.Context, c handle.Click, meta view.RuleMeta, g handle.Grant) (handle.Answer, error) {
		return d.behindAgain(ctx, c, meta, func(ctx context.Context, f *view.RuleBehind) error {
			var done []workflow.Shop
			var failed error
			for _, id := range c.Field(view.ActionRuleCopies).Values() {
				shop, err := d.Access.Guard(ctx, c.User.ID, workflow.ShopID(id), access.Admin)
				if err == nil {
					err = d.copyTo(ctx, g.Actor, shop.ID, f.Rule)
				}
				if err != nil {
					failed = err
					continue
				}
				done = append(done, shop)
			}
			if failed == nil || len(done) > 0 {
				f.Told = view.RuleCopied(f.Rule, done)
			}
			if failed != nil {
				f.Told = strings.TrimSpace(f.Told + "\n" + d.words(ctx, failed))
			}
			return nil
		})
	})
}
