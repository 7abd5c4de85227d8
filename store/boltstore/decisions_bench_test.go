package boltstore

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"sampledesk/workflow"
)

// slice is how long each of those that are compared works in its turn: short, so that a busy moment of the machine
// strikes all alike.
const slice = 250 * time.Millisecond

// BenchmarkDecisionsBesideBbolt compares what a click waits for, with 1, 8 and 64 people clicking, with what bbolt does
// by itself when it is given the same bytes: db.Update and db.Batch.
func BenchmarkDecisionsBesideBbolt(b *testing.B) {
	for _, writers := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			s := filled(b, 1_000)
			raw := rawFile(b)
			var made atomic.Int64
			ours := func(n int) error { return s.Update(b.Context(), decisionOf(n)) }
			update := func(n int) error { return raw.Update(rawDecision(n)) }
			batch := func(n int) error { return raw.Batch(rawDecision(n)) }
			var rates [3]float64
			rounds := 0.0
			for b.Loop() {
				for i, do := range []func(int) error{ours, update, batch} {
					rates[i] += rateOf(b, writers, &made, do)
				}
				rounds++
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(rates[0]/rounds, "decisions/s")
			b.ReportMetric(rates[0]/rates[1], "of_Update")
			b.ReportMetric(rates[0]/rates[2], "of_Batch")
		})
	}
}

// rateOf returns how many times per second that many writers do something, told its number.
func rateOf(b *testing.B, writers int, made *atomic.Int64, do func(n int) error) float64 {
	b.Helper()
	began, count := time.Now(), atomic.Int64{}
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for time.Since(began) < slice {
				if err := do(int(made.Add(1))); err != nil {
					b.Error(err)
					return
				}
				count.Add(1)
			}
		})
	}
	wg.Wait()
	return float64(count.Load()) / time.Since(began).Seconds()
}

// decided returns what the n-th decision keeps of 1,000 applications.
func decided(n int) (workflow.Application, workflow.Entry, [2]workflow.Effect) {
	a := arrived(n % 1_000)
	a.Decision = workflow.Decision{Phase: workflow.DecisionQueued, Verdict: workflow.Approve, By: "U1", At: at(n)}
	a.Round = n
	first, second := review(n), thread(n, 2)
	first.ID, second.ID = workflow.EffectID(fmt.Sprintf("a-%d", n)), workflow.EffectID(fmt.Sprintf("b-%d", n))
	return a, workflow.Entry{At: at(n), Key: a.Key, Event: workflow.OnApproved}, [2]workflow.Effect{first, second}
}

func decisionOf(n int) func(workflow.Tx) error {
	a, entry, effects := decided(n)
	return func(tx workflow.Tx) error {
		if err := tx.PutApplication(a); err != nil {
			return err
		}
		if err := tx.Append(entry); err != nil {
			return err
		}
		for _, e := range effects {
			if err := tx.Enqueue(e); err != nil {
				return err
			}
		}
		return nil
	}
}

// rawDecision puts the same values into one bucket, with no index and nothing to decide.
func rawDecision(n int) func(*bbolt.Tx) error {
	a, entry, effects := decided(n)
	return func(tx *bbolt.Tx) error {
		bucket := tx.Bucket([]byte("raw"))
		for _, pair := range []struct {
			key   string
			value any
		}{
			{"application " + a.Key.String(), a}, {fmt.Sprintf("history %016x", n), entry},
			{string(effects[0].ID), effects[0]}, {string(effects[1].ID), effects[1]},
		} {
			data, err := json.Marshal(pair.value)
			if err != nil {
				return err
			}
			if err := bucket.Put([]byte(pair.key), data); err != nil {
				return err
			}
		}
		return nil
	}
}

// rawFile is a file of bbolt's with the same applications in it.
func rawFile(b *testing.B) *bbolt.DB {
	b.Helper()
	db, err := bbolt.Open(filepath.Join(b.TempDir(), "raw.db"), 0o600, &bbolt.Options{FreelistType: bbolt.FreelistArrayType})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, db.Close()) })
	require.NoError(b, db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket([]byte("raw"))
		return err
	}))
	for from := 0; from < 1_000; from += 100 {
		require.NoError(b, db.Update(func(tx *bbolt.Tx) error {
			for n := from; n < from+100; n++ {
				if err := rawDecision(n)(tx); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	return db
}

// BenchmarkDecisionWritten measures what one decision costs the disk: the bytes and pages that bbolt writes for it, and
// the file that 10,000 applications take.
func BenchmarkDecisionWritten(b *testing.B) {
	s := filled(b, 10_000)
	before, decisions := s.db.Stats(), 0
	for b.Loop() {
		require.NoError(b, s.Update(b.Context(), decisionOf(decisions)))
		decisions++
	}
	db := s.db.Stats()
	b.ReportMetric(float64(db.TxStats.GetPageCount()-before.TxStats.GetPageCount())/float64(decisions), "pages/decision")
	b.ReportMetric(float64(db.TxStats.GetPageAlloc()-before.TxStats.GetPageAlloc())/float64(decisions), "B/decision")
	tx, err := s.begin(b.Context(), false)
	require.NoError(b, err)
	defer tx.close()
	b.ReportMetric(float64(tx.tx.Size())/10_000, "B/application")
}
