package workflow

import "time"

// repaintAfterClaim is how long the card's repaint waits once the courier took a decision: TikTok mostly answers
// within it, and then two repaints become one.
const repaintAfterClaim = 700 * time.Millisecond

func decided(a Application, e Decided) Next {
	a.Decision = Decision{
		Phase: DecisionQueued, Verdict: e.Verdict, Reason: e.Reason, By: e.Person, At: e.At, Review: e.Review,
		SendAt: sendAt(e.At, e.Undo, a.Report.ReviewBy), Message: e.Message, Run: e.Run,
	}
	a.Looker = Look{}
	a.Round++
	a.ChangedAt, a.ChangedElsewhere = e.At, false
	a.Card.Wanted = true
	next := changed(a, e.At, ForPeople)
	next.Effects = append(next.Effects, Effect{
		ID: e.Review, Kind: ReviewOnTikTok, Lane: ReviewLane(a.Key), Priority: ForPeople, NotBefore: a.Decision.SendAt,
		Review: &Review{Verdict: e.Verdict, Reason: e.Reason},
	})
	next = next.repaint(e.At)
	if e.Note != "" {
		next = next.say(Saying{Kind: SayNote, By: e.Person, Text: e.Note})
	}
	return next
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

func undone(a Application, e Undone) Next {
	was := a.Decision
	a.Decision = Decision{}
	a.Round++
	a.ChangedAt = e.At
	next := changed(a, e.At, ForPeople).repaint(e.At)
	next.Cancel = append(next.Cancel, was.Review)
	return next.say(Saying{Kind: SayDecision, Undone: true, By: was.By, UndoneBy: e.Person, Verdict: was.Verdict, Unsent: was.Message})
}

func campaignChosen(a Application, e CampaignChosen) (Next, error) {
	if a.Campaign == e.Campaign {
		return Next{Application: a}, Refusal{Rule: RuleInThatCampaign, Application: a, Name: e.Name}
	}
	was := a.Joined
	a.Joined = Joined{By: e.Person, At: e.At, Was: a.Campaign, WasBy: was.By, WasAt: was.At, WasMember: was.Member}
	a.Campaign = e.Campaign
	a.Card.Wanted = true
	return changed(a, e.At, ForPeople).repaint(e.At).say(Saying{Kind: SayCampaign, By: e.Person, Campaign: e.Name}), nil
}

// campaignLeft takes an addition back.
func campaignLeft(a Application, e CampaignLeft) Next {
	joined := Joined{}
	if e.Back != "" {
		joined = a.Joined.before()
	}
	a.Campaign, a.Joined = e.Back, joined
	return changed(a, e.At, ForPeople).repaint(e.At).
		say(Saying{Kind: SayCampaign, By: e.Person, Campaign: e.Name, Left: true, Back: e.BackName})
}

// claimed marks the decision as sent, unless the effect carries one that was undone or replaced meanwhile.
func claimed(a Application, e Claimed) Next {
	if a.Decision.Review != e.Review || a.Decision.Phase != DecisionQueued {
		return Next{Application: a}
	}
	a.Decision.Phase = DecisionSending
	return changed(a, e.At, ForPeople).repaint(e.At.Add(repaintAfterClaim))
}

func answerLost(a Application, e AnswerLost) Next {
	if a.Decision.Phase == DecisionUnclear {
		return Next{Application: a}
	}
	a.Decision.Phase, a.Decision.Cause = DecisionUnclear, e.Cause
	return changed(a, e.At, ForPeople).repaint(e.At).
		say(Saying{Kind: SayDecision, By: a.Decision.By, Verdict: a.Decision.Verdict, Cause: e.Cause})
}

func heldUp(a Application, e HeldUp) Next {
	if a.Decision.Cause.Code == e.Cause.Code && a.Decision.Cause.Message == e.Cause.Message {
		return Next{Application: a}
	}
	a.Decision.Cause = e.Cause
	return changed(a, e.At, Routine).repaint(e.At)
}

func confirmed(a Application, e Confirmed) Next {
	a.Report.Status = statusAfter(e.Verdict)
	a.ReportedAt = e.At
	a.Round++
	a = confirm(a, e.At)
	return changed(a, e.At, ForPeople).repaint(e.At).say(sayConfirmed(a))
}

// confirm puts on record that TikTok took our decision.
func confirm(a Application, at time.Time) Application {
	a.Decision.Phase, a.Decision.Cause = DecisionConfirmed, Cause{}
	a.ConfirmedAt, a.ChangedAt, a.ChangedElsewhere = at, at, false
	return a
}

func sayConfirmed(a Application) Saying {
	d := a.Decision
	return Saying{Kind: SayStage, By: d.By, Verdict: d.Verdict, Reason: d.Reason, OrderID: a.Report.OrderID, ShipBy: a.Report.ShipBy}
}

// statusAfter is the status that a confirmed decision leads to.
func statusAfter(v Verdict) Status {
	if v == Approve {
		return StatusAwaitingShipment
	}
	return StatusRejectCancelled
}

func refusedForGood(a Application, e RefusedForGood) Next {
	a.Decision.Phase, a.Decision.Cause = DecisionRefused, e.Cause
	a.Round++
	a.ChangedAt = e.At
	d := a.Decision
	return changed(a, e.At, ForPeople).repaint(e.At).
		say(Saying{Kind: SayRefused, By: d.By, Verdict: d.Verdict, Reason: d.Reason, Cause: e.Cause, Unsent: d.Message})
}
