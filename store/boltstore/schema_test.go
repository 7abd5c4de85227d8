package boltstore

import (
	"errors"
	"path/filepath"
	"slices"
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
	require.ErrorContains(t, err, "it was made by a newer Sample Desk (schema 7, this one knows 2); nothing was changed in it")
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

func TestAnOlderStoreIsBroughtUpToDateStepByStep(t *testing.T) {
	s := opened(t, filepath.Join(t.TempDir(), "desk.db"))
	require.NoError(t, s.Update(t.Context(), deed(0)))
	want := wholeOf(t, s)
	want[string(schemaBucket)]["version"] = "4"
	want[string(shopsBucket)]["step"] = "\x04"

	var took []int
	step := func(n int) func(*transaction) error {
		return func(tx *transaction) error {
			took = append(took, n)
			return tx.bucket(shopsBucket).Put([]byte("step"), []byte{byte(n)})
		}
	}
	later := slices.Concat(migrations, []func(*transaction) error{step(3), step(4)})
	for _, moves := range []bool{true, false} { // the second time there is nothing to do
		tx, err := s.begin(t.Context(), true)
		require.NoError(t, err)
		moved, err := tx.migrate(later)
		require.NoError(t, err)
		require.Equal(t, moves, moved)
		require.NoError(t, s.commit(tx))
		require.Equal(t, want, wholeOf(t, s))
	}
	require.Equal(t, []int{3, 4}, took)
}

func TestAMigrationThatFailsChangesNothing(t *testing.T) {
	s := opened(t, filepath.Join(t.TempDir(), "desk.db"))
	require.NoError(t, s.Update(t.Context(), deed(0)))
	before := wholeOf(t, s)
	tx, err := s.begin(t.Context(), true)
	require.NoError(t, err)
	broken := errors.New("no")
	_, err = tx.migrate(slices.Concat(migrations, []func(*transaction) error{func(tx *transaction) error {
		return errors.Join(tx.bucket(shopsBucket).Put([]byte("half"), nil), broken)
	}}))
	require.ErrorIs(t, err, broken)
	require.ErrorContains(t, err, "bringing it to schema 3")
	tx.close()
	require.Equal(t, before, wholeOf(t, s))
}
