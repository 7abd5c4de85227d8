package bot

import (
	"slices"
	"time"

	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// statsPage is how many applications are read at a time for figures.
const statsPage = 500

// figuresOf counts what happened to a shop's applications from a time on and before another. It reads those only that can
// have been moved in that time, and the history of no other.
func figuresOf(tx workflow.Tx, shop workflow.ShopID, from, to time.Time) (view.Figures, error) {
	c := counter{from: from, to: to}
	err := eachMoved(tx, shop, from, to, func(a workflow.Application) error {
		if c.within(a.SeenAt) {
			c.figures.Received++
		}
		if a.Round == 0 && a.ContentAt.IsZero() {
			return nil // it stands where it was first seen
		}
		return c.read(tx, a)
	})
	c.figures.Median = median(c.took)
	return c.figures, err
}

// eachMoved hands out, each once, the applications that were first seen in a time or moved on since it began.
func eachMoved(tx workflow.Tx, shop workflow.ShopID, from, to time.Time, do func(workflow.Application) error) error {
	err := each(tx, workflow.SeenOf(shop), workflow.SeenSince(from), func(a workflow.Application) (bool, error) {
		if !a.SeenAt.Before(to) {
			return false, nil
		}
		return true, do(a)
	})
	if err != nil {
		return err
	}
	older := func(a workflow.Application) error {
		if !a.SeenAt.Before(from) || a.ChangedAt.Before(from) {
			return nil
		}
		return do(a)
	}
	err = each(tx, workflow.LiveOf(shop), "", func(a workflow.Application) (bool, error) { return true, older(a) })
	if err != nil {
		return err
	}
	for _, stage := range workflow.Stages {
		if live[stage] {
			continue
		}
		err := each(tx, workflow.StageOf(shop, stage), "", func(a workflow.Application) (bool, error) {
			if a.ChangedAt.Before(from) {
				return false, nil // the latest come first
			}
			return true, older(a)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// live are the stages whose applications LiveOf lists.
var live = map[workflow.Stage]bool{
	workflow.StageReview: true, workflow.StageAwaiting: true, workflow.StageShipping: true, workflow.StageContent: true,
}

// each hands out a listing's applications until do says that it is enough.
func each(tx workflow.Tx, l workflow.Listing, after string, do func(workflow.Application) (more bool, err error)) error {
	for {
		page, err := tx.Applications(l, after, statsPage)
		if err != nil {
			return err
		}
		for _, a := range page.Applications {
			if more, err := do(a); err != nil || !more {
				return err
			}
		}
		if after = page.Next; after == "" {
			return nil
		}
	}
}

// counter gathers figures from histories.
type counter struct {
	from, to time.Time
	figures  view.Figures
	took     []time.Duration // from first sight to the decision
}

func (c *counter) within(t time.Time) bool { return !t.Before(c.from) && t.Before(c.to) }

// The states that mean that a sample was approved, or shipped.
var (
	approvedStates = []workflow.State{workflow.AwaitingShipment, workflow.Shipped, workflow.Delivered, workflow.Completed}
	shippedStates  = []workflow.State{workflow.Shipped, workflow.Delivered, workflow.Completed, workflow.ContentNotPosted}
)

// told is what has been counted of one application.
type told struct {
	seen     time.Time // first
	decided  time.Time // the latest decision at this desk that still stands
	verdict  workflow.Verdict
	shipped  bool
	counted  map[*int]bool // in the period
	inPeriod bool
}

// read goes through an application's history.
func (c *counter) read(tx workflow.Tx, a workflow.Application) error {
	of := told{seen: a.SeenAt, counted: map[*int]bool{}}
	for after := ""; ; {
		entries, next, err := tx.History(a.Key, after, statsPage)
		if err != nil {
			return err
		}
		for _, e := range entries {
			of.inPeriod = c.within(e.At)
			c.entry(&of, e)
		}
		if after = next; after == "" {
			return nil
		}
	}
}

func (c *counter) entry(of *told, e workflow.Entry) {
	switch e.Event {
	case workflow.OnApproved, workflow.OnRejected:
		of.decided, of.verdict = e.At, e.Verdict
		return
	case workflow.OnUndone, workflow.OnRefusedForGood:
		of.decided = time.Time{}
		return
	}
	if e.From == e.To {
		return
	}
	first := e.From == workflow.Unseen
	wasShipped := of.shipped
	of.shipped = of.shipped || slices.Contains(shippedStates, e.To)
	if first {
		return // where it stood before the desk came is not counted
	}
	if e.From.Reviewing() && !e.To.Reviewing() {
		c.decision(of, e)
		of.decided = time.Time{}
	}
	f := &c.figures
	switch e.To {
	case workflow.Completed:
		c.count(of, &f.Posted)
	case workflow.Expired:
		c.count(of, &f.Expired)
	case workflow.NotShipped:
		c.count(of, &f.NotShipped)
	case workflow.ContentNotPosted:
		c.count(of, &f.NotPosted)
	}
	if of.shipped && !wasShipped {
		c.count(of, &f.Shipped)
	}
}

// decision counts how a review ended, if it ended by a decision.
func (c *counter) decision(of *told, e workflow.Entry) {
	f := &c.figures
	into := &f.Approved
	switch {
	case e.To == workflow.Rejected:
		into = &f.Rejected
	case !slices.Contains(approvedStates, e.To):
		return
	}
	if !of.inPeriod || of.counted[into] {
		return
	}
	c.count(of, into)
	if of.decided.IsZero() || !ours(e, of.verdict) {
		f.There++
		return
	}
	c.took = append(c.took, of.decided.Sub(of.seen))
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

// count counts an application once in the period.
func (c *counter) count(of *told, into *int) {
	if of.inPeriod && !of.counted[into] {
		of.counted[into] = true
		*into++
	}
}

// median is the middle of the spans, of an even number the mean of the two in the middle; zero of none.
func median(all []time.Duration) time.Duration {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	n := len(all) / 2
	if len(all)%2 == 1 {
		return all[n]
	}
	return all[n-1] + (all[n]-all[n-1])/2
}
