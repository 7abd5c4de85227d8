package view

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

// The identifiers of the settings: of the overview, of a section's dialog, and of its inputs with what they hold.
// SettingsBlock names the block of an input.
const (
	CallbackSettings         = "settings"          // the dialog of a section
	CallbackSettingsOverview = "settings_overview" // what leads there

	ActionSettingsSection = "settings_section" // opens a section; the value is a SettingsSection
	ActionSettingsShop    = "settings_shop"    // a menu that reports each change; the value is a shop's id

	ActionSettingsChannel         = "settings_channel"
	ActionSettingsReviewers       = "settings_reviewers"
	ActionSettingsGroups          = "settings_groups" // a menu that asks for its options; the values are user groups' ids
	ActionSettingsAdmins          = "settings_admins"
	ActionSettingsUndo            = "settings_undo"   // a number of seconds
	ActionSettingsReject          = "settings_reject" // RejectByDialog or RejectAtOnce
	ActionSettingsSteps           = "settings_steps"  // what ParseSteps reads
	ActionSettingsMorning         = "settings_morning"
	ActionSettingsZone            = "settings_zone"      // a menu that asks for its options; the value is the zone's IANA name
	ActionSettingsShipments       = "settings_shipments" // "channel", "elsewhere" or "thread"
	ActionSettingsShipmentChannel = "settings_shipment_channel"
	ActionSettingsHours           = "settings_hours" // HoursAny, HoursWeekdays or HoursEveryDay
	ActionSettingsHoursFrom       = "settings_hours_from"
	ActionSettingsHoursTo         = "settings_hours_to"
	ActionSettingsMoveDays        = "settings_move_days" // a number of days
	ActionSettingsPostDays        = "settings_post_days" // a number of days
	ActionSettingsNudge           = "settings_nudge"     // a text
	ActionSettingsTurns           = "settings_turns"     // TurnsNever or TurnsNew
	ActionSettingsWeekly          = "settings_weekly"    // WeeklyNever or WeeklyMonday
	ActionSettingsKeep            = "settings_keep"      // a menu; the values are numbers of months, or KeepAll
	ActionSettingsCopies          = "settings_copies"    // a menu; the values are shops' ids

	RejectByDialog = "dialog"
	RejectAtOnce   = "at_once"

	HoursAny      = "any"
	HoursWeekdays = "weekdays"
	HoursEveryDay = "every_day"

	TurnsNever   = "never"
	TurnsNew     = "new"
	WeeklyNever  = "never"
	WeeklyMonday = "monday"
	KeepAll      = "all"
)

// SettingsFacts is what the settings show.
type SettingsFacts struct {
	SettingsKnown
	Connects  bool            // shops can be connected from Slack
	Shop      workflow.Shop   // its settings are what the inputs start with, with nothing unset
	Shops     []workflow.Shop // those whose settings the person may change; with this one alone there is no menu of them
	Warning   string          // formatted: what to look at before sending it again; empty: nothing
	Sure      bool            // the person was warned: what they send is what they mean
	Overview  string          // the id of the view that led to the dialog
	Seen      string          // tells how the section's settings were when the person was shown them
	Templates []workflow.Template
	Saved     []string // formatted: what the overview says was just saved; empty: nothing
}

// SettingsMeta is what the overview and a section's dialog carry unseen.
type SettingsMeta struct {
	Shop     workflow.ShopID `json:"shop"`
	Section  SettingsSection `json:"section,omitempty"` // empty in the overview
	Seen     string          `json:"seen,omitempty"`
	Overview string          `json:"overview,omitempty"`
	Sure     bool            `json:"sure,omitempty"`
}

// Encode writes the private metadata.
func (m SettingsMeta) Encode() string {
	b, err := json.Marshal(m)
	if err != nil { // strings and booleans always can be written
		return ""
	}
	return string(b)
}

// ParseSettingsMeta reads what Encode wrote.
func ParseSettingsMeta(s string) (SettingsMeta, error) {
	var m SettingsMeta
	if err := json.Unmarshal([]byte(s), &m); err != nil {
		return m, fmt.Errorf("reading which settings a dialog is about: %w", err)
	}
	if m.Shop == "" {
		return m, fmt.Errorf("%q does not say whose settings a dialog is about", s)
	}
	return m, nil
}

// SettingsOverview shows how a shop is set, with a button for each section that opens its dialog.
func SettingsOverview(f SettingsFacts) slack.ModalViewRequest {
	var blocks []slack.Block
	if len(f.Saved) > 0 {
		blocks = append(blocks, section(f.Saved...), divider())
	}
	if len(f.Shops) > 1 {
		blocks = append(blocks, actions(SettingsBlock(ActionSettingsShop, f.Shop.ID), whoseSettings(f)))
	}
	for _, id := range settingsSections {
		title := settingsTitles[id]
		lines := []string{"*" + title + "*"}
		for _, s := range AllSettings.In(id) {
			lines = append(lines, s.Name+": "+s.Words(f.Shop.Settings))
		}
		part := section(lines...)
		part.BlockID = SettingsBlock(ActionSettingsSection+":"+string(id), f.Shop.ID)
		part.Accessory = slack.NewAccessory(button(ActionSettingsSection, string(id), "Change", "Change "+strings.ToLower(title)))
		blocks = append(blocks, part)
	}
	templates := section("*Message templates*", templatesText(f.Templates))
	templates.BlockID = SettingsBlock(ActionTemplates, f.Shop.ID)
	templates.Accessory = slack.NewAccessory(button(ActionTemplates, string(f.Shop.ID), "Change", "Change the message templates"))
	rules := section("*Rules*", "Suggest what to do with a request, and decide once you let them.")
	rules.BlockID = SettingsBlock(ActionRules, f.Shop.ID)
	rules.Accessory = slack.NewAccessory(button(ActionRules, string(f.Shop.ID), "Change", "Change the rules"))
	blocks = append(blocks, templates, rules)
	if f.Connects {
		blocks = append(blocks, divider(), section("*TikTok*", "Connect another shop, or renew TikTok's authorization."), buttons(
			button(ActionConnect, ConnectAny, "Connect a shop", "Connect a shop or renew its authorization"),
		))
	}
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: CallbackSettingsOverview, Title: plainText("Settings"), Close: plainText("Close"),
		Blocks: slack.Blocks{BlockSet: blocks}, PrivateMetadata: SettingsMeta{Shop: f.Shop.ID}.Encode(),
	}
}

// SettingsModal is the dialog in which admins change the settings of one section.
func SettingsModal(id SettingsSection, f SettingsFacts) slack.ModalViewRequest {
	all := AllSettings.In(id)
	var blocks []slack.Block
	if f.Warning != "" {
		blocks = append(blocks, section(f.Warning), divider())
	}
	if len(f.Shops) > 1 {
		blocks = append(blocks, aside("Settings"+forShop(first(f.Shop.Name, string(f.Shop.ID)))+"."))
	}
	blocks = append(blocks, all.blocks(f.Shop.ID, f.Shop.Settings, f.SettingsKnown)...)
	if id == SettingsOthers {
		blocks = append(blocks, webhookControls(f.Shop)...)
	}
	if copies, ok := copiesInput(id, f); ok {
		blocks = append(blocks, copies)
	}
	submit := "Save"
	if f.Sure {
		submit = "Save anyway"
	}
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: CallbackSettings,
		Title: plainText(settingsTitles[id]), Submit: plainText(submit), Close: plainText("Cancel"),
		Blocks:          slack.Blocks{BlockSet: blocks},
		PrivateMetadata: SettingsMeta{Shop: f.Shop.ID, Section: id, Seen: f.Seen, Overview: f.Overview, Sure: f.Sure}.Encode(),
	}
}

// whoseSettings is the menu that chooses whose settings they are.
func whoseSettings(f SettingsFacts) slack.BlockElement {
	menu := &slack.SelectBlockElement{Type: slack.OptTypeStatic, ActionID: ActionSettingsShop, Placeholder: plainText("Choose a shop")}
	labels := shopLabels(f.Shops)
	for _, s := range f.Shops[:min(MaxChoices, len(f.Shops))] {
		o := option(string(s.ID), labels[s.ID])
		menu.Options = append(menu.Options, o)
		if s.ID == f.Shop.ID {
			menu.InitialOption = o
		}
	}
	return menu
}

// shopLabels are what options call shops: by their names, or, where that does not tell one apart, by their ids.
func shopLabels(shops []workflow.Shop) map[workflow.ShopID]string {
	names, of := make([]string, len(shops)), map[string]int{}
	for i, s := range shops {
		names[i] = raw(s.Name, maxName)
		of[strings.ToLower(names[i])]++
	}
	labels := make(map[workflow.ShopID]string, len(shops))
	for i, s := range shops {
		if of[strings.ToLower(names[i])] > 1 {
			names[i] = ""
		}
		labels[s.ID] = first(names[i], raw(string(s.ID), maxID), "A shop")
	}
	return labels
}

// maxCopies is how many other shops a dialog offers to copy to, so that it fits the answer to a submission.
const maxCopies = 40

// copiesInput offers to give the same to other shops. There is nothing to offer where the person may change one only. It is
// no setting: what it holds is kept nowhere.
func copiesInput(id SettingsSection, f SettingsFacts) (slack.Block, bool) {
	menu := &slack.MultiSelectBlockElement{Type: slack.MultiOptTypeStatic, ActionID: ActionSettingsCopies, Placeholder: plainText("Choose shops")}
	labels := shopLabels(f.Shops)
	for _, s := range f.Shops {
		if s.ID != f.Shop.ID && len(menu.Options) < maxCopies {
			menu.Options = append(menu.Options, option(string(s.ID), labels[s.ID]))
		}
	}
	if len(menu.Options) == 0 {
		return nil, false
	}
	return inputBlock(SettingInput{
		Action: ActionSettingsCopies, Label: "Copy to other shops", Optional: true,
		Hint: "Copies everything above" + exceptChannel(id, " except the channel") + ", replacing what they have now.",
	}, f.Shop.ID, menu), true
}

// exceptChannel are words that hold where a section has the channel, which is each shop's own.
func exceptChannel(id SettingsSection, words string) string {
	return either(id == SettingsPeople, words, "")
}
