package bot_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/bot/socket/sockettest"
)

// clickOn is a click as Slack describes it; blocks are those of the message around the control.
func clickOn(ts, block, action, who string, blocks ...object) object {
	return object{
		"type": "block_actions", "user": object{"id": who}, "channel": object{"id": samples}, "trigger_id": "1.2.a",
		"container": object{"type": "message", "channel_id": samples, "message_ts": ts},
		"message":   object{"ts": ts, "blocks": blocks},
		"actions":   []object{{"type": "button", "action_id": action, "block_id": block, "value": block}},
	}
}

func typed(command, text string) object {
	return object{"command": command, "text": text, "user_id": memberOne, "channel_id": samples, "trigger_id": "1.2." + text}
}

// inScript runs a test whose socket is a script; the result is its first link.
func inScript(t *testing.T, s setup, f func(*testing.T, *world, *sockettest.Script, *sockettest.Peer)) {
	t.Helper()
	played := &sockettest.Script{}
	s.around = played.Around
	inBubble(t, s, func(t *testing.T, w *world) {
		require.Len(t, played.Links(), 1)
		f(t, w, played, played.Links()[0])
	})
}
