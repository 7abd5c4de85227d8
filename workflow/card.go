package workflow

import "time"

// CardRequested gives the application a card if it has none in Slack: a person opened it, or there is capacity for it.
type CardRequested struct {
	Actor
	offTable
	At time.Time
}

// Kind returns OnCardRequested.
func (CardRequested) Kind() EventKind { return OnCardRequested }

// refuse returns nil: for an application that the desk does not know there is no card, and nobody has to hear of that.
func (CardRequested) refuse(Application, Rule) error { return nil }

func (e CardRequested) apply(a Application) (Next, error) { return cardRequested(a, e), nil }

// cardRequested gives an application a card if it has none, and a new one in place of one that is gone from Slack.
func cardRequested(a Application, e CardRequested) Next {
	if a.Card.Wanted && !a.Card.Lost {
		return Next{Application: a}
	}
	a.Card = Card{Wanted: true}
	p := Routine
	if e.Person != "" {
		p = ForPeople
	}
	return changed(a, e.At, p).repaint(e.At)
}

// withCard is a change that needs a card, which the application gets if it has none.
func withCard(a Application, by Actor, at time.Time) Next {
	next := cardRequested(a, CardRequested{Actor: by, At: at})
	if !next.Changed {
		next = changed(a, at, Routine)
	}
	if by.Person != "" {
		next.priority = ForPeople
	}
	return next
}

// CardShown says what the card in Slack shows now, and where it is.
type CardShown struct {
	byNobody
	offTable
	At      time.Time
	Channel string
	TS      string
	Hash    string
	Link    string // empty: as before
	Bare    bool   // without its picture, which Slack could not fetch
}

// Kind returns OnCardShown.
func (CardShown) Kind() EventKind { return OnCardShown }

// apply keeps where the card is, and wakes the replies that waited for it.
func (e CardShown) apply(a Application) (Next, error) {
	was := a.Card
	a.Card.Channel, a.Card.TS, a.Card.Hash, a.Card.Bare = e.Channel, e.TS, e.Hash, e.Bare
	if e.Link != "" {
		a.Card.Link = e.Link
	}
	if a.Card == was {
		return Next{Application: a}, nil
	}
	next := changed(a, e.At, Routine)
	if !was.Posted() && a.Card.Posted() {
		next.Wake = append(next.Wake, ThreadLane(a.Key))
	}
	return next, nil
}

// describe keeps it out of the history: what a card looks like is nothing to tell.
func (CardShown) describe(_, _ Application, _ *Entry) bool { return false }

// CardLost says that the card cannot be updated any more: the message or its channel is gone. TS is the message that
// was tried; the card may be another by now.
type CardLost struct {
	byNobody
	offTable
	At      time.Time
	TS      string
	Failure Failure
}

// Kind returns OnCardLost.
func (CardLost) Kind() EventKind { return OnCardLost }

func (e CardLost) apply(a Application) (Next, error) {
	if e.TS != a.Card.TS {
		return Next{Application: a}, nil
	}
	a.Card.Lost = true
	return changed(a, e.At, Routine).repaint(e.At), nil
}

func (e CardLost) describe(_, _ Application, h *Entry) bool {
	h.Failure = e.Failure
	return true
}
