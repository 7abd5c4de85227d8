package boltstore

import (
	"context"
	"slices"
	"sync"
	"time"
)

// turns lets those who write go one by one, in the order in which they came. bbolt has a lock of its own, but nobody can
// give up waiting for that, nor see whether others do.
type turns struct {
	mu      sync.Mutex
	taken   bool
	waiting line
	patient line // those that go only where another's turn leads to a commit
}

// line is who waits, in order. Whoever gets the turn finds its channel closed.
type line []chan struct{}

func (l *line) join() chan struct{} {
	mine := make(chan struct{})
	*l = append(*l, mine)
	return mine
}

// leave tells whether it was still in the line.
func (l *line) leave(mine chan struct{}) bool {
	at := slices.Index(*l, mine)
	if at >= 0 {
		*l = slices.Delete(*l, at, at+1)
	}
	return at >= 0
}

// call gives the turn to the first, if there is one.
func (l *line) call() bool {
	if len(*l) == 0 {
		return false
	}
	close((*l)[0])
	*l = slices.Delete(*l, 0, 1)
	return true
}

// take waits for a turn. If ctx ends first it returns why, and there is no turn to be passed on.
func (t *turns) take(ctx context.Context) error {
	t.mu.Lock()
	if !t.taken {
		t.taken = true
		t.mu.Unlock()
		return nil
	}
	mine := t.waiting.join()
	t.mu.Unlock()
	return t.await(ctx, mine)
}

// await is take for one that waits already.
func (t *turns) await(ctx context.Context, mine chan struct{}) error {
	select {
	case <-mine:
		return nil
	case <-ctx.Done():
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.waiting.leave(mine) {
		return nil // the turn came at the same moment, and is its owner's to pass on
	}
	return ctx.Err()
}

// company waits for a turn that leads to a commit in any case, up to a patience that is asked once it waits, and tells
// whether it has got it.
func (t *turns) company(ctx context.Context, patience func() time.Duration) (bool, error) {
	if patience == nil {
		return false, nil
	}
	t.mu.Lock()
	mine := t.patient.join()
	t.mu.Unlock()
	err := t.wait(ctx, mine, patience)
	t.mu.Lock()
	stays := t.patient.leave(mine)
	t.mu.Unlock()
	if stays {
		return false, err
	}
	return true, t.await(ctx, mine)
}

// wait waits until the turn comes or the patience is over; if ctx ends first it returns why.
func (t *turns) wait(ctx context.Context, turn chan struct{}, patience func() time.Duration) error {
	enough := time.NewTimer(patience())
	defer enough.Stop()
	select {
	case <-turn:
	case <-enough.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// pass gives the turn to whoever has waited longest, and to the patient last, where a commit is to come. If nobody waits
// it tells so, and the turn stays with its owner.
func (t *turns) pass(commit bool) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.waiting.call() || commit && t.patient.call()
}

// release passes the turn, or leaves it for whoever comes next. Those that became patient while something was being
// committed are patient no longer: they may have looked for who waits for them before it could be seen.
func (t *turns) release(committed bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if committed {
		t.waiting, t.patient = append(t.waiting, t.patient...), nil
	}
	t.taken = t.waiting.call()
}
