package workflow

import (
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
