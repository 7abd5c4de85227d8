package engine_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// ruledLife lives a month of a shop with rules, in miniature: requests come, people decide and undo, rules are changed and
// paused, creators are listed, decisions are sent, refused and confirmed, and now and then the desk is killed.
type ruledLife struct {
	*desk
	dice *rand.Rand
	now  time.Time
	n    int // requests so far
	sent map[workflow.Key]workflow.Decision
}

func TestInAMonthWithRulesNoCapIsPassedAndEveryCountIsThatOfAPlainRecount(t *testing.T) {
	for _, seed := range []uint64{1, 2, 3} {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			m := &ruledLife{desk: newDesk(t, glow), dice: rand.New(rand.NewPCG(seed, 15)), now: noon, sent: map[workflow.Key]workflow.Decision{}}
			m.begins()
			steps := 400
			if os.Getenv("SAMPLEDESK_MONTH_COUNT") != "" { // make month
				steps = 1500
			}
			for range steps {
				m.now = m.now.Add(time.Duration(m.dice.IntN(170)) * time.Minute)
				m.lives()
			}
			m.judged()
		})
	}
}

// begins gives the shop costs, and three rules: two in automatic mode, with caps of every sort.
func (m *ruledLife) begins() {
	usd := func(amount string) workflow.Money { return workflow.Money{Amount: amount, Currency: "USD"} }
	small := workflow.ShopRule{
		Name: "Too small", Mode: workflow.ModeAutomatic, Action: workflow.RuleAction{Kind: workflow.ActReject, Reason: workflow.NotMatch},
		Conditions: []workflow.Condition{{Fact: workflow.FactGMV, Op: workflow.AtMost, Number: 2_000}, {Fact: workflow.FactHoursLeft, Op: workflow.AtMost, Number: 72}},
	}
	repeats := workflow.ShopRule{
		Name: "Again", Mode: workflow.ModeProposing, Action: workflow.RuleAction{Kind: workflow.ActApprove},
		Conditions: []workflow.Condition{{Fact: workflow.FactOnTheWay, Op: workflow.AtLeast, Number: 1}}, Caps: []workflow.Cap{{Scope: workflow.CapCreator, Per: workflow.CapEver, Samples: 3}},
	}
	good := proven(workflow.ModeAutomatic, perDay(4), workflow.Cap{Scope: workflow.CapProduct, Per: workflow.CapWeek, Samples: 6, CountPeople: true})
	m.ruled(m.now, func(r *workflow.Rules) {
		r.All = []workflow.ShopRule{repeats, small, good}
		r.Caps = []workflow.Cap{{Scope: workflow.CapAll, Per: workflow.CapMonth, Budget: usd("300")}}
		r.TwoAbove = usd("30")
	})
	_, err := m.PutCosts(m.t.Context(), workflow.CostsChange{Actor: by(member), At: m.now, Shop: sample.Shop, Costs: []workflow.Cost{
		{Product: "p0", Amount: usd("4.20")}, {Product: "p1", Amount: usd("9.99")}, {Product: "p2", Amount: usd("31")},
	}})
	require.NoError(m.t, err)
	m.evaluates(m.now)
}

// lives takes one step.
func (m *ruledLife) lives() {
	if m.rules().PausedAll && m.dice.IntN(5) == 0 {
		_, err := m.PauseRules(m.t.Context(), workflow.RulesPause{Actor: by(member), At: m.now, Shop: sample.Shop})
		require.NoError(m.t, err)
	}
	switch n := m.dice.IntN(100); {
	case n < 40:
		m.n++
		c := asker(strconv.Itoa(m.dice.IntN(25)), strconv.Itoa(m.dice.IntN(30_000)))
		r := reported(workflow.StatusPending, m.now)
		r.Snapshot.Creator, r.Snapshot.Product = c, workflow.Product{ID: workflow.ProductID("p" + strconv.Itoa(m.dice.IntN(4)))}
		r.Snapshot.ReviewBy = m.now.Add(7 * 24 * time.Hour)
		_, err := m.act(workflow.ApplicationID(strconv.Itoa(m.n)), r)
		require.NoError(m.t, err)
	case n < 60:
		m.person()
	case n < 80:
		m.sendsDue()
	case n < 88:
		m.tick(m.now)
	case n < 92:
		m.changes()
	case n < 95:
		list := []workflow.ListName{workflow.BlockList, workflow.VIPList}[m.dice.IntN(2)]
		_, err := m.PutListed(m.t.Context(), []workflow.ListChange{{Actor: by(member), At: m.now, Shop: sample.Shop, List: list, Creator: asker(strconv.Itoa(m.dice.IntN(25)), ""), Remove: m.dice.IntN(2) == 0}})
		require.NoError(m.t, err)
	case n < 98:
		m.moves()
	default:
		m.restart()
	}
}

// any returns a request in one of some states; false if there is none.
func (m *ruledLife) any(states ...workflow.State) (a workflow.Application, ok bool) {
	for range 20 {
		if m.n == 0 {
			return a, false
		}
		a = m.application(workflow.ApplicationID(strconv.Itoa(1 + m.dice.IntN(m.n))))
		if slices.Contains(states, a.State()) {
			return a, true
		}
	}
	return a, false
}

// person has somebody decide, undo or take a request.
func (m *ruledLife) person() {
	a, ok := m.any(workflow.Pending, workflow.Queued, workflow.Refused)
	if !ok {
		return
	}
	who := by([]workflow.PersonID{member, another}[m.dice.IntN(2)])
	var ev workflow.Event = workflow.Undone{Actor: who, At: m.now, Round: a.Round}
	if a.State() != workflow.Queued && m.dice.IntN(8) > 0 {
		d := workflow.Decided{Actor: who, At: m.now, Round: a.Round, Verdict: workflow.Approve, Undo: undoWindow}
		if m.dice.IntN(3) == 0 {
			d.Verdict, d.Reason = workflow.Reject, workflow.Other
		}
		ev = d
	}
	if m.dice.IntN(12) == 0 {
		ev = workflow.OnItBegan{Actor: who, At: m.now}
	}
	_, err := m.act(a.Key.ID, ev)
	if _, refused := errors.AsType[workflow.Refusal](err); !refused {
		require.NoError(m.t, err)
	}
}

// sendsDue sends what is due, and has TikTok confirm most of it.
func (m *ruledLife) sendsDue() {
	ready := read(m.desk, func(tx workflow.Tx) ([]workflow.Effect, error) {
		all, _, err := tx.Ready(workflow.ReviewOnTikTok, m.now, 50)
		return all, err
	})
	for _, e := range ready {
		eff, ok, err := m.Claim(m.t.Context(), e.ID, m.now, m.now.Add(time.Minute))
		require.NoError(m.t, err)
		if !ok {
			continue
		}
		m.sent[eff.Key()] = m.application(eff.Application).Decision
		var ev workflow.Event = workflow.Confirmed{At: m.now, Verdict: eff.Review.Verdict}
		if m.dice.IntN(8) == 0 {
			ev = workflow.RefusedForGood{At: m.now, Failure: workflow.Failure{Code: 1, Message: "no"}}
		}
		m.settle(eff, engine.Outcome{Event: ev}, m.now)
	}
}

// moves has TikTok report a request further on, ended, or back in review.
func (m *ruledLife) moves() {
	a, ok := m.any(workflow.Pending, workflow.Queued, workflow.AwaitingShipment, workflow.Shipped, workflow.Delivered)
	if !ok {
		return
	}
	to := map[workflow.State][]workflow.Status{
		workflow.Pending: {workflow.StatusWithdrawn, workflow.StatusAwaitingShipment}, workflow.Queued: {workflow.StatusWithdrawn, workflow.StatusOverdueCancelled},
		workflow.AwaitingShipment: {workflow.StatusShipped, workflow.StatusPending, workflow.StatusNotShipCancelled}, workflow.Shipped: {workflow.StatusContentPending},
		workflow.Delivered: {workflow.StatusCompleted, workflow.StatusUnfulfilCancelled},
	}[a.State()]
	m.reports(a.Key.ID, to[m.dice.IntN(len(to))], m.now)
}

// changes has an admin change, pause or resume rules; at times the run that follows comes later.
func (m *ruledLife) changes() {
	r := m.rules()
	switch m.dice.IntN(4) {
	case 0:
		_, err := m.PauseRules(m.t.Context(), workflow.RulesPause{Actor: by(member), At: m.now, Shop: sample.Shop, Paused: !r.PausedAll})
		require.NoError(m.t, err)
	case 1:
		one := r.All[m.dice.IntN(len(r.All))]
		_, err := m.PauseRules(m.t.Context(), workflow.RulesPause{Actor: by(member), At: m.now, Shop: sample.Shop, Rule: one.ID, Paused: !one.Paused})
		require.NoError(m.t, err)
	default:
		now := r.Moved(r.All[0].ID, m.dice.IntN(3))
		i := slices.IndexFunc(now.All, func(one workflow.ShopRule) bool { return one.Name == "Proven creators" })
		one := now.All[i]
		one.Conditions = []workflow.Condition{{Fact: workflow.FactGMV, Op: workflow.AtLeast, Number: float64(8_000 + 1000*m.dice.IntN(5))}}
		one.Mode = workflow.ModeAutomatic
		_, err := m.PutRules(m.t.Context(), workflow.RulesChange{Actor: by(member), At: m.now, Seen: r.Version, Rules: now.With(one)})
		require.NoError(m.t, err)
	}
	if m.dice.IntN(3) > 0 {
		m.evaluates(m.now)
	}
}

// all are the shop's requests.
func (m *ruledLife) all() (all []workflow.Application) {
	for i := range m.n {
		all = append(all, m.application(workflow.ApplicationID(strconv.Itoa(i+1))))
	}
	return all
}

// judged compares what is kept with what the requests and their histories say.
func (m *ruledLife) judged() {
	t := m.t
	want, automatic := map[string]int64{}, 0
	for _, a := range m.all() {
		for name, n := range a.Tallies() {
			want[name] += n
		}
		automatic += m.decidedByRules(a)
	}
	require.NotZero(t, automatic, "rules decided something")
	got := map[string]int64{}
	for _, each := range read(m.desk, func(tx workflow.Tx) ([]workflow.Tally, error) {
		all, _, err := tx.Tallies(sample.Shop, "", "", 1<<20)
		return all, err
	}) {
		got[each.Name] = each.Count
	}
	for _, r := range m.rules().All {
		delete(got, workflow.OutcomesTally(r.ID))
	}
	maps.DeleteFunc(got, func(name string, _ int64) bool {
		return name == workflow.ListTally(workflow.BlockList) || name == workflow.ListTally(workflow.VIPList)
	})
	maps.DeleteFunc(want, func(_ string, n int64) bool { return n == 0 })
	for name := range want { // one by one, as there are hundreds
		require.Equal(t, want[name], got[name], name)
	}
	for name := range got {
		require.Equal(t, want[name], got[name], name)
	}
	m.underCaps()
}

// decidedByRules counts what rules decided of a request, and shows that each has its rule, its reasons and its undo.
func (m *ruledLife) decidedByRules(a workflow.Application) (n int) {
	for _, e := range m.history(a.Key) {
		if e.Event != workflow.OnApproved && e.Event != workflow.OnRejected || e.By.Person != "" {
			continue
		}
		n++
		require.NotEmpty(m.t, e.By.Rule)
		require.NotEmpty(m.t, e.RuleName)
		require.Equal(m.t, e.By.Rule, e.Proposal.Rule)
		require.NotEmpty(m.t, e.Proposal.Why)
	}
	for _, d := range []workflow.Decision{a.Decision, m.sent[a.Key]} {
		if d.Rule == "" {
			continue
		}
		require.GreaterOrEqual(m.t, d.SendAt.Sub(d.At), workflow.MinRuleUndo, "there was time to undo it")
		require.NotEmpty(m.t, d.RuleName)
	}
	return n
}

// underCaps recounts, from the decisions that stand, what each cap counts.
func (m *ruledLife) underCaps() {
	type slot struct {
		whose, subject, period string
	}
	samples, cost := map[slot]int{}, map[slot]int64{}
	for _, a := range m.all() {
		c := a.Decision.Counted
		stands := a.Decision.Phase != workflow.Undecided && a.Decision.Phase != workflow.DecisionRefused
		if c.Day == "" || !stands || a.Decision.Verdict != workflow.Approve || c.Rule == "" {
			continue
		}
		rule, ok := m.rules().Named(c.Rule)
		require.True(m.t, ok)
		samples[slot{rule.Name, "", c.Day}]++
		samples[slot{rule.Name, a.Snapshot.Creator.OpenID, ""}]++
		day, err := time.Parse(time.DateOnly, c.Day)
		require.NoError(m.t, err)
		year, week := day.ISOWeek()
		samples[slot{rule.Name, string(a.Snapshot.Product.ID), fmt.Sprint(year, week)}]++
		cost[slot{"all", "", c.Day[:7]}] += c.Cost
	}
	for s, n := range samples {
		switch {
		case s.whose == "Proven creators" && s.subject == "":
			require.LessOrEqual(m.t, n, 4, "%+v", s)
		case s.whose == "Proven creators" && s.period != "":
			require.LessOrEqual(m.t, n, 6, "%+v", s)
		case s.whose == "Again" && s.subject != "" && s.period == "":
			require.LessOrEqual(m.t, n, 3, "%+v", s)
		}
	}
	for s, n := range cost {
		require.LessOrEqual(m.t, n, int64(30_000), "%+v", s)
	}
}
