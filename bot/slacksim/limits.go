package slacksim

import (
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// tier is how many calls of one method Slack takes in a minute.
type tier int

const (
	tierSpecial tier = 300 // "hundreds" in Slack's words: the stricter reading
	tier2       tier = 20
	tier3       tier = 50
	tier4       tier = 100
)

// A channel takes a burst of ten posts, and then one a second.
const (
	postBurst = 10
	postRate  = rate.Limit(1)
)

// eventsAnHour is how many events one workspace sends to one app in an hour.
const eventsAnHour = 30_000

// limits keeps the budgets: a minute's worth of the tier for each method, refilled evenly, and for chat.postMessage one for each channel.
type limits struct {
	off bool
	mu  sync.Mutex
	by  map[string]*rate.Limiter
}

func newLimits(off bool) *limits { return &limits{off: off, by: map[string]*rate.Limiter{}} }

// take spends one call of a method. It returns how long to wait before the next try, or zero when the call may go ahead.
func (l *limits) take(method string, t tier) time.Duration {
	return l.spend(method, rate.Limit(float64(t)/60), int(t))
}

// post spends one post to a channel.
func (l *limits) post(c channelID) time.Duration {
	return l.spend("chat.postMessage "+string(c), postRate, postBurst)
}

// event spends one event. over is true when there are too many, and tell is true for the first of them in each minute.
func (l *limits) event() (over, tell bool) {
	if l.spend("events", rate.Limit(float64(eventsAnHour)/3600), eventsAnHour) == 0 {
		return false, false
	}
	return true, l.spend("app_rate_limited", rate.Every(time.Minute), 1) == 0
}

func (l *limits) spend(key string, every rate.Limit, burst int) time.Duration {
	if l.off {
		return 0
	}
	l.mu.Lock()
	b := l.by[key]
	if b == nil {
		b = rate.NewLimiter(every, burst)
		l.by[key] = b
	}
	l.mu.Unlock()
	now := time.Now()
	r := b.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now)
	}
	return wait
}

// seconds rounds a wait up to whole seconds, as Retry-After gives it: at least one.
func seconds(wait time.Duration) int {
	return max(1, int(math.Ceil(wait.Seconds())))
}
