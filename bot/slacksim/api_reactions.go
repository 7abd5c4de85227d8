package slacksim

import (
	"regexp"
	"slices"
)

func reactionMethods() []*method {
	return []*method{
		{name: "reactions.add", tier: tier3, scope: "reactions:write", handle: (*Workspace).reactionsAdd},
		{name: "reactions.remove", tier: tier3, scope: "reactions:write", handle: (*Workspace).reactionsRemove},
		{name: "reactions.get", tier: tier3, scope: "reactions:read", handle: (*Workspace).reactionsGet},
	}
}

var reactionName = regexp.MustCompile(`^[a-z0-9_+'\-]+(::skin-tone-[2-6])?$`)

// addReaction is false when this person had reacted so already.
func (m *message) addReaction(name string, u userID) bool {
	i := slices.IndexFunc(m.reactions, func(r reaction) bool { return r.Name == name })
	if i < 0 {
		m.reactions = append(slices.Clone(m.reactions), reaction{Name: name, Users: []userID{u}, Count: 1})
		return true
	}
	if slices.Contains(m.reactions[i].Users, u) {
		return false
	}
	m.reactions = slices.Clone(m.reactions)
	r := &m.reactions[i]
	r.Users = append(slices.Clone(r.Users), u)
	r.Count = len(r.Users)
	return true
}

// removeReaction is false when there was none of this person.
func (m *message) removeReaction(name string, u userID) bool {
	i := slices.IndexFunc(m.reactions, func(r reaction) bool { return r.Name == name && slices.Contains(r.Users, u) })
	if i < 0 {
		return false
	}
	m.reactions = slices.Clone(m.reactions)
	r := &m.reactions[i]
	r.Users = slices.DeleteFunc(slices.Clone(r.Users), func(o userID) bool { return o == u })
	r.Count = len(r.Users)
	if r.Count == 0 {
		m.reactions = slices.Delete(m.reactions, i, i+1)
	}
	return true
}

// reacted finds the message of a call. The lock is held.
func (w *Workspace) reacted(c *call) (*channel, *message, error) {
	ch := w.reachable(channelID(c.text("channel")))
	if ch == nil {
		return nil, nil, refuse("channel_not_found")
	}
	if !ch.has(w.app.user) {
		return nil, nil, refuse("not_in_channel")
	}
	m := ch.find(stamp(c.text("timestamp")))
	if m == nil {
		return nil, nil, refuse("message_not_found")
	}
	return ch, m, nil
}

func (w *Workspace) reactionsAdd(c *call) (object, error) {
	return w.changeReaction(c, "reaction_added", "already_reacted", (*message).addReaction)
}

func (w *Workspace) reactionsRemove(c *call) (object, error) {
	return w.changeReaction(c, "reaction_removed", "no_reaction", (*message).removeReaction)
}

func (w *Workspace) changeReaction(c *call, event, refusal string, change func(*message, string, userID) bool) (object, error) {
	name := c.text("name")
	if !reactionName.MatchString(name) {
		return nil, refuse("invalid_name")
	}
	w.mu.Lock()
	ch, m, err := w.reacted(c)
	if err == nil && ch.archived {
		err = refuse("is_archived")
	}
	if err == nil && !change(m, name, w.app.user) {
		err = refuse(refusal)
	}
	if err != nil {
		w.mu.Unlock()
		return nil, err
	}
	o := object{
		"type": event, "user": w.app.user, "reaction": name, "item_user": m.author,
		"item": object{"type": "message", "channel": ch.id, "ts": m.ts},
	}
	w.mu.Unlock()
	w.watch.changed()
	w.raise(event, o)
	return object{}, nil
}

func (w *Workspace) reactionsGet(c *call) (object, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	ch, m, err := w.reacted(c)
	if err != nil {
		return nil, err
	}
	return object{"type": "message", "channel": ch.id, "message": w.messageObject(ch, m, false)}, nil
}
