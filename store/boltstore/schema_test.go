package boltstore

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

func TestAStoreOfANewerVersionIsRefusedAndNotTouched(t *testing.T) {
	path := filepath.Join(t.TempDir(), "desk.db")
	s := opened(t, path)
	setVersion(t, s, "7")
	require.NoError(t, s.Close())
	before := bytesOf(t, path)
	_, err := Open(t.Context(), path)
	require.ErrorContains(t, err, fmt.Sprintf("it was made by a newer Sample Desk (schema 7, this one knows %d); nothing was changed in it", schema))
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

func TestAFileFromBeforeAppsWereKeptGetsTheirBucketAndNothingElseChanges(t *testing.T) {
	path := filepath.Join(t.TempDir(), "desk.db")
	s := opened(t, path)
	require.NoError(t, s.Update(t.Context(), func(tx workflow.Tx) error { return tx.PutShop(workflow.Shop{ID: "1", Name: "Glow"}) }))
	tx, err := s.begin(t.Context(), true)
	require.NoError(t, err)
	require.NoError(t, tx.tx.DeleteBucket(appsBucket))
	tx.written = true
	require.NoError(t, s.commit(tx))
	tx.close()
	require.NoError(t, s.Close())

	s = opened(t, path)
	require.NoError(t, s.Update(t.Context(), func(tx workflow.Tx) error { return tx.PutApp(workflow.App{Name: "us"}) }))
	require.NoError(t, s.View(t.Context(), func(tx workflow.Tx) error {
		apps, err := tx.Apps()
		require.NoError(t, err)
		require.Equal(t, []workflow.App{{Name: "us"}}, apps)
		shop, err := tx.Shop("1")
		require.Equal(t, "Glow", shop.Name)
		return err
	}))
}
