package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/store"
	"sampledesk/workflow"
)

// largeBackup makes a backup that takes a while to copy and longer to check, and returns its path with what is in it.
func largeBackup(t *testing.T) (path string, held []byte) {
	t.Helper()
	from := kept(t, 10)
	changed(t, from, func(tx workflow.Tx) error {
		for n := range 60 {
			text := bytes.Repeat(fmt.Appendf(nil, "%08d", n), 40_000)
			if err := tx.PutNotice(workflow.Notice{ID: workflow.NoticeID(fmt.Sprint("n", n)), Shop: "7", Message: &workflow.Message{Text: string(text)}}); err != nil {
				return err
			}
		}
		return nil
	})
	path = filepath.Join(t.TempDir(), "b")
	status, _, stderr := typed(t, "backup", "--store", "bolt:"+from, path)
	require.Equal(t, exitOK, status, stderr)
	held, err := os.ReadFile(path)
	require.NoError(t, err)
	return path, held
}

// killedWhen starts a restore, kills it with no chance to tidy up as soon as something holds, and reports what it left: the
// bytes of the file beside the store, and whether the store is there.
func killedWhen(t *testing.T, backup, to string, holds func(copied int64, placed bool) bool) (copied int64, placed bool) {
	t.Helper()
	look := func() (copied int64, placed bool) {
		copied = -1
		if left, _ := filepath.Glob(filepath.Join(filepath.Dir(to), ".*.partial")); len(left) > 0 {
			if info, err := os.Stat(left[0]); err == nil {
				copied = info.Size()
			}
		}
		_, err := os.Stat(to)
		return copied, err == nil
	}
	cmd := program(t, []string{"SAMPLEDESK_STORE=bolt:" + to}, "restore", backup)
	require.NoError(t, cmd.Start())
	for end := time.Now().Add(patience); time.Now().Before(end); {
		if copied, placed := look(); holds(copied, placed) || placed {
			break
		}
	}
	_ = cmd.Process.Signal(syscall.SIGKILL)
	_ = cmd.Wait()
	return look()
}

func TestARestoreThatIsKilledNeverLooksFinishedAndCanBeTriedAgain(t *testing.T) {
	t.Parallel()
	backup, held := largeBackup(t)
	all := int64(len(held))
	points := map[string]struct {
		kill func(copied int64, placed bool) bool
		is   func(copied int64, placed bool) bool // what that left counts as this point
	}{
		"at the beginning of the copy": {func(c int64, _ bool) bool { return c >= 0 }, func(c int64, p bool) bool { return !p && c >= 0 && c < all }},
		"in the midst of the copy":     {func(c int64, _ bool) bool { return c > all/4 }, func(c int64, p bool) bool { return !p && c > 0 && c < all }},
		"while the copy is checked":    {func(c int64, _ bool) bool { return c >= all }, func(c int64, p bool) bool { return !p && c == all }},
		"once it is in its place":      {func(_ int64, p bool) bool { return p }, func(_ int64, p bool) bool { return p }},
	}
	for name, point := range points {
		reached := false
		for try := 0; try < 30 && !reached; try++ { // the other process may be past the point before this one sees it
			to := filepath.Join(t.TempDir(), "new", "desk.db")
			copied, placed := killedWhen(t, backup, to, point.kill)
			reached = point.is(copied, placed)
			if placed {
				now, err := os.ReadFile(to)
				require.NoError(t, err)
				require.True(t, bytes.Equal(held, now), "%s: what has the store's name is whole", name)
			}
			status, out, stderr := typed(t, "restore", "--store", "bolt:"+to, backup)
			require.Empty(t, partials(t, filepath.Dir(to)), name)
			if placed {
				require.Equal(t, exitFailed, status)
				require.Contains(t, stderr, "there is a store already")
				require.Contains(t, stderr, "move the store away first")
				continue
			}
			require.Equal(t, exitOK, status, "%s: %s", name, stderr)
			require.Contains(t, out, "It was read through and is whole.")
			made, err := store.Verify(t.Context(), to, nil)
			require.NoError(t, err)
			require.Equal(t, all, made.Bytes)
		}
		require.True(t, reached, "%s was never hit", name)
	}
}

func TestWhatARestoreLeftThatWasKilledRightAtItsEndIsTheStoreByAnotherName(t *testing.T) {
	t.Parallel()
	backup, _ := largeBackup(t)
	to := filepath.Join(t.TempDir(), "desk.db")
	status, _, stderr := typed(t, "restore", "--store", "bolt:"+to, backup)
	require.Equal(t, exitOK, status, stderr)
	require.NoError(t, os.Link(to, filepath.Join(filepath.Dir(to), ".desk.db.1.partial")))
	status, _, stderr = typed(t, "restore", "--store", "bolt:"+to, backup)
	require.Equal(t, exitFailed, status)
	require.Contains(t, stderr, "there is a store already")
	require.Empty(t, partials(t, filepath.Dir(to)))
	_, err := store.Verify(t.Context(), to, nil)
	require.NoError(t, err)
}
