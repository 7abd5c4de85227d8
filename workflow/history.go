package workflow

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Entry is one line of the append-only history: who did what from where, what was sent, and what TikTok answered. One
// whose key names no application belongs to the shop's own history: of its settings, its campaigns, and of creators who
// have no application.
type Entry struct {
	At       time.Time  `json:"at"`
	Key      Key        `json:"key"`
	Event    EventKind  `json:"event"`
	By       Actor      `json:"by,omitzero"`
	From     State      `json:"from"`
	To       State      `json:"to"`
	Round    int        `json:"round"`
	Status   Status     `json:"status,omitempty"`
	Verdict  Verdict    `json:"verdict,omitempty"`
	Reason   Reason     `json:"reason,omitempty"`
	Campaign CampaignID `json:"campaign,omitempty"`
	Failure  Failure    `json:"cause,omitzero"`
	Text     string     `json:"text,omitempty"`      // of a note, or of a message to or from the creator
	Message  string     `json:"message,omitempty"`   // to the creator, which is to go with a decision
	Creator  CreatorKey `json:"creator,omitempty"`   // in the shop's own history: the creator it is about
	Name     string     `json:"name,omitempty"`      // of a campaign, there
	Assigned PersonID   `json:"to_person,omitempty"` // who was asked to take it on
	RuleName string     `json:"rule_name,omitempty"` // of the rule behind it; By.Rule is its id
	Asked    PersonID   `json:"asked,omitempty"`     // of an approval by two: who asked for it
	Cause    UndoCause  `json:"undo_cause,omitempty"`
	Proposal *Proposal  `json:"proposal,omitempty"` // of what a rule decided by itself: what it said, and why

	// Of a deadline's step: which, and whether it was announced with others, as one message.
	Deadline DeadlineKind `json:"deadline,omitempty"`
	Step     string       `json:"step,omitempty"` // "48h"
	Grouped  bool         `json:"grouped,omitempty"`
}

// Told returns a step with the milestones that it led to, and its line of the history; false if the history does not
// tell of it.
func (n Next) Told(before Application, e Event) (Next, Entry, bool) {
	line, told := entry(before, n, e)
	if told {
		n.Application = n.Application.track(before, line)
	}
	return n, line, told
}

// entry describes what an event did; false if the history does not tell of it.
func entry(before Application, next Next, e Event) (Entry, bool) {
	after := next.Application
	h := Entry{
		At: next.At, Key: after.Key, Event: e.Kind(), By: e.actor(), From: before.State(), To: after.State(), Round: after.Round,
		Status: after.Snapshot.Status,
	}
	keep := e.describe(before, after, &h)
	return h, keep && !next.Unremarked
}

// Line is one line of the figures. An application counts once in each line of a period, however often it gets there.
type Line string

// The lines. ShippedBefore counts nowhere: it marks an application that was shipped when the desk first saw it, and of
// whose shipping nothing is known.
const (
	LineReceived      Line = "r" // first seen by the desk, and not over by then
	LineApproved      Line = "a" // TikTok confirmed it, whoever decided
	LineRejected      Line = "x"
	LineShipped       Line = "s"
	LinePosted        Line = "p" // content was found, or the platform says done
	LineExpired       Line = "e"
	LineNotShipped    Line = "n"
	LineNotPosted     Line = "c"
	LineShippedBefore Line = "b"
)

// Lines are those that count.
var Lines = []Line{
	LineReceived, LineApproved, LineRejected, LineShipped, LinePosted, LineExpired, LineNotShipped, LineNotPosted,
}

// Milestone is when an application got into a line of the figures. It is kept with the application, so that its figures
// need no reading of its history; what happened stays so, whatever TikTok reports later.
type Milestone struct {
	Line Line
	At   time.Time
	Took *time.Duration // of a decision made at this desk: from first sight to the decision; nil of all else
}

// maxMilestones bounds what one application keeps: one that TikTok sends to and fro for ever is not counted for ever.
const maxMilestones = 100

// MarshalText writes a milestone short, as an application has several: the microsecond, the nanoseconds that it took, if
// that is told, and the line.
func (m Milestone) MarshalText() ([]byte, error) {
	text := strconv.AppendInt(nil, m.At.UnixMicro(), 36)
	if m.Took != nil {
		text = strconv.AppendInt(append(text, '/'), m.Took.Nanoseconds(), 36)
	}
	return append(append(text, ' '), m.Line...), nil
}

// UnmarshalText reads what MarshalText wrote.
func (m *Milestone) UnmarshalText(text []byte) error {
	numbers, line, _ := strings.Cut(string(text), " ")
	at, took, here := strings.Cut(numbers, "/")
	micro, err := strconv.ParseInt(at, 36, 64)
	if err != nil {
		return fmt.Errorf("reading the time of a milestone: %w", err)
	}
	*m = Milestone{Line: Line(line), At: time.UnixMicro(micro).UTC()}
	if here {
		nano, err := strconv.ParseInt(took, 36, 64)
		if err != nil {
			return fmt.Errorf("reading how long a milestone took: %w", err)
		}
		m.Took = new(time.Duration(nano))
	}
	return nil
}

// The states that mean that a sample was approved, or shipped.
var (
	approvedStates = []State{AwaitingShipment, Shipped, Delivered, Completed}
	shippedStates  = []State{Shipped, Delivered, Completed, ContentNotPosted}
)

// WasApproved reports whether the state means that TikTok took an approval, and that nothing has ended it since.
func (s State) WasApproved() bool { return slices.Contains(approvedStates, s) }

// WasShipped reports whether the state means that a sample was shipped.
func (s State) WasShipped() bool { return slices.Contains(shippedStates, s) }

// tracker follows an application's history for its milestones.
type tracker struct {
	all     []Milestone
	seen    time.Time
	decided time.Time // the latest decision of this desk that still stands, confirmed or not
	verdict Verdict
}

// track returns the application with the milestones that an event led to, as its line of the history tells.
func (a Application) track(before Application, line Entry) Application {
	t := tracker{all: before.Milestones, seen: a.SeenAt}
	switch d := before.Decision; d.Phase {
	case DecisionQueued, DecisionSending, DecisionUnclear:
		t.decided, t.verdict = d.At, d.Verdict
	default: // nothing was under way
	}
	t.entry(line)
	a.Milestones = t.all
	return a
}

// MilestonesOf works an application's milestones out from its history, oldest entry first. History is not asked of one
// that stands where it was first seen.
func MilestonesOf(a Application, history func(yield func(Entry) bool)) []Milestone {
	t := tracker{seen: a.SeenAt}
	if a.Round == 0 && a.ContentAt.IsZero() {
		t.entry(Entry{At: a.SeenAt, Event: OnReported, From: Unseen, To: a.State()})
		return t.all
	}
	for e := range history {
		t.entry(e)
	}
	return t.all
}

// entry applies a line of the history.
func (t *tracker) entry(e Entry) {
	switch {
	case e.Event == OnApproved || e.Event == OnRejected:
		t.decided, t.verdict = e.At, Approve
		if e.Event == OnRejected {
			t.verdict = Reject
		}
	case e.Event == OnUndone || e.Event == OnRefusedForGood:
		t.decided, t.verdict = time.Time{}, ""
	case e.From == e.To:
	case e.From == Unseen:
		t.met(e)
	case !e.From.Reviewing() || !e.To.Reviewing():
		t.moved(e)
	}
}

// met marks the first sight. What was over by then is the past: the desk had nothing to do with it. Where it stood
// before the desk came is no move.
func (t *tracker) met(e Entry) {
	if e.To.Live() {
		t.add(Milestone{Line: LineReceived, At: e.At})
	}
	if e.To.WasShipped() {
		t.add(Milestone{Line: LineShippedBefore, At: e.At})
	}
}

// moved marks a change of where it stands.
func (t *tracker) moved(e Entry) {
	if e.From.Reviewing() {
		t.judged(e)
		t.decided, t.verdict = time.Time{}, ""
	}
	if e.To.WasShipped() && !slices.ContainsFunc(t.all, func(m Milestone) bool {
		return m.Line == LineShipped || m.Line == LineShippedBefore
	}) {
		t.add(Milestone{Line: LineShipped, At: e.At})
	}
	switch e.To {
	case Completed:
		t.add(Milestone{Line: LinePosted, At: e.At})
	case Expired:
		t.add(Milestone{Line: LineExpired, At: e.At})
	case NotShipped:
		t.add(Milestone{Line: LineNotShipped, At: e.At})
	case ContentNotPosted:
		t.add(Milestone{Line: LineNotPosted, At: e.At})
	default: // no milestone
	}
}

// judged marks how a review ended, if it ended by a decision.
func (t *tracker) judged(e Entry) {
	m := Milestone{Line: LineApproved, At: e.At}
	switch {
	case e.To == Rejected:
		m.Line = LineRejected
	case !e.To.WasApproved():
		return
	}
	if !t.decided.IsZero() && EndedAsDecided(e, t.verdict) {
		m.Took = new(t.decided.Sub(t.seen))
	}
	t.add(m)
}

// EndedAsDecided reports whether a review ended as this desk had decided: TikTok confirmed it, or its action was seen
// where the answer was still to come or lost. A decision that was not sent yet ended nothing.
func EndedAsDecided(e Entry, v Verdict) bool {
	switch e.Event {
	case OnApprovalConfirmed, OnRejectionConfirmed:
		return true
	default:
		sent := e.From == Sending || e.From == Unclear
		return sent && (v == Reject) == (e.To == Rejected)
	}
}

func (t *tracker) add(m Milestone) {
	if len(t.all) < maxMilestones {
		t.all = append(slices.Clip(t.all), m)
	}
}

// PaidOrders adds up what was bought through an application's content. Untold: of none of it does TikTok tell.
func (a Application) PaidOrders() (orders int, untold bool) {
	untold = true
	for _, c := range a.Contents {
		if c.Orders.Shared {
			orders += int(min(max(0, c.Orders.Value), math.MaxInt32))
			untold = false
		}
	}
	return orders, untold
}
