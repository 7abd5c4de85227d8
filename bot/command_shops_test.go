package bot_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/bot/view"
	"sampledesk/workflow"
)

func twoShops() []workflow.Shop {
	return []workflow.Shop{
		{ID: shopID, Name: "Glow Shop", Region: "GB", InitialSyncDone: true}, {ID: secondShop, Name: "Kitchen Shop", Region: "DE", InitialSyncDone: true},
	}
}

func TestWhereSeveralShopsAreServedCardsAndListsNameThem(t *testing.T) {
	inBubble(t, setup{shops: twoShops()}, func(t *testing.T, w *world) {
		w.request("2001")
		other := pending("2002")
		other.ReviewBy = time.Now().Add(time.Hour)
		w.reportTo(secondShop, "2002", other)
		require.Contains(t, wording(t, w.card("2001").Blocks), "Glow Shop")
		require.Contains(t, wording(t, w.card("2002").Blocks), "Kitchen Shop")
		require.Equal(t, secondShop, w.card("2002").Metadata.Payload["shop"])
		w.command(memberOne, view.CommandSamples, "queue")
		require.Equal(t, []string{"2002", "2001"}, w.queueOf(memberOne)) // by deadline, across the shops
		require.Contains(t, w.command(memberOne, view.CommandSamples, "show 2002"), "Kitchen Shop")
	})
}

func TestASingleShopIsNotNamed(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("2001")
		require.NotContains(t, wording(t, w.card("2001").Blocks), "Glow Shop")
	})
}

func TestWhereSeveralShopsAreServedACampaignNeedsOne(t *testing.T) {
	inBubble(t, setup{shops: twoShops()}, func(t *testing.T, w *world) {
		out := w.command(memberOne, view.CommandCampaign, "create Spring launch")
		require.Contains(t, out, "for Glow Shop")
		require.Contains(t, out, "for Kitchen Shop")
		require.Empty(t, w.campaigns())
		require.Contains(t, w.command(memberOne, view.CommandCampaign, "create Spring launch for kitchen shop"), "Kitchen Shop")
		require.Empty(t, w.campaigns())
		w.command(memberOne, view.CommandCampaign, "create Spring launch for "+shopID)
		require.Len(t, w.campaigns(), 1)
		require.Equal(t, "Spring launch", w.campaigns()[0].Name)
		for _, c := range append(w.campaigns(), w.campaignsOf(secondShop)...) {
			w.invite(c)
		}
		out = w.command(memberOne, view.CommandCampaign, "status Spring launch")
		require.Contains(t, out, "Glow Shop")
		require.Contains(t, out, "Kitchen Shop")
		require.Contains(t, w.command(memberOne, view.CommandCampaign, "create for Glow Shop"), "Which")
	})
}

func TestShopsOfOneNameAreToldApartByTheirIds(t *testing.T) {
	shops := twoShops()
	shops[1].Name = shops[0].Name
	inBubble(t, setup{shops: shops}, func(t *testing.T, w *world) {
		w.command(memberOne, view.CommandCampaign, "create Spring launch for Glow Shop")
		require.Empty(t, append(w.campaigns(), w.campaignsOf(secondShop)...)) // nobody said which
		w.command(memberOne, view.CommandCampaign, "create Spring launch for "+shopID)
		require.Len(t, w.campaigns(), 1)
	})
}

func TestAShopsNameThatEndsLikeAnothersIsReadAsAWhole(t *testing.T) {
	shops := twoShops()
	shops[0].Name, shops[1].Name = "Shop", "Gifts for Shop"
	inBubble(t, setup{shops: shops}, func(t *testing.T, w *world) {
		w.command(memberOne, view.CommandCampaign, "create Spring launch for gifts for shop")
		require.Empty(t, w.campaigns())
		require.Equal(t, "Spring launch", w.campaignsOf(secondShop)[0].Name)
	})
}

func TestWithoutAShopACampaignIsNotCreated(t *testing.T) {
	inBubble(t, setup{shops: []workflow.Shop{}}, func(t *testing.T, w *world) {
		require.Contains(t, w.command(memberOne, view.CommandCampaign, "create Spring launch"), view.Denied(view.DeniedNoShop))
		require.Empty(t, w.campaigns())
	})
}
