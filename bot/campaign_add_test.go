package bot_test

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"sampledesk/bot/view"
	"sampledesk/workflow"
)

func TestWhoIsAddedByHandCanBeWrittenToAtOnce(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		spring := w.campaign("Spring launch")
		seen := w.act(object{"user": memberOne, "do": "command", "command": view.CommandCampaign, "text": "add Spring launch @glow.daily.1001 @another", "wait_ms": 0})
		require.True(t, seen.OK, seen.Error)
		require.Contains(t, wording(t, seen.Response), "Nothing was sent to them yet")
		key := workflow.Creator{OpenID: "open-1001"}.KeyOf(shopID)
		known := view.Correspondent{Shop: shopID, Creator: key, Campaign: spring.ID}.String()
		require.NotContains(t, string(seen.Response), "Link to Glow Daily", "their request goes on")
		require.Contains(t, string(seen.Response), "Link to @another")

		var answer message
		for _, e := range w.state().Ephemerals {
			if e.User == memberOne {
				answer = e
			}
		}
		opened := w.act(object{"user": memberOne, "do": "click", "channel": samples, "ts": answer.TS, "action_id": view.ActionInvite, "value": known})
		require.NotEmpty(t, opened.ViewID, opened.Error)
		sent := w.act(object{"user": memberOne, "do": "submit", "view_id": opened.ViewID, "values": object{}})
		require.True(t, sent.OK, sent.Error)
		synctest.Wait()
		require.Contains(t, wording(t, w.thread(w.card("1001").TS)[0].Blocks), "We would love to work with you", "it is quoted in the thread of their request")
	})
}
