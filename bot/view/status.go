package view

import (
	"sampledesk/workflow"
)

// status is the part of a card that tells where the application stands: the stage in bold, then who decided, how far
// that got, and what is due.
func status(a workflow.Application) []string {
	lines := []string{stageName(a.Stage())}
	if a.ChangedElsewhere {
		lines = append(lines, sentence(elsewhere))
	}
	switch s := a.State(); s {
	case workflow.Pending:
		return append(lines, hindrance(a), reviewDeadline(a.Snapshot), looking(a.OnIt))
	case workflow.Refused:
		if a.OfAgency() {
			return append(lines, refusedForGood(a.Decision))
		}
		return append(lines, refused(a.Decision), hindrance(a), reviewDeadline(a.Snapshot), looking(a.OnIt))
	case workflow.Queued, workflow.Sending, workflow.Unclear:
		return append(lines, travelling(a.Decision, s), heldUp(a.Decision, s))
	case workflow.Unrecognised:
		return append(lines, stageFacts(s, a.Snapshot)...)
	default:
		return append(append(lines, settled(a)), further(a)...)
	}
}

// reviewDeadline tells until when a decision is possible. Whether that has passed is told by the time left, which Slack
// counts: nothing is repainted for it.
func reviewDeadline(r workflow.Snapshot) string {
	if r.ReviewBy.IsZero() {
		return "TikTok gives no review deadline."
	}
	return "Decide by " + due(r.ReviewBy)
}

// looking tells who is on it, so that others need not be.
func looking(l workflow.OnIt) string {
	if l.By == "" {
		return ""
	}
	return person(l.By) + " is on it (since " + stamp(l.At) + ")"
}

func hindrance(a workflow.Application) string {
	if a.Snapshot.Approvable {
		return ""
	}
	return obstacle(a.Snapshot)
}

// decision is who decided what, and when.
func decision(d workflow.Decision) string {
	return capital(verdictDone(d.Verdict)) + " by " + decider(d) + " " + stamp(d.At) + because(d.Verdict, d.Reason)
}

func travelling(d workflow.Decision, s workflow.State) string {
	switch s {
	case workflow.Queued:
		return dotted(decision(d), "Sends at "+stampSeconds(d.SendAt)+". Undo until then.")
	case workflow.Sending:
		return dotted(decision(d), "sending to TikTok…")
	default:
		return dotted(decision(d), "sent; TikTok has not answered yet, checking…")
	}
}

// heldUp tells what a decision waits for. After a lost answer the cause is only what the call ended with.
func heldUp(d workflow.Decision, s workflow.State) string {
	if d.Failure == (workflow.Failure{}) || s == workflow.Unclear {
		return ""
	}
	return "Delayed because " + why(d.Failure) + ". Nothing is lost: it is sent as soon as that is fixed."
}

func refusedForGood(d workflow.Decision) string {
	return "*Refused by TikTok for good*, because " + why(d.Failure) + ".\n" + decision(d) + " · you can't decide on this one"
}

func refused(d workflow.Decision) string {
	return "*Refused by TikTok*, because " + why(d.Failure) + ".\n" + decision(d) + " · back in review"
}

// settled is how the application came where it is: by our decision, or as an ending.
func settled(a workflow.Application) string {
	ours := ""
	if a.Decision.Phase == workflow.DecisionConfirmed {
		ours = dotted(decision(a.Decision), "confirmed by TikTok")
	}
	ending := ""
	if e, ok := workflow.EndingOf(a.State()); ok {
		ending = sentence(move(e))
	}
	return joinLines([]string{ending, ours})
}

// further is what there is to know beyond the decision.
func further(a workflow.Application) []string {
	r := a.Snapshot
	switch a.State() {
	case workflow.Completed:
		if !a.ContentAt.IsZero() {
			return []string{contentLine(a), order(r)}
		}
		return []string{"TikTok marked the sample as completed.", order(r)}
	case workflow.Rejected:
		return []string{"TikTok has told the creator."}
	case workflow.Delivered:
		return append(stageFacts(a.State(), r), contentDue(a))
	default:
		return stageFacts(a.State(), r)
	}
}

// stageFacts are the facts that a stage brings with it: the card shows them, and the reply that announces the stage.
func stageFacts(s workflow.State, r workflow.Snapshot) []string {
	switch s {
	case workflow.AwaitingShipment:
		return []string{shipDeadline(r), order(r)}
	case workflow.Shipped:
		return []string{dotted(tracking(r), order(r))}
	case workflow.Delivered:
		return []string{"The sample was delivered; the creator's content is due.", dotted(tracking(r), order(r))}
	case workflow.Unrecognised:
		return []string{"Unknown TikTok status; still checking."}
	default:
		return []string{order(r)}
	}
}

// contentDue tells until when the creator has to post, as far as the desk can tell.
func contentDue(a workflow.Application) string {
	by := a.Timer.By
	switch {
	case a.Timer.Kind != workflow.PostDeadline || by.IsZero():
		return ""
	case a.Overdue():
		return "Content was due by " + stamp(by) + ". TikTok has not cancelled the sample, so it has probably extended the deadline."
	default:
		return "Content is due by " + due(by)
	}
}

// contentLine tells what was found; the thread has each piece, with its figures.
func contentLine(a workflow.Application) string {
	line := "Content found " + stamp(a.ContentAt)
	if said := contents(a.Contents); said != "" {
		line += ": " + said
	}
	return line
}

func shipDeadline(r workflow.Snapshot) string {
	if r.ShipBy.IsZero() {
		return "Ship it from the Affiliate Center. The ship-by date appears here once TikTok sets it."
	}
	return "Ship by " + due(r.ShipBy)
}

func order(r workflow.Snapshot) string {
	if id := data(r.OrderID, maxID); id != "" {
		return "Order " + id
	}
	return ""
}

func tracking(r workflow.Snapshot) string {
	if id := data(r.Tracking, maxID); id != "" {
		return "Tracking number " + id
	}
	return ""
}

// OthersLook tells somebody that another person's name stands on a card.
func OthersLook(l workflow.OnIt) string {
	return looking(l) + ". Only " + person(l.By) + " or an admin can end that. *I'm on it* at `···` puts your name there instead."
}
