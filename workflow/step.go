package workflow

import (
	"slices"
	"time"
)

// Next is what an event leads to.
type Next struct {
	Application Application // as it is now
	Changed     bool
	Effects     []Effect   // what has to be done outside
	Cancel      []EffectID // reviews that are no longer wanted; dropped unless they are claimed already
	Reschedule  []Effect   // waiting effects that become due earlier, at NotBefore; only ID and Lane are used besides
	Wake        []Lane     // the lanes whose parked effects are woken
	Unremarked  bool       // it is nothing that a history would tell

	// Fault says that the application is in another state than the row of the table names, which is a fault of the
	// desk's own.
	Fault error

	At       time.Time // of the event
	priority Priority
}

// Step applies an event to an application. It is pure. The error is a Refusal, and only what a person asked for is
// refused; an event that fits no row of the table and that nobody asked for changes nothing.
func Step(a Application, e Event) (Next, error) {
	if a.AlreadyApplied(e.actor().DedupKey) {
		return Next{Application: a}, nil
	}
	next, err := step(a, e)
	if err == nil && next.Changed {
		next.Application.DedupKeys = AddDedupKey(next.Application.DedupKeys, e.actor().DedupKey)
	}
	return next, err
}

// maxDedupKeys is how many actions an application remembers. Slack repeats a delivery within minutes.
const maxDedupKeys = 16

// AlreadyApplied reports whether an action was applied before.
func (a Application) AlreadyApplied(dedupKey string) bool {
	return dedupKey != "" && slices.Contains(a.DedupKeys, dedupKey)
}

// AddDedupKey adds an action to those that are remembered; the oldest are forgotten.
func AddDedupKey(dedupKeys []string, dedupKey string) []string {
	if dedupKey == "" {
		return dedupKeys
	}
	dedupKeys = append(slices.Clone(dedupKeys), dedupKey)
	return dedupKeys[max(len(dedupKeys)-maxDedupKeys, 0):]
}

func step(a Application, e Event) (Next, error) {
	known := a.State() != Unseen
	if _, off := e.(interface{ isOffTable() }); off && known {
		return e.apply(a)
	}
	refused := func(rule Rule) (Next, error) {
		if !known {
			rule = RuleNoApplication
		}
		return Next{Application: a}, e.refuse(a, rule)
	}
	var status Status
	if r, ok := e.(Reported); ok {
		if !isNews(a, r) {
			return pictureRenewed(a, r), nil
		}
		status = r.Snapshot.Status
	}
	if seen, ok := e.(aged); ok && known && seen.round() != a.Round {
		return refused(RuleStale)
	}
	row, ok := find(a.State(), e.Kind(), status)
	if !ok {
		return refused(RuleState)
	}
	for _, g := range row.If {
		if !g.Holds(a, e) {
			return refused(g.Rule)
		}
	}
	next, err := e.apply(a)
	if err == nil && next.Changed {
		next.Fault = row.check(a, next.Application, e)
	}
	return next, err
}

// changed starts a Next: a is the application after the event.
func changed(a Application, at time.Time, p Priority) Next {
	return Next{Application: a, Changed: true, At: at, priority: p}
}

// repaint adds the card's repaint, if there is a card that can be written to. One that is gone from Slack is posted
// again while the request is in review, as people have something to do or to wait for there.
func (n Next) repaint(notBefore time.Time) Next {
	if n.Application.Card.Lost && n.Application.State().Reviewing() {
		n.Application.Card = Card{Wanted: true}
	}
	a := n.Application
	if !a.Card.Wanted || a.Card.Lost {
		return n
	}
	n.Effects = append(n.Effects, Effect{
		Kind: ShowCard, Lane: CardLane(a.Key), Priority: n.priority, NotBefore: notBefore,
	})
	return n
}

// reply adds a reply in the card's thread, if there is a card. It is parked until the card was posted.
func (n Next) reply(s Payload) Next {
	a := n.Application
	if !a.Card.Wanted || a.Card.Lost {
		return n
	}
	s.At, s.State = n.At, a.State()
	if s.Kind == KindStage {
		s.Stage = a.Stage()
	}
	n.Effects = append(n.Effects, Effect{
		Kind: Reply, Lane: ThreadLane(a.Key), Priority: n.priority, NotBefore: n.At, Payload: &s, Parked: !a.Card.Posted(),
	})
	return n
}
