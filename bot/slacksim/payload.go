package slacksim

import (
	"encoding/json"
	"maps"
)

// userPart is the person in an interaction's payload.
func (w *Workspace) userPart(p *person) object {
	return object{"id": p.id, "username": p.handle, "name": p.handle, "team_id": w.home(p)}
}

// interaction is what all interactive payloads have in common. The lock is held.
func (w *Workspace) interaction(kind string, p *person) object {
	o := object{
		"type": kind, "team": object{"id": w.team.id, "domain": w.team.domain}, "enterprise": nil, "is_enterprise_install": false,
		"user": w.userPart(p), "api_app_id": w.app.id, "token": w.secrets.verification,
	}
	switch p.grid { // an organisation's payloads name no team, and tell of the installation as a boolean or as text
	case otherTeam:
		o["team"], o["enterprise"], o["is_enterprise_install"] = nil, enterprisePart(), true
	case teamsAlone:
		o["team"], o["enterprise"], o["is_enterprise_install"] = nil, enterprisePart(), "true"
	default: // no grid: as it is
	}
	return o
}

func enterprisePart() object { return object{"id": gridOrganisation, "name": "Sample Group"} }

// channelPart is the channel in an interaction's payload. A private one is not called by its name there.
func channelPart(c *channel) object {
	if c.private {
		return object{"id": c.id, "name": "privategroup"}
	}
	return object{"id": c.id, "name": c.name}
}

// source is where a control was clicked: a message, one that only they see, or a view.
type source struct {
	channel   *channel
	message   *message
	ephemeral *ephemeral
	view      *view
	layout    json.RawMessage // the layout that they clicked in
}

// where names the place, so that the options which a control was offered there can be found again.
func (s *source) where() string {
	if s.view != nil {
		return string(s.view.id)
	}
	return string(s.channel.id) + "/" + string(s.stamp())
}

func (s *source) stamp() stamp {
	if s.ephemeral != nil {
		return s.ephemeral.ts
	}
	return s.message.ts
}

// chosen are the choices that this person made there so far.
func (s *source) chosen(u userID) choices {
	if s.view != nil {
		return s.view.chosen
	}
	m := s.message
	if s.ephemeral != nil {
		m = &s.ephemeral.message
	}
	if m.chosen == nil {
		m.chosen = map[userID]choices{}
	}
	if m.chosen[u] == nil {
		m.chosen[u] = choices{}
	}
	return m.chosen[u]
}

// actionPart is one entry of actions.
func actionPart(c control, state object, at stamp) object {
	a := object{"action_id": c.id(), "block_id": c.blockID, "type": c.kind(), "action_ts": at}
	for _, k := range []string{"text", "value", "style", "confirm", "placeholder", "url", "accessibility_label"} {
		if v, ok := c.element[k]; ok {
			a[k] = v
		}
	}
	if s := slots[c.kind()]; s.initial != "" && c.element[s.initial] != nil {
		a[s.initial] = c.element[s.initial]
	}
	maps.Copy(a, state)
	return a
}

// blockActions is the payload of a click. The lock is held.
func (w *Workspace) blockActions(p *person, s *source, c control, state object, t *trigger, responseURL string) object {
	o := w.interaction("block_actions", p)
	o["trigger_id"] = t.id
	o["actions"] = []object{actionPart(c, state, w.stampNow())}
	w.locate(o, p, s)
	if responseURL != "" {
		o["response_url"] = responseURL
	}
	return o
}

// locate adds to a payload where it happened: the container, and the message or the view. The lock is held.
func (w *Workspace) locate(o object, p *person, s *source) {
	if s.view != nil {
		o["container"] = object{"type": "view", "view_id": s.view.id}
		o["view"] = w.viewObject(s.view)
		return
	}
	container := object{"type": "message", "message_ts": s.stamp(), "channel_id": s.channel.id, "is_ephemeral": s.ephemeral != nil}
	o["container"], o["channel"] = container, channelPart(s.channel)
	o["state"] = object{"values": w.stateOf(s.layout, s.chosen(p.id))}
	if s.ephemeral != nil {
		if s.ephemeral.thread != "" {
			container["thread_ts"] = s.ephemeral.thread
		}
		o["message"] = object{"type": "message", "ts": s.ephemeral.ts} // nothing more: Slack does not keep what one person saw
		return
	}
	m := w.messageObject(s.channel, s.message, true)
	if s.layout != nil {
		m["blocks"] = s.layout // what they saw
	}
	if ts, ok := m["thread_ts"]; ok {
		container["thread_ts"] = ts
	}
	o["message"] = m
}

// commandForm is the payload of a slash command: flat, and all text. The lock is held.
func (w *Workspace) commandForm(p *person, c *channel, command, text string, t *trigger, responseURL string) map[string]string {
	form := map[string]string{
		"token": w.secrets.verification, "team_id": w.team.id, "team_domain": w.team.domain, "channel_id": string(c.id), "channel_name": str(channelPart(c), "name"),
		"user_id": string(p.id), "user_name": p.handle, "command": command, "text": text, "api_app_id": w.app.id,
		"is_enterprise_install": "false", "response_url": responseURL, "trigger_id": string(t.id),
	}
	if p.grid != notGrid {
		form["enterprise_id"], form["enterprise_name"], form["is_enterprise_install"] = gridOrganisation, "Sample Group", "true"
	}
	return form
}
