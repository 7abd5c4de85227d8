package rules

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"sampledesk/bot/access"
	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// attempts is how often a change is made anew where somebody else changed other rules of the shop in between.
const attempts = 4

// change changes a shop's rules as they are now. What a person was shown of what they change is for change to compare.
func (d *Desk) change(ctx context.Context, by workflow.Actor, shop workflow.ShopID, change func(workflow.Rules) (workflow.Rules, error)) error {
	for attempt := 1; ; attempt++ {
		rules, err := d.rules(ctx, shop)
		if err != nil {
			return err
		}
		seen := rules.Version
		rules.Shop = shop
		if rules, err = change(rules); err != nil {
			return err
		}
		_, err = d.Engine.PutRules(ctx, workflow.RulesChange{Actor: by, At: time.Now(), Seen: seen, Rules: rules})
		if r, ok := errors.AsType[workflow.Refusal](err); !ok || r.Rule != workflow.RuleSettingsChanged || attempt == attempts {
			return err
		}
	}
}

// put keeps a rule that a person made, or changed as they were shown it.
func (d *Desk) put(ctx context.Context, by workflow.Actor, meta view.RuleMeta, rule workflow.ShopRule) error {
	return d.change(ctx, by, meta.Shop, func(r workflow.Rules) (workflow.Rules, error) {
		if err := unmoved(r, meta); err != nil {
			return r, err
		}
		after := r.With(rule)
		return after, firstOf(after, rule.Name)
	})
}

// unmoved reports, as an error, that a rule is not as a person was shown it.
func unmoved(r workflow.Rules, meta view.RuleMeta) error {
	if meta.ID == "" {
		return nil
	}
	was, ok := r.Named(meta.ID)
	switch {
	case !ok:
		return workflow.Refusal{Rule: workflow.RuleNoRule}
	case was.Version != meta.Seen:
		return workflow.Refusal{Rule: workflow.RuleSettingsChanged, Name: was.Name}
	default:
		return nil
	}
}

// firstOf is what is wrong with the rules, as far as it lies with the one of that name.
func firstOf(r workflow.Rules, name string) error {
	for _, p := range r.Check() {
		if p.Rule < 0 || p.Rule < len(r.All) && r.All[p.Rule].Name == name {
			return p
		}
	}
	return nil
}

// setMode sets how far a rule is trusted, and in automatic mode how long its decisions can be undone.
func (d *Desk) setMode(ctx context.Context, by workflow.Actor, meta view.RuleMeta, mode workflow.RuleMode, undo time.Duration) (rule workflow.ShopRule, err error) {
	err = d.change(ctx, by, meta.Shop, func(r workflow.Rules) (workflow.Rules, error) {
		if err := unmoved(r, meta); err != nil {
			return r, err
		}
		rule, _ = r.Named(meta.ID)
		if rule.Mode = mode; mode == workflow.ModeAutomatic {
			rule.Undo = undo
		}
		after := r.With(rule)
		return after, firstOf(after, rule.Name)
	})
	return rule, err
}

// move moves a rule up or down.
func (d *Desk) move(ctx context.Context, by workflow.Actor, shop workflow.ShopID, id workflow.RuleID, step int) error {
	return d.change(ctx, by, shop, func(r workflow.Rules) (workflow.Rules, error) {
		at := slices.IndexFunc(r.All, func(one workflow.ShopRule) bool { return one.ID == id })
		if at < 0 {
			return r, workflow.Refusal{Rule: workflow.RuleNoRule}
		}
		return r.Moved(id, at+step), nil
	})
}

// remove deletes a rule; one that is gone already is no error.
func (d *Desk) remove(ctx context.Context, by workflow.Actor, shop workflow.ShopID, id workflow.RuleID) error {
	return d.change(ctx, by, shop, func(r workflow.Rules) (workflow.Rules, error) { return r.Without(id), nil })
}

// copyTo puts a copy of a rule at the end of another shop's, where it only suggests. What is only the first shop's, a
// campaign or a product, it names all the same: whoever copies it is shown the rule there.
func (d *Desk) copyTo(ctx context.Context, by workflow.Actor, shop workflow.ShopID, rule workflow.ShopRule) error {
	rule.ID, rule.Paused, rule.Demoted = "", false, workflow.Demotion{}
	if rule.Mode == workflow.ModeAutomatic {
		rule.Mode = workflow.ModeProposing
	}
	return d.change(ctx, by, shop, func(r workflow.Rules) (workflow.Rules, error) {
		after := r.With(rule)
		return after, firstOf(after, rule.Name)
	})
}

// pause pauses a rule or lets it go on; without an id all.
func (d *Desk) pause(ctx context.Context, by workflow.Actor, shop workflow.ShopID, id workflow.RuleID, paused bool) error {
	_, err := d.Engine.PauseRules(ctx, workflow.RulesPause{Actor: by, At: time.Now(), Shop: shop, Rule: id, Paused: paused})
	return err
}

// keepLists does what somebody wants of a list, and returns how many creators came and went.
func (d *Desk) keepLists(ctx context.Context, by workflow.Actor, c listChange) (added, removed int, err error) {
	if c.share != nil {
		var now workflow.Rules
		if now, err = d.rules(ctx, c.shop); err == nil && now.ShareLists != *c.share {
			err = d.change(ctx, workflow.Actor{Person: by.Person, Admin: by.Admin, Surface: by.Surface}, c.shop, func(r workflow.Rules) (workflow.Rules, error) {
				r.ShareLists = *c.share
				return r, nil
			})
		}
		if err != nil {
			return 0, 0, err
		}
	}
	changes := func(handles []string, remove bool) (all []workflow.ListChange) {
		for _, handle := range handles {
			all = append(all, workflow.ListChange{Actor: by, At: time.Now(), Shop: c.shop, List: c.list, Remove: remove, Creator: workflow.Creator{Username: handle}})
		}
		return all
	}
	if added, err = d.Engine.PutListed(ctx, changes(c.add, false)); err != nil {
		return 0, 0, err
	}
	removed, err = d.Engine.PutListed(ctx, changes(c.remove, true))
	return added, removed, err
}

func (d *Desk) rules(ctx context.Context, shop workflow.ShopID) (r workflow.Rules, err error) {
	err = d.Store.View(ctx, func(tx workflow.Tx) (err error) {
		r, err = tx.Rules(shop)
		return err
	})
	if err != nil {
		return r, fmt.Errorf("%w the rules of a shop: %w", access.ErrRead, err)
	}
	return r, nil
}

// seenLimits tells a shop's currency and limits from others, so that a change of them since a dialog opened is noticed,
// and one of a rule does not matter.
func seenLimits(r workflow.Rules) int {
	wire, err := json.Marshal(workflow.Rules{Caps: r.Caps, TwoAbove: r.TwoAbove, Currency: r.Currency})
	if err != nil { // strings and numbers always can be written
		return 0
	}
	sum := fnv.New32a()
	_, _ = sum.Write(wire) // a hash never fails to write
	return int(sum.Sum32())
}

// keepCosts keeps what samples cost, the shop's limits, and when two people have to agree.
func (d *Desk) keepCosts(ctx context.Context, by workflow.Actor, meta view.RuleMeta, given view.CostsGiven) error {
	err := d.change(ctx, by, meta.Shop, func(r workflow.Rules) (workflow.Rules, error) {
		now := seenLimits(r)
		r.Currency, r.Caps, r.TwoAbove = given.Currency, given.Caps, given.TwoAbove
		if now != meta.Seen && now != seenLimits(r) {
			return r, workflow.Refusal{Rule: workflow.RuleSettingsChanged}
		}
		return r, firstOf(r, "")
	})
	if err != nil || len(given.Costs) == 0 {
		return err
	}
	_, err = d.Engine.PutCosts(ctx, workflow.CostsChange{Actor: by, At: time.Now(), Shop: meta.Shop, Costs: given.Costs})
	return err
}
