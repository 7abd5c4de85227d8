package workflow

import "time"

// Application is one request for a sample: what TikTok last reported, and apart from that what the team decided. What
// people see is a function of both (State).
type Application struct {
	Key      Key        `json:"key"`
	Snapshot Snapshot   `json:"report"`
	Decision Decision   `json:"decision,omitzero"`
	Campaign CampaignID `json:"campaign,omitempty"` // at most one
	Joined   Joined     `json:"joined,omitzero"`    // how it came into the campaign
	OnIt     OnIt       `json:"looker,omitzero"`    // who said *I'll look at it*
	Card     Card       `json:"card,omitzero"`

	// Round numbers what people can act on. It is printed on the card's controls and rises when a decision is made,
	// undone or refused, or the reported status changes, so that a click on what is no longer so is recognised.
	Round int `json:"round"`

	// SeenAt is when the desk first saw the application.
	SeenAt time.Time `json:"seen_at"`

	// ReportedAt is when the request began whose answer was applied last. Answers to older requests are dropped.
	ReportedAt time.Time `json:"reported_at"`

	// ConfirmedAt is when TikTok confirmed our decision; see searchLag in guards.go for what depends on it.
	ConfirmedAt time.Time `json:"confirmed_at,omitzero"`

	// ContentAt is when content was found. It is our own fact: a report that content is still to come does not take it
	// back. Any other status that is reported does.
	ContentAt time.Time `json:"content_at,omitzero"`

	// ChangedElsewhere is set while the present status came from a report that no decision of this desk explains.
	ChangedElsewhere bool `json:"changed_elsewhere,omitempty"`

	// ChangedAt is when the state last changed, for the text on the card.
	ChangedAt time.Time `json:"changed_at,omitzero"`

	// MovedAt is when the parcel's tracking number last changed; zero: it did not, since the sample was shipped.
	MovedAt time.Time `json:"moved_at,omitzero"`

	Timer     Timer       `json:"clock,omitzero"`     // the deadline that is running
	Announced []Announced `json:"told,omitempty"`     // which steps of each deadline were announced
	News      News        `json:"news,omitempty"`     // of its shipment, to be announced at the sweep's end
	Contents  []Content   `json:"contents,omitempty"` // what the creator posted

	// DedupKeys are the keys of the latest actions of people that were applied, so that a second delivery of the same
	// action is recognised.
	DedupKeys []string `json:"origins,omitempty"`

	// Of the shop's rules: what they say now, and once it is decided what they said then; what one that is only watched would
	// have said; and when a condition on time may change that.
	Proposal *Proposal `json:"proposal,omitempty"`
	Watched  *Proposal `json:"watched,omitempty"`
	RuleNext time.Time `json:"rule_next,omitzero"`

	// First and AtDecision are the facts about it as they were at first sight (nil: they were not kept) and at the decision
	// (nil: they were the same). See FirstFacts and DecisionFacts.
	First      *KeptFacts `json:"facts,omitempty"`
	AtDecision *KeptFacts `json:"facts_decided,omitempty"`

	// Second is an approval that waits for a second person.
	Second Second `json:"second,omitzero"`

	// Touched is who had it in hand: they took it or were given it by somebody, or undid a decision. No rule decides it then.
	Touched PersonID `json:"touched,omitempty"`

	// Overruled is the rule whose own decision a person undid, and on which day in the shop's zone.
	Overruled Overruled `json:"overruled,omitzero"`

	// Taken are the suggestions, of what is no decision, that people took and that stand: one of a rule.
	Taken []Taken `json:"taken,omitempty"`

	// Erased is set where the creator was erased: reports do not bring them back.
	Erased bool `json:"erased,omitempty"`

	// Milestones are what the figures count of it, in the order in which it happened.
	Milestones []Milestone `json:"milestones,omitempty"`
}

// Joined is how an application came into its campaign, and how into the one before, for taking that back.
type Joined struct {
	By     PersonID  `json:"by,omitempty"` // empty: by itself, since its creator and product were in the campaign
	At     time.Time `json:"at,omitzero"`
	Member bool      `json:"member,omitempty"` // its creator came into the campaign with it
	Linked bool      `json:"linked,omitempty"` // it was live when its creator answered in the campaign, whatever its product

	Was       CampaignID `json:"was,omitempty"` // the campaign it was in before; empty: none
	WasBy     PersonID   `json:"was_by,omitempty"`
	WasAt     time.Time  `json:"was_at,omitzero"`
	WasMember bool       `json:"was_member,omitempty"`
}

// before returns how the application had come into the campaign before. What was before that is not kept.
func (j Joined) before() Joined { return Joined{By: j.WasBy, At: j.WasAt, Member: j.WasMember} }

// Overruled names a rule whose decision was undone, and the day.
type Overruled struct {
	Rule RuleID `json:"rule,omitempty"`
	Day  string `json:"day,omitempty"`
}

// Taken is a suggestion that a person took, and the day in the shop's zone.
type Taken struct {
	Rule     RuleID     `json:"rule"`
	Day      string     `json:"day"`
	Campaign CampaignID `json:"campaign,omitempty"` // into which it came by that; once it has left, the suggestion was not taken
}

// OnIt says who is on it: they look at the application, so that others need not.
type OnIt struct {
	By   PersonID  `json:"by,omitempty"`
	At   time.Time `json:"at,omitzero"`
	From PersonID  `json:"from,omitempty"` // who asked them to; empty: nobody, or it was their turn
}

// Decision is what the team decided and how far that has come.
type Decision struct {
	Phase   Phase     `json:"phase,omitempty"`
	Verdict Verdict   `json:"verdict,omitempty"`
	Reason  Reason    `json:"reason,omitempty"` // of a rejection
	By      PersonID  `json:"by,omitempty"`
	At      time.Time `json:"at,omitzero"`
	SendAt  time.Time `json:"send_at,omitzero"`  // when the undo window ends
	Review  EffectID  `json:"review,omitempty"`  // the effect that carries it to TikTok
	Failure Failure   `json:"cause,omitzero"`    // why it was refused, or what it waits for
	Message string    `json:"message,omitempty"` // to the creator, sent once TikTok has confirmed the decision
	Run     RunID     `json:"run,omitempty"`     // the bulk run that it is part of

	// Rule decided it, and no person; its name as it was then, and its version. Proposal has its reasons.
	Rule        RuleID `json:"rule,omitempty"`
	RuleName    string `json:"rule_name,omitempty"`
	RuleVersion int    `json:"rule_version,omitempty"`

	Asked   PersonID `json:"asked,omitempty"`  // of two people: the one who asked for the approval, which By gave
	Counted Counted  `json:"counted,omitzero"` // what it counts for against caps
}

// Phase says how far a decision has come.
type Phase string

// The phases. A decision that was confirmed stays on record: the card still shows who made it.
const (
	Undecided         Phase = ""
	DecisionQueued    Phase = "queued"    // waits out the undo window
	DecisionSending   Phase = "sending"   // claimed by the dispatcher; from here on it cannot be undone
	DecisionUnclear   Phase = "unclear"   // sent, and the answer was lost
	DecisionRefused   Phase = "refused"   // TikTok refused it for good
	DecisionConfirmed Phase = "confirmed" // TikTok confirmed it
)

// Verdict is what a decision says.
type Verdict string

// The verdicts, in the vendor's spelling.
const (
	Approve Verdict = "APPROVE"
	Reject  Verdict = "REJECT"
)

// Reason is why an application is rejected, in the vendor's spelling.
type Reason string

// The four reasons that the Affiliate Center knows.
const (
	NotMatch   Reason = "NOT_MATCH"
	Offline    Reason = "OFFLINE"
	OutOfStock Reason = "OUT_OF_STOCK"
	Other      Reason = "OTHER"
)

// Reasons lists the four in the order in which people are shown them.
var Reasons = []Reason{NotMatch, Offline, OutOfStock, Other}

// Failure is why something at TikTok failed: the code, the message, and the request id that its support asks for.
type Failure struct {
	Code      int    `json:"code,omitempty"`
	Message   string `json:"message,omitempty"`
	RequestID string `json:"request_id,omitempty"`
	Fault     Fault  `json:"fault,omitempty"` // what it means, where the desk knows; one code stands for several faults
	Call      string `json:"call,omitempty"`  // the only kind of call that it stops; empty: all of the shop's, or none
}

// Card is what the desk knows of an application's message in Slack.
type Card struct {
	Wanted bool `json:"wanted,omitempty"` // the application has a card, or will have one as soon as it can be posted
	Post
	Bare bool `json:"bare,omitempty"` // it stands without its picture, whose link had expired
}

// State says where the application stands.
func (a Application) State() State {
	if a.SeenAt.IsZero() {
		return Unseen
	}
	if !a.ContentAt.IsZero() {
		return Completed
	}
	if a.Snapshot.Status != StatusPending {
		return a.Snapshot.Status.State()
	}
	switch a.Decision.Phase {
	case DecisionQueued:
		return Queued
	case DecisionSending:
		return Sending
	case DecisionUnclear:
		return Unclear
	case DecisionRefused:
		return Refused
	default:
		return Pending
	}
}

// Stage is the state's name on screen.
func (a Application) Stage() Stage { return a.State().Stage(a.Snapshot.Status) }

// Decidable reports whether a person may decide now.
func (a Application) Decidable() bool {
	s := a.State()
	return s == Pending || s == Refused && !a.OfAgency()
}

// Repeats reports whether the application asks for the very product and variant of another.
func (a Application) Repeats(other Application) bool {
	p, o := a.Snapshot.Product, other.Snapshot.Product
	return a.Key.Shop == other.Key.Shop && p.ID != "" && p.ID == o.ID && p.SKU == o.SKU
}

// OfAgency reports whether TikTok refused a decision since the request is an agency's: nobody here can decide it.
func (a Application) OfAgency() bool {
	return a.Snapshot.Status == StatusPending && a.Decision.Phase == DecisionRefused && a.Decision.Failure.Fault == FaultAgency
}
