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

// MenuUsed says that somebody chose an option of a menu on the card that led to a dialog: the card is painted anew, so
// that the menu forgets the choice, and nobody is told anything.
type MenuUsed struct {
	Actor
	offTable
	At time.Time
}

// Kind returns OnMenuUsed.
func (MenuUsed) Kind() EventKind { return OnMenuUsed }

func (e MenuUsed) apply(a Application) (Next, error) {
	return changed(a, e.At, ForPeople).repaint(e.At), nil
}

// describe keeps it out of the history: nothing happened to the application.
func (MenuUsed) describe(_, _ Application, _ *Entry) bool { return false }
