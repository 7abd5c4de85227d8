package affiliatesim

import (
	"net/http"
	"time"
)

// maxAdvance bounds how far one order may move the clock, and any window.
const maxAdvance = 10 * 365 * 24 * time.Hour

// arm makes sure that the alarm rings by then. The caller holds mu.
func (c *Center) arm(deadline, now time.Time) {
	if deadline.IsZero() || c.closed || (!c.due.IsZero() && !deadline.Before(c.due)) {
		return
	}
	c.due = deadline
	wait := max(deadline.Sub(now), 0)
	if c.alarm == nil {
		c.alarm = time.AfterFunc(wait, c.ring)
		return
	}
	c.alarm.Reset(wait)
}

// ring ends what is due, although nobody may be asking.
func (c *Center) ring() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.expireDue(time.Now())
	}
}

// expireDue ends every application whose deadline has passed, does what else has come
// due by itself, and arms the alarm for the next. It is cheap while nothing is due. The caller holds mu.
func (c *Center) expireDue(now time.Time) int {
	if c.due.IsZero() || now.Before(c.due) {
		return 0
	}
	c.due = time.Time{}
	ended := 0
	for _, a := range c.listing {
		deadline := a.deadline()
		if !deadline.IsZero() && !now.Before(deadline) {
			c.expire(a, now)
			ended++
			deadline = a.deadline()
		}
		c.arm(deadline, now)
		c.arm(c.attend(a, now), now)
	}
	return ended
}

// expire ends one application for the deadline of its status. A creator who has
// posted by then has kept their promise.
func (c *Center) expire(a *application, now time.Time) {
	switch a.status {
	case Pending:
		c.become(a, OverdueCancelled, now)
	case AwaitingShipment:
		c.become(a, SellerNotShipped, now)
	case ContentPending:
		if len(a.contents) > 0 {
			c.become(a, Completed, now)
			return
		}
		c.become(a, UnfulfillCancelled, now)
	default: // the others have no deadline
	}
}

// simClock answers POST /sim/clock: every stored business time moves that much
// closer. Stamps, signatures and the lives of tokens stay in real time.
func (c *Center) simClock(_ *http.Request, body []byte) (any, error) {
	in, err := control[struct {
		Advance string `json:"advance"`
	}](body)
	if err != nil {
		return nil, err
	}
	d, err := window("advance", in.Advance)
	if err != nil {
		return nil, err
	}
	if d == 0 {
		return nil, badInput(`"advance" must be a duration such as "24h"`)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	c.advanced += d
	if c.advancedAt.IsZero() {
		c.advancedAt = now
	}
	for _, a := range c.listing {
		a.shift(d)
	}
	for _, t := range c.collaborations {
		t.start, t.end = earlier(t.start, d), earlier(t.end, d)
	}
	if !c.due.IsZero() {
		c.due = now // look again: everything is closer
	}
	ended := c.expireDue(now)
	c.changed()
	return map[string]any{"ok": true, "ended": ended, "advanced": c.advanced.String()}, nil
}

// shift moves an application's business times closer by d.
func (a *application) shift(d time.Duration) {
	for _, t := range []*time.Time{&a.approveBy, &a.shipBy, &a.postBy, &a.approvedAt, &a.shippedAt, &a.deliveredAt, &a.lookAt, &a.ungroupAt} {
		*t = earlier(*t, d)
	}
	for i := range a.contents {
		a.contents[i].created = earlier(a.contents[i].created, d)
		a.contents[i].liveEnd = earlier(a.contents[i].liveEnd, d)
	}
	if a.before != nil {
		a.before.shift(d)
	}
}

// earlier is t minus d; the zero time stays zero.
func earlier(t time.Time, d time.Duration) time.Time {
	if t.IsZero() {
		return t
	}
	return t.Add(-d)
}
