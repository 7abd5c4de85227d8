package bot

import (
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

// limits keeps the desk within Slack's rates. It is asked before a claim and never blocks.
type limits struct {
	mu      sync.Mutex
	buckets map[string]*rate.Limiter
	until   map[string]time.Time // what Slack asked for in a Retry-After
}

func newLimits() *limits {
	return &limits{buckets: map[string]*rate.Limiter{}, until: map[string]time.Time{}}
}

// The methods that have budgets.
const (
	methodPost   = "chat.postMessage"
	methodUpdate = "chat.update"
)

// take takes a call from a budget of limitKey's, or tells how long to wait for one.
func (l *limits) take(key string) time.Duration {
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

// spend takes a call from a budget on credit: the further pages of a message go out with the first, and what comes after
// them waits the longer.
func (l *limits) spend(method, channel string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bucket(limitKey(method, channel)).ReserveN(time.Now(), 1)
}

// bucket is a budget of limitKey's. The lock is held.
func (l *limits) bucket(key string) *rate.Limiter {
	b := l.buckets[key]
	if b == nil {
		b = rate.NewLimiter(tier3Rate, tier3Burst)
		if strings.HasPrefix(key, methodPost) {
			b = rate.NewLimiter(postRate, postBurst)
		}
		l.buckets[key] = b
	}
	return b
}

// maxRetryAfter is how long a Retry-After is obeyed at the most. Slack's own are seconds; one of hours or days is a fault
// of Slack's, or of something on the way there, that the desk looks after every few minutes.
const maxRetryAfter = 5 * time.Minute

// capped is a Retry-After as it is obeyed. Below zero are those that are too long to be counted.
func capped(asked time.Duration) time.Duration {
	if asked < 0 || asked > maxRetryAfter {
		return maxRetryAfter
	}
	return asked
}

// retryAfter returns how long Slack asks to wait, as that is obeyed; 0 where it does not.
func retryAfter(err error) time.Duration {
	if limited, ok := errors.AsType[*slack.RateLimitedError](err); ok {
		return capped(limited.RetryAfter)
	}
	return 0
}

// pause obeys a Retry-After: nothing more goes out by that budget meanwhile.
func (l *limits) pause(method, channel string, retryAfter time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := limitKey(method, channel)
	if until := time.Now().Add(retryAfter); until.After(l.until[key]) {
		l.until[key] = until
	}
}

// limitKey names the budget of a method, for posts: in a channel.
func limitKey(method, channel string) string {
	if method == methodPost {
		return method + " " + channel
	}
	return method
}
