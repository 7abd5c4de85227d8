package view

import (
	"slices"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

// Setting is one setting as admins see it: its inputs and its words. Adding one is a field of workflow.Settings and a row of
// AllSettings.
type Setting struct {
	Name    string // in the overview, and where a change of it is told
	Section SettingsSection
	Page    int      // of the first-run welcome that asks for it too, counted from 1; 0: none does
	Fields  []string // of workflow.Settings, in which it is kept
	Inputs  []SettingInput

	// Words are how it is set, as formatted text. Nothing is unset in the settings that they are given.
	Words func(workflow.Settings) string
}

// SettingInput is one input of a setting.
type SettingInput struct {
	Action, Label, Hint string
	Optional            bool

	Element func(action string, s workflow.Settings, known SettingsKnown) slack.BlockElement
	Read    func(form SettingsForm, s *workflow.Settings) bool // false: what it holds cannot be read; nil: another input reads it

	Check string // what workflow.Settings.Check calls what is entered here
	Error string // what is said at the input where it cannot be read, or where Check finds it wrong

	// What Slack is asked about before it is saved. Nil: nothing.
	Channel func(workflow.Settings) string              // the desk has to be in it
	People  func(workflow.Settings) []workflow.PersonID // none of them may be a guest, a bot or from elsewhere
}

// SettingsSection is one dialog of the settings; its text is the value of the button that opens it.
type SettingsSection string

// The sections.
const (
	SettingsPeople    SettingsSection = "people"
	SettingsTimes     SettingsSection = "times"
	SettingsShipments SettingsSection = "shipments"
	SettingsMessages  SettingsSection = "messages"
	SettingsOthers    SettingsSection = "others"
)

// settingsSections are the sections in the order of the overview.
var settingsSections = []SettingsSection{SettingsPeople, SettingsTimes, SettingsShipments, SettingsMessages, SettingsOthers}

// settingsTitles are what they are called; they are also the dialogs' titles, of 24 characters at most.
var settingsTitles = map[SettingsSection]string{
	SettingsPeople:    "People and channel",
	SettingsTimes:     "Deadlines and times",
	SettingsShipments: "Shipments and posting",
	SettingsMessages:  "Messages",
	SettingsOthers:    "Other systems",
}

// SettingsKnown is what inputs show beside the settings.
type SettingsKnown struct {
	Groups    map[workflow.GroupID]string // what Slack calls the user groups, as far as that is known
	At        time.Time                   // tells how far zones are from UTC now
	MaxPeople int                         // how many people a list takes; 0: as many as settings do
}

// SettingsForm returns what an input of a dialog holds, by its action id.
type SettingsForm func(action string) Value

// Settings are some of the rows of AllSettings.
type Settings []Setting

// In returns the settings of a section; there are none in one that does not exist.
func (all Settings) In(section SettingsSection) Settings {
	return slices.DeleteFunc(slices.Clone(all), func(s Setting) bool { return s.Section != section })
}

// OnPage returns the settings that a page of the first-run welcome asks for.
func (all Settings) OnPage(page int) Settings {
	return slices.DeleteFunc(slices.Clone(all), func(s Setting) bool { return s.Page != page })
}

// Welcome returns the settings that the pages of the first-run welcome ask for.
func Welcome() (asked Settings) {
	for page := range WelcomePages {
		asked = append(asked, AllSettings.OnPage(page+1)...)
	}
	return asked
}

// Inputs returns the inputs of the settings.
func (all Settings) Inputs() (inputs []SettingInput) {
	for _, s := range all {
		inputs = append(inputs, s.Inputs...)
	}
	return inputs
}

// Fields returns the fields of workflow.Settings in which the settings are kept.
func (all Settings) Fields() (fields []string) {
	for _, s := range all {
		fields = append(fields, s.Fields...)
	}
	return fields
}

// Read takes what a dialog holds into settings. Of the first input that cannot be read it returns the action id, and what
// to say at it; the others are read all the same.
func (all Settings) Read(form SettingsForm, s *workflow.Settings) (action, complaint string) {
	for _, in := range all.Inputs() {
		if in.Read != nil && !in.Read(form, s) && complaint == "" {
			action, complaint = in.Action, in.Error
		}
	}
	return action, complaint
}

// Check tells which of the inputs of these settings is wrong, if one is, and what to say at it. One that stands in another
// dialog is told at the first input.
func (all Settings) Check(s workflow.Settings) (action, complaint string) {
	field := s.Check()
	if field == "" {
		return "", ""
	}
	return all.At(field)
}

// At returns where in a dialog of these settings a field is, as workflow.Settings.Check names it, and what to say there.
func (all Settings) At(field string) (action, complaint string) {
	named := func(in SettingInput) bool { return in.Check == field }
	if i := slices.IndexFunc(all.Inputs(), named); i >= 0 {
		in := all.Inputs()[i]
		return in.Action, in.Error
	}
	complaint = Denied(DeniedUnsaved)
	if i := slices.IndexFunc(AllSettings.Inputs(), named); i >= 0 {
		complaint = AllSettings.Inputs()[i].Error
	}
	return all.First(), complaint
}

// First returns the action id of the first input.
func (all Settings) First() string {
	for _, in := range all.Inputs() {
		return in.Action
	}
	return ""
}

// blocks are the inputs of the settings as they are set now.
func (all Settings) blocks(shop workflow.ShopID, now workflow.Settings, known SettingsKnown) (blocks []slack.Block) {
	for _, in := range all.Inputs() {
		blocks = append(blocks, inputBlock(in, shop, in.Element(in.Action, now, known)))
	}
	return blocks
}

func inputBlock(in SettingInput, shop workflow.ShopID, e slack.BlockElement) slack.Block {
	b := &slack.InputBlock{
		Type: slack.MBTInput, BlockID: SettingsBlock(in.Action, shop), Label: plainText(in.Label), Element: e, Optional: in.Optional,
	}
	if in.Hint != "" {
		b.Hint = plainText(in.Hint)
	}
	return b
}

// SettingsBlock is the block id of an input. It names the shop, so that no input goes on showing what was typed for
// another one.
func SettingsBlock(action string, shop workflow.ShopID) string {
	return cut(action+"@"+string(shop), 255)
}

// SettingsChange is one setting that is not what it was.
type SettingsChange struct {
	Name     string // of the setting
	Was, Now string // formatted
}

// Changes tells what is different between two settings, neither of which has anything unset.
func (all Settings) Changes(was, now workflow.Settings) (changes []SettingsChange) {
	for _, s := range all {
		if was.Same(now, s.Fields...) {
			continue
		}
		c := SettingsChange{s.Name, s.Words(was), s.Words(now)}
		if c.Was == c.Now {
			c.Now = "changed further down" // than the words show
		}
		changes = append(changes, c)
	}
	return changes
}

func (c SettingsChange) String() string { return "• *" + c.Name + "*: " + c.Was + " → " + c.Now }
