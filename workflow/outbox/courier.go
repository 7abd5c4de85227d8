// Package outbox delivers effects: it finds what is due, takes the budget and then the claim, hands the effect to the
// service that speaks to the outside, and records what came of it.
//
// What it promises. An effect is delivered at least once, and by one courier at a time: a claim is a lease that its
// owner prolongs while it works, so a claim outlives its owner by Lease at most. Within a lane effects go one by one and
// in order. No delivery waits in a limiter while it holds a claim: a service is asked for budget first, and effects that
// people wait for are offered the budget before routine. Whether a repeated delivery does any harm is the service's
// business: an effect says whether an earlier attempt was begun and never came to an outcome.
package outbox

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"sampledesk/workflow"
)

// The courier's times.
const (
	// Lease is how long a claim lasts unless it is prolonged.
	Lease = 10 * time.Second

	// look is how long the courier sleeps at the most, should nobody wake it.
	look = time.Second

	// grace is how long deliveries may go on once the courier is told to stop.
	grace = 6 * time.Second

	// batch is how many heads of a kind are read at first in a round. Where some of that many have to wait, those behind
	// them are read too, as what one shop waits for must not hide what another's budget allows; up to deepest.
	batch   = 256
	deepest = 16 * batch
)

// Service delivers effects to one place outside.
type Service interface {
	// Budget tells how long the effect has to wait for the service's limits; 0 takes the budget, and the courier then
	// claims and delivers. It must not block.
	Budget(workflow.Effect) time.Duration

	// Deliver does what the effect says and tells what came of it. It returns soon after ctx ends, and the outcome then
	// still counts. It must be safe for concurrent use.
	Deliver(ctx context.Context, e workflow.Effect) workflow.Outcome
}

// Engine is what the courier asks of the workflow.
type Engine interface {
	Claim(ctx context.Context, id workflow.EffectID, now, until time.Time) (workflow.Effect, bool, error)
	Extend(ctx context.Context, e workflow.Effect, until time.Time) (bool, error)
	Settle(ctx context.Context, e workflow.Effect, o workflow.Outcome, now time.Time) error
}

// Courier delivers what the store's outbox holds. Make one with New, and run it with Run.
type Courier struct {
	store    workflow.Store
	engine   Engine
	services map[workflow.Service]Service
	inFlight map[workflow.Service]int // how many deliveries of a shop may be under way
	log      *slog.Logger
	wake     chan struct{}

	mu   sync.Mutex
	busy map[seat]int
	wg   sync.WaitGroup
}

// seat is what deliveries under way are counted by, so that a shop that hangs holds up no other.
type seat struct {
	service workflow.Service
	shop    workflow.ShopID
}

// New returns a courier. InFlight says how many deliveries by a service may be under way at once for one shop.
func New(store workflow.Store, engine Engine, services map[workflow.Service]Service, inFlight map[workflow.Service]int, log *slog.Logger) *Courier {
	return &Courier{
		store: store, engine: engine, services: services, inFlight: inFlight, log: log,
		wake: make(chan struct{}, 1), busy: map[seat]int{},
	}
}

// Wake makes the courier look at once. It never blocks.
func (c *Courier) Wake() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// Run delivers until ctx ends. Deliveries under way then get a few seconds to come to an end, and their outcomes are
// recorded; what is not delivered stays in the store.
func (c *Courier) Run(ctx context.Context) {
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	for ctx.Err() == nil {
		pause := c.round(ctx, work)
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
		case <-c.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
	overdue := time.AfterFunc(grace, stop)
	c.wg.Wait()
	overdue.Stop()
}

// round starts every delivery that is due and within budget, and returns how long the courier may sleep.
func (c *Courier) round(ctx, work context.Context) time.Duration {
	pause, tried := look, map[workflow.EffectID]bool{}
	for depth := batch; depth <= deepest; depth *= 4 {
		wait, hidden, err := c.pass(ctx, work, depth, tried)
		if err != nil {
			if ctx.Err() == nil {
				c.log.ErrorContext(ctx, "could not read the outbox", "error", err)
			}
			return look
		}
		pause = min(pause, wait)
		if !hidden {
			break
		}
	}
	return pause
}

// pass tries the first heads of each kind that were not tried in this round. Hidden tells that some of them have to wait
// and that there may be others behind them.
func (c *Courier) pass(ctx, work context.Context, depth int, tried map[workflow.EffectID]bool) (pause time.Duration, hidden bool, err error) {
	now := time.Now()
	ready, next, full, err := c.ready(ctx, now, depth)
	if err != nil {
		return 0, false, err
	}
	pause = look
	if !next.IsZero() {
		pause = min(pause, max(next.Sub(now), 0))
	}
	waiting := len(tried) > 0 // this is no first pass: an earlier one met some that wait
	for _, e := range ready {
		if ctx.Err() != nil {
			return pause, false, nil
		}
		if tried[e.ID] {
			continue
		}
		tried[e.ID] = true
		if wait := c.start(ctx, work, e); wait > 0 {
			pause, waiting = min(pause, wait), true
		}
	}
	return pause, full && waiting, nil
}

// ready returns up to depth heads of each kind that are due, those that people wait for first, and when the next will be
// due. Full tells that there may be more.
func (c *Courier) ready(ctx context.Context, now time.Time, depth int) (ready []workflow.Effect, next time.Time, full bool, err error) {
	err = c.store.View(ctx, func(tx workflow.Tx) error {
		ready, next, full = nil, time.Time{}, false
		for _, kind := range workflow.EffectKinds {
			heads, later, err := tx.Ready(kind, now, depth)
			if err != nil {
				return err
			}
			ready, full = append(ready, heads...), full || len(heads) == depth
			if !later.IsZero() && (next.IsZero() || later.Before(next)) {
				next = later
			}
		}
		return nil
	})
	slices.SortStableFunc(ready, func(a, b workflow.Effect) int { return cmp.Compare(a.Priority, b.Priority) })
	return ready, next, full, err
}

// start claims one effect and sets its delivery going. A positive result is how long to wait for its budget, or at the
// most for a place among the deliveries under way.
func (c *Courier) start(ctx, work context.Context, e workflow.Effect) time.Duration {
	place := seat{e.Kind.Service(), e.Shop}
	service, ok := c.services[place.service]
	if !ok {
		return 0
	}
	if !c.take(place) {
		return look
	}
	if wait := c.budget(ctx, service, e); wait > 0 {
		c.leave(place)
		return wait
	}
	now := time.Now()
	claimed, ok, err := c.engine.Claim(ctx, e.ID, now, now.Add(Lease))
	if err != nil && ctx.Err() == nil {
		c.log.ErrorContext(ctx, "could not claim an effect", "effect", e.ID, "error", err)
	}
	if err != nil || !ok {
		c.leave(place)
		return 0
	}
	c.wg.Go(func() {
		defer c.Wake()
		defer c.leave(place)
		c.deliver(work, service, claimed)
	})
	return 0
}

// budget asks the service for the effect's budget. One that panics over an effect has none for it now.
func (c *Courier) budget(ctx context.Context, s Service, e workflow.Effect) (wait time.Duration) {
	defer func() {
		if p := recover(); p != nil {
			c.log.ErrorContext(ctx, "a budget panicked", "effect", e.ID, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			wait = look
		}
	}()
	return s.Budget(e)
}

// take takes a place among the deliveries under way. Those that leave wake the courier.
func (c *Courier) take(s seat) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.busy[s] >= c.inFlight[s.service] {
		return false
	}
	c.busy[s]++
	return true
}

func (c *Courier) leave(s seat) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.busy[s]--; c.busy[s] == 0 {
		delete(c.busy, s)
	}
}

// deliver hands the effect to its service, keeps the claim alive meanwhile, and records the outcome. That a delivery
// was cut short is an outcome too, so recording does not end with the context.
func (c *Courier) deliver(work context.Context, s Service, e workflow.Effect) {
	log := c.log.With("shop", e.Shop, "application", e.Application, "effect", e.ID, "kind", e.Kind, "attempt", e.Attempt)
	settling := context.WithoutCancel(work)
	stop := c.keepAlive(settling, e, log)
	outcome := c.try(work, s, e, log)
	stop()
	switch outcome.Then {
	case workflow.Buried:
		log.ErrorContext(work, "an effect can never be delivered", "code", outcome.Cause.Code, "cause", outcome.Cause.Message, "request_id", outcome.Cause.RequestID)
	case workflow.Again:
		log.WarnContext(work, "an effect has to be tried again", "after", outcome.After, "code", outcome.Cause.Code, "cause", outcome.Cause.Message, "request_id", outcome.Cause.RequestID)
	}
	if err := c.engine.Settle(settling, e, outcome, time.Now()); err != nil {
		log.ErrorContext(work, "could not record what came of an effect", "error", err)
	}
}

// try delivers, and turns a panic into a later attempt: one effect must not take the desk down.
func (c *Courier) try(ctx context.Context, s Service, e workflow.Effect, log *slog.Logger) (o workflow.Outcome) {
	defer func() {
		if p := recover(); p != nil {
			log.ErrorContext(ctx, "a delivery panicked", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			o = workflow.Outcome{Then: workflow.Again, After: Backoff(e.Attempt), Looks: max(e.Looks, 1), Cause: workflow.Cause{Message: "internal fault"}}
		}
	}()
	return s.Deliver(ctx, e)
}

// keepAlive prolongs the claim until stop is called.
func (c *Courier) keepAlive(ctx context.Context, e workflow.Effect, log *slog.Logger) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var done sync.WaitGroup
	done.Go(func() {
		tick := time.NewTicker(Lease / 3)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if ok, err := c.engine.Extend(ctx, e, time.Now().Add(Lease)); !ok && ctx.Err() == nil {
				log.WarnContext(ctx, "a claim could not be prolonged", "error", err)
			}
		}
	})
	return func() { cancel(); done.Wait() }
}

// The bounds of Backoff.
const (
	firstPause = time.Second
	maxPause   = 5 * time.Minute
)

// Backoff returns how long to wait after the n-th failed attempt: it doubles from a second up to five minutes, with
// jitter, so that what failed together does not come back together.
func Backoff(n int) time.Duration {
	pause := maxPause
	if n < 10 {
		pause = min(maxPause, firstPause<<max(n-1, 0))
	}
	return pause/2 + rand.N(pause/2+1)
}
