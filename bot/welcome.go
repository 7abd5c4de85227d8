package bot

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"sampledesk/bot/socket"
	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// welcomeRoutes are the first-run welcome: what leads into it, and its dialog of three pages.
func (d *Desk) welcomeRoutes(r *routes) {
	r.clicks[view.ActionWelcome] = d.beginWelcome
	r.clicks[view.ActionWelcomeLater] = d.postponeWelcome
	r.clicks[view.ActionWelcomeNever] = d.endWelcome
	r.clicks[view.ActionWelcomeBack] = d.backInWelcome
	r.submissions[view.CallbackWelcome] = d.submitWelcome
}

// beginWelcome opens the first page. A shop that somebody has set up meanwhile gets its settings instead: a welcome is
// never seen again.
func (d *Desk) beginWelcome(ctx context.Context, i interaction, a action, ack socket.Ack) {
	ack(nil)
	shop, no := d.guard(ctx, i.User.ID, workflow.ShopID(a.Text), admin)
	if no != "" {
		d.tell(ctx, i, no)
		return
	}
	if shop.Settings.Welcomed {
		d.openSettings(ctx, i, shop, d.administered(ctx, i.User.ID))
		return
	}
	now := d.effective(shop.Settings)
	meta := view.WelcomeMeta{
		Shop: shop.ID, Version: now.Version, Page: 1, Channel: now.Channel, Reviewers: now.Reviewers, Groups: now.Groups,
		Morning: now.Morning, Zone: now.Zone,
	}
	if shop.Settings.Zone == "" {
		meta.Zone = cmp.Or(d.zoneOf(ctx, i.User.ID), now.Zone)
	}
	d.openModal(ctx, i, view.WelcomeModal(d.welcomeFacts(ctx, shop, meta)))
}

func (d *Desk) welcomeFacts(ctx context.Context, s workflow.Shop, meta view.WelcomeMeta) view.WelcomeFacts {
	f := view.WelcomeFacts{Meta: meta, Shop: s, At: time.Now()}
	if meta.Page == 2 {
		f.Groups = d.groupNames(ctx, meta.Groups)
	}
	return f
}

// postponeWelcome takes the panel away for as long as its person looks at App Home.
func (d *Desk) postponeWelcome(ctx context.Context, i interaction, a action, ack socket.Ack) {
	ack(nil)
	if _, no := d.guard(ctx, i.User.ID, workflow.ShopID(a.Text), admin); no != "" {
		d.tell(ctx, i, no)
		return
	}
	d.welcomes.later(i.User.ID) // App Home is shown anew after each click there
}

// endWelcome takes the panel away for good, and for all admins of the shop.
func (d *Desk) endWelcome(ctx context.Context, i interaction, a action, ack socket.Ack) {
	ctx, cancel := context.WithTimeout(ctx, commitBy)
	defer cancel()
	shop, no := d.guard(ctx, i.User.ID, workflow.ShopID(a.Text), admin)
	if no == "" {
		if err := d.engine.Welcome(ctx, shop.ID); err != nil {
			d.note(ctx, i.User.ID, err)
			no = view.Denied(view.DeniedUnsaved)
		}
	}
	ack(nil)
	if no != "" {
		d.tell(ctx, i, no)
		return
	}
	d.Changed()
}

// backInWelcome shows the page before, with what was entered kept.
func (d *Desk) backInWelcome(ctx context.Context, i interaction, _ action, ack socket.Ack) {
	ack(nil)
	meta, err := view.ParseWelcomeMeta(i.View.Metadata)
	if err != nil {
		d.log.WarnContext(ctx, "a welcome does not say how far it got", "error", err)
		return
	}
	shop, no := d.guard(ctx, i.User.ID, meta.Shop, admin)
	if no != "" {
		d.tell(ctx, i, no)
		return
	}
	meta = readWelcome(i, meta)
	meta.Page = max(1, meta.Page-1)
	if _, err := d.api.UpdateViewContext(ctx, view.WelcomeModal(d.welcomeFacts(ctx, shop, meta)), "", i.View.Hash, i.View.ID); err != nil {
		d.log.WarnContext(ctx, "could not turn a page of the welcome", "person", i.User.ID, "error", err)
	}
}

// submitWelcome takes a page, and leads to the next one, or saves what all of them said.
func (d *Desk) submitWelcome(ctx context.Context, i interaction, ack socket.Ack) {
	ctx, cancel := context.WithTimeout(ctx, commitBy)
	defer cancel()
	meta, err := view.ParseWelcomeMeta(i.View.Metadata)
	if err != nil {
		d.log.WarnContext(ctx, "a welcome does not say how far it got", "error", err)
		return
	}
	meta = readWelcome(i, meta)
	shop, no := d.guard(ctx, i.User.ID, meta.Shop, admin)
	if no != "" {
		ack(endWith(no))
		return
	}
	if action, complaint := d.checkWelcome(ctx, meta); complaint != "" {
		ack(errorAt(view.SettingsBlock(action, meta.Shop), complaint))
		return
	}
	if meta.Page < view.WelcomePages {
		meta.Page++
		ackView(ack, view.WelcomeModal(d.welcomeFacts(ctx, shop, meta)), view.SettingsBlock(view.ActionSettingsChannel, meta.Shop), view.Denied(view.DeniedUnsaved))
		return
	}
	d.finishWelcome(ctx, i, shop, meta, ack)
}

// readWelcome adds what the page holds to what the pages before it held.
func readWelcome(i interaction, m view.WelcomeMeta) view.WelcomeMeta {
	switch m.Page {
	case 1:
		m.Channel = i.field(view.ActionSettingsChannel).Conversation
	case 2:
		m.Reviewers, m.Groups = i.field(view.ActionSettingsReviewers).People, nil
		for _, o := range i.field(view.ActionSettingsGroups).Checked {
			m.Groups = append(m.Groups, workflow.GroupID(o.Value))
		}
	default:
		m.Morning, m.Zone = i.field(view.ActionSettingsMorning).Time, i.field(view.ActionSettingsZone).chosen()
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
func (d *Desk) finishWelcome(ctx context.Context, i interaction, shop workflow.Shop, m view.WelcomeMeta, ack socket.Ack) {
	wanted := d.effective(shop.Settings)
	wanted.Channel, wanted.Reviewers, wanted.Groups, wanted.Morning, wanted.Zone = m.Channel, m.Reviewers, m.Groups, m.Morning, m.Zone
	after := shop
	after.Settings = wanted
	if shop.Settings.Version != m.Version || shop.Settings.Welcomed {
		if len(view.SettingsChanges(d.effective(shop.Settings), wanted)) == 0 { // Slack's second delivery of what was saved
			ack(updateTo(view.WelcomeDone(after)))
			return
		}
		if shop.Settings.Version == m.Version {
			ack(endWith(view.WelcomeOver))
			return
		}
		ack(endWith(view.WelcomeMoved))
		return
	}
	_, err := d.engine.ChangeSettings(ctx, shop.ID, workflow.SettingsChange{
		Actor: d.actor(i.User.ID, shop, workflow.FromModal, i.View.ID), At: time.Now(), Seen: m.Version,
		Settings: d.unset(wanted, shop.Settings),
	})
	if err == nil {
		ack(updateTo(view.WelcomeDone(after)))
		d.Changed()
		return
	}
	d.note(ctx, i.User.ID, err)
	if ruleOf(err) == workflow.RuleSettingsChanged {
		ack(endWith(view.WelcomeMoved))
		return
	}
	ack(errorAt(view.SettingsBlock(view.ActionSettingsMorning, m.Shop), view.Denied(view.DeniedUnsaved)))
}

// postponed remembers who put the welcome off for as long as she looks at App Home. The zero value is ready.
type postponed struct {
	mu  sync.Mutex
	who []workflow.PersonID
}

// maxPostponed bounds what is remembered; who is forgotten sees the welcome once more.
const maxPostponed = 1000

func (p *postponed) later(who workflow.PersonID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if slices.Contains(p.who, who) {
		return
	}
	if p.who = append(p.who, who); len(p.who) > maxPostponed {
		p.who = slices.Delete(p.who, 0, 1)
	}
}

// again ends what later began: its person opened App Home anew.
func (p *postponed) again(who workflow.PersonID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.who = slices.DeleteFunc(p.who, func(w workflow.PersonID) bool { return w == who })
}

func (p *postponed) is(who workflow.PersonID) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Contains(p.who, who)
}
