package workflow

import (
	"strings"
	"time"
)

// Conversation is a shop's exchange with a creator in TikTok's Message Center, as far as the desk needs it.
type Conversation struct {
	Shop    ShopID     `json:"shop"`
	Creator CreatorKey `json:"creator"`
	Shown   Creator    `json:"shown"`        // as they were last seen; OpenID is what a message needs
	ID      string     `json:"id,omitempty"` // TikTok's; empty until it is known, and where a user name just leads to an open id

	// Last is the newest message that was stored.
	Last MessageMark `json:"last,omitzero"`

	// Unread is TikTok's count of unread messages when the conversation was last read, and Unreplied whether the
	// creator was the last to write then: what tells cheaply that nothing is new. Unread is UnknownUnread if TikTok did
	// not tell.
	Unread    int  `json:"unread,omitempty"`
	Unreplied bool `json:"unreplied,omitempty"`
}

// UnknownUnread is a count of unread messages that TikTok did not tell.
const UnknownUnread = -1

// MessageMark says how far a conversation was read.
type MessageMark struct {
	ID    string    `json:"id,omitempty"`
	At    time.Time `json:"at,omitzero"`
	Index string    `json:"index,omitempty"` // TikTok's conversation_index, decimal: higher is newer; empty in marks of older desks
}

// MaxMessage is the longest message to a creator, in code points. The vendor names no limit; the stand-in's is 5,000,
// and a Slack input holds 3,000.
const MaxMessage = 2000

// Message is something that the team wrote to a creator, and how far it got.
type Message struct {
	Text     string       `json:"text"`
	By       PersonID     `json:"by,omitempty"`
	At       time.Time    `json:"at"`
	State    MessageState `json:"state"`
	Sent     time.Time    `json:"sent,omitzero"`
	Failure  Failure      `json:"cause,omitzero"`  // why it waits or was refused
	RetryKey string       `json:"again,omitempty"` // the dedup key of the action that last tried it again
}

// MessageState says how far a message got.
type MessageState string

// The states of a message.
const (
	MessageWaiting MessageState = "waiting" // for the dispatcher, or for TikTok to take messages again
	MessageSent    MessageState = "sent"    // TikTok took it
	MessageRefused MessageState = "refused" // TikTok will not take it
)

// InboundMessage is one message of a conversation as TikTok reports it.
type InboundMessage struct {
	ID          string
	Index       string // TikTok's conversation_index, decimal: higher is newer; empty if it did not tell
	Kind        string // TikTok's type: TEXT, IMAGE, PRODUCT_CARD…
	Text        string // of a TEXT; for the others a short description, or nothing
	FromCreator bool
	At          time.Time
}

// OutboundMessage is a message that a person writes to a creator.
type OutboundMessage struct {
	Actor
	At          time.Time
	Shop        ShopID
	Creator     CreatorKey
	Application ApplicationID // in whose thread it is quoted; empty: the creator's latest that is live, or none
	Campaign    CampaignID    // in whose channel it is quoted where there is no application
	Text        string        // as typed
}

// InboundBatch is what was read of a conversation.
type InboundBatch struct {
	At       time.Time
	ID       string // TikTok's, of the conversation
	Username string
	Avatar   string
	Messages []InboundMessage // in any order; those that were stored before may be among them

	Unread    int  // as the list told it before the messages were read, or UnknownUnread
	Unreplied bool // the creator was the last to write
}

// Mark returns where the message stands in its conversation.
func (w InboundMessage) Mark() MessageMark { return MessageMark{ID: w.ID, At: w.At, Index: w.Index} }

// After reports whether a message is newer than the mark: by TikTok's index, and where one of them has none by the
// time. Times are whole seconds, so that of one second the ids decide: they are numbers that rise.
func (w InboundMessage) After(mark MessageMark) bool {
	if w.Index != "" && mark.Index != "" {
		return higher(w.Index, mark.Index)
	}
	return w.At.After(mark.At) || w.At.Equal(mark.At) && higher(w.ID, mark.ID)
}

// higher compares decimal numbers of any length.
func higher(a, b string) bool {
	if len(a) != len(b) {
		return len(a) > len(b)
	}
	return strings.Compare(a, b) > 0
}
