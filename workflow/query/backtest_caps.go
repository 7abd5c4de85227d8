package query

import (
	"errors"
	"slices"
	"time"

	"sampledesk/workflow"
)

// trialEvent is something that counts against caps as time goes by: what the rule would have done, or what was really
// decided.
type trialEvent struct {
	at  time.Time
	row int // of BackTest.Rows; -1: none

	// Of a request.
	tested, fits, took     bool // took: the rule did it
	blocked                bool
	use                    capUse
	became                 Became
	sample, posted, untold bool
	orders                 int

	// Of a real approval: whose it is, as an index of the events when they were gathered.
	decided bool
	decides int
}

// noCost is the cost of what nobody entered one for.
const noCost = -1

// capUse is what a sample counts for.
type capUse struct {
	product workflow.ProductID
	creator workflow.CreatorKey
	cost    int64
}

// play lets what the rule says and what was really decided happen in the order of time, and counts.
func (t *trial) play() {
	order := make([]int, len(t.events))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return t.events[a].at.Compare(t.events[b].at) })
	approves := t.Rule.Action.Verdict() == workflow.Approve
	for _, i := range order {
		e := &t.events[i]
		switch {
		case e.decided:
			if was := t.events[e.decides]; !was.took {
				t.caps.really(was.use, e.at, was.became == BecameRuleApproved)
			}
		case !e.fits || e.blocked: // the rule does nothing
		default:
			var over *workflow.CapHit
			if approves {
				over = t.caps.take(e.use, e.at)
			}
			e.took = over == nil
			if over != nil && e.row >= 0 {
				t.Rows[e.row].Over = over
			}
		}
	}
	for _, e := range t.events {
		t.count(e, approves)
	}
	t.events = nil
}

// count adds up a request.
func (t *trial) count(e trialEvent, approves bool) {
	if !e.tested {
		return
	}
	if as := wouldBecome(t.Rule.Action.Verdict()); as != "" && e.became == as {
		t.Team++
		if !e.took {
			t.Missed++
		}
	}
	if !e.took {
		switch {
		case e.blocked:
			t.Blocked++
		case e.fits:
			t.Over++
		}
		return
	}
	t.Would++
	t.Became[e.became]++
	switch {
	case !approves:
	case e.use.cost == noCost:
		t.NoCost++
	default:
		t.Cost += e.use.cost
	}
	if e.sample {
		t.Samples++
	}
	if e.posted {
		t.Posted++
		t.Orders += e.orders
	}
	if e.posted && e.untold {
		t.Untold++
	}
}

// wouldBecome is what people do who decide as a rule says; empty: it decides nothing.
func wouldBecome(v workflow.Verdict) Became {
	switch v {
	case workflow.Approve:
		return BecameApproved
	case workflow.Reject:
		return BecameRejected
	default:
		return ""
	}
}

// cost is what a sample of a product costs now, in hundredths; noCost where nobody entered it.
func (t *trial) cost(p workflow.Product) (int64, error) {
	key := [2]string{string(p.ID), p.SKU}
	if known, ok := t.costs[key]; ok || p.ID == "" {
		if !ok {
			known = noCost
		}
		return known, nil
	}
	found := int64(noCost)
	for _, sku := range []string{p.SKU, ""} {
		c, err := t.tx.Cost(t.shop, p.ID, sku)
		if errors.Is(err, workflow.ErrNotFound) {
			continue
		}
		if err != nil {
			return 0, err
		}
		if n, ok := c.Amount.Hundredths(); ok {
			found = n
		}
		break
	}
	t.costs[key] = found
	return found, nil
}

// capsThen counts against caps as they are, as time goes by.
type capsThen struct {
	caps []capThen
	zone *time.Location
}

// capThen is a cap with what was used of it, by what it counts apart and when.
type capThen struct {
	workflow.Cap
	shop bool
	used map[string]int64
}

func newCapsThen(rule, shop []workflow.Cap, zone *time.Location) *capsThen {
	c := &capsThen{zone: zone}
	for _, one := range rule {
		c.caps = append(c.caps, capThen{Cap: one, used: map[string]int64{}})
	}
	for _, one := range shop {
		c.caps = append(c.caps, capThen{Cap: one, shop: true, used: map[string]int64{}})
	}
	return c
}

func (c *capsThen) any() bool { return len(c.caps) > 0 }

// take counts a sample of the rule's, or returns the cap that it is over.
func (c *capsThen) take(u capUse, at time.Time) *workflow.CapHit {
	for _, one := range c.caps {
		used := one.used[c.key(one.Cap, u, at)]
		missing := one.ByCost() && u.cost == noCost
		if missing || used+one.amount(u) > one.Most() {
			return &workflow.CapHit{Cap: one.Cap, Shop: one.shop, Used: used, NoCost: missing}
		}
	}
	for _, one := range c.caps {
		one.used[c.key(one.Cap, u, at)] += one.amount(u)
	}
	return nil
}

// really counts an approval that was really made: by a person or, for the shop's caps, by a rule. It is counted when it was
// made, whether it was over a cap or not.
func (c *capsThen) really(u capUse, at time.Time, byRule bool) {
	for _, one := range c.caps {
		if byRule && one.shop || !byRule && one.CountPeople {
			one.used[c.key(one.Cap, u, at)] += one.amount(u)
		}
	}
}

// amount is what a sample adds to a cap. Where its product is not known it is no product's.
func (c capThen) amount(u capUse) int64 {
	switch {
	case c.Scope == workflow.CapProduct && u.product == "":
		return 0
	case c.ByCost():
		return max(0, u.cost)
	default:
		return 1
	}
}

// key names what a cap counts together: whose samples, and of which day, week or month of the shop's.
func (c *capsThen) key(one workflow.Cap, u capUse, at time.Time) string {
	subject := ""
	switch one.Scope {
	case workflow.CapProduct:
		subject = string(u.product)
	case workflow.CapCreator:
		subject = string(u.creator)
	default: // all together
	}
	local := at.In(c.zone)
	switch one.Per {
	case workflow.CapDay:
		return local.Format(time.DateOnly) + " " + subject
	case workflow.CapWeek:
		return startOfWeek(local).Format(time.DateOnly) + " " + subject
	case workflow.CapMonth:
		return local.Format("2006-01") + " " + subject
	default:
		return subject
	}
}
