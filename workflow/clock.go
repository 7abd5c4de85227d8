package workflow

import "time"

// DeadlineKind names what a deadline is about.
type DeadlineKind string

// The deadlines. The first two are TikTok's own, read from each application; the others are counted from what TikTok
// reported, by the shop's settings.
const (
	ReviewDeadline DeadlineKind = "review" // the team has to decide
	ShipDeadline   DeadlineKind = "ship"   // the team has to ship
	MoveDeadline   DeadlineKind = "move"   // a parcel should have arrived
	PostDeadline   DeadlineKind = "post"   // the creator has to post
)

// Voice is how loud a step is told.
type Voice string

// The voices. All are heard in the application's thread.
const (
	ToThread    Voice = "thread"    // nowhere else
	ToReviewers Voice = "reviewers" // by name
	ToChannel   Voice = "channel"   // in the channel too
	ToAdmins    Voice = "admins"    // by name, and in the channel too
)

// ClockRow is one step of a deadline.
type ClockRow struct {
	Deadline DeadlineKind
	Step     int           // its number among the deadline's steps, from 0
	Before   time.Duration // how long before the deadline it is due, where Setting is false
	Setting  bool          // the shop's settings say how long before (Settings.Steps, by number)
	Voice    Voice
}

// Clock is the table of steps: what the desk does about each deadline, and when. Each is told once, and only while the
// application is where the deadline matters.
var Clock = []ClockRow{
	{Deadline: ReviewDeadline, Step: 0, Setting: true, Voice: ToThread},
	{Deadline: ReviewDeadline, Step: 1, Setting: true, Voice: ToReviewers},
	{Deadline: ReviewDeadline, Step: 2, Setting: true, Voice: ToChannel},
	{Deadline: ReviewDeadline, Step: 3, Setting: true, Voice: ToAdmins},

	{Deadline: ShipDeadline, Step: 0, Setting: true, Voice: ToThread},
	{Deadline: ShipDeadline, Step: 1, Setting: true, Voice: ToReviewers},
	{Deadline: ShipDeadline, Step: 2, Setting: true, Voice: ToChannel},
	{Deadline: ShipDeadline, Step: 3, Setting: true, Voice: ToAdmins},

	{Deadline: MoveDeadline, Step: 0, Voice: ToThread}, // and with the sweep's news, as the other changes of shipments

	{Deadline: PostDeadline, Step: 0, Before: 3 * 24 * time.Hour, Voice: ToThread},
	{Deadline: PostDeadline, Step: 1, Before: 0, Voice: ToThread},
	{Deadline: PostDeadline, Step: 2, Before: -postExtension, Voice: ToReviewers},
}

// postExtension is by how much TikTok may extend the time to post, once, without telling the seller.
const postExtension = 7 * 24 * time.Hour

// The defaults of the clocks that are the shop's own.
const (
	DefaultPostDays = 14 // the platform's rule for free samples
	DefaultMoveDays = 10
)

// Armed is an application's clock: which deadline runs, which of its steps were told, and when the next one is due.
type Armed struct {
	Kind  DeadlineKind `json:"kind,omitempty"`
	By    time.Time    `json:"by,omitzero"`     // the deadline
	Told  int          `json:"told,omitempty"`  // steps that were told or passed over
	Next  time.Time    `json:"next,omitzero"`   // when the next step is due; zero: none is
	Set   time.Time    `json:"set,omitzero"`    // when Next was found
	First bool         `json:"first,omitempty"` // set at the first sight of the application, and nothing was told since
}

// deadline returns the deadline that runs for an application now; no kind where none does.
func (a Application) deadline(s Settings) (DeadlineKind, time.Time) {
	switch a.State() {
	case Pending, Refused:
		return running(ReviewDeadline, a.Report.ReviewBy)
	case AwaitingShipment:
		return running(ShipDeadline, a.Report.ShipBy)
	case Shipped:
		return running(MoveDeadline, a.ChangedAt.Add(days(s.MoveDays, DefaultMoveDays)))
	case Delivered:
		return running(PostDeadline, a.PostBy(s))
	default:
		return "", time.Time{}
	}
}

func running(kind DeadlineKind, by time.Time) (DeadlineKind, time.Time) {
	if by.IsZero() {
		return "", time.Time{}
	}
	return kind, by
}

// PostBy returns until when the creator of a delivered sample has to post, as far as the desk can tell.
func (a Application) PostBy(s Settings) time.Time {
	return a.ChangedAt.Add(days(s.PostDays, DefaultPostDays))
}

func days(set, fallback int) time.Duration {
	if set == 0 {
		set = fallback
	}
	return time.Duration(set) * 24 * time.Hour
}

// arm brings an application's clock in line with where it is and with the shop's settings. A deadline that moved, or
// another one, starts anew; steps that were told and still lie behind stay told.
func arm(a Application, s Settings, at time.Time) Application {
	kind, by := a.deadline(s)
	if kind == "" {
		a.Clock = Armed{}
		return a
	}
	steps := s.stepsOf(kind)
	c := a.Clock
	if c.Kind != kind {
		c = Armed{Kind: kind, First: a.SeenAt.Equal(at)}
	} else if !c.By.Equal(by) {
		// A deadline that moved away calls for the steps again that lie ahead now.
		for c.Told > 0 && c.Told <= len(steps) && due(steps[c.Told-1], by, s).After(at) {
			c.Told--
		}
	}
	c.By = by
	c.Told = min(c.Told, len(steps))
	var next time.Time
	if c.Told < len(steps) {
		next = due(steps[c.Told], by, s)
	}
	if !next.Equal(c.Next) {
		c.Next, c.Set = next, at
	}
	a.Clock = c
	return a
}

// stepsOf returns how long before a deadline its steps are due, longest first.
func (s Settings) stepsOf(kind DeadlineKind) []time.Duration {
	var all []time.Duration
	own := s.Steps
	if len(own) == 0 {
		own = DefaultSteps
	}
	for _, r := range Clock {
		switch {
		case r.Deadline != kind:
		case !r.Setting:
			all = append(all, r.Before)
		case r.Step < len(own):
			all = append(all, own[r.Step])
		}
	}
	return all
}

// due returns when a step is due: so long before the deadline, but in working hours where the shop has some, unless the
// deadline itself falls before the next morning.
func due(before time.Duration, by time.Time, s Settings) time.Time {
	at := by.Add(-before)
	if s.HoursFrom == "" || s.HoursTo == "" {
		return at
	}
	open := s.opensAfter(at)
	if open.Before(by) || before <= 0 {
		return open
	}
	return at
}

// opensAfter returns the time itself if it is within working hours, or when the next begin. Hours are of the shop's
// zone, Monday to Friday, unless the shop works all week.
func (s Settings) opensAfter(at time.Time) time.Time {
	zone := s.Location()
	local := at.In(zone)
	from, to := clockOf(s.HoursFrom), clockOf(s.HoursTo)
	for day := range 8 {
		d := local.AddDate(0, 0, day)
		begin := time.Date(d.Year(), d.Month(), d.Day(), from/60, from%60, 0, 0, zone)
		end := time.Date(d.Year(), d.Month(), d.Day(), to/60, to%60, 0, 0, zone)
		if !s.Weekends && (begin.Weekday() == time.Saturday || begin.Weekday() == time.Sunday) {
			continue
		}
		switch {
		case !at.Before(end):
			continue
		case at.Before(begin):
			return begin.UTC()
		default:
			return at
		}
	}
	return at
}

// clockOf returns the minutes since midnight of "15:04".
func clockOf(s string) int {
	t, err := time.Parse("15:04", s)
	if err != nil {
		return 0
	}
	return t.Hour()*60 + t.Minute()
}

// rowOf returns a step's row.
func rowOf(kind DeadlineKind, step int) (ClockRow, bool) {
	for _, r := range Clock {
		if r.Deadline == kind && r.Step == step {
			return r, true
		}
	}
	return ClockRow{}, false
}

// latestDue returns the last of an application's steps that is due; ok is false if none is. Those before it are passed
// over: after a time of silence only the latest counts, and none of a deadline of TikTok's that is over, as TikTok's own
// word on it is on its way.
func latestDue(a Application, s Settings, now time.Time) (row ClockRow, ok bool) {
	kind := a.Clock.Kind
	if (kind == ReviewDeadline || kind == ShipDeadline) && !now.Before(a.Clock.By) {
		return ClockRow{}, false
	}
	last := passed(a, s, now) - 1
	if last < a.Clock.Told {
		return ClockRow{}, false
	}
	return rowOf(kind, last)
}

// passed returns how many of an application's steps lie behind.
func passed(a Application, s Settings, now time.Time) int {
	steps := s.stepsOf(a.Clock.Kind)
	n := 0
	for n < len(steps) && !due(steps[n], a.Clock.By, s).After(now) {
		n++
	}
	return n
}
