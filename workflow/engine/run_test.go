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

func numbered(n int) workflow.Key {
	return workflow.Key{Shop: sample.Shop, ID: workflow.ApplicationID(strconv.Itoa(n))}
}

// waiters has applications 1 to n come, each of a creator of its own.
func (d *desk) waiters(n int) (all []workflow.Target) {
	d.t.Helper()
	var seen []engine.Observation
	for i := 1; i <= n; i++ {
		r := reported(workflow.StatusPending, noon)
		name := "creator_" + strconv.Itoa(i)
		r.Snapshot.Creator = workflow.Creator{OpenID: "id_" + strconv.Itoa(i), Username: name}
		seen = append(seen, engine.Observation{ID: numbered(i).ID, Reported: r})
		all = append(all, workflow.Target{Key: numbered(i)})
	}
	_, err := d.Observe(d.t.Context(), sample.Shop, seen)
	require.NoError(d.t, err)
	return all
}

func bulk(who workflow.Actor, targets ...workflow.Target) workflow.Bulk {
	return workflow.Bulk{Actor: who, At: noon, Shop: sample.Shop, Verdict: workflow.Approve, Targets: targets, Undo: undoWindow}
}

func (d *desk) decide(b workflow.Bulk) workflow.Run {
	d.t.Helper()
	r, err := d.Decide(d.t.Context(), b)
	require.NoError(d.t, err)
	require.Equal(d.t, r, d.run(r.ID))
	return r
}

// states returns where the items of a run stand.
func states(r workflow.Run) (all []workflow.ItemState) {
	for _, i := range r.Items {
		all = append(all, i.State)
	}
	return all
}

func TestARunIsBegunInOneTransactionAndDeclinesRowByRow(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	targets := d.waiters(5)
	_, err := d.Apply(t.Context(), numbered(2), workflow.Decided{Actor: by(another), At: noon, Verdict: workflow.Reject, Reason: workflow.Other, Undo: undoWindow})
	require.NoError(t, err)
	r := reported(workflow.StatusPending, minutes(1))
	r.Snapshot.Approvable, r.Snapshot.Creator = false, d.application("3").Snapshot.Creator
	_, err = d.Apply(t.Context(), numbered(3), r)
	require.NoError(t, err)
	d.reports("4", workflow.StatusWithdrawn, minutes(1))
	targets[3].Round = 1
	kept := d.store.kept.Load()

	run := d.decide(bulk(action(member, "view-1"), append(targets, targets[0], workflow.Target{Key: numbered(404)}, workflow.Target{Key: workflow.Key{Shop: "another", ID: "1"}})...))
	require.Equal(t, kept+1, d.store.kept.Load())
	item := func(n int, state workflow.ItemState, rule workflow.Rule, stage workflow.Stage, who workflow.PersonID) workflow.RunItem {
		i := workflow.RunItem{Key: numbered(n), Product: "Glow serum, 30 ml", State: state, Rule: rule, Stage: stage, By: who}
		i.Creator.Username = "creator_" + strconv.Itoa(n)
		if state == workflow.ItemWaiting {
			i.Review = d.application(numbered(n).ID).Decision.Review
		}
		return i
	}
	require.Equal(t, workflow.Run{
		ID: "U0MEMBER1 view-1", Kind: workflow.RunDecisions, Shop: sample.Shop, By: member, At: noon, Verdict: workflow.Approve, Undo: undoWindow, Items: []workflow.RunItem{
			item(1, workflow.ItemWaiting, "", "", ""),
			item(2, workflow.ItemDeclined, workflow.RuleStale, workflow.StageReview, another),
			item(3, workflow.ItemDeclined, workflow.RuleNotApprovable, workflow.StageReview, ""),
			item(4, workflow.ItemDeclined, workflow.RuleState, workflow.StageWithdrawn, ""),
			item(5, workflow.ItemWaiting, "", "", ""),
			{Key: numbered(404), State: workflow.ItemDeclined, Rule: workflow.RuleNoApplication},
		},
	}, run)
	for _, n := range []int{1, 5} {
		a := d.application(numbered(n).ID)
		require.Equal(t, workflow.Queued, a.State())
		require.Equal(t, run.ID, a.Decision.Run)
		h := d.history(a.Key)
		require.Equal(t, workflow.FromBulk, h[len(h)-1].By.Surface)
	}
	require.Equal(t, workflow.Notice{ID: workflow.RunNotice(run.ID), Shop: sample.Shop, Kind: workflow.KindRun, Run: run.ID}, d.notice(workflow.RunNotice(run.ID)))
	require.Len(t, d.waiting("post/run/U0MEMBER1 view-1"), 1)
}

func TestARunIsRefusedWhereThereIsNothingToDoOrTooMuch(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	targets := d.waiters(workflow.MaxRun + 1)
	before := d.store.writes.Load()
	unreasoned := bulk(by(member), targets[0])
	unreasoned.Verdict = workflow.Reject
	for rule, b := range map[workflow.Rule]workflow.Bulk{
		workflow.RuleTooMany: bulk(by(member), targets...), workflow.RuleReason: unreasoned, workflow.RuleNothingChosen: bulk(by(member)),
	} {
		_, err := d.Decide(t.Context(), b)
		requireRefused(t, rule, err)
	}
	_, err := d.Decide(t.Context(), bulk(by(member), workflow.Target{Key: workflow.Key{Shop: "another", ID: "1"}}))
	requireRefused(t, workflow.RuleNothingChosen, err)
	require.Equal(t, before, d.store.writes.Load())
}

func TestARunOfWhichNothingCanBeDecidedHasEnded(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	r := d.decide(bulk(by(member), workflow.Target{Key: numbered(404)}))
	require.True(t, r.Ended())
	require.Equal(t, noon, r.EndsAt)
}

func TestARunTellsWhatBecameOfEachDecisionAndEndsOnce(t *testing.T) {
	failure := workflow.Failure{Code: 16032001, Message: "another region"}
	d := newDesk(t, glow)
	r := d.decide(bulk(action(member, "1"), d.waiters(7)...))
	notice := workflow.Lane("post/" + string(workflow.RunNotice(r.ID)))
	shown := func() { // the notice's message is brought up to date
		t.Helper()
		d.deliver(notice, workflow.PostShown{At: noon, Channel: "C0SAMPLES", TS: "7.1", Hash: strconv.Itoa(int(d.store.writes.Load()))}, minutes(9))
		require.Empty(t, d.waiting(notice))
	}
	item := func(n int) workflow.RunItem { return d.run(r.ID).Items[n-1] }
	lane := func(n int) workflow.Lane { return workflow.ReviewLane(numbered(n)) }
	shown()

	e := d.take(lane(1), minutes(1))
	require.Empty(t, d.waiting(notice), "that it is being sent is nothing to count")
	d.settle(e, engine.Outcome{Event: workflow.Confirmed{At: minutes(1), Verdict: workflow.Approve}}, minutes(1))
	require.Equal(t, workflow.ItemConfirmed, item(1).State)
	shown()

	d.deliver(lane(2), workflow.RefusedForGood{At: minutes(1), Failure: failure}, minutes(1))
	require.Equal(t, workflow.ItemRefused, item(2).State)
	require.Equal(t, failure, item(2).Failure)
	shown()

	_, err := d.Apply(t.Context(), numbered(3), workflow.Undone{Actor: action(member, "undo"), At: minutes(1), Round: 1})
	require.NoError(t, err)
	require.Equal(t, workflow.ItemUndone, item(3).State)
	require.Equal(t, member, item(3).By)
	shown()

	d.reports("4", workflow.StatusWithdrawn, minutes(1))
	require.Equal(t, workflow.ItemElsewhere, item(4).State)
	require.Equal(t, workflow.StageWithdrawn, item(4).Stage)
	shown()

	barred := workflow.Failure{Code: 105005, Message: "no scope"}
	d.settle(d.take(lane(5), minutes(1)), engine.Outcome{Event: workflow.HeldUp{At: minutes(1), Failure: barred}, Then: engine.Again}, minutes(1))
	require.Equal(t, workflow.ItemWaiting, item(5).State)
	require.Equal(t, barred, item(5).Failure)
	shown()
	nearer := reported(workflow.StatusPending, minutes(2))
	nearer.Snapshot.ReviewBy, nearer.Snapshot.Creator = minutes(5), d.application("5").Snapshot.Creator
	_, err = d.Apply(t.Context(), numbered(5), nearer)
	require.NoError(t, err)
	require.Equal(t, workflow.ItemWaiting, item(5).State, "the report changed something else")
	require.Empty(t, d.waiting(notice))
	d.deliver(lane(5), workflow.Confirmed{At: minutes(2), Verdict: workflow.Approve}, minutes(2))
	require.Equal(t, workflow.RunItem{}.Failure, item(5).Failure)

	d.settle(d.take(lane(6), minutes(1)), engine.Outcome{Event: workflow.AnswerLost{At: minutes(1), Failure: workflow.Failure{Message: "lost"}}, Then: engine.Again, Verifications: 1}, minutes(1))
	require.Equal(t, workflow.ItemWaiting, item(6).State)
	d.reports("6", workflow.StatusAwaitingShipment, minutes(2))
	require.Equal(t, workflow.ItemConfirmed, item(6).State, "a sweep saw what the lost answer would have told")

	require.False(t, d.run(r.ID).Ended())
	d.reports("7", workflow.StatusAwaitingShipment, minutes(3))
	require.Equal(t, workflow.ItemElsewhere, item(7).State, "nobody had sent it, so somebody else approved it")
	ended := d.run(r.ID)
	require.Equal(t, minutes(3), ended.EndsAt)
	shown()
	require.Equal(t, 3, ended.Count(workflow.ItemConfirmed))

	// What comes later is none of the run's business.
	d.reports("1", workflow.StatusPending, minutes(30))
	for _, n := range []int{1, 2, 3} {
		a := d.application(numbered(n).ID)
		a, err := d.Apply(t.Context(), a.Key, workflow.Decided{Actor: by(another), At: minutes(31), Round: a.Round, Verdict: workflow.Approve})
		require.NoError(t, err)
		require.Empty(t, a.Decision.Run)
		d.deliver(lane(n), workflow.Confirmed{At: minutes(32), Verdict: workflow.Approve}, minutes(32))
	}
	require.Equal(t, ended, d.run(r.ID))
	require.Empty(t, d.waiting(notice))
}

func TestARunIsTakenBackByWhoeverBeganItOrByAnAdminAsFarAsItWasNotSent(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	r := d.decide(bulk(action(member, "1"), d.waiters(4)...))
	_, err := d.UndoRun(t.Context(), r.ID, by(another), noon)
	require.Equal(t, member, refusal(t, workflow.RuleNotYours, err).Application.Decision.By)
	_, err = d.UndoRun(t.Context(), "404", by(member), noon)
	requireRefused(t, workflow.RuleNoRun, err)

	sending := d.take(workflow.ReviewLane(numbered(1)), minutes(1))
	_, err = d.Apply(t.Context(), numbered(2), workflow.Undone{Actor: by(member), At: noon, Round: 1})
	require.NoError(t, err)
	_, err = d.Apply(t.Context(), numbered(2), workflow.Decided{Actor: by(another), At: noon, Round: 2, Verdict: workflow.Reject, Reason: workflow.Other, Undo: time.Hour})
	require.NoError(t, err)
	n, err := d.UndoRun(t.Context(), r.ID, workflow.Actor{Person: another, Admin: true}, minutes(1))
	require.NoError(t, err)
	require.Equal(t, 2, n)
	require.Equal(t, []workflow.ItemState{workflow.ItemWaiting, workflow.ItemUndone, workflow.ItemUndone, workflow.ItemUndone}, states(d.run(r.ID)))
	require.Equal(t, workflow.Reject, d.application("2").Decision.Verdict, "what was decided by hand since is another matter")
	require.False(t, d.run(r.ID).Ended())
	d.settle(sending, engine.Outcome{Event: workflow.Confirmed{At: minutes(2), Verdict: workflow.Approve}}, minutes(2))
	require.Equal(t, minutes(2), d.run(r.ID).EndsAt)
	_, err = d.UndoRun(t.Context(), r.ID, by(member), minutes(3))
	requireRefused(t, workflow.RuleNoRun, err)
}

func TestOfTwoRunsOverTheSameApplicationsEachIsDecidedOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	targets := d.waiters(40)
	runs := make([]workflow.Run, 2)
	var both sync.WaitGroup
	for i, who := range []workflow.PersonID{member, another} {
		both.Go(func() {
			b := bulk(action(who, "view"), targets[i*10:i*10+30]...)
			if i == 1 {
				b.Verdict, b.Reason = workflow.Reject, workflow.Other
			}
			runs[i], _ = d.Decide(t.Context(), b)
		})
	}
	both.Wait()
	require.Equal(t, 40, runs[0].Count(workflow.ItemWaiting)+runs[1].Count(workflow.ItemWaiting))
	for i, r := range runs {
		for _, item := range r.Items {
			a := d.application(item.Key.ID)
			if item.State == workflow.ItemWaiting {
				require.Equal(t, r.ID, a.Decision.Run)
				continue
			}
			require.Equal(t, runs[1-i].ID, a.Decision.Run)
			require.Equal(t, runs[1-i].By, item.By, "it tells who was first")
		}
	}
}

func TestARunSurvivesAKillAtAnyPoint(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	targets := d.waiters(3)
	sent := map[workflow.EffectID]int{}
	for d.store.failAt = 1; ; d.store.failAt++ {
		_, err := d.Decide(t.Context(), bulk(action(member, "view"), targets...))
		d.restart()
		if err == nil {
			break
		}
		require.Equal(t, workflow.Pending, d.application("1").State(), "all of it or nothing")
	}
	d.store.failAt = 0
	r := d.decide(bulk(action(member, "view"), targets...))
	require.Equal(t, 3, r.Count(workflow.ItemWaiting), "a second delivery finds the run")
	for n := 1; n <= 3; n++ {
		lane := workflow.ReviewLane(numbered(n))
		first := d.take(lane, minutes(1))
		sent[first.ID]++
		d.restart() // killed after TikTok did it, before that was kept
		e := d.take(lane, minutes(1))
		require.True(t, e.Begun, "an earlier attempt may have had its effect: look first")
		done := engine.Outcome{Event: workflow.Confirmed{At: minutes(n), Verdict: workflow.Approve}}
		for d.store.failAt = 1; d.Settle(t.Context(), e, done, minutes(1)) != nil; d.store.failAt++ {
			require.Equal(t, workflow.ItemWaiting, d.run(r.ID).Items[n-1].State)
		}
		d.store.failAt = 0
		d.restart()
		require.Equal(t, n == 3, d.run(r.ID).Ended())
	}
	require.Len(t, sent, 3)
	require.Equal(t, minutes(3), d.run(r.ID).EndsAt)
	require.Equal(t, 3, d.run(r.ID).Count(workflow.ItemConfirmed))
}

func TestARunGivesNoCardToWhatHasNoneAndADeadlineDoesLater(t *testing.T) {
	t.Parallel()
	d := newDesk(t, newcomer())
	d.backlog(40, func(i int) time.Duration { return 100*time.Hour + time.Duration(i)*time.Minute }, true)
	d.endSweep(noon)
	require.Len(t, d.carded(), 30)
	var targets []workflow.Target
	for i := 28; i < 38; i++ {
		targets = append(targets, workflow.Target{Key: workflow.Key{Shop: sample.Shop, ID: waitingID(i)}})
	}
	d.decide(bulk(action(member, "1"), targets...))
	for i, target := range targets {
		a := d.application(target.Key.ID)
		require.Equal(t, workflow.Queued, a.State())
		require.Equal(t, i < 2, a.Card.Wanted, "the run's message tells of the others")
	}
	_, err := d.UndoRun(t.Context(), workflow.RunID(string(member)+" 1"), by(member), minutes(0))
	require.NoError(t, err)
	require.False(t, d.application(waitingID(37)).Card.Wanted)
	d.endSweep(noon.Add(75 * time.Hour)) // their deadlines have come close
	require.True(t, d.application(waitingID(37)).Card.Wanted)
}
