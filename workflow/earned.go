package workflow

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// What rules and people earned is counted in counts of the store, by the day of the decision in the shop's zone, in the
// transaction of each change: of every decision that stands what became of it so far. Like the counts of caps they are kept
// where a shop has rules.

// Earned is what became so far of what a rule, or a person, decided in some days. A decision that a person made as a rule
// proposed, and that is over no cap, is both of theirs.
type Earned struct {
	Rule   RuleID   // whose it is:
	Person PersonID // one of the two

	Approved, Rejected int
	Posted             int   // of the approved
	Untold             int   // of Posted, those of whose orders TikTok tells nothing
	Orders             int   // paid so far, through the content of those posted
	Cost               int64 // of the samples that were approved, in hundredths, as far as they had a cost
	Costed             int   // of Approved, those that had one

	// The cost of each sample that was posted for, and of those with orders the cost of each order, in hundredths: how many
	// there are of each cost. They are for the medians.
	PostCosts, OrderCosts Amounts
}

// Decided is how many requests were decided.
func (e Earned) Decided() int { return e.Approved + e.Rejected }

// PerPost is what a post cost, in hundredths: the samples that were approved, divided by the posts. False where there was
// none, or a sample has no cost.
func (e Earned) PerPost() (int64, bool) { return e.per(e.Posted) }

// PerOrder is the same of an order.
func (e Earned) PerOrder() (int64, bool) { return e.per(e.Orders) }

func (e Earned) per(n int) (int64, bool) {
	if n == 0 || e.Costed == 0 || e.Costed < e.Approved {
		return 0, false
	}
	return (e.Cost + int64(n)/2) / int64(n), true
}

// Amounts count amounts in hundredths: how many there are of each.
type Amounts map[int64]int

// Median is the middle of the amounts, of an even number the mean of the two in the middle; false of none.
func (a Amounts) Median() (int64, bool) {
	n := 0
	for _, count := range a {
		n += count
	}
	if n == 0 {
		return 0, false
	}
	low, high := a.at((n-1)/2), a.at(n/2)
	return low + (high-low)/2, true
}

// at returns the amount that has so many before it.
func (a Amounts) at(n int) int64 {
	for _, amount := range slices.Sorted(maps.Keys(a)) {
		if n -= a[amount]; n < 0 {
			return amount
		}
	}
	return 0
}

// What is counted of a decision. The last two are followed by an amount.
const (
	earnedApproved  = "approved"
	earnedRejected  = "rejected"
	earnedPosted    = "posted"
	earnedUntold    = "untold"
	earnedOrders    = "orders"
	earnedCost      = "cost"
	earnedCosted    = "costed"
	earnedPostCost  = "post cost "
	earnedOrderCost = "order cost "

	earnedTallies = "earned\x1f"
	ofPerson      = "person " // and their id
)

// earned adds what the application's decision earned so far to its shop's counts.
func (a Application) earned(sums map[string]int64, c Counted) {
	d := a.Decision
	rule := c.Rule
	if rule == "" && d.Verdict == Reject && a.Proposal.Takes(d.Verdict, d.Reason) {
		rule = a.Proposal.Rule
	}
	if rule != "" {
		a.earnedBy(sums, c, ofRule+string(rule))
	}
	if d.By != "" {
		a.earnedBy(sums, c, ofPerson+string(d.By))
	}
}

func (a Application) earnedBy(sums map[string]int64, c Counted, who string) {
	add := func(what string, n int64) {
		if n != 0 {
			sums[earnedTallies+c.Day+"\x1f"+Nameable(who)+"\x1f"+what] += n
		}
	}
	if a.Decision.Verdict == Reject {
		add(earnedRejected, 1)
		return
	}
	add(earnedApproved, 1)
	add(earnedCost, c.Cost)
	if c.Cost > 0 {
		add(earnedCosted, 1)
	}
	if !slices.ContainsFunc(a.Milestones, func(m Milestone) bool { return m.Line == LinePosted }) {
		return
	}
	orders, untold := a.PaidOrders()
	add(earnedPosted, 1)
	add(earnedOrders, int64(orders))
	if untold {
		add(earnedUntold, 1)
	}
	if c.Cost > 0 {
		add(earnedPostCost+strconv.FormatInt(c.Cost, 10), 1)
	}
	if c.Cost > 0 && orders > 0 {
		add(earnedOrderCost+strconv.FormatInt((c.Cost+int64(orders)/2)/int64(orders), 10), 1)
	}
}

// EarnedIn returns what the rules and people of a shop earned with what they decided from a day on through another
// ("2026-11-30"): rules first, each kind by id. It reads the counts of these days.
func EarnedIn(tx Tx, s ShopID, from, through string) (all []Earned, err error) {
	found := map[string]*Earned{}
	for each, err := range walkTallies(tx, s, earnedTallies, earnedTallies+from) {
		if err != nil {
			return nil, err
		}
		day, rest, _ := strings.Cut(strings.TrimPrefix(each.Name, earnedTallies), "\x1f")
		if day > through {
			break
		}
		who, what, _ := strings.Cut(rest, "\x1f")
		e := found[who]
		if e == nil {
			e = &Earned{PostCosts: Amounts{}, OrderCosts: Amounts{}}
			found[who] = e
		}
		e.add(what, each.Count)
	}
	for _, kind := range []string{ofRule, ofPerson} {
		for _, who := range slices.Sorted(maps.Keys(found)) {
			id, is := strings.CutPrefix(who, kind)
			if !is {
				continue
			}
			e := *found[who]
			if kind == ofRule {
				e.Rule = RuleID(id)
			} else {
				e.Person = PersonID(id)
			}
			all = append(all, e)
		}
	}
	return all, nil
}

func (e *Earned) add(what string, n int64) {
	switch what {
	case earnedApproved:
		e.Approved += int(n)
	case earnedRejected:
		e.Rejected += int(n)
	case earnedPosted:
		e.Posted += int(n)
	case earnedUntold:
		e.Untold += int(n)
	case earnedOrders:
		e.Orders += int(n)
	case earnedCost:
		e.Cost += n
	case earnedCosted:
		e.Costed += int(n)
	default:
		for prefix, amounts := range map[string]Amounts{earnedPostCost: e.PostCosts, earnedOrderCost: e.OrderCosts} {
			if text, is := strings.CutPrefix(what, prefix); is {
				if amount, err := strconv.ParseInt(text, 10, 64); err == nil {
					amounts[amount] += int(n)
				}
			}
		}
	}
}
