package workflow

import (
	"strings"
	"time"
)

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
