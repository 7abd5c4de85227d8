// Package store opens the memory of a Sample Desk: it knows the engines by name, and everything else is theirs. What an
// engine promises is written on workflow.Store and held by store/storetest.
package store

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"sampledesk/store/boltstore"
	"sampledesk/store/pgstore"
	"sampledesk/workflow"
)

// ErrInUse says that another process has the store to itself.
var ErrInUse = boltstore.ErrInUse

// known tells an operator what a store's address may look like.
const known = `known are "bolt:PATH", a file of this machine, and "postgres://USER:PASSWORD@HOST/DATABASE"` //nolint:gosec // no password, but where one stands

// Check tells whether an address is one of a store, in a sentence for the operator. As an address may hold a password,
// the sentence does not repeat it.
func Check(address string) error {
	scheme, rest, ok := strings.Cut(address, ":")
	switch {
	case pgstore.Is(address):
		return pgstore.Check(address)
	case !ok:
		return fmt.Errorf("the store's address does not say what kind of store it is; %s", known)
	case scheme == "bolt" && rest == "":
		return fmt.Errorf("the store's address %q names no file; %s", address, known)
	case scheme == "bolt":
		return nil
	default:
		return fmt.Errorf("the store's address names a kind of store that this Sample Desk does not know; %s", known)
	}
}

// Open opens the store that the address names, and makes it if it is not there yet. Errors are sentences for the
// operator. What takes long is logged.
func Open(ctx context.Context, address string, log *slog.Logger) (workflow.Store, error) {
	if err := Check(address); err != nil {
		return nil, err
	}
	if Shared(address) {
		return openPostgres(ctx, address, log)
	}
	_, path, _ := strings.Cut(address, ":")
	return openBolt(ctx, path, log)
}

// Shared reports whether an address is of a store that several desks can have open at once, on several machines.
func Shared(address string) bool { return pgstore.Is(address) }

// Examined is what is known of a shared store after looking at it.
type Examined = pgstore.Examined

// Examine looks whether desks can work on a shared store, and changes nothing in it. Clocks may differ by so much.
func Examine(ctx context.Context, address string, clocks time.Duration) Examined {
	return pgstore.Examine(ctx, address, clocks)
}

// Redacted is an address without what is secret in it.
func Redacted(address string) string {
	if pgstore.Is(address) {
		return pgstore.Redacted(address)
	}
	return address
}

// openPostgres keeps a nil *pgstore.Store from becoming a workflow.Store that is not nil.
func openPostgres(ctx context.Context, address string, log *slog.Logger) (workflow.Store, error) {
	s, err := pgstore.Open(ctx, address, pgstore.WithLog(log))
	if err != nil {
		return nil, err
	}
	return s, nil
}

// openBolt keeps a nil *boltstore.Store from becoming a workflow.Store that is not nil.
func openBolt(ctx context.Context, path string, log *slog.Logger) (workflow.Store, error) {
	s, err := boltstore.Open(ctx, path, boltstore.WithLog(log))
	if err != nil {
		return nil, err
	}
	return s, nil
}
