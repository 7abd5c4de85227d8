package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

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
	d.waiting10k(noon.Add(8 * time.Hour))
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
