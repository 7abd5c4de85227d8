package affiliate

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"slices"
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
	// Index is the only order that the vendor documents, in decimal digits without
	// needless zeros: the message with the higher one is newer, see [Newer]. Blank if
	// the answer had none that can be read.
	Index string
	Type  MessageType
	// Content is as the vendor has it: JSON text as a rule, plain text at times.
	// [Message.Text] and [Message.About] read it.
	Content string
	// SenderID is the creator's where it equals [Conversation.CreatorIM].
	SenderID IMUserID
	// At is when it was written, UTC to the second; zero if the answer had none.
	At time.Time
}

// read reads a record of a conversation. Fields that it does not know are passed over,
// those that cannot be read are blank; one without an id is refused.
func (m *Message) read(v value) error {
	record, err := v.object()
	if err != nil {
		return fmt.Errorf("reading a message: %w", err)
	}
	f := record.object("message_body")
	name := id[MessageID](f, "id")
	if name == "" {
		return errors.New("reading a message: it has no id")
	}
	content := f.get("content")
	text, ok := content.plain()
	if !ok && content != nil {
		text = string(content[0].text) // JSON that does not travel in a string
	}
	*m = Message{
		ID: name, Conversation: id[ConversationID](f, "conversation_id"), Index: readIndex(record), Type: MessageType(f.text("type")),
		Content: text, SenderID: id[IMUserID](f, "sender_id"), At: f.stamp("create_time"),
	}
	return nil
}

// readIndex reads a message's place in its conversation.
func readIndex(record fields) string {
	index := record.loose("conversation_index")
	if !isDecimal(index) || len(index) > longestNumber {
		return ""
	}
	if index = strings.TrimLeft(index, "0"); index == "" {
		return "0"
	}
	return index
}

// Newer compares two messages by their indexes, which are decimal numbers of any
// length: above 0 if a is newer, below if b is, 0 if they are one or one of them has
// none.
func Newer(a, b Message) int {
	if a.Index == "" || b.Index == "" {
		return 0
	}
	return cmp.Or(cmp.Compare(len(a.Index), len(b.Index)), cmp.Compare(a.Index, b.Index))
}

// Text returns what a person wrote: the text inside the JSON of the content, or the
// content itself where it is plain text. It is blank for a card, a picture and
// everything else without a text.
func (m Message) Text() string {
	if text, ok := m.field("content"); ok {
		return text
	}
	// The content of a text was written by somebody, whatever it looks like.
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
		// It was most likely sent: reading the conversation shows it, and the id.
		skipped := unreadable(path, err)
		skipped.Write = true
		return "", fmt.Errorf("sending a message: %w", skipped)
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

// Transcript is what a conversation holds.
type Transcript struct {
	// Messages are from either side, newest first, each once.
	Messages []Message
	// Whole is false if its pages went round in circles or moved while they were
	// read, each time again: then it is no proof that a message was never sent.
	Whole bool
}

// readings is how often a conversation is read at the most until its pages fit
// together.
const readings = 3

// Messages reads a whole conversation: no order of its messages is promised, so there
// is no place to stop early. Those that cannot be read are passed over, and logged.
// After an error nothing was read.
func (s *Shop) Messages(ctx context.Context, conversation ConversationID) (Transcript, error) {
	if !isPathID(conversation) {
		return Transcript{}, fmt.Errorf("reading a conversation: %w: %q is no conversation id", ErrInvalid, scrub(string(conversation)))
	}
	found := map[MessageID]Message{}
	for range readings {
		whole, err := s.readThrough(ctx, conversation, found)
		if err != nil {
			return Transcript{}, fmt.Errorf("reading a conversation: %w", err)
		}
		if whole {
			return Transcript{Messages: ordered(found), Whole: true}, nil
		}
	}
	return Transcript{Messages: ordered(found)}, nil
}

// readThrough adds the messages of all pages to found. Whole is false if a message
// came twice or the pages ended before their end: then others may have been missed.
func (s *Shop) readThrough(ctx context.Context, conversation ConversationID, found map[MessageID]Message) (whole bool, err error) {
	path := "/affiliate_seller/202412/conversation/" + string(conversation) + "/messages" // singular, as the vendor has it
	type page struct {
		messages []Message
		next     string
		whole    bool
	}
	met, last := map[MessageID]bool{}, ""
	whole = true
	for p, err := range pages(func(token string) (p page, ids iter.Seq[string], next string, err error) {
		p.messages, p.next, p.whole, err = s.messagesPage(ctx, path, token)
		return p, names(p.messages, func(m Message) string { return string(m.ID) }), p.next, err
	}) {
		if err != nil {
			return false, err
		}
		whole, last = whole && p.whole, p.next
		for _, m := range p.messages {
			whole = whole && !met[m.ID]
			met[m.ID], found[m.ID] = true, m
		}
	}
	return whole && last == "", nil
}

// ordered sorts messages by their indexes, newest first. One without an index that
// can be read comes behind the first that is not older by its time.
func ordered(all map[MessageID]Message) []Message {
	var sorted, skipped []Message
	for _, id := range slices.Sorted(maps.Keys(all)) {
		m := all[id]
		if m.Index == "" {
			skipped = append(skipped, m)
		} else {
			sorted = append(sorted, m)
		}
	}
	slices.SortStableFunc(sorted, func(a, b Message) int { return Newer(b, a) })
	for _, m := range skipped {
		at := slices.IndexFunc(sorted, func(other Message) bool { return !other.At.After(m.At) })
		if at < 0 {
			at = len(sorted)
		}
		sorted = slices.Insert(sorted, at, m)
	}
	return sorted
}

// messagesPage reads a page. Known is false if there is a next one and the answer
// does not name it, and if no record can be read: then it is not one odd record but
// another language.
func (s *Shop) messagesPage(ctx context.Context, path, token string) (found []Message, next string, known bool, err error) {
	query := url.Values{"shop_cipher": {string(s.cipher)}, "page_size": {strconv.Itoa(messagesPageSize)}}
	if token != "" {
		query.Set("page_token", token)
	}
	data, err := s.auth.read(ctx, s.budget, call{
		endpoint: EndpointMessageList, method: http.MethodGet, path: path, query: query,
	})
	if err != nil {
		return nil, "", false, err
	}
	records, next, known, err := readPage(data, "messages")
	if err != nil {
		return nil, "", false, unreadable(path, err)
	}
	found, skipped := readEach[Message](records)
	s.logSkipped(path, skipped)
	if len(found) == 0 && len(skipped) > 0 {
		known = false
	}
	return found, next, known, nil
}
