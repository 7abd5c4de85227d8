package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestARequestIsOnTheChannelAtOnceByItsWebhook(t *testing.T) {
	inBubble(t, 1, func(b *bubble) {
		b.desk.Sync, b.desk.SyncMessages = "@every 1h", "@every 1h"
		b.post(centerAt, "/sim/webhooks", map[string]any{"url": "http://desk.test:80/tiktok/webhook", "times": 2}, nil)
		b.open()
		time.Sleep(time.Minute)
		before := len(b.messages("sampledesk_card"))
		b.post(centerAt, "/sim/applications", map[string]any{}, nil)
		time.Sleep(10 * time.Second)
		require.Len(t, b.messages("sampledesk_card"), before+1, "no sweep is due for an hour")
		b.post(centerAt, "/sim/webhooks", map[string]any{"url": "http://desk.test:80/tiktok/webhook", "forged": true}, nil)
		b.post(centerAt, "/sim/applications", map[string]any{}, nil)
		time.Sleep(10 * time.Minute)
		require.Len(t, b.messages("sampledesk_card"), before+1, "nobody believes a forged one")
		time.Sleep(time.Hour)
		require.Len(t, b.messages("sampledesk_card"), before+2, "the sweep is the truth")
	})
}
