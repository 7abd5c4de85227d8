package affiliate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// MaxMessageText is the longest text of a message, in code points. The vendor names
// no limit; this one is ours, on the safe side of any.
const MaxMessageText = 2000

// messagesPageSize is the most messages that one page can hold.
const messagesPageSize = 20

// MessageType says what a message's content is. The vendor has more of them than it
// documents: an unknown one is kept as it came.
type MessageType string

// The types that the vendor documents. Those after MessageImage are only read,
// never sent.
const (
	MessageText              MessageType = "TEXT"
	MessageProductCard       MessageType = "PRODUCT_CARD"
	MessageCollaborationCard MessageType = "TARGET_COLLABORATION_CARD"
	MessageSampleCard        MessageType = "FREE_SAMPLE_CARD"
	MessageImage             MessageType = "IMAGE"
	MessageNotification      MessageType = "NOTIFICATION"
	MessageEmoticons         MessageType = "EMOTICONS"
	MessageSystem            MessageType = "SYSTEM"
)

// Message is one message of a conversation, from either side.
type Message struct {
	ID           MessageID
	Conversation ConversationID
	Type         MessageType
	// Content is as the vendor has it: JSON text as a rule, plain text at times.
	// [Message.Text] and [Message.About] read it.
	Content string
	// SenderID is the creator's where it equals [Conversation.CreatorIM].
	SenderID IMUserID
	// At is when it was written, UTC to the second; zero if the answer had none.
	At time.Time
}

// UnmarshalJSON reads a message. Fields that it does not know are passed over; one
// without an id is refused.
func (m *Message) UnmarshalJSON(data []byte) error {
	var wire struct {
		ID           MessageID       `json:"id"`
		Conversation ConversationID  `json:"conversation_id"`
		Type         MessageType     `json:"type"`
		Content      json.RawMessage `json:"content"`
		Sender       IMUserID        `json:"sender_id"`
		At           stamp           `json:"create_time"`
	}
	if err := json.Unmarshal(data, &wire); err != nil {
		return fmt.Errorf("reading a message: %w", err)
	}
	if wire.ID == "" {
		return errors.New("reading a message: it has no id")
	}
	var content string
	if json.Unmarshal(wire.Content, &content) != nil {
		content = string(wire.Content) // JSON that does not travel in a string
	}
	*m = Message{
		ID: wire.ID, Conversation: wire.Conversation, Type: wire.Type, Content: content, SenderID: wire.Sender, At: wire.At.Time,
	}
	return nil
}

// Text returns what a person wrote: the text inside the JSON of the content, or the
// content itself where it is plain text. It is blank for a card, a picture and
// everything else without a text.
func (m Message) Text() string {
	if text, ok := m.field("content"); ok {
		return text
	}
	// Of a text, whatever else it looks like was written by somebody.
	if m.Type == MessageText || !json.Valid([]byte(m.Content)) {
		return m.Content
	}
	return ""
}

// About returns the id that a card is about: a product's, a target collaboration's
// or a sample application's, by the message's type. It is blank for everything else.
func (m Message) About() string {
	name := map[MessageType]string{
		MessageProductCard: "product_id", MessageCollaborationCard: "target_collaboration_id", MessageSampleCard: "apply_id",
	}[m.Type]
	id, _ := m.field(name)
	return id
}

// field returns a text of the JSON object in the content; ok is false if there is no
// such object or no such text in it.
func (m Message) field(name string) (text string, ok bool) {
	var fields map[string]json.RawMessage
	if name == "" || json.Unmarshal([]byte(m.Content), &fields) != nil || len(fields[name]) == 0 || fields[name][0] != '"' {
		return "", false
	}
	return text, json.Unmarshal(fields[name], &text) == nil
}

// SendMessage sends a text of 1 to [MaxMessageText] code points to the creator of a
// conversation. There is no idempotency key, and it is sent at most once: after an
// error for which [Unclear] is true, read [Shop.Messages] before sending it again.
//
// A shop's messages are spaced by more than five seconds: ask [Shop.Ready] about
// [EndpointMessage] before; without budget it returns a [*BudgetError] and sends
// nothing. A used-up quota is [QuotaExhausted] and matches [ErrMessageQuota] or
// [ErrDailyQuota].
func (s *Shop) SendMessage(ctx context.Context, conversation ConversationID, text string) (MessageID, error) {
	if !isPathID(conversation) {
		return "", fmt.Errorf("sending a message: %w: %q is no conversation id", ErrInvalid, scrub(string(conversation)))
	}
	body, err := textMessage(text)
	if err != nil {
		return "", fmt.Errorf("sending a message: %w", err)
	}
	path := "/affiliate_seller/202412/conversations/" + string(conversation) + "/messages"
	data, err := s.auth.write(ctx, s.budget, call{
		endpoint: EndpointMessage, method: http.MethodPost, write: true, path: path,
		query: url.Values{"shop_cipher": {string(s.cipher)}}, body: body,
	})
	if err != nil {
		return "", fmt.Errorf("sending a message: %w", err)
	}
	var wire struct {
		ID MessageID `json:"message_id"`
	}
	err = decodeData(data, &wire)
	if err == nil && wire.ID == "" {
		err = errors.New("the message has no id")
	}
	if err != nil {
		// It was sent most likely: a look into the conversation tells, and finds
		// the id.
		odd := unreadable(path, err)
		odd.Write = true
		return "", fmt.Errorf("sending a message: %w", odd)
	}
	return wire.ID, nil
}

// textMessage checks a text and writes it as the vendor takes it: as JSON in a string
// inside JSON.
func textMessage(text string) ([]byte, error) {
	switch {
	case !utf8.ValidString(text):
		return nil, fmt.Errorf("%w: the text is not valid UTF-8", ErrInvalid)
	case strings.TrimSpace(text) == "":
		return nil, fmt.Errorf("%w: the text is blank", ErrInvalid)
	case utf8.RuneCountInString(text) > MaxMessageText:
		return nil, fmt.Errorf("%w: the text is longer than %d characters", ErrInvalid, MaxMessageText)
	}
	content, err := plainJSON(struct {
		Content string `json:"content"`
	}{text})
	if err != nil {
		return nil, err
	}
	return plainJSON(struct {
		Type    MessageType `json:"msg_type"`
		Content string      `json:"content"`
	}{MessageText, string(content)})
}

// plainJSON leaves <, > and & as they are: escaped twice, they would swell a text.
func plainJSON(value any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

// Messages returns the messages of a conversation, newest first, twenty a page as
// they are asked for: stop where you know the rest. Those that cannot be read are
// passed over, which the log tells of. After an error nothing more comes.
func (s *Shop) Messages(ctx context.Context, conversation ConversationID) iter.Seq2[Message, error] {
	path := "/affiliate_seller/202412/conversation/" + string(conversation) + "/messages" // singular, as the vendor has it
	return listing("reading a conversation", path, func(token string) ([]Message, string, error) {
		if !isPathID(conversation) {
			return nil, "", fmt.Errorf("reading a conversation: %w: %q is no conversation id", ErrInvalid, scrub(string(conversation)))
		}
		found, next, err := s.messagesPage(ctx, path, token)
		if err != nil {
			return nil, "", fmt.Errorf("reading a conversation: %w", err)
		}
		return found, next, nil
	})
}

// messageRecord is a message in a listing.
type messageRecord struct {
	Body Message `json:"message_body"`
}

// UnmarshalJSON reads a record; one without a body is refused.
func (r *messageRecord) UnmarshalJSON(data []byte) error {
	type plain messageRecord
	if err := json.Unmarshal(data, (*plain)(r)); err != nil {
		return err
	}
	if r.Body.ID == "" {
		return errors.New("reading a message: the record has no body")
	}
	return nil
}

func (s *Shop) messagesPage(ctx context.Context, path, token string) (found []Message, next string, err error) {
	query := url.Values{"shop_cipher": {string(s.cipher)}, "page_size": {strconv.Itoa(messagesPageSize)}}
	if token != "" {
		query.Set("page_token", token)
	}
	data, err := s.auth.read(ctx, s.budget, call{
		endpoint: EndpointMessageList, method: http.MethodGet, path: path, query: query,
	})
	if err != nil {
		return nil, "", err
	}
	var wire struct {
		paging
		Messages []json.RawMessage `json:"messages"`
	}
	if err := decodeData(data, &wire); err != nil {
		return nil, "", unreadable(path, err)
	}
	if next, err = wire.next(wire.Messages != nil); err != nil {
		return nil, "", unreadable(path, err)
	}
	records, odd, err := readRecords[messageRecord](wire.Messages)
	if err != nil {
		return nil, "", unreadable(path, err)
	}
	s.passOver(path, odd)
	for _, record := range records {
		found = append(found, record.Body)
	}
	return found, next, nil
}
