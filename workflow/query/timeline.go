package query

import (
	"context"
	"math"
	"slices"
	"time"

	"sampledesk/workflow"
)

// The states that mean that a sample was approved, or shipped.
var (
	approvedStates = []workflow.State{workflow.AwaitingShipment, workflow.Shipped, workflow.Delivered, workflow.Completed}
	shippedStates  = []workflow.State{workflow.Shipped, workflow.Delivered, workflow.Completed, workflow.ContentNotPosted}
)

// timeline is what became of one application, as its history tells it, and what of that counts in a period.
type timeline struct {
	from, to time.Time
	orders   int  // paid so far through its content
	untold   bool // nobody told how many

	// What counts in the period: each figure of one application is 0 or 1, but for its orders, and for what the team
	// decided twice as TikTok had sent the first back.
	counts Figures
	took   []time.Duration // from first sight to a decision of this desk
	moved  bool            // something of it happened in the period that a file tells

	// When it first came to be so; zero: it did not, or had before the desk came.
	shipped, delivered, posted time.Time
	ever                       bool // shipped, also before the desk came

	own     Decision // the latest decision of this desk that still stands, confirmed or not
	verdict Decision // how its review ended; none while it has not
}

// Decision is how a review ended.
type Decision struct {
	At      time.Time
	By      workflow.PersonID // empty: made in the Affiliate Center or by TikTok's automation
	Verdict workflow.Verdict  // empty: there is none
	Reason  workflow.Reason
}

// timelineOf reads an application's history.
func timelineOf(ctx context.Context, tx workflow.Tx, a workflow.Application, from, to time.Time) (timeline, error) {
	t := timeline{from: from, to: to}
	t.orders, t.untold = ordersOf(a)
	if a.Round == 0 && a.ContentAt.IsZero() { // it stands where it was first seen
		t.entry(workflow.Entry{At: a.SeenAt, Event: workflow.OnReported, From: workflow.Unseen, To: a.State()}, a.SeenAt)
		return t, nil
	}
	for e, err := range workflow.WalkHistory(ctx, tx, a.Key) {
		if err != nil {
			return t, err
		}
		t.entry(e, a.SeenAt)
	}
	return t, nil
}

// ordersOf adds up what was bought through an application's content. Untold: of none of it does TikTok tell.
func ordersOf(a workflow.Application) (orders int, untold bool) {
	untold = true
	for _, c := range a.Contents {
		if c.Orders.Shared {
			orders += int(min(max(0, c.Orders.Value), math.MaxInt32))
			untold = false
		}
	}
	return orders, untold
}

func (t *timeline) within(at time.Time) bool { return !at.Before(t.from) && at.Before(t.to) }

// entry applies a line of the history.
func (t *timeline) entry(e workflow.Entry, seen time.Time) {
	switch {
	case e.Event == workflow.OnApproved || e.Event == workflow.OnRejected:
		t.own = Decision{At: e.At, By: e.By.Person, Verdict: e.Verdict, Reason: e.Reason}
	case e.Event == workflow.OnUndone || e.Event == workflow.OnRefusedForGood:
		t.own = Decision{}
	case e.From == workflow.Unseen && e.To != workflow.Unseen:
		t.met(e)
	case e.From != e.To && (!e.From.Reviewing() || !e.To.Reviewing()):
		t.move(e, seen)
	}
}

// met counts the first sight. What was over by then is the past: the desk had nothing to do with it. Where it stood
// before the desk came is no move.
func (t *timeline) met(e workflow.Entry) {
	t.ever = slices.Contains(shippedStates, e.To)
	if e.To.Live() && t.within(e.At) {
		t.counts.Received, t.moved = 1, true
	}
}

// move counts a change of where it stands.
func (t *timeline) move(e workflow.Entry, seen time.Time) {
	within := t.within(e.At)
	t.moved = t.moved || within
	switch {
	case e.From.Reviewing():
		t.decide(e, seen)
		t.own = Decision{}
	case e.To.Reviewing():
		t.verdict = Decision{}
	}
	if !t.ever && slices.Contains(shippedStates, e.To) {
		t.ever, t.shipped = true, e.At
		t.counts.Shipped = oneIf(within)
	}
	switch e.To {
	case workflow.Delivered:
		t.delivered = earlier(t.delivered, e.At)
	case workflow.Completed:
		t.posted = earlier(t.posted, e.At)
		if within && t.counts.Posted == 0 {
			t.counts.Posted, t.counts.Orders, t.counts.Untold = 1, t.orders, oneIf(t.untold)
		}
	case workflow.Expired:
		t.counts.Expired |= oneIf(within)
	case workflow.NotShipped:
		t.counts.NotShipped |= oneIf(within)
	case workflow.ContentNotPosted:
		t.counts.NotPosted |= oneIf(within)
	}
}

// decide counts how a review ended, if it ended by a decision.
func (t *timeline) decide(e workflow.Entry, seen time.Time) {
	into, verdict := &t.counts.Approved, workflow.Approve
	switch {
	case e.To == workflow.Rejected:
		into, verdict = &t.counts.Rejected, workflow.Reject
	case !slices.Contains(approvedStates, e.To):
		return
	}
	here := !t.own.At.IsZero() && ours(e, t.own.Verdict)
	t.verdict = Decision{At: e.At, Verdict: verdict}
	if here {
		t.verdict = t.own
	}
	if !t.within(e.At) || *into > 0 {
		return
	}
	*into = 1
	if here {
		t.took = append(t.took, t.own.At.Sub(seen))
	} else {
		t.counts.There++
	}
}

// ours reports whether a review ended as this desk had decided: TikTok confirmed it, or its action was seen where the
// answer was still to come or lost. A decision that was not sent yet ended nothing.
func ours(e workflow.Entry, v workflow.Verdict) bool {
	switch e.Event {
	case workflow.OnApprovalConfirmed, workflow.OnRejectionConfirmed:
		return true
	default:
		sent := e.From == workflow.Sending || e.From == workflow.Unclear
		return sent && (v == workflow.Reject) == (e.To == workflow.Rejected)
	}
}

func oneIf(b bool) int {
	if b {
		return 1
	}
	return 0
}

// earlier returns the earlier of two times; a zero one is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}
