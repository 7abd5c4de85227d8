package store_test

import (
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/store"
	"sampledesk/workflow"
)

func TestABoltAddressOpensAStoreInAFile(t *testing.T) {
	address := "bolt:" + filepath.Join(t.TempDir(), "data", "desk.db")
	s, err := store.Open(t.Context(), address, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	require.NoError(t, s.Update(t.Context(), func(tx workflow.Tx) error { return tx.PutShop(workflow.Shop{ID: "1"}) }))
	require.NoError(t, s.Close())

	s, err = store.Open(t.Context(), address, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	require.NoError(t, s.View(t.Context(), func(tx workflow.Tx) error { _, err := tx.Shop("1"); return err }))
	require.NoError(t, s.Close())
}

func TestAnAddressOfNoKnownKindIsRefusedAndNotRepeated(t *testing.T) {
	for address, says := range map[string]string{
		"":                             "does not say what kind of store it is",
		"data/desk.db":                 "does not say what kind of store it is",
		"bolt:":                        "names no file",
		"mysql://desk:secret@db/desks": "names a kind of store that this Sample Desk does not know",
		"secret@db:5432":               "names a kind of store that this Sample Desk does not know",
	} {
		s, err := store.Open(t.Context(), address, slog.New(slog.DiscardHandler))
		require.ErrorContains(t, err, says)
		require.ErrorContains(t, err, `known are "bolt:PATH", a file of this machine, and "postgres://`)
		require.NotContains(t, err.Error(), "secret")
		require.Nil(t, s)
	}
}

func TestAnAddressOfPostgresIsNeverRepeatedWithItsPassword(t *testing.T) {
	for _, address := range []string{
		"postgres://desk:secret@127.0.0.1:1/desks", "postgresql://desk:secret@127.0.0.1:port/desks", "postgres://desk:secret@127.0.0.1:1/desks?pool_max_conns=none",
		"postgres://desk:sec%ret@127.0.0.1:1/desks", "postgres://desk:secret@127.0.0.1:1/desks?sslmode=sometimes",
	} {
		s, err := store.Open(t.Context(), address, slog.New(slog.DiscardHandler))
		require.Error(t, err, address)
		require.True(t, s == nil, "nil all the way through")
		for _, text := range []string{err.Error(), store.Redacted(address)} {
			require.NotContains(t, text, "secret")
			require.NotContains(t, text, "sec%ret")
		}
	}
	require.NoError(t, store.Check("postgres://desk:secret@db/desks?sslmode=require"))
	require.Equal(t, "postgres://desk@db/desks", store.Redacted("postgres://desk:secret@db/desks?sslmode=require"))
	require.Equal(t, "bolt:data/desk.db", store.Redacted("bolt:data/desk.db"))
}

func TestAStoreThatDoesNotOpenIsNil(t *testing.T) {
	s, err := store.Open(t.Context(), "bolt:"+t.TempDir(), slog.New(slog.DiscardHandler))
	require.ErrorContains(t, err, "a folder or a device")
	require.True(t, s == nil, "nil all the way through")
}
