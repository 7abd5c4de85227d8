package bridge

import (
	"sync"
	"time"

	"sampledesk/workflow"
)

// breaker is the circuit breaker of one kind of call, per shop: it is open after a failure that the next call would
// meet too. Each effect is let through once, without a call, so that it shows why it waits, and each time a pause is
// over one of them is the trial. It is safe for concurrent use.
type breaker struct {
	mu    sync.Mutex
	pause map[workflow.ShopID]pause
}

// pause is why no call of a shop goes out, and until when.
type pause struct {
	until   time.Time
	failure workflow.Failure
	trial   workflow.EffectID // the one that is tried once the pause is over
}

func newBreaker() *breaker { return &breaker{pause: map[workflow.ShopID]pause{}} }

// budget is how long an effect has to wait for the breaker, and then for what ready takes a place in. What has to
// verify an earlier call is let through: that is a read.
func (b *breaker) budget(e workflow.Effect, ready func() time.Duration) time.Duration {
	b.mu.Lock()
	p := b.pause[e.Shop]
	b.mu.Unlock()
	wait := time.Until(p.until)
	shown := e.Failure.Code == p.failure.Code && e.Failure.Message == p.failure.Message
	switch {
	case e.Begun || e.Verifications > 0:
		return 0
	case wait > 0 && shown:
		return wait
	case wait > 0:
		return 0
	}
	if wait := ready(); wait > 0 {
		return wait
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if p, held := b.pause[e.Shop]; held {
		b.pause[e.Shop] = pause{until: time.Now().Add(breakerPause), failure: p.failure, trial: e.ID} // the others wait for its outcome
	}
	return 0
}

// holds reports whether an effect has to wait for the trial of its shop.
func (b *breaker) holds(e workflow.Effect) (pause, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.pause[e.Shop]
	return p, !e.Begun && e.Verifications == 0 && p.trial != e.ID && time.Until(p.until) > 0
}

// trip opens the breaker of a shop.
func (b *breaker) trip(s workflow.ShopID, c workflow.Failure, rest time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pause[s] = pause{until: time.Now().Add(rest), failure: c}
}

// reset closes the breaker of a shop.
func (b *breaker) reset(s workflow.ShopID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.pause, s)
}
