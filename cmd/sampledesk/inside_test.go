package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// trial is a task that does what it is told.
type trial struct {
	Do   string `json:"do"`
	Text string `json:"text"`
}

func init() { tasks["trial"] = func() task { return new(trial) } }

var errTrial = errors.New("it cannot be done")

func (tr *trial) perform(ctx context.Context, at place, s streams) error {
	switch tr.Do {
	case "say":
		_, _ = fmt.Fprintln(s.err, "saying", len(tr.Text))
		_, err := io.WriteString(s.out, tr.Text)
		return err
	case "read":
		_, err := io.Copy(s.out, s.in)
		return err
	case "shops":
		return at.store.View(ctx, func(tx workflow.Tx) error {
			all, err := tx.Shops()
			_, _ = fmt.Fprint(s.out, len(all))
			return err
		})
	case "wait":
		_, _ = fmt.Fprintln(s.out, "waiting")
		<-ctx.Done()
		_ = os.WriteFile(tr.Text, nil, 0o600)
		return ctx.Err()
	case "panic":
		panic("out of order")
	case "usage":
		return usagef("there is no such thing")
	case "faults":
		return errFaults
	default:
		return errTrial
	}
}

// running is a desk's socket, with trial as its one task.
func running(t *testing.T, store string) (storeFlags, context.CancelFunc) {
	t.Helper()
	f := storeFlags{Store: "bolt:" + store}
	db, key, err := openMemory(t.Context(), f, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	i := inside{tasks: tasks, at: place{store: db, key: key, engine: engine.New(db, nil), flags: f, log: slog.New(slog.DiscardHandler)}}
	l, err := network{}.listenBeside(t.Context(), socketPath(f.Store))
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- i.serve(ctx, l) }()
	end := func() {
		cancel()
		if ended != nil {
			require.NoError(t, <-ended)
			require.NoError(t, db.Close())
			ended = nil
		}
	}
	t.Cleanup(end)
	return f, end
}

// performed has a trial performed, and returns the exit status and what the streams got.
func performed(ctx context.Context, f storeFlags, tr trial, in string) (status int, out, err string) {
	var stdout, stderr bytes.Buffer
	s := streams{in: strings.NewReader(in), out: &stdout, err: &stderr}
	status = ending(performIn(ctx, f, "trial", &tr, s), &stderr)
	return status, stdout.String(), stderr.String()
}

func TestATaskComesToTheSameInsideTheDeskAsOutside(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("many words\n", 100_000)
	for _, where := range []string{"inside", "outside"} {
		f := storeFlags{Store: "bolt:" + filepath.Join(t.TempDir(), "desk.db")}
		if where == "inside" {
			f, _ = running(t, boltPath(f.Store))
		}
		for _, c := range []struct {
			do, text, in string
			status       int
			out, err     string
		}{
			{do: "say", text: large, out: large, err: "saying 1100000\n"},
			{do: "read", in: large, out: large},
			{do: "read"},
			{do: "shops", out: "0"},
			{do: "", status: exitFailed, err: "sampledesk: it cannot be done\n"},
			{do: "usage", status: exitUsage, err: "sampledesk: there is no such thing\n"},
			{do: "faults", status: exitFailed},
		} {
			if len(c.text) > 100 && where == "inside" {
				c.text, c.out, c.err = c.text[:longestAsk/2], c.out[:longestAsk/2], "saying 524288\n"
			}
			status, out, err := performed(t.Context(), f, trial{c.do, c.text}, c.in)
			require.Equal(t, c.status, status, "%s %s", where, c.do)
			require.True(t, c.out == out, "%s %s: %.100q", where, c.do, out)
			require.Equal(t, c.err, err, "%s %s", where, c.do)
		}
	}
}

func TestTheSocketIsForItsUserAloneAndGoesWithTheDesk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	long := filepath.Join(dir, strings.Repeat("long", 30))
	require.NoError(t, os.Mkdir(long, 0o755))
	for _, store := range []string{filepath.Join(dir, "desk.db"), filepath.Join(long, "desk.db")} {
		socket := store + ".sock"
		stale, err := net.Listen("unix", filepath.Join(dir, "stale"))
		require.NoError(t, err)
		stale.(*net.UnixListener).SetUnlinkOnClose(false)
		require.NoError(t, stale.Close())
		require.NoError(t, os.Rename(filepath.Join(dir, "stale"), socket), "a desk was killed")
		f, stop := running(t, store)
		info, err := os.Stat(socket)
		require.NoError(t, err)
		require.Equal(t, fs.ModeSocket|0o600, info.Mode())
		status, out, _ := performed(t.Context(), f, trial{Do: "shops"}, "")
		require.Equal(t, exitOK, status)
		require.Equal(t, "0", out)
		stop()
		require.NoFileExists(t, socket)
		status, _, _ = performed(t.Context(), f, trial{Do: "shops"}, "")
		require.Equal(t, exitOK, status, "nobody has the store")
	}
}

func TestWhatIsNoSocketStaysWhereItIs(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "desk.db.sock")
	require.NoError(t, os.WriteFile(path, []byte("mine"), 0o600))
	_, err := network{}.listenBeside(t.Context(), path)
	require.ErrorContains(t, err, "is no socket")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "mine", string(text))
	_, err = network{}.listenBeside(t.Context(), filepath.Join(filepath.Dir(path), strings.Repeat("x", 120)))
	require.ErrorIs(t, err, errLongPath)
}

func TestACallerWhoGoesAwayEndsTheirTask(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f, stop := running(t, filepath.Join(dir, "desk.db"))
	for _, who := range []string{"caller", "desk"} {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		read, write := io.Pipe()
		ended, said := make(chan error, 1), new(bytes.Buffer)
		file := filepath.Join(dir, who)
		go func() {
			ended <- performIn(ctx, f, "trial", &trial{"wait", file}, streams{out: write, err: said})
		}()
		_, err := read.Read(make([]byte, 100))
		require.NoError(t, err)
		if who == "caller" {
			cancel()
			require.ErrorIs(t, <-ended, context.Canceled)
		} else {
			stop()
			require.Equal(t, toldError{exitFailed}, <-ended)
			require.Contains(t, said.String(), "the desk was stopped before this was through")
		}
		require.Eventually(t, func() bool { _, err := os.Stat(file); return err == nil }, patience, patience/10_000, "the task learned of it")
	}
}

func TestTheSocketLetsNobodyWearTheDeskOut(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f, _ := running(t, filepath.Join(dir, "desk.db"))
	raw := func(text string) string {
		conn, err := dialBeside(t.Context(), socketPath(f.Store))
		require.NoError(t, err)
		defer func() { _ = conn.Close() }()
		go func() { _, _ = io.WriteString(conn, text) }()
		all, _ := io.ReadAll(conn)
		return string(all)
	}
	require.Contains(t, raw("GET / HTTP/1.1\r\n\r\n"), "cannot read what it was asked")
	require.Contains(t, raw(`{"task":"trial","with":{"do":"shops","new":1},"version":"9.9"}`+"\n"), "does not know what version 9.9 asks")
	require.Contains(t, raw(`{"task":"rm","version":"9.9"}`+"\n"), "does not know what version 9.9 asks")
	raw(strings.Repeat("x", 3*longestAsk))

	status, _, err := performed(t.Context(), f, trial{Do: "panic"}, "")
	require.Equal(t, exitFailed, status)
	require.Contains(t, err, "broke down inside the desk")

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, insideAtOnce)
	for range insideAtOnce {
		read, write := io.Pipe()
		go func() {
			ended <- performIn(ctx, f, "trial", &trial{"wait", filepath.Join(dir, "over")}, streams{out: write, err: io.Discard})
		}()
		_, err := read.Read(make([]byte, 100))
		require.NoError(t, err)
	}
	status, _, err = performed(t.Context(), f, trial{Do: "shops"}, "")
	require.Equal(t, exitFailed, status)
	require.Contains(t, err, "8 commands already")
	cancel()
	for range insideAtOnce {
		require.Error(t, <-ended)
	}
	require.Eventually(t, func() bool {
		status, _, _ := performed(t.Context(), f, trial{Do: "shops"}, "")
		return status == exitOK
	}, patience, patience/1000, "there is room again")
}

// discarded are streams that nobody reads.
func discarded() streams { return streams{out: io.Discard, err: io.Discard} }
