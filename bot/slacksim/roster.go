package slacksim

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"sync"
	"time"
)

// mostChannels is how many channels and conversations a workspace can have.
const mostChannels = 500

// standingChange is what POST /sim/users/{id} takes: what is not named stays as it is.
type standingChange struct {
	Admin      *bool   `json:"is_admin"`
	Restricted *bool   `json:"is_restricted"`
	Single     *bool   `json:"is_ultra_restricted"`
	Stranger   *bool   `json:"is_stranger"` // also moves the account to another workspace's team, and back
	Deleted    *bool   `json:"deleted"`
	TZ         *string `json:"tz"` // an IANA name
	Locale     *string `json:"locale"`
}

// changeUser answers POST /sim/users/{id}: an account is made a guest's or an admin's, deactivated, or moved to another time zone. An app
// that asked for user_change hears of it. A deactivated account stays in the lists of its channels and groups, so that an app which
// forgets to ask whether it is still active is found out.
func (w *Workspace) changeUser(rw http.ResponseWriter, r *http.Request) {
	var change standingChange
	if !readControl(rw, r, &change) {
		return
	}
	w.mu.Lock()
	p := w.person(userID(r.PathValue("id")))
	if p == nil || p.role == roleBot {
		w.mu.Unlock()
		refuseControl(rw, "user_not_found: nobody here is %q", cut(r.PathValue("id"), 60))
		return
	}
	if err := change.apply(p); err != nil {
		w.mu.Unlock()
		refuseControl(rw, "%v", err)
		return
	}
	shown := w.userObject(p, true)
	w.mu.Unlock()
	w.watch.changed()
	w.raise("user_change", object{"type": "user_change", "user": shown, "cache_ts": now().Unix()})
	answer(rw, http.StatusOK, object{"ok": true, "user": shown})
}

var localeShape = regexp.MustCompile(`^[a-z]{2}-[A-Z]{2}$`)

// apply makes the change, all of it or nothing. The lock is held.
func (s standingChange) apply(p *person) error {
	tz, label, offset, locale := p.tz, p.label, p.offset, p.locale
	if s.TZ != nil {
		zone, err := time.LoadLocation(*s.TZ)
		if err != nil || *s.TZ == "" || *s.TZ == "Local" {
			return fmt.Errorf("tz must be a time zone such as Europe/Berlin, not %q", cut(*s.TZ, 60))
		}
		_, offset = time.Now().In(zone).Zone()
		tz, label = *s.TZ, *s.TZ
	}
	if s.Locale != nil {
		if !localeShape.MatchString(*s.Locale) {
			return fmt.Errorf("locale must look like en-GB, not %q", cut(*s.Locale, 60))
		}
		locale = *s.Locale
	}
	p.tz, p.label, p.offset, p.locale = tz, label, offset, locale
	for flag, to := range map[*bool]*bool{
		&p.admin: s.Admin, &p.restricted: s.Restricted, &p.single: s.Single, &p.stranger: s.Stranger, &p.deleted: s.Deleted,
	} {
		if to != nil {
			*flag = *to
		}
	}
	return nil
}

// groupChange is what POST /sim/usergroups/{id} takes.
type groupChange struct {
	Users    *[]userID `json:"users"`
	Disabled *bool     `json:"disabled"`
}

// changeGroup answers POST /sim/usergroups/{id}: a user group gets other members, or is disabled. An app that asked for
// subteam_members_changed or subteam_updated hears of it.
func (w *Workspace) changeGroup(rw http.ResponseWriter, r *http.Request) {
	var change groupChange
	if !readControl(rw, r, &change) {
		return
	}
	w.mu.Lock()
	g := w.group(groupID(r.PathValue("id")))
	if g == nil {
		w.mu.Unlock()
		refuseControl(rw, "no_such_subteam: there is no user group %q", cut(r.PathValue("id"), 60))
		return
	}
	before := *g
	if change.Users != nil {
		if err := w.knownPeople(*change.Users); err != nil {
			w.mu.Unlock()
			refuseControl(rw, "%v", err)
			return
		}
		g.members = *change.Users
	}
	if change.Disabled != nil {
		g.disabled = *change.Disabled
	}
	g.updated = now().Unix()
	shown := w.groupObject(g)
	shown["users"], shown["user_count"] = slices.Clone(g.members), len(g.members)
	after := *g
	w.mu.Unlock()
	w.watch.changed()
	w.announceGroup(before, after, shown)
	answer(rw, http.StatusOK, object{"ok": true, "usergroup": shown})
}

// knownPeople says who of a list is nobody here, or is named twice. The lock is held.
func (w *Workspace) knownPeople(list []userID) error {
	seen := map[userID]bool{}
	for _, u := range list {
		if w.person(u) == nil || seen[u] {
			return fmt.Errorf("invalid_users: %q is nobody here, or is named twice", cut(string(u), 60))
		}
		seen[u] = true
	}
	return nil
}

func (w *Workspace) announceGroup(before, after group, shown object) {
	without := func(all, others []userID) []userID {
		left := []userID{}
		for _, u := range all {
			if !slices.Contains(others, u) {
				left = append(left, u)
			}
		}
		return left
	}
	if added, removed := without(after.members, before.members), without(before.members, after.members); len(added)+len(removed) > 0 {
		w.raise("subteam_members_changed", object{
			"type": "subteam_members_changed", "subteam_id": after.id, "team_id": w.team.id,
			"date_previous_update": before.updated, "date_update": after.updated,
			"added_users": added, "added_users_count": len(added), "removed_users": removed, "removed_users_count": len(removed),
		})
	}
	if before.disabled != after.disabled {
		w.raise("subteam_updated", object{"type": "subteam_updated", "subteam": shown})
	}
}

// newChannelOrder is what POST /sim/channels takes.
type newChannelOrder struct {
	Name    string   `json:"name"`
	Private bool     `json:"private"`
	Members []userID `json:"members"` // the bot may be one of them
}

// channelName is made when it is first needed: it takes longer than everything else that a start makes.
var channelName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\p{Ll}\p{Lo}\p{N}_-]{1,80}$`) })

// addChannel answers POST /sim/channels: somebody opens a channel. Without the bot among its members it is one that the bot still has to
// be invited to.
func (w *Workspace) addChannel(rw http.ResponseWriter, r *http.Request) {
	var order newChannelOrder
	if !readControl(rw, r, &order) {
		return
	}
	w.mu.Lock()
	ch, err := w.openChannel(order)
	if err != nil {
		w.mu.Unlock()
		refuseControl(rw, "%v", err)
		return
	}
	heard := ch.has(w.app.user)
	event := w.joinedEvent(ch, w.app.user, "")
	w.mu.Unlock()
	w.watch.changed()
	if heard {
		w.raise("member_joined_channel", event)
	}
	answer(rw, http.StatusOK, object{"ok": true, "id": ch.id})
}

// openChannel makes a channel. The lock is held.
func (w *Workspace) openChannel(order newChannelOrder) (*channel, error) {
	switch {
	case !channelName().MatchString(order.Name):
		return nil, fmt.Errorf("invalid_name: a channel's name has up to 80 lower-case letters, digits, dashes and underscores")
	case slices.ContainsFunc(w.channels, func(c *channel) bool { return !c.im && c.name == order.Name }):
		return nil, fmt.Errorf("name_taken: there is a channel %q already", order.Name)
	case len(w.channels) >= mostChannels:
		return nil, fmt.Errorf("there are %d channels already", mostChannels)
	}
	if err := w.knownPeople(order.Members); err != nil {
		return nil, err
	}
	ch := newChannel(channelID(name("C")), order.Name)
	ch.private, ch.members = order.Private, slices.Clone(order.Members)
	w.channels = append(w.channels, ch)
	return ch, nil
}

// readControl reads what a control was sent, and answers what is wrong with it itself. Fields that it does not know are refused, so that
// a misspelt one is not taken for done.
func readControl(rw http.ResponseWriter, r *http.Request, into any) bool {
	body, err := readBody(r.Body, mostRequest)
	if err == nil {
		err = decodeKnown(body, into)
	}
	if err != nil {
		refuseControl(rw, "%v", err)
		return false
	}
	return true
}

func refuseControl(rw http.ResponseWriter, format string, a ...any) {
	answer(rw, http.StatusBadRequest, object{"ok": false, "error": fmt.Sprintf(format, a...)})
}
