package query

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/store/boltstore"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// life lets applications live at random for six weeks.
type life struct {
	t      *testing.T
	r      *rand.Rand
	store  workflow.Store
	engine *engine.Engine
	now    time.Time
	keys   []workflow.Key
}

func newLife(t *testing.T, seed uint64) *life {
	store, err := boltstore.Open(t.Context(), filepath.Join(t.TempDir(), "desk.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	require.NoError(t, store.Update(t.Context(), func(tx workflow.Tx) error {
		return tx.PutShop(workflow.Shop{ID: glow, Name: "Glow Shop", InitialSyncDone: true})
	}))
	return &life{t: t, r: rand.New(rand.NewPCG(seed, 1)), store: store, engine: engine.New(store, nil), now: time.Date(2026, 10, 1, 8, 0, 0, 0, time.UTC)}
}

var anyStatus = []workflow.Status{
	workflow.StatusPending, workflow.StatusPending, workflow.StatusAwaitingShipment, workflow.StatusShipped, workflow.StatusContentPending,
	workflow.StatusCompleted, workflow.StatusRejectCancelled, workflow.StatusOverdueCancelled, workflow.StatusUnfulfilCancelled,
	workflow.StatusNotShipCancelled, workflow.StatusWithdrawn, "SOMETHING_NEW",
}

func (l *life) report(k workflow.Key, s workflow.Status) {
	_, err := l.engine.Observe(l.t.Context(), glow, []engine.Observation{{ID: k.ID, Reported: workflow.Reported{
		At: l.now, Began: l.now, Snapshot: workflow.Snapshot{Status: s, Approvable: true, Creator: workflow.Creator{Username: "glow." + string(k.ID)}},
	}}})
	require.NoError(l.t, err)
}

// step lets something happen to somebody.
func (l *life) step() {
	l.now = l.now.Add(time.Duration(l.r.IntN(3600)) * time.Second)
	if len(l.keys) < 5 || l.r.IntN(8) == 0 {
		k := workflow.Key{Shop: glow, ID: workflow.ApplicationID(fmt.Sprint(1000 + len(l.keys)))}
		l.keys = append(l.keys, k)
		first := workflow.StatusPending
		if l.r.IntN(6) == 0 {
			first = anyStatus[l.r.IntN(len(anyStatus))]
		}
		l.report(k, first)
		return
	}
	k := l.keys[l.r.IntN(len(l.keys))]
	a := l.application(k)
	who := workflow.Actor{Person: "U0MEMBER01", Surface: workflow.FromCard}
	var event workflow.Event
	switch l.r.IntN(13) {
	case 9, 10:
		l.content(k)
		return
	case 11, 12:
		l.decide(k, who)
		return
	case 0, 1:
		event = workflow.Decided{Actor: who, At: l.now, Round: a.Round, Verdict: workflow.Approve}
	case 2:
		event = workflow.Decided{Actor: who, At: l.now, Round: a.Round, Verdict: workflow.Reject, Reason: workflow.NotMatch}
	case 3:
		event = workflow.Undone{Actor: who, At: l.now, Round: a.Round}
	case 4:
		event = workflow.Claimed{At: l.now, Review: a.Decision.Review}
	case 5:
		event = workflow.Confirmed{At: l.now, Verdict: a.Decision.Verdict}
	case 6:
		event = []workflow.Event{
			workflow.RefusedForGood{At: l.now, Failure: workflow.Failure{Code: 1}}, workflow.AnswerLost{At: l.now}, workflow.ContentFound{At: l.now},
		}[l.r.IntN(3)]
	default:
		l.report(k, anyStatus[l.r.IntN(len(anyStatus))])
		return
	}
	l.apply(k, event)
}

func (l *life) apply(k workflow.Key, event workflow.Event) {
	_, err := l.engine.Apply(l.t.Context(), k, event)
	if _, refused := errors.AsType[workflow.Refusal](err); !refused {
		require.NoError(l.t, err)
	}
}

// decide lets somebody decide, and TikTok confirm it a while later.
func (l *life) decide(k workflow.Key, who workflow.Actor) {
	d := workflow.Decided{Actor: who, At: l.now, Round: l.application(k).Round, Verdict: workflow.Approve}
	if l.r.IntN(3) == 0 {
		d.Verdict, d.Reason = workflow.Reject, workflow.OutOfStock
	}
	l.apply(k, d)
	l.now = l.now.Add(time.Minute)
	l.apply(k, workflow.Claimed{At: l.now, Review: l.application(k).Decision.Review})
	l.now = l.now.Add(time.Minute)
	l.apply(k, workflow.Confirmed{At: l.now, Verdict: l.application(k).Decision.Verdict})
}

// content lets something be found that a creator posted, which somebody bought through, or of which that is not told.
func (l *life) content(k workflow.Key) {
	sold := workflow.OptionalNumber{Value: float64(l.r.IntN(9)), Shared: l.r.IntN(3) > 0}
	if !sold.Shared {
		sold.Value = 0
	}
	_, err := l.engine.FindContent(l.t.Context(), k, []workflow.Content{{ID: fmt.Sprint(l.r.IntN(3)), Format: "VIDEO", At: l.now, Orders: sold}}, l.now)
	require.NoError(l.t, err)
}

func (l *life) application(k workflow.Key) (a workflow.Application) {
	require.NoError(l.t, l.store.View(l.t.Context(), func(tx workflow.Tx) (err error) {
		a, err = tx.Application(k)
		return err
	}))
	return a
}

// move is one line of a history that led elsewhere.
type move struct {
	workflow.Entry
	decided workflow.Entry // by this desk, if that stands
}

// past is what became of one application.
type past struct {
	moves  []move
	orders int
	untold int // 1: nobody tells of orders
}

// pasts are all that ever led elsewhere, application by application.
func (l *life) pasts() (all []past) {
	for _, k := range l.keys {
		var entries []workflow.Entry
		require.NoError(l.t, l.store.View(l.t.Context(), func(tx workflow.Tx) (err error) {
			entries, _, err = tx.History(k, "", 10_000)
			return err
		}))
		var own []move
		var standing workflow.Entry
		for _, e := range entries {
			switch {
			case e.To == workflow.Queued && e.From != workflow.Queued:
				standing = e
			case e.To == workflow.Pending || e.To == workflow.Refused:
				standing = workflow.Entry{}
			}
			if e.From != e.To {
				own = append(own, move{e, standing})
			}
			if !e.To.Reviewing() {
				standing = workflow.Entry{}
			}
		}
		p := past{moves: own, untold: 1}
		for _, c := range l.application(k).Contents {
			if c.Orders.Shared {
				p.orders, p.untold = p.orders+int(c.Orders.Value), 0
			}
		}
		all = append(all, p)
	}
	return all
}

// recount counts from the histories alone, in the plainest way.
func recount(all []past, from, to time.Time) (f Figures) {
	within := func(m move) bool { return !m.At.Before(from) && m.At.Before(to) }
	some := func(own []move, is func(move) bool) int {
		if slices.ContainsFunc(own[1:], func(m move) bool { return within(m) && is(m) }) {
			return 1
		}
		return 0
	}
	into := func(states ...workflow.State) func(move) bool {
		return func(m move) bool { return slices.Contains(states, m.To) }
	}
	var took []time.Duration
	for _, p := range all {
		own := p.moves
		if within(own[0]) && own[0].To.Live() {
			f.Received++
		}
		if some(own, into(workflow.Completed)) == 1 {
			f.Posted, f.Orders, f.Untold = f.Posted+1, f.Orders+p.orders, f.Untold+p.untold
		}
		f.Expired += some(own, into(workflow.Expired))
		f.NotShipped += some(own, into(workflow.NotShipped))
		f.NotPosted += some(own, into(workflow.ContentNotPosted))
		if i := slices.IndexFunc(own, into(workflow.Shipped, workflow.Delivered, workflow.Completed, workflow.ContentNotPosted)); i > 0 && within(own[i]) {
			f.Shipped++
		}
		for _, v := range []workflow.Verdict{workflow.Approve, workflow.Reject} {
			ends := into(workflow.AwaitingShipment, workflow.Shipped, workflow.Delivered, workflow.Completed)
			if v == workflow.Reject {
				ends = into(workflow.Rejected)
			}
			i := slices.IndexFunc(own, func(m move) bool { return within(m) && m.From.Reviewing() && ends(m) })
			if i < 0 {
				continue
			}
			if v == workflow.Approve {
				f.Approved++
			} else {
				f.Rejected++
			}
			m := own[i]
			if m.decided.Verdict == v && (m.From == workflow.Sending || m.From == workflow.Unclear) {
				took = append(took, m.decided.At.Sub(own[0].At))
			} else {
				f.There++
			}
		}
	}
	f.Median = median(took)
	return f
}

// median is the middle of the durations, of an even number the mean of the two in the middle.
func median(all []time.Duration) time.Duration {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	low, high := all[(len(all)-1)/2], all[len(all)/2]
	return low + (high-low)/2
}

// requireFigures holds figures to a recount: all of them exactly, but for the median, which is rounded.
func requireFigures(t *testing.T, want, got Figures, says ...any) {
	t.Helper()
	require.InDelta(t, want.Median.Seconds(), got.Median.Seconds(), max(1, want.Median.Seconds()/500), says...)
	got.Median = want.Median
	require.Equal(t, want, got, says...)
}

func TestTheNumbersAreThoseOfTheHistories(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	l := newLife(t, seed)
	for range 900 {
		l.step()
	}
	all := l.pasts()
	busy, sold := 0, 0
	for range 40 {
		from := time.Date(2026, 10, 1, l.r.IntN(31*24), l.r.IntN(60), 0, 0, time.UTC)
		to := from.Add(time.Duration(l.r.IntN(20*24)) * time.Hour)
		var got Figures
		require.NoError(t, l.store.View(t.Context(), func(tx workflow.Tx) (err error) {
			got, err = FiguresOf(t.Context(), tx, glow, from, to)
			return err
		}))
		requireFigures(t, recount(all, from, to), got, "%s to %s", from, to)
		if got.Approved > 0 && got.Shipped > 0 && got.Posted > 0 && got.There > 0 && got.Median > 0 {
			busy++
		}
		sold += got.Orders
	}
	require.Greater(t, busy, 5, "something happened")
	require.Positive(t, sold)
}

func TestTheWeekAndItsFileAreThoseOfTheHistories(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	l := newLife(t, seed)
	for range 700 {
		l.step()
	}
	all := l.pasts()
	// The clocks of Lord Howe Island change by half an hour, on 4 October.
	shop := workflow.Shop{ID: glow, Name: "Glow Shop", Settings: workflow.Settings{Zone: "Australia/Lord_Howe"}}
	zone := shop.Settings.Location()
	for monday := time.Date(2026, 10, 5, 0, 0, 0, 0, zone); monday.Before(l.now); monday = monday.AddDate(0, 0, 7) {
		week := see(t, l.store, func(tx workflow.Tx) (Week, error) {
			return WeekBefore(t.Context(), tx, shop, monday.Format(time.DateOnly))
		})
		requireFigures(t, recount(all, monday.AddDate(0, 0, -7), monday), week.Figures)
		requireFigures(t, recount(all, monday.AddDate(0, 0, -14), monday.AddDate(0, 0, -7)), *week.Before)

		p, ok := ParsePeriod("last week")
		require.True(t, ok)
		noon := week.To.Add(12 * time.Hour)
		from, to := p.At(shop, noon)
		require.True(t, from.Equal(week.From) && to.Equal(week.To), "last week is the same week")
		rows := see(t, l.store, func(tx workflow.Tx) ([]PeriodRow, error) {
			return PeriodRows(t.Context(), tx, []workflow.Shop{shop}, p, noon, 10_000)
		})
		requireRows(t, l.keys, all, rows, from, to)
	}
}

// requireRows holds the lines of a file to the histories.
func requireRows(t *testing.T, keys []workflow.Key, all []past, rows []PeriodRow, from, to time.Time) {
	byKey := map[workflow.Key]PeriodRow{}
	for _, r := range rows {
		byKey[r.Application.Key] = r
	}
	require.Len(t, byKey, len(rows), "a line each")
	for i, p := range all {
		within := func(m move) bool { return !m.At.Before(from) && m.At.Before(to) }
		wanted := within(p.moves[0]) && p.moves[0].To.Live()
		var reached []move
		for _, m := range p.moves[1:] {
			if !m.From.Reviewing() || !m.To.Reviewing() {
				reached = append(reached, m)
				wanted = wanted || within(m)
			}
		}
		row, is := byKey[keys[i]]
		require.Equal(t, wanted, is)
		if !is {
			continue
		}
		first := func(s workflow.State) time.Time {
			if i := slices.IndexFunc(reached, func(m move) bool { return m.To == s }); i >= 0 {
				return reached[i].At
			}
			return time.Time{}
		}
		require.Equal(t, first(workflow.Delivered), row.Delivered)
		require.Equal(t, first(workflow.Completed), row.Posted)
		require.Equal(t, p.orders, row.Orders)
		require.Equal(t, p.untold == 1, row.Untold)
		require.Equal(t, decisionOf(reached), row.Decision)
	}
}

// decisionOf is how the review ended for good.
func decisionOf(reached []move) (d Decision) {
	for _, m := range reached {
		verdict := workflow.Approve
		switch {
		case m.To == workflow.Rejected:
			verdict = workflow.Reject
		case !slices.Contains([]workflow.State{workflow.AwaitingShipment, workflow.Shipped, workflow.Delivered, workflow.Completed}, m.To):
			verdict = ""
		}
		switch {
		case m.To.Reviewing():
			d = Decision{}
		case !m.From.Reviewing() || verdict == "":
		case m.decided.Verdict == verdict && (m.From == workflow.Sending || m.From == workflow.Unclear):
			d = Decision{At: m.decided.At, By: m.decided.By.Person, Verdict: verdict, Reason: m.decided.Reason}
		default:
			d = Decision{At: m.At, Verdict: verdict}
		}
	}
	return d
}

func TestAPeriodIsReadAsPeopleTypeIt(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	now := time.Date(2026, 11, 22, 15, 30, 0, 0, berlin) // a Sunday
	day := func(year int, month time.Month, day int) time.Time {
		return time.Date(year, month, day, 0, 0, 0, 0, berlin)
	}
	for typed, want := range map[string]struct {
		words    string
		from, to time.Time
	}{
		"":               {"the last 7 days", now.AddDate(0, 0, -7), now},
		" 30D ":          {"the last 30 days", now.AddDate(0, 0, -30), now},
		"last 2 weeks":   {"the last 14 days", now.AddDate(0, 0, -14), now},
		"past 3 months":  {"the last 3 months", now.AddDate(0, -3, 0), now},
		"24h":            {"the last 24 hours", now.Add(-24 * time.Hour), now},
		"1 day":          {"the last day", now.AddDate(0, 0, -1), now},
		"for the month":  {"the last 30 days", now.AddDate(0, 0, -30), now},
		"Today":          {"today", day(2026, 11, 22), now},
		"yesterday":      {"yesterday", day(2026, 11, 21), day(2026, 11, 22)},
		"this week":      {"this week", day(2026, 11, 16), now},
		"last week":      {"last week", day(2026, 11, 9), day(2026, 11, 16)},
		"the last month": {"last month", day(2026, 10, 1), day(2026, 11, 1)},
		"this month":     {"this month", day(2026, 11, 1), now},
		"october":        {"October", day(2026, 10, 1), day(2026, 11, 1)},
		"in dec":         {"December", day(2025, 12, 1), day(2026, 1, 1)},
		"March 2026":     {"March 2026", day(2026, 3, 1), day(2026, 4, 1)},
		"2026-10":        {"October 2026", day(2026, 10, 1), day(2026, 11, 1)},
		"2026-10-25":     {"2026-10-25", day(2026, 10, 25), day(2026, 10, 26)},
	} {
		p, ok := ParsePeriod(typed)
		require.True(t, ok, typed)
		from, to := p.span(now)
		require.Equal(t, want.words, p.Words, typed)
		require.Equal(t, [2]time.Time{want.from, want.to}, [2]time.Time{from, to}, typed)
	}
	for _, typed := range []string{"0d", "9999d", "fortnight", "2026-13", "2026-02-30", "ma", "<!channel>", "march 26", "-3d", "20 months"} {
		_, ok := ParsePeriod(typed)
		require.False(t, ok, typed)
	}
}
