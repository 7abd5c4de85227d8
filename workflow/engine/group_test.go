package engine_test

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

func TestManyStepsAtOnceAreOneMessage(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	var all []workflow.Key
	for i := range 12 {
		all = append(all, d.asked(strconv.Itoa(100+i), deadline.Add(-time.Duration(i)*time.Second), noon))
	}
	require.Equal(t, 12, d.tick(due(48*time.Hour)))
	require.Equal(t, 0, d.tick(due(48*time.Hour)))
	d.restart()
	d.tick(due(47 * time.Hour))
	require.Equal(t, []string{"day of 12 thread at 28 12:00"}, d.groups())

	for _, k := range all {
		require.Empty(t, d.steps(k))
		h := d.history(k)
		require.Equal(t, workflow.OnStepDue, h[len(h)-1].Event)
		require.True(t, h[len(h)-1].Grouped)
	}
	d.tick(due(24 * time.Hour))
	require.Equal(t, []string{"day of 12 thread at 28 12:00", "12 review 24h reviewers at 29 12:00"}, d.groups())
	named := d.notice(workflow.StepNotice(sample.Shop, workflow.ReviewDeadline, 24*time.Hour, due(24*time.Hour))).Agenda.Keys
	require.Len(t, named, 10)
	require.Equal(t, all[11], named[0], "the most urgent first")
}

func TestAFewStepsAtOnceThatMeanNobodyAreToldEachInItsThread(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	for i := range 5 {
		d.asked(strconv.Itoa(100+i), deadline, noon)
	}
	require.Equal(t, 5, d.tick(due(48*time.Hour)))
	require.Empty(t, d.groups())
	for i := range 5 {
		require.Equal(t, []string{"review 48h thread at 28 12:00"}, d.steps(numbered(100+i)))
	}
}

func TestAStepThatMeansPeopleIsOneMessageForAllThatComeToItAndOneInTheThreadOfOne(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	soon := d.asked("100", deadline.Add(-time.Hour), noon)
	d.asked("101", deadline, noon)
	d.asked("102", deadline, noon)
	d.ticks(due(30*time.Hour), deadline)
	require.Equal(t, []string{"2 review 24h reviewers at 29 12:00", "2 review 6h channel at 30 06:00", "2 review 1h admins at 30 11:00"}, d.groups())
	require.Equal(t, []string{"review 48h thread at 29 06:00", "review 24h reviewers at 29 11:00", "review 6h channel at 30 05:00", "review 1h admins at 30 10:00"}, d.steps(soon))
}

func TestWhatTheMorningTellsIsNotToldAgainAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	at := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC) // three hours before the deadline
	for i := range 20 {
		d.asked(strconv.Itoa(100+i), deadline.Add(time.Duration(i)*2*time.Hour), noon)
	}
	d.morningAt(at)
	require.Equal(t, 20, d.tick(at))
	require.Equal(t, []string{"day of 20 channel at 30 09:00"}, d.groups())
	d.tick(due(time.Hour))
	d.tick(due(time.Hour).Add(time.Minute))
	require.Equal(t, []string{"day of 20 channel at 30 09:00"}, d.groups(), "one alone is told in its thread")
	require.Equal(t, []string{"review 1h admins at 30 11:00"}, d.steps(numbered(100)))
}

func TestAStepThatTheDaysMessageToldIsQuietInItsThread(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.seen()
	at := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
	d.morningAt(at)
	d.tick(at)
	payloads, _ := d.thread(sample)
	require.True(t, payloads[len(payloads)-1].Told)
	d.tick(due(time.Hour))
	payloads, _ = d.thread(sample)
	require.False(t, payloads[len(payloads)-1].Told, "the message is a few hours old")
}

func TestADecisionTakenBackAfterAGroupSpokeOfItRepeatsNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.seen()
	d.askedBy(150, 100, deadline.Add(-time.Minute), noon)
	d.tick(noon) // sets the timers
	d.dies(4)    // the day's message, the group begun and made, and the sample's batch does not come any more
	_, err := d.Tick(d.dying(), sample.Shop, due(48*time.Hour))
	require.Error(t, err)
	d.lives()
	d.approves(due(48 * time.Hour).Add(time.Second))
	d.undoes(due(48 * time.Hour).Add(2 * time.Second))
	d.tick(due(47 * time.Hour))
	require.Equal(t, []string{"day of 40 thread at 28 12:00"}, d.groups())
	require.Empty(t, d.steps(sample))
	d.tick(due(24 * time.Hour))
	require.Equal(t, []string{"day of 40 thread at 28 12:00", "151 review 24h reviewers at 29 12:00"}, d.groups())
}

// dies lets so many transactions be kept, and has the desk die in the next.
func (d *desk) dies(after int) {
	ctx, cancel := context.WithCancel(d.t.Context())
	d.t.Cleanup(cancel)
	d.last = ctx
	d.store.between = func() {
		if after--; after < 0 {
			cancel()
		}
	}
}

// dying is the context of a desk that dies.
func (d *desk) dying() context.Context { return d.last }

// lives is what a desk finds that is started again after it died.
func (d *desk) lives() {
	d.t.Helper()
	d.store.between = nil
	d.restart()
}

func TestStepsThatWerePastAtFirstSightAreOneMessage(t *testing.T) {
	shop := glow
	shop.InitialSyncDone = false
	d := newDesk(t, shop)
	at := due(20 * time.Hour)
	soon, also := d.asked("100", deadline, at), d.asked("101", deadline.Add(time.Hour), at)
	later, alone := d.asked("102", deadline.Add(10*time.Hour), at), d.asked("103", deadline.Add(10*time.Hour), at)
	d.tick(at)
	require.Empty(t, d.groups(), "its first sweep goes on")
	require.NoError(t, d.EndSweep(t.Context(), sample.Shop, at))
	d.tick(at)
	require.Equal(t, []string{"day of 4 reviewers at 29 16:00"}, d.groups())
	for _, k := range []workflow.Key{soon, also, later, alone} {
		require.Empty(t, d.steps(k))
	}
	d.ticks(at, deadline.Add(11*time.Hour))
	require.Equal(t, []string{
		"day of 4 reviewers at 29 16:00", "2 review 24h reviewers at 29 22:00", "2 review 6h channel at 30 16:00", "2 review 1h admins at 30 21:00",
	}, d.groups(), "what comes since is told step by step")
	require.Equal(t, []string{"review 6h channel at 30 06:00", "review 1h admins at 30 11:00"}, d.steps(soon))
	require.Empty(t, d.steps(later))
}

func TestOneStepThatWasPastAtFirstSightIsToldInItsThread(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	k := d.asked("100", deadline, due(20*time.Hour))
	d.asked("101", deadline.Add(100*time.Hour), due(20*time.Hour))
	d.tick(due(20 * time.Hour))
	require.Empty(t, d.groups())
	require.Equal(t, []string{"review 24h reviewers at 29 16:00"}, d.steps(k))
}

func TestThousandsDueAtOnceArePacedGroupedAndToldOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("it is long")
	}
	t.Parallel()
	d := newDesk(t, glow)
	d.waitingMany(2000, deadline)
	now := due(24 * time.Hour)
	d.store.largest.Store(0)
	announced, before := 0, d.store.kept.Load()
	for died := 0; ; died++ {
		d.dies(8)
		n, err := d.Tick(d.dying(), sample.Shop, now)
		d.lives()
		if announced += n; err == nil {
			require.Greater(t, died, 2, "it died often")
			break
		}
	}
	require.Equal(t, 2000, announced)
	require.LessOrEqual(t, d.store.largest.Load(), int64(100), "a click never waits for more than a hundred")
	require.Greater(t, d.store.kept.Load()-before, int64(40), "to set the clocks, and to tell")
	require.Equal(t, []string{"2000 review 24h reviewers at 29 12:00"}, d.groups())
	for i, k := range d.notice(workflow.StepNotice(sample.Shop, workflow.ReviewDeadline, 24*time.Hour, now)).Agenda.Keys {
		require.Equal(t, numbered(11_999-i), k, "the most urgent first")
	}
	require.Zero(t, d.tick(now.Add(time.Minute)))
}

// waitingMany has applications wait that the desk knew before it kept timers: each is due a millisecond before the one
// before.
func (d *desk) waitingMany(n int, by time.Time) {
	d.t.Helper()
	d.keeps(n, func(tx workflow.Tx, i int) error {
		a := workflow.Application{Key: numbered(10_000 + i), SeenAt: noon, ReportedAt: noon, ChangedAt: noon, Card: workflow.Card{Wanted: true, Post: workflow.Post{Channel: "C0SAMPLES", TS: strconv.Itoa(i)}}}
		a.Snapshot = reported(workflow.StatusPending, noon).Snapshot
		a.Snapshot.ReviewBy = by.Add(-time.Duration(i) * time.Millisecond)
		return tx.PutApplication(a)
	})
}

func TestAGroupThatWasBegunWhenTheDeskDiedIsMadeOnceAndLosesNothing(t *testing.T) {
	for kept := range 8 {
		t.Run(strconv.Itoa(kept)+" transactions are kept", func(t *testing.T) {
			d := newDesk(t, glow)
			d.askedBy(250, 1000, deadline, noon)
			d.tick(noon) // sets the timers
			d.dies(kept)
			_, err := d.Tick(d.dying(), sample.Shop, due(48*time.Hour))
			if kept < 6 { // the day, begun, made, and three batches
				require.Error(t, err)
			}
			d.lives()
			d.asked("900", deadline.Add(-time.Hour), due(48*time.Hour)) // meanwhile, and past when first seen
			d.tick(due(48 * time.Hour))
			d.tick(due(48 * time.Hour).Add(time.Second))
			require.Equal(t, []string{fmt.Sprintf("day of %d thread at 28 12:00", 40+min(kept, 1))}, d.groups())
			if kept < 3 {
				require.Empty(t, d.steps(workflow.Key{Shop: sample.Shop, ID: "900"}), "it came before the group was made")
				return
			}
			require.Equal(t, []string{"review 48h thread at 28 12:00"}, d.steps(workflow.Key{Shop: sample.Shop, ID: "900"}))
		})
	}
}

func TestAGroupIsAsUrgentAsItsMostUrgent(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	for i := range 6 {
		d.asked(strconv.Itoa(100+i), deadline.Add(time.Duration(i)*10*time.Hour), noon)
	}
	d.tick(due(5 * time.Hour)) // 5, 15, 25, 35, 45 and 55 hours are left
	require.Empty(t, d.groups(), "the last has time")
	d.asked("107", deadline.Add(time.Hour), noon)
	d.asked("108", deadline.Add(2*time.Hour), noon)
	d.asked("109", deadline.Add(3*time.Hour), noon)
	d.tick(deadline.Add(-30 * time.Minute)) // the first has half an hour
	require.ElementsMatch(t, []string{"3 review 6h channel at 30 11:30", "1 review 24h reviewers at 30 11:30", "1 review 1h admins at 30 11:30"}, d.groups()[len(d.groups())-3:])

	d = newDesk(t, glow)
	for i := range 6 {
		d.asked(strconv.Itoa(100+i), deadline.Add(time.Duration(i)*5*time.Hour), noon)
	}
	d.tick(due(5 * time.Hour))
	require.Equal(t, []string{"day of 6 channel at 30 07:00"}, d.groups())
}

func TestTheDeadlinesOfEachKindAreGroupedApart(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	for i := range 7 {
		d.asked(strconv.Itoa(100+i), deadline, noon)
		d.moves(d.asked(strconv.Itoa(200+i), deadline, noon), minutes(1), func(r *workflow.Snapshot) {
			r.Status, r.ShipBy = workflow.StatusAwaitingShipment, deadline
		})
	}
	d.moves(d.asked("300", deadline, noon), minutes(1), func(r *workflow.Snapshot) { r.Status = workflow.StatusContentPending })
	d.tick(due(24 * time.Hour))
	require.Equal(t, []string{"7 review 24h reviewers at 29 12:00", "7 ship 24h reviewers at 29 12:00"}, d.groups())
	require.Empty(t, d.steps(workflow.Key{Shop: sample.Shop, ID: "300"}))
}
