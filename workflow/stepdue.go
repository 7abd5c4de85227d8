package workflow

import (
	"fmt"
	"time"
)

// Grouping is how a step that is due is handled.
type Grouping string

// The groupings.
const (
	Alone      Grouping = "alone"       // in the application's thread
	Grouped    Grouping = "grouped"     // a grouped message covers it
	PassedOver Grouping = "passed over" // not announced, as it is too late
)

// StepDue says that the latest step of an application's deadline is due, and how it is handled.
type StepDue struct {
	byNobody
	offTable
	At       time.Time
	Step     EscalationStep
	Name     string        // of the step: "48h"
	Before   time.Duration // how long before the deadline it is
	Grouping Grouping
	NoCard   bool // an application without a card gets none for it: the channel's message is enough
}

// Kind returns OnStepDue.
func (StepDue) Kind() EventKind { return OnStepDue }

// apply records that a step was announced. The engine, which knows the shop's settings, sets the timer for the next
// one.
func (e StepDue) apply(a Application) (Next, error) {
	a = a.announcedUpTo(e.Before)
	if e.Grouping != Alone {
		return changed(a, e.At, Routine), nil
	}
	if e.Step.Deadline == MoveDeadline {
		a.News = NewsStuck
	}
	next := changed(a, e.At, Routine)
	if !e.NoCard {
		next = withCard(a, Actor{}, e.At)
	}
	if e.Step.Deadline == PostDeadline {
		next = next.repaint(e.At) // the card shows whether the posting deadline has passed
	}
	return next.reply(Payload{
		Kind: KindDeadline, Deadline: e.Step.Deadline, Audience: e.Step.Audience, Step: e.Name, Before: e.Before, NextDue: a.Timer.By,
	}), nil
}

// describe tells of a step that was announced; one that was passed over is not in the history.
func (e StepDue) describe(_, _ Application, h *Entry) bool {
	h.Deadline, h.Step, h.Grouped = e.Step.Deadline, e.Name, e.Grouping == Grouped
	return e.Grouping != PassedOver
}

// announcedUpTo returns the application with the running deadline announced up to that step; what was announced already
// stays.
func (a Application) announcedUpTo(before time.Duration) Application {
	a.Timer.First = false
	if t, ok := a.announced(a.Timer.Kind); ok && t.By.Equal(a.Timer.By) && t.Before <= before {
		return a
	}
	return a.withAnnounced(Announced{Deadline: a.Timer.Kind, By: a.Timer.By, Before: before})
}

// StepName names a step as its metadata does: "48h", "30m", or "0h" at the deadline itself.
func StepName(before time.Duration) string {
	if before%time.Hour != 0 {
		return fmt.Sprintf("%dm", before/time.Minute)
	}
	return fmt.Sprintf("%dh", before/time.Hour)
}
