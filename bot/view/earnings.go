package view

import (
	"fmt"
	"strings"

	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// maxEarnings is how many rules and people are told of.
const maxEarnings = 6

// earningLines tell what rules and people earned; empty where the shop has no rules, or nothing was decided.
func earningLines(title string, e *query.Earnings) []string {
	if e == nil || len(e.All) == 0 && e.Held == 0 {
		return nil
	}
	lines := []string{"*" + title + "*"}
	for i, one := range e.All {
		if i == maxEarnings {
			lines = append(lines, fmt.Sprintf("and %d others", len(e.All)-i))
			break
		}
		lines = append(lines, earningLine(one, e.Currency))
	}
	if e.Held > 0 {
		lines = append(lines, "Limits held back "+many(e.Held, "suggestion")+".")
	}
	return lines
}

// earningLine is one rule or person: "Proven creators: 38 approved, 2 rejected, 29 posted, 61 paid orders; $17.67 a post
// (median $12.50), $8.40 an order (median $4.20)".
func earningLine(e query.Earning, currency string) string {
	who := "The rule *" + first(data(e.Name, workflow.MaxRuleName), "(deleted)") + "*"
	if e.Person != "" {
		who = person(e.Person)
	}
	line := fmt.Sprintf("%s: %s approved, %s rejected", who, grouped(float64(e.Approved)), grouped(float64(e.Rejected)))
	if e.Posted > 0 {
		line += fmt.Sprintf(", %s posted", grouped(float64(e.Posted)))
		if e.Untold < e.Posted {
			line += ", " + many(e.Orders, "paid order")
		}
	}
	return join("; ", line, costs(e.Earned, currency))
}

// costs is what a post and an order cost, as far as every sample has a cost.
func costs(e workflow.Earned, currency string) string {
	money := func(n int64) string { return exactMoney(workflow.HundredthsOf(n, currency)) }
	var said []string
	for _, each := range []struct {
		of      func() (int64, bool)
		amounts workflow.Amounts
		what    string
	}{{e.PerPost, e.PostCosts, " a post"}, {e.PerOrder, e.OrderCosts, " an order"}} {
		n, ok := each.of()
		if !ok {
			continue
		}
		one := money(n) + each.what
		if median, ok := each.amounts.Median(); ok {
			one += " (median " + money(median) + ")"
		}
		said = append(said, one)
	}
	return strings.Join(said, ", ")
}

// howEarned says what the lines about rules and people are.
const howEarned = "Rules and people: what came so far of what was decided in this time. What a person decided as a rule suggested counts for both. A post costs what all approved samples cost, divided by the posts."
