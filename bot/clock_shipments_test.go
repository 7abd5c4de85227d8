package bot_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

func TestWhatHasToBeShippedTodayIsAPickList(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		for i, variant := range []string{"30 ml", "30 ml", "50 ml"} {
			r := pending(fmt.Sprint(1001 + i))
			r.Status, r.ShipBy, r.Product.Variant = workflow.StatusAwaitingShipment, time.Now().Add(4*time.Hour), variant
			w.request(fmt.Sprint(1001 + i))
			wait(time.Second)
			w.report(fmt.Sprint(1001+i), r)
		}
		w.morning()
		told := w.said(workflow.KindMorning)
		require.Len(t, told, 1)
		require.Contains(t, told[0].Text, "Ship 3 samples within 24 hours")
		require.Contains(t, wording(t, told[0].Blocks), "Glow Serum · 30 ml × 2*")
		w.moved("1001", workflow.StatusShipped)
		wait(time.Minute)
		words := wording(t, w.said(workflow.KindMorning)[0].Blocks)
		require.Contains(t, words, "Glow Serum · 30 ml × 1* (1 of 2 done)")
		require.Contains(t, words, "*shipped*")
	})
}

func TestShipmentsAreAnnouncedTogetherWhereTheSettingsSay(t *testing.T) {
	for _, where := range []workflow.ShipmentNotices{workflow.ShipmentsToChannel, workflow.ShipmentsElsewhere, workflow.ShipmentsInThread} {
		t.Run("to "+string(where), func(t *testing.T) {
			inBubble(t, setup{}, func(t *testing.T, w *world) {
				s := oneShop()[0]
				parcels := w.newChannel("parcels", memberOne, theBot)
				s.Settings.Shipments, s.Settings.ShipmentChannel = where, parcels
				w.put(s)
				for _, id := range []string{"1001", "1002"} {
					w.request(id)
					w.moved(id, workflow.StatusAwaitingShipment)
					w.moved(id, workflow.StatusShipped, func(r *workflow.Snapshot) { r.Tracking = "1Z" + id })
				}
				w.endSweep()
				told := w.said(workflow.KindShipment)
				switch where {
				case workflow.ShipmentsInThread:
					require.Empty(t, told)
				case workflow.ShipmentsElsewhere:
					require.Len(t, told, 1)
					require.Equal(t, parcels, told[0].Channel)
				default:
					require.Len(t, told, 1)
					require.Equal(t, samples, told[0].Channel)
					require.Contains(t, told[0].Text, "2 samples shipped")
					require.Equal(t, 2, strings.Count(wording(t, told[0].Blocks), "/archives/"), "each with its card")
				}
				require.True(t, slices.ContainsFunc(w.thread(w.card("1001").TS), func(m message) bool { return strings.Contains(m.Text, "Shipping") }), "the thread always tells")
			})
		})
	}
}

func TestAShipmentChannelThatIsClosedHoldsNothingElseUp(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		s := oneShop()[0]
		s.Settings.Shipments, s.Settings.ShipmentChannel = workflow.ShipmentsElsewhere, w.newChannel("parcels", memberOne)
		w.put(s)
		w.request("1001")
		w.moved("1001", workflow.StatusAwaitingShipment)
		w.moved("1001", workflow.StatusShipped)
		w.endSweep()
		w.announce()
		wait(5 * time.Minute)
		require.Empty(t, w.said(workflow.KindShipment))
		require.Len(t, w.said(workflow.KindStopped), 1)
		require.True(t, w.act(object{"user": admin, "do": "invite", "channel": s.Settings.ShipmentChannel}).OK)
		wait(10 * time.Minute)
		require.Len(t, w.said(workflow.KindShipment), 1, "it comes once somebody opens the channel")
	})
}

func TestAParcelThatDoesNotMoveIsToldOnceInItsThreadAndInTheChannel(t *testing.T) {
	inBubble(t, setup{shops: withSettings(workflow.Settings{MoveDays: 2})}, func(t *testing.T, w *world) {
		w.request("1001")
		w.moved("1001", workflow.StatusAwaitingShipment)
		w.moved("1001", workflow.StatusShipped)
		w.endSweep()
		w.sleep(2 * 24 * time.Hour)
		w.tick()
		w.endSweep()
		require.Contains(t, wording(t, w.lastStep().Blocks), "The parcel has not moved for 2 days")
		told := w.said(workflow.KindShipment)
		require.Contains(t, told[len(told)-1].Text, "1 parcel seems stuck")
	})
}
