package handle

import (
	"sampledesk/bot/view"
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
type Value = view.Value

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
