package workflow

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Caps count what is decided in counts of the store (Tally), kept in the transaction of each change, per day and for ever:
// how many samples, and for how much. Each decision that stands adds to them what it was counted for (Counted), and takes it
// out again when it is undone or comes to nothing.

// whose names whose decisions a count is of.
const (
	ofRules  = "rules" // of all rules of the shop
	ofPeople = "people"
	ofRule   = "rule " // and its id
)

const everDay = "ever"

// capTally names a count of caps.
func capTally(whose string, scope CapScope, subject, day string, cost bool) string {
	kind := "samples"
	if cost {
		kind = "cost"
	}
	return strings.Join([]string{"cap", whose, string(scope), Nameable(subject), kind, day}, "\x1f")
}

// RuleCount is what is counted of a rule by day.
type RuleCount string

// What is counted of a rule, by the day of the decision in the shop's zone. A count falls again where the decision is undone
// or comes to nothing.
const (
	CountAgreed    RuleCount = "agreed"    // people decided, or did, as it proposed, or would have
	CountOverruled RuleCount = "overruled" // people decided otherwise, or undid what it had decided
	CountApproved  RuleCount = "approved"  // by itself, in automatic mode
	CountRejected  RuleCount = "rejected"
	CountUndone    RuleCount = "undone" // what it had decided, by people
	CountHeld      RuleCount = "held"   // it was over a cap, and waited or waits for a person
)

// RuleCounts are all of them.
var RuleCounts = []RuleCount{CountAgreed, CountOverruled, CountApproved, CountRejected, CountUndone, CountHeld}

// RuleTally names the count of a rule on a day. Those of a rule follow each other by day.
func RuleTally(id RuleID, day string, c RuleCount) string {
	return ruleTallies(id) + day + "\x1f" + string(c)
}

func ruleTallies(id RuleID) string { return "rule\x1f" + string(id) + "\x1f" }

// CountsOfRule adds up what is counted of a rule from a day on through another ("2026-11-30").
func CountsOfRule(tx Tx, s ShopID, id RuleID, from, through string) (map[RuleCount]int, error) {
	sums, prefix := map[RuleCount]int{}, ruleTallies(id)
	for each, err := range walkTallies(tx, s, prefix, prefix+from) {
		if err != nil {
			return nil, err
		}
		day, what, _ := strings.Cut(strings.TrimPrefix(each.Name, prefix), "\x1f")
		if day > through {
			break
		}
		sums[RuleCount(what)] += int(each.Count)
	}
	return sums, nil
}

// stands reports whether the decision still holds: it waits, is on its way or was confirmed.
func (d Decision) stands() bool {
	return d.Phase != Undecided && d.Phase != DecisionRefused
}

// Tallies returns what the application adds to its shop's counts as it stands: names, each with how much.
func (a Application) Tallies() map[string]int64 {
	sums := map[string]int64{}
	if c := a.Decision.Counted; c.Day != "" && a.Decision.stands() {
		a.capTallies(sums, c)
		a.ruleTallies(sums, c)
		a.earned(sums, c)
	}
	for _, t := range a.Taken {
		sums[RuleTally(t.Rule, t.Day, CountAgreed)]++
	}
	if o := a.Overruled; o.Day != "" {
		sums[RuleTally(o.Rule, o.Day, CountUndone)]++
		sums[RuleTally(o.Rule, o.Day, CountOverruled)]++
	}
	if p := a.Proposal; p != nil && p.Over != nil && p.Over.Day != "" {
		sums[RuleTally(p.Rule, p.Over.Day, CountHeld)]++
	}
	return sums
}

func (a Application) capTallies(sums map[string]int64, c Counted) {
	if a.Decision.Verdict != Approve {
		return
	}
	whose := []string{ofPeople}
	if c.Rule != "" {
		whose = []string{ofRules, ofRule + string(c.Rule)}
	}
	for _, who := range whose {
		for _, scope := range CapScopes {
			subject, ok := subjectOf(scope, a.Snapshot.Product.ID, a.Snapshot.Creator.KeyOf(a.Key.Shop))
			if !ok {
				continue
			}
			for _, day := range []string{c.Day, everDay} {
				sums[capTally(who, scope, subject, day, false)]++
				if c.Cost != 0 {
					sums[capTally(who, scope, subject, day, true)] += c.Cost
				}
			}
		}
	}
}

func subjectOf(scope CapScope, p ProductID, c CreatorKey) (subject string, ok bool) {
	switch scope {
	case CapProduct:
		return string(p), p != ""
	case CapCreator:
		return string(c), true
	default:
		return "", true
	}
}

// ruleTallies counts for the rules that spoke, or would have, when it was decided.
func (a Application) ruleTallies(sums map[string]int64, c Counted) {
	if id := a.Decision.Rule; id != "" {
		what := CountApproved
		if a.Decision.Verdict == Reject {
			what = CountRejected
		}
		sums[RuleTally(id, c.Day, what)]++
		sums[automaticTallies+c.Day+"\x1f"+string(id)+"\x1f"+string(what)]++
		return
	}
	for _, p := range []*Proposal{a.Proposal, a.Watched} {
		if p == nil || p.Action.Verdict() == "" || a.Overruled.Rule == p.Rule {
			continue
		}
		what := CountOverruled
		if p.Action.Verdict() == a.Decision.Verdict {
			what = CountAgreed
		}
		sums[RuleTally(p.Rule, c.Day, what)]++
	}
}

// automaticTallies begin the names of what rules decided by themselves, by day, rule and what.
const automaticTallies = "automatic\x1f"

// AutomaticCount is what a rule decided by itself on a day, as far as it stands.
type AutomaticCount struct {
	Rule               RuleID
	Approved, Rejected int
}

// AutomaticOn returns what rules of a shop decided by themselves on a day ("2026-11-30") and nobody undid, by rule.
func AutomaticOn(tx Tx, s ShopID, day string) (all []AutomaticCount, err error) {
	prefix := automaticTallies + day + "\x1f"
	for each, err := range walkTallies(tx, s, prefix, "") {
		if err != nil {
			return nil, err
		}
		id, what, _ := strings.Cut(strings.TrimPrefix(each.Name, prefix), "\x1f")
		if len(all) == 0 || all[len(all)-1].Rule != RuleID(id) {
			all = append(all, AutomaticCount{Rule: RuleID(id)})
		}
		if RuleCount(what) == CountRejected {
			all[len(all)-1].Rejected += int(each.Count)
		} else {
			all[len(all)-1].Approved += int(each.Count)
		}
	}
	return all, nil
}

// Agreed reports how a person's decision stands to a proposal: it agrees, or it overrules. Neither where the proposal is
// no decision.
func (p *Proposal) Agreed(v Verdict) (agreed, overruled bool) {
	if p == nil || p.Action.Verdict() == "" {
		return false, false
	}
	return p.Action.Verdict() == v, p.Action.Verdict() != v
}

// CountIn keeps the counts of a shop in step with a change of an application: what it added before is taken out, and what
// it adds now is put in.
func CountIn(tx Tx, before, after Application) error {
	was, now := before.Tallies(), after.Tallies()
	if len(was) == 0 && len(now) == 0 {
		return nil
	}
	names := make([]string, 0, len(was)+len(now))
	for name := range was {
		names = append(names, name)
	}
	for name := range now {
		if _, both := was[name]; !both {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		if delta := now[name] - was[name]; delta != 0 {
			if err := tx.AddTally(after.Key.Shop, name, delta); err != nil {
				return err
			}
		}
	}
	return nil
}

// days returns the days of a cap's time up to and with the day at a time in the shop's zone, and when the next such time
// begins; zero: never.
func (c Cap) days(at time.Time, zone *time.Location) (all []string, until time.Time) {
	local := at.In(zone)
	first := local
	var next time.Time
	switch c.Per {
	case CapDay:
		next = local.AddDate(0, 0, 1)
	case CapWeek:
		since := (int(local.Weekday()) + 6) % 7
		first, next = local.AddDate(0, 0, -since), local.AddDate(0, 0, 7-since)
	case CapMonth:
		first = local.AddDate(0, 0, 1-local.Day())
		next = first.AddDate(0, 1, 0)
	default:
		return []string{everDay}, time.Time{}
	}
	for d := first; ; d = d.AddDate(0, 0, 1) {
		all = append(all, DayOf(d, 0))
		if all[len(all)-1] >= DayOf(local, 0) {
			break
		}
	}
	return all, time.Date(next.Year(), next.Month(), next.Day(), 0, 0, 0, 0, zone).UTC()
}

// used returns how much of a cap is used; whose is that of a rule, or of all.
func (c Cap) used(tx Tx, whose string, f RuleFacts, days []string) (sum int64, err error) {
	subject, ok := subjectOf(c.Scope, f.Product.ID, f.Creator)
	if !ok {
		return 0, nil
	}
	of := []string{whose}
	if c.CountPeople {
		of = append(of, ofPeople)
	}
	for _, who := range of {
		n, err := sumOfDays(tx, f.Key.Shop, capTally(who, c.Scope, subject, "", c.ByCost()), days)
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, nil
}

// sumOfDays adds up the counts of a name for days that follow each other: read together, as there are up to 31.
func sumOfDays(tx Tx, s ShopID, name string, days []string) (sum int64, err error) {
	first, last := days[0], days[len(days)-1]
	if first == last {
		return tx.Tally(s, name+first)
	}
	for each, err := range walkTallies(tx, s, name, name+first[:len(first)-1]) { // from a little before it
		if err != nil {
			return 0, err
		}
		day := strings.TrimPrefix(each.Name, name)
		if day > last {
			break
		}
		if day >= first {
			sum += each.Count
		}
	}
	return sum, nil
}

// CapsLeft returns what is left of the caps under which a rule's approval of a request would fall: the rule's own, then the
// shop's. A cap for each product or creator is that of the request's.
func CapsLeft(tx Tx, all Rules, r ShopRule, f RuleFacts, at time.Time, zone *time.Location) (left []CapLeft, err error) {
	for i, c := range slices.Concat(r.Caps, all.Caps) {
		ofShop, whose := i >= len(r.Caps), ofRule+string(r.ID)
		if ofShop {
			whose = ofRules
		}
		days, until := c.days(at, zone)
		used, err := c.used(tx, whose, f, days)
		if err != nil {
			return nil, err
		}
		left = append(left, CapLeft{Cap: c, Shop: ofShop, Used: used, Left: max(0, c.Most()-used), Until: until})
	}
	return left, nil
}

// PastCap reports whether more than a cap allows was approved already, of which a rule's approval of a request at that time
// is one: no rule goes over a cap, so it was lowered since. What people decided by themselves is left out, as they may.
func PastCap(tx Tx, all Rules, r ShopRule, f RuleFacts, at time.Time, zone *time.Location) (bool, error) {
	own, shop := slices.Clone(r.Caps), slices.Clone(all.Caps)
	for _, caps := range [][]Cap{own, shop} {
		for i := range caps {
			caps[i].CountPeople = false
		}
	}
	r.Caps, all.Caps = own, shop
	left, err := CapsLeft(tx, all, r, f, at, zone)
	return slices.ContainsFunc(left, func(l CapLeft) bool { return l.Used > l.Cap.Most() }), err
}

// OverCap returns the cap that a rule's approval of a request would go over; nil if it fits under all.
func OverCap(tx Tx, all Rules, r ShopRule, f RuleFacts, at time.Time, zone *time.Location) (*CapHit, error) {
	if len(r.Caps)+len(all.Caps) == 0 {
		return nil, nil
	}
	cost, known, err := CostOf(tx, f.Key.Shop, f.Product)
	if err != nil {
		return nil, err
	}
	n, fits := cost.Hundredths()
	known = known && fits && cost.Currency == all.Currency
	left, err := CapsLeft(tx, all, r, f, at, zone)
	if err != nil {
		return nil, err
	}
	for _, l := range left {
		add := int64(1)
		if l.Cap.ByCost() {
			add = n
		}
		if noCost := l.Cap.ByCost() && !known; noCost || l.Used+add > l.Cap.Most() {
			return &CapHit{Cap: l.Cap, Shop: l.Shop, Used: l.Used, NoCost: noCost, Until: l.Until, Day: DayOf(at.In(zone), 0)}, nil
		}
	}
	return nil, nil
}

// Outcomes are the latest outcomes of a rule that people had a say in, for demotion: which of them overruled it. They are
// kept as a count of the store.
type Outcomes int64

// The numbers by which a rule in automatic mode goes back to proposing: of the latest OutcomesKept of its proposals and
// decisions that people decided, let stand or undid, MaxOverruled were overruled.
const (
	OutcomesKept = 20
	MaxOverruled = 6
)

const outcomeBits = OutcomesKept + 1 // a one stands before them

// OutcomesTally names the count in which a rule's outcomes are kept.
func OutcomesTally(id RuleID) string { return "outcomes\x1f" + string(id) }

// With returns the outcomes with another; the oldest is forgotten.
func (o Outcomes) With(overruled bool) Outcomes {
	if o == 0 {
		o = 1
	}
	o <<= 1
	if overruled {
		o |= 1
	}
	if o >= 1<<outcomeBits {
		o = o&(1<<OutcomesKept-1) | 1<<OutcomesKept
	}
	return o
}

// Count returns how many outcomes there are, and how many of them overruled the rule.
func (o Outcomes) Count() (overruled, of int) {
	if o <= 0 {
		return 0, 0
	}
	digits := strconv.FormatInt(int64(o), 2)[1:]
	return strings.Count(digits, "1"), len(digits)
}
