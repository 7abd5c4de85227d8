package bridge

import (
	"maps"
	"sync"
	"time"

	"sampledesk/workflow"
)

// perShop runs one job at a time per shop, so that a shop that hangs does not delay the others. It keeps the job's
// state from one run to the next, and how the last run went. It is safe for concurrent use; the state is only touched
// by whoever entered.
type perShop[T any] struct {
	mu   sync.Mutex
	busy map[workflow.ShopID]bool
	kept map[workflow.ShopID]*T
	went map[workflow.ShopID]Sweep
}

func newPerShop[T any]() *perShop[T] {
	return &perShop[T]{busy: map[workflow.ShopID]bool{}, kept: map[workflow.ShopID]*T{}, went: map[workflow.ShopID]Sweep{}}
}

// enter begins the shop's job, unless it is running.
func (r *perShop[T]) enter(s workflow.ShopID) (*T, bool) {
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

func (r *perShop[T]) leave(s workflow.ShopID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.busy, s)
}

// record keeps how a run went.
func (r *perShop[T]) record(s workflow.ShopID, began time.Time, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	last := r.went[s]
	last.Began, last.Err = began, err
	if err == nil {
		last.Ended = time.Now()
	}
	r.went[s] = last
}

func (r *perShop[T]) all() map[workflow.ShopID]Sweep {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.went)
}
