package view

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// proven is a rule that has something of everything.
func proven() workflow.ShopRule {
	usd := func(amount string) workflow.Money { return workflow.Money{Amount: amount, Currency: "USD"} }
	return workflow.ShopRule{
		ID: "r1", Name: "Proven creators", Mode: workflow.ModeProposing, Action: workflow.RuleAction{Kind: workflow.ActApprove}, Version: 3,
		Conditions: []workflow.Condition{
			{Fact: workflow.FactGMV, Op: workflow.AtLeast, Number: 1000}, {Fact: workflow.FactPosted, Op: workflow.AtLeast, Number: 1},
			{Fact: workflow.FactProduct, Op: workflow.OneOf, Text: []string{"1729"}}, {Fact: workflow.FactSKU, Op: workflow.NoneOf, Text: []string{"17291"}},
			{Fact: workflow.FactTitleWords, Op: workflow.OneOf, Text: []string{"serum"}}, {Fact: workflow.FactCampaign, Op: workflow.NoneOf, Text: []string{"c1"}},
			{Fact: workflow.FactList, Op: workflow.NoneOf, Text: []string{"block"}}, {Fact: workflow.FactAgency, Op: workflow.IsNo},
			{Fact: workflow.FactFulfilment, Op: workflow.IsShared},
		},
		Caps: []workflow.Cap{
			{Scope: workflow.CapAll, Per: workflow.CapWeek, Samples: 20}, {Scope: workflow.CapProduct, Per: workflow.CapMonth, Budget: usd("500.00"), CountPeople: true},
		},
	}
}

func rulesNames() query.RuleNames {
	return query.RuleNames{
		Campaigns: map[workflow.CampaignID]string{"c1": "Autumn kitchen"},
		Products:  map[string]workflow.Product{"1729": {ID: "1729", Title: "Glow Serum"}, "17291": {ID: "1729", Title: "Glow Serum", SKU: "17291", Variant: "30 ml"}},
	}
}

func someRules(n int) workflow.Rules {
	r := workflow.Rules{Shop: "7495540735365777507", Currency: "USD"}
	for i := range n {
		one := proven()
		one.ID, one.Name = workflow.RuleID(fmt.Sprint("r", i)), fmt.Sprintf("Rule %d", i+1)
		r.All = append(r.All, one)
	}
	return r
}

func hostileRule() workflow.ShopRule {
	r := proven()
	r.Name = cut(hostile, workflow.MaxRuleName)
	r.Conditions = []workflow.Condition{{Fact: workflow.FactAgencyName, Op: workflow.OneOf, Text: []string{hostile, strings.Repeat("\u202e", 30) + "مرحبا"}}}
	return r
}

func ruleMeta() RuleMeta {
	return RuleMeta{Shop: "7495540735365777507", List: "V1", ID: "r1", Seen: 3}
}

// ruleDialogs are the dialogs of rules, by their golden files.
func ruleDialogs() map[string]slack.ModalViewRequest {
	all := map[string]slack.ModalViewRequest{}
	behind := RuleBehind{Meta: ruleMeta(), Rule: proven(), Names: rulesNames(), Score: query.RuleScore{Weeks: 4, Agreed: 46, Overruled: 4, Held: 2},
		Shops: []workflow.Shop{{ID: "2", Name: "Glow Shop UK"}}}
	paused := someRules(2)
	paused.PausedAll, paused.PausedBy, paused.PausedAt, paused.All[1].Paused = true, reviewer, noon, true
	paused.All[0].Demoted = workflow.Demotion{At: noon, Overruled: 6, Of: 20}
	for name, r := range map[string]workflow.Rules{"rules_none": {}, "rules_one": someRules(1), "rules_full": someRules(workflow.MaxRules), "rules_paused": paused} {
		all[name] = RulesModal(RulesFacts{Meta: RulesMeta{Shop: "7495540735365777507"}, Rules: r, Names: rulesNames(), Saved: either(name == "rules_one", RuleSaved(proven(), true), "")})
	}
	facts := RuleFacts{Meta: ruleMeta(), Draft: DraftOf(proven()), Shop: "Glow Shop", Currency: "USD", Products: rulesNames().Products, Campaigns: []workflow.Campaign{{ID: "c1", Name: "Autumn kitchen"}}}
	all["rule_change"] = RuleModal(facts)
	facts.Automatic, facts.Draft = true, DraftOf(hostileRule())
	all["rule_hostile"] = RuleModal(facts)
	full := RuleFacts{Meta: ruleMeta()}
	for range workflow.MaxConditions {
		full.Draft.When = append(full.Draft.When, ConditionDraft{Fact: workflow.FactList, Op: workflow.OneOf})
	}
	for range workflow.MaxCaps {
		full.Draft.Caps = append(full.Draft.Caps, CapDraft{Of: capOf(workflow.CapCreator, true), Per: string(workflow.CapEver)})
	}
	full.Draft.Then = workflow.ActAssign
	all["rule_full"] = RuleModal(full)
	for _, s := range Starters {
		all["rule_new_"+s.Key] = RuleModal(RuleFacts{Meta: RuleMeta{Shop: "1"}, Draft: Started(s.Key)})
	}
	all["rule_more"] = RuleMoreModal(behind)
	automatic := behind
	automatic.Rule.Mode, automatic.Rule.Undo, automatic.Rule.Demoted, automatic.Test, automatic.Told = workflow.ModeAutomatic, time.Hour, workflow.Demotion{}, BackTestLines(BackTestFacts{BackTest: ruleTest()}), RuleCopied(proven(), behind.Shops)
	all["rule_more_automatic"] = RuleMoreModal(automatic)
	all["rule_automatic_loading"] = RuleAutomaticModal(RuleAutomatic{RuleBehind: behind, Loading: true})
	bare := behind
	bare.Rule.Caps, bare.Score, bare.Test = nil, query.RuleScore{Weeks: 4}, BackTestLines(BackTestFacts{BackTest: query.BackTest{Days: 30, Rule: proven()}})
	all["rule_automatic_bare"] = RuleAutomaticModal(RuleAutomatic{RuleBehind: bare})
	worst := hostileRule()
	for len(worst.Conditions) < workflow.MaxConditions {
		worst.Conditions = append(worst.Conditions, workflow.Condition{Fact: workflow.FactTitleWords, Op: workflow.OneOf, Text: []string{hostile, hostile, hostile, hostile}})
	}
	all["rules_hostile"] = RulesModal(RulesFacts{Meta: RulesMeta{Shop: "1"}, Rules: workflow.Rules{All: []workflow.ShopRule{worst}}})
	lists := ListsFacts{Meta: ListsMeta{Shop: "1", List: workflow.BlockList}, Lists: []workflow.ListName{"slow posters"}, Several: true, Shares: true, More: true, Told: ListKept("vip", 2, 1)}
	for range MaxListed {
		lists.Listed = append(lists.Listed, workflow.Listed{Shown: workflow.Creator{Username: hostile, Nickname: hostile}})
	}
	all["rule_lists"] = ListsModal(lists)
	all["rule_lists_new"] = ListsModal(ListsFacts{Meta: ListsMeta{Shop: "1", New: true}})
	all["card_lists"] = CardListsModal(hostileApplication(), []workflow.ListName{"vip"}, []workflow.ListName{"slow posters"})
	rules := someRules(1)
	rules.TwoAbove = workflow.Money{Amount: "50.00", Currency: "USD"}
	costs := CostsFacts{Meta: ruleMeta(), Rules: rules, More: true, Known: rulesNames().Products}
	for range MaxCosts {
		costs.Costs = append(costs.Costs, workflow.Cost{Product: "1729", SKU: "17291", Amount: workflow.Money{Amount: "12.50", Currency: "USD"}})
	}
	costs.Caps, costs.All = CapDrafts(proven().Caps)
	all["rule_costs"] = CostsModal(costs)
	all["rule_costs_none"] = CostsModal(CostsFacts{Meta: RuleMeta{Shop: "1"}, Guess: "GBP"})
	all["rule_reject_suggested"] = RejectSuggested(rejections(3, 1, false))
	all["rule_reject_suggested_full"] = RejectSuggested(rejections(workflow.MaxRun-1, 240, true))
	all["rule_import"] = RuleImportModal(RuleMeta{Shop: "1"}, "Glow Shop")
	return all
}

// rejections are so many suggested rejections, all but one for the same reason, and how many more there are.
func rejections(n, more int, worst bool) RejectSuggestedFacts {
	f := RejectSuggestedFacts{ID: "7495540735365777507", Shop: "Glow Shop", Channel: "C0SAMPLES1", Undo: 10 * time.Second}
	for i := range n + 1 {
		a := application()
		if worst {
			a = hostileApplication()
		}
		a.Key.ID = workflow.ApplicationID(strconv.Itoa(577000000000000000 + i))
		a.Proposal = &workflow.Proposal{Name: "Too small", Action: workflow.RuleAction{Kind: workflow.ActReject, Reason: workflow.NotMatch}, Why: []workflow.Why{
			{Fact: workflow.FactFollowers, Op: workflow.AtMost, Known: true, Number: 800}, {Fact: workflow.FactGMV, Op: workflow.AtMost, Known: true, Number: 50, Currency: "USD"},
			{Fact: workflow.FactPosted, Op: workflow.AtMost, Known: true}, {Fact: workflow.FactAgency, Op: workflow.IsYes, Known: true},
		}}
		if worst {
			a.Proposal.Name = hostile
		}
		if i == n {
			a.Proposal.Name, a.Proposal.Action.Reason, a.Proposal.Why = "Out of stock", workflow.OutOfStock, []workflow.Why{{Fact: workflow.FactStock, Op: workflow.AtMost, Known: true}}
		}
		f.Applications = append(f.Applications, a)
	}
	f.Total, f.Moved = n+2+more, 1
	return f
}

func ruleTest() query.BackTest {
	return query.BackTest{
		Rule: proven(), Days: 30, Currency: "USD", Seen: 230, NoFacts: 18, Fitted: 47, Above: 3, Over: 4, Blocked: 2, Would: 41,
		Became:  map[query.Became]int{query.BecameApproved: 38, query.BecameExpired: 3},
		Samples: 33, Posted: 29, Orders: 61, Cost: 51250, Team: 50, Missed: 12,
	}
}

func TestEveryDialogOfRulesLooksAsItsGoldenFile(t *testing.T) {
	for name, m := range ruleDialogs() {
		t.Run(name, func(t *testing.T) {
			lintModal(t, m)
			compare(t, name, pretty(t, m))
		})
	}
}

// proposedOn are cards of which rules say something.
func proposedOn() map[string]CardFacts {
	why := []workflow.Why{
		{Fact: workflow.FactGMV, Op: workflow.AtLeast, Known: true, Number: 18000, Currency: "USD"}, {Fact: workflow.FactPosted, Op: workflow.AtLeast, Known: true, Number: 3, Of: 3},
	}
	with := func(change func(*workflow.Application)) workflow.Application {
		a := application()
		a.Proposal = &workflow.Proposal{Rule: "r1", Name: "Proven creators", Mode: workflow.ModeProposing, Action: workflow.RuleAction{Kind: workflow.ActApprove}, Why: why}
		change(&a)
		return a
	}
	weekly := workflow.Cap{Scope: workflow.CapAll, Per: workflow.CapWeek, Samples: 20}
	budget := workflow.Cap{Scope: workflow.CapProduct, Per: workflow.CapMonth, Budget: workflow.Money{Amount: "500.00", Currency: "USD"}}
	return map[string]CardFacts{
		"card_suggested": {Application: with(func(*workflow.Application) {}), Caps: []workflow.CapLeft{{Cap: weekly, Used: 17, Left: 3}, {Cap: budget, Used: 1000, Left: 49000}}},
		"card_suggested_take": {Application: with(func(a *workflow.Application) {
			a.Proposal.Name, a.Proposal.Action = "Look twice", workflow.RuleAction{Kind: workflow.ActHold}
		})},
		"card_over_cap": {Application: with(func(a *workflow.Application) {
			a.Proposal.Over = &workflow.CapHit{Cap: weekly, Shop: true, Used: 20, Until: noon}
		})},
		"card_no_cost": {Application: with(func(a *workflow.Application) { a.Proposal.Over = &workflow.CapHit{Cap: budget, NoCost: true} })},
		"card_second": {Application: with(func(a *workflow.Application) {
			a.Proposal = nil
			a.Second = workflow.Second{By: reviewer, At: noon, Until: noon.Add(time.Hour), Rule: "Expensive"}
		})},
		"card_by_rule": {Application: with(func(a *workflow.Application) {
			a.Decision = workflow.Decision{Phase: workflow.DecisionQueued, Verdict: workflow.Approve, At: noon, SendAt: noon.Add(30 * time.Minute), Rule: "r1", RuleName: "Proven creators"}
		})},
		"card_by_two": {Application: with(func(a *workflow.Application) {
			a.Decision = workflow.Decision{Phase: workflow.DecisionQueued, Verdict: workflow.Approve, At: noon, SendAt: noon.Add(time.Minute), By: reviewer, Asked: "U0MEMBER02"}
		})},
		"card_suggested_hostile": {Application: with(func(a *workflow.Application) {
			a.Snapshot = hostileApplication().Snapshot
			a.Proposal.Name, a.Proposal.Action = hostile, workflow.RuleAction{Kind: workflow.ActReject, Reason: workflow.OutOfStock}
			a.Proposal.Why = []workflow.Why{{Fact: workflow.FactAgencyName, Op: workflow.OneOf, Text: []string{hostile}}, {Fact: workflow.FactTitleWords, Op: workflow.OneOf, Text: []string{hostile}}}
		})},
	}
}

func TestCardsSayWhatRulesSuggestAndDecided(t *testing.T) {
	for name, f := range proposedOn() {
		t.Run(name, func(t *testing.T) { requireGolden(t, name, Card(f)) })
	}
	lint(t, Message{Text: "the same", Blocks: RuleGone().Blocks.BlockSet})
	require.Contains(t, proposalLine(proposedOn()["card_suggested"].Application), "Suggested: approve. *Proven creators*: $18.0K GMV, posted 3 of 3 samples")
}

func TestAnswersAboutRulesReadAsTheirGoldenFilesSay(t *testing.T) {
	shop := ShopRules{ID: "1", Rules: someRules(2), Names: rulesNames(), Admin: true}
	full := ShopRules{ID: "1", Shop: "Glow Shop", Rules: someRules(workflow.MaxRules), Names: rulesNames()}
	hostiles := ShopRules{ID: "1", Rules: workflow.Rules{All: []workflow.ShopRule{hostileRule()}}}
	digest := query.RuleDigest{Shop: "Glow Shop", Day: "2026-11-29", Over: 3, Rules: []query.RuleDay{
		{AutomaticCount: workflow.AutomaticCount{Rule: "r1", Approved: 12}, Name: "Proven creators"}, {AutomaticCount: workflow.AutomaticCount{Rule: "r2", Rejected: 3}, Name: hostile}, {AutomaticCount: workflow.AutomaticCount{Rule: "r3", Approved: 1}},
	}}
	for name, m := range map[string]Message{
		"answer_rules": RulesList([]ShopRules{shop}), "answer_rules_none": RulesList([]ShopRules{{ID: "1"}}), "answer_rules_first": RulesList([]ShopRules{{ID: "1", Admin: true}}), "answer_rules_full": RulesList([]ShopRules{full}),
		"answer_rules_hostile": RulesList([]ShopRules{hostiles}), "answer_rules_help": RulesHelp(), "answer_rules_unknown": RulesUnknown("shwo"),
		"answer_rule":      RuleShown(RuleBehind{Rule: proven(), Names: rulesNames(), Score: query.RuleScore{Weeks: 4, Agreed: 3, Decided: 2}, Test: BackTestLines(BackTestFacts{BackTest: ruleTest()}), Paused: true}),
		"answer_rule_long": RuleShown(RuleBehind{Rule: proven(), Names: rulesNames(), Test: TestComes(213_000)}),
		"rule_test_going":  TestUnderWay(proven(), 365, 84_000, 213_000, noon), "rule_test_gone": TestEnded(proven(), 365, true), "rule_test_late": TestEnded(hostileRule(), 365, false),
		"answer_rule_near": NoSuchRule("prooven creators", someRules(0).With(proven()).All), "rules_digest": RuleDigest(digest),
		"rule_demoted":    Notice(workflow.Payload{Kind: workflow.KindDemoted, Rule: hostile, Shop: "Glow Shop", Demotion: workflow.Demotion{Overruled: 6, Of: 20}}, []workflow.PersonID{reviewer}),
		"queue_suggested": Queue(QueueFacts{Suggested: true, Queue: query.Queue{Total: 1, Rows: []query.Row{{Application: proposedOn()["card_suggested"].Application}}}, Suggestions: query.Suggestions{All: 3, Approve: 1, Shop: "1", Reject: 2, RejectIn: "1"}}),
	} {
		t.Run(name, func(t *testing.T) { requireGolden(t, name, m) })
	}
}

func TestEveryFactAndActionOfRulesHasWords(t *testing.T) {
	for _, c := range workflow.Conditions {
		require.NotEmpty(t, factWords[c.Fact].name, c.Fact)
		for _, op := range opsOf(c.Fact) {
			require.NotEmpty(t, opMenu(c.Fact, op), "%s %s", c.Fact, op)
		}
		if c.Kind == workflow.YesFact {
			require.NotEmpty(t, factWords[c.Fact].yes, c.Fact)
			require.NotEmpty(t, factWords[c.Fact].no, c.Fact)
		}
	}
	require.Len(t, factWords, len(workflow.Conditions))
	for _, a := range workflow.RuleActions {
		require.NotEmpty(t, actionMenu[a.Kind], a.Kind)
		require.NotEmpty(t, proposed[a.Kind], a.Kind)
	}
}

func TestARuleComesOutOfItsDialogAsItWentIn(t *testing.T) {
	for _, want := range []workflow.ShopRule{proven(), {Name: "Give", Mode: workflow.ModeWatching, Action: workflow.RuleAction{Kind: workflow.ActAssign, Assignee: "U0MEMBER01"}}} {
		d := DraftOf(want)
		d.People = false
		got, _, ok := d.Rule(want, ruleMeta(), "USD")
		require.True(t, ok)
		for i := range want.Caps {
			want.Caps[i].CountPeople = false
			require.Equal(t, want.Caps[i].Most(), got.Caps[i].Most())
			got.Caps[i].Budget = want.Caps[i].Budget
		}
		require.Equal(t, want, got)
	}
	for _, s := range Starters {
		r, _, ok := Started(s.Key).Rule(workflow.ShopRule{}, RuleMeta{}, "")
		require.True(t, ok)
		require.Empty(t, r.Check(), s.Key)
	}
}

func TestNumbersAreReadAsPeopleTypeThem(t *testing.T) {
	for typed, want := range map[string]float64{"500": 500, "1,500": 1500, "18K": 18_000, "$2.5m": 2_500_000, "80 %": 80, " 0 ": 0, "1,000,000": 1e6, "0.5": 0.5} {
		n, ok := ParseTypedNumber(typed)
		require.True(t, ok, typed)
		require.Equal(t, want, n, typed)
	}
	for _, typed := range []string{"", "K", "1,5", "1.2.3", "-5", "1e9", "NaN", "ten", "1 000 x", ",100", "1,0000"} {
		_, ok := ParseTypedNumber(typed)
		require.False(t, ok, typed)
	}
}

func TestPastedListsAndCostsNameTheLineThatIsWrong(t *testing.T) {
	handles, wrong := ReadHandles("@Glow.Daily, tidy_desk\nhttps://www.tiktok.com/@amber?lang=en; @glow.daily\n\n")
	require.Zero(t, wrong)
	require.Equal(t, []string{"glow.daily", "tidy_desk", "amber"}, handles)
	_, wrong = ReadHandles("@a\n@b\n<!channel>")
	require.Equal(t, 3, wrong)

	costs, wrong := ReadCosts("product,sku,cost\n1729,,12.50\n1729,17291,\"1,200\"\n1730,9.99\n")
	require.Zero(t, wrong)
	require.Equal(t, []workflow.Cost{
		{Product: "1729", Amount: workflow.Money{Amount: "12.50"}}, {Product: "1729", SKU: "17291", Amount: workflow.Money{Amount: "1200"}}, {Product: "1730", Amount: workflow.Money{Amount: "9.99"}},
	}, costs)
	for pasted, line := range map[string]int{"1729,,lots": 1, "1729,,5\nserum,,5": 2, "1729,,5\n\n1730,,-5": 3, "1729,,5\n\"1730,,5": 2, "a,b,c,d\n1,2,3,4": 2} {
		_, wrong := ReadCosts(pasted)
		require.Equal(t, line, wrong, pasted)
	}
}

func TestWhatIsWrongWithARuleIsToldWhereItStands(t *testing.T) {
	m := RuleMeta{Shop: "1", Rows: 2, Caps: 1, Look: 4}
	at := RuleErrors(m, []workflow.RuleProblem{
		{Field: workflow.FieldCondition, Index: 1, Fact: workflow.FactGMV, What: workflow.ProblemMissing}, {Field: workflow.FieldCap, What: workflow.ProblemNumber},
		{Field: workflow.FieldName, What: workflow.ProblemTaken}, {Field: workflow.FieldReason, What: workflow.ProblemUnknown},
	})
	require.Len(t, at, 4)
	for _, block := range []string{"rule_value_1:4", "rule_cap_most_0:4", "rule_name:4", "rule_reason:4"} {
		require.NotEmpty(t, at[block], block)
	}
	for text, want := range map[string]string{
		"rule X": "Line 1: The text has to begin with “sample-desk-rules 1”. Nothing was saved.",
		"sample-desk-rules 1\nrule X\nwhen moon yes\nthen hold\nsing":                      "Line 3: Sample Desk doesn't know “moon yes” here. Line 5: Sample Desk doesn't understand “sing”. Nothing was saved.",
		"sample-desk-rules 1\nrule X\nthen hold\n" + strings.Repeat("when moon yes\n", 12): strings.Repeat("Line %d: Sample Desk doesn't know “moon yes” here. ", 10) + "And 2 more lines. Nothing was saved.",
	} {
		_, err := workflow.ReadRules(text)
		wrong, ok := errors.AsType[workflow.RuleTextErrors](err)
		require.True(t, ok)
		if n := strings.Count(want, "%d"); n > 0 {
			want = fmt.Sprintf(want, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13)
		}
		require.Equal(t, want, RuleTextWrong(wrong))
	}
}
