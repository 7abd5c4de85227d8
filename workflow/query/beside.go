package query

import (
	"time"

	"sampledesk/workflow"
)

// Beside is what of a creator's other requests decides about one.
type Beside struct {
	Repeat Repeat
	Last   Outcome                // how the last one ended that is over; zero: none is
	Open   []workflow.Application // of the same shop that go on, latest first: MaxOpen at the most
	Total  int                    // how many go on
}

// Repeat counts the earlier requests for the very product and variant.
type Repeat struct {
	Asked    int
	Received int
	Posted   int
	Last     Outcome // of the latest of them, which may still go on
}

// Outcome is the stage that a request is in, and since when.
type Outcome struct {
	Stage workflow.Stage
	At    time.Time
}

// MaxOpen is how many open requests of one creator are shown beside one.
const MaxOpen = 10

// besideOf tells what decides among a creator's applications, latest first, about one of them.
func besideOf(all []workflow.Application, one workflow.Application) (b Beside) {
	before := false
	for _, a := range all {
		switch {
		case a.Key == one.Key:
			before = true
			continue
		case a.State() == workflow.Unseen:
			continue
		}
		if before && one.Repeats(a) {
			b.Repeat.add(a)
		}
		if a.State().Live() {
			if a.Key.Shop == one.Key.Shop {
				b.open(a)
			}
		} else if o := outcomeOf(a); o.At.After(b.Last.At) {
			b.Last = o
		}
	}
	return b
}

func (b *Beside) open(a workflow.Application) {
	if b.Total++; len(b.Open) < MaxOpen {
		b.Open = append(b.Open, a)
	}
}

func (r *Repeat) add(a workflow.Application) {
	if r.Asked++; r.Asked == 1 {
		r.Last = outcomeOf(a)
	}
	switch a.State() {
	case workflow.Completed:
		r.Received, r.Posted = r.Received+1, r.Posted+1
	case workflow.Delivered, workflow.ContentNotPosted:
		r.Received++
	default: // it brought nothing yet, or never did
	}
}

func outcomeOf(a workflow.Application) Outcome {
	o := Outcome{Stage: a.Stage(), At: a.ChangedAt}
	if !a.ContentAt.IsZero() {
		o.At = a.ContentAt
	}
	return o
}
