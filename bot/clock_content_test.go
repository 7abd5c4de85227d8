package bot_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// delivered brings an application whose creator has to post.
func (w *world) delivered(id string) {
	w.t.Helper()
	w.request(id)
	w.moved(id, workflow.StatusAwaitingShipment)
	w.moved(id, workflow.StatusContentPending)
}

func TestContentIsToldInTheThreadByOneMessageThatGrows(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.delivered("1001")
		require.Contains(t, wording(t, w.card("1001").Blocks), "Content is due by")
		video := workflow.Content{
			ID: "77", Format: "VIDEO", Text: "My <!channel> serum", Link: "https://www.tiktok.com/@glow.daily/video/77", At: time.Now().Truncate(time.Second),
			Views: workflow.OptionalNumber{Value: 1200, Shared: true}, Orders: workflow.OptionalNumber{Value: 3, Shared: true},
		}
		find := func(c workflow.Content) {
			_, err := w.engine.FindContent(t.Context(), keyOf("1001"), []workflow.Content{c}, time.Now())
			require.NoError(t, err)
			wait(5 * time.Second)
		}
		find(video)
		found := w.said(workflow.KindContent)
		require.Len(t, found, 1)
		require.Equal(t, w.card("1001").TS, found[0].Thread)
		require.Equal(t, "1001", found[0].Metadata.Payload["application"])
		words := wording(t, found[0].Blocks)
		for _, want := range []string{"Watch it on www.tiktok.com", "*1,200*", "Likes: *not shared*", "Paid orders: *3*", "> My &lt;!channel&gt; serum"} {
			require.Contains(t, words, want)
		}
		card := wording(t, w.card("1001").Blocks)
		require.Contains(t, card, "*Completed*")
		require.Contains(t, card, "1 video")

		video.Views.Value, video.Orders.Value = 250_000, 90
		find(video)
		grown := w.said(workflow.KindContent)
		require.Len(t, grown, 1, "growth is an edit")
		require.Contains(t, wording(t, grown[0].Blocks), "*250,000*")
	})
}

func TestTheTeamIsRemindedOfContentAndCanNudgeTheCreator(t *testing.T) {
	inBubble(t, setup{shops: withSettings(workflow.Settings{PostDays: 4})}, func(t *testing.T, w *world) {
		w.delivered("1001")
		w.done(workflow.OnMessageSent, workflow.Failure{})
		by := w.application("1001").Timer.By
		w.until(by, 72*time.Hour)
		require.Equal(t, []string{"72h"}, w.steps("1001"))
		reminder := w.lastStep()
		require.Empty(t, w.said(workflow.KindMessage), "nothing is sent by itself")
		require.True(t, w.press(guest, reminder, view.ActionNudge).OK)
		require.Len(t, w.told(guest), 1, "a guest does not write")

		seen := w.press(memberOne, reminder, view.ActionNudge)
		require.NotEmpty(t, seen.ViewID)
		require.Contains(t, string(w.view(seen.ViewID).Blocks), "Hi Glow Daily, we hope that you enjoy Glow Serum!")
		require.Nil(t, w.sending(memberOne, seen.ViewID, "How is the serum?").Response)
		wait(5 * time.Second)
		require.Contains(t, wording(t, w.said(workflow.KindMessage)[0].Blocks), "> How is the serum?")

		w.until(by, 0)
		require.Contains(t, wording(t, w.lastStep().Blocks), "has probably extended the deadline")
		require.Contains(t, wording(t, w.card("1001").Blocks), "probably extended the deadline")
		require.Equal(t, []string{"72h", "0h"}, w.steps("1001"))

		w.moved("1001", workflow.StatusCompleted)
		require.Empty(t, w.press(memberOne, w.lastStep(), view.ActionNudge).ViewID)
		require.Contains(t, w.told(memberOne)[0], "nothing to remind the creator of")
	})
}

func TestTheShopsOwnReminderGoesByItselfOnceAndIsQuoted(t *testing.T) {
	inBubble(t, setup{shops: withSettings(workflow.Settings{PostDays: 4, Nudge: "We are curious about your video!"})}, func(t *testing.T, w *world) {
		w.delivered("1001")
		w.done(workflow.OnMessageSent, workflow.Failure{})
		w.until(w.application("1001").Timer.By, 72*time.Hour)
		w.tick()
		require.Empty(t, controls(t, w.lastStep().Blocks), "nobody need nudge")
		quoted := w.said(workflow.KindMessage)
		require.Len(t, quoted, 1)
		require.Contains(t, wording(t, quoted[0].Blocks), "> We are curious about your video!")
	})
}
