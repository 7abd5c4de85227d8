package bot

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"sampledesk/bot/socket"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// commitBy is how long after its arrival a decision may still be kept. Past it the answer is "not saved, try again",
// and the transaction must not commit later: what a person was told has to be true.
const commitBy = 2 * time.Second

// interaction is what people do with controls and modals, as far as the desk reads it. slack-go's own type fails as a
// whole on one block element that it does not know, and the message around a control may hold anything.
type interaction struct {
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
	Actions []action `json:"actions"`
	View    struct {
		ID       string `json:"id"`
		Type     string `json:"type"`
		Callback string `json:"callback_id"`
		Metadata string `json:"private_metadata"`
		Hash     string `json:"hash"`
		State    struct {
			Values map[string]map[string]value `json:"values"`
		} `json:"state"`
	} `json:"view"`

	Callback string `json:"callback_id"` // of a shortcut

	// Of a menu that asks for its options: which, and what was typed.
	ActionID string `json:"action_id"`
	BlockID  string `json:"block_id"`
	Typed    string `json:"value"`
}

// field returns what an input of the view holds. Block ids may change from one look of a view to the next, action ids
// do not.
func (i interaction) field(actionID string) value {
	for _, block := range i.View.State.Values {
		if v, ok := block[actionID]; ok {
			return v
		}
	}
	return value{}
}

// action is one control that was used.
type action struct {
	ID    string `json:"action_id"`
	Block string `json:"block_id"`
	value
}

// value is what a control holds.
type value struct {
	Text          string              `json:"value"`
	Selected      *option             `json:"selected_option"`
	Checked       []option            `json:"selected_options"`
	Time          string              `json:"selected_time"`
	Person        workflow.PersonID   `json:"selected_user"`
	People        []workflow.PersonID `json:"selected_users"`
	Conversation  string              `json:"selected_conversation"`
	Conversations []string            `json:"selected_conversations"`
	Channel       string              `json:"selected_channel"`
}

type option struct {
	Value string `json:"value"`
}

// chosen returns what was chosen in a menu, or "".
func (v value) chosen() string {
	if v.Selected == nil {
		return ""
	}
	return v.Selected.Value
}

// channel is where the interaction took place.
func (i interaction) channel() string {
	if i.Channel.ID != "" {
		return i.Channel.ID
	}
	return i.Container.Channel
}

// handle reads an envelope and hands it on. Whatever it cannot read is acknowledged by the link and logged: Slack would
// only send it again.
func (d *Desk) handle(ctx context.Context, e socket.Envelope, ack socket.Ack) {
	switch e.Type {
	case "interactive":
		var i interaction
		if err := json.Unmarshal(e.Payload, &i); err != nil {
			d.log.WarnContext(ctx, "an interaction is not readable", "error", err)
			return
		}
		d.interact(ctx, i, ack)
	case "slash_commands":
		var c command
		if err := json.Unmarshal(e.Payload, &c); err != nil {
			d.log.WarnContext(ctx, "a command is not readable", "error", err)
			return
		}
		d.command(ctx, c, ack)
	case "events_api":
		d.happen(ctx, e.Payload, ack)
	default:
		d.log.DebugContext(ctx, "an envelope that the desk does not work on", "type", e.Type)
	}
}

func (d *Desk) interact(ctx context.Context, i interaction, ack socket.Ack) {
	if !d.routed(ctx, i, ack) {
		d.log.DebugContext(ctx, "an interaction that the desk does not work on", "type", i.Type, "view", i.View.Callback, "shortcut", i.Callback)
	}
}

// routed hands an interaction to whoever works on it; false where nobody does.
func (d *Desk) routed(ctx context.Context, i interaction, ack socket.Ack) (known bool) {
	switch i.Type {
	case "block_actions":
		d.clicked(ctx, i, ack)
		return true
	case "view_submission":
		handle, known := d.routes.submissions[i.View.Callback]
		if known {
			handle(ctx, i, ack)
			d.homes.did(i.User.ID)
			d.Changed() // settings and campaigns are shown in App Home too, and nobody is woken for them
		}
		return known
	case "view_closed":
		handle, known := d.routes.closings[i.View.Callback]
		if known {
			ack(nil)
			handle(ctx, i)
		}
		return known
	case "block_suggestion":
		handle, known := d.routes.suggestions[i.ActionID]
		if known {
			ack(handle(ctx, i))
		}
		return known
	case "message_action", "shortcut":
		handle, known := d.routes.shortcuts[i.Callback]
		if known {
			handle(ctx, i, ack)
		}
		return known
	default:
		return false
	}
}

// clicked works on each control that was used. Slack sends one at a time.
func (d *Desk) clicked(ctx context.Context, i interaction, ack socket.Ack) {
	for _, a := range i.Actions {
		if handle, known := d.routes.clicks[a.ID]; known {
			handle(ctx, i, a, ack)
		} else {
			d.log.WarnContext(ctx, "a control that the desk does not know", "action", a.ID)
		}
	}
	if i.View.Type == "home" {
		d.clickedHome(ctx, i)
	}
}

// sentence puts an error of the engine into words for the person behind it: a refusal says its rule, and anything else
// that nothing was saved.
func (d *Desk) sentence(ctx context.Context, err error) string {
	if r, ok := errors.AsType[workflow.Refusal](err); ok {
		return view.Refusal(r, d.campaignName(ctx, r.Application.Campaign))
	}
	return view.Denied(view.DeniedUnsaved)
}

// note logs why a person was told no. Refusals are part of the day; what is not one needs an operator.
func (d *Desk) note(ctx context.Context, who workflow.PersonID, err error) {
	if r, ok := errors.AsType[workflow.Refusal](err); ok {
		d.log.InfoContext(ctx, "refused", "person", who, "rule", r.Rule, "shop", r.Application.Key.Shop, "application", r.Application.Key.ID)
		return
	}
	d.log.ErrorContext(ctx, "could not do what a person asked for", "person", who, "error", err)
}

// ruleOf returns the rule that an error rests on, or "" if it is no refusal.
func ruleOf(err error) workflow.Rule {
	if r, ok := errors.AsType[workflow.Refusal](err); ok {
		return r.Rule
	}
	return ""
}

func (d *Desk) campaignName(ctx context.Context, id workflow.CampaignID) string {
	name := ""
	err := d.store.View(context.WithoutCancel(ctx), func(tx workflow.Tx) (err error) {
		name, err = query.CampaignName(tx, id)
		return err
	})
	if err != nil {
		d.log.WarnContext(ctx, "could not read a campaign", "error", err)
	}
	return name
}
