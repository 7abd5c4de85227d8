package boltstore

import (
	"context"
	"slices"
	"sync"
)

// turns lets those who write go one by one, in the order in which they came. bbolt has a lock of its own, but nobody can
// give up waiting for that, nor see whether others do.
type turns struct {
	mu      sync.Mutex
	taken   bool
	waiting []chan struct{}
}

// take waits for a turn. If ctx ends first it returns why, and there is no turn to be passed on.
func (t *turns) take(ctx context.Context) error {
	t.mu.Lock()
	if !t.taken {
		t.taken = true
		t.mu.Unlock()
		return nil
	}
	mine := make(chan struct{})
	t.waiting = append(t.waiting, mine)
	t.mu.Unlock()
	select {
	case <-mine:
		return nil
	case <-ctx.Done():
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	at := slices.Index(t.waiting, mine)
	if at < 0 {
		return nil // the turn came at the same moment, and is its owner's to pass on
	}
	t.waiting = slices.Delete(t.waiting, at, at+1)
	return ctx.Err()
}

// pass gives the turn to whoever has waited longest. If nobody waits it tells so, and the turn stays with its owner.
func (t *turns) pass() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.next()
}

// release passes the turn, or leaves it for whoever comes next.
func (t *turns) release() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.taken = t.next()
}

func (t *turns) next() bool {
	if len(t.waiting) == 0 {
		return false
	}
	close(t.waiting[0])
	t.waiting = slices.Delete(t.waiting, 0, 1)
	return true
}
