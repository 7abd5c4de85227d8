package bridge

import (
	"context"
	"sync"
	"time"

	"sampledesk/affiliate"
	"sampledesk/workflow"
	"sampledesk/workflow/desks"
)

// shopState is what the bridge keeps of one shop, in memory only.
type shopState struct {
	mu      sync.Mutex
	calls   *affiliate.Shop // nil before its first call
	cipher  string          // what the calls were made of, as is openID
	openID  string
	auth    *affiliate.Authorisation
	sending bool // a message is on its way

	sweep, backfill, poll, watch, origin job
	reviews                              breaker // of reviews
	messages                             breaker // of messages to creators; it never holds up reviews

	// Only the job that they are named for touches these.
	polled  pollState
	watched []workflow.Key // what is left of the round that is under way
	origins origins
}

func newShopState() *shopState {
	never := func(error) time.Duration { return 0 }
	always := func(pause time.Duration) func(error) time.Duration {
		return func(error) time.Duration { return pause }
	}
	withoutScope := func(err error) time.Duration {
		if affiliate.KindOf(err) == affiliate.ScopeMissing {
			return scopePause
		}
		return 0
	}
	return &shopState{
		sweep:    job{name: "sweep", failed: "sweep failed", pause: never},
		backfill: job{name: "backfill", failed: "backfill failed", pause: never},
		poll:     job{name: "messages", failed: "message poll failed", pause: withoutScope},
		watch:    job{name: "content", failed: "content poll failed", pause: withoutScope},
		origin:   job{failed: "could not look up where applications came from", pause: always(originPause)},
		polled:   newPollState(),
		origins:  origins{found: map[workflow.ApplicationID]workflow.Collab{}, none: map[uint64]struct{}{}},
	}
}

// scopePause is how long nothing is asked about a shop's messages or content once the scope for them is missing.
const scopePause = 30 * time.Minute

// of returns what is kept of a shop.
func (b *Bridge) of(s workflow.ShopID) *shopState {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.shops[s] == nil {
		b.shops[s] = newShopState()
	}
	return b.shops[s]
}

// ready takes a place in the shop's budget of writes to an endpoint. Of a shop that made no call yet Deliver takes it.
func (s *shopState) ready(endpoint affiliate.Endpoint) time.Duration {
	s.mu.Lock()
	calls := s.calls
	s.mu.Unlock()
	if calls == nil {
		return 0
	}
	return calls.Ready(endpoint)
}

// job is what is done for a shop again and again: one run at a time, so that a shop that hangs does not delay the
// others. It keeps how its last run went, and rests after failures that would come again.
type job struct {
	name   string                            // of the turn that desks take at it; empty: it is part of another job
	failed string                            // what the log says of a run that failed
	pause  func(failure error) time.Duration // how long it rests after one; 0: not at all

	rest breaker // open while it rests

	mu      sync.Mutex
	running bool
	failing bool // a failure was logged, and no run succeeded since
	went    Sweep
}

// began notes that a run began.
func (j *job) began(now time.Time) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.went.Running, j.went.Read, j.went.Changed = now, 0, 0
}

// ended keeps how a run went.
func (j *job) ended(now time.Time, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.went.Began, j.went.Running, j.went.Read, j.went.Err = j.went.Running, time.Time{}, 0, err
	if err == nil {
		j.went.Ended, j.failing = now, false
	}
}

// borrow keeps runs from beginning until giveBack, unless one is under way or the job rests.
func (j *job) borrow() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.running || j.rest.open() > 0 {
		return false
	}
	j.running = true
	return true
}

func (j *job) giveBack() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.running = false
}

// good returns when the last run began, here or at another desk, if it went through.
func (j *job) good() time.Time {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.went.Err != nil {
		return time.Time{}
	}
	return j.went.Began
}

// tell changes what is known of the job.
func (j *job) tell(change func(*Sweep)) {
	j.mu.Lock()
	defer j.mu.Unlock()
	change(&j.went)
}

// trip has the job rest after a failure, and reports whether that is the first since it last succeeded.
func (j *job) trip(err error) (first bool) {
	if pause := j.pause(err); pause > 0 {
		j.rest.trip(workflow.Failure{}, pause)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	first, j.failing = !j.failing, true
	return first
}

// forEachShop does something for every connected shop at once, and returns when all is done. Failed is what the log says
// if the shops cannot be read.
func (b *Bridge) forEachShop(ctx context.Context, failed string, do func(workflow.Shop, *shopState)) {
	shops, err := b.Shops(ctx)
	if err != nil {
		b.log.ErrorContext(ctx, failed, "error", err)
		return
	}
	var all sync.WaitGroup
	for _, s := range shops {
		all.Go(func() { do(s, b.of(s.ID)) })
	}
	all.Wait()
}

// run runs a job of a shop for a tick, unless it runs already, rests, or is another desk's, and reports whether it ran and
// succeeded. It is the one way in which jobs run. A failure stops nothing else: it is logged once until a run succeeds again.
func (b *Bridge) run(ctx context.Context, s workflow.ShopID, j *job, tick time.Time, do func(ctx context.Context) error) bool {
	if !j.borrow() {
		return false
	}
	defer j.giveBack()
	ran := false
	work := func(ctx context.Context) (note string, err error) {
		j.began(b.store.Now())
		ran = true
		defer func() { j.ended(b.store.Now(), err); note = j.note() }()
		return "", do(ctx)
	}
	var err error
	if j.name == "" {
		_, err = work(ctx)
	} else {
		_, err = b.Desks.Do(ctx, desks.Job{Name: j.name + " " + string(s), Tick: tick, Do: work, Elsewhere: j.elsewhere})
	}
	b.jobFailed(ctx, s, j, err)
	return ran && err == nil
}

// jobFailed logs the failure of a job, and lets it rest if the next run would fail too.
func (b *Bridge) jobFailed(ctx context.Context, s workflow.ShopID, j *job, err error) {
	if err == nil || ctx.Err() != nil || !j.trip(err) {
		return
	}
	log := b.log
	if pause := j.pause(err); pause > 0 {
		log = log.With("again_after", pause)
	}
	log.WarnContext(ctx, j.failed, "shop", s, "error", err)
}

// went returns how the last run of a job of each shop went, here or at another desk, by this machine's clock.
func (b *Bridge) went(of func(*shopState) *job) map[workflow.ShopID]Sweep {
	b.mu.Lock()
	defer b.mu.Unlock()
	ahead := time.Since(b.store.Now()).Round(clocksAgree)
	all := make(map[workflow.ShopID]Sweep, len(b.shops))
	for id, s := range b.shops {
		j := of(s)
		j.tell(func(went *Sweep) {
			if !went.Began.IsZero() || !went.Running.IsZero() {
				all[id] = went.shifted(ahead)
			}
		})
	}
	return all
}
