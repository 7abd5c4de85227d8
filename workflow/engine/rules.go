package engine

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"sampledesk/workflow"
)

// PutRules changes a shop's rules. What waits is evaluated anew afterwards, batch by batch: proposals are another, and what
// rules have decided and would not decide any more is taken back. The error is a workflow.RuleProblem where something is
// wrong with them, or a Refusal where somebody changed them meanwhile.
func (e *Engine) PutRules(ctx context.Context, c workflow.RulesChange) (workflow.Rules, error) {
	return e.changeRules(ctx, "changing the rules", c.Rules.Shop, c.Actor, c.At, func(t *txn, was workflow.Rules) (workflow.Rules, workflow.Entry, error) {
		now, changed := changedRules(was, c)
		if len(changed) == 0 {
			return was, workflow.Entry{}, errUnchanged
		}
		if problems := now.Check(); len(problems) > 0 {
			return was, workflow.Entry{}, problems[0]
		}
		if was.Version != c.Seen {
			return was, workflow.Entry{}, workflow.Refusal{Rule: workflow.RuleSettingsChanged}
		}
		if err := t.checkCampaigns(was, now); err != nil {
			return was, workflow.Entry{}, err
		}
		return now, workflow.Entry{Event: workflow.OnRulesChanged, Text: strings.Join(changed, ", ")}, nil
	})
}

// PauseRules pauses a rule, or all, or lets them go on. What rules have decided and was not sent yet is taken back at once,
// or as soon as there is room; none of it is sent meanwhile.
func (e *Engine) PauseRules(ctx context.Context, p workflow.RulesPause) (workflow.Rules, error) {
	return e.changeRules(ctx, "pausing rules", p.Shop, p.Actor, p.At, func(_ *txn, was workflow.Rules) (workflow.Rules, workflow.Entry, error) {
		line := workflow.Entry{Event: workflow.OnRuleResumed}
		if p.Paused {
			line.Event = workflow.OnRulePaused
		}
		now := was
		if p.Rule == "" {
			if was.PausedAll == p.Paused {
				return was, line, errUnchanged
			}
			now.PausedAll, now.PausedBy, now.PausedAt = p.Paused, p.Person, p.At
			return now, line, nil
		}
		one, ok := was.Named(p.Rule)
		switch {
		case !ok:
			return was, line, workflow.Refusal{Rule: workflow.RuleNoRule}
		case one.Paused == p.Paused:
			return was, line, errUnchanged
		}
		one.Paused, line.Name, line.RuleName = p.Paused, one.Name, one.Name
		return was.With(one), line, nil
	})
}

func (e *Engine) changeRules(
	ctx context.Context, doing string, shop workflow.ShopID, by workflow.Actor, at time.Time,
	change func(*txn, workflow.Rules) (workflow.Rules, workflow.Entry, error),
) (rules workflow.Rules, err error) {
	err = e.update(ctx, func(t *txn) error {
		if _, err := t.tx.Shop(shop); err != nil {
			return err
		}
		if rules, err = t.tx.Rules(shop); err != nil {
			return err
		}
		if by.DedupKey != "" && slices.Contains(rules.DedupKeys, by.DedupKey) {
			return errUnchanged
		}
		now, line, err := change(t, rules)
		if err != nil {
			return err
		}
		now.DedupKeys = workflow.AddDedupKey(rules.DedupKeys, by.DedupKey)
		line.By, rules = by, now
		rules, err = t.putRules(rules, line, at)
		return err
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return workflow.Rules{}, fmt.Errorf("%s of shop %s: %w", doing, shop, err)
	}
	return rules, nil
}

// putRules keeps changed rules with the line of the shop's history, and has what waits evaluated anew.
func (t *txn) putRules(rules workflow.Rules, line workflow.Entry, at time.Time) (workflow.Rules, error) {
	rules.Version++
	line.At, line.Key = at, workflow.Key{Shop: rules.Shop}
	return rules, errors.Join(t.tx.PutRules(rules), t.tx.Append(line), t.askAllLater(rules.Shop, at))
}

// checkCampaigns refuses a rule, new or changed, that adds to another shop's campaign, as one that was copied may.
func (t *txn) checkCampaigns(was, now workflow.Rules) error {
	for i, one := range now.All {
		id := one.Action.Campaign
		before, _ := was.Named(one.ID)
		if one.Action.Kind != workflow.ActCampaign || before.Version == one.Version {
			continue
		}
		c, err := t.tx.Campaign(id)
		switch {
		case errors.Is(err, workflow.ErrNotFound):
		case err != nil:
			return err
		case c.Shop != now.Shop:
			return workflow.RuleProblem{Rule: i, Field: workflow.FieldCampaign, What: workflow.ProblemUnknown, Value: string(id)}
		}
	}
	return nil
}

// changedRules returns the rules as they are after a change, and the names of what is another.
func changedRules(was workflow.Rules, c workflow.RulesChange) (now workflow.Rules, changed []string) {
	now = was
	now.Caps, now.TwoAbove, now.Currency, now.ShareLists = c.Rules.Caps, c.Rules.TwoAbove, c.Rules.Currency, c.Rules.ShareLists
	now.All = nil
	if !reflect.DeepEqual(now.Caps, was.Caps) && len(now.Caps)+len(was.Caps) > 0 {
		changed = append(changed, "caps")
	}
	if now.TwoAbove != was.TwoAbove {
		changed = append(changed, "two above")
	}
	if now.Currency != was.Currency {
		changed = append(changed, "currency")
	}
	if now.ShareLists != was.ShareLists {
		changed = append(changed, "shared lists")
	}
	for _, one := range c.Rules.All {
		before, there := was.Named(one.ID)
		if !there || one.ID == "" {
			one.ID, one.CreatedAt, one.CreatedBy, before = workflow.RuleID(newEffectID()[:12]), c.At, c.Person, workflow.ShopRule{}
		}
		kept := one
		kept.Version, kept.CreatedAt, kept.CreatedBy = before.Version, before.CreatedAt, before.CreatedBy
		kept.ChangedAt, kept.ChangedBy, kept.Demoted = before.ChangedAt, before.ChangedBy, before.Demoted
		if there && sameRule(kept, before) {
			now.All = append(now.All, before)
			continue
		}
		if there {
			one.CreatedAt, one.CreatedBy = before.CreatedAt, before.CreatedBy
		}
		one.Version, one.ChangedAt, one.ChangedBy, one.Demoted = before.Version+1, c.At, c.Person, workflow.Demotion{}
		now.All, changed = append(now.All, one), append(changed, one.Name)
	}
	order := func(r workflow.Rules) (ids []workflow.RuleID) {
		for _, one := range r.All {
			ids = append(ids, one.ID)
		}
		return ids
	}
	for _, one := range was.All {
		if _, still := now.Named(one.ID); !still {
			changed = append(changed, one.Name)
		}
	}
	if len(changed) == 0 && !slices.Equal(order(was), order(now)) {
		changed = []string{"order"}
	}
	return now, changed
}

func sameRule(a, b workflow.ShopRule) bool {
	if len(a.Conditions)+len(b.Conditions) == 0 {
		a.Conditions, b.Conditions = nil, nil
	}
	if len(a.Caps)+len(b.Caps) == 0 {
		a.Caps, b.Caps = nil, nil
	}
	return reflect.DeepEqual(a, b)
}

// PutListed puts creators on lists of a shop, or takes them off, all in one transaction; MaxListChanges at the most. What
// waits of them is evaluated anew in the same transaction: what a rule has approved of somebody who is put on the block list
// is taken back before it is sent. It returns how many lists are others than before. The error is a Refusal where a list's
// name is none.
func (e *Engine) PutListed(ctx context.Context, all []workflow.ListChange) (changed int, err error) {
	if len(all) > workflow.MaxListChanges {
		return 0, workflow.Refusal{Rule: workflow.RuleTooMany}
	}
	err = e.update(ctx, func(t *txn) error {
		changed = 0
		for _, c := range all {
			did, err := putListed(t, c)
			if err != nil {
				return err
			}
			if did {
				changed++
			}
		}
		if changed == 0 {
			return errUnchanged
		}
		return nil
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return 0, fmt.Errorf("changing lists of creators: %w", err)
	}
	return changed, nil
}

func putListed(t *txn, c workflow.ListChange) (did bool, err error) {
	list := workflow.CleanListName(string(c.List))
	if list == "" {
		return false, workflow.Refusal{Rule: workflow.RuleNoList, Name: string(c.List)}
	}
	creator, err := lookUpCreator(t.tx, c.Shop, c.Creator)
	if err != nil {
		return false, err
	}
	if creator.Username == "" && creator.OpenID == "" {
		return false, workflow.Refusal{Rule: workflow.RuleNoCreator}
	}
	rules, err := t.tx.Rules(c.Shop)
	if err != nil {
		return false, err
	}
	key, places := creator.KeyOf(c.Shop), []workflow.ShopID{c.Shop}
	if rules.ShareLists {
		places = append(places, workflow.SharedLists)
	}
	if c.Remove {
		did, err = t.unlist(places, list, key)
	} else {
		did, err = t.list(places[len(places)-1], list, key, creator, c)
	}
	if err != nil || !did {
		return false, err
	}
	line := workflow.Entry{At: c.At, Key: workflow.Key{Shop: c.Shop}, Event: workflow.OnListed, By: c.Actor, Creator: key, Name: string(list), Text: workflow.CleanText(c.Note)}
	if c.Remove {
		line.Event = workflow.OnUnlisted
	}
	return true, errors.Join(t.tx.Append(line), t.askAbout(key, c.At))
}

// list puts a creator on a list, unless they are on it.
func (t *txn) list(s workflow.ShopID, list workflow.ListName, key workflow.CreatorKey, shown workflow.Creator, c workflow.ListChange) (bool, error) {
	on, err := t.tx.ListsOf(s, key)
	if err != nil || slices.Contains(on, list) {
		return false, err
	}
	return true, errors.Join(
		t.tx.PutListed(workflow.Listed{
			Shop: s, List: list, Creator: key, Shown: workflow.Creator{OpenID: shown.OpenID, App: shown.App, Username: shown.Username, Nickname: shown.Nickname},
			By: c.Person, At: c.At, Note: workflow.CleanText(c.Note),
		}),
		t.tx.AddTally(s, workflow.ListTally(list), 1))
}

// unlist takes a creator off a list, wherever it is kept.
func (t *txn) unlist(places []workflow.ShopID, list workflow.ListName, key workflow.CreatorKey) (did bool, err error) {
	for _, s := range places {
		err := t.tx.RemoveListed(s, list, key)
		if errors.Is(err, workflow.ErrNotFound) {
			continue
		}
		if err := errors.Join(err, t.tx.AddTally(s, workflow.ListTally(list), -1)); err != nil {
			return false, err
		}
		did = true
	}
	return did, nil
}

// mergeLists moves what lists have of a creator under their user name to the key that they are known by now: the shop's own,
// and those that it shares, which then reach the other shops.
func (t *txn) mergeLists(shop workflow.ShopID, was workflow.CreatorKey, creator workflow.Creator, at time.Time) error {
	for _, place := range []workflow.ShopID{shop, workflow.SharedLists} {
		names, err := t.tx.ListsOf(place, was)
		if err != nil {
			return err
		}
		for _, list := range names {
			if _, err := t.unlist([]workflow.ShopID{place}, list, was); err != nil {
				return err
			}
			if _, err := t.list(place, list, creator.KeyOf(shop), creator, workflow.ListChange{}); err != nil {
				return err
			}
		}
		if place == workflow.SharedLists && len(names) > 0 {
			return t.askAbout(creator.KeyOf(shop), at)
		}
	}
	return nil
}

// PutCosts sets what samples cost. What is proposed and waits is evaluated anew afterwards. The error is a
// workflow.RuleProblem whose Index is the place of the cost that is wrong.
func (e *Engine) PutCosts(ctx context.Context, c workflow.CostsChange) (changed int, err error) {
	if len(c.Costs) > workflow.MaxCosts {
		return 0, workflow.Refusal{Rule: workflow.RuleTooMany}
	}
	err = e.update(ctx, func(t *txn) (err error) {
		changed, err = putCosts(t, c)
		return err
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return 0, fmt.Errorf("setting the costs of shop %s: %w", c.Shop, err)
	}
	return changed, nil
}

func putCosts(t *txn, c workflow.CostsChange) (changed int, err error) {
	rules, err := t.tx.Rules(c.Shop)
	if err != nil {
		return 0, err
	}
	for i, cost := range c.Costs {
		cost.Shop, cost.By, cost.At = c.Shop, c.Person, c.At
		if what := cost.Check(rules.Currency); what != "" {
			return 0, workflow.RuleProblem{Rule: -1, Field: workflow.FieldCost, Index: i, What: what, Value: cost.Amount.Amount}
		}
		was, err := t.tx.Cost(c.Shop, cost.Product, cost.SKU)
		missing := errors.Is(err, workflow.ErrNotFound)
		switch {
		case err != nil && !missing:
			return 0, err
		case missing && cost.Amount.Amount == "", !missing && was.Amount == cost.Amount:
			continue
		case cost.Amount.Amount == "":
			err = t.tx.RemoveCost(c.Shop, cost.Product, cost.SKU)
		default:
			err = t.tx.PutCost(cost)
		}
		if err != nil {
			return 0, err
		}
		changed++
	}
	if changed == 0 {
		return 0, errUnchanged
	}
	line := workflow.Entry{At: c.At, Key: workflow.Key{Shop: c.Shop}, Event: workflow.OnCostsChanged, By: c.Actor, Text: fmt.Sprint(changed)}
	return changed, errors.Join(t.tx.Append(line), t.askAllLater(c.Shop, c.At))
}
