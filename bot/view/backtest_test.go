package view

import (
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

func testedRule() BackTestFacts {
	to := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	return BackTestFacts{Shop: "Glow Shop", BackTest: query.BackTest{
		Rule: workflow.ShopRule{Name: "Proven *creators*", Action: workflow.RuleAction{Kind: workflow.ActApprove}, Conditions: []workflow.Condition{
			{Fact: workflow.FactGMV, Op: workflow.AtLeast, Number: 5000}, {Fact: workflow.FactPosted, Op: workflow.AtLeast, Number: 1},
		}},
		Currency: "USD", Days: 30, From: to.AddDate(0, 0, -30), To: to, Seen: 226, NoFacts: 14, Fitted: 46, Above: 6, Over: 4, Blocked: 1, Would: 41,
		Became:  map[query.Became]int{query.BecameApproved: 38, query.BecameExpired: 3},
		Samples: 33, Posted: 29, Orders: 61, Cost: 51250, NoCost: 2, Team: 50, Missed: 12, AboveBy: []query.AboveRule{{Name: "VIPs", Count: 6}},
	}}
}

func TestABackTestIsToldInAFewLines(t *testing.T) {
	f := testedRule()
	require.Equal(t, strings.Join([]string{
		"*It would have approved 41 of 212 requests* of the last 30 days.",
		"Of these: the team approved 38, 3 expired.",
		"Of the 33 that got a sample, 29 posted, with 61 paid orders so far. Their samples cost $512.50 at today's costs; 2 have no cost entered.",
		"Not counted: 4 over a limit, which would have waited for a person, 1 from creators on the block list.",
		"Tested by itself: of the 46 that fit, rules above would take 6 first (*VIPs* 6).",
		"The other way round: the team approved 50, and this rule would not have done so for 12 of them.",
		"Left out: 14 requests, because nothing was kept of what was known then.",
	}, "\n"), BackTestLines(f))
	m := BackTestMessage(f, "F1")
	require.Len(t, m.Blocks, 3)
	require.Equal(t, "Test of “Proven *creators*”, last 30 days: tested 212, fit the rule 46, would be approved 41, the team approved 38, got a sample 33, posted 29", strings.ReplaceAll(BackTestChart(f).Alt, "requests of the ", ""))

	f.Rule.Action = workflow.RuleAction{Kind: workflow.ActReject}
	require.Contains(t, BackTestLines(f), "*It would have rejected 41 of 212 requests*")
	require.NotContains(t, BackTestLines(f), "got a sample")
	f.BackTest = query.BackTest{Days: 90}
	require.Equal(t, "No request arrived in the last 90 days, so there is nothing to test on.", BackTestLines(f))
}

func TestTheFileOfABackTestSaysWhyOfEachRequest(t *testing.T) {
	f := testedRule()
	known := func(fact workflow.FactName, n, of float64) workflow.Why {
		return workflow.Why{Fact: fact, Op: workflow.AtLeast, Known: true, Number: n, Of: of}
	}
	app := workflow.Application{Key: workflow.Key{Shop: "1", ID: "1001"}, SeenAt: f.From}
	f.Rows = []query.BackTestRow{
		{Application: app, Fits: true, Why: []workflow.Why{known(workflow.FactGMV, 18000, 0), known(workflow.FactPosted, 3, 3)}, Became: query.BecameApproved},
		{Application: app, Failed: 1, Why: []workflow.Why{known(workflow.FactPosted, 0, 0)}, Became: query.BecameRejected, Decision: true},
		{Application: app, NoFacts: true, Became: query.BecamePending},
		{Application: app, Fits: true, Over: &workflow.CapHit{}, Why: []workflow.Why{{Fact: workflow.FactGMV}}, Above: "=VIPs"},
	}
	data, err := BackTestFile(f)
	require.NoError(t, err)
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(data), byteOrderMark))).ReadAll()
	require.NoError(t, err)
	var told [][]string
	for _, r := range rows {
		told = append(told, r[6:11])
	}
	require.Equal(t, [][]string{
		{"the rule", "why", "tested on", "rule above", "what happened"},
		{"approved", "gmv at least 5000 (18000); posted at least 1 (3 of 3)", "what was known on arrival", "", "approved by the team"},
		{"does not fit", "posted at least 1 (0)", "what was known at the decision", "", "rejected by the team"},
		{"left out", "", "", "", "pending"},
		{"fits, but over a limit", "gmv at least 5000 (not known)", "what was known on arrival", "'=VIPs", ""},
	}, told)
}
