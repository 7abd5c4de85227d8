package bot

import (
	"context"
	"log/slog"

	"sampledesk/bot/access"
	"sampledesk/bot/handle"
	"sampledesk/bot/slackapi"
	"sampledesk/bot/socket"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
	"sampledesk/workflow/query"
)

// homeDesk is App Home: a list of samples for each person, by what they may see and do.
type homeDesk struct {
	api       *slackapi.Client
	engine    *engine.Engine
	store     workflow.Store
	access    *access.Access
	dismissed *dismissed
	syncs     syncStates
	connects  bool // shops can be connected from Slack
	sessions  *homeSessions
	log       *slog.Logger
}

// newHomeDesk returns App Home with nobody looking at it.
func newHomeDesk(d homeDesk) *homeDesk {
	d.sessions = newHomeSessions(d.buildHome, d.publishHome, d.log)
	return &d
}

// register adds App Home's opening and its own controls. Those of an application there are a card's.
func (d *homeDesk) register(r *routes) {
	r.events["app_home_opened"] = d.openHome
	handle.OnClick(r.Mux, view.ActionHomeRefresh, d.moveHome(func(s view.HomeState, _ handle.Action) (view.HomeState, error) { return s, nil }))
	handle.OnClick(r.Mux, view.ActionHomeClear, d.filterHome(func(f *query.Filter, _ handle.Action) { *f = query.Filter{Sort: f.Sort} }))
	handle.OnClick(r.Mux, view.ActionHomeSort, d.filterHome(func(f *query.Filter, a handle.Action) { f.Sort = view.HomeOrder(a.Chosen()) }))
	handle.OnClick(r.Mux, view.ActionHomeStage, d.filterHome(func(f *query.Filter, a handle.Action) { f.Stage = workflow.Stage(a.Chosen()) }))
	handle.OnClick(r.Mux, view.ActionHomeMine, d.mineHome())
	handle.OnClick(r.Mux, view.ActionHomeSuggested, d.filterHome(func(f *query.Filter, a handle.Action) {
		if f.Suggested = a.Text == "suggested"; f.Suggested {
			f.Mine, f.Stage, f.Campaign = "", "", ""
		}
	}))
	handle.OnClick(r.Mux, view.ActionHomeAnswers, d.filterHome(func(f *query.Filter, a handle.Action) {
		*f = query.Filter{Shop: f.Shop, Sort: f.Sort, Answers: a.Text == "answers"}
	}))
	handle.OnClick(r.Mux, view.ActionHomeShop, d.filterHome(func(f *query.Filter, a handle.Action) {
		f.Shop, f.Campaign = workflow.ShopID(chosenOrAll(a)), "" // a campaign is of one shop
	}))
	handle.OnClick(r.Mux, view.ActionHomeCampaign, d.filterHome(func(f *query.Filter, a handle.Action) {
		if f.Campaign, f.Only.Campaign = workflow.CampaignID(chosenOrAll(a)), ""; f.Campaign == query.NoCampaign {
			f.Campaign, f.Only.Campaign = "", query.NoCampaign
		}
	}))
	handle.OnClick(r.Mux, view.ActionHomeCreator, d.filterHome(func(f *query.Filter, a handle.Action) {
		if f.Creator = view.HomeCreator(a.Text); f.Creator != "" && f.Stage == "" {
			f.Stage = query.AllStages // who looks for a creator wants to see them wherever they stand
		}
	}))
	handle.OnClick(r.Mux, view.ActionHomeNext, d.moveHome(func(s view.HomeState, a handle.Action) (view.HomeState, error) {
		page, err := query.ParsePage(a.Text)
		return s.Next(page), err
	}))
	handle.OnClick(r.Mux, view.ActionHomeBack, d.moveHome(func(s view.HomeState, _ handle.Action) (view.HomeState, error) { return s.Back(), nil }))
	handle.OnClick(r.Mux, view.ActionHomeFilter, d.openFilter())
	for _, action := range view.HomeCriteriaMenus() {
		handle.OnClick(r.Mux, action, heldUntilSubmitted())
	}
	handle.OnSubmit(r.Mux, view.CallbackHomeFilter, d.submitFilter())
	r.OnSuggest(view.ActionHomeCampaign, d.suggestHomeCampaigns)
}

// chosenOrAll returns what was chosen in a menu, or "" for the option that filters nothing.
func chosenOrAll(a handle.Action) string {
	if a.Chosen() == view.HomeAny {
		return ""
	}
	return a.Chosen()
}

// openHome shows App Home to somebody who opened it. Its other tab shows nothing of ours.
func (d *homeDesk) openHome(ctx context.Context, e event, ack socket.Ack) {
	ack(nil)
	if e.Event.Tab != "home" || e.Event.User == "" {
		return
	}
	d.dismissed.again(e.Event.User)
	state := d.homeState(e.Event.View.Metadata)
	if !d.sessions.knows(e.Event.User) || d.sessions.hasOthers() {
		state = d.keptHome(ctx, e.Event.User, state)
	}
	d.sessions.opened(e.Event.User, state, e.Event.View.Hash)
}

// keptHome returns how somebody looked at App Home last, if that is kept, or else what their view says.
func (d *homeDesk) keptHome(ctx context.Context, who workflow.PersonID, shown view.HomeState) view.HomeState {
	err := d.store.View(ctx, func(tx workflow.Tx) error {
		p, err := tx.Person(who)
		if err == nil && p.Home != "" {
			shown, err = view.ParseHomeState(p.Home)
		}
		return err
	})
	if query.UnlessMissing(err) != nil {
		d.log.WarnContext(ctx, "could not read how somebody looked at App Home", "person", who, "error", err)
	}
	return shown
}

// keepHome keeps how somebody looks at App Home now: its filters and its order. What they searched for is no view to come back to.
func (d *homeDesk) keepHome(ctx context.Context, who workflow.PersonID, f query.Filter) {
	f.Creator = ""
	if err := d.engine.KeepHome(ctx, who, view.HomeState{Filter: f}.Encode()); err != nil {
		d.log.WarnContext(ctx, "could not keep how somebody looks at App Home", "person", who, "error", err)
	}
}

// homeState reads where somebody is in App Home. A view that does not say is one at the start.
func (d *homeDesk) homeState(metadata string) view.HomeState {
	s, err := view.ParseHomeState(metadata)
	if err != nil {
		d.log.Warn("invalid metadata of an App Home", "error", err)
	}
	return s
}

// moveHome handles a control that leads elsewhere in App Home, from where its person saw it.
func (d *homeDesk) moveHome(to func(view.HomeState, handle.Action) (view.HomeState, error)) onClick[view.HomeState] {
	return onClick[view.HomeState]{
		Order: handle.AckFirst,
		Parse: func(c click) (view.HomeState, error) { return to(d.homeState(c.View.Metadata), c.Action) },
		Do: func(ctx context.Context, c click, state view.HomeState, _ handle.Grant) (handle.Answer, error) {
			d.sessions.moved(c.User.ID, state)
			if state.Filter != d.homeState(c.View.Metadata).Filter {
				d.keepHome(ctx, c.User.ID, state.Filter)
			}
			return handle.Answer{}, nil
		},
	}
}

// filterHome handles a filter: the list starts from the top.
func (d *homeDesk) filterHome(set func(*query.Filter, handle.Action)) onClick[view.HomeState] {
	return d.moveHome(func(s view.HomeState, a handle.Action) (view.HomeState, error) {
		set(&s.Filter, a)
		return view.HomeState{Filter: s.Filter}, nil
	})
}

// mineHome lists what somebody is on, or, where that is listed, everything in review again.
func (d *homeDesk) mineHome() onClick[view.HomeState] {
	return onClick[view.HomeState]{
		Order: handle.AckFirst,
		Parse: func(c click) (view.HomeState, error) {
			f := d.homeState(c.View.Metadata).Filter
			if f.Mine == "" {
				f.Mine, f.Stage, f.Campaign, f.Suggested = c.User.ID, "", "", false
			} else {
				f.Mine = ""
			}
			return view.HomeState{Filter: f}, nil
		},
		Do: func(ctx context.Context, c click, state view.HomeState, _ handle.Grant) (handle.Answer, error) {
			d.sessions.moved(c.User.ID, state)
			d.keepHome(ctx, c.User.ID, state.Filter)
			return handle.Answer{}, nil
		},
	}
}

// openFilter opens the dialog of the filters, with the products that wait in the shops that the person may see.
func (d *homeDesk) openFilter() onClick[view.HomeState] {
	return onClick[view.HomeState]{
		Order: handle.AckFirst,
		Parse: func(c click) (view.HomeState, error) { return d.homeState(c.View.Metadata), nil },
		Do: func(ctx context.Context, c click, state view.HomeState, _ handle.Grant) (handle.Answer, error) {
			ctx, cancel := context.WithTimeout(ctx, handle.CommitBy)
			defer cancel()
			shops, err := d.access.Shops(ctx)
			if err == nil {
				shops, err = d.access.Seen(ctx, c.User.ID, shops)
			}
			if err != nil {
				return handle.Answer{}, err
			}
			if s, ok := query.ShopAmong(shops, state.Shop); ok {
				shops = []workflow.Shop{s}
			}
			var products []query.BulkProduct
			err = d.store.View(ctx, func(tx workflow.Tx) error {
				products, err = query.WaitingProducts(ctx, tx, shops)
				return err
			})
			return handle.Open(view.HomeFilterModal(state, products)), err
		},
	}
}

// heldUntilSubmitted handles a menu of a dialog that is read only when the dialog is sent.
func heldUntilSubmitted() onClick[struct{}] {
	return onClick[struct{}]{
		Order: handle.AckFirst,
		Parse: func(click) (struct{}, error) { return struct{}{}, nil },
		Do: func(context.Context, click, struct{}, handle.Grant) (handle.Answer, error) {
			return handle.Answer{}, nil
		},
	}
}

// submitFilter shows what the filters of the dialog let through. Each reading of App Home asks again what its person may see.
func (d *homeDesk) submitFilter() onSubmit[view.HomeState] {
	return onSubmit[view.HomeState]{
		Parse: func(s submit) (view.HomeState, error) {
			state := d.homeState(s.View.Metadata)
			state.Only = view.HomeCriteria(state.Only, func(action string) string { return s.Field(action).Chosen() })
			return view.HomeState{Filter: state.Filter}, nil
		},
		Order: handle.AckFirst,
		Do: func(ctx context.Context, s submit, state view.HomeState, _ handle.Grant) (handle.Answer, error) {
			d.sessions.moved(s.User.ID, state)
			d.keepHome(ctx, s.User.ID, state.Filter)
			return handle.Answer{}, nil
		},
	}
}

// after shows in App Home what somebody's click or submission led to, wherever that was.
func (d *homeDesk) after(_ context.Context, i handle.Interaction) {
	switch {
	case i.Type == "view_submission":
		d.sessions.did(i.User.ID)
		d.sessions.changed() // settings and campaigns are shown in App Home too, and nobody is woken for them
	case i.View.Type == "home":
		d.clickedHome(i)
	}
}

// clickedHome shows in App Home what a click there led to. What was clicked stays in its place until its person moves on,
// also where the filters do not let it through any more: rows do not jump away under a hand.
func (d *homeDesk) clickedHome(i handle.Interaction) {
	var keys []workflow.Key
	for _, a := range i.Actions {
		if t, err := view.ParseTarget(a.Block); err == nil {
			keys = append(keys, t.Key)
		}
	}
	d.sessions.acted(i.User.ID, d.homeState(i.View.Metadata), keys)
}

// suggestHomeCampaigns offers the campaigns whose names hold what was typed, of the shops that the person may see.
func (d *homeDesk) suggestHomeCampaigns(ctx context.Context, i handle.Interaction) any {
	state := d.homeState(i.View.Metadata)
	all, err := d.access.Shops(ctx)
	if err == nil {
		all, err = d.access.Seen(ctx, i.User.ID, all)
	}
	var found []query.CampaignItem
	if err == nil {
		err = d.store.View(ctx, func(tx workflow.Tx) (err error) {
			found, err = query.CampaignsLike(ctx, tx, all, state.Shop, i.Typed, view.MaxChoices+1)
			return err
		})
	}
	if err != nil {
		d.access.Log(ctx, i.User.ID, err)
	}
	return view.HomeCampaignOptions(found)
}
