package boltstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"sampledesk/workflow"
)

// Store is a desk's memory in one file. Make one with Open. It is safe for concurrent use.
type Store struct {
	db   *bbolt.DB
	path string

	leases  leases
	shared  shared
	indexes indexes
	recent  recent

	growth int64 // by how much one commit may make the file larger, beyond twice its size

	turns turns
	batch *batch // the one that takes in updates; only the owner of the turn touches it

	open    *os.File
	file    os.FileInfo           // of the file that is open: another may come in its place
	damaged atomic.Pointer[error] // what was found wrong with the file's pages, for good
	full    atomic.Pointer[error] // why the last commit found no room
	stuck   atomic.Bool           // bbolt broke down holding its locks: whoever begins would wait for ever
	size    atomic.Int64          // of the file, at the least

	ended atomic.Uint64 // see Ended

	watch atomic.Pointer[func(took time.Duration, updates int)] // see WatchCommits
}

var _ workflow.Store = (*Store)(nil)

// Path returns the path of the store's file, as it was opened.
func (s *Store) Path() string { return s.path }

// Commits tells how many transactions were ever committed to the file. Each cost a sync.
func (s *Store) Commits() int {
	tx, err := s.db.Begin(false)
	if err != nil {
		return 0
	}
	defer func() { _ = tx.Rollback() }()
	return tx.ID()
}

// Stats is how much the file holds.
type Stats struct {
	Bytes     int64 // of the file
	PageBytes int
	FreePages int // of the file, to be used again
}

// Stats tells how much the file holds.
func (s *Store) Stats() Stats {
	stats := Stats{PageBytes: s.db.Info().PageSize, FreePages: s.db.Stats().FreePageN + s.db.Stats().PendingPageN}
	if info, err := s.open.Stat(); err == nil {
		stats.Bytes = info.Size()
	}
	return stats
}

// WatchCommits has fn told how long each commit took that wrote, and how many updates went along. It must not block.
func (s *Store) WatchCommits(fn func(took time.Duration, updates int)) { s.watch.Store(&fn) }

// Ended counts the batches of updates that came to an end since the store was opened. As long as it stays as it is, every
// View sees the same. It costs nothing.
func (s *Store) Ended() uint64 { return s.ended.Load() }

// Close waits for the transactions under way and lets go of the file. A second Close does nothing.
func (s *Store) Close() error {
	if s.damaged.Load() != nil {
		unlock(s.open) // bbolt may have broken down holding its own locks, and would wait for them
		return nil
	}
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("closing the store %s: %w", s.path, err)
	}
	return nil
}

// View runs fn on the snapshot of this moment, and ends with an error soon after ctx has ended. It must not nest in another
// transaction: when the file outgrows its address space (roomToGrow), the writer waits for the readers before it, and new
// readers wait for the writer. A View that takes long keeps the pages of its snapshot from being used again.
func (s *Store) View(ctx context.Context, fn func(workflow.Tx) error) (err error) {
	defer s.edge(&err)()
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("reading the store: %w", err)
	}
	tx, err := s.begin(ctx, false)
	if err != nil {
		return err
	}
	defer tx.close()
	return fn(tx)
}

// Update runs fn, one such function at a time, and gives up waiting for its turn when ctx ends. Those that wait are
// committed together. What fn put is on the disk when Update returns nil. If the disk fails while the last page is being
// written, the error leaves open whether it is.
func (s *Store) Update(ctx context.Context, fn func(workflow.Tx) error) error {
	return s.UpdateSoon(ctx, nil, fn)
}

// UpdateSoon is Update that goes along with the next commit, or by itself once its patience is at its end.
func (s *Store) UpdateSoon(ctx context.Context, patience func() time.Duration, fn func(workflow.Tx) error) (err error) {
	defer s.edge(&err)()
	run := func(t *transaction) error { return fn(t) }
	err = s.update(ctx, patience, run, false)
	if errors.Is(err, errAlone) {
		err = s.update(ctx, nil, run, true)
	}
	return err
}

func (s *Store) begin(ctx context.Context, writable bool) (*transaction, error) {
	size, err := s.mayBegin(writable)
	if err != nil {
		return nil, err
	}
	began := false
	defer func() {
		if !began {
			s.stuck.Store(true)
		}
	}()
	if writable {
		s.bound(size)
	}
	tx, err := s.db.Begin(writable)
	began = true
	switch {
	case errors.Is(err, bolterrors.ErrDatabaseNotOpen):
		return nil, fmt.Errorf("the store %s is closed", s.path)
	case err != nil:
		return nil, fmt.Errorf("starting a transaction on %s: %w", s.path, err)
	}
	t, good := &transaction{tx: tx, ctx: ctx, leases: &s.leases, shared: &s.shared, recent: &s.recent}, false
	defer func() {
		if !good {
			t.close()
		}
	}()
	if err := s.whole(t, size); err != nil {
		return nil, err
	}
	if err := s.indexed(t); err != nil {
		return nil, err
	}
	good = true
	return t, nil
}

func (s *Store) commit(tx *transaction) error {
	s.indexes.keep(tx.tx.ID(), tx.effects)
	err := tx.tx.Commit()
	switch {
	case noRoom(err):
		err = fmt.Errorf("nothing was kept in the store %s because its disk is full: %w", s.path, err)
		s.full.Store(&err)
		return err
	case errors.Is(err, bolterrors.ErrMaxSizeReached):
		return fmt.Errorf("%w: one commit was to make the file more than twice as large", errBroken)
	case err != nil:
		return fmt.Errorf("writing to the store %s: %w", s.path, err)
	}
	s.full.Store(nil)
	return nil
}

// transaction is a workflow.Tx. Reading looks at the context, so that nothing long goes on for a caller who is gone.
type transaction struct {
	tx      *bbolt.Tx
	ctx     context.Context
	recent  *recent
	leases  *leases
	leased  map[workflow.EffectID]lease // what this transaction did to the leases
	shared  *shared
	sharing sharing // what this transaction did to that

	effects    effectIndex
	ownEffects bool // whether that is the transaction's own copy, and may be changed

	latest  workflow.Application // in an update: the one that was read or put last
	written bool
	joins   bool           // whether others' updates are in the same transaction of bbolt
	undo    []func() error // where it is shared: takes back what was written, the last first
}

var _ workflow.Tx = (*transaction)(nil)

// close ends the transaction, without effect unless it was committed.
func (t *transaction) close() {
	// The one error is that the transaction has ended already.
	_ = t.tx.Rollback()
}

// alive tells, once the transaction's context has ended, why.
func (t *transaction) alive() error {
	if err := t.ctx.Err(); err != nil {
		return fmt.Errorf("nobody waits for the transaction any more: %w", err)
	}
	return nil
}

// bucket returns one of the file's buckets.
func (t *transaction) bucket(name []byte) bucket {
	b := t.tx.Bucket(name)
	if b != nil {
		b.FillPercent = fullPage // applications and what is said of them come mostly in the order of their keys
	}
	return bucket{Bucket: b, of: t}
}

// fullPage is how much of a page is filled when it is divided: where keys come in order, the first half of a page is
// written no more.
const fullPage = 0.8

var errReadOnly = errors.New("views only read")

// may tells whether something of these names may be kept in this transaction.
func (t *transaction) may(what string, names ...string) error {
	if !t.tx.Writable() {
		return fmt.Errorf("keeping %s: %w", what, errReadOnly)
	}
	return named(what, names...)
}
