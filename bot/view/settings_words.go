package view

import (
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

// What the dialog says at its fields when it is sent back.
const (
	ErrorUndo            = "Please enter a number of seconds from 0 to 600."
	ErrorSteps           = "Please enter four numbers of hours, largest first, none above 168. Example: 48, 24, 6, 1."
	ErrorMorning         = "Please choose a time."
	ErrorZone            = "Please choose a time zone from the menu."
	ErrorShipmentChannel = "Please choose a channel for shipments, or another place for them."
	ErrorTooManyPeople   = "That's too many: at most 100. Use a user group instead."
	ErrorNoChannel       = "Please choose a channel."
	ErrorNotInChannel    = "Sample Desk is not in that channel. Type /invite @Sample Desk there, then save again."
	ErrorChannelArchived = "That channel is archived. Please choose another, or unarchive it first."
	ErrorHours           = "Please give both times, the earlier one first. Working hours start and end on the same day."
	ErrorDays            = "Please enter a whole number of days from 1 to 90."
	ErrorNudge           = "That's too long: a message can have at most 2,000 characters. Please shorten it."
	ErrorChannelUnread   = "Slack didn't confirm in time that Sample Desk is in that channel. Please save again."
)

// ErrorUnfit says that somebody cannot be a reviewer or an admin, whatever the settings say; name is what Slack calls
// them.
func ErrorUnfit(name string, why Denial) string {
	who := first(raw(name, maxName), "Someone here")
	switch why {
	case DeniedGuest:
		return who + " is a guest, and guests can't decide. Please remove them."
	case DeniedElsewhere:
		return who + " is from another workspace, and only people from this one can decide. Please remove them."
	default:
		return who + " is a bot or a deactivated account. Please remove them."
	}
}

// channel mentions a channel.
func channel(id string) string {
	if !slackID.MatchString(id) {
		return "none"
	}
	return "<#" + id + ">"
}

// maxListed is how many people a list shows.
const maxListed = 20

func several(who []workflow.PersonID, groups []workflow.GroupID, none string) string {
	var all []string
	for _, g := range groups {
		all = append(all, first(group(g), "a user group"))
	}
	for _, p := range who {
		all = append(all, person(p))
	}
	if len(all) == 0 {
		return none
	}
	if more := len(all) - maxListed; more > 0 {
		all = append(all[:maxListed], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(all, ", ")
}

func reviewersText(s workflow.Settings) string {
	return several(s.Reviewers, s.Groups, "every member of the channel")
}

func undoText(d *time.Duration) string {
	if d == nil || *d == 0 {
		return "none"
	}
	return plainNumber(d.Seconds()) + " seconds"
}

// clockTime is a time of day. What is none is shown as data.
func clockTime(s string) string {
	if t, err := time.Parse("15:04", s); err == nil {
		return t.Format("15:04")
	}
	return data(s, maxID)
}

func morningText(s workflow.Settings) string {
	return clockTime(s.Morning) + ", " + first(data(s.Zone, maxID), workflow.DefaultZone)
}

func hoursText(s workflow.Settings) string {
	if s.HoursFrom == "" {
		return "at any time"
	}
	return clockTime(s.HoursFrom) + " to " + clockTime(s.HoursTo) + either(s.Weekends, ", every day", ", Monday to Friday")
}

func nudgeSetting(words string) string {
	if clean(words) == "" {
		return "none"
	}
	return quoted(words, maxExcerpt)
}

func shipmentsText(s workflow.Settings) string {
	switch s.Shipments {
	case workflow.ShipmentsElsewhere:
		return "in " + channel(s.ShipmentChannel)
	case workflow.ShipmentsInThread:
		return "in the thread only"
	default:
		return "in the shop's channel"
	}
}

// SettingsSaved are the lines that tell what of a section was saved, and which other shops got the same.
func SettingsSaved(id SettingsSection, shop workflow.Shop, changes []SettingsChange, copied []workflow.Shop) []string {
	lines := []string{"*Saved*" + forShop(shop.Name) + ". Takes effect now."}
	for _, c := range changes {
		lines = append(lines, c.String())
	}
	if len(copied) == 0 {
		return lines
	}
	names := make([]string, 0, len(copied))
	for _, s := range copied[:min(maxShops, len(copied))] {
		names = append(names, first(data(s.Name, maxName), data(string(s.ID), maxID)))
	}
	if more := len(copied) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	return append(lines, "Copied"+exceptChannel(id, ", except the channel,")+" to: "+strings.Join(names, ", ")+".")
}

// SettingsEnd takes the overview's place for somebody who may not see it any more.
func SettingsEnd(saved []string) slack.ModalViewRequest { return closing("Settings", saved...) }

// SettingsReopen is said of a dialog that Sample Desk itself no longer knows.
const SettingsReopen = "These settings have moved, and nothing was saved. Please open `/samples settings` again."

// WarnMoved warns somebody that the settings were changed while they had the dialog open: what they send next replaces
// what is there now.
func WarnMoved(changes []SettingsChange) string {
	lines := []string{"*Someone changed these settings while you had them open.* Your entries are below. If you save anyway, they replace the current settings:"}
	for _, c := range changes {
		lines = append(lines, c.String())
	}
	return joinLines(lines)
}

// WarnLeaving warns an admin who is about to be none any more. Left are the admins that there will be.
func WarnLeaving(left []workflow.PersonID) string {
	if len(left) == 0 {
		return "*There would be no admins left.* Only whoever runs Sample Desk could set one, with `SLACK_ADMINS`. Add someone below, or save anyway."
	}
	return "*You would no longer be an admin.* After that only " + several(left, nil, "") + " can make you one again. Add yourself below, or save anyway."
}
