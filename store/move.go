package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"

	"sampledesk/store/moving"
	"sampledesk/workflow"
)

// OpenTarget opens a store into which everything of another is to be moved, and makes it if it is not there. The target's
// store is to be closed by the caller.
func OpenTarget(ctx context.Context, address string, log *slog.Logger) (*moving.Target, error) {
	db, err := OpenHolder(ctx, address, log)
	if err != nil {
		return nil, err
	}
	to := &moving.Target{Store: db}
	if db, ok := db.(interface{ Clear(context.Context) error }); ok {
		to.Clear = db.Clear
		return to, nil
	}
	path := strings.TrimPrefix(address, "bolt:")
	to.Clear = func(ctx context.Context) error {
		if err := to.Store.Close(); err != nil {
			return err
		}
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("emptying the store: %w", err)
		}
		fresh, err := OpenHolder(ctx, address, log)
		if err != nil {
			return err
		}
		to.Store = fresh
		return nil
	}
	return to, nil
}

// OpenHolder opens a store to take everything out of it.
func OpenHolder(ctx context.Context, address string, log *slog.Logger) (workflow.Holder, error) {
	db, err := Open(ctx, address, log)
	if err != nil {
		return nil, err
	}
	holder, ok := db.(workflow.Holder)
	if !ok {
		return nil, errors.Join(errors.New("nothing can be moved out of a store of that kind, or into it"), db.Close())
	}
	return holder, nil
}
