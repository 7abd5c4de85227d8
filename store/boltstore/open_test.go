package boltstore

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"sampledesk/workflow"
)

func TestAStoreIsMadeWithItsFolderForOneUserAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "down", "desk.db")
	s := opened(t, path)
	require.Equal(t, path, s.Path())
	if runtime.GOOS == "windows" {
		return
	}
	for name, want := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700, filepath.Dir(filepath.Dir(path)): 0o700} {
		info, err := os.Stat(name)
		require.NoError(t, err)
		require.Equal(t, want, info.Mode().Perm(), name)
	}
}

func TestAStoreThatWasClosedOpensWithAllItHeld(t *testing.T) {
	path := filepath.Join(t.TempDir(), "desk.db")
	s := opened(t, path)
	for n := range 20 {
		require.NoError(t, s.Update(t.Context(), change(n)))
	}
	require.NoError(t, s.Close())
	require.NoError(t, s.Close(), "a second close does nothing")
	again := opened(t, path)
	requireConsistent(t, again)
	require.NoError(t, again.View(t.Context(), func(tx workflow.Tx) error {
		for n := range 20 {
			if _, err := tx.Application(applicationKeyOf(n)); err != nil {
				return err
			}
		}
		return nil
	}))
}

func TestOpeningVoidsAllClaimsAndKeepsWhatTheyTell(t *testing.T) {
	path := filepath.Join(t.TempDir(), "desk.db")
	s := opened(t, path)
	late, tail := thread(1, 0), thread(1, 1)
	require.NoError(t, s.Update(t.Context(), func(tx workflow.Tx) error {
		for _, e := range []workflow.Effect{review(1), review(2), late, tail} {
			if err := tx.Enqueue(e); err != nil {
				return err
			}
		}
		if _, err := tx.Claim(late.ID, at(1), at(1_000_000)); err != nil {
			return err
		}
		_, err := tx.Claim(review(1).ID, at(1), at(1_000_000))
		return err
	}))
	require.NoError(t, s.Close())

	s = opened(t, path)
	requireConsistent(t, s)
	want := review(1)
	want.Attempt, want.Begun = 1, true
	late.Attempt, late.Begun = 1, true
	require.NoError(t, s.View(t.Context(), func(tx workflow.Tx) error {
		lane, err := tx.Lane(want.Lane)
		require.NoError(t, err)
		require.Equal(t, []workflow.InLane{{Effect: want}}, lane)
		ready, next, err := tx.Ready(workflow.ReviewOnTikTok, at(1), 9)
		require.NoError(t, err)
		require.Equal(t, []workflow.Effect{want}, ready)
		require.Equal(t, at(2), next)
		lane, err = tx.Lane(late.Lane)
		require.Equal(t, []workflow.InLane{{Effect: late}, {Effect: tail}}, lane)
		return err
	}))
	err := s.Update(t.Context(), func(tx workflow.Tx) error { return tx.Extend(want.ID, 1, at(2_000_000)) })
	require.ErrorIs(t, err, workflow.ErrConflict, "whoever held it holds it no more")
}

func TestOpeningAStoreThatNeedsNothingWritesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "desk.db")
	s := opened(t, path)
	require.NoError(t, s.Update(t.Context(), change(0)))
	require.NoError(t, s.Close())
	before := bytesOf(t, path)
	require.NoError(t, opened(t, path).Close())
	require.Equal(t, before, bytesOf(t, path))
}

func TestAContextThatHasEndedOpensNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	path := filepath.Join(t.TempDir(), "deep", "desk.db")
	_, err := Open(ctx, path)
	require.ErrorIs(t, err, context.Canceled)
	require.NoDirExists(t, filepath.Dir(path))
}

func TestWhatCannotBeAStoreIsRefusedInASentence(t *testing.T) {
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	require.NoError(t, os.WriteFile(plain, []byte("notes"), 0o600))
	garbage := filepath.Join(dir, "garbage")
	require.NoError(t, os.WriteFile(garbage, noise(64<<10), 0o600))
	for path, says := range map[string]string{
		"":                              "has no name",
		dir:                             "a folder or a device",
		filepath.Join(plain, "desk.db"): "cannot be opened",
		plain:                           "is no Sample Desk store, or it is damaged",
		garbage:                         "is no Sample Desk store, or it is damaged",
	} {
		_, err := Open(t.Context(), path)
		require.ErrorContains(t, err, says)
		require.ErrorContains(t, err, path)
	}
	require.Equal(t, []byte("notes"), bytesOf(t, plain))
	require.Equal(t, noise(64<<10), bytesOf(t, garbage))
}

func TestAFileThatBrokeOffIsRefusedWithoutAPanic(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "desk.db")
	s := opened(t, path)
	for n := range 30 {
		require.NoError(t, s.Update(t.Context(), change(n)))
	}
	tx, err := s.begin(t.Context(), false)
	require.NoError(t, err)
	used := tx.tx.Size()
	tx.close()
	require.NoError(t, s.Close())
	data := bytesOf(t, path)
	for size := int64(1); size < used; size += int64(os.Getpagesize()) / 2 {
		part := filepath.Join(dir, "part.db")
		require.NoError(t, os.WriteFile(part, data[:size], 0o600))
		_, err := Open(t.Context(), part)
		require.ErrorContains(t, err, part, "%d of %d bytes", size, used)
	}
}

func TestPagesOfNoiseAreRefusedWithoutAPanic(t *testing.T) {
	path := filepath.Join(t.TempDir(), "desk.db")
	s := opened(t, path)
	for n := range 30 {
		require.NoError(t, s.Update(t.Context(), change(n)))
	}
	require.NoError(t, s.Close())
	data := bytesOf(t, path)
	heads := 2 * os.Getpagesize() // what names the pages, and their number
	copy(data[heads:], noise(len(data)-heads))
	require.NoError(t, os.WriteFile(path, data, 0o600))
	_, err := Open(t.Context(), path)
	require.ErrorContains(t, err, "is no Sample Desk store, or it is damaged")
	_, err = Open(t.Context(), path)
	require.ErrorContains(t, err, "damaged", "the first attempt let go of the file")
}

func TestAFileOfAnotherProgramIsRefusedAndNotTouched(t *testing.T) {
	path := filepath.Join(t.TempDir(), "other.db")
	db, err := bbolt.Open(path, 0o600, nil)
	require.NoError(t, err)
	require.NoError(t, db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket([]byte("other"))
		return err
	}))
	require.NoError(t, db.Close())
	before := bytesOf(t, path)
	_, err = Open(t.Context(), path)
	require.ErrorContains(t, err, "a bolt file of another program")
	require.Equal(t, before, bytesOf(t, path))
}

func TestAFileThatThisUserMayNotWriteIsRefusedInASentence(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("nothing is forbidden to this user")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "desk.db")
	require.NoError(t, opened(t, path).Close())
	require.NoError(t, os.Chmod(path, 0o400))
	_, err := Open(t.Context(), path)
	require.ErrorContains(t, err, "may not be read and written by this user")

	require.NoError(t, os.Chmod(dir, 0o500))
	t.Cleanup(func() { require.NoError(t, os.Chmod(dir, 0o700)) })
	for _, name := range []string{"new.db", "deep/new.db"} {
		_, err = Open(t.Context(), filepath.Join(dir, name))
		require.ErrorContains(t, err, "may not be read and written by this user")
	}
}

func bytesOf(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return data
}

// noise returns bytes that mean nothing, the same every time.
func noise(n int) []byte {
	data := make([]byte, n)
	source := rand.NewChaCha8([32]byte{1})
	_, _ = source.Read(data)
	return data
}
