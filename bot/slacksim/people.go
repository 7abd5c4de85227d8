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
	roleGrid     role = "grid" // of this workspace, by way of an Enterprise Grid organisation
	roleBot      role = "bot"
)

// foreignTeam is the workspace that the stranger comes from.
const foreignTeam = "T0ELSE0001"

// The Enterprise Grid organisation that the workspace also belongs to, and another workspace of it.
const (
	gridOrganisation = "E0GRID0001"
	gridTeam         = "T0GRID0002"
)

type person struct {
	id     userID
	handle string // the user name
	name   string
	role   role
	tz     string
	label  string // the zone's name for people
	offset int    // of the zone, in seconds
	locale string
	im     channelID
	grid   gridShape
	standing
}

// gridShape tells how Slack speaks of a colleague in an Enterprise Grid organisation. Both shapes were seen (bolt-js#1875, lookerbot#184,
// slack-go#1264).
type gridShape int

const (
	notGrid    gridShape = iota
	otherTeam            // team_id is another workspace's, and enterprise_user.teams names this one
	teamsAlone           // there is no team_id at all, and teams beside it names this one
)

// standing is what an account may do at all, as users.info tells it. It can change while the workspace runs, and the role, which only
// names the part that somebody plays, stays as it is.
type standing struct {
	admin      bool
	restricted bool // a guest
	single     bool // a guest of one channel
	stranger   bool // from another workspace
	deleted    bool // deactivated
}

type group struct {
	id       groupID
	handle   string
	name     string
	members  []userID
	disabled bool
	updated  int64 // Unix seconds
}

// settledAt is when everything here was made, in Unix seconds.
const settledAt = 1_700_000_000

// settle moves the people in and opens the channels.
func (w *Workspace) settle() {
	berlin := func(p person) *person {
		p.tz, p.label, p.offset, p.locale = "Europe/Berlin", "Central European Time", 3600, "en-GB"
		return &p
	}
	w.people = []*person{
		berlin(person{id: "U0ADMIN001", handle: "admin", name: "Admin", role: roleAdmin, standing: standing{admin: true}}),
		berlin(person{id: "U0MEMBER01", handle: "member_one", name: "Member One", role: roleMember}),
		{id: "U0MEMBER02", handle: "member_two", name: "Member Two", role: roleMember, tz: "America/New_York", label: "Eastern Time", offset: -18000, locale: "en-US"},
		berlin(person{id: "U0GUEST001", handle: "guest", name: "Guest", role: roleGuest, standing: standing{restricted: true}}),
		berlin(person{id: "U0STRANGE1", handle: "stranger", name: "Stranger", role: roleStranger, standing: standing{stranger: true}}),
		berlin(person{id: "U0OUTSIDE1", handle: "outsider", name: "Outsider", role: roleOutsider}),
		berlin(person{id: "U0GRID0001", handle: "grid_one", name: "Grid One", role: roleGrid, grid: otherTeam}),
		berlin(person{id: "W0GRID0002", handle: "grid_two", name: "Grid Two", role: roleGrid, grid: teamsAlone}),
		{id: w.app.user, handle: w.app.name, name: w.app.display, role: roleBot, tz: "America/Los_Angeles", label: "Pacific Time", offset: -28800, locale: "en-US"},
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
	w.groups = []*group{{id: "S0REVIEW01", handle: "reviewers", name: "Sample reviewers", members: []userID{"U0ADMIN001", "U0MEMBER01"}, updated: settledAt}}
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
	switch {
	case p.stranger:
		return foreignTeam
	case p.grid != notGrid:
		return gridTeam
	}
	return w.team.id
}

// group finds a user group by identifier. The lock is held.
func (w *Workspace) group(id groupID) *group {
	i := slices.IndexFunc(w.groups, func(g *group) bool { return g.id == id })
	if i < 0 {
		return nil
	}
	return w.groups[i]
}

// userObject is a person as users.info shows them. The locale is told only to who asks for it, and of a deactivated account neither that
// nor the time zone.
func (w *Workspace) userObject(p *person, locale bool) object {
	bot := p.role == roleBot
	profile := object{
		"real_name": p.name, "display_name": p.handle, "real_name_normalized": p.name, "display_name_normalized": p.handle,
		"status_text": "", "status_emoji": "", "team": w.home(p),
	}
	if bot {
		profile["bot_id"], profile["api_app_id"] = w.app.botID, w.app.id
	}
	u := object{
		"id": p.id, "team_id": w.home(p), "name": p.handle, "deleted": p.deleted, "real_name": p.name, "profile": profile,
		"is_bot": bot, "is_app_user": false, "updated": settledAt,
	}
	if p.stranger {
		u["is_stranger"] = true
	}
	w.enterprise(u, p)
	if p.deleted {
		return u
	}
	u["tz"], u["tz_label"], u["tz_offset"] = p.tz, p.label, p.offset
	u["is_admin"], u["is_owner"], u["is_primary_owner"] = p.admin, p.admin, p.admin
	u["is_restricted"], u["is_ultra_restricted"] = p.restricted || p.single, p.single
	if locale {
		u["locale"] = p.locale
	}
	return u
}

// enterprise adds to a person what a Grid organisation adds. One who is a stranger by now belongs to no workspace of it that the app
// could see.
func (w *Workspace) enterprise(u object, p *person) {
	if p.grid == notGrid || p.stranger {
		return
	}
	teams := []string{gridTeam, w.team.id}
	if p.grid == teamsAlone {
		delete(u, "team_id")
		u["teams"] = teams
		return
	}
	u["enterprise_user"] = object{
		"id": p.id, "enterprise_id": gridOrganisation, "enterprise_name": "Sample Group", "is_admin": false, "is_owner": false, "teams": teams,
	}
}

// groupObject is a user group as usergroups.list shows it.
func (w *Workspace) groupObject(g *group) object {
	o := object{
		"id": g.id, "team_id": w.team.id, "is_usergroup": true, "name": g.name, "handle": g.handle, "description": "", "is_external": false,
		"date_create": settledAt, "date_update": g.updated, "date_delete": 0, "auto_type": nil, "deleted_by": nil,
		"created_by": "U0ADMIN001", "updated_by": "U0ADMIN001", "prefs": object{"channels": []string{}, "groups": []string{}},
	}
	if g.disabled {
		o["date_delete"] = g.updated
	}
	return o
}
