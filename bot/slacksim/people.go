package slacksim

import "slices"

type (
	userID    string
	channelID string
	groupID   string
	viewID    string
	triggerID string
	stamp     string // a message's time stamp, which is its identity in a channel
)

type role string

const (
	roleAdmin    role = "admin"
	roleMember   role = "member"
	roleGuest    role = "guest"
	roleStranger role = "stranger"
	roleOutsider role = "outsider"
	roleBot      role = "bot"
)

// foreignTeam is the workspace that the stranger comes from.
const foreignTeam = "T0ELSE0001"

type person struct {
	id     userID
	handle string // the user name
	name   string
	role   role
	tz     string
	label  string // the zone's name for people
	offset int    // of the zone, in seconds
	im     channelID
}

type group struct {
	id      groupID
	handle  string
	name    string
	members []userID
}

// settle moves the people in and opens the channels.
func (w *Workspace) settle() {
	berlin := func(p person) *person {
		p.tz, p.label, p.offset = "Europe/Berlin", "Central European Time", 3600
		return &p
	}
	w.people = []*person{
		berlin(person{id: "U0ADMIN001", handle: "admin", name: "Admin", role: roleAdmin}),
		berlin(person{id: "U0MEMBER01", handle: "member_one", name: "Member One", role: roleMember}),
		{id: "U0MEMBER02", handle: "member_two", name: "Member Two", role: roleMember, tz: "America/New_York", label: "Eastern Time", offset: -18000},
		berlin(person{id: "U0GUEST001", handle: "guest", name: "Guest", role: roleGuest}),
		berlin(person{id: "U0STRANGE1", handle: "stranger", name: "Stranger", role: roleStranger}),
		berlin(person{id: "U0OUTSIDE1", handle: "outsider", name: "Outsider", role: roleOutsider}),
		{id: w.app.user, handle: w.app.name, name: w.app.display, role: roleBot, tz: "America/Los_Angeles", label: "Pacific Time", offset: -28800},
	}
	samples := newChannel("C0SAMPLES1", "samples")
	general := newChannel("C0GENERAL1", "general")
	general.general = true
	for _, p := range w.people {
		if p.role != roleOutsider {
			samples.members = append(samples.members, p.id)
		}
		if p.role != roleBot && p.role != roleStranger && p.role != roleGuest {
			general.members = append(general.members, p.id)
		}
	}
	w.channels = []*channel{samples, general}
	w.groups = []*group{{id: "S0REVIEW01", handle: "reviewers", name: "Sample reviewers", members: []userID{"U0ADMIN001", "U0MEMBER01"}}}
}

// person finds somebody by identifier. The lock is held.
func (w *Workspace) person(id userID) *person {
	i := slices.IndexFunc(w.people, func(p *person) bool { return p.id == id })
	if i < 0 {
		return nil
	}
	return w.people[i]
}

// home is the team that a person belongs to.
func (w *Workspace) home(p *person) string {
	if p.role == roleStranger {
		return foreignTeam
	}
	return w.team.id
}

// userObject is a person as users.info shows them.
func (w *Workspace) userObject(p *person) object {
	bot := p.role == roleBot
	profile := object{
		"real_name": p.name, "display_name": p.handle, "real_name_normalized": p.name, "display_name_normalized": p.handle,
		"status_text": "", "status_emoji": "", "team": w.home(p),
	}
	if bot {
		profile["bot_id"], profile["api_app_id"] = w.app.botID, w.app.id
	}
	u := object{
		"id": p.id, "team_id": w.home(p), "name": p.handle, "deleted": false, "real_name": p.name, "profile": profile,
		"tz": p.tz, "tz_label": p.label, "tz_offset": p.offset, "locale": "en-GB",
		"is_admin": p.role == roleAdmin, "is_owner": p.role == roleAdmin, "is_primary_owner": p.role == roleAdmin,
		"is_restricted": p.role == roleGuest, "is_ultra_restricted": false, "is_bot": bot, "is_app_user": false, "updated": 1_700_000_000,
	}
	if p.role == roleStranger {
		u["is_stranger"] = true
	}
	return u
}
