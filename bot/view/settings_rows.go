package view

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

// AllSettings are the settings in the order in which they are shown. Those with one input are one row; hours, shipments and
// reviewers have several, which hold together.
var AllSettings = Settings{
	{
		Name: "Channel", Section: SettingsPeople, Page: 1, Fields: []string{"Channel"},
		Words: func(s workflow.Settings) string { return channel(s.Channel) },
		Inputs: []SettingInput{{
			Action: ActionSettingsChannel, Label: "Channel for cards and notices",
			Hint:  "Invite @Sample Desk to it first: type /invite @Sample Desk there.",
			Error: ErrorNoChannel, Channel: func(s workflow.Settings) string { return s.Channel },
			Element: func(action string, s workflow.Settings, _ SettingsKnown) slack.BlockElement {
				return channelMenu(action, s.Channel)
			},
			Read: func(form SettingsForm, s *workflow.Settings) bool {
				s.Channel = form(ActionSettingsChannel).Conversation
				return s.Channel != ""
			},
		}},
	},
	{
		Name: "Reviewers", Section: SettingsPeople, Page: 2, Fields: []string{"Reviewers", "Groups"}, Words: reviewersText,
		Inputs: []SettingInput{
			peopleInput(ActionSettingsReviewers, "Reviewers",
				"They and the groups below decide on samples. Leave both empty to let everyone in the channel decide.",
				workflow.FieldReviewers, func(s *workflow.Settings) *[]workflow.PersonID { return &s.Reviewers }),
			{
				Action: ActionSettingsGroups, Label: "Reviewers by user group", Optional: true, Element: groupsMenu,
				Read: func(form SettingsForm, s *workflow.Settings) bool {
					s.Groups = nil
					for _, o := range form(ActionSettingsGroups).Checked {
						s.Groups = append(s.Groups, workflow.GroupID(o.Value))
					}
					return true
				},
			},
		},
	},
	{
		Name: "In turn", Section: SettingsPeople, Fields: []string{"InTurn"},
		Words: func(s workflow.Settings) string {
			return either(s.InTurn, "new requests go to the reviewers one after the other", "no")
		},
		Inputs: []SettingInput{eitherInput(ActionSettingsTurns, "Who takes a new request on",
			[2]string{TurnsNever, "Whoever comes first"}, [2]string{TurnsNew, "The reviewers named above in turn, told in a direct message"},
			func(s *workflow.Settings) *bool { return &s.InTurn })},
	},
	{
		Name: "Admins", Section: SettingsPeople, Fields: []string{"Admins"},
		Words: func(s workflow.Settings) string { return several(s.Admins, nil, "from SLACK_ADMINS") },
		Inputs: []SettingInput{peopleInput(ActionSettingsAdmins, "Admins",
			"They can change these settings and undo other people's decisions. Leave empty to use SLACK_ADMINS.",
			workflow.FieldAdmins, func(s *workflow.Settings) *[]workflow.PersonID { return &s.Admins })},
	},
	{
		Name: "Undo window", Section: SettingsTimes, Fields: []string{"Undo"},
		Words: func(s workflow.Settings) string { return undoText(s.Undo) },
		Inputs: []SettingInput{{
			Action: ActionSettingsUndo, Label: "Undo window, in seconds",
			Hint:  "How long a decision can be undone before it is sent to TikTok. 0 sends it right away, with no undo.",
			Check: workflow.FieldUndo, Error: ErrorUndo, Element: undoInput,
			Read: func(form SettingsForm, s *workflow.Settings) bool {
				undo, ok := parseSeconds(form(ActionSettingsUndo).Text)
				s.Undo = &undo
				return ok
			},
		}},
	},
	{
		Name: "Deadline reminders", Section: SettingsTimes, Fields: []string{"Steps"},
		Words: func(s workflow.Settings) string { return StepsText(s.Steps) + " hours before" },
		Inputs: []SettingInput{{
			Action: ActionSettingsSteps, Label: "Deadline reminders (hours before)",
			Hint:  "Four numbers, largest first: in the thread, to the reviewers, to the channel, to the admins.",
			Check: workflow.FieldSteps, Error: ErrorSteps, Element: stepsInput,
			Read: func(form SettingsForm, s *workflow.Settings) (ok bool) {
				s.Steps, ok = ParseSteps(form(ActionSettingsSteps).Text)
				return ok
			},
		}},
	},
	{
		Name: "Reminders are sent", Section: SettingsTimes, Fields: []string{"HoursFrom", "HoursTo", "Weekends"},
		Words: hoursText, Inputs: hoursInputs(),
	},
	{
		Name: "Morning message", Section: SettingsTimes, Page: 3, Fields: []string{"Morning"},
		Words: func(s workflow.Settings) string { return clockTime(s.Morning) },
		Inputs: []SettingInput{{
			Action: ActionSettingsMorning, Label: "Time of the morning message", Hint: "One message a day, edited through the day: what expires and what to ship within two days, and who is waiting for a reply. None if there is nothing.",
			Check: workflow.FieldMorning, Error: ErrorMorning,
			Element: func(action string, s workflow.Settings, _ SettingsKnown) slack.BlockElement {
				return timePicker(action, s.Morning)
			},
			Read: func(form SettingsForm, s *workflow.Settings) bool {
				s.Morning = form(ActionSettingsMorning).Time
				return true
			},
		}},
	},
	{
		Name: "Time zone", Section: SettingsTimes, Page: 3, Fields: []string{"Zone"},
		Words: func(s workflow.Settings) string { return first(data(s.Zone, maxID), workflow.DefaultZone) },
		Inputs: []SettingInput{{
			Action: ActionSettingsZone, Label: "Shop's time zone", Check: workflow.FieldZone, Error: ErrorZone, Element: zoneMenu,
			Read: func(form SettingsForm, s *workflow.Settings) bool {
				s.Zone = form(ActionSettingsZone).Chosen()
				return true
			},
		}},
	},
	{
		Name: "Shipments", Section: SettingsShipments, Fields: []string{"Shipments", "ShipmentChannel"},
		Words: shipmentsText, Inputs: shipmentsInputs(),
	},
	{
		Name: "Parcel alert", Section: SettingsShipments, Fields: []string{"MoveDays"},
		Words: func(s workflow.Settings) string { return "after " + many(s.MoveDays, "day") },
		Inputs: []SettingInput{daysInput(ActionSettingsMoveDays, "Alert when a parcel hasn't moved for (days)", "",
			workflow.FieldMoveDays, func(s *workflow.Settings) *int { return &s.MoveDays })},
	},
	{
		Name: "Days to post", Section: SettingsShipments, Fields: []string{"PostDays"},
		Words: func(s workflow.Settings) string { return many(s.PostDays, "day") },
		Inputs: []SettingInput{daysInput(ActionSettingsPostDays, "Days a creator has to post after delivery",
			"TikTok's rule for free samples is 14.", workflow.FieldPostDays, func(s *workflow.Settings) *int { return &s.PostDays })},
	},
	{
		Name: "Weekly report", Section: SettingsMessages, Fields: []string{"Weekly"},
		Words: func(s workflow.Settings) string { return either(s.Weekly, "on Monday", "none") },
		Inputs: []SettingInput{eitherInput(ActionSettingsWeekly, "Weekly report",
			[2]string{WeeklyNever, "No report; /samples stats shows the same numbers"}, [2]string{WeeklyMonday, "On Monday, with the morning message"},
			func(s *workflow.Settings) *bool { return &s.Weekly })},
	},
	{
		Name: "Automatic reminder", Section: SettingsMessages, Fields: []string{"Nudge"},
		Words: func(s workflow.Settings) string { return nudgeSetting(s.Nudge) },
		Inputs: []SettingInput{{
			Action: ActionSettingsNudge, Label: "Automatic reminder to creators", Optional: true,
			Hint:  "Sent once to each creator, three days before their posting deadline. Leave empty to send none; your team can then write one.",
			Check: workflow.FieldNudge, Error: ErrorNudge, Element: nudgeInput,
			Read: func(form SettingsForm, s *workflow.Settings) bool {
				// Cleaned as it will be kept, so that what did not change is seen not to have. One without a word is none.
				text, err := workflow.NoteText(form(ActionSettingsNudge).Text, workflow.MaxMessage)
				s.Nudge = text
				r, _ := errors.AsType[workflow.Refusal](err)
				return r.Rule != workflow.RuleTooLong
			},
		}},
	},
	{
		Name: "Rejecting", Section: SettingsMessages, Fields: []string{"QuickReject"},
		Words: func(s workflow.Settings) string { return either(s.QuickReject, "right away", "with a dialog") },
		Inputs: []SettingInput{eitherInput(ActionSettingsReject, "When someone chooses a reason under Reject…",
			[2]string{RejectByDialog, "Open a dialog with a note and a message to the creator"}, [2]string{RejectAtOnce, "Reject right away, after asking once"},
			func(s *workflow.Settings) *bool { return &s.QuickReject })},
	},
	keepSetting,
	webhookSetting,
}

// The times that the dialog proposes where a shop has no working hours.
const (
	proposedFrom = "09:00"
	proposedTo   = "18:00"
)

// hoursInputs are three inputs that are read together. Whether there are working hours is a choice of its own, since a time
// that was chosen is hard to take away again.
func hoursInputs() []SettingInput {
	at := func(proposed string, of func(workflow.Settings) string) func(string, workflow.Settings, SettingsKnown) slack.BlockElement {
		return func(action string, s workflow.Settings, _ SettingsKnown) slack.BlockElement {
			return timePicker(action, first(of(s), proposed))
		}
	}
	return []SettingInput{
		{
			Action: ActionSettingsHours, Label: "When to send deadline reminders",
			Hint: "Outside working hours a reminder is sent when they start again, or earlier if the deadline comes first.",
			Element: func(action string, s workflow.Settings, _ SettingsKnown) slack.BlockElement {
				chosen := HoursAny
				if s.HoursFrom != "" {
					chosen = either(s.Weekends, HoursEveryDay, HoursWeekdays)
				}
				return radio(action, chosen, option(HoursAny, "At any time"),
					option(HoursWeekdays, "In working hours, Monday to Friday"), option(HoursEveryDay, "In working hours, every day"))
			},
		},
		{
			Action: ActionSettingsHoursFrom, Label: "Working hours start", Optional: true, Check: workflow.FieldHours, Error: ErrorHours,
			Element: at(proposedFrom, func(s workflow.Settings) string { return s.HoursFrom }),
			Read: func(form SettingsForm, s *workflow.Settings) bool {
				chosen := form(ActionSettingsHours).Chosen()
				s.HoursFrom, s.HoursTo, s.Weekends = "", "", false
				if chosen != HoursWeekdays && chosen != HoursEveryDay {
					return true
				}
				s.HoursFrom, s.HoursTo = form(ActionSettingsHoursFrom).Time, form(ActionSettingsHoursTo).Time
				s.Weekends = chosen == HoursEveryDay
				return s.HoursFrom != "" && s.HoursTo != ""
			},
		},
		{
			Action: ActionSettingsHoursTo, Label: "Working hours end", Optional: true,
			Element: at(proposedTo, func(s workflow.Settings) string { return s.HoursTo }),
		},
	}
}

// The values of where shipments are announced; an option's is never empty.
const shipmentsToChannel = "channel"

// shipmentsInputs are two inputs: where, and the channel where it is another. A channel that is not asked for is left as it is.
func shipmentsInputs() []SettingInput {
	return []SettingInput{
		{
			Action: ActionSettingsShipments, Label: "Where to announce shipments and deliveries",
			Hint: "They are always posted in the card's thread too.",
			Element: func(action string, s workflow.Settings, _ SettingsKnown) slack.BlockElement {
				return radio(action, first(string(s.Shipments), shipmentsToChannel),
					option(shipmentsToChannel, "In the shop's channel, grouped"),
					option(string(workflow.ShipmentsElsewhere), "In another channel"),
					option(string(workflow.ShipmentsInThread), "In the thread of the card only"))
			},
			Read: func(form SettingsForm, s *workflow.Settings) bool {
				s.Shipments = workflow.ShipmentNotices(form(ActionSettingsShipments).Chosen())
				if s.Shipments == shipmentsToChannel {
					s.Shipments = workflow.ShipmentsToChannel
				}
				return true
			},
		},
		{
			Action: ActionSettingsShipmentChannel, Label: "Other channel for shipments", Hint: "Only needed if you chose another channel above.",
			Optional: true, Check: workflow.FieldShipments, Error: ErrorShipmentChannel,
			Element: func(action string, s workflow.Settings, _ SettingsKnown) slack.BlockElement {
				return channelMenu(action, s.ShipmentChannel)
			},
			Read: func(form SettingsForm, s *workflow.Settings) bool {
				if s.Shipments == workflow.ShipmentsElsewhere {
					s.ShipmentChannel = form(ActionSettingsShipmentChannel).Conversation
				}
				return true
			},
			Channel: func(s workflow.Settings) string {
				return either(s.Shipments == workflow.ShipmentsElsewhere, s.ShipmentChannel, "")
			},
		},
	}
}

// peopleInput is a list of people.
func peopleInput(action, label, hint, check string, of func(*workflow.Settings) *[]workflow.PersonID) SettingInput {
	return SettingInput{
		Action: action, Label: label, Hint: hint, Optional: true, Check: check, Error: ErrorTooManyPeople,
		Element: func(action string, s workflow.Settings, known SettingsKnown) slack.BlockElement {
			menu := &slack.MultiSelectBlockElement{
				Type: slack.MultiOptTypeUser, ActionID: action, Placeholder: plainText("Choose people"), MaxSelectedItems: new(workflow.MaxPeople),
			}
			if known.MaxPeople > 0 {
				menu.MaxSelectedItems = &known.MaxPeople
			}
			for _, p := range *of(&s) {
				menu.InitialUsers = append(menu.InitialUsers, string(p))
			}
			return menu
		},
		Read: func(form SettingsForm, s *workflow.Settings) bool {
			*of(s) = form(action).People
			return true
		},
		People: func(s workflow.Settings) []workflow.PersonID { return *of(&s) },
	}
}

// daysInput is a number of days; what it may be is for workflow to say, but 0, which would mean unset.
func daysInput(action, label, hint, check string, of func(*workflow.Settings) *int) SettingInput {
	return SettingInput{
		Action: action, Label: label, Hint: hint, Check: check, Error: ErrorDays,
		Element: func(action string, s workflow.Settings, _ SettingsKnown) slack.BlockElement {
			return &slack.NumberInputBlockElement{
				Type: slack.METNumber, ActionID: action, InitialValue: strconv.Itoa(*of(&s)), MinValue: "1", MaxValue: strconv.Itoa(workflow.MaxDays),
			}
		},
		Read: func(form SettingsForm, s *workflow.Settings) bool {
			days, err := strconv.Atoi(workflow.Plain(form(action).Text))
			*of(s) = days
			return err == nil && days > 0
		},
	}
}

// eitherInput is a choice of two, each a value and its text. The second is true.
func eitherInput(action, label string, no, yes [2]string, of func(*workflow.Settings) *bool) SettingInput {
	return SettingInput{
		Action: action, Label: label,
		Element: func(action string, s workflow.Settings, _ SettingsKnown) slack.BlockElement {
			return radio(action, either(*of(&s), yes[0], no[0]), option(no[0], no[1]), option(yes[0], yes[1]))
		},
		Read: func(form SettingsForm, s *workflow.Settings) bool {
			*of(s) = form(action).Chosen() == yes[0]
			return true
		},
	}
}

func either(which bool, yes, no string) string {
	if which {
		return yes
	}
	return no
}

func radio(action, chosen string, all ...*slack.OptionBlockObject) *slack.RadioButtonsBlockElement {
	buttons := &slack.RadioButtonsBlockElement{Type: slack.METRadioButtons, ActionID: action, Options: all}
	for _, o := range all {
		if o.Value == chosen {
			buttons.InitialOption = o
		}
	}
	return buttons
}

func timePicker(action, initial string) *slack.TimePickerBlockElement {
	return &slack.TimePickerBlockElement{Type: slack.METTimepicker, ActionID: action, InitialTime: initial}
}

func channelMenu(action, initial string) *slack.SelectBlockElement {
	return &slack.SelectBlockElement{
		Type: slack.OptTypeConversations, ActionID: action, Placeholder: plainText("Choose a channel"), InitialConversation: initial,
		Filter: &slack.SelectBlockElementFilter{Include: []string{"public", "private"}, ExcludeBotUsers: true},
	}
}

// maxGroups is how many user groups the dialog takes: Slack sends their names along, and an answer to a submission is
// small.
const maxGroups = 30

func groupsMenu(action string, s workflow.Settings, known SettingsKnown) slack.BlockElement {
	menu := &slack.MultiSelectBlockElement{
		Type: slack.MultiOptTypeExternal, ActionID: action, Placeholder: plainText("Type part of the name"),
		MinQueryLength: new(0), MaxSelectedItems: new(maxGroups),
	}
	for _, g := range s.Groups[:min(maxGroups, len(s.Groups))] {
		menu.InitialOptions = append(menu.InitialOptions, groupOption(UserGroup{ID: g, Name: known.Groups[g]}))
	}
	return menu
}

func zoneMenu(action string, s workflow.Settings, known SettingsKnown) slack.BlockElement {
	menu := &slack.SelectBlockElement{
		Type: slack.OptTypeExternal, ActionID: action, Placeholder: plainText("Type a city or region"), MinQueryLength: new(0),
	}
	if s.Zone != "" {
		menu.InitialOption = zoneOption(s.Zone, known.At)
	}
	return menu
}

func undoInput(action string, s workflow.Settings, _ SettingsKnown) slack.BlockElement {
	seconds := "0"
	if s.Undo != nil {
		seconds = plainNumber(s.Undo.Seconds())
	}
	return &slack.NumberInputBlockElement{
		Type: slack.METNumber, ActionID: action, IsDecimalAllowed: true, InitialValue: seconds,
		MinValue: "0", MaxValue: plainNumber(workflow.MaxUndo.Seconds()),
	}
}

func stepsInput(action string, s workflow.Settings, _ SettingsKnown) slack.BlockElement {
	return &slack.PlainTextInputBlockElement{
		Type: slack.METPlainTextInput, ActionID: action, Placeholder: plainText("48, 24, 6, 1"), InitialValue: StepsText(s.Steps), MaxLength: 60,
	}
}

func nudgeInput(action string, s workflow.Settings, _ SettingsKnown) slack.BlockElement {
	return &slack.PlainTextInputBlockElement{
		Type: slack.METPlainTextInput, ActionID: action, Multiline: true, MaxLength: workflow.MaxMessage,
		Placeholder: plainText("We are curious what you make of the sample!"), InitialValue: s.Nudge,
	}
}

func parseSeconds(typed string) (time.Duration, bool) {
	seconds, err := strconv.ParseFloat(workflow.Plain(typed), 64)
	if err != nil || !(seconds >= 0 && seconds <= workflow.MaxUndo.Seconds()) {
		return 0, false
	}
	return time.Duration(seconds * float64(time.Second)).Round(time.Millisecond), true
}

// StepsText writes the hours of the steps as people type them: "48, 24, 6, 1".
func StepsText(steps []time.Duration) string {
	hours := make([]string, len(steps))
	for i, s := range steps {
		hours[i] = plainNumber(s.Hours())
	}
	return strings.Join(hours, ", ")
}

// ParseSteps reads hours as people type them: numbers, separated by commas, spaces or semicolons, each perhaps with an h.
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
