package engine_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/store/boltstore"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// A month is lived twice from the same seed: the same creators ask at the same times, and the same people do the same at
// the same times as far as they still can; once with rules and once without. Two desks work on the store in turn, and now and
// then a transaction comes to nothing and is tried again, as after a crash.

const (
	monthDays     = 30
	monthRequests = 160
	monthZone     = "America/Los_Angeles"
)

// wish is a request of the month, and what people and the world will do about it, if they can.
type wish struct {
	id            workflow.ApplicationID
	at            time.Time
	snapshot      workflow.Snapshot
	decides       time.Duration // after it came; 0: nobody does
	verdict       workflow.Verdict
	undoes        time.Duration // who looks at what was decided and takes it back; 0: nobody does
	ships, posts  time.Duration // after the approval; 0: never
	orders, sales int           // paid through the content, at first and in the end
	person        workflow.PersonID
}

type month struct {
	t       *testing.T
	store   workflow.Store
	desks   [2]*engine.Engine
	dice    *rand.Rand // of the desks: which one works, and what comes to nothing
	now     time.Time
	wishes  []wish
	done    map[string]bool // steps of wishes
	rules   bool
	flaky   *flakyStore
	shop    workflow.ShopID
	zone    *time.Location
	checked int                                             // decisions of rules that were looked at
	stood   map[workflow.ApplicationID]workflow.Application // how all stood at the start of this step
}

// flakyStore lets updates come to nothing now and then once all is done.
type flakyStore struct {
	workflow.Store
	dice *rand.Rand
	lost int
}

var errKilled = errors.New("killed before it was kept")

func (f *flakyStore) Update(ctx context.Context, fn func(workflow.Tx) error) error {
	return f.Store.Update(ctx, func(tx workflow.Tx) error {
		if err := fn(tx); err != nil || f.dice.IntN(40) > 0 {
			return err
		}
		f.lost++
		return errKilled
	})
}

func monthWishes(seed uint64, from time.Time) (all []wish) {
	r := rand.New(rand.NewPCG(seed, 7))
	some := func(most time.Duration) time.Duration {
		return time.Minute + time.Duration(r.Int64N(int64(most))).Truncate(time.Second)
	}
	for n := range monthRequests {
		at := from.Add(some(monthDays * 24 * time.Hour))
		creator := r.IntN(50)
		w := wish{id: workflow.ApplicationID(strconv.Itoa(5000 + n)), at: at, verdict: workflow.Approve, person: workflow.PersonID(fmt.Sprint("U", 1+r.IntN(3)))}
		w.snapshot = workflow.Snapshot{
			Status: workflow.StatusPending, Approvable: true, Stock: 50, ReviewBy: at.Add(72 * time.Hour),
			Creator: workflow.Creator{OpenID: fmt.Sprint("o", creator), Username: fmt.Sprint("creator", creator), Followers: workflow.OptionalNumber{Value: float64(100 * creator), Shared: creator%5 > 0}},
			Product: workflow.Product{ID: workflow.ProductID(fmt.Sprint("p", r.IntN(5))), SKU: "s", Title: "Glow serum"},
		}
		if creator%4 > 0 {
			w.snapshot.Creator.GMV = workflow.Money{Amount: strconv.Itoa(creator * 100), Currency: "USD"}
		}
		if r.IntN(3) > 0 {
			w.decides = some(60 * time.Hour)
		}
		if r.IntN(3) == 0 {
			w.verdict = workflow.Reject
		}
		if r.IntN(6) == 0 {
			w.undoes = some(3 * time.Hour)
		}
		if r.IntN(8) > 0 {
			w.ships = some(48 * time.Hour)
		}
		if w.ships > 0 && r.IntN(3) > 0 {
			w.posts, w.orders = w.ships+some(96*time.Hour), r.IntN(4)
			w.sales = w.orders + r.IntN(4)
		}
		all = append(all, w)
	}
	return all
}

func newMonth(t *testing.T, seed uint64, rules bool) *month {
	bolt, err := boltstore.Open(t.Context(), filepath.Join(t.TempDir(), "desk.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, bolt.Close()) })
	zone, err := time.LoadLocation(monthZone)
	require.NoError(t, err)
	from := time.Date(2026, 10, 20, 7, 0, 0, 0, time.UTC) // the clocks go back in it
	m := &month{
		t: t, store: bolt, dice: rand.New(rand.NewPCG(seed, 8)), now: from, wishes: monthWishes(seed, from), done: map[string]bool{}, rules: rules, shop: glow.ID, zone: zone,
	}
	m.flaky = &flakyStore{Store: bolt, dice: rand.New(rand.NewPCG(seed, 9))}
	for i := range m.desks {
		m.desks[i] = engine.New(m.flaky, nil)
	}
	shop := glow
	shop.Settings.Zone, shop.InitialSyncDone = monthZone, true
	require.NoError(t, bolt.Update(t.Context(), func(tx workflow.Tx) error { return tx.PutShop(shop) }))
	return m
}

// do has one of the desks do something, again and again until it is kept.
func (m *month) do(fn func(*engine.Engine) error) {
	for range 50 {
		err := fn(m.desks[m.dice.IntN(2)])
		if errors.Is(err, errKilled) {
			continue
		}
		if _, refused := errors.AsType[workflow.Refusal](err); !refused {
			require.NoError(m.t, err)
		}
		return
	}
	m.t.Fatal("nothing is ever kept")
}

func (m *month) apply(k workflow.Key, ev workflow.Event) {
	m.do(func(e *engine.Engine) error {
		_, err := e.Apply(m.t.Context(), k, ev)
		return err
	})
}

func (m *month) report(w wish, status workflow.Status) {
	w.snapshot.Status = status
	m.do(func(e *engine.Engine) error {
		_, err := e.Observe(m.t.Context(), m.shop, []engine.Observation{{ID: w.id, Reported: workflow.Reported{At: m.now, Began: m.now, Snapshot: w.snapshot}}})
		return err
	})
}

func (m *month) view(fn func(workflow.Tx) error) {
	require.NoError(m.t, m.store.View(m.t.Context(), fn))
}

func (m *month) application(id workflow.ApplicationID) (a workflow.Application) {
	m.view(func(tx workflow.Tx) (err error) {
		a, err = tx.Application(workflow.Key{Shop: m.shop, ID: id})
		return err
	})
	return a
}

func (m *month) all() (all []workflow.Application) {
	m.view(func(tx workflow.Tx) error {
		for a, err := range workflow.Walk(m.t.Context(), tx, workflow.SeenOf(m.shop), "") {
			if err != nil {
				return err
			}
			all = append(all, a)
		}
		return nil
	})
	return all
}

// monthRules are those of the month: two in automatic mode, one that proposes and one that is watched; with caps of every
// sort.
func monthRules() workflow.Rules {
	usd := func(amount string) workflow.Money { return workflow.Money{Amount: amount, Currency: "USD"} }
	gmv := func(op workflow.Op, n float64) workflow.Condition {
		return workflow.Condition{Fact: workflow.FactGMV, Op: op, Number: n}
	}
	return workflow.Rules{
		Shop: glow.ID, Currency: "USD",
		Caps: []workflow.Cap{{Scope: workflow.CapAll, Per: workflow.CapDay, Samples: 5, CountPeople: true}, {Scope: workflow.CapProduct, Per: workflow.CapWeek, Budget: usd("60")}},
		All: []workflow.ShopRule{
			{Name: "Watched", Mode: workflow.ModeWatching, Action: workflow.RuleAction{Kind: workflow.ActApprove}, Conditions: []workflow.Condition{gmv(workflow.AtLeast, 1)}},
			{
				Name: "Proven", Mode: workflow.ModeAutomatic, Undo: 2 * time.Hour, Action: workflow.RuleAction{Kind: workflow.ActApprove},
				Conditions: []workflow.Condition{gmv(workflow.AtLeast, 3000), {Fact: workflow.FactRefused, Op: workflow.AtMost, Number: 2}},
				Caps:       []workflow.Cap{{Scope: workflow.CapCreator, Per: workflow.CapMonth, Samples: 2}, {Scope: workflow.CapAll, Per: workflow.CapWeek, Samples: 12}},
			},
			{
				Name: "Too small", Mode: workflow.ModeAutomatic, Action: workflow.RuleAction{Kind: workflow.ActReject, Reason: workflow.NotMatch},
				Conditions: []workflow.Condition{gmv(workflow.AtMost, 500), {Fact: workflow.FactHoursLeft, Op: workflow.AtMost, Number: 48}},
			},
			{Name: "Perhaps", Mode: workflow.ModeProposing, Action: workflow.RuleAction{Kind: workflow.ActApprove}, Conditions: []workflow.Condition{gmv(workflow.AtLeast, 1500)}},
		},
	}
}

func (m *month) putRules() {
	by := workflow.Actor{Person: "U1", Admin: true}
	m.do(func(e *engine.Engine) error {
		var costs []workflow.Cost
		for n := range 4 { // the fifth product has none
			costs = append(costs, workflow.Cost{Product: workflow.ProductID(fmt.Sprint("p", n)), Amount: workflow.Money{Amount: strconv.Itoa(7*n+5) + ".25", Currency: "USD"}})
		}
		_, err := e.PutRules(m.t.Context(), workflow.RulesChange{Actor: by, At: m.now, Rules: monthRules()})
		if err == nil || !errors.Is(err, errKilled) {
			err = errors.Join(err, m.costs(e, by, costs))
		}
		return err
	})
}

func (m *month) costs(e *engine.Engine, by workflow.Actor, costs []workflow.Cost) (err error) {
	for range 20 {
		if _, err = e.PutCosts(m.t.Context(), workflow.CostsChange{Actor: by, At: m.now, Shop: m.shop, Costs: costs}); !errors.Is(err, errKilled) {
			return err
		}
	}
	return err
}

// once reports whether a step is due that was not done yet, and that it is done now.
func (m *month) once(id workflow.ApplicationID, step string, due time.Time) bool {
	name := string(id) + " " + step
	if m.done[name] || due.After(m.now) {
		return false
	}
	m.done[name] = true
	return true
}

// idle reports whether nothing is due of a request that is known.
func (m *month) idle(w wish) bool {
	a, known := m.stood[w.id]
	due := func(step string, at time.Time) bool { return !m.done[string(w.id)+" "+step] && !at.After(m.now) }
	switch {
	case !known || a.State() == workflow.Queued || w.decides > 0 && due("decides", w.at.Add(w.decides)):
		return false
	case a.State().Reviewing():
		return a.Snapshot.ReviewBy.After(m.now)
	case a.Decision.Verdict != workflow.Approve || a.ConfirmedAt.IsZero():
		return true
	default:
		at := a.ConfirmedAt
		moves := w.ships > 0 && due("ships", at.Add(w.ships)) || w.posts > 0 && due("posts", at.Add(w.posts)) || w.posts > 0 && due("sells", at.Add(w.posts+sellsAfter))
		return !moves
	}
}

// sellsAfter is how long after the post its orders are counted again.
const sellsAfter = 20 * time.Hour

// live lives a step of one request.
func (m *month) live(w wish) {
	if m.once(w.id, "comes", w.at) {
		m.report(w, workflow.StatusPending)
	}
	if !m.done[string(w.id)+" comes"] {
		return
	}
	k, by := workflow.Key{Shop: m.shop, ID: w.id}, workflow.Actor{Person: w.person, Surface: workflow.FromCard}
	a := m.application(w.id)
	if w.decides > 0 && m.once(w.id, "decides", w.at.Add(w.decides)) && a.Decidable() {
		e := workflow.Decided{Actor: by, At: m.now, Round: a.Round, Verdict: w.verdict, Undo: time.Minute}
		if w.verdict == workflow.Reject {
			e.Reason = workflow.NotMatch
		}
		m.apply(k, e)
	}
	a = m.application(w.id)
	if w.undoes > 0 && a.State() == workflow.Queued && m.once(w.id, "undoes", a.Decision.At.Add(min(w.undoes, 90*time.Minute))) {
		m.apply(k, workflow.Undone{Actor: by, At: m.now, Round: a.Round})
	}
	a = m.application(w.id)
	m.look(a)
	if a.State() == workflow.Queued && !a.Decision.SendAt.After(m.now) {
		m.apply(k, workflow.Claimed{At: m.now, Review: a.Decision.Review})
		m.apply(k, workflow.Confirmed{At: m.now, Verdict: a.Decision.Verdict})
		a = m.application(w.id)
	}
	approved := a.ConfirmedAt
	switch {
	case a.State().Reviewing() && !a.Snapshot.ReviewBy.After(m.now):
		m.report(w, workflow.StatusOverdueCancelled)
	case a.Decision.Verdict != workflow.Approve || approved.IsZero():
	case w.ships > 0 && m.once(w.id, "ships", approved.Add(w.ships)):
		m.report(w, workflow.StatusContentPending)
	case w.posts > 0 && m.once(w.id, "posts", approved.Add(w.posts)):
		m.content(k, w.orders)
	case w.posts > 0 && m.once(w.id, "sells", approved.Add(w.posts+sellsAfter)):
		m.content(k, w.sales)
	}
}

func (m *month) content(k workflow.Key, orders int) {
	m.do(func(e *engine.Engine) error {
		_, err := e.FindContent(m.t.Context(), k, []workflow.Content{{ID: "c", Format: "VIDEO", At: m.now, Orders: workflow.OptionalNumber{Value: float64(orders), Shared: true}}}, m.now)
		return err
	})
}

// look looks at a decision of a rule while it can be undone: it names its rule, tells why, and has its window.
func (m *month) look(a workflow.Application) {
	d := a.Decision
	if d.Rule == "" || a.State() != workflow.Queued {
		return
	}
	m.checked++
	require.Empty(m.t, d.By)
	require.NotEmpty(m.t, d.RuleName)
	require.NotZero(m.t, d.RuleVersion)
	require.Equal(m.t, d.Rule, a.Proposal.Rule)
	want := map[string]time.Duration{"Proven": 2 * time.Hour, "Too small": workflow.DefaultRuleUndo}[d.RuleName]
	require.NotZero(m.t, want, "%s decided, which is not in automatic mode", d.RuleName)
	latest := a.Snapshot.ReviewBy
	if d.SendAt.Sub(d.At) != want {
		require.Less(m.t, latest.Sub(d.At), want+10*time.Minute, "the window is shorter only before the deadline")
	}
	require.Len(m.t, a.Proposal.Why, 2, "each of its conditions tells what was found")
	var entries []workflow.Entry
	m.view(func(tx workflow.Tx) (err error) {
		entries, _, err = tx.History(a.Key, "", 1000)
		return err
	})
	i := slices.IndexFunc(entries, func(e workflow.Entry) bool {
		return e.At.Equal(d.At) && (e.Event == workflow.OnApproved || e.Event == workflow.OnRejected)
	})
	require.GreaterOrEqual(m.t, i, 0)
	require.Equal(m.t, workflow.Actor{Rule: d.Rule, Surface: workflow.FromRule}, entries[i].By)
	require.Equal(m.t, d.RuleName, entries[i].RuleName)
}

// carryOn goes on with the run that asks the rules anew.
func (m *month) carryOn() {
	var open []workflow.RunID
	m.view(func(tx workflow.Tx) error {
		all, _, err := tx.Runs("", 1000)
		for _, r := range all {
			if r.Kind == workflow.RunRules && !r.Ended() {
				open = append(open, r.ID)
			}
		}
		return err
	})
	for _, id := range open {
		m.do(func(e *engine.Engine) error {
			_, err := e.CarryOn(m.t.Context(), id, m.now)
			return err
		})
	}
}

// pass lets the month pass.
func (m *month) pass() {
	ends := m.now.AddDate(0, 0, monthDays+8)
	if m.rules {
		m.putRules()
	}
	for step := 0; m.now.Before(ends); step++ {
		m.now = m.now.Add(2 * time.Hour)
		if m.rules && (step == 100 || step == 115) {
			m.do(func(e *engine.Engine) error {
				_, err := e.PauseRules(m.t.Context(), workflow.RulesPause{Actor: workflow.Actor{Person: "U1", Admin: true}, At: m.now, Shop: m.shop, Paused: step == 100})
				return err
			})
		}
		m.carryOn()
		m.do(func(e *engine.Engine) error {
			_, err := e.Tick(m.t.Context(), m.shop, m.now)
			return err
		})
		m.stood = map[workflow.ApplicationID]workflow.Application{}
		for _, a := range m.all() {
			m.stood[a.Key.ID] = a
		}
		for _, w := range m.wishes {
			if !w.at.After(m.now) && !m.idle(w) {
				m.live(w)
			}
		}
		if step%120 == 0 {
			m.judge()
		}
	}
	m.judge()
}

// judge recounts all that is counted, in the plainest way.
func (m *month) judge() {
	all := m.all()
	rules := workflow.Rules{}
	m.view(func(tx workflow.Tx) (err error) {
		rules, err = tx.Rules(m.shop)
		return err
	})
	m.judgeCaps(all, rules)
	m.judgeTallies(all)
	if m.rules {
		m.judgeEarned(all)
	}
}

func standing(a workflow.Application) bool {
	return a.Decision.Phase != workflow.Undecided && a.Decision.Phase != workflow.DecisionRefused
}

// judgeCaps checks that no cap was passed when a rule's approval was counted.
func (m *month) judgeCaps(all []workflow.Application, rules workflow.Rules) {
	approved := slices.DeleteFunc(slices.Clone(all), func(a workflow.Application) bool {
		return !standing(a) || a.Decision.Verdict != workflow.Approve
	})
	slices.SortStableFunc(approved, func(a, b workflow.Application) int { return a.Decision.At.Compare(b.Decision.At) })
	span := func(c workflow.Cap, at time.Time) string {
		at = at.In(m.zone)
		year, week := at.ISOWeek()
		return map[workflow.CapPer]string{
			workflow.CapDay: at.Format(time.DateOnly), workflow.CapWeek: fmt.Sprint(year, " ", week), workflow.CapMonth: at.Format("2006-01"),
		}[c.Per]
	}
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
				same := c.Scope == workflow.CapAll || c.Scope == workflow.CapProduct && b.Snapshot.Product.ID == a.Snapshot.Product.ID ||
					c.Scope == workflow.CapCreator && b.Snapshot.Creator.OpenID == a.Snapshot.Creator.OpenID
				switch {
				case !mine || !same || span(c, b.Decision.At) != span(c, d.At):
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

// samePeople counts what people decided at the very moment of a decision, which may have come after it.
func samePeople(approved []workflow.Application, i int, c workflow.Cap) (n int64) {
	for _, b := range approved[:i] {
		if c.CountPeople && b.Decision.Counted.Rule == "" && b.Decision.At.Equal(approved[i].Decision.At) {
			n++
		}
	}
	return n
}

// judgeTallies checks that every count kept is the sum of what the applications add, and what is counted of rules a plain
// recount.
func (m *month) judgeTallies(all []workflow.Application) {
	want, kept := map[string]int64{}, map[string]int64{}
	plain := map[string]int64{}
	for _, a := range all {
		for name, n := range a.Tallies() {
			want[name] += n
		}
		if !m.rules {
			continue
		}
		d := a.Decision
		day := d.At.In(m.zone).Format(time.DateOnly)
		switch {
		case !standing(a):
		case d.Rule != "":
			what := workflow.CountApproved
			if d.Verdict == workflow.Reject {
				what = workflow.CountRejected
			}
			plain[workflow.RuleTally(d.Rule, day, what)]++
		case a.Proposal != nil && a.Proposal.Action.Verdict() != "" && a.Overruled.Rule != a.Proposal.Rule:
			what := workflow.CountOverruled
			if a.Proposal.Action.Verdict() == d.Verdict {
				what = workflow.CountAgreed
			}
			plain[workflow.RuleTally(a.Proposal.Rule, day, what)]++
		}
	}
	m.view(func(tx workflow.Tx) error {
		all, _, err := tx.Tallies(m.shop, "", "", 1_000_000)
		for _, t := range all {
			if !strings.HasPrefix(t.Name, "outcomes\x1f") {
				kept[t.Name] = t.Count
			}
		}
		return err
	})
	maps.DeleteFunc(want, func(_ string, n int64) bool { return n == 0 })
	require.Equal(m.t, want, kept)
	for name, n := range plain {
		if got := kept[name]; got < n { // a watched rule may share no name with it
			require.Equal(m.t, n, got, "%q", name)
		}
	}
	if !m.rules {
		require.Empty(m.t, kept)
	}
}

// judgeEarned recounts what rules and people earned from the applications alone.
func (m *month) judgeEarned(all []workflow.Application) {
	type sums struct{ approved, rejected, posted, orders, cost int }
	want, got := map[string]sums{}, map[string]sums{}
	costs := map[string][]int64{}
	for _, a := range all {
		d := a.Decision
		if !standing(a) {
			continue
		}
		whose := []string{"person " + string(d.By), "rule " + string(d.Counted.Rule)}
		if d.Verdict == workflow.Reject && d.Rule == "" && a.Proposal != nil && a.Proposal.Action.Kind == workflow.ActReject && a.Proposal.Action.Reason == d.Reason {
			whose[1] = "rule " + string(a.Proposal.Rule)
		}
		for _, who := range whose {
			if strings.HasSuffix(who, " ") {
				continue
			}
			s := want[who]
			if d.Verdict == workflow.Reject {
				s.rejected++
			} else {
				s.approved++
				s.cost += int(d.Counted.Cost)
				if a.State() == workflow.Completed {
					s.posted++
					s.orders += int(a.Contents[0].Orders.Value)
					if d.Counted.Cost > 0 {
						costs[who] = append(costs[who], d.Counted.Cost)
					}
				}
			}
			want[who] = s
		}
	}
	m.view(func(tx workflow.Tx) error {
		earned, err := workflow.EarnedIn(tx, m.shop, "2026-01-01", "2027-01-01")
		for _, e := range earned {
			who := "rule " + string(e.Rule)
			if e.Person != "" {
				who = "person " + string(e.Person)
			}
			got[who] = sums{e.Approved, e.Rejected, e.Posted, e.Orders, int(e.Cost)}
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

// ends counts how the requests of the month ended.
func (m *month) ends() (ends map[string]int) {
	ends = map[string]int{}
	for _, a := range m.all() {
		switch d := a.Decision; {
		case d.Rule != "":
			ends["by rules"]++
		case standing(a):
			ends["by people"]++
		}
		if a.State() == workflow.Expired {
			ends["expired"]++
		}
		if p := a.Proposal; p != nil && p.Over != nil {
			ends["held by caps"]++
		}
	}
	return ends
}

func TestAMonthIsLivedTwice(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	t.Parallel()
	first, count := monthSetting(t, "SAMPLEDESK_MONTH_SEED", 1), monthSetting(t, "SAMPLEDESK_MONTH_COUNT", 1)
	for seed := first; seed < first+count; seed++ {
		t.Run(strconv.Itoa(seed), func(t *testing.T) {
			t.Parallel()
			without, with := newMonth(t, uint64(seed), false), newMonth(t, uint64(seed), true)
			without.pass()
			with.pass()
			before, after := without.ends(), with.ends()
			t.Logf("without rules %v; with rules %v, %d looks at decisions of rules, %d transactions lost", before, after, with.checked, with.flaky.lost)
			require.Len(t, with.all(), monthRequests)
			require.Len(t, without.all(), monthRequests)
			require.Zero(t, before["by rules"])
			require.Positive(t, after["by rules"])
			require.Positive(t, with.checked)
			require.Less(t, after["expired"], before["expired"], "rules decide what nobody looks at")
		})
	}
}

func monthSetting(t *testing.T, name string, unset int) int {
	text := os.Getenv(name)
	if text == "" {
		return unset
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err, name)
	return n
}
