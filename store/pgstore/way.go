package pgstore

import (
	"context"
	"errors"
	mathrand "math/rand/v2"
	"net"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// The times of a database that gives no answer: a network that swallows what is sent tells nobody that it does.
const (
	answerWait = 10 * time.Second // how long one answer may take
	healthWait = 2 * time.Second  // how long the question may whether the database can do its work
	silent     = time.Second      // an answer that failed after so long makes the other connections doubtful
	renewEvery = 5 * time.Second  // how often the connections are given up at the most
)

// errSilent tells that the database gave no answer in time.
var errSilent = errors.New("nothing came back in time")

// bounded returns a context for one answer of the database.
func bounded(ctx context.Context) (own context.Context, cancel context.CancelFunc) {
	return context.WithTimeoutCause(ctx, answerWait, errSilent)
}

// silence tells an answer that did not come in time from a caller who waits no longer.
func silence(ctx, own context.Context, err error) error {
	if err == nil || ctx.Err() != nil || own.Err() == nil {
		return err
	}
	if _, unsent := errors.AsType[unsentError](err); unsent {
		return unsentError{errSilent}
	}
	return errSilent
}

// conns are the connections of this moment.
func (s *Store) conns() *pgxpool.Pool { return s.pool.Load() }

// connect begins with no connection.
func (s *Store) connect(ctx context.Context) error {
	pool, err := pgxpool.NewWithConfig(ctx, s.config)
	if err == nil {
		s.pool.Store(pool)
	}
	return err
}

// renew gives up all connections, each once it is not in use: they may lead to a database that is gone, or only reads by
// now. Others take their places at once, as one that gives no answer takes a while to close. It does so now and then at the
// most, so that a database that is only slow is not kept busy with new ones.
func (s *Store) renew() {
	now := time.Now().UnixNano()
	last := s.renewed.Load()
	if s.closed.Load() || now-last < int64(renewEvery) || !s.renewed.CompareAndSwap(last, now) {
		return
	}
	old := s.conns()
	if err := s.connect(context.Background()); err != nil {
		s.log.Error("could not begin with new connections to the database", "error", sentence(err))
		return
	}
	go old.Close()
}

// acquire gets a connection; one of the new ones, where the others were given up meanwhile.
func (s *Store) acquire(ctx context.Context) (*pgxpool.Conn, error) {
	for {
		pool := s.conns()
		conn, err := pool.Acquire(ctx)
		if err == nil || ctx.Err() != nil || pool == s.conns() {
			return conn, err
		}
	}
}

// closeWait is how long the connections are waited for at the end.
const closeWait = 3 * time.Second

// closeConns closes the connections.
func (s *Store) closeConns() {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.conns().Close()
	}()
	select {
	case <-ended:
	case <-time.After(closeWait):
	}
}

// dialer returns how the database is dialled. A connection whose other end does not answer is given up after a while by
// the system, too, whatever it is used for.
func dialer(timeout time.Duration) func(ctx context.Context, network, address string) (net.Conn, error) {
	d := &net.Dialer{
		Timeout:         timeout,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: answerWait, Interval: answerWait / 2, Count: 2},
		Control:         giveUpAfter(2 * answerWait),
	}
	return d.DialContext
}

// gate spares a database that takes no connections. While it does not, one connection at a time is tried, at growing
// intervals by chance; all others who want one are told why the last failed. Desks that lost their database together do
// not come back to it together.
//
// It is a pgx.ConnectTracer, as that is who is told how each attempt to connect ends.
type gate struct {
	mu     sync.Mutex
	failed int       // attempts in a row
	trying bool      // one is under way, or was not heard of again
	until  time.Time // before that nobody else tries
	why    error
}

// shutError is why no connection was tried.
type shutError struct{ error }

func (e shutError) Unwrap() error { return e.error }

// may tells whether a connection may be tried now.
func (g *gate) may(now time.Time) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.failed == 0:
		return nil
	case now.Before(g.until):
		return shutError{g.why}
	}
	g.trying, g.until = true, now.Add(connectWait)
	return nil
}

// told takes note of how an attempt ended.
func (g *gate) told(err error, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case err == nil:
		g.failed, g.trying = 0, false
	case g.failed == 0 || g.trying: // of many that failed together one counts
		g.failed++
		g.trying, g.until, g.why = false, now.Add(gatePause(g.failed)), err
	}
}

// gatePause is how long nobody tries after the nth failure in a row.
func gatePause(n int) time.Duration {
	const first, most = 50 * time.Millisecond, 2 * time.Second
	wait := min(first<<min(n-1, 10), most)
	return wait/2 + mathrand.N(wait)
}

var _ pgx.ConnectTracer = (*gate)(nil)

// TraceConnectStart is part of pgx.ConnectTracer.
func (g *gate) TraceConnectStart(ctx context.Context, _ pgx.TraceConnectStartData) context.Context {
	return ctx
}

// TraceConnectEnd is part of pgx.ConnectTracer.
func (g *gate) TraceConnectEnd(_ context.Context, data pgx.TraceConnectEndData) {
	g.told(data.Err, time.Now())
}

// TraceQueryStart is part of pgx.QueryTracer, which every tracer is.
func (g *gate) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return ctx
}

// TraceQueryEnd is part of pgx.QueryTracer.
func (g *gate) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}
