package bridge

import (
	"sync"
	"time"

	"sampledesk/workflow"
)

// breaker holds up one kind of call of the shops for which a call met a fault that the next would meet too. Each effect
// is let through once to be told why it waits, without a call, and each time a pause is over one of them tries. It is
// safe for concurrent use.
type breaker struct {
	mu    sync.Mutex
	pause map[workflow.ShopID]pause
}

// pause is why no call of a shop goes out, and until when.
type pause struct {
	until time.Time
	cause workflow.Cause
	trial workflow.EffectID // the one that tries, once the time is over
}

func newBreaker() *breaker { return &breaker{pause: map[workflow.ShopID]pause{}} }

// budget is how long an effect has to wait for the breaker, and then for what ready takes a place in. What looks first
// what became of an earlier call is let through: a look is a read.
func (b *breaker) budget(e workflow.Effect, ready func() time.Duration) time.Duration {
	b.mu.Lock()
	p := b.pause[e.Shop]
	b.mu.Unlock()
	wait := time.Until(p.until)
	told := e.Cause.Code == p.cause.Code && e.Cause.Message == p.cause.Message
	switch {
	case e.Begun || e.Looks > 0:
		return 0
	case wait > 0 && told:
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
		b.pause[e.Shop] = pause{until: time.Now().Add(hold), cause: p.cause, trial: e.ID} // the others wait for what comes of it
	}
	return 0
}

// holds tells whether an effect has to wait for one that tries for all of the shop.
func (b *breaker) holds(e workflow.Effect) (pause, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.pause[e.Shop]
	return p, !e.Begun && e.Looks == 0 && p.trial != e.ID && time.Until(p.until) > 0
}

// trip lets the calls of a shop rest.
func (b *breaker) trip(s workflow.ShopID, c workflow.Cause, rest time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pause[s] = pause{until: time.Now().Add(rest), cause: c}
}

// reset lets the calls of a shop go again.
func (b *breaker) reset(s workflow.ShopID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.pause, s)
}
