package workflow

import "time"

// Second is an approval that one person asked for and that needs another's. Zero: none is asked for.
type Second struct {
	By      PersonID  `json:"by,omitempty"`
	At      time.Time `json:"at,omitzero"`
	Until   time.Time `json:"until,omitzero"`    // when it is too late, as the review deadline is; zero: never
	Rule    string    `json:"rule,omitempty"`    // the name of the rule that holds for two; empty: it is for its cost
	Message string    `json:"message,omitempty"` // to the creator, that goes with the approval
}

// SecondAsked is an approval that needs another person's. It changes no state: the request waits as before.
type SecondAsked struct {
	Decided
	offTable
	Rule string // as Second has it
}

// Kind returns OnSecondAsked.
func (SecondAsked) Kind() EventKind { return OnSecondAsked }

// apply keeps who asked. What would be refused of an approval is refused here.
func (e SecondAsked) apply(a Application) (Next, error) {
	if e.Round != a.Round {
		return Next{Application: a}, e.refuse(a, RuleStale)
	}
	row, ok := find(a.State(), OnApproved, "")
	if !ok {
		return Next{Application: a}, e.refuse(a, RuleState)
	}
	for _, g := range row.If {
		if !g.Holds(a, e.Decided) {
			return Next{Application: a}, e.refuse(a, g.Rule)
		}
	}
	a.Second = Second{By: e.Person, At: e.At, Rule: e.Rule, Message: e.Message}
	if by := a.Snapshot.ReviewBy; !by.IsZero() {
		a.Second.Until = by.Add(-undoMargin)
	}
	a.Touched = e.Person
	a.Round++
	a.ChangedAt = e.At
	a.Card.Wanted = true
	next := changed(a, e.At, ForPeople).repaint(e.At)
	if e.Note != "" {
		next = next.reply(Payload{Kind: KindNote, By: e.Person, Text: e.Note})
	}
	return next, nil
}

// SecondWithdrawn takes back that an approval was asked for.
type SecondWithdrawn struct {
	Actor
	offTable
	At    time.Time
	Round int
}

// Kind returns OnSecondWithdrawn.
func (SecondWithdrawn) Kind() EventKind { return OnSecondWithdrawn }

// apply is for who asked, and for admins, as undoing is.
func (e SecondWithdrawn) apply(a Application) (Next, error) {
	switch {
	case a.Second.By == "":
		return Next{Application: a}, e.refuse(a, RuleState)
	case e.Round != a.Round:
		return Next{Application: a}, e.refuse(a, RuleStale)
	case !e.Admin && e.Person != a.Second.By:
		return Next{Application: a}, e.refuse(a, RuleNotYours)
	}
	a.Second = Second{}
	a.Round++
	a.ChangedAt = e.At
	return changed(a, e.At, ForPeople).repaint(e.At), nil
}
