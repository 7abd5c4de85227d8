package storetest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

var parking = []promise{
	{"A parked head is not ready, holds up its lane, and is never next", showParked},
	{"Waking a lane ends the parking of all its effects, and of no other's", showWake},
	{"Waking a lane leaves alone what is not parked", showWakeOthers},
	{"An effect can be parked when it is released, and by a change", showParkLater},
	{"A parked effect that becomes the head is not ready either", showParkedTail},
}

func parked(e workflow.Effect) workflow.Effect {
	e.Parked = true
	return e
}

func wake(l workflow.Lane) func(workflow.Tx) error {
	return func(tx workflow.Tx) error { return tx.Wake(l) }
}

func showParked(t *testing.T, s workflow.Store) {
	later := reply("later", "later lane")
	later.NotBefore = minute(5)
	put(t, s, enqueue(parked(reply("one", "lane")), reply("two", "lane"), parked(later)))
	list, next := ready(t, s, workflow.Reply, 0, 9)
	require.Empty(t, list)
	require.Zero(t, next)
	require.ErrorIs(t, tryClaim(t, s, "one", 0, 1), workflow.ErrConflict)
	require.ErrorIs(t, tryClaim(t, s, "two", 0, 1), workflow.ErrConflict)
}

func showWake(t *testing.T, s workflow.Store) {
	put(t, s, enqueue(
		parked(reply("one", "lane")), parked(reply("two", "lane")), parked(reply("other", "lane2")),
	))
	put(t, s, wake("lane"))
	require.Equal(t, []workflow.InLane{{Effect: reply("one", "lane")}, {Effect: reply("two", "lane")}}, laneOf(t, s, "lane"))
	require.Equal(t, []string{"one"}, readyIDs(t, s, workflow.Reply, 0, 9))
	require.Equal(t, []workflow.InLane{{Effect: parked(reply("other", "lane2"))}}, laneOf(t, s, "lane2"))
	put(t, s, wake("a lane of nothing"))
}

func showWakeOthers(t *testing.T, s workflow.Store) {
	put(t, s, enqueue(reply("one", "lane"), parked(reply("two", "lane"))))
	claim(t, s, "one", 0, 3)
	put(t, s, wake("lane"), wake("lane"))
	head := reply("one", "lane")
	head.Attempt, head.Begun = 1, true
	require.Equal(t, []workflow.InLane{{Effect: head, Claimed: true}, {Effect: reply("two", "lane")}}, laneOf(t, s, "lane"))
	list, next := ready(t, s, workflow.Reply, 0, 9)
	require.Empty(t, list)
	require.Equal(t, minute(3), next)
}

func showParkLater(t *testing.T, s workflow.Store) {
	put(t, s, enqueue(reply("one", "lane"), reply("two", "lane2")))
	put(t, s, release(parked(claim(t, s, "one", 0, 3))), func(tx workflow.Tx) error { return tx.Change(parked(reply("two", "lane2"))) })
	list, next := ready(t, s, workflow.Reply, 0, 9)
	require.Empty(t, list)
	require.Zero(t, next)
	put(t, s, wake("lane"), wake("lane2"))
	require.ElementsMatch(t, []string{"one", "two"}, readyIDs(t, s, workflow.Reply, 0, 9))
}

func showParkedTail(t *testing.T, s workflow.Store) {
	put(t, s, enqueue(reply("one", "lane"), parked(reply("two", "lane")), reply("three", "lane")), remove("one"))
	require.Empty(t, readyIDs(t, s, workflow.Reply, 0, 9))
	put(t, s, remove("two"))
	require.Equal(t, []string{"three"}, readyIDs(t, s, workflow.Reply, 0, 9))
}
