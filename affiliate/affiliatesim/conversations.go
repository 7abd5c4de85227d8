package affiliatesim

import (
	"encoding/json"
	"errors"
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
	index             int64
}

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
	v = &conversation{id: c.ids.next(), shop: s, creator: p}
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
func (c *Center) createConversation(k *call) (any, error) {
	in, err := decode[struct {
		OpenID string `json:"creator_open_id"`
		OnlyID bool   `json:"only_need_conversation_id"`
	}](k.body)
	if err != nil {
		return nil, err
	}
	p, known := c.creators.byOpenID[in.OpenID]
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
	if in.OnlyID {
		return map[string]any{"conversation_id": v.id, "is_new": isNew}, nil
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
		"TEXT":                      func(text string) bool { return len([]rune(text)) <= maxMessageText },
		"PRODUCT_CARD":              func(id string) bool { return c.products[id] != nil },
		"TARGET_COLLABORATION_CARD": func(id string) bool { return c.collaborationOf(s, id) != nil },
		"FREE_SAMPLE_CARD":          func(id string) bool { return c.applications[id] != nil && c.applications[id].shop == s },
		"IMAGE":                     func(string) bool { return true },
	}[kind]
	if good == nil {
		return invalid("msg_type must be TEXT, PRODUCT_CARD, TARGET_COLLABORATION_CARD, FREE_SAMPLE_CARD or IMAGE, not %q", clip(kind, 40))
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
		"TEXT": "content", "PRODUCT_CARD": "product_id", "TARGET_COLLABORATION_CARD": "target_collaboration_id",
		"FREE_SAMPLE_CARD": "apply_id", "IMAGE": "url",
	}[kind]
	var fields map[string]json.RawMessage
	if json.Unmarshal([]byte(content), &fields) != nil || (kind != "IMAGE" && len(fields) != 1) {
		return "", false
	}
	var value string
	err := json.Unmarshal(fields[name], &value)
	return value, err == nil && value != ""
}

// add appends a message and forgets the oldest beyond the bound.
func (v *conversation) add(m message) message {
	if len(v.messages) > 0 {
		m.index = v.messages[len(v.messages)-1].index + 1
	}
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
	Body messageBody `json:"message_body"`
}

func (v *conversation) record(m message) messageRecord {
	return messageRecord{messageBody{m.id, v.id, m.kind, m.content, v.sender(m), m.at.Unix()}}
}

// listMessages lists a conversation, newest first.
func (c *Center) listMessages(k *call) (any, error) {
	size, err := number("page_size", k.query.Get("page_size"), 1, 20)
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
	records := []messageRecord{}
	var next *place
	for _, m := range slices.Backward(v.messages) {
		if from.started && uint64(m.index) >= from.ordinal {
			continue
		}
		if len(records) == size {
			next = &place{started: true, ordinal: uint64(m.index) + 1}
			break
		}
		records = append(records, v.record(m))
	}
	return map[string]any{"has_more": next != nil, "next_page_token": c.sealPage(k, next), "messages": records}, nil
}

// latest is the time of the last message, or zero.
func (v *conversation) latest() time.Time {
	if len(v.messages) == 0 {
		return time.Time{}
	}
	return v.messages[len(v.messages)-1].at
}

// listConversations lists the conversations, the one with the newest message first,
// as observed. A page goes on behind the place that the last one ended at; a
// conversation that moves to the front in between is found by asking again.
func (c *Center) listConversations(k *call) (any, error) {
	size, err := number("page_size", k.query.Get("page_size"), 1, 50)
	if err != nil {
		return nil, err
	}
	from, err := c.openPage(k)
	if err != nil {
		return nil, err
	}
	var found []*conversation
	for _, v := range slices.Backward(c.conversations) {
		if v.shop == k.shop {
			found = append(found, v)
		}
	}
	slices.SortStableFunc(found, func(a, b *conversation) int { return b.latest().Compare(a.latest()) })
	start := min(int(from.ordinal), len(found))
	end := min(start+size, len(found))
	records := []map[string]any{}
	for _, v := range found[start:end] {
		records = append(records, v.summary(k.base()))
	}
	var next *place
	if end < len(found) {
		next = &place{started: true, ordinal: uint64(end)}
	}
	return map[string]any{"has_more": next != nil, "next_page_token": c.sealPage(k, next), "conversations": records}, nil
}

// summary is a conversation in the list. Its fields beyond the ids that other calls
// show are not documented.
func (v *conversation) summary(base string) map[string]any {
	shown := map[string]any{
		"conversation_id": v.id, "username": v.creator.username, "avatar": absolute(base, v.creator.avatar),
		"creator_im_id": v.creator.imID, "unread_count": v.unread,
	}
	if n := len(v.messages); n > 0 {
		shown["latest_message"] = v.record(v.messages[n-1]).Body
	}
	return shown
}

// newestMessages lists what creators wrote within the last minute and is unread.
func (c *Center) newestMessages(k *call) (any, error) {
	records := []messageRecord{}
	for _, v := range c.conversations {
		if v.shop != k.shop || v.unread == 0 {
			continue
		}
		for _, m := range v.messages {
			if m.unread && k.now.Sub(m.at) <= newestWithin {
				records = append(records, v.record(m))
			}
		}
	}
	return map[string]any{"messages": records}, nil
}

// readConversations marks conversations as read and lists those that it cannot find.
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

// receive lets the creator write. Her message opens the quota again.
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
	c.announce(webhookMessage, v.shop, map[string]any{
		"index": strconv.FormatInt(m.index, 10), "message_id": m.id, "conversation_id": v.id, "msg_type": m.kind,
		"content": content, "create_time": strconv.FormatInt(m.at.Unix(), 10),
		"sender": map[string]string{"sender_im_user_id": v.sender(m)},
	}, now)
}
