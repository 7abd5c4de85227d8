package engine_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// newcomer is a shop whose first sweep is still to end.
func newcomer() workflow.Shop {
	s := glow
	s.InitialSyncDone = false
	return s
}

// backlog has the desk see n applications in one sweep. The deadline of the i-th is that long after noon; the order in
// which they come says nothing about it.
func (d *desk) backlog(n int, due func(i int) time.Duration, first bool) {
	d.t.Helper()
	var all []engine.Observation
	for i := range n {
		i = i * 7 % n // a shuffle, where n is no multiple of 7
		r := reported(workflow.StatusPending, noon)
		r.Snapshot.ReviewBy, r.First, r.Snapshot.Creator = noon.Add(due(i)), first, numberedCreator(i)
		all = append(all, engine.Observation{ID: waitingID(i), Reported: r})
	}
	changed, err := d.Observe(d.t.Context(), sample.Shop, all)
	require.NoError(d.t, err)
	require.Equal(d.t, n, changed)
}

func waitingID(i int) workflow.ApplicationID {
	return workflow.ApplicationID(strconv.Itoa(100000 + i))
}

// carded returns the ids of the shop's applications that have or get a card, soonest deadline first.
func (d *desk) carded() []workflow.ApplicationID {
	d.t.Helper()
	var ids []workflow.ApplicationID
	require.NoError(d.t, d.store.View(d.t.Context(), func(tx workflow.Tx) error {
		for after := ""; ; {
			page, err := tx.Applications(workflow.QueueOf(sample.Shop), after, 100)
			if err != nil {
				return err
			}
			for _, a := range page.Applications {
				waiting, err := tx.Lane(workflow.CardLane(a.Key))
				if err != nil {
					return err
				}
				require.Equal(d.t, a.Card.Wanted, len(waiting) == 1, "a card that is wanted is one that will be shown")
				if a.Card.Wanted {
					ids = append(ids, a.Key.ID)
				}
			}
			if after = page.Next; after == "" {
				return nil
			}
		}
	}))
	return ids
}

func idsUpTo(n int) []workflow.ApplicationID {
	var ids []workflow.ApplicationID
	for i := range n {
		ids = append(ids, waitingID(i))
	}
	return ids
}

func (d *desk) endSweep(at time.Time) {
	d.t.Helper()
	require.NoError(d.t, d.EndSweep(d.t.Context(), sample.Shop, at))
}

// counted returns how many had no card at first, as the message about them knows, and how often that is to be shown; nothing
// if there is none.
func (d *desk) counted() []int {
	d.t.Helper()
	id := workflow.BacklogNotice(sample.Shop)
	var n workflow.Notice
	_ = d.store.View(d.t.Context(), func(tx workflow.Tx) (err error) {
		n, err = tx.Notice(id)
		return err
	})
	if n.ID == "" {
		return nil
	}
	require.Equal(d.t, workflow.KindBacklog, n.Kind)
	return []int{n.Count, len(d.waiting(n.Lane()))}
}

func TestTheBacklogsMessageIsShownAgainWhenOneMoreOrOneLessWaits(t *testing.T) {
	t.Parallel()
	d := newDesk(t, newcomer())
	d.backlog(33, days, true)
	d.endSweep(noon)
	lane := workflow.Lane("post/" + string(workflow.BacklogNotice(sample.Shop)))
	last := workflow.Key{Shop: sample.Shop, ID: waitingID(32)}
	redrawn := func(why string, want bool, change func()) {
		t.Helper()
		for len(d.waiting(lane)) > 0 {
			d.deliver(lane, workflow.PostShown{At: noon, Channel: "C0SAMPLES", TS: "2.000001", Hash: why}, noon.Add(time.Hour))
		}
		change()
		require.Equal(t, want, len(d.waiting(lane)) == 1, why)
	}
	redrawn("one with a card is decided", false, func() {
		_, err := d.Apply(t.Context(), workflow.Key{Shop: sample.Shop, ID: waitingID(0)}, approval(0, noon))
		require.NoError(t, err)
	})
	redrawn("the next gets its card", true, func() { d.endSweep(noon.Add(time.Minute)) })
	redrawn("one without a card is opened", true, func() {
		_, err := d.Apply(t.Context(), last, workflow.CardRequested{At: noon})
		require.NoError(t, err)
	})
	redrawn("and withdrawn, which its card tells", false, func() { d.reports(last.ID, workflow.StatusWithdrawn, noon.Add(time.Hour)) })
	redrawn("the last one expires", true, func() { d.reports(waitingID(31), workflow.StatusOverdueCancelled, noon.Add(time.Hour)) })
	require.Equal(t, "2.000001", d.notice(workflow.BacklogNotice(sample.Shop)).TS, "it is edited and not posted anew")
}

// days spreads deadlines from the third day on, a minute apart.
func days(i int) time.Duration { return 72*time.Hour + time.Duration(i)*time.Minute }

func TestAShopWithAThousandWaitingGetsThirtyCardsAndOneMessage(t *testing.T) {
	if testing.Short() {
		t.Skip("it is long")
	}
	t.Parallel()
	d := newDesk(t, newcomer())
	d.backlog(1000, days, true)
	require.Empty(t, d.carded(), "cards wait for the sweep's end")
	kept := d.store.kept.Load()
	d.endSweep(noon)
	require.Equal(t, idsUpTo(30), d.carded(), "soonest deadline first")
	require.Equal(t, []int{970, 1}, d.counted())
	require.True(t, d.memory().Shop.InitialSyncDone)
	require.Equal(t, kept+1, d.store.kept.Load())

	d.endSweep(noon.Add(time.Minute))
	require.Len(t, d.carded(), 30)
	require.Equal(t, []int{970, 1}, d.counted())
	require.Equal(t, kept+1, d.store.kept.Load(), "with nothing to do it only reads")
}

func TestASmallBacklogGetsItsCardsWithoutAWord(t *testing.T) {
	t.Parallel()
	d := newDesk(t, newcomer())
	d.backlog(30, days, true)
	d.endSweep(noon)
	require.Len(t, d.carded(), 30)
	require.Empty(t, d.counted())
	require.True(t, d.memory().Shop.InitialSyncDone)
}

func TestAShopWithNothingWaitingIsMetInSilence(t *testing.T) {
	t.Parallel()
	d := newDesk(t, newcomer())
	d.endSweep(noon)
	require.True(t, d.memory().Shop.InitialSyncDone)
	require.Empty(t, d.counted())
}

func TestAFirstSweepThatFoundMoreThanThereIsCapacityForCountsTheOthers(t *testing.T) {
	t.Parallel()
	d := newDesk(t, newcomer())
	d.backlog(40, func(i int) time.Duration { return time.Duration(i+1) * 4 * time.Hour }, true) // twelve within 48 h
	d.endSweep(noon)
	require.Equal(t, idsUpTo(30), d.carded())
	require.Equal(t, []int{10, 1}, d.counted())
}

func TestRoomThatAppearsIsForTheSoonestOfTheOthers(t *testing.T) {
	t.Parallel()
	d := newDesk(t, newcomer())
	d.backlog(33, days, true)
	d.endSweep(noon)
	for _, i := range []int{3, 7} {
		_, err := d.Apply(t.Context(), workflow.Key{Shop: sample.Shop, ID: waitingID(i)}, approval(0, noon))
		require.NoError(t, err)
	}
	d.endSweep(noon.Add(time.Minute))
	got := d.carded()
	require.Len(t, got, 30)
	require.Contains(t, got, waitingID(30))
	require.Contains(t, got, waitingID(31))
	require.NotContains(t, got, waitingID(32))
	require.Equal(t, []int{3, 1}, d.counted(), "later ones are not announced")
}

func TestOneThatComesCloseGetsACardWhateverTheRoom(t *testing.T) {
	t.Parallel()
	d := newDesk(t, newcomer())
	d.backlog(33, days, true)
	d.endSweep(noon)
	d.endSweep(noon.Add(days(30) - workflow.CloseDeadline - time.Microsecond))
	require.Len(t, d.carded(), 30)
	d.endSweep(noon.Add(days(30) - workflow.CloseDeadline))
	require.Equal(t, idsUpTo(31), d.carded())
}

func TestOneThatWasCloseAtFirstSightDidNotComeClose(t *testing.T) {
	t.Parallel()
	d := newDesk(t, newcomer())
	d.backlog(33, func(i int) time.Duration { return 24*time.Hour + time.Duration(i)*time.Minute }, true)
	d.endSweep(noon)
	d.endSweep(noon.Add(20 * time.Hour))
	require.Len(t, d.carded(), 30, "a neglected shop is not flooded")
}

func TestManyThatComeCloseAtOnceAreTakenAHundredAtATime(t *testing.T) {
	t.Parallel()
	d := newDesk(t, newcomer())
	d.backlog(330, days, true)
	d.endSweep(noon)
	d.store.largest.Store(0)
	d.endSweep(noon.Add(days(330)))
	require.Len(t, d.carded(), 330)
	require.EqualValues(t, 100, d.store.largest.Load(), "clicks never queue behind more than a hundred")
}

func TestAFirstSweepThatEndsLateHandsOutEverythingThatCameCloseAndThenCounts(t *testing.T) {
	t.Parallel()
	d := newDesk(t, newcomer())
	d.backlog(250, days, true)
	d.endSweep(noon.Add(days(219) - workflow.CloseDeadline))
	require.Equal(t, idsUpTo(220), d.carded())
	require.True(t, d.memory().Shop.InitialSyncDone)
	require.Equal(t, []int{30, 1}, d.counted())
}

func TestANewcomerAfterTheFirstSweepGetsItsCardAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.backlog(2, days, false)
	require.Equal(t, idsUpTo(2), d.carded())
}

func TestAnApplicationWithoutADeadlineComesLastAndNeverComesClose(t *testing.T) {
	t.Parallel()
	d := newDesk(t, newcomer())
	d.backlog(30, days, true)
	r := reported(workflow.StatusPending, noon)
	r.Snapshot.ReviewBy, r.First = time.Time{}, true
	_, err := d.Observe(t.Context(), sample.Shop, []engine.Observation{{ID: sample.ID, Reported: r}})
	require.NoError(t, err)
	d.endSweep(noon)
	require.NotContains(t, d.carded(), sample.ID)
	d.endSweep(noon.Add(1000 * time.Hour))
	require.NotContains(t, d.carded(), sample.ID)
}

func TestAShopThatTikTokRefusesIsAnnouncedOncePerFailure(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	scope := workflow.Failure{Code: 105005, Message: "a scope is missing", RequestID: "request-1"}
	stop := func(found workflow.Surface, c workflow.Failure, minutes int) {
		t.Helper()
		require.NoError(t, d.StopShop(t.Context(), sample.Shop, found, c, noon.Add(time.Duration(minutes)*time.Minute)))
	}
	resume := func(found workflow.Surface, minutes int) {
		t.Helper()
		require.NoError(t, d.ResumeShop(t.Context(), sample.Shop, found, noon.Add(time.Duration(minutes)*time.Minute)))
	}
	resume(workflow.FromSync, 0)
	stop(workflow.FromSync, scope, 1)
	kept := d.store.kept.Load()
	repeated := scope
	repeated.RequestID = "request-2"
	stop(workflow.FromSync, repeated, 2)
	require.Equal(t, kept, d.store.kept.Load(), "nothing new, nothing written")
	require.Equal(t, scope, d.memory().Shop.SyncStopped)

	stop(workflow.FromDispatcher, repeated, 3) // the dispatcher meets the same fault
	require.Equal(t, repeated, d.memory().Shop.ReviewsStopped)
	resume(workflow.FromSync, 4) // decisions are still refused
	require.Equal(t, workflow.Failure{}, d.memory().Shop.SyncStopped)
	other := workflow.Failure{Code: 106001, Message: "the signature is invalid"}
	stop(workflow.FromDispatcher, other, 5)
	resume(workflow.FromDispatcher, 6)
	resume(workflow.FromDispatcher, 7)

	announcements := func(kind workflow.PayloadKind, minutes int, c workflow.Failure) workflow.Payload {
		return workflow.Payload{Kind: kind, At: noon.Add(time.Duration(minutes) * time.Minute), Failure: c, Shop: glow.Name}
	}
	require.Equal(t, []workflow.Payload{
		announcements(workflow.KindStopped, 1, scope), announcements(workflow.KindStopped, 5, other), announcements(workflow.KindResumed, 6, workflow.Failure{}),
	}, d.notices())
	require.Equal(t, glow, d.memory().Shop)
}

func TestAShopIsNotCalledWellWhileTheSweepIsRefused(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	failure := workflow.Failure{Code: 105005, Message: "a scope is missing"}
	require.NoError(t, d.StopShop(t.Context(), sample.Shop, workflow.FromSync, failure, noon))
	require.NoError(t, d.StopShop(t.Context(), sample.Shop, workflow.FromDispatcher, failure, noon))
	require.NoError(t, d.ResumeShop(t.Context(), sample.Shop, workflow.FromDispatcher, noon.Add(time.Minute)))
	require.Len(t, d.notices(), 1, "decisions are taken again, and nothing is known of what changes there")
	require.NoError(t, d.ResumeShop(t.Context(), sample.Shop, workflow.FromSync, noon.Add(time.Hour)))
	require.Equal(t, workflow.KindResumed, d.notices()[1].Kind)
}

func TestAShopIsStoppedByAFailureWithoutACodeToo(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	failure := workflow.Failure{Message: "the answer makes no sense"}
	require.NoError(t, d.StopShop(t.Context(), sample.Shop, workflow.FromSync, failure, noon))
	require.Equal(t, failure, d.memory().Shop.SyncStopped)
	require.Len(t, d.notices(), 1)
	require.NoError(t, d.StopShop(t.Context(), sample.Shop, workflow.FromDispatcher, failure, noon))
	require.Len(t, d.notices(), 1)
}
