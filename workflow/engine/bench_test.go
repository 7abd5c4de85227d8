package engine_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// crowd has n applications come that are none of the benchmark's business: of every stage, with cards, of creators who
// have three each, in a campaign.
func (d *desk) crowd(n int) {
	d.t.Helper()
	statuses := []workflow.Status{workflow.StatusPending, workflow.StatusAwaitingShipment, workflow.StatusShipped, workflow.StatusCompleted, workflow.StatusOverdueCancelled}
	d.keeps(n, func(tx workflow.Tx, i int) error {
		a := workflow.Application{
			Key: numbered(100_000 + i), SeenAt: noon, ReportedAt: noon, ChangedAt: noon, Campaign: "crowded",
			Card: workflow.Card{Wanted: true, Post: workflow.Post{Channel: "C0SAMPLES", TS: strconv.Itoa(i)}},
		}
		a.Snapshot = reported(statuses[i%len(statuses)], noon).Snapshot
		a.Snapshot.Creator = workflow.Creator{OpenID: "crowd_" + strconv.Itoa(i/3), Username: "crowd_" + strconv.Itoa(i/3)}
		return tx.PutApplication(a)
	})
}

func benchmarkBeside(b *testing.B, action func(b *testing.B, d *desk)) {
	for _, n := range []int{0, 5000} {
		b.Run(fmt.Sprintf("beside %d applications", n), func(b *testing.B) {
			d := newDesk(b, glow).receiving()
			d.crowd(n)
			action(b, d)
		})
	}
}

func BenchmarkARunOfAHundred(b *testing.B) {
	benchmarkBeside(b, func(b *testing.B, d *desk) {
		targets := d.waiters(workflow.MaxRun)
		for b.Loop() {
			r, err := d.Decide(b.Context(), bulk(by(member), targets...))
			require.NoError(b, err)
			require.Equal(b, workflow.MaxRun, r.Count(workflow.ItemWaiting))
			b.StopTimer()
			_, err = d.UndoRun(b.Context(), r.ID, by(member), noon)
			require.NoError(b, err)
			for i := range targets {
				targets[i].Round += 2
			}
			b.StartTimer()
		}
	})
}

func BenchmarkTakingARunOfAHundredBack(b *testing.B) {
	benchmarkBeside(b, func(b *testing.B, d *desk) {
		targets := d.waiters(workflow.MaxRun)
		for b.Loop() {
			b.StopTimer()
			r, err := d.Decide(b.Context(), bulk(by(member), targets...))
			require.NoError(b, err)
			for i := range targets {
				targets[i].Round += 2
			}
			b.StartTimer()
			_, err = d.UndoRun(b.Context(), r.ID, by(member), noon)
			require.NoError(b, err)
		}
	})
}

func BenchmarkOneOutcomeOfARun(b *testing.B) {
	benchmarkBeside(b, func(b *testing.B, d *desk) {
		targets := d.waiters(workflow.MaxRun)
		r := d.decide(bulk(by(member), targets...))
		at := minutes(1)
		for b.Loop() {
			b.StopTimer()
			e := d.take(workflow.ReviewLane(numbered(1)), at)
			failure := workflow.Failure{Message: at.String()}
			at = at.Add(time.Second)
			b.StartTimer()
			err := d.Settle(b.Context(), e, engine.Outcome{Event: workflow.HeldUp{At: at, Failure: failure}, Then: engine.Again}, at)
			require.NoError(b, err)
		}
		require.False(b, d.run(r.ID).Ended())
	})
}

func BenchmarkReceivingAMessage(b *testing.B) {
	benchmarkBeside(b, func(b *testing.B, d *desk) {
		d.seen()
		i := 0
		for b.Loop() {
			i++
			require.Equal(b, 1, d.receivesBatch("glow.daily", minutes(i), text(strconv.Itoa(i), "hello", minutes(i))))
		}
	})
}

func BenchmarkReceivingNothingNew(b *testing.B) {
	benchmarkBeside(b, func(b *testing.B, d *desk) {
		d.seen()
		d.receivesBatch("glow.daily", minutes(1), text("1", "hello", minutes(1)))
		for b.Loop() {
			require.Zero(b, d.receivesBatch("glow.daily", minutes(2), text("1", "hello", minutes(1))))
		}
	})
}

func BenchmarkTheEndOfASweep(b *testing.B) {
	benchmarkBeside(b, func(b *testing.B, d *desk) {
		for b.Loop() {
			require.NoError(b, d.EndSweep(b.Context(), sample.Shop, noon))
		}
	})
}

// A tick that finds nothing due costs the same however many timers run.
func BenchmarkATickThatFindsNothingDue(b *testing.B) {
	for _, n := range []int{10, 10_000} {
		b.Run(fmt.Sprintf("of %d armed", n), func(b *testing.B) {
			d := newDesk(b, glow)
			d.askedBy(n, 20_000, deadline, noon)
			d.tick(noon)
			for b.Loop() {
				require.Zero(b, d.tick(minutes(1)))
			}
		})
	}
}

func BenchmarkTenDeadlinesComingDueBesideTenThousand(b *testing.B) {
	d := newDesk(b, glow)
	d.askedBy(10_000, 20_000, deadline, noon)
	d.tick(noon)
	i := 0
	for b.Loop() {
		b.StopTimer()
		d.askedBy(5, 1000+5*i, deadline.Add(-time.Hour), noon)
		d.askedBy(5, 1_000_000+5*i, deadline.Add(-time.Hour), noon)
		for k := range 5 {
			for _, id := range []int{1000 + 5*i + k, 1_000_000 + 5*i + k} {
				d.moves(numbered(id), noon, func(r *workflow.Snapshot) { r.Status, r.ShipBy = workflow.StatusAwaitingShipment, due(49*time.Hour) })
			}
		}
		i++
		b.StartTimer()
		require.Equal(b, 10, d.tick(due(97*time.Hour)))
	}
}

func BenchmarkAMorningWithTenThousandDue(b *testing.B) {
	d := newDesk(b, glow)
	d.waitingMany(10_000, noon.Add(8*time.Hour))
	at := noon
	for b.Loop() {
		d.morningAt(at)
		b.StopTimer()
		require.NoError(b, d.store.Store.Update(b.Context(), func(tx workflow.Tx) error {
			s, err := tx.Shop(sample.Shop)
			s.LastMorning = ""
			if err != nil {
				return err
			}
			return tx.PutShop(s)
		}))
		b.StartTimer()
	}
}

// What the timer adds to a step is what lies between these two: an application whose deadline runs, and one that has
// none.
func BenchmarkAReportThatChanges(b *testing.B) {
	for name, by := range map[string]time.Time{"with a deadline": deadline, "without": {}} {
		b.Run(name, func(b *testing.B) {
			d := newDesk(b, glow)
			k := d.asked("1", by, noon)
			stock := int64(0)
			for b.Loop() {
				d.moves(k, noon, func(r *workflow.Snapshot) { r.Stock = stock })
				stock = 1 - stock
			}
		})
	}
}

// BenchmarkAClick is a decision and its undoing, by somebody alone.
func BenchmarkAClick(b *testing.B) {
	benchmarkBeside(b, func(b *testing.B, d *desk) {
		targets := d.waiters(workflow.MaxRun)
		n := 0
		for b.Loop() {
			at := &targets[n%len(targets)]
			n++
			_, err := d.Apply(b.Context(), at.Key, workflow.Decided{Actor: action(member, strconv.Itoa(n)), At: minutes(1), Round: at.Round, Verdict: workflow.Approve, Undo: time.Hour})
			require.NoError(b, err)
			_, err = d.Apply(b.Context(), at.Key, workflow.Undone{Actor: action(member, "u"+strconv.Itoa(n)), At: minutes(1), Round: at.Round + 1})
			require.NoError(b, err)
			at.Round += 2
		}
	})
}

// BenchmarkGatherAndEvaluate reads the facts about a request whose creator made ten others, and asks a shop's rules.
func BenchmarkGatherAndEvaluate(b *testing.B) {
	d := newDesk(b, glow)
	d.has(noon, proven(workflow.ModeProposing))
	for i := range 11 {
		d.asks(workflow.ApplicationID(strconv.Itoa(i)), asker("a", "18000"), "p", minutes(i))
	}
	a, rules := d.application("10"), d.rules()
	for b.Loop() {
		facts := read(d, func(tx workflow.Tx) (workflow.KeptFacts, error) { return workflow.GatherFacts(tx, a, minutes(20)) })
		if rules.Evaluate(workflow.FactsOf(a, facts)).Speaks == nil {
			b.Fatal("no rule fits")
		}
	}
}

// BenchmarkAskingAHundredAnew asks the rules about a hundred requests that wait, each of somebody who made three, as after a
// change of them: it tells what one of these takes.
func BenchmarkAskingAHundredAnew(b *testing.B) {
	d := newDesk(b, glow)
	limited := proven(workflow.ModeProposing, workflow.Cap{Scope: workflow.CapProduct, Per: workflow.CapMonth, Samples: 1000})
	limited.Conditions = []workflow.Condition{{Fact: workflow.FactStock, Op: workflow.AtLeast, Number: 1}}
	d.has(noon, limited)
	for i := range 100 {
		d.asks(numbered(i).ID, numberedCreator(i/3), "p", minutes(i))
	}
	n := 0
	for b.Loop() {
		b.StopTimer()
		n++
		cost := workflow.Cost{Product: "elsewhere", Amount: workflow.Money{Amount: strconv.Itoa(n), Currency: "USD"}}
		_, err := d.PutCosts(b.Context(), workflow.CostsChange{Actor: by(member), At: minutes(200), Shop: sample.Shop, Costs: []workflow.Cost{cost}})
		require.NoError(b, err)
		b.StartTimer()
		d.evaluates(minutes(200))
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/100, "µs/request")
}
