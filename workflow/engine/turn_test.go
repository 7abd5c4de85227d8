package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

func TestNewRequestsAreOfferedInTurnWhereTheSettingsSaySo(t *testing.T) {
	shop := glow
	shop.Settings.Reviewers = []workflow.PersonID{member, another}
	shop.Settings.InTurn = true
	d := newDesk(t, shop)
	var offered []workflow.PersonID
	for _, id := range []workflow.ApplicationID{"1", "2", "3"} {
		a, err := d.Apply(t.Context(), workflow.Key{Shop: shop.ID, ID: id}, reported(workflow.StatusPending, noon))
		require.NoError(t, err)
		offered = append(offered, a.OnIt.By)
	}
	require.Equal(t, []workflow.PersonID{member, another, member}, offered)
	told := 0
	require.NoError(t, d.store.View(t.Context(), func(tx workflow.Tx) error {
		for _, p := range shop.Settings.Reviewers {
			lane, err := tx.Lane(workflow.PersonLane(shop.ID, p))
			if err != nil {
				return err
			}
			for _, e := range lane {
				require.Equal(t, workflow.KindAssigned, e.Payload.Kind)
				require.Empty(t, e.Payload.By, "nobody asked them")
				told++
			}
		}
		return nil
	}))
	require.Equal(t, 3, told)
}

func TestNobodysTurnComesWithoutTheSettingOrBeforeTheFirstSweep(t *testing.T) {
	for _, change := range []func(*workflow.Shop){
		func(s *workflow.Shop) { s.Settings.InTurn = false },
		func(s *workflow.Shop) { s.Settings.Reviewers = nil },
		func(s *workflow.Shop) { s.InitialSyncDone = false },
	} {
		shop := glow
		shop.Settings.Reviewers, shop.Settings.InTurn = []workflow.PersonID{member}, true
		change(&shop)
		d := newDesk(t, shop)
		require.Zero(t, d.apply(reported(workflow.StatusPending, noon)).OnIt)
	}
}
