package outbox_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/store/boltstore"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// TestAnOutcomeWakesTheDispatcherOnlyIfSomethingMayGoNow settles effects, with another behind them in the lane or without.
func TestAnOutcomeWakesTheDispatcherOnlyIfSomethingMayGoNow(t *testing.T) {
	store, err := boltstore.Open(t.Context(), filepath.Join(t.TempDir(), "desk.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	woken := 0
	desk := engine.New(store, func() { woken++ })
	now := time.Now()
	for name, c := range map[string]struct {
		outcome   engine.Outcome
		successor bool
		wakes     int
	}{
		"done, and nothing behind it":    {engine.Outcome{}, false, 0},
		"done, with another behind it":   {engine.Outcome{}, true, 1},
		"buried, and nothing behind it":  {engine.Outcome{Then: engine.Buried}, false, 0},
		"buried, with another behind it": {engine.Outcome{Then: engine.Buried}, true, 1},
		"to be tried again":              {engine.Outcome{Then: engine.Again, After: time.Second}, false, 1},
		"parked until there is a card":   {engine.Outcome{Then: engine.Park}, false, 0},
	} {
		first := workflow.Effect{ID: workflow.EffectID(name), Kind: workflow.Reply, Lane: workflow.Lane(name), Shop: "1", Application: "1"}
		behind := first
		behind.ID += ", behind"
		require.NoError(t, store.Update(t.Context(), func(tx workflow.Tx) error {
			if err := tx.Enqueue(first); err != nil || !c.successor {
				return err
			}
			return tx.Enqueue(behind)
		}))
		got, err := desk.ClaimAll(t.Context(), []workflow.EffectID{first.ID}, now, now.Add(time.Minute))
		require.NoError(t, err)
		require.Len(t, got, 1)
		woken = 0
		require.NoError(t, desk.Settle(t.Context(), got[0], c.outcome, now))
		require.Equal(t, c.wakes, woken, name)
	}
}
