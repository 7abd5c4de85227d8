//go:build unix

package outbox_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/store/boltstore"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
	"sampledesk/workflow/outbox"
)

// BenchmarkABacklogOfCards measures what the whole process spends on a posted card while so many others wait for the
// same channel's budget: a hundred are posted, one at a time, and the backlog stays as long as it was. Compare the
// sizes with each other, in one run: the last should cost at most twice the first.
func BenchmarkABacklogOfCards(b *testing.B) {
	for _, waiting := range []int{20, 300, 1_500} {
		b.Run(fmt.Sprint(waiting), func(b *testing.B) {
			var spent time.Duration
			for b.Loop() {
				b.StopTimer()
				spent += postFromBacklog(b, waiting, 100)
				b.StartTimer()
			}
			b.ReportMetric(float64(spent.Microseconds())/float64(b.N)/100, "cpu-µs/card")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// postFromBacklog posts cards and returns the processor time that it took.
func postFromBacklog(b *testing.B, waiting, cards int) time.Duration {
	b.Helper()
	store, err := boltstore.Open(b.Context(), filepath.Join(b.TempDir(), "desk.db"))
	require.NoError(b, err)
	defer func() { require.NoError(b, store.Close()) }()
	var dispatcher *outbox.Dispatcher
	engine := engine.New(store, func() { dispatcher.Wake() })
	slack := &slowChannel{posted: make(chan struct{})}
	dispatcher = outbox.New(store, engine, map[workflow.Service]outbox.Service{workflow.Slack: slack},
		map[workflow.Service]int{workflow.Slack: 8}, slog.New(slog.DiscardHandler))
	fillBacklog(b, store, engine, waiting+cards+warm)

	ctx, stop := context.WithCancel(b.Context())
	var running sync.WaitGroup
	running.Go(func() { dispatcher.Run(ctx) })
	defer running.Wait()
	defer stop()
	for range warm {
		slack.post()
	}
	before := processorTime(b)
	for range cards {
		slack.post()
	}
	return processorTime(b) - before
}

// warm is how many cards are posted before any is measured: a dispatcher that has just begun reads all that waits,
// once.
const warm = 200

func fillBacklog(b *testing.B, store workflow.Store, desk *engine.Engine, cards int) {
	b.Helper()
	require.NoError(b, store.Update(b.Context(), func(tx workflow.Tx) error {
		return tx.PutShop(workflow.Shop{ID: glow, Name: "Glow", InitialSyncDone: true})
	}))
	now := time.Now()
	var all []engine.Observation
	for n := range cards {
		all = append(all, engine.Observation{ID: workflow.ApplicationID(fmt.Sprint(1729384756 + n)), Reported: workflow.Reported{
			At: now, Began: now, Snapshot: workflow.Snapshot{
				Status: workflow.StatusPending, ReviewBy: now.Add(168 * time.Hour), Approvable: true, Stock: 12,
				Creator: workflow.Creator{Username: fmt.Sprintf("glow.daily.%d", n)}, Product: workflow.Product{ID: "1", Title: "Glow serum, 30 ml"},
			},
		}})
	}
	_, err := desk.Observe(b.Context(), glow, all)
	require.NoError(b, err)
	var missing []workflow.Effect
	require.NoError(b, store.View(b.Context(), func(tx workflow.Tx) error {
		for _, o := range all {
			a, err := tx.Application(workflow.Key{Shop: glow, ID: o.ID})
			if err != nil {
				return err
			}
			if !a.Card.Wanted {
				missing = append(missing, workflow.Effect{
					ID: workflow.EffectID("card of " + string(o.ID)), Kind: workflow.ShowCard, Lane: workflow.CardLane(a.Key), Priority: workflow.Routine,
					Shop: glow, Application: o.ID, MadeAt: now, NotBefore: now,
				})
			}
		}
		return nil
	}))
	for len(missing) > 0 {
		batch := missing[:min(500, len(missing))]
		missing = missing[len(batch):]
		require.NoError(b, store.Update(b.Context(), func(tx workflow.Tx) error {
			for _, e := range batch {
				if err := tx.Enqueue(e); err != nil {
					return err
				}
			}
			return nil
		}))
	}
}

// slowChannel is a channel that takes a card when it is told to. Like the desk, it reads an effect's application to
// tell where its card goes.
type slowChannel struct {
	free   atomic.Int64
	posted chan struct{}
	next   atomic.Int64
}

// cardPause is how long the budget of the channel asks a dispatcher to wait.
const cardPause = 4 * time.Millisecond

// post waits until another card was posted.
func (s *slowChannel) post() {
	s.free.Add(1)
	<-s.posted
}

func (s *slowChannel) Limit(tx workflow.Tx, e workflow.Effect) (string, error) {
	_, err := tx.Application(e.Key())
	return "C1", err
}

func (s *slowChannel) Budget(workflow.Effect, string) time.Duration {
	if s.free.Add(-1) >= 0 {
		return 0
	}
	s.free.Add(1)
	return cardPause
}

func (s *slowChannel) Deliver(_ context.Context, e workflow.Effect) engine.Outcome {
	if e.Kind != workflow.ShowCard {
		s.free.Add(1) // it was meant for a card
		return engine.Outcome{}
	}
	s.posted <- struct{}{}
	return engine.Outcome{Event: workflow.PostShown{At: time.Now(), Channel: "C1", TS: fmt.Sprintf("1.%06d", s.next.Add(1)), Hash: string(e.ID)}}
}

func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
