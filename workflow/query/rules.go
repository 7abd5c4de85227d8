package query

import (
	"context"
	"slices"
	"time"

	"sampledesk/workflow"
)

// RuleNames are what rules name by id, as people know it.
type RuleNames struct {
	Campaigns map[workflow.CampaignID]string
	Products  map[string]workflow.Product // by id, and variants by theirs (SKU)
	Currency  string
}

// RuleNamesOf reads them for some rules of a shop.
func RuleNamesOf(ctx context.Context, tx workflow.Tx, shop workflow.ShopID, all []workflow.ShopRule) (n RuleNames, err error) {
	n = RuleNames{Campaigns: map[workflow.CampaignID]string{}, Products: map[string]workflow.Product{}}
	wanted := map[string]bool{}
	for _, r := range all {
		campaigns := []workflow.CampaignID{r.Action.Campaign}
		for _, c := range r.Conditions {
			for _, text := range c.Text {
				switch c.Fact {
				case workflow.FactProduct, workflow.FactSKU:
					wanted[text] = true
				case workflow.FactCampaign:
					campaigns = append(campaigns, workflow.CampaignID(text))
				default: // the others name nothing by id
				}
			}
		}
		for _, id := range campaigns {
			if n.Campaigns[id], err = CampaignName(tx, id); err != nil {
				return n, err
			}
		}
	}
	if len(wanted) == 0 {
		return n, nil
	}
	return n, n.addProducts(ctx, tx, shop, wanted)
}

// addProducts walks a shop's products for those of some ids.
func (n RuleNames) addProducts(ctx context.Context, tx workflow.Tx, shop workflow.ShopID, wanted map[string]bool) error {
	for p, err := range workflow.WalkProducts(ctx, tx, shop) {
		if err != nil {
			return err
		}
		for _, id := range []string{string(p.ID), p.SKU} {
			if id != "" && wanted[id] {
				n.Products[id] = p
			}
		}
	}
	return nil
}

// ListNames are the lists of creators that a shop has: those that somebody is on, and those that its rules look at.
func ListNames(tx workflow.Tx, shop workflow.ShopID) (all []workflow.ListName, err error) {
	sizes, err := workflow.ListNames(tx, shop)
	if err != nil {
		return nil, err
	}
	for _, l := range sizes {
		if l.Count > 0 {
			all = append(all, l.List)
		}
	}
	rules, err := tx.Rules(shop)
	if err != nil {
		return nil, err
	}
	for _, r := range rules.All {
		for _, c := range r.Conditions {
			if c.Fact != workflow.FactList {
				continue
			}
			for _, name := range c.Text {
				all = append(all, workflow.ListName(name))
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// ListOf reads some creators of a list, and whether there are others. A shop that shares its lists has those of all that do.
func ListOf(tx workflow.Tx, shop workflow.ShopID, shares bool, l workflow.ListName, limit int) (all []workflow.Listed, more bool, err error) {
	shops := []workflow.ShopID{shop}
	if shares {
		shops = append(shops, workflow.SharedLists)
	}
	for _, s := range shops {
		page, next, err := tx.Listed(s, l, "", limit)
		if err != nil {
			return nil, false, err
		}
		all, more = append(all, page...), more || next != ""
	}
	return all[:min(limit, len(all))], more || len(all) > limit, nil
}

// OnLists are the lists of a shop, its own and those that it shares, that a creator is on.
func OnLists(tx workflow.Tx, shop workflow.ShopID, c workflow.CreatorKey) ([]workflow.ListName, error) {
	on, err := tx.ListsOf(shop, c)
	if err != nil {
		return nil, err
	}
	rules, err := tx.Rules(shop)
	if err != nil || !rules.ShareLists {
		return on, err
	}
	shared, err := tx.ListsOf(workflow.SharedLists, c)
	on = append(on, shared...)
	slices.Sort(on)
	return slices.Compact(on), err
}

// CostsOf reads some of what samples cost a shop, and whether there is more.
func CostsOf(ctx context.Context, tx workflow.Tx, shop workflow.ShopID, limit int) (all []workflow.Cost, names map[string]workflow.Product, more bool, err error) {
	all, next, err := tx.Costs(shop, "", limit)
	if err != nil || len(all) == 0 {
		return all, nil, false, err
	}
	n, wanted := RuleNames{Products: map[string]workflow.Product{}}, map[string]bool{}
	for _, c := range all {
		wanted[string(c.Product)], wanted[c.SKU] = true, true
	}
	return all, n.Products, next != "", n.addProducts(ctx, tx, shop, wanted)
}

// ShopCurrency is the currency in which TikTok tells of the creators who asked a shop last; empty: it did not.
func ShopCurrency(tx workflow.Tx, shop workflow.ShopID) (string, error) {
	latest, err := tx.Latest(workflow.SeenOf(shop), 20)
	for _, a := range latest {
		if c := a.Snapshot.Creator.GMV.Currency; c != "" {
			return c, err
		}
	}
	return "", err
}

// ScoredWeeks is over how many weeks it is told how far people agree with a rule.
const ScoredWeeks = 4

// RuleScore is what became of what a rule said in the last weeks, as far as it was decided.
type RuleScore struct {
	Weeks     int
	Agreed    int // people decided as it proposed, or would have
	Overruled int // they decided otherwise, or undid what it decided
	Decided   int // by itself, and nobody undid it
	Held      int // over a cap
}

// RuleScoreOf reads a rule's score. Its cost grows with the days.
func RuleScoreOf(tx workflow.Tx, shop workflow.Shop, rule workflow.RuleID, weeks int, now time.Time) (RuleScore, error) {
	local := now.In(shop.Settings.Location())
	n, err := workflow.CountsOfRule(tx, shop.ID, rule, workflow.DayOf(local, -7*weeks), workflow.DayOf(local, 0))
	return RuleScore{
		Weeks: weeks, Agreed: n[workflow.CountAgreed], Overruled: n[workflow.CountOverruled],
		Decided: n[workflow.CountApproved] + n[workflow.CountRejected], Held: n[workflow.CountHeld],
	}, err
}

// CapsLeftOf is what is left of the limits that the approval of an application would count for, where a rule suggests it and
// it is over none.
func CapsLeftOf(tx workflow.Tx, a workflow.Application, now time.Time) ([]workflow.CapLeft, error) {
	p := a.Proposal
	if p == nil || p.Over != nil || p.Action.Verdict() != workflow.Approve || !a.Decidable() {
		return nil, nil
	}
	rules, err := tx.Rules(a.Key.Shop)
	if err != nil {
		return nil, err
	}
	rule, _ := rules.Named(p.Rule)
	if len(rule.Caps)+len(rules.Caps) == 0 {
		return nil, nil
	}
	shop, err := Shop(tx, a.Key.Shop)
	if err != nil {
		return nil, err
	}
	return workflow.CapsLeft(tx, rules, rule, workflow.FactsOf(a, workflow.KeptFacts{}), now, shop.Settings.Location())
}

// RuleDay is what a rule decided by itself on a day, and nobody undid.
type RuleDay struct {
	workflow.AutomaticCount
	Name string // empty: it was deleted
}

// RuleDigest is what rules of a shop decided by themselves on a day.
type RuleDigest struct {
	Shop  string // named only where a channel serves several
	Day   string // "2026-11-30", in the shop's zone
	Rules []RuleDay
	Over  int // how many suggestions wait now, since they are over a limit
}

// RuleDigestOf reads it.
func RuleDigestOf(tx workflow.Tx, d Defaults, shop workflow.ShopID, day string) (g RuleDigest, err error) {
	g.Day = day
	if g.Shop, err = d.ShopNamed(tx, shop); err != nil {
		return g, err
	}
	rules, err := tx.Rules(shop)
	if err != nil {
		return g, err
	}
	counts, err := workflow.AutomaticOn(tx, shop, day)
	if err != nil {
		return g, err
	}
	for _, c := range counts {
		one, _ := rules.Named(c.Rule)
		g.Rules = append(g.Rules, RuleDay{AutomaticCount: c, Name: one.Name})
	}
	g.Over, err = tx.Count(workflow.OverCapOf(shop))
	return g, err
}

// PausedRules are the shops all of whose rules are paused.
func PausedRules(tx workflow.Tx, shops []workflow.Shop) (all []workflow.Rules, err error) {
	for _, s := range shops {
		r, err := tx.Rules(s.ID)
		if err != nil {
			return nil, err
		}
		if r.PausedAll {
			r.Shop = s.ID
			all = append(all, r)
		}
	}
	return all, nil
}
