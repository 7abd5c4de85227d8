package storetest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

var shops = []promise{
	{"An authorisation is put in place of the one of the same open id", showAuthorisations},
	{"An app is put in place of the one of the same name, which may be empty", showApps},
	{"A shop is put in place of the one of the same id", showShops},
	{"A shop or authorisation that is not there is not found", showNoShop},
}

func showAuthorisations(t *testing.T, s workflow.Store) {
	one, two := workflow.Authorisation{OpenID: "one", SavedAt: start}, workflow.Authorisation{OpenID: "two", SavedAt: start}
	put(t, s, each([]workflow.Authorisation{two, one}, workflow.Tx.PutAuthorisation))
	require.Equal(t, []workflow.Authorisation{one, two}, get(t, s, workflow.Tx.Authorisations))

	two.Tokens = []byte("the new pair")
	put(t, s, each([]workflow.Authorisation{two}, workflow.Tx.PutAuthorisation))
	require.Equal(t, []workflow.Authorisation{one, two}, get(t, s, workflow.Tx.Authorisations))
	require.Equal(t, two, get(t, s, func(tx workflow.Tx) (workflow.Authorisation, error) { return tx.Authorisation("two") }))
}

func showApps(t *testing.T, s workflow.Store) {
	unnamed, one, two := workflow.App{Market: workflow.MarketUS}, workflow.App{Name: "one", Key: "6abc"}, workflow.App{Name: "two"}
	put(t, s, each([]workflow.App{two, unnamed, one}, workflow.Tx.PutApp))
	require.Equal(t, []workflow.App{unnamed, one, two}, get(t, s, workflow.Tx.Apps))
	one.Secret = []byte("sealed")
	put(t, s, each([]workflow.App{one}, workflow.Tx.PutApp))
	require.Equal(t, one, get(t, s, func(tx workflow.Tx) (workflow.App, error) { return tx.App("one") }))
	require.Equal(t, unnamed, get(t, s, func(tx workflow.Tx) (workflow.App, error) { return tx.App("") }))
	requireMissing(t, s, func(tx workflow.Tx) (workflow.App, error) { return tx.App("on") })
}

func showShops(t *testing.T, s workflow.Store) {
	one, two := shop("1", "One"), shop("2", "Two")
	put(t, s, putShops(two, one))
	require.Equal(t, []workflow.Shop{one, two}, get(t, s, workflow.Tx.Shops))

	one.InitialSyncDone, one.SyncStopped = true, workflow.Failure{Code: 105005, Message: "scope not granted"}
	put(t, s, putShops(one))
	require.Equal(t, []workflow.Shop{one, two}, get(t, s, workflow.Tx.Shops))
	require.Equal(t, one, get(t, s, func(tx workflow.Tx) (workflow.Shop, error) { return tx.Shop("1") }))
}

func showNoShop(t *testing.T, s workflow.Store) {
	put(t, s, putShops(shop("1", "One")))
	see(t, s, func(tx workflow.Tx) error {
		_, err := tx.Shop("2")
		require.ErrorIs(t, err, workflow.ErrNotFound)
		require.NotErrorIs(t, err, workflow.ErrConflict)
		_, err = tx.Authorisation("1")
		require.ErrorIs(t, err, workflow.ErrNotFound)
		return nil
	})
}
