package bot_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// direct are the messages that the app sent to somebody, in their conversation with it.
func (w *world) directTo(who string) (all []message) {
	for _, c := range w.state().Channels {
		if c.User == who {
			all = append(all, c.Messages...)
		}
	}
	return all
}

func TestARequestIsGivenToAColleagueWhoIsToldOnce(t *testing.T) {
	for typed, how := range map[string]string{
		"assign 1001 <@" + memberTwo + ">":               "a mention",
		"assign 1001 " + memberTwo:                       "a user id",
		"assign 1001 @member_two":                        "a handle",
		"assign 1001 @Member Two":                        "a name of two words",
		"assign @glow.daily.1001 <@" + memberTwo + "|x>": "a creator's handle and a mention",
	} {
		inBubble(t, setup{}, func(t *testing.T, w *world) {
			w.request("1001")
			out := w.command(memberOne, view.CommandSamples, typed)
			require.Contains(t, out, "<@"+memberTwo+"> is on request", how)
			synctest.Wait()
			wait(time.Minute)
			told := w.directTo(memberTwo)
			require.Len(t, told, 1, how)
			require.Contains(t, wording(t, told[0].Blocks), "<@"+memberOne+"> asked you to take this on")
			require.Equal(t, "assigned", told[0].Metadata.Payload["kind"])
			require.Equal(t, "1001", told[0].Metadata.Payload["application"])
			require.Contains(t, wording(t, w.card("1001").Blocks), "<@"+memberTwo+"> is on it")
			require.Contains(t, w.command(memberOne, view.CommandSamples, "show 1001"), "<@"+memberOne+"> gave it to <@"+memberTwo+">, by command")
			w.command(memberOne, view.CommandSamples, typed)
			wait(time.Minute)
			require.Len(t, w.directTo(memberTwo), 1, "they are on it already")
			require.Empty(t, w.calls("conversations.open"), "nothing was lost, so nothing is looked for")
		})
	}
}

func TestWhoIsNotNamedIsAskedForInADialog(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		for _, typed := range []string{"assign 1001", "assign 1001 @nobody", "assign 1001 @member"} {
			seen := w.act(object{"user": memberOne, "do": "command", "command": "/samples", "text": typed, "channel": samples})
			require.True(t, seen.OK, seen.Error)
			require.NotEmpty(t, seen.ViewID, typed)
			w.act(object{"user": memberOne, "do": "close", "view_id": seen.ViewID})
		}
		seen := w.click(memberOne, "1001", view.ActionMore, view.MoreAssign)
		require.NotEmpty(t, seen.ViewID)
		for _, who := range []string{guest, outsider} {
			sent := w.act(object{"user": memberOne, "do": "submit", "view_id": seen.ViewID, "values": object{view.ActionAssignee: who}})
			require.Contains(t, string(sent.Response), "can't decide on this shop's requests", who)
		}
		sent := w.act(object{"user": memberOne, "do": "submit", "view_id": seen.ViewID, "values": object{view.ActionAssignee: admin}})
		require.True(t, sent.OK, sent.Error)
		wait(time.Minute)
		require.Len(t, w.directTo(admin), 1)
		for _, who := range []string{guest, outsider, memberOne} {
			require.Empty(t, w.directTo(who))
		}
	})
}

func TestAThreadTakesAssignsAndUndoes(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		w.say(memberOne, "1001", "@Sample Desk take")
		require.Contains(t, w.lastTold(memberOne), "You're on request")
		require.Equal(t, workflow.PersonID(memberOne), w.application("1001").OnIt.By)
		w.say(memberOne, "1001", "@Sample Desk assign <@"+memberTwo+">")
		require.Equal(t, workflow.PersonID(memberTwo), w.application("1001").OnIt.By)
		w.say(memberOne, "1001", "@Sample Desk assign")
		require.Contains(t, w.lastTold(memberOne), "Who should take it on?")
		w.say(guest, "1001", "@Sample Desk take")
		require.Contains(t, w.lastTold(guest), view.Denied(view.DeniedGuest))
		w.say(memberOne, "1001", "@Sample Desk approve")
		w.say(memberTwo, "1001", "@Sample Desk undo")
		require.Equal(t, workflow.Queued, w.application("1001").State(), "it is another's decision")
		w.say(memberOne, "1001", "@Sample Desk undo")
		require.Equal(t, workflow.Pending, w.application("1001").State())
		wait(time.Minute)
		require.Len(t, w.directTo(memberTwo), 1)
		require.Empty(t, w.tiktok.got())
	})
}

func TestAColleagueIsToldOnceThoughSlacksAnswerWasLost(t *testing.T) {
	for _, fault := range []string{"drop", "apply_then_drop"} {
		inBubble(t, setup{}, func(t *testing.T, w *world) {
			w.request("1001")
			w.fault(object{"method": "chat.postMessage", "do": fault, "times": 1})
			w.command(memberOne, view.CommandSamples, "assign 1001 "+memberTwo)
			wait(10 * time.Minute)
			require.Len(t, w.directTo(memberTwo), 1, fault)
			require.NotEmpty(t, w.calls("conversations.open"))
		})
	}
}

func TestAppHomeListsWhatItsReaderIsOn(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		for _, id := range []string{"1001", "1002", "1003"} {
			w.request(id)
		}
		w.home(memberTwo)
		require.NotContains(t, w.homeControls(memberTwo), view.ActionHomeMine, "they are on nothing")
		w.command(memberOne, view.CommandSamples, "assign 1002 "+memberTwo)
		w.click(memberOne, "1001", view.ActionMore, view.MoreLook)
		w.home(memberTwo)
		w.clickHome(memberTwo, view.ActionHomeMine)
		shown := w.reads(memberTwo)
		require.Contains(t, shown, "that you're on")
		require.Contains(t, shown, "glow.daily.1002")
		require.NotContains(t, shown, "glow.daily.1001")
		require.NotContains(t, shown, "glow.daily.1003")
		w.clickHome(memberTwo, view.ActionHomeMine)
		require.Contains(t, w.reads(memberTwo), "glow.daily.1003")
	})
}
