package pgstore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/semaphore"

	"sampledesk/workflow"
)

// Store is the memory of any number of desks in a PostgreSQL database. Make one with Open. It is safe for concurrent use.
type Store struct {
	pool atomic.Pointer[pgxpool.Pool] // see conns and renew
	name string                       // of the database, without what is secret
	log  *slog.Logger

	turns *semaphore.Weighted // the updates that run at once; one that met many conflicts takes all of it
	width int64

	pooled     bool                  // see choose
	migrations []migration           // all that this desk knows
	configure  func(*pgxpool.Config) // for tests

	self     string       // names this store among those that are open on the database
	ahead    atomic.Int64 // how far the database's clock is ahead of the machine's, in nanoseconds
	clockSet atomic.Bool

	closed atomic.Bool
	stop   chan struct{}
	work   sync.WaitGroup

	conflicts atomic.Int64 // attempts that were run again
	config    *pgxpool.Config
	renewed   atomic.Int64 // when the connections were last given up, in nanoseconds
	way       gate
	watch     atomic.Pointer[func(took time.Duration, updates int)]
}

var _ workflow.Store = (*Store)(nil)

// WatchCommits has fn told how long each commit took that wrote, and how many updates went along. It must not block.
func (s *Store) WatchCommits(fn func(took time.Duration, updates int)) { s.watch.Store(&fn) }

// Conflicts is how many attempts of updates were run again, since others were in their way.
func (s *Store) Conflicts() int { return int(s.conflicts.Load()) }

// Schema is the number of the schema that this desk works with.
func (s *Store) Schema() int { return s.newest() }

// Close ends the work beside the updates and closes all connections, once those that are in use are done; those that do not
// come to an end are left to the end of the process. A second Close does nothing.
func (s *Store) Close() error {
	if s.closed.Swap(true) {
		return nil
	}
	close(s.stop)
	s.work.Wait()
	s.closeConns()
	return nil
}

// Health tells why the database cannot do its work.
func (s *Store) Health(ctx context.Context) error {
	if s.closed.Load() {
		return errClosed
	}
	asking, cancel := context.WithTimeoutCause(ctx, healthWait, errSilent)
	defer cancel()
	return sentence(silence(ctx, asking, s.health(asking)))
}

// health is Health for as long as it takes.
func (s *Store) health(ctx context.Context) error {
	var reads bool
	if err := s.conns().QueryRow(ctx, "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean").Scan(&reads); err != nil {
		return err
	}
	if reads {
		return errors.New("the database only reads: it is a standby, or was set so")
	}
	has, oldest, err := s.schemaNow(ctx)
	if err != nil {
		return err
	}
	return s.tooOld(has, oldest)
}

// View runs fn on the snapshot of its first read.
func (s *Store) View(ctx context.Context, fn func(workflow.Tx) error) error {
	if s.closed.Load() {
		return errClosed
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("reading the store: %w", err)
	}
	t := s.begin(ctx, false, nil)
	defer t.end()
	return fn(t)
}

// UpdateSoon is Update: here commits do not wait for one another.
func (s *Store) UpdateSoon(ctx context.Context, patience func() time.Duration, fn func(workflow.Tx) error) error {
	_ = patience
	return s.Update(ctx, fn)
}

// The bounds of trying again.
const (
	maxConflicts  = 60              // of one update
	aloneAfter    = 2               // conflicts: then no other update of this desk runs beside it
	maxCollisions = 3               // names that were taken meanwhile, again and again
	breakPatience = 2 * time.Second // how long an update waits for a database that does not answer
	viewPatience  = time.Second     // how long a view does, of which nothing was handed out
)

// Update runs fn in a serializable transaction, and again while others are in its way. What fn put is kept by the database
// when Update returns nil. Where the connection breaks before the commit was sent, fn is run again for up to breakPatience.
func (s *Store) Update(ctx context.Context, fn func(workflow.Tx) error) error {
	var tried attempts
	for {
		err := s.attempt(ctx, fn, &tried)
		if err == nil || !tried.again(ctx, err) {
			return told(err)
		}
		s.conflicts.Add(1)
		most := mostPause
		if tried.breaks > 0 {
			most = brokePause
		}
		if !pause(ctx, tried.conflicts+tried.breaks, most) {
			return fmt.Errorf("waiting to try again: %w", ctx.Err())
		}
	}
}

// attempts is what an update met.
type attempts struct {
	conflicts, collisions, breaks int
	broke                         time.Time
	taken                         map[workflow.EffectID]bool // ids that were thought to be new
}

// retryError is an error after which the update is run again, if it may.
type retryError struct {
	error
	means outcome
}

func (e retryError) Unwrap() error { return e.error }

// told is an error as the caller gets it.
func told(err error) error {
	if again, ok := errors.AsType[retryError](err); ok {
		switch again.means {
		case conflict, collision:
			return fmt.Errorf("others changed the same again and again: %w", again.error)
		default:
			return sentence(again.error)
		}
	}
	return err
}

// again tells whether the update is to be run again after an error.
func (a *attempts) again(ctx context.Context, err error) bool {
	what, ok := errors.AsType[retryError](err)
	if !ok || ctx.Err() != nil {
		return false
	}
	switch what.means {
	case conflict:
		a.conflicts++
		return a.conflicts < maxConflicts
	case collision:
		a.collisions++
		if taken, ok := errors.AsType[takenError](what.error); ok {
			if a.taken == nil {
				a.taken = map[workflow.EffectID]bool{}
			}
			a.taken[workflow.EffectID(taken.id)] = true
		}
		return a.collisions <= maxCollisions
	case broken:
		if a.breaks++; a.breaks == 1 {
			a.broke = time.Now()
		}
		return time.Since(a.broke) < breakPatience
	default:
		return false
	}
}

// How long is waited before the second try, and at the most before a later one: of what was in others' way, of what the
// database could not do, and of what nobody waits for any more.
const (
	firstPause = 500 * time.Microsecond
	mostPause  = 100 * time.Millisecond
	brokePause = 400 * time.Millisecond
	findPause  = time.Second
)

// pause waits before the nth try, by chance, so that those who met each other do not meet again; false if ctx ended first.
func pause(ctx context.Context, n int, most time.Duration) bool {
	wait := min(firstPause<<min(n, 12), most)
	wait = wait/4 + mathrand.N(wait)
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// attempt runs an update once.
func (s *Store) attempt(ctx context.Context, fn func(workflow.Tx) error, tried *attempts) error {
	if s.closed.Load() {
		return errClosed
	}
	weight := int64(1)
	if tried.conflicts >= aloneAfter {
		weight = s.width
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("changing the store: %w", err)
	}
	if err := s.turns.Acquire(ctx, weight); err != nil {
		return fmt.Errorf("waiting for a turn at the store: %w", err)
	}
	defer s.turns.Release(weight)
	t := s.begin(ctx, true, tried.taken)
	defer t.end()
	err := fn(t)
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("nothing was kept: nobody waits for it any more: %w", context.Cause(ctx))
	case t.failed != nil:
		return t.failed // whatever fn made of it
	case err != nil:
		return err
	}
	return t.commit()
}

// How long a commit may take, and how much longer once nobody waits for it any more. Whoever clicked is told within their
// time: it is better to be late by a moment than to say of what was kept that it was not.
const (
	commitPatience = 10 * time.Second
	commitGrace    = 150 * time.Millisecond
)

// lingering returns a context that lasts for a while at the most, and for a grace after the given one has ended.
func lingering(ctx context.Context, grace, most time.Duration) (context.Context, context.CancelFunc) {
	own, cancel := context.WithTimeout(context.WithoutCancel(ctx), most)
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(grace, cancel) })
	return own, func() {
		stop()
		cancel()
	}
}

// commit sends what is left with the commit.
func (t *transaction) commit() error {
	if !t.begun && !t.dirty() {
		return nil
	}
	began := time.Now()
	wrote := t.wrote || t.dirty()
	token := ""
	if wrote {
		token = newToken()
		t.note(token)
	}
	ctx, cancel := lingering(t.ctx, commitGrace, commitPatience)
	defer cancel()
	t.committing = true
	err := t.send(ctx, &query{sql: "COMMIT"})
	if err == nil {
		if watch := t.store.watch.Load(); wrote && watch != nil {
			(*watch)(time.Since(began), 1)
		}
		return nil
	}
	if !unsure(err) {
		return t.fail(err)
	}
	t.end()
	return t.store.resolve(t.ctx, token, err)
}

// unsure tells whether an error leaves open if a commit that was sent took place: the database answered nothing, or that
// it is ending.
func unsure(err error) bool {
	if _, taken := errors.AsType[takenError](err); taken {
		return false // a statement before the commit failed, and the commit was passed over
	}
	if _, unsent := errors.AsType[unsentError](err); unsent {
		return false
	}
	told, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return !pgconn.SafeToRetry(err)
	}
	return told.Severity == "FATAL" || told.Severity == "PANIC"
}

// How long the database is asked what became of a commit; see commitPatience.
const (
	resolvePatience = 3 * time.Second
	resolveGrace    = 250 * time.Millisecond
)

// resolve finds out what became of a commit whose answer was lost, as long as whoever asked for it waits.
func (s *Store) resolve(ctx context.Context, token string, lost error) error {
	if token == "" {
		return retryError{lost, broken} // it had nothing to keep
	}
	asking, cancel := lingering(ctx, resolveGrace, resolvePatience)
	defer cancel()
	kept, err := s.became(asking, token, mostPause)
	switch {
	case err != nil:
		s.log.ErrorContext(ctx, "the database did not tell what became of a commit", "error", err)
		return workflow.Uncertain{Cause: sentence(lost), Find: func(ctx context.Context) (bool, error) { return s.became(ctx, token, findPause) }}
	case kept:
		return nil
	default:
		return retryError{lost, broken}
	}
}

// became asks the database what became of a commit until it tells, or ctx ends: by the row that the commit would have
// written. While its transaction may still be under way in the database, putting the same row waits for it; and where the
// row could be put, the commit cannot take place any more.
func (s *Store) became(ctx context.Context, token string, most time.Duration) (kept bool, err error) {
	for n := 4; ; n++ {
		kept, err := s.fence(ctx, token)
		switch {
		case err == nil:
			return kept, nil
		case s.closed.Load():
			return false, errClosed
		case !pause(ctx, n, most):
			return false, err
		}
	}
}

// fence puts the row of a commit, and tells whether it was there.
func (s *Store) fence(ctx context.Context, token string) (kept bool, err error) {
	own, cancel := bounded(ctx)
	defer cancel()
	tag, err := s.conns().Exec(own, "INSERT INTO changes (token, desk, shops, applications) VALUES ($1::uuid, '', '{}', '{}') ON CONFLICT (token) DO NOTHING", token)
	return tag.RowsAffected() == 0, silence(ctx, own, err)
}

// newToken names a commit: a random UUID.
func newToken() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // which never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
