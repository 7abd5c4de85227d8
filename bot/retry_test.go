package bot_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// shownLast is the last private answer that somebody saw.
func (w *world) shownLast(who string) message {
	w.t.Helper()
	all := w.state().Ephemerals
	require.NotEmpty(w.t, all)
	require.Equal(w.t, who, all[len(all)-1].User)
	return all[len(all)-1]
}

func TestWhatWaitsIsListedWithItsCauseAndTriedAgainAtOnce(t *testing.T) {
	inBubble(t, setup{instant: true}, func(t *testing.T, w *world) {
		w.request("1001")
		require.Contains(t, w.command(memberOne, view.CommandSamples, "retry"), "No failed deliveries")
		w.tiktok.answer(engine.Outcome{Then: engine.Again, After: time.Hour, Failure: workflow.Failure{Code: 45101004, Fault: workflow.FaultDay, Message: "daily quota"}})
		w.accepted(memberOne, "1001", view.ActionApprove)
		shown := w.command(memberOne, view.CommandSamples, "retry")
		require.Contains(t, shown, "1 failed delivery")
		require.Contains(t, shown, "today's quota is used up")
		require.True(t, w.press(memberOne, w.shownLast(memberOne), view.ActionRetry).OK)
		wait(time.Second)
		require.Len(t, w.tiktok.got(), 2)
		require.Equal(t, workflow.AwaitingShipment, w.application("1001").State())
		after := wording(t, w.shownLast(memberOne).Blocks)
		require.Contains(t, after, "Trying again now")
		require.Equal(t, workflow.PersonID(memberOne), w.lastActor("1001").Person)
	})
}

func TestADeadLetterIsRevivedFromTheList(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		w.fault(object{"method": "chat.update", "do": "error", "error": "block_mismatch", "times": 2}) // as text too
		w.accepted(memberOne, "1001", view.ActionApprove)
		wait(time.Minute)
		require.Len(t, w.deadLetters(), 1)
		require.Contains(t, w.command(memberTwo, view.CommandSamples, "retry"), "block_mismatch")
		require.True(t, w.press(memberTwo, w.shownLast(memberTwo), view.ActionRetry).OK)
		wait(time.Second)
		require.Empty(t, w.deadLetters())
		require.Contains(t, w.command(memberTwo, view.CommandSamples, "retry"), "No failed deliveries")
	})
}

func TestRetryTakesARequestAsPeopleNameIt(t *testing.T) {
	inBubble(t, setup{instant: true}, func(t *testing.T, w *world) {
		w.request("1001")
		require.Contains(t, w.command(memberOne, view.CommandSamples, "retry 1001"), "Nothing failed there")
		require.NotContains(t, w.command(memberOne, view.CommandSamples, "retry 404"), "Trying again now")
		w.tiktok.answer(engine.Outcome{Then: engine.Again, After: time.Hour, Failure: workflow.Failure{Code: 45101004, Fault: workflow.FaultDay}})
		w.accepted(memberOne, "1001", view.ActionApprove)
		require.Contains(t, w.command(memberOne, view.CommandSamples, "retry @GLOW.daily.1001"), "Trying again now")
		wait(time.Second)
		require.Equal(t, workflow.AwaitingShipment, w.application("1001").State())
	})
}

func TestOnlyReviewersTryAgain(t *testing.T) {
	inBubble(t, setup{instant: true}, func(t *testing.T, w *world) {
		w.request("1001")
		w.tiktok.answer(engine.Outcome{Then: engine.Again, After: time.Hour, Failure: workflow.Failure{Code: 45101004, Fault: workflow.FaultDay}})
		w.accepted(memberOne, "1001", view.ActionApprove)
		w.command(memberOne, view.CommandSamples, "retry")
		shown := w.shownLast(memberOne)
		shops := oneShop()
		shops[0].Settings.Reviewers = []workflow.PersonID{memberTwo}
		w.put(shops...)
		require.True(t, w.press(memberOne, shown, view.ActionRetry).OK)
		require.Contains(t, w.lastTold(memberOne), "Only the shop's reviewers can decide")
		require.Contains(t, w.command(memberOne, view.CommandSamples, "retry"), "Only the shop's reviewers can decide")
		require.Contains(t, w.command(guest, view.CommandSamples, "retry"), "Guests can watch")
		require.Len(t, w.tiktok.got(), 1)
	})
}

func TestAListOfFailuresIsTurnedPageByPage(t *testing.T) {
	inBubble(t, setup{instant: true}, func(t *testing.T, w *world) {
		w.requests(10)
		for i := range 10 {
			w.tiktok.answer(engine.Outcome{Then: engine.Again, After: time.Hour, Failure: workflow.Failure{Code: 45101004, Fault: workflow.FaultDay}})
			w.accepted(memberOne, fmt.Sprint(1000+i), view.ActionApprove)
		}
		require.Contains(t, w.command(memberOne, view.CommandSamples, "retry"), "1–8 of 10")
		require.True(t, w.press(memberOne, w.shownLast(memberOne), view.ActionRetryPage).OK)
		synctest.Wait()
		require.Contains(t, wording(t, w.shownLast(memberOne).Blocks), "9–10 of 10")
		require.True(t, w.press(memberOne, w.shownLast(memberOne), view.ActionRetryBack).OK)
		require.Contains(t, wording(t, w.shownLast(memberOne).Blocks), "1–8 of 10")
	})
}

func TestTheNumbersAreAskedForByCommand(t *testing.T) {
	shops := append(oneShop(), workflow.Shop{ID: "7495540735365777508", Name: "Glow Garden", InitialSyncDone: true})
	shops[1].Settings.Channel = general
	inBubble(t, setup{instant: true, shops: shops}, func(t *testing.T, w *world) {
		w.requests(3)
		wait(time.Hour)
		w.accepted(memberOne, "1000", view.ActionApprove)
		wait(time.Second)
		shown := w.command(memberOne, view.CommandSamples, "stats")
		require.Contains(t, shown, "Samples, the last 7 days")
		require.Contains(t, shown, "*3* received")
		require.Contains(t, shown, "*1* decided: 1 approved, 0 rejected")
		require.Contains(t, shown, "*1 h* median time to decide")
		require.NotContains(t, shown, "Glow Garden", "that shop lives in another channel")
		require.Contains(t, w.command(guest, view.CommandSamples, "stats today"), "*3* received", "who sees the channel sees its numbers")
		require.Contains(t, w.command(memberOne, view.CommandSamples, "stats yesterday"), "*0* received")
		require.Contains(t, w.command(memberOne, view.CommandSamples, "stats fortnight"), "I don't understand the period")
		require.Contains(t, w.commandIn(general, outsider, view.CommandSamples, "stats"), "*0* received", "of the shop of the channel alone")
	})
}
