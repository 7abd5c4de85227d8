package main

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/affiliate/bridge"
	"sampledesk/store"
	"sampledesk/store/moving"
	"sampledesk/store/pgstore/pgtest"
	"sampledesk/workflow"
)

// storeToMove makes a store in a file with so many requests, and its key beside it.
func storeToMove(t *testing.T, requests int) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "desk.db")
	db, _, err := openMemory(t.Context(), storeFlags{Store: "bolt:" + path}, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	const shop = "7495540735365777507"
	for from := 0; from < requests; from += 500 {
		require.NoError(t, db.Update(t.Context(), func(tx workflow.Tx) error {
			for n := from; n < min(from+500, requests); n++ {
				k := workflow.Key{Shop: shop, ID: workflow.ApplicationID(strconv.Itoa(5_000_000 + n))}
				a := workflow.Application{Key: k, SeenAt: time.UnixMicro(int64(n) * 1e6), Snapshot: workflow.Snapshot{Status: workflow.StatusPending, ReviewBy: time.UnixMicro(int64(n) * 1e7)}}
				a.Snapshot.Creator.Username = fmt.Sprintf("creator%d", n)
				if err := tx.PutApplication(a); err != nil {
					return err
				}
				if err := tx.Append(workflow.Entry{At: a.SeenAt, Key: k, Event: workflow.OnReported}); err != nil {
					return err
				}
			}
			return tx.PutShop(workflow.Shop{ID: shop, Name: "Glow Atelier"})
		}))
	}
	require.NoError(t, db.Update(t.Context(), func(tx workflow.Tx) error {
		for n := range 20 {
			e := workflow.Effect{ID: workflow.EffectID(fmt.Sprint("effect ", n)), Lane: workflow.Lane(fmt.Sprint("lane ", n%3)), Kind: workflow.Reply, Shop: shop, Attempt: n, Begun: n == 4, Parked: n == 7}
			if err := tx.Enqueue(e); err != nil {
				return err
			}
		}
		return nil
	}))
	return path
}

// contentsOf reads a store that nobody has open to its end.
func contentsOf(t *testing.T, address string) *moving.Sums {
	t.Helper()
	db, err := store.OpenHolder(t.Context(), address, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	sums, err := moving.Contents(t.Context(), db, func(int) {})
	require.NoError(t, err)
	return sums
}

func TestAStoreIsMovedToPostgresAndBackThoughTheMoveIsKilled(t *testing.T) {
	t.Parallel()
	address := pgtest.URL(t)
	first := storeToMove(t, 1200)
	second := filepath.Join(t.TempDir(), "again.db")
	key, err := os.ReadFile(first + keyEnd)
	require.NoError(t, err)
	for _, way := range []struct{ from, to string }{{"bolt:" + first, address}, {address, "bolt:" + second}} {
		before := contentsOf(t, way.from)
		began, killed, half := time.Now(), 0, 0
		for patience := 200 * time.Millisecond; ; patience *= 2 {
			var out bytes.Buffer
			cmd := program(t, nil, "move", "--from", way.from, "--to", way.to)
			cmd.Stdout, cmd.Stderr = &out, &out
			require.NoError(t, cmd.Start())
			kill := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
			err := cmd.Wait()
			if !kill.Stop() && err != nil && !cmd.ProcessState.Exited() {
				killed++
				if refusedAsHalf(t, way.to, strings.TrimSpace(string(key))) {
					half++
				}
				continue
			}
			require.NoError(t, err, out.String())
			require.Contains(t, out.String(), "1200 requests")
			require.Contains(t, out.String(), "SAMPLEDESK_KEY")
			break
		}
		t.Logf("killed %d times, %d of them half way, in %s", killed, half, time.Since(began))
		require.Empty(t, before.Differs(contentsOf(t, way.to)))
		require.Empty(t, before.Differs(contentsOf(t, way.from)))
		refusedAsMoved(t, way.from, way.to, strings.TrimSpace(string(key)))
		status, out, stderr := typed(t, "shop", "list", "--store", way.to, "--key", strings.TrimSpace(string(key)))
		require.Equal(t, exitOK, status, stderr)
		require.Contains(t, out, "Glow Atelier")
	}
}

// refusedAsHalf tells whether a store is not opened by a desk since a move into it was not finished.
func refusedAsHalf(t *testing.T, address, key string) bool {
	t.Helper()
	if _, err := os.Stat(boltPath(address)); err != nil && !store.Shared(address) {
		return false
	}
	db, _, err := openMemory(t.Context(), storeFlags{Store: address, Key: secret(key)}, slog.New(slog.DiscardHandler))
	if err == nil {
		require.NoError(t, db.View(t.Context(), func(tx workflow.Tx) error { // killed before it began
			shops, err := tx.Shops()
			require.Empty(t, shops)
			return err
		}))
		require.NoError(t, db.Close())
		return false
	}
	require.ErrorContains(t, err, "was not finished")
	require.NotContains(t, err.Error(), key)
	return true
}

// refusedAsMoved asserts that no desk and no command works on a store whose contents are elsewhere, and that each says where.
func refusedAsMoved(t *testing.T, address, to, key string) {
	t.Helper()
	slack := []string{"--slack-channel", "C1", "--slack-bot-token", "xoxb-1", "--slack-app-token", "xapp-1", "--tiktok-app-key", "1", "--tiktok-app-secret", "1"}
	for _, command := range [][]string{append([]string{"serve"}, slack...), {"shop", "list"}} {
		status, out, stderr := typed(t, append(command, "--store", address, "--key", key)...)
		require.Equal(t, exitFailed, status, out)
		require.Contains(t, stderr, "was moved to "+nameOf(to)+": set SAMPLEDESK_STORE to that")
		require.NotContains(t, stderr, key)
	}
}

func TestAStoreThatWasMovedCanBeMovedOnceMoreAndTheCommandSaysSo(t *testing.T) {
	path, folder := storeToMove(t, 2), t.TempDir()
	first, second := "bolt:"+filepath.Join(folder, "first.db"), "bolt:"+filepath.Join(folder, "second.db")
	for _, way := range []struct{ from, to, says string }{{"bolt:" + path, first, ""}, {"bolt:" + path, second, "was moved to " + first + " before"}} {
		status, _, stderr := typed(t, "move", "--from", way.from, "--to", way.to)
		require.Equal(t, exitOK, status, stderr)
		require.Contains(t, stderr, way.says)
	}
	require.Empty(t, contentsOf(t, first).Differs(contentsOf(t, second)))
	status, _, stderr := typed(t, "move", "--from", first, "--to", "bolt:"+path)
	require.Equal(t, exitFailed, status)
	require.Contains(t, stderr, "it is not empty")
}

func TestAMoveRefusesStoresThatAreInUseOrNotEmptyAndSaysWhatToDo(t *testing.T) {
	address := pgtest.URL(t)
	path := storeToMove(t, 3)
	from := "bolt:" + path
	refused := func(says string, args ...string) {
		t.Helper()
		status, out, stderr := typed(t, append([]string{"move"}, args...)...)
		require.NotEqual(t, exitOK, status, out)
		require.Contains(t, stderr, says)
		require.NotContains(t, stderr, "hidden")
	}
	refused("same store", "--from", from, "--to", from)
	refused("no store at", "--from", from+"x", "--to", address)
	require.NoFileExists(t, path+"x")
	refused("--to", "--from", from, "--to", "mysql://desk:hidden@host/desks")
	refused("", "--from", from, "--to", "postgres://desk:hidden@127.0.0.1:1/desks")
	refused("", "--to", from)

	db, err := store.Open(t.Context(), from, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	refused("another process uses it", "--from", from, "--to", address)
	require.NoError(t, db.Close())

	shared, err := store.Open(t.Context(), address, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	require.NoError(t, shared.Update(t.Context(), func(tx workflow.Tx) error {
		return tx.PutDesk(workflow.Desk{ID: "d1", Host: "desk-one", SeenAt: shared.Now()})
	}))
	refused("desk-one", "--from", from, "--to", address)
	refused("desk-one", "--from", address, "--to", "bolt:"+filepath.Join(t.TempDir(), "new.db"))
	require.NoError(t, shared.Update(t.Context(), func(tx workflow.Tx) error {
		if err := tx.PutMark("left by a look", "1"); err != nil {
			return err
		}
		return tx.PutDesk(workflow.Desk{ID: "d1", Host: "desk-one", SeenAt: shared.Now().Add(-2 * workflow.DeskGone)})
	}))
	_, other := bridge.NewKey()
	status, out, stderr := typed(t, "move", "--from", from, "--to", address, "--key", other)
	require.Equal(t, exitOK, status, stderr)
	require.Contains(t, out, "3 requests")
	require.Empty(t, contentsOf(t, from).Differs(contentsOf(t, address)))
	refused("it is not empty", "--from", from, "--to", address)
	require.NoError(t, shared.Close())
}
