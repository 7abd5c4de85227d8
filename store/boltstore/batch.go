package boltstore

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// The bounds of a batch: nobody waits long for the company of others, and a batch fits into memory.
const (
	// mostTogether is how many updates are committed together at the most.
	mostTogether = 256

	// longestTogether is how long a batch takes in further updates. The last of them may last longer.
	longestTogether = 50 * time.Millisecond
)

// batch is a transaction of bbolt that several updates share: those that wait for one another anyway come to the disk
// with one sync. Each runs in its own goroutine and on what those before it did; one that fails is taken back out. Only
// the owner of the turn touches a batch that is not done.
type batch struct {
	tx      *transaction
	began   time.Time
	members int   // how many updates it holds
	written bool  // whether any of them wrote
	broken  error // why nothing can be done with it any more

	// done is closed at the batch's end. Fate is then what its members are told.
	done chan struct{}
	fate error
}

// errAlone tells a member that nothing of its batch is on the disk, which may be another's fault: it is to be tried by
// itself.
var errAlone = errors.New("it is to be tried by itself")

// open tells whether the batch takes in further updates.
func (b *batch) open() bool {
	return b.broken == nil && b.members > 0 && b.members < mostTogether && time.Since(b.began) < longestTogether
}

// run runs an update in the batch. Where it fails, panics or ends its goroutine, or where ctx has ended since, the batch
// is left as it was.
func (b *batch) run(ctx context.Context, fn func(*transaction) error) (err error) {
	t := &transaction{tx: b.tx.tx, ctx: ctx, leases: b.tx.leases, shared: b.tx.shared, recent: b.tx.recent, effects: b.tx.effects, joins: b.members > 0}
	kept := false
	defer func() {
		switch {
		case kept:
			b.members++
			b.written = b.written || t.written
			t.leases.take(t.leased)
			t.shared.take(t.sharing)
			b.tx.effects = t.effects
		case t.joins:
			b.broken = errors.New("an update could not be taken back") // should it panic
			b.broken = t.takeBack()
		}
	}()
	if err := fn(t); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("too late for the store, nothing was kept: %w", err)
	}
	kept = true
	return nil
}

// update runs an update in a batch and returns what came of it. Alone tells that nobody else's is to be in that batch.
// With patience it waits so long for the company of another that writes.
func (s *Store) update(ctx context.Context, patience func() time.Duration, fn func(*transaction) error, alone bool) error {
	joined, err := s.turns.company(ctx, patience)
	if err == nil && !joined {
		err = s.turns.take(ctx)
	}
	if err != nil {
		return fmt.Errorf("waiting for the store: %w", err)
	}
	b, err := s.join(ctx, fn, alone)
	if err != nil {
		return err
	}
	<-b.done
	return b.fate
}

// join runs an update in the batch that is open, or in a new one, and lets go of the turn.
func (s *Store) join(ctx context.Context, fn func(*transaction) error, alone bool) (*batch, error) {
	defer func() { s.leave(alone) }()
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("waiting for the store: %w", err)
	}
	if alone {
		s.finish()
	}
	if s.batch == nil {
		tx, err := s.begin(ctx, true)
		if err != nil {
			return nil, err
		}
		s.batch = &batch{tx: tx, began: time.Now(), done: make(chan struct{})}
	}
	return s.batch, s.batch.run(ctx, fn)
}

// leave lets the next update join the batch, or brings it to its end: where nobody waits, the batch waits for nobody.
func (s *Store) leave(alone bool) {
	if !alone && s.batch != nil && s.batch.open() && s.turns.pass(s.batch.written) {
		return
	}
	committed := s.batch != nil && s.batch.written
	defer func() { s.turns.release(committed) }()
	s.finish()
}

// finish commits the batch, if there is one, and tells its members what came of it.
func (s *Store) finish() {
	b := s.batch
	if b == nil {
		return
	}
	s.batch = nil
	defer close(b.done)
	defer b.tx.close() // after the commit it does nothing
	defer s.ended.Add(1)
	switch {
	case b.broken != nil:
		b.fate = errAlone
	case b.written:
		b.fate = fmt.Errorf("writing to the store %s broke off", s.path) // should it panic
		id, began := b.tx.tx.ID(), time.Now()
		b.fate = s.commit(b.tx)
		if watch := s.watch.Load(); watch != nil {
			(*watch)(time.Since(began), b.members)
		}
		if b.fate != nil && b.members > 1 && !s.reached(id) {
			b.fate = errAlone
		}
	}
}

// reached tells whether a transaction of bbolt that could not be committed is what the next one rests on all the same,
// or whether nobody knows.
func (s *Store) reached(id int) bool {
	tx, err := s.db.Begin(false)
	if err != nil {
		return true
	}
	defer func() { _ = tx.Rollback() }()
	return tx.ID() >= id
}
