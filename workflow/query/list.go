package query

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"sampledesk/workflow"
)

// How far ahead List.Soon looks, and how many it counts.
const (
	SoonWithin = 24 * time.Hour
	MostSoon   = 100
)

// MostSorted is how many applications of a list are read to be sifted, or put in another order than that of their
// listings: those with the soonest deadlines.
const MostSorted = 2000

// countedPages is how far from the front of a list a page's first row is counted.
const countedPages = 25

// ListRequest says what part of which list is wanted.
type ListRequest struct {
	Shops     []workflow.Shop // those that the person may see
	Filter    Filter
	Page      Page
	Size      int                     // of a page
	Kept      map[workflow.Key]string // by cursor: what stays in its place, whether or not the filter lets it through
	Campaigns int                     // how many campaigns there is room for; one more reports that there are more
	Now       time.Time
	Who       workflow.PersonID // whose list it is
}

// List is a page of the applications that a filter lets through: the stages one after the other, and within a stage the
// shops merged.
type List struct {
	Filter Filter          // as it holds: without what may not be seen, and what is gone
	Page   Page            // that is shown: the first where the filter was changed, or the page is gone
	Shops  []workflow.Shop // that the filter lets through

	Campaign  CampaignItem   // of the filter; zero: none
	Campaigns []CampaignItem // to choose from

	Overall   Tally // of Shops, whatever the rest of the filter
	Mine      int   // of those that wait for a decision there: how many Who is on
	Suggested int   // of those that wait for a decision there: for how many a rule suggests something
	Soon      int   // of those that wait for a decision there: how many end within SoonWithin; at most MostSoon and one are counted
	Tally     Tally // of what the filter but its stage lets through

	Rows  []ListRow
	Total int   // of all pages
	First int   // the number of the first row, from 1
	Next  *Page // nil: there is none

	Partial bool // there are more than MostSorted: the rest was not looked at
}

// ListRow is an application in a List.
type ListRow struct {
	Row
	Cursor string // where it stands
	Stays  bool   // the filter does not let it through
}

// ReadList reads a list.
func ReadList(ctx context.Context, tx workflow.Tx, r ListRequest) (l List, err error) {
	l.Page = r.Page
	if err := l.applyFilter(ctx, tx, r); err != nil {
		return l, err
	}
	list, err := newStages(ctx, tx, r, l.Filter)
	if err != nil {
		return l, err
	}
	l.Shops, l.Partial = list.shops, list.partial
	if l.Overall, err = tallyOf(tx, list.shops); err != nil {
		return l, err
	}
	if l.Soon, err = (stages{shops: list.shops}).soon(tx, r.Now); err != nil {
		return l, err
	}
	if l.Mine, err = mineOf(tx, list.shops, r.Who); err != nil {
		return l, err
	}
	if l.Suggested, err = countIn(tx, suggestedIn(list.shops)); err != nil {
		return l, err
	}
	if l.Tally, err = list.tally(tx); err != nil {
		return l, err
	}
	found, err := l.readPage(tx, list, r.Size)
	if err != nil {
		return l, err
	}
	return l, l.addRows(tx, r, found)
}

// applyFilter leaves out of the filter what names what the person may not see or what is gone, and gathers the
// campaigns.
func (l *List) applyFilter(ctx context.Context, tx workflow.Tx, r ListRequest) (err error) {
	f := r.Filter
	if f.Answers {
		f = Filter{Shop: f.Shop, Sort: f.Sort, Answers: true}
	}
	if f.Mine != "" {
		f.Mine = r.Who
	}
	if f.Stage != "" && f.Stage != workflow.StageReview || f.Campaign != "" {
		f.Mine, f.Suggested = "", false
	}
	f.Suggested = f.Suggested && f.Mine == ""
	if f.Shop != "" && !Holds(r.Shops, f.Shop) {
		f.Shop = ""
	}
	if f.Only.Campaign != "" && f.Campaign != "" {
		f.Only.Campaign = ""
	}
	if f.Campaign != "" {
		c, err := tx.Campaign(f.Campaign)
		if UnlessMissing(err) != nil {
			return err
		}
		if err == nil && Holds(r.Shops, c.Shop) && (f.Shop == "" || f.Shop == c.Shop) {
			l.Campaign = CampaignItem{Campaign: c}
		} else {
			f.Campaign = ""
		}
	}
	if f != r.Filter {
		l.Page = Page{}
	}
	l.Filter = f
	l.Campaigns, err = CampaignsLike(ctx, tx, r.Shops, f.Shop, "", r.Campaigns+1)
	for _, c := range l.Campaigns {
		if c.ID == l.Campaign.ID {
			l.Campaign = c
		}
	}
	return err
}

// readPage reads the page that is asked for, or the first where nothing is left there.
func (l *List) readPage(tx workflow.Tx, list stages, size int) ([]placed, error) {
	wanted := l.Filter.Stages()
	switch {
	case list.counted(), list.partial:
		l.Total = len(list.readOwn(wanted, "", len(list.own)))
	default:
		for _, s := range wanted {
			l.Total += l.Tally.By[s]
		}
	}
	found, err := list.read(tx, wanted, l.Page.Cursor, size+1)
	if err == nil && len(found) == 0 && l.Page != (Page{}) {
		l.Page = Page{}
		found, err = list.read(tx, wanted, "", size+1)
	}
	if err != nil {
		return nil, err
	}
	if len(found) > size {
		found = found[:size]
		l.Next = &Page{Number: l.Page.Number + 1, Cursor: found[len(found)-1].cursor}
	}
	l.First, err = l.firstRow(tx, list, size, len(found))
	return found, err
}

// firstRow returns the number of a page's first row. Near the front and at the end it is counted; in between it is what
// it was when the person came there, as no listing says how much is before a cursor.
func (l *List) firstRow(tx workflow.Tx, list stages, size, rows int) (int, error) {
	switch {
	case l.Page.Number == 0:
		return 1, nil
	case l.Next == nil:
		return max(1, l.Total-rows+1), nil
	case l.Page.Number > countedPages:
		return l.Page.Number*size + 1, nil
	}
	before, err := list.read(tx, l.Filter.Stages(), "", (l.Page.Number+4)*size)
	n, _ := slices.BinarySearchFunc(before, l.Page.Cursor+"\x00", func(p placed, cursor string) int { return cmp.Compare(p.cursor, cursor) })
	return n + 1, err
}

// addRows adds the rows of a page, and among them those that stay in their places.
func (l *List) addRows(tx workflow.Tx, r ListRequest, found []placed) error {
	stays := map[workflow.Key]bool{}
	for key, cursor := range r.Kept {
		if slices.ContainsFunc(found, func(p placed) bool { return p.application.Key == key }) || !Holds(r.Shops, key.Shop) {
			continue
		}
		a, err := tx.Application(key)
		if UnlessMissing(err) != nil {
			return err
		}
		if err == nil {
			found, stays[key] = append(found, placed{a, cursor}), true
		}
	}
	slices.SortStableFunc(found, byCursor)
	for _, p := range found {
		row, err := RowOf(tx, p.application, r.Shops)
		if err != nil {
			return err
		}
		l.Rows = append(l.Rows, ListRow{Row: row, Cursor: p.cursor, Stays: stays[p.application.Key]})
	}
	return nil
}

// stages reads what a filter lets through, from the listings of the store, a page at a time; what was searched, and what is
// sorted otherwise than the listings are, is read first and then parted into pages.
type stages struct {
	filter  Filter
	shops   []workflow.Shop // those that the filter lets through
	own     []workflow.Application
	partial bool // own is not all
}

func newStages(ctx context.Context, tx workflow.Tx, r ListRequest, f Filter) (l stages, err error) {
	l.filter = f
	for _, s := range r.Shops {
		if f.Shop == "" || f.Shop == s.ID {
			l.shops = append(l.shops, s)
		}
	}
	switch {
	case f.Creator != "":
		l.own, _, err = Named(tx, l.shops, f.Creator)
		l.own = slices.DeleteFunc(l.own, func(a workflow.Application) bool {
			return f.Campaign != "" && f.Campaign != a.Campaign || f.Mine != "" && f.Mine != a.OnIt.By || f.Suggested && !suggested(a)
		})
	case l.readFirst():
		err = l.gather(ctx, tx)
	}
	if err != nil || f.Only == (Criteria{}) {
		return l, err
	}
	wanted, kept := f.Only.Sieve(tx, r.Now), l.own[:0]
	for _, a := range l.own {
		if admitted, err := wanted.Admits(a); err != nil {
			return l, err
		} else if admitted {
			kept = append(kept, a)
		}
	}
	l.own = kept
	return l, nil
}

// readFirst reports whether all of the list, or MostSorted of it, is read before its first page.
func (l stages) readFirst() bool { return l.counted() || l.filter.Sort != ByDeadline }

// counted reports whether how many there are is known only from what was read.
func (l stages) counted() bool { return l.filter.Creator != "" || l.filter.Only != Criteria{} }

// gather reads what is to be sorted: of each listing as much as MostSorted allows all of a stage's.
func (l *stages) gather(ctx context.Context, tx workflow.Tx) error {
	for _, stage := range l.filter.Stages() {
		all := l.listings(stage)
		for _, listing := range all {
			room := min(MostSorted/len(all), MostSorted-len(l.own))
			for a, err := range workflow.Walk(ctx, tx, listing, "") {
				if err != nil {
					return err
				}
				if room--; room < 0 {
					l.partial = true
					break
				}
				l.own = append(l.own, a)
			}
		}
	}
	return nil
}

// listings are those of one stage, all in the same order.
func (l stages) listings(stage workflow.Stage) []workflow.Listing {
	switch {
	case l.filter.Mine != "":
		return mineIn(l.shops, l.filter.Mine)
	case l.filter.Suggested:
		return suggestedIn(l.shops)
	}
	if l.filter.Campaign != "" {
		return []workflow.Listing{workflow.CampaignStageOf(l.filter.Campaign, stage)}
	}
	all := make([]workflow.Listing, len(l.shops))
	for i, s := range l.shops {
		all[i] = workflow.StageOf(s.ID, stage)
	}
	return all
}

// tally counts what the filter but its stage lets through.
func (l stages) tally(tx workflow.Tx) (Tally, error) {
	switch {
	case l.filter.Creator != "":
		return l.ownTally(), nil
	case l.filter.Mine != "":
		n, err := mineOf(tx, l.shops, l.filter.Mine)
		return Tally{By: map[workflow.Stage]int{workflow.StageReview: n}}, err
	case l.filter.Suggested:
		n, err := countIn(tx, suggestedIn(l.shops))
		return Tally{By: map[workflow.Stage]int{workflow.StageReview: n}}, err
	case l.filter.Campaign != "":
		return campaignTally(tx, l.filter.Campaign)
	default:
		return tallyOf(tx, l.shops)
	}
}

// mineIn are the listings of what a person is on.
func mineIn(shops []workflow.Shop, who workflow.PersonID) []workflow.Listing {
	all := make([]workflow.Listing, len(shops))
	for i, s := range shops {
		all[i] = workflow.OnItOf(s.ID, who)
	}
	return all
}

// mineOf counts what a person is on.
func mineOf(tx workflow.Tx, shops []workflow.Shop, who workflow.PersonID) (int, error) {
	return countIn(tx, mineIn(shops, who))
}

// countIn counts what is in some listings.
func countIn(tx workflow.Tx, all []workflow.Listing) (n int, err error) {
	for _, l := range all {
		count, err := tx.Count(l)
		if err != nil {
			return n, err
		}
		n += count
	}
	return n, nil
}

func (l stages) ownTally() Tally {
	t := Tally{By: map[workflow.Stage]int{}}
	for _, a := range l.own {
		if stage := a.Stage(); slices.Contains(workflow.Stages, stage) {
			t.By[stage]++
		} else {
			t.Other++
		}
	}
	return t
}

// soon counts those that wait for a decision and end before long.
func (l stages) soon(tx workflow.Tx, now time.Time) (n int, err error) {
	found, err := l.read(tx, []workflow.Stage{workflow.StageReview}, "", MostSoon+1)
	for _, p := range found {
		if by := p.application.Snapshot.ReviewBy; p.application.Decidable() && !by.IsZero() && by.Before(now.Add(SoonWithin)) {
			n++
		}
	}
	return n, err
}

// read returns up to limit applications of the stages, from the first after a cursor on.
func (l stages) read(tx workflow.Tx, wanted []workflow.Stage, after string, limit int) (found []placed, err error) {
	if l.readFirst() {
		return l.readOwn(wanted, after, limit), nil
	}
	part, sort := parseCursor(after)
	for ; part < len(wanted) && len(found) < limit; part++ {
		var merged []placed
		for _, listing := range l.listings(wanted[part]) {
			page, err := tx.Applications(listing, sort, limit-len(found))
			if err != nil {
				return nil, err
			}
			for _, a := range page.Applications {
				merged = append(merged, placed{a, cursorOf(part, sortIn(a, listing))})
			}
		}
		slices.SortFunc(merged, byCursor)
		found = append(found, merged[:min(len(merged), limit-len(found))]...)
		sort = ""
	}
	return found, nil
}

func (l stages) readOwn(wanted []workflow.Stage, after string, limit int) (found []placed) {
	for _, a := range l.own {
		stage := a.Stage()
		part := slices.Index(wanted, stage)
		if part < 0 && l.filter.Stage == AllStages {
			part = len(wanted) // a status that this desk does not know
		}
		if part < 0 {
			continue
		}
		cursor := cursorOf(part, l.filter.Sort.place(a))
		if cursor > after {
			found = append(found, placed{a, cursor})
		}
	}
	slices.SortFunc(found, byCursor)
	return found[:min(len(found), limit)]
}

// place is where an application stands within its stage.
func (o Order) place(a workflow.Application) string {
	switch o {
	case ByValue:
		value, shared := a.Snapshot.Creator.GMV.Number()
		if !shared {
			return "~/" + a.Key.String()
		}
		return fmt.Sprintf("%020d/%s", uint64(max(0, highest-value*100)), a.Key)
	case ByNewest:
		return fmt.Sprintf("%020d/%s", uint64(max(0, highest-float64(a.SeenAt.UnixMicro()))), a.Key)
	default:
		return sortIn(a, workflow.StageOf(a.Key.Shop, a.Stage()))
	}
}

// highest is more than any time in microseconds, and than any sum in hundredths; a float64 holds it, and all below it,
// exactly.
const highest = 1 << 53

func cursorOf(part int, sort string) string { return fmt.Sprintf("%02d:%s", part, sort) }

// parseCursor reads what cursorOf wrote; the empty text is the start.
func parseCursor(cursor string) (part int, sort string) {
	number, sort, _ := strings.Cut(cursor, ":")
	part, err := strconv.Atoi(number)
	if err != nil || part < 0 {
		return 0, ""
	}
	return part, sort
}
