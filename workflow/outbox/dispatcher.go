// Package outbox delivers effects: it finds what is due, takes the budget and then the claim, hands the effect to the
// service that speaks to the outside, and records what came of it.
//
// What it guarantees: an effect is delivered at least once, and by one dispatcher at a time: a claim is a lease that
// its owner prolongs while it works, so a claim outlives its owner by Lease at most. Within a lane effects go one by
// one and in order. No delivery waits in a limiter while it holds a claim: a service is asked for budget first, and
// effects that people wait for are offered the budget before routine. Decisions have slots of their own among the
// deliveries under way, and so has what people wait for: routine cannot use them up. Whether a repeated delivery does
// any harm is the service's business: an effect says whether an earlier attempt was begun and never came to an outcome.
//
// What waits costs next to nothing: the dispatcher sleeps until something is due, a limit has budget again or somebody
// wakes it, and an effect that waits for a limit is not read again before that limit has budget again (pass.go).
package outbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// The dispatcher's times.
const (
	// Lease is how long a claim lasts unless it is prolonged.
	Lease = 10 * time.Second

	// maxSleep is how long the dispatcher sleeps at the most, should nobody wake it.
	maxSleep = 10 * time.Second

	// errorPause is how long it waits after a fault of the store or of a service.
	errorPause = time.Second

	// editPatience is how long the outcome of an edit may stay unrecorded, so that it goes along with another commit:
	// that of a decision, which was shown, is recorded when the decision is sent. Its claim is a lease, which costs
	// nothing to prolong.
	editPatience = 12 * time.Second

	// shortPatience is the same of a message that was posted, and margin is what has to be left of its claim.
	shortPatience = 5 * time.Second
	margin        = time.Second

	// restAfter is how many times as long as a pass took the dispatcher rests after it, though it was woken meanwhile, and
	// longestRest the most: who clicks wakes it with each click, and a pass over a long backlog is not to be repeated for
	// each, on the same processor. It is long enough for a pass over ten thousand cards to take no more than a twentieth of
	// the time, as a short one does. One wake after a while starts a pass at once.
	restAfter   = 20
	longestRest = 250 * time.Millisecond

	// grace is how long deliveries may go on once the dispatcher is stopped.
	grace = 6 * time.Second
)

// Service delivers effects to one place outside.
type Service interface {
	// Limit names what the effect's budget is taken from, such as a method and a channel. While a limit has no budget,
	// no other effect of that limit is read or asked for. Empty: the effect shares its budget with no other. The
	// transaction is for reading.
	Limit(workflow.Tx, workflow.Effect) (string, error)

	// Budget returns how long the effect has to wait for that limit; 0 takes the budget, and the dispatcher then claims
	// and delivers. It must not block, nor use the store.
	Budget(e workflow.Effect, limit string) time.Duration

	// Deliver does what the effect says and returns the outcome. One that is to be tried again and names no delay gets
	// the dispatcher's back-off. It returns soon after ctx ends, and the outcome then still counts. It must be safe for
	// concurrent use.
	Deliver(ctx context.Context, e workflow.Effect) engine.Outcome
}

// Engine is what the dispatcher asks of the workflow.
type Engine interface {
	ClaimAll(ctx context.Context, ids []workflow.EffectID, now, until time.Time) ([]workflow.Effect, error)
	Extend(ctx context.Context, e workflow.Effect, until time.Time) (bool, error)
	CarryOn(ctx context.Context, id workflow.RunID, now time.Time) (last bool, err error)
	SettleSoon(ctx context.Context, e workflow.Effect, o engine.Outcome, now time.Time, patience time.Duration) error
}

// Dispatcher delivers what the store's outbox holds. Make one with New, and run it with Run.
type Dispatcher struct {
	store    workflow.Store
	engine   Engine
	services map[workflow.Service]Service
	log      *slog.Logger
	wake     chan struct{}
	slots    *slots
	wg       sync.WaitGroup

	// Mine reports whether this desk goes first for a name, among those that share the store. Nil: it is alone. It is set
	// before Run.
	Mine func(name string) bool

	waiting waiting // of the goroutine that runs Run, and of no other
}

// New returns a dispatcher. InFlight says how many deliveries by a service may be under way at once for one shop: so
// many decisions, so many others that people wait for, and so many of routine.
// What the desk does itself needs no service.
func New(store workflow.Store, engine Engine, services map[workflow.Service]Service, inFlight map[workflow.Service]int, log *slog.Logger) *Dispatcher {
	services, inFlight = maps.Clone(services), maps.Clone(inFlight)
	services[workflow.Itself], inFlight[workflow.Itself] = itself{engine}, 2
	return &Dispatcher{
		store: store, engine: engine, services: services, log: log,
		wake: make(chan struct{}, 1), slots: newSlots(inFlight), waiting: newWaiting(store),
	}
}

// Wake starts a round at once. It never blocks.
func (d *Dispatcher) Wake() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// Run delivers until ctx ends. Deliveries under way then get a few seconds to come to an end, and their outcomes are
// recorded; what is not delivered stays in the store.
func (d *Dispatcher) Run(ctx context.Context) {
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	timer := time.NewTimer(maxSleep)
	defer timer.Stop()
	for ctx.Err() == nil {
		pause, rest := d.round(ctx, work)
		d.rest(ctx, rest)
		timer.Reset(pause - rest)
		select {
		case <-ctx.Done():
		case <-d.wake:
			d.waiting.findAgain()
		case <-timer.C:
		}
	}
	overdue := time.AfterFunc(grace, stop)
	d.wg.Wait()
	overdue.Stop()
}

// restOf returns how long the dispatcher rests after a pass that took so long, if it may sleep that long.
func restOf(took, sleep time.Duration) time.Duration {
	return max(0, min(restAfter*took, longestRest, sleep))
}

// rest lets wakes wait.
func (d *Dispatcher) rest(ctx context.Context, rest time.Duration) {
	if rest <= 0 {
		return
	}
	select {
	case <-ctx.Done():
	case <-time.After(rest):
	}
}

// round starts every delivery that is due and within budget, and returns how long the dispatcher may sleep, and for how
// much of that nobody can wake it.
func (d *Dispatcher) round(ctx, work context.Context) (pause, rest time.Duration) {
	p, err := d.choose(ctx)
	if err != nil {
		if ctx.Err() == nil {
			d.log.ErrorContext(ctx, "could not read the outbox", "error", err)
		}
		return errorPause, 0
	}
	took := time.Since(p.began)
	pause = p.pause
	if err := d.start(ctx, work, p.chosen); err != nil {
		if ctx.Err() == nil {
			d.log.ErrorContext(ctx, "could not claim an effect", "error", err)
		}
		d.waiting.findAgain()
		pause = min(pause, errorPause)
	}
	return pause, restOf(took, pause)
}

// start claims effects that have their budgets and their seats, all at once, and sets their deliveries going. If that
// fails, each is tried by itself: one that cannot be claimed must not keep the others.
func (d *Dispatcher) start(ctx, work context.Context, all []chosen) error {
	if len(all) == 0 {
		return nil
	}
	var ids []workflow.EffectID
	for _, chosen := range all {
		ids = append(ids, chosen.effect.ID)
	}
	now := d.store.Now()
	until := now.Add(Lease)
	got, err := d.engine.ClaimAll(ctx, ids, now, until)
	if err != nil && len(all) > 1 {
		var errs []error
		for i := range all {
			errs = append(errs, d.start(ctx, work, all[i:i+1]))
		}
		return errors.Join(errs...)
	}
	for _, chosen := range all {
		at := slices.IndexFunc(got, func(e workflow.Effect) bool { return e.ID == chosen.effect.ID })
		if at < 0 {
			d.leave(chosen.slot)
			continue
		}
		d.wg.Go(func() { d.deliver(ctx, work, chosen.slot, got[at], until) })
	}
	return err
}

// leave frees a slot, and wakes the dispatcher if something waits for one like it.
func (d *Dispatcher) leave(s slot) {
	if d.slots.leave(s) {
		d.Wake()
	}
}

// deliver hands the effect to its service, keeps the claim alive meanwhile, and records the outcome. That a delivery
// was cut short is an outcome too, so recording does not end with the context. The seat is given back as soon as the
// service is done.
func (d *Dispatcher) deliver(ctx, work context.Context, seat slot, e workflow.Effect, until time.Time) {
	log := d.log.With("shop", e.Shop, "application", e.Application, "effect", e.ID, "kind", e.Kind, "attempt", e.Attempt)
	settling := context.WithoutCancel(work)
	stop := d.keepAlive(settling, e, until, log)
	defer stop()
	began := time.Now()
	outcome := d.try(work, d.services[seat.service], e, log)
	took := time.Since(began)
	d.leave(seat)
	if outcome.Then == engine.Again && outcome.After == 0 {
		outcome.After = max(outcome.AtLeast, Backoff(e.Attempt))
	}
	logOutcome(work, log, e, outcome, took)
	patience := editPatience
	if !e.Leased { // to prolong it costs a commit
		patience = min(shortPatience, stop().Sub(d.store.Now())-margin)
	}
	now := d.store.Now()
	err := d.engine.SettleSoon(ctx, e, outcome, now, patience)
	if err != nil && ctx.Err() != nil { // the dispatcher is to stop, and nothing waits for company any more
		err = d.engine.SettleSoon(settling, e, outcome, now, 0)
	}
	if err != nil {
		log.ErrorContext(work, "could not record the outcome of a delivery", "error", err)
		d.Wake() // the claim lapses by itself, and the next round has to know when
	}
}

// logOutcome logs what came of a delivery: one line each, with the request id by which the service knows the call.
func logOutcome(ctx context.Context, log *slog.Logger, e workflow.Effect, o engine.Outcome, took time.Duration) {
	log = log.With("took", took.Round(time.Microsecond))
	if e.Review != nil {
		log = log.With("verdict", e.Review.Verdict)
	}
	if o.Event != nil {
		log = log.With("event", o.Event.Kind())
	}
	if o.Failure != (workflow.Failure{}) {
		log = log.With("cause", o.Failure.Message)
	}
	if o.Failure.Code != 0 {
		log = log.With("code", o.Failure.Code)
	}
	if id := cmp.Or(o.RequestID, o.Failure.RequestID); id != "" {
		log = log.With("request_id", id)
	}
	switch {
	case o.Then == engine.Buried:
		log.ErrorContext(ctx, "effect can never be delivered")
	case o.Then == engine.Again && o.Failure == (workflow.Failure{}):
		log.DebugContext(ctx, "delivery goes on later", "after", o.After)
	case o.Then == engine.Again, o.Then == engine.AtOnce:
		log.WarnContext(ctx, "delivery failed, will be retried", "after", o.After)
	case o.Then == engine.Park, o.Nothing, e.Kind.Service() == workflow.Itself:
		log.DebugContext(ctx, "nothing to deliver")
	default:
		log.InfoContext(ctx, "delivered")
	}
}

// try delivers, and turns a panic into a later attempt: one effect must not crash the desk.
func (d *Dispatcher) try(ctx context.Context, s Service, e workflow.Effect, log *slog.Logger) (o engine.Outcome) {
	defer func() {
		if p := recover(); p != nil {
			log.ErrorContext(ctx, "delivery panicked", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			o = engine.Outcome{Then: engine.Again, Verifications: max(e.Verifications, 1), Failure: workflow.Failure{Message: "internal fault"}}
		}
	}()
	return s.Deliver(ctx, e)
}

// keepAlive prolongs the claim until stop is called, which returns the end of the claim.
func (d *Dispatcher) keepAlive(ctx context.Context, e workflow.Effect, until time.Time, log *slog.Logger) (stop func() time.Time) {
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
			later := d.store.Now().Add(Lease)
			switch ok, err := d.engine.Extend(ctx, e, later); {
			case ok:
				until = later
			case ctx.Err() == nil:
				log.WarnContext(ctx, "could not extend a claim", "error", err)
			}
		}
	})
	return func() time.Time { cancel(); done.Wait(); return until }
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

// patience is how long a service gets that does not take something which it may take yet: Slack has answered that good
// messages are invalid for hours.
var patience = []time.Duration{2 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute}

// Refusals is how many attempts of something that a service does not take are made before another way is tried.
var Refusals = len(patience)

// Patience returns how long to wait after the n-th such attempt, from 1: about 2, 10 and 30 seconds, then minutes.
func Patience(n int) time.Duration {
	pause := patience[min(max(n, 1), len(patience))-1]
	return pause + rand.N(pause/10+1)
}
