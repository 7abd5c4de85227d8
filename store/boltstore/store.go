package boltstore

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"sampledesk/workflow"
)

// Store is a desk's memory in one file. Make one with Open. It is safe for concurrent use.
type Store struct {
	db   *bbolt.DB
	path string

	// turn holds one token for whoever writes. bbolt has a lock of its own, but nobody can give up waiting for that.
	turn chan struct{}
}

var _ workflow.Store = (*Store)(nil)

// Path returns the path of the store's file, as it was opened.
func (s *Store) Path() string { return s.path }

// Close waits for the transactions under way and lets go of the file. A second Close does nothing.
func (s *Store) Close() error {
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("closing the store %s: %w", s.path, err)
	}
	return nil
}

// View runs fn on the snapshot of this moment. It must not nest in another transaction: when the file has to grow, the
// writer waits for the readers before it, and new readers wait for the writer. A View that takes long keeps the pages
// of its snapshot from being used again, and may keep a writer waiting.
func (s *Store) View(ctx context.Context, fn func(workflow.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("reading the store: %w", err)
	}
	tx, err := s.begin(false)
	if err != nil {
		return err
	}
	defer tx.close()
	return fn(tx)
}

// Update runs fn in a transaction, one at a time, and gives up waiting for its turn when ctx ends. What fn put is on
// the disk when Update returns nil. If the disk fails while the last page is being written, the error leaves open
// whether it is.
func (s *Store) Update(ctx context.Context, fn func(workflow.Tx) error) error {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("waiting for the store: %w", err)
	}
	tx, err := s.begin(true)
	if err != nil {
		return err
	}
	defer tx.close() // also when fn panics; after the commit it does nothing
	if err := fn(tx); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("too late for the store, nothing was kept: %w", err)
	}
	return s.commit(tx)
}

func (s *Store) begin(writable bool) (*transaction, error) {
	tx, err := s.db.Begin(writable)
	switch {
	case errors.Is(err, bolterrors.ErrDatabaseNotOpen):
		return nil, fmt.Errorf("the store %s is closed", s.path)
	case err != nil:
		return nil, fmt.Errorf("starting a transaction on %s: %w", s.path, err)
	}
	return &transaction{tx: tx}, nil
}

func (s *Store) commit(tx *transaction) error {
	err := tx.tx.Commit()
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("nothing was kept in the store %s because its disk is full: %w", s.path, err)
	case err != nil:
		return fmt.Errorf("writing to the store %s: %w", s.path, err)
	}
	return nil
}

// transaction is a workflow.Tx.
type transaction struct {
	tx *bbolt.Tx
}

var _ workflow.Tx = (*transaction)(nil)

// close ends the transaction, without effect unless it was committed.
func (t *transaction) close() {
	// The one error is that the transaction has ended already.
	_ = t.tx.Rollback()
}

// bucket returns one of the buckets, all of which schema.go makes.
func (t *transaction) bucket(name []byte) *bbolt.Bucket { return t.tx.Bucket(name) }

var errReadOnly = errors.New("a view only reads")

// may tells whether something of these names may be kept in this transaction.
func (t *transaction) may(what string, names ...string) error {
	if !t.tx.Writable() {
		return fmt.Errorf("keeping %s: %w", what, errReadOnly)
	}
	return named(what, names...)
}
