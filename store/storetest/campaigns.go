package storetest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

var campaigns = []promise{
	{"A campaign is found by its id and by its name, whatever the case", showCampaign},
	{"A campaign that is not there is not found", showNoCampaign},
	{"A name belongs to one campaign of a shop, archived ones included", showCampaignConflict},
	{"A campaign that is renamed leaves its name to others", showCampaignRenamed},
	{"Campaigns come by name, in pages, of one shop", showCampaignPages},
}

func campaignNamed(t *testing.T, s workflow.Store, shop workflow.ShopID, name string) workflow.Campaign {
	t.Helper()
	return get(t, s, func(tx workflow.Tx) (workflow.Campaign, error) { return tx.CampaignNamed(shop, name) })
}

func showCampaign(t *testing.T, s workflow.Store) {
	spring := campaign("1", "Spring Édition")
	put(t, s, putCampaigns(spring))
	require.Equal(t, spring, get(t, s, func(tx workflow.Tx) (workflow.Campaign, error) { return tx.Campaign("1") }))
	require.Equal(t, spring, campaignNamed(t, s, theShop, "sPRING éDITION"))

	spring.Archived = true
	put(t, s, putCampaigns(spring))
	require.Equal(t, spring, campaignNamed(t, s, theShop, "spring édition"))
}

func showNoCampaign(t *testing.T, s workflow.Store) {
	put(t, s, putCampaigns(campaign("1", "Spring")))
	for _, read := range []func(workflow.Tx) error{
		func(tx workflow.Tx) error { _, err := tx.Campaign("Spring"); return err },
		func(tx workflow.Tx) error { _, err := tx.CampaignNamed(theShop, "Sprin"); return err },
		func(tx workflow.Tx) error { _, err := tx.CampaignNamed("another", "Spring"); return err },
	} {
		require.ErrorIs(t, s.View(t.Context(), read), workflow.ErrNotFound)
	}
}

func showCampaignConflict(t *testing.T, s workflow.Store) {
	spring, summer := campaign("1", "Spring"), campaign("2", "Summer")
	spring.Archived = true
	put(t, s, putCampaigns(spring, summer))
	require.ErrorIs(t, fails(t, s, putCampaigns(campaign("3", "SPRING"))), workflow.ErrConflict)
	require.ErrorIs(t, fails(t, s, putCampaigns(campaign("2", "spring"))), workflow.ErrConflict)
	require.Equal(t, spring, campaignNamed(t, s, theShop, "Spring"))
	require.Equal(t, summer, campaignNamed(t, s, theShop, "Summer"))

	elsewhere := campaign("3", "Spring")
	elsewhere.Shop = "another"
	put(t, s, putCampaigns(elsewhere, spring))
	require.Equal(t, elsewhere, campaignNamed(t, s, "another", "Spring"))
}

func showCampaignRenamed(t *testing.T, s workflow.Store) {
	spring := campaign("1", "Spring")
	put(t, s, putCampaigns(spring))
	spring.Name = "SPRING" // the same name, written otherwise
	put(t, s, putCampaigns(spring))
	require.Equal(t, spring, campaignNamed(t, s, theShop, "spring"))

	spring.Name = "Early summer"
	other := campaign("2", "Spring")
	put(t, s, putCampaigns(spring, other))
	require.Equal(t, spring, campaignNamed(t, s, theShop, "early summer"))
	require.Equal(t, other, campaignNamed(t, s, theShop, "spring"))
	list := get(t, s, func(tx workflow.Tx) ([]workflow.Campaign, error) {
		list, _, err := tx.Campaigns(theShop, "", 9)
		return list, err
	})
	require.Equal(t, []workflow.Campaign{spring, other}, list)
}

func showCampaignPages(t *testing.T, s workflow.Store) {
	want := []workflow.Campaign{campaign("9", "Autumn"), campaign("3", "autumn 2"), campaign("5", "Spring"), campaign("1", "Winter"), campaign("2", "Übung")}
	elsewhere := campaign("4", "Midsummer")
	elsewhere.Shop = theShop + "1"
	put(t, s, putCampaigns(want[2], want[4], elsewhere, want[0], want[3], want[1]))
	for limit := 1; limit <= 6; limit++ {
		require.Equal(t, want, walk(t, limit, func(after string, limit int) (list []workflow.Campaign, next string, err error) {
			see(t, s, func(tx workflow.Tx) error {
				list, next, err = tx.Campaigns(theShop, after, limit)
				return err
			})
			return list, next, err
		}), "by %d", limit)
	}
}
