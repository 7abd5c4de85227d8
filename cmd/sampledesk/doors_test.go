package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// hearsBack writes to the desk's server as it stands, and returns all that comes back until the desk hangs up.
func (b *bubble) hearsBack(text string) string {
	b.t.Helper()
	c, err := b.memory.dial(b.t.Context(), "tcp", "desk.test:80")
	require.NoError(b.t, err)
	defer func() { _ = c.Close() }()
	go func() { _, _ = io.WriteString(c, text) }()
	all, _ := io.ReadAll(c)
	return string(all)
}

func TestEachDoorOfTheDeskTakesNothingFromStrangersAndIsHeldUpByNobody(t *testing.T) {
	inBubbleOver(t, "http://desk.test:80/slack/events", 1, func(b *bubble) {
		b.open()
		time.Sleep(time.Minute)
		cards := len(b.messages("sampledesk_card"))
		secrets := []string{
			string(b.desk.SlackBotToken), string(b.desk.SlackSigningSecret), string(b.desk.TiktokAppSecret), string(b.desk.TiktokRefreshToken), b.desk.TiktokAppKey,
		}
		const big = 2 << 20
		for path, door := range map[string]struct {
			method   string
			stranger int // the status of what nobody of ours signed, or nobody asked for
			large    int // of a body that is too long
		}{
			"/healthz":           {http.MethodGet, 200, 200},
			"/readyz":            {http.MethodGet, 200, 200},
			"/metrics":           {http.MethodGet, 200, 200},
			"/slack/events":      {http.MethodPost, 401, 413},
			"/tiktok/webhook":    {http.MethodPost, 401, 413},
			"/tiktok/callback":   {http.MethodGet, 400, 400},
			"/tiktok/callback/x": {http.MethodGet, 400, 400},
		} {
			for name, headers := range map[string]string{
				"no signature": "",
				"a forged one": "Authorization: " + strings.Repeat("0", 64) + "\r\nX-Slack-Signature: v0=" + strings.Repeat("0", 64) +
					fmt.Sprintf("\r\nX-Slack-Request-Timestamp: %d\r\n", time.Now().Unix()),
				"an empty one": "Authorization: \r\nX-Slack-Signature: \r\nX-Slack-Request-Timestamp: \r\n",
			} {
				body := `{"type":56,"tts_notification_id":"1","shop_id":"1","data":{}}`
				got := b.hearsBack(fmt.Sprintf("%s %s?code=x&state=%s HTTP/1.1\r\nHost: desk\r\nConnection: close\r\n%sContent-Length: %d\r\n\r\n%s", door.method, path, strings.Repeat("s", 43), headers, len(body), body))
				require.True(b.t, strings.HasPrefix(got, fmt.Sprintf("HTTP/1.1 %d ", door.stranger)), "%s %s: %.200s", path, name, got)
				for _, secret := range secrets {
					require.NotContains(b.t, got, secret, path)
				}
			}
			got := b.hearsBack(fmt.Sprintf("%s %s HTTP/1.1\r\nHost: desk\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", door.method, path, big, strings.Repeat("x", big)))
			require.True(b.t, strings.HasPrefix(got, fmt.Sprintf("HTTP/1.1 %d ", door.large)), "%s, a long body: %.200s", path, got)
			other := map[string]string{http.MethodGet: http.MethodDelete, http.MethodPost: http.MethodGet}[door.method]
			got = b.hearsBack(fmt.Sprintf("%s %s HTTP/1.1\r\nHost: desk\r\nConnection: close\r\n\r\n", other, path))
			require.True(b.t, strings.HasPrefix(got, "HTTP/1.1 405 "), "%s %s: %.200s", other, path, got)
			got = b.hearsBack(fmt.Sprintf("%s %s HTTP/1.1\r\nHost: desk\r\nX-Long: %s\r\n\r\n", door.method, path, strings.Repeat("x", 3*headerBytes)))
			require.True(b.t, strings.HasPrefix(got, "HTTP/1.1 431 "), "%s, long headers: %.200s", path, got)

			for name, half := range map[string]string{
				"half the headers": fmt.Sprintf("%s %s HTTP/1.1\r\nHost: de", door.method, path),
				"half a body":      fmt.Sprintf("POST %s HTTP/1.1\r\nHost: desk\r\nContent-Length: 100\r\n\r\nabc", path),
			} {
				began := time.Now()
				b.hearsBack(half)
				require.LessOrEqual(b.t, time.Since(began), idleFor+time.Second, "%s, %s", path, name)
				if door.method == http.MethodPost {
					require.LessOrEqual(b.t, time.Since(began), requestWithin+time.Second, "%s, %s", path, name)
				}
			}
		}

		// While five hundred hang on to half a request each, people's clicks and probes go on.
		for n := range mostConns {
			c, err := b.memory.dial(b.t.Context(), "tcp", "desk.test:80")
			require.NoError(b.t, err)
			go func() { _, _ = fmt.Fprintf(c, "POST /slack/events HTTP/1.1\r\nHost: desk\r\nX-%d: ", n) }()
		}
		synctest.Wait()
		began := time.Now()
		require.Contains(b.t, b.hearsBack("GET /healthz HTTP/1.1\r\nHost: desk\r\nConnection: close\r\n\r\n"), "200 OK")
		require.Less(b.t, time.Since(began), time.Second)
		b.approve(b.messages("sampledesk_card")[0])
		require.Len(b.t, b.messages("sampledesk_card"), cards)
		time.Sleep(headersWithin)
	})
}
