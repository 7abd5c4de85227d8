package main

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// ready asks the desk how it is.
func (b *bubble) ready() (status int, report readiness) {
	b.t.Helper()
	resp, err := b.client.Get("http://desk.test:80/readyz")
	require.NoError(b.t, err)
	defer func() { _ = resp.Body.Close() }()
	require.NoError(b.t, json.NewDecoder(resp.Body).Decode(&report))
	return resp.StatusCode, report
}

func TestFailingLooksForMessagesAndContentAreShownBesideTheSweeps(t *testing.T) {
	inBubble(t, 1, func(b *bubble) {
		b.post(centerAt, "/sim/applications", map[string]any{"status": "CONTENT_PENDING"}, nil)
		b.post(centerAt, "/sim/authorization", map[string]any{"do": "withhold_scope", "scope": "seller.affiliate_messages.write"}, nil)
		b.post(centerAt, "/sim/faults", map[string]any{"path": "fulfillments", "times": 1000, "do": "code", "code": 105005, "message": "no scope"}, nil)
		b.open()
		time.Sleep(time.Minute)
		status, report := b.ready()
		require.Equal(t, http.StatusOK, status, "decisions go on without them")
		require.Empty(t, report.Shops[0].Error)
		require.Contains(t, report.Shops[0].MessagesError, "105005")
		require.Contains(t, report.Shops[0].ContentError, "no scope")
		said := b.says("/samples", "status")
		require.Contains(t, said, "can't check for messages or content from creators")
		require.Contains(t, said, "Last check for messages from creators failed")

		b.post(centerAt, "/sim/authorization", map[string]any{"do": "grant_scope", "scope": "seller.affiliate_messages.write"}, nil)
		b.post(centerAt, "/sim/faults", map[string]any{"times": 0}, nil)
		time.Sleep(time.Hour + time.Minute)
		_, report = b.ready()
		require.Empty(t, report.Shops[0].MessagesError)
		require.Empty(t, report.Shops[0].ContentError)
		require.Contains(t, b.says("/samples", "status"), "Everything is working")
	})
}

func TestADeskIsReadyWhileItsFirstSweepIsUnderWay(t *testing.T) {
	inBubble(t, 120, func(b *bubble) {
		b.open()
		time.Sleep(time.Minute)
		b.close()
		b.post(centerAt, "/sim/faults", map[string]any{"path": "sample_applications/search", "times": 1000, "do": "delay", "delay_ms": 9000}, nil)
		b.open()
		time.Sleep(time.Second)
		status, report := b.ready()
		require.Equal(t, http.StatusOK, status, "the desk can take clicks: %v", report.Faults)
		time.Sleep(12 * time.Second)
		status, report = b.ready()
		require.Equal(t, http.StatusOK, status)
		require.NotNil(t, report.Shops[0].FirstSweep)
		require.Equal(t, 50, report.Shops[0].FirstSweep.Read, "a page")
		said := b.says("/samples", "status")
		require.Contains(t, said, "Everything is working")
		require.Contains(t, said, "50 requests read so far")
		b.post(centerAt, "/sim/faults", map[string]any{"times": 0}, nil)
		time.Sleep(2 * time.Minute)
		_, report = b.ready()
		require.Nil(t, report.Shops[0].FirstSweep)
		require.NotZero(t, report.Shops[0].LastSweep)
	})
}

func TestARequestThatCannotBeReadIsNamedWhereverTheDeskTellsHowItIs(t *testing.T) {
	inBubble(t, 1, func(b *bubble) {
		b.open()
		time.Sleep(time.Minute)
		var odd, other struct{ ID string }
		b.post(centerAt, "/sim/applications", map[string]any{}, &odd)
		b.post(centerAt, "/sim/oddities", map[string]any{"id": odd.ID, "fields": map[string]any{"status": map[string]any{}}}, nil)
		b.post(centerAt, "/sim/applications", map[string]any{"status": "SHIPPED"}, &other)
		time.Sleep(3 * time.Minute)
		status, report := b.ready()
		require.Equal(t, http.StatusOK, status, "all other requests are served")
		require.Equal(t, []string{odd.ID}, report.Shops[0].Unreadable)
		said := b.says("/samples", "status")
		require.Contains(t, said, "1 request can't be read")
		require.Contains(t, said, odd.ID)
		told := b.ofKind("unreadable")
		require.Len(t, told, 1)
		require.Contains(t, told[0].Text, "1 sample request")
	})
}

// says types a command and returns what its person saw.
func (b *bubble) says(command, text string) string {
	b.t.Helper()
	var got seen
	b.post(slackAt, "/sim/act", map[string]any{
		"user": b.member(), "do": "command", "command": command, "text": text, "channel": b.desk.SlackChannel, "wait_ms": 0,
	}, &got)
	require.True(b.t, got.OK, got.Error)
	return string(got.Response)
}
