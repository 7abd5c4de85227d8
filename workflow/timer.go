package workflow

import (
	"fmt"
	"slices"
	"time"
)

// Timer is an application's running deadline, and when its next step is due.
type Timer struct {
	Kind DeadlineKind `json:"kind,omitempty"`
	By   time.Time    `json:"by,omitzero"`   // the deadline
	Next time.Time    `json:"next,omitzero"` // when the next step is due; zero: none is

	// GroupCount is how many grouped messages the shop had when Next was found: none of them covers that step.
	GroupCount int `json:"groups,omitempty"`

	// First is set if a step was past already when the desk first saw the application, until one is announced.
	First bool `json:"first,omitempty"`
}

// Equal reports whether two timers are the same.
func (c Timer) Equal(other Timer) bool {
	return c.Kind == other.Kind && c.By.Equal(other.By) && c.Next.Equal(other.Next) && c.GroupCount == other.GroupCount && c.First == other.First
}

// Announced is up to which step a deadline of an application was announced. It is kept when the deadline stops: what
// was announced is not announced again after a decision was undone.
type Announced struct {
	Deadline DeadlineKind  `json:"deadline"`
	By       time.Time     `json:"by"`
	Before   time.Duration `json:"before"` // the last step that was announced or passed over: so long before the deadline
}

// Equal reports whether two are the same.
func (t Announced) Equal(other Announced) bool {
	return t.Deadline == other.Deadline && t.By.Equal(other.By) && t.Before == other.Before
}

// announced returns up to which step a deadline was announced; false if none was.
func (a Application) announced(kind DeadlineKind) (Announced, bool) {
	i := slices.IndexFunc(a.Announced, func(t Announced) bool { return t.Deadline == kind })
	if i < 0 {
		return Announced{}, false
	}
	return a.Announced[i], true
}

// withAnnounced returns the application with a deadline announced up to there.
func (a Application) withAnnounced(t Announced) Application {
	a = a.withoutAnnounced(t.Deadline)
	a.Announced = append(a.Announced, t)
	return a
}

// withoutAnnounced returns the application with nothing announced of a deadline.
func (a Application) withoutAnnounced(kind DeadlineKind) Application {
	a.Announced = slices.DeleteFunc(slices.Clone(a.Announced), func(t Announced) bool { return t.Deadline == kind })
	return a
}

// deadline returns the deadline that runs for an application now; no kind where none does.
func (a Application) deadline(s Settings) (DeadlineKind, time.Time) {
	state := a.State()
	for _, r := range Deadlines {
		if !slices.Contains(r.While, state) {
			continue
		}
		if by := r.By(a, s); !by.IsZero() {
			return r.Deadline, by
		}
	}
	return "", time.Time{}
}

// WithTimer sets an application's timer by its state and the shop's settings. First: the desk sees it for the first
// time.
func WithTimer(a Application, s Shop, at time.Time, first bool) Application {
	a = a.withGrouped(s)
	kind, by := a.deadline(s.Settings)
	if kind == "" {
		a.Timer = Timer{}
		return a
	}
	a = a.deadlineMoved(kind, by, s.Settings, at)
	c := a.Timer
	if c.Kind != kind {
		c = Timer{Kind: kind, GroupCount: s.GroupCount}
	}
	c.By = by
	if next := a.nextStep(kind, by, s.Settings); !next.Equal(c.Next) {
		c.Next, c.GroupCount = next, s.GroupCount
	}
	c.First = c.First || first && !c.Next.IsZero() && !c.Next.After(at)
	a.Timer = c
	return a
}

// deadlineMoved adjusts what was announced to where the deadline is now. If that moved, the steps that lie ahead again
// are to be announced again; those that still lie behind stay announced.
func (a Application) deadlineMoved(kind DeadlineKind, by time.Time, s Settings, at time.Time) Application {
	t, ok := a.announced(kind)
	if !ok || t.By.Equal(by) {
		return a
	}
	for _, before := range slices.Backward(s.stepsOf(kind)) {
		if before >= t.Before && !s.due(before, by).After(at) {
			return a.withAnnounced(Announced{Deadline: kind, By: by, Before: before})
		}
	}
	return a.withoutAnnounced(kind)
}

// nextStep returns when the first step that was not announced is due; zero if there is none.
func (a Application) nextStep(kind DeadlineKind, by time.Time, s Settings) time.Time {
	t, some := a.announced(kind)
	for _, before := range s.stepsOf(kind) {
		if !some || before < t.Before {
			return s.due(before, by)
		}
	}
	return time.Time{}
}

// LatestStep returns the latest step of an application's deadline that has passed: its row, and how long before the
// deadline it is. After a gap it is the only one that is announced. False if none has passed.
func (a Application) LatestStep(s Settings, now time.Time) (row EscalationStep, before time.Duration, ok bool) {
	for i, before := range slices.Backward(s.stepsOf(a.Timer.Kind)) {
		if !s.due(before, a.Timer.By).After(now) {
			row, ok = escalationStep(a.Timer.Kind, i)
			return row, before, ok
		}
	}
	return EscalationStep{}, 0, false
}

// Expired reports whether the deadline has passed at which TikTok ends the application.
func (c Timer) Expired(now time.Time) bool { return DeadlineRowOf(c.Kind).Final && !now.Before(c.By) }

// Grouping is how a step that is due is handled.
type Grouping string

// The groupings.
const (
	Alone      Grouping = "alone"       // in the application's thread
	Grouped    Grouping = "grouped"     // a grouped message covers it
	PassedOver Grouping = "passed over" // not announced, as it is too late
)

// StepDue says that the latest step of an application's deadline is due, and how it is handled.
type StepDue struct {
	byNobody
	offTable
	At       time.Time
	Step     EscalationStep
	Name     string        // of the step: "48h"
	Before   time.Duration // how long before the deadline it is
	Grouping Grouping
	Told     bool // the day's message told the channel of it when it was posted
	NoCard   bool // an application without a card gets none for it: the channel's message is enough
}

// Kind returns OnStepDue.
func (StepDue) Kind() EventKind { return OnStepDue }

// apply records that a step was announced. The engine, which knows the shop's settings, sets the timer for the next
// one.
func (e StepDue) apply(a Application) (Next, error) {
	a = a.announcedUpTo(e.Before)
	if e.Grouping != Alone {
		next := changed(a, e.At, Routine)
		if e.Step.Deadline == ReviewDeadline && e.Grouping == Grouped {
			next = next.repaint(e.At) // the card marks a deadline that is near
		}
		return next, nil
	}
	if e.Step.Deadline == MoveDeadline {
		a.News = NewsStuck
	}
	next := changed(a, e.At, Routine)
	if !e.NoCard {
		next = withCard(a, Actor{}, e.At)
	}
	if e.Step.Deadline == PostDeadline || e.Step.Deadline == ReviewDeadline {
		next = next.repaint(e.At) // the card shows whether the deadline is near, or has passed
	}
	return next.reply(Payload{
		Kind: KindDeadline, Deadline: e.Step.Deadline, Audience: e.Step.Audience, Step: e.Name, Before: e.Before, NextDue: a.Timer.By, Told: e.Told,
	}), nil
}

// describe tells of a step that was announced; one that was passed over is not in the history.
func (e StepDue) describe(_, _ Application, h *Entry) bool {
	h.Deadline, h.Step, h.Grouped = e.Step.Deadline, e.Name, e.Grouping == Grouped
	return e.Grouping != PassedOver
}

// announcedUpTo returns the application with the running deadline announced up to that step; what was announced already
// stays.
func (a Application) announcedUpTo(before time.Duration) Application {
	a.Timer.First = false
	if t, ok := a.announced(a.Timer.Kind); ok && t.By.Equal(a.Timer.By) && t.Before <= before {
		return a
	}
	return a.withAnnounced(Announced{Deadline: a.Timer.Kind, By: a.Timer.By, Before: before})
}

// StepName names a step as its metadata does: "48h", "30m", or "0h" at the deadline itself.
func StepName(before time.Duration) string {
	if before%time.Hour != 0 {
		return fmt.Sprintf("%dm", before/time.Minute)
	}
	return fmt.Sprintf("%dh", before/time.Hour)
}

// PostExtension is by how much TikTok may extend a creator's time to post, once, without notice to the seller.
const PostExtension = postExtension

// Obsolete reports whether a message about an application's deadline is no longer relevant by the time it would be
// posted: the application has moved on, or its deadline has; a later step of the same deadline is due; or TikTok's
// deadline is over, and TikTok's own report of it is on its way. So a desk that could not post for a day does not catch
// up with everything that it meant to post.
func (s Payload) Obsolete(a Application, shop Settings, now time.Time) bool {
	c := a.Timer
	if c.Kind != s.Deadline || !c.By.Equal(s.NextDue) {
		return true
	}
	if c.Expired(now) {
		return true
	}
	for _, before := range shop.stepsOf(c.Kind) {
		if before < s.Before && !now.Before(shop.due(before, c.By)) {
			return true
		}
	}
	return false
}

// StillNames reports whether a message about shipments still has reason to name an application of it: a parcel that did not
// move is named until it does, and whatever else happened has happened.
func (s Payload) StillNames(a Application) bool {
	return s.News != NewsStuck || a.State() == Shipped
}

// Overdue reports whether a creator's posting deadline has passed and the desk has announced it: the next step, if
// there is one, is the one after TikTok's extension.
func (a Application) Overdue() bool {
	c := a.Timer
	return c.Kind == PostDeadline && (c.Next.IsZero() || !c.Next.Before(c.By.Add(PostExtension)))
}
