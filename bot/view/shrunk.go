package view

import "sampledesk/workflow"

// standingLine is the line of a card that waits for no decision: where it stands, and what comes next.
func standingLine(a workflow.Application) string {
	r := a.Snapshot
	name := stageName(a.Stage())
	switch s := a.State(); s {
	case workflow.Queued, workflow.Sending, workflow.Unclear:
		return travelling(a.Decision, s)
	case workflow.AwaitingShipment:
		if r.ShipBy.IsZero() {
			return name // TikTok sets the date soon after the approval
		}
		return dotted(name, "Ship by "+due(r.ShipBy))
	case workflow.Shipped:
		return dotted(name, "On its way to the creator")
	case workflow.Delivered:
		return dotted(name, contentNext(a))
	case workflow.Completed:
		return dotted(name, contentGist(a))
	case workflow.Rejected:
		return dotted(name, "TikTok has told the creator")
	case workflow.Unrecognised:
		return dotted(name, "Unknown TikTok status; still checking")
	default:
		if e, ok := workflow.EndingOf(s); ok {
			return dotted(name, capital(move(e)))
		}
		return name
	}
}

// contentNext tells until when the creator has to post, in a few words.
func contentNext(a workflow.Application) string {
	by := a.Timer.By
	switch {
	case a.Timer.Kind != workflow.PostDeadline || by.IsZero():
		return "The creator's content is due"
	case a.Overdue():
		return "Content was due by " + stamp(by) + "; TikTok has probably extended the deadline"
	default:
		return "Content is due by " + due(by)
	}
}

// contentGist tells what came of it, in a few words.
func contentGist(a workflow.Application) string {
	if a.ContentAt.IsZero() {
		return "TikTok marked the sample as completed"
	}
	said := "Content found " + stamp(a.ContentAt)
	if what := contents(a.Contents); what != "" {
		said += ": " + what
	}
	return said
}

// decidedBy tells who decided, and that TikTok has confirmed it, or that it was decided elsewhere. A decision that is
// under way is in the line above.
func decidedBy(a workflow.Application) string {
	switch {
	case a.State().Reviewing():
		return ""
	case a.ChangedElsewhere:
		return capital(elsewhere)
	case a.Decision.Phase == workflow.DecisionConfirmed:
		return dotted(decision(a.Decision), "confirmed by TikTok")
	default:
		return ""
	}
}
