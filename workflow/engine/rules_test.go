package engine_test

import (
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
	t.Parallel()
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
	t.Parallel()
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
	t.Parallel()
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

func TestASuggestionThatIsNoDecisionIsTakenByOneOfTwoAndCountsAsAgreement(t *testing.T) {
	for name, action := range map[string]workflow.RuleAction{
		"hold": {Kind: workflow.ActHold}, "assign": {Kind: workflow.ActAssign, Assignee: "U0MEMBER3"}, "campaign": {Kind: workflow.ActCampaign},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, glow)
			c, err := d.CreateCampaign(t.Context(), workflow.Creation{Shop: sample.Shop, Name: "Spring", By: member, At: noon})
			require.NoError(t, err)
			if action.Kind == workflow.ActCampaign {
				action.Campaign = c.ID
			}
			first, below := proven(workflow.ModeProposing), proven(workflow.ModeAutomatic)
			first.Action, below.Name = action, "Below"
			r := d.has(noon, first, below)
			id := r.All[0].ID
			a := d.asks("1", asker("a", "18000"), "p", minutes(1))
			require.Equal(t, id, a.Proposal.Rule)
			take := workflow.TakenProposal{Actor: by(member), At: minutes(2), Key: a.Key, Rule: id, Version: 1, Round: a.Round}
			stale := take
			stale.Version = 7
			_, err = d.TakeProposal(t.Context(), stale)
			requireRefused(t, workflow.RuleNoProposal, err)
			a, err = d.TakeProposal(t.Context(), take)
			require.NoError(t, err)
			require.True(t, action.Done(workflow.FactsOf(a, workflow.KeptFacts{})))
			if action.Kind == workflow.ActHold {
				require.Nil(t, a.Proposal, "a person is on it, and no rule below speaks")
			} else {
				require.Equal(t, "Below", a.Proposal.Name)
				require.Equal(t, workflow.RuleTouched, a.Proposal.Blocked, "no rule decides what a person had in hand")
			}
			_, err = d.TakeProposal(t.Context(), take)
			require.NoError(t, err, "once more by the same person")
			take.Actor = by(another)
			_, err = d.TakeProposal(t.Context(), take)
			requireRefused(t, workflow.RuleTakenAlready, err)
			require.Equal(t, map[workflow.RuleCount]int{workflow.CountAgreed: 1}, d.countsOf(id))

			switch action.Kind {
			case workflow.ActCampaign:
				a, err = d.Leave(t.Context(), workflow.Leaving{Actor: by(member), At: minutes(3), Key: a.Key, Seen: c.ID})
				require.Empty(t, d.countsOf(id), "undone, it was not taken")
			default:
				a, err = d.Apply(t.Context(), a.Key, workflow.OnItEnded{Actor: by(member), At: minutes(3)})
			}
			require.NoError(t, err)
			require.Equal(t, id, a.Proposal.Rule, "there is something to do again")
			a, err = d.Apply(t.Context(), a.Key, workflow.Decided{Actor: by(member), At: minutes(4), Round: a.Round, Verdict: workflow.Reject, Reason: workflow.Other})
			require.NoError(t, err)
			require.Zero(t, d.countsOf(id)[workflow.CountOverruled], "it decides nothing, so nobody decides against it")
			take.Round = a.Round
			_, err = d.TakeProposal(t.Context(), take)
			requireRefused(t, workflow.RuleState, err)
		})
	}
}

func TestWhatHappenedToOneRequestIsLearnedForTheCreatorsOthers(t *testing.T) {
	t.Parallel()
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

func TestAChangeOfRulesIsRefusedWhereSomethingIsWrongOrSomebodyWasFaster(t *testing.T) {
	t.Parallel()
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
