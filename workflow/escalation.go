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

// DeadlineRow is one deadline: in which states it runs, and when it is.
type DeadlineRow struct {
	Deadline DeadlineKind
	While    []State // the states in which the deadline runs; in others nothing is announced
	By       func(Application, Settings) time.Time
	Source   string // what By reads, in words
	Final    bool   // TikTok ends the application at it: afterwards no step is announced, as TikTok's own report is on its way
	Grouped  bool   // many steps at once are announced as one message
}

// Deadlines is the table of deadlines. A state is in one row at the most.
var Deadlines = []DeadlineRow{
	{Deadline: ReviewDeadline, While: decidable, By: reviewBy, Source: "TikTok's review deadline", Final: true, Grouped: true},
	{Deadline: ShipDeadline, While: []State{AwaitingShipment}, By: shipBy, Source: "TikTok's ship-by deadline", Final: true, Grouped: true},
	// A stuck parcel is announced with the shipment news at a sweep's end, where it is grouped.
	{Deadline: MoveDeadline, While: []State{Shipped}, By: moveBy, Source: "the shipment, or its latest tracking number, and the shop's days until a parcel is told of"},
	{Deadline: PostDeadline, While: []State{Delivered}, By: postBy, Source: "the delivery and the shop's days to post", Grouped: true},
}

// Audience is who hears of a step.
type Audience string

// The audiences. Each step is posted in the application's thread.
const (
	ToThread    Audience = "thread"    // nowhere else
	ToReviewers Audience = "reviewers" // by name; in the channel too, where none can be named
	ToChannel   Audience = "channel"   // in the channel too
	ToAdmins    Audience = "admins"    // by name, and in the channel too
)

// EscalationStep is one step of a deadline.
type EscalationStep struct {
	Deadline DeadlineKind
	Number   int           // among the deadline's steps, from 0
	Before   time.Duration // how long before the deadline it is due, where Setting is false
	Setting  bool          // the shop's settings say how long before (Settings.Steps, by number)
	Audience Audience
	Nudge    bool // the creator gets a reminder as well, if the shop's settings have a text for it
}

// EscalationPolicy is the table of steps: what the desk does about each deadline, and when. Each step is announced
// once, and only while the deadline runs.
var EscalationPolicy = []EscalationStep{
	{Deadline: ReviewDeadline, Number: 0, Setting: true, Audience: ToThread},
	{Deadline: ReviewDeadline, Number: 1, Setting: true, Audience: ToReviewers},
	{Deadline: ReviewDeadline, Number: 2, Setting: true, Audience: ToChannel},
	{Deadline: ReviewDeadline, Number: 3, Setting: true, Audience: ToAdmins},

	{Deadline: ShipDeadline, Number: 0, Setting: true, Audience: ToThread},
	{Deadline: ShipDeadline, Number: 1, Setting: true, Audience: ToReviewers},
	{Deadline: ShipDeadline, Number: 2, Setting: true, Audience: ToChannel},
	{Deadline: ShipDeadline, Number: 3, Setting: true, Audience: ToAdmins},

	{Deadline: MoveDeadline, Number: 0, Audience: ToThread},

	{Deadline: PostDeadline, Number: 0, Before: 3 * 24 * time.Hour, Audience: ToThread, Nudge: true},
	{Deadline: PostDeadline, Number: 1, Before: 0, Audience: ToThread},
	{Deadline: PostDeadline, Number: 2, Before: -postExtension, Audience: ToReviewers},
}

// postExtension is by how much TikTok may extend the time to post, once, without notice to the seller.
const postExtension = 7 * 24 * time.Hour

// The defaults of the deadlines that are the shop's own.
const (
	DefaultPostDays = 14 // the platform's rule for free samples
	DefaultMoveDays = 10
)

// reviewBy is no deadline of the team's where the request is an agency's to decide.
func reviewBy(a Application, _ Settings) time.Time {
	if a.OfAgency() {
		return time.Time{}
	}
	return a.Snapshot.ReviewBy
}

func shipBy(a Application, _ Settings) time.Time { return a.Snapshot.ShipBy }

func moveBy(a Application, s Settings) time.Time {
	since := a.ChangedAt
	if a.MovedAt.After(since) {
		since = a.MovedAt
	}
	return since.Add(days(s.MoveDays, DefaultMoveDays))
}

func postBy(a Application, s Settings) time.Time { return a.PostBy(s) }

// PostBy returns until when the creator of a delivered sample has to post, as far as the desk knows.
func (a Application) PostBy(s Settings) time.Time {
	return a.ChangedAt.Add(days(s.PostDays, DefaultPostDays))
}

func days(set, fallback int) time.Duration {
	if set == 0 {
		set = fallback
	}
	return time.Duration(set) * 24 * time.Hour
}

// DeadlineRowOf returns a deadline's row.
func DeadlineRowOf(kind DeadlineKind) DeadlineRow {
	for _, r := range Deadlines {
		if r.Deadline == kind {
			return r
		}
	}
	return DeadlineRow{}
}

// escalationStep returns a step's row.
func escalationStep(kind DeadlineKind, step int) (EscalationStep, bool) {
	for _, r := range EscalationPolicy {
		if r.Deadline == kind && r.Number == step {
			return r, true
		}
	}
	return EscalationStep{}, false
}

// stepsOf returns how long before a deadline its steps are due, longest first; a step's place is its number.
func (s Settings) stepsOf(kind DeadlineKind) []time.Duration {
	var all []time.Duration
	own := s.Steps
	if len(own) == 0 {
		own = DefaultSteps
	}
	for _, r := range EscalationPolicy {
		switch {
		case r.Deadline != kind:
		case !r.Setting:
			all = append(all, r.Before)
		case r.Number < len(own):
			all = append(all, own[r.Number])
		}
	}
	return all
}
