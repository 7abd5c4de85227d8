package engine_test

import (
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// asker is a creator with that many sales in 30 days.
func asker(id, gmv string) workflow.Creator {
	return workflow.Creator{OpenID: id, Username: "handle_" + id, GMV: workflow.Money{Amount: gmv, Currency: "USD"}}
}

// proven is a rule that fits creators who sell for 10,000 at least.
func proven(mode workflow.RuleMode, caps ...workflow.Cap) workflow.ShopRule {
	return workflow.ShopRule{
		Name: "Proven creators", Mode: mode, Action: workflow.RuleAction{Kind: workflow.ActApprove}, Caps: caps,
		Conditions: []workflow.Condition{{Fact: workflow.FactGMV, Op: workflow.AtLeast, Number: 10_000}},
	}
}

func perDay(n int) workflow.Cap {
	return workflow.Cap{Scope: workflow.CapAll, Per: workflow.CapDay, Samples: n}
}

// rules are those that the shop has.
func (d *desk) rules() workflow.Rules {
	d.t.Helper()
	return read(d, func(tx workflow.Tx) (workflow.Rules, error) { return tx.Rules(sample.Shop) })
}

// ruled gives the shop rules in place of those that it has, and evaluates what waits.
func (d *desk) ruled(at time.Time, change func(*workflow.Rules)) workflow.Rules {
	d.t.Helper()
	now := d.rules()
	now.Currency = "USD"
	change(&now)
	r, err := d.PutRules(d.t.Context(), workflow.RulesChange{Actor: by(member), At: at, Seen: now.Version, Rules: now})
	require.NoError(d.t, err)
	d.evaluates(at)
	return r
}

// has gives the shop those rules.
func (d *desk) has(at time.Time, all ...workflow.ShopRule) workflow.Rules {
	d.t.Helper()
	return d.ruled(at, func(r *workflow.Rules) { r.All = all })
}

// evaluates carries out the run that a change of rules leads to.
func (d *desk) evaluates(at time.Time) {
	d.t.Helper()
	for range 100 {
		last, err := d.CarryOn(d.t.Context(), "rules "+workflow.RunID(sample.Shop), at)
		require.NoError(d.t, err)
		if last {
			return
		}
	}
	require.Fail(d.t, "the run does not end")
}

func (d *desk) act(id workflow.ApplicationID, ev workflow.Event) (workflow.Application, error) {
	return d.Apply(d.t.Context(), workflow.Key{Shop: sample.Shop, ID: id}, ev)
}

func (d *desk) suggested(action workflow.ActionKind) (ids []workflow.ApplicationID) {
	d.t.Helper()
	page := read(d, func(tx workflow.Tx) (workflow.Page, error) {
		return tx.Applications(workflow.SuggestedOf(sample.Shop, action), "", 1000)
	})
	for _, a := range page.Applications {
		ids = append(ids, a.Key.ID)
	}
	return ids
}

func (d *desk) countsOf(id workflow.RuleID) map[workflow.RuleCount]int {
	d.t.Helper()
	return read(d, func(tx workflow.Tx) (map[workflow.RuleCount]int, error) {
		return workflow.CountsOfRule(tx, sample.Shop, id, "2026-11-01", "2027-11-01")
	})
}

// lists puts a creator on a list.
func (d *desk) lists(list workflow.ListName, c workflow.Creator, at time.Time) {
	d.t.Helper()
	n, err := d.PutListed(d.t.Context(), []workflow.ListChange{{Actor: by(member), At: at, Shop: sample.Shop, List: list, Creator: c}})
	require.NoError(d.t, err)
	require.Equal(d.t, 1, n)
}

// sends claims an application's decision and has TikTok confirm it; false where there was nothing to send any more.
func (d *desk) sends(id workflow.ApplicationID, at time.Time) bool {
	d.t.Helper()
	waiting := d.waiting(workflow.ReviewLane(workflow.Key{Shop: sample.Shop, ID: id}))
	if len(waiting) == 0 {
		return false
	}
	eff, ok, err := d.Claim(d.t.Context(), waiting[0].ID, at, at.Add(10*time.Second))
	require.NoError(d.t, err)
	if ok {
		d.settle(eff, engine.Outcome{Event: workflow.Confirmed{At: at, Verdict: eff.Review.Verdict}}, at)
	}
	return ok
}

func TestAProposalStandsOnARequestFromFirstSightOnAndFollowsItsFacts(t *testing.T) {
	d := newDesk(t, glow)
	r := d.has(noon, proven(workflow.ModeProposing))
	a := d.asks("1", asker("a", "18000"), "p", minutes(1))
	require.NotNil(t, a.Proposal)
	require.Equal(t, workflow.Pending, a.State(), "it is proposed, and not done")
	require.Equal(t, r.All[0].ID, a.Proposal.Rule)
	require.Equal(t, []workflow.Why{{Fact: workflow.FactGMV, Op: workflow.AtLeast, Known: true, Number: 18_000, Currency: "USD"}}, a.Proposal.Why)
	require.Nil(t, d.asks("2", asker("b", "9000"), "p", minutes(2)).Proposal)
	require.Nil(t, d.asks("3", asker("c", ""), "p", minutes(3)).Proposal, "a number that is not shared fits no bound")
	require.Equal(t, []workflow.ApplicationID{"1"}, d.suggested(workflow.ActApprove))
	require.NotNil(t, a.First)
	require.NotNil(t, d.application("3").First, "facts are kept of all")

	changed := workflow.Reported{At: minutes(9), Began: minutes(9), Snapshot: a.Snapshot}
	changed.Snapshot.Creator.GMV.Amount, changed.Snapshot.ReviewBy = "12", deadline.Add(time.Hour)
	a, err := d.act("1", changed)
	require.NoError(t, err)
	require.Nil(t, a.Proposal)
	require.Empty(t, d.suggested(workflow.ActApprove))
	require.Equal(t, "18000", a.First.GMV.Amount, "what was at first sight stays")
}

func TestFactsAreKeptWithoutAnyRule(t *testing.T) {
	d := newDesk(t, glow)
	a := d.asks("1", asker("a", "18000"), "p", minutes(1))
	require.NotNil(t, a.First)
	a, err := d.act("1", approval(0, minutes(2)))
	require.NoError(t, err)
	require.Nil(t, a.AtDecision, "they are as they were")
	then, ok := a.DecisionFacts()
	require.True(t, ok)
	require.Equal(t, "18000", then.GMV.Amount)
	b := d.asks("2", asker("a", "18000"), "q", minutes(3))
	require.Equal(t, workflow.PastFacts{Requests: 1, OnTheWay: 1}, b.First.Past)
	d.reports("1", workflow.StatusCompleted, minutes(4))
	b, err = d.act("2", approval(0, minutes(5)))
	require.NoError(t, err)
	require.Equal(t, workflow.PastFacts{Requests: 1, Samples: 1, Posted: 1}, b.AtDecision.Past)
}

func TestARuleThatIsWatchedShowsNothingAndCountsWhatPeopleDecide(t *testing.T) {
	d := newDesk(t, glow)
	small := workflow.ShopRule{Name: "Too small", Mode: workflow.ModeProposing, Action: workflow.RuleAction{Kind: workflow.ActReject, Reason: workflow.NotMatch}}
	r := d.has(noon, proven(workflow.ModeWatching), small)
	watched, speaks := r.All[0].ID, r.All[1].ID
	a := d.asks("1", asker("a", "18000"), "p", minutes(1))
	require.Equal(t, speaks, a.Proposal.Rule, "one that is watched takes no other's place")
	require.Equal(t, watched, a.Watched.Rule)
	a, err := d.act("1", approval(a.Round, minutes(2)))
	require.NoError(t, err)
	require.Equal(t, map[workflow.RuleCount]int{workflow.CountAgreed: 1}, d.countsOf(watched))
	require.Equal(t, map[workflow.RuleCount]int{workflow.CountOverruled: 1}, d.countsOf(speaks))
	_, err = d.act("1", workflow.Undone{Actor: by(member), At: minutes(2), Round: a.Round})
	require.NoError(t, err)
	require.Empty(t, d.countsOf(watched), "what is undone counts no more")
	require.Empty(t, d.countsOf(speaks))
}

func TestARuleInAutomaticModeDecidesWithItsOwnUndoWindowAndIsNamedEverywhere(t *testing.T) {
	d := newDesk(t, glow)
	r := d.has(noon, proven(workflow.ModeAutomatic))
	rule := r.All[0]
	a := d.asks("1", asker("a", "18000"), "p", minutes(1))
	require.Equal(t, workflow.Queued, a.State())
	require.Equal(t, rule.ID, a.Decision.Rule)
	require.Equal(t, "Proven creators", a.Decision.RuleName)
	require.Empty(t, a.Decision.By)
	require.Equal(t, minutes(1).Add(workflow.DefaultRuleUndo), a.Decision.SendAt)
	require.Len(t, a.Proposal.Why, 1, "its reasons stay")
	line := d.history(a.Key)[1]
	require.Equal(t, workflow.OnApproved, line.Event)
	require.Equal(t, workflow.Actor{Rule: rule.ID, Surface: workflow.FromRule}, line.By)
	require.Equal(t, "Proven creators", line.RuleName)
	require.Equal(t, map[workflow.RuleCount]int{workflow.CountApproved: 1}, d.countsOf(rule.ID))

	a, err := d.act("1", workflow.Undone{Actor: by(another), At: minutes(5), Round: a.Round})
	require.NoError(t, err, "every reviewer can undo it")
	require.Equal(t, workflow.Pending, a.State())
	require.Equal(t, workflow.RuleTouched, a.Proposal.Blocked, "it is still proposed, and not done again")
	d.tick(minutes(6))
	d.evaluatesAnew(minutes(7))
	require.Equal(t, workflow.Pending, d.application("1").State())
	require.Equal(t, map[workflow.RuleCount]int{workflow.CountUndone: 1, workflow.CountOverruled: 1}, d.countsOf(rule.ID))
	require.Empty(t, d.waiting(workflow.ReviewLane(a.Key)))

	d.asks("2", asker("b", "18000"), "p", minutes(8))
	require.True(t, d.sends("2", minutes(40)))
	require.Equal(t, workflow.AwaitingShipment, d.application("2").State())
}

// evaluatesAnew has all that waits evaluated by rules that are the same but for a name.
func (d *desk) evaluatesAnew(at time.Time) {
	d.t.Helper()
	d.ruled(at, func(r *workflow.Rules) {
		r.All = append(r.All, workflow.ShopRule{Name: "Nobody " + strconv.Itoa(len(r.All)), Mode: workflow.ModeWatching, Action: workflow.RuleAction{Kind: workflow.ActHold}, Conditions: []workflow.Condition{{Fact: workflow.FactFollowers, Op: workflow.AtLeast, Number: 1e9}}})
	})
}

func TestWhatIsOverACapWaitsForAPersonSaysSoAndGoesOnWhenTheDayIsOver(t *testing.T) {
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

func TestWhatARuleDecidedIsTakenBackBeforeItIsSentWhereItWouldNotBeDecidedAnyMore(t *testing.T) {
	second := workflow.ShopRule{Name: "All", Mode: workflow.ModeProposing, Action: workflow.RuleAction{Kind: workflow.ActHold}}
	for name, c := range map[string]struct {
		then  func(d *desk)
		cause workflow.UndoCause
	}{
		"all paused":    {func(d *desk) { d.pauses("", minutes(5)) }, workflow.UndoPaused},
		"paused":        {func(d *desk) { d.pauses(d.rules().All[0].ID, minutes(5)) }, workflow.UndoPaused},
		"removed":       {func(d *desk) { d.has(minutes(5), second) }, workflow.UndoRemoved},
		"changed":       {func(d *desk) { d.ruled(minutes(5), func(r *workflow.Rules) { r.All[0].Conditions[0].Number = 20_000 }) }, workflow.UndoChanged},
		"only proposes": {func(d *desk) { d.ruled(minutes(5), func(r *workflow.Rules) { r.All[0].Mode = workflow.ModeProposing }) }, workflow.UndoChanged},
		"blocked":       {func(d *desk) { d.lists(workflow.BlockList, asker("a", ""), minutes(5)) }, workflow.UndoBlocked},
		"stock gone": {func(d *desk) {
			r := workflow.Reported{At: minutes(5), Began: minutes(5), Snapshot: d.application("1").Snapshot}
			r.Snapshot.Approvable, r.Snapshot.Stock = false, 0
			_, err := d.act("1", r)
			require.NoError(d.t, err)
		}, workflow.UndoFacts},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, glow)
			d.has(noon, proven(workflow.ModeAutomatic), second)
			a := d.asks("1", asker("a", "18000"), "p", minutes(1))
			require.Equal(t, workflow.Queued, a.State())
			id := a.Decision.Rule
			c.then(d)
			a = d.application("1")
			require.Equal(t, workflow.Pending, a.State())
			require.Empty(t, a.Touched)
			require.False(t, d.sends("1", minutes(40)), "nothing is sent")
			lines := d.history(a.Key)
			require.Equal(t, c.cause, lines[len(lines)-1].Cause)
			require.Equal(t, "Proven creators", lines[len(lines)-1].RuleName)
			require.Empty(t, d.countsOf(id)[workflow.CountOverruled], "nobody overruled it")
		})
	}
}

func (d *desk) pauses(id workflow.RuleID, at time.Time) {
	d.t.Helper()
	_, err := d.PauseRules(d.t.Context(), workflow.RulesPause{Actor: by(member), At: at, Shop: sample.Shop, Rule: id, Paused: true})
	require.NoError(d.t, err)
	d.evaluates(at)
}

func TestWhatIsPausedIsNotSentThoughNothingWasTakenBackYet(t *testing.T) {
	d := newDesk(t, glow)
	d.has(noon, proven(workflow.ModeAutomatic))
	d.asks("1", asker("a", "18000"), "p", minutes(1))
	_, err := d.PauseRules(t.Context(), workflow.RulesPause{Actor: by(member), At: minutes(30), Shop: sample.Shop, Paused: true})
	require.NoError(t, err)
	require.False(t, d.sends("1", minutes(31)), "the run has not come to it")
	require.Equal(t, workflow.Pending, d.application("1").State())
	require.Nil(t, d.application("1").Proposal)
	_, err = d.PauseRules(t.Context(), workflow.RulesPause{Actor: by(member), At: minutes(32), Shop: sample.Shop})
	require.NoError(t, err)
	d.evaluates(minutes(32))
	require.Equal(t, workflow.Queued, d.application("1").State(), "it goes on")
}

func TestARuleThatWasChangedToSayTheSameOfARequestLetsItsDecisionStand(t *testing.T) {
	d := newDesk(t, glow)
	d.has(noon, proven(workflow.ModeAutomatic))
	a := d.asks("1", asker("a", "18000"), "p", minutes(1))
	d.ruled(minutes(5), func(r *workflow.Rules) { r.All[0].Conditions[0].Number = 11_000 })
	require.Equal(t, a.Decision, d.application("1").Decision)
	require.True(t, d.sends("1", minutes(40)))
}

func TestNobodyOnTheBlockListIsApprovedByARule(t *testing.T) {
	d := newDesk(t, glow)
	d.has(noon, proven(workflow.ModeAutomatic))
	d.lists("Block ", workflow.Creator{Username: "handle_a"}, noon)
	a := d.asks("1", asker("a", "18000"), "p", minutes(1))
	require.Equal(t, workflow.Pending, a.State())
	require.Equal(t, workflow.ActHold, a.Proposal.Action.Kind)
	require.Equal(t, workflow.RuleBlockList, a.Proposal.Blocked)
	require.Equal(t, []workflow.ApplicationID{"1"}, d.suggested(workflow.ActHold))
	require.Equal(t, []workflow.ListSize{{List: "block", Count: 1}}, read(d, func(tx workflow.Tx) ([]workflow.ListSize, error) { return workflow.ListNames(tx, sample.Shop) }))

	n, err := d.PutListed(t.Context(), []workflow.ListChange{{Actor: by(member), At: minutes(3), Shop: sample.Shop, List: "block", Creator: asker("a", ""), Remove: true}})
	require.NoError(t, err)
	require.Equal(t, 1, n, "who was put on it by name is found by their id")
	require.Equal(t, workflow.Queued, d.application("1").State())
	n, err = d.PutListed(t.Context(), []workflow.ListChange{{Actor: by(member), At: minutes(3), Shop: sample.Shop, List: "block", Creator: asker("a", ""), Remove: true}})
	require.NoError(t, err)
	require.Zero(t, n)
	_, err = d.PutListed(t.Context(), []workflow.ListChange{{Actor: by(member), At: minutes(3), Shop: sample.Shop, List: " ", Creator: asker("a", "")}})
	requireRefused(t, workflow.RuleNoList, err)
}

func TestListsAreSharedByTheShopsWhoseAdminsAgreed(t *testing.T) {
	d := newDesk(t, glow)
	other := workflow.Shop{ID: "2", Name: "Other", SeenAt: noon, InitialSyncDone: true}
	require.NoError(t, d.store.Store.Update(t.Context(), func(tx workflow.Tx) error { return tx.PutShop(other) }))
	d.ruled(noon, func(r *workflow.Rules) { r.ShareLists = true })
	d.lists("vip", asker("a", ""), noon)
	on := func(s workflow.ShopID) []workflow.ListName {
		return read(d, func(tx workflow.Tx) ([]workflow.ListName, error) { return workflow.ListsFor(tx, s, "id:a") })
	}
	require.Equal(t, []workflow.ListName{"vip"}, on(sample.Shop))
	require.Empty(t, on(other.ID))
	_, err := d.PutRules(t.Context(), workflow.RulesChange{Actor: by(member), At: noon, Rules: workflow.Rules{Shop: other.ID, ShareLists: true}})
	require.NoError(t, err)
	require.Equal(t, []workflow.ListName{"vip"}, on(other.ID))
}

func TestAnApprovalThatNeedsTwoPeopleIsDecidedByTheSecond(t *testing.T) {
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

func TestAProposalIsTakenByOneOfTwo(t *testing.T) {
	d := newDesk(t, glow)
	r := d.has(noon, proven(workflow.ModeProposing))
	a := d.asks("1", asker("a", "18000"), "p", minutes(1))
	take := workflow.TakenProposal{Actor: action(member, "m"), At: minutes(2), Key: a.Key, Rule: r.All[0].ID, Round: a.Round, Undo: undoWindow}
	a, err := d.TakeProposal(t.Context(), take)
	require.NoError(t, err)
	require.Equal(t, member, a.Decision.By)
	require.Equal(t, r.All[0].ID, a.Decision.Counted.Rule)
	_, err = d.TakeProposal(t.Context(), take)
	require.NoError(t, err, "a second delivery")
	take.Actor = action(another, "n")
	_, err = d.TakeProposal(t.Context(), take)
	requireRefused(t, workflow.RuleNoProposal, err)
}

func TestARuleThatPeopleOverruleOftenGoesBackToProposingAndSaysWhy(t *testing.T) {
	d := newDesk(t, glow)
	r := d.has(noon, proven(workflow.ModeAutomatic))
	id := r.All[0].ID
	for i := range 20 {
		key := workflow.ApplicationID(strconv.Itoa(i))
		a := d.asks(key, asker(string(key), "18000"), "p", minutes(i))
		require.Equal(t, workflow.Queued, a.State(), i)
		if i%3 != 0 {
			require.True(t, d.sends(key, minutes(i+40)))
			continue
		}
		_, err := d.act(key, workflow.Undone{Actor: by(member), At: minutes(i), Round: a.Round})
		require.NoError(t, err)
		if i == 15 {
			break
		}
	}
	rule, _ := d.rules().Named(id)
	require.Equal(t, workflow.ModeProposing, rule.Mode)
	require.Equal(t, workflow.Demotion{At: minutes(15), Overruled: 6, Of: 16}, rule.Demoted)
	require.Contains(t, d.shopHistory(), workflow.OnRuleDemoted)
	said := d.waiting(workflow.NoticeLane(sample.Shop))
	require.Equal(t, workflow.KindDemoted, said[len(said)-1].Payload.Kind)
	require.Equal(t, workflow.Pending, d.asks("x", asker("x", "18000"), "p", minutes(60)).State())
	require.Empty(t, read(d, func(tx workflow.Tx) (int64, error) { return tx.Tally(sample.Shop, workflow.OutcomesTally(id)) }), "it begins anew")
}

func TestAConditionOnTimeIsAskedAgainWhenItComesDue(t *testing.T) {
	d := newDesk(t, glow)
	last := proven(workflow.ModeAutomatic)
	last.Conditions = append(last.Conditions, workflow.Condition{Fact: workflow.FactHoursLeft, Op: workflow.AtMost, Number: 24})
	d.has(noon, last)
	a := d.asks("1", asker("a", "18000"), "p", minutes(1))
	require.Nil(t, a.Proposal)
	require.Equal(t, deadline.Add(-24*time.Hour), a.RuleNext)
	d.tick(a.RuleNext.Add(-time.Second))
	require.Nil(t, d.application("1").Proposal)
	d.tick(a.RuleNext)
	require.Equal(t, workflow.Queued, d.application("1").State())

	b := d.asks("2", asker("b", "18000"), "p", deadline.Add(-90*time.Second))
	require.Equal(t, workflow.RuleDeadline, b.Proposal.Blocked, "nobody could undo it any more")
}

func TestARuleDecidesNothingThatAPersonHasInHand(t *testing.T) {
	d := newDesk(t, glow)
	a := d.asks("1", asker("a", "18000"), "p", minutes(1))
	b := d.asks("2", asker("b", "18000"), "p", minutes(1))
	c := d.asks("3", asker("c", "18000"), "p", minutes(1))
	_, err := d.act("1", workflow.OnItBegan{Actor: by(member), At: minutes(2)})
	require.NoError(t, err)
	_, err = d.act("2", workflow.Assigned{Actor: by(member), At: minutes(2), To: another})
	require.NoError(t, err)
	_, err = d.act("3", approval(c.Round, minutes(2)))
	require.NoError(t, err, "a person was quicker")
	d.has(minutes(3), proven(workflow.ModeAutomatic))
	require.Equal(t, workflow.Pending, d.application(a.Key.ID).State())
	require.Equal(t, workflow.Pending, d.application(b.Key.ID).State())
	require.Equal(t, member, d.application(c.Key.ID).Decision.By)
}

func TestWhatHappenedToOneRequestIsLearnedForTheCreatorsOthers(t *testing.T) {
	d := newDesk(t, glow)
	posted := workflow.ShopRule{Name: "Posted before", Mode: workflow.ModeProposing, Action: workflow.RuleAction{Kind: workflow.ActApprove}, Conditions: []workflow.Condition{{Fact: workflow.FactPosted, Op: workflow.AtLeast, Number: 1}}}
	d.has(noon, posted)
	d.asks("1", asker("a", "5"), "p", minutes(1))
	require.Nil(t, d.asks("2", asker("a", "5"), "q", minutes(2)).Proposal)
	d.reports("1", workflow.StatusCompleted, minutes(3))
	b := d.application("2")
	require.NotNil(t, b.Proposal)
	require.Equal(t, 1.0, b.Proposal.Why[0].Of)
}

func TestRulesThatLookAtEachOthersOutcomeComeToAnEnd(t *testing.T) {
	d := newDesk(t, glow)
	need := func(name, product string, op workflow.Op, n float64) workflow.ShopRule {
		return workflow.ShopRule{Name: name, Mode: workflow.ModeAutomatic, Action: workflow.RuleAction{Kind: workflow.ActApprove}, Conditions: []workflow.Condition{
			{Fact: workflow.FactProduct, Op: workflow.OneOf, Text: []string{product}}, {Fact: workflow.FactOnTheWay, Op: op, Number: n},
		}}
	}
	d.has(noon, need("A", "p", workflow.AtLeast, 1), need("B", "q", workflow.AtMost, 0))
	d.asks("1", asker("a", "5"), "p", minutes(1))
	d.asks("2", asker("a", "5"), "q", minutes(2))
	d.tick(minutes(3))
}

func TestAChangeOfRulesIsRefusedWhereSomethingIsWrongOrSomebodyWasFaster(t *testing.T) {
	d := newDesk(t, glow)
	r := d.has(noon, proven(workflow.ModeProposing))
	twice := r.With(proven(workflow.ModeProposing))
	_, err := d.PutRules(t.Context(), workflow.RulesChange{Actor: by(member), At: noon, Seen: r.Version, Rules: twice})
	require.ErrorContains(t, err, "taken")
	other := r.With(workflow.ShopRule{Name: "Hold", Mode: workflow.ModeProposing, Action: workflow.RuleAction{Kind: workflow.ActHold}})
	_, err = d.PutRules(t.Context(), workflow.RulesChange{Actor: by(member), At: noon, Seen: r.Version - 1, Rules: other})
	requireRefused(t, workflow.RuleSettingsChanged, err)
	same, err := d.PutRules(t.Context(), workflow.RulesChange{Actor: by(member), At: noon, Seen: 0, Rules: r})
	require.NoError(t, err, "nothing is another")
	require.Equal(t, r.Version, same.Version)
	now, err := d.PutRules(t.Context(), workflow.RulesChange{Actor: action(another, "k"), At: minutes(1), Seen: r.Version, Rules: other.Moved(r.All[0].ID, 5)})
	require.NoError(t, err)
	require.Equal(t, "Hold", now.All[0].Name)
	require.Equal(t, r.All[0], now.All[1], "its own version stays")
	require.Equal(t, another, now.All[0].CreatedBy)
}

func TestWhatRulesDecidedOnADayIsToldOnceInTheMorning(t *testing.T) {
	d := newDesk(t, glow)
	d.has(noon, proven(workflow.ModeAutomatic))
	d.asks("1", asker("a", "18000"), "p", minutes(1))
	morning := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	for range 2 {
		require.NoError(t, d.Morning(t.Context(), sample.Shop, morning))
	}
	id := workflow.RuleDigestNotice(sample.Shop, "2026-11-23")
	require.Equal(t, "2026-11-23", d.notice(id).Day)
	require.Len(t, d.waiting(workflow.Lane("post/"+string(id))), 1)
	require.NoError(t, d.Morning(t.Context(), sample.Shop, morning.AddDate(0, 0, 1)))
}

func TestWhoIsErasedIsOnNoListAnyMore(t *testing.T) {
	d := newDesk(t, glow)
	d.lists("vip", workflow.Creator{Username: "only_listed"}, noon)
	keys, err := d.KnownAs(t.Context(), "only_listed")
	require.NoError(t, err)
	require.NotEmpty(t, keys, "who is only on a list is known too")
	_, err = d.EraseCreator(t.Context(), keys, "op", minutes(1), nil)
	require.NoError(t, err)
	sizes := read(d, func(tx workflow.Tx) ([]workflow.ListSize, error) { return workflow.ListNames(tx, sample.Shop) })
	require.Empty(t, sizes)
}

func TestOfTwoWhoDecideAtOnceUnderACapOfOneOneCountsAsTheRules(t *testing.T) {
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
