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

	at       time.Time
	priority Priority
}

// Step applies an event to an application. It is pure. The error is a Refusal, and only what a person asked for is
// refused; an event that fits no row of the table and that nobody asked for changes nothing.
func Step(a Application, e Event) (Next, error) {
	if a.alreadyApplied(actor(e).DedupKey) {
		return Next{Application: a}, nil
	}
	next, err := step(a, e)
	if err == nil && next.Changed {
		next.Application.DedupKeys = addDedupKey(next.Application.DedupKeys, actor(e).DedupKey)
	}
	return next, err
}

// maxDedupKeys is how many actions an application remembers. Slack repeats a delivery within minutes.
const maxDedupKeys = 16

// alreadyApplied reports whether an action was applied before.
func (a Application) alreadyApplied(dedupKey string) bool {
	return dedupKey != "" && slices.Contains(a.DedupKeys, dedupKey)
}

func addDedupKey(dedupKeys []string, dedupKey string) []string {
	if dedupKey == "" {
		return dedupKeys
	}
	dedupKeys = append(slices.Clone(dedupKeys), dedupKey)
	return dedupKeys[max(len(dedupKeys)-maxDedupKeys, 0):]
}

// actor returns the person behind an event; most have none.
func actor(e Event) Actor {
	switch e := e.(type) {
	case Decided:
		return e.Actor
	case Undone:
		return e.Actor
	case CampaignChosen:
		return e.Actor
	case CampaignLeft:
		return e.Actor
	case OnItBegan:
		return e.Actor
	case OnItEnded:
		return e.Actor
	case Noted:
		return e.Actor
	case MessageUpdated:
		return e.Actor
	case CardRequested:
		return e.Actor
	default:
		return Actor{}
	}
}

func step(a Application, e Event) (Next, error) {
	if next, ok := stepCard(a, e); ok {
		return next, nil
	}
	if next, ok, err := stepOutsideTable(a, e); ok {
		return next, err
	}
	unchanged := Next{Application: a}
	if r, ok := e.(Reported); ok && !isNews(a, r) {
		return pictureRenewed(a, r), nil
	}
	if stale(a, e) {
		return unchanged, refusal(a, e, RuleStale)
	}
	row, ok := find(a.State(), e.Kind(), reportedStatus(e))
	if !ok {
		return unchanged, refusal(a, e, RuleState)
	}
	for _, g := range row.If {
		if !g.Holds(a, e) {
			return unchanged, refusal(a, e, g.Rule)
		}
	}
	return transition(a, e)
}

// transition does what the event does, once the table allowed it.
func transition(a Application, e Event) (Next, error) {
	switch e := e.(type) {
	case Decided:
		return decided(a, e), nil
	case Undone:
		return undone(a, e), nil
	case CampaignChosen:
		return campaignChosen(a, e)
	case CampaignLeft:
		return campaignLeft(a, e), nil
	case Claimed:
		return claimed(a, e), nil
	case AnswerLost:
		return answerLost(a, e), nil
	case HeldUp:
		return heldUp(a, e), nil
	case Confirmed:
		return confirmed(a, e), nil
	case RefusedForGood:
		return refusedForGood(a, e), nil
	case Reported:
		return reported(a, e), nil
	case ContentFound:
		return contentFound(a, e), nil
	default:
		return Next{Application: a}, nil
	}
}

// stale reports whether a person acted on something that has changed since they saw it.
func stale(a Application, e Event) bool {
	switch e := e.(type) {
	case Decided:
		return a.State() != Unseen && e.Round != a.Round
	case Undone:
		return a.State() != Unseen && e.Round != a.Round
	default:
		return false
	}
}

// refusal makes the refusal, for events that a person asked for; nil for the others.
func refusal(a Application, e Event, rule Rule) error {
	if a.State() == Unseen {
		rule = RuleNoApplication
	}
	switch e := e.(type) {
	case Decided, Undone:
		return Refusal{Rule: rule, Application: a}
	case CampaignChosen:
		return Refusal{Rule: rule, Application: a, Name: e.Name}
	case CampaignLeft:
		return Refusal{Rule: rule, Application: a, Name: e.Name}
	case Noted, OnItBegan, OnItEnded, MessageUpdated:
		return Refusal{Rule: rule, Application: a}
	default:
		return nil
	}
}

func reportedStatus(e Event) Status {
	if r, ok := e.(Reported); ok {
		return r.Snapshot.Status
	}
	return ""
}

// changed starts a Next: a is the application after the event.
func changed(a Application, at time.Time, p Priority) Next {
	return Next{Application: a, Changed: true, at: at, priority: p}
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
	s.At, s.State = n.at, a.State()
	if s.Kind == KindStage {
		s.Stage = a.Stage()
	}
	n.Effects = append(n.Effects, Effect{
		Kind: Reply, Lane: ThreadLane(a.Key), Priority: n.priority, NotBefore: n.at, Payload: &s, Parked: !a.Card.Posted(),
	})
	return n
}
