package workflow

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The world of these tests: one application, a shop that lets decisions be undone for ten seconds, and a deadline a
// week away.
var (
	noon     = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	deadline = noon.Add(168 * time.Hour)
	sample   = Key{Shop: "7495540735365777507", ID: "1729384756"}
)

const (
	undoWindow = 10 * time.Second

	member  PersonID = "U0MEMBER1"
	another PersonID = "U0MEMBER2"
	admin   PersonID = "U0ADMIN"
)

// pendingReport is what TikTok says of an application that waits for the team.
func pendingReport() Snapshot {
	return Snapshot{
		Status: StatusPending, ReviewBy: deadline, Approvable: true, Stock: 12, Commission: "0.15",
		Creator: Creator{OpenID: "open-1", Username: "glow.daily", Followers: OptionalNumber{Value: 12400, Shared: true}},
		Product: Product{ID: "1", Title: "Glow serum, 30 ml"},
	}
}

// statusBehind returns a status under which an application can be in that state.
func statusBehind(s State) Status {
	if s.Reviewing() {
		return StatusPending
	}
	for _, status := range statusesNamed {
		if status.State() == s {
			return status
		}
	}
	return newStatus
}

// applicationIn returns an application in that state, as it would have come there: decisions that a state in review
// rests on are the member's, and were made a minute ago.
func applicationIn(s State) Application {
	a := Application{Key: sample}
	if s == Unseen {
		return a
	}
	a.SeenAt, a.ReportedAt, a.ChangedAt, a.Round = noon.Add(-time.Hour), noon.Add(-time.Hour), noon.Add(-time.Minute), 3
	a.Snapshot = pendingReport()
	a.Snapshot.Status = statusBehind(s)
	a.Card = Card{Wanted: true, Post: Post{Channel: "C0SAMPLES", TS: "1.000001", Hash: "hash"}}
	phase, ok := map[State]Phase{
		Queued: DecisionQueued, Sending: DecisionSending, Unclear: DecisionUnclear, Refused: DecisionRefused,
	}[s]
	if ok {
		a.Decision = Decision{
			Phase: phase, Verdict: Approve, By: member, At: noon.Add(-time.Minute), SendAt: noon.Add(time.Minute), Review: "R1",
		}
	}
	return a
}

// joined returns the application in a campaign to which the member has added it.
func joined(a Application) Application {
	a.Campaign, a.Joined = "campaign-0", Joined{By: member, At: noon.Add(-time.Minute), Member: true}
	return a
}

func TestTheFabricatedApplicationsStandWhereTheyShould(t *testing.T) {
	for _, s := range States {
		require.Equal(t, s, applicationIn(s).State())
	}
}

func by(p PersonID) Actor { return Actor{Person: p, Surface: FromCard} }

func approval(a Application, at time.Time) Decided {
	return Decided{Actor: by(member), At: at, Round: a.Round, Verdict: Approve, Undo: undoWindow, Review: "R2"}
}

func rejection(a Application, at time.Time) Decided {
	return Decided{Actor: by(member), At: at, Round: a.Round, Verdict: Reject, Reason: OutOfStock, Undo: undoWindow, Review: "R2"}
}

// report is what TikTok says at that time of an application whose status alone has changed.
func report(a Application, status Status, at time.Time) Reported {
	r := a.Snapshot
	if a.State() == Unseen {
		r = pendingReport()
	}
	r.Status = status
	return Reported{At: at, Began: at.Add(-time.Second), Snapshot: r}
}

// eventOf returns an event of that kind that fits the application, which every guard lets pass.
func eventOf(on EventKind, status Status, a Application) Event {
	failure := Failure{Code: 16032001, Message: "the creator is in another region", RequestID: "request-1"}
	switch on {
	case OnApproved:
		return approval(a, noon)
	case OnRejected:
		return rejection(a, noon)
	case OnUndone:
		return Undone{Actor: by(a.Decision.By), At: noon, Round: a.Round}
	case OnCampaignChosen:
		return CampaignChosen{Actor: by(member), At: noon, Campaign: "campaign-1", Name: "Winter", Seen: a.Campaign}
	case OnCampaignLeft:
		return CampaignLeft{Actor: by(a.Joined.By), At: noon, Seen: a.Campaign, Name: "Spring"}
	case OnClaimed:
		return Claimed{At: noon, Review: a.Decision.Review}
	case OnAnswerLost:
		return AnswerLost{At: noon, Failure: failure}
	case OnHeldUp:
		return HeldUp{At: noon, Failure: failure}
	case OnApprovalConfirmed:
		return Confirmed{At: noon, Verdict: Approve}
	case OnRejectionConfirmed:
		return Confirmed{At: noon, Verdict: Reject}
	case OnRefusedForGood:
		return RefusedForGood{At: noon, Failure: failure}
	case OnContentFound:
		return ContentFound{At: noon}
	default:
		r := report(a, status, noon)
		r.Snapshot.OrderID = "576653688135258178" // so that it is news even where the status is the same
		return r
	}
}

// next steps, where that has to be allowed.
func next(t *testing.T, a Application, e Event) Next {
	t.Helper()
	n, err := Step(a, e)
	require.NoError(t, err)
	return n
}

// after steps through events that all have to be allowed.
func after(t *testing.T, a Application, events ...Event) Application {
	t.Helper()
	for _, e := range events {
		a = next(t, a, e).Application
	}
	return a
}

// refusedBy steps, where that has to be refused, and returns the rule. A refusal changes nothing.
func refusedBy(t *testing.T, a Application, e Event) Rule {
	t.Helper()
	n, err := Step(a, e)
	var r Refusal
	require.ErrorAs(t, err, &r)
	require.Equal(t, Next{Application: a}, n)
	require.Equal(t, a, r.Application, "a refusal tells how things are now")
	return r.Rule
}

// noNews steps, where that has to change nothing.
func noNews(t *testing.T, a Application, e Event) {
	t.Helper()
	require.Equal(t, Next{Application: a}, next(t, a, e))
}

// said returns what a step says in the thread.
func said(n Next) []Payload {
	var all []Payload
	for _, e := range n.Effects {
		if e.Kind == Reply {
			all = append(all, *e.Payload)
		}
	}
	return all
}

// kinds returns the kinds of a step's effects.
func kinds(n Next) []EffectKind {
	var all []EffectKind
	for _, e := range n.Effects {
		all = append(all, e.Kind)
	}
	return all
}
