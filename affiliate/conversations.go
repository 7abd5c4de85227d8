package affiliate

import (
	"cmp"
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
	conversationsPath = "/affiliate_seller/202412/conversations"
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
	// CreatorIM is the sender of the creator's messages: any other sender is the shop
	// or the platform. Blank if the answer does not say.
	CreatorIM IMUserID
	// Unread counts what the creator wrote and nobody has read; blank if the answer
	// does not say.
	Unread Number
}

// ConversationSummary is a conversation as the list of conversations shows it. The
// vendor marks every field as optional: each but the id may be blank. The list tells
// neither the latest message nor when there was one.
type ConversationSummary struct {
	ID        ConversationID
	Username  string
	AvatarURL string // a signed link that expires
	// CreatorIM is the sender of the creator's messages.
	CreatorIM IMUserID
	// Unread counts what the creator wrote and nobody has read. Blank means that the
	// answer does not say, never that there is nothing new.
	Unread Number
}

// ConversationStatus narrows the list of conversations.
type ConversationStatus string

// The statuses that the vendor documents.
const (
	AllConversations ConversationStatus = "ALL"
	// UnreadConversations are those with something that nobody marked as read. A
	// reply does not mark it; whoever opens the conversation in the Message Center
	// does.
	UnreadConversations ConversationStatus = "UNREAD"
	// UnrepliedConversations are those in which the creator was the last to write.
	UnrepliedConversations ConversationStatus = "UNREPLIED"
)

// decodeConversation reads an answer. Fields that it does not know are passed over,
// those that cannot be read are blank; one without an id is refused.
func decodeConversation(data []byte) (Conversation, error) {
	f, err := openData(new(parser), data)
	if err != nil {
		return Conversation{}, err
	}
	name := id[ConversationID](f, "conversation_id")
	if name == "" {
		return Conversation{}, errors.New("reading a conversation: it has no id")
	}
	return Conversation{
		ID: name, New: f.truth("is_new"), Username: f.text("username"), AvatarURL: f.link("avatar"),
		CreatorIM: id[IMUserID](f, "creator_im_id"), Unread: f.count("unread_count"),
	}, nil
}

// read reads a record of the list. Its key is id; the text
// of the vendor's page calls it conversation_id once, so both are taken. Fields that
// it does not know are passed over, those that cannot be read are blank; one without
// an id is refused.
func (c *ConversationSummary) read(v value) error {
	f, err := v.object()
	if err != nil {
		return fmt.Errorf("reading a conversation: %w", err)
	}
	name := cmp.Or(id[ConversationID](f, "id"), id[ConversationID](f, "conversation_id"))
	if name == "" {
		return errors.New("reading a conversation: it has no id")
	}
	*c = ConversationSummary{
		ID: name, Username: f.text("username"), AvatarURL: f.link("avatar"),
		CreatorIM: id[IMUserID](f, "creator_im_id"), Unread: f.count("unread_count"),
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
	conversation, err := decodeConversation(data)
	if err != nil {
		return Conversation{}, fmt.Errorf("opening a conversation: %w", unreadable(conversationPath, err))
	}
	return conversation, nil
}

// Conversations returns the shop's conversations of a status, fifty a page as they
// are asked for, in no promised order. Those that cannot be read are passed over, and
// logged. After an error nothing more comes. As the list changes while it is read,
// one may come twice, and one may be missed.
func (s *Shop) Conversations(ctx context.Context, status ConversationStatus) iter.Seq2[ConversationSummary, error] {
	named := func(c ConversationSummary) string { return string(c.ID) }
	return walked(named, func(token string) ([]ConversationSummary, string, error) {
		found, next, err := s.conversationsPage(ctx, status, token)
		if err != nil {
			return nil, "", fmt.Errorf("listing the conversations: %w", err)
		}
		return found, next, nil
	})
}

func (s *Shop) conversationsPage(ctx context.Context, status ConversationStatus, token string) (found []ConversationSummary, next string, err error) {
	query := url.Values{
		"shop_cipher": {string(s.cipher)}, "page_size": {strconv.Itoa(conversationsPageSize)},
		"conversation_status":       {string(status)},
		"only_need_conversation_id": {"false"}, // else the ids are all that comes
	}
	if token != "" {
		query.Set("page_token", token)
	}
	data, err := s.auth.read(ctx, s.budget, call{
		endpoint: EndpointConversationList, method: http.MethodGet, path: conversationsPath, query: query,
	})
	if err != nil {
		return nil, "", err
	}
	records, next, _, err := readPage(data, "conversations")
	if err != nil {
		return nil, "", unreadable(conversationsPath, err)
	}
	found, skipped := readEach[ConversationSummary](records)
	s.logSkipped(conversationsPath, skipped)
	return found, next, nil
}

// MarkRead marks conversations as read, each once, and returns those of them that the vendor
// says it could not. Doing so twice is harmless, so a failure is repeated as that of
// a read is. After an error some may be marked; failed holds what the vendor
// had refused by then.
func (s *Shop) MarkRead(ctx context.Context, ids ...ConversationID) (failed []ConversationID, err error) {
	if slices.Contains(ids, "") {
		return nil, fmt.Errorf("marking conversations as read: %w: an id is blank", ErrInvalid)
	}
	for some := range slices.Chunk(distinct(ids), markReadSize) {
		refused, err := s.markRead(ctx, some)
		if err != nil {
			return failed, fmt.Errorf("marking conversations as read: %w", err)
		}
		failed = append(failed, refused...)
	}
	return failed, nil
}

// distinct returns each id once, in the order that they came in.
func distinct(ids []ConversationID) (once []ConversationID) {
	for _, id := range ids {
		if !slices.Contains(once, id) {
			once = append(once, id)
		}
	}
	return once
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
	// The answer lists failures only; code 0 without data means none.
	if len(data) > 0 {
		if err := json.Unmarshal(data, &wire); err != nil {
			return nil, unreadable(markReadPath, err)
		}
	}
	return wire.Failed, nil
}
