package workflow

import (
	"errors"
	"fmt"
	"time"
)

// Manner is how a step that is due is handled.
type Manner string

// The manners.
const (
	Alone      Manner = "alone"       // in the application's thread
	Grouped    Manner = "grouped"     // a grouped message speaks of it
	PassedOver Manner = "passed over" // nobody is told, as it is too late
)

// StepDue tells that the latest step of an application's deadline is due, and how it is handled.
type StepDue struct {
	At     time.Time
	Row    ClockRow
	Name   string        // of the step: "48h"
	Before time.Duration // how long before the deadline it is
	Manner Manner
	NoCard bool // an application without a card gets none for it: the channel's message is enough
}

// Kind returns OnStepDue.
func (StepDue) Kind() EventKind { return OnStepDue }

// When returns the event's time.
func (e StepDue) When() time.Time { return e.At }

// stepDue puts on record that a step was told. The clock is set for the next one by the engine, which knows the shop's
// settings.
func stepDue(a Application, e StepDue) Next {
	a = a.tellingUpTo(e.Before)
	if e.Manner != Alone {
		return changed(a, e.At, Routine)
	}
	if e.Row.Deadline == MoveDeadline {
		a.News = NewsStuck
	}
	next := changed(a, e.At, Routine)
	if !e.NoCard {
		next = called(a, Actor{}, e)
	}
	if e.Row.Deadline == PostDeadline {
		next = next.repaint(e.At) // the card tells whether the time to post is over
	}
	return next.say(Saying{
		Kind: SayDeadline, Deadline: e.Row.Deadline, Voice: e.Row.Voice, Step: e.Name, Before: e.Before, NextDue: a.Clock.By,
	})
}

// tellingUpTo returns the application with the deadline that runs told up to that step; what was told already stays.
func (a Application) tellingUpTo(before time.Duration) Application {
	a.Clock.First = false
	if t, ok := a.told(a.Clock.Kind); ok && t.By.Equal(a.Clock.By) && t.Before <= before {
		return a
	}
	return a.telling(Told{Deadline: a.Clock.Kind, By: a.Clock.By, Before: before})
}

// stepName names a step as its metadata does: "48h", "30m", or "0h" at the deadline itself.
func stepName(before time.Duration) string {
	if before%time.Hour != 0 {
		return fmt.Sprintf("%dm", before/time.Minute)
	}
	return fmt.Sprintf("%dh", before/time.Hour)
}

// setClock sets an application's clock, and marks what is to be announced of its shipment.
func (t *turn) setClock(before Application, next *Next, ev Event) error {
	s, err := t.tx.Shop(before.Key.Shop)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	a := arm(next.Application, s, ev.When(), before.State() == Unseen)
	if before.Stage() != a.Stage() {
		a.News = shipmentNews(before, a) // none, where what was to be announced is over
	}
	next.Application = a
	return nil
}
