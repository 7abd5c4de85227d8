package workflow

import "slices"

// State is where an application stands, finer than its name on screen: the review has one name and five states.
type State string

// The states of an application.
const (
	Unseen            State = "unseen"             // not seen yet
	Pending           State = "pending"            // waits for the team
	Queued            State = "queued"             // decided, and still to be undone
	Sending           State = "sending"            // on its way to TikTok
	Unclear           State = "unclear"            // sent, the answer was lost
	Refused           State = "refused"            // refused by TikTok, back in review
	AwaitingShipment  State = "awaiting shipment"  // approved
	Shipped           State = "shipped"            // on its way to the creator
	Delivered         State = "delivered"          // content is due
	Completed         State = "completed"          // content was found, or the platform says done
	Rejected          State = "rejected"           // by the team
	Expired           State = "expired"            // nobody decided in time
	NotShipped        State = "not shipped"        // nobody shipped in time
	CollabRemoved     State = "collab removed"     // the collaboration was deleted
	ContentNotPosted  State = "content not posted" // in time
	Withdrawn         State = "withdrawn"          // by the creator
	Unfulfillable     State = "unfulfillable"      // content became impossible
	CancelledByTikTok State = "cancelled"          // by the platform's staff
	Unrecognised      State = "unrecognised"       // a status that this desk does not know
)

// Stage is a name on screen.
type Stage string

// The names on screen, of creators in a campaign and of applications.
const (
	StageInvited     Stage = "Invited"
	StageReply       Stage = "Reply to creators"
	StageReview      Stage = "Sample application review pending"
	StageAwaiting    Stage = "Awaiting shipment"
	StageShipping    Stage = "Shipping"
	StageContent     Stage = "Content pending"
	StageCompleted   Stage = "Completed"
	StageReject      Stage = "Reject"
	StageExpired     Stage = "Expired"
	StageNotShipped  Stage = "Not shipped in time"
	StageRemoved     Stage = "Collaboration removed"
	StageNotPosted   Stage = "Content not posted"
	StageWithdrawn   Stage = "Withdrawn"
	StageUnfulfilled Stage = "Could not be fulfilled"
	StageCancelled   Stage = "Cancelled by TikTok"
)

// Stages lists the names on screen that an application can have, in the order of its life, endings last.
var Stages = []Stage{
	StageReview, StageAwaiting, StageShipping, StageContent, StageCompleted, StageReject, StageExpired, StageNotShipped,
	StageRemoved, StageNotPosted, StageWithdrawn, StageUnfulfilled, StageCancelled,
}

// EndedStages returns those of Stages in which all is over.
func EndedStages() []Stage {
	return slices.DeleteFunc(slices.Clone(Stages), func(stage Stage) bool {
		for s, is := range stageOf {
			if is == stage && s.Live() {
				return true
			}
		}
		return false
	})
}

var stageOf = map[State]Stage{
	Pending: StageReview, Queued: StageReview, Sending: StageReview, Unclear: StageReview, Refused: StageReview,
	AwaitingShipment: StageAwaiting, Shipped: StageShipping, Delivered: StageContent, Completed: StageCompleted,
	Rejected: StageReject, Expired: StageExpired, NotShipped: StageNotShipped, CollabRemoved: StageRemoved,
	ContentNotPosted: StageNotPosted, Withdrawn: StageWithdrawn, Unfulfillable: StageUnfulfilled,
	CancelledByTikTok: StageCancelled,
}

// Stage returns the state's name on screen. A status that this desk does not know is shown by its raw name.
func (s State) Stage(raw Status) Stage {
	if s == Unrecognised {
		return Stage(raw)
	}
	return stageOf[s]
}

// Live reports whether TikTok may still move the application on, so that every sweep has to find it. An unknown status
// is kept live, since it may not be an ending.
func (s State) Live() bool {
	switch s {
	case Pending, Queued, Sending, Unclear, Refused, AwaitingShipment, Shipped, Delivered, Unrecognised:
		return true
	default:
		return false
	}
}

// Reviewing reports whether the application is in review: undecided, or decided and not confirmed.
func (s State) Reviewing() bool { return slices.Contains(reviewing, s) }

// Status is the vendor's name of an application's status.
type Status string

// The statuses of the vendor's reference (sample applications search).
const (
	StatusPending           Status = "PENDING"
	StatusAwaitingShipment  Status = "AWAITING_SHIPMENT"
	StatusShipped           Status = "SHIPPED"
	StatusContentPending    Status = "CONTENT_PENDING"
	StatusCompleted         Status = "COMPLETED"
	StatusRejectCancelled   Status = "REJECT_CANCELLED"
	StatusOverdueCancelled  Status = "OVERDUE_CANCELLED"
	StatusUnfulfilCancelled Status = "UNFULFILL_CANCELLED"
	StatusCollabDeleted     Status = "DEL_OPEN_COLLAB"
	StatusNotShipCancelled  Status = "SELLER_NOT_SHIP_CANCELLED"
	StatusWithdrawn         Status = "WITHDRAW_CANCELLED"
	StatusUnfulfillable     Status = "UNFULFILLABLE_CANCELLED"
	StatusOpsCancelled      Status = "OPS_CANCELLED"
	StatusOpsFailed         Status = "OPS_FAILED"
	StatusOpsCompleted      Status = "OPS_COMPLETED"
)

// LiveStatuses are the four that a sweep pages through.
var LiveStatuses = []Status{StatusPending, StatusAwaitingShipment, StatusShipped, StatusContentPending}

// State returns the state that a status stands for by itself: that of an application just seen.
func (s Status) State() State {
	row, ok := find(Unseen, OnReported, s)
	if !ok {
		return Unrecognised
	}
	return row.To
}

// Party is who caused an ending.
type Party string

// The parties of the table of endings.
const (
	PartyTeam    Party = "ours"
	PartyCreator Party = "the creator's"
	PartyNobody  Party = "nobody's"
	PartyTikTok  Party = "TikTok's"
)

// Ending is a way in which an application ends without content and without our rejection.
type Ending struct {
	State    State
	Statuses []Status
	Party    Party
	Why      string // what nobody did, where that says more than the name
}

// Endings is sentence L15's table.
var Endings = []Ending{
	{State: Expired, Statuses: []Status{StatusOverdueCancelled}, Party: PartyTeam, Why: "nobody decided in time"},
	{State: NotShipped, Statuses: []Status{StatusNotShipCancelled}, Party: PartyTeam},
	{State: CollabRemoved, Statuses: []Status{StatusCollabDeleted}, Party: PartyTeam},
	{State: ContentNotPosted, Statuses: []Status{StatusUnfulfilCancelled}, Party: PartyCreator},
	{State: Withdrawn, Statuses: []Status{StatusWithdrawn}, Party: PartyCreator},
	{State: Unfulfillable, Statuses: []Status{StatusUnfulfillable}, Party: PartyNobody},
	{State: CancelledByTikTok, Statuses: []Status{StatusOpsCancelled, StatusOpsFailed}, Party: PartyTikTok},
}

// EndingOf returns the ending that a state is, if it is one.
func EndingOf(s State) (Ending, bool) {
	i := slices.IndexFunc(Endings, func(e Ending) bool { return e.State == s })
	if i < 0 {
		return Ending{}, false
	}
	return Endings[i], true
}

// DecisionPending reports whether a decision in that state is still to be carried.
func (s State) DecisionPending() bool { return s == Queued || s == Sending || s == Unclear }
