package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"slices"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/bot/access"
	"sampledesk/bot/handle"
	"sampledesk/bot/slackapi"
	"sampledesk/bot/template"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
	"sampledesk/workflow/query"
)

// settingsDesk is where admins set what the desk does for a shop: an overview, and above it a dialog for each section. What
// there is to set is view.AllSettings.
type settingsDesk struct {
	api      *slackapi.Client
	engine   *engine.Engine
	store    workflow.Store
	access   *access.Access
	mux      *handle.Mux
	standard workflow.Settings // what holds where a shop's own is unset
	checks   slackChecks
	webhooks webhooks
	connects bool // shops can be connected from Slack
	log      *slog.Logger
}

// standardSettings are those of a shop that has set nothing.
func standardSettings(of query.Defaults) workflow.Settings {
	return workflow.Settings{Channel: of.Channel, Admins: of.Admins, Undo: &of.Undo}.Or(workflow.DefaultSettings())
}

// register adds what opens the settings, and what happens in them.
func (d *settingsDesk) register(r *routes) {
	r.commands[view.CommandSamples+" settings"] = d.command
	handle.OnClick(r.Mux, view.ActionSettings, d.open())
	handle.OnClick(r.Mux, view.ActionSettingsShop, d.switchShop())
	handle.OnClick(r.Mux, view.ActionSettingsSection, d.openSection())
	handle.OnSubmit(r.Mux, view.CallbackSettings, d.submit())
	handle.OnClick(r.Mux, view.ActionWebhookTest, d.testWebhook())
	handle.OnClick(r.Mux, view.ActionWebhookSecret, d.renewWebhookSecret())
	r.OnSuggest(view.ActionSettingsGroups, d.suggestGroups)
	(&template.Desk{API: d.api, Engine: d.engine, Store: d.store, Access: d.access, Log: d.log, Overview: d.showOverview}).Register(r.Mux)
	r.OnSuggest(view.ActionSettingsZone, d.suggestZones)
}

// command opens the settings by command: those of the channel's shop, with the others to choose from.
func (d *settingsDesk) command(ctx context.Context, c command, _ string) (reply, error) {
	mine := d.access.Administered(ctx, c.User)
	here := slices.IndexFunc(c.Shops, func(s workflow.Shop) bool { return query.Holds(mine, s.ID) })
	if here < 0 {
		var first workflow.ShopID
		if len(c.Shops) > 0 {
			first = c.Shops[0].ID
		}
		return reply{}, d.noSettings(ctx, c.User, first)
	}
	i := handle.Interaction{TriggerID: c.TriggerID, ResponseURL: c.ResponseURL}
	i.User.ID, i.Channel.ID = c.User, c.Channel
	return reply{then: func(ctx context.Context) { d.mux.Open(ctx, i, d.overview(ctx, c.Shops[here], mine)) }}, nil
}

// noSettings tells why somebody changes no settings: they are no admin of the shop, Slack did not tell in time, or there is
// no shop.
func (d *settingsDesk) noSettings(ctx context.Context, who workflow.PersonID, shop workflow.ShopID) error {
	if _, err := d.access.Guard(ctx, who, shop, access.Admin); err != nil {
		return err
	}
	if shop == "" {
		return access.Denied{Rule: view.DeniedNoShop}
	}
	return access.Denied{Rule: view.DeniedUnchecked, Shop: shop}
}

// open opens the settings by a button: those of the shop that it names, or, where it names none, of the first that the
// person is an admin of.
func (d *settingsDesk) open() onClick[workflow.ShopID] {
	return onClick[workflow.ShopID]{
		Order: handle.AckFirst, Parse: shopNamed,
		Do: func(ctx context.Context, c click, id workflow.ShopID, _ handle.Grant) (handle.Answer, error) {
			mine := d.access.Administered(ctx, c.User.ID)
			if id == "" && len(mine) > 0 {
				id = mine[0].ID
			}
			if id == "" {
				return handle.Answer{}, d.noSettings(ctx, c.User.ID, "")
			}
			shop, err := d.access.Guard(ctx, c.User.ID, id, access.Admin)
			if err != nil {
				return handle.Answer{}, err
			}
			return handle.Open(d.overview(ctx, shop, mine)), nil
		},
	}
}

// overview shows a shop's settings as they are now. Mine are the shops whose settings the person may change.
func (d *settingsDesk) overview(ctx context.Context, s workflow.Shop, mine []workflow.Shop, saved ...string) slack.ModalViewRequest {
	facts := d.facts(ctx, s, mine)
	facts.Saved, facts.Connects = saved, d.connects
	return view.SettingsOverview(facts)
}

// showOverview brings an overview up to date that stands below another dialog.
func (d *settingsDesk) showOverview(ctx context.Context, who workflow.PersonID, shop workflow.ShopID, id string) {
	s, err := d.access.Shop(ctx, shop)
	if err == nil && d.access.IsAdmin(who, s) {
		_, err = d.api.UpdateViewContext(ctx, d.overview(ctx, s, d.access.Administered(ctx, who)), "", "", id)
	}
	if err != nil {
		d.log.InfoContext(ctx, "could not bring the settings' overview up to date", "person", who, "shop", shop, "error", err)
	}
}

// facts gathers what is shown of a shop's settings as they are now.
func (d *settingsDesk) facts(ctx context.Context, s workflow.Shop, mine []workflow.Shop) view.SettingsFacts {
	s.Settings = s.Settings.Or(d.standard)
	if !query.Holds(mine, s.ID) {
		mine = append([]workflow.Shop{s}, mine...)
	}
	var templates workflow.Templates
	err := d.store.View(ctx, func(tx workflow.Tx) (err error) {
		templates, err = tx.Templates(s.ID)
		return err
	})
	if err != nil {
		d.log.WarnContext(ctx, "could not read the templates of messages", "shop", s.ID, "error", err)
	}
	return view.SettingsFacts{
		Templates: templates.All, Shop: s, Shops: mine, SettingsKnown: view.SettingsKnown{Groups: d.groupNames(ctx, s.Settings.Groups), At: time.Now()},
	}
}

// adminScope is what a person has to be allowed who changes a shop's settings.
var adminScope = handle.For(access.Admin, func(id workflow.ShopID) workflow.ShopID { return id })

// switchShop shows another shop's settings in the overview's place.
func (d *settingsDesk) switchShop() onClick[workflow.ShopID] {
	return onClick[workflow.ShopID]{
		Order: handle.AckFirst,
		Parse: func(c click) (workflow.ShopID, error) { return workflow.ShopID(c.Action.Chosen()), nil },
		Scope: adminScope,
		Do: func(ctx context.Context, c click, _ workflow.ShopID, g handle.Grant) (handle.Answer, error) {
			m := d.overview(ctx, g.Shop, d.access.Administered(ctx, c.User.ID))
			if _, err := d.api.UpdateViewContext(ctx, m, "", c.View.Hash, c.View.ID); err != nil {
				d.log.WarnContext(ctx, "could not show another shop's settings", "person", c.User.ID, "shop", g.Shop.ID, "error", err)
			}
			return handle.Answer{}, nil
		},
	}
}

// settingsScope is what a person has to be allowed who works in the overview or in a dialog.
var settingsScope = handle.For(access.Admin, func(m view.SettingsMeta) workflow.ShopID { return m.Shop })

// openSection opens the dialog of a section above the overview.
func (d *settingsDesk) openSection() onClick[view.SettingsMeta] {
	return onClick[view.SettingsMeta]{
		Order: handle.AckFirst,
		Parse: func(c click) (view.SettingsMeta, error) {
			meta, err := view.ParseSettingsMeta(c.View.Metadata)
			meta.Section, meta.Overview = view.SettingsSection(c.Action.Text), c.View.ID
			if err == nil && len(view.AllSettings.In(meta.Section)) == 0 {
				err = fmt.Errorf("%q is no section of the settings", meta.Section)
			}
			return meta, err
		},
		Scope: settingsScope,
		Do: func(ctx context.Context, c click, meta view.SettingsMeta, g handle.Grant) (handle.Answer, error) {
			facts := d.facts(ctx, g.Shop, d.access.Administered(ctx, c.User.ID))
			facts.Overview, facts.Seen = meta.Overview, seenSettings(facts.Shop.Settings, meta.Section)
			return handle.Open(view.SettingsModal(meta.Section, facts)), nil
		},
	}
}

// seenSettings tells a section's settings from others, so that a change of them since the dialog opened is noticed, and one
// of another section does not matter.
func seenSettings(s workflow.Settings, section view.SettingsSection) string {
	wire, err := json.Marshal(workflow.Settings{}.With(s, view.AllSettings.In(section).Fields()...))
	if err != nil { // strings, numbers and lists of them always can be written
		return ""
	}
	sum := fnv.New64a()
	_, _ = sum.Write(wire) // a hash never fails to write
	return fmt.Sprintf("%x", sum.Sum64())
}

// settingsDraft is what somebody wants to save.
type settingsDraft struct {
	meta   view.SettingsMeta
	rows   view.Settings     // of the section
	shop   workflow.Shop     // as it is now
	was    workflow.Settings // the shop's, with nothing unset
	given  workflow.Settings // the same with what was entered
	copies []workflow.ShopID // the shops that were chosen to get the same
	by     workflow.Actor
}

// submit keeps what an admin made of a section's settings.
func (d *settingsDesk) submit() onSubmit[view.SettingsMeta] {
	return onSubmit[view.SettingsMeta]{
		Parse: func(s submit) (view.SettingsMeta, error) { return view.ParseSettingsMeta(s.View.Metadata) },
		Scope: settingsScope,
		Do: func(ctx context.Context, s submit, meta view.SettingsMeta, g handle.Grant) (handle.Answer, error) {
			draft := settingsDraft{meta: meta, rows: view.AllSettings.In(meta.Section), shop: g.Shop, was: g.Shop.Settings.Or(d.standard), by: g.Actor}
			if len(draft.rows) == 0 {
				return handle.End(view.SettingsReopen), nil // the dialog is of an older version
			}
			draft.given = draft.was
			for _, o := range s.Field(view.ActionSettingsCopies).Checked {
				draft.copies = append(draft.copies, workflow.ShopID(o.Value))
			}
			action, complaint := draft.rows.Read(typedIn(s.Interaction), &draft.given)
			if complaint == "" {
				action, complaint = d.checks.settings(ctx, draft.rows, draft.was, draft.given)
			}
			if complaint != "" {
				return handle.At(view.SettingsBlock(action, meta.Shop), complaint), nil
			}
			return d.save(ctx, draft)
		},
		Fail: func(ctx context.Context, _ submit, meta view.SettingsMeta, _ handle.Grant, err error) handle.Answer {
			rows := view.AllSettings.In(meta.Section)
			action, sentence := rows.First(), d.access.Explain(ctx, err)
			if access.DenialOf(err) != "" || errors.Is(err, access.ErrRead) {
				return handle.ShowOr(view.NoticeModal(view.Aside(sentence)), view.SettingsBlock(action, meta.Shop), sentence)
			}
			if access.RuleOf(err) != "" { // which says nothing of a setting
				sentence = view.Denied(view.DeniedUnsaved)
			}
			if r, ok := errors.AsType[workflow.Refusal](err); ok && r.Rule == workflow.RuleBadSetting {
				action, sentence = rows.At(r.Name)
			}
			return handle.At(view.SettingsBlock(action, meta.Shop), sentence)
		},
	}
}

// typedIn is what the inputs of a dialog hold. What is typed may have emoji in it, of which Slack sends the codes.
func typedIn(i handle.Interaction) view.SettingsForm {
	return func(action string) view.Value {
		v := i.Field(action)
		v.Text = withEmoji(v.Text)
		return v
	}
}

// save keeps a draft that was found good, unless its person has to look at something again first. The dialog closes then,
// and the overview below it shows what changed.
func (d *settingsDesk) save(ctx context.Context, draft settingsDraft) (handle.Answer, error) {
	shop, changes, copies := draft.shop, draft.rows.Changes(draft.was, draft.given), d.copies(ctx, draft)
	if len(changes) == 0 && len(copies) == 0 && shop.Settings.Welcomed {
		// The same is there already: nothing was changed, or this is Slack's second delivery of what was saved.
		return handle.Answer{}, nil
	}
	after := draft.given.Following(shop.Settings, d.standard)
	if warning := d.warning(draft, changes, after); warning != "" {
		return d.askAgain(ctx, draft, warning), nil
	}
	ids := make([]workflow.ShopID, len(copies))
	for n, s := range copies {
		ids[n] = s.ID
	}
	saved, err := d.engine.ChangeSettings(ctx, shop.ID, workflow.SettingsChange{
		Actor: draft.by, At: time.Now(), Seen: shop.Settings.Version, Settings: after, Copies: ids, Fields: draft.rows.Fields(),
	})
	lines := view.SettingsSaved(draft.meta.Section, shop, changes, copies)
	return handle.Answer{Then: func(ctx context.Context) {
		if line := d.firstWebhookSecret(ctx, draft, saved); line != "" {
			lines = append(lines, line)
		}
		d.showSaved(ctx, draft, saved, lines)
	}}, err
}

// showSaved shows in the overview what was saved. To somebody who took their own rights away it shows nothing else.
func (d *settingsDesk) showSaved(ctx context.Context, draft settingsDraft, now workflow.Shop, lines []string) {
	ctx, cancel := d.api.Detach(ctx, handle.AnswerTimeout)
	defer cancel()
	m := view.SettingsEnd(lines)
	if d.access.IsAdmin(draft.by.Person, now) {
		m = d.overview(ctx, now, d.access.Administered(ctx, draft.by.Person), lines...)
	}
	if _, err := d.api.UpdateViewContext(ctx, m, "", "", draft.meta.Overview); err != nil {
		d.log.WarnContext(ctx, "could not show what was saved", "person", draft.by.Person, "shop", now.ID, "error", err)
	}
}

// warning tells what a person has to look at before a draft is saved: that somebody else changed these settings after the
// dialog opened, or that they take their own rights away. Who was warned and sends it again means it.
func (d *settingsDesk) warning(draft settingsDraft, changes []view.SettingsChange, after workflow.Settings) string {
	if draft.meta.Seen != seenSettings(draft.was, draft.meta.Section) {
		return view.WarnMoved(changes)
	}
	shop := draft.shop
	shop.Settings = after
	if draft.meta.Sure || d.access.IsAdmin(draft.by.Person, shop) {
		return ""
	}
	return view.WarnLeaving(after.Or(d.standard).Admins)
}

// askAgain shows the dialog once more, with what was entered, and what to look at. Seen is now what is there now.
func (d *settingsDesk) askAgain(ctx context.Context, draft settingsDraft, warning string) handle.Answer {
	shop := draft.shop
	shop.Settings = draft.given
	facts := d.facts(ctx, shop, d.access.Administered(ctx, draft.by.Person))
	facts.Overview, facts.Seen = draft.meta.Overview, seenSettings(draft.was, draft.meta.Section)
	facts.Warning, facts.Sure = warning, true
	return handle.ShowOr(view.SettingsModal(draft.meta.Section, facts), view.SettingsBlock(draft.rows.First(), shop.ID), view.Denied(view.DeniedMoved))
}

// copies returns the other shops that are to get the same and have not got it yet, as far as the person is an admin of
// them. The channel is each shop's own.
func (d *settingsDesk) copies(ctx context.Context, draft settingsDraft) []workflow.Shop {
	if len(draft.copies) == 0 {
		return nil
	}
	return slices.DeleteFunc(d.access.Administered(ctx, draft.by.Person), func(s workflow.Shop) bool {
		has := s.Settings.Or(d.standard)
		has.Channel = draft.given.Channel
		return s.ID == draft.shop.ID || !slices.Contains(draft.copies, s.ID) || len(draft.rows.Changes(has, draft.given)) == 0
	})
}

// suggestGroups offers the workspace's user groups.
func (d *settingsDesk) suggestGroups(ctx context.Context, i handle.Interaction) any {
	ctx, cancel := context.WithTimeout(ctx, access.Timeout)
	defer cancel()
	all, err := d.access.Groups(ctx)
	if err != nil {
		d.log.WarnContext(ctx, "could not list the user groups", "error", err)
	}
	return view.GroupOptions(all, i.Typed)
}

// suggestZones offers time zones, first the one that the person lives in.
func (d *settingsDesk) suggestZones(ctx context.Context, i handle.Interaction) any {
	return view.ZoneOptions(i.Typed, d.zoneOf(ctx, i.User.ID), time.Now())
}

// nicety is how long is waited for what is only nice to know.
const nicety = 500 * time.Millisecond

// zoneOf returns the time zone that a person lives in, or "" where Slack does not tell at once.
func (d *settingsDesk) zoneOf(ctx context.Context, who workflow.PersonID) string {
	ctx, cancel := context.WithTimeout(ctx, nicety)
	defer cancel()
	user, err := d.access.Account(ctx, who)
	if err != nil || (workflow.Settings{Zone: user.TZ}).Check() != "" {
		return ""
	}
	return user.TZ
}

// groupNames returns what user groups are called, as far as Slack tells at once.
func (d *settingsDesk) groupNames(ctx context.Context, ids []workflow.GroupID) map[workflow.GroupID]string {
	names := map[workflow.GroupID]string{}
	if len(ids) == 0 {
		return names
	}
	ctx, cancel := context.WithTimeout(ctx, nicety)
	defer cancel()
	all, err := d.access.Groups(ctx)
	if err != nil {
		d.log.WarnContext(ctx, "could not list the user groups", "error", err)
	}
	for _, g := range all {
		names[g.ID] = g.Name
	}
	return names
}

// webhooks are what the settings do with a shop's webhook beside keeping its address; see Config.
type webhooks struct {
	test      func(context.Context, workflow.Shop) (string, bool)
	newSecret func(context.Context, workflow.ShopID, workflow.Actor) (string, error)
}

// webhookTestTime is how long a test may take, with showing what came of it.
const webhookTestTime = 12*time.Second + slackapi.Timeout

// testWebhook sends an example to the address that is saved, and shows what came back in a view that opens at once: a
// trigger does not live as long as a call may take.
func (d *settingsDesk) testWebhook() onClick[view.SettingsMeta] {
	return onClick[view.SettingsMeta]{
		Order: handle.AckFirst,
		Parse: func(c click) (view.SettingsMeta, error) { return view.ParseSettingsMeta(c.View.Metadata) },
		Scope: settingsScope,
		Do: func(ctx context.Context, c click, _ view.SettingsMeta, g handle.Grant) (handle.Answer, error) {
			host := workflow.WebhookHost(g.Shop.Settings.Webhook)
			if d.webhooks.test == nil || host == "" {
				return handle.Open(view.NoticeModal(view.Aside(view.WebhookUnavailable))), nil
			}
			shown, err := d.api.PushViewContext(ctx, c.TriggerID, view.WebhookTesting(host))
			if err != nil {
				return handle.Answer{}, err
			}
			return handle.Answer{Then: func(ctx context.Context) {
				ctx, cancel := d.api.Detach(ctx, webhookTestTime)
				defer cancel()
				words, good := d.webhooks.test(ctx, g.Shop)
				if _, err := d.api.UpdateViewContext(ctx, view.WebhookTested(host, words, good), "", "", shown.ID); err != nil {
					d.log.WarnContext(ctx, "could not show what a webhook answered", "person", c.User.ID, "shop", g.Shop.ID, "error", err)
				}
			}}, nil
		},
	}
}

// renewWebhookSecret makes a new secret and shows it, the only time.
func (d *settingsDesk) renewWebhookSecret() onClick[view.SettingsMeta] {
	return onClick[view.SettingsMeta]{
		Order: handle.AckFirst,
		Parse: func(c click) (view.SettingsMeta, error) { return view.ParseSettingsMeta(c.View.Metadata) },
		Scope: settingsScope,
		Do: func(ctx context.Context, _ click, _ view.SettingsMeta, g handle.Grant) (handle.Answer, error) {
			if d.webhooks.newSecret == nil {
				return handle.Open(view.NoticeModal(view.Aside(view.WebhookUnavailable))), nil
			}
			secret, err := d.webhooks.newSecret(ctx, g.Shop.ID, g.Actor)
			if err != nil {
				return handle.Answer{}, err
			}
			return handle.Open(view.WebhookSecret(secret)), nil
		},
	}
}

// firstWebhookSecret makes the secret of a webhook that was just saved, and returns the line that shows it; "" where
// there is nothing to show.
func (d *settingsDesk) firstWebhookSecret(ctx context.Context, draft settingsDraft, saved workflow.Shop) string {
	if draft.meta.Section != view.SettingsOthers || saved.Settings.Webhook == "" || len(saved.WebhookSecret) > 0 || d.webhooks.newSecret == nil {
		return ""
	}
	secret, err := d.webhooks.newSecret(ctx, saved.ID, draft.by)
	if err != nil {
		d.log.ErrorContext(ctx, "could not make the secret of a webhook", "shop", saved.ID, "error", err)
		return view.WebhookNoSecret
	}
	return view.WebhookSecretLine(secret)
}
