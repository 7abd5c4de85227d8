package workflow

import (
	"context"
	"slices"
	"time"
)

// maxSingle is how many applications of a shop may reach a step of the same deadline at once and still be announced one
// by one. More become one grouped message.
const maxSingle = 5

// maxListed is how many applications a grouped message names; the others it counts.
const maxListed = 10

// GroupedMessage is one grouped message about a kind of deadline. It covers all applications whose step was due at At
// by a timer that was set before the message was opened. It is opened first, so that what becomes due meanwhile is not
// mixed with what is counted; then these are counted and the message is made; at the end each of them is passed over,
// batch by batch, also after a restart in between.
type GroupedMessage struct {
	Kind DeadlineKind `json:"kind"`
	At   time.Time    `json:"at"`
	N    int          `json:"n"`              // of the shop's grouped messages, from 1
	Open bool         `json:"open,omitempty"` // it was opened, and is not made yet
}

// covers reports whether the message covers the step of a timer.
func (g GroupedMessage) covers(c Timer) bool {
	return g.Kind == c.Kind && c.GroupCount < g.N && !c.Next.IsZero() && !c.Next.After(g.At)
}

// groupWith returns the grouped message that covered the step of a timer, if one did.
func (s Shop) groupWith(c Timer) (GroupedMessage, bool) {
	i := slices.IndexFunc(s.GroupedMessages, func(g GroupedMessage) bool { return !g.Open && g.covers(c) })
	if i < 0 {
		return GroupedMessage{}, false
	}
	return s.GroupedMessages[i], true
}

// openGroup returns the grouped message of that kind that was opened and is not made yet, or nil.
func (s Shop) openGroup(kind DeadlineKind) *GroupedMessage {
	i := slices.IndexFunc(s.GroupedMessages, func(g GroupedMessage) bool { return g.Open && g.Kind == kind })
	if i < 0 {
		return nil
	}
	return &s.GroupedMessages[i]
}

// hasOpenGroup reports whether some grouped message was opened and is not made yet.
func (s Shop) hasOpenGroup() bool {
	return slices.ContainsFunc(s.GroupedMessages, func(g GroupedMessage) bool { return g.Open })
}

// withGrouped marks as announced what a grouped message covered of the application.
func (a Application) withGrouped(s Shop) Application {
	g, ok := s.groupWith(a.Timer)
	if !ok {
		return a
	}
	_, before, ok := a.latestStep(s.Settings, g.At)
	if !ok {
		return a
	}
	return a.announcedUpTo(before)
}

// announceGroups makes the grouped messages that are needed, and returns what is due then. Messages that were opened
// and not made, as their process died, are opened again: there may be more by now.
func (e *Engine) announceGroups(ctx context.Context, shop ShopID, now time.Time) (seen survey, err error) {
	if seen, err = e.survey(ctx, shop, now); err != nil {
		return seen, err
	}
	kinds := seen.groupedKinds()
	if len(kinds) == 0 && !seen.shop.hasOpenGroup() {
		return seen, nil
	}
	if err := e.openGroups(ctx, shop, kinds, now); err != nil {
		return seen, err
	}
	if seen, err = e.survey(ctx, shop, now); err != nil {
		return seen, err
	}
	if err := e.closeGroups(ctx, seen, now); err != nil {
		return seen, err
	}
	return e.survey(ctx, shop, now)
}

// survey is what was found of a shop's deadlines that are due.
type survey struct {
	shop    Shop
	of      map[DeadlineKind]tally
	singles []Key // what is announced one by one, the most urgent first
	left    int   // how many are handled otherwise
}

// tally is what there is to announce of one kind. While a grouped message is open it is what that message covers.
type tally struct {
	count     int
	firstSeen int      // of the count, those whose step was past when the desk first saw them
	audience  Audience // the widest
	urgent    []Application
}

// survey goes through all that is due. It only reads: however much that is, nobody waits for it.
func (e *Engine) survey(ctx context.Context, shop ShopID, now time.Time) (seen survey, err error) {
	err = e.store.View(ctx, func(tx Tx) error {
		seen = survey{of: map[DeadlineKind]tally{}}
		if seen.shop, err = tx.Shop(shop); err != nil {
			return err
		}
		for cursor := ""; ; {
			page, err := tx.Applications(DueOf(shop), cursor, observeBatch)
			if err != nil {
				return err
			}
			for _, a := range page.Applications {
				if a.Timer.Next.After(now) {
					page.Next = ""
					break
				}
				seen.add(a, now)
			}
			if cursor = page.Next; cursor == "" {
				return nil
			}
		}
	})
	seen.singles = seen.oneByOne()
	return seen, err
}

// add adds what is due of one application.
func (seen *survey) add(a Application, now time.Time) {
	row, _, ok := a.latestStep(seen.shop.Settings, now)
	if !ok {
		return
	}
	if _, announced := seen.shop.groupWith(a.Timer); announced || a.Timer.expired(now) {
		seen.left++
		return
	}
	if g := seen.shop.openGroup(row.Deadline); g != nil && !g.covers(a.Timer) {
		return
	}
	if row.Deadline == MoveDeadline {
		seen.left++
	}
	t := seen.of[row.Deadline]
	if t.count++; a.Timer.First {
		t.firstSeen++
	}
	if wider(row.Audience, t.audience) {
		t.audience = row.Audience
	}
	i, _ := slices.BinarySearchFunc(t.urgent, a, func(x, y Application) int { return x.Timer.By.Compare(y.Timer.By) })
	t.urgent = slices.Insert(t.urgent, i, a)
	t.urgent = t.urgent[:min(len(t.urgent), maxListed)]
	seen.of[row.Deadline] = t
}

var audiences = []Audience{ToThread, ToReviewers, ToChannel, ToAdmins}

func wider(a, b Audience) bool { return slices.Index(audiences, a) > slices.Index(audiences, b) }

// grouped reports whether it is announced as a group: if there are many, or if two or more were past when first seen.
func (t tally) grouped() bool { return t.count > maxSingle || t.firstSeen > 1 }

// groupedKinds returns the kinds that are announced as a group.
func (seen survey) groupedKinds() []DeadlineKind {
	var kinds []DeadlineKind
	for _, r := range Deadlines {
		if r.Grouped && seen.shop.InitialSyncDone && seen.of[r.Deadline].grouped() {
			kinds = append(kinds, r.Deadline)
		}
	}
	return kinds
}

// oneByOne returns what is announced one by one.
func (seen survey) oneByOne() []Key {
	var all []Application
	for _, r := range Deadlines {
		if t := seen.of[r.Deadline]; r.Grouped && !t.grouped() {
			all = append(all, t.urgent...)
		}
	}
	slices.SortStableFunc(all, func(a, b Application) int { return a.Timer.By.Compare(b.Timer.By) })
	keys := make([]Key, 0, len(all))
	for _, a := range all {
		keys = append(keys, a.Key)
	}
	return keys
}

// openGroups opens a grouped message of each kind, and drops those that were opened before.
func (e *Engine) openGroups(ctx context.Context, shop ShopID, kinds []DeadlineKind, now time.Time) error {
	return e.changeShop(ctx, shop, func(_ *txn, s *Shop) (bool, error) {
		s.GroupedMessages = slices.DeleteFunc(slices.Clone(s.GroupedMessages), func(g GroupedMessage) bool { return g.Open })
		for _, kind := range kinds {
			s.GroupCount++
			s.GroupedMessages = append(s.GroupedMessages, GroupedMessage{Kind: kind, At: now, N: s.GroupCount, Open: true})
		}
		return true, nil
	})
}

// closeGroups makes the grouped messages that were opened, of what was counted since. One for which too little was left
// is dropped.
func (e *Engine) closeGroups(ctx context.Context, seen survey, now time.Time) error {
	return e.changeShop(ctx, seen.shop.ID, func(t *txn, s *Shop) (bool, error) {
		if !slices.Equal(s.GroupedMessages, seen.shop.GroupedMessages) {
			return false, nil // another process changed it
		}
		var groups []GroupedMessage
		for _, g := range s.GroupedMessages {
			due := seen.of[g.Kind]
			switch {
			case !g.Open:
				groups = append(groups, g)
			case due.grouped():
				if err := t.announce(s.ID, due.payload(g.Kind, s.Name, now)); err != nil {
					return false, err
				}
				// This one also covers what an earlier message of the kind covered.
				groups = slices.DeleteFunc(groups, func(was GroupedMessage) bool { return was.Kind == g.Kind })
				groups = append(groups, GroupedMessage{Kind: g.Kind, At: g.At, N: g.N})
			}
		}
		s.GroupedMessages = groups
		return true, nil
	})
}

// payload is the grouped message: how many there are, and the most urgent by name.
func (t tally) payload(kind DeadlineKind, shop string, now time.Time) Payload {
	s := Payload{Kind: KindDeadline, At: now, Deadline: kind, Shop: shop, Waiting: t.count, Audience: t.audience, NextDue: t.urgent[0].Timer.By}
	for _, a := range t.urgent {
		s.Items = append(s.Items, groupItem(a))
	}
	return s
}

// Item is an application as a grouped message names it.
type Item struct {
	Key     Key       `json:"key"`
	Creator Creator   `json:"creator"`
	Product Product   `json:"product"`
	By      time.Time `json:"by,omitzero"`
	Link    string    `json:"link,omitempty"` // of its card
	Stage   Stage     `json:"stage,omitempty"`
}

func groupItem(a Application) Item {
	return Item{
		Key: a.Key, Creator: Creator{Username: a.Snapshot.Creator.Username, Nickname: a.Snapshot.Creator.Nickname},
		Product: Product{ID: a.Snapshot.Product.ID, Title: a.Snapshot.Product.Title, Variant: a.Snapshot.Product.Variant},
		By:      a.Timer.By, Link: a.Card.Link, Stage: a.Stage(),
	}
}
