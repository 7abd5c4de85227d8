package query

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

func TestWhatFailedIsListedWithWhatWasGivenUpFirst(t *testing.T) {
	store := open(t)
	about := request(glow, 1, workflow.StatusPending)
	effect := func(id workflow.EffectID, shop workflow.ShopID, made int) workflow.Effect {
		return workflow.Effect{
			ID: id, Kind: workflow.Reply, Lane: workflow.Lane(id), Shop: shop, MadeAt: noon.Add(time.Duration(made) * time.Minute), NotBefore: noon,
		}
	}
	keep(t, store, putAll(about))
	keep(t, store, func(tx workflow.Tx) error {
		resting := effect("rests", glow, 1)
		resting.Attempt, resting.Failure, resting.Application = 2, workflow.Failure{Message: "channel_not_found"}, about.Key.ID
		for _, e := range []workflow.Effect{resting, effect("fresh", glow, 2), effect("dead", home, 0), effect("elsewhere", "another", 0)} {
			if err := tx.Enqueue(e); err != nil {
				return err
			}
		}
		return tx.Bury(effect("dead", home, 0), noon)
	})
	type found struct {
		rows  []FailedEffect
		total int
		more  bool
	}
	page := func(number, size int) found {
		return see(t, store, func(tx workflow.Tx) (f found, err error) {
			f.rows, f.total, f.more, err = FailedEffects(tx, shops, noon, number, size)
			return f, err
		})
	}
	all := page(0, 8)
	require.Equal(t, [2]workflow.EffectID{"dead", "rests"}, [2]workflow.EffectID{all.rows[0].ID, all.rows[1].ID})
	require.Equal(t, "Nimbus Home", all.rows[0].Shop)
	require.Equal(t, about.Key, all.rows[1].About.Key)
	require.Equal(t, 2, all.total)
	require.False(t, all.more)
	require.Len(t, page(1, 1).rows, 1)
	require.Empty(t, page(1<<62, 8).rows)

	waiting := see(t, store, func(tx workflow.Tx) ([]OnTheWay, error) {
		all, _, err := Undelivered(tx, shops, noon)
		return all, err
	})
	require.Equal(t, []OnTheWay{{Kind: workflow.Reply, Count: 2, Oldest: noon.Add(time.Minute)}}, waiting)
	require.Equal(t, 1, see(t, store, func(tx workflow.Tx) (int, error) { return DeadLetters(t.Context(), tx, shops) }))
}
