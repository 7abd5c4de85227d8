package view

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

// UserGroup is a user group of the workspace.
type UserGroup struct {
	ID     workflow.GroupID
	Handle string // without its @
	Name   string
}

// GroupOptions answers the menu of user groups: those whose handle or name has what was typed.
func GroupOptions(all []UserGroup, typed string) Options {
	var found []*slack.OptionBlockObject
	for _, g := range all {
		if matches(g.Handle+" "+g.Name, strings.TrimPrefix(strings.TrimSpace(typed), "@")) {
			found = append(found, groupOption(g))
		}
	}
	return optionsOf(found)
}

func groupOption(g UserGroup) *slack.OptionBlockObject {
	text := raw(g.Name, maxName)
	if handle := raw(g.Handle, 30); handle != "" && !strings.EqualFold(handle, text) {
		text = strings.TrimSpace("@" + handle + " " + raw(g.Name, 40))
	}
	return option(string(g.ID), first(text, raw(string(g.ID), maxID), "A user group"))
}

//go:embed zones.txt
var zoneList string

// zones are the IANA names that people may choose from: those of the time zone database's table by country (zone.tab,
// which is in the public domain), and UTC.
var zones = strings.Fields(zoneList)

// ZoneOptions answers the menu of time zones: those whose name has what was typed. Before anything is typed the person's
// own comes first, then UTC, and then those in which it is as late as there.
func ZoneOptions(typed, own string, at time.Time) Options {
	var found []*slack.OptionBlockObject
	for _, name := range likelyFirst(own, at) {
		o := zoneOption(name, at)
		if matches(strings.ReplaceAll(o.Text.Text, "_", " ")+" "+name, typed) {
			found = append(found, o)
		}
	}
	return optionsOf(found)
}

func likelyFirst(own string, at time.Time) []string {
	ours := offset(own, at)
	rank := func(name string) int {
		switch {
		case name == own:
			return 0
		case name == workflow.DefaultZone:
			return 1
		case offset(name, at) == ours:
			return 2
		default:
			return 3
		}
	}
	all := slices.Clone(zones)
	slices.SortStableFunc(all, func(a, b string) int { return rank(a) - rank(b) })
	return all
}

// offset is how far a zone is from UTC: "UTC+05:30", or "" for one that this machine does not know.
func offset(name string, at time.Time) string {
	zone, err := time.LoadLocation(name)
	if err != nil || name == "" {
		return ""
	}
	return "UTC" + at.In(zone).Format("-07:00")
}

func zoneOption(name string, at time.Time) *slack.OptionBlockObject {
	shown := raw(strings.ReplaceAll(name, "_", " "), maxName)
	if away := offset(name, at); away != "" {
		shown = fmt.Sprintf("%s (%s)", shown, away)
	}
	return option(name, shown)
}

// matches tells whether a text has all the words that were typed, whatever their case.
func matches(text, typed string) bool {
	text = strings.ToLower(text)
	for word := range strings.FieldsSeq(strings.ToLower(strings.ReplaceAll(workflow.Plain(typed), "_", " "))) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}
