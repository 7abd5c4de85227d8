package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/affiliate"
	"sampledesk/affiliate/bridge"
	"sampledesk/store"
	"sampledesk/workflow"
)

// kept makes a store with a shop and some requests, and returns its path. Its key is beside it.
func kept(t *testing.T, requests int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "desk.db")
	db, key, err := openMemory(t.Context(), storeFlags{Store: "bolt:" + path}, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	require.NoError(t, bridge.Keep(t.Context(), db, key, affiliate.Tokens{OpenID: "seller", Access: "access-1", Refresh: "refresh-1", SellerName: "Glow"}))
	require.NoError(t, db.Update(t.Context(), func(tx workflow.Tx) error {
		if err := tx.PutShop(workflow.Shop{ID: "7", Name: "Glow", OpenID: "seller", InitialSyncDone: true}); err != nil {
			return err
		}
		for n := range requests {
			if err := tx.PutApplication(requestNumber(n)); err != nil {
				return err
			}
		}
		return nil
	}))
	require.NoError(t, db.Close())
	return path
}

// copied is a store of its own that holds what another does, and so does its key.
func copied(t *testing.T, path string) string {
	t.Helper()
	folder := t.TempDir()
	require.NoError(t, os.CopyFS(folder, os.DirFS(filepath.Dir(path))))
	return filepath.Join(folder, filepath.Base(path))
}

func requestNumber(n int) workflow.Application {
	at := bubbleStart.Add(time.Duration(n) * time.Second)
	return workflow.Application{
		Key: workflow.Key{Shop: "7", ID: workflow.ApplicationID(fmt.Sprintf("57%09d", n))}, Round: 1, SeenAt: at, ReportedAt: at, ChangedAt: at,
		Snapshot: workflow.Snapshot{
			Status: workflow.StatusPending, ReviewBy: at.Add(100 * time.Hour), Approvable: true,
			Creator: workflow.Creator{OpenID: fmt.Sprintf("open-%d", n/2), Username: fmt.Sprintf("glow.daily%d", n/2), Nickname: "Glow daily"},
			Product: workflow.Product{ID: "1729", Title: "Glow serum, 30 ml", SKU: "1"},
		},
	}
}

func partials(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".partial") {
			all = append(all, e.Name())
		}
	}
	return all
}

func TestABackupOfARunningDeskIsRestoredElsewhere(t *testing.T) {
	t.Parallel()
	s := newStage(t, "--seed", "5")
	s.serve()
	s.until("five cards are there", func() bool { return len(s.cards()) == 5 })
	dir := t.TempDir()
	copied := filepath.Join(dir, "night.backup")
	run := func(store string, args ...string) (status int, out string) {
		cmd := program(t, []string{"SAMPLEDESK_STORE=bolt:" + store}, args...)
		text, _ := cmd.CombinedOutput()
		return cmd.ProcessState.ExitCode(), string(text)
	}
	status, out := run(s.store, "backup", copied)
	require.Equal(t, exitOK, status, out)
	require.Contains(t, out, "5 requests of 1 shops. It was read back and is whole.")
	require.Contains(t, out, "The key is not in it: keep a copy of "+s.store+".key")
	info, err := os.Stat(copied)
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o600), info.Mode())
	status, out = run(s.store, "backup", copied)
	require.Equal(t, exitFailed, status)
	require.Contains(t, out, "there already")

	require.Equal(t, -1, s.stop(syscall.SIGKILL))
	require.FileExists(t, s.store+".sock", "a killed desk leaves its socket")
	status, out = run(s.store, "backup", filepath.Join(dir, "dead.backup"))
	require.Equal(t, exitOK, status, out)
	status, out = run(s.store, "restore", copied)
	require.Equal(t, exitFailed, status)
	require.Contains(t, out, "never writes over one")

	elsewhere := filepath.Join(dir, "new", "desk.db")
	status, out = run(elsewhere, "restore", copied)
	require.Equal(t, exitOK, status, out)
	require.Contains(t, out, "To do: put the key of that store at "+elsewhere+".key")
	key, err := os.ReadFile(s.store + ".key")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(elsewhere+".key", key, 0o600))
	s.store = elsewhere
	s.serve("TIKTOK_REFRESH_TOKEN=")
	card := s.cards()[0]
	s.until("the restored desk decides", func() bool { return s.click(s.person("member"), card, "approve").OK })
	s.until("and sends it", func() bool { status, _ := s.status(card.application()); return status == "AWAITING_SHIPMENT" })
	require.Len(t, s.cards(), 5, "no card came twice")
	require.NotContains(t, s.log.String(), strings.TrimSpace(string(key)))
}

func TestABackupThatCannotBeMadeLeavesNothing(t *testing.T) {
	t.Parallel()
	path := kept(t, 300)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "there"), []byte("mine"), 0o600))
	require.NoError(t, os.Symlink("nowhere", filepath.Join(dir, "link")))
	for _, c := range []struct{ store, file, says string }{
		{path, filepath.Join(dir, "there"), "it is there already"},
		{path, filepath.Join(dir, "link"), "it is there already"},
		{path, filepath.Join(dir, "none", "b"), "no such file or directory; nothing was kept there"},
		{path + ".other", filepath.Join(dir, "b"), "there is no store at " + path + ".other"},
		{filepath.Join(dir, "there"), filepath.Join(dir, "b"), "is no Sample Desk store, or it is damaged"},
	} {
		status, out, stderr := typed(t, "backup", "--store", "bolt:"+c.store, c.file)
		require.Equal(t, exitFailed, status, c.says)
		require.Empty(t, out)
		require.Contains(t, stderr, c.says)
	}
	require.NoFileExists(t, path+".other", "no store is made to be backed up")
	text, err := os.ReadFile(filepath.Join(dir, "there"))
	require.NoError(t, err)
	require.Equal(t, "mine", string(text))

	full := program(t, []string{"SAMPLEDESK_STORE=bolt:" + path}, "backup", filepath.Join(dir, "full"))
	full.Args = append([]string{"sh", "-c", `ulimit -f 64; exec "$0" "$@"`, full.Path}, full.Args[1:]...)
	full.Path = "/bin/sh"
	out, _ := full.CombinedOutput()
	require.Equal(t, exitFailed, full.ProcessState.ExitCode(), string(out))
	require.Contains(t, string(out), "the disk is full")

	// A desk that dies in the midst of it.
	dying := filepath.Join(t.TempDir(), "desk.db")
	l, err := network{}.listenBeside(t.Context(), dying+".sock")
	require.NoError(t, err)
	go func() {
		if conn, err := l.Accept(); err == nil {
			_ = (&frames{w: conn}).send(frameOut, []byte("half"))
			_ = conn.Close()
		}
	}()
	status, _, stderr := typed(t, "backup", "--store", "bolt:"+dying, filepath.Join(dir, "half"))
	require.Equal(t, exitFailed, status)
	require.Contains(t, stderr, "the desk went away before this was through")
	require.NoError(t, l.Close())

	require.Empty(t, partials(t, dir))
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 2)
}

func TestWhatAKilledBackupLeftIsTakenAwayByTheNext(t *testing.T) {
	t.Parallel()
	path, dir := kept(t, 3), t.TempDir()
	file := filepath.Join(dir, "b[1]*")
	for _, name := range []string{".b[1]*.1.partial", ".b[1]*.2.partial", ".b[1]x.1.partial", ".other.1.partial"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("half"), 0o600))
	}
	living, err := os.Open(filepath.Join(dir, ".b[1]*.2.partial"))
	require.NoError(t, err)
	require.NoError(t, claimFile(living))
	status, _, stderr := typed(t, "backup", "--store", "bolt:"+path, file)
	require.Equal(t, exitOK, status, stderr)
	require.Equal(t, []string{".b[1]*.2.partial", ".b[1]x.1.partial", ".other.1.partial"}, partials(t, dir))
	require.NoError(t, living.Close())
}

func TestTwoBackupsAtOnceToOneFileMakeOne(t *testing.T) {
	t.Parallel()
	f, _ := running(t, kept(t, 50))
	file := filepath.Join(t.TempDir(), "b")
	ended := make(chan int, 4)
	for range cap(ended) {
		go func() {
			var out bytes.Buffer
			ended <- execute(context.WithoutCancel(t.Context()), []string{"backup", "--store", f.Store, file}, streams{out: &out, err: &out})
		}()
	}
	made := 0
	for range cap(ended) {
		if <-ended == exitOK {
			made++
		}
	}
	require.Equal(t, 1, made)
	require.Empty(t, partials(t, filepath.Dir(file)))
	_, err := store.Verify(t.Context(), file, nil)
	require.NoError(t, err)
}

func TestARestoreSaysWhatItFindsAndWhatIsStillToDo(t *testing.T) {
	t.Parallel()
	path, dir := kept(t, 3), t.TempDir()
	file := filepath.Join(dir, "b")
	status, _, stderr := typed(t, "backup", "--store", "bolt:"+path, file)
	require.Equal(t, exitOK, status, stderr)
	text, err := os.ReadFile(path + keyEnd)
	require.NoError(t, err)
	_, other := bridge.NewKey()
	for n, c := range []struct{ key, says string }{
		{strings.TrimSpace(string(text)), "The key opens its tokens."},
		{"file:" + path + keyEnd, "The key opens its tokens."},
		{other, "To do: the key that is set does not open its tokens."},
		{"file:" + filepath.Join(dir, "none"), "To do: the key cannot be read"},
		{"", "To do: put the key of that store at "},
	} {
		to := filepath.Join(dir, fmt.Sprint("to", n), "desk.db")
		status, out, stderr := typed(t, "restore", "--store", "bolt:"+to, "--key", c.key, file)
		require.Equal(t, exitOK, status, stderr)
		require.Contains(t, out, "3 requests of 1 shops. It was read through and is whole.")
		require.Contains(t, out, c.says)
		require.NoFileExists(t, to+keyEnd, "a restore makes no key")
	}
	bad := filepath.Join(dir, "bad")
	require.NoError(t, os.WriteFile(bad, bytes.Repeat([]byte("no store"), 5000), 0o600))
	f, _ := running(t, filepath.Join(t.TempDir(), "desk.db"))
	for from, says := range map[string]string{
		bad:                         "is no Sample Desk store, or it is damaged",
		filepath.Join(dir, "none"):  "no such file",
		dir:                         "it is no file",
		boltPath(f.Store):           "a desk has it open",
		boltPath(f.Store) + ".sock": "no such device or address",
	} {
		to := filepath.Join(dir, "never", "desk.db")
		status, out, stderr := typed(t, "restore", "--store", "bolt:"+to, from)
		require.Equal(t, exitFailed, status, from)
		require.Empty(t, out)
		require.Contains(t, stderr, says)
		require.NoFileExists(t, to)
		require.Empty(t, partials(t, filepath.Dir(to)))
	}
	require.NoError(t, os.Remove(boltPath(f.Store)))
	status, _, stderr = typed(t, "restore", "--store", f.Store, file)
	require.Equal(t, exitFailed, status)
	require.Contains(t, stderr, "a desk runs there, though its store was taken away")
}
