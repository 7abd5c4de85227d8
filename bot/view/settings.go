package view

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

// The identifiers of the settings dialog: of the view, and of its fields with what they hold. SettingsBlock names the
// block of a field.
const (
	CallbackSettings = "settings"

	ActionSettingsShop            = "settings_shop" // a menu that reports each change; the value is a shop's id
	ActionSettingsChannel         = "settings_channel"
	ActionSettingsReviewers       = "settings_reviewers"
	ActionSettingsGroups          = "settings_groups" // a menu that asks for its options; the values are user groups' ids
	ActionSettingsAdmins          = "settings_admins"
	ActionSettingsUndo            = "settings_undo"   // a number of seconds
	ActionSettingsReject          = "settings_reject" // RejectByDialog or RejectAtOnce
	ActionSettingsSteps           = "settings_steps"  // what ParseSteps reads
	ActionSettingsMorning         = "settings_morning"
	ActionSettingsZone            = "settings_zone"      // a menu that asks for its options; the value is the zone's IANA name
	ActionSettingsShipments       = "settings_shipments" // what ParseShipments reads
	ActionSettingsShipmentChannel = "settings_shipment_channel"
	ActionSettingsCopies          = "settings_copies" // a menu; the values are shops' ids

	RejectByDialog = "dialog"
	RejectAtOnce   = "at_once"
)

// SettingsFacts is what the settings dialog shows.
type SettingsFacts struct {
	Shop    workflow.Shop               // its settings are what the fields start with, with nothing unset
	Shops   []workflow.Shop             // those whose settings the person may change; with this one alone there is no menu of them
	Groups  map[workflow.GroupID]string // what Slack calls the user groups, as far as that is known
	At      time.Time                   // tells how far zones are from UTC now
	Warning string                      // formatted: what to look at before sending it again; empty: nothing
	Sure    bool                        // she was warned: what she sends is what she means
}

// SettingsMeta is what the dialog carries unseen.
type SettingsMeta struct {
	Shop    workflow.ShopID `json:"shop"`
	Version int             `json:"version"` // of the settings that the person was shown
	Sure    bool            `json:"sure,omitempty"`
}

// Encode writes the dialog's private metadata.
func (m SettingsMeta) Encode() string {
	b, err := json.Marshal(m)
	if err != nil { // strings and numbers always can be written
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

// SettingsBlock is the block id of a field. It names the shop, so that no field goes on showing what was typed for
// another one.
func SettingsBlock(action string, shop workflow.ShopID) string {
	return cut(action+"@"+string(shop), 255)
}

// SettingsModal is the dialog in which admins change what the desk does for a shop.
func SettingsModal(f SettingsFacts) slack.ModalViewRequest {
	in := fields{shop: f.Shop.ID, settings: f.Shop.Settings, groups: f.Groups, at: f.At}
	var blocks []slack.Block
	if f.Warning != "" {
		blocks = append(blocks, section(f.Warning), divider())
	}
	if len(f.Shops) > 1 {
		blocks = append(blocks, settingsOf(f))
	}
	blocks = append(blocks,
		in.channel(),
		header("People"), in.reviewers(), in.userGroups(), in.admins(),
		header("Decisions"), in.undo(), in.reject(),
		header("Deadlines and morning message"), in.steps(), in.morning(), in.zone(),
	)
	blocks = append(append(blocks, in.hours()...),
		header("Shipments"), in.shipments(), in.shipmentChannel(), in.moveDays(),
		header("Content"), in.postDays(), in.nudge(),
		header("Report"), in.weekly(),
	)
	if copies, ok := in.copies(f.Shops); ok {
		blocks = append(blocks, header("Other shops"), copies)
	}
	submit := "Save"
	if f.Sure {
		submit = "Save anyway"
	}
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: CallbackSettings,
		Title: plainText("Settings"), Submit: plainText(submit), Close: plainText("Cancel"),
		Blocks:          slack.Blocks{BlockSet: blocks},
		PrivateMetadata: SettingsMeta{Shop: f.Shop.ID, Version: f.Shop.Settings.Version, Sure: f.Sure}.Encode(),
	}
}

// settingsOf is the menu that chooses whose settings they are.
func settingsOf(f SettingsFacts) slack.Block {
	menu := &slack.SelectBlockElement{Type: slack.OptTypeStatic, ActionID: ActionSettingsShop, Placeholder: plainText("Choose a shop")}
	for _, s := range f.Shops[:min(MaxChoices, len(f.Shops))] {
		o := shopOption(s, f.Shops)
		menu.Options = append(menu.Options, o)
		if s.ID == f.Shop.ID {
			menu.InitialOption = o
		}
	}
	return &slack.InputBlock{
		Type: slack.MBTInput, BlockID: SettingsBlock(ActionSettingsShop, f.Shop.ID), Label: plainText("Shop"), Element: menu, DispatchAction: true,
	}
}

// shopOption offers a shop by its name, or, where that does not tell it apart, by its id.
func shopOption(s workflow.Shop, among []workflow.Shop) *slack.OptionBlockObject {
	name := raw(s.Name, maxName)
	for _, other := range among {
		if other.ID != s.ID && strings.EqualFold(name, raw(other.Name, maxName)) {
			name = ""
		}
	}
	return option(string(s.ID), first(name, raw(string(s.ID), maxID), "A shop"))
}

// fields makes the inputs of the dialog, and of the first-run welcome.
type fields struct {
	shop     workflow.ShopID
	settings workflow.Settings
	groups   map[workflow.GroupID]string
	at       time.Time
}

func (f fields) input(action, label, hint string, optional bool, e slack.BlockElement) slack.Block {
	b := &slack.InputBlock{
		Type: slack.MBTInput, BlockID: SettingsBlock(action, f.shop), Label: plainText(label), Element: e, Optional: optional,
	}
	if hint != "" {
		b.Hint = plainText(hint)
	}
	return b
}

func (f fields) channel() slack.Block {
	return f.input(ActionSettingsChannel, "Channel for cards and notices",
		"Invite @Sample Desk to it first: type /invite @Sample Desk there.", false,
		channelMenu(ActionSettingsChannel, f.settings.Channel))
}

func channelMenu(action, initial string) *slack.SelectBlockElement {
	return &slack.SelectBlockElement{
		Type: slack.OptTypeConversations, ActionID: action, Placeholder: plainText("Choose a channel"), InitialConversation: initial,
		Filter: &slack.SelectBlockElementFilter{Include: []string{"public", "private"}, ExcludeBotUsers: true},
	}
}

func (f fields) reviewers() slack.Block {
	return f.input(ActionSettingsReviewers, "Reviewers",
		"They and the groups below decide on samples. Leave both empty to let everyone in the channel decide.", true,
		peopleMenu(ActionSettingsReviewers, "Choose people", f.settings.Reviewers))
}

func (f fields) admins() slack.Block {
	return f.input(ActionSettingsAdmins, "Admins",
		"They can change these settings and undo other people's decisions. Leave empty to use SLACK_ADMINS.", true,
		peopleMenu(ActionSettingsAdmins, "Choose people", f.settings.Admins))
}

func peopleMenu(action, placeholder string, initial []workflow.PersonID) *slack.MultiSelectBlockElement {
	menu := &slack.MultiSelectBlockElement{
		Type: slack.MultiOptTypeUser, ActionID: action, Placeholder: plainText(placeholder), MaxSelectedItems: new(workflow.MaxPeople),
	}
	for _, p := range initial {
		menu.InitialUsers = append(menu.InitialUsers, string(p))
	}
	return menu
}

// maxGroups is how many user groups the dialog takes: Slack sends their names along, and an answer to a submission is
// small.
const maxGroups = 30

func (f fields) userGroups() slack.Block {
	menu := &slack.MultiSelectBlockElement{
		Type: slack.MultiOptTypeExternal, ActionID: ActionSettingsGroups, Placeholder: plainText("Type part of the name"),
		MinQueryLength: new(0), MaxSelectedItems: new(maxGroups),
	}
	for _, g := range f.settings.Groups[:min(maxGroups, len(f.settings.Groups))] {
		menu.InitialOptions = append(menu.InitialOptions, groupOption(UserGroup{ID: g, Name: f.groups[g]}))
	}
	return f.input(ActionSettingsGroups, "Reviewers by user group", "", true, menu)
}

func (f fields) undo() slack.Block {
	seconds := "0"
	if f.settings.Undo != nil {
		seconds = plainNumber(f.settings.Undo.Seconds())
	}
	return f.input(ActionSettingsUndo, "Undo window, in seconds",
		"How long a decision can be undone before it is sent to TikTok. 0 sends it right away, with no undo.", false,
		&slack.NumberInputBlockElement{
			Type: slack.METNumber, ActionID: ActionSettingsUndo, IsDecimalAllowed: true, InitialValue: seconds,
			MinValue: "0", MaxValue: plainNumber(workflow.MaxUndo.Seconds()),
		})
}

func (f fields) reject() slack.Block {
	dialog := option(RejectByDialog, "Open a dialog with a note and a message to the creator")
	quick := option(RejectAtOnce, "Reject right away, after asking once")
	chosen := dialog
	if f.settings.QuickReject {
		chosen = quick
	}
	return f.input(ActionSettingsReject, "When someone chooses a reason under Reject…", "", false, radio(ActionSettingsReject, chosen, dialog, quick))
}

func radio(action string, chosen *slack.OptionBlockObject, all ...*slack.OptionBlockObject) *slack.RadioButtonsBlockElement {
	return &slack.RadioButtonsBlockElement{Type: slack.METRadioButtons, ActionID: action, Options: all, InitialOption: chosen}
}

func (f fields) steps() slack.Block {
	return f.input(ActionSettingsSteps, "Deadline reminders (hours before)",
		"Four numbers, largest first: in the thread, to the reviewers, to the channel, to the admins.", false,
		&slack.PlainTextInputBlockElement{
			Type: slack.METPlainTextInput, ActionID: ActionSettingsSteps, Placeholder: plainText("48, 24, 6, 1"),
			InitialValue: StepsText(f.settings.Steps), MaxLength: 60,
		})
}

func (f fields) morning() slack.Block {
	return f.input(ActionSettingsMorning, "Time of the morning message", "Lists what expires that day; skipped if nothing does.", false,
		&slack.TimePickerBlockElement{Type: slack.METTimepicker, ActionID: ActionSettingsMorning, InitialTime: f.settings.Morning})
}

func (f fields) zone() slack.Block {
	menu := &slack.SelectBlockElement{
		Type: slack.OptTypeExternal, ActionID: ActionSettingsZone, Placeholder: plainText("Type a city or region"), MinQueryLength: new(0),
	}
	if f.settings.Zone != "" {
		menu.InitialOption = zoneOption(f.settings.Zone, f.at)
	}
	return f.input(ActionSettingsZone, "Shop's time zone", "", false, menu)
}

// The values of where shipments are announced; an option's is never empty.
const shipmentsToChannel = "channel"

var shipmentsTexts = map[workflow.ShipmentNotices]string{
	workflow.ShipmentsToChannel: "In the shop's channel, grouped",
	workflow.ShipmentsElsewhere: "In another channel",
	workflow.ShipmentsInThread:  "In the thread of the card only",
}

// ParseShipments reads the value of ActionSettingsShipments.
func ParseShipments(value string) workflow.ShipmentNotices {
	if value == shipmentsToChannel {
		return workflow.ShipmentsToChannel
	}
	return workflow.ShipmentNotices(value)
}

func (f fields) shipments() slack.Block {
	var all []*slack.OptionBlockObject
	var chosen *slack.OptionBlockObject
	for _, n := range []workflow.ShipmentNotices{workflow.ShipmentsToChannel, workflow.ShipmentsElsewhere, workflow.ShipmentsInThread} {
		o := option(first(string(n), shipmentsToChannel), shipmentsTexts[n])
		all = append(all, o)
		if n == f.settings.Shipments {
			chosen = o
		}
	}
	return f.input(ActionSettingsShipments, "Where to announce shipments and deliveries", "They are always posted in the card's thread too.", false,
		radio(ActionSettingsShipments, chosen, all...))
}

func (f fields) shipmentChannel() slack.Block {
	return f.input(ActionSettingsShipmentChannel, "Other channel for shipments", "Only needed if you chose another channel above.", true,
		channelMenu(ActionSettingsShipmentChannel, f.settings.ShipmentChannel))
}

// maxCopies is how many other shops the dialog offers to copy to, so that it fits the answer to a submission.
const maxCopies = 40

// copies offers to give the same to other shops. There is nothing to offer where the person may change one only.
func (f fields) copies(shops []workflow.Shop) (slack.Block, bool) {
	menu := &slack.MultiSelectBlockElement{Type: slack.MultiOptTypeStatic, ActionID: ActionSettingsCopies, Placeholder: plainText("Choose shops")}
	for _, s := range shops {
		if s.ID != f.shop && len(menu.Options) < maxCopies {
			menu.Options = append(menu.Options, shopOption(s, shops))
		}
	}
	if len(menu.Options) == 0 {
		return nil, false
	}
	return f.input(ActionSettingsCopies, "Copy to other shops", "Copies everything above except the channel, replacing what they have now.", true, menu), true
}

// StepsText writes the hours of the steps as people type them: "48, 24, 6, 1".
func StepsText(steps []time.Duration) string {
	hours := make([]string, len(steps))
	for i, s := range steps {
		hours[i] = plainNumber(s.Hours())
	}
	return strings.Join(hours, ", ")
}

// ParseSteps reads hours as people type them: numbers, parted by commas, spaces or semicolons, each perhaps with an h.
func ParseSteps(typed string) ([]time.Duration, bool) {
	var steps []time.Duration
	words := strings.FieldsFunc(workflow.Plain(typed), func(r rune) bool { return r == ',' || r == ';' || r == '/' || r == ' ' || r == '\t' || r == '\n' })
	for _, w := range words {
		w = strings.TrimSuffix(strings.ToLower(w), "h")
		hours, err := strconv.ParseFloat(w, 64)
		if err != nil || !(hours > 0 && hours <= 10_000) {
			return nil, false
		}
		steps = append(steps, time.Duration(hours*float64(time.Hour)).Round(time.Second))
	}
	return steps, len(steps) == len(workflow.DefaultSteps)
}

// plainNumber writes a number without needless zeros.
func plainNumber(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
