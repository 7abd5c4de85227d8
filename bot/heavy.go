package bot

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"sampledesk/bot/access"
	"sampledesk/workflow"
)

// The bounds of what is read for people who only look. How much each surface reads at the most:
//
//	a click or dialog that decides, a mention   its application, its shop, the listings by key
//	approve, reject, assign by name             query.MaxHits requests
//	/samples queue, its pages                   a page of each shop and, for the way back, 25 pages
//	/samples show, find                         query.MaxHits requests; of one request its history
//	/samples stats                              the hours of the period: 8,784 sums a shop for a year
//	its file                                    20,000 requests with their histories, in a run
//	the test of a rule                          query.TestAtOnce requests; of more all, in a run
//	/samples status, retry                      1,000 dead letters, 1,000 heads and 500 lanes of each kind of effect
//	/campaign list, a menu of campaigns         5,000 campaigns of each shop; of the ten that are shown, counts
//	/campaign status, its picture               counts, and the few that it names
//	a menu of products or requests              10,000 variants; 600 requests a shop
//	Decide several                              what waits in the shop
//	App Home                                    its page, 29 pages to number the first row, 101 to count what ends soon
//
// Everything but the first two lines goes through heavyReads.
const (
	// heavyAtOnce is how many such reads run at a time. One core stays for those who decide.
	heavyAtOnce = 2

	// heavyWaiting is how many wait at the most: fewer than the handlers that the socket has, so that decisions find one.
	heavyWaiting = 128

	// heavyWait is how long one waits for its turn.
	heavyWait = 10 * time.Second
)

// heavyReads is a store that lets a few reads run at a time, so that those who look keep nobody waiting who decides. The
// others wait for their turn in the order in which they came. It is safe for concurrent use.
type heavyReads struct {
	workflow.Store
	turns   *semaphore.Weighted
	long    *semaphore.Weighted
	waiting atomic.Int32
}

func newHeavyReads(store workflow.Store) *heavyReads {
	return &heavyReads{Store: store, turns: semaphore.NewWeighted(heavyAtOnce), long: semaphore.NewWeighted(1)}
}

// View is the store's View in turn. The error is an access.ErrBusy where there is none in time.
func (h *heavyReads) View(ctx context.Context, fn func(workflow.Tx) error) error {
	if err := h.take(ctx, h.turns, heavyWait); err != nil {
		return err
	}
	defer h.turns.Release(1)
	return h.Store.View(ctx, fn)
}

// Long is View for what takes seconds. It waits for as long as ctx lasts, and of such reads one runs at a time, so that
// there always is a turn for what takes less.
func (h *heavyReads) Long(ctx context.Context, fn func(workflow.Tx) error) error {
	if err := h.long.Acquire(ctx, 1); err != nil {
		return fmt.Errorf("%w: %w", access.ErrBusy, err)
	}
	defer h.long.Release(1)
	if err := h.turns.Acquire(ctx, 1); err != nil {
		return fmt.Errorf("%w: %w", access.ErrBusy, err)
	}
	defer h.turns.Release(1)
	return h.Store.View(ctx, fn)
}

// take waits for a turn.
func (h *heavyReads) take(ctx context.Context, turns *semaphore.Weighted, most time.Duration) error {
	if turns.TryAcquire(1) {
		return nil
	}
	if h.waiting.Add(1) > heavyWaiting {
		h.waiting.Add(-1)
		return access.ErrBusy
	}
	defer h.waiting.Add(-1)
	ctx, cancel := context.WithTimeoutCause(ctx, most, errors.New("no turn in time"))
	defer cancel()
	if err := turns.Acquire(ctx, 1); err != nil {
		return fmt.Errorf("%w: %w", access.ErrBusy, context.Cause(ctx))
	}
	return nil
}
