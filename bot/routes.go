package bot

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync/atomic"
	"time"

	jsonv1 "github.com/go-json-experiment/json/v1"

	"sampledesk/bot/access"
	"sampledesk/bot/handle"
	"sampledesk/bot/slackapi"
	"sampledesk/bot/socket"
	"sampledesk/workflow"
)

// routes say who works on what people do: a row for each control, dialog, menu that asks for its options, shortcut,
// command and event. Each surface registers its own rows.
type routes struct {
	*handle.Mux
	api     *slackapi.Client
	access  *access.Access
	log     *slog.Logger
	changed func() // called once a command was answered

	acknowledged func(kind string, took time.Duration) // see Config.Acknowledged

	commands map[string]commandHandler                           // by command and first word, such as "/samples queue"
	events   map[string]func(context.Context, event, socket.Ack) // by type
}

// surface is a part of the desk that people use: a card, App Home, a dialog, a command.
type surface interface {
	register(*routes)
}

// newRoutes returns a table without rows.
func newRoutes(mux *handle.Mux, api *slackapi.Client, who *access.Access, log *slog.Logger, changed func()) *routes {
	return &routes{
		Mux: mux, api: api, access: who, log: log, changed: changed,
		commands: map[string]commandHandler{}, events: map[string]func(context.Context, event, socket.Ack){},
	}
}

// handle reads an envelope and hands it on, and tells how long it took to acknowledge it.
func (r *routes) handle(ctx context.Context, e socket.Envelope, ack socket.Ack) {
	if r.acknowledged == nil {
		r.hand(ctx, e, new(string), ack)
		return
	}
	kind, began := e.Type, time.Now()
	var told atomic.Bool
	timed := func(payload any) {
		ack(payload)
		if told.CompareAndSwap(false, true) {
			r.acknowledged(kind, time.Since(began))
		}
	}
	defer timed(nil) // the link would acknowledge now
	r.hand(ctx, e, &kind, timed)
}

// hand reads an envelope and hands it on. Whatever it cannot read is acknowledged by the link and logged: Slack would
// only send it again. Kind becomes Slack's word for what it is before anybody acknowledges it.
func (r *routes) hand(ctx context.Context, e socket.Envelope, kind *string, ack socket.Ack) {
	switch e.Type {
	case "interactive":
		var i handle.Interaction
		if err := jsonv1.Unmarshal(e.Payload, &i); err != nil {
			r.log.WarnContext(ctx, "unreadable interaction", "error", err)
			return
		}
		*kind = i.Type
		if !r.Interact(ctx, i, ack) {
			r.log.DebugContext(ctx, "unknown interaction", "type", i.Type, "view", i.View.Callback, "shortcut", i.Callback)
		}
	case "slash_commands":
		var c command
		if err := jsonv1.Unmarshal(e.Payload, &c); err != nil {
			r.log.WarnContext(ctx, "unreadable command", "error", err)
			return
		}
		r.command(ctx, c, ack)
	case "events_api":
		r.event(ctx, e.Payload, ack)
	default:
		r.log.DebugContext(ctx, "unknown envelope", "type", e.Type)
	}
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

// event hands an event on.
func (r *routes) event(ctx context.Context, payload json.RawMessage, ack socket.Ack) {
	var e event
	if err := jsonv1.Unmarshal(payload, &e); err != nil {
		r.log.WarnContext(ctx, "unreadable event", "error", err)
		return
	}
	if answer := r.events[e.Event.Type]; answer != nil {
		answer(ctx, e, ack)
		return
	}
	r.log.DebugContext(ctx, "unknown event", "type", e.Event.Type)
}
