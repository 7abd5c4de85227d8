package storetest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

var shops = []promise{
	{"An authorisation is put in place of the one of the same open id", showAuthorisations},
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
