package slacksim

import (
	"slices"
	"strings"
)

func conversationMethods() []*method {
	return []*method{
		{name: "conversations.info", tier: tier3, handle: (*Workspace).conversationsInfo},
		{name: "conversations.list", tier: tier2, handle: (*Workspace).conversationsList},
		{name: "conversations.members", tier: tier4, handle: (*Workspace).conversationsMembers},
		{name: "conversations.history", tier: tier3, handle: (*Workspace).conversationsHistory},
		{name: "conversations.replies", tier: tier3, handle: (*Workspace).conversationsReplies},
		{name: "conversations.open", tier: tier3, scope: "im:write", handle: (*Workspace).conversationsOpen},
		{name: "conversations.join", tier: tier3, scope: "channels:join", handle: (*Workspace).conversationsJoin},
	}
}

// readable finds a channel for a reading method and checks the scope that its kind asks for, such as channels:read or im:history.
// The lock is held.
func (w *Workspace) readable(c *call, right string) (*channel, error) {
	id := c.text("channel")
	if id == "" {
		return nil, invalidArgument("channel", "missing required field: channel")
	}
	ch := w.reachable(channelID(id))
	if ch == nil {
		return nil, refuse("channel_not_found")
	}
	if scope := ch.scopeFor(right); !w.scopes[scope] {
		return nil, w.missingScope(scope)
	}
	return ch, nil
}

func (w *Workspace) conversationsInfo(c *call) (object, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	ch, err := w.readable(c, "read")
	if err != nil {
		return nil, err
	}
	return object{"channel": w.channelObject(ch)}, nil
}

// kindScopes are the scopes that listing a kind of conversation asks for.
var kindScopes = map[string]string{"public_channel": "channels:read", "private_channel": "groups:read", "im": "im:read", "mpim": "mpim:read"}

// listed are the conversations of the kinds that a call asks for. The lock is held.
func (w *Workspace) listed(c *call) ([]*channel, error) {
	kinds := "public_channel"
	if t := c.text("types"); t != "" {
		kinds = t
	}
	wanted := map[string]bool{}
	for kind := range strings.SplitSeq(kinds, ",") {
		kind = strings.TrimSpace(kind)
		scope, known := kindScopes[kind]
		if !known {
			return nil, refuse("invalid_types")
		}
		if !w.scopes[scope] {
			return nil, w.missingScope(scope)
		}
		wanted[kind] = true
	}
	var found []*channel
	for _, ch := range w.channels {
		kind := "public_channel"
		switch {
		case ch.im:
			kind = "im"
		case ch.private:
			kind = "private_channel"
		}
		if w.reachable(ch.id) != nil && wanted[kind] && (!ch.archived || !c.flag("exclude_archived")) {
			found = append(found, ch)
		}
	}
	return found, nil
}

func (w *Workspace) conversationsList(c *call) (object, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	all, err := w.listed(c)
	if err != nil {
		return nil, err
	}
	return w.channelPage(c, all)
}

// usersConversations lists where somebody is a member; without a user, where the bot is.
func (w *Workspace) usersConversations(c *call) (object, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	u := w.app.user
	if given := c.text("user"); given != "" {
		u = userID(given)
	}
	if w.person(u) == nil {
		return nil, refuse("user_not_found")
	}
	all, err := w.listed(c)
	if err != nil {
		return nil, err
	}
	return w.channelPage(c, slices.DeleteFunc(all, func(ch *channel) bool { return !ch.has(u) }))
}

func (w *Workspace) channelPage(c *call, all []*channel) (object, error) {
	from, to, next, err := c.page(len(all))
	if err != nil {
		return nil, err
	}
	shown := []object{}
	for _, ch := range all[from:to] {
		shown = append(shown, w.channelObject(ch))
	}
	return object{"channels": shown, "response_metadata": object{"next_cursor": next}}, nil
}

func (w *Workspace) conversationsMembers(c *call) (object, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	ch, err := w.readable(c, "read")
	if err != nil {
		return nil, err
	}
	from, to, next, err := c.page(len(ch.members))
	if err != nil {
		return nil, err
	}
	return object{"members": slices.Clone(ch.members[from:to]), "response_metadata": object{"next_cursor": next}}, nil
}

// historyOf finds a channel whose messages the bot may read. The lock is held.
func (w *Workspace) historyOf(c *call) (*channel, error) {
	ch, err := w.readable(c, "history")
	if err != nil {
		return nil, err
	}
	if !ch.has(w.app.user) {
		return nil, refuse("not_in_channel")
	}
	return ch, nil
}

func (w *Workspace) conversationsHistory(c *call) (object, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	ch, err := w.historyOf(c)
	if err != nil {
		return nil, err
	}
	within, err := c.window()
	if err != nil {
		return nil, err
	}
	var found []*message
	for _, m := range slices.Backward(ch.messages) {
		if (m.thread == "" || m.broadcast) && within(m.ts) {
			found = append(found, m)
		}
	}
	return w.messagePage(c, ch, found, func(ts, last string) bool { return ts < last })
}

func (w *Workspace) conversationsReplies(c *call) (object, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	ch, err := w.historyOf(c)
	if err != nil {
		return nil, err
	}
	parent := ch.find(stamp(c.text("ts")))
	if parent == nil {
		return nil, refuse("thread_not_found")
	}
	if parent.thread != "" {
		if parent = ch.find(parent.thread); parent == nil {
			return nil, refuse("thread_not_found")
		}
	}
	within, err := c.window()
	if err != nil {
		return nil, err
	}
	found := []*message{parent} // Slack shows the parent on top whatever the window is
	for _, ts := range parent.replies {
		if m := ch.find(ts); m != nil && within(ts) {
			found = append(found, m)
		}
	}
	return w.messagePage(c, ch, found, func(ts, last string) bool { return ts > last })
}

// messagePage cuts a listing of messages. Its cursor names the last message shown, so that new ones do not shift the pages.
func (w *Workspace) messagePage(c *call, ch *channel, all []*message, beyond func(ts, last string) bool) (object, error) {
	limit, err := c.count("limit", 100, 1, 999)
	if err != nil {
		return nil, err
	}
	from := 0
	if cursor := c.text("cursor"); cursor != "" {
		last, ok := strings.CutPrefix(cursor, "next_ts:")
		if !ok || pad(last) == "" {
			return nil, refuse("invalid_cursor")
		}
		for from < len(all) && !beyond(string(all[from].ts), last) {
			from++
		}
	}
	to, next := min(len(all), from+limit), ""
	if to < len(all) {
		next = "next_ts:" + string(all[to-1].ts)
	}
	shown := []object{}
	for _, m := range all[from:to] {
		shown = append(shown, w.messageObject(ch, m, c.flag("include_all_metadata")))
	}
	return object{"messages": shown, "has_more": next != "", "pin_count": 0, "response_metadata": object{"next_cursor": next}}, nil
}

// window is the span between oldest and latest, both left out unless inclusive is set.
func (c *call) window() (func(stamp) bool, error) {
	oldest, latest := c.text("oldest"), c.text("latest")
	low, high := pad(oldest), pad(latest)
	if oldest != "" && low == "" {
		return nil, refuse("invalid_ts_oldest")
	}
	if latest != "" && high == "" {
		return nil, refuse("invalid_ts_latest")
	}
	inclusive := c.flag("inclusive")
	return func(ts stamp) bool {
		if inclusive && (string(ts) == low || string(ts) == high) {
			return true
		}
		return (low == "" || string(ts) > low) && (high == "" || string(ts) < high)
	}, nil
}

// pad writes a time stamp with all its digits, so that it compares with a message's; empty when it is none.
func pad(ts string) string {
	whole, part, _ := strings.Cut(ts, ".")
	if whole == "" || len(whole) > 10 || len(part) > 6 || strings.Trim(whole+part, "0123456789") != "" {
		return ""
	}
	return strings.Repeat("0", 10-len(whole)) + whole + "." + part + strings.Repeat("0", 6-len(part))
}

func (w *Workspace) conversationsOpen(c *call) (object, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if id := c.text("channel"); id != "" {
		ch := w.channel(channelID(id))
		if ch == nil || !ch.im {
			return nil, refuse("channel_not_found")
		}
		return w.opened(c, ch, true), nil
	}
	users := strings.Split(c.text("users"), ",")
	if len(users) != 1 || users[0] == "" {
		if users[0] == "" {
			return nil, refuse("users_list_not_supplied")
		}
		return nil, w.missingScope("mpim:write") // groups of several people are not offered here
	}
	p := w.person(userID(users[0]))
	if p == nil {
		return nil, refuse("user_not_found")
	}
	if p.role == roleBot {
		return nil, refuse("cannot_dm_bot")
	}
	if p.deleted {
		return nil, refuse("user_disabled")
	}
	known := p.im != ""
	return w.opened(c, w.direct(p), known), nil
}

func (w *Workspace) opened(c *call, ch *channel, known bool) object {
	o := object{"channel": object{"id": ch.id}}
	if c.flag("return_im") {
		o["channel"] = w.channelObject(ch)
	}
	if known {
		o["no_op"], o["already_open"] = true, true
	}
	return o
}

func (w *Workspace) conversationsJoin(c *call) (object, error) {
	w.mu.Lock()
	ch := w.reachable(channelID(c.text("channel")))
	switch {
	case ch == nil:
		w.mu.Unlock()
		return nil, refuse("channel_not_found")
	case ch.im || ch.private:
		w.mu.Unlock()
		return nil, refuse("method_not_supported_for_channel_type")
	case ch.archived:
		w.mu.Unlock()
		return nil, refuse("is_archived")
	}
	already := ch.has(w.app.user)
	if !already {
		ch.members = append(ch.members, w.app.user)
	}
	o := object{"channel": w.channelObject(ch)}
	w.mu.Unlock()
	if already {
		o["warning"] = "already_in_channel"
	}
	w.watch.changed()
	return o, nil
}
