package boltstore

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

// everything reads and then writes what a desk does.
func everything(ctx context.Context, s *Store) (read, wrote error) {
	read = s.View(ctx, func(tx workflow.Tx) error {
		for n := range 40 {
			if _, err := tx.Application(applicationKeyOf(n)); err != nil {
				return err
			}
		}
		return nil
	})
	return read, s.Update(ctx, func(tx workflow.Tx) error {
		for n := range 10 { // enough to come to every bucket
			if err := change(n + 40)(tx); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestPagesThatAreDamagedUnderTheRunningDeskAreToldInASentence(t *testing.T) {
	page := os.Getpagesize()
	whole := filepath.Join(t.TempDir(), "whole.db")
	s := opened(t, whole)
	for n := range 40 {
		require.NoError(t, s.Update(t.Context(), change(n)))
	}
	require.NoError(t, s.Close())
	data := bytesOf(t, whole)
	for i, with := range [][]byte{noise(page), make([]byte, page), ones(page), noise(2 * page), make([]byte, 2*page)} {
		first := (2 + i) * page
		if len(with) > page {
			first = 0 // both pages that name the others
		}
		for at := first; at < len(data); at += 7 * page {
			path := filepath.Join(t.TempDir(), "desk.db")
			require.NoError(t, os.WriteFile(path, data, 0o600))
			s, err := Open(t.Context(), path)
			require.NoError(t, err)
			file, err := os.OpenFile(path, os.O_RDWR, 0)
			require.NoError(t, err)
			_, err = file.WriteAt(with, int64(at))
			require.NoError(t, err)
			require.NoError(t, file.Close())
			read, wrote := everything(t.Context(), s)
			for _, err := range []error{read, wrote} {
				if err != nil {
					require.ErrorContains(t, err, "is damaged", "page %d, damage %d", at/page, i)
				}
			}
			if read != nil {
				require.ErrorContains(t, s.Health(t.Context()), "is damaged")
				require.Error(t, wrote, "nothing is written to what is damaged")
			}
			require.NoError(t, s.Close(), "also if bbolt broke down holding its locks")
			require.NoError(t, os.RemoveAll(filepath.Dir(path)), "a file for each page would fill the disk")
		}
	}
}

func TestAFileThatIsCutUnderTheRunningDeskIsToldInASentence(t *testing.T) {
	for _, size := range []int64{0, 1, 3 * int64(os.Getpagesize())} {
		path := filepath.Join(t.TempDir(), "desk.db")
		s := opened(t, path)
		for n := range 40 {
			require.NoError(t, s.Update(t.Context(), change(n)))
		}
		require.NoError(t, os.Truncate(path, size))
		read, wrote := everything(t.Context(), s)
		require.ErrorContains(t, read, "is damaged")
		require.ErrorContains(t, wrote, "is damaged")
		require.ErrorContains(t, s.Health(t.Context()), "is damaged")
	}
}

func TestAFileThatIsGoneOrAnotherTakesNothingMore(t *testing.T) {
	for says, does := range map[string]func(path string) error{
		"taken away":                 os.Remove,
		"another file was put":       func(path string) error { return os.Rename(path+".copy", path) },
		"cannot be used any more: i": func(path string) error { return os.Rename(path, path+".moved") },
	} {
		path := filepath.Join(t.TempDir(), "desk.db")
		s := opened(t, path)
		require.NoError(t, s.Update(t.Context(), change(0)))
		require.NoError(t, s.Health(t.Context()))
		require.NoError(t, os.WriteFile(path+".copy", bytesOf(t, path), 0o600))
		require.NoError(t, does(path))
		read, wrote := everything(t.Context(), s)
		require.ErrorContains(t, read, says)
		require.ErrorContains(t, wrote, says)
		require.ErrorContains(t, s.Health(t.Context()), says)
	}
}

func TestAPanicOfOthersIsNotTakenForADamagedFile(t *testing.T) {
	s := opened(t, filepath.Join(t.TempDir(), "desk.db"))
	var none map[string]int
	require.Panics(t, func() {
		_ = s.Update(t.Context(), func(workflow.Tx) error { none["x"] = 1; return nil })
	})
	require.Panics(t, func() { _ = s.View(t.Context(), func(workflow.Tx) error { panic("ours") }) })
	require.NoError(t, s.Health(t.Context()))
	require.NoError(t, s.Update(t.Context(), change(0)))
}

func ones(n int) []byte {
	data := make([]byte, n)
	for i := range data {
		data[i] = 0xff
	}
	return data
}

func TestAFileThatGrowsUnderManyReadersIsNotTakenForADamagedOne(t *testing.T) {
	s := opened(t, filepath.Join(t.TempDir(), "desk.db"))
	var readers sync.WaitGroup
	ctx, end := context.WithCancel(t.Context())
	for range 3 {
		readers.Go(func() {
			for ctx.Err() == nil {
				if err := s.View(ctx, func(workflow.Tx) error { return nil }); err != nil && ctx.Err() == nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for n := range 150 {
		require.NoError(t, s.Update(t.Context(), change(n)))
	}
	end()
	readers.Wait()
}

func TestNoCommitMakesTheFileLargerWithoutEnd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "desk.db")
	s, err := Open(t.Context(), path)
	require.NoError(t, err)
	s.growth = 4 * growth
	changes := 0
	for ; changes < 3; changes++ {
		require.NoError(t, s.Update(t.Context(), change(changes)))
	}
	before, err := os.Stat(path)
	require.NoError(t, err)
	huge := func(tx workflow.Tx) error {
		return tx.PutShop(workflow.Shop{ID: "huge", Name: strings.Repeat("x", 8*growth)})
	}
	for range 2 {
		require.ErrorContains(t, s.Update(t.Context(), huge), "is damaged (its pages lead nowhere: one commit was to make the file more than twice as large)")
	}
	after, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, before.Size(), after.Size())
	require.NoError(t, s.Close())

	s, err = Open(t.Context(), path)
	require.NoError(t, err, "nothing of it was kept")
	require.NoError(t, s.Update(t.Context(), huge), "by as much as that it may grow")
	require.NoError(t, s.Close())
}
