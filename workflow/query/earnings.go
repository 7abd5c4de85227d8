package query

import (
	"cmp"
	"slices"
	"time"

	"sampledesk/workflow"
)

// Earnings are what rules and people decided in some days, and what came of it so far.
type Earnings struct {
	Currency string
	All      []Earning // rules first, then people; of each kind those first that decided most
	Held     int       // suggestions that caps held back: over one, they waited or wait for a person
}

// Earning is what a rule or a person earned.
type Earning struct {
	workflow.Earned
	Name string // of the rule; empty: it was deleted, or it is a person
}

// EarningsOf reads what a shop's rules and people earned with what they decided from a time on and before another, in whole
// days of the shop. Nil where the shop has no rules. Its cost grows with the days.
func EarningsOf(tx workflow.Tx, s workflow.Shop, from, to time.Time) (*Earnings, error) {
	rules, err := tx.Rules(s.ID)
	if err != nil || len(rules.All) == 0 {
		return nil, err
	}
	first, last := dayIn(s, from), dayIn(s, to.Add(-1))
	found, err := workflow.EarnedIn(tx, s.ID, first, last)
	if err != nil {
		return nil, err
	}
	e := &Earnings{Currency: rules.Currency}
	for _, one := range found {
		if one.Decided() == 0 {
			continue
		}
		rule, _ := rules.Named(one.Rule)
		e.All = append(e.All, Earning{Earned: one, Name: rule.Name})
	}
	slices.SortStableFunc(e.All, func(a, b Earning) int {
		if (a.Person == "") != (b.Person == "") {
			return cmp.Compare(min(1, len(a.Person)), min(1, len(b.Person)))
		}
		return cmp.Compare(b.Decided(), a.Decided())
	})
	for _, one := range rules.All {
		counts, err := workflow.CountsOfRule(tx, s.ID, one.ID, first, last)
		if err != nil {
			return nil, err
		}
		e.Held += counts[workflow.CountHeld]
	}
	return e, nil
}

func dayIn(s workflow.Shop, at time.Time) string {
	return at.In(s.Settings.Location()).Format(time.DateOnly)
}
