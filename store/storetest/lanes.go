package storetest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

var lanes = []promise{
	{"A lane keeps the order in which its effects were put", showLaneOrder},
	{"An effect of an id that is there already is a conflict", showEnqueueTwice},
	{"Only a lane's head can be claimed, and the next once it is gone", showHeadFirst},
	{"An effect that is taken out of the middle leaves the others in order", showMiddle},
	{"A change keeps the effect as it is given, in its lane and place", showChange},
	{"A claimed effect cannot be changed", showChangeClaimed},
	{"An effect that is gone is not found, whatever is to be done with it", showGone},
	{"An effect that was removed may be put again, at its lane's end", showPutAgain},
}

func laneOf(t *testing.T, s workflow.Store, l workflow.Lane) []workflow.InLane {
	t.Helper()
	return get(t, s, func(tx workflow.Tx) ([]workflow.InLane, error) {
		lane, err := tx.Lane(l)
		if err != nil {
			return nil, err
		}
		n, err := tx.Length(l)
		require.Equal(t, len(lane), n, "the length of the lane")
		var line, want []workflow.InLine
		for _, e := range lane {
			want = append(want, workflow.InLine{ID: e.ID, Kind: e.Kind, Notice: e.Notice, Claimed: e.Claimed})
		}
		require.NoError(t, tx.Line(l, func(e workflow.InLine) bool {
			line = append(line, e)
			return true
		}))
		require.Equal(t, want, line)
		return lane, err
	})
}

func laneIDs(t *testing.T, s workflow.Store, l workflow.Lane) []string {
	t.Helper()
	var list []workflow.Effect
	for _, e := range laneOf(t, s, l) {
		list = append(list, e.Effect)
	}
	return ids(list)
}

func effectOf(t *testing.T, s workflow.Store, id workflow.EffectID) workflow.Effect {
	t.Helper()
	return get(t, s, func(tx workflow.Tx) (workflow.Effect, error) { return tx.Effect(id) })
}

func remove(list ...workflow.EffectID) func(workflow.Tx) error {
	return each(list, workflow.Tx.Remove)
}

func showLaneOrder(t *testing.T, s workflow.Store) {
	urgent := reply("a", "lane")
	urgent.Priority, urgent.NotBefore, urgent.MadeAt = workflow.ForPeople, minute(-9), minute(-9)
	put(t, s, enqueue(reply("c", "lane"), reply("x", "lane2"), reply("b", "lane")))
	put(t, s, enqueue(urgent))
	require.Equal(t, []workflow.InLane{{Effect: reply("c", "lane")}, {Effect: reply("b", "lane")}, {Effect: urgent}}, laneOf(t, s, "lane"))
	require.Equal(t, []string{"x"}, laneIDs(t, s, "lane2"))
	require.Empty(t, laneOf(t, s, "lan"))
	require.Equal(t, workflow.EffectID("c"), get(t, s, func(tx workflow.Tx) (workflow.EffectID, error) { return tx.First("lane") }))
	require.NoError(t, s.View(t.Context(), func(tx workflow.Tx) error {
		_, err := tx.First("lan")
		require.ErrorIs(t, err, workflow.ErrNotFound)
		return nil
	}))
}

func showEnqueueTwice(t *testing.T, s workflow.Store) {
	put(t, s, enqueue(reply("one", "lane")))
	require.ErrorIs(t, fails(t, s, enqueue(reply("one", "lane"))), workflow.ErrConflict)
	require.ErrorIs(t, fails(t, s, enqueue(reply("one", "another lane"))), workflow.ErrConflict)
	require.ErrorIs(t, fails(t, s, enqueue(reply("two", "lane"), reply("two", "lane"))), workflow.ErrConflict)
	require.Equal(t, []string{"one"}, laneIDs(t, s, "lane"))
	require.Empty(t, laneOf(t, s, "another lane"))
}

func showHeadFirst(t *testing.T, s workflow.Store) {
	put(t, s, enqueue(reply("one", "lane"), reply("two", "lane"), reply("other", "another lane")))
	require.ErrorIs(t, tryClaim(t, s, "two", 0, 1), workflow.ErrConflict)
	require.NoError(t, tryClaim(t, s, "one", 0, 1))
	require.NoError(t, tryClaim(t, s, "other", 0, 1))
	require.ErrorIs(t, tryClaim(t, s, "two", 0, 1), workflow.ErrConflict)
	put(t, s, remove("one"))
	require.NoError(t, tryClaim(t, s, "two", 0, 1))
}

func showMiddle(t *testing.T, s workflow.Store) {
	put(t, s, enqueue(reply("one", "lane"), reply("two", "lane"), reply("three", "lane"), reply("four", "lane")))
	put(t, s, remove("two"))
	require.Equal(t, []string{"one", "three", "four"}, laneIDs(t, s, "lane"))
	put(t, s, remove("four", "one"))
	require.Equal(t, []string{"three"}, readyIDs(t, s, workflow.Reply, 0, 9))
	put(t, s, remove("three"))
	require.Empty(t, laneOf(t, s, "lane"))
	require.Empty(t, readyIDs(t, s, workflow.Reply, 0, 9))
}

func showChange(t *testing.T, s workflow.Store) {
	put(t, s, enqueue(reply("one", "lane"), reply("two", "lane")))
	changed := reply("one", "lane")
	changed.Kind, changed.Priority, changed.NotBefore, changed.Attempt, changed.Begun = workflow.Announce, workflow.ForPeople, minute(5), 3, true
	changed.Verifications, changed.Failure, changed.Payload = 2, workflow.Failure{Code: 1, Message: "why"}, nil
	moved := changed
	moved.Lane = "another lane"
	put(t, s, func(tx workflow.Tx) error { return tx.Change(moved) })
	require.Equal(t, []workflow.InLane{{Effect: changed}, {Effect: reply("two", "lane")}}, laneOf(t, s, "lane"))
	require.Empty(t, laneOf(t, s, "another lane"))
	require.Empty(t, readyIDs(t, s, workflow.Reply, 9, 9))
	require.Equal(t, []string{"one"}, readyIDs(t, s, workflow.Announce, 5, 9))

	lower := changed
	lower.Attempt = 0
	put(t, s, func(tx workflow.Tx) error { return tx.Change(lower) })
	require.Equal(t, changed, effectOf(t, s, "one"), "attempt never goes back")

	tail := reply("two", "lane")
	tail.NotBefore = minute(-1)
	put(t, s, func(tx workflow.Tx) error { return tx.Change(tail) })
	require.Empty(t, readyIDs(t, s, workflow.Reply, 9, 9), "a change makes no head")
	require.Equal(t, tail, effectOf(t, s, "two"))
}

func showChangeClaimed(t *testing.T, s workflow.Store) {
	put(t, s, enqueue(reply("one", "lane")))
	require.NoError(t, tryClaim(t, s, "one", 0, 1))
	changed := effectOf(t, s, "one")
	changed.Priority = workflow.ForPeople
	change := func(tx workflow.Tx) error { return tx.Change(changed) }
	require.ErrorIs(t, fails(t, s, change), workflow.ErrConflict)
	put(t, s, func(tx workflow.Tx) error { return tx.Release(effectOfTx(t, tx, "one")) }, change)
	require.Equal(t, workflow.ForPeople, effectOf(t, s, "one").Priority)
}

func showGone(t *testing.T, s workflow.Store) {
	put(t, s, enqueue(reply("one", "lane"), reply("two", "lane")), remove("one"))
	for what, try := range map[string]func(workflow.Tx) error{
		"Effect":  func(tx workflow.Tx) error { _, err := tx.Effect("one"); return err },
		"Claim":   func(tx workflow.Tx) error { _, err := tx.Claim("one", start, minute(1)); return err },
		"Extend":  func(tx workflow.Tx) error { return tx.Extend("one", 0, minute(1)) },
		"Release": func(tx workflow.Tx) error { return tx.Release(reply("one", "lane")) },
		"Change":  func(tx workflow.Tx) error { return tx.Change(reply("one", "lane")) },
		"Remove":  func(tx workflow.Tx) error { return tx.Remove("one") },
		"Bury":    func(tx workflow.Tx) error { return tx.Bury(reply("one", "lane"), start) },
		"Revive":  revive("one", 1),
	} {
		require.ErrorIs(t, s.Update(t.Context(), try), workflow.ErrNotFound, what)
	}
	require.Equal(t, []string{"two"}, laneIDs(t, s, "lane"))
}

func showPutAgain(t *testing.T, s workflow.Store) {
	put(t, s, enqueue(reply("one", "lane"), reply("two", "lane")), remove("one"), enqueue(reply("one", "lane")))
	require.Equal(t, []string{"two", "one"}, laneIDs(t, s, "lane"))
}

func effectOfTx(t *testing.T, tx workflow.Tx, id workflow.EffectID) workflow.Effect {
	t.Helper()
	e, err := tx.Effect(id)
	require.NoError(t, err)
	return e
}
