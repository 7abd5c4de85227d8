package affiliatesim

import (
	"encoding/json"
	"errors"
	mathrand "math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// The Message Center's rules. The spacing and the five unanswered messages are
// observed; how many a shop may send in a day is not documented, only that there is
// such a limit.
const (
	messageSpacing  = 5 * time.Second
	unanswered      = 5
	dailyMessages   = 1000
	newestWithin    = time.Minute
	keptMessages    = 10_000 // per conversation; older ones are forgotten
	maxMessageText  = 5000   // code points; the vendor names no limit
	maxConversation = 100_000
)

// conversation is one shop's exchange with one creator.
type conversation struct {
	id       string
	ordinal  uint64
	shop     *shop
	creator  *creator
	messages []message // oldest first
	unread   int
	// waiting counts the seller's messages since the creator last wrote.
	waiting int
	lastOut time.Time
}

// message is one entry of a conversation.
type message struct {
	id, kind, content string
	fromCreator       bool
	unread            bool
	at                time.Time
	// index is the only order that the vendor documents: higher is newer.
	index uint64
}

func (v *conversation) number() uint64 { return v.ordinal }
func (m message) number() uint64       { return m.index }

// sellerIM is the seller's own id in conversations.
func (s *shop) sellerIM() string { return "6" + s.ID[1:] }

// sender is the id that a message is signed with.
func (v *conversation) sender(m message) string {
	if m.fromCreator {
		return v.creator.imID
	}
	return v.shop.sellerIM()
}

// conversationWith finds or begins the exchange of a shop with a creator.
func (c *Center) conversationWith(s *shop, p *creator) (v *conversation, isNew bool) {
	for _, v := range c.conversations {
		if v.shop == s && v.creator == p {
			return v, false
		}
	}
	v = &conversation{id: c.ids.next(), ordinal: uint64(len(c.conversations) + 1), shop: s, creator: p}
	c.conversations = append(c.conversations, v)
	return v, true
}

// conversationOf finds one of a shop's.
func (c *Center) conversationOf(s *shop, id string) (*conversation, error) {
	for _, v := range c.conversations {
		if v.id == id && v.shop == s {
			return v, nil
		}
	}
	return nil, refuse(codeUnknownObject, "this shop has no conversation %q", clip(id, 40))
}

// createConversation creates a conversation with a creator or returns the one there is.
// only_need_conversation_id is true unless it is said to be false.
func (c *Center) createConversation(k *call) (any, error) {
	in, err := decode[struct {
		OpenID string `json:"creator_open_id"`
		OnlyID *bool  `json:"only_need_conversation_id"`
	}](k.body)
	if err != nil {
		return nil, err
	}
	p, known := c.creatorKnownTo(k.grant.app, in.OpenID)
	if !known {
		return nil, invalid("creator_open_id is missing or unknown: %q", clip(in.OpenID, 64))
	}
	if p.region != "" && p.region != k.shop.Region {
		return nil, refuse(codeOtherRegion, "the creator is in another region: %s", p.region)
	}
	if len(c.conversations) >= maxConversation {
		return nil, refuse(codeMessageQuota, "too many conversations")
	}
	v, isNew := c.conversationWith(k.shop, p)
	if isNew {
		c.changed()
	}
	if in.OnlyID == nil || *in.OnlyID {
		return map[string]any{"conversation_id": v.id}, nil
	}
	return map[string]any{
		"conversation_id": v.id, "is_new": isNew, "username": p.username, "avatar": absolute(k.base(), p.avatar),
		"creator_im_id": p.imID, "unread_count": v.unread,
	}, nil
}

// sendMessage sends to the creator of a conversation, within the quotas.
func (c *Center) sendMessage(k *call) (any, error) {
	in, err := decode[struct {
		Type    string `json:"msg_type"`
		Content string `json:"content"`
	}](k.body)
	if err != nil {
		return nil, err
	}
	v, err := c.conversationOf(k.shop, k.id)
	if err != nil {
		return nil, err
	}
	if err := c.checkMessage(k.shop, in.Type, in.Content); err != nil {
		return nil, err
	}
	if err := c.checkQuota(v, k.now); err != nil {
		return nil, err
	}
	v.waiting++
	v.lastOut = k.now
	v.shop.sent = append(v.shop.sent, k.now)
	m := v.add(message{id: c.ids.next(), kind: in.Type, content: in.Content, at: k.now})
	c.changed()
	return map[string]any{"message_id": m.id}, nil
}

// checkQuota applies the day, the unanswered messages and the spacing. Whether the
// spacing holds per conversation or per shop is not clear from what was observed; the
// stricter reading is per shop.
func (c *Center) checkQuota(v *conversation, now time.Time) error {
	v.shop.sent = slices.DeleteFunc(v.shop.sent, func(t time.Time) bool { return now.Sub(t) >= 24*time.Hour })
	if len(v.shop.sent) >= c.quotas.daily {
		return refuse(codeDailyQuota, "the shop has sent %d messages within a day", c.quotas.daily)
	}
	if v.waiting >= c.quotas.unanswered {
		return refuse(codeMessageQuota, "%d messages went out before the creator answered", c.quotas.unanswered)
	}
	if c.options.NoRateLimits || len(v.shop.sent) == 0 {
		return nil
	}
	if wait := c.quotas.spacing - now.Sub(v.shop.sent[len(v.shop.sent)-1]); wait > 0 {
		return tooMany(wait, "messages are sent too close to each other")
	}
	return nil
}

// checkMessage checks the JSON text inside the JSON.
func (c *Center) checkMessage(s *shop, kind, content string) error {
	good := map[string]func(string) bool{
		"TEXT":             func(text string) bool { return len([]rune(text)) <= maxMessageText },
		"PRODUCT_CARD":     func(id string) bool { return c.products[id] != nil },
		"FREE_SAMPLE_CARD": func(id string) bool { return c.applications[id] != nil && c.applications[id].shop == s },
		"IMAGE":            func(string) bool { return true },
	}[kind]
	if good == nil {
		return invalid("msg_type must be TEXT, PRODUCT_CARD, FREE_SAMPLE_CARD or IMAGE, not %q", clip(kind, 40))
	}
	value, ok := essence(kind, content)
	if !ok || !good(value) {
		return invalid("content is not the JSON text of a %s that can be sent", kind)
	}
	return nil
}

// essence takes the one documented field out of a message's content. An image may
// have more fields than its address: they are not documented.
func essence(kind, content string) (string, bool) {
	name := map[string]string{
		"TEXT": "content", "PRODUCT_CARD": "product_id", "FREE_SAMPLE_CARD": "apply_id", "IMAGE": "url",
	}[kind]
	var fields map[string]json.RawMessage
	if json.Unmarshal([]byte(content), &fields) != nil || (kind != "IMAGE" && len(fields) != 1) {
		return "", false
	}
	var value string
	err := json.Unmarshal(fields[name], &value)
	return value, err == nil && value != ""
}

// firstIndex lets a conversation's indexes grow by a digit early, so that a client that
// compares them as words is found out.
const firstIndex = 9_999_999_999_999_000

// add appends a message and forgets the oldest beyond the bound. Its index is higher than
// all before, at no fixed distance.
func (v *conversation) add(m message) message {
	m.index = firstIndex
	if len(v.messages) > 0 {
		m.index = v.messages[len(v.messages)-1].index
	}
	m.index += 1 + mathrand.Uint64N(500)
	if len(v.messages) >= keptMessages {
		v.messages = slices.Delete(v.messages, 0, 1)
	}
	v.messages = append(v.messages, m)
	return m
}

// messageBody is a message as the API shows it.
type messageBody struct {
	ID             string `json:"id"`
	ConversationID string `json:"conversation_id"`
	Type           string `json:"type"`
	Content        string `json:"content"`
	SenderID       string `json:"sender_id"`
	CreateTime     int64  `json:"create_time"`
}

type messageRecord struct {
	Index string      `json:"conversation_index"`
	Body  messageBody `json:"message_body"`
}

func (v *conversation) record(m message) messageRecord {
	return messageRecord{
		Index: strconv.FormatUint(m.index, 10),
		Body:  messageBody{m.id, v.id, m.kind, m.content, v.sender(m), m.at.Unix()},
	}
}

// listMessages lists a conversation. No order is promised, so every listing has another.
func (c *Center) listMessages(k *call) (any, error) {
	size, err := k.pageSize(1, 20)
	if err != nil {
		return nil, err
	}
	v, err := c.conversationOf(k.shop, k.id)
	if err != nil {
		return nil, err
	}
	from, err := c.openPage(k)
	if err != nil {
		return nil, err
	}
	records, next := pageOf(c, k, v.messages, from, size, v.record)
	return map[string]any{"has_more": next != "", "next_page_token": next, "messages": records}, nil
}

// latest is the time of the last message, or zero.
func (v *conversation) latest() time.Time {
	if len(v.messages) == 0 {
		return time.Time{}
	}
	return v.messages[len(v.messages)-1].at
}

// in tells whether the conversation counts for a status of the filter. It is unread until
// it is marked as read, whatever the seller answers, and unreplied while the creator was
// the last to write.
func (v *conversation) in(status string) bool {
	switch status {
	case "UNREAD":
		return v.unread > 0
	case "UNREPLIED":
		return len(v.messages) > 0 && v.messages[len(v.messages)-1].fromCreator
	default:
		return true
	}
}

// listConversations lists the conversations of a status, ALL where none is named. No order
// is promised, so every listing has another; its pages share theirs.
func (c *Center) listConversations(k *call) (any, error) {
	size, err := k.pageSize(1, 50)
	if err != nil {
		return nil, err
	}
	status := "ALL"
	if k.query.Has("conversation_status") {
		status = k.query.Get("conversation_status")
	}
	if !slices.Contains([]string{"ALL", "UNREAD", "UNREPLIED"}, status) {
		return nil, invalid("conversation_status must be ALL, UNREAD or UNREPLIED, not %q", clip(status, 40))
	}
	onlyID := true
	if k.query.Has("only_need_conversation_id") {
		text := k.query.Get("only_need_conversation_id")
		if onlyID = text == "true"; !onlyID && text != "false" {
			return nil, invalid("only_need_conversation_id must be true or false, not %q", clip(text, 40))
		}
	}
	from, err := c.openPage(k)
	if err != nil {
		return nil, err
	}
	var found []*conversation
	for _, v := range c.conversations {
		if v.shop == k.shop && v.in(status) {
			found = append(found, v)
		}
	}
	records, next := pageOf(c, k, found, from, size, func(v *conversation) map[string]any {
		if onlyID {
			return map[string]any{"id": v.id}
		}
		return v.summary(k.base())
	})
	return map[string]any{"has_more": next != "", "next_page_token": next, "conversations": records}, nil
}

// summary is a conversation in the list. It has no latest message.
func (v *conversation) summary(base string) map[string]any {
	return map[string]any{
		"id": v.id, "username": v.creator.username, "avatar": absolute(base, v.creator.avatar),
		"creator_im_id": v.creator.imID, "unread_count": v.unread,
	}
}

// newestMessage is an unread message of the last minute.
type newestMessage struct {
	ConversationID string `json:"conversation_id"`
	Content        string `json:"content"`
	Type           string `json:"type"`
	SenderID       string `json:"sender_id"`
	Unread         int    `json:"unread_message_count"`
}

// newestMessages lists what creators wrote within the last minute and is unread.
func (c *Center) newestMessages(k *call) (any, error) {
	found := []newestMessage{}
	for _, v := range c.conversations {
		if v.shop != k.shop || v.unread == 0 {
			continue
		}
		for _, m := range v.messages {
			if m.unread && k.now.Sub(m.at) <= newestWithin {
				found = append(found, newestMessage{v.id, m.content, m.kind, v.sender(m), v.unread})
			}
		}
	}
	mathrand.Shuffle(len(found), func(i, j int) { found[i], found[j] = found[j], found[i] })
	return map[string]any{"newest_message_list": found}, nil
}

// readConversations marks conversations as read and lists those that it cannot find. What becomes of an id that is blank
// or comes twice is not documented; the stricter reading refuses the call.
func (c *Center) readConversations(k *call) (any, error) {
	in, err := decode[struct {
		IDs []string `json:"conversation_ids"`
	}](k.body)
	if err != nil {
		return nil, err
	}
	if len(in.IDs) == 0 || len(in.IDs) > 20 {
		return nil, invalid("conversation_ids must be 1 to 20 ids")
	}
	for i, id := range in.IDs {
		if id == "" || slices.Contains(in.IDs[:i], id) {
			return nil, invalid("conversation_ids holds a blank id, or one twice: %q", clip(id, 40))
		}
	}
	failed := []string{}
	for _, id := range in.IDs {
		v, err := c.conversationOf(k.shop, id)
		if err != nil {
			failed = append(failed, id)
			continue
		}
		v.markRead()
	}
	c.changed()
	return map[string]any{"failed_conversation_ids": failed}, nil
}

func (v *conversation) markRead() {
	v.unread = 0
	for i := range v.messages {
		v.messages[i].unread = false
	}
}

// receive lets the creator write. Their message opens the quota again.
func (c *Center) receive(s *shop, p *creator, text string, now time.Time) (*conversation, message, error) {
	content, err := compact(map[string]string{"content": text})
	if err != nil {
		return nil, message{}, errors.New("writing a message's content failed")
	}
	v, _ := c.conversationWith(s, p)
	v.waiting = 0
	v.unread++
	m := v.add(message{id: c.ids.next(), kind: "TEXT", content: string(content), fromCreator: true, unread: true, at: now})
	c.announceMessage(v, m, text, now)
	c.changed()
	return v, m, nil
}

// announceMessage tells of a new message. Its content may be plain text or JSON text
// as the vendor has it: both come, by turns.
func (c *Center) announceMessage(v *conversation, m message, text string, now time.Time) {
	content := m.content
	if c.deliveries%2 == 1 {
		content = text
	}
	c.announce(webhookMessage, v.shop, func(*app) any {
		return map[string]any{
			"index": strconv.FormatUint(m.index, 10), "message_id": m.id, "conversation_id": v.id, "msg_type": m.kind,
			"content": content, "create_time": strconv.FormatInt(m.at.Unix(), 10),
			"sender": map[string]string{"sender_im_user_id": v.sender(m)},
		}
	}, now)
}

// simConversationAct answers POST /sim/conversations/{id}/{action}: a colleague opens the
// conversation in the Message Center (read), or answers there (reply, with "text").
func (c *Center) simConversationAct(r *http.Request, body []byte) (any, error) {
	in, err := control[struct {
		Text string `json:"text"`
	}](body)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.conversations, func(v *conversation) bool { return v.id == r.PathValue("id") })
	if i < 0 {
		return nil, missing("there is no conversation %q: GET /sim/conversations lists them", clip(r.PathValue("id"), 40))
	}
	v := c.conversations[i]
	switch action := r.PathValue("action"); action {
	case "read":
		v.markRead()
	case "reply":
		if in.Text == "" || len([]rune(in.Text)) > maxMessageText {
			return nil, badInput("text must have 1 to %d characters", maxMessageText)
		}
		content, err := compact(map[string]string{"content": in.Text})
		if err != nil {
			return nil, errors.New("writing a message's content failed")
		}
		v.add(message{id: c.ids.next(), kind: "TEXT", content: string(content), at: time.Now()})
	default:
		return nil, missing("a conversation has no action %q: it has read and reply", clip(action, 40))
	}
	c.changed()
	return map[string]any{"ok": true, "unread_count": v.unread}, nil
}
