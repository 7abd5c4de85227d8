package main

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestAWholeLifeCostsFivePostsAndFiveEdits lets an application come, be approved, shipped, delivered and posted about,
// and counts what Slack was asked for it: the card and four messages in its thread, one of which tells that it is
// completed and by what, and five edits of the card. Where it came from costs nothing. What the desk asks and announces
// once for many lives is not counted: who a person is, its own workspace, and the shipments of a sweep.
func TestAWholeLifeCostsFivePostsAndFiveEdits(t *testing.T) {
	for _, target := range []bool{false, true} {
		t.Run(fmt.Sprintf("target %t", target), func(t *testing.T) {
			inBubble(t, 0, func(b *bubble) {
				b.desk.SyncContent = "@every 2m"
				b.open()
				time.Sleep(90 * time.Second)
				b.life(target)
				before, shipments := len(b.calls(slackAt)), len(b.ofKind("shipment"))
				b.life(target)
				asked := map[string]int{}
				for _, c := range b.calls(slackAt)[before:] {
					require.True(t, c.OK, "%s: %s", c.Method, c.Error)
					asked[c.Method]++
				}
				delete(asked, "users.info")
				delete(asked, "conversations.members")
				asked["chat.postMessage"] -= len(b.ofKind("shipment")) - shipments
				t.Logf("calls of one life: %v", asked)
				require.Equal(t, map[string]int{"chat.postMessage": 5, "chat.update": 5}, asked)
			})
		})
	}
}

// life leads an application through its stages.
func (b *bubble) life(target bool) {
	b.t.Helper()
	var made struct{ ID string }
	request := map[string]any{"creator": map[string]any{"username": "kitchen_finds"}}
	if target {
		var invited struct{ ID string }
		b.post(centerAt, "/sim/collaborations", map[string]any{"name": "Spring", "creators": []string{"kitchen_finds"}}, &invited)
		request["target"] = invited.ID
	}
	b.post(centerAt, "/sim/applications", request, &made)
	time.Sleep(3 * time.Minute)
	var card message
	for _, m := range b.messages("sampledesk_card") {
		if m.Metadata.Payload["application"] == made.ID {
			card = m
		}
	}
	require.NotEmpty(b.t, card.TS)
	if target {
		require.Contains(b.t, b.blocks(card.TS), "Spring", "the card tells where the request comes from")
	}
	var got seen
	b.post(slackAt, "/sim/act", map[string]any{
		"user": b.member(), "do": "click", "channel": b.desk.SlackChannel, "ts": card.TS, "action_id": "approve", "wait_ms": 0,
	}, &got)
	require.True(b.t, got.OK, got.Error)
	time.Sleep(3 * time.Minute)
	for _, what := range []string{"ship", "deliver", "post"} {
		b.post(centerAt, "/sim/applications/"+made.ID+"/"+what, map[string]any{}, nil)
		time.Sleep(3 * time.Minute)
	}
	var stages []string
	var last message
	for _, m := range b.messages("sampledesk_reply") {
		if m.Metadata.Payload["application"] == made.ID {
			stages, last = append(stages, m.Metadata.Payload["stage"]), m
		}
	}
	require.Equal(b.t, []string{"Awaiting shipment", "Shipping", "Content pending", "Completed"}, stages)
	require.Equal(b.t, "content", last.Metadata.Payload["kind"])
	require.Contains(b.t, last.Text, "Completed")
}

// blocks returns all that a message of the shop's channel shows, as it was sent.
func (b *bubble) blocks(ts string) string {
	b.t.Helper()
	var st struct {
		Channels []struct {
			Messages []struct {
				TS     string          `json:"ts"`
				Blocks json.RawMessage `json:"blocks"`
			} `json:"messages"`
		} `json:"channels"`
	}
	b.get(slackAt, "/sim/state", &st)
	for _, c := range st.Channels {
		for _, m := range c.Messages {
			if m.TS == ts {
				return string(m.Blocks)
			}
		}
	}
	return ""
}
