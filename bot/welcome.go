package bot

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"time"

	"sampledesk/bot/access"
	"sampledesk/bot/handle"
	"sampledesk/bot/slackapi"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// welcomeDesk is the first-run welcome: what leads into it, and its dialog of three pages, which ask for some of the
// settings.
type welcomeDesk struct {
	api       *slackapi.Client
	engine    *engine.Engine
	access    *access.Access
	settings  *settingsDesk
	dismissed *dismissed
	changed   func() // called once something was committed that others may be looking at
	log       *slog.Logger
}

func (d *welcomeDesk) register(r *routes) {
	handle.OnClick(r.Mux, view.ActionWelcome, d.begin())
	handle.OnClick(r.Mux, view.ActionWelcomeLater, d.postpone())
	handle.OnClick(r.Mux, view.ActionWelcomeNever, d.end())
	handle.OnClick(r.Mux, view.ActionWelcomeBack, d.back())
	handle.OnSubmit(r.Mux, view.CallbackWelcome, d.submit())
}

// begin opens the first page. A shop that somebody has set up already gets its settings instead: a welcome is never seen
// again.
func (d *welcomeDesk) begin() onClick[workflow.ShopID] {
	return onClick[workflow.ShopID]{
		Order: handle.AckFirst, Parse: shopNamed, Scope: adminScope,
		Do: func(ctx context.Context, c click, _ workflow.ShopID, g handle.Grant) (handle.Answer, error) {
			shop := g.Shop
			if shop.Settings.Welcomed {
				return handle.Open(d.settings.overview(ctx, shop, d.access.Administered(ctx, c.User.ID))), nil
			}
			now := shop.Settings.Or(d.settings.standard)
			if shop.Settings.Zone == "" {
				now.Zone = cmp.Or(d.settings.zoneOf(ctx, c.User.ID), now.Zone)
			}
			meta := view.WelcomeMeta{Shop: shop.ID, Page: 1, Settings: workflow.Settings{Version: now.Version}.With(now, view.Welcome().Fields()...)}
			return handle.Open(view.WelcomeModal(d.facts(ctx, shop, meta))), nil
		},
	}
}

func (d *welcomeDesk) facts(ctx context.Context, s workflow.Shop, meta view.WelcomeMeta) view.WelcomeFacts {
	f := view.WelcomeFacts{Meta: meta, Shop: s, At: time.Now()}
	if meta.Page == 2 {
		f.Groups = d.settings.groupNames(ctx, meta.Groups)
	}
	return f
}

// postpone takes the panel away for as long as its person looks at App Home.
func (d *welcomeDesk) postpone() onClick[workflow.ShopID] {
	return onClick[workflow.ShopID]{
		Order: handle.AckFirst, Parse: shopNamed, Scope: adminScope,
		Do: func(_ context.Context, c click, _ workflow.ShopID, _ handle.Grant) (handle.Answer, error) {
			d.dismissed.later(c.User.ID) // App Home is drawn again after each click there
			return handle.Answer{}, nil
		},
	}
}

// end takes the panel away for good, and for all admins of the shop.
func (d *welcomeDesk) end() onClick[workflow.ShopID] {
	return onClick[workflow.ShopID]{
		Parse: shopNamed, Scope: adminScope,
		Do: func(ctx context.Context, _ click, _ workflow.ShopID, g handle.Grant) (handle.Answer, error) {
			err := d.engine.Welcome(ctx, g.Shop.ID)
			return handle.Answer{Then: func(context.Context) { d.changed() }}, err
		},
	}
}

// welcomeScope is what a person has to be allowed who works in the dialog.
var welcomeScope = handle.For(access.Admin, func(m view.WelcomeMeta) workflow.ShopID { return m.Shop })

// back shows the page before, with what was entered kept.
func (d *welcomeDesk) back() onClick[view.WelcomeMeta] {
	return onClick[view.WelcomeMeta]{
		Order: handle.AckFirst,
		Parse: func(c click) (view.WelcomeMeta, error) { return view.ParseWelcomeMeta(c.View.Metadata) },
		Scope: welcomeScope,
		Do: func(ctx context.Context, c click, meta view.WelcomeMeta, g handle.Grant) (handle.Answer, error) {
			view.AllSettings.OnPage(meta.Page).Read(typedIn(c.Interaction), &meta.Settings) // what is wrong is for a submission to say
			meta.Page = max(1, meta.Page-1)
			if _, err := d.api.UpdateViewContext(ctx, view.WelcomeModal(d.facts(ctx, g.Shop, meta)), "", c.View.Hash, c.View.ID); err != nil {
				d.log.WarnContext(ctx, "could not show the previous page of the welcome", "person", c.User.ID, "error", err)
			}
			return handle.Answer{}, nil
		},
	}
}

// submit takes a page, and leads to the next one, or saves what all of them said.
func (d *welcomeDesk) submit() onSubmit[view.WelcomeMeta] {
	return onSubmit[view.WelcomeMeta]{
		Parse: func(s submit) (view.WelcomeMeta, error) { return view.ParseWelcomeMeta(s.View.Metadata) },
		Scope: welcomeScope,
		Do: func(ctx context.Context, s submit, meta view.WelcomeMeta, g handle.Grant) (handle.Answer, error) {
			// The channel is looked at even if it is the desk's own: on the first day nobody may have invited the bot.
			rows := view.AllSettings.OnPage(meta.Page)
			action, complaint := rows.Read(typedIn(s.Interaction), &meta.Settings)
			if complaint == "" {
				action, complaint = d.settings.checks.settings(ctx, rows, workflow.Settings{}, meta.Settings)
			}
			if complaint != "" {
				return handle.At(view.SettingsBlock(action, meta.Shop), complaint), nil
			}
			if meta.Page < view.WelcomePages {
				meta.Page++
				next := view.WelcomeModal(d.facts(ctx, g.Shop, meta))
				return handle.ShowOr(next, view.SettingsBlock(rows.First(), meta.Shop), view.Denied(view.DeniedUnsaved)), nil
			}
			return d.finish(ctx, meta, g)
		},
		Fail: func(ctx context.Context, _ submit, meta view.WelcomeMeta, _ handle.Grant, err error) handle.Answer {
			switch {
			case access.DenialOf(err) != "", errors.Is(err, access.ErrRead):
				return handle.End(d.access.Explain(ctx, err))
			case access.RuleOf(err) == workflow.RuleSettingsChanged:
				return handle.End(view.WelcomeMoved)
			case access.RuleOf(err) != "":
				return handle.At(view.SettingsBlock(view.AllSettings.OnPage(meta.Page).First(), meta.Shop), view.Denied(view.DeniedUnsaved))
			default:
				return handle.At(view.SettingsBlock(view.AllSettings.OnPage(meta.Page).First(), meta.Shop), d.access.Explain(ctx, err))
			}
		},
	}
}

// finish saves what the pages said, in one change of the settings.
func (d *welcomeDesk) finish(ctx context.Context, m view.WelcomeMeta, g handle.Grant) (handle.Answer, error) {
	shop, after := g.Shop, g.Shop
	was := shop.Settings.Or(d.settings.standard)
	wanted := was.With(m.Settings, view.Welcome().Fields()...)
	after.Settings = wanted
	if shop.Settings.Version != m.Version || shop.Settings.Welcomed {
		if len(view.Welcome().Changes(was, wanted)) == 0 { // Slack's second delivery of what was saved
			return handle.Show(view.WelcomeDone(after)), nil
		}
		if shop.Settings.Version == m.Version {
			return handle.End(view.WelcomeOver), nil
		}
		return handle.End(view.WelcomeMoved), nil
	}
	_, err := d.engine.ChangeSettings(ctx, shop.ID, workflow.SettingsChange{
		Actor: g.Actor, At: time.Now(), Seen: m.Version, Settings: wanted.Following(shop.Settings, d.settings.standard),
	})
	answer := handle.Show(view.WelcomeDone(after))
	answer.Then = func(context.Context) { d.changed() }
	return answer, err
}
