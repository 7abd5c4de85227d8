package bot_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// say posts something in the thread of an application's card; "@Sample Desk" names the bot.
func (w *world) say(who, id, text string) {
	w.t.Helper()
	seen := w.act(object{"user": who, "do": "post", "channel": samples, "thread_ts": w.card(id).TS, "text": text})
	require.True(w.t, seen.OK, seen.Error)
	synctest.Wait()
}

// lastTold is the last thing that a person was told privately, and whether that was in the thread of the card.
func (w *world) lastTold(who string) string {
	w.t.Helper()
	said := ""
	for _, e := range w.state().Ephemerals {
		if e.User == who {
			said = wording(w.t, e.Blocks)
		}
	}
	return said
}

func TestAnApprovalIsSpokenInTheThread(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		w.say(memberOne, "1001", "@Sample Desk approve")
		require.Equal(t, workflow.Queued, w.application("1001").State())
		require.Contains(t, w.lastTold(memberOne), "Approved by <@"+memberOne+">")
		w.say(memberTwo, "1001", "@Sample Desk: reject out of stock")
		require.Contains(t, w.lastTold(memberTwo), "Already approved by <@"+memberOne+">")
		w.say(memberTwo, "1001", "status, @Sample Desk")
		require.Contains(t, w.lastTold(memberTwo), "Sends at")
		wait(11 * time.Second)
		require.Equal(t, []workflow.Review{{Verdict: workflow.Approve}}, w.tiktok.got())
	})
}

func TestARejectionIsSpokenWithItsReason(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		w.say(memberOne, "1001", "@Sample Desk reject")
		require.Contains(t, w.lastTold(memberOne), "`reject out of stock`, or 3")
		require.Equal(t, workflow.Pending, w.application("1001").State())
		w.say(memberOne, "1001", "@Sample Desk reject doesn’t fit")
		require.Equal(t, workflow.NotMatch, w.application("1001").Decision.Reason)
	})
}

func TestANoteIsSpokenAndKept(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		before := len(w.thread(w.card("1001").TS))
		w.say(memberOne, "1001", "@Sample Desk note ask <@"+memberTwo+"> about A &amp; B, see <https://example.com/a|this>")
		require.Contains(t, w.lastTold(memberOne), "Note added to request")
		require.Len(t, w.thread(w.card("1001").TS), before+1, "it stands in the thread already")
		out := w.command(memberOne, view.CommandSamples, "show 1001")
		require.Contains(t, out, "added the note “ask ＠member_two about A &amp; B, see https∶//example.com/a”, in the thread")
		w.say(memberOne, "1001", "@Sample Desk note")
		require.Contains(t, w.lastTold(memberOne), said(t, view.NoteMissing()))
	})
}

func TestAMentionThatCannotBeReadIsAnsweredWithWhatCan(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		w.say(memberOne, "1001", "@Sample Desk aprove")
		require.Contains(t, w.lastTold(memberOne), "Did you mean `approve`?")
		w.say(memberOne, "1001", "@Sample Desk <!channel> sing")
		require.NotContains(t, w.lastTold(memberOne), "<!channel>")
		for _, text := range []string{"@Sample Desk", "@Sample Desk help", "hello @Sample Desk help!"} {
			w.say(memberOne, "1001", text)
			require.Contains(t, w.lastTold(memberOne), "What you can tell me in a card's thread", text)
		}
		seen := w.act(object{"user": memberTwo, "do": "post", "channel": samples, "text": "@Sample Desk approve"})
		require.True(t, seen.OK, seen.Error)
		synctest.Wait()
		require.Contains(t, w.lastTold(memberTwo), "Mention me in the thread of a request's card")
		require.Equal(t, workflow.Pending, w.application("1001").State())
	})
}

func TestGuestsAndOthersWhoMayNotDecideDoNotBySpeaking(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		for who, denial := range map[string]view.Denial{guest: view.DeniedGuest, stranger: view.DeniedElsewhere} {
			for _, text := range []string{"approve", "reject oos", "note hello"} {
				w.say(who, "1001", "@Sample Desk "+text)
				require.Contains(t, w.lastTold(who), view.Denied(denial))
			}
			w.say(who, "1001", "@Sample Desk status")
			require.Contains(t, w.lastTold(who), "Sample application review pending")
		}
		require.Equal(t, workflow.Pending, w.application("1001").State())
		require.NotContains(t, w.command(memberOne, view.CommandSamples, "show 1001"), "hello")
	})
}

func TestAMentionThatIsDeliveredTwiceIsTakenOnceAndAnsweredOnce(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		for text, answers := range map[string]int{"approve": 1, "reject oos": 1, "note once": 1, "status": 1} {
			before := len(w.told(memberOne))
			w.fault(object{"socket": "duplicate"})
			w.say(memberOne, "1001", "@Sample Desk "+text)
			wait(10 * time.Minute)
			require.Len(t, w.told(memberOne), before+answers, text)
		}
		require.Len(t, w.tiktok.got(), 1)
	})
}

func TestAMentionThatIsDeliveredAgainAfterARestartChangesNothing(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		w.fault(object{"socket": "drop_ack"})
		w.act(object{"user": memberOne, "do": "post", "channel": samples, "thread_ts": w.card("1001").TS, "text": "@Sample Desk note only once"})
		synctest.Wait()
		w.reopen()
		wait(10 * time.Minute)
		notes := 0
		require.NoError(t, w.db.View(t.Context(), func(tx workflow.Tx) error {
			entries, _, err := tx.History(keyOf("1001"), "", 100)
			for _, e := range entries {
				if e.Event == workflow.OnNoted {
					notes++
				}
			}
			return err
		}))
		require.Equal(t, 1, notes)
		require.LessOrEqual(t, len(w.told(memberOne)), 1)
	})
}
