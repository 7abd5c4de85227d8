package boltstore

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

// BenchmarkPutApplication measures the work without the disk: applications that move between listings.
func BenchmarkPutApplication(b *testing.B) {
	s := filled(b, 10_000)
	n := 0
	require.NoError(b, s.Update(b.Context(), func(tx workflow.Tx) error {
		for b.Loop() {
			a := arrived(n % 10_000)
			if n/10_000%2 == 0 {
				a.Snapshot.Status = workflow.StatusShipped
			}
			n++
			if err := tx.PutApplication(a); err != nil {
				return err
			}
		}
		return nil
	}))
}

// BenchmarkReady measures a courier's look at 10,000 lanes: all heads due, or none.
func BenchmarkReady(b *testing.B) {
	s := opened(b, filepath.Join(b.TempDir(), "desk.db"))
	require.NoError(b, s.Update(b.Context(), func(tx workflow.Tx) error {
		for n := range 10_000 {
			if err := tx.Enqueue(thread(n, 0)); err != nil {
				return err
			}
			if err := tx.Enqueue(thread(n, 1)); err != nil {
				return err
			}
		}
		return nil
	}))
	for name, now := range map[string]int{"none_due": -1, "all_due": 10_000} {
		for _, limit := range []int{16, 256} {
			b.Run(fmt.Sprintf("%s/%d", name, limit), func(b *testing.B) {
				require.NoError(b, s.View(b.Context(), func(tx workflow.Tx) error {
					for b.Loop() {
						if _, _, err := tx.Ready(workflow.Reply, at(now), limit); err != nil {
							return err
						}
					}
					return nil
				}))
			})
		}
	}
}

// BenchmarkPage measures a page of 50 applications in the midst of 100,000, and their number.
func BenchmarkPage(b *testing.B) {
	s := filled(b, 100_000)
	queue := workflow.QueueOf("1")
	require.NoError(b, s.View(b.Context(), func(tx workflow.Tx) error {
		places := arrived(50_000).Places()
		after := ""
		for _, p := range places {
			if p.Listing == queue {
				after = p.Sort
			}
		}
		require.NotEmpty(b, after)
		for b.Loop() {
			page, err := tx.Applications(queue, after, 50)
			if err != nil || len(page.Applications) != 50 {
				return fmt.Errorf("%d applications: %w", len(page.Applications), err)
			}
			if n, err := tx.Count(queue); err != nil || n != 100_000 {
				return fmt.Errorf("%d in all: %w", n, err)
			}
		}
		return nil
	}))
}

// BenchmarkObserve measures a batch of a sweep: 100 applications in one transaction.
func BenchmarkObserve(b *testing.B) {
	s := filled(b, 10_000)
	for n := 0; b.Loop(); n++ {
		require.NoError(b, s.Update(b.Context(), func(tx workflow.Tx) error {
			for i := range 100 {
				a := arrived((n*100 + i) % 10_000)
				a.Snapshot.Stock = int64(n)
				if err := tx.PutApplication(a); err != nil {
					return err
				}
			}
			return nil
		}))
	}
}

// filled returns a store with that many applications that wait for the team.
func filled(b *testing.B, applications int) *Store {
	b.Helper()
	s := opened(b, filepath.Join(b.TempDir(), "desk.db"))
	for from := 0; from < applications; from += 1_000 {
		require.NoError(b, s.Update(b.Context(), func(tx workflow.Tx) error {
			for n := range 1_000 {
				if err := tx.PutApplication(arrived(from + n)); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	return s
}
