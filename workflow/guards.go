package workflow

import (
	"slices"
	"time"
	"unicode/utf8"
)

// Guard is a named condition on a row. Where it does not hold, the event is refused by Rule, or, for what no person
// asked for, is ignored.
type Guard struct {
	Name  string
	Rule  Rule
	Quote Sentence // the sentence that the guard keeps
	Holds func(Application, Event) bool
}

// searchLag is how long after a confirmed decision the search may still report the application as pending: it lags "a
// few seconds" behind a write. The stricter reading is the longest time the reference itself waits before it trusts the
// search, 30 seconds. A later PENDING is real: a grouping that failed returns an application to review.
const searchLag = 30 * time.Second

// undoMargin is how long before the review deadline the undo window ends at the latest.
const undoMargin = 60 * time.Second

// The guards of the table.
var (
	// InTime keeps a decision from being made after the review deadline: TikTok would not take it, and the report of
	// what became of the application is on its way.
	InTime = Guard{Name: "the review deadline has not passed", Rule: RuleDeadline, Quote: L4,
		Holds: func(a Application, e Event) bool {
			d, ok := e.(Decided)
			return ok && (a.Snapshot.ReviewBy.IsZero() || d.At.Before(a.Snapshot.ReviewBy))
		}}

	// Ours holds unless TikTok said that the request is an agency's to decide.
	Ours = Guard{Name: "it is the shop's to decide", Rule: RuleAgency, Quote: L13,
		Holds: func(a Application, _ Event) bool { return !a.OfAgency() }}

	// Approvable is whether TikTok says that it would accept an approval.
	Approvable = Guard{Name: "TikTok says that it can be approved", Rule: RuleNotApprovable, Quote: L5,
		Holds: func(a Application, _ Event) bool { return a.Snapshot.Approvable }}

	// ReasonKnown holds for the four reasons.
	ReasonKnown = Guard{Name: "the reason is one of the four", Rule: RuleReason, Quote: L9,
		Holds: func(_ Application, e Event) bool {
			d, ok := e.(Decided)
			return ok && slices.Contains(Reasons, d.Reason)
		}}

	// WordsFit holds while the note and the message that go with a decision are not too long.
	WordsFit = Guard{Name: "its note and message are not too long", Rule: RuleTooLong, Quote: L9,
		Holds: func(_ Application, e Event) bool {
			d, ok := e.(Decided)
			return ok && utf8.RuneCountInString(d.Note) <= MaxNote && utf8.RuneCountInString(d.Message) <= MaxMessage
		}}

	// Reachable holds while a message that goes with a decision has a recipient.
	Reachable = Guard{Name: "the creator can be written to, if there is a message", Rule: RuleNoCreator, Quote: L9,
		Holds: func(a Application, e Event) bool {
			d, ok := e.(Decided)
			return ok && (d.Message == "" || a.Snapshot.Creator.OpenID != "")
		}}

	// OwnOrAdmin holds for the decision's author and for admins. What a rule decided is the team's: every reviewer can undo it,
	// and the desk itself, by that rule.
	OwnOrAdmin = Guard{Name: "by its author or an admin", Rule: RuleNotYours, Quote: L12,
		Holds: func(a Application, e Event) bool {
			u, ok := e.(Undone)
			byRule := a.Decision.Rule != "" && (u.Person != "" || u.Rule == a.Decision.Rule)
			return ok && (u.Admin || byRule || u.Person != "" && u.Person == a.Decision.By)
		}}

	// CampaignAsSeen holds while the application is in the campaign, or in none, as the person was shown.
	CampaignAsSeen = Guard{Name: "no other campaign took it meanwhile", Rule: RuleOtherCampaign, Quote: L5,
		Holds: func(a Application, e Event) bool {
			c, ok := e.(CampaignChosen)
			return ok && (a.Campaign == c.Seen || a.Campaign == c.Campaign)
		}}

	// InSeenCampaign holds while the application is in the campaign that the person wants it out of.
	InSeenCampaign = Guard{Name: "it is in that campaign", Rule: RuleNotInCampaign, Quote: L5,
		Holds: func(a Application, e Event) bool {
			c, ok := e.(CampaignLeft)
			return ok && a.Campaign != "" && a.Campaign == c.Seen
		}}

	// OwnJoinOrAdmin holds for whoever added it to its campaign and for admins, and for every reviewer where it came
	// there by itself.
	OwnJoinOrAdmin = Guard{Name: "by whoever added it, or an admin", Rule: RuleNotYourJoin, Quote: L12,
		Holds: func(a Application, e Event) bool {
			c, ok := e.(CampaignLeft)
			return ok && (c.Admin || a.Joined.By == "" || c.Person == a.Joined.By)
		}}

	// NoContentYet holds until content was found. It guards what a report says of a sample that is on its way or waits
	// for content: the platform's list of content may say more.
	NoContentYet = Guard{Name: "no content was found yet", Quote: L11,
		Holds: func(a Application, _ Event) bool { return a.ContentAt.IsZero() }}

	// SearchCaughtUp holds when a report of "pending" can be trusted after a decision that TikTok confirmed.
	SearchCaughtUp = Guard{Name: "the search has caught up with our last decision", Quote: L14,
		Holds: func(a Application, e Event) bool {
			r, ok := e.(Reported)
			return ok && (a.ConfirmedAt.IsZero() || !r.Began.Before(a.ConfirmedAt.Add(searchLag)))
		}}
)
