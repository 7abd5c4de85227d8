package workflow

// Lifecycle is the table of transitions of an application. A row reads: in one of From, on On (reporting one of Status,
// where it is a report), if the guards hold, the application is in To. Same leaves the state as it is. No two rows fit
// at once; what fits no row is refused if a person asked for it, and ignored otherwise.
var Lifecycle = []Row{
	// The team decides.
	{From: decidable, On: OnApproved, If: []Guard{Ours, InTime, Approvable, WordsFit, Reachable}, To: Queued, Quotes: []Sentence{L5}},
	{From: decidable, On: OnRejected, If: []Guard{Ours, InTime, ReasonKnown, WordsFit, Reachable}, To: Queued, Quotes: []Sentence{L9}},
	{From: []State{Queued}, On: OnUndone, If: []Guard{OwnOrAdmin}, To: Pending, Quotes: []Sentence{L12}},
	{From: known, On: OnCampaignChosen, If: []Guard{CampaignAsSeen}, To: Same, Quotes: []Sentence{L5}},
	{From: known, On: OnCampaignLeft, If: []Guard{InSeenCampaign, OwnJoinOrAdmin}, To: Same, Quotes: []Sentence{L5, L12}},

	// The decision travels.
	{From: []State{Queued}, On: OnClaimed, To: Sending, Quotes: []Sentence{L12}},
	{From: underway, On: OnClaimed, To: Same, Quotes: []Sentence{L12}},
	{From: underway, On: OnAnswerLost, To: Unclear, Quotes: []Sentence{L6, L10}},
	{From: underway, On: OnHeldUp, To: Same, Quotes: []Sentence{L6, L10}},
	{From: underway, On: OnApprovalConfirmed, To: AwaitingShipment, Quotes: []Sentence{L6}},
	{From: underway, On: OnRejectionConfirmed, To: Rejected, Quotes: []Sentence{L10}},
	{From: underway, On: OnRefusedForGood, To: Refused, Quotes: []Sentence{L13}},

	// TikTok reports: when first seen, and whenever its report differs from what the desk believed.
	{From: unlessReviewing, On: OnReported, Status: []Status{StatusPending}, If: []Guard{SearchCaughtUp}, To: Pending, Quotes: []Sentence{L4, L14}},
	{From: reviewing, On: OnReported, Status: []Status{StatusPending}, To: Same, Quotes: []Sentence{L4}},
	{From: anywhere, On: OnReported, Status: []Status{StatusAwaitingShipment}, To: AwaitingShipment, Quotes: []Sentence{L6, L14}},
	{From: anywhere, On: OnReported, Status: []Status{StatusShipped}, If: []Guard{NoContentYet}, To: Shipped, Quotes: []Sentence{L7, L14}},
	{From: anywhere, On: OnReported, Status: []Status{StatusContentPending}, If: []Guard{NoContentYet}, To: Delivered, Quotes: []Sentence{L8, L14}},
	{From: anywhere, On: OnReported, Status: []Status{StatusCompleted, StatusOpsCompleted}, To: Completed, Quotes: []Sentence{L11, L14}},
	{From: anywhere, On: OnReported, Status: []Status{StatusRejectCancelled}, To: Rejected, Quotes: []Sentence{L10, L14}},
	{From: anywhere, On: OnReported, Status: []Status{StatusOverdueCancelled}, To: Expired, Quotes: []Sentence{L14, L15}},
	{From: anywhere, On: OnReported, Status: []Status{StatusNotShipCancelled}, To: NotShipped, Quotes: []Sentence{L14, L15}},
	{From: anywhere, On: OnReported, Status: []Status{StatusCollabDeleted}, To: CollabRemoved, Quotes: []Sentence{L14, L15}},
	{From: anywhere, On: OnReported, Status: []Status{StatusUnfulfilCancelled}, To: ContentNotPosted, Quotes: []Sentence{L14, L15}},
	{From: anywhere, On: OnReported, Status: []Status{StatusWithdrawn}, To: Withdrawn, Quotes: []Sentence{L14, L15}},
	{From: anywhere, On: OnReported, Status: []Status{StatusUnfulfillable}, To: Unfulfillable, Quotes: []Sentence{L14, L15}},
	{From: anywhere, On: OnReported, Status: []Status{StatusOpsCancelled, StatusOpsFailed}, To: CancelledByTikTok, Quotes: []Sentence{L14, L15}},
	{From: anywhere, On: OnReported, Status: anyOther, To: Unrecognised, Quotes: []Sentence{L14}},

	// The creator's content is found: the desk's own fact, and a report that it is still to come does not undo it.
	{From: []State{Shipped, Delivered}, On: OnContentFound, To: Completed, Quotes: []Sentence{L11}},
}

// MemberLifecycle is the table of transitions of a creator in a campaign, as long as no application decides where they
// stand. Whoever joins a campaign begins in MemberInvited (L0).
var MemberLifecycle = []MemberRow{
	{From: []MemberState{MemberInvited}, On: OnMemberAnswered, To: MemberAnswered, Quotes: []Sentence{L0, L1}},
	{From: []MemberState{MemberAnswered, MemberNeedsNone}, On: OnSampleNeeded, To: MemberNeedsSample, Quotes: []Sentence{L2}},
	{From: []MemberState{MemberAnswered, MemberNeedsSample}, On: OnSampleNotNeeded, To: MemberNeedsNone, Quotes: []Sentence{L3}},
}
