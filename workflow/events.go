package workflow

import "time"

// EventKind names what happened, for the table and the history.
type EventKind string

// The events of an application's life.
const (
	OnApproved           EventKind = "approved"
	OnRejected           EventKind = "rejected"
	OnUndone             EventKind = "undone"
	OnCampaignChosen     EventKind = "campaign chosen"
	OnClaimed            EventKind = "claimed"
	OnAnswerLost         EventKind = "answer lost"
	OnHeldUp             EventKind = "held up"
	OnApprovalConfirmed  EventKind = "approval confirmed"
	OnRejectionConfirmed EventKind = "rejection confirmed"
	OnRefusedForGood     EventKind = "refused for good"
	OnReported           EventKind = "reported"
	OnContentFound       EventKind = "content found"
	OnCampaignLeft       EventKind = "campaign left"
	OnOnItBegan          EventKind = "look began"
	OnOnItEnded          EventKind = "look ended"
	OnNoted              EventKind = "noted"
	OnMessageWritten     EventKind = "message written" // by the team, to the creator
	OnMessageSent        EventKind = "message sent"    // TikTok took it
	OnMessageRefused     EventKind = "message refused" // TikTok will not take it
	OnMessageHeldUp      EventKind = "message held up"
	OnMessageReceived    EventKind = "heard" // from the creator
	OnCardRequested      EventKind = "card called for"
	OnCardShown          EventKind = "card shown"
	OnCardLost           EventKind = "card lost"
	OnOriginFound        EventKind = "origin found"
	OnStepDue            EventKind = "step due"
	OnRetried            EventKind = "retried" // by hand
)

// The events of a creator in a campaign, of campaigns, and of shops.
const (
	OnMemberAnswered   EventKind = "member answered"
	OnSampleNeeded     EventKind = "sample needed"
	OnSampleNotNeeded  EventKind = "sample not needed"
	OnMemberAdded      EventKind = "member added"
	OnMemberLeft       EventKind = "member left"
	OnCampaignArchived EventKind = "campaign archived"
	OnCampaignEdited   EventKind = "campaign edited"
	OnImported         EventKind = "imported"
	OnSettingsChanged  EventKind = "settings changed"
	OnNoticeShown      EventKind = "notice shown"
	OnNoticeLost       EventKind = "notice lost"
)

// Surface is where a person acted.
type Surface string

// The surfaces.
const (
	FromCard       Surface = "card"
	FromModal      Surface = "modal"
	FromCommand    Surface = "command"
	FromDispatcher Surface = "courier" // the desk itself, sending a decision
	FromSync       Surface = "sync"    // TikTok, through a sweep or a single read
	FromHome       Surface = "home"
	FromThread     Surface = "thread" // a mention of the bot
	FromTimer      Surface = "clock"  // the desk itself, as a shop's settings say
	FromBulk       Surface = "bulk"   // as part of a run
)

// Event is something that happened to one application. Each carries its own time; a step does not read the clock.
type Event interface {
	Kind() EventKind
	When() time.Time
}

// Actor is the person behind an event, and where they acted. Admin is their role, as checked when the event came in.
// DedupKey is Slack's own id of the action (a trigger, an event or a view), by which a second delivery of it is
// recognised: it changes nothing and is no error. Empty: it is not checked.
type Actor struct {
	Person   PersonID `json:"person,omitempty"`
	Admin    bool     `json:"admin,omitempty"`
	Surface  Surface  `json:"surface,omitempty"`
	DedupKey string   `json:"origin,omitempty"`
}

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
}

// Undone takes a decision back that was not yet sent.
type Undone struct {
	Actor
	At    time.Time
	Round int
}

// CampaignChosen adds the creator to a campaign. Seen is the campaign that the person was shown the application in.
type CampaignChosen struct {
	Actor
	At       time.Time
	Campaign CampaignID
	Name     string
	Seen     CampaignID
}

// CampaignLeft takes a creator's application out of the campaign it was added to, back to the one before or to none.
// Seen is the campaign that the person was shown it in, and Back the one before, if that still takes creators.
type CampaignLeft struct {
	Actor
	At       time.Time
	Seen     CampaignID
	Name     string // of that campaign
	Back     CampaignID
	BackName string
}

// OnItBegan says that somebody is on it: they look at the application, so that others need not. It binds nobody.
type OnItBegan struct {
	Actor
	At time.Time
}

// OnItEnded takes that back.
type OnItEnded struct {
	Actor
	At time.Time
}

// Noted adds a note of the team's. Quiet: it is in the thread already.
type Noted struct {
	Actor
	At    time.Time
	Text  string
	Quiet bool
}

// MessageUpdated records what became of a message to the creator: it was written (by an Actor), sent, refused or
// delayed.
type MessageUpdated struct {
	Actor
	What    EventKind
	At      time.Time
	Text    string
	Failure Failure
}

// MessageReceived is a message from the creator.
type MessageReceived struct {
	At      time.Time
	Message InboundMessage
}

// Claimed says that the dispatcher took the decision: from here on it counts as sent.
type Claimed struct {
	At     time.Time
	Review EffectID
}

// AnswerLost says that the decision was sent and that its outcome is unknown.
type AnswerLost struct {
	At      time.Time
	Failure Failure
}

// HeldUp says that the decision could not be sent yet, for a reason that lies with the shop and not with the
// application, and waits.
type HeldUp struct {
	At      time.Time
	Failure Failure
}

// Confirmed says that TikTok accepted the decision.
type Confirmed struct {
	At      time.Time
	Verdict Verdict
}

// RefusedForGood says that TikTok refused the decision, and that asking again will not help.
type RefusedForGood struct {
	At      time.Time
	Failure Failure
}

// Reported is what TikTok reported of the application. Began is when the request began that this answers.
type Reported struct {
	At       time.Time
	Began    time.Time
	Snapshot Snapshot

	// First is set during the first sweep of a shop: cards then wait for the sweep's end.
	First bool
}

// ContentFound says that the creator posted.
type ContentFound struct {
	At time.Time
}

// CardRequested gives the application a card if it has none in Slack: a person opened it, or there is capacity for it.
type CardRequested struct {
	Actor
	At time.Time
}

// CardShown says what the card in Slack shows now, and where it is.
type CardShown struct {
	At      time.Time
	Channel string
	TS      string
	Hash    string
	Link    string // empty: as before
	Bare    bool   // without its picture, which Slack could not fetch
}

// CardLost says that the card cannot be updated any more: the message or its channel is gone. TS is the message that
// was tried; the card may be another by now.
type CardLost struct {
	At      time.Time
	TS      string
	Failure Failure
}

// OriginFound says where an application came from, which no observation does.
type OriginFound struct {
	At     time.Time
	Collab Collab
}

// Kind returns OnApproved or OnRejected.
func (e Decided) Kind() EventKind {
	if e.Verdict == Approve {
		return OnApproved
	}
	return OnRejected
}

// Kind returns OnApprovalConfirmed or OnRejectionConfirmed.
func (e Confirmed) Kind() EventKind {
	if e.Verdict == Approve {
		return OnApprovalConfirmed
	}
	return OnRejectionConfirmed
}

// Kind returns OnUndone.
func (Undone) Kind() EventKind { return OnUndone }

// Kind returns OnCampaignChosen.
func (CampaignChosen) Kind() EventKind { return OnCampaignChosen }

// Kind returns OnCampaignLeft.
func (CampaignLeft) Kind() EventKind { return OnCampaignLeft }

// Kind returns OnOnItBegan.
func (OnItBegan) Kind() EventKind { return OnOnItBegan }

// Kind returns OnOnItEnded.
func (OnItEnded) Kind() EventKind { return OnOnItEnded }

// Kind returns OnNoted.
func (Noted) Kind() EventKind { return OnNoted }

// Kind returns what became of the message.
func (e MessageUpdated) Kind() EventKind { return e.What }

// Kind returns OnMessageReceived.
func (MessageReceived) Kind() EventKind { return OnMessageReceived }

// Kind returns OnClaimed.
func (Claimed) Kind() EventKind { return OnClaimed }

// Kind returns OnAnswerLost.
func (AnswerLost) Kind() EventKind { return OnAnswerLost }

// Kind returns OnHeldUp.
func (HeldUp) Kind() EventKind { return OnHeldUp }

// Kind returns OnRefusedForGood.
func (RefusedForGood) Kind() EventKind { return OnRefusedForGood }

// Kind returns OnReported.
func (Reported) Kind() EventKind { return OnReported }

// Kind returns OnContentFound.
func (ContentFound) Kind() EventKind { return OnContentFound }

// When returns the event's time.
func (e Decided) When() time.Time { return e.At }

// When returns the event's time.
func (e Undone) When() time.Time { return e.At }

// When returns the event's time.
func (e CampaignChosen) When() time.Time { return e.At }

// When returns the event's time.
func (e CampaignLeft) When() time.Time { return e.At }

// When returns the event's time.
func (e OnItBegan) When() time.Time { return e.At }

// When returns the event's time.
func (e OnItEnded) When() time.Time { return e.At }

// When returns the event's time.
func (e Noted) When() time.Time { return e.At }

// When returns the event's time.
func (e MessageUpdated) When() time.Time { return e.At }

// When returns the event's time.
func (e MessageReceived) When() time.Time { return e.At }

// When returns the event's time.
func (e Claimed) When() time.Time { return e.At }

// When returns the event's time.
func (e AnswerLost) When() time.Time { return e.At }

// When returns the event's time.
func (e HeldUp) When() time.Time { return e.At }

// When returns the event's time.
func (e Confirmed) When() time.Time { return e.At }

// When returns the event's time.
func (e RefusedForGood) When() time.Time { return e.At }

// When returns the event's time.
func (e Reported) When() time.Time { return e.At }

// When returns the event's time.
func (e ContentFound) When() time.Time { return e.At }

// Kind returns OnCardRequested.
func (CardRequested) Kind() EventKind { return OnCardRequested }

// When returns the event's time.
func (e CardRequested) When() time.Time { return e.At }

// Kind returns OnCardShown.
func (CardShown) Kind() EventKind { return OnCardShown }

// When returns the event's time.
func (e CardShown) When() time.Time { return e.At }

// Kind returns OnCardLost.
func (CardLost) Kind() EventKind { return OnCardLost }

// When returns the event's time.
func (e CardLost) When() time.Time { return e.At }

// Kind returns OnOriginFound.
func (OriginFound) Kind() EventKind { return OnOriginFound }

// When returns the event's time.
func (e OriginFound) When() time.Time { return e.At }
