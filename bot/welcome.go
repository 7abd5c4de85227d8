package bot

import (
	"cmp"
	"context"
	"errors"
	"time"

	"sampledesk/bot/access"
	"sampledesk/bot/handle"
	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// welcomeRoutes are the first-run welcome: what leads into it, and its dialog of three pages.
func (d *Desk) welcomeRoutes(r *routes) {
	handle.OnClick(r.Mux, view.ActionWelcome, d.beginWelcome())
	handle.OnClick(r.Mux, view.ActionWelcomeLater, d.postponeWelcome())
	handle.OnClick(r.Mux, view.ActionWelcomeNever, d.endWelcome())
	handle.OnClick(r.Mux, view.ActionWelcomeBack, d.backInWelcome())
	handle.OnSubmit(r.Mux, view.CallbackWelcome, d.submitWelcome())
}

// beginWelcome opens the first page. A shop that somebody has set up meanwhile gets its settings instead: a welcome is
// never seen again.
func (d *Desk) beginWelcome() onClick[workflow.ShopID] {
	return onClick[workflow.ShopID]{
		Order: handle.AckFirst, Parse: shopNamed, Scope: adminScope,
		Do: func(ctx context.Context, c click, _ workflow.ShopID, g handle.Grant) (handle.Answer, error) {
			shop := g.Shop
			if shop.Settings.Welcomed {
				return handle.Open(d.settingsModal(ctx, shop, d.access.Administered(ctx, c.User.ID))), nil
			}
			now := d.effective(shop.Settings)
			meta := view.WelcomeMeta{
				Shop: shop.ID, Version: now.Version, Page: 1, Channel: now.Channel, Reviewers: now.Reviewers, Groups: now.Groups,
				Morning: now.Morning, Zone: now.Zone,
			}
			if shop.Settings.Zone == "" {
				meta.Zone = cmp.Or(d.zoneOf(ctx, c.User.ID), now.Zone)
			}
			return handle.Open(view.WelcomeModal(d.welcomeFacts(ctx, shop, meta))), nil
		},
	}
}

func (d *Desk) welcomeFacts(ctx context.Context, s workflow.Shop, meta view.WelcomeMeta) view.WelcomeFacts {
	f := view.WelcomeFacts{Meta: meta, Shop: s, At: time.Now()}
	if meta.Page == 2 {
		f.Groups = d.groupNames(ctx, meta.Groups)
	}
	return f
}

// postponeWelcome takes the panel away for as long as its person looks at App Home.
func (d *Desk) postponeWelcome() onClick[workflow.ShopID] {
	return onClick[workflow.ShopID]{
		Order: handle.AckFirst, Parse: shopNamed, Scope: adminScope,
		Do: func(_ context.Context, c click, _ workflow.ShopID, _ handle.Grant) (handle.Answer, error) {
			d.dismissed.later(c.User.ID) // App Home is shown anew after each click there
			return handle.Answer{}, nil
		},
	}
}

// endWelcome takes the panel away for good, and for all admins of the shop.
func (d *Desk) endWelcome() onClick[workflow.ShopID] {
	return onClick[workflow.ShopID]{
		Parse: shopNamed, Scope: adminScope,
		Do: func(ctx context.Context, _ click, _ workflow.ShopID, g handle.Grant) (handle.Answer, error) {
			err := d.engine.Welcome(ctx, g.Shop.ID)
			return handle.Answer{Then: func(context.Context) { d.Changed() }}, err
		},
	}
}

func welcomeMeta(i handle.Interaction) (view.WelcomeMeta, error) {
	meta, err := view.ParseWelcomeMeta(i.View.Metadata)
	if err != nil {
		return meta, err
	}
	return readWelcome(i, meta), nil
}

// welcomeScope is what a person has to be allowed who works in the dialog.
var welcomeScope = handle.For(access.Admin, func(m view.WelcomeMeta) workflow.ShopID { return m.Shop })

// backInWelcome shows the page before, with what was entered kept.
func (d *Desk) backInWelcome() onClick[view.WelcomeMeta] {
	return onClick[view.WelcomeMeta]{
		Order: handle.AckFirst,
		Parse: func(c click) (view.WelcomeMeta, error) { return welcomeMeta(c.Interaction) },
		Scope: welcomeScope,
		Do: func(ctx context.Context, c click, meta view.WelcomeMeta, g handle.Grant) (handle.Answer, error) {
			meta.Page = max(1, meta.Page-1)
			if _, err := d.api.UpdateViewContext(ctx, view.WelcomeModal(d.welcomeFacts(ctx, g.Shop, meta)), "", c.View.Hash, c.View.ID); err != nil {
				d.log.WarnContext(ctx, "could not turn a page of the welcome", "person", c.User.ID, "error", err)
			}
			return handle.Answer{}, nil
		},
	}
}

// submitWelcome takes a page, and leads to the next one, or saves what all of them said.
func (d *Desk) submitWelcome() onSubmit[view.WelcomeMeta] {
	return onSubmit[view.WelcomeMeta]{
		Parse: func(s submit) (view.WelcomeMeta, error) { return welcomeMeta(s.Interaction) },
		Scope: welcomeScope,
		Do: func(ctx context.Context, _ submit, meta view.WelcomeMeta, g handle.Grant) (handle.Answer, error) {
			if action, complaint := d.checkWelcome(ctx, meta); complaint != "" {
				return handle.At(view.SettingsBlock(action, meta.Shop), complaint), nil
			}
			if meta.Page < view.WelcomePages {
				meta.Page++
				next := view.WelcomeModal(d.welcomeFacts(ctx, g.Shop, meta))
				return handle.ShowOr(next, view.SettingsBlock(view.ActionSettingsChannel, meta.Shop), view.Denied(view.DeniedUnsaved)), nil
			}
			return d.finishWelcome(ctx, meta, g)
		},
		Fail: func(ctx context.Context, _ submit, meta view.WelcomeMeta, _ handle.Grant, err error) handle.Answer {
			switch {
			case access.DenialOf(err) != "", errors.Is(err, access.ErrRead):
				return handle.End(d.access.Explain(ctx, err))
			case access.RuleOf(err) == workflow.RuleSettingsChanged:
				return handle.End(view.WelcomeMoved)
			default:
				return handle.At(view.SettingsBlock(view.ActionSettingsMorning, meta.Shop), view.Denied(view.DeniedUnsaved))
			}
		},
	}
}

// readWelcome adds what the page holds to what the pages before it held.
func readWelcome(i handle.Interaction, m view.WelcomeMeta) view.WelcomeMeta {
	switch m.Page {
	case 1:
		m.Channel = i.Field(view.ActionSettingsChannel).Conversation
	case 2:
		m.Reviewers, m.Groups = i.Field(view.ActionSettingsReviewers).People, nil
		for _, o := range i.Field(view.ActionSettingsGroups).Checked {
			m.Groups = append(m.Groups, workflow.GroupID(o.Value))
		}
	default:
		m.Morning, m.Zone = i.Field(view.ActionSettingsMorning).Time, i.Field(view.ActionSettingsZone).Chosen()
	}
	return m
}

// checkWelcome tells what is wrong with a page. The channel is looked at even if it is the desk's own: on the first day
// nobody may have invited the bot.
func (d *Desk) checkWelcome(ctx context.Context, m view.WelcomeMeta) (action, complaint string) {
	ctx, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	switch m.Page {
	case 1:
		if m.Channel == "" {
			return view.ActionSettingsChannel, view.ErrorNoChannel
		}
		return view.ActionSettingsChannel, d.unreachable(ctx, m.Channel)
	case 2:
		return view.ActionSettingsReviewers, d.unfit(ctx, m.Reviewers)
	default:
		if field := (workflow.Settings{Morning: m.Morning, Zone: m.Zone}).Check(); field != "" {
			return view.SettingsError(field)
		}
		return "", ""
	}
}

// finishWelcome saves what the pages said, in one change of the settings.
func (d *Desk) finishWelcome(ctx context.Context, m view.WelcomeMeta, g handle.Grant) (handle.Answer, error) {
	shop, after := g.Shop, g.Shop
	wanted := d.effective(shop.Settings)
	wanted.Channel, wanted.Reviewers, wanted.Groups, wanted.Morning, wanted.Zone = m.Channel, m.Reviewers, m.Groups, m.Morning, m.Zone
	after.Settings = wanted
	if shop.Settings.Version != m.Version || shop.Settings.Welcomed {
		if len(view.SettingsChanges(d.effective(shop.Settings), wanted)) == 0 { // Slack's second delivery of what was saved
			return handle.Show(view.WelcomeDone(after)), nil
		}
		if shop.Settings.Version == m.Version {
			return handle.End(view.WelcomeOver), nil
		}
		return handle.End(view.WelcomeMoved), nil
	}
	_, err := d.engine.ChangeSettings(ctx, shop.ID, workflow.SettingsChange{
		Actor: g.Actor, At: time.Now(), Seen: m.Version, Settings: d.unset(wanted, shop.Settings),
	})
	answer := handle.Show(view.WelcomeDone(after))
	answer.Then = func(context.Context) { d.Changed() }
	return answer, err
}
