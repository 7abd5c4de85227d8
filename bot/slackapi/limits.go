package slackapi

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"
	"golang.org/x/time/rate"
)

// The budgets, a little inside of what Slack allows: chat.postMessage takes one a second per channel with short bursts,
// and a method of tier 3 takes 50 a minute.
var (
	postRate   = rate.Every(1050 * time.Millisecond)
	postBurst  = 8
	tier3Rate  = rate.Limit(46.0 / 60)
	tier3Burst = 40
)

// Shared keeps budgets for several programs that write as one app. A budget fills by a call in each `every`, up to burst.
type Shared interface {
	// Take takes a call, or tells how long to wait for one.
	Take(ctx context.Context, budget string, every time.Duration, burst int) (wait time.Duration, err error)
	// Spend takes a call on credit.
	Spend(ctx context.Context, budget string, every time.Duration, burst int) error
	// Hold keeps everybody from taking for a while.
	Hold(ctx context.Context, budget string, wait time.Duration) error
}

const (
	// sharedTime bounds a question to shared budgets, and sharedPause is how long to wait where they do not answer: without
	// them nothing goes out, as the others may be at it.
	sharedTime  = time.Second
	sharedPause = time.Second
)

// Limits keeps a program within Slack's rates. It is asked before a claim and never blocks; where the budgets are shared it
// asks for them, a second at the most.
type Limits struct {
	shared Shared // nil: the program is alone

	mu      sync.Mutex
	buckets map[string]*rate.Limiter
	until   map[string]time.Time // what Slack asked for in a Retry-After
}

// NewLimits returns budgets that are full, or, where they are shared, as they are.
func NewLimits(shared Shared) *Limits {
	return &Limits{shared: shared, buckets: map[string]*rate.Limiter{}, until: map[string]time.Time{}}
}

// The methods that have budgets.
const (
	MethodPost   = "chat.postMessage"
	MethodUpdate = "chat.update"
)

// Take takes a call from a budget of LimitKey's, or tells how long to wait for one.
func (l *Limits) Take(key string) time.Duration {
	if l.shared != nil {
		ctx, cancel := context.WithTimeout(context.Background(), sharedTime)
		defer cancel()
		per, burst := budgetOf(key)
		wait, err := l.shared.Take(ctx, sharedKey(key), every(per), burst)
		if err != nil {
			return sharedPause
		}
		return wait
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if wait := l.until[key].Sub(now); wait > 0 {
		return wait
	}
	b := l.bucket(key)
	if b.AllowN(now, 1) {
		return 0
	}
	missing := 1 - b.TokensAt(now)
	return max(time.Duration(missing/float64(b.Limit())*float64(time.Second)), time.Millisecond)
}

// Spend takes a call from a budget on credit: the further pages of a message go out with the first, and what comes after
// them waits the longer.
func (l *Limits) Spend(method, channel string) {
	key := LimitKey(method, channel)
	if l.shared != nil {
		ctx, cancel := context.WithTimeout(context.Background(), sharedTime)
		defer cancel()
		per, burst := budgetOf(key)
		_ = l.shared.Spend(ctx, sharedKey(key), every(per), burst) // Slack's own word is obeyed, should it come to that
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bucket(key).ReserveN(time.Now(), 1)
}

// sharedKey names a budget of LimitKey's among all that the programs share.
func sharedKey(key string) string { return "slack " + key }

func every(per rate.Limit) time.Duration { return time.Duration(float64(time.Second) / float64(per)) }

// budgetOf is how a budget of LimitKey's fills.
func budgetOf(key string) (per rate.Limit, burst int) {
	if strings.HasPrefix(key, MethodPost) {
		return postRate, postBurst
	}
	return tier3Rate, tier3Burst
}

// bucket is a budget of LimitKey's. The lock is held.
func (l *Limits) bucket(key string) *rate.Limiter {
	b := l.buckets[key]
	if b == nil {
		b = rate.NewLimiter(budgetOf(key))
		l.buckets[key] = b
	}
	return b
}

// maxRetryAfter is how long a Retry-After is obeyed at the most. Slack's own are seconds; one of hours or days is a fault
// of Slack's, or of something on the way there, that the desk looks after every few minutes.
const maxRetryAfter = 5 * time.Minute

// Obeyed is a Retry-After as it is obeyed. Below zero are those that are too long to be counted.
func Obeyed(asked time.Duration) time.Duration {
	if asked < 0 || asked > maxRetryAfter {
		return maxRetryAfter
	}
	return asked
}

// RetryAfter returns how long Slack asks to wait, as that is obeyed; 0 where it does not.
func RetryAfter(err error) time.Duration {
	if limited, ok := errors.AsType[*slack.RateLimitedError](err); ok {
		return Obeyed(limited.RetryAfter)
	}
	return 0
}

// Pause obeys a Retry-After: nothing more goes out by that budget meanwhile.
func (l *Limits) Pause(method, channel string, retryAfter time.Duration) {
	key := LimitKey(method, channel)
	if l.shared != nil {
		ctx, cancel := context.WithTimeout(context.Background(), sharedTime)
		defer cancel()
		_ = l.shared.Hold(ctx, sharedKey(key), retryAfter) // else Slack says it once more
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if until := time.Now().Add(retryAfter); until.After(l.until[key]) {
		l.until[key] = until
	}
}

// LimitKey names the budget of a method, for posts: in a channel.
func LimitKey(method, channel string) string {
	if method == MethodPost {
		return method + " " + channel
	}
	return method
}

// Pause waits for a while, or until ctx ends.
func Pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
