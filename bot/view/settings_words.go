package view

import (
	"fmt"
	"slices"
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
	ErrorChannelUnread   = "Slack didn't confirm in time that Sample Desk is in that channel. Please save again."
)

// SettingsError puts a field that is wrong, as workflow names it, into words: which input it is, and what to do.
func SettingsError(field string) (action, text string) {
	switch field {
	case workflow.FieldUndo:
		return ActionSettingsUndo, ErrorUndo
	case workflow.FieldSteps:
		return ActionSettingsSteps, ErrorSteps
	case workflow.FieldMorning:
		return ActionSettingsMorning, ErrorMorning
	case workflow.FieldZone:
		return ActionSettingsZone, ErrorZone
	case workflow.FieldShipments:
		return ActionSettingsShipmentChannel, ErrorShipmentChannel
	case workflow.FieldHours:
		return ActionSettingsHoursFrom, ErrorHours
	case workflow.FieldPostDays:
		return ActionSettingsPostDays, ErrorDays
	case workflow.FieldMoveDays:
		return ActionSettingsMoveDays, ErrorDays
	case workflow.FieldNudge:
		return ActionSettingsNudge, ErrorNudge
	case workflow.FieldAdmins:
		return ActionSettingsAdmins, ErrorTooManyPeople
	case workflow.FieldReviewers:
		return ActionSettingsReviewers, ErrorTooManyPeople
	default:
		return ActionSettingsChannel, Denied(DeniedUnsaved)
	}
}

// ErrorUnfit says that somebody cannot be a reviewer or an admin, whatever the settings say; name is what Slack calls
// her.
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

// SettingsChange is one setting that is not what it was.
type SettingsChange struct {
	Name     string // of the setting
	Was, Now string // formatted
}

// SettingsChanges tells what is different between two settings, neither of which has anything unset.
func SettingsChanges(was, now workflow.Settings) []SettingsChange {
	all := []SettingsChange{
		{"Channel", channel(was.Channel), channel(now.Channel)},
		{"Reviewers", reviewersText(was), reviewersText(now)},
		{"Admins", several(was.Admins, nil, "from SLACK_ADMINS"), several(now.Admins, nil, "from SLACK_ADMINS")},
		{"Undo window", undoText(was.Undo), undoText(now.Undo)},
		{"Rejecting", rejectText(was.QuickReject), rejectText(now.QuickReject)},
		{"Deadline reminders", stepsText(was.Steps), stepsText(now.Steps)},
		{"Morning message", morningText(was), morningText(now)},
		{"Shipments", shipmentsText(was), shipmentsText(now)},
	}
	all = append(all, clockChanges(was, now)...)
	all = slices.DeleteFunc(all, func(c SettingsChange) bool { return c.Was == c.Now })
	if !slices.Equal(was.Reviewers, now.Reviewers) || !slices.Equal(was.Groups, now.Groups) || !slices.Equal(was.Admins, now.Admins) {
		return peopleChanged(all, was, now)
	}
	return all
}

// peopleChanged adds what a shortened list of people does not show.
func peopleChanged(all []SettingsChange, was, now workflow.Settings) []SettingsChange {
	named := func(name string) bool {
		return slices.ContainsFunc(all, func(c SettingsChange) bool { return c.Name == name })
	}
	if !named("Reviewers") && (!slices.Equal(was.Reviewers, now.Reviewers) || !slices.Equal(was.Groups, now.Groups)) {
		all = append(all, SettingsChange{"Reviewers", "others", "changed further down the list"})
	}
	if !named("Admins") && !slices.Equal(was.Admins, now.Admins) {
		all = append(all, SettingsChange{"Admins", "others", "changed further down the list"})
	}
	return all
}

func (c SettingsChange) String() string { return "• *" + c.Name + "*: " + c.Was + " → " + c.Now }

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

func rejectText(quick bool) string {
	if quick {
		return "right away"
	}
	return "with a dialog"
}

func stepsText(steps []time.Duration) string { return StepsText(steps) + " hours" }

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

// SettingsSaved is what takes the dialog's place once it is saved: what changed, and which other shops got the same.
func SettingsSaved(shop workflow.Shop, changes []SettingsChange, copied []workflow.Shop) slack.ModalViewRequest {
	lines := []string{"*Saved*" + forShop(shop.Name) + ". Takes effect now."}
	for _, c := range changes {
		lines = append(lines, c.String())
	}
	if len(changes) == 0 && len(copied) == 0 {
		lines = []string{"Nothing changed" + forShop(shop.Name) + "."}
	}
	m := closing("Settings", lines...)
	if len(copied) > 0 {
		names := make([]string, 0, len(copied))
		for _, s := range copied[:min(maxShops, len(copied))] {
			names = append(names, first(data(s.Name, maxName), data(string(s.ID), maxID)))
		}
		if more := len(copied) - len(names); more > 0 {
			names = append(names, fmt.Sprintf("and %d more", more))
		}
		m.Blocks.BlockSet = append(m.Blocks.BlockSet, section("Copied, except the channel, to: "+strings.Join(names, ", ")+"."))
	}
	return m
}

// WarnMoved warns somebody that the settings were changed while she had the dialog open: what she sends next replaces
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
