package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"

	"golang.org/x/term"

	"sampledesk/affiliate/bridge"
	"sampledesk/store"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// task is what a command does with the store. Where a desk runs on that store, the desk performs it (see inside.go), as
// one file serves one process at a time; elsewhere the command opens the store and performs it itself. So a task knows
// nothing of the process that it is in: what it needs is in its exported fields, which travel as JSON, and in the place.
type task interface {
	// perform does the work. It writes its result to s.out and everything else to s.err, ends soon after ctx does, and
	// leaves it to its caller to tell the error that it returns.
	perform(ctx context.Context, at place, s streams) error
}

// place is where a task is performed.
type place struct {
	store  workflow.Store
	key    bridge.Key
	engine *engine.Engine
	tiktok *bridge.Bridge // the running desk's; nil where the command opened the store itself
	flags  storeFlags
	log    *slog.Logger // the running desk's; one that discards where the command opened the store itself
}

// existing is embedded in tasks that make no sense on a store that is made for them.
type existing struct{}

func (existing) onExisting() {}

// tasks are all tasks, by the names that they go by on the socket.
var tasks = map[string]func() task{
	"check":           func() task { return new(checking) },
	"export":          func() task { return new(exporting) },
	"snapshot":        func() task { return new(snapshot) },
	"shop connect":    func() task { return new(connectTask) },
	"shop list":       func() task { return new(listTask) },
	"shop disconnect": func() task { return new(disconnectTask) },
	"key rotate":      func() task { return new(rotation) },
	"rules import":    func() task { return new(importing) },
	"rules export":    func() task { return new(writing) },
	"creator erase":   func() task { return new(erasure) },
}

// streams is where a command reads and writes: tests look there too.
type streams struct {
	in       io.Reader
	out, err io.Writer
	columns  int // of the terminal that err is; 0: it is none
}

// ownStreams are the process's.
func ownStreams() streams {
	s := streams{in: os.Stdin, out: os.Stdout, err: os.Stderr}
	if columns, _, err := term.GetSize(int(os.Stderr.Fd())); err == nil {
		s.columns = columns
	}
	return s
}

// performIn has the named task performed: by the desk that runs on the store, or here.
func performIn(ctx context.Context, f storeFlags, name string, t task, s streams) error {
	err := ask(ctx, f, name, t, s)
	if !errors.Is(err, errNoDesk) {
		return err
	}
	if _, only := t.(interface{ onExisting() }); only && !store.Shared(f.Store) {
		if _, err := os.Stat(boltPath(f.Store)); errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("there is no store at %s; SAMPLEDESK_STORE or --store names it", boltPath(f.Store))
		}
	}
	db, key, err := openMemory(ctx, f, newLogger(ctx, "info", s.err))
	if errors.Is(err, store.ErrInUse) { // by a desk that was just being started
		if again := ask(ctx, f, name, t, s); !errors.Is(again, errNoDesk) {
			return again
		}
	}
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	return t.perform(ctx, place{store: db, key: key, engine: engine.New(db, nil), flags: f, log: slog.New(slog.DiscardHandler)}, s)
}

// toldError is the end of a command that was told already, with its exit status.
type toldError struct{ status int }

func (e toldError) Error() string { return fmt.Sprintf("exit status %d", e.status) }

// ending tells how a command ended, where that needs words, and returns its exit status.
func ending(err error, w io.Writer) int {
	told, wasTold := errors.AsType[toldError](err)
	_, usage := errors.AsType[usageError](err)
	switch {
	case err == nil:
		return exitOK
	case wasTold:
		return told.status
	case errors.Is(err, errFaults):
		return exitFailed
	}
	_, _ = fmt.Fprintln(w, "sampledesk:", err)
	if usage {
		return exitUsage
	}
	return exitFailed
}
