package monthtest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

// judgeCaps checks that no cap was passed when a rule's approval was counted.
func (m *month) judgeCaps(all []workflow.Application, rules workflow.Rules) {
	approved := slices.DeleteFunc(slices.Clone(all), func(a workflow.Application) bool {
		return !standing(a) || a.Decision.Verdict != workflow.Approve
	})
	slices.SortStableFunc(approved, func(a, b workflow.Application) int { return a.Decision.At.Compare(b.Decision.At) })
	for i, a := range approved {
		d := a.Decision
		if d.Counted.Rule == "" {
			continue
		}
		rule, _ := rules.Named(d.Counted.Rule)
		for n, c := range slices.Concat(rule.Caps, rules.Caps) {
			used := int64(0)
			for _, b := range approved[:i+1] {
				mine := b.Decision.Counted.Rule == d.Counted.Rule || n >= len(rule.Caps) && b.Decision.Counted.Rule != "" || c.CountPeople && b.Decision.Counted.Rule == ""
				switch {
				case !mine || !together(c, a, b) || m.span(c, b.Decision.At) != m.span(c, d.At):
				case c.ByCost():
					require.NotZero(m.t, a.Decision.Counted.Cost, "%s has no cost, and there is a budget", a.Key)
					used += b.Decision.Counted.Cost
				default:
					used++
				}
			}
			// Two of the same moment may have come in either order: what is of a person never waits.
			require.LessOrEqual(m.t, used, c.Most()+samePeople(approved, i, c), "%s is over %+v", a.Key, c)
		}
	}
}

// together reports whether a cap counts two together.
func together(c workflow.Cap, a, b workflow.Application) bool {
	switch c.Scope {
	case workflow.CapProduct:
		return a.Snapshot.Product.ID == b.Snapshot.Product.ID
	case workflow.CapCreator:
		return a.Snapshot.Creator.OpenID == b.Snapshot.Creator.OpenID
	default:
		return true
	}
}

// span names the time of a cap that a moment is in.
func (m *month) span(c workflow.Cap, at time.Time) string {
	at = at.In(m.local)
	year, week := at.ISOWeek()
	return map[workflow.CapPer]string{
		workflow.CapDay: at.Format(time.DateOnly), workflow.CapWeek: fmt.Sprint(year, " ", week), workflow.CapMonth: at.Format("2006-01"),
	}[c.Per]
}

// samePeople counts what people decided at the very moment of a decision, which may have come after it.
func samePeople(approved []workflow.Application, i int, c workflow.Cap) (n int64) {
	for _, b := range approved[:i] {
		if c.CountPeople && b.Decision.Counted.Rule == "" && b.Decision.At.Equal(approved[i].Decision.At) {
			n++
		}
	}
	return n
}

// judgeTallies checks that every count kept is the sum of what the applications add, and what is counted of rules and lists a
// plain recount.
func (m *month) judgeTallies(all []workflow.Application) {
	sum, plain := map[string]int64{}, map[string]int64{}
	for _, a := range all {
		for name, n := range a.Tallies() {
			sum[name] += n
		}
		m.recount(plain, a)
	}
	kept := map[string]int64{}
	listed := 0
	m.view(func(tx workflow.Tx) error {
		all, _, err := tx.Tallies(shopID, "", "", 1_000_000)
		for _, t := range all {
			if !strings.HasPrefix(t.Name, "outcomes\x1f") {
				kept[t.Name] = t.Count
			}
		}
		if err != nil {
			return err
		}
		page, _, err := tx.Listed(shopID, workflow.BlockList, "", 1_000_000)
		listed = len(page)
		return err
	})
	blocks := workflow.ListTally(workflow.BlockList)
	require.EqualValues(m.t, listed, kept[blocks])
	delete(kept, blocks)
	nothing := func(_ string, n int64) bool { return n == 0 }
	maps.DeleteFunc(sum, nothing)
	require.Equal(m.t, sum, kept)
	ofRules := maps.Clone(kept)
	maps.DeleteFunc(ofRules, func(name string, _ int64) bool { return !strings.HasPrefix(name, "rule\x1f") })
	require.Equal(m.t, plain, ofRules)
}

// recount adds what one application counts of rules.
func (m *month) recount(plain map[string]int64, a workflow.Application) {
	d := a.Decision
	count := func(rule workflow.RuleID, day string, what workflow.RuleCount) {
		plain[workflow.RuleTally(rule, day, what)]++
	}
	day := d.At.In(m.local).Format(time.DateOnly)
	switch {
	case !m.Rules || !standing(a):
	case d.Rule != "" && d.Verdict == workflow.Reject:
		count(d.Rule, day, workflow.CountRejected)
	case d.Rule != "":
		count(d.Rule, day, workflow.CountApproved)
	default:
		for _, p := range []*workflow.Proposal{a.Proposal, a.Watched} {
			if p == nil || p.Action.Verdict() == "" || a.Overruled.Rule == p.Rule {
				continue
			}
			what := workflow.CountOverruled
			if p.Action.Verdict() == d.Verdict {
				what = workflow.CountAgreed
			}
			count(p.Rule, day, what)
		}
	}
	if o := a.Overruled; o.Rule != "" {
		count(o.Rule, o.Day, workflow.CountUndone)
		count(o.Rule, o.Day, workflow.CountOverruled)
	}
	if p := a.Proposal; p != nil && p.Over != nil {
		count(p.Rule, p.Over.Day, workflow.CountHeld)
	}
}

// earnings are what a rule or a person earned.
type earnings struct{ approved, rejected, posted, orders, cost int }

// judgeEarned recounts what rules and people earned from the applications alone.
func (m *month) judgeEarned(all []workflow.Application) {
	want, got := map[string]earnings{}, map[string]earnings{}
	costs := map[string][]int64{}
	for _, a := range all {
		for _, who := range whoEarned(a) {
			d, s := a.Decision, want[who]
			switch {
			case d.Verdict == workflow.Reject:
				s.rejected++
			case a.State() == workflow.Completed:
				s.posted++
				s.orders += int(a.Contents[0].Orders.Value)
				if d.Counted.Cost > 0 {
					costs[who] = append(costs[who], d.Counted.Cost)
				}
				fallthrough
			default:
				s.approved++
				s.cost += int(d.Counted.Cost)
			}
			want[who] = s
		}
	}
	m.view(func(tx workflow.Tx) error {
		earned, err := workflow.EarnedIn(tx, shopID, "2026-01-01", "2027-01-01")
		for _, e := range earned {
			who := "rule " + string(e.Rule)
			if e.Person != "" {
				who = "person " + string(e.Person)
			}
			got[who] = earnings{e.Approved, e.Rejected, e.Posted, e.Orders, int(e.Cost)}
			median, ok := e.PostCosts.Median()
			require.Equal(m.t, len(costs[who]) > 0, ok)
			if slices.Sort(costs[who]); ok {
				n := len(costs[who])
				low, high := costs[who][(n-1)/2], costs[who][n/2]
				require.Equal(m.t, low+(high-low)/2, median, who)
			}
		}
		return err
	})
	require.Equal(m.t, want, got)
}

// whoEarned names whose a decision is that stands.
func whoEarned(a workflow.Application) (who []string) {
	d := a.Decision
	if !standing(a) {
		return nil
	}
	rule := d.Counted.Rule
	if p := a.Proposal; d.Verdict == workflow.Reject && d.Rule == "" && p != nil && p.Action.Kind == workflow.ActReject && p.Action.Reason == d.Reason {
		rule = p.Rule
	}
	if rule != "" {
		who = append(who, "rule "+string(rule))
	}
	if d.By != "" {
		who = append(who, "person "+string(d.By))
	}
	return who
}
