package bot_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// asksAgain brings another application of the creator of the first.
func (w *world) asksAgain(first, id string) {
	w.t.Helper()
	r := pending(id)
	r.Creator = pending(first).Creator
	wait(time.Second)
	w.report(id, r)
}

func TestARequestIsNamedInManyWays(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		w.request("1002")
		short, link := string(keyOf("1001").Short()), w.application("1001").Card.Link
		require.NotEmpty(t, link)
		for _, typed := range []string{
			"1001", "#1001", short, strings.ToLower(short), "#" + short, "request " + short, "Request  #" + short, "`" + short + "`",
			"@glow.daily.1001", "glow.daily.1001", "GLOW.Daily.1001", link, "<" + link + ">", "<" + link + "|the card>",
			link + "?thread_ts=" + w.card("1001").TS + "&cid=" + samples, "https://www.tiktok.com/@glow.daily.1001", "“1001”",
		} {
			out := w.command(memberOne, view.CommandSamples, "show "+typed)
			require.Contains(t, out, "Request 1001", typed)
			require.NotContains(t, out, "Request 1002", typed)
		}
		out := w.command(memberOne, view.CommandSamples, "show glow.dialy.1002")
		require.Contains(t, out, "Did you mean `@glow.daily.1002`?")
		require.NotContains(t, w.command(memberOne, view.CommandSamples, "show "+strings.Repeat("x", 2000)), "Did you mean")
	})
}

func TestARequestIsApprovedByCommand(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.backlog("1001")
		out := w.command(memberOne, view.CommandSamples, "approve "+string(keyOf("1001").Short()))
		require.Contains(t, out, "Approved by <@"+memberOne+">")
		require.Contains(t, out, "*Undo* is on the card")
		require.Equal(t, workflow.Approve, w.application("1001").Decision.Verdict)
		require.Equal(t, undoable, controls(t, w.card("1001").Blocks))
		out = w.command(memberTwo, view.CommandSamples, "approve 1001")
		require.Contains(t, out, "Already approved by <@"+memberOne+">")
		for who, denial := range map[string]view.Denial{guest: view.DeniedGuest, stranger: view.DeniedElsewhere} {
			require.Contains(t, w.command(who, view.CommandSamples, "approve 1001"), view.Denied(denial))
		}
		require.Contains(t, w.command(memberOne, view.CommandSamples, "approve 1001 1002"), "Nothing found")
	})
}

func TestARequestIsRejectedByCommandWithAReasonInWords(t *testing.T) {
	for typed, want := range map[string]workflow.Reason{
		"1": workflow.NotMatch, "3": workflow.OutOfStock, "OUT_OF_STOCK": workflow.OutOfStock, "oos": workflow.OutOfStock,
		"Out of Stock": workflow.OutOfStock, "out of stok": workflow.OutOfStock, "doesn't fit": workflow.NotMatch,
		"doesn’t fit what we look for": workflow.NotMatch, "offlnie": workflow.Offline, "another reason": workflow.Other,
	} {
		t.Run(typed, func(t *testing.T) {
			inBubble(t, setup{}, func(t *testing.T, w *world) {
				w.request("1001")
				w.command(memberOne, view.CommandSamples, "reject @glow.daily.1001 "+typed)
				require.Equal(t, want, w.application("1001").Decision.Reason)
			})
		})
	}
}

func TestWhatFollowsTheReasonIsKeptAsANote(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		out := w.command(memberOne, view.CommandSamples, "reject 1001 out of stock, until the new year")
		require.Contains(t, out, "until the new year")
		require.Equal(t, workflow.OutOfStock, w.application("1001").Decision.Reason)
		require.Contains(t, w.thread(w.card("1001").TS)[0].Text, "until the new year")
	})
}

func TestAReasonThatNobodyKnowsIsAskedFor(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		for _, words := range []string{"", " because <!channel> *x*", " 5", " 3 pieces only"} {
			out := w.command(memberOne, view.CommandSamples, "reject 1001"+words)
			require.Contains(t, out, "`/samples reject 1001 out of stock`, or 3", words)
			require.NotContains(t, out, "<!channel>")
		}
		require.Equal(t, workflow.Pending, w.application("1001").State())
	})
}

func TestTheOneRequestOfACreatorThatWaitsIsMeant(t *testing.T) {
	inBubble(t, setup{instant: true}, func(t *testing.T, w *world) {
		w.request("1001")
		w.asksAgain("1001", "1002")
		w.accepted(memberOne, "1001", view.ActionApprove)
		wait(2 * time.Second)
		require.Contains(t, w.command(memberOne, view.CommandSamples, "approve @glow.daily.1001"), string(keyOf("1002").Short()))
		wait(2 * time.Second)
		require.Equal(t, workflow.AwaitingShipment, w.application("1002").State())
		out := w.command(memberOne, view.CommandSamples, "approve @glow.daily.1001")
		require.Contains(t, out, "None of the 2 requests found can be decided on")
	})
}

func TestOfSeveralThatWaitItIsAskedWhichIsMeant(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		w.asksAgain("1001", "1002")
		out := w.command(memberOne, view.CommandSamples, "reject glow.daily.1001 oos, twice")
		require.Contains(t, out, "which one should be rejected (Out of stock)?")
		asked := w.state().Ephemerals
		pick := object{"user": memberOne, "do": "click", "channel": samples, "ts": asked[len(asked)-1].TS, "action_id": view.ActionPick, "wait_ms": 0,
			"value": view.Pick{Verdict: workflow.Reject, Reason: workflow.OutOfStock, Note: "twice", Target: view.Target{Key: keyOf("1001")}.String()}.String()}
		for range 2 {
			seen := w.act(pick)
			require.True(t, seen.OK, seen.Error)
			synctest.Wait()
		}
		require.Equal(t, workflow.Queued, w.application("1001").State())
		require.Equal(t, workflow.Pending, w.application("1002").State())
		told := w.told(memberOne)
		require.Contains(t, told[len(told)-2], "rejected by <@"+memberOne+">", "in place of the question")
		require.Contains(t, told[len(told)-1], "Already rejected", "the second click is told so")
	})
}

func TestAListOfManyRequestsIsTurnedPageByPage(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		for i := range 24 {
			w.asksAgain("1001", fmt.Sprint(1002+i))
		}
		out := w.command(memberOne, view.CommandSamples, "show @glow.daily.1001")
		require.Contains(t, out, "1–10 of 25, newest first")
		require.Contains(t, out, string(keyOf("1025").Short()))
		turn := func(action, want string) {
			shown := w.state().Ephemerals
			seen := w.act(object{"user": memberOne, "do": "click", "channel": samples, "ts": shown[len(shown)-1].TS, "action_id": action, "wait_ms": 0})
			require.True(t, seen.OK, seen.Error)
			synctest.Wait()
			shown = w.state().Ephemerals
			require.Contains(t, wording(t, shown[len(shown)-1].Blocks), want)
		}
		turn(view.ActionShowPage, "11–20 of 25")
		turn(view.ActionShowPage, "21–25 of 25")
		turn(view.ActionShowBack, "11–20 of 25")
	})
}

func TestACommandThatIsDeliveredTwiceDecidesOnce(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		w.fault(object{"socket": "duplicate"})
		require.Contains(t, w.command(memberOne, view.CommandSamples, "approve 1001"), "Approved by")
		wait(time.Minute)
		require.Len(t, w.tiktok.got(), 1)
		require.Equal(t, 2, w.application("1001").Round, "decided, and confirmed")
	})
}

func TestShowTellsNotesLooksAndMovesOfCampaigns(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		c := w.campaign("Spring launch")
		w.request("1001")
		w.accepted(memberOne, "1001", view.ActionMore, view.MoreLook)
		require.True(t, w.submit(memberOne, w.dialogFor(memberOne, "1001"), object{view.ActionChoice: string(c.ID)}).OK)
		_, err := w.engine.Apply(t.Context(), keyOf("1001"), workflow.Noted{Actor: workflow.Actor{Person: memberTwo, Surface: workflow.FromThread}, At: time.Now(), Text: "asked *twice*"})
		require.NoError(t, err)
		_, err = w.engine.Leave(t.Context(), workflow.Leaving{Actor: workflow.Actor{Person: memberOne}, At: time.Now(), Key: keyOf("1001"), Seen: c.ID})
		require.NoError(t, err)
		out := w.command(memberOne, view.CommandSamples, "show 1001")
		for _, want := range []string{
			"<@" + memberOne + "> is on it, on the card", "<@" + memberTwo + "> added the note “asked ∗twice∗”, in the thread",
			"<@" + memberOne + "> added the creator to the campaign *Spring launch*, in the dialog", "<@" + memberOne + "> removed the creator from the campaign *Spring launch*",
		} {
			require.Contains(t, out, want)
		}
	})
}
