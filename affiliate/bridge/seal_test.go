package bridge_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/affiliate"
	"sampledesk/affiliate/bridge"
	"sampledesk/store/boltstore"
	"sampledesk/workflow"
)

func TestTheSecretOfAWebhookOpensForItsShopAloneAndOutlivesARotation(t *testing.T) {
	store, err := boltstore.Open(t.Context(), filepath.Join(t.TempDir(), "desk.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	key, old := bridge.NewKey()
	require.NoError(t, key.SealWebhook("1", "sdwh_secret", func(sealed []byte) error {
		require.NotContains(t, string(sealed), "secret")
		return store.Update(t.Context(), func(tx workflow.Tx) error {
			return tx.PutShop(workflow.Shop{ID: "1", WebhookSecret: sealed})
		})
	}))
	secretOf := func(key bridge.Key, shop workflow.ShopID) (string, error) {
		var s workflow.Shop
		require.NoError(t, store.View(t.Context(), func(tx workflow.Tx) (err error) {
			s, err = tx.Shop("1")
			return err
		}))
		return key.OpenWebhook(shop, s.WebhookSecret)
	}
	_, err = secretOf(key, "2")
	require.ErrorIs(t, err, affiliate.ErrUnreadable, "it is another shop's")

	next, text := bridge.NewKey()
	n, err := key.Rotate(t.Context(), store, next, func(workflow.Tx) error { return nil })
	require.NoError(t, err)
	require.Equal(t, 1, n)
	for name, opens := range map[string]bool{text: true, old: false} {
		key, err := bridge.ParseKey(name)
		require.NoError(t, err)
		secret, err := secretOf(key, "1")
		require.Equal(t, opens, err == nil && secret == "sdwh_secret")
	}
}
