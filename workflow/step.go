package workflow

import (
	"slices"
	"time"
)

// Next is what an event leads to.
type Next struct {
	Application Application // as it is now
	Changed     bool
	Effects     []Effect   // what the world is owed for it
	Cancel      []EffectID // reviews that lost their reason; dropped unless they are claimed already
	Sooner      []Effect   // effects that wait already and are due at an earlier NotBefore; of each only ID and Lane count else
	Wake        []Lane     // the lanes whose parked effects may go
	Unremarked  bool       // it is nothing that a history would tell

	at       time.Time
	priority Priority
}

// Step applies an event to an application. It is pure. The error is a Refusal, and only what a person asked for is
// refused; an event that fits no row of the table and that nobody asked for changes nothing.
func Step(a Application, e Event) (Next, error) {
	if a.took(actor(e).Origin) {
		return Next{Application: a}, nil
	}
	next, err := step(a, e)
	if err == nil && next.Changed {
		next.Application.Origins = remember(next.Application.Origins, actor(e).Origin)
	}
	return next, err
}

// maxOrigins is how many deeds an application remembers. Slack delivers one again within minutes.
const maxOrigins = 16

// took tells whether a deed was taken over before.
func (a Application) took(origin string) bool {
	return origin != "" && slices.Contains(a.Origins, origin)
}

func remember(origins []string, origin string) []string {
	if origin == "" {
		return origins
	}
	origins = append(slices.Clone(origins), origin)
	return origins[max(len(origins)-maxOrigins, 0):]
}

// actor returns who is behind an event; nobody behind most.
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
	case LookBegan:
		return e.Actor
	case LookEnded:
		return e.Actor
	case Noted:
		return e.Actor
	case MessageTold:
		return e.Actor
	case CardCalledFor:
		return e.Actor
	default:
		return Actor{}
	}
}

func step(a Application, e Event) (Next, error) {
	if next, ok := stepCard(a, e); ok {
		return next, nil
	}
	if next, ok, err := stepAside(a, e); ok {
		return next, err
	}
	unchanged := Next{Application: a}
	if r, ok := e.(Reported); ok && !news(a, r) {
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
	return enter(a, e)
}

// enter does what the event does, once the table allowed it.
func enter(a Application, e Event) (Next, error) {
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

// stale tells whether a person acted on something that has passed since she saw it.
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
	case Noted, LookBegan, LookEnded, MessageTold:
		return Refusal{Rule: rule, Application: a}
	default:
		return nil
	}
}

func reportedStatus(e Event) Status {
	if r, ok := e.(Reported); ok {
		return r.Report.Status
	}
	return ""
}

// changed starts a Next: a is the application after the event.
func changed(a Application, at time.Time, p Priority) Next {
	return Next{Application: a, Changed: true, at: at, priority: p}
}

// repaint adds the card's repaint, if there is a card that can be written to. One that is gone from Slack is posted anew
// while the request is in review, as people have something to do or to wait for there.
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

// say adds a reply in the card's thread, if there is a card. It is parked until the card was posted.
func (n Next) say(s Saying) Next {
	a := n.Application
	if !a.Card.Wanted || a.Card.Lost {
		return n
	}
	s.At, s.State = n.at, a.State()
	if s.Kind == SayStage {
		s.Stage = a.Stage()
	}
	n.Effects = append(n.Effects, Effect{
		Kind: Reply, Lane: ThreadLane(a.Key), Priority: n.priority, NotBefore: n.at, Saying: &s, Parked: !a.Card.Posted(),
	})
	return n
}
