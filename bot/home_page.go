package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// homePage is App Home as it is now for one person.
type homePage struct {
	view  view.HomeView
	state view.HomeState          // where she is: a page that is gone is the first
	spots map[workflow.Key]string // where each application on it stands
}

// homeReader is somebody who looks at App Home, with what she may do with the shops that she may see.
type homeReader struct {
	who     workflow.PersonID
	shops   []workflow.Shop
	decides map[workflow.ShopID]bool
	admin   map[workflow.ShopID]bool
	looksOn string // why she does not decide
	later   bool   // she put the welcome off
}

// buildHome gathers what App Home shows to a person. Kept are applications that stay where she saw them.
func (d *Desk) buildHome(ctx context.Context, who workflow.PersonID, state view.HomeState, kept map[workflow.Key]string) (homePage, error) {
	all, err := d.shops(ctx)
	if err != nil {
		return homePage{}, err
	}
	seen, denial, err := d.seenBy(ctx, who, all)
	if err != nil {
		return homePage{}, err
	}
	if len(seen) == 0 {
		return homePage{view: view.HomeClosed(view.HomeState{}, denial)}, nil
	}
	reader := d.homeReader(ctx, who, seen)
	page := homePage{}
	err = d.store.View(ctx, func(tx workflow.Tx) error {
		facts, spots, err := d.homeFacts(tx, reader, state, kept)
		if err == nil {
			page = homePage{view: view.Home(facts), state: facts.State, spots: spots}
		}
		return err
	})
	if err != nil {
		return homePage{}, fmt.Errorf("gathering what App Home shows: %w", err)
	}
	return page, nil
}

func (d *Desk) homeReader(ctx context.Context, who workflow.PersonID, seen []workflow.Shop) homeReader {
	r := homeReader{who: who, shops: seen, later: d.welcomes.is(who), decides: map[workflow.ShopID]bool{}, admin: map[workflow.ShopID]bool{}}
	for _, s := range seen {
		ok, denial := d.may(ctx, who, s, reviewer)
		r.decides[s.ID], r.admin[s.ID] = ok, ok && d.isAdmin(who, s)
		if denial == view.DeniedUnchecked {
			r.looksOn = cmp.Or(r.looksOn, view.HomeUnchecked)
		} else if !ok {
			r.looksOn = cmp.Or(r.looksOn, d.denied(denial, s))
		}
	}
	return r
}

func (d *Desk) homeFacts(tx workflow.Tx, r homeReader, state view.HomeState, kept map[workflow.Key]string) (view.HomeFacts, map[workflow.Key]string, error) {
	facts := view.HomeFacts{State: state, Shops: r.shops, Health: d.homeHealth(r.shops)}
	if err := homeFilters(tx, r, &facts); err != nil {
		return facts, nil, err
	}
	list, err := newHomeList(tx, r.shops, facts.State.Filter)
	if err != nil {
		return facts, nil, err
	}
	overall := homeList{shops: list.shops}
	if facts.Overall, err = overall.tally(tx); err != nil {
		return facts, nil, err
	}
	if facts.Soon, err = overall.soon(tx, time.Now()); err != nil {
		return facts, nil, err
	}
	if facts.Tally, err = list.tally(tx); err != nil {
		return facts, nil, err
	}
	if err := homeRights(tx, r, list.shops, &facts); err != nil {
		return facts, nil, err
	}
	rows, err := list.page(tx, &facts)
	if err != nil {
		return facts, nil, err
	}
	spots, err := d.homeRows(tx, r, rows, kept, &facts)
	return facts, spots, err
}

// homeFilters leaves out filters that name what the person may not see or what is gone, and gathers what she can choose.
func homeFilters(tx workflow.Tx, r homeReader, f *view.HomeFacts) (err error) {
	filter := &f.State.Filter
	was := *filter
	if filter.Shop != "" && !r.sees(filter.Shop) {
		filter.Shop = ""
	}
	if filter.Campaign != "" {
		c, err := tx.Campaign(filter.Campaign)
		if query.UnlessMissing(err) != nil {
			return err
		}
		if err == nil && r.sees(c.Shop) && (filter.Shop == "" || filter.Shop == c.Shop) {
			f.Campaign = view.HomeCampaign{Campaign: c}
		} else {
			filter.Campaign = ""
		}
	}
	if *filter != was {
		f.State = view.HomeState{Filter: *filter}
	}
	f.Campaigns, err = homeCampaigns(tx, r.shops, filter.Shop, "")
	for _, c := range f.Campaigns {
		if c.ID == f.Campaign.ID {
			f.Campaign = c
		}
	}
	return err
}

// homeRights tells what the person can do besides looking, in the shops that the filter lets through.
func homeRights(tx workflow.Tx, r homeReader, shops []workflow.Shop, f *view.HomeFacts) error {
	most := 1
	for _, s := range shops {
		f.Decides = f.Decides || r.decides[s.ID]
		if r.admin[s.ID] {
			f.Settings = cmp.Or(f.Settings, s.ID)
		}
		if !r.decides[s.ID] {
			continue
		}
		n, err := tx.Count(workflow.QueueOf(s.ID))
		if err != nil {
			return err
		}
		if n > most {
			most, f.Several = n, s.ID
		}
	}
	for _, s := range r.shops {
		if r.admin[s.ID] && !s.Settings.Welcomed && !r.later {
			f.Welcome = append(f.Welcome, s)
		}
	}
	if !f.Decides {
		f.LooksOn = r.looksOn
	}
	return nil
}

// soon counts those that wait for a decision and end before long.
func (l homeList) soon(tx workflow.Tx, now time.Time) (n int, err error) {
	rows, err := l.read(tx, []workflow.Stage{workflow.StageReview}, "", view.MostSoon+1)
	for _, r := range rows {
		if by := r.application.Report.ReviewBy; r.application.Decidable() && !by.IsZero() && by.Before(now.Add(view.SoonWithin)) {
			n++
		}
	}
	return n, err
}

// page reads the page that the state names, or the first where nothing is left there.
func (l homeList) page(tx workflow.Tx, f *view.HomeFacts) ([]placed, error) {
	stages := f.State.Stages()
	for _, s := range stages {
		f.Total += f.By[s]
	}
	if l.filter.Creator != "" && l.filter.Stage == query.AllStages {
		f.Total += f.Other
	}
	rows, err := l.read(tx, stages, f.State.Page.Cursor, view.HomePageSize+1)
	if err == nil && len(rows) == 0 && f.State.Page != (query.Page{}) {
		f.State = view.HomeState{Filter: f.State.Filter}
		rows, err = l.read(tx, stages, "", view.HomePageSize+1)
	}
	if err != nil {
		return nil, err
	}
	if len(rows) > view.HomePageSize {
		rows = rows[:view.HomePageSize]
		f.Next = &query.Page{Number: f.State.Page.Number + 1, Cursor: rows[len(rows)-1].spot}
	}
	f.First, err = l.first(tx, stages, *f, len(rows))
	return rows, err
}

// maxCounted is how far from the front of a list a page's number is counted.
const maxCounted = 25 * view.HomePageSize

// first returns the number of a page's first row. Near the front and at the end it is counted; in between it is what it
// was when the person came there, as no listing tells how much is before a spot.
func (l homeList) first(tx workflow.Tx, stages []workflow.Stage, f view.HomeFacts, rows int) (int, error) {
	page := f.State.Page
	switch {
	case page.Number == 0:
		return 1, nil
	case f.Next == nil:
		return max(1, f.Total-rows+1), nil
	case page.Number*view.HomePageSize > maxCounted:
		return page.Number*view.HomePageSize + 1, nil
	}
	before, err := l.read(tx, stages, "", (page.Number+4)*view.HomePageSize)
	n, _ := slices.BinarySearchFunc(before, page.Cursor+"\x00", func(p placed, spot string) int { return cmp.Compare(p.spot, spot) })
	return n + 1, err
}

// homeRows adds the rows of a page, and among them those that stay in their places.
func (d *Desk) homeRows(tx workflow.Tx, r homeReader, rows []placed, kept map[workflow.Key]string, f *view.HomeFacts) (map[workflow.Key]string, error) {
	stays := map[workflow.Key]bool{}
	for key, spot := range kept {
		if slices.ContainsFunc(rows, func(p placed) bool { return p.application.Key == key }) || !r.sees(key.Shop) {
			continue
		}
		a, err := tx.Application(key)
		if errors.Is(err, workflow.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		rows, stays[key] = append(rows, placed{a, spot}), true
	}
	slices.SortStableFunc(rows, bySpot)
	spots := make(map[workflow.Key]string, len(rows))
	for _, p := range rows {
		a := p.application
		row, err := query.RowOf(tx, a, r.shops)
		if err != nil {
			return nil, err
		}
		spots[a.Key] = p.spot
		f.Rows = append(f.Rows, view.HomeRow{
			Row: row, Decides: r.decides[a.Key.Shop], Undoes: a.Decision.By == r.who || r.admin[a.Key.Shop],
			Quick: r.quick(a.Key.Shop), Stays: stays[a.Key],
		})
	}
	return spots, nil
}

func (r homeReader) sees(id workflow.ShopID) bool {
	return query.Holds(r.shops, id)
}

func (r homeReader) quick(id workflow.ShopID) bool {
	i := slices.IndexFunc(r.shops, func(s workflow.Shop) bool { return s.ID == id })
	return i >= 0 && r.shops[i].Settings.QuickReject
}

// homeHealth tells how the shops stand with TikTok.
func (d *Desk) homeHealth(shops []workflow.Shop) view.HomeHealth {
	syncs := d.syncs()
	h := view.HomeHealth{Untold: len(syncs) == 0}
	for n, s := range shops {
		sync := syncs[s.ID]
		if n == 0 || sync.Ended.Before(h.Synced) {
			h.Synced = sync.Ended
		}
		switch name := query.ShopName(s, len(shops)); {
		case s.Stopped != (workflow.Cause{}):
			h.Troubles = append(h.Troubles, view.HomeTrouble{Shop: name, Cause: s.Stopped})
		case s.Barred != (workflow.Cause{}):
			h.Troubles = append(h.Troubles, view.HomeTrouble{Shop: name, Cause: s.Barred, Sends: true})
		case sync.Err != nil:
			h.Troubles = append(h.Troubles, view.HomeTrouble{Shop: name})
		}
	}
	return h
}
