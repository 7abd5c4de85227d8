package bot_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/bot"
	"sampledesk/workflow"
)

func TestStatusOfADeskThatIsWellSaysSoFirst(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1")
		wait(time.Minute)
		said := w.command(memberOne, "/samples", "status")
		require.Contains(t, said, "*Everything is working.*")
		require.Contains(t, said, "Connected since")
		require.Contains(t, said, "Last data from Slack")
		require.Contains(t, said, "All scopes are granted.")
		require.Contains(t, said, "Nothing is waiting to be sent.")
		require.Contains(t, said, "1 pending request")
		require.Contains(t, said, "Sample Desk v1.2.3")
	})
}

func TestStatusNamesTheScopesThatSlackDidNotGrant(t *testing.T) {
	granted := slices.DeleteFunc(slices.Clone(bot.Scopes), func(s string) bool { return s == "usergroups:read" || s == "files:write" })
	inBubble(t, setup{scopes: granted}, func(t *testing.T, w *world) {
		said := w.command(memberOne, "/samples", "status")
		require.Contains(t, said, "Missing scopes: `files:write`, `usergroups:read`")
		require.Contains(t, said, "Load `manifest.yml` again and reinstall the app")
		require.NotContains(t, said, "Everything is working")
	})
}

func TestStatusDoesNotWaitForSlackForLong(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.fault(object{"method": "auth.test", "times": 1, "do": "delay", "delay_ms": 9000})
		seen := w.act(object{"user": memberOne, "do": "command", "command": "/samples", "text": "status", "wait_ms": 5000})
		require.True(t, seen.OK, seen.Error)
		require.LessOrEqual(t, seen.AckedMS, int64(1600))
		wait(time.Second) // it was acknowledged without the answer, which follows
		shown := w.state().Ephemerals
		require.Len(t, shown, 1)
		require.Contains(t, wording(t, shown[0].Blocks), "Slack didn't answer in time which scopes we have.")
	})
}

func TestStatusTellsWhatWaitsAndHowOldIt(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1")
		w.fault(object{"method": "chat.update", "times": 0, "do": "error", "error": "internal_error"})
		w.fault(object{"method": "chat.update", "times": 20, "do": "error", "error": "internal_error"})
		w.accepted(memberOne, "1", "approve")
		said := w.command(memberOne, "/samples", "status")
		require.Contains(t, said, "• 1 decision for TikTok, oldest from")
		require.Contains(t, said, "• 1 card, oldest from")
	})
}

func TestStatusTellsWhatCouldNotBeDelivered(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		require.NoError(t, w.db.Update(t.Context(), func(tx workflow.Tx) error {
			e := workflow.Effect{ID: "e1", Kind: workflow.Announce, Lane: "post/1", Shop: shopID, MadeAt: time.Now(), NotBefore: time.Now().Add(time.Hour)}
			if err := tx.Enqueue(e); err != nil {
				return err
			}
			return tx.Bury(e, time.Now())
		}))
		said := w.command(memberOne, "/samples", "status")
		require.Contains(t, said, "1 thing could not be delivered. See `/samples retry`.")
	})
}

func TestStatusTellsHowEachShopStandsWithTikTok(t *testing.T) {
	synced := bubbleStart.Add(-time.Minute)
	syncs := func() []bot.SyncState {
		return []bot.SyncState{
			{Shop: "1", Began: synced, Ended: synced, MessagesErr: errors.New("no scope for messages"), ContentErr: errors.New("no answer")},
			{Shop: "2", Began: synced, Ended: synced.Add(-time.Hour), Err: errors.New("TikTok was silent")},
		}
	}
	inBubble(t, setup{shops: threeShops(), sync: syncs}, func(t *testing.T, w *world) {
		require.NoError(t, w.engine.StopShop(t.Context(), "3", workflow.FromSync, workflow.Failure{Code: 105001, Fault: workflow.FaultReconnect}, time.Now()))
		synctest.Wait()
		said := w.command(memberOne, "/samples", "status")
		require.Contains(t, said, "Kitchen Shop: the last sync with TikTok failed.")
		require.Contains(t, said, "Last sync failed: “TikTok was silent”")
		require.Contains(t, said, "Other Shop: TikTok is rejecting our requests; see the reason below.")
		require.Contains(t, said, "No sync with TikTok since Sample Desk started.")
		require.Contains(t, said, "TikTok is rejecting our requests, because the shop has to be connected again.")
		require.Contains(t, said, "Last check for messages from creators failed: “no scope for messages”")
		require.Contains(t, said, "Last check for content from creators failed: “no answer”")
		require.Contains(t, said, "*3 things need attention:*")
	})
}

func TestStatusTellsNothingOfShopsThatOnesChannelsDoNotServe(t *testing.T) {
	shops := threeShops()
	shops[0].Settings.Channel = general
	inBubble(t, setup{shops: shops}, func(t *testing.T, w *world) {
		require.NoError(t, w.engine.StopShop(t.Context(), "2", workflow.FromSync, workflow.Failure{Code: 105001, Fault: workflow.FaultReconnect}, time.Now()))
		said := w.commandIn(general, outsider, "/samples", "status")
		require.NotContains(t, said, "Kitchen Shop")
		require.NotContains(t, said, "Other Shop")
	})
}
