package workflow

import "time"

// OnItBegan says that somebody is on it: they look at the application, so that others need not. It binds nobody.
type OnItBegan struct {
	Actor
	offTable
	At time.Time
}

// Kind returns OnOnItBegan.
func (OnItBegan) Kind() EventKind { return OnOnItBegan }

// apply puts the name of whoever is on it on the card, in place of the one before. A decided application needs nobody.
func (e OnItBegan) apply(a Application) (Next, error) {
	if !a.Decidable() {
		return Next{Application: a}, e.refuse(a, RuleState)
	}
	if a.OnIt.By == e.Person {
		return Next{Application: a}, nil
	}
	a.OnIt = OnIt{By: e.Person, At: e.At}
	return changed(a, e.At, ForPeople).repaint(e.At), nil
}

// OnItEnded takes that back.
type OnItEnded struct {
	Actor
	offTable
	At time.Time
}

// Kind returns OnOnItEnded.
func (OnItEnded) Kind() EventKind { return OnOnItEnded }

func (e OnItEnded) apply(a Application) (Next, error) {
	if a.OnIt == (OnIt{}) {
		return Next{Application: a}, nil
	}
	a.OnIt = OnIt{}
	return changed(a, e.At, ForPeople).repaint(e.At), nil
}
