package engine_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

func TestADecisionIsSavedWithItsHistoryAndItsEffects(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	a := d.seen()
	onEnqueued := d.woken.Load()
	decided := approval(a.Round, noon.Add(time.Minute))
	after := d.apply(decided)

	m := d.memory()
	require.Equal(t, after, m.Application)
	require.Equal(t, workflow.Queued, after.State())
	require.Equal(t, workflow.Entry{
		At: decided.At, Key: sample, Event: workflow.OnApproved, By: by(member), From: workflow.Pending, To: workflow.Queued,
		Round: 1, Status: workflow.StatusPending, Verdict: workflow.Approve,
	}, m.History[len(m.History)-1])
	require.Equal(t, []workflow.InLane{{Effect: workflow.Effect{
		ID: after.Decision.Review, Kind: workflow.ReviewOnTikTok, Lane: workflow.ReviewLane(sample), Shop: sample.Shop,
		Application: sample.ID, Review: &workflow.Review{Verdict: workflow.Approve}, MadeAt: decided.At,
		NotBefore: decided.At.Add(undoWindow),
	}}}, m.Lanes[workflow.ReviewLane(sample)])
	require.NotEmpty(t, after.Decision.Review)
	require.Len(t, m.Lanes[workflow.CardLane(sample)], 1)
	require.Equal(t, onEnqueued+1, d.woken.Load(), "the courier is told")
}

func TestAStepThatLeadsElsewhereThanTheTableSaysIsLoggedAndCounted(t *testing.T) {
	d := newDesk(t, glow)
	d.apply(reported(workflow.StatusShipped, noon))
	var log strings.Builder
	d.Engine = engine.New(d.store, nil, engine.LogTo(slog.New(slog.NewTextHandler(&log, nil))))
	e := workflow.ContentFound{At: noon}
	d.wayward = true
	defer leadingElsewhere(workflow.OnContentFound)()

	d.store.failAt = 1
	_, err := d.Apply(t.Context(), sample, e)
	require.ErrorIs(t, err, errDisk)
	require.Zero(t, d.Faults(), "what was not kept has not happened")
	d.store.failAt = 0

	require.Equal(t, workflow.Completed, d.apply(e).State(), "what happened is kept all the same")
	require.Equal(t, 1, d.Faults())
	require.Contains(t, log.String(), "A step led to another state than the table of transitions says")
	require.Contains(t, log.String(), sample.String())
}

// leadingElsewhere has the table say that an event leads to another state than it does.
func leadingElsewhere(on workflow.EventKind) (undo func()) {
	i := slices.IndexFunc(workflow.Lifecycle, func(r workflow.Row) bool { return r.On == on })
	to := workflow.Lifecycle[i].To
	workflow.Lifecycle[i].To = workflow.Withdrawn
	return func() { workflow.Lifecycle[i].To = to }
}

func TestARefusalWritesNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	a := d.seen()
	before, kept, onEnqueued := d.memory(), d.store.kept.Load(), d.woken.Load()
	for rule, e := range map[workflow.Rule]workflow.Event{
		workflow.RuleStale:    approval(a.Round+1, noon),
		workflow.RuleDeadline: approval(a.Round, deadline),
		workflow.RuleReason:   workflow.Decided{Actor: by(member), At: noon, Round: a.Round, Verdict: workflow.Reject},
		workflow.RuleState:    workflow.Undone{Actor: by(member), At: noon, Round: a.Round},
	} {
		_, err := d.Apply(t.Context(), sample, e)
		require.Equal(t, a, refusal(t, rule, err).Application)
	}
	_, err := d.Apply(t.Context(), workflow.Key{Shop: sample.Shop, ID: "404"}, approval(0, noon))
	requireRefused(t, workflow.RuleNoApplication, err)

	require.Equal(t, before, d.memory())
	require.Equal(t, kept, d.store.kept.Load())
	require.Equal(t, onEnqueued, d.woken.Load())
}

func TestWhatBringsNoNewsWritesNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	a := d.seen()
	kept := d.store.kept.Load()
	require.Equal(t, a, d.apply(workflow.CardRequested{Actor: by(member), At: noon}), "it has a card")
	require.Equal(t, a, d.apply(reported(workflow.StatusPending, noon.Add(time.Minute))))
	require.Equal(t, kept, d.store.kept.Load())
}

func TestAFailureAnywhereKeepsNothing(t *testing.T) {
	for name, action := range map[string]func(context.Context, *desk) error{
		"a decision": func(ctx context.Context, d *desk) error {
			_, err := d.Apply(ctx, sample, approval(0, noon))
			return err
		},
		"a campaign, a member and an approval": func(ctx context.Context, d *desk) error {
			_, _, err := d.Join(ctx, workflow.Join{Actor: by(member), At: noon, Key: sample, NewName: "Winter", Approve: true, Undo: undoWindow})
			return err
		},
		"an outcome": func(ctx context.Context, d *desk) error {
			eff := d.lane(workflow.CardLane(sample))[0]
			o := engine.Outcome{Event: workflow.PostShown{At: noon, Channel: "C0SAMPLES", TS: "1.1", Hash: "h"}}
			return d.Settle(ctx, eff, o, noon)
		},
		"a run": func(ctx context.Context, d *desk) error {
			_, err := d.Decide(ctx, bulk(by(member), workflow.Target{Key: sample}))
			return err
		},
		"a message": func(ctx context.Context, d *desk) error {
			_, err := d.Write(ctx, workflow.OutboundMessage{Actor: by(member), At: noon, Shop: sample.Shop, Creator: glowDaily, Text: "hello"})
			return err
		},
		"a creator's words": func(ctx context.Context, d *desk) error {
			_, err := d.Receive(ctx, sample.Shop, workflow.InboundBatch{At: noon, ID: "talk-1", Username: "glow.daily", Messages: []workflow.InboundMessage{text("1", "hello", noon)}})
			return err
		},
		"a shop that stopped": func(ctx context.Context, d *desk) error {
			return d.StopShop(ctx, sample.Shop, workflow.FromSync, workflow.Failure{Code: 105005}, noon)
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, glow)
			d.apply(reported(workflow.StatusPending, noon))
			_, ok := d.claim(workflow.CardLane(sample), noon)
			require.True(t, ok)
			before := d.memory()
			for d.store.failAt = 1; ; d.store.failAt++ {
				err := action(t.Context(), d)
				if err == nil {
					break
				}
				require.ErrorIs(t, err, errDisk)
				require.Equal(t, before, d.memory(), "write %d failed", d.store.failAt)
			}
			require.Greater(t, d.store.failAt, 2, "it has more to write than one thing")
			require.NotEqual(t, before, d.memory())
		})
	}
}

func TestOfManyWhoDecideAtOnceOneWins(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	a := d.seen()
	const people = 24
	errs := make([]error, people)
	var all sync.WaitGroup
	for i := range people {
		all.Go(func() {
			e := workflow.Decided{
				Actor: by(workflow.PersonID("U" + strconv.Itoa(i))), At: noon, Round: a.Round, Verdict: workflow.Approve, Undo: undoWindow,
			}
			if i%2 == 1 {
				e.Verdict, e.Reason = workflow.Reject, workflow.NotMatch
			}
			_, errs[i] = d.Apply(t.Context(), sample, e)
		})
	}
	all.Wait()

	m, winner := d.memory(), -1
	for i, err := range errs {
		if err == nil {
			require.Equal(t, -1, winner, "two decisions went through")
			winner = i
		}
	}
	require.NotEqual(t, -1, winner)
	require.Equal(t, workflow.PersonID("U"+strconv.Itoa(winner)), m.Application.Decision.By)
	for i, err := range errs {
		if i != winner {
			told := refusal(t, workflow.RuleStale, err).Application
			require.Equal(t, m.Application, told, "everyone else is told who decided")
		}
	}
	require.Len(t, m.Lanes[workflow.ReviewLane(sample)], 1)
	require.Equal(t, a.Round+1, m.Application.Round)
}

func TestWhatComesTooLateToBeKeptIsNotKept(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	a := d.seen()
	before, onEnqueued := d.memory(), d.woken.Load()
	ctx, cancel := context.WithCancel(t.Context())
	d.store.between = cancel
	_, err := d.Apply(ctx, sample, approval(a.Round, noon))
	require.ErrorIs(t, err, context.Canceled)
	_, err = d.Apply(ctx, sample, approval(a.Round, noon))
	require.ErrorIs(t, err, context.Canceled)
	d.store.between = nil
	require.Equal(t, before, d.memory())
	require.Equal(t, onEnqueued, d.woken.Load())
}

func TestTheHistoryTellsWhoDidWhatAndWhatTikTokAnswered(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	a := d.seen()
	at := func(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }
	failure := workflow.Failure{Code: 16032001, Message: "the creator is in another region", RequestID: "request-1"}

	a = d.apply(approval(a.Round, at(1)))
	a = d.apply(workflow.Undone{Actor: by(member), At: at(2), Round: a.Round})
	e := workflow.Decided{Actor: by(another), At: at(3), Round: a.Round, Verdict: workflow.Reject, Reason: workflow.Offline}
	d.apply(e)
	eff, ok := d.claim(workflow.ReviewLane(sample), at(4))
	require.True(t, ok)
	require.NoError(t, d.Settle(t.Context(), eff, engine.Outcome{Event: workflow.RefusedForGood{At: at(5), Failure: failure}}, at(5)))
	d.apply(reported(workflow.StatusWithdrawn, at(6)))

	line := func(minutes int, event workflow.EventKind, from, to workflow.State, round int) workflow.Entry {
		return workflow.Entry{At: at(minutes), Key: sample, Event: event, From: from, To: to, Round: round, Status: workflow.StatusPending}
	}
	want := []workflow.Entry{
		line(0, workflow.OnReported, workflow.Unseen, workflow.Pending, 0),
		line(1, workflow.OnApproved, workflow.Pending, workflow.Queued, 1),
		line(2, workflow.OnUndone, workflow.Queued, workflow.Pending, 2),
		line(3, workflow.OnRejected, workflow.Pending, workflow.Queued, 3),
		line(4, workflow.OnClaimed, workflow.Queued, workflow.Sending, 3),
		line(5, workflow.OnRefusedForGood, workflow.Sending, workflow.Refused, 4),
		line(6, workflow.OnReported, workflow.Refused, workflow.Withdrawn, 5),
	}
	want[1].By, want[1].Verdict = by(member), workflow.Approve
	want[2].By, want[2].Verdict = by(member), workflow.Approve
	want[3].By, want[3].Verdict, want[3].Reason = by(another), workflow.Reject, workflow.Offline
	want[4].Verdict, want[4].Reason = workflow.Reject, workflow.Offline
	want[5].Verdict, want[5].Reason, want[5].Failure = workflow.Reject, workflow.Offline, failure
	want[6].Status = workflow.StatusWithdrawn
	require.Equal(t, want, d.memory().History, "the card's looks are no part of it")
}

func TestAnUndoneDecisionLeavesNothingToSend(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	a := d.apply(approval(d.seen().Round, noon))
	d.apply(workflow.Undone{Actor: by(member), At: noon, Round: a.Round})
	require.Empty(t, d.lane(workflow.ReviewLane(sample)))
}

func TestAReportEndsADecisionThatWaits(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.apply(approval(d.seen().Round, noon))
	d.apply(reported(workflow.StatusWithdrawn, noon.Add(time.Second)))
	require.Empty(t, d.lane(workflow.ReviewLane(sample)))
}

func TestAClaimedDecisionIsNotTakenBackByAReport(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.apply(approval(d.seen().Round, noon))
	eff, ok := d.claim(workflow.ReviewLane(sample), noon.Add(undoWindow))
	require.True(t, ok)
	d.apply(reported(workflow.StatusWithdrawn, noon.Add(undoWindow)))
	require.Len(t, d.lane(workflow.ReviewLane(sample)), 1)

	require.NoError(t, d.Settle(t.Context(), eff, engine.Outcome{Event: workflow.Confirmed{At: noon.Add(time.Minute), Verdict: workflow.Approve}}, noon.Add(time.Minute)))
	require.Equal(t, workflow.Withdrawn, d.memory().Application.State(), "an answer of ours does not win over a report")
	require.Empty(t, d.lane(workflow.ReviewLane(sample)))
}

func TestADeadlineThatComesNearerReschedulesTheReview(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	e := approval(d.seen().Round, noon)
	e.Undo = time.Hour
	d.apply(e)
	onEnqueued := d.woken.Load()
	r := reported(workflow.StatusPending, noon.Add(time.Minute))
	r.Snapshot.ReviewBy = noon.Add(10 * time.Minute)
	a := d.apply(r)
	require.Equal(t, noon.Add(9*time.Minute), a.Decision.SendAt)
	require.Equal(t, noon.Add(9*time.Minute), d.lane(workflow.ReviewLane(sample))[0].NotBefore)
	require.Equal(t, onEnqueued+1, d.woken.Load())
}

func TestRepaintsOfACardCoalesce(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.seen()
	lane := workflow.CardLane(sample)
	stock := reported(workflow.StatusPending, noon.Add(time.Minute))
	stock.Snapshot.Stock = 0
	d.apply(stock)
	routine := d.lane(lane)
	require.Len(t, routine, 1)
	require.Equal(t, workflow.Routine, routine[0].Priority)

	a := d.apply(approval(0, noon.Add(2*time.Minute)))
	want := routine[0]
	want.Priority = workflow.ForPeople
	require.Equal(t, []workflow.Effect{want}, d.lane(lane), "the one that waits serves, and people wait for it now")

	claimed, ok := d.claim(lane, noon.Add(2*time.Minute))
	require.True(t, ok)
	a = d.apply(workflow.Undone{Actor: by(member), At: noon.Add(3 * time.Minute), Round: a.Round})
	require.Len(t, d.lane(lane), 2, "what is under way may show the card as it was")

	again := engine.Outcome{Then: engine.Again, After: time.Hour}
	require.NoError(t, d.Settle(t.Context(), claimed, again, noon.Add(4*time.Minute)))
	d.apply(approval(a.Round, noon.Add(5*time.Minute)))
	waiting := d.lane(lane)
	require.Len(t, waiting, 2)
	require.Equal(t, noon.Add(64*time.Minute), waiting[0].NotBefore, "one that failed keeps its pause")
}

func TestAnEarlierRepaintReschedulesALaterOne(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.apply(approval(d.seen().Round, noon))
	card, ok := d.claim(workflow.CardLane(sample), noon)
	require.True(t, ok)
	require.NoError(t, d.Settle(t.Context(), card, engine.Outcome{}, noon))

	sent := noon.Add(undoWindow)
	eff, ok := d.claim(workflow.ReviewLane(sample), sent)
	require.True(t, ok)
	require.True(t, d.lane(workflow.CardLane(sample))[0].NotBefore.After(sent), "it waits for the answer")
	answered := sent.Add(100 * time.Millisecond)
	require.NoError(t, d.Settle(t.Context(), eff, engine.Outcome{Event: workflow.Confirmed{At: answered, Verdict: workflow.Approve}}, answered))
	repaint := d.lane(workflow.CardLane(sample))
	require.Len(t, repaint, 1)
	require.Equal(t, answered, repaint[0].NotBefore, "and here it is")
}

func TestRepliesWaitForTheCardAndThenGo(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.apply(reported(workflow.StatusPending, noon))
	d.apply(reported(workflow.StatusAwaitingShipment, noon.Add(time.Minute)))
	thread := workflow.ThreadLane(sample)
	require.True(t, d.lane(thread)[0].Parked)
	_, ok := d.claim(thread, noon.Add(time.Hour))
	require.False(t, ok)

	d.apply(workflow.PostShown{At: noon.Add(time.Hour), Channel: "C0SAMPLES", TS: "1.1", Hash: "h"})
	require.False(t, d.lane(thread)[0].Parked)
	_, ok = d.claim(thread, noon.Add(time.Hour))
	require.True(t, ok)
}

func TestObserveTakesOverWhatIsNewAndOnlyReadsTheRest(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	var all []engine.Observation
	for i := range 250 {
		all = append(all, engine.Observation{ID: workflow.ApplicationID(strconv.Itoa(1000 + i)), Reported: reported(workflow.StatusPending, noon)})
	}
	changed, err := d.Observe(t.Context(), sample.Shop, all)
	require.NoError(t, err)
	require.Equal(t, 250, changed)
	require.EqualValues(t, 3, d.store.kept.Load())
	require.EqualValues(t, 100, d.store.largest.Load(), "clicks never queue behind more than a hundred")

	for i := range all {
		all[i].Reported = reported(workflow.StatusPending, noon.Add(time.Minute))
	}
	changed, err = d.Observe(t.Context(), sample.Shop, all)
	require.NoError(t, err)
	require.Zero(t, changed)
	require.EqualValues(t, 3, d.store.kept.Load(), "no difference, no write")

	all[17].Snapshot.Status = workflow.StatusWithdrawn
	changed, err = d.Observe(t.Context(), sample.Shop, all)
	require.NoError(t, err)
	require.Equal(t, 1, changed)
	require.EqualValues(t, 4, d.store.kept.Load())
}

func TestAnApplicationThatIsMetTwiceOnAPageIsTakenOverOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	twice := []engine.Observation{
		{ID: sample.ID, Reported: reported(workflow.StatusPending, noon)}, {ID: sample.ID, Reported: reported(workflow.StatusPending, noon)},
	}
	changed, err := d.Observe(t.Context(), sample.Shop, twice)
	require.NoError(t, err)
	require.Equal(t, 1, changed)
	require.Len(t, d.memory().History, 1)
	require.Len(t, d.lane(workflow.CardLane(sample)), 1)
}

func TestTheFaultsOfAStoreAreNamedByWhatWasBeingDone(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	eff := workflow.Effect{ID: "R1"}
	_, applied := d.Apply(ctx, sample, approval(0, noon))
	_, observed := d.Observe(ctx, sample.Shop, []engine.Observation{{ID: "1", Reported: reported(workflow.StatusPending, noon)}})
	_, _, claimed := d.Claim(ctx, "R1", noon, noon.Add(time.Second))
	_, extended := d.Extend(ctx, eff, noon)
	_, created := d.CreateCampaign(ctx, workflow.Creation{Shop: sample.Shop, Name: "Winter"})
	for _, err := range []error{
		applied, observed, claimed, extended, created, d.Settle(ctx, eff, engine.Outcome{}, noon), d.EndSweep(ctx, sample.Shop, noon),
		d.StopShop(ctx, sample.Shop, workflow.FromSync, workflow.Failure{Code: 1}, noon), d.ResumeShop(ctx, sample.Shop, workflow.FromSync, noon),
	} {
		require.ErrorIs(t, err, context.Canceled)
	}
	require.ErrorContains(t, applied, sample.String())
	require.False(t, errors.Is(d.EndSweep(t.Context(), "404", noon), context.Canceled))
	require.ErrorIs(t, d.EndSweep(t.Context(), "404", noon), workflow.ErrNotFound)
}
