package bot

import (
	"context"
	"encoding/json"

	"sampledesk/bot/handle"
	"sampledesk/bot/socket"
)

// handle reads an envelope and hands it on. Whatever it cannot read is acknowledged by the link and logged: Slack would
// only send it again.
func (d *Desk) handle(ctx context.Context, e socket.Envelope, ack socket.Ack) {
	switch e.Type {
	case "interactive":
		var i handle.Interaction
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

func (d *Desk) interact(ctx context.Context, i handle.Interaction, ack socket.Ack) {
	if !d.mux.Interact(ctx, i, ack) {
		d.log.DebugContext(ctx, "unknown interaction", "type", i.Type, "view", i.View.Callback, "shortcut", i.Callback)
	}
}
