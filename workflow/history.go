package workflow

import "time"

// Entry is one line of the append-only history: who did what from where, what was sent, and what TikTok answered. One
// whose key names no application belongs to the shop's own history: of its settings, its campaigns, and of creators who
// have no application.
type Entry struct {
	At       time.Time  `json:"at"`
	Key      Key        `json:"key"`
	Event    EventKind  `json:"event"`
	By       Actor      `json:"by,omitzero"`
	From     State      `json:"from"`
	To       State      `json:"to"`
	Round    int        `json:"round"`
	Status   Status     `json:"status,omitempty"`
	Verdict  Verdict    `json:"verdict,omitempty"`
	Reason   Reason     `json:"reason,omitempty"`
	Campaign CampaignID `json:"campaign,omitempty"`
	Failure  Failure    `json:"cause,omitzero"`
	Text     string     `json:"text,omitempty"`    // of a note, or of a message to or from the creator
	Message  string     `json:"message,omitempty"` // to the creator, which is to go with a decision
	Creator  CreatorKey `json:"creator,omitempty"` // in the shop's own history: the creator it is about
	Name     string     `json:"name,omitempty"`    // of a campaign, there

	// Of a deadline's step: which, and whether it was announced with others, as one message.
	Deadline DeadlineKind `json:"deadline,omitempty"`
	Step     string       `json:"step,omitempty"` // "48h"
	Grouped  bool         `json:"grouped,omitempty"`
}

// entry describes what an event did.
func entry(before, after Application, e Event) Entry {
	h := Entry{
		At: e.When(), Key: after.Key, Event: e.Kind(), From: before.State(), To: after.State(), Round: after.Round,
		Status: after.Snapshot.Status,
	}
	switch e := e.(type) {
	case Decided:
		h.By, h.Verdict, h.Reason, h.Text = e.Actor, e.Verdict, e.Reason, e.Note
		h.Message = e.Message
	case Undone:
		h.By, h.Verdict = e.Actor, before.Decision.Verdict
	case CampaignChosen:
		h.By, h.Campaign = e.Actor, e.Campaign
	case CampaignLeft:
		h.By, h.Campaign = e.Actor, e.Seen
	case OnItBegan:
		h.By = e.Actor
	case OnItEnded:
		h.By = e.Actor
	case Noted:
		h.By, h.Text = e.Actor, e.Text
	case MessageUpdated:
		h.By, h.Text, h.Failure = e.Actor, e.Text, e.Failure
	case MessageReceived:
		h.Text = e.Message.Text
	case CardRequested:
		h.By = e.Actor
	case Confirmed:
		h.Verdict, h.Reason = e.Verdict, before.Decision.Reason
	case Claimed:
		h.Verdict, h.Reason = before.Decision.Verdict, before.Decision.Reason
	case AnswerLost:
		h.Verdict, h.Failure = before.Decision.Verdict, e.Failure
	case HeldUp:
		h.Verdict, h.Failure = before.Decision.Verdict, e.Failure
	case RefusedForGood:
		h.Verdict, h.Reason, h.Failure = before.Decision.Verdict, before.Decision.Reason, e.Failure
	case Reported:
		if after.Campaign != before.Campaign {
			h.Campaign = after.Campaign // which it joined by itself
		}
	case CardLost:
		h.Failure = e.Failure
	case StepDue:
		h.Deadline, h.Step, h.Grouped = e.Step.Deadline, e.Name, e.Grouping == Grouped
	}
	return h
}

// inHistory reports whether an event belongs to the history: what a card looks like does not, nor a step that was
// passed over.
func inHistory(e Event) bool {
	switch e := e.(type) {
	case CardShown, OriginFound:
		return false
	case StepDue:
		return e.Grouping != PassedOver
	default:
		return true
	}
}
