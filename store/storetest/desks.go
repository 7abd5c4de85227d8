package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

var desks = []promise{
	{"The clock of a store goes on", showNow},
	{"A desk is put in place of the one of the same id, and is listed by id until it is removed", showDesks},
	{"A turn is one desk's at a time, and lapses", showTurns},
	{"A tick that was done is not done again, nor is one before it", showTicks},
	{"Whoever has a turn prolongs it, and nobody else ends it", showProlonged},
	{"A note lasts until the next one", showNotes},
	{"What an update that fails did to desks and turns did not happen", showTurnsTakenBack},
	{"Of many desks that take a turn at once one gets it, tick by tick", showManyTurns},
	{"A mark is put in place of the one of the same name, and may be empty", showMarks},
}

func desk(id workflow.DeskID) workflow.Desk {
	return workflow.Desk{
		ID: id, Host: "on " + string(id), Version: "v1", StartedAt: start, SeenAt: minute(3), Did: workflow.Did{Clicks: 1, Deliveries: 2, Jobs: 3},
	}
}

func putDesks(all ...workflow.Desk) func(workflow.Tx) error { return each(all, workflow.Tx.PutDesk) }

// withoutSchema takes away what the store itself sets.
func withoutSchema(t *testing.T, all []workflow.Desk) []workflow.Desk {
	t.Helper()
	for i := range all {
		require.Positive(t, all[i].Schema)
		all[i].Schema = 0
	}
	return all
}

func turnOf(name string) func(workflow.Tx) (workflow.Turn, error) {
	return func(tx workflow.Tx) (workflow.Turn, error) { return tx.Turn(name) }
}

// takeTurn takes a turn by minutes.
func takeTurn(t *testing.T, s workflow.Store, name string, desk workflow.DeskID, tick, now, until int) (got bool) {
	t.Helper()
	put(t, s, func(tx workflow.Tx) (err error) {
		got, err = tx.TakeTurn(name, desk, minute(tick), minute(now), minute(until))
		return err
	})
	return got
}

func endTurn(name string, desk workflow.DeskID, done bool, note string) func(workflow.Tx) error {
	return func(tx workflow.Tx) error { return tx.EndTurn(name, desk, done, note) }
}

func showNow(t *testing.T, s workflow.Store) {
	before := s.Now()
	put(t, s, putDesks(desk("a")))
	require.False(t, s.Now().Before(before.Add(-time.Second)))
	require.WithinDuration(t, time.Now(), s.Now(), 24*time.Hour)
}

func showDesks(t *testing.T, s workflow.Store) {
	require.Empty(t, get(t, s, workflow.Tx.Desks))
	a, b, other := desk("a"), desk("b"), desk("ab")
	put(t, s, putDesks(b, a, other))
	a.SeenAt, a.Did = minute(4), workflow.Did{}
	put(t, s, putDesks(a))
	require.Equal(t, []workflow.Desk{a, other, b}, withoutSchema(t, get(t, s, workflow.Tx.Desks)))
	put(t, s, func(tx workflow.Tx) error { return errors.Join(tx.RemoveDesk("ab"), tx.RemoveDesk("nobody")) })
	require.Equal(t, []workflow.Desk{a, b}, withoutSchema(t, get(t, s, workflow.Tx.Desks)))
}

func showTurns(t *testing.T, s workflow.Store) {
	requireMissing(t, s, turnOf("sweep"))
	require.True(t, takeTurn(t, s, "sweep", "a", 10, 10, 12))
	require.Equal(t, workflow.Turn{Name: "sweep", Desk: "a", Tick: minute(10), Until: minute(12)}, get(t, s, turnOf("sweep")))
	require.False(t, takeTurn(t, s, "sweep", "b", 11, 11, 13))
	require.True(t, takeTurn(t, s, "sweep of another", "b", 11, 11, 13), "another turn is free")
	require.True(t, takeTurn(t, s, "sweep", "b", 11, 12, 14), "it lapsed")
	require.ErrorIs(t, fails(t, s, endTurn("sweep", "a", true, "")), workflow.ErrConflict)
	put(t, s, endTurn("sweep", "b", false, ""))
	require.Equal(t, workflow.Turn{Name: "sweep", Desk: "b", Tick: minute(11)}, get(t, s, turnOf("sweep")))
	require.True(t, takeTurn(t, s, "sweep", "a", 11, 12, 14), "it was not done")
	require.Error(t, fails(t, s, func(tx workflow.Tx) error {
		_, err := tx.TakeTurn("at once", "a", minute(1), minute(1), minute(1))
		return err
	}))
}

func showTicks(t *testing.T, s workflow.Store) {
	require.True(t, takeTurn(t, s, "sweep", "a", 10, 10, 12))
	put(t, s, endTurn("sweep", "a", true, ""))
	require.Equal(t, workflow.Turn{Name: "sweep", Desk: "a", Tick: minute(10), Done: minute(10)}, get(t, s, turnOf("sweep")))
	for _, desk := range []workflow.DeskID{"a", "b"} {
		require.False(t, takeTurn(t, s, "sweep", desk, 10, 20, 21))
		require.False(t, takeTurn(t, s, "sweep", desk, 9, 20, 21))
	}
	require.True(t, takeTurn(t, s, "sweep", "b", 11, 11, 12))
	require.Equal(t, minute(10), get(t, s, turnOf("sweep")).Done)
	put(t, s, endTurn("sweep", "b", true, ""))
	require.False(t, takeTurn(t, s, "sweep", "a", 11, 30, 31))
}

func showProlonged(t *testing.T, s workflow.Store) {
	require.True(t, takeTurn(t, s, "sweep", "a", 10, 10, 12))
	require.True(t, takeTurn(t, s, "sweep", "a", 10, 11, 15))
	require.True(t, takeTurn(t, s, "sweep", "a", 10, 11, 13), "never shortened")
	require.False(t, takeTurn(t, s, "sweep", "b", 11, 14, 16))
	require.ErrorIs(t, fails(t, s, endTurn("sweep", "b", true, "no")), workflow.ErrConflict)
	require.ErrorIs(t, fails(t, s, endTurn("none", "a", true, "no")), workflow.ErrConflict)
	put(t, s, endTurn("sweep", "a", true, ""))
	require.ErrorIs(t, fails(t, s, endTurn("sweep", "a", true, "")), workflow.ErrConflict, "it has it no more")
}

func showNotes(t *testing.T, s workflow.Store) {
	for i, step := range []struct{ note, stays string }{{"", ""}, {"47 read", "47 read"}, {"", "47 read"}, {"48 read \xff", "48 read \uFFFD"}} {
		require.True(t, takeTurn(t, s, "sweep", "a", i, i, i+1))
		put(t, s, endTurn("sweep", "a", i%2 == 0, step.note))
		require.Equal(t, step.stays, get(t, s, turnOf("sweep")).Note)
	}
}

func showTurnsTakenBack(t *testing.T, s workflow.Store) {
	put(t, s, putDesks(desk("a")))
	require.True(t, takeTurn(t, s, "mine", "a", 1, 1, 9))
	failed := errors.New("it failed")
	require.ErrorIs(t, fails(t, s, func(tx workflow.Tx) error {
		got, err := tx.TakeTurn("sweep", "a", minute(1), minute(1), minute(2))
		require.NoError(t, err)
		require.True(t, got)
		turn, err := tx.Turn("sweep")
		require.NoError(t, err)
		require.Equal(t, minute(2), turn.Until, "an update sees its own")
		require.NoError(t, errors.Join(tx.EndTurn("mine", "a", true, "note"), tx.PutDesk(desk("b")), tx.RemoveDesk("a"), tx.PutMark("key", "1")))
		all, err := tx.Desks()
		require.NoError(t, err)
		require.Equal(t, []workflow.Desk{desk("b")}, withoutSchema(t, all))
		return failed
	}), failed)
	requireMissing(t, s, turnOf("sweep"))
	requireMissing(t, s, markOf("key"))
	require.Equal(t, workflow.Turn{Name: "mine", Desk: "a", Tick: minute(1), Until: minute(9)}, get(t, s, turnOf("mine")))
	require.Equal(t, []workflow.Desk{desk("a")}, withoutSchema(t, get(t, s, workflow.Tx.Desks)))
}

func showManyTurns(t *testing.T, s workflow.Store) {
	const many, ticks = 6, 5
	var mu sync.Mutex
	took := map[int]int{}
	var all sync.WaitGroup
	for n := range many {
		id := workflow.DeskID(fmt.Sprint("desk ", n))
		all.Go(func() {
			for tick := range ticks {
				got := false
				err := s.Update(t.Context(), func(tx workflow.Tx) (err error) {
					if got, err = tx.TakeTurn("sweep", id, minute(tick+1), minute(tick+1), minute(100)); err != nil || !got {
						return err
					}
					return tx.EndTurn("sweep", id, true, "")
				})
				mu.Lock()
				if got {
					took[tick]++
				}
				mu.Unlock()
				if err != nil {
					t.Errorf("taking a turn: %v", err)
				}
			}
		})
	}
	all.Wait()
	for tick, n := range took {
		require.Equal(t, 1, n, "tick %d", tick)
	}
	require.Equal(t, minute(ticks), get(t, s, turnOf("sweep")).Done)
}

func markOf(name string) func(workflow.Tx) (string, error) {
	return func(tx workflow.Tx) (string, error) { return tx.Mark(name) }
}

func showMarks(t *testing.T, s workflow.Store) {
	requireMissing(t, s, markOf("key"))
	put(t, s, func(tx workflow.Tx) error {
		return errors.Join(tx.PutMark("key", "one"), tx.PutMark("keys", "other"), tx.PutMark("empty", ""))
	})
	put(t, s, func(tx workflow.Tx) error { return tx.PutMark("key", "two") })
	require.Equal(t, "two", get(t, s, markOf("key")))
	require.Equal(t, "other", get(t, s, markOf("keys")))
	require.Empty(t, get(t, s, markOf("empty")))
	requireMissing(t, s, markOf("ke"))
}
