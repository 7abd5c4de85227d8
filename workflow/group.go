package workflow

import (
	"context"
	"slices"
	"time"
)

// maxSingle is how many applications of a shop may come to a step of the same deadline at once and still be told one by
// one. More are one grouped message.
const maxSingle = 5

// maxListed is how many applications a grouped message names; the others it counts.
const maxListed = 10

// GroupTold is one grouped message about a kind of deadline. It speaks of all applications whose step was due at At, as
// their clocks said that were set before the message was begun. It is begun first, so that what comes to be due
// meanwhile is told apart from what is counted; then those are counted and the message is made; and in the end each of
// them is passed over, batch by batch, also by a desk that was started anew in between.
type GroupTold struct {
	Kind DeadlineKind `json:"kind"`
	At   time.Time    `json:"at"`
	N    int          `json:"n"`              // of the shop's grouped messages, from 1
	Open bool         `json:"open,omitempty"` // it was begun, and is not made yet
}

// covers tells whether the message speaks of what a clock says.
func (g GroupTold) covers(c Armed) bool {
	return g.Kind == c.Kind && c.Groups < g.N && !c.Next.IsZero() && !c.Next.After(g.At)
}

// groupWith returns the grouped message that spoke of what a clock says, if one did.
func (s Shop) groupWith(c Armed) (GroupTold, bool) {
	i := slices.IndexFunc(s.Grouped, func(g GroupTold) bool { return !g.Open && g.covers(c) })
	if i < 0 {
		return GroupTold{}, false
	}
	return s.Grouped[i], true
}

// opening returns the grouped message of that kind that was begun and is not made yet, or nil.
func (s Shop) opening(kind DeadlineKind) *GroupTold {
	i := slices.IndexFunc(s.Grouped, func(g GroupTold) bool { return g.Open && g.Kind == kind })
	if i < 0 {
		return nil
	}
	return &s.Grouped[i]
}

// opened tells whether some grouped message was begun and is not made yet.
func (s Shop) opened() bool {
	return slices.ContainsFunc(s.Grouped, func(g GroupTold) bool { return g.Open })
}

// counted puts on record with the application what a grouped message told of it.
func (a Application) counted(s Shop) Application {
	g, ok := s.groupWith(a.Clock)
	if !ok {
		return a
	}
	_, before, ok := a.latest(s.Settings, g.At)
	if !ok {
		return a
	}
	return a.tellingUpTo(before)
}

// tellGroups makes the grouped messages that are called for, and returns what is due then. Messages that were begun and
// not made, as their desk died, are begun anew: there may be more to tell by now.
func (e *Engine) tellGroups(ctx context.Context, shop ShopID, now time.Time) (seen survey, err error) {
	if seen, err = e.survey(ctx, shop, now); err != nil {
		return seen, err
	}
	kinds := seen.crowded()
	if len(kinds) == 0 && !seen.shop.opened() {
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

// survey is what a look found of a shop's deadlines that are due.
type survey struct {
	shop    Shop
	of      map[DeadlineKind]tally
	singles []Key // what is told one by one, the most urgent first
	left    int   // how many are handled otherwise
}

// tally is what there is to tell of one kind. While a grouped message is begun it is what that speaks of.
type tally struct {
	count  int
	firsts int   // of the count, those that were past when the desk first saw them
	voice  Voice // the loudest
	urgent []Application
}

// survey looks through all that is due. It only reads: however much that is, nobody waits for it.
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
				if a.Clock.Next.After(now) {
					page.Next = ""
					break
				}
				seen.take(a, now)
			}
			if cursor = page.Next; cursor == "" {
				return nil
			}
		}
	})
	seen.singles = seen.oneByOne()
	return seen, err
}

// take adds what is due of one application.
func (seen *survey) take(a Application, now time.Time) {
	row, _, ok := a.latest(seen.shop.Settings, now)
	if !ok {
		return
	}
	if _, told := seen.shop.groupWith(a.Clock); told || a.Clock.over(now) {
		seen.left++
		return
	}
	if g := seen.shop.opening(row.Deadline); g != nil && !g.covers(a.Clock) {
		return
	}
	if row.Deadline == MoveDeadline {
		seen.left++
	}
	t := seen.of[row.Deadline]
	if t.count++; a.Clock.First {
		t.firsts++
	}
	if louder(row.Voice, t.voice) {
		t.voice = row.Voice
	}
	i, _ := slices.BinarySearchFunc(t.urgent, a, func(x, y Application) int { return x.Clock.By.Compare(y.Clock.By) })
	t.urgent = slices.Insert(t.urgent, i, a)
	t.urgent = t.urgent[:min(len(t.urgent), maxListed)]
	seen.of[row.Deadline] = t
}

var voices = []Voice{ToThread, ToReviewers, ToChannel, ToAdmins}

func louder(a, b Voice) bool { return slices.Index(voices, a) > slices.Index(voices, b) }

// many tells whether it is told as a group: as there are so many, or, at a first sight, as soon as there are two.
func (t tally) many() bool { return t.count > maxSingle || t.firsts > 1 }

// crowded returns the kinds of which there are too many to be told one by one.
func (seen survey) crowded() []DeadlineKind {
	var kinds []DeadlineKind
	for _, r := range Deadlines {
		if r.Grouped && seen.shop.Met && seen.of[r.Deadline].many() {
			kinds = append(kinds, r.Deadline)
		}
	}
	return kinds
}

// oneByOne returns what is told one by one.
func (seen survey) oneByOne() []Key {
	var all []Application
	for _, r := range Deadlines {
		if t := seen.of[r.Deadline]; r.Grouped && !t.many() {
			all = append(all, t.urgent...)
		}
	}
	slices.SortStableFunc(all, func(a, b Application) int { return a.Clock.By.Compare(b.Clock.By) })
	keys := make([]Key, 0, len(all))
	for _, a := range all {
		keys = append(keys, a.Key)
	}
	return keys
}

// openGroups begins a grouped message of each kind, and gives up those that were begun before.
func (e *Engine) openGroups(ctx context.Context, shop ShopID, kinds []DeadlineKind, now time.Time) error {
	return e.changeShop(ctx, shop, func(_ *turn, s *Shop) (bool, error) {
		s.Grouped = slices.DeleteFunc(slices.Clone(s.Grouped), func(g GroupTold) bool { return g.Open })
		for _, kind := range kinds {
			s.Groups++
			s.Grouped = append(s.Grouped, GroupTold{Kind: kind, At: now, N: s.Groups, Open: true})
		}
		return true, nil
	})
}

// closeGroups makes the grouped messages that were begun, of what was counted since. One for which too little was left
// is given up.
func (e *Engine) closeGroups(ctx context.Context, seen survey, now time.Time) error {
	return e.changeShop(ctx, seen.shop.ID, func(t *turn, s *Shop) (bool, error) {
		if !slices.Equal(s.Grouped, seen.shop.Grouped) {
			return false, nil // another desk's by now
		}
		var groups []GroupTold
		for _, g := range s.Grouped {
			told := seen.of[g.Kind]
			switch {
			case !g.Open:
				groups = append(groups, g)
			case told.many():
				if err := t.announce(s.ID, told.saying(g.Kind, s.Name, now)); err != nil {
					return false, err
				}
				// What an earlier message of the kind spoke of, this one covers too.
				groups = slices.DeleteFunc(groups, func(was GroupTold) bool { return was.Kind == g.Kind })
				groups = append(groups, GroupTold{Kind: g.Kind, At: g.At, N: g.N})
			}
		}
		s.Grouped = groups
		return true, nil
	})
}

// saying is the grouped message: how many there are, and the most urgent by name.
func (t tally) saying(kind DeadlineKind, shop string, now time.Time) Saying {
	s := Saying{Kind: SayDeadline, At: now, Deadline: kind, Shop: shop, Waiting: t.count, Voice: t.voice, NextDue: t.urgent[0].Clock.By}
	for _, a := range t.urgent {
		s.Items = append(s.Items, itemSaid(a))
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

func itemSaid(a Application) Item {
	return Item{
		Key: a.Key, Creator: Creator{Username: a.Report.Creator.Username, Nickname: a.Report.Creator.Nickname},
		Product: Product{ID: a.Report.Product.ID, Title: a.Report.Product.Title, Variant: a.Report.Product.Variant},
		By:      a.Clock.By, Link: a.Card.Link, Stage: a.Stage(),
	}
}
