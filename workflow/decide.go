package workflow

import "time"

// repaintAfterClaim is how long the card's repaint waits once the dispatcher took a decision: TikTok mostly answers
// within it, and then two repaints become one.
const repaintAfterClaim = 700 * time.Millisecond

func decided(a Application, e Decided) Next {
	a.Decision = Decision{
		Phase: DecisionQueued, Verdict: e.Verdict, Reason: e.Reason, By: e.Person, At: e.At, Review: e.Review,
		SendAt: sendAt(e.At, e.Undo, a.Snapshot.ReviewBy), Message: e.Message, Run: e.Run,
	}
	a.OnIt = OnIt{}
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
		next = next.reply(Payload{Kind: KindNote, By: e.Person, Text: e.Note})
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
	return next.reply(Payload{Kind: KindDecision, Undone: true, By: was.By, UndoneBy: e.Person, Verdict: was.Verdict, Unsent: was.Message})
}

func campaignChosen(a Application, e CampaignChosen) (Next, error) {
	if a.Campaign == e.Campaign {
		return Next{Application: a}, Refusal{Rule: RuleAlreadyInCampaign, Application: a, Name: e.Name}
	}
	was := a.Joined
	a.Joined = Joined{By: e.Person, At: e.At, Was: a.Campaign, WasBy: was.By, WasAt: was.At, WasMember: was.Member}
	a.Campaign = e.Campaign
	a.Card.Wanted = true
	return changed(a, e.At, ForPeople).repaint(e.At).reply(Payload{Kind: KindCampaign, By: e.Person, Campaign: e.Name}), nil
}

// campaignLeft takes an addition back.
func campaignLeft(a Application, e CampaignLeft) Next {
	joined := Joined{}
	if e.Back != "" {
		joined = a.Joined.before()
	}
	a.Campaign, a.Joined = e.Back, joined
	return changed(a, e.At, ForPeople).repaint(e.At).
		reply(Payload{Kind: KindCampaign, By: e.Person, Campaign: e.Name, Left: true, Back: e.BackName})
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
	a.Decision.Phase, a.Decision.Failure = DecisionUnclear, e.Failure
	return changed(a, e.At, ForPeople).repaint(e.At).
		reply(Payload{Kind: KindDecision, By: a.Decision.By, Verdict: a.Decision.Verdict, Failure: e.Failure})
}

func heldUp(a Application, e HeldUp) Next {
	if a.Decision.Failure.Code == e.Failure.Code && a.Decision.Failure.Message == e.Failure.Message {
		return Next{Application: a}
	}
	a.Decision.Failure = e.Failure
	return changed(a, e.At, Routine).repaint(e.At)
}

func confirmed(a Application, e Confirmed) Next {
	a.Snapshot.Status = statusAfter(e.Verdict)
	a.ReportedAt = e.At
	a.Round++
	a = confirm(a, e.At)
	return changed(a, e.At, ForPeople).repaint(e.At).reply(confirmedPayload(a))
}

// confirm records that TikTok took our decision.
func confirm(a Application, at time.Time) Application {
	a.Decision.Phase, a.Decision.Failure = DecisionConfirmed, Failure{}
	a.ConfirmedAt, a.ChangedAt, a.ChangedElsewhere = at, at, false
	return a
}

func confirmedPayload(a Application) Payload {
	d := a.Decision
	return Payload{Kind: KindStage, By: d.By, Verdict: d.Verdict, Reason: d.Reason, OrderID: a.Snapshot.OrderID, ShipBy: a.Snapshot.ShipBy}
}

// statusAfter is the status that a confirmed decision leads to.
func statusAfter(v Verdict) Status {
	if v == Approve {
		return StatusAwaitingShipment
	}
	return StatusRejectCancelled
}

func refusedForGood(a Application, e RefusedForGood) Next {
	a.Decision.Phase, a.Decision.Failure = DecisionRefused, e.Failure
	a.Round++
	a.ChangedAt = e.At
	d := a.Decision
	return changed(a, e.At, ForPeople).repaint(e.At).
		reply(Payload{Kind: KindRefused, By: d.By, Verdict: d.Verdict, Reason: d.Reason, Failure: e.Failure, Unsent: d.Message})
}
