package query

import (
	"context"
	"slices"
	"strings"
	"time"

	"sampledesk/workflow"
)

const (
	// maxRecent is how many requests of a shop are looked through for a name that may have been meant.
	maxRecent = 300

	// recentFor is how long ago a request may have come to be among them.
	recentFor = 30 * 24 * time.Hour
)

// SearchTerm is what somebody gave to find requests by.
type SearchTerm struct {
	Channel, TS string // of a card, by its link
	Word        string // an id, a short id, a user name, or the beginnings of words of a name, a handle or a product
	Name        bool   // Word is a user name for certain, where there is one
}

// Find returns the requests of the shops that a term names, the latest first: those of that very id, short id, thread or
// user name, and where there is none those that ByWords finds.
func Find(tx workflow.Tx, shops []workflow.Shop, t SearchTerm) ([]workflow.Application, error) {
	found, _, err := findMore(tx, shops, t)
	return found, err
}

// findMore is Find, and tells whether there may be others.
func findMore(tx workflow.Tx, shops []workflow.Shop, t SearchTerm) (found []workflow.Application, more bool, err error) {
	switch {
	case t.TS != "":
		found, err = listed(tx, shops, workflow.ThreadOf(t.Channel, t.TS))
	case !t.Name:
		found, err = numbered(tx, shops, t.Word)
	}
	if err != nil || len(found) > 0 || t.Word == "" {
		return found, false, err
	}
	return Named(tx, shops, t.Word)
}

// Named returns the requests that came under a user name, and where there is none those that ByWords finds. More is true
// where there may be others.
func Named(tx workflow.Tx, shops []workflow.Shop, name string) (found []workflow.Application, more bool, err error) {
	found, err = ByUsername(tx, shops, name)
	if err == nil && len(found) == 0 {
		return ByWords(context.Background(), tx, shops, name) // the transaction looks at its own
	}
	return found, false, err
}

// ByUsername returns the requests that came to the shops under a user name, the latest first: of each shop
// workflow.MaxOfCreator at the most.
func ByUsername(tx workflow.Tx, shops []workflow.Shop, name string) (found []workflow.Application, err error) {
	for _, s := range shops {
		own, err := tx.Latest(workflow.UsernameOf(s.ID, name), workflow.MaxOfCreator)
		if err != nil {
			return nil, err
		}
		found = append(found, own...)
	}
	slices.SortStableFunc(found, func(a, b workflow.Application) int { return b.SeenAt.Compare(a.SeenAt) })
	return found, nil
}

// numbered finds requests by id or by short id.
func numbered(tx workflow.Tx, shops []workflow.Shop, word string) (found []workflow.Application, err error) {
	id := strings.TrimPrefix(word, "#")
	for _, s := range shops {
		a, err := tx.Application(workflow.Key{Shop: s.ID, ID: workflow.ApplicationID(id)})
		if err == nil {
			found = append(found, a)
		} else if UnlessMissing(err) != nil {
			return nil, err
		}
	}
	if short, ok := workflow.ParseShort(word); ok && len(found) == 0 {
		return listed(tx, shops, workflow.ShortOf(short))
	}
	return found, nil
}

// listed reads a listing, and leaves out what is of other shops.
func listed(tx workflow.Tx, shops []workflow.Shop, l workflow.Listing) ([]workflow.Application, error) {
	page, err := tx.Applications(l, "", workflow.MaxOfCreator)
	return slices.DeleteFunc(page.Applications, func(a workflow.Application) bool {
		return !Holds(shops, a.Key.Shop)
	}), err
}

// Recent returns the requests that people most likely mean: those that wait, soonest deadline first, and those that
// came in the last weeks before now.
func Recent(tx workflow.Tx, shops []workflow.Shop, now time.Time) (all []workflow.Application, err error) {
	since := workflow.CursorAt(now.Add(-recentFor))
	for _, s := range shops {
		waiting, err := tx.Applications(workflow.QueueOf(s.ID), "", maxRecent)
		if err != nil {
			return nil, err
		}
		seen, err := tx.Applications(workflow.SeenOf(s.ID), since, maxRecent)
		if err != nil {
			return nil, err
		}
		all = append(append(all, waiting.Applications...), seen.Applications...)
	}
	return all, nil
}

// RecentNames returns the user names of Recent, each once.
func RecentNames(tx workflow.Tx, shops []workflow.Shop, now time.Time) ([]string, error) {
	known, err := Recent(tx, shops, now)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, a := range known {
		names = append(names, a.Snapshot.Creator.Username)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// Suggest returns what a term names, and after that what Recent has with the term's word in a name or a short id.
func Suggest(tx workflow.Tx, shops []workflow.Shop, t SearchTerm, now time.Time) ([]workflow.Application, error) {
	found, err := Find(tx, shops, t)
	if err != nil || t.Word == "" {
		return found, err
	}
	recent, err := Recent(tx, shops, now)
	if err != nil {
		return nil, err
	}
	part := strings.ToLower(t.Word)
	for _, a := range recent {
		there := slices.ContainsFunc(found, func(f workflow.Application) bool { return f.Key == a.Key })
		if !there && named(a, part) {
			found = append(found, a)
		}
	}
	return found, nil
}

// named reports whether a request goes by a name, or a short id, that has the part in it.
func named(a workflow.Application, part string) bool {
	c := a.Snapshot.Creator
	return slices.ContainsFunc([]string{c.Username, c.Nickname, string(a.Key.Short())}, func(name string) bool {
		return strings.Contains(strings.ToLower(name), part)
	})
}
