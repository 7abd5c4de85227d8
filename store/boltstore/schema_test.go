package boltstore

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAStoreOfANewerVersionIsRefusedAndNotTouched(t *testing.T) {
	path := filepath.Join(t.TempDir(), "desk.db")
	s := opened(t, path)
	setVersion(t, s, "7")
	require.NoError(t, s.Close())
	before := bytesOf(t, path)
	_, err := Open(t.Context(), path)
	require.ErrorContains(t, err, "it was made by a newer Sample Desk (schema 7, this one knows 3); nothing was changed in it")
	require.ErrorContains(t, err, path)
	require.Equal(t, before, bytesOf(t, path))
}

func TestAVersionThatIsNoNumberIsRefused(t *testing.T) {
	for _, version := range []string{"", "0", "-1", "one"} {
		path := filepath.Join(t.TempDir(), "desk.db")
		s := opened(t, path)
		setVersion(t, s, version)
		require.NoError(t, s.Close())
		_, err := Open(t.Context(), path)
		require.ErrorContains(t, err, "damaged", version)
	}
}

func setVersion(t *testing.T, s *Store, version string) {
	t.Helper()
	tx, err := s.begin(t.Context(), true)
	require.NoError(t, err)
	defer tx.close()
	require.NoError(t, tx.bucket(schemaBucket).Put(versionKey, []byte(version)))
	require.NoError(t, s.commit(tx))
}
