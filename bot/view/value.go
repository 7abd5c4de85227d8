package view

import (
	"slices"

	"sampledesk/workflow"
)

// Value is what a control holds.
type Value struct {
	Text          string              `json:"value"`
	Selected      *Option             `json:"selected_option"`
	Checked       []Option            `json:"selected_options"`
	Time          string              `json:"selected_time"`
	Person        workflow.PersonID   `json:"selected_user"`
	People        []workflow.PersonID `json:"selected_users"`
	Conversation  string              `json:"selected_conversation"`
	Conversations []string            `json:"selected_conversations"`
	Channel       string              `json:"selected_channel"`
}

// Option is one of a menu's.
type Option struct {
	Value string `json:"value"`
}

// Chosen returns what was chosen in a menu, or "".
func (v Value) Chosen() string {
	if v.Selected == nil {
		return ""
	}
	return v.Selected.Value
}

// Values are what was chosen in a control, one or several.
func (v Value) Values() (all []string) {
	if v.Selected != nil {
		all = append(all, v.Selected.Value)
	}
	for _, o := range v.Checked {
		all = append(all, o.Value)
	}
	return all
}

// Has tells whether an option is among those that were ticked.
func (v Value) Has(option string) bool {
	return slices.ContainsFunc(v.Checked, func(o Option) bool { return o.Value == option })
}
