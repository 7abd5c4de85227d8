package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sampledesk/store"
	"sampledesk/store/moving"
	"sampledesk/workflow"
)

// move puts everything that one store holds into another.
type move struct {
	From string `env:"SAMPLEDESK_MOVE_FROM" required:"" placeholder:"STORE" help:"The store to take everything from: bolt:PATH or postgres://USER:PASSWORD@HOST/DATABASE. It stays as it is but for a mark that keeps desks from it, and no desk may have it open."`
	To   string `env:"SAMPLEDESK_MOVE_TO" required:"" placeholder:"STORE" help:"The store to put it into, in which nothing may be; it is made if it is not there. One that an earlier move left half is gone on with."`
	Key  secret `env:"SAMPLEDESK_KEY" placeholder:"KEY" help:"The key that the desks will be given, to be tried: 32 bytes in base64, or file:PATH. Secrets are moved as they are sealed."`
}

// Run moves, compares both stores, and says what is still to do.
func (m *move) Run(ctx context.Context, s streams) (err error) {
	if err := m.valid(); err != nil {
		return err
	}
	log := newLogger(ctx, "warn", s.err)
	from, err := store.OpenHolder(ctx, m.From, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	if err := errors.Join(noDeskAt(ctx, from, "--from"), wholeStore(ctx, m.From, from)); err != nil {
		return err
	}
	if err := m.tellMovedBefore(ctx, from, s); err != nil {
		return err
	}
	to, err := store.OpenTarget(ctx, m.To, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Store.Close()) }()
	if err := noDeskAt(ctx, to.Store, "--to"); err != nil {
		return err
	}
	sums, err := m.move(ctx, from, to, s)
	if err != nil {
		return m.explained(ctx, to.Store, err)
	}
	_, _ = fmt.Fprintf(s.out, "Moved to %s, and compared with %s thing by thing:\n", store.Redacted(m.To), store.Redacted(m.From))
	for _, kind := range sums.Kinds() {
		_, _ = fmt.Fprintf(s.out, "  %8d %s\n", sums.Count(kind), kind)
	}
	_, err = fmt.Fprintf(s.out, "To do now: set SAMPLEDESK_STORE to the new store. %s\nNo desk starts on the old store any more: it would do once more what the new one does.\n", m.keyToDo(ctx, from))
	return err
}

// valid checks what kong cannot.
func (m *move) valid() error {
	for _, of := range []struct{ flag, address string }{{"--from", m.From}, {"--to", m.To}} {
		if err := store.Check(of.address); err != nil {
			return usagef("%s: %w", of.flag, err)
		}
	}
	if m.From == m.To {
		return usagef("--from and --to are the same store")
	}
	if store.Shared(m.From) {
		return nil
	}
	if _, err := os.Stat(boltPath(m.From)); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no store at %s", boltPath(m.From))
	}
	return nil
}

// tellMovedBefore says that what is moved is not what is newest.
func (m *move) tellMovedBefore(ctx context.Context, from workflow.Store, s streams) error {
	before, err := moving.Moved(ctx, from)
	if before != "" && before != nameOf(m.To) {
		_, _ = fmt.Fprintf(s.err, "Everything in this store was moved to %s before; what was done there since is not moved from here.\n", before)
	}
	return err
}

// nameOf is what a store is called in another, without what is secret.
func nameOf(address string) string {
	if path, err := filepath.Abs(boltPath(address)); err == nil && !store.Shared(address) {
		return "bolt:" + path
	}
	return store.Redacted(address)
}

// move moves, and tells how far it is.
func (m *move) move(ctx context.Context, from workflow.Holder, to *moving.Target, s streams) (*moving.Sums, error) {
	doing := newProgress(s, "moving", 0, "things")
	checking, moved := (*progress)(nil), 0
	defer func() { doing.end() }()
	return moving.Move(ctx, from, to, moving.Watch{
		Moved: func(n int) { moved = n; doing.at(int64(n)) },
		Checked: func(n int) {
			if checking == nil {
				doing.end()
				checking = newProgress(s, "comparing", int64(2*moved), "things")
				doing = checking
			}
			doing.at(int64(n))
		},
		Finish: func() error { return noDeskAt(ctx, from, "--from") },
		Name:   nameOf(m.To),
	})
}

// explained says what became of a move that failed.
func (m *move) explained(ctx context.Context, to workflow.Store, err error) error {
	if errors.Is(err, moving.ErrNotEmpty) {
		return fmt.Errorf("the store %s cannot be moved to: %w; name one in which nothing is. Nothing was changed", store.Redacted(m.To), err)
	}
	half, look := moving.Half(context.WithoutCancel(ctx), to)
	if look == nil && !half {
		return fmt.Errorf("moving to %s: %w", store.Redacted(m.To), diskWords(err))
	}
	return fmt.Errorf("moving to %s: %w; the move is not finished, no desk starts on that store, and the one moved from is as it was. Run the same command again: it goes on where it stopped, or begins again if it has to", store.Redacted(m.To), diskWords(err))
}

// keyToDo says which key the desks need.
func (m *move) keyToDo(ctx context.Context, from workflow.Store) string {
	var sealed []workflow.Authorisation
	if err := from.View(ctx, func(tx workflow.Tx) (err error) {
		sealed, err = tx.Authorisations()
		return err
	}); err != nil {
		return "SAMPLEDESK_KEY has to be the key of the old store."
	}
	file := boltPath(m.From) + keyEnd
	_, none := os.Stat(file)
	beside := !store.Shared(m.From) && none == nil
	where := "the key that the desks on the old store were given"
	if beside {
		where = fmt.Sprintf("the key in %s", file)
	}
	if m.Key != "" {
		key, err := loadKey(m.Key, m.To)
		if err == nil && key.Opens(sealed) {
			return "The key in SAMPLEDESK_KEY opens its tokens: give the same to every desk."
		}
		return fmt.Sprintf("The key in SAMPLEDESK_KEY does not open its tokens: set it to %s, on every desk.", where)
	}
	if !store.Shared(m.To) {
		return fmt.Sprintf("Put %s at %s (mode 0600), or set SAMPLEDESK_KEY to it.", where, boltPath(m.To)+keyEnd)
	}
	return fmt.Sprintf("Set SAMPLEDESK_KEY to %s, the same on every desk (its text, or file:PATH of a copy with mode 0600).", where)
}

// noDeskAt refuses a store that a desk has open.
func noDeskAt(ctx context.Context, db workflow.Store, flag string) error {
	hosts, err := desksAt(ctx, db)
	if err == nil && len(hosts) > 0 {
		err = fmt.Errorf("%s: desks work on this store (on %s): stop them all; a desk that was killed counts for %d seconds more", flag, strings.Join(hosts, ", "), int(workflow.DeskGone.Seconds()))
	}
	return err
}

// desksAt returns the machines of the desks that work on a store.
func desksAt(ctx context.Context, db workflow.Store) (hosts []string, err error) {
	err = db.View(ctx, func(tx workflow.Tx) error {
		all, err := tx.Desks()
		hosts = nil
		for _, d := range all {
			if db.Now().Sub(d.SeenAt) <= workflow.DeskGone {
				hosts = append(hosts, d.Host)
			}
		}
		return err
	})
	slices.Sort(hosts)
	return hosts, err
}

// wholeStore refuses a store into which something is being moved.
func wholeStore(ctx context.Context, address string, db workflow.Store) error {
	half, err := moving.Half(ctx, db)
	if err == nil && half {
		err = fmt.Errorf("a move into the store %s was not finished, so not everything is there: run the same sampledesk move again, or go on with the store that it came from", boltPath(store.Redacted(address)))
	}
	return err
}

// storeStill refuses a store whose contents were moved to another.
func storeStill(ctx context.Context, address string, db workflow.Store) error {
	to, err := moving.Moved(ctx, db)
	if err == nil && to != "" {
		err = fmt.Errorf("everything in the store %s was moved to %s: set SAMPLEDESK_STORE to that, and where the move did not say that it was done, run it once more. A desk here would do again what is done there; to go on with what is here all the same, move it into a new store", boltPath(store.Redacted(address)), to)
	}
	return err
}
