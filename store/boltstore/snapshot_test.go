package boltstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"
)

// TestASnapshotUnderLoadIsTheStoreAtOneInstant copies a store while another goroutine writes, and compares each copy,
// bucket by bucket, with a store on which as many changes were done in peace.
func TestASnapshotUnderLoadIsTheStoreAtOneInstant(t *testing.T) {
	dir := t.TempDir()
	s := opened(t, filepath.Join(dir, "desk.db"))
	ctx, cancel := context.WithCancel(t.Context())
	var done atomic.Int64
	ended := make(chan error, 1)
	go func() {
		var err error
		for n := 0; err == nil && ctx.Err() == nil; n++ {
			if err = s.Update(context.WithoutCancel(ctx), change(n)); err == nil {
				done.Store(int64(n + 1))
			}
		}
		ended <- err
	}()
	for done.Load() < 10 {
		idle(1000)
	}
	var copies []string
	var before []int64
	for i := range 4 {
		path := filepath.Join(dir, fmt.Sprintf("copy-%d.db", i))
		file, err := os.Create(path)
		require.NoError(t, err)
		slow := writerFunc(func(p []byte) (int, error) { // so that much is written meanwhile
			idle(200_000)
			return file.Write(p)
		})
		before = append(before, done.Load())
		var size, written int64
		require.NoError(t, s.Snapshot(t.Context(), slow, func(n int64) { size = n }))
		written, err = file.Seek(0, io.SeekCurrent)
		require.NoError(t, err)
		require.Equal(t, size, written)
		require.NoError(t, file.Close())
		copies = append(copies, path)
	}
	cancel()
	require.NoError(t, <-ended)
	peace := peaceful{path: filepath.Join(dir, "peace.db")}
	for i, path := range copies {
		found, err := Verify(t.Context(), path, nil)
		require.NoError(t, err)
		require.False(t, found.Outdated)
		c := opened(t, path)
		n, err := changesIn(t.Context(), c)
		require.NoError(t, err)
		require.Equal(t, n, found.Applications)
		require.GreaterOrEqual(t, int64(n), before[i], "what was kept before is in it")
		requireConsistent(t, c)
		peace.require(t, n, c)
	}
}

type writerFunc func([]byte) (int, error)

func (w writerFunc) Write(p []byte) (int, error) { return w(p) }

func TestASnapshotThatCannotBeWrittenIsGivenUpWithItsReason(t *testing.T) {
	s := opened(t, filepath.Join(t.TempDir(), "desk.db"))
	for n := range 20 {
		require.NoError(t, s.Update(t.Context(), change(n)))
	}
	ctx, cancel := context.WithCancel(t.Context())
	for after := range 4 {
		full, left := errors.New("no room"), after
		err := s.Snapshot(t.Context(), writerFunc(func(p []byte) (int, error) {
			if left--; left < 0 {
				return 0, full
			}
			return len(p), nil
		}), nil)
		require.ErrorIs(t, err, full)
	}
	err := s.Snapshot(ctx, writerFunc(func(p []byte) (int, error) { cancel(); return len(p), nil }), nil)
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, s.Update(t.Context(), change(20)), "no reader stands in the way")
}

func TestVerifyRefusesWhatIsNoWholeStoreAndChangesNothing(t *testing.T) {
	dir := t.TempDir()
	good := filepath.Join(dir, "good.db")
	s, err := Open(t.Context(), good)
	require.NoError(t, err)
	for n := range 30 {
		require.NoError(t, s.Update(t.Context(), change(n)))
	}
	_, err = Verify(t.Context(), good, nil)
	require.ErrorContains(t, err, "another process uses it")
	var copied bytes.Buffer
	require.NoError(t, s.Snapshot(t.Context(), &copied, nil))
	require.NoError(t, s.Close())
	whole := copied.Bytes()
	require.NoError(t, os.WriteFile(good, whole, 0o600))

	foreign := filepath.Join(dir, "foreign.db")
	db, err := bbolt.Open(foreign, 0o600, nil)
	require.NoError(t, err)
	require.NoError(t, db.Update(func(tx *bbolt.Tx) error { _, err := tx.CreateBucket([]byte("other")); return err }))
	require.NoError(t, db.Close())
	other, err := os.ReadFile(foreign)
	require.NoError(t, err)

	cases := map[string][]byte{
		"nothing":  {},
		"words":    bytes.Repeat([]byte("no store "), 10_000),
		"half":     whole[:len(whole)/2/4096*4096],
		"a page":   whole[:4096],
		"a bit":    whole[:len(whole)-1],
		"a colour": other,
	}
	for page := 2; page < len(whole)/4096; page += 2 {
		spoilt := bytes.Clone(whole)
		for i := range 4096 {
			spoilt[page*4096+i] ^= 0xa5
		}
		cases[fmt.Sprintf("page %d", page)] = spoilt
	}
	refused := 0
	for name, content := range cases {
		path := filepath.Join(dir, "case.db")
		require.NoError(t, os.WriteFile(path, content, 0o600))
		_, err := Verify(t.Context(), path, nil)
		if err != nil {
			refused++
		} else {
			require.Contains(t, name, "page ", "only a page that was free may be anything")
		}
		now, err := os.ReadFile(path)
		require.NoError(t, err)
		require.True(t, bytes.Equal(content, now), name)
	}
	require.Greater(t, refused, 6+3)

	newer := filepath.Join(dir, "newer.db")
	require.NoError(t, os.WriteFile(newer, whole, 0o600))
	db, err = bbolt.Open(newer, 0o600, nil)
	require.NoError(t, err)
	require.NoError(t, db.Update(func(tx *bbolt.Tx) error { return tx.Bucket(schemaBucket).Put(versionKey, []byte("99")) }))
	require.NoError(t, db.Close())
	_, err = Verify(t.Context(), newer, nil)
	require.ErrorContains(t, err, "newer Sample Desk (schema 99")

	_, err = Verify(t.Context(), filepath.Join(dir, "none"), nil)
	require.ErrorIs(t, err, os.ErrNotExist)
	found, err := Verify(t.Context(), good, nil)
	require.NoError(t, err)
	require.Equal(t, Contents{Bytes: int64(len(whole)), Applications: 30}, found)
}
