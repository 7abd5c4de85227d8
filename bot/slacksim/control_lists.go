package slacksim

import "slices"

// listedFor tells whether a menu of channels or conversations offers this one to somebody: never an archived one, nor a private one or a
// conversation of others, and only what the app's filter lets through. The lock is held.
func (w *Workspace) listedFor(c control, ch *channel, by userID) bool {
	if ch.archived || w.ended(ch) || ((ch.private || ch.im) && !ch.has(by)) {
		return false
	}
	if field := slots[c.kind()].field; field == "selected_channel" || field == "selected_channels" {
		return !ch.im && !ch.private
	}
	filter, _ := c.element["filter"].(object)
	if include, ok := filter["include"].([]any); ok && !slices.Contains(include, any(filterKind(ch))) {
		return false
	}
	if filter["exclude_external_shared_channels"] == true && w.shared(ch) {
		return false
	}
	return filter["exclude_bot_users"] != true || !ch.im // every direct conversation here is with the bot
}

// filterKind is a channel's kind in the words of a filter.
func filterKind(ch *channel) string {
	switch {
	case ch.im:
		return "im"
	case ch.private:
		return "private"
	}
	return "public"
}

// shared tells whether somebody of another workspace is in a channel. The lock is held.
func (w *Workspace) shared(ch *channel) bool {
	return slices.ContainsFunc(ch.members, func(u userID) bool { p := w.person(u); return p != nil && p.stranger })
}

// startHere lets the menus of a modal start with the conversation that it was opened in, where the app asked for that with
// default_to_current_conversation and named no conversation itself. The lock is held.
func (w *Workspace) startHere(v *view) {
	here := w.channel(v.origin)
	if here == nil {
		return
	}
	for _, c := range controlsOf(v.blocks) {
		_, chosen := v.chosen[c.blockID][c.id()]
		wanted, _ := c.element["default_to_current_conversation"].(bool)
		if !wanted || chosen || c.element[slots[c.kind()].initial] != nil || !w.listedFor(c, here, v.user) {
			continue
		}
		state := object{"type": c.kind(), slots[c.kind()].field: any(string(here.id))}
		if c.many() {
			state[slots[c.kind()].field] = []any{string(here.id)}
		}
		v.chosen.set(c.blockID, c.id(), state)
	}
}
