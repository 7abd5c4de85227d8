package bot

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"sampledesk/bot/socket"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// settingsRoutes are what opens the settings, and what happens in their dialog.
func (d *Desk) settingsRoutes(r *routes) {
	r.commands[view.CommandSamples+" settings"] = d.commandSettings
	r.clicks[view.ActionSettings] = d.clickSettings
	r.clicks[view.ActionSettingsShop] = d.switchSettings
	r.submissions[view.CallbackSettings] = d.submitSettings
	r.suggestions[view.ActionSettingsGroups] = d.suggestGroups
	r.suggestions[view.ActionSettingsZone] = d.suggestZones
}

// commandSettings opens the settings by command: those of the channel's shop, with the others to choose from.
func (d *Desk) commandSettings(ctx context.Context, c command, _ string) (reply, error) {
	mine := d.administered(ctx, c.User)
	here := slices.IndexFunc(c.Shops, func(s workflow.Shop) bool { return query.Holds(mine, s.ID) })
	if here < 0 {
		var first workflow.ShopID
		if len(c.Shops) > 0 {
			first = c.Shops[0].ID
		}
		return reply{Message: view.Aside(d.noSettings(ctx, c.User, first))}, nil
	}
	i := interaction{TriggerID: c.TriggerID, ResponseURL: c.ResponseURL}
	i.User.ID, i.Channel.ID = c.User, c.Channel
	return reply{then: func(ctx context.Context) { d.openSettings(ctx, i, c.Shops[here], mine) }}, nil
}

// noSettings tells why somebody changes no settings: she is no admin of the shop, Slack did not tell in time, or there is
// no shop.
func (d *Desk) noSettings(ctx context.Context, who workflow.PersonID, shop workflow.ShopID) string {
	if _, no := d.guard(ctx, who, shop, admin); no != "" {
		return no
	}
	if shop == "" {
		return view.Denied(view.DeniedNoShop)
	}
	return view.Denied(view.DeniedUnchecked)
}

// clickSettings opens the settings by a button: those of the shop that it names, or, where it names none, of the first
// that the person is an admin of.
func (d *Desk) clickSettings(ctx context.Context, i interaction, a action, ack socket.Ack) {
	ack(nil)
	mine := d.administered(ctx, i.User.ID)
	id := workflow.ShopID(a.Text)
	if id == "" && len(mine) > 0 {
		id = mine[0].ID
	}
	if id == "" {
		d.tell(ctx, i, d.noSettings(ctx, i.User.ID, ""))
		return
	}
	shop, no := d.guard(ctx, i.User.ID, id, admin)
	if no != "" {
		d.tell(ctx, i, no)
		return
	}
	d.openSettings(ctx, i, shop, mine)
}

func (d *Desk) openSettings(ctx context.Context, i interaction, s workflow.Shop, mine []workflow.Shop) {
	d.openModal(ctx, i, view.SettingsModal(d.settingsFacts(ctx, s, mine)))
}

// settingsFacts gathers what the dialog shows of a shop's settings as they are now.
func (d *Desk) settingsFacts(ctx context.Context, s workflow.Shop, mine []workflow.Shop) view.SettingsFacts {
	s.Settings = d.effective(s.Settings)
	if !query.Holds(mine, s.ID) {
		mine = append([]workflow.Shop{s}, mine...)
	}
	return view.SettingsFacts{Shop: s, Shops: mine, Groups: d.groupNames(ctx, s.Settings.Groups), At: time.Now()}
}

// switchSettings shows another shop's settings in the dialog's place.
func (d *Desk) switchSettings(ctx context.Context, i interaction, a action, ack socket.Ack) {
	ack(nil)
	shop, no := d.guard(ctx, i.User.ID, workflow.ShopID(a.chosen()), admin)
	if no != "" {
		d.tell(ctx, i, no)
		return
	}
	m := view.SettingsModal(d.settingsFacts(ctx, shop, d.administered(ctx, i.User.ID)))
	if _, err := d.api.UpdateViewContext(ctx, m, "", i.View.Hash, i.View.ID); err != nil {
		d.log.WarnContext(ctx, "could not show another shop's settings", "person", i.User.ID, "shop", shop.ID, "error", err)
	}
}

// administered returns the shops that a person is an admin of; one of which Slack does not tell in time is left out.
func (d *Desk) administered(ctx context.Context, who workflow.PersonID) []workflow.Shop {
	all, err := d.shops(ctx)
	if err != nil {
		d.log.ErrorContext(ctx, "could not read the shops", "error", err)
		return nil
	}
	all = slices.DeleteFunc(all, func(s workflow.Shop) bool { return !d.isAdmin(who, s) })
	return d.allowed(ctx, who, all, admin)
}

// submitSettings keeps what an admin made of the settings, and says what changed in the dialog's place.
func (d *Desk) submitSettings(ctx context.Context, i interaction, ack socket.Ack) {
	ctx, cancel := context.WithTimeout(ctx, commitBy)
	defer cancel()
	meta, err := view.ParseSettingsMeta(i.View.Metadata)
	if err != nil {
		d.log.WarnContext(ctx, "a dialog does not say whose settings it is about", "error", err)
		return
	}
	shop, no := d.guard(ctx, i.User.ID, meta.Shop, admin)
	if no != "" {
		ackView(ack, view.NoticeModal(view.Aside(no)), view.SettingsBlock(view.ActionSettingsChannel, meta.Shop), no)
		return
	}
	given, action, complaint := readSettings(i)
	if complaint == "" {
		action, complaint = d.checkSettings(ctx, shop, given.Settings)
	}
	if complaint != "" {
		ack(errorAt(view.SettingsBlock(action, meta.Shop), complaint))
		return
	}
	d.saveSettings(ctx, i, settingsDraft{meta: meta, shop: shop, form: given}, ack)
}

// settingsForm is what the dialog holds: settings with nothing unset, and the shops that get the same.
type settingsForm struct {
	workflow.Settings
	copies []workflow.ShopID
}

// readSettings reads the dialog's inputs. Where one is not to be read, it says which and what is wrong.
func readSettings(i interaction) (f settingsForm, action, complaint string) {
	f.Channel = i.field(view.ActionSettingsChannel).Conversation
	f.Reviewers, f.Admins = i.field(view.ActionSettingsReviewers).People, i.field(view.ActionSettingsAdmins).People
	for _, o := range i.field(view.ActionSettingsGroups).Checked {
		f.Groups = append(f.Groups, workflow.GroupID(o.Value))
	}
	f.QuickReject = i.field(view.ActionSettingsReject).chosen() == view.RejectAtOnce
	f.Morning, f.Zone = i.field(view.ActionSettingsMorning).Time, i.field(view.ActionSettingsZone).chosen()
	f.Shipments = view.ParseShipments(i.field(view.ActionSettingsShipments).chosen())
	f.ShipmentChannel = i.field(view.ActionSettingsShipmentChannel).Conversation
	for _, o := range i.field(view.ActionSettingsCopies).Checked {
		f.copies = append(f.copies, workflow.ShopID(o.Value))
	}
	undo, ok := parseSeconds(i.field(view.ActionSettingsUndo).Text)
	if !ok {
		return f, view.ActionSettingsUndo, view.ErrorUndo
	}
	f.Undo = &undo
	if f.Steps, ok = view.ParseSteps(i.field(view.ActionSettingsSteps).Text); !ok {
		return f, view.ActionSettingsSteps, view.ErrorSteps
	}
	for n := range f.Steps[1:] {
		if f.Steps[n+1] >= f.Steps[n] {
			return f, view.ActionSettingsSteps, view.ErrorSteps
		}
	}
	action, complaint = readClockSettings(i, &f.Settings)
	return f, action, complaint
}

// readClockSettings reads the inputs that are about the clock.
func readClockSettings(i interaction, s *workflow.Settings) (action, complaint string) {
	if chosen := i.field(view.ActionSettingsHours).chosen(); chosen == view.HoursWeekdays || chosen == view.HoursEveryDay {
		s.HoursFrom, s.HoursTo = i.field(view.ActionSettingsHoursFrom).Time, i.field(view.ActionSettingsHoursTo).Time
		s.Weekends = chosen == view.HoursEveryDay
		if s.HoursFrom == "" || s.HoursTo == "" {
			return view.ActionSettingsHoursFrom, view.ErrorHours
		}
	}
	s.Weekly = i.field(view.ActionSettingsWeekly).chosen() == view.WeeklyMonday
	var ok bool
	if s.MoveDays, ok = view.ParseDays(i.field(view.ActionSettingsMoveDays).Text); !ok {
		return view.ActionSettingsMoveDays, view.ErrorDays
	}
	if s.PostDays, ok = view.ParseDays(i.field(view.ActionSettingsPostDays).Text); !ok {
		return view.ActionSettingsPostDays, view.ErrorDays
	}
	// Cleaned as it will be kept, so that what did not change is seen not to have.
	text, err := workflow.NoteText(withEmoji(i.field(view.ActionSettingsNudge).Text), workflow.MaxMessage)
	if r, ok := errors.AsType[workflow.Refusal](err); ok && r.Rule == workflow.RuleTooLong {
		return view.ActionSettingsNudge, view.ErrorNudge
	}
	s.Nudge = text
	return "", ""
}

func parseSeconds(typed string) (time.Duration, bool) {
	seconds, err := strconv.ParseFloat(workflow.Plain(typed), 64)
	if err != nil || !(seconds >= 0 && seconds <= workflow.MaxUndo.Seconds()) {
		return 0, false
	}
	return time.Duration(seconds * float64(time.Second)).Round(time.Millisecond), true
}

// settingsDraft is what somebody wants to save.
type settingsDraft struct {
	meta view.SettingsMeta
	shop workflow.Shop // as it is now
	form settingsForm
}

// saveSettings keeps a draft that was found good, unless its person has to look at something again first.
func (d *Desk) saveSettings(ctx context.Context, i interaction, draft settingsDraft, ack socket.Ack) {
	was, shop := d.effective(draft.shop.Settings), draft.shop
	moved := draft.meta.Version != shop.Settings.Version
	changes, copies := view.SettingsChanges(was, draft.form.Settings), d.copies(ctx, i.User.ID, draft)
	if len(changes) == 0 && len(copies) == 0 && shop.Settings.Welcomed {
		// The same is there already: nothing was changed, or this is Slack's second delivery of what was saved.
		ack(updateTo(view.SettingsSaved(shop, nil, nil)))
		return
	}
	if warning := d.warning(i.User.ID, draft, moved, changes); warning != "" {
		d.askAgain(ctx, i, draft, warning, ack)
		return
	}
	ids := make([]workflow.ShopID, len(copies))
	for n, s := range copies {
		ids[n] = s.ID
	}
	_, err := d.engine.ChangeSettings(ctx, shop.ID, workflow.SettingsChange{
		Actor: d.actor(i.User.ID, shop, workflow.FromModal, i.View.ID), At: time.Now(), Seen: shop.Settings.Version,
		Settings: d.unset(draft.form.Settings, shop.Settings), Copies: ids,
	})
	if err == nil {
		ack(updateTo(view.SettingsSaved(shop, changes, copies)))
		return
	}
	d.note(ctx, i.User.ID, err)
	action, sentence := view.ActionSettingsChannel, view.Denied(view.DeniedUnsaved)
	if r, ok := errors.AsType[workflow.Refusal](err); ok && r.Rule == workflow.RuleBadSetting {
		action, sentence = view.SettingsError(r.Name)
	}
	ack(errorAt(view.SettingsBlock(action, shop.ID), sentence))
}

// warning tells what a person has to look at before a draft is saved: that somebody else changed the settings meanwhile,
// or that she takes her own rights away. Who was warned and sends it again means it.
func (d *Desk) warning(who workflow.PersonID, draft settingsDraft, moved bool, changes []view.SettingsChange) string {
	if moved {
		return view.WarnMoved(changes)
	}
	after := draft.shop
	after.Settings = d.unset(draft.form.Settings, draft.shop.Settings)
	if draft.meta.Sure || d.isAdmin(who, after) {
		return ""
	}
	return view.WarnLeaving(d.adminsOf(after))
}

// askAgain shows the dialog once more, with what was entered, and what to look at. Seen is now what is there now.
func (d *Desk) askAgain(ctx context.Context, i interaction, draft settingsDraft, warning string, ack socket.Ack) {
	facts := d.settingsFacts(ctx, draft.shop, d.administered(ctx, i.User.ID))
	version := draft.shop.Settings.Version
	facts.Shop.Settings = draft.form.Settings
	facts.Shop.Settings.Version = version
	facts.Groups = d.groupNames(ctx, draft.form.Groups)
	facts.Warning, facts.Sure = warning, true
	ackView(ack, view.SettingsModal(facts), view.SettingsBlock(view.ActionSettingsChannel, draft.shop.ID), view.Denied(view.DeniedMoved))
}

// copies returns the other shops that are to get the same and have not got it yet, as far as the person is an admin of
// them.
func (d *Desk) copies(ctx context.Context, who workflow.PersonID, draft settingsDraft) []workflow.Shop {
	if len(draft.form.copies) == 0 {
		return nil
	}
	return slices.DeleteFunc(d.administered(ctx, who), func(s workflow.Shop) bool {
		same := d.effective(s.Settings)
		same.Channel = draft.form.Channel
		return s.ID == draft.shop.ID || !slices.Contains(draft.form.copies, s.ID) ||
			len(view.SettingsChanges(same, draft.form.Settings)) == 0
	})
}

// effective returns settings with nothing unset: what holds.
func (d *Desk) effective(s workflow.Settings) workflow.Settings {
	undo := s.UndoWindow(d.config.Undo)
	shop := workflow.Shop{Settings: s}
	s.Channel, s.Admins, s.Undo = d.channelOf(shop), d.adminsOf(shop), &undo
	if len(s.Steps) == 0 {
		s.Steps = workflow.DefaultSteps
	}
	if s.Morning == "" {
		s.Morning = workflow.DefaultMorning
	}
	if s.Zone == "" {
		s.Zone = workflow.DefaultZone
	}
	s.MoveDays, s.PostDays = cmp.Or(s.MoveDays, workflow.DefaultMoveDays), cmp.Or(s.PostDays, workflow.DefaultPostDays)
	return s
}

// unset takes what a person did not touch back to being unset, so that what was a default goes on following it.
func (d *Desk) unset(given, was workflow.Settings) workflow.Settings {
	standard := d.effective(workflow.Settings{})
	if was.Channel == "" && given.Channel == standard.Channel {
		given.Channel = ""
	}
	if len(was.Admins) == 0 && slices.Equal(given.Admins, standard.Admins) {
		given.Admins = nil
	}
	if was.Undo == nil && given.Undo != nil && *given.Undo == *standard.Undo {
		given.Undo = nil
	}
	if len(was.Steps) == 0 && slices.Equal(given.Steps, standard.Steps) {
		given.Steps = nil
	}
	if was.Morning == "" && given.Morning == standard.Morning {
		given.Morning = ""
	}
	if was.Zone == "" && given.Zone == standard.Zone {
		given.Zone = ""
	}
	if was.MoveDays == 0 && given.MoveDays == standard.MoveDays {
		given.MoveDays = 0
	}
	if was.PostDays == 0 && given.PostDays == standard.PostDays {
		given.PostDays = 0
	}
	return given
}
