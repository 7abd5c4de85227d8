package workflow

import (
	"slices"
	"time"
)

// Armed is an application's clock: which deadline runs, and when its next step is due.
type Armed struct {
	Kind DeadlineKind `json:"kind,omitempty"`
	By   time.Time    `json:"by,omitzero"`   // the deadline
	Next time.Time    `json:"next,omitzero"` // when the next step is due; zero: none is

	// Groups is how many grouped messages the shop had when Next was found: none of them speaks of that step.
	Groups int `json:"groups,omitempty"`

	// First is set where a step was past already when the desk first saw the application, until one is told.
	First bool `json:"first,omitempty"`
}

// equal tells whether two clocks say the same.
func (c Armed) equal(other Armed) bool {
	return c.Kind == other.Kind && c.By.Equal(other.By) && c.Next.Equal(other.Next) && c.Groups == other.Groups && c.First == other.First
}

// Told is how far a deadline of an application was told. It outlasts the time in which the deadline runs: what was told
// is not told again after a decision that was taken back.
type Told struct {
	Deadline DeadlineKind  `json:"deadline"`
	By       time.Time     `json:"by"`
	Before   time.Duration `json:"before"` // the last step that was told or passed over: so long before the deadline
}

// equal tells whether two say the same.
func (t Told) equal(other Told) bool {
	return t.Deadline == other.Deadline && t.By.Equal(other.By) && t.Before == other.Before
}

// told returns how far a deadline was told; false where nothing was.
func (a Application) told(kind DeadlineKind) (Told, bool) {
	i := slices.IndexFunc(a.Told, func(t Told) bool { return t.Deadline == kind })
	if i < 0 {
		return Told{}, false
	}
	return a.Told[i], true
}

// telling returns the application with a deadline told so far.
func (a Application) telling(t Told) Application {
	a = a.untold(t.Deadline)
	a.Told = append(a.Told, t)
	return a
}

// untold returns the application with nothing told of a deadline.
func (a Application) untold(kind DeadlineKind) Application {
	a.Told = slices.DeleteFunc(slices.Clone(a.Told), func(t Told) bool { return t.Deadline == kind })
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

// arm brings an application's clock in line with where it is and with the shop's settings. First: the desk sees it for
// the first time.
func arm(a Application, s Shop, at time.Time, first bool) Application {
	a = a.counted(s)
	kind, by := a.deadline(s.Settings)
	if kind == "" {
		a.Clock = Armed{}
		return a
	}
	a = a.moved(kind, by, s.Settings, at)
	c := a.Clock
	if c.Kind != kind {
		c = Armed{Kind: kind, Groups: s.Groups}
	}
	c.By = by
	if next := a.nextStep(kind, by, s.Settings); !next.Equal(c.Next) {
		c.Next, c.Groups = next, s.Groups
	}
	c.First = c.First || first && !c.Next.IsZero() && !c.Next.After(at)
	a.Clock = c
	return a
}

// moved brings what was told in line with where the deadline is now. If that moved, the steps that lie ahead again are
// to be told again; those that still lie behind stay told.
func (a Application) moved(kind DeadlineKind, by time.Time, s Settings, at time.Time) Application {
	t, ok := a.told(kind)
	if !ok || t.By.Equal(by) {
		return a
	}
	for _, before := range slices.Backward(s.stepsOf(kind)) {
		if before >= t.Before && !s.due(before, by).After(at) {
			return a.telling(Told{Deadline: kind, By: by, Before: before})
		}
	}
	return a.untold(kind)
}

// nextStep returns when the first step that was not told is due; zero if there is none.
func (a Application) nextStep(kind DeadlineKind, by time.Time, s Settings) time.Time {
	t, some := a.told(kind)
	for _, before := range s.stepsOf(kind) {
		if !some || before < t.Before {
			return s.due(before, by)
		}
	}
	return time.Time{}
}

// latest returns the latest step of an application's deadline that lies behind: its row, and how long before the deadline
// it is. After a time of silence it is the only one that is told. False if none lies behind.
func (a Application) latest(s Settings, now time.Time) (row ClockRow, before time.Duration, ok bool) {
	for i, before := range slices.Backward(s.stepsOf(a.Clock.Kind)) {
		if !s.due(before, a.Clock.By).After(now) {
			row, ok = rowOf(a.Clock.Kind, i)
			return row, before, ok
		}
	}
	return ClockRow{}, 0, false
}

// over tells whether the deadline has passed at which TikTok ends the application.
func (c Armed) over(now time.Time) bool { return deadlineRow(c.Kind).Final && !now.Before(c.By) }
