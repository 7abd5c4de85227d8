package slacksim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

func chatMethods() []*method {
	return []*method{
		{name: "chat.postMessage", tier: tierSpecial, scope: "chat:write", handle: (*Workspace).postMessage},
		{name: "chat.update", tier: tier3, scope: "chat:write", handle: (*Workspace).updateMessage},
		{name: "chat.delete", tier: tier3, scope: "chat:write", handle: (*Workspace).deleteMessage},
		{name: "chat.postEphemeral", tier: tier4, scope: "chat:write", handle: (*Workspace).postEphemeral},
		{name: "chat.getPermalink", tier: tierSpecial, handle: (*Workspace).getPermalink},
		{name: "chat.scheduleMessage", tier: tier3, scope: "chat:write", handle: (*Workspace).scheduleMessage},
		{name: "chat.scheduledMessages.list", tier: tier3, handle: (*Workspace).scheduledMessages},
		{name: "chat.deleteScheduledMessage", tier: tier3, scope: "chat:write", handle: (*Workspace).deleteScheduledMessage},
	}
}

// target finds the channel that a post goes to. A person's identifier opens the conversation with them. The lock is held.
func (w *Workspace) target(c *call) (*channel, error) {
	id := c.text("channel")
	if id == "" {
		return nil, invalidArgument("channel", "missing required field: channel")
	}
	if p := w.person(userID(id)); p != nil && p.role != roleBot {
		if p.deleted { // Slack's word for it is not documented
			return nil, refuse("channel_not_found")
		}
		return w.direct(p), nil
	}
	ch := w.reachable(channelID(id))
	if ch == nil {
		return nil, refuse("channel_not_found") // names are taken by Slack too; identifiers are the stricter reading
	}
	return ch, nil
}

// writable checks that the bot may post there. The lock is held.
func (w *Workspace) writable(ch *channel) error {
	if ch.archived || w.ended(ch) {
		return refuse("is_archived")
	}
	if !ch.has(w.app.user) && !w.scopes["chat:write.public"] {
		return refuse("not_in_channel")
	}
	return nil
}

// ended tells whether a conversation's other party was deactivated: nothing is written there any more. The lock is held.
func (w *Workspace) ended(ch *channel) bool {
	p := w.person(ch.partner)
	return ch.im && p != nil && p.deleted
}

// posting finds the channel for a post, checks that the bot may write there and, unless the message is for one person, spends the
// channel's budget.
func (w *Workspace) posting(c *call, budget bool) (channelID, error) {
	w.mu.Lock()
	ch, err := w.target(c)
	if err == nil {
		err = w.writable(ch)
	}
	w.mu.Unlock()
	if err != nil {
		return "", err
	}
	if budget {
		if wait := w.limits.post(ch.id); wait > 0 {
			return "", &overRate{wait}
		}
	}
	return ch.id, nil
}

func (w *Workspace) postMessage(c *call) (object, error) {
	id, err := w.posting(c, true)
	if err != nil {
		return nil, err
	}
	body, err := w.body(c)
	if err != nil {
		return nil, err
	}
	for _, mask := range []string{"username", "icon_url", "icon_emoji"} {
		if c.text(mask) != "" && !w.scopes["chat:write.customize"] {
			return nil, w.missingScope("chat:write.customize")
		}
	}
	w.mu.Lock()
	ch := w.channel(id)
	thread, err := ch.threadFor(c.arguments)
	if err == nil {
		err = w.writable(ch) // again: looking at pictures took its time
	}
	if err != nil {
		w.mu.Unlock()
		return nil, err
	}
	m := w.say(ch, w.app.user, body, thread)
	m.username, m.broadcast = c.text("username"), thread != "" && c.flag("reply_broadcast")
	shown := w.messageObject(ch, m, true)
	w.mu.Unlock()
	w.announce(ch, m)
	return object{"channel": id, "ts": m.ts, "message": shown}, nil
}

// body reads and checks the content of a new message, and fetches its pictures.
func (w *Workspace) body(c *call) (content, error) {
	body, err := readContent(c.arguments)
	if err != nil {
		return body, err
	}
	if body.empty() {
		return body, refuse("no_text")
	}
	body.text = cut(body.text, mostText)
	return body, w.fetch(body.pictures)
}

// threadFor checks thread_ts: it has to be the stamp of a message here that is no reply itself.
func (c *channel) threadFor(a arguments) (stamp, error) {
	ts := a.text("thread_ts")
	if ts == "" {
		return "", nil
	}
	if _, isText := a["thread_ts"].(string); !isText || pad(ts) != ts {
		return "", &failure{code: "invalid_thread_ts", messages: []string{fmt.Sprintf("[ERROR] %s is not a valid thread_ts", ts)}}
	}
	parent := c.find(stamp(ts))
	if parent == nil {
		return "", refuse("thread_not_found")
	}
	if parent.thread != "" {
		return "", refuse("cannot_reply_to_message")
	}
	return parent.ts, nil
}

// say adds a message to a channel. The lock is held.
func (w *Workspace) say(ch *channel, author userID, body content, thread stamp) *message {
	m := &message{
		ts: w.stampNow(), thread: thread, author: author, text: body.text, blocks: body.blocks, attachments: body.attachments, metadata: body.metadata,
	}
	if author != w.app.user {
		m.clientID = token(32)
	}
	ch.add(m)
	return m
}

// own finds a message of the bot for a change. The lock is held.
func (w *Workspace) own(c *call, refusal string) (*channel, *message, error) {
	id := c.text("channel")
	if id == "" || c.text("ts") == "" {
		missing := "channel"
		if id != "" {
			missing = "ts"
		}
		return nil, nil, invalidArgument(missing, "missing required field: %s", missing)
	}
	ch := w.reachable(channelID(id)) // a person's identifier is not taken here: a direct message needs its D… channel
	if ch == nil {
		return nil, nil, refuse("channel_not_found")
	}
	if !ch.has(w.app.user) {
		return nil, nil, refuse("not_in_channel")
	}
	m := ch.find(stamp(c.text("ts")))
	if m == nil || m.tombstone {
		return nil, nil, refuse("message_not_found") // also for an ephemeral one
	}
	if m.author != w.app.user {
		return nil, nil, refuse(refusal)
	}
	return ch, m, nil
}

func (w *Workspace) updateMessage(c *call) (object, error) {
	w.mu.Lock()
	_, _, err := w.own(c, "cant_update_message")
	w.mu.Unlock()
	if err != nil {
		return nil, err
	}
	body, err := w.changed(c)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	ch, m, err := w.own(c, "cant_update_message")
	switch {
	case err != nil:
	case ch.archived:
		err = refuse("is_inactive")
	case body.blocks != nil && hasRichText(m.blocks) && !hasRichText(body.blocks):
		err = refuse("block_mismatch")
	}
	if err != nil {
		w.mu.Unlock()
		return nil, err
	}
	before := w.messageObject(ch, m, false)
	w.rewrite(m, body)
	after := w.messageObject(ch, m, true)
	w.mu.Unlock()
	w.announceChange(ch, before, after)
	return object{"channel": ch.id, "ts": m.ts, "text": body.text, "message": after}, nil
}

// hasRichText tells whether a layout has a rich_text block, which an update cannot replace with blocks of other types alone.
func hasRichText(blocks json.RawMessage) bool {
	var all []struct {
		Type string `json:"type"`
	}
	if len(blocks) == 0 || json.Unmarshal(blocks, &all) != nil {
		return false
	}
	for _, b := range all {
		if b.Type == "rich_text" {
			return true
		}
	}
	return false
}

// changed reads the content of an update, which may be shorter than a post's only.
func (w *Workspace) changed(c *call) (content, error) {
	body, err := readContent(c.arguments)
	if err != nil {
		return body, err
	}
	if body.empty() && (!body.blocksSet || !c.has("text")) {
		return body, refuse("no_text")
	}
	if utf8.RuneCountInString(body.text) > mostUpdateText {
		return body, refuse("msg_too_long")
	}
	return body, w.fetch(body.pictures)
}

// rewrite puts new content in place: what is not given goes, but metadata stays unless it is given. Only a change of the text alone is
// shown as edited. The lock is held.
func (w *Workspace) rewrite(m *message, body content) {
	m.show(body.text, body.blocks, body.attachments)
	if body.metadataSet {
		m.metadata = body.metadata
	}
	if !body.blocksSet {
		m.edited = &edit{User: w.app.user, TS: w.stampNow()}
	}
}

func (w *Workspace) deleteMessage(c *call) (object, error) {
	w.mu.Lock()
	ch, m, err := w.own(c, "cant_delete_message")
	if err != nil {
		w.mu.Unlock()
		return nil, err
	}
	before, ts := w.messageObject(ch, m, false), m.ts
	ch.remove(m)
	w.mu.Unlock()
	w.announceRemoval(ch, before, ts)
	return object{"channel": ch.id, "ts": ts}, nil
}

func (w *Workspace) postEphemeral(c *call) (object, error) {
	id, err := w.posting(c, false)
	if err != nil {
		return nil, err
	}
	body, err := w.body(c)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	ch, u := w.channel(id), userID(c.text("user"))
	switch {
	case u == "":
		return nil, invalidArgument("user", "missing required field: user")
	case w.person(u) == nil || w.person(u).deleted:
		return nil, refuse("user_not_found")
	case !ch.has(u):
		return nil, refuse("user_not_in_channel")
	}
	thread, err := ch.threadFor(c.arguments)
	if err != nil {
		return nil, err
	}
	e := w.whisper(ch.id, u, body, thread)
	return object{"message_ts": e.ts}, nil
}

func (w *Workspace) getPermalink(c *call) (object, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	ch := w.reachable(channelID(c.text("channel")))
	if ch == nil || !ch.has(w.app.user) {
		return nil, refuse("channel_not_found")
	}
	m := ch.find(stamp(c.text("message_ts")))
	if m == nil {
		return nil, refuse("message_not_found")
	}
	link := fmt.Sprintf("%s/archives/%s/p%s", c.base("http"), ch.id, strings.Replace(string(m.ts), ".", "", 1))
	if m.thread != "" {
		link += fmt.Sprintf("?thread_ts=%s&cid=%s", m.thread, ch.id)
	}
	return object{"channel": ch.id, "permalink": link}, nil
}

// ephemeral is a message that one person sees until they look away for long.
type ephemeral struct {
	ts, thread stamp
	channel    channelID
	user       userID
	message    message // text, blocks and their earlier layouts
}

// whisper shows a message to one person. The lock is held.
func (w *Workspace) whisper(ch channelID, u userID, body content, thread stamp) *ephemeral {
	e := &ephemeral{ts: w.stampNow(), thread: thread, channel: ch, user: u}
	e.message = message{ts: e.ts, thread: thread, author: w.app.user, text: body.text, blocks: body.blocks, attachments: body.attachments}
	w.ephemerals = append(w.ephemerals, e)
	if len(w.ephemerals) > keptEphemerals+keptEphemerals/4 {
		w.ephemerals = slices.Clone(w.ephemerals[len(w.ephemerals)-keptEphemerals:])
	}
	w.watch.changed()
	return e
}
