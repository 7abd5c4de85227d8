package workflow

import "time"

// EffectID is unique over all desks and all time: it travels in the metadata of what the bot posts, which is how the
// desk recognises its own post after a lost answer.
type EffectID string

// EffectKind names what is to be done.
type EffectKind string

// The effects.
const (
	ReviewOnTikTok EffectKind = "review"   // send a decision to TikTok
	ShowCard       EffectKind = "card"     // post the card, or repaint it; rendered at delivery, so the newest state wins
	Reply          EffectKind = "reply"    // post a message in the card's thread, exactly once
	Announce       EffectKind = "announce" // post a message in the shop's channel, exactly once
	ShowNotice     EffectKind = "notice"   // post a notice, or bring it up to date; rendered at delivery
	SendMessage    EffectKind = "message"  // send a message to a creator
	MarkRead       EffectKind = "read"     // mark conversations as read at TikTok
	ImportCreators EffectKind = "import"   // fetch a target collaboration for a run
	CarryOn        EffectKind = "carry on" // go on with a run that is kept in parts
)

// CallWebhook tells another system of an application's event, at the address that the shop's settings name.
const CallWebhook EffectKind = "webhook"

// EraseReplies takes out of the desk's own replies in a card's thread what they tell of a creator who was erased.
const EraseReplies EffectKind = "erase"

// EffectKinds lists them in the order in which a dispatcher considers them: what goes to TikTok comes first.
var EffectKinds = []EffectKind{ReviewOnTikTok, ShowCard, SendMessage, ShowNotice, CarryOn, ImportCreators, Reply, Announce, MarkRead, CallWebhook, EraseReplies}

// Service is who takes the effect's delivery.
type Service string

// The services.
const (
	Slack  Service = "slack"
	TikTok Service = "tiktok"
	Others Service = "others" // other systems, each at its shop's webhook
	Itself Service = "desk"   // the desk itself: nobody outside is asked
)

// Service returns who delivers effects of this kind.
func (k EffectKind) Service() Service {
	switch k {
	case ReviewOnTikTok, SendMessage, ImportCreators, MarkRead:
		return TikTok
	case CarryOn:
		return Itself
	case CallWebhook:
		return Others
	default:
		return Slack
	}
}

// Lane is a line of effects that are delivered one after the other, in order. Lanes do not wait for each other, so
// nothing on screen waits for TikTok.
type Lane string

// Priority orders effects that compete for one budget; the lower number goes first.
type Priority int

// The priorities.
const (
	ForMany   Priority = -1 // one message that tells of hundreds of others, so it must not wait for theirs
	ForPeople Priority = 0  // somebody clicked and is watching
	Routine   Priority = 1  // nobody waits
)

// Effect is something still to be done in Slack or at TikTok. It is a value, saved in the same transaction as the
// change that called for it, and removed in the same transaction that records its outcome.
type Effect struct {
	ID       EffectID   `json:"id"`
	Kind     EffectKind `json:"kind"`
	Lane     Lane       `json:"lane"`
	Priority Priority   `json:"priority"`

	Shop        ShopID        `json:"shop"`
	Application ApplicationID `json:"application,omitempty"`

	Review  *Review  `json:"review,omitempty"` // of ReviewOnTikTok
	Payload *Payload `json:"saying,omitempty"` // of Reply and Announce

	Notice  NoticeID   `json:"notice,omitempty"`  // of ShowNotice; of SendMessage: the one that quotes the message
	Run     RunID      `json:"run,omitempty"`     // of ImportCreators and CarryOn
	Creator CreatorKey `json:"creator,omitempty"` // of SendMessage
	Text    string     `json:"text,omitempty"`    // of SendMessage

	Conversations []string `json:"conversations,omitempty"` // of MarkRead: TikTok's ids, MaxMarkRead at the most

	Webhook *WebhookEvent `json:"webhook,omitempty"` // of CallWebhook

	MadeAt    time.Time `json:"made_at"`
	NotBefore time.Time `json:"not_before"`

	// Attempt counts the claims. Begun is set by a claim and cleared when an outcome was recorded: a claim that meets
	// it set knows that an earlier one died on the way, or lost its answer, and has to verify before it repeats.
	Attempt int  `json:"attempt,omitempty"`
	Begun   bool `json:"begun,omitempty"`

	// Leased tells whoever was given the effect that its claim is a lease: nothing may be done for it that must not be
	// done twice. It is not kept.
	Leased bool `json:"-"`

	// Verifications is above zero while an earlier attempt may have had its effect, so that TikTok or Slack has to be
	// checked before a repetition; it counts these checks.
	Verifications int `json:"looks,omitempty"`

	// Refusals counts the attempts in which the service did not take what was sent, though it may yet.
	Refusals int `json:"refusals,omitempty"`

	// Parked effects wait to be woken: a reply for its card.
	Parked bool `json:"parked,omitempty"`

	// Failure is what the last attempt failed with.
	Failure Failure `json:"cause,omitzero"`
}

// Key returns the application that the effect is about.
func (e Effect) Key() Key { return Key{Shop: e.Shop, ID: e.Application} }

// Review is a decision to carry.
type Review struct {
	Verdict Verdict `json:"verdict"`
	Reason  Reason  `json:"reason,omitempty"`
}

// PayloadKind says what a message is about; it travels in the message's metadata.
type PayloadKind string

// The kinds of messages.
const (
	KindStage    PayloadKind = "stage"    // the application is in another stage
	KindDecision PayloadKind = "decision" // a decision was undone, ended by TikTok, or lost its answer
	KindRefused  PayloadKind = "refused"  // TikTok refused a decision for good
	KindCampaign PayloadKind = "campaign" // the creator was added to a campaign
	KindBacklog  PayloadKind = "backlog"  // more applications wait than got a card
	KindStopped  PayloadKind = "stopped"  // TikTok refuses the shop; an admin has to act
	KindResumed  PayloadKind = "resumed"  // TikTok answers for the shop again
	// KindUnreadable is about requests that TikTok lists and the desk cannot read.
	KindUnreadable PayloadKind = "unreadable"
	KindBackup     PayloadKind = "backup" // a nightly backup failed; an admin has to act

	KindNote         PayloadKind = "note"     // a note of the team's
	KindMessage      PayloadKind = "message"  // from or to the creator
	KindQuestion     PayloadKind = "question" // does a member need a sample?
	KindRun          PayloadKind = "run"      // the progress of something long
	KindDeadline     PayloadKind = "deadline" // a step of a deadline
	KindShipment     PayloadKind = "shipment" // what became of shipments
	KindContent      PayloadKind = "content"  // what a creator posted
	KindMorning      PayloadKind = "morning"  // what falls due today and tomorrow
	KindExpired      PayloadKind = "expired"  // requests that ended without a decision
	KindWeeklyReport PayloadKind = "report"   // the week
	KindAssigned     PayloadKind = "assigned" // to the person who is to take a request on

	KindConsent PayloadKind = "consent" // to one admin: shops of an authorisation wait for their word
	KindEnding  PayloadKind = "ending"  // to one admin: an authorisation is about to end

	KindUndelivered PayloadKind = "undelivered" // Slack did not take a message

	KindWebhook PayloadKind = "webhook" // another system did not take what it was told

	KindRuleDigest PayloadKind = "rules"        // a notice: what rules decided by themselves on a day
	KindDemoted    PayloadKind = "rule demoted" // a rule went back to proposing by itself: Rule, Demotion
)

// Payload is the facts of a message; the view words it.
type Payload struct {
	Kind      PayloadKind `json:"kind"`
	Stage     Stage       `json:"stage,omitempty"` // the stage that the message announces
	State     State       `json:"state,omitempty"`
	By        PersonID    `json:"by,omitempty"`
	To        PersonID    `json:"to,omitempty"` // whom alone it is for, in a direct message; empty: a channel
	At        time.Time   `json:"at"`
	Verdict   Verdict     `json:"verdict,omitempty"`
	Reason    Reason      `json:"reason,omitempty"`
	Elsewhere bool        `json:"elsewhere,omitempty"` // changed there, not from this desk
	Undone    bool        `json:"undone,omitempty"`
	// Undelivered is set where a report ended a decision of By before it was confirmed.
	Undelivered bool      `json:"undelivered,omitempty"`
	UndoneBy    PersonID  `json:"undone_by,omitempty"`
	OrderID     string    `json:"order_id,omitempty"`
	Tracking    string    `json:"tracking,omitempty"`
	ShipBy      time.Time `json:"ship_by,omitzero"`
	Campaign    string    `json:"campaign,omitempty"` // its name
	Failure     Failure   `json:"cause,omitzero"`
	Waiting     int       `json:"waiting,omitempty"` // how many more wait
	DueSoon     int       `json:"due_soon,omitempty"`
	NextDue     time.Time `json:"next_due,omitzero"`
	Shop        string    `json:"shop,omitempty"` // its name
	Left        bool      `json:"left,omitempty"` // of KindCampaign: it was taken out again
	Back        string    `json:"back,omitempty"` // the name of the campaign that it then went back to; empty: none
	Text        string    `json:"text,omitempty"` // of a note or a message
	// Unsent is a message to the creator that was to go with a decision, and did not since the decision came to
	// nothing.
	Unsent     string          `json:"unsent,omitempty"`
	Inbound    *InboundMessage `json:"written,omitempty"`
	Creator    *Creator        `json:"creator,omitempty"` // the creator that it is about, where no card is read along
	CreatorKey CreatorKey      `json:"creator_key,omitempty"`
	CampaignID CampaignID      `json:"campaign_id,omitempty"` // in whose channel it belongs, if that has one

	Deadline DeadlineKind `json:"deadline,omitempty"` // of KindDeadline; NextDue is when it is
	Audience Audience     `json:"voice,omitempty"`
	Step     string       `json:"step,omitempty"` // "48h"; empty for a group of several
	// Before is how long before the deadline the step is due; below zero: after it.
	Before time.Duration `json:"before,omitempty"`
	Told   bool          `json:"told,omitempty"` // of a step: the day's message told the channel
	News   News          `json:"news,omitempty"`
	Items  []Item        `json:"items,omitempty"` // of a group: some of Waiting
	// Authorisation is that of KindConsent and KindEnding.
	Authorisation string `json:"authorisation,omitempty"`

	IDs      []string `json:"ids,omitempty"`     // of KindUnreadable: the ids of some, an empty one for those without
	Rule     string   `json:"rule,omitempty"`    // the name of the rule behind it
	Demotion Demotion `json:"demotion,omitzero"` // of KindDemoted

	Cause UndoCause `json:"undo_cause,omitempty"` // why the desk took back what a rule had decided

	Day string `json:"day,omitempty"` // of KindWeeklyReport: the Monday on which it was announced, in the shop's zone
}

// The lanes.

// ReviewLane is the lane of an application's decisions.
func ReviewLane(k Key) Lane { return Lane("tiktok/" + k.String()) }

// CardLane is the lane of an application's card.
func CardLane(k Key) Lane { return Lane("card/" + k.String()) }

// ThreadLane is the lane of an application's thread.
func ThreadLane(k Key) Lane { return Lane("thread/" + k.String()) }

// MessageLane is the lane of what is sent to one creator.
func MessageLane(s ShopID, c CreatorKey) Lane { return Lane("message/" + string(s) + "/" + string(c)) }

// MaxMarkRead is how many conversations TikTok marks as read in one call.
const MaxMarkRead = 20

// ReadLane is the lane of a shop's conversations that are to be marked as read.
func ReadLane(s ShopID) Lane { return Lane("read/" + string(s)) }

// ImportLane is the lane of a run that imports.
func ImportLane(id RunID) Lane { return Lane("import/" + string(id)) }

// RunLane is the lane of a run that goes on part by part.
func RunLane(id RunID) Lane { return Lane("run/" + string(id)) }

// ShipmentLane is the lane of a shop's news of shipments, which may go to a channel of their own: where that is closed
// to the desk, nothing else waits for it.
func ShipmentLane(s ShopID) Lane { return Lane("shipments/" + string(s)) }

// PersonLane is the lane of what is said of a shop to one person, in the app's own messages.
func PersonLane(s ShopID, p PersonID) Lane { return Lane("person/" + string(s) + "/" + string(p)) }

// WebhookLane is the lane of what another system is told of an application: in order, and in nobody's way.
func WebhookLane(k Key) Lane { return Lane("webhook/" + k.String()) }

// NoticeLane is the lane of what is said to a shop's channel.
func NoticeLane(s ShopID) Lane { return Lane("notice/" + string(s)) }
