package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/bot/view"
)

func TestADeskInHTTPModeIsReadyAndDecides(t *testing.T) {
	inBubbleOver(t, "http://desk.test:80/slack/events", 1, func(b *bubble) {
		b.open()
		time.Sleep(time.Minute)
		status, report := b.ready()
		require.Equal(t, http.StatusOK, status, report.Faults)
		require.True(t, report.Slack.Connected)
		card := b.messages("sampledesk_card")[0].TS
		var got seen
		b.post(slackAt, "/sim/act", map[string]any{
			"user": b.member(), "do": "click", "channel": b.desk.SlackChannel, "ts": card, "action_id": view.ActionApprove,
		}, &got)
		require.True(t, got.OK, got.Error)
		time.Sleep(time.Minute)
		reviews := 0
		for _, c := range b.calls(centerAt) {
			if strings.HasSuffix(c.Path, "/review") {
				reviews++
			}
		}
		require.Equal(t, 1, reviews)
		resp, err := b.client.Get("http://desk.test:80/slack/events")
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, http.StatusMethodNotAllowed, resp.StatusCode)
	})
}
