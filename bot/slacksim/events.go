package slacksim

import (
	"strings"
	"time"
)

// raise sends an event to the app, if it subscribed to it. The lock is not held.
func (w *Workspace) raise(subscription string, event object) *outcome {
	if !w.subscribed(subscription) {
		return nil
	}
	if over, tell := w.limits.event(); over {
		if tell {
			w.sendEvent(encode(object{
				"token": w.secrets.verification, "type": "app_rate_limited", "team_id": w.team.id, "api_app_id": w.app.id,
				"minute_rate_limited": time.Now().Truncate(time.Minute).Unix(),
			}))
		}
		return nil
	}
	w.mu.Lock()
	stamp := w.stampNow()
	by, _ := event["user"].(userID)
	p := w.person(by)
	w.mu.Unlock()
	if event["event_ts"] == nil {
		event["event_ts"] = stamp
	}
	enterprise, authorised := any(nil), object{
		"enterprise_id": nil, "team_id": w.team.id, "user_id": w.app.user, "is_bot": true, "is_enterprise_install": false,
	}
	if p != nil && p.grid != notGrid {
		enterprise = gridOrganisation
		authorised["enterprise_id"], authorised["team_id"], authorised["is_enterprise_install"] = gridOrganisation, nil, true
	}
	payload := encode(object{
		"token": w.secrets.verification, "team_id": w.team.id, "context_team_id": w.team.id, "context_enterprise_id": enterprise,
		"api_app_id": w.app.id, "event": event, "type": "event_callback", "event_id": name("Ev"), "event_time": time.Now().Unix(),
		"authorizations":        []object{authorised},
		"is_ext_shared_channel": false, "event_context": "4-" + token(40),
	})
	return w.sendEvent(payload)
}

// overheard is the name of the subscription that messages in this channel come under, or "" where the bot is no member.
func (w *Workspace) overheard(c *channel) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case !c.has(w.app.user):
		return ""
	case c.im:
		return "message.im"
	case c.private:
		return "message.groups"
	}
	return "message.channels"
}

// announce raises the events that a new message brings: message, and app_mention when the bot is named in it. An app hears its own
// messages too. The outcome is the first event's, nil when the app hears nothing.
func (w *Workspace) announce(c *channel, m *message) *outcome {
	w.watch.changed()
	heard := w.overheard(c)
	if heard == "" {
		return nil
	}
	w.mu.Lock()
	o := w.messageObject(c, m, true)
	mentioned := m.author != w.app.user && !c.im && strings.Contains(m.text, "<@"+string(w.app.user))
	kind := c.kind()
	w.mu.Unlock()
	o["channel"], o["event_ts"] = c.id, m.ts
	var first *outcome
	if mentioned {
		mention := object{}
		for _, k := range []string{"user", "text", "ts", "thread_ts", "parent_user_id", "blocks", "client_msg_id", "team", "channel", "event_ts"} {
			if v, ok := o[k]; ok {
				mention[k] = v
			}
		}
		mention["type"] = "app_mention"
		first = w.raise("app_mention", mention)
	}
	if o["subtype"] == nil && m.author == w.app.user && m.username != "" {
		o["subtype"] = "bot_message"
	}
	o["channel_type"] = kind
	second := w.raise(heard, o)
	if first == nil {
		return second
	}
	return first
}

// announceChange tells that a message was changed.
func (w *Workspace) announceChange(c *channel, before, after object) {
	w.watch.changed()
	heard := w.overheard(c)
	if heard == "" {
		return
	}
	w.raise(heard, object{
		"type": "message", "subtype": "message_changed", "hidden": true, "channel": c.id, "channel_type": c.kind(),
		"ts": w.stamped(), "message": after, "previous_message": before,
	})
}

// announceRemoval tells that a message was deleted.
func (w *Workspace) announceRemoval(c *channel, before object, ts stamp) {
	w.watch.changed()
	heard := w.overheard(c)
	if heard == "" {
		return
	}
	w.raise(heard, object{
		"type": "message", "subtype": "message_deleted", "hidden": true, "channel": c.id, "channel_type": c.kind(),
		"ts": w.stamped(), "deleted_ts": ts, "previous_message": before,
	})
}

func (w *Workspace) stamped() stamp {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stampNow()
}
