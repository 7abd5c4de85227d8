package affiliatesim

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// tab is one list of the page.
type tab struct {
	Key   string `json:"key"`
	Label string `json:"label"`
	Count int    `json:"count"`

	statuses []Status
}

// tabs are the lists as the Affiliate Center has them. What stands in no other list,
// such as a status that nobody has heard of, is found under Canceled.
func tabs() []tab {
	return []tab{
		{Key: "review", Label: "To review", statuses: []Status{Pending}},
		{Key: "ready", Label: "Ready to ship", statuses: []Status{AwaitingShipment}},
		{Key: "shipped", Label: "Shipped", statuses: []Status{Shipped}},
		{Key: "progress", Label: "In progress", statuses: []Status{ContentPending}},
		{Key: "completed", Label: "Completed", statuses: []Status{Completed, PlatformCompleted}},
		{Key: "canceled", Label: "Canceled"},
	}
}

// tabOf is the index of the list that a status stands in.
func tabOf(list []tab, status Status) int {
	i := slices.IndexFunc(list, func(t tab) bool { return slices.Contains(t.statuses, status) })
	if i < 0 {
		return len(list) - 1
	}
	return i
}

// rowsQuery says which rows the page wants.
type rowsQuery struct {
	tab, shop, text string
	offset, limit   int
}

func readRowsQuery(q url.Values) (rowsQuery, error) {
	in := rowsQuery{tab: cmp.Or(q.Get("tab"), "review"), shop: q.Get("shop"), text: strings.ToLower(q.Get("q")), limit: 50}
	for name, into := range map[string]*int{"offset": &in.offset, "limit": &in.limit} {
		if !q.Has(name) {
			continue
		}
		n, err := strconv.Atoi(q.Get(name))
		if err != nil || n < 0 || (name == "limit" && n > 500) {
			return in, badInput("%s must be a number from 0, and limit at most 500; not %q", name, clip(q.Get(name), 30))
		}
		*into = n
	}
	return in, nil
}

// simRows answers GET /sim/rows?tab=&shop=&q=&offset=&limit=: a piece of one list with
// the counts of all, and the settings of the stand-in.
func (c *Center) simRows(r *http.Request, _ []byte) (any, error) {
	in, err := readRowsQuery(r.URL.Query())
	if err != nil {
		return nil, err
	}
	lists := tabs()
	chosen := slices.IndexFunc(lists, func(t tab) bool { return t.Key == in.tab })
	if chosen < 0 {
		return nil, badInput("tab must be one of review, ready, shipped, progress, completed, canceled; not %q", clip(in.tab, 30))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.expireDue(time.Now())
	var found []*application
	for _, a := range c.listing {
		if !in.wants(a) {
			continue
		}
		i := tabOf(lists, a.status)
		lists[i].Count++
		if i == chosen {
			found = append(found, a)
		}
	}
	sortRows(found, in.tab)
	rows := []stateRecord{}
	for _, a := range found[min(in.offset, len(found)):min(in.offset+in.limit, len(found))] {
		rows = append(rows, c.stateOf(a, baseOf(r)))
	}
	answer := c.surroundings()
	answer["tabs"], answer["rows"], answer["total"] = lists, rows, len(found)
	answer["unread"] = c.unreadMessages()
	return answer, nil
}

// wants tells whether an application is in the shop and has the text somewhere.
func (in rowsQuery) wants(a *application) bool {
	if in.shop != "" && a.shop.ID != in.shop {
		return false
	}
	if in.text == "" {
		return true
	}
	return slices.ContainsFunc(
		[]string{a.creator.username, a.creator.nickname, a.product.title, a.variant.name, a.id, a.orderID, a.tracking, string(a.status)},
		func(s string) bool { return strings.Contains(strings.ToLower(s), in.text) })
}

// sortRows puts what ends soonest first, and what is over by its last change.
func sortRows(rows []*application, tab string) {
	slices.SortStableFunc(rows, func(a, b *application) int {
		switch tab {
		case "review", "ready", "progress":
			return cmp.Or(a.deadline().Compare(b.deadline()), cmp.Compare(a.ordinal, b.ordinal))
		default:
			return cmp.Or(b.touched.Compare(a.touched), cmp.Compare(b.ordinal, a.ordinal))
		}
	})
}

// unreadMessages counts what creators wrote and nobody has read.
func (c *Center) unreadMessages() int {
	n := 0
	for _, v := range c.conversations {
		n += v.unread
	}
	return n
}

// shownMessages is how much of a conversation the page shows.
const shownMessages = 50

// simConversations answers GET /sim/conversations: the latest fifty, the one with the
// newest message first, each with its last messages, oldest first.
func (c *Center) simConversations(r *http.Request, _ []byte) (any, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found := slices.Clone(c.conversations)
	slices.SortStableFunc(found, func(a, b *conversation) int { return b.latest().Compare(a.latest()) })
	shown := []map[string]any{}
	for _, v := range found[:min(50, len(found))] {
		messages := []stateMessage{}
		for _, m := range v.messages[max(0, len(v.messages)-shownMessages):] {
			messages = append(messages, v.state(m))
		}
		s := v.summary(baseOf(r))
		s["conversation_id"], s["creator_open_id"], s["nickname"], s["shop_id"], s["messages"] = v.id, v.creator.openID, v.creator.nickname, v.shop.ID, messages
		shown = append(shown, s)
	}
	return map[string]any{"conversations": shown, "total": len(found)}, nil
}
