package query

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

const (
	serum workflow.ProductID = "1729382256910270001"
	cream workflow.ProductID = "1729382256910270002"
)

// gmvOver is a rule that proposes approving whoever sold for so much.
func gmvOver(id workflow.RuleID, least float64, caps ...workflow.Cap) workflow.ShopRule {
	return workflow.ShopRule{
		ID: id, Name: "Sold " + string(id), Mode: workflow.ModeProposing, Action: workflow.RuleAction{Kind: workflow.ActApprove}, Caps: caps,
		Conditions: []workflow.Condition{{Fact: workflow.FactGMV, Op: workflow.AtLeast, Number: least}},
	}
}

// tested is a request of the past, so many hours before noon, with the facts that were kept of it.
func tested(n int, hoursAgo float64, gmv int) workflow.Application {
	at := noon.Add(-time.Duration(hoursAgo * float64(time.Hour)))
	a := request(glow, n, workflow.StatusPending)
	a.SeenAt, a.ChangedAt, a.Snapshot.ReviewBy = at, at, at.Add(72*time.Hour)
	a.Snapshot.Product = workflow.Product{ID: serum, SKU: "s1", Title: "Glow serum"}
	a.First = &workflow.KeptFacts{At: at, GMV: workflow.Money{Amount: fmt.Sprint(gmv), Currency: "USD"}, ReviewBy: a.Snapshot.ReviewBy}
	a.Milestones = []workflow.Milestone{{Line: workflow.LineReceived, At: at}}
	return a
}

// decided lets a person, or a rule, have decided it so many hours later, and TikTok have confirmed it.
func decided(a workflow.Application, v workflow.Verdict, hours float64, rule workflow.RuleID) workflow.Application {
	after := time.Duration(hours * float64(time.Hour))
	a.Decision = workflow.Decision{Phase: workflow.DecisionConfirmed, Verdict: v, By: "U0MEMBER01", At: a.SeenAt.Add(after)}
	if rule != "" {
		a.Decision.By, a.Decision.Rule = "", rule
	}
	line := workflow.LineApproved
	a.Snapshot.Status = workflow.StatusAwaitingShipment
	if v == workflow.Reject {
		line, a.Snapshot.Status = workflow.LineRejected, workflow.StatusRejectCancelled
	}
	a.Milestones = append(a.Milestones, workflow.Milestone{Line: line, At: a.Decision.At, Took: &after})
	return a
}

func posted(a workflow.Application, orders int) workflow.Application {
	a.Snapshot.Status, a.ContentAt = workflow.StatusCompleted, a.Decision.At.Add(time.Hour)
	a.Milestones = append(a.Milestones, workflow.Milestone{Line: workflow.LinePosted, At: a.ContentAt})
	a.Contents = []workflow.Content{{Orders: workflow.OptionalNumber{Shared: true, Value: float64(orders)}}}
	return a
}

func expired(a workflow.Application) workflow.Application {
	a.Snapshot.Status = workflow.StatusOverdueCancelled
	a.Milestones = append(a.Milestones, workflow.Milestone{Line: workflow.LineExpired, At: a.Snapshot.ReviewBy})
	return a
}

func backTest(t testing.TB, s workflow.Store, ask BackTestAsk) BackTest {
	t.Helper()
	if ask.Shop.ID == "" {
		ask.Shop = shops[0]
	}
	if ask.Now.IsZero() {
		ask.Now = noon
	}
	if ask.Days == 0 {
		ask.Days = 30
	}
	return see(t, s, func(tx workflow.Tx) (BackTest, error) { return TestRule(t.Context(), tx, ask) })
}

func TestABackTestTellsWhatARuleWouldHaveDoneAndWhatTheTeamDid(t *testing.T) {
	store := open(t)
	unkept, changed := tested(8, 10, 5000), decided(tested(9, 9, 10), workflow.Approve, 2, "")
	unkept.First = nil
	changed.AtDecision = &workflow.KeptFacts{At: changed.Decision.At, GMV: workflow.Money{Amount: "900", Currency: "USD"}}
	blocked := decided(tested(10, 8, 5000), workflow.Approve, 1, "")
	blocked.First.Lists = []workflow.ListName{workflow.BlockList}
	uncosted := tested(11, 7, 700)
	uncosted.Snapshot.Product = workflow.Product{ID: cream}
	keep(t, store, putAll(
		tested(0, 31*24, 9000), // before the days
		posted(decided(tested(1, 20, 1000), workflow.Approve, 3, ""), 4),
		decided(tested(2, 19, 1000), workflow.Reject, 3, ""),
		expired(tested(3, 18, 1000)),
		tested(4, 17, 1000),
		decided(tested(5, 16, 10), workflow.Approve, 1, ""), // it would not have
		decided(tested(6, 15, 10), workflow.Reject, 1, ""),
		posted(decided(tested(7, 14, 1000), workflow.Approve, 0, "other"), 2),
		unkept, changed, blocked, uncosted,
	))
	keep(t, store, func(tx workflow.Tx) error {
		return tx.PutCost(workflow.Cost{Shop: glow, Product: serum, Amount: workflow.Money{Amount: "12.5", Currency: "USD"}})
	})
	above := gmvOver("top", 950)
	above.Mode = workflow.ModeAutomatic
	watching := gmvOver("watching", 0)
	watching.Mode = workflow.ModeWatching
	all := workflow.Rules{Shop: glow, Currency: "USD", All: []workflow.ShopRule{above, watching, gmvOver("mine", 500), gmvOver("below", 0)}}
	got := backTest(t, store, BackTestAsk{Rules: all, Rule: gmvOver("mine", 500), Rows: 100})

	rows := got.Rows
	got.Rows = nil
	require.Equal(t, BackTest{
		Rule: gmvOver("mine", 500), Currency: "USD", Days: 30, From: got.To.AddDate(0, 0, -30), To: got.To,
		Seen: 11, NoFacts: 1, Fitted: 8, Above: 6, Blocked: 1, Would: 7,
		Became: map[Became]int{
			BecameApproved: 2, BecameRejected: 1, BecameExpired: 1, BecamePending: 2, BecameRuleApproved: 1,
		},
		Samples: 2, Posted: 2, Orders: 6, Cost: 6 * 1250, NoCost: 1, Team: 4, Missed: 2, AboveBy: []AboveRule{{Name: "Sold top", Count: 6}},
	}, got)
	require.Equal(t, 10, got.Tested())

	require.Len(t, rows, 11)
	require.Equal(t, "Sold top", rows[0].Above)
	require.Equal(t, 1000.0, rows[0].Why[0].Number)
	require.False(t, rows[4].Fits)
	require.Equal(t, 10.0, rows[4].Why[0].Number, "what failed is told")
	require.True(t, rows[7].NoFacts)
	require.True(t, rows[8].Decision, "it fitted at the decision only")
	require.Equal(t, changed.Decision.At, rows[8].At)
	require.True(t, rows[9].Blocked)
}

func TestARejectingRuleIsMeasuredByWhatTheTeamRejected(t *testing.T) {
	store := open(t)
	keep(t, store, putAll(
		decided(tested(1, 20, 10), workflow.Reject, 3, ""), decided(tested(2, 19, 10), workflow.Approve, 3, ""),
		decided(tested(3, 18, 900), workflow.Reject, 3, ""), expired(tested(4, 17, 10)),
	))
	small := gmvOver("small", 0, workflow.Cap{Scope: workflow.CapAll, Per: workflow.CapEver})
	small.Action = workflow.RuleAction{Kind: workflow.ActReject, Reason: workflow.NotMatch}
	small.Conditions[0] = workflow.Condition{Fact: workflow.FactGMV, Op: workflow.AtMost, Number: 100}
	got := backTest(t, store, BackTestAsk{Rule: small})
	require.Equal(t, 3, got.Would, "caps are for samples")
	require.Equal(t, map[Became]int{BecameRejected: 1, BecameApproved: 1, BecameExpired: 1}, got.Became)
	require.Equal(t, [2]int{2, 1}, [2]int{got.Team, got.Missed})
	require.Zero(t, got.Cost+int64(got.NoCost))
	require.Empty(t, got.Rows)
	require.False(t, got.More)

	hold := small
	hold.Action = workflow.RuleAction{Kind: workflow.ActHold}
	got = backTest(t, store, BackTestAsk{Rule: hold})
	require.Equal(t, [3]int{3, 0, 0}, [3]int{got.Would, got.Team, got.Missed})
}

// TestCapsOfABackTestEqualAPlainRecount lets random rules with random caps loose on random requests. The recount goes
// through all moments one by one, and counts for each from the start what was used.
func TestCapsOfABackTestEqualAPlainRecount(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 15))
			store := open(t)
			all := randomPast(r, 150)
			keep(t, store, putAll(all...))
			keep(t, store, func(tx workflow.Tx) error {
				return tx.PutCost(workflow.Cost{Shop: glow, Product: serum, Amount: workflow.Money{Amount: "7.25", Currency: "USD"}})
			})
			zone, err := time.LoadLocation("America/Los_Angeles")
			require.NoError(t, err)
			shop := shops[0]
			shop.Settings.Zone = "America/Los_Angeles"
			rule := gmvOver("mine", 300, randomCaps(r)...)
			rules := workflow.Rules{Shop: glow, Currency: "USD", All: []workflow.ShopRule{rule}, Caps: randomCaps(r)}
			got := backTest(t, store, BackTestAsk{Shop: shop, Rules: rules, Rule: rule, Rows: 1000})

			took, over := recountCaps(all, rule, rules.Caps, zone)
			require.Equal(t, [3]int{len(took) + over, len(took), over}, [3]int{got.Fitted, got.Would, got.Over})
			for _, row := range got.Rows {
				require.Equal(t, row.Fits && row.Over == nil, slices.Contains(took, row.Application.Key.ID), "%s", row.Application.Key)
			}
		})
	}
}

func randomPast(r *rand.Rand, count int) (all []workflow.Application) {
	for n := range count {
		a := tested(n, 24*40*r.Float64()-5, r.IntN(1000))
		a.SeenAt = a.SeenAt.Truncate(time.Second)
		a.First.At = a.SeenAt
		a.Snapshot.Creator.OpenID = fmt.Sprint("o", r.IntN(6))
		if r.IntN(3) == 0 {
			a.Snapshot.Product.ID = cream
		}
		switch r.IntN(4) {
		case 0:
			a = decided(a, workflow.Approve, 48*r.Float64(), "")
		case 1:
			a = decided(a, workflow.Approve, 0.5, "other")
		default: // nobody approved it
		}
		a.Decision.At = a.Decision.At.Truncate(time.Second)
		if a.SeenAt.Before(noon) && !a.SeenAt.Before(noon.AddDate(0, 0, -30)) {
			all = append(all, a)
		}
	}
	return all
}

func randomCaps(r *rand.Rand) (caps []workflow.Cap) {
	for range 1 + r.IntN(2) {
		c := workflow.Cap{
			Scope: workflow.CapScopes[r.IntN(3)], Per: workflow.CapPers[r.IntN(4)], Samples: 1 + r.IntN(20), CountPeople: r.IntN(2) == 0,
		}
		if r.IntN(3) == 0 {
			c.Samples, c.Budget = 0, workflow.Money{Amount: fmt.Sprint(20 + r.IntN(200)), Currency: "USD"}
		}
		caps = append(caps, c)
	}
	return caps
}

func recountCaps(all []workflow.Application, rule workflow.ShopRule, shopCaps []workflow.Cap, zone *time.Location) (took []workflow.ApplicationID, over int) {
	type sample struct {
		workflow.Application
		at           time.Time
		mine, person bool
	}
	type moment struct {
		workflow.Application
		at   time.Time
		real bool
	}
	var moments []moment
	for _, a := range all {
		facts, _ := a.FirstFacts()
		if _, fits := rule.Evaluate(facts); fits {
			moments = append(moments, moment{a, a.First.At, false})
		}
		if a.Decision.Verdict == workflow.Approve {
			moments = append(moments, moment{a, a.Decision.At, true})
		}
	}
	slices.SortStableFunc(moments, func(a, b moment) int { return a.at.Compare(b.at) })
	span := func(c workflow.Cap, at time.Time) string {
		at = at.In(zone)
		switch c.Per {
		case workflow.CapDay:
			return at.Format("2006 Jan 2")
		case workflow.CapWeek:
			year, week := at.ISOWeek()
			return fmt.Sprint(year, week)
		case workflow.CapMonth:
			return at.Format("2006 Jan")
		default:
			return ""
		}
	}
	cost := func(a workflow.Application) int64 {
		if a.Snapshot.Product.ID == serum {
			return 725
		}
		return 0
	}
	var samples []sample
	exceeds := func(c workflow.Cap, shop bool, m moment) bool {
		used, add := int64(0), int64(1)
		if c.ByCost() {
			add = cost(m.Application)
		}
		for _, s := range samples {
			counts := s.mine || shop && !s.person || c.CountPeople && s.person
			same := c.Scope == workflow.CapAll || c.Scope == workflow.CapProduct && s.Snapshot.Product.ID == m.Snapshot.Product.ID ||
				c.Scope == workflow.CapCreator && s.Snapshot.Creator == m.Snapshot.Creator
			if counts && same && span(c, s.at) == span(c, m.at) {
				if c.ByCost() {
					used += cost(s.Application)
				} else {
					used++
				}
			}
		}
		return c.ByCost() && add == 0 || used+add > c.Most()
	}
	for _, m := range moments {
		if m.real {
			if !slices.Contains(took, m.Key.ID) {
				samples = append(samples, sample{m.Application, m.at, false, m.Decision.Rule == ""})
			}
			continue
		}
		out := false
		for _, c := range rule.Caps {
			out = out || exceeds(c, false, m)
		}
		for _, c := range shopCaps {
			out = out || exceeds(c, true, m)
		}
		if out {
			over++
			continue
		}
		took = append(took, m.Key.ID)
		samples = append(samples, sample{m.Application, m.at, true, false})
	}
	return took, over
}

func TestABackTestEndsWithItsContext(t *testing.T) {
	store := open(t)
	keep(t, store, putAll(tested(1, 20, 10)))
	ctx, cancel := context.WithCancel(t.Context())
	err := store.View(t.Context(), func(tx workflow.Tx) error {
		cancel()
		_, err := TestRule(ctx, tx, BackTestAsk{Shop: shops[0], Rule: gmvOver("mine", 1), Days: 30, Now: noon})
		return err
	})
	require.ErrorIs(t, err, context.Canceled)
}

// BenchmarkABackTestOfAYear has to take less than two seconds among 100,000 requests.
func BenchmarkABackTestOfAYear(b *testing.B) {
	for _, rows := range []int{0, 20_000} {
		b.Run(fmt.Sprint(rows), func(b *testing.B) {
			store := aTestedYear(b, 100_000)
			rule := gmvOver("mine", 500, workflow.Cap{Scope: workflow.CapProduct, Per: workflow.CapWeek, Samples: 40, CountPeople: true})
			rule.Conditions = append(rule.Conditions, workflow.Condition{Fact: workflow.FactTitleWords, Op: workflow.OneOf, Text: []string{"serum"}},
				workflow.Condition{Fact: workflow.FactPostedShare, Op: workflow.AtLeast, Number: 50})
			rules := workflow.Rules{Shop: glow, Currency: "USD", All: []workflow.ShopRule{gmvOver("top", 950), gmvOver("second", 900), rule}}
			for b.Loop() {
				if got := backTest(b, store, BackTestAsk{Rules: rules, Rule: rule, Days: 365, Now: noon, Rows: rows}); got.Tested() != 100_000 {
					b.Fatal(got.Tested())
				}
			}
		})
	}
}

// aTestedYear is a shop that so many requests came to in the year before noon, as full of facts as they are.
func aTestedYear(b *testing.B, size int) workflow.Store {
	b.Helper()
	store := open(b)
	const atOnce = 2000
	for from := 0; from < size; from += atOnce {
		keep(b, store, func(tx workflow.Tx) error {
			for n := from; n < min(from+atOnce, size); n++ {
				a := tested(n, float64(size-n)*364*24/float64(size), n%1000)
				a.Snapshot.Creator = workflow.Creator{
					OpenID: fmt.Sprint("7494560109732334", n%30_000), Username: fmt.Sprint("glow.", n%30_000), Nickname: "Glow daily",
					Avatar:    "https://p16-sign-va.tiktokcdn.com/tos-maliva-avt-0068/7494560109732334~c5_720x720.jpeg?x-expires=1790000000",
					Followers: workflow.OptionalNumber{Shared: true, Value: float64(n)}, GMV: a.First.GMV,
				}
				a.First.Past = workflow.PastFacts{Requests: 3, Samples: 2, Posted: n % 3, NotPosted: 1}
				a.First.Followers = a.Snapshot.Creator.Followers
				if n%2 == 0 {
					a = posted(decided(a, workflow.Approve, 3, ""), n%7)
				}
				if err := tx.PutApplication(a); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return store
}
