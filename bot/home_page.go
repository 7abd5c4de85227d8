package bot

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"sampledesk/bot/access"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// homePage is App Home as it is now for one person.
type homePage struct {
	view    view.HomeView
	state   view.HomeState          // where they are: a page that is gone is the first
	cursors map[workflow.Key]string // where each application on it stands
}

// homeReader is somebody who looks at App Home, with what they may do with the shops that they may see.
type homeReader struct {
	who     workflow.PersonID
	shops   []workflow.Shop
	decides map[workflow.ShopID]bool
	admin   map[workflow.ShopID]bool
	looksOn string // why they do not decide
	later   bool   // they put the welcome off
}

// buildHome gathers what App Home shows to a person. Kept are applications that stay where they saw them.
func (d *homeDesk) buildHome(ctx context.Context, who workflow.PersonID, state view.HomeState, kept map[workflow.Key]string) (homePage, error) {
	all, err := d.access.Shops(ctx)
	if err != nil {
		return homePage{}, err
	}
	seen, err := d.access.Seen(ctx, who, all)
	if denial := access.DenialOf(err); denial != "" {
		if denial == view.DeniedNoShop && len(all) == 0 && d.connects && d.access.May(ctx, who, workflow.Shop{}, access.Admin) == nil {
			return homePage{view: view.HomeFirst()}, nil
		}
		return homePage{view: view.HomeClosed(view.HomeState{}, denial)}, nil
	}
	if err != nil {
		return homePage{}, err
	}
	reader := d.homeReader(ctx, who, seen)
	page := homePage{}
	err = d.store.View(ctx, func(tx workflow.Tx) error {
		facts, cursors, err := d.homeFacts(ctx, tx, reader, state, kept)
		if err == nil {
			page = homePage{view: view.Home(facts), state: facts.State, cursors: cursors}
		}
		return err
	})
	if err != nil {
		return homePage{}, fmt.Errorf("gathering what App Home shows: %w", err)
	}
	return page, nil
}

func (d *homeDesk) homeReader(ctx context.Context, who workflow.PersonID, seen []workflow.Shop) homeReader {
	r := homeReader{who: who, shops: seen, later: d.dismissed.is(who), decides: map[workflow.ShopID]bool{}, admin: map[workflow.ShopID]bool{}}
	for _, s := range seen {
		err := d.access.May(ctx, who, s, access.Reviewer)
		r.decides[s.ID], r.admin[s.ID] = err == nil, err == nil && d.access.IsAdmin(who, s)
		if access.DenialOf(err) == view.DeniedUnchecked {
			r.looksOn = cmp.Or(r.looksOn, view.HomeUnchecked)
		} else if err != nil {
			r.looksOn = cmp.Or(r.looksOn, d.access.Explain(ctx, err))
		}
	}
	return r
}

func (d *homeDesk) homeFacts(
	ctx context.Context, tx workflow.Tx, r homeReader, state view.HomeState, kept map[workflow.Key]string,
) (view.HomeFacts, map[workflow.Key]string, error) {
	page := state.Page
	if state.Answers {
		page = query.Page{} // it is one of the answers
	}
	list, err := query.ReadList(ctx, tx, query.ListRequest{
		Shops: r.shops, Filter: state.Filter, Page: page, Size: view.HomePageSize, Kept: kept, Campaigns: view.MaxChoices, Now: time.Now(), Who: r.who,
	})
	if err != nil {
		return view.HomeFacts{}, nil, err
	}
	var answers query.AnswerList
	if state.Answers {
		if answers, err = query.AnswersOf(tx, list.Shops, state.Page, view.HomePageSize); err != nil {
			return view.HomeFacts{}, nil, err
		}
		list.Page = answers.Page
	}
	waiting, err := query.AnswersWaiting(tx, list.Shops)
	if err != nil {
		return view.HomeFacts{}, nil, err
	}
	if list.Filter != state.Filter || list.Page != state.Page {
		state = view.HomeState{Filter: list.Filter} // what was named is gone
	}
	facts := view.HomeFacts{
		State: state, Shops: r.shops, Health: d.homeHealth(r.shops), Campaigns: list.Campaigns, Campaign: list.Campaign,
		Overall: list.Overall, Soon: list.Soon, Mine: list.Mine, Tally: list.Tally, Total: list.Total, First: list.First, Next: list.Next, Partial: list.Partial,
		Waiting: waiting, Answers: view.AnswersFacts{AnswerList: answers, May: r.decides},
	}
	cursors := make(map[workflow.Key]string, len(list.Rows))
	for _, row := range list.Rows {
		a := row.Application
		cursors[a.Key] = row.Cursor
		facts.Rows = append(facts.Rows, view.HomeRow{
			Row: row.Row, Decides: r.decides[a.Key.Shop], Undoes: a.Decision.By == r.who || r.admin[a.Key.Shop],
			Quick: r.quick(a.Key.Shop), Stays: row.Stays,
		})
	}
	return facts, cursors, homeRights(tx, r, list.Shops, &facts)
}

// homeRights tells what the person can do besides looking, in the shops that the filter lets through.
func homeRights(tx workflow.Tx, r homeReader, shops []workflow.Shop, f *view.HomeFacts) (err error) {
	var deciding []workflow.Shop
	for _, s := range shops {
		if r.admin[s.ID] {
			f.Settings = cmp.Or(f.Settings, s.ID)
		}
		if r.decides[s.ID] {
			deciding = append(deciding, s)
		}
	}
	if f.Several, err = query.MostWaiting(tx, deciding); err != nil {
		return err
	}
	if f.Paused, err = query.PausedRules(tx, shops); err != nil {
		return err
	}
	if f.Suggestions, err = query.SuggestionsIn(tx, deciding, deciding); err != nil {
		return err
	}
	for _, s := range r.shops {
		if r.admin[s.ID] && !s.Settings.Welcomed && !r.later {
			f.Welcome = append(f.Welcome, s)
		}
	}
	if f.Decides = len(deciding) > 0; !f.Decides {
		f.LooksOn = r.looksOn
	}
	return nil
}

func (r homeReader) quick(id workflow.ShopID) bool {
	s, _ := query.ShopAmong(r.shops, id)
	return s.Settings.QuickReject
}

// homeHealth tells how the shops stand with TikTok.
func (d *homeDesk) homeHealth(shops []workflow.Shop) view.HomeHealth {
	syncs := d.syncs.byShop()
	h := view.HomeHealth{Untold: len(syncs) == 0}
	for n, s := range shops {
		sync := syncs[s.ID]
		if n == 0 || sync.Ended.Before(h.Synced) {
			h.Synced = sync.Ended
		}
		switch name := query.ShopName(s, len(shops)); {
		case s.SyncStopped != (workflow.Failure{}):
			h.Troubles = append(h.Troubles, view.HomeTrouble{Shop: name, Cause: s.SyncStopped})
		case s.ReviewsStopped != (workflow.Failure{}):
			h.Troubles = append(h.Troubles, view.HomeTrouble{Shop: name, Cause: s.ReviewsStopped, Sends: true})
		case sync.Err != nil:
			h.Troubles = append(h.Troubles, view.HomeTrouble{Shop: name})
		}
	}
	return h
}
