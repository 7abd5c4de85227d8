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
	e.Cause, e.Attempt, e.Begun = workflow.Cause{Message: "is_archived"}, 3, true
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
