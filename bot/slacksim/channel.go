package slacksim

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// channel is a channel or a direct conversation with the bot, and everything said in it. The workspace's lock guards it.
type channel struct {
	id       channelID
	name     string
	general  bool
	private  bool
	im       bool
	partner  userID // of a direct conversation
	archived bool
	members  []userID
	messages []*message // in the order of their stamps
}

// message is one message. Its JSON parts are never changed in place, only replaced, so that a copy of the struct is a snapshot.
type message struct {
	ts, thread  stamp
	author      userID
	text        string
	blocks      json.RawMessage
	attachments json.RawMessage
	metadata    json.RawMessage
	edited      *edit
	broadcast   bool
	tombstone   bool // deleted, but its thread is still there
	clientID    string
	files       []object
	username    string // posted under another name
	versions    []json.RawMessage
	reactions   []reaction
	replies     []stamp
	chosen      map[userID]choices
}

type edit struct {
	User userID `json:"user"`
	TS   stamp  `json:"ts"`
}

type reaction struct {
	Name  string   `json:"name"`
	Users []userID `json:"users"`
	Count int      `json:"count"`
}

func newChannel(id channelID, name string) *channel { return &channel{id: id, name: name} }

func (c *channel) has(u userID) bool { return slices.Contains(c.members, u) }

func (c *channel) kind() string {
	switch {
	case c.im:
		return "im"
	case c.private:
		return "group"
	}
	return "channel"
}

// scopeFor is the scope that something asks for in this kind of channel, such as channels:read, groups:history or im:read.
func (c *channel) scopeFor(right string) string {
	switch {
	case c.im:
		return "im:" + right
	case c.private:
		return "groups:" + right
	}
	return "channels:" + right
}

// find returns the message of that stamp, or nil.
func (c *channel) find(ts stamp) *message {
	i, ok := slices.BinarySearchFunc(c.messages, ts, func(m *message, ts stamp) int { return strings.Compare(string(m.ts), string(ts)) })
	if !ok {
		return nil
	}
	return c.messages[i]
}

// add appends a message and forgets the oldest when there are too many.
func (c *channel) add(m *message) {
	if len(c.messages) > keptMessages+keptMessages/10 {
		c.messages = slices.Clone(c.messages[len(c.messages)-keptMessages:])
	}
	c.messages = append(c.messages, m)
	if m.thread != "" {
		if parent := c.find(m.thread); parent != nil {
			parent.replies = append(parent.replies, m.ts)
		}
	}
}

// remove deletes a message. One that has replies leaves a tombstone, so that its thread stays.
func (c *channel) remove(m *message) {
	if len(m.replies) > 0 {
		*m = message{ts: m.ts, thread: m.thread, author: "USLACKBOT", text: "This message was deleted.", tombstone: true, replies: m.replies}
		return
	}
	c.messages = slices.DeleteFunc(c.messages, func(o *message) bool { return o == m })
	if parent := c.find(m.thread); m.thread != "" && parent != nil {
		parent.replies = slices.DeleteFunc(parent.replies, func(ts stamp) bool { return ts == m.ts })
	}
}

// show replaces what the message looks like and keeps the earlier layout, since somebody may still click in it.
func (m *message) show(text string, blocks, attachments json.RawMessage) {
	if m.blocks != nil && string(m.blocks) != string(blocks) {
		m.versions = append(m.versions, m.blocks)
		if len(m.versions) > keptVersions {
			m.versions = slices.Clone(m.versions[len(m.versions)-keptVersions:])
		}
	}
	m.text, m.blocks, m.attachments = text, blocks, attachments
	for u, chosen := range m.chosen {
		m.chosen[u] = chosen.within(blocks)
	}
}

// layouts are the message's layouts, the newest first.
func (m *message) layouts() []json.RawMessage {
	all := make([]json.RawMessage, 0, len(m.versions)+1)
	if m.blocks != nil {
		all = append(all, m.blocks)
	}
	for _, v := range slices.Backward(m.versions) {
		all = append(all, v)
	}
	return all
}

// channel finds a channel by identifier. The lock is held.
func (w *Workspace) channel(id channelID) *channel {
	i := slices.IndexFunc(w.channels, func(c *channel) bool { return c.id == id })
	if i < 0 {
		return nil
	}
	return w.channels[i]
}

// reachable finds a channel for the app: one that is private does not exist for it until it was invited. The lock is held.
func (w *Workspace) reachable(id channelID) *channel {
	c := w.channel(id)
	if c != nil && c.private && !c.has(w.app.user) {
		return nil
	}
	return c
}

// direct returns the conversation of the bot with somebody, opening it when there is none. The lock is held.
func (w *Workspace) direct(p *person) *channel {
	if c := w.channel(p.im); c != nil {
		return c
	}
	p.im = channelID("D0" + strings.TrimPrefix(string(p.id), "U0"))
	c := &channel{id: p.im, name: "directmessage", im: true, partner: p.id, members: []userID{p.id, w.app.user}}
	w.channels = append(w.channels, c)
	return c
}

// visible returns the channel if that person can see it, as a client would. The lock is held.
func (w *Workspace) visible(id channelID, u userID) *channel {
	c := w.channel(id)
	if c == nil || !c.has(u) {
		return nil
	}
	return c
}

// messageObject is a message as the Web API, events and payloads show it. The lock is held.
func (w *Workspace) messageObject(c *channel, m *message, metadata bool) object {
	o := object{"type": "message", "ts": m.ts, "text": m.text, "user": m.author}
	if m.tombstone {
		o["subtype"], o["hidden"] = "tombstone", true
	}
	if p := w.person(m.author); p != nil {
		o["team"] = w.home(p)
	}
	switch {
	case m.author == w.app.user:
		o["bot_id"], o["app_id"] = w.app.botID, w.app.id
		o["bot_profile"] = object{"id": w.app.botID, "app_id": w.app.id, "name": w.app.display, "deleted": false, "team_id": w.team.id}
		if m.username != "" {
			o["username"] = m.username
		}
	case !m.tombstone:
		o["client_msg_id"] = m.clientID
	}
	if m.blocks != nil {
		o["blocks"] = m.blocks
	} else if m.author != w.app.user && !m.tombstone {
		o["blocks"] = richText(m.text)
	}
	if m.attachments != nil {
		o["attachments"] = m.attachments
	}
	if metadata && m.metadata != nil {
		o["metadata"] = m.metadata
	}
	if m.edited != nil {
		o["edited"] = *m.edited
	}
	if len(m.files) > 0 {
		o["files"], o["upload"], o["subtype"] = m.files, true, "file_share"
	}
	if len(m.reactions) > 0 {
		o["reactions"] = slices.Clone(m.reactions)
	}
	w.threadFields(c, m, o)
	return o
}

func (w *Workspace) threadFields(c *channel, m *message, o object) {
	switch {
	case len(m.replies) > 0:
		users := []userID{}
		for _, ts := range m.replies {
			if r := c.find(ts); r != nil && !slices.Contains(users, r.author) {
				users = append(users, r.author)
			}
		}
		o["thread_ts"], o["reply_count"], o["latest_reply"] = m.ts, len(m.replies), m.replies[len(m.replies)-1]
		o["reply_users"], o["reply_users_count"] = users, len(users)
	case m.thread != "":
		o["thread_ts"] = m.thread
		parent := c.find(m.thread)
		if parent != nil {
			o["parent_user_id"] = parent.author
		}
		if m.broadcast {
			o["subtype"] = "thread_broadcast"
			if parent != nil {
				o["root"] = w.messageObject(c, parent, false)
			}
		}
	}
}

// channelObject is a channel as conversations.info shows it to the bot. The lock is held.
func (w *Workspace) channelObject(c *channel) object {
	o := object{
		"id": c.id, "created": 1_700_000_000, "is_archived": c.archived, "is_im": c.im, "is_mpim": false, "is_channel": !c.im && !c.private, "is_group": c.private,
		"is_private": c.im || c.private, "is_org_shared": false, "updated": 1_700_000_000_000, "context_team_id": w.team.id,
	}
	if c.im {
		o["user"], o["is_open"], o["is_user_deleted"] = c.partner, true, w.ended(c)
		return o
	}
	shared := w.shared(c)
	maps.Copy(o, (object{
		"name": c.name, "name_normalized": c.name, "is_general": c.general, "is_member": c.has(w.app.user), "creator": "U0ADMIN001",
		"is_shared": shared, "is_ext_shared": shared, "num_members": len(c.members),
		"topic":   object{"value": "", "creator": "", "last_set": 0},
		"purpose": object{"value": "", "creator": "", "last_set": 0},
	}))
	return o
}
