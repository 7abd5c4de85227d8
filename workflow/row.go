package workflow

import (
	"fmt"
	"slices"
	"strings"
)

// Row is one row of the table of transitions.
type Row struct {
	From   []State
	On     EventKind
	Status []Status // the statuses reported, for OnReported; anyOther stands for those that no other row names
	If     []Guard
	To     State
	Quotes []Sentence
}

// Same leaves the state as it is, where it is a row's To.
const Same State = "(the same)"

// anyOther stands for every status that no other row names.
var anyOther = []Status{"(any other)"}

// The sets of states that the table uses. States lists all of them, which a test checks.
var (
	// States lists every state, in the order of an application's life.
	States = []State{
		Unseen, Pending, Queued, Sending, Unclear, Refused, AwaitingShipment, Shipped, Delivered, Completed, Rejected,
		Expired, NotShipped, CollabRemoved, ContentNotPosted, Withdrawn, Unfulfillable, CancelledByTikTok, Unrecognised,
	}
	decidable       = []State{Pending, Refused}
	underway        = []State{Sending, Unclear}
	reviewing       = []State{Pending, Queued, Sending, Unclear, Refused}
	known           = without(States, Unseen)
	anywhere        = States
	unlessReviewing = without(States, reviewing...)
)

func without(all []State, some ...State) []State {
	return slices.DeleteFunc(slices.Clone(all), func(s State) bool { return slices.Contains(some, s) })
}

// fits reports whether the row is about this state, event and (for a report) status; guards are not checked.
func (r Row) fits(s State, on EventKind, status Status) bool {
	return r.On == on && slices.Contains(r.From, s) && (on != OnReported || r.reports(status))
}

func (r Row) reports(s Status) bool {
	if slices.Equal(r.Status, anyOther) {
		return !slices.Contains(statusesNamed, s)
	}
	return slices.Contains(r.Status, s)
}

// statusesNamed are the statuses of the vendor's reference.
var statusesNamed = []Status{
	StatusPending, StatusAwaitingShipment, StatusShipped, StatusContentPending, StatusCompleted, StatusRejectCancelled,
	StatusOverdueCancelled, StatusUnfulfilCancelled, StatusCollabDeleted, StatusNotShipCancelled, StatusWithdrawn,
	StatusUnfulfillable, StatusOpsCancelled, StatusOpsFailed, StatusOpsCompleted,
}

// find returns the row for an event in a state.
func find(s State, on EventKind, status Status) (Row, bool) {
	i := slices.IndexFunc(Lifecycle, func(r Row) bool { return r.fits(s, on, status) })
	if i < 0 {
		return Row{}, false
	}
	return Lifecycle[i], true
}

// check returns an error if a step by this row led elsewhere than it says.
func (r Row) check(before, after Application, e Event) error {
	from, want := before.State(), r.To
	if want == Same {
		want = from
	}
	if after.State() == want {
		return nil
	}
	err := fmt.Errorf("%q took %s from %q to %q, and the table says to %q", e.Kind(), after.Key, from, after.State(), want)
	if onFault != nil {
		onFault(err)
	}
	return err
}

// onFault is what tests set, to fail by a step that leads elsewhere than the table says.
var onFault func(error)

// Sentence is a sentence of the lifecycle, as the README carries it. The table quotes them; a test holds the two
// together, word for word.
type Sentence string

// The sentences on a creator in a campaign.
const (
	L0 Sentence = "L0. A creator who was added to a campaign is **Invited** until they answer."
	L1 Sentence = "L1. A creator who answers a campaign's message is in **Reply to creators**."
	L2 Sentence = "L2. When the team says that a sample is needed, the creator moves to **Sample application review pending**."
	L3 Sentence = "L3. When the team says that no sample is needed, the creator moves to **Content pending**."
)

// The sentences on sample applications.
const (
	L4  Sentence = "L4. An application that waits for the team is in **Sample application review pending**."
	L5  Sentence = "L5. A reviewer may approve it, and may add the creator to a campaign or to none."
	L6  Sentence = "L6. An approved application is in **Awaiting shipment** once the Affiliate Center has confirmed the approval."
	L7  Sentence = "L7. When the Affiliate Center reports the sample as shipped, the application is in **Shipping**."
	L8  Sentence = "L8. When the sample is delivered, the application is in **Content pending**."
	L9  Sentence = "L9. A reviewer may reject it, and must choose one of the four reasons that the Affiliate Center knows."
	L10 Sentence = "L10. A rejected application is in **Reject** once the Affiliate Center has confirmed it, which is what tells the creator."
	L11 Sentence = "L11. When the creator's content is found, or the platform marks the sample done, the application is **Completed**."
	L12 Sentence = "L12. A decision can be undone until it is sent, and not after, by whoever made it or by an admin."
	L13 Sentence = "L13. A decision that the Affiliate Center refuses for good returns the application to review, with the cause on the card."
	L14 Sentence = "L14. Whatever the Affiliate Center reports wins over what the desk believed, and the card says that it was changed there, not from this desk."
	L15 Sentence = "L15. An application that ends otherwise names the ending and whose move it was:"
)

// Sentences lists them in order.
var Sentences = []Sentence{L0, L1, L2, L3, L4, L5, L6, L7, L8, L9, L10, L11, L12, L13, L14, L15}

// ID returns the sentence's number, such as "L4".
func (s Sentence) ID() string {
	id, _, _ := strings.Cut(string(s), ".")
	return id
}
