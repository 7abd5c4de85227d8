package view

import (
	"strconv"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

// The fields of the settings dialog that are about the clock.
const (
	ActionSettingsHours     = "settings_hours" // HoursAny, HoursWeekdays or HoursEveryDay
	ActionSettingsHoursFrom = "settings_hours_from"
	ActionSettingsHoursTo   = "settings_hours_to"
	ActionSettingsMoveDays  = "settings_move_days" // a number of days
	ActionSettingsPostDays  = "settings_post_days" // a number of days
	ActionSettingsNudge     = "settings_nudge"     // a text
	ActionSettingsWeekly    = "settings_weekly"    // WeeklyNever or WeeklyMonday

	HoursAny      = "any"
	HoursWeekdays = "weekdays"
	HoursEveryDay = "every_day"

	WeeklyNever  = "never"
	WeeklyMonday = "monday"
)

// What the dialog says at these fields when it is sent back.
const (
	ErrorHours = "Please give both times, the earlier one first. Working hours start and end on the same day."
	ErrorDays  = "Please enter a whole number of days from 1 to 90."
	ErrorNudge = "That's too long: a message can have at most 2,000 characters. Please shorten it."
)

// The times that the dialog proposes where a shop has no working hours.
const (
	proposedFrom = "09:00"
	proposedTo   = "18:00"
)

// hours are the three fields about working hours. Whether there are any is a choice of its own, since a time that was
// chosen is hard to take away again.
func (f fields) hours() []slack.Block {
	always := option(HoursAny, "At any time")
	weekdays := option(HoursWeekdays, "In working hours, Monday to Friday")
	daily := option(HoursEveryDay, "In working hours, every day")
	chosen, from, to := always, proposedFrom, proposedTo
	if s := f.settings; s.HoursFrom != "" {
		chosen, from, to = weekdays, s.HoursFrom, s.HoursTo
		if s.Weekends {
			chosen = daily
		}
	}
	return []slack.Block{
		f.input(ActionSettingsHours, "When to send deadline reminders",
			"Outside working hours a reminder is sent when they start again, or earlier if the deadline comes first.", false,
			radio(ActionSettingsHours, chosen, always, weekdays, daily)),
		f.input(ActionSettingsHoursFrom, "Working hours start", "", true, timeOf(ActionSettingsHoursFrom, from)),
		f.input(ActionSettingsHoursTo, "Working hours end", "", true, timeOf(ActionSettingsHoursTo, to)),
	}
}

func timeOf(action, initial string) *slack.TimePickerBlockElement {
	return &slack.TimePickerBlockElement{Type: slack.METTimepicker, ActionID: action, InitialTime: initial}
}

func (f fields) moveDays() slack.Block {
	return f.input(ActionSettingsMoveDays, "Alert when a parcel hasn't moved for (days)", "", false, daysInput(ActionSettingsMoveDays, f.settings.MoveDays))
}

func (f fields) postDays() slack.Block {
	return f.input(ActionSettingsPostDays, "Days a creator has to post after delivery", "TikTok's rule for free samples is 14.", false,
		daysInput(ActionSettingsPostDays, f.settings.PostDays))
}

func daysInput(action string, days int) *slack.NumberInputBlockElement {
	return &slack.NumberInputBlockElement{
		Type: slack.METNumber, ActionID: action, InitialValue: strconv.Itoa(days), MinValue: "1", MaxValue: strconv.Itoa(workflow.MaxDays),
	}
}

func (f fields) nudge() slack.Block {
	return f.input(ActionSettingsNudge, "Automatic reminder to creators",
		"Sent once to each creator, three days before their posting deadline. Leave empty to send none; your team can then write one.", true,
		&slack.PlainTextInputBlockElement{
			Type: slack.METPlainTextInput, ActionID: ActionSettingsNudge, Multiline: true, MaxLength: workflow.MaxMessage,
			Placeholder: plainText("We are curious what you make of the sample!"), InitialValue: f.settings.Nudge,
		})
}

func (f fields) weekly() slack.Block {
	never, monday := option(WeeklyNever, "No report; /samples stats shows the same numbers"), option(WeeklyMonday, "On Monday, with the morning message")
	chosen := never
	if f.settings.Weekly {
		chosen = monday
	}
	return f.input(ActionSettingsWeekly, "Weekly report", "", false, radio(ActionSettingsWeekly, chosen, never, monday))
}

// ParseDays reads a number of days; what it may be is for workflow to say, but 0, which would mean unset.
func ParseDays(typed string) (int, bool) {
	days, err := strconv.Atoi(workflow.Plain(typed))
	return days, err == nil && days > 0
}

// clockChanges tells what is different in the settings of the clock.
func clockChanges(was, now workflow.Settings) []SettingsChange {
	all := []SettingsChange{
		{"Deadline reminders are sent", hoursText(was), hoursText(now)},
		{"Parcel alert", "after " + many(was.MoveDays, "day"), "after " + many(now.MoveDays, "day")},
		{"Days to post", many(was.PostDays, "day"), many(now.PostDays, "day")},
		{"Automatic reminder", nudgeSetting(was.Nudge), nudgeSetting(now.Nudge)},
		{"Weekly report", weeklyText(was.Weekly), weeklyText(now.Weekly)},
	}
	if n := &all[3]; n.Was == n.Now && was.Nudge != now.Nudge {
		n.Now = "a change further down" // than the excerpt shows
	}
	return all
}

func hoursText(s workflow.Settings) string {
	switch {
	case s.HoursFrom == "":
		return "at any time"
	case s.Weekends:
		return clockTime(s.HoursFrom) + " to " + clockTime(s.HoursTo) + ", every day"
	default:
		return clockTime(s.HoursFrom) + " to " + clockTime(s.HoursTo) + ", Monday to Friday"
	}
}

func nudgeSetting(words string) string {
	if clean(words) == "" {
		return "none"
	}
	return quoted(words, maxExcerpt)
}

func weeklyText(weekly bool) string {
	if weekly {
		return "on Monday"
	}
	return "none"
}
