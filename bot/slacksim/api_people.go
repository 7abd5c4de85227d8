package slacksim

import (
	"slices"
	"strconv"
	"strings"
)

func peopleMethods() []*method {
	return []*method{
		{name: "users.info", tier: tier4, scope: "users:read", handle: (*Workspace).usersInfo},
		{name: "users.list", tier: tier2, scope: "users:read", handle: (*Workspace).usersList},
		{name: "users.conversations", tier: tier2, handle: (*Workspace).usersConversations},
		{name: "users.lookupByEmail", tier: tier3, scope: "users:read.email", handle: (*Workspace).usersLookupByEmail},
		{name: "bots.info", tier: tier3, scope: "users:read", handle: (*Workspace).botsInfo},
		{name: "usergroups.list", tier: tier2, scope: "usergroups:read", handle: (*Workspace).usergroupsList},
		{name: "usergroups.users.list", tier: tier2, scope: "usergroups:read", handle: (*Workspace).usergroupsUsersList},
	}
}

func (w *Workspace) usersInfo(c *call) (object, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.person(userID(c.text("user")))
	if p == nil {
		return nil, refuse("user_not_found")
	}
	return object{"user": w.userObject(p, c.flag("include_locale"))}, nil
}

func (w *Workspace) usersList(c *call) (object, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	from, to, next, err := c.page(len(w.people))
	if err != nil {
		return nil, err
	}
	members := []object{}
	for _, p := range w.people[from:to] {
		members = append(members, w.userObject(p, c.flag("include_locale")))
	}
	return object{"members": members, "cache_ts": 1_700_000_000, "response_metadata": object{"next_cursor": next}}, nil
}

// usersLookupByEmail finds nobody: the people here have no addresses.
func (w *Workspace) usersLookupByEmail(*call) (object, error) { return nil, refuse("users_not_found") }

func (w *Workspace) botsInfo(c *call) (object, error) {
	if c.text("bot") != w.app.botID {
		return nil, refuse("bot_not_found")
	}
	return object{"bot": object{
		"id": w.app.botID, "deleted": false, "name": w.app.display, "updated": 1_700_000_000, "app_id": w.app.id, "user_id": w.app.user,
	}}, nil
}

func (w *Workspace) usergroupsList(c *call) (object, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := []object{}
	for _, g := range w.groups {
		if g.disabled && !c.flag("include_disabled") {
			continue
		}
		o := w.groupObject(g)
		if c.flag("include_count") {
			o["user_count"] = len(g.members)
		}
		if c.flag("include_users") {
			o["users"] = slices.Clone(g.members)
		}
		all = append(all, o)
	}
	return object{"usergroups": all}, nil
}

func (w *Workspace) usergroupsUsersList(c *call) (object, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	g := w.group(groupID(c.text("usergroup")))
	if g == nil || (g.disabled && !c.flag("include_disabled")) { // what Slack says of a disabled one is not documented
		return nil, refuse("no_such_subteam")
	}
	return object{"users": slices.Clone(g.members)}, nil
}

// mostPage is the longest page of a listing.
const mostPage = 1000

// page cuts a listing: the bounds of this page, and the cursor of the next one (empty at the end).
func (c *call) page(size int) (from, to int, next string, err error) {
	limit, err := c.count("limit", 100, 1, mostPage)
	if err != nil {
		return 0, 0, "", err
	}
	if cursor := c.text("cursor"); cursor != "" {
		n, ok := strings.CutPrefix(cursor, "from:")
		if from, err = strconv.Atoi(n); !ok || err != nil || from < 0 || from > size {
			return 0, 0, "", refuse("invalid_cursor")
		}
	}
	to = min(size, from+limit)
	if to < size {
		next = "from:" + strconv.Itoa(to)
	}
	return from, to, next, nil
}
