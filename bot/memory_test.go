package bot_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/bot/view"
	"sampledesk/workflow"
)

func TestWhatACreatorHadPostedAndSoldIsRememberedAcrossShops(t *testing.T) {
	inBubble(t, setup{shops: threeShops()}, func(t *testing.T, w *world) {
		asked := func(shop workflow.ShopID, id string, status workflow.Status) {
			r := pending(id)
			r.Status, r.Creator = status, workflow.Creator{OpenID: "open-7", Username: "glow.daily"}
			w.reportTo(shop, id, r)
		}
		asked("1", "1001", workflow.StatusContentPending)
		asked("1", "1002", workflow.StatusNotShipCancelled)
		asked("2", "2001", workflow.StatusContentPending)
		for k, orders := range map[workflow.Key]float64{{Shop: "1", ID: "1001"}: 8, {Shop: "2", ID: "2001"}: 6} {
			_, err := w.engine.FindContent(t.Context(), k, []workflow.Content{
				{ID: "1", Format: "VIDEO", At: time.Now(), Orders: workflow.OptionalNumber{Value: orders, Shared: true}},
			}, time.Now())
			require.NoError(t, err)
		}
		said := w.command(memberOne, view.CommandSamples, "show @glow.daily")
		require.Contains(t, said, "Requested 2 samples · approved 2 · received 2 · posted for 2 (2 pieces of content) · 14 paid orders")
		require.Contains(t, said, "Not counted because it wasn't the creator's fault: Not shipped in time 1")

		asked("1", "1003", workflow.StatusPending)
		said = w.command(memberOne, view.CommandSamples, "show 1003")
		require.Contains(t, said, "2 requests before: 2 approved, 2 received, 2 posted, 14 paid orders; 1 earlier request ended")
	})
}
