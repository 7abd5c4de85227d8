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

	Sender string `json:"sender,omitempty"` // TikTok's id of the creator as the sender of messages, once it is known

	// Aged is set where the creator was erased since all this had been kept long enough: if they write again, it is theirs.
	Aged bool `json:"aged,omitempty"`

	// Waiting is what the creator wrote that has no answer; Handled is who answered, or dismissed, what waited last.
	Waiting WaitingAnswer `json:"waiting,omitzero"`
	Handled HandledAnswer `json:"handled,omitzero"`
}

// WaitingAnswer is what a creator wrote that the team has not answered. The zero value is nothing.
type WaitingAnswer struct {
	Since time.Time   `json:"since"` // when the first of it was written
	Last  MessageMark `json:"last"`  // the newest of it
	Text  string      `json:"text,omitempty"`
	Count int         `json:"count"` // of messages
}

// HandledAnswer is how somebody ended a wait for an answer.
type HandledAnswer struct {
	By        PersonID      `json:"by,omitempty"`
	At        time.Time     `json:"at,omitzero"`
	Dismissed bool          `json:"dismissed,omitempty"` // it needs no answer
	Elsewhere bool          `json:"elsewhere,omitempty"` // answered in TikTok's Message Center
	Was       WaitingAnswer `json:"was,omitzero"`        // what it ended
	Reply     NoticeID      `json:"reply,omitempty"`     // the message that answered it
	DedupKey  string        `json:"origin,omitempty"`    // of the dismissal
}

// maxWaitingText is how much is kept of what waits for an answer, in code points: its first words are shown.
const maxWaitingText = 300

// Waits reports whether the creator wrote last and nobody has answered or dismissed it.
func (c Conversation) Waits() bool { return c.Waiting.Count > 0 }

// WaitingSort is where the conversation stands among those of its shop that wait for an answer, longest first; empty:
// it does not wait. It is unique within a shop and orders byte by byte.
func (c Conversation) WaitingSort() string {
	if !c.Waits() {
		return ""
	}
	return sortTime(c.Waiting.Since) + "/" + string(c.Creator)
}

// Handle ends the wait for an answer.
func (c Conversation) Handle(h HandledAnswer) Conversation {
	h.Was = c.Waiting
	c.Handled, c.Waiting = h, WaitingAnswer{}
	return c
}

// Hear returns the conversation with what was written in it, in order: a creator's message waits for an answer until the
// team writes. What was heard or handled before changes nothing; nor does what is older than since.
func (c Conversation) Hear(all []InboundMessage, since time.Time) Conversation {
	for _, w := range all {
		switch {
		case w.Automatic, w.At.Before(since), !w.After(c.Waiting.Last) && c.Waits(), c.Handled.Was.Count > 0 && !w.After(c.Handled.Was.Last):
		case w.FromCreator:
			c.Waiting = c.Waiting.and(w)
		case c.Waits():
			c = c.Handle(HandledAnswer{At: w.At, Elsewhere: true})
		}
	}
	return c
}

// and adds a message to what waits.
func (a WaitingAnswer) and(w InboundMessage) WaitingAnswer {
	if a.Count == 0 {
		a.Since = w.At
	}
	a.Count++
	a.Last = w.Mark()
	a.Text = w.Text
	if runes := []rune(a.Text); len(runes) > maxWaitingText {
		a.Text = string(runes[:maxWaitingText])
	}
	return a
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
	Automatic   bool `json:",omitempty"` // TikTok's own: nobody's answer
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
	Seen        string        // the id of the creator's newest message that waited when it was begun; empty: none did
}

// Dismissal says that what a creator wrote needs no answer.
type Dismissal struct {
	Actor
	At      time.Time
	Shop    ShopID
	Creator CreatorKey
	Seen    string // the id of their newest message that the person was shown
}

// InboundBatch is what was read of a conversation.
type InboundBatch struct {
	At       time.Time
	ID       string // TikTok's, of the conversation
	Username string
	Avatar   string
	Sender   string           // TikTok's id of the creator as the sender of messages
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
