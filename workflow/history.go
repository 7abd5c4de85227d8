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

// Told returns a step with the milestones that it led to, and its line of the history; false if the history does not
// tell of it.
func (n Next) Told(before Application, e Event) (Next, Entry, bool) {
	line, told := entry(before, n, e)
	if told {
		n.Application = n.Application.track(before, line)
	}
	return n, line, told
}

// entry describes what an event did; false if the history does not tell of it.
func entry(before Application, next Next, e Event) (Entry, bool) {
	after := next.Application
	h := Entry{
		At: next.At, Key: after.Key, Event: e.Kind(), By: e.actor(), From: before.State(), To: after.State(), Round: after.Round,
		Status: after.Snapshot.Status,
	}
	keep := e.describe(before, after, &h)
	return h, keep && !next.Unremarked
}
