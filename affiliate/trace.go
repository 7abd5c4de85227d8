package affiliate

import (
	"context"
	"maps"
	"time"
)

// Trace is one exchange with the vendor, for whoever counts them or notes their ids. It holds no secret.
type Trace struct {
	Endpoint  Endpoint      // empty: a call for tokens
	RequestID string        // what the vendor's support asks for; empty: there was no answer, or it held none
	Took      time.Duration // from the request to the last byte of its answer, without the wait for the budget
	Err       error         // nil: it was carried out
}

// traceKey is where a context has who is told of the exchanges made under it.
type traceKey struct{}

// WithTrace returns a context under which fn is told of each exchange. A token that is renewed on the way may be told of
// from another goroutine, and later.
func WithTrace(ctx context.Context, fn func(Trace)) context.Context {
	return context.WithValue(ctx, traceKey{}, fn)
}

// tell tells of an exchange.
func (c *core) tell(ctx context.Context, t Trace) {
	if c.trace != nil {
		c.trace(t)
	}
	if fn, ok := ctx.Value(traceKey{}).(func(Trace)); ok {
		fn(t)
	}
}

// Pace is how fast the calls of a shop to an endpoint go. The vendor does not tell what is left of a quota: what it
// refuses is what the client slows down by.
type Pace struct {
	Shop      ShopID // empty: calls that concern no shop
	Endpoint  Endpoint
	PerSecond float64 // calls
	Full      float64 // to what it recovers
}

// Paces returns the pace of each endpoint that was called since the client was made.
func (c *Client) Paces() (all []Pace) {
	c.mu.Lock()
	budgets := maps.Clone(c.budgets)
	c.mu.Unlock()
	now := time.Now()
	for shop, b := range budgets {
		b.mu.Lock()
		for endpoint, bucket := range b.buckets {
			bucket.mu.Lock()
			bucket.recover(now)
			all = append(all, Pace{Shop: shop, Endpoint: endpoint, PerSecond: float64(bucket.limiter.Limit()), Full: float64(bucket.full)})
			bucket.mu.Unlock()
		}
		b.mu.Unlock()
	}
	return all
}
