package affiliate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

const (
	conversationPath  = "/affiliate_seller/202508/conversations"
	conversationsPath = "/affiliate_seller/202505/conversations"
	markReadPath      = "/affiliate_seller/202412/conversatons/read" // the vendor's spelling
)

// The vendor's bounds: conversations in a page of the list, and ids in one call
// that marks them as read.
const (
	conversationsPageSize = 50
	markReadSize          = 20
)

// Conversation is a shop's exchange with one creator in the Message Center.
type Conversation struct {
	ID ConversationID
	// New is true if this call created it. It may be false of a new one whose
	// first answer was lost on the way.
	New       bool
	Username  string
	AvatarURL string // a signed link that expires
	// CreatorIM signs the creator's messages: a message of any other sender is
	// ours or the platform's. Blank if the answer does not tell.
	CreatorIM IMUserID
	// Unread counts what the creator wrote and nobody has read; blank if the
	// answer does not tell.
	Unread Number
}

// ConversationSummary is a conversation as the list of conversations shows it. The
// vendor documents no fields for it: each but the id may be blank.
type ConversationSummary struct {
	ID        ConversationID
	Username  string
	AvatarURL string // a signed link that expires
	// CreatorIM signs the creator's messages.
	CreatorIM IMUserID
	// Unread counts what the creator wrote and nobody has read. Blank means
	// that the answer does not tell, never that there is nothing new.
	Unread Number
	// Latest is the newest message of either side; its ID is blank if there is
	// none or the answer does not tell.
	Latest Message
}

// wireConversation is a conversation in either answer.
type wireConversation struct {
	ID        ConversationID  `json:"conversation_id"`
	New       bool            `json:"is_new"`
	Username  string          `json:"username"`
	AvatarURL string          `json:"avatar"`
	CreatorIM IMUserID        `json:"creator_im_id"`
	Unread    Number          `json:"unread_count"`
	Latest    json.RawMessage `json:"latest_message"`
}

func (w *wireConversation) read(data []byte) error {
	if err := json.Unmarshal(data, w); err != nil {
		return fmt.Errorf("reading a conversation: %w", err)
	}
	if w.ID == "" {
		return errors.New("reading a conversation: it has no id")
	}
	return nil
}

// UnmarshalJSON reads an answer. Fields that it does not know are passed over; one
// without an id is refused.
func (c *Conversation) UnmarshalJSON(data []byte) error {
	var wire wireConversation
	if err := wire.read(data); err != nil {
		return err
	}
	*c = Conversation{
		ID: wire.ID, New: wire.New, Username: wire.Username, AvatarURL: wire.AvatarURL,
		CreatorIM: wire.CreatorIM, Unread: wire.Unread,
	}
	return nil
}

// UnmarshalJSON reads a record of the list. Fields that it does not know are passed
// over; one without an id is refused. A latest message that cannot be read is none,
// as no document says that it comes, nor how.
func (c *ConversationSummary) UnmarshalJSON(data []byte) error {
	var wire wireConversation
	if err := wire.read(data); err != nil {
		return err
	}
	*c = ConversationSummary{
		ID: wire.ID, Username: wire.Username, AvatarURL: wire.AvatarURL,
		CreatorIM: wire.CreatorIM, Unread: wire.Unread,
	}
	var latest Message
	if len(wire.Latest) > 0 && json.Unmarshal(wire.Latest, &latest) == nil {
		c.Latest = latest
	}
	return nil
}

// Conversation returns the shop's conversation with a creator, and creates it if
// there is none. Doing so twice is harmless, so a failure is repeated as that of a
// read is. The refusal of a creator of another region matches [ErrOtherRegion].
func (s *Shop) Conversation(ctx context.Context, creator CreatorID) (Conversation, error) {
	if creator == "" || len(creator) > longestID {
		return Conversation{}, fmt.Errorf("opening a conversation: %w: an open id of 1 to %d bytes is needed", ErrInvalid, longestID)
	}
	body, err := json.Marshal(struct {
		Creator CreatorID `json:"creator_open_id"`
		OnlyID  bool      `json:"only_need_conversation_id"`
	}{Creator: creator})
	if err != nil {
		return Conversation{}, fmt.Errorf("opening a conversation: %w", err)
	}
	data, err := s.auth.read(ctx, s.budget, call{
		endpoint: EndpointConversation, method: http.MethodPost, path: conversationPath,
		query: url.Values{"shop_cipher": {string(s.cipher)}}, body: body,
	})
	if err != nil {
		return Conversation{}, fmt.Errorf("opening a conversation: %w", err)
	}
	var conversation Conversation
	if err := decodeData(data, &conversation); err != nil {
		return Conversation{}, fmt.Errorf("opening a conversation: %w", unreadable(conversationPath, err))
	}
	return conversation, nil
}

// Conversations returns the shop's conversations, fifty a page as they are asked
// for: the one with the newest message first, as observed; no document promises
// it. Those that cannot be read are passed over, which the log tells of. After an
// error nothing more comes. As the order changes while it is read, one may come
// twice, and one that moves to the front meanwhile is found by asking again.
func (s *Shop) Conversations(ctx context.Context) iter.Seq2[ConversationSummary, error] {
	return listing("listing the conversations", conversationsPath, func(token string) ([]ConversationSummary, string, error) {
		found, next, err := s.conversationsPage(ctx, token)
		if err != nil {
			return nil, "", fmt.Errorf("listing the conversations: %w", err)
		}
		return found, next, nil
	})
}

func (s *Shop) conversationsPage(ctx context.Context, token string) (found []ConversationSummary, next string, err error) {
	query := url.Values{"shop_cipher": {string(s.cipher)}, "page_size": {strconv.Itoa(conversationsPageSize)}}
	if token != "" {
		query.Set("page_token", token)
	}
	data, err := s.auth.read(ctx, s.budget, call{
		endpoint: EndpointConversationList, method: http.MethodGet, path: conversationsPath, query: query,
	})
	if err != nil {
		return nil, "", err
	}
	var wire struct {
		paging
		Conversations []json.RawMessage `json:"conversations"`
	}
	if err := decodeData(data, &wire); err != nil {
		return nil, "", unreadable(conversationsPath, err)
	}
	if next, err = wire.next(wire.Conversations != nil); err != nil {
		return nil, "", unreadable(conversationsPath, err)
	}
	found, odd, err := readRecords[ConversationSummary](wire.Conversations)
	if err != nil {
		return nil, "", unreadable(conversationsPath, err)
	}
	s.passOver(conversationsPath, odd)
	return found, next, nil
}

// MarkRead marks conversations as read, and returns those of them that the vendor
// says it could not. Doing so twice is harmless, so a failure is repeated as that of
// a read is. After an error some may be marked; failed holds what the vendor
// had refused by then.
func (s *Shop) MarkRead(ctx context.Context, ids ...ConversationID) (failed []ConversationID, err error) {
	if slices.Contains(ids, "") {
		return nil, fmt.Errorf("marking conversations as read: %w: an id is blank", ErrInvalid)
	}
	for some := range slices.Chunk(ids, markReadSize) {
		refused, err := s.markRead(ctx, some)
		if err != nil {
			return failed, fmt.Errorf("marking conversations as read: %w", err)
		}
		failed = append(failed, refused...)
	}
	return failed, nil
}

func (s *Shop) markRead(ctx context.Context, ids []ConversationID) (failed []ConversationID, err error) {
	body, err := json.Marshal(struct {
		IDs []ConversationID `json:"conversation_ids"`
	}{ids})
	if err != nil {
		return nil, err
	}
	data, err := s.auth.read(ctx, s.budget, call{
		endpoint: EndpointMarkRead, method: http.MethodPost, path: markReadPath,
		query: url.Values{"shop_cipher": {string(s.cipher)}}, body: body,
	})
	if err != nil {
		return nil, err
	}
	var wire struct {
		Failed []ConversationID `json:"failed_conversation_ids"`
	}
	// The answer tells of failures only; code 0 without data tells of none.
	if len(data) > 0 {
		if err := json.Unmarshal(data, &wire); err != nil {
			return nil, unreadable(markReadPath, err)
		}
	}
	return wire.Failed, nil
}
