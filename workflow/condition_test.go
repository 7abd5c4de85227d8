package workflow

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// known is a number that a creator shares.
func knownNumber(n float64) OptionalNumber { return OptionalNumber{Value: n, Shared: true} }

// factsFor are facts of which each condition of the table can tell something.
func factsFor() RuleFacts {
	return RuleFacts{
		KeptFacts: KeptFacts{
			At: noon, Followers: knownNumber(2500), Posts: knownNumber(12), MedianViews: knownNumber(900), Fulfilment: knownNumber(75.5), GMV: Money{Amount: "18000.50", Currency: "USD"},
			Stock: 7, ReviewBy: noon.Add(30 * time.Hour), Campaigns: []CampaignID{"autumn", "spring"}, Lists: []ListName{"vip"},
			Past: PastFacts{Requests: 4, Samples: 3, Posted: 2, NotPosted: 1, Orders: 61, Refused: 1, OnTheWay: 1, Repeat: true},
		},
		Product: Product{ID: "17", SKU: "1", Title: "Glow Sérum, 30 ml", Variant: "Rose"}, Collab: Collab{Known: true, Target: "t1"}, Agency: "Bright",
	}
}

// unknownFacts are facts of somebody of whom next to nothing is known.
func unknownFacts() RuleFacts { return RuleFacts{KeptFacts: KeptFacts{At: noon, StockUnknown: true}} }

func TestEachConditionHoldsWithinItsBoundsAndOfNothingThatIsNotKnown(t *testing.T) {
	for _, c := range []struct {
		fact    FactName
		holds   []Condition
		not     []Condition
		unknown []Condition // that hold of somebody of whom nothing is known
	}{
		{fact: FactFollowers, holds: []Condition{{Op: AtLeast, Number: 2500}, {Op: AtMost, Number: 2500}, {Op: IsShared}}, not: []Condition{{Op: AtLeast, Number: 2501}, {Op: AtMost, Number: 2499}, {Op: NotShared}}, unknown: []Condition{{Op: NotShared}}},
		{fact: FactGMV, holds: []Condition{{Op: AtLeast, Number: 18000.5}, {Op: AtMost, Number: 18000.5}, {Op: IsShared}}, not: []Condition{{Op: AtLeast, Number: 18000.51}, {Op: NotShared}}, unknown: []Condition{{Op: NotShared}}},
		{fact: FactMedianViews, holds: []Condition{{Op: AtLeast, Number: 900}, {Op: IsShared}}, not: []Condition{{Op: AtMost, Number: 899}}, unknown: []Condition{{Op: NotShared}}},
		{fact: FactPosts, holds: []Condition{{Op: AtLeast, Number: 12}, {Op: IsShared}}, not: []Condition{{Op: AtLeast, Number: 13}}, unknown: []Condition{{Op: NotShared}}},
		{fact: FactFulfilment, holds: []Condition{{Op: AtLeast, Number: 75}, {Op: IsShared}}, not: []Condition{{Op: AtLeast, Number: 76}}, unknown: []Condition{{Op: NotShared}}},
		{fact: FactProduct, holds: []Condition{{Op: OneOf, Text: []string{"18", "17"}}, {Op: NoneOf, Text: []string{"18"}}}, not: []Condition{{Op: OneOf, Text: []string{"1"}}, {Op: NoneOf, Text: []string{"17"}}}, unknown: []Condition{{Op: NoneOf, Text: []string{"17"}}}},
		{fact: FactSKU, holds: []Condition{{Op: OneOf, Text: []string{"1"}}}, not: []Condition{{Op: NoneOf, Text: []string{"1"}}}, unknown: []Condition{{Op: NoneOf, Text: []string{"1"}}}},
		{fact: FactTitleWords, holds: []Condition{{Op: OneOf, Text: []string{"SERUM glow"}}, {Op: OneOf, Text: []string{"cream", "rose"}}, {Op: NoneOf, Text: []string{"cream", "glow cream"}}}, not: []Condition{{Op: OneOf, Text: []string{"glow cream", "ser"}}, {Op: NoneOf, Text: []string{"rosé"}}}, unknown: []Condition{{Op: NoneOf, Text: []string{"serum"}}}},
		{fact: FactStock, holds: []Condition{{Op: AtLeast, Number: 7}, {Op: AtMost, Number: 7}}, not: []Condition{{Op: AtLeast, Number: 8}, {Op: AtMost, Number: 6}}},
		{fact: FactOpen, holds: []Condition{{Op: IsNo}}, not: []Condition{{Op: IsYes}}},
		{fact: FactTarget, holds: []Condition{{Op: OneOf, Text: []string{"t1"}}}, not: []Condition{{Op: NoneOf, Text: []string{"t1"}}}},
		{fact: FactAgency, holds: []Condition{{Op: IsYes}}, not: []Condition{{Op: IsNo}}, unknown: []Condition{{Op: IsNo}}},
		{fact: FactAgencyName, holds: []Condition{{Op: OneOf, Text: []string{"Bright"}}}, not: []Condition{{Op: OneOf, Text: []string{"Brigh"}}}, unknown: []Condition{{Op: NoneOf, Text: []string{"Bright"}}}},
		{fact: FactCampaign, holds: []Condition{{Op: OneOf, Text: []string{"spring"}}, {Op: NoneOf, Text: []string{"summer"}}}, not: []Condition{{Op: NoneOf, Text: []string{"summer", "autumn"}}}, unknown: []Condition{{Op: NoneOf, Text: []string{"spring"}}}},
		{fact: FactHoursLeft, holds: []Condition{{Op: AtLeast, Number: 30}, {Op: AtMost, Number: 30}}, not: []Condition{{Op: AtLeast, Number: 30.1}, {Op: AtMost, Number: 29.9}}},
		{fact: FactFirstRequest, holds: []Condition{{Op: IsNo}}, not: []Condition{{Op: IsYes}}, unknown: []Condition{{Op: IsYes}}},
		{fact: FactSamples, holds: []Condition{{Op: AtLeast, Number: 3}}, not: []Condition{{Op: AtMost, Number: 2}}, unknown: []Condition{{Op: AtMost, Number: 0}}},
		{fact: FactPosted, holds: []Condition{{Op: AtLeast, Number: 2}}, not: []Condition{{Op: AtLeast, Number: 3}}, unknown: []Condition{{Op: AtMost, Number: 0}}},
		{fact: FactPostedShare, holds: []Condition{{Op: AtLeast, Number: 66}, {Op: AtMost, Number: 67}}, not: []Condition{{Op: AtLeast, Number: 67}}},
		{fact: FactNeverPosted, holds: []Condition{{Op: IsNo}}, not: []Condition{{Op: IsYes}}, unknown: []Condition{{Op: IsNo}}},
		{fact: FactOrders, holds: []Condition{{Op: AtLeast, Number: 61}}, not: []Condition{{Op: AtMost, Number: 60}}, unknown: []Condition{{Op: AtMost, Number: 0}}},
		{fact: FactRefused, holds: []Condition{{Op: AtLeast, Number: 1}}, not: []Condition{{Op: AtMost, Number: 0}}, unknown: []Condition{{Op: AtMost, Number: 0}}},
		{fact: FactOnTheWay, holds: []Condition{{Op: AtLeast, Number: 1}}, not: []Condition{{Op: AtMost, Number: 0}}, unknown: []Condition{{Op: AtMost, Number: 0}}},
		{fact: FactRepeat, holds: []Condition{{Op: IsYes}}, not: []Condition{{Op: IsNo}}, unknown: []Condition{{Op: IsNo}}},
		{fact: FactList, holds: []Condition{{Op: OneOf, Text: []string{"vip"}}, {Op: NoneOf, Text: []string{"block"}}}, not: []Condition{{Op: OneOf, Text: []string{"block"}}}, unknown: []Condition{{Op: NoneOf, Text: []string{"block"}}}},
	} {
		t.Run(string(c.fact), func(t *testing.T) {
			for _, one := range c.holds {
				one.Fact = c.fact
				requireSound(t, one)
				why, ok := one.Holds(factsFor())
				require.True(t, ok, "%+v", one)
				require.Equal(t, c.fact, why.Fact)
			}
			for _, one := range c.not {
				one.Fact = c.fact
				requireSound(t, one)
				why, ok := one.Holds(factsFor())
				require.False(t, ok, "%+v", one)
				require.Equal(t, c.fact, why.Fact, "what was found is told all the same")
			}
			for _, one := range slices.Concat(c.holds, c.not, c.unknown) {
				one.Fact = c.fact
				_, ok := one.Holds(unknownFacts())
				in := slices.ContainsFunc(c.unknown, func(u Condition) bool {
					u.Fact = c.fact
					return u.Op == one.Op && u.Number == one.Number && slices.Equal(u.Text, one.Text)
				})
				if row, _ := one.Row(); in || row.Value(new(unknownFacts())).Known {
					if in {
						require.True(t, ok, "%+v", one)
					}
					continue
				}
				require.False(t, ok, "%+v of nothing that is known", one)
			}
		})
	}
	require.Len(t, Conditions, 25, "a new condition needs a row above")
}

func requireSound(t *testing.T, c Condition) {
	t.Helper()
	p, ok := c.Check()
	require.True(t, ok, "%+v: %v", c, p)
}

func TestARuleIsRefusedPartByPart(t *testing.T) {
	good := ShopRule{Name: "Good", Mode: ModeProposing, Action: RuleAction{Kind: ActApprove}, Conditions: []Condition{{Fact: FactGMV, Op: AtLeast, Number: 1}}}
	require.Empty(t, good.Check())
	for says, change := range map[string]func(*ShopRule){
		"name: missing":                           func(r *ShopRule) { r.Name = "" },
		"name: too long":                          func(r *ShopRule) { r.Name = strings.Repeat("x", MaxRuleName+1) },
		`mode: unknown: "eager"`:                  func(r *ShopRule) { r.Mode = "eager" },
		`action: unknown: "sing"`:                 func(r *ShopRule) { r.Action.Kind = "sing" },
		`mode: not by self: "hold"`:               func(r *ShopRule) { r.Mode, r.Action.Kind = ModeAutomatic, ActHold },
		"reason: unknown":                         func(r *ShopRule) { r.Action.Kind = ActReject },
		"campaign: missing":                       func(r *ShopRule) { r.Action.Kind = ActCampaign },
		"assignee: missing":                       func(r *ShopRule) { r.Action.Kind = ActAssign },
		"condition 1: no condition":               func(r *ShopRule) { r.Mode, r.Conditions = ModeAutomatic, nil },
		`condition 1 (mood): unknown: "mood"`:     func(r *ShopRule) { r.Conditions[0].Fact = "mood" },
		`condition 1 (gmv): unknown: "yes"`:       func(r *ShopRule) { r.Conditions[0].Op = IsYes },
		`condition 1 (gmv): number: "-1"`:         func(r *ShopRule) { r.Conditions[0].Number = -1 },
		`condition 1 (gmv): number: "NaN"`:        func(r *ShopRule) { r.Conditions[0].Number = math.NaN() },
		`condition 1 (posts): number: "1.5"`:      func(r *ShopRule) { r.Conditions[0] = Condition{Fact: FactPosts, Op: AtLeast, Number: 1.5} },
		"condition 1 (list): missing":             func(r *ShopRule) { r.Conditions[0] = Condition{Fact: FactList, Op: OneOf} },
		`condition 1 (list): unknown: "VIP"`:      func(r *ShopRule) { r.Conditions[0] = Condition{Fact: FactList, Op: OneOf, Text: []string{"VIP"}} },
		`condition 1 (title words): missing: "…"`: func(r *ShopRule) { r.Conditions[0] = Condition{Fact: FactTitleWords, Op: OneOf, Text: []string{"…"}} },
		`undo: number: "1s"`:                      func(r *ShopRule) { r.Undo = time.Second },
		`cap 1: unknown: "galaxy"`:                func(r *ShopRule) { r.Caps = []Cap{{Scope: "galaxy", Per: CapDay, Samples: 1}} },
		`cap 1: unknown: "aeon"`:                  func(r *ShopRule) { r.Caps = []Cap{{Scope: CapAll, Per: "aeon", Samples: 1}} },
		`cap 1: number: "-1"`:                     func(r *ShopRule) { r.Caps = []Cap{{Scope: CapAll, Per: CapDay, Samples: -1}} },
		`cap 1: number: "1.234"`: func(r *ShopRule) {
			r.Caps = []Cap{{Scope: CapAll, Per: CapDay, Budget: Money{Amount: "1.234", Currency: "USD"}}}
		},
	} {
		r := good
		r.Conditions = slices.Clone(good.Conditions)
		change(&r)
		require.Len(t, r.Check(), 1, says)
		require.ErrorContains(t, r.Check()[0], says)
	}
	require.Equal(t, []RuleProblem{
		{Rule: -1, Field: FieldCurrency, What: ProblemUnknown, Value: "dollars"}, {Rule: 1, Field: FieldName, What: ProblemTaken, Value: "GOOD"},
	}, Rules{Currency: "dollars", All: []ShopRule{good, func() ShopRule { r := good; r.Name = "GOOD"; return r }()}}.Check())
}

func TestOfManyRulesTheFirstThatFitsSpeaks(t *testing.T) {
	rule := func(id RuleID, mode RuleMode, fits bool) ShopRule {
		r := ShopRule{ID: id, Name: string(id), Mode: mode, Action: RuleAction{Kind: ActApprove}}
		if !fits {
			r.Conditions = []Condition{{Fact: FactGMV, Op: AtLeast, Number: 1e9}}
		}
		return r
	}
	paused := rule("paused", ModeProposing, true)
	paused.Paused = true
	rules := Rules{All: []ShopRule{
		rule("not", ModeProposing, false), paused, rule("watched", ModeWatching, true), rule("watched too", ModeWatching, true), rule("speaks", ModeAutomatic, true), rule("behind", ModeProposing, true),
		rule("watched behind", ModeWatching, true),
	}}
	e := rules.Evaluate(factsFor())
	require.Equal(t, RuleID("speaks"), e.Speaks.Rule)
	require.Equal(t, RuleID("watched"), e.Watched.Rule)
	require.Zero(t, e.Next)
	rules.PausedAll = true
	require.Equal(t, Evaluation{}, rules.Evaluate(factsFor()))
}

func TestTheNextTimeIsTheFirstAtWhichAConditionTurns(t *testing.T) {
	left := func(op Op, n float64) ShopRule {
		return ShopRule{Mode: ModeProposing, Action: RuleAction{Kind: ActHold}, Conditions: []Condition{{Fact: FactHoursLeft, Op: op, Number: n}}}
	}
	f := factsFor() // 30 hours are left
	e := Rules{All: []ShopRule{left(AtMost, 6), left(AtLeast, 24), left(AtMost, 48), left(AtMost, 12)}}.Evaluate(f)
	require.Equal(t, noon.Add(6*time.Hour+time.Microsecond), e.Next)
	f.At = e.Next
	e = Rules{All: []ShopRule{left(AtMost, 6), left(AtLeast, 24)}}.Evaluate(f)
	require.Nil(t, e.Speaks)
	require.Equal(t, noon.Add(24*time.Hour), e.Next)
}

func TestOutcomesRememberTheLatestTwenty(t *testing.T) {
	var o Outcomes
	overruled, of := o.Count()
	require.Zero(t, overruled+of)
	for i := range 50 {
		o = o.With(i%5 == 0)
		overruled, of = o.Count()
		require.Equal(t, min(i+1, OutcomesKept), of)
		want := 0
		for j := max(0, i-OutcomesKept+1); j <= i; j++ {
			if j%5 == 0 {
				want++
			}
		}
		require.Equal(t, want, overruled, i)
	}
}

func TestTheDaysOfACapAreTheShops(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	at := time.Date(2026, 10, 25, 22, 30, 0, 0, time.UTC) // Sunday 23:30, the day on which the clocks change
	for per, want := range map[CapPer][2]string{
		CapDay: {"2026-10-25", "2026-10-25 23:00"}, CapWeek: {"2026-10-19", "2026-10-25 23:00"}, CapMonth: {"2026-10-01", "2026-10-31 23:00"},
	} {
		days, until := Cap{Per: per}.days(at, berlin)
		require.Equal(t, want[0], days[0], per)
		require.Equal(t, "2026-10-25", days[len(days)-1], per)
		require.Equal(t, want[1], until.Format("2006-01-02 15:04"), per)
		require.Len(t, days, map[CapPer]int{CapDay: 1, CapWeek: 7, CapMonth: 25}[per])
	}
	days, until := Cap{Per: CapWeek}.days(at.Add(time.Hour), berlin)
	require.Equal(t, []string{"2026-10-26"}, days)
	require.Equal(t, "2026-11-01 23:00", until.Format("2006-01-02 15:04"))
	days, until = Cap{Per: CapEver}.days(at, berlin)
	require.Equal(t, []string{everDay}, days)
	require.Zero(t, until)
}

func TestAmountsAreCountedExactly(t *testing.T) {
	for amount, want := range map[string]int64{"0": 0, "4.5": 450, "4.50": 450, "4.500": 450, "0.07": 7, "1234567890123": 123456789012300, "-2": -200} {
		n, ok := Money{Amount: amount}.Hundredths()
		require.True(t, ok, amount)
		require.Equal(t, want, n, amount)
	}
	for _, amount := range []string{"", "4.501", "1e3", "12345678901234", " 1"} {
		_, ok := Money{Amount: amount}.Hundredths()
		require.False(t, ok, amount)
	}
	require.Equal(t, Money{Amount: "-0.07", Currency: "USD"}, HundredthsOf(-7, "USD"))
}

// BenchmarkEvaluate asks as many rules as a shop can have, each with as many conditions as it can have: all hold but the last
// of each, until the last rule fits.
func BenchmarkEvaluate(b *testing.B) {
	f := factsFor()
	some := []Condition{
		{Fact: FactGMV, Op: AtLeast, Number: 10}, {Fact: FactFollowers, Op: AtLeast, Number: 100}, {Fact: FactPosts, Op: IsShared},
		{Fact: FactStock, Op: AtLeast, Number: 1}, {Fact: FactTitleWords, Op: NoneOf, Text: []string{"cream", "lipstick"}}, {Fact: FactProduct, Op: OneOf, Text: []string{"18", "17"}},
		{Fact: FactPosted, Op: AtLeast, Number: 1}, {Fact: FactList, Op: NoneOf, Text: []string{"block"}}, {Fact: FactHoursLeft, Op: AtLeast, Number: 2},
		{Fact: FactRepeat, Op: IsYes}, {Fact: FactOpen, Op: IsNo},
	}
	var r Rules
	for range MaxRules {
		r.All = append(r.All, ShopRule{
			ID: "1", Mode: ModeProposing, Action: RuleAction{Kind: ActApprove}, Conditions: append(slices.Clone(some), Condition{Fact: FactList, Op: OneOf, Text: []string{"other"}}),
		})
	}
	r.All[MaxRules-1].Conditions = some
	for b.Loop() {
		if r.Evaluate(f).Speaks == nil {
			b.Fatal("no rule fits")
		}
	}
}
