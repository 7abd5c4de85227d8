package bot

import (
	"context"
	"encoding/json"

	"sampledesk/bot/handle"
	"sampledesk/bot/socket"
	"sampledesk/workflow"
)

// routes say who works on what people do: a row for each control, dialog, menu that asks for its options, shortcut,
// command and event.
type routes struct {
	*handle.Mux
	commands map[string]commandHandler                           // by command and first word, such as "/samples queue"
	events   map[string]func(context.Context, event, socket.Ack) // by type
}

// commandHandler answers a command. Then, which may be nil, is done after the acknowledgement.
type commandHandler func(ctx context.Context, c command, rest string) (answer reply, err error)

// newRoutes gathers the rows of all surfaces. Each surface has its file, and its rows there.
func newRoutes(d *Desk) *routes {
	r := &routes{Mux: d.mux, commands: map[string]commandHandler{}, events: map[string]func(context.Context, event, socket.Ack){}}
	d.cardRoutes(r)
	d.campaignRoutes(r)
	d.queueRoutes(r)
	d.bulkRoutes(r)
	d.statsRoutes(r)
	d.retryRoutes(r)
	d.homeRoutes(r)
	d.settingsRoutes(r)
	d.welcomeRoutes(r)
	d.statusRoutes(r)
	d.messageRoutes(r)
	d.clockRoutes(r)
	return r
}

// event is one of Slack's events. Slack may deliver it again under the same ID.
type event struct {
	ID             string `json:"event_id"`
	Authorizations []struct {
		User string `json:"user_id"` // the bot's
	} `json:"authorizations"`
	Event struct {
		Type     string            `json:"type"`
		User     workflow.PersonID `json:"user"`
		Text     string            `json:"text"`
		Channel  string            `json:"channel"`
		TS       string            `json:"ts"`
		ThreadTS string            `json:"thread_ts"`
		Tab      string            `json:"tab"`
		View     struct {          // of an opened App Home: what it shows
			Metadata string `json:"private_metadata"`
			Hash     string `json:"hash"`
		} `json:"view"`
		BotID   string    `json:"bot_id"`
		Subtype string    `json:"subtype"`
		Edited  *struct{} `json:"edited"` // set on a message that was changed
	} `json:"event"`
}

// bot is the bot's own user id; empty where Slack does not tell.
func (e event) bot() string {
	if len(e.Authorizations) == 0 {
		return ""
	}
	return e.Authorizations[0].User
}

func (d *Desk) happen(ctx context.Context, payload json.RawMessage, ack socket.Ack) {
	var e event
	if err := json.Unmarshal(payload, &e); err != nil {
		d.log.WarnContext(ctx, "an event is not readable", "error", err)
		return
	}
	if answer := d.routes.events[e.Event.Type]; answer != nil {
		answer(ctx, e, ack)
		return
	}
	d.log.DebugContext(ctx, "an event that the desk does not work on", "type", e.Event.Type)
}
