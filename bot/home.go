package bot

import (
	"context"

	"sampledesk/bot/socket"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// homeRoutes are App Home's opening and its own controls. Those of an application there are a card's.
func (d *Desk) homeRoutes(r *routes) {
	r.events["app_home_opened"] = d.openHome
	r.clicks[view.ActionHomeRefresh] = d.moveHome(func(s view.HomeState, _ action) (view.HomeState, error) { return s, nil })
	r.clicks[view.ActionHomeClear] = d.filterHome(func(f *query.Filter, _ action) { *f = query.Filter{} })
	r.clicks[view.ActionHomeStage] = d.filterHome(func(f *query.Filter, a action) { f.Stage = workflow.Stage(a.chosen()) })
	r.clicks[view.ActionHomeShop] = d.filterHome(func(f *query.Filter, a action) {
		f.Shop, f.Campaign = workflow.ShopID(chosenOrAll(a)), "" // a campaign is of one shop
	})
	r.clicks[view.ActionHomeCampaign] = d.filterHome(func(f *query.Filter, a action) { f.Campaign = workflow.CampaignID(chosenOrAll(a)) })
	r.clicks[view.ActionHomeCreator] = d.filterHome(func(f *query.Filter, a action) {
		if f.Creator = view.HomeCreator(a.Text); f.Creator != "" && f.Stage == "" {
			f.Stage = query.AllStages // who looks for a creator wants to see her wherever she stands
		}
	})
	r.clicks[view.ActionHomeNext] = d.moveHome(func(s view.HomeState, a action) (view.HomeState, error) {
		page, err := query.ParsePage(a.Text)
		return s.Next(page), err
	})
	r.clicks[view.ActionHomeBack] = d.moveHome(func(s view.HomeState, _ action) (view.HomeState, error) { return s.Back(), nil })
	r.suggestions[view.ActionHomeCampaign] = d.suggestHomeCampaigns
}

// chosenOrAll returns what was chosen in a menu, or "" for the option that filters nothing.
func chosenOrAll(a action) string {
	if a.chosen() == view.HomeAny {
		return ""
	}
	return a.chosen()
}

// openHome shows App Home to somebody who opened it. Its other tab shows nothing of ours.
func (d *Desk) openHome(ctx context.Context, e event, ack socket.Ack) {
	ack(nil)
	if e.Event.Tab != "home" || e.Event.User == "" {
		return
	}
	d.welcomes.again(e.Event.User)
	d.homes.opened(e.Event.User, d.homeState(ctx, e.Event.View.Metadata), e.Event.View.Hash)
}

// homeState reads where somebody is in App Home. A view that does not say is one at the start.
func (d *Desk) homeState(ctx context.Context, metadata string) view.HomeState {
	s, err := view.ParseHomeState(metadata)
	if err != nil {
		d.log.WarnContext(ctx, "an App Home does not say what it shows", "error", err)
	}
	return s
}

// moveHome answers a control that leads elsewhere in App Home, from where its person saw it.
func (d *Desk) moveHome(to func(view.HomeState, action) (view.HomeState, error)) func(context.Context, interaction, action, socket.Ack) {
	return func(ctx context.Context, i interaction, a action, ack socket.Ack) {
		ack(nil)
		state, err := to(d.homeState(ctx, i.View.Metadata), a)
		if err != nil {
			d.log.WarnContext(ctx, "a control of App Home does not say where it leads", "error", err)
			return
		}
		d.homes.moved(i.User.ID, state)
	}
}

// filterHome answers a filter: the list begins anew.
func (d *Desk) filterHome(set func(*query.Filter, action)) func(context.Context, interaction, action, socket.Ack) {
	return d.moveHome(func(s view.HomeState, a action) (view.HomeState, error) {
		set(&s.Filter, a)
		return view.HomeState{Filter: s.Filter}, nil
	})
}

// clickedHome shows in App Home what a click there led to. What was clicked stays in its place until its person moves on,
// also where the filters do not let it through any more: rows do not jump away under a hand.
func (d *Desk) clickedHome(ctx context.Context, i interaction) {
	var keys []workflow.Key
	for _, a := range i.Actions {
		if t, err := view.ParseTarget(a.Block); err == nil {
			keys = append(keys, t.Key)
		}
	}
	d.homes.acted(i.User.ID, d.homeState(ctx, i.View.Metadata), keys)
}

// Changed tells the desk that something was committed that people may be looking at. It does not block.
func (d *Desk) Changed() { d.homes.changed() }

// suggestHomeCampaigns offers the campaigns whose names hold what was typed, of the shops that the person may see.
func (d *Desk) suggestHomeCampaigns(ctx context.Context, i interaction) any {
	state := d.homeState(ctx, i.View.Metadata)
	all, err := d.shops(ctx)
	if err == nil {
		all, _, err = d.seenBy(ctx, i.User.ID, all)
	}
	var found []query.CampaignItem
	if err == nil {
		err = d.store.View(ctx, func(tx workflow.Tx) (err error) {
			found, err = query.CampaignsLike(ctx, tx, all, state.Shop, i.Typed, view.MaxChoices+1)
			return err
		})
	}
	if err != nil {
		d.log.ErrorContext(ctx, "could not read the campaigns", "error", err)
	}
	return view.HomeCampaignOptions(found)
}
