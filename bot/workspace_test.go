package bot_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

// TestALinkIsWhatSlackWouldGive compares the links that the desk makes with those of chat.getPermalink, which it never
// asks: of a card and of a message in its thread.
func TestALinkIsWhatSlackWouldGive(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1")
		wait(time.Minute)
		delivered := pending("1")
		delivered.Status = workflow.StatusContentPending
		w.report("1", delivered)
		wait(time.Minute)
		content := workflow.Content{ID: "77", Format: "VIDEO", At: time.Now()}
		_, err := w.engine.FindContent(t.Context(), keyOf("1"), []workflow.Content{content}, time.Now())
		require.NoError(t, err)
		synctest.Wait()
		wait(time.Minute)

		card := w.application("1").Card
		require.Equal(t, w.permalink(card.Channel, card.TS), card.Link)
		var notice workflow.Notice
		require.NoError(t, w.db.View(t.Context(), func(tx workflow.Tx) (err error) {
			notice, err = tx.Notice(workflow.ContentNotice(keyOf("1"), "77"))
			return err
		}))
		require.Equal(t, w.permalink(notice.Channel, notice.TS), notice.Link)
		require.Contains(t, notice.Link, "?thread_ts="+card.TS+"&cid="+card.Channel)
		require.Len(t, w.calls("chat.getPermalink"), 2, "they are the test's")
	})
}

func TestALinkThatCouldNotBeMadeIsMadeWithTheNextRepaint(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.fault(object{"method": "auth.test", "times": 1000, "do": "error", "error": "internal_error"})
		w.request("1")
		wait(time.Minute)
		require.True(t, w.application("1").Card.Posted())
		require.Empty(t, w.application("1").Card.Link)
		w.fault(object{"method": "auth.test", "times": 0})
		shipped := pending("1")
		shipped.Status = workflow.StatusShipped
		w.report("1", shipped)
		wait(time.Minute)
		card := w.application("1").Card
		require.Equal(t, w.permalink(card.Channel, card.TS), card.Link)
	})
}

// permalink asks Slack for the link of a message.
func (w *world) permalink(channel, ts string) string {
	w.t.Helper()
	form := url.Values{"channel": {channel}, "message_ts": {ts}}
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.details.APIURL+"chat.getPermalink", strings.NewReader(form.Encode()))
	require.NoError(w.t, err)
	r.Header.Set("Authorization", "Bearer "+w.details.BotToken)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	got, err := w.client.Do(r)
	require.NoError(w.t, err)
	defer func() { _ = got.Body.Close() }()
	var answer struct{ Permalink string }
	require.NoError(w.t, json.NewDecoder(got.Body).Decode(&answer))
	return answer.Permalink
}
