package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

const inParts = 2*workflow.MaxRun + 30

// planned has applications wait, and a member's plan to approve them all.
func (d *desk) planned(n int, token string) workflow.Bulk {
	d.t.Helper()
	targets := d.waiters(n)
	require.NoError(d.t, d.Plan(d.t.Context(), workflow.Plan{Person: member, Shop: sample.Shop, At: noon, Token: token, Targets: targets}))
	b := bulk(action(member, "view"))
	b.Plan = token
	return b
}

// carryOn goes on with a run to its end, and returns in how many transactions.
func (d *desk) carryOn(id workflow.RunID, at time.Time) (parts int) {
	d.t.Helper()
	for {
		last, err := d.CarryOn(d.t.Context(), id, at)
		require.NoError(d.t, err)
		if parts++; last {
			return parts
		}
	}
}

func TestAPlanIsBegunAtOnceAndCarriedOutPartByPart(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	b := d.planned(inParts, "token")
	_, err := d.Apply(t.Context(), numbered(2), workflow.Decided{Actor: by(another), At: noon, Verdict: workflow.Reject, Reason: workflow.Other, Undo: undoWindow})
	require.NoError(t, err)
	r := d.decide(b)
	require.Equal(t, [2]int{inParts, inParts}, [2]int{r.Size(), r.Count(workflow.ItemPlanned)})
	require.Equal(t, workflow.Pending, d.application("1").State(), "it is on disk, and comes later")
	again, err := d.Decide(t.Context(), b)
	require.NoError(t, err)
	require.Equal(t, r, again, "a second delivery begins no second run")
	require.Len(t, d.waiting(workflow.RunLane(r.ID)), 1)

	require.Equal(t, 3, d.carryOn(r.ID, minutes(1)))
	r = d.run(r.ID)
	require.Equal(t, map[workflow.ItemState]int{workflow.ItemWaiting: inParts - 1, workflow.ItemDeclined: 1}, r.Tally)
	first := d.run(r.Part(0)).Items[1]
	require.Equal(t, [3]any{workflow.RuleStale, another, workflow.ItemDeclined}, [3]any{first.Rule, first.By, first.State}, "what changed meanwhile is left out, and told")
	a := d.application(numbered(inParts).ID)
	require.Equal(t, minutes(1).Add(undoWindow), a.Decision.SendAt, "the undo window is each decision's own")

	d.deliver(workflow.ReviewLane(numbered(1)), workflow.Confirmed{At: minutes(2), Verdict: workflow.Approve}, minutes(2))
	d.deliver(workflow.ReviewLane(numbered(150)), workflow.RefusedForGood{At: minutes(2), Failure: workflow.Failure{Code: 1}}, minutes(2))
	r = d.run(r.ID)
	require.Equal(t, [3]int{inParts - 3, 1, 1}, [3]int{r.Count(workflow.ItemWaiting), r.Count(workflow.ItemConfirmed), r.Count(workflow.ItemRefused)})
	require.False(t, r.Ended())
	for n := 3; n <= inParts; n++ {
		if n != 150 {
			d.deliver(workflow.ReviewLane(numbered(n)), workflow.Confirmed{At: minutes(3), Verdict: workflow.Approve}, minutes(3))
		}
	}
	r = d.run(r.ID)
	require.Equal(t, minutes(3), r.EndsAt)
	require.Equal(t, inParts, r.Size())
	require.Equal(t, inParts-2, r.Count(workflow.ItemConfirmed))
}

func TestAPlanIsOfItsPersonAndOfTheirLastPreview(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	old := d.planned(inParts, "old")
	fresh := d.planned(inParts, "new")
	theirs, elsewhere := fresh, fresh
	theirs.Actor, elsewhere.Shop = action(another, "view"), "another"
	before := d.store.writes.Load()
	for _, b := range []workflow.Bulk{old, theirs, elsewhere} {
		_, err := d.Decide(t.Context(), b)
		requireRefused(t, workflow.RulePlanGone, err)
	}
	requireRefused(t, workflow.RuleNothingChosen, d.Plan(t.Context(), workflow.Plan{Person: member}))
	requireRefused(t, workflow.RuleTooMany, d.Plan(t.Context(), workflow.Plan{Person: member, Targets: make([]workflow.Target, workflow.MaxPlan+1)}))
	require.Equal(t, before, d.store.writes.Load())
	require.Equal(t, inParts, d.decide(fresh).Size())
}

func TestARunInPartsSurvivesAKillAtAnyPointAndDecidesEachOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	b := d.planned(inParts, "token")
	for d.store.failAt = 1; ; d.store.failAt += 7 {
		_, err := d.Decide(t.Context(), b)
		d.restart()
		if err == nil {
			break
		}
	}
	d.store.failAt = 0
	id := d.decide(b).ID
	for part := range 3 {
		for d.store.failAt = 1; ; d.store.failAt += 97 {
			_, err := d.CarryOn(t.Context(), id, minutes(1))
			d.restart()
			if err == nil {
				break
			}
			require.Equal(t, part, d.run(id).Begun, "all of a part, or nothing")
		}
		d.store.failAt = 0
	}
	require.Equal(t, inParts, d.run(id).Count(workflow.ItemWaiting))
	for n := 1; n <= inParts; n++ {
		a := d.application(numbered(n).ID)
		require.Equal(t, 1, a.Round)
		require.Len(t, d.waiting(workflow.ReviewLane(a.Key)), 1)
	}
	require.Equal(t, 1, d.carryOn(id, minutes(2)), "nothing is left")
	require.Equal(t, inParts, d.run(id).Count(workflow.ItemWaiting))
}

func TestARunInPartsIsUndoneAsFarAsItWasNotSentAlsoWhatWasOnlyPlanned(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	r := d.decide(d.planned(inParts, "token"))
	_, err := d.CarryOn(t.Context(), r.ID, noon)
	require.NoError(t, err)
	sending := d.take(workflow.ReviewLane(numbered(1)), minutes(1))
	_, err = d.UndoRun(t.Context(), r.ID, by(another), minutes(1))
	requireRefused(t, workflow.RuleNotYours, err)
	n, err := d.UndoRun(t.Context(), r.ID, action(member, "undo"), minutes(1))
	require.NoError(t, err)
	require.Positive(t, n)
	_, err = d.UndoRun(t.Context(), r.ID, action(member, "undo"), minutes(1))
	require.NoError(t, err, "a second delivery")
	_, err = d.UndoRun(t.Context(), r.ID, action(member, "undo again"), minutes(1))
	requireRefused(t, workflow.RuleNoRun, err)
	require.Equal(t, 3, d.carryOn(r.ID, minutes(1)))
	r = d.run(r.ID)
	require.Equal(t, map[workflow.ItemState]int{workflow.ItemUndone: inParts - 1, workflow.ItemWaiting: 1}, r.Tally)
	require.Equal(t, [2]workflow.State{workflow.Pending, workflow.Pending}, [2]workflow.State{d.application("2").State(), d.application("230").State()})
	d.settle(sending, engine.Outcome{Event: workflow.Confirmed{At: minutes(2), Verdict: workflow.Approve}}, minutes(2))
	require.True(t, d.run(r.ID).Ended())
	require.Empty(t, d.waiting(workflow.ReviewLane(numbered(2))))
}

func TestManyAreAddedToACampaignAtOnceAndNoneIsMovedOutOfAnother(t *testing.T) {
	t.Parallel()
	for name, n := range map[string]int{"at once": 5, "in parts": workflow.MaxRun + 5} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, glow)
			b := d.planned(n, "token")
			if n <= workflow.MaxRun {
				b.Plan, b.Targets = "", d.waiters(n)
			}
			b.NewName, b.Verdict = "Autumn", ""
			_, _, err := d.Join(t.Context(), workflow.Join{Actor: by(another), At: noon, Key: numbered(1), NewName: "Spring"})
			require.NoError(t, err)
			_, err = d.Apply(t.Context(), numbered(2), workflow.Decided{Actor: by(another), At: noon, Verdict: workflow.Approve, Undo: undoWindow})
			require.NoError(t, err)
			r := d.decide(b)
			if r.Parts > 0 {
				d.carryOn(r.ID, noon)
				r = d.run(r.ID)
			}
			require.Equal(t, [2]any{workflow.RunJoins, "Autumn"}, [2]any{r.Kind, r.Name})
			require.True(t, r.Ended())
			require.Equal(t, [2]int{n - 2, 2}, [2]int{r.Count(workflow.ItemAdded), r.Count(workflow.ItemDeclined)})
			require.NotEqual(t, r.Campaign, d.application("1").Campaign, "it stays where it is")
			require.Empty(t, d.application("2").Campaign, "it changed after it was shown")
			require.Equal(t, r.Campaign, d.application("3").Campaign)
			_, err = d.UndoRun(t.Context(), r.ID, by(member), noon)
			requireRefused(t, workflow.RuleNoRun, err)
		})
	}
	d := newDesk(t, glow)
	b := bulk(by(member), d.waiters(1)...)
	b.Campaign = "gone"
	_, err := d.Decide(t.Context(), b)
	requireRefused(t, workflow.RuleNoCampaign, err)
}
