package handle

import (
	"slices"

	"sampledesk/workflow"
)

// Interaction is what people do with controls and modals, as far as it is read here. slack-go's own type fails as a
// whole on one block element that it does not know, and the message around a control may hold anything.
type Interaction struct {
	Type        string `json:"type"`
	TriggerID   string `json:"trigger_id"`
	ResponseURL string `json:"response_url"`
	User        struct {
		ID workflow.PersonID `json:"id"`
	} `json:"user"`
	Channel struct {
		ID string `json:"id"`
	} `json:"channel"`
	Container struct {
		Type      string `json:"type"`
		Channel   string `json:"channel_id"`
		MessageTS string `json:"message_ts"`
		ThreadTS  string `json:"thread_ts"`
	} `json:"container"`
	Message struct { // of a shortcut on a message
		TS       string            `json:"ts"`
		ThreadTS string            `json:"thread_ts"`
		Text     string            `json:"text"`
		User     workflow.PersonID `json:"user"`
		Bot      string            `json:"bot_id"` // set on what an app said
	} `json:"message"`
	Actions []Action `json:"actions"`
	View    struct {
		ID       string `json:"id"`
		Type     string `json:"type"`
		Callback string `json:"callback_id"`
		Metadata string `json:"private_metadata"`
		Hash     string `json:"hash"`
		State    struct {
			Values map[string]map[string]Value `json:"values"`
		} `json:"state"`
	} `json:"view"`

	Callback string `json:"callback_id"` // of a shortcut

	// Of a menu that asks for its options: which, and what was typed.
	ActionID string `json:"action_id"`
	BlockID  string `json:"block_id"`
	Typed    string `json:"value"`
}

// Field returns what an input of the view holds. Block ids may change from one look of a view to the next, action ids
// do not.
func (i Interaction) Field(actionID string) Value {
	for _, block := range i.View.State.Values {
		if v, ok := block[actionID]; ok {
			return v
		}
	}
	return Value{}
}

// Action is one control that was used.
type Action struct {
	ID    string `json:"action_id"`
	Block string `json:"block_id"`
	Value
}

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

// Where is the channel where the interaction took place.
func (i Interaction) Where() string {
	if i.Channel.ID != "" {
		return i.Channel.ID
	}
	return i.Container.Channel
}

// Surface tells where an interaction took place, as the history keeps it.
func (i Interaction) Surface() workflow.Surface {
	switch i.View.Type {
	case "home":
		return workflow.FromHome
	case "modal":
		return workflow.FromModal
	default:
		return workflow.FromCard
	}
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
