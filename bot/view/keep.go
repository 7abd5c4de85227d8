package view

import (
	"strconv"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

// ErrorKeep is said of a time that is none of those in the menu.
const ErrorKeep = "Please choose one of the times in the menu."

// keepSetting is the row of how long finished requests are kept.
var keepSetting = Setting{
	Name: "Finished requests", Section: SettingsMessages, Fields: []string{"KeepMonths"}, Words: keepText,
	Inputs: []SettingInput{{
		Action: ActionSettingsKeep, Label: "Keep personal data of finished requests",
		Hint:  "After that names, notes and messages are erased for good, once a day; figures stay. What is in Slack is not changed.",
		Check: workflow.FieldKeep, Error: ErrorKeep,
		Element: func(action string, s workflow.Settings, _ SettingsKnown) slack.BlockElement {
			menu := &slack.SelectBlockElement{Type: slack.OptTypeStatic, ActionID: action, Placeholder: plainText("Choose how long")}
			for _, months := range workflow.KeepMonths {
				o := option(keepValue(months), keepFor(months))
				menu.Options = append(menu.Options, o)
				if months == s.KeepMonths {
					menu.InitialOption = o
				}
			}
			return menu
		},
		Read: func(form SettingsForm, s *workflow.Settings) bool {
			for _, months := range workflow.KeepMonths {
				if form(ActionSettingsKeep).Chosen() == keepValue(months) {
					s.KeepMonths = months
					return true
				}
			}
			return false
		},
	}},
}

func keepValue(months int) string {
	if months == 0 {
		return KeepAll
	}
	return strconv.Itoa(months)
}

func keepFor(months int) string {
	switch {
	case months == 0:
		return "For ever"
	case months%12 == 0:
		return many(months/12, "year")
	default:
		return many(months, "month")
	}
}

func keepText(s workflow.Settings) string {
	if s.KeepMonths == 0 {
		return "kept for ever"
	}
	return "personal data kept for " + keepFor(s.KeepMonths)
}
