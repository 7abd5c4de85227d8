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

// DeadlineRow is one deadline: where an application has it, and when it is.
type DeadlineRow struct {
	Deadline DeadlineKind
	While    []State // where the application is while the deadline runs; anywhere else it is silent
	By       func(Application, Settings) time.Time
	Source   string // what By reads, in words
	Final    bool   // TikTok ends the application at it: once it is over no step is told, as TikTok's own word is on its way
	Grouped  bool   // many steps at once are told as one message in place of each for itself
}

// Deadlines is the table of deadlines. A state is in one row at the most.
var Deadlines = []DeadlineRow{
	{Deadline: ReviewDeadline, While: decidable, By: reviewBy, Source: "TikTok's review deadline", Final: true, Grouped: true},
	{Deadline: ShipDeadline, While: []State{AwaitingShipment}, By: shipBy, Source: "TikTok's ship-by deadline", Final: true, Grouped: true},
	// What is stuck is told with the sweep's news, as the other changes of shipments, which are grouped there.
	{Deadline: MoveDeadline, While: []State{Shipped}, By: moveBy, Source: "the shipment, or its latest tracking number, and the shop's days until a parcel is told of"},
	{Deadline: PostDeadline, While: []State{Delivered}, By: postBy, Source: "the delivery and the shop's days to post", Grouped: true},
}

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
	Nudge    bool // the creator is written to as well, where the shop's settings have words for it
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

	{Deadline: MoveDeadline, Step: 0, Voice: ToThread},

	{Deadline: PostDeadline, Step: 0, Before: 3 * 24 * time.Hour, Voice: ToThread, Nudge: true},
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

// reviewBy is no deadline of the team's where the request is an agency's to decide.
func reviewBy(a Application, _ Settings) time.Time {
	if a.OfAgency() {
		return time.Time{}
	}
	return a.Report.ReviewBy
}

func shipBy(a Application, _ Settings) time.Time { return a.Report.ShipBy }

func moveBy(a Application, s Settings) time.Time {
	since := a.ChangedAt
	if a.MovedAt.After(since) {
		since = a.MovedAt
	}
	return since.Add(days(s.MoveDays, DefaultMoveDays))
}

func postBy(a Application, s Settings) time.Time { return a.PostBy(s) }

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

// deadlineRow returns a deadline's row.
func deadlineRow(kind DeadlineKind) DeadlineRow {
	for _, r := range Deadlines {
		if r.Deadline == kind {
			return r
		}
	}
	return DeadlineRow{}
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

// stepsOf returns how long before a deadline its steps are due, longest first; a step's place is its number.
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
