package workflow

import "time"

// repaintAfterClaim is how long the card's repaint waits once the dispatcher took a decision: TikTok mostly answers
// within it, and then two repaints become one.
const repaintAfterClaim = 700 * time.Millisecond

// Decided is a reviewer's decision. Round is the round of what they saw. Review names the effect that will carry it,
// made by the engine, and Undo is the shop's undo window.
type Decided struct {
	Actor
	At      time.Time
	Round   int
	Verdict Verdict
	Reason  Reason
	Undo    time.Duration
	Review  EffectID
	Note    string // for the team; joins the history
	Message string // to the creator, sent once TikTok has confirmed the decision
	Run     RunID  // the bulk run that it is part of

	RuleName    string     // of a rule's decision: its name and its version
	RuleVersion int        //
	Asked       PersonID   // of two people: who asked for it; made by the engine, as the others from here on
	Counted     Counted    // what it counts for against caps
	Facts       *KeptFacts // as they are now; nil: they were not gathered
}

// Kind returns OnApproved or OnRejected.
func (e Decided) Kind() EventKind {
	if e.Verdict == Approve {
		return OnApproved
	}
	return OnRejected
}

func (e Decided) round() int { return e.Round }

func (e Decided) apply(a Application) (Next, error) {
	a.Decision = Decision{
		Phase: DecisionQueued, Verdict: e.Verdict, Reason: e.Reason, By: e.Person, At: e.At, Review: e.Review,
		SendAt: sendAt(e.At, e.Undo, a.Snapshot.ReviewBy), Message: e.Message, Run: e.Run,
		Rule: e.Rule, RuleName: e.RuleName, RuleVersion: e.RuleVersion, Asked: e.Asked, Counted: e.Counted,
	}
	if a.AtDecision = e.Facts; e.Facts != nil && a.First != nil && e.Facts.Same(*a.First) {
		a.AtDecision = nil
	}
	a.OnIt, a.Second, a.RuleNext = OnIt{}, Second{}, time.Time{}
	a.Round++
	a.ChangedAt, a.ChangedElsewhere = e.At, false
	a.Card.Wanted = a.Card.Wanted || e.Run == "" || e.Note != "" // a run's message tells of the others
	next := changed(a, e.At, ForPeople)
	next.Effects = append(next.Effects, Effect{
		ID: e.Review, Kind: ReviewOnTikTok, Lane: ReviewLane(a.Key), Priority: ForPeople, NotBefore: a.Decision.SendAt,
		Review: &Review{Verdict: e.Verdict, Reason: e.Reason},
	})
	next = next.repaint(e.At)
	if e.Note != "" {
		next = next.reply(Payload{Kind: KindNote, By: e.Person, Text: e.Note})
	}
	return next, nil
}

func (e Decided) describe(before, _ Application, h *Entry) bool {
	h.Verdict, h.Reason, h.Text, h.Message = e.Verdict, e.Reason, e.Note, e.Message
	h.RuleName, h.Asked = e.RuleName, e.Asked
	if e.Rule != "" {
		h.Proposal = before.Proposal
	}
	return true
}

// sendAt returns the end of the undo window: after the window, but undoMargin before the deadline at the latest, and
// never before the decision.
func sendAt(at time.Time, undo time.Duration, deadline time.Time) time.Time {
	end := at.Add(undo)
	if latest := deadline.Add(-undoMargin); !deadline.IsZero() && end.After(latest) {
		end = latest
	}
	if end.Before(at) {
		return at
	}
	return end
}

// Undone takes a decision back that was not yet sent. A rule's is taken back by any reviewer, and by the desk itself where
// it would not be made any more: Actor names the rule then, and no person.
type Undone struct {
	Actor
	At    time.Time
	Round int
	Cause UndoCause // of one that the desk takes back
	Day   string    // of a rule's decision: in the shop's zone; made by the engine
}

// UndoCause is why the desk took a rule's decision back before it was sent.
type UndoCause string

// The causes.
const (
	UndoPaused  UndoCause = "paused"     // the rule was, or all were
	UndoRemoved UndoCause = "removed"    // the rule was
	UndoChanged UndoCause = "changed"    // the rule, or those before it, say something else by now
	UndoBlocked UndoCause = "block list" // the creator was put on it
	UndoFacts   UndoCause = "facts"      // the request is another by now: its numbers, its stock
)

// Kind returns OnUndone.
func (Undone) Kind() EventKind { return OnUndone }

func (e Undone) round() int { return e.Round }

func (e Undone) apply(a Application) (Next, error) {
	was := a.Decision
	a.Decision = Decision{}
	a.Round++
	a.ChangedAt = e.At
	if e.Person != "" {
		a.Touched = e.Person
		if was.Rule != "" {
			a.Overruled = Overruled{Rule: was.Rule, Day: e.Day}
		}
	}
	next := changed(a, e.At, ForPeople).repaint(e.At)
	next.Cancel = append(next.Cancel, was.Review)
	return next.reply(Payload{
		Kind: KindDecision, Undone: true, By: was.By, UndoneBy: e.Person, Verdict: was.Verdict, Unsent: was.Message,
		Rule: was.RuleName, Cause: e.Cause,
	}), nil
}

func (e Undone) describe(before, _ Application, h *Entry) bool {
	h.Verdict, h.RuleName, h.Cause = before.Decision.Verdict, before.Decision.RuleName, e.Cause
	return true
}

// Claimed says that the dispatcher took the decision: from here on it counts as sent.
type Claimed struct {
	byNobody
	At     time.Time
	Review EffectID
}

// Kind returns OnClaimed.
func (Claimed) Kind() EventKind { return OnClaimed }

// apply marks the decision as sent, unless the effect carries one that was undone or replaced meanwhile.
func (e Claimed) apply(a Application) (Next, error) {
	if a.Decision.Review != e.Review || a.Decision.Phase != DecisionQueued {
		return Next{Application: a}, nil
	}
	a.Decision.Phase = DecisionSending
	return changed(a, e.At, ForPeople).repaint(e.At.Add(repaintAfterClaim)), nil
}

func (Claimed) describe(before, _ Application, h *Entry) bool {
	h.Verdict, h.Reason = before.Decision.Verdict, before.Decision.Reason
	return true
}

// AnswerLost says that the decision was sent and that its outcome is unknown.
type AnswerLost struct {
	byNobody
	At      time.Time
	Failure Failure
}

// Kind returns OnAnswerLost.
func (AnswerLost) Kind() EventKind { return OnAnswerLost }

func (e AnswerLost) apply(a Application) (Next, error) {
	if a.Decision.Phase == DecisionUnclear {
		return Next{Application: a}, nil
	}
	a.Decision.Phase, a.Decision.Failure = DecisionUnclear, e.Failure
	return changed(a, e.At, ForPeople).repaint(e.At).
		reply(Payload{Kind: KindDecision, By: a.Decision.By, Rule: a.Decision.RuleName, Verdict: a.Decision.Verdict, Failure: e.Failure}), nil
}

func (e AnswerLost) describe(before, _ Application, h *Entry) bool {
	h.Verdict, h.Failure = before.Decision.Verdict, e.Failure
	return true
}

// HeldUp says that the decision could not be sent yet, for a reason that lies with the shop and not with the
// application, and waits.
type HeldUp struct {
	byNobody
	At      time.Time
	Failure Failure
}

// Kind returns OnHeldUp.
func (HeldUp) Kind() EventKind { return OnHeldUp }

func (e HeldUp) apply(a Application) (Next, error) {
	if a.Decision.Failure.Code == e.Failure.Code && a.Decision.Failure.Message == e.Failure.Message {
		return Next{Application: a}, nil
	}
	a.Decision.Failure = e.Failure
	return changed(a, e.At, Routine).repaint(e.At), nil
}

func (e HeldUp) describe(before, _ Application, h *Entry) bool {
	h.Verdict, h.Failure = before.Decision.Verdict, e.Failure
	return true
}

// Confirmed says that TikTok accepted the decision.
type Confirmed struct {
	byNobody
	At      time.Time
	Verdict Verdict
}

// Kind returns OnApprovalConfirmed or OnRejectionConfirmed.
func (e Confirmed) Kind() EventKind {
	if e.Verdict == Approve {
		return OnApprovalConfirmed
	}
	return OnRejectionConfirmed
}

func (e Confirmed) apply(a Application) (Next, error) {
	a.Snapshot.Status = statusAfter(e.Verdict)
	a.ReportedAt = e.At
	a.Round++
	a = confirm(a, e.At)
	return changed(a, e.At, ForPeople).repaint(e.At).reply(confirmedPayload(a)), nil
}

func (e Confirmed) describe(before, _ Application, h *Entry) bool {
	h.Verdict, h.Reason, h.RuleName = e.Verdict, before.Decision.Reason, before.Decision.RuleName
	return true
}

// confirm records that TikTok took our decision.
func confirm(a Application, at time.Time) Application {
	a.Decision.Phase, a.Decision.Failure = DecisionConfirmed, Failure{}
	a.ConfirmedAt, a.ChangedAt, a.ChangedElsewhere = at, at, false
	return a
}

func confirmedPayload(a Application) Payload {
	d := a.Decision
	return Payload{Kind: KindStage, By: d.By, Rule: d.RuleName, Verdict: d.Verdict, Reason: d.Reason, OrderID: a.Snapshot.OrderID, ShipBy: a.Snapshot.ShipBy}
}

// statusAfter is the status that a confirmed decision leads to.
func statusAfter(v Verdict) Status {
	if v == Approve {
		return StatusAwaitingShipment
	}
	return StatusRejectCancelled
}

// RefusedForGood says that TikTok refused the decision, and that asking again will not help.
type RefusedForGood struct {
	byNobody
	At      time.Time
	Failure Failure
}

// Kind returns OnRefusedForGood.
func (RefusedForGood) Kind() EventKind { return OnRefusedForGood }

func (e RefusedForGood) apply(a Application) (Next, error) {
	a.Decision.Phase, a.Decision.Failure = DecisionRefused, e.Failure
	a.Round++
	a.ChangedAt = e.At
	d := a.Decision
	return changed(a, e.At, ForPeople).repaint(e.At).
		reply(Payload{Kind: KindRefused, By: d.By, Rule: d.RuleName, Verdict: d.Verdict, Reason: d.Reason, Failure: e.Failure, Unsent: d.Message}), nil
}

func (e RefusedForGood) describe(before, _ Application, h *Entry) bool {
	h.Verdict, h.Reason, h.Failure = before.Decision.Verdict, before.Decision.Reason, e.Failure
	return true
}
