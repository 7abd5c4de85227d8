package query

import (
	"fmt"
	"testing"
	"time"

	"sampledesk/workflow"
)

// longQueue is a shop in which so many wait.
func longQueue(b *testing.B, size int) workflow.Store {
	b.Helper()
	store := open(b)
	now := time.Now()
	keep(b, store, func(tx workflow.Tx) error {
		for n := range size {
			a := request(glow, n, workflow.StatusPending)
			a.SeenAt, a.ChangedAt = now, now
			a.Snapshot.ReviewBy, a.Snapshot.Approvable = now.Add(time.Duration(n)*time.Minute), true
			if err := tx.PutApplication(a); err != nil {
				return err
			}
		}
		return nil
	})
	return store
}

// sizes runs a read among ten, and among 5,000 that wait.
func sizes(b *testing.B, read func(tx workflow.Tx) error) {
	for _, size := range []int{10, 5000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			store := longQueue(b, size)
			for b.Loop() {
				if err := store.View(b.Context(), read); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkTheNumbersOfAWeek(b *testing.B) {
	p, _ := ParsePeriod("7d")
	sizes(b, func(tx workflow.Tx) error {
		_, err := PeriodFigures(b.Context(), tx, shops, p, time.Now())
		return err
	})
}

func BenchmarkTheRowsOfAYear(b *testing.B) {
	p, _ := ParsePeriod("365d")
	sizes(b, func(tx workflow.Tx) error {
		_, err := PeriodRows(b.Context(), tx, shops, p, time.Now(), 20_000)
		return err
	})
}

func BenchmarkACard(b *testing.B) {
	sizes(b, func(tx workflow.Tx) error {
		_, err := CardOf(tx, Defaults{}, request(glow, 1, workflow.StatusPending))
		return err
	})
}

// BenchmarkAPageOfALongQueue has to cost the same whatever the size, as the queue is an index read.
func BenchmarkAPageOfALongQueue(b *testing.B) {
	sizes(b, func(tx workflow.Tx) error {
		_, err := QueueAt(tx, shops, Page{}, 10)
		return err
	})
}

func BenchmarkDecideSeveral(b *testing.B) {
	sizes(b, func(tx workflow.Tx) error {
		_, err := OfferBulk(b.Context(), tx, glow, BulkFilter{Known: true}, time.Now(), func(workflow.Application) bool { return true })
		return err
	})
}
