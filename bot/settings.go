package bot

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/bot/access"
	"sampledesk/bot/handle"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// settingsRoutes are what opens the settings, and what happens in their dialog.
func (d *Desk) settingsRoutes(r *routes) {
	r.commands[view.CommandSamples+" settings"] = d.commandSettings
	handle.OnClick(r.Mux, view.ActionSettings, d.clickSettings())
	handle.OnClick(r.Mux, view.ActionSettingsShop, d.switchSettings())
	handle.OnSubmit(r.Mux, view.CallbackSettings, d.submitSettings())
	r.OnSuggest(view.ActionSettingsGroups, d.suggestGroups)
	r.OnSuggest(view.ActionSettingsZone, d.suggestZones)
}

// commandSettings opens the settings by command: those of the channel's shop, with the others to choose from.
func (d *Desk) commandSettings(ctx context.Context, c command, _ string) (reply, error) {
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
	return reply{then: func(ctx context.Context) { d.mux.Open(ctx, i, d.settingsModal(ctx, c.Shops[here], mine)) }}, nil
}

// noSettings tells why somebody changes no settings: they are no admin of the shop, Slack did not tell in time, or there is
// no shop.
func (d *Desk) noSettings(ctx context.Context, who workflow.PersonID, shop workflow.ShopID) error {
	if _, err := d.access.Guard(ctx, who, shop, access.Admin); err != nil {
		return err
	}
	if shop == "" {
		return access.Denied{Rule: view.DeniedNoShop}
	}
	return access.Denied{Rule: view.DeniedUnchecked, Shop: shop}
}

// clickSettings opens the settings by a button: those of the shop that it names, or, where it names none, of the first
// that the person is an admin of.
func (d *Desk) clickSettings() onClick[workflow.ShopID] {
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
			return handle.Open(d.settingsModal(ctx, shop, mine)), nil
		},
	}
}

func (d *Desk) settingsModal(ctx context.Context, s workflow.Shop, mine []workflow.Shop) slack.ModalViewRequest {
	return view.SettingsModal(d.settingsFacts(ctx, s, mine))
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
func (d *Desk) switchSettings() onClick[workflow.ShopID] {
	return onClick[workflow.ShopID]{
		Order: handle.AckFirst,
		Parse: func(c click) (workflow.ShopID, error) { return workflow.ShopID(c.Action.Chosen()), nil },
		Scope: adminScope,
		Do: func(ctx context.Context, c click, _ workflow.ShopID, g handle.Grant) (handle.Answer, error) {
			m := d.settingsModal(ctx, g.Shop, d.access.Administered(ctx, c.User.ID))
			if _, err := d.api.UpdateViewContext(ctx, m, "", c.View.Hash, c.View.ID); err != nil {
				d.log.WarnContext(ctx, "could not show another shop's settings", "person", c.User.ID, "shop", g.Shop.ID, "error", err)
			}
			return handle.Answer{}, nil
		},
	}
}

// adminScope is what a person has to be allowed who changes a shop's settings.
var adminScope = handle.For(access.Admin, func(id workflow.ShopID) workflow.ShopID { return id })

// submitSettings keeps what an admin made of the settings, and says what changed in the dialog's place.
func (d *Desk) submitSettings() onSubmit[view.SettingsMeta] {
	return onSubmit[view.SettingsMeta]{
		Parse: func(s submit) (view.SettingsMeta, error) { return view.ParseSettingsMeta(s.View.Metadata) },
		Scope: handle.For(access.Admin, func(m view.SettingsMeta) workflow.ShopID { return m.Shop }),
		Do: func(ctx context.Context, s submit, meta view.SettingsMeta, g handle.Grant) (handle.Answer, error) {
			given, action, complaint := readSettings(s.Interaction)
			if complaint == "" {
				action, complaint = d.checkSettings(ctx, g.Shop, given.Settings)
			}
			if complaint != "" {
				return handle.At(view.SettingsBlock(action, meta.Shop), complaint), nil
			}
			return d.saveSettings(ctx, settingsDraft{meta: meta, shop: g.Shop, form: given, by: g.Actor})
		},
		Fail: func(ctx context.Context, _ submit, meta view.SettingsMeta, _ handle.Grant, err error) handle.Answer {
			action, sentence := view.ActionSettingsChannel, d.access.Explain(ctx, err)
			if access.DenialOf(err) != "" || errors.Is(err, access.ErrRead) {
				return handle.ShowOr(view.NoticeModal(view.Aside(sentence)), view.SettingsBlock(action, meta.Shop), sentence)
			}
			sentence = view.Denied(view.DeniedUnsaved)
			if r, ok := errors.AsType[workflow.Refusal](err); ok && r.Rule == workflow.RuleBadSetting {
				action, sentence = view.SettingsError(r.Name)
			}
			return handle.At(view.SettingsBlock(action, meta.Shop), sentence)
		},
	}
}

// settingsForm is what the dialog holds: settings with nothing unset, and the shops that get the same.
type settingsForm struct {
	workflow.Settings
	copies []workflow.ShopID
}

// readSettings reads the dialog's inputs. Where one is not to be read, it says which and what is wrong.
func readSettings(i handle.Interaction) (f settingsForm, action, complaint string) {
	f.Channel = i.Field(view.ActionSettingsChannel).Conversation
	f.Reviewers, f.Admins = i.Field(view.ActionSettingsReviewers).People, i.Field(view.ActionSettingsAdmins).People
	for _, o := range i.Field(view.ActionSettingsGroups).Checked {
		f.Groups = append(f.Groups, workflow.GroupID(o.Value))
	}
	f.QuickReject = i.Field(view.ActionSettingsReject).Chosen() == view.RejectAtOnce
	f.Morning, f.Zone = i.Field(view.ActionSettingsMorning).Time, i.Field(view.ActionSettingsZone).Chosen()
	f.Shipments = view.ParseShipments(i.Field(view.ActionSettingsShipments).Chosen())
	f.ShipmentChannel = i.Field(view.ActionSettingsShipmentChannel).Conversation
	for _, o := range i.Field(view.ActionSettingsCopies).Checked {
		f.copies = append(f.copies, workflow.ShopID(o.Value))
	}
	undo, ok := parseSeconds(i.Field(view.ActionSettingsUndo).Text)
	if !ok {
		return f, view.ActionSettingsUndo, view.ErrorUndo
	}
	f.Undo = &undo
	if f.Steps, ok = view.ParseSteps(i.Field(view.ActionSettingsSteps).Text); !ok {
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
func readClockSettings(i handle.Interaction, s *workflow.Settings) (action, complaint string) {
	if chosen := i.Field(view.ActionSettingsHours).Chosen(); chosen == view.HoursWeekdays || chosen == view.HoursEveryDay {
		s.HoursFrom, s.HoursTo = i.Field(view.ActionSettingsHoursFrom).Time, i.Field(view.ActionSettingsHoursTo).Time
		s.Weekends = chosen == view.HoursEveryDay
		if s.HoursFrom == "" || s.HoursTo == "" {
			return view.ActionSettingsHoursFrom, view.ErrorHours
		}
	}
	s.Weekly = i.Field(view.ActionSettingsWeekly).Chosen() == view.WeeklyMonday
	var ok bool
	if s.MoveDays, ok = view.ParseDays(i.Field(view.ActionSettingsMoveDays).Text); !ok {
		return view.ActionSettingsMoveDays, view.ErrorDays
	}
	if s.PostDays, ok = view.ParseDays(i.Field(view.ActionSettingsPostDays).Text); !ok {
		return view.ActionSettingsPostDays, view.ErrorDays
	}
	// Cleaned as it will be kept, so that what did not change is seen not to have.
	text, err := workflow.NoteText(withEmoji(i.Field(view.ActionSettingsNudge).Text), workflow.MaxMessage)
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
	by   workflow.Actor
}

// saveSettings keeps a draft that was found good, unless its person has to look at something again first.
func (d *Desk) saveSettings(ctx context.Context, draft settingsDraft) (handle.Answer, error) {
	was, shop := d.effective(draft.shop.Settings), draft.shop
	moved := draft.meta.Version != shop.Settings.Version
	changes, copies := view.SettingsChanges(was, draft.form.Settings), d.copies(ctx, draft)
	if len(changes) == 0 && len(copies) == 0 && shop.Settings.Welcomed {
		// The same is there already: nothing was changed, or this is Slack's second delivery of what was saved.
		return handle.Show(view.SettingsSaved(shop, nil, nil)), nil
	}
	if warning := d.warning(draft, moved, changes); warning != "" {
		return d.askAgain(ctx, draft, warning), nil
	}
	ids := make([]workflow.ShopID, len(copies))
	for n, s := range copies {
		ids[n] = s.ID
	}
	_, err := d.engine.ChangeSettings(ctx, shop.ID, workflow.SettingsChange{
		Actor: draft.by, At: time.Now(), Seen: shop.Settings.Version,
		Settings: d.unset(draft.form.Settings, shop.Settings), Copies: ids,
	})
	return handle.Show(view.SettingsSaved(shop, changes, copies)), err
}

// warning tells what a person has to look at before a draft is saved: that somebody else changed the settings meanwhile,
// or that they take their own rights away. Who was warned and sends it again means it.
func (d *Desk) warning(draft settingsDraft, moved bool, changes []view.SettingsChange) string {
	if moved {
		return view.WarnMoved(changes)
	}
	after := draft.shop
	after.Settings = d.unset(draft.form.Settings, draft.shop.Settings)
	if draft.meta.Sure || d.access.IsAdmin(draft.by.Person, after) {
		return ""
	}
	return view.WarnLeaving(d.adminsOf(after))
}

// askAgain shows the dialog once more, with what was entered, and what to look at. Seen is now what is there now.
func (d *Desk) askAgain(ctx context.Context, draft settingsDraft, warning string) handle.Answer {
	facts := d.settingsFacts(ctx, draft.shop, d.access.Administered(ctx, draft.by.Person))
	version := draft.shop.Settings.Version
	facts.Shop.Settings = draft.form.Settings
	facts.Shop.Settings.Version = version
	facts.Groups = d.groupNames(ctx, draft.form.Groups)
	facts.Warning, facts.Sure = warning, true
	return handle.ShowOr(view.SettingsModal(facts), view.SettingsBlock(view.ActionSettingsChannel, draft.shop.ID), view.Denied(view.DeniedMoved))
}

// copies returns the other shops that are to get the same and have not got it yet, as far as the person is an admin of
// them.
func (d *Desk) copies(ctx context.Context, draft settingsDraft) []workflow.Shop {
	if len(draft.form.copies) == 0 {
		return nil
	}
	return slices.DeleteFunc(d.access.Administered(ctx, draft.by.Person), func(s workflow.Shop) bool {
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
