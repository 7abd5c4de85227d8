package boltstore

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// liveOn lets some applications live at random.
func liveOn(t *testing.T, s *Store, random *rand.Rand) {
	t.Helper()
	statuses := []workflow.Status{
		workflow.StatusPending, workflow.StatusPending, workflow.StatusAwaitingShipment, workflow.StatusShipped, workflow.StatusContentPending,
		workflow.StatusCompleted, workflow.StatusRejectCancelled, workflow.StatusOverdueCancelled, workflow.StatusNotShipCancelled,
	}
	desk, now := engine.New(s, nil), begin
	apply := func(k workflow.Key, e workflow.Event) {
		_, err := desk.Apply(t.Context(), k, e)
		if refusal := (workflow.Refusal{}); err != nil {
			require.ErrorAs(t, err, &refusal)
		}
	}
	for range 300 {
		now = now.Add(time.Duration(random.IntN(7200)) * time.Second)
		k := workflow.Key{Shop: "1", ID: workflow.ApplicationID(fmt.Sprint(random.IntN(12)))}
		var a workflow.Application
		require.NoError(t, s.View(t.Context(), func(tx workflow.Tx) (err error) {
			if a, err = tx.Application(k); err != nil {
				a.Key = k
			}
			return nil
		}))
		switch random.IntN(4) {
		case 0:
			apply(k, workflow.Decided{Actor: workflow.Actor{Person: "U1"}, At: now, Round: a.Round, Verdict: workflow.Approve})
		case 1:
			apply(k, workflow.Claimed{At: now, Review: a.Decision.Review})
			apply(k, workflow.Confirmed{At: now.Add(time.Second), Verdict: a.Decision.Verdict})
		case 2:
			orders := workflow.OptionalNumber{Value: float64(random.IntN(9)), Shared: true}
			_, err := desk.FindContent(t.Context(), k, []workflow.Content{{ID: fmt.Sprint(random.IntN(3)), Format: "VIDEO", At: now, Orders: orders}}, now)
			require.NoError(t, err)
		default:
			_, err := desk.Observe(t.Context(), k.Shop, []engine.Observation{{ID: k.ID, Reported: workflow.Reported{
				At: now, Began: now, Snapshot: workflow.Snapshot{Status: statuses[random.IntN(len(statuses))], Creator: workflow.Creator{Username: "glow." + string(k.ID)}},
			}}})
			require.NoError(t, err)
		}
	}
}

func TestAFileWithoutFiguresGetsThoseThatItWouldHaveHadAllAlong(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	path := filepath.Join(t.TempDir(), "desk.db")
	s := opened(t, path)
	liveOn(t, s, rand.New(rand.NewPCG(seed, 1)))
	requireConsistent(t, s)
	want := wholeOf(t, s)
	require.NotEmpty(t, want[string(figuresBucket)])
	require.NoError(t, s.Close())

	edit(t, path, func(tx *bbolt.Tx) error {
		applications := tx.Bucket(applicationsBucket)
		for key, data := range dumped(applications) {
			if !isApplication([]byte(key)) {
				continue
			}
			a, err := decode[workflow.Application]([]byte(data))
			if err != nil {
				return err
			}
			a.Milestones = nil
			without, err := json.Marshal(a) // as it was kept then
			if err != nil {
				return err
			}
			if err := applications.Put([]byte(key), without); err != nil {
				return err
			}
		}
		if err := tx.Bucket(schemaBucket).Put(rulesKey, []byte("of before")); err != nil {
			return err
		}
		return tx.DeleteBucket(figuresBucket)
	})
	s = opened(t, path)
	requireConsistent(t, s)
	got := wholeOf(t, s)
	require.Equal(t, want[string(figuresBucket)], got[string(figuresBucket)])
	require.Equal(t, want[string(applicationsBucket)], got[string(applicationsBucket)])
}
