package storetest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

var deadLetters = []promise{
	{"What is buried leaves its lane and is kept as it is given, with the time and its cause", showBury},
	{"A claimed effect can be buried", showBuryClaimed},
	{"Dead letters come oldest first, in pages", showDeadPages},
	{"The id of what was buried may be put again, and buried again", showBuryAgain},
	{"What is revived is at its lane's end, due, claimable, with its looks kept", showRevive},
	{"What is revived waits for its turn in its lane", showReviveBehind},
	{"What is revived needs nobody to wake it", showReviveParked},
	{"What is not buried cannot be revived", showReviveNothing},
	{"An effect that is there again is not revived beside itself", showReviveConflict},
	{"Of several dead letters of one id the latest is revived", showReviveLatest},
}

func bury(e workflow.Effect, n int) func(workflow.Tx) error {
	return func(tx workflow.Tx) error { return tx.Bury(e, minute(n)) }
}

func deadOf(t *testing.T, s workflow.Store, limit int) []workflow.DeadLetter {
	t.Helper()
	return walk(t, limit, func(after string, limit int) (list []workflow.DeadLetter, next string, err error) {
		see(t, s, func(tx workflow.Tx) error {
			list, next, err = tx.DeadLetters(after, limit)
			return err
		})
		return list, next, err
	})
}

func showBury(t *testing.T, s workflow.Store) {
	put(t, s, enqueue(reply("one", "lane"), reply("two", "lane")))
	e := reply("one", "lane")
	e.Failure, e.Attempt, e.Begun = workflow.Failure{Message: "is_archived"}, 3, true
	given := e
	given.Lane = ""
	put(t, s, bury(given, 7))
	require.Equal(t, []workflow.DeadLetter{{Effect: e, At: minute(7)}}, deadOf(t, s, 9))
	require.Equal(t, []string{"two"}, laneIDs(t, s, "lane"))
	require.Equal(t, []string{"two"}, readyIDs(t, s, workflow.Reply, 0, 9))
	err := s.View(t.Context(), func(tx workflow.Tx) error { _, err := tx.Effect("one"); return err })
	require.ErrorIs(t, err, workflow.ErrNotFound)
}

func showBuryClaimed(t *testing.T, s workflow.Store) {
	put(t, s, enqueue(reply("one", "lane")))
	e := claim(t, s, "one", 0, 5)
	put(t, s, bury(e, 1))
	require.Equal(t, []workflow.DeadLetter{{Effect: e, At: minute(1)}}, deadOf(t, s, 9))
	list, next := ready(t, s, workflow.Reply, 9, 9)
	require.Empty(t, list)
	require.Zero(t, next)
}

func showDeadPages(t *testing.T, s workflow.Store) {
	for _, l := range []struct {
		id string
		at int
	}{{"c", 3}, {"a", 1}, {"e", 5}, {"b", 2}, {"d", 3}} {
		put(t, s, enqueue(reply(l.id, "lane")), bury(reply(l.id, "lane"), l.at))
	}
	for limit := 1; limit <= 6; limit++ {
		var got []workflow.Effect
		for _, l := range deadOf(t, s, limit) {
			got = append(got, l.Effect)
		}
		require.Equal(t, []string{"a", "b", "c", "d", "e"}, ids(got), "by %d", limit)
	}
}

func showBuryAgain(t *testing.T, s workflow.Store) {
	e := reply("one", "lane")
	put(t, s, enqueue(e), bury(e, 1), enqueue(e))
	require.Equal(t, []string{"one"}, readyIDs(t, s, workflow.Reply, 0, 9))
	put(t, s, bury(e, 2))
	require.Equal(t, []workflow.DeadLetter{{Effect: e, At: minute(1)}, {Effect: e, At: minute(2)}}, deadOf(t, s, 9))
}

func revive(id workflow.EffectID, n int) func(workflow.Tx) error {
	return func(tx workflow.Tx) error { return tx.Revive(id, minute(n)) }
}

func showRevive(t *testing.T, s workflow.Store) {
	put(t, s, enqueue(reply("one", "lane"), reply("other", "lane")))
	e := claim(t, s, "one", 0, 5)
	e.Verifications, e.Failure, e.Begun, e.NotBefore = 2, workflow.Failure{Message: "is_archived"}, true, minute(90)
	put(t, s, bury(e, 1), bury(reply("other", "lane"), 2))
	put(t, s, revive("one", 7))

	want := e
	want.Begun, want.NotBefore = false, minute(7)
	require.Equal(t, []workflow.InLane{{Effect: want}}, laneOf(t, s, "lane"))
	require.Equal(t, want, effectOf(t, s, "one"))
	require.Equal(t, []workflow.DeadLetter{{Effect: reply("other", "lane"), At: minute(2)}}, deadOf(t, s, 9))
	list, next := ready(t, s, workflow.Reply, 6, 9)
	require.Empty(t, list)
	require.Equal(t, minute(7), next)
	list, _ = ready(t, s, workflow.Reply, 7, 9)
	require.Equal(t, []workflow.Effect{want}, list)

	want.Attempt = 2
	require.Equal(t, want, claim(t, s, "one", 7, 9), "the attempts go on counting")
	require.ErrorIs(t, fails(t, s, extend("one", 1, 20)), workflow.ErrConflict, "whoever had it before it was buried has it no more")
	put(t, s, bury(want, 8))
	require.Equal(t, []workflow.DeadLetter{{Effect: reply("other", "lane"), At: minute(2)}, {Effect: want, At: minute(8)}}, deadOf(t, s, 9))
}

func showReviveBehind(t *testing.T, s workflow.Store) {
	put(t, s, enqueue(reply("one", "lane"), reply("two", "lane"), reply("three", "lane")), bury(reply("one", "lane"), 1))
	put(t, s, revive("one", -5))
	require.Equal(t, []string{"two", "three", "one"}, laneIDs(t, s, "lane"))
	require.Equal(t, []string{"two"}, readyIDs(t, s, workflow.Reply, 0, 9))
	require.ErrorIs(t, tryClaim(t, s, "one", 0, 1), workflow.ErrConflict)
	put(t, s, remove("two", "three"))
	require.NoError(t, tryClaim(t, s, "one", 0, 1))
}

func showReviveParked(t *testing.T, s workflow.Store) {
	put(t, s, enqueue(reply("one", "lane")), bury(parked(reply("one", "lane")), 1), revive("one", 2))
	require.Equal(t, []string{"one"}, readyIDs(t, s, workflow.Reply, 2, 9))
}

func showReviveNothing(t *testing.T, s workflow.Store) {
	put(t, s, enqueue(reply("one", "lane"), reply("two", "lane"), reply("under/way", "lane")), bury(reply("one", "lane"), 1), bury(reply("under/way", "lane"), 1))
	for _, id := range []workflow.EffectID{"two", "on", "ne", "one1", "way", "under"} {
		require.ErrorIs(t, fails(t, s, revive(id, 2)), workflow.ErrNotFound, id)
	}
	put(t, s, revive("one", 2), revive("under/way", 2))
	require.ErrorIs(t, fails(t, s, revive("one", 3)), workflow.ErrNotFound, "it is alive already")
	require.Equal(t, []string{"two", "one", "under/way"}, laneIDs(t, s, "lane"))
}

func showReviveConflict(t *testing.T, s workflow.Store) {
	e := reply("one", "lane")
	put(t, s, enqueue(e), bury(e, 1), enqueue(e))
	require.ErrorIs(t, fails(t, s, revive("one", 2)), workflow.ErrConflict)
	require.Equal(t, []workflow.InLane{{Effect: e}}, laneOf(t, s, "lane"))
	require.Equal(t, []workflow.DeadLetter{{Effect: e, At: minute(1)}}, deadOf(t, s, 9))
}

func showReviveLatest(t *testing.T, s workflow.Store) {
	e := reply("one", "lane")
	later := e
	later.Verifications = 3
	put(t, s, enqueue(e), bury(e, 1), enqueue(e), bury(later, 2), revive("one", 5))
	later.NotBefore = minute(5)
	require.Equal(t, []workflow.InLane{{Effect: later}}, laneOf(t, s, "lane"))
	require.Equal(t, []workflow.DeadLetter{{Effect: e, At: minute(1)}}, deadOf(t, s, 9))
}
