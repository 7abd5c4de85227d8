package bot

import (
	"math"
	"slices"
	"time"

	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// The states that mean that a sample was approved, or shipped.
var (
	approvedStates = []workflow.State{workflow.AwaitingShipment, workflow.Shipped, workflow.Delivered, workflow.Completed}
	shippedStates  = []workflow.State{workflow.Shipped, workflow.Delivered, workflow.Completed, workflow.ContentNotPosted}
)

// tale is what became of one application, as its history tells it, and what of that counts in a period.
type tale struct {
	from, to time.Time
	orders   int  // paid so far through its content
	untold   bool // nobody told how many

	// What counts in the period: each figure of one application is 0 or 1, but for its orders, and for what the team
	// decided twice as TikTok had sent the first back.
	counts view.Figures
	took   []time.Duration // from first sight to a decision of this desk
	moved  bool            // something of it happened in the period that a file tells

	// When it first came to be so; zero: it did not, or had before the desk came.
	shipped, delivered, posted time.Time
	ever                       bool // shipped, also before the desk came

	own     decided // the latest decision of this desk that still stands, confirmed or not
	verdict decided // how its review ended; none while it has not
}

// decided is a decision.
type decided struct {
	at      time.Time
	by      workflow.PersonID // empty: made in the Affiliate Center or by TikTok's automation
	verdict workflow.Verdict  // empty: there is none
	reason  workflow.Reason
}

// taleOf reads an application's history.
func taleOf(tx workflow.Tx, a workflow.Application, from, to time.Time) (tale, error) {
	t := tale{from: from, to: to}
	t.orders, t.untold = ordersOf(a)
	if a.Round == 0 && a.ContentAt.IsZero() { // it stands where it was first seen
		t.entry(workflow.Entry{At: a.SeenAt, Event: workflow.OnReported, From: workflow.Unseen, To: a.State()}, a.SeenAt)
		return t, nil
	}
	for after := ""; ; {
		entries, next, err := tx.History(a.Key, after, statsPage)
		if err != nil {
			return t, err
		}
		for _, e := range entries {
			t.entry(e, a.SeenAt)
		}
		if after = next; after == "" {
			return t, nil
		}
	}
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

func (t *tale) within(at time.Time) bool { return !at.Before(t.from) && at.Before(t.to) }

// entry takes over a line of the history.
func (t *tale) entry(e workflow.Entry, seen time.Time) {
	switch {
	case e.Event == workflow.OnApproved || e.Event == workflow.OnRejected:
		t.own = decided{at: e.At, by: e.By.Person, verdict: e.Verdict, reason: e.Reason}
	case e.Event == workflow.OnUndone || e.Event == workflow.OnRefusedForGood:
		t.own = decided{}
	case e.From == workflow.Unseen && e.To != workflow.Unseen:
		t.met(e)
	case e.From != e.To && (!e.From.Reviewing() || !e.To.Reviewing()):
		t.move(e, seen)
	}
}

// met counts the first sight. What was over by then is the past: the desk had nothing to do with it. Where it stood
// before the desk came is no move.
func (t *tale) met(e workflow.Entry) {
	t.ever = slices.Contains(shippedStates, e.To)
	if e.To.Live() && t.within(e.At) {
		t.counts.Received, t.moved = 1, true
	}
}

// move counts a change of where it stands.
func (t *tale) move(e workflow.Entry, seen time.Time) {
	within := t.within(e.At)
	t.moved = t.moved || within
	switch {
	case e.From.Reviewing():
		t.decide(e, seen)
		t.own = decided{}
	case e.To.Reviewing():
		t.verdict = decided{}
	}
	if !t.ever && slices.Contains(shippedStates, e.To) {
		t.ever, t.shipped = true, e.At
		t.counts.Shipped = boolean(within)
	}
	switch e.To {
	case workflow.Delivered:
		t.delivered = earlier(t.delivered, e.At)
	case workflow.Completed:
		t.posted = earlier(t.posted, e.At)
		if within && t.counts.Posted == 0 {
			t.counts.Posted, t.counts.Orders, t.counts.Untold = 1, t.orders, boolean(t.untold)
		}
	case workflow.Expired:
		t.counts.Expired |= boolean(within)
	case workflow.NotShipped:
		t.counts.NotShipped |= boolean(within)
	case workflow.ContentNotPosted:
		t.counts.NotPosted |= boolean(within)
	}
}

// decide counts how a review ended, if it ended by a decision.
func (t *tale) decide(e workflow.Entry, seen time.Time) {
	into, verdict := &t.counts.Approved, workflow.Approve
	switch {
	case e.To == workflow.Rejected:
		into, verdict = &t.counts.Rejected, workflow.Reject
	case !slices.Contains(approvedStates, e.To):
		return
	}
	here := !t.own.at.IsZero() && ours(e, t.own.verdict)
	t.verdict = decided{at: e.At, verdict: verdict}
	if here {
		t.verdict = t.own
	}
	if !t.within(e.At) || *into > 0 {
		return
	}
	*into = 1
	if here {
		t.took = append(t.took, t.own.at.Sub(seen))
	} else {
		t.counts.There++
	}
}

// ours tells whether a review ended as this desk had decided: TikTok confirmed it, or its deed was seen where the answer
// was still to come or lost. A decision that was not sent yet ended nothing.
func ours(e workflow.Entry, v workflow.Verdict) bool {
	switch e.Event {
	case workflow.OnApprovalConfirmed, workflow.OnRejectionConfirmed:
		return true
	default:
		sent := e.From == workflow.Sending || e.From == workflow.Unclear
		return sent && (v == workflow.Reject) == (e.To == workflow.Rejected)
	}
}

func boolean(b bool) int {
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
