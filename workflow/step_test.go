package workflow

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestEveryRowLeadsWhereItSays(t *testing.T) {
	for _, row := range Lifecycle {
		statuses := row.Status
		switch {
		case row.On != OnReported:
			statuses = []Status{""}
		case slices.Equal(row.Status, anyOther):
			statuses = []Status{newStatus}
		}
		for _, from := range row.From {
			for _, status := range statuses {
				a := applicationIn(from)
				if row.On == OnCampaignLeft {
					a = joined(a)
				}
				want := row.To
				if want == Same {
					want = from
				}
				require.Equal(t, want, after(t, a, eventOf(row.On, status, a)).State(), "from %q on %q %s", from, row.On, status)
			}
		}
	}
}

func TestWhatHasNoRowIsRefusedForPersonsAndNoNewsForOthers(t *testing.T) {
	for _, s := range States {
		for _, on := range eventKinds {
			if _, ok := find(s, on, ""); ok || on == OnReported {
				continue
			}
			a := applicationIn(s)
			e := eventOf(on, "", a)
			switch {
			case personal(on) && s == Unseen:
				require.Equal(t, RuleNoApplication, refusedBy(t, a, e), "%q on %q", s, on)
			case personal(on):
				require.Equal(t, RuleState, refusedBy(t, a, e), "%q on %q", s, on)
			default:
				noNews(t, a, e)
			}
		}
	}
}

func TestADecisionIsQueuedForTheUndoWindow(t *testing.T) {
	a := applicationIn(Pending)
	n := next(t, a, rejection(a, noon))
	want := a
	want.Round = a.Round + 1
	want.ChangedAt = noon
	want.Decision = Decision{
		Phase: DecisionQueued, Verdict: Reject, Reason: OutOfStock, By: member, At: noon, SendAt: noon.Add(undoWindow), Review: "R2",
	}
	require.Equal(t, want, n.Application)
	require.Equal(t, []Effect{
		{
			ID: "R2", Kind: ReviewOnTikTok, Lane: ReviewLane(sample), Priority: ForPeople, NotBefore: noon.Add(undoWindow),
			Review: &Review{Verdict: Reject, Reason: OutOfStock},
		},
		{Kind: ShowCard, Lane: CardLane(sample), Priority: ForPeople, NotBefore: noon},
	}, n.Effects)
}

func TestADecisionCallsForACard(t *testing.T) {
	a := applicationIn(Pending)
	a.Card = Card{}
	n := next(t, a, approval(a, noon))
	require.True(t, n.Application.Card.Wanted)
	require.Equal(t, []EffectKind{ReviewOnTikTok, ShowCard}, kinds(n))
}

func TestTheUndoWindowEndsAMinuteBeforeTheDeadline(t *testing.T) {
	for name, c := range map[string]struct{ left, undo, want time.Duration }{
		"far away":                   {168 * time.Hour, 10 * time.Second, 10 * time.Second},
		"no window":                  {168 * time.Hour, 0, 0},
		"just far enough":            {70 * time.Second, 10 * time.Second, 10 * time.Second},
		"a little too near":          {65 * time.Second, 10 * time.Second, 5 * time.Second},
		"a minute away":              {60 * time.Second, 10 * time.Second, 0},
		"nearer than a minute":       {3 * time.Second, 10 * time.Second, 0},
		"a window past the deadline": {2 * time.Hour, 24 * time.Hour, 2*time.Hour - time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			a := applicationIn(Pending)
			a.Snapshot.ReviewBy = noon.Add(c.left)
			e := approval(a, noon)
			e.Undo = c.undo
			n := next(t, a, e)
			require.Equal(t, noon.Add(c.want), n.Application.Decision.SendAt)
			require.Equal(t, noon.Add(c.want), n.Effects[0].NotBefore)
		})
	}
}

func TestWithoutADeadlineTheWindowIsAsLongAsItIs(t *testing.T) {
	a := applicationIn(Pending)
	a.Snapshot.ReviewBy = time.Time{}
	require.Equal(t, noon.Add(undoWindow), after(t, a, approval(a, noon)).Decision.SendAt)
}

func TestADeadlineThatComesNearerEndsTheUndoWindowEarlier(t *testing.T) {
	for name, c := range map[string]struct{ window, left, want time.Duration }{
		"still far enough": {time.Hour, 3 * time.Hour, time.Hour},
		"nearer":           {time.Hour, 31 * time.Minute, 30 * time.Minute},
		"nearly over":      {time.Hour, 90 * time.Second, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			a := applicationIn(Pending)
			e := approval(a, noon)
			e.Undo = c.window
			a = after(t, a, e)
			r := report(a, StatusPending, noon.Add(time.Minute))
			r.Snapshot.ReviewBy = noon.Add(c.left)
			n := next(t, a, r)
			require.Equal(t, Queued, n.Application.State())
			require.Equal(t, noon.Add(c.want), n.Application.Decision.SendAt)
			if c.want == c.window {
				require.Empty(t, n.Reschedule)
				return
			}
			require.Equal(t, []Effect{{ID: "R2", Lane: ReviewLane(sample), NotBefore: noon.Add(c.want)}}, n.Reschedule)
		})
	}
}

func TestTheRoundRisesWithWhatPeopleCanActOnAndNothingElse(t *testing.T) {
	moved := report(applicationIn(Pending), StatusPending, noon)
	moved.Snapshot.ReviewBy, moved.Snapshot.Stock = deadline.Add(time.Hour), 0
	for name, c := range map[string]struct {
		from  State
		on    EventKind
		event Event
		rise  int
	}{
		"made":                            {from: Pending, on: OnApproved, rise: 1},
		"made again":                      {from: Refused, on: OnRejected, rise: 1},
		"undone":                          {from: Queued, on: OnUndone, rise: 1},
		"refused":                         {from: Sending, on: OnRefusedForGood, rise: 1},
		"confirmed, so another status":    {from: Sending, on: OnApprovalConfirmed, rise: 1},
		"another status reported":         {from: Pending, event: report(applicationIn(Pending), StatusWithdrawn, noon), rise: 1},
		"claimed":                         {from: Queued, on: OnClaimed},
		"answer lost":                     {from: Sending, on: OnAnswerLost},
		"held up":                         {from: Sending, on: OnHeldUp},
		"campaign chosen":                 {from: Pending, on: OnCampaignChosen},
		"content found":                   {from: Delivered, on: OnContentFound},
		"a new deadline and no stock":     {from: Pending, event: moved},
		"a card":                          {from: Pending, event: PostShown{At: noon, Channel: "C0SAMPLES", TS: "1.000001", Hash: "other"}},
		"where it came from is found out": {from: Pending, event: OriginFound{At: noon, Collab: Collab{Known: true}}},
	} {
		t.Run(name, func(t *testing.T) {
			a := applicationIn(c.from)
			e := c.event
			if e == nil {
				e = eventOf(c.on, "", a)
			}
			n := next(t, a, e)
			require.True(t, n.Changed)
			require.Equal(t, c.rise, n.Application.Round-a.Round)
		})
	}
}

func TestAClickOnWhatHasPassedIsRefused(t *testing.T) {
	a := applicationIn(Pending)
	e := approval(a, noon)
	e.Round--
	require.Equal(t, RuleStale, refusedBy(t, a, e))
	e.Round += 2
	require.Equal(t, RuleStale, refusedBy(t, a, e), "a round that is still to come is none either")

	q := applicationIn(Queued)
	require.Equal(t, RuleStale, refusedBy(t, q, Undone{Actor: by(member), At: noon, Round: q.Round - 1}))
}

func TestTheSecondDecisionIsRefused(t *testing.T) {
	a := applicationIn(Pending)
	second := rejection(a, noon.Add(time.Millisecond))
	second.Person = another
	require.Equal(t, RuleStale, refusedBy(t, after(t, a, approval(a, noon)), second))
}

func TestEachGuardOfADecisionRefusesByItsRule(t *testing.T) {
	a := applicationIn(Pending)
	require.Equal(t, RuleDeadline, refusedBy(t, a, approval(a, deadline)))
	require.Equal(t, RuleDeadline, refusedBy(t, a, rejection(a, deadline.Add(time.Hour))))
	require.Equal(t, Queued, after(t, a, approval(a, deadline.Add(-time.Nanosecond))).State())

	shut := a
	shut.Snapshot.Approvable = false
	require.Equal(t, RuleNotApprovable, refusedBy(t, shut, approval(shut, noon)))
	require.Equal(t, Queued, after(t, shut, rejection(shut, noon)).State(), "to reject it is still possible")

	for _, reason := range []Reason{"", "JUST_SO"} {
		e := rejection(a, noon)
		e.Reason = reason
		require.Equal(t, RuleReason, refusedBy(t, a, e))
	}
	for _, reason := range Reasons {
		e := rejection(a, noon)
		e.Reason = reason
		require.Equal(t, Queued, after(t, a, e).State())
	}
}

func TestADecisionIsUndoneUntilItIsClaimedAndNeverAfter(t *testing.T) {
	a := applicationIn(Pending)
	queued := after(t, a, approval(a, noon))
	undo := Undone{Actor: by(member), At: noon.Add(undoWindow), Round: queued.Round}

	n := next(t, queued, undo)
	require.Equal(t, Pending, n.Application.State())
	require.Equal(t, Decision{}, n.Application.Decision)
	require.Equal(t, []EffectID{"R2"}, n.Cancel)
	require.Equal(t, []Payload{{Kind: KindDecision, State: Pending, Undone: true, By: member, UndoneBy: member, Verdict: Approve, At: undo.At}}, said(n))

	late := undo
	late.At = noon.Add(time.Hour) // the window is over, and the dispatcher has not come
	require.Equal(t, Pending, after(t, queued, late).State())

	claimed := after(t, queued, Claimed{At: noon.Add(undoWindow), Review: "R2"})
	require.Equal(t, Sending, claimed.State())
	require.Equal(t, RuleState, refusedBy(t, claimed, undo))
	require.Equal(t, RuleState, refusedBy(t, after(t, claimed, AnswerLost{At: noon}), undo))
	require.Equal(t, RuleStale, refusedBy(t, after(t, claimed, Confirmed{At: noon, Verdict: Approve}), undo))
}

func TestOnlyItsAuthorOrAnAdminUndoesADecision(t *testing.T) {
	a := applicationIn(Queued)
	require.Equal(t, RuleNotYours, refusedBy(t, a, Undone{Actor: by(another), At: noon, Round: a.Round}))

	n := next(t, a, Undone{Actor: Actor{Person: admin, Admin: true}, At: noon, Round: a.Round})
	require.Equal(t, Pending, n.Application.State())
	require.Equal(t, []Payload{{Kind: KindDecision, State: Pending, Undone: true, By: member, UndoneBy: admin, Verdict: Approve, At: noon}}, said(n))
}

func TestAClaimOfAnotherDecisionMarksNothing(t *testing.T) {
	noNews(t, applicationIn(Queued), Claimed{At: noon, Review: "R0"})
	noNews(t, applicationIn(Sending), Claimed{At: noon, Review: "R1"})
	noNews(t, applicationIn(Unclear), Claimed{At: noon, Review: "R1"})
}

func TestADecisionRefusedForGoodReturnsToReviewWithTheCause(t *testing.T) {
	a := applicationIn(Sending)
	failure := Failure{Code: 16032001, Message: "the creator is in another region", RequestID: "request-1"}
	n := next(t, a, RefusedForGood{At: noon, Failure: failure})
	require.Equal(t, Refused, n.Application.State())
	require.Equal(t, StageReview, n.Application.Stage())
	require.True(t, n.Application.Decidable())
	require.Equal(t, failure, n.Application.Decision.Failure)
	require.Equal(t, []Payload{{Kind: KindRefused, State: Refused, By: member, Verdict: Approve, Failure: failure, At: noon}}, said(n))

	again := after(t, n.Application, rejection(n.Application, noon.Add(time.Minute)))
	require.Equal(t, Queued, again.State())
	require.Zero(t, again.Decision.Failure, "the new decision has a clean slate")
}

func TestALostAnswerIsToldOnce(t *testing.T) {
	failure := Failure{Message: "the answer did not come"}
	n := next(t, applicationIn(Sending), AnswerLost{At: noon, Failure: failure})
	require.Equal(t, Unclear, n.Application.State())
	require.Equal(t, []Payload{{Kind: KindDecision, State: Unclear, By: member, Verdict: Approve, Failure: failure, At: noon}}, said(n))
	noNews(t, n.Application, AnswerLost{At: noon.Add(time.Minute), Failure: Failure{Message: "nor did this one"}})
}

func TestADecisionThatIsHeldUpShowsItsCauseOnce(t *testing.T) {
	failure := Failure{Code: 105005, Message: "a scope is missing", RequestID: "request-1"}
	n := next(t, applicationIn(Sending), HeldUp{At: noon, Failure: failure})
	require.Equal(t, Sending, n.Application.State())
	require.Equal(t, failure, n.Application.Decision.Failure)
	require.Equal(t, []EffectKind{ShowCard}, kinds(n))

	failure.RequestID = "request-2"
	noNews(t, n.Application, HeldUp{At: noon.Add(time.Minute), Failure: failure})

	done := after(t, n.Application, Confirmed{At: noon.Add(time.Hour), Verdict: Approve})
	require.Zero(t, done.Decision.Failure)
}

func TestAConfirmedDecisionIsSaidInTheThread(t *testing.T) {
	for verdict, want := range map[Verdict]struct {
		state  State
		status Status
		stage  Stage
	}{
		Approve: {AwaitingShipment, StatusAwaitingShipment, StageAwaiting},
		Reject:  {Rejected, StatusRejectCancelled, StageReject},
	} {
		a := applicationIn(Sending)
		a.Decision.Verdict = verdict
		n := next(t, a, Confirmed{At: noon, Verdict: verdict})
		require.Equal(t, want.state, n.Application.State())
		require.Equal(t, want.status, n.Application.Snapshot.Status)
		require.Equal(t, DecisionConfirmed, n.Application.Decision.Phase)
		require.Equal(t, noon, n.Application.ConfirmedAt)
		require.False(t, n.Application.ChangedElsewhere)
		require.Equal(t, []Payload{{Kind: KindStage, Stage: want.stage, State: want.state, By: member, Verdict: verdict, At: noon}}, said(n))
	}
}

func TestTheRepaintAfterAClaimWaitsForTheAnswer(t *testing.T) {
	n := next(t, applicationIn(Queued), Claimed{At: noon, Review: "R1"})
	require.Equal(t, []Effect{{
		Kind: ShowCard, Lane: CardLane(sample), Priority: ForPeople, NotBefore: noon.Add(repaintAfterClaim),
	}}, n.Effects)
}

func TestTheCampaignIsThePersonsWhoSawItLast(t *testing.T) {
	a := applicationIn(Pending)
	n := next(t, a, CampaignChosen{Actor: by(member), At: noon, Campaign: "c1", Name: "Winter"})
	require.Equal(t, CampaignID("c1"), n.Application.Campaign)
	require.Equal(t, a.Round, n.Application.Round)
	require.Equal(t, []Payload{{Kind: KindCampaign, State: Pending, By: member, Campaign: "Winter", At: noon}}, said(n))

	for name, c := range map[string]struct {
		chosen, seen CampaignID
		rule         Rule
	}{
		"another took it meanwhile":       {"c2", "", RuleOtherCampaign},
		"another, from another":           {"c3", "c2", RuleOtherCampaign},
		"the same, by somebody else":      {"c1", "", RuleAlreadyInCampaign},
		"the same, and they saw it there": {"c1", "c1", RuleAlreadyInCampaign},
	} {
		t.Run(name, func(t *testing.T) {
			e := CampaignChosen{Actor: by(another), At: noon, Campaign: c.chosen, Name: "Other", Seen: c.seen}
			require.Equal(t, c.rule, refusedBy(t, n.Application, e))
		})
	}
	moved := after(t, n.Application, CampaignChosen{Actor: by(another), At: noon, Campaign: "c2", Name: "Summer", Seen: "c1"})
	require.Equal(t, CampaignID("c2"), moved.Campaign, "from what they saw, they may move it")
}
