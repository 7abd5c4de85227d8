package engine_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

func TestWhatIsOverACapWaitsForAPersonSaysSoAndGoesOnWhenTheDayIsOver(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	r := d.has(noon, proven(workflow.ModeAutomatic, perDay(2)))
	for _, id := range []workflow.ApplicationID{"1", "2", "3"} {
		d.asks(id, asker(string(id), "18000"), "p", minutes(1))
	}
	over := d.application("3")
	require.Equal(t, workflow.Pending, over.State())
	require.Equal(t, &workflow.CapHit{Cap: perDay(2), Used: 2, Until: time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC), Day: "2026-11-23"}, over.Proposal.Over)
	require.Empty(t, d.suggested(workflow.ActApprove), "it cannot be taken with others")
	require.Equal(t, 1, d.countsOf(r.All[0].ID)[workflow.CountHeld])
	d.tick(minutes(11 * 60))
	require.Equal(t, workflow.Pending, d.application("3").State())
	d.tick(minutes(12*60 + 1))
	require.Equal(t, workflow.Queued, d.application("3").State(), "the next day has room")
	require.Equal(t, map[workflow.RuleCount]int{workflow.CountApproved: 3}, d.countsOf(r.All[0].ID))

	// A person may go over a cap: that is theirs, and no rule's.
	d.asks("4", asker("4", "18000"), "p", minutes(12*60+2))
	d.asks("5", asker("5", "18000"), "p", minutes(12*60+2))
	five := d.application("5")
	require.NotNil(t, five.Proposal.Over)
	five, err := d.act("5", approval(five.Round, minutes(12*60+3)))
	require.NoError(t, err)
	require.Empty(t, five.Decision.Counted.Rule)

	// What is undone makes room again.
	four := d.application("4")
	d.asks("6", asker("6", "18000"), "p", minutes(12*60+4))
	_, err = d.act("4", workflow.Undone{Actor: by(member), At: minutes(12*60 + 5), Round: four.Round})
	require.NoError(t, err)
	d.tick(minutes(13*60 + 6))
	require.Equal(t, workflow.Queued, d.application("6").State())
}

func TestABudgetCountsCostsAndWaitsWhereNobodyEnteredOne(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.has(noon, proven(workflow.ModeAutomatic, workflow.Cap{Scope: workflow.CapAll, Per: workflow.CapMonth, Budget: workflow.Money{Amount: "10", Currency: "USD"}, CountPeople: true}))
	a := d.asks("1", asker("1", "18000"), "p", minutes(1))
	require.True(t, a.Proposal.Over.NoCost)
	n, err := d.PutCosts(t.Context(), workflow.CostsChange{Actor: by(member), At: minutes(2), Shop: sample.Shop, Costs: []workflow.Cost{
		{Product: "p", Amount: workflow.Money{Amount: "4.50", Currency: "USD"}},
	}})
	require.NoError(t, err)
	require.Equal(t, 1, n)
	d.evaluates(minutes(2))
	require.Equal(t, workflow.Queued, d.application("1").State())
	b := d.asks("2", asker("2", "5"), "p", minutes(3))
	_, err = d.act("2", approval(b.Round, minutes(3)))
	require.NoError(t, err, "4.50 of a person's own")
	c := d.asks("3", asker("3", "18000"), "p", minutes(4))
	require.EqualValues(t, 900, c.Proposal.Over.Used)
	_, err = d.PutCosts(t.Context(), workflow.CostsChange{Actor: by(member), At: minutes(5), Shop: sample.Shop, Costs: []workflow.Cost{{Product: "p", Amount: workflow.Money{Amount: "1.00", Currency: "EUR"}}}})
	require.ErrorContains(t, err, "currency")
}

func TestAnApprovalThatNeedsTwoPeopleIsDecidedByTheSecond(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	_, err := d.PutCosts(t.Context(), workflow.CostsChange{Actor: by(member), At: noon, Shop: sample.Shop, Costs: []workflow.Cost{{Product: "p", Amount: workflow.Money{Amount: "80", Currency: "USD"}}}})
	require.ErrorContains(t, err, "currency", "the shop has to have one first")
	d.ruled(noon, func(r *workflow.Rules) {
		r.TwoAbove = workflow.Money{Amount: "50", Currency: "USD"}
		r.All = []workflow.ShopRule{{Name: "Big ones", Mode: workflow.ModeProposing, Action: workflow.RuleAction{Kind: workflow.ActHoldForTwo}, Conditions: []workflow.Condition{{Fact: workflow.FactProduct, Op: workflow.OneOf, Text: []string{"q"}}}}}
	})
	_, err = d.PutCosts(t.Context(), workflow.CostsChange{Actor: by(member), At: noon, Shop: sample.Shop, Costs: []workflow.Cost{{Product: "p", Amount: workflow.Money{Amount: "80", Currency: "USD"}}}})
	require.NoError(t, err)
	for product, rule := range map[workflow.ProductID]string{"p": "", "q": "Big ones"} {
		id := workflow.ApplicationID("1" + product)
		a := d.asks(id, asker("a", "1"), product, minutes(1))
		ask := approval(a.Round, minutes(2))
		ask.DedupKey = "click" + string(product)
		a, err = d.act(id, ask)
		require.NoError(t, err)
		require.Equal(t, workflow.Pending, a.State())
		require.Equal(t, workflow.Second{By: member, At: minutes(2), Until: deadline.Add(-time.Minute), Rule: rule}, a.Second)
		require.Empty(t, d.waiting(workflow.ReviewLane(a.Key)))
		again, err := d.act(id, ask)
		require.NoError(t, err, "a second delivery is no second person")
		require.Equal(t, a.Round, again.Round)
		_, err = d.act(id, approval(a.Round, minutes(3)))
		requireRefused(t, workflow.RuleSamePerson, err)
		stale := approval(a.Round-1, minutes(3))
		stale.Person = another
		_, err = d.act(id, stale)
		requireRefused(t, workflow.RuleStale, err)
		_, err = d.act(id, workflow.Undone{Actor: by(another), At: minutes(3), Round: a.Round})
		requireRefused(t, workflow.RuleNotYours, err)
		a, err = d.act(id, workflow.Undone{Actor: by(member), At: minutes(3), Round: a.Round})
		require.NoError(t, err)
		require.Zero(t, a.Second)
		a, err = d.act(id, approval(a.Round, minutes(4)))
		require.NoError(t, err)
		agree := approval(a.Round, minutes(5))
		agree.Person = another
		a, err = d.act(id, agree)
		require.NoError(t, err)
		require.Equal(t, workflow.Queued, a.State())
		require.Equal(t, member, a.Decision.Asked)
		require.Equal(t, another, a.Decision.By)
		require.Zero(t, a.Second)
	}
	b := d.asks("2", asker("b", "1"), "p", minutes(6))
	reject := workflow.Decided{Actor: by(member), At: minutes(7), Round: b.Round, Verdict: workflow.Reject, Reason: workflow.Other}
	b, err = d.act("2", reject)
	require.NoError(t, err)
	require.Equal(t, workflow.Queued, b.State(), "a rejection needs one")
}

func TestWhatIsSuggestedIsTakenTogetherAsFarAsItStillIsAndFitsUnderTheCaps(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.has(noon, proven(workflow.ModeProposing, perDay(2)))
	var targets []workflow.Target
	for _, id := range []workflow.ApplicationID{"1", "2", "3", "4"} {
		a := d.asks(id, asker(string(id), "18000"), "p", minutes(1))
		targets = append(targets, workflow.Target{Key: a.Key, Round: a.Round})
	}
	require.Len(t, d.suggested(workflow.ActApprove), 4)
	d.lists(workflow.BlockList, asker("1", ""), minutes(2))
	b := bulk(action(member, "go"), targets...)
	b.At, b.Suggested = minutes(3), true
	r := d.decide(b)
	require.Equal(t, []workflow.ItemState{workflow.ItemDeclined, workflow.ItemWaiting, workflow.ItemWaiting, workflow.ItemDeclined}, states(r))
	require.Equal(t, workflow.RuleNoProposal, r.Items[0].Rule)
	require.Equal(t, workflow.RuleOverCap, r.Items[3].Rule)
	require.Equal(t, 2, d.countsOf(d.rules().All[0].ID)[workflow.CountAgreed])
}

func TestOfTwoWhoDecideAtOnceUnderACapOfOneOneCountsAsTheRules(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.has(noon, proven(workflow.ModeProposing, perDay(1)))
	rounds := map[workflow.ApplicationID]int{}
	for _, id := range []workflow.ApplicationID{"1", "2", "3", "4"} {
		rounds[id] = d.asks(id, asker(string(id), "18000"), "p", minutes(1)).Round
	}
	var all sync.WaitGroup
	for id, round := range rounds {
		all.Go(func() {
			if _, err := d.act(id, approval(round, minutes(2))); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	counted := 0
	for id := range rounds {
		if d.application(id).Decision.Counted.Rule != "" {
			counted++
		}
	}
	require.Equal(t, 1, counted)
}
