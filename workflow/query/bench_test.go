package query

import (
	"fmt"
	"math/rand/v2"
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
		_, err := OfferBulk(b.Context(), tx, BulkAsk{Shop: glow, Criteria: Criteria{Known: true}, Now: time.Now(), Choosable: func(workflow.Application) bool { return true }})
		return err
	})
}

// BenchmarkTheNumbersOfAYear has to cost little more in a large shop than in a small one, as the store keeps the sums.
func BenchmarkTheNumbersOfAYear(b *testing.B) {
	p, _ := ParsePeriod("365d")
	for _, size := range []int{1000, 100_000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			store := aYear(b, size)
			for b.Loop() {
				if err := store.View(b.Context(), func(tx workflow.Tx) error {
					_, err := PeriodFigures(b.Context(), tx, shops, p, time.Now())
					return err
				}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// aYear is a shop that so many requests came to in the year before now, spread over it; each was decided, shipped and
// posted.
func aYear(b *testing.B, size int) workflow.Store {
	b.Helper()
	store := open(b)
	const atOnce = 2000
	now := time.Now()
	for from := 0; from < size; from += atOnce {
		keep(b, store, func(tx workflow.Tx) error {
			for n := from; n < min(from+atOnce, size); n++ {
				a := request(glow, n, workflow.StatusCompleted)
				a.SeenAt = now.Add(-time.Duration(size-n) * (365 * 24 * time.Hour / time.Duration(size)))
				a.ChangedAt = a.SeenAt
				at := func(hours int) time.Time { return a.SeenAt.Add(time.Duration(hours) * time.Hour) }
				a.Milestones = []workflow.Milestone{
					{Line: workflow.LineReceived, At: a.SeenAt}, {Line: workflow.LineApproved, At: at(3), Took: new(time.Duration(n%9999) * time.Second)},
					{Line: workflow.LineShipped, At: at(50)}, {Line: workflow.LinePosted, At: at(400)},
				}
				if err := tx.PutApplication(a); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return store
}

// BenchmarkACampaignsFunnel has to cost the same whatever the size, as it is made of kept numbers.
func BenchmarkACampaignsFunnel(b *testing.B) {
	for _, size := range []int{1000, 20_000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			store, campaign := open(b), workflow.Campaign{ID: "c1", Shop: glow}
			keepCrowd(b, store, crowd(rand.New(rand.NewPCG(1, 2)), campaign.ID, size))
			for b.Loop() {
				err := store.View(b.Context(), func(tx workflow.Tx) error {
					f, err := CampaignFunnel(b.Context(), tx, campaign, noon)
					if f.Total != size {
						b.Fatal(f.Total)
					}
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
