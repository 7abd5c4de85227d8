package engine_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// counting is a store that counts the applications that are read outside of updates.
type counting struct {
	workflow.Store
	read *int
}

type countingTx struct {
	workflow.Tx
	read *int
}

func (c counting) View(ctx context.Context, fn func(workflow.Tx) error) error {
	return c.Store.View(ctx, func(tx workflow.Tx) error { return fn(countingTx{tx, c.read}) })
}

func (c countingTx) Application(k workflow.Key) (workflow.Application, error) {
	*c.read++
	return c.Tx.Application(k)
}

func TestAReportThatChangedNothingIsNotComparedAgainUntilSomethingChanges(t *testing.T) {
	d := newDesk(t, glow)
	read := 0
	desk := engine.New(counting{d.store, &read}, nil)
	at := noon
	observe := func(wantChanged, wantRead int, change func(*workflow.Snapshot), why string) {
		t.Helper()
		at, read = at.Add(time.Minute), 0
		report := reported(workflow.StatusPending, at)
		report.Began = at
		if change != nil {
			change(&report.Snapshot)
		}
		changed, err := desk.Observe(t.Context(), sample.Shop, []engine.Observation{{ID: sample.ID, Reported: report}})
		require.NoError(t, err)
		require.Equal(t, wantChanged, changed, why)
		require.Equal(t, wantRead, read, why)
	}
	of := func(status workflow.Status) func(*workflow.Snapshot) {
		return func(s *workflow.Snapshot) { s.Status = status }
	}
	observe(1, 1, nil, "it is new")
	observe(0, 1, nil, "it is compared once")
	observe(0, 0, nil, "it is known")
	observe(0, 0, func(s *workflow.Snapshot) {
		s.Creator.Followers.Value++
		s.Product.Picture = "https://p.example/signed-anew"
	}, "what drifts is no news")
	observe(1, 1, of(workflow.StatusShipped), "another status")
	observe(1, 1, of(workflow.StatusPending), "what was known was known of the application as it was")
	observe(0, 1, nil, "compared")
	observe(0, 0, nil, "and known")

	approve := approval(0, at)
	require.NoError(t, d.store.View(t.Context(), func(tx workflow.Tx) error {
		a, err := tx.Application(sample)
		approve.Round = a.Round
		return err
	}))
	_, err := d.Apply(t.Context(), sample, approve)
	require.NoError(t, err)
	observe(0, 1, nil, "another engine's decision changed the application")
	observe(0, 0, nil, "known again")
	for _, change := range []func(*workflow.Snapshot){
		func(s *workflow.Snapshot) { s.ReviewBy = s.ReviewBy.Add(time.Second) }, func(s *workflow.Snapshot) { s.ShipBy = noon },
		func(s *workflow.Snapshot) { s.OrderID = "9" }, func(s *workflow.Snapshot) { s.Tracking = "1Z" },
		func(s *workflow.Snapshot) { s.Approvable = !s.Approvable },
	} {
		observe(1, 1, change, "each of what makes a difference")
		observe(1, 1, nil, "and back")
	}
}

func TestAReportThatIsTooOldForNowIsComparedAgain(t *testing.T) {
	d := newDesk(t, glow)
	observe := func(status workflow.Status, began time.Time) int {
		t.Helper()
		report := reported(status, noon.Add(time.Hour))
		report.Began = began
		changed, err := d.Observe(t.Context(), sample.Shop, []engine.Observation{{ID: sample.ID, Reported: report}})
		require.NoError(t, err)
		return changed
	}
	require.Equal(t, 1, observe(workflow.StatusShipped, noon.Add(time.Minute)))
	require.Zero(t, observe(workflow.StatusContentPending, noon), "it began before what is known")
	require.Equal(t, 1, observe(workflow.StatusContentPending, noon.Add(2*time.Minute)), "and the same was read again later")
}
