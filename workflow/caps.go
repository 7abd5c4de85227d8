package workflow

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// CapScope is what a cap counts apart.
type CapScope string

// The scopes of caps.
const (
	CapAll     CapScope = "all"
	CapProduct CapScope = "product" // each product for itself
	CapCreator CapScope = "creator" // each creator for themselves
)

// CapScopes are all of them.
var CapScopes = []CapScope{CapAll, CapProduct, CapCreator}

// CapPer is the time in which a cap counts. Days and weeks are the shop's; a week begins on Monday.
type CapPer string

// The times of caps.
const (
	CapDay   CapPer = "day"
	CapWeek  CapPer = "week"
	CapMonth CapPer = "month"
	CapEver  CapPer = "ever"
)

// CapPers are all of them.
var CapPers = []CapPer{CapDay, CapWeek, CapMonth, CapEver}

// Cap is how many samples may be approved by rules, or for how much. It holds in every mode: what would be over it waits
// for a person.
type Cap struct {
	Scope       CapScope `json:"scope"`
	Per         CapPer   `json:"per"`
	Samples     int      `json:"samples,omitempty"` // either so many,
	Budget      Money    `json:"budget,omitzero"`   // or samples of that cost, in the shop's currency
	CountPeople bool     `json:"people,omitempty"`  // what people decided by themselves counts too
}

// CapHit is the cap that something is over.
type CapHit struct {
	Cap    Cap       `json:"cap"`
	Shop   bool      `json:"shop,omitempty"`    // it is a cap of the shop, not of the rule
	Used   int64     `json:"used"`              // of Samples, or of Budget in hundredths
	NoCost bool      `json:"no_cost,omitempty"` // of a budget: nobody entered what the sample costs
	Until  time.Time `json:"until,omitzero"`    // when it begins anew; zero: never
	Day    string    `json:"day,omitempty"`     // since when it is over it, in the shop's zone
}

// same reports whether two are the same cap for the same reason, however much of it is used.
func (h *CapHit) same(other *CapHit) bool {
	if h == nil || other == nil {
		return h == other
	}
	return h.Cap == other.Cap && h.Shop == other.Shop && h.NoCost == other.NoCost && h.Until.Equal(other.Until)
}

// Since returns the hit with the day since when a proposal is over that cap.
func (h *CapHit) Since(before *Proposal) *CapHit {
	if before != nil && before.Over != nil && before.Over.Cap == h.Cap && before.Over.Shop == h.Shop {
		h.Day = before.Over.Day
	}
	return h
}

// CapLeft is how much is left of a cap.
type CapLeft struct {
	Cap  Cap
	Shop bool
	Used int64 // as CapHit has it
	Left int64 // likewise, and never below zero

	Until time.Time // when it begins anew; zero: never
}

// Most is what a cap allows, as CapHit counts it.
func (c Cap) Most() int64 {
	if c.Budget != (Money{}) {
		most, _ := c.Budget.Hundredths()
		return most
	}
	return int64(c.Samples)
}

// ByCost reports whether it is a budget.
func (c Cap) ByCost() bool { return c.Budget != (Money{}) }

func checkCaps(all []Cap, rule int) (problems []RuleProblem) {
	bad := func(i int, what Problem, value string) {
		problems = append(problems, RuleProblem{Rule: rule, Field: FieldCap, Index: i, What: what, Value: value})
	}
	if len(all) > MaxCaps {
		bad(MaxCaps, ProblemTooLong, "")
	}
	for i, c := range all {
		switch c.Scope {
		case CapAll, CapProduct, CapCreator:
		default:
			bad(i, ProblemUnknown, string(c.Scope))
		}
		switch c.Per {
		case CapDay, CapWeek, CapMonth, CapEver:
		default:
			bad(i, ProblemUnknown, string(c.Per))
		}
		switch {
		case c.ByCost() && c.Samples != 0, c.Samples < 0, c.Samples > 1e6:
			bad(i, ProblemNumber, strconv.Itoa(c.Samples))
		case c.ByCost():
			if p := checkMoney(c.Budget, c.Budget.Currency); p != "" {
				bad(i, p, c.Budget.Amount)
			}
		}
	}
	return problems
}

func checkMoney(m Money, currency string) Problem {
	n, ok := m.Hundredths()
	switch {
	case !ok || n < 0:
		return ProblemNumber
	case m.Currency != currency || !isCurrency(m.Currency):
		return ProblemCurrency
	}
	return ""
}

// Hundredths returns an amount as so many hundredths of its currency's unit, exactly; ok is false where it is no decimal
// number, has more than two decimals, or is beyond what can be counted.
func (m Money) Hundredths() (n int64, ok bool) {
	if !decimal.MatchString(m.Amount) {
		return 0, false
	}
	whole, part, _ := strings.Cut(m.Amount, ".")
	part = strings.TrimRight(part, "0")
	if len(part) > 2 || len(whole) > 13 {
		return 0, false
	}
	n, err := strconv.ParseInt(whole+(part + "00")[:2], 10, 64)
	return n, err == nil
}

// HundredthsOf is the amount of so many hundredths.
func HundredthsOf(n int64, currency string) Money {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	return Money{Amount: fmt.Sprintf("%s%d.%02d", sign, n/100, n%100), Currency: currency}
}

// Counted is what a decision that stands counts for against caps. It is kept with the decision, so that it is taken out
// again as it was put in.
type Counted struct {
	Day  string `json:"day,omitempty"`  // in the shop's zone, "2026-11-30"; empty: it counts for nothing
	Rule RuleID `json:"rule,omitempty"` // whose it is: the rule decided it, or a person as it proposed; empty: a person's own
	Cost int64  `json:"cost,omitempty"` // of the sample, in hundredths; 0 where nobody entered it
}
