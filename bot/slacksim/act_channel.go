package slacksim

import (
	"context"
	"slices"
)

// react adds a reaction to a message, or takes this person's own away again.
func (w *Workspace) react(ctx context.Context, a *actor) (sight, error) {
	w.mu.Lock()
	s, err := w.source(a)
	if err == nil && s.message == nil {
		err = cannot("message_not_found: only a message that others see can be reacted to")
	}
	if err == nil && !reactionName.MatchString(a.Reaction) {
		err = cannot("invalid_name: name the reaction without colons, for instance white_check_mark")
	}
	if err != nil {
		w.mu.Unlock()
		return sight{}, err
	}
	event := "reaction_added"
	if !s.message.addReaction(a.Reaction, a.person.id) {
		s.message.removeReaction(a.Reaction, a.person.id)
		event = "reaction_removed"
	}
	o := object{
		"type": event, "user": a.person.id, "reaction": a.Reaction, "item_user": s.message.author,
		"item": object{"type": "message", "channel": s.channel.id, "ts": s.message.ts},
	}
	heard := s.channel.has(w.app.user)
	w.mu.Unlock()
	w.watch.changed()
	if !heard {
		return sight{}, nil
	}
	return w.hear(ctx, w.raise(event, o), sight{})
}

// archive archives a channel or opens it again; only an admin does either.
func (w *Workspace) archive(_ context.Context, a *actor) (sight, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	ch, err := w.managed(a)
	if err != nil {
		return sight{}, err
	}
	ch.archived = a.Do == "archive"
	w.watch.changed()
	return sight{}, nil
}

// invite takes a member into a channel, or out of it; only an admin does either. Who comes may be the bot.
func (w *Workspace) invite(ctx context.Context, a *actor) (sight, error) {
	w.mu.Lock()
	ch, err := w.managed(a)
	if a.Member == "" {
		a.Member = w.app.user
	}
	if err == nil && w.person(a.Member) == nil {
		err = cannot("user_not_found: nobody here is %q", a.Member)
	}
	if err != nil {
		w.mu.Unlock()
		return sight{}, err
	}
	member := ch.has(a.Member)
	event := w.joinedEvent(ch, a.Member, a.person.id)
	if a.Do == "kick" {
		ch.members = slices.DeleteFunc(slices.Clone(ch.members), func(u userID) bool { return u == a.Member })
		event["type"] = "member_left_channel"
		delete(event, "inviter")
	} else if !member {
		ch.members = append(ch.members, a.Member)
	}
	heard := ch.has(w.app.user) && member == (a.Do == "kick")
	w.mu.Unlock()
	w.watch.changed()
	if !heard {
		return sight{}, nil
	}
	return w.hear(ctx, w.raise(str(event, "type"), event), sight{})
}

// joinedEvent is what an app hears of a new member of a channel that it is in itself. The lock is held.
func (w *Workspace) joinedEvent(ch *channel, u, inviter userID) object {
	event := object{"type": "member_joined_channel", "user": u, "channel": ch.id, "channel_type": "C", "team": w.team.id}
	if ch.private {
		event["channel_type"] = "G"
	}
	if inviter != "" {
		event["inviter"] = inviter
	}
	return event
}

// managed is a channel that this person may manage. The lock is held.
func (w *Workspace) managed(a *actor) (*channel, error) {
	ch := w.channel(a.Channel)
	switch {
	case ch == nil || ch.im:
		return nil, errNotVisible
	case !a.person.admin:
		return nil, cannot("restricted_action: only an admin can do that")
	}
	return ch, nil
}
