package workflow

import (
	"fmt"
	"slices"
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
