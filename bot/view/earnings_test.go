package view

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

func TestWhatRulesAndPeopleEarnedIsToldInALineEach(t *testing.T) {
	earned := &query.Earnings{Currency: "USD", Held: 4, All: []query.Earning{
		{Name: "Proven creators", Earned: workflow.Earned{
			Rule: "r1", Approved: 41, Rejected: 2, Posted: 29, Orders: 61, Cost: 51250, Costed: 41,
			PostCosts: workflow.Amounts{1250: 29}, OrderCosts: workflow.Amounts{417: 1, 1250: 1},
		}},
		{Earned: workflow.Earned{Rule: "r2", Rejected: 3}},
		{Earned: workflow.Earned{Person: "U1", Approved: 3, Posted: 1, Untold: 1, Cost: 100, Costed: 1}},
	}}
	require.Equal(t, []string{
		"*Rules and people*",
		"The rule *Proven creators*: 41 approved, 2 rejected, 29 posted, 61 paid orders; $17.67 a post (median $12.50), $8.40 an order (median $8.33)",
		"The rule *(deleted)*: 0 approved, 3 rejected",
		"<@U1>: 3 approved, 0 rejected, 1 posted",
		"Limits held back 4 suggestions.",
	}, earningLines("Rules and people", earned))
	require.Empty(t, earningLines("Rules and people", nil))
	require.Empty(t, earningLines("Rules and people", &query.Earnings{}))

	hostile := &query.Earnings{Currency: "USD"}
	for range 100 {
		one := earned.All[0]
		one.Name = strings.Repeat("<&*", 20)
		hostile.All = append(hostile.All, one)
	}
	m := Stats(StatsFacts{Period: "today", Shops: []query.ShopFigures{{Earned: hostile}}})
	lint(t, m)
	require.Contains(t, strings.Join(earningLines("", hostile), "\n"), "and 94 others")
	var shops []query.ShopFigures
	for range 60 {
		shops = append(shops, query.ShopFigures{Shop: "Glow", Earned: hostile})
	}
	lint(t, Stats(StatsFacts{Period: "today", Shops: shops, File: StatsTarget{Period: "today", At: 1}}))
	lint(t, Report(ReportFacts{Week: query.Week{From: noon, To: noon.AddDate(0, 0, 7), Earned: hostile}}))
}
