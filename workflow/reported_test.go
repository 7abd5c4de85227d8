package workflow

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAFirstSightInReviewGetsACard(t *testing.T) {
	e := Reported{At: noon, Began: noon.Add(-time.Second), Snapshot: pendingReport()}
	n := next(t, Application{Key: sample}, e)
	require.Equal(t, Application{
		Key: sample, Snapshot: e.Snapshot, SeenAt: noon, ReportedAt: e.Began, ChangedAt: noon, Card: Card{Wanted: true},
	}, n.Application)
	require.Equal(t, []Effect{{Kind: ShowCard, Lane: CardLane(sample), Priority: Routine, NotBefore: noon}}, n.Effects)
}

func TestAFirstSightBeyondReviewOrInTheFirstSweepIsOnlyRecorded(t *testing.T) {
	first := Reported{At: noon, Began: noon, Snapshot: pendingReport(), First: true}
	n := next(t, Application{Key: sample}, first)
	require.Equal(t, Pending, n.Application.State())
	require.False(t, n.Application.Card.Wanted)
	require.Empty(t, n.Effects)

	for _, status := range append([]Status{newStatus}, statusesNamed[1:]...) {
		n := next(t, Application{Key: sample}, report(Application{}, status, noon))
		require.True(t, n.Changed)
		require.Empty(t, n.Effects, status)
	}
}

func TestNumbersThatDriftAreNoDifference(t *testing.T) {
	a := applicationIn(Pending)
	e := report(a, StatusPending, noon)
	e.Snapshot.Stock = 1
	e.Snapshot.Creator.Followers.Value += 100
	e.Snapshot.Creator.MedianViews = OptionalNumber{Value: 1, Shared: true}
	e.Snapshot.Creator.GMV = Money{Amount: "1", Currency: "USD"}
	e.Snapshot.Product.Title = "Another title"
	e.Snapshot.Fulfilment = "ONGOING"
	noNews(t, a, e)

	e.Snapshot.Tracking = "TRACK-1"
	require.Equal(t, e.Snapshot, after(t, a, e).Snapshot, "they come along with the next difference")
}

func TestEachDifferenceIsTakenOver(t *testing.T) {
	for name, change := range map[string]func(*Snapshot){
		"status":           func(r *Snapshot) { r.Status = StatusWithdrawn },
		"review deadline":  func(r *Snapshot) { r.ReviewBy = r.ReviewBy.Add(time.Second) },
		"ship-by deadline": func(r *Snapshot) { r.ShipBy = deadline },
		"order":            func(r *Snapshot) { r.OrderID = "1" },
		"tracking":         func(r *Snapshot) { r.Tracking = "1" },
		"approvability":    func(r *Snapshot) { r.Approvable = false },
		"out of stock":     func(r *Snapshot) { r.Stock = 0 },
	} {
		t.Run(name, func(t *testing.T) {
			a := applicationIn(Pending)
			e := report(a, StatusPending, noon)
			change(&e.Snapshot)
			n := next(t, a, e)
			require.Equal(t, e.Snapshot, n.Application.Snapshot)
			require.Equal(t, e.Began, n.Application.ReportedAt)
			require.Contains(t, kinds(n), ShowCard)
		})
	}
}

func TestStockThatIsNotToldIsNotOutOfStock(t *testing.T) {
	told, untold := Snapshot{Stock: 3}, Snapshot{StockUnknown: true}
	require.False(t, untold.OutOfStock())
	require.True(t, Snapshot{}.OutOfStock())
	require.False(t, told.Differs(untold))
	require.True(t, untold.Differs(Snapshot{}))
}

func TestAnAnswerToAnOlderRequestIsDropped(t *testing.T) {
	a := applicationIn(Pending)
	e := report(a, StatusWithdrawn, noon)
	e.Began = a.ReportedAt.Add(-time.Microsecond)
	noNews(t, a, e)
	e.Began = a.ReportedAt
	require.Equal(t, Withdrawn, after(t, a, e).State())
}

func TestAReportedChangeEndsADecisionThatWasNotSentAndNamesItsAuthor(t *testing.T) {
	for status, want := range map[Status]struct {
		state     State
		elsewhere bool
	}{
		StatusWithdrawn:        {Withdrawn, false}, // the ending says who caused it
		StatusAwaitingShipment: {AwaitingShipment, true},
		StatusRejectCancelled:  {Rejected, true},
		newStatus:              {Unrecognised, true},
	} {
		a := applicationIn(Queued)
		n := next(t, a, report(a, status, noon))
		require.Equal(t, want.state, n.Application.State())
		require.Zero(t, n.Application.Decision)
		require.Equal(t, want.elsewhere, n.Application.ChangedElsewhere)
		require.Equal(t, []EffectID{"R1"}, n.Cancel)
		require.Equal(t, []Payload{{
			Kind: KindStage, Stage: want.state.Stage(status), State: want.state, At: noon,
			By: member, Verdict: Approve, Undelivered: true, Elsewhere: want.elsewhere,
		}}, said(n))
	}
}

func TestAReportThatOurSentDecisionExplainsConfirmsIt(t *testing.T) {
	for _, s := range []State{Sending, Unclear} {
		for _, status := range []Status{StatusAwaitingShipment, StatusShipped, StatusContentPending, StatusCompleted} {
			a := applicationIn(s)
			n := next(t, a, report(a, status, noon))
			require.Equal(t, status.State(), n.Application.State())
			require.Equal(t, DecisionConfirmed, n.Application.Decision.Phase)
			require.Equal(t, member, n.Application.Decision.By)
			require.Equal(t, noon, n.Application.ConfirmedAt)
			require.False(t, n.Application.ChangedElsewhere)
			require.Equal(t, []EffectID{"R1"}, n.Cancel, "it need not be repeated")
			require.Equal(t, []Payload{{Kind: KindStage, Stage: status.State().Stage(status), State: status.State(), At: noon, By: member, Verdict: Approve}}, said(n))
		}
		a := applicationIn(s)
		a.Decision.Verdict, a.Decision.Reason = Reject, Offline
		require.Equal(t, DecisionConfirmed, after(t, a, report(a, StatusRejectCancelled, noon)).Decision.Phase)
	}
}

func TestAReportThatOurSentDecisionDoesNotExplainWinsOverIt(t *testing.T) {
	a := applicationIn(Unclear)
	n := next(t, a, report(a, StatusRejectCancelled, noon))
	require.Equal(t, Rejected, n.Application.State())
	require.Zero(t, n.Application.Decision)
	require.True(t, n.Application.ChangedElsewhere)
	require.Equal(t, []Payload{{
		Kind: KindStage, Stage: StageReject, State: Rejected, At: noon, By: member, Verdict: Approve, Undelivered: true, Elsewhere: true,
	}}, said(n))
}

func TestADecisionThatWasRefusedIsNotCalledUndelivered(t *testing.T) {
	a := applicationIn(Refused)
	n := next(t, a, report(a, StatusAwaitingShipment, noon))
	require.Zero(t, n.Application.Decision)
	require.Equal(t, []Payload{{Kind: KindStage, Stage: StageAwaiting, State: AwaitingShipment, At: noon, Elsewhere: true}}, said(n))
}

func TestPendingIsNotBelievedUntilTheSearchHasCaughtUp(t *testing.T) {
	confirmed := after(t, applicationIn(Sending), Confirmed{At: noon, Verdict: Approve})
	lagging := report(confirmed, StatusPending, noon.Add(time.Minute))
	const caughtUp = 30 * time.Second
	for _, began := range []time.Time{noon.Add(-time.Second), noon, noon.Add(caughtUp - time.Microsecond)} {
		lagging.Began = began
		noNews(t, confirmed, lagging)
	}
	lagging.Began = noon.Add(caughtUp)
	back := next(t, confirmed, lagging)
	require.Equal(t, Pending, back.Application.State(), "a grouping that failed returns it to review")
	require.True(t, back.Application.ChangedElsewhere)
	require.Zero(t, back.Application.Decision)
	require.Equal(t, []Payload{{Kind: KindStage, Stage: StageReview, State: Pending, At: lagging.At, Elsewhere: true}}, said(back))
}

func TestAnAnswerFromBeforeTheConfirmationIsDropped(t *testing.T) {
	confirmed := after(t, applicationIn(Sending), Confirmed{At: noon, Verdict: Approve})
	old := report(confirmed, StatusWithdrawn, noon.Add(time.Second))
	old.Began = noon.Add(-time.Second)
	noNews(t, confirmed, old)
}

func TestWhatReturnsToReviewGetsACard(t *testing.T) {
	a := applicationIn(Expired)
	a.Card = Card{}
	n := next(t, a, report(a, StatusPending, noon))
	require.True(t, n.Application.Card.Wanted)
	require.Contains(t, kinds(n), ShowCard)
}

func TestTheUsualOrderIsNobodysActionAndAgainstItIsSomebodys(t *testing.T) {
	for _, c := range []struct {
		from      State
		status    Status
		elsewhere bool
	}{
		{AwaitingShipment, StatusShipped, false},
		{AwaitingShipment, StatusContentPending, false},
		{Shipped, StatusContentPending, false},
		{Delivered, StatusCompleted, false},
		{AwaitingShipment, StatusNotShipCancelled, false},
		{Delivered, StatusUnfulfilCancelled, false},
		{Shipped, StatusOpsCancelled, false},
		{Pending, StatusAwaitingShipment, true},
		{Pending, StatusRejectCancelled, true},
		{Pending, StatusOverdueCancelled, false},
		{Shipped, StatusAwaitingShipment, true},
		{AwaitingShipment, StatusRejectCancelled, true},
		{Rejected, StatusAwaitingShipment, true},
		{Expired, StatusPending, true},
		{Unrecognised, StatusShipped, false},
		{Unrecognised, StatusPending, true},
	} {
		a := applicationIn(c.from)
		n := next(t, a, report(a, c.status, noon))
		require.Equal(t, c.elsewhere, n.Application.ChangedElsewhere, "%s to %s", c.from, c.status)
		require.Equal(t, c.elsewhere, said(n)[0].Elsewhere, "%s to %s", c.from, c.status)
	}
}

func TestAnEndingTellsWhoseMoveItWasAndNotWhereTheApprovalWasMade(t *testing.T) {
	a := applicationIn(AwaitingShipment)
	a.ChangedElsewhere = true
	require.False(t, after(t, a, report(a, StatusNotShipCancelled, noon)).ChangedElsewhere)
	require.True(t, after(t, a, report(a, StatusShipped, noon)).ChangedElsewhere, "on its way, the approval is still theirs")
}

func TestContentFoundBeatsALaterContentPending(t *testing.T) {
	for _, s := range []State{Shipped, Delivered} {
		n := next(t, applicationIn(s), ContentFound{At: noon})
		require.Equal(t, Completed, n.Application.State())
		require.Empty(t, said(n), "the message about the content says it")

		late := report(n.Application, StatusContentPending, noon.Add(time.Hour))
		late.Snapshot.OrderID = "news"
		noNews(t, n.Application, late)
		late.Snapshot.Status = StatusShipped
		noNews(t, n.Application, late)
		noNews(t, n.Application, ContentFound{At: noon.Add(time.Hour)})
	}
}

func TestAnythingElseThatTikTokReportsWinsOverContentFound(t *testing.T) {
	done := after(t, applicationIn(Delivered), ContentFound{At: noon})
	for _, status := range append([]Status{newStatus}, statusesNamed...) {
		switch status {
		case StatusShipped, StatusContentPending, StatusCompleted, StatusOpsCompleted:
			continue
		}
		n := next(t, done, report(done, status, noon.Add(time.Hour)))
		require.Equal(t, status.State(), n.Application.State())
		require.Zero(t, n.Application.ContentAt)
		require.Len(t, said(n), 1)
	}
}

func TestWhatIsCompletedIsNotSaidTwice(t *testing.T) {
	done := after(t, applicationIn(Delivered), ContentFound{At: noon})
	n := next(t, done, report(done, StatusCompleted, noon.Add(time.Hour)))
	require.Equal(t, Completed, n.Application.State())
	require.Equal(t, noon, n.Application.ContentAt)
	require.Equal(t, StatusCompleted, n.Application.Snapshot.Status)
	require.Empty(t, said(n))
}

func TestAnUnknownStatusIsShownByItsNameAndKeptLive(t *testing.T) {
	a := applicationIn(Pending)
	n := next(t, a, report(a, newStatus, noon))
	require.Equal(t, Unrecognised, n.Application.State())
	require.Equal(t, Stage(newStatus), n.Application.Stage())
	require.False(t, n.Application.Decidable())
	require.True(t, n.Application.State().Live())
	require.Equal(t, RuleState, refusedBy(t, n.Application, approval(n.Application, noon)))

	other := next(t, n.Application, report(n.Application, "ANOTHER_NEW_ONE", noon.Add(time.Minute)))
	require.Equal(t, Stage("ANOTHER_NEW_ONE"), said(other)[0].Stage)
}

func TestWhatNoReportTellsIsKept(t *testing.T) {
	a := after(t, applicationIn(Pending), OriginFound{At: noon, Collab: Collab{Known: true, Target: "7", Name: "Winter"}})
	noNews(t, a, OriginFound{At: noon, Collab: Collab{Known: true, Target: "7", Name: "Winter"}})
	e := report(a, StatusAwaitingShipment, noon)
	e.Snapshot.Collab = Collab{}
	require.Equal(t, Collab{Known: true, Target: "7", Name: "Winter"}, after(t, a, e).Snapshot.Collab)
}
