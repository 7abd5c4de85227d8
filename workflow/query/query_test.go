package query

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/store/boltstore"
	"sampledesk/workflow"
)

const (
	glow workflow.ShopID = "7495540735365777507"
	home workflow.ShopID = "7495540735365777508"
)

var shops = []workflow.Shop{{ID: glow, Name: "Glow Shop"}, {ID: home, Name: "Nimbus Home"}}

func open(t testing.TB) workflow.Store {
	t.Helper()
	store, err := boltstore.Open(t.Context(), filepath.Join(t.TempDir(), "desk.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	keep(t, store, func(tx workflow.Tx) error {
		for _, s := range shops {
			if err := tx.PutShop(s); err != nil {
				return err
			}
		}
		return nil
	})
	return store
}

func keep(t testing.TB, s workflow.Store, fn func(tx workflow.Tx) error) {
	t.Helper()
	require.NoError(t, s.Update(t.Context(), fn))
}

func see[T any](t testing.TB, s workflow.Store, fn func(tx workflow.Tx) (T, error)) (v T) {
	t.Helper()
	require.NoError(t, s.View(t.Context(), func(tx workflow.Tx) (err error) {
		v, err = fn(tx)
		return err
	}))
	return v
}

// request is one that came so many hours after noon, in that status.
func request(shop workflow.ShopID, n int, status workflow.Status) workflow.Application {
	at := noon.Add(time.Duration(n) * time.Hour)
	return workflow.Application{
		Key: workflow.Key{Shop: shop, ID: workflow.ApplicationID(fmt.Sprint(1000 + n))}, SeenAt: at, ChangedAt: at,
		Snapshot: workflow.Snapshot{Status: status, Creator: workflow.Creator{OpenID: "o1", Username: "glow.daily"}},
	}
}

func putAll(all ...workflow.Application) func(tx workflow.Tx) error {
	return func(tx workflow.Tx) error {
		for _, a := range all {
			if err := tx.PutApplication(a); err != nil {
				return err
			}
		}
		return nil
	}
}
