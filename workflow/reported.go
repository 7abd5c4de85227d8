package workflow

import (
	"slices"
	"time"
)

// Reported is what TikTok reported of the application. Began is when the request began that this answers.
type Reported struct {
	byNobody
	At       time.Time
	Began    time.Time
	Snapshot Snapshot

	// First is set during the first sweep of a shop: cards then wait for the sweep's end.
	First bool
}

// Kind returns OnReported.
func (Reported) Kind() EventKind { return OnReported }

func (e Reported) apply(a Application) (Next, error) { return reported(a, e), nil }

func (Reported) describe(before, after Application, h *Entry) bool {
	if after.Campaign != before.Campaign {
		h.Campaign = after.Campaign // which it joined by itself
	}
	return true
}

// isNews reports whether an observation can change anything: it is not older than what the desk knows, and it differs.
func isNews(a Application, e Reported) bool {
	if a.State() == Unseen {
		return true
	}
	return !e.Began.Before(a.ReportedAt) && a.Snapshot.Differs(e.Snapshot)
}

// pictureRenewed applies a new link to the product's picture where the card lost its picture, for the next repaint to
// show. TikTok signs these links again in every answer, so a new link alone is no news: written down at each look it
// would cost a write per application and sweep, and shown, an edit of every card. Once a card was refused for a dead
// link there is one write, and no call of Slack's, for each picture that was lost; everywhere else the link is renewed
// with the next difference, like the numbers that drift.
func pictureRenewed(a Application, e Reported) Next {
	link := e.Snapshot.Product.Picture
	if !a.Card.Bare || link == "" || link == a.Snapshot.Product.Picture || e.Began.Before(a.ReportedAt) {
		return Next{Application: a}
	}
	a.Snapshot.Product.Picture, a.Card.Bare = link, false
	next := changed(a, e.At, Routine)
	next.Unremarked = true
	return next
}

func reported(a Application, e Reported) Next {
	if a.State() == Unseen {
		return firstSeen(a, e)
	}
	was := a
	a.Snapshot = keepOrigin(e.Snapshot, was.Snapshot)
	a.ReportedAt = e.Began
	if a.Snapshot.Status == was.Snapshot.Status {
		if a.State() == Shipped && a.Snapshot.Tracking != was.Snapshot.Tracking {
			a.MovedAt = e.At
		}
		return shortenUndo(changed(a, e.At, Routine), e.At).repaint(paintBy(was, a, e.At))
	}
	if e.Snapshot.Status.State() != Completed {
		a.ContentAt = time.Time{}
	}
	a.Round++
	a.ChangedAt, a.MovedAt, a.OnIt, a.Second = e.At, time.Time{}, OnIt{}, Second{}
	next := changed(reconcileDecision(a, was, e), e.At, Routine)
	if was.State().Reviewing() && was.Decision.Review != "" {
		next.Cancel = append(next.Cancel, was.Decision.Review)
	}
	next = next.repaint(e.At)
	if next.Application.Stage() == was.Stage() {
		return next // completed, as the desk had found itself
	}
	return next.reply(reportedPayload(next.Application, was))
}

// orderRests is how long the card may wait to show the order of an approved sample and by when it has to be shipped.
const orderRests = 10 * time.Minute

// paintBy tells when a report without a change of status has to be on the card. What TikTok tells first of an approved
// sample, soon after the approval, is its order and by when it has to be shipped. There are days for that: it waits a
// little for something else to be shown with it. All else is shown at once.
func paintBy(was, now Application, at time.Time) time.Time {
	if now.State() == AwaitingShipment && (was.Snapshot.OrderID == "" || was.Snapshot.ShipBy.IsZero()) {
		return at.Add(orderRests)
	}
	return at
}

// firstSeen records an application. One that waits for the team gets a card, except in a shop's first sweep, whose end
// gives out the cards; one that is further on gets one when a person or a deadline needs it.
func firstSeen(a Application, e Reported) Next {
	a.Snapshot, a.ReportedAt, a.SeenAt, a.ChangedAt = e.Snapshot, e.Began, e.At, e.At
	a.Card.Wanted = e.Snapshot.Status == StatusPending && !e.First
	return changed(a, e.At, Routine).repaint(e.At)
}

// shortenUndo ends the undo window of a decision earlier where the review deadline has come nearer.
func shortenUndo(n Next, at time.Time) Next {
	d := &n.Application.Decision
	if d.Phase != DecisionQueued {
		return n
	}
	end := sendAt(at, d.SendAt.Sub(at), n.Application.Snapshot.ReviewBy)
	if !end.Before(d.SendAt) {
		return n
	}
	d.SendAt = end
	n.Reschedule = append(n.Reschedule, Effect{ID: d.Review, Lane: ReviewLane(n.Application.Key), NotBefore: end})
	return n
}

// keepOrigin carries over what no observation contains.
func keepOrigin(now, was Snapshot) Snapshot {
	if !now.Collab.Known {
		now.Collab = was.Collab
	}
	return now
}

// reconcileDecision brings the decision in line with a reported change of status.
func reconcileDecision(a, was Application, e Reported) Application {
	from, sent := was.State(), was.Decision.Phase == DecisionSending || was.Decision.Phase == DecisionUnclear
	_, ended := EndingOf(a.State())
	switch {
	case from.Reviewing() && sent && explains(was.Decision.Verdict, a.State()):
		return confirm(a, e.At) // TikTok's answer was lost or is under way; its effect is here
	case from.Reviewing():
		a.Decision, a.ChangedElsewhere = Decision{}, !ended
	case a.Snapshot.Status == StatusPending:
		a.Decision, a.ChangedElsewhere, a.Card.Wanted = Decision{}, true, true
	case ended:
		a.ChangedElsewhere = false // an ending says who caused it
	case backwards(from, a.State()):
		a.ChangedElsewhere = true
	}
	return a
}

// forwards is the order in which an approved application moves on by itself.
var forwards = []State{AwaitingShipment, Shipped, Delivered, Completed}

// explains reports whether a decision that was sent explains the state that is reported.
func explains(v Verdict, to State) bool {
	if v == Reject {
		return to == Rejected
	}
	return slices.Contains(forwards, to)
}

// backwards reports whether a change goes against the usual order, so that somebody must have made it.
func backwards(from, to State) bool {
	if _, ended := EndingOf(to); ended || from == Unrecognised && to != Pending {
		return false
	}
	i, j := slices.Index(forwards, from), slices.Index(forwards, to)
	return i < 0 || j < i
}

func reportedPayload(a, was Application) Payload {
	if a.Decision.Phase == DecisionConfirmed && was.Decision.Phase != DecisionConfirmed {
		return confirmedPayload(a)
	}
	s := Payload{Kind: KindStage, Elsewhere: a.ChangedElsewhere && (was.State().Reviewing() || backwards(was.State(), a.State())),
		OrderID: a.Snapshot.OrderID, Tracking: a.Snapshot.Tracking, ShipBy: a.Snapshot.ShipBy}
	if was.State().Reviewing() && was.Decision.Phase != Undecided && was.Decision.Phase != DecisionRefused {
		s.By, s.Verdict, s.Undelivered, s.Unsent = was.Decision.By, was.Decision.Verdict, true, was.Decision.Message
	}
	return s
}

// OriginFound says where an application came from, which no observation does.
type OriginFound struct {
	byNobody
	offTable
	At     time.Time
	Collab Collab
}

// Kind returns OnOriginFound.
func (OriginFound) Kind() EventKind { return OnOriginFound }

func (e OriginFound) apply(a Application) (Next, error) {
	if a.Snapshot.Collab == e.Collab {
		return Next{Application: a}, nil
	}
	a.Snapshot.Collab = e.Collab
	return changed(a, e.At, Routine), nil // shown with the next repaint: it is no reason for one
}

// describe keeps it out of the history: it was so from the beginning.
func (OriginFound) describe(_, _ Application, _ *Entry) bool { return false }
