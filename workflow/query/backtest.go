package query

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"sampledesk/workflow"
)

// BackTestDays are how many days back a rule can be tested.
var BackTestDays = []int{30, 90, 365}

// BackTestAsk says which rule is to be tested on which requests.
type BackTestAsk struct {
	Shop  workflow.Shop
	Rules workflow.Rules    // the shop's, in order
	Rule  workflow.ShopRule // as it is to be tested: in place of the one of its id, or below all others where it has none
	Days  int               // of BackTestDays, up to Now
	Now   time.Time
	Rows  int // how many requests are told one by one, at the most; 0: none, which costs less

	Done *atomic.Int64 // counts the requests that were tested so far; nil: nobody looks
}

// TestAtOnce is how many requests a test takes while a person waits for it: about two seconds. With more it is a run.
const TestAtOnce = 100_000

// TestSize returns how many requests a test would read, without reading any.
func TestSize(tx workflow.Tx, ask BackTestAsk) (int, error) { return newTrial(tx, ask).size() }

// BackTest is what a rule would have done with the requests that a shop's desk first saw in the last days, and what became
// of them. The rule is tested by itself, whatever its mode and whether it is paused: on the facts as they were when each
// request was first seen or, where it did not fit then, as they were at the decision. Its caps and the shop's hold in the
// order of time, from nothing at the start of the days on. What the rules above it would have said first is counted beside
// that, in Above.
type BackTest struct {
	Rule     workflow.ShopRule
	Currency string // of Cost
	Days     int
	From, To time.Time

	Seen    int // requests of these days
	NoFacts int // of these, left out: no facts were kept of them
	Fitted  int // of those tested, the rule fitted
	Above   int // of Fitted, a rule above it would have spoken first
	Over    int // of Fitted, over a cap: they would have waited for a person
	Blocked int // of Fitted, of a creator on the block list, whom no rule approves
	Would   int // the others of Fitted: it would have done what it says

	// Of Would: what became of them, how many got the sample, how many of these posted, and what was bought through that.
	// Each has one entry in Became.
	Became  map[Became]int
	Samples int
	Posted  int
	Orders  int
	Untold  int   // of Posted, those of whose orders TikTok tells nothing
	Cost    int64 // of the samples that an approving rule would have sent, in hundredths, as far as they have a cost now
	NoCost  int   // of these, the ones without a cost

	// The mirror, of those tested: what people at this desk decided the way the rule says, and how much of that it would not
	// have, since it did not fit or was over a cap. Zero of a rule that neither approves nor rejects.
	Team   int
	Missed int

	AboveBy []AboveRule   // Above, by rule, in order
	Rows    []BackTestRow // in the order in which they came
	More    bool          // there are more than Rows
}

// AboveRule is a rule above the one that is tested, and for how many of those that fit it would have spoken first.
type AboveRule struct {
	Name  string
	Count int
}

// BackTestRow is a request in a test of a rule.
type BackTestRow struct {
	Application workflow.Application
	At          time.Time // of the facts
	Decision    bool      // they are those at the decision, not at first sight
	NoFacts     bool      // it was left out: nothing below is known of it, but for Became
	Fits        bool
	Why         []workflow.Why   // what was found: of each condition or, where the rule does not fit, of the first that fails
	Failed      int              // which condition that is, from 0
	Above       string           // the name of the rule above that would have spoken first; empty: none
	Over        *workflow.CapHit // the cap that it would have been over
	Blocked     bool             // the creator was on the block list
	Became      Became
}

// Became is how the review of a request ended.
type Became string

// How a review ended.
const (
	BecamePending       Became = "pending"
	BecameApproved      Became = "approved" // by a person at this desk
	BecameRejected      Became = "rejected"
	BecameRuleApproved  Became = "approved by a rule"
	BecameRuleRejected  Became = "rejected by a rule"
	BecameThereApproved Became = "approved elsewhere" // in the Affiliate Center or by TikTok's automation
	BecameThereRejected Became = "rejected elsewhere"
	BecameExpired       Became = "expired"
	BecameOther         Became = "ended otherwise" // withdrawn, or cancelled by TikTok
)

// Tested is how many requests the rule was tested on.
func (b BackTest) Tested() int { return b.Seen - b.NoFacts }

// TestRule tests a rule on what the desk saw (BackTest). It reads the shop's requests of the time page by page and ends with
// an error once ctx has ended. 100,000 requests take about two seconds of a processor, so use a read that others do not wait
// for.
func TestRule(ctx context.Context, tx workflow.Tx, ask BackTestAsk) (BackTest, error) {
	t := newTrial(tx, ask)
	if err := t.makeRoom(); err != nil {
		return BackTest{}, err
	}
	for a, err := range workflow.Walk(ctx, tx, workflow.SeenOf(ask.Shop.ID), workflow.CursorAt(t.From)) {
		if err != nil {
			return BackTest{}, err
		}
		if !a.SeenAt.Before(t.To) {
			break
		}
		if err := t.add(a); err != nil {
			return BackTest{}, err
		}
		if ask.Done != nil {
			ask.Done.Add(1)
		}
	}
	t.play()
	return t.BackTest, nil
}

// trial is a test under way.
type trial struct {
	BackTest
	tx     workflow.Tx
	shop   workflow.ShopID
	above  []workflow.ShopRule
	caps   *capsThen
	costs  map[[2]string]int64 // by product and variant; noCost of one without
	limit  int
	events []trialEvent
}

func newTrial(tx workflow.Tx, ask BackTestAsk) *trial {
	t := &trial{tx: tx, shop: ask.Shop.ID, costs: map[[2]string]int64{}, limit: ask.Rows}
	t.Rule, t.Days, t.Currency, t.Became = ask.Rule, ask.Days, ask.Rules.Currency, map[Became]int{}
	t.To = ask.Now.In(ask.Shop.Settings.Location())
	t.From = t.To.AddDate(0, 0, -ask.Days)
	for _, one := range ask.Rules.All {
		if one.ID == ask.Rule.ID && one.ID != "" {
			break
		}
		if !one.Paused && one.Mode != workflow.ModeWatching {
			t.above = append(t.above, one)
			t.AboveBy = append(t.AboveBy, AboveRule{Name: one.Name})
		}
	}
	t.caps = newCapsThen(ask.Rule.Caps, ask.Rules.Caps, ask.Shop.Settings.Location())
	return t
}

// size counts what is to be tested, without reading it.
func (t *trial) size() (int, error) {
	all, err := t.tx.Count(workflow.SeenOf(t.shop))
	if err != nil {
		return 0, err
	}
	before, err := t.tx.CountTo(workflow.SeenOf(t.shop), workflow.CursorAt(t.From))
	return max(0, all-before), err
}

// makeRoom makes room for what is to be tested.
func (t *trial) makeRoom() error {
	count, err := t.size()
	t.events = make([]trialEvent, 0, count)
	t.Rows = make([]BackTestRow, 0, min(count, t.limit))
	return err
}

// add tries the rule on a request.
func (t *trial) add(a workflow.Application) error {
	t.Seen++
	row := BackTestRow{Application: a, At: a.SeenAt, Became: becameOf(a)}
	facts, fits := t.fit(a, &row)
	cost, err := t.cost(a.Snapshot.Product)
	if err != nil {
		return err
	}
	e := trialEvent{at: row.At, row: -1, fits: fits, became: row.Became, use: capUse{
		product: a.Snapshot.Product.ID, creator: a.Snapshot.Creator.KeyOf(a.Key.Shop), cost: cost,
	}}
	if row.NoFacts {
		t.NoFacts++
	} else {
		e.tested = true
		t.outcome(a, &e)
	}
	if fits {
		t.Fitted++
		e.blocked = t.Rule.Action.Kind == workflow.ActApprove && slices.Contains(facts.Lists, workflow.BlockList)
		row.Blocked = e.blocked
		for i, one := range t.above {
			if _, ok := one.Evaluate(facts); ok {
				t.Above++
				t.AboveBy[i].Count++
				row.Above = one.Name
				break
			}
		}
	}
	if len(t.Rows) < t.limit {
		e.row = len(t.Rows)
		t.Rows = append(t.Rows, row)
	} else {
		t.More = t.limit > 0
	}
	t.events = append(t.events, e)
	if t.caps.any() && e.became.approvedHere() {
		t.events = append(t.events, trialEvent{at: a.Decision.At, row: -1, decides: len(t.events) - 1, decided: true})
	}
	return nil
}

// fit finds the facts on which the rule fits: those at first sight or else those at the decision.
func (t *trial) fit(a workflow.Application, row *BackTestRow) (facts workflow.RuleFacts, fits bool) {
	first, kept := a.FirstFacts()
	if !kept {
		row.NoFacts = true
		return facts, false
	}
	if t.holds(first, row) {
		return first, true
	}
	then, kept := a.DecisionFacts()
	if !kept {
		return first, false
	}
	at := *row
	if !t.holds(then, &at) {
		return first, false
	}
	at.Decision = true
	*row = at
	return then, true
}

// holds asks the rule about facts, and puts down what it found.
func (t *trial) holds(f workflow.RuleFacts, row *BackTestRow) bool {
	row.At = f.At
	row.Why = nil
	for i, c := range t.Rule.Conditions {
		why, ok := c.Holds(f)
		switch {
		case !ok && t.limit > 0:
			row.Why, row.Failed = []workflow.Why{foundFor(c, f)}, i
			return false
		case !ok:
			return false
		case t.limit > 0:
			row.Why = append(row.Why, why)
		}
	}
	row.Fits = true
	return true
}

// foundFor is what a condition that does not hold found.
func foundFor(c workflow.Condition, f workflow.RuleFacts) workflow.Why {
	why := workflow.Why{Fact: c.Fact, Op: c.Op}
	if row, ok := c.Row(); ok {
		v := row.Value(&f)
		why.Known, why.Number, why.Of, why.Currency = v.Known, v.Number, v.Of, v.Money
	}
	return why
}

// outcome puts down what is counted of a request that the rule would have decided.
func (t *trial) outcome(a workflow.Application, e *trialEvent) {
	switch a.State() {
	case workflow.Delivered, workflow.Completed, workflow.ContentNotPosted:
		e.sample = true
	default: // no sample arrived
	}
	if e.posted = slices.ContainsFunc(a.Milestones, func(m workflow.Milestone) bool { return m.Line == workflow.LinePosted }); e.posted {
		e.orders, e.untold = a.PaidOrders()
	}
}

// becameOf tells how the review of a request ended.
func becameOf(a workflow.Application) Became {
	d := a.Decision
	if a.State().Reviewing() {
		switch d.Phase {
		case workflow.DecisionQueued, workflow.DecisionSending, workflow.DecisionUnclear:
			return decidedHere(d)
		default:
			return BecamePending
		}
	}
	for _, m := range slices.Backward(a.Milestones) {
		switch m.Line {
		case workflow.LineExpired:
			return BecameExpired
		case workflow.LineApproved, workflow.LineRejected:
			approved := m.Line == workflow.LineApproved
			switch {
			case m.Took != nil && (d.Verdict == workflow.Approve) == approved && d.Verdict != "":
				return decidedHere(d)
			case m.Took != nil && approved:
				return BecameApproved
			case m.Took != nil:
				return BecameRejected
			case approved:
				return BecameThereApproved
			default:
				return BecameThereRejected
			}
		default: // what came after the review
		}
	}
	return BecameOther
}

// decidedHere tells what a decision of this desk was.
func decidedHere(d workflow.Decision) Became {
	switch {
	case d.Rule != "" && d.Verdict == workflow.Approve:
		return BecameRuleApproved
	case d.Rule != "":
		return BecameRuleRejected
	case d.Verdict == workflow.Approve:
		return BecameApproved
	default:
		return BecameRejected
	}
}

func (b Became) approvedHere() bool { return b == BecameApproved || b == BecameRuleApproved }
