package query

import (
	"context"
	"time"

	"sampledesk/workflow"
)

// timeline is what became of one application, as its history tells it.
type timeline struct {
	from, to time.Time
	orders   int  // paid so far through its content
	untold   bool // nobody told how many
	moved    bool // something of it happened in the period that a file tells

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
	t.orders, t.untold = a.PaidOrders()
	if a.Round == 0 && a.ContentAt.IsZero() { // it stands where it was first seen
		t.entry(workflow.Entry{At: a.SeenAt, Event: workflow.OnReported, From: workflow.Unseen, To: a.State()})
		return t, nil
	}
	for e, err := range workflow.WalkHistory(ctx, tx, a.Key) {
		if err != nil {
			return t, err
		}
		t.entry(e)
	}
	return t, nil
}

func (t *timeline) within(at time.Time) bool { return !at.Before(t.from) && at.Before(t.to) }

// entry applies a line of the history.
func (t *timeline) entry(e workflow.Entry) {
	switch {
	case e.Event == workflow.OnApproved || e.Event == workflow.OnRejected:
		t.own = Decision{At: e.At, By: e.By.Person, Verdict: e.Verdict, Reason: e.Reason}
	case e.Event == workflow.OnUndone || e.Event == workflow.OnRefusedForGood:
		t.own = Decision{}
	case e.From == workflow.Unseen && e.To != workflow.Unseen:
		t.met(e)
	case e.From != e.To && (!e.From.Reviewing() || !e.To.Reviewing()):
		t.move(e)
	}
}

// met tells of the first sight. What was over by then is the past: the desk had nothing to do with it. Where it stood
// before the desk came is no move.
func (t *timeline) met(e workflow.Entry) {
	t.ever = e.To.WasShipped()
	t.moved = e.To.Live() && t.within(e.At)
}

// move tells of a change of where it stands.
func (t *timeline) move(e workflow.Entry) {
	t.moved = t.moved || t.within(e.At)
	switch {
	case e.From.Reviewing():
		t.decide(e)
		t.own = Decision{}
	case e.To.Reviewing():
		t.verdict = Decision{}
	}
	if !t.ever && e.To.WasShipped() {
		t.ever, t.shipped = true, e.At
	}
	switch e.To {
	case workflow.Delivered:
		t.delivered = earlier(t.delivered, e.At)
	case workflow.Completed:
		t.posted = earlier(t.posted, e.At)
	default: // not on the timeline
	}
}

// decide tells how a review ended, if it ended by a decision.
func (t *timeline) decide(e workflow.Entry) {
	verdict := workflow.Approve
	switch {
	case e.To == workflow.Rejected:
		verdict = workflow.Reject
	case !e.To.WasApproved():
		return
	}
	t.verdict = Decision{At: e.At, Verdict: verdict}
	if !t.own.At.IsZero() && workflow.EndedAsDecided(e, t.own.Verdict) {
		t.verdict = t.own
	}
}

// earlier returns the earlier of two times; a zero one is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}
