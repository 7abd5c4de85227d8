package bot_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

func TestTheRepliesOfALongThreadAreErasedWithinSlacksRatesAndGoOnAfterARestart(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		const replies = 70
		w.request("1001")
		w.request("1002")
		w.say(memberOne, "1001", "<@U0DESK0BOT> note another's secret")
		require.NoError(t, w.db.Update(t.Context(), func(tx workflow.Tx) error {
			for n := range replies {
				for _, id := range []string{"1001", "1002"} {
					if id == "1001" && n > 0 {
						continue
					}
					err := tx.Enqueue(workflow.Effect{
						ID: workflow.EffectID(fmt.Sprint("R", id, n)), Kind: workflow.Reply, Lane: workflow.ThreadLane(keyOf(id)), Shop: shopID, Application: workflow.ApplicationID(id),
						Priority: workflow.Routine, MadeAt: time.Now(), Payload: &workflow.Payload{Kind: workflow.KindNote, By: memberOne, Text: "my secret"},
					})
					if err != nil {
						return err
					}
				}
			}
			return nil
		}))
		w.wake()
		wait(3 * time.Minute)
		card := w.card("1002").TS
		require.Len(t, w.thread(card), replies)
		w.say(memberTwo, "1002", "what a colleague wrote")
		before := len(w.calls("chat.update"))

		require.NoError(t, w.db.Update(t.Context(), func(tx workflow.Tx) error {
			return tx.Enqueue(workflow.Effect{
				ID: "ERASE", Kind: workflow.EraseReplies, Lane: workflow.ThreadLane(keyOf("1002")), Priority: workflow.Routine, Shop: shopID, Application: "1002", MadeAt: time.Now(),
			})
		}))
		w.fault(object{"method": "chat.update", "do": "error", "error": "ratelimited", "retry_after": 7, "times": 1})
		w.wake()
		synctest.Wait()
		wait(15 * time.Second)
		erased := func() (n int) {
			for _, m := range w.thread(card) {
				if m.Metadata.Payload["erased"] == "true" {
					require.NotContains(t, m.Text+string(m.Blocks), "secret")
					n++
				}
			}
			return n
		}
		require.Positive(t, erased())
		require.Less(t, erased(), replies)
		w.shut()
		wait(time.Minute) // so that Slack's count of a minute begins anew
		w.reopen()
		wait(3 * time.Minute)
		require.Equal(t, replies, erased())
		refused := 0
		for _, c := range w.calls("chat.update")[before:] {
			if !c.OK {
				refused++
			}
		}
		require.Equal(t, 1, refused, "the one that was ordered")
		require.LessOrEqual(t, len(w.calls("chat.update")[before:]), replies+3, "what is erased is not erased again")
		thread := w.thread(card)
		require.Equal(t, "what a colleague wrote", thread[len(thread)-1].Text, "people's own words are not the desk's to edit")
		require.Contains(t, wording(t, w.thread(w.card("1001").TS)[1].Blocks), "secret", "another request's thread is as it was")
		require.Empty(t, w.deadLetters())
	})
}
