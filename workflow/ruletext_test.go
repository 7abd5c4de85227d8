package workflow_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

func writtenRules() workflow.Rules {
	usd := func(amount string) workflow.Money { return workflow.Money{Amount: amount, Currency: "USD"} }
	return workflow.Rules{
		Currency: "USD", TwoAbove: usd("50.00"), Caps: []workflow.Cap{{Scope: workflow.CapAll, Per: workflow.CapWeek, Samples: 100}},
		All: []workflow.ShopRule{
			{
				Name: "Proven creators", Mode: workflow.ModeAutomatic, Undo: 45 * time.Minute, Paused: true, Action: workflow.RuleAction{Kind: workflow.ActApprove},
				Conditions: []workflow.Condition{
					{Fact: workflow.FactGMV, Op: workflow.AtLeast, Number: 1000.5}, {Fact: workflow.FactPosted, Op: workflow.AtLeast, Number: 1},
					{Fact: workflow.FactPostedShare, Op: workflow.AtLeast, Number: 80}, {Fact: workflow.FactFollowers, Op: workflow.NotShared},
					{Fact: workflow.FactAgencyName, Op: workflow.NoneOf, Text: []string{`Bright, "Side"`, "Dark Side", " Far  side"}}, {Fact: workflow.FactOpen, Op: workflow.IsYes},
				},
				Caps: []workflow.Cap{
					{Scope: workflow.CapProduct, Per: workflow.CapDay, Samples: 3, CountPeople: true}, {Scope: workflow.CapAll, Per: workflow.CapMonth, Budget: usd("500.00")},
				},
			},
			{Name: "Too small", Mode: workflow.ModeWatching, Action: workflow.RuleAction{Kind: workflow.ActReject, Reason: workflow.NotMatch}},
			{Name: "Two", Mode: workflow.ModeProposing, Action: workflow.RuleAction{Kind: workflow.ActHoldForTwo}},
			{Name: "Autumn", Mode: workflow.ModeProposing, Action: workflow.RuleAction{Kind: workflow.ActCampaign, Campaign: "c1"}},
			{Name: "Give", Mode: workflow.ModeProposing, Action: workflow.RuleAction{Kind: workflow.ActAssign, Assignee: "U0MEMBER01"}},
		},
	}
}

func TestRulesAsTextAreReadAsTheyWereWritten(t *testing.T) {
	want := writtenRules()
	require.Empty(t, want.Check())
	got, err := workflow.ReadRules(want.Text())
	require.NoError(t, err)
	require.Equal(t, want, got)
	got, err = workflow.ReadRules("\ufeff# kept since June\r\n\r\n  " + strings.ReplaceAll(want.Text(), "\n", "\r\n\r\n  "))
	require.NoError(t, err, "whatever an editor made of the ends of lines")
	require.Equal(t, want, got)
}

func TestAWrongLineOfRulesAsTextIsNamed(t *testing.T) {
	head := "sample-desk-rules 1\n"
	for text, line := range map[string]int{
		"": 1, "rule X\nthen approve": 1, "sample-desk-rules 2": 1, head + "colour blue": 2, head + "rule X\nthen approve\ncolour blue": 4,
		head + "rule X\nwhen gmv above 5\nthen approve": 3, head + "rule X\nwhen gmv at least lots\nthen approve": 3,
		head + "rule X\nwhen moon yes\nthen approve": 3, head + "rule X\nwhen followers at least 1.5\nthen approve": 3,
		head + "rule X\nthen dance": 3, head + "rule X\nthen approve it": 3, head + "rule X\nthen reject SLOW": 3, head + "rule X\nmode wild\nthen approve": 3,
		head + "rule X\nthen approve\nlimit many samples all per week": 4, head + "rule X\nthen approve\nlimit 5 samples all per year": 4,
		head + "rule X\nthen approve\nlimit 5.00 cost all per week": 4, head + "currency dollars": 2, head + "two above fifty": 2,
		head + "rule X\nthen approve\n\nrule x\nthen approve": 5, head + "rule X\nundo soon\nthen approve": 3, head + "rule X\nthen approve\nundo 30h": 4,
		head + "rule X\nwhen list one of \"a\nthen approve": 3, head + "rule X\nwhen open yes please\nthen approve": 3, head + "rule " + strings.Repeat("x", 61): 2,
	} {
		require.Equal(t, []int{line}, wrongLines(t, text), text)
	}
}

// wrongLines are the lines of rules as text that are said to be wrong.
func wrongLines(t *testing.T, text string) (lines []int) {
	t.Helper()
	_, err := workflow.ReadRules(text)
	wrong, ok := errors.AsType[workflow.RuleTextErrors](err)
	require.True(t, ok, text)
	for _, w := range wrong {
		lines = append(lines, w.Line)
	}
	return lines
}

func TestEveryWrongLineOfRulesAsTextIsNamedOnce(t *testing.T) {
	require.Equal(t, []int{2, 4, 6, 7, 8, 10, 11, 13, 14, 18}, wrongLines(t, strings.Join([]string{
		"sample-desk-rules 1", "colour blue", "rule X", "when moon yes", "when gmv at least 5", "mode wild", "then dance", "limit 5 samples all per year",
		"rule Y", "when followers at least 1.5", "then reject SLOW", "", "rule Z", "rule x", "then approve", "rule W", "mode automatic", "when moon no", "then approve",
	}, "\n")))
	many := "sample-desk-rules 1\n" + strings.Repeat("colour blue\n", 13)
	_, err := workflow.ReadRules(many)
	require.Equal(t, 10, strings.Count(err.Error(), "in: colour blue"))
	require.Contains(t, err.Error(), "\nand 3 more")
}

func FuzzRulesAsText(f *testing.F) {
	f.Add(writtenRules().Text())
	f.Fuzz(func(t *testing.T, text string) {
		read, err := workflow.ReadRules(text)
		if err != nil {
			_, ok := errors.AsType[workflow.RuleTextErrors](err)
			require.True(t, ok)
			return
		}
		again, err := workflow.ReadRules(read.Text())
		require.NoError(t, err)
		require.Equal(t, read, again)
	})
}

// FuzzRulesThatCanBeKept has whatever can be kept be written, and read as it was.
func FuzzRulesThatCanBeKept(f *testing.F) {
	f.Add("Proven creators", "serum", `night, "day"`, 10.5, "50.00", uint8(7), uint8(0), uint8(0), 5, uint8(3), int64(time.Hour), "c1")
	f.Add("#1 rule", "a b", "#", 0.0, "0.1", uint8(24), uint8(1), uint8(4), 0, uint8(8), int64(0), "U1")
	f.Fuzz(func(t *testing.T, name, one, other string, number float64, amount string, fact, op, action uint8, samples int, limit uint8, undo int64, id string) {
		row := workflow.Conditions[int(fact)%len(workflow.Conditions)]
		c := workflow.Condition{Fact: row.Fact, Op: row.Kind.Ops()[int(op)%len(row.Kind.Ops())]}
		switch c.Op {
		case workflow.AtLeast, workflow.AtMost:
			c.Number = number
		case workflow.OneOf, workflow.NoneOf:
			c.Text = []string{one, other}
		default: // the others need nothing more
		}
		money := workflow.Money{Amount: amount, Currency: "USD"}
		most := workflow.Cap{Scope: workflow.CapScopes[int(limit)%3], Per: workflow.CapPers[int(limit/3)%4], Samples: samples, CountPeople: limit > 127}
		if limit > 191 {
			most.Samples, most.Budget = 0, money
		}
		does := workflow.RuleAction{Kind: workflow.RuleActions[int(action)%len(workflow.RuleActions)].Kind}
		switch does.Kind {
		case workflow.ActReject:
			does.Reason = workflow.Reasons[int(op)%len(workflow.Reasons)]
		case workflow.ActCampaign:
			does.Campaign = workflow.CampaignID(id)
		case workflow.ActAssign:
			does.Assignee = workflow.PersonID(id)
		default: // the others need nothing more
		}
		want := workflow.Rules{Currency: "USD", TwoAbove: money, Caps: []workflow.Cap{most}, All: []workflow.ShopRule{
			{Name: name, Mode: workflow.RuleModes[int(action/8)%3], Paused: action > 127, Action: does, Conditions: []workflow.Condition{c}, Caps: []workflow.Cap{most}, Undo: time.Duration(undo)},
		}}
		if len(want.Check()) > 0 {
			return
		}
		got, err := workflow.ReadRules(want.Text())
		require.NoError(t, err, want.Text())
		require.Equal(t, want, got, want.Text())
	})
}
