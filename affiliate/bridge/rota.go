package bridge

import (
	"maps"
	"sync"
	"time"

	"sampledesk/workflow"
)

// rota has something done for each shop, one at a time, so that a shop that hangs holds up no other. It keeps what one
// time has to remember for the next, and how the last went. It is safe for concurrent use; what is remembered is only
// touched by whoever entered.
type rota[T any] struct {
	mu   sync.Mutex
	busy map[workflow.ShopID]bool
	kept map[workflow.ShopID]*T
	went map[workflow.ShopID]Sweep
}

func newRota[T any]() *rota[T] {
	return &rota[T]{busy: map[workflow.ShopID]bool{}, kept: map[workflow.ShopID]*T{}, went: map[workflow.ShopID]Sweep{}}
}

// enter begins the one time that a shop may have at once, unless it has one.
func (r *rota[T]) enter(s workflow.ShopID) (*T, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.busy[s] {
		return nil, false
	}
	r.busy[s] = true
	if r.kept[s] == nil {
		r.kept[s] = new(T)
	}
	return r.kept[s], true
}

func (r *rota[T]) leave(s workflow.ShopID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.busy, s)
}

// record keeps how it went.
func (r *rota[T]) record(s workflow.ShopID, began time.Time, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	last := r.went[s]
	last.Began, last.Err = began, err
	if err == nil {
		last.Ended = time.Now()
	}
	r.went[s] = last
}

func (r *rota[T]) all() map[workflow.ShopID]Sweep {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.went)
}
