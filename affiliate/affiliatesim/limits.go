package affiliatesim

import (
	"net/http"
	"time"

	"golang.org/x/time/rate"
)

// The start of the vendor's dynamic limits, per app, shop and endpoint: ten calls a
// second, one more for every further shop, and a burst, which reads get more of than
// writes. No call tells them to a client.
const (
	callsPerSecond = 10
	burstOfReads   = 20
	burstOfWrites  = 10
)

// quotas are the limits as they are now: the vendor changes its own at any time, and
// POST /sim/limits these.
type quotas struct {
	perSecond     float64
	reads, writes int // bursts
	spacing       time.Duration
	unanswered    int
	daily         int
}

func newQuotas(shops int) quotas {
	return quotas{
		perSecond: callsPerSecond + float64(shops-1), reads: burstOfReads, writes: burstOfWrites,
		spacing: messageSpacing, unanswered: unanswered, daily: dailyMessages,
	}
}

// burst is how many calls an endpoint takes at once.
func (q quotas) burst(e endpoint) int {
	if e.scope == scopeWrite {
		return q.writes
	}
	return q.reads
}

func (q quotas) state() map[string]any {
	return map[string]any{
		"per_second": q.perSecond, "burst_of_reads": q.reads, "burst_of_writes": q.writes, "message_spacing": q.spacing.String(),
		"messages_unanswered": q.unanswered, "messages_a_day": q.daily,
	}
}

// simLimits answers POST /sim/limits: from now on calls and messages have these
// limits. What the order leaves out is as it was at the start.
func (c *Center) simLimits(_ *http.Request, body []byte) (any, error) {
	in, err := control[struct {
		PerSecond  *float64 `json:"per_second"`
		Reads      *int     `json:"burst_of_reads"`
		Writes     *int     `json:"burst_of_writes"`
		Spacing    *string  `json:"message_spacing"`
		Unanswered *int     `json:"messages_unanswered"`
		Daily      *int     `json:"messages_a_day"`
	}](body)
	if err != nil {
		return nil, err
	}
	q := newQuotas(len(c.shops))
	if in.Spacing != nil {
		if q.spacing, err = window("message_spacing", *in.Spacing); err != nil {
			return nil, err
		}
	}
	if in.PerSecond != nil {
		q.perSecond = *in.PerSecond
	}
	q.reads, q.writes = given(in.Reads, q.reads), given(in.Writes, q.writes)
	q.unanswered, q.daily = given(in.Unanswered, q.unanswered), given(in.Daily, q.daily)
	if q.perSecond <= 0 || q.perSecond > 1e6 || min(q.reads, q.writes) < 1 || min(q.unanswered, q.daily) < 0 || max(q.reads, q.writes, q.unanswered, q.daily) > 1e6 {
		return nil, badInput("per_second must be above 0, bursts at least 1, message quotas at least 0, and none above 1000000")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.quotas, c.limiters = q, map[limitKey]*rate.Limiter{}
	c.changed()
	return map[string]any{"ok": true, "limits": q.state()}, nil
}
