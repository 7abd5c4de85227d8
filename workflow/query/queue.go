package query

import (
	"cmp"
	"slices"
	"time"

	"sampledesk/workflow"
)

// Queue is a page of what waits for the team, soonest deadline first.
type Queue struct {
	Total int
	Page  int // counted from 0
	Rows  []Row
	Back  *Page // the page before, or the first; nil: there is none
	Next  *Page // the page after; nil: there is none
}

// QueueAt reads a page of what waits for the team. Where there are several shops their queues are merged by deadline:
// the cursor is then a deadline as the listing sorts it, which holds in each of them.
func QueueAt(tx workflow.Tx, shops []workflow.Shop, at Page, size int) (Queue, error) {
	return queueAt(tx, shops, queuesOf(shops), at, size)
}

func queuesOf(shops []workflow.Shop) []workflow.Listing {
	all := make([]workflow.Listing, len(shops))
	for i, s := range shops {
		all[i] = workflow.QueueOf(s.ID)
	}
	return all
}

// queueAt reads a page of listings that are in the order of review deadlines.
func queueAt(tx workflow.Tx, shops []workflow.Shop, of []workflow.Listing, at Page, size int) (Queue, error) {
	q := Queue{Page: at.Number}
	found, total, err := merged(tx, of, at.Cursor, size+1)
	if err != nil {
		return q, err
	}
	q.Total = total
	if q.Back, err = pageBefore(tx, of, at, size); err != nil {
		return q, err
	}
	if len(found) > size {
		found = found[:size]
		q.Next = &Page{Number: at.Number + 1, Cursor: found[len(found)-1].cursor}
	}
	for _, p := range found {
		row, err := RowOf(tx, p.application, shops)
		if err != nil {
			return q, err
		}
		q.Rows = append(q.Rows, row)
	}
	return q, nil
}

// pageBefore finds the page before one: near the front. Listings are read forwards only, so it counts from there; further
// on it is the first page.
func pageBefore(tx workflow.Tx, of []workflow.Listing, at Page, size int) (*Page, error) {
	if at.Number == 0 {
		return nil, nil
	}
	skipped := (at.Number - 1) * size
	if skipped == 0 || at.Number > countedPages {
		return &Page{}, nil
	}
	found, _, err := merged(tx, of, "", skipped)
	if err != nil {
		return nil, err
	}
	if len(found) < skipped { // the queue has shrunk meanwhile
		return &Page{}, nil
	}
	return &Page{Number: at.Number - 1, Cursor: found[skipped-1].cursor}, nil
}

// placed is an application and where it stands in a list. Cursors are in the list's order.
type placed struct {
	application workflow.Application
	cursor      string
}

func byCursor(a, b placed) int { return cmp.Compare(a.cursor, b.cursor) }

// merged reads up to limit applications of all listings after a cursor, soonest deadline first, and how many there are in
// all.
func merged(tx workflow.Tx, of []workflow.Listing, after string, limit int) (found []placed, total int, err error) {
	for _, listing := range of {
		n, err := tx.Count(listing)
		if err != nil {
			return nil, 0, err
		}
		total += n
		page, err := tx.Applications(listing, after, limit)
		if err != nil {
			return nil, 0, err
		}
		for _, a := range page.Applications {
			found = append(found, placed{a, sortIn(a, listing)})
		}
	}
	slices.SortFunc(found, byCursor)
	return found[:min(limit, len(found))], total, nil
}

// sortIn is how an application is sorted in a listing.
func sortIn(a workflow.Application, l workflow.Listing) string {
	for _, p := range a.Places() {
		if p.Listing == l {
			return p.Sort
		}
	}
	return ""
}

// FirstWaiting returns the wanted one of some shops, or else the first in which something waits, or the first.
func FirstWaiting(tx workflow.Tx, shops []workflow.Shop, wanted workflow.ShopID) (workflow.Shop, error) {
	if s, ok := ShopAmong(shops, wanted); ok {
		return s, nil
	}
	for _, s := range shops {
		n, err := tx.Count(workflow.QueueOf(s.ID))
		if err != nil || n > 0 {
			return s, err
		}
	}
	return shops[0], nil
}

// MostWaiting returns the shop in which most wait, if somewhere several do; else nothing.
func MostWaiting(tx workflow.Tx, shops []workflow.Shop) (where workflow.ShopID, err error) {
	most := 1
	for _, s := range shops {
		n, err := tx.Count(workflow.QueueOf(s.ID))
		if err != nil {
			return "", err
		}
		if n > most {
			most, where = n, s.ID
		}
	}
	return where, nil
}

// Backlog is how many requests of a shop wait without a card.
type Backlog struct {
	Shop    string // named only where a channel serves several
	Waiting int
	DueSoon int       // of all that wait, with a card or without: those with a deadline within workflow.CloseDeadline
	NextDue time.Time // the first deadline of those without a card; zero: there is none
}

// BacklogOf counts them.
func BacklogOf(tx workflow.Tx, d Defaults, shop workflow.ShopID, now time.Time) (b Backlog, err error) {
	if b.Shop, err = d.ShopNamed(tx, shop); err != nil {
		return b, err
	}
	if b.Waiting, err = tx.Count(workflow.BacklogOf(shop)); err != nil {
		return b, err
	}
	if b.DueSoon, err = DueWithin(tx, workflow.QueueOf(shop), now, workflow.CloseDeadline); err != nil {
		return b, err
	}
	page, err := tx.Applications(workflow.BacklogOf(shop), "", 1)
	if err == nil && len(page.Applications) > 0 {
		b.NextDue = page.Applications[0].Snapshot.ReviewBy
	}
	return b, err
}

// DueWithin counts what of a listing in order of deadlines is ahead, so far at the most. The listing is workflow.QueueOf, or
// StageOf for what is to be shipped.
func DueWithin(tx workflow.Tx, l workflow.Listing, now time.Time, span time.Duration) (int, error) {
	until, err := tx.CountTo(l, workflow.DueBy(now.Add(span)))
	if err != nil {
		return 0, err
	}
	over, err := tx.CountTo(l, workflow.DueBy(now))
	return until - over, err
}
