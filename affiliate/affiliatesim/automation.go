package affiliatesim

import (
	"cmp"
	"math/big"
	"net/http"
	"slices"
	"time"
)

// automation is what the Affiliate Center does without being asked: the seller's rules for approving and rejecting, and the platform's
// own ways with stock and with orders. The zero value does nothing.
type automation struct {
	// Over approves a request whose creator sold for more in 30 days, Under rejects one who sold for less, for Reason.
	Over, Under *sum
	Reason      string
	// After is how long a request waits before the rules look at it, in business time.
	After time.Duration
	// SellOut cancels the pending requests for a product whose sample stock is used up.
	SellOut bool
	// FailGroupings is how many of the next approvals that join another's order fail to: each returns to review after groupingTime.
	FailGroupings int
}

// groupingTime is how long the platform takes to find that it cannot group. The vendor does not say; it is business time.
const groupingTime = 5 * time.Second

// sum is an amount with the text that it was ordered as.
type sum struct {
	value *big.Rat
	text  string
}

// String is the text, empty where there is no amount.
func (s *sum) String() string {
	if s == nil {
		return ""
	}
	return s.text
}

// amountOf reads an amount; none where the text is empty.
func amountOf(name, text string) (*sum, error) {
	if text == "" {
		return nil, nil
	}
	value, ok := new(big.Rat).SetString(text)
	if !decimalText.MatchString(text) || !ok {
		return nil, badInput(`%s must be an amount such as "1000", or "" to switch it off; not %q`, name, clip(text, 40))
	}
	return &sum{value, text}, nil
}

// automationOrder is the body of POST /sim/automation.
type automationOrder struct {
	Over          string `json:"approve_when_gmv_over"`
	Under         string `json:"reject_when_gmv_under"`
	Reason        string `json:"reject_reason"`
	After         string `json:"after"`
	SellOut       bool   `json:"cancel_out_of_stock"`
	FailGroupings int    `json:"fail_groupings"`
}

// read checks the order.
func (in automationOrder) read() (automation, error) {
	over, wrongOver := amountOf("approve_when_gmv_over", in.Over)
	under, wrongUnder := amountOf("reject_when_gmv_under", in.Under)
	after, wrongAfter := window("after", in.After)
	if err := firstOf(wrongOver, wrongUnder, wrongAfter); err != nil {
		return automation{}, err
	}
	reason := cmp.Or(in.Reason, "NOT_MATCH")
	switch {
	case !slices.Contains(reasons(), reason):
		return automation{}, badInput("reject_reason must be one of %q, not %q", reasons(), clip(reason, 40))
	case over != nil && under != nil && under.value.Cmp(over.value) > 0:
		return automation{}, badInput("reject_when_gmv_under must not be above approve_when_gmv_over")
	case in.FailGroupings < 0 || in.FailGroupings > maxApplications:
		return automation{}, badInput("fail_groupings must be from 0 to %d, not %d", maxApplications, in.FailGroupings)
	}
	return automation{Over: over, Under: under, Reason: reason, After: after, SellOut: in.SellOut, FailGroupings: in.FailGroupings}, nil
}

// simAutomation answers POST /sim/automation. It looks at the requests that wait as well as at those to come; what an order leaves out
// is switched off.
func (c *Center) simAutomation(_ *http.Request, body []byte) (any, error) {
	in, err := control[automationOrder](body)
	if err != nil {
		return nil, err
	}
	next, err := in.read()
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.automation = next
	c.changed()
	now, did := time.Now(), map[Status]int{}
	for _, a := range c.listing {
		a.lookAt = time.Time{}
		if a.status != Pending {
			continue
		}
		if c.consider(a, now); a.status != Pending {
			did[a.status]++
		}
	}
	return map[string]any{
		"ok": true, "approved": did[AwaitingShipment], "rejected": did[RejectCancelled], "cancelled": did[PlatformCancelled],
	}, nil
}

// consider lets the automation look at a pending request: now, or after the time that it was told to wait.
func (c *Center) consider(a *application, now time.Time) {
	if c.automation.After == 0 {
		c.automate(a, now)
		return
	}
	if c.automation.Over != nil || c.automation.Under != nil || c.automation.SellOut {
		a.lookAt = now.Add(c.automation.After)
		c.arm(a.lookAt, now)
	}
}

// automate applies the rules to a pending request. A creator who does not share their sales is left to people.
func (c *Center) automate(a *application, now time.Time) {
	if a.status != Pending {
		return
	}
	if c.automation.SellOut && a.product.quantity <= 0 {
		c.become(a, PlatformCancelled, now)
		return
	}
	m, shared := a.numbers.gmv.money()
	sales, ok := new(big.Rat).SetString(m.Amount)
	if !shared || !ok {
		return
	}
	over, under := c.automation.Over, c.automation.Under
	switch {
	case under != nil && sales.Cmp(under.value) < 0:
		c.reject(a, c.automation.Reason, now)
	case over != nil && sales.Cmp(over.value) > 0 && len(a.obstacles()) == 0:
		c.approve(a, 0, now)
	}
}

// sellOut lets the platform cancel the pending requests for a product that has no sample left, where it was told to. Which status they
// get is not documented: the platform's own.
func (c *Center) sellOut(p *product, now time.Time) {
	if c.automation.SellOut && p.quantity <= 0 {
		c.cancelRequests(p, now)
	}
}

// attend does what has come due for one application by itself: the automation looks, a grouping fails. It returns when it wants to be
// asked again, zero for never.
func (c *Center) attend(a *application, now time.Time) time.Time {
	if due(a.lookAt, now) {
		a.lookAt = time.Time{}
		c.automate(a, now)
	}
	if due(a.ungroupAt, now) {
		a.ungroupAt = time.Time{}
		if a.status == AwaitingShipment {
			c.ungroup(a, now)
		}
	}
	return sooner(a.lookAt, a.ungroupAt)
}

// due tells whether a time was set and has come.
func due(t, now time.Time) bool { return !t.IsZero() && !now.Before(t) }

// sooner is the earlier of two times, of which either may be unset.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}

// state is the automation as it was ordered.
func (a automation) state() map[string]any {
	after := ""
	if a.After > 0 {
		after = a.After.String()
	}
	return map[string]any{
		"approve_when_gmv_over": a.Over.String(), "reject_when_gmv_under": a.Under.String(), "reject_reason": a.Reason, "after": after,
		"cancel_out_of_stock": a.SellOut, "fail_groupings": a.FailGroupings,
	}
}
