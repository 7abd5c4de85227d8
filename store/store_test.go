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
		"":                                "does not say what kind of store it is",
		"data/desk.db":                    "does not say what kind of store it is",
		"bolt:":                           "names no file",
		"postgres://desk:secret@db/desks": "names a kind of store that this Sample Desk does not know",
		"secret@db:5432":                  "names a kind of store that this Sample Desk does not know",
	} {
		s, err := store.Open(t.Context(), address, slog.New(slog.DiscardHandler))
		require.ErrorContains(t, err, says)
		require.ErrorContains(t, err, `the one kind known is "bolt:PATH"`)
		require.NotContains(t, err.Error(), "secret")
		require.Nil(t, s)
	}
}

func TestAStoreThatDoesNotOpenIsNil(t *testing.T) {
	s, err := store.Open(t.Context(), "bolt:"+t.TempDir(), slog.New(slog.DiscardHandler))
	require.ErrorContains(t, err, "a folder or a device")
	require.True(t, s == nil, "nil all the way through")
}
