package workflow

import (
	"slices"
	"time"
)

// KeepMonths are the choices of Settings.KeepMonths; 0 keeps all.
var KeepMonths = []int{0, 12, 24, 36}

// Retention is how far a shop's erasing of what is kept long enough has come.
type Retention struct {
	Day     string    `json:"day,omitempty"`     // of the last pass that came to its end, in the shop's zone
	Through time.Time `json:"through,omitzero"`  // what ended until then was looked at by the passes so far
	Entries string    `json:"entries,omitempty"` // the cursor up to which the shop's own history was
	Until   time.Time `json:"until,omitzero"`    // of a pass that is under way: what ended until then is due,
	Stage   Stage     `json:"stage,omitempty"`   // and it goes on in this stage,
	After   string    `json:"after,omitempty"`   // behind this cursor
}

// RetentionDue reports whether the day's pass is still to come or to be finished, and returns it: what ended until
// Until has been kept long enough. A shop that keeps all has none.
func (s Shop) RetentionDue(now time.Time) (pass Retention, due bool) {
	pass = s.Retention
	day := DayOf(now.In(s.Settings.Location()), 0)
	if s.Settings.KeepMonths <= 0 || pass.Day >= day {
		return pass, false
	}
	until := now.UTC().AddDate(0, -s.Settings.KeepMonths, 0)
	if pass.Stage == "" || pass.Until.After(until) { // one under way goes on, unless the shop keeps more by now
		pass.Until, pass.Stage, pass.After = until, "", ""
	}
	return pass, true
}

// EndedLongAgo reports whether the application was over by then, and nothing has happened to it since.
func (a Application) EndedLongAgo(until time.Time) bool {
	return a.State() != Unseen && !a.State().Live() && !a.ChangedAt.After(until)
}

// QuietSince reports whether nobody wrote since then and nothing waits for an answer.
func (c Conversation) QuietSince(until time.Time) bool {
	return c.Waiting.Count == 0 && !c.Last.At.After(until) && !c.Handled.At.After(until)
}

// QuietSince reports whether nothing has happened to the member in the campaign since then, but for their applications.
func (m Member) QuietSince(until time.Time) bool {
	return !slices.ContainsFunc([]time.Time{m.AddedAt, m.Answered, m.SampleAnswerAt, m.LinkedAt}, func(t time.Time) bool { return t.After(until) })
}
