package affiliate

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Endpoint names a kind of call. The vendor counts calls per app, shop and endpoint,
// does not document the quota, and changes it as it likes.
type Endpoint string

// The endpoints that this client calls.
const (
	EndpointShops            Endpoint = "shops"
	EndpointSearch           Endpoint = "sample_applications/search"
	EndpointReview           Endpoint = "sample_applications/review"
	EndpointContent          Endpoint = "sample_applications/fulfillments"
	EndpointLink             Endpoint = "sample_applications/deeplink"
	EndpointCollaborations   Endpoint = "target_collaborations/search"
	EndpointCollaboration    Endpoint = "target_collaborations"
	EndpointConversation     Endpoint = "conversations/create"
	EndpointConversationList Endpoint = "conversations/list"
	EndpointMessage          Endpoint = "conversations/messages/send"
	EndpointMessageList      Endpoint = "conversations/messages/list"
	EndpointMarkRead         Endpoint = "conversations/read"
)

// The pace: what the vendor advises to start with, halved on each refusal for
// too many requests and recovered one step at a time. A step, which is also the
// slowest pace, is a tenth of the full one.
const (
	fullRate        rate.Limit = 10 // calls per second
	paceSteps                  = 10
	recoveryTime               = 10 * time.Second // for one step
	inFlight                   = 2                // calls at a time per shop
	defaultPause               = time.Second      // after a 429 that asks for no wait
	longestPause               = 10 * time.Minute // that an answer gets, whatever it asks for
	reservationLife            = 5 * time.Second  // of what Ready took and nobody used
)

// messageSpacing lies between two messages of a shop. Operators saw that less than
// about five seconds gets refused; whether that holds for a conversation or for the
// shop was not clear, so the stricter reading is kept to. It is longer than
// reservationLife, so that two messages are never reserved at a time.
const messageSpacing = 5500 * time.Millisecond

// budget is what one shop's calls keep to.
type budget struct {
	gate gate
	log  *slog.Logger

	shared Shared // nil: the program is alone
	name   string // of these budgets among the shared ones

	mu      sync.Mutex
	buckets map[Endpoint]*bucket
}

func newBudget(log *slog.Logger, shared Shared, name string) *budget {
	return &budget{gate: gate{free: inFlight}, log: log, shared: shared, name: name, buckets: map[Endpoint]*bucket{}}
}

// Shared keeps budgets for several programs that call for one app. A budget fills by a
// call in each `every`, up to burst.
type Shared interface {
	// Take takes a call, or tells how long to wait for one.
	Take(ctx context.Context, budget string, every time.Duration, burst int) (wait time.Duration, err error)
	// Hold keeps everybody from taking for a while.
	Hold(ctx context.Context, budget string, wait time.Duration) error
}

// sharedRecovery is recoveryTime where programs share their budgets: as the first of them
// to have its pace back finds out for all whether that is too fast, they are slower about it.
const sharedRecovery = 2 * recoveryTime

// sharedTime bounds a question to shared budgets, and sharedPause is how long nothing is
// called where they do not answer.
const (
	sharedTime  = time.Second
	sharedPause = time.Second
)

func (b *budget) bucket(endpoint Endpoint) *bucket {
	b.mu.Lock()
	defer b.mu.Unlock()
	found := b.buckets[endpoint]
	if found == nil {
		found = newBucket(endpoint)
		found.shared, found.name = b.shared, b.name+" "+string(endpoint)
		b.buckets[endpoint] = found
	}
	return found
}

// acquire waits until a call may be sent, and returns what must be called once it was
// answered. A token is taken only with a place in flight in hand, and no place is
// held while waiting for a token, so a slow endpoint never blocks another. It waits
// for a token no longer than the timeout.
func (b *budget) acquire(ctx context.Context, endpoint Endpoint, urgent bool, timeout time.Duration) (leave func(), err error) {
	bucket := b.bucket(endpoint)
	deadline := time.Now().Add(timeout)
	for {
		wait := bucket.wait(time.Now(), urgent)
		if wait > 0 && time.Now().Add(wait).After(deadline) {
			return nil, &BudgetError{Endpoint: endpoint, Wait: wait}
		}
		if err := sleep(ctx, wait); err != nil {
			return nil, fmt.Errorf("waiting for the budget of %s: %w", endpoint, err)
		}
		if err := b.gate.enter(ctx, urgent); err != nil {
			return nil, fmt.Errorf("waiting for a place among the calls in flight: %w", err)
		}
		if bucket.take(time.Now(), urgent) {
			return b.gate.leave, nil
		}
		b.gate.leave()
	}
}

// throttled slows the endpoint down after a refusal for too many requests.
func (b *budget) throttled(endpoint Endpoint, sent time.Time, retryAfter time.Duration) {
	pace := b.bucket(endpoint).throttled(sent, time.Now(), retryAfter)
	b.log.Warn("slowed down after too many requests", "endpoint", string(endpoint), "per_second", float64(pace))
}

// answered records how a call ended. Where calls are spaced, the next is spaced from
// here: when in between the vendor counted this one, only the vendor knows. A call
// under a token that had expired was not counted, and may be made again at once.
func (b *budget) answered(endpoint Endpoint, err error) {
	bucket := b.bucket(endpoint)
	bucket.mu.Lock()
	defer bucket.mu.Unlock()
	now := time.Now()
	if bucket.spacing > 0 && KindOf(err) == TokenExpired {
		bucket.reserved = append(bucket.reserved, now)
		return
	}
	bucket.space(now)
	if bucket.spacing > 0 {
		bucket.hold(bucket.spacing)
	}
}

// bucket is the pace of one endpoint of one shop.
type bucket struct {
	full    rate.Limit    // the pace to start with and to recover to
	spacing time.Duration // between two calls, zero where only the pace counts
	shared  Shared        // nil: the program is alone
	name    string        // among the shared budgets

	mu       sync.Mutex
	limiter  *rate.Limiter
	changed  time.Time // when the pace was last halved or recovered
	halved   time.Time
	resume   time.Time   // no call before this
	reserved []time.Time // when tokens were taken ahead of their calls
}

func newBucket(endpoint Endpoint) *bucket {
	full, spacing := fullRate, time.Duration(0)
	if endpoint == EndpointMessage {
		full, spacing = rate.Every(messageSpacing), messageSpacing
	}
	return &bucket{full: full, spacing: spacing, limiter: rate.NewLimiter(full, 1)}
}

// reserve takes a token ahead of its call, or says how long to wait for one.
func (b *bucket) reserve(now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if wait := b.need(now); wait > 0 {
		return wait
	}
	if !b.limiter.AllowN(now, 1) {
		return time.Millisecond
	}
	if wait := b.ask(now); wait > 0 {
		return wait
	}
	b.expire(now)
	b.reserved = append(b.reserved, now)
	return 0
}

// wait is how long until a token may be there; it takes none.
func (b *bucket) wait(now time.Time, reserved bool) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.expire(now); reserved && len(b.reserved) > 0 {
		return 0
	}
	return b.need(now)
}

// take takes a token, where promised is set one taken ahead if there is any.
func (b *bucket) take(now time.Time, reserved bool) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.expire(now); reserved && len(b.reserved) > 0 {
		b.reserved = b.reserved[1:]
		b.space(now)
		return true
	}
	taken := b.need(now) == 0 && b.limiter.AllowN(now, 1) && b.ask(now) == 0
	if taken {
		b.space(now)
	}
	return taken
}

// ask takes a call from the shared budget, or waits as it says. A wait that is longer than
// calls are apart says that another program was refused: this one slows down as that one
// did. The lock is held.
func (b *bucket) ask(now time.Time) (wait time.Duration) {
	if b.shared == nil {
		return 0
	}
	ctx, cancel := context.WithTimeout(context.Background(), sharedTime)
	defer cancel()
	every := time.Duration(float64(time.Second) / float64(b.limiter.Limit()))
	wait, err := b.shared.Take(ctx, b.name, every, 1)
	if err != nil {
		wait = sharedPause
	}
	if wait <= 0 {
		return 0
	}
	if err == nil && b.spacing == 0 && wait > 2*every && !now.Before(b.resume) && now.Sub(b.halved) > wait {
		b.limiter.SetLimitAt(now, max(b.full/paceSteps, b.limiter.Limit()/2))
		b.halved, b.changed = now, now
	}
	if resume := now.Add(wait); resume.After(b.resume) {
		b.resume = resume
	}
	return wait
}

// hold keeps the other programs from calling. The lock is held.
func (b *bucket) hold(wait time.Duration) {
	if b.shared == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), sharedTime)
	defer cancel()
	_ = b.shared.Hold(ctx, b.name, wait) // else the vendor says it to each
}

// space keeps the next call at its distance from one that happened now.
func (b *bucket) space(now time.Time) {
	if next := now.Add(b.spacing); b.spacing > 0 && next.After(b.resume) {
		b.resume = next
	}
}

// need is how long until a token is there, zero for at once.
func (b *bucket) need(now time.Time) time.Duration {
	b.recover(now)
	paused := max(b.resume.Sub(now), 0)
	missing := 1 - b.limiter.TokensAt(now)
	if missing <= 0 {
		return paused
	}
	seconds := missing / float64(b.limiter.Limit())
	return max(paused, time.Duration(seconds*float64(time.Second)), time.Millisecond)
}

// expire forgets tokens that were taken ahead and not used. They stay spent:
// that errs on the slow side.
func (b *bucket) expire(now time.Time) {
	for len(b.reserved) > 0 && now.Sub(b.reserved[0]) > reservationLife {
		b.reserved = b.reserved[1:]
	}
}

// recover adds one step for each stretch of time without a refusal.
func (b *bucket) recover(now time.Time) {
	pace := b.limiter.Limit()
	step := recoveryTime
	if b.shared != nil {
		step = sharedRecovery
	}
	steps := now.Sub(b.changed) / step
	if pace >= b.full || steps < 1 {
		return
	}
	b.changed = b.changed.Add(steps * step)
	b.limiter.SetLimitAt(now, min(b.full, pace+rate.Limit(steps)*b.full/paceSteps))
}

// throttled halves the pace, once for all the calls that were sent before it
// was halved, and pauses the endpoint. Tokens taken ahead are void.
func (b *bucket) throttled(sent, now time.Time, retryAfter time.Duration) rate.Limit {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.recover(now)
	if b.halved.IsZero() || sent.After(b.halved) {
		b.limiter.SetLimitAt(now, max(b.full/paceSteps, b.limiter.Limit()/2))
		b.halved, b.changed = now, now
	}
	if retryAfter <= 0 {
		retryAfter = defaultPause
	}
	if resume := now.Add(min(retryAfter, longestPause)); resume.After(b.resume) {
		b.resume = resume
	}
	b.hold(min(retryAfter, longestPause))
	b.reserved = nil
	return b.limiter.Limit()
}

// sleep waits, but no longer than the context lives.
func sleep(ctx context.Context, wait time.Duration) error {
	if wait <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
