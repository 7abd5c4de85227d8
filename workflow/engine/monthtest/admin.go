package monthtest

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

const currency = "USD"

// proven is the rule that an admin changes now and then.
const proven = "Proven"

// windows are how long what a rule in automatic mode decides can be undone, by its name.
var windows = map[string]time.Duration{proven: 2 * time.Hour, "Too small": workflow.DefaultRuleUndo}

func usd(amount string) workflow.Money { return workflow.Money{Amount: amount, Currency: currency} }

func when(fact workflow.FactName, op workflow.Op, n float64) workflow.Condition {
	return workflow.Condition{Fact: fact, Op: op, Number: n}
}

// rulesAtFirst are those of the month: two in automatic mode, two that propose and one that is watched; with caps of every
// sort, and one cost above which an approval needs two people.
func rulesAtFirst() workflow.Rules {
	approve := workflow.RuleAction{Kind: workflow.ActApprove}
	return workflow.Rules{
		Shop: shopID, Currency: currency, TwoAbove: usd("25"),
		Caps: []workflow.Cap{{Scope: workflow.CapAll, Per: workflow.CapDay, Samples: 5, CountPeople: true}, {Scope: workflow.CapProduct, Per: workflow.CapWeek, Budget: usd("60")}},
		All: []workflow.ShopRule{
			{Name: "Watched", Mode: workflow.ModeWatching, Action: approve, Conditions: []workflow.Condition{when(workflow.FactGMV, workflow.AtLeast, 1)}},
			{
				Name: proven, Mode: workflow.ModeAutomatic, Undo: windows[proven], Action: approve,
				Conditions: []workflow.Condition{when(workflow.FactGMV, workflow.AtLeast, 3000), when(workflow.FactRefused, workflow.AtMost, 2)},
				Caps:       []workflow.Cap{{Scope: workflow.CapCreator, Per: workflow.CapMonth, Samples: 2}, {Scope: workflow.CapAll, Per: workflow.CapWeek, Samples: 12}},
			},
			{
				Name: "Too small", Mode: workflow.ModeAutomatic, Action: workflow.RuleAction{Kind: workflow.ActReject, Reason: workflow.NotMatch},
				Conditions: []workflow.Condition{when(workflow.FactGMV, workflow.AtMost, 900), when(workflow.FactHoursLeft, workflow.AtMost, 48)},
			},
			{
				Name: "Again", Mode: workflow.ModeProposing, Action: approve, Conditions: []workflow.Condition{when(workflow.FactOnTheWay, workflow.AtLeast, 1)},
				Caps: []workflow.Cap{{Scope: workflow.CapCreator, Per: workflow.CapEver, Samples: 2}, {Scope: workflow.CapProduct, Per: workflow.CapMonth, Samples: 6, CountPeople: true}},
			},
			{Name: "Perhaps", Mode: workflow.ModeProposing, Action: approve, Conditions: []workflow.Condition{when(workflow.FactGMV, workflow.AtLeast, 1500)}},
		},
	}
}

func (m *month) by() workflow.Actor { return workflow.Actor{Person: "U1", Admin: true} }

// begin gives the shop its rules and what most of its samples cost.
func (m *month) begin(h hand) {
	h.do(func(e *engine.Engine) error {
		_, err := e.PutRules(m.t.Context(), workflow.RulesChange{Actor: m.by(), At: m.now, Rules: rulesAtFirst()})
		return err
	})
	var costs []workflow.Cost
	for n := range 4 { // the fifth product has none
		costs = append(costs, workflow.Cost{Product: workflow.ProductID(fmt.Sprint("p", n)), Amount: usd(strconv.Itoa(7*n+5) + ".25")})
	}
	h.do(func(e *engine.Engine) error {
		_, err := e.PutCosts(m.t.Context(), workflow.CostsChange{Actor: m.by(), At: m.now, Shop: shopID, Costs: costs})
		return err
	})
}

// administer has the admin do something now and then. What follows from it is at times not carried out before others go on.
func (m *month) administer(h hand, step int) {
	r := m.rules()
	switch n := m.admin.IntN(100); {
	case step%100 == 60:
		m.pause(h, "", true)
		h.carryOn()
		m.judgePaused()
	case r.PausedAll && step%100 == 66:
		m.pause(h, "", false)
	case n < 3:
		one := r.All[m.admin.IntN(len(r.All))]
		m.pause(h, one.ID, !one.Paused)
	case n < 7:
		m.change(h, r)
	case n < 12:
		m.list(h)
	default: // mostly nothing
	}
	if m.admin.IntN(3) > 0 {
		h.carryOn()
	}
}

func (m *month) pause(h hand, id workflow.RuleID, paused bool) {
	h.do(func(e *engine.Engine) error {
		_, err := e.PauseRules(m.t.Context(), workflow.RulesPause{Actor: m.by(), At: m.now, Shop: shopID, Rule: id, Paused: paused})
		return err
	})
}

// change changes one of the rules, and its place.
func (m *month) change(h hand, r workflow.Rules) {
	i := slices.IndexFunc(r.All, func(one workflow.ShopRule) bool { return one.Name == proven })
	one := r.All[i]
	one.Mode = workflow.ModeAutomatic // also where it went back to proposing by itself
	one.Conditions = []workflow.Condition{when(workflow.FactGMV, workflow.AtLeast, float64(2000+500*m.admin.IntN(5))), when(workflow.FactRefused, workflow.AtMost, 2)}
	now := r.With(one).Moved(one.ID, m.admin.IntN(3))
	h.do(func(e *engine.Engine) error {
		_, err := e.PutRules(m.t.Context(), workflow.RulesChange{Actor: m.by(), At: m.now, Seen: r.Version, Rules: now})
		return err
	})
}

// list puts a creator on the block list, or takes them off it.
func (m *month) list(h hand) {
	w := m.wishes[m.admin.IntN(len(m.wishes))]
	c := w.snapshot.Creator
	off := m.blocked[c.OpenID]
	h.do(func(e *engine.Engine) error {
		_, err := e.PutListed(m.t.Context(), []workflow.ListChange{{Actor: m.by(), At: m.now, Shop: shopID, List: workflow.BlockList, Creator: workflow.Creator{OpenID: c.OpenID, Username: c.Username}, Remove: off}})
		return err
	})
	m.blocked[c.OpenID] = !off
}
