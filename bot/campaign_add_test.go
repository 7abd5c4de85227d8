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

func TestACreatorIsAddedByTheWordsOfTheirNameAndSeveralAreOfferedToChooseFrom(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		for id, nickname := range map[string]string{"1001": "Desk Corner", "1002": "Desk <!channel> Décor", "1003": "Kitchen finds"} {
			r := pending(id)
			r.Creator.Nickname = nickname
			w.report(id, r)
		}
		spring := w.campaign("Spring launch")
		require.Contains(t, w.command(memberOne, view.CommandCampaign, "add Spring launch kitchen FI"), "Added")
		require.Equal(t, []string{"glow.daily.1003"}, w.members(spring.ID))
		seen := w.act(object{"user": memberOne, "do": "command", "command": view.CommandCampaign, "text": "add Spring launch desk", "wait_ms": 0})
		asked := wording(t, seen.Response)
		require.Contains(t, asked, "Which creator")
		require.Contains(t, asked, "@glow.daily.1001")
		require.Contains(t, asked, "@glow.daily.1002")
		require.NotContains(t, asked, "<!channel>")
		require.Len(t, w.members(spring.ID), 1)
		synctest.Wait()
		all := w.state().Ephemerals
		value := view.Correspondent{Shop: shopID, Creator: "id:open-1002", Campaign: spring.ID}.String()
		picked := w.act(object{"user": memberOne, "do": "click", "channel": samples, "ts": all[len(all)-1].TS, "action_id": view.ActionCampaignPick, "value": value})
		require.True(t, picked.OK, picked.Error)
		synctest.Wait()
		require.ElementsMatch(t, []string{"glow.daily.1002", "glow.daily.1003"}, w.members(spring.ID))
		require.Contains(t, w.command(memberOne, view.CommandCampaign, "add Spring launch @desk"), "Added", "an @ is a user name")
		require.Contains(t, w.command(memberOne, view.CommandCampaign, "add Spring launch nobody.known"), "Added", "as ever")
	})
}

func TestAnExactNameIsShownWithThoseThatBeginLikeIt(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		for id, username := range map[string]string{"1001": "glow", "1002": "glow.daily", "1003": "kitchen_glow", "1004": "afterglow"} {
			r := pending(id)
			r.Creator.Username, r.Creator.Nickname = username, ""
			w.report(id, r)
		}
		shown := w.command(memberOne, view.CommandSamples, "show @glow")
		require.Contains(t, shown, "/samples show @glow.daily")
		require.Contains(t, shown, "/samples show @kitchen_glow")
		require.NotContains(t, shown, "afterglow")
		require.NotContains(t, w.command(memberOne, view.CommandSamples, "show @afterglow"), "Others whose")
	})
}
