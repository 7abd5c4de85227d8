package workflow

import "time"

// Assigned says that somebody is on it whom another asked to, or whose turn it was. They are told in a message of the
// app's own, once. It binds nobody.
type Assigned struct {
	Actor // who asked; without a person it was their turn
	offTable
	At time.Time
	To PersonID
}

// Kind returns OnAssigned.
func (Assigned) Kind() EventKind { return OnAssigned }

// apply puts their name on the card, in place of the one before. Who takes it themselves is told nothing.
func (e Assigned) apply(a Application) (Next, error) {
	if !a.Decidable() {
		return Next{Application: a}, e.refuse(a, RuleState)
	}
	if a.OnIt.By == e.To {
		return Next{Application: a}, nil
	}
	a.OnIt = OnIt{By: e.To, At: e.At, From: e.Person}
	if e.Person != "" {
		a.Touched = e.To
	}
	next := changed(a, e.At, ForPeople).repaint(e.At)
	if e.To == e.Person {
		return next, nil
	}
	next.Effects = append(next.Effects, Effect{
		Kind: Announce, Lane: PersonLane(a.Key.Shop, e.To), Priority: next.priority, NotBefore: e.At,
		Payload: &Payload{Kind: KindAssigned, At: e.At, By: e.Person, To: e.To},
	})
	return next, nil
}

// describe keeps whom it was given to.
func (e Assigned) describe(_, _ Application, h *Entry) bool {
	h.Assigned = e.To
	return true
}
