package bridge

import (
	"sync"
	"time"

	"sampledesk/workflow"
)

// breaker is the circuit breaker of one kind of call of one shop: it is open after a failure that the next call would
// meet too. Each effect is let through once, without a call, so that it shows why it waits, and each time a pause is
// over one of them is the trial. The zero value is closed. It is safe for concurrent use.
type breaker struct {
	mu      sync.Mutex
	tripped bool
	until   time.Time
	failure workflow.Failure
	trial   workflow.EffectID // the one that is tried once the pause is over
}

// open returns how long the breaker stays open, 0 or less if it is not.
func (b *breaker) open() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.tripped {
		return 0
	}
	return time.Until(b.until)
}

// budget is how long an effect has to wait for the breaker, and then for what ready takes a place in. What has to
// verify an earlier call is let through: that is a read.
func (b *breaker) budget(e workflow.Effect, ready func() time.Duration) time.Duration {
	wait := b.open()
	b.mu.Lock()
	shown := e.Failure.Code == b.failure.Code && e.Failure.Message == b.failure.Message
	b.mu.Unlock()
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
	if b.tripped {
		b.until, b.trial = time.Now().Add(breakerPause), e.ID // the others wait for its outcome
	}
	return 0
}

// holds reports why and for how long an effect has to wait for the trial of its shop; 0: it does not.
func (b *breaker) holds(e workflow.Effect) (workflow.Failure, time.Duration) {
	wait := b.open()
	b.mu.Lock()
	defer b.mu.Unlock()
	if e.Begun || e.Verifications > 0 || b.trial == e.ID {
		return workflow.Failure{}, 0
	}
	return b.failure, wait
}

// trip opens the breaker.
func (b *breaker) trip(failure workflow.Failure, pause time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tripped, b.until, b.failure, b.trial = true, time.Now().Add(pause), failure, ""
}

// reset closes the breaker.
func (b *breaker) reset() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tripped, b.until, b.failure, b.trial = false, time.Time{}, workflow.Failure{}, ""
}
