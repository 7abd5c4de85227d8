package storetest

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

var figures = []promise{
	{"The totals of any period are those of a plain count, whatever changed", showTotals},
	{"A shop that nothing is known of has none, and neither has a period that ends before it begins", showNoTotals},
	{"What an update that failed would have added to the figures is in none", showFailedTotals},
}

func totalsOf(t *testing.T, s workflow.Store, shop workflow.ShopID, from, to time.Time) workflow.Totals {
	t.Helper()
	return get(t, s, func(tx workflow.Tx) (workflow.Totals, error) { return tx.Totals(shop, from, to) })
}

func showTotals(t *testing.T, s workflow.Store) {
	random := rand.New(rand.NewPCG(2026, 12))
	anyTime := func() time.Time { return start.Add(time.Duration(random.Int64N(int64(60 * time.Hour)))) }
	kept := map[workflow.Key]workflow.Application{}
	for range 12 {
		keep(t, s, func(tx workflow.Tx) error {
			for range 20 {
				a := withMilestones(random, randomApplication(random), anyTime)
				kept[a.Key] = a
				if err := tx.PutApplication(a); err != nil {
					return err
				}
			}
			return nil
		})
		for range 10 {
			from, to := anyTime(), anyTime()
			if random.IntN(3) == 0 {
				from, to = from.Truncate(time.Hour), to.Truncate(time.Hour)
			}
			for _, shop := range []workflow.ShopID{"0", "1"} {
				require.Equal(t, counted(kept, shop, from, to), totalsOf(t, s, shop, from, to), "%s to %s", from, to)
			}
		}
	}
}

// withMilestones gives an application a life at random, in which most things happened more than once.
func withMilestones(random *rand.Rand, a workflow.Application, at func() time.Time) workflow.Application {
	a.Milestones, a.Contents = nil, nil
	for range random.IntN(8) {
		m := workflow.Milestone{Line: workflow.Lines[random.IntN(len(workflow.Lines))], At: at().Truncate(time.Microsecond)}
		if decision := m.Line == workflow.LineApproved || m.Line == workflow.LineRejected; decision && random.IntN(2) == 0 {
			m.Took = new(time.Duration(random.Int64N(int64(100 * time.Hour))))
		}
		a.Milestones = append(a.Milestones, m)
	}
	if random.IntN(2) == 0 {
		a.Contents = []workflow.Content{{ID: "1", Orders: workflow.OptionalNumber{Value: float64(random.IntN(9)), Shared: true}}}
	}
	return a
}

// counted counts in the plainest way: of each application, what it adds first in each line of the period.
func counted(all map[workflow.Key]workflow.Application, shop workflow.ShopID, from, to time.Time) (sum workflow.Totals) {
	for _, a := range all {
		met := map[workflow.Line]bool{}
		for _, f := range a.Facts() { // of a line in order of time
			if a.Key.Shop == shop && !f.At.Before(from) && f.At.Before(to) && !met[f.Line] {
				met[f.Line] = true
				sum.Add(f, 1)
			}
		}
	}
	return sum
}

func showNoTotals(t *testing.T, s workflow.Store) {
	a := application("1", 10)
	a.Milestones = []workflow.Milestone{{Line: workflow.LineReceived, At: minute(5)}}
	put(t, s, putApplications(a))
	long := 1000 * time.Hour
	require.Equal(t, 1, totalsOf(t, s, theShop, start, start.Add(long)).In(workflow.LineReceived))
	require.Zero(t, totalsOf(t, s, theShop, start.Add(long), start))
	require.Zero(t, totalsOf(t, s, theShop, minute(5), minute(5)))
	for _, shop := range []workflow.ShopID{"unheard of", "", "with a \x00"} {
		require.Zero(t, totalsOf(t, s, shop, start.Add(-long), start.Add(long)))
	}
}

func showFailedTotals(t *testing.T, s workflow.Store) {
	a := application("1", 10)
	a.Milestones = []workflow.Milestone{{Line: workflow.LineReceived, At: minute(5)}}
	_ = fails(t, s, func(tx workflow.Tx) error {
		if err := tx.PutApplication(a); err != nil {
			return err
		}
		return workflow.ErrConflict
	})
	require.Zero(t, totalsOf(t, s, theShop, start, minute(600)))
}
