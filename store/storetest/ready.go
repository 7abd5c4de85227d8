package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

var readiness = []promise{
	{"Heads that are due are ready, by priority and then by due time", showReadyOrder},
	{"Next is when the earliest of the others will be due", showNext},
	{"No more are returned than asked for, the most urgent first", showReadyLimit},
	{"An effect is due at its time, to the microsecond", showDue},
	{"Kinds are asked for one by one", showKinds},
	{"The tails of lanes are not ready, however due", showTails},
	{"Priorities below zero and far above it are in order", showPriorities},
	{"What waits is counted by kind, with the time of what was put first", showWhatWaits},
	{"Heads are handed out as they are ready, until enough of a priority were", showHeads},
}

// ready returns the heads of a kind that can be claimed n minutes after start, and when the next will be due.
func ready(t *testing.T, s workflow.Store, kind workflow.EffectKind, n, limit int) (list []workflow.Effect, next time.Time) {
	t.Helper()
	see(t, s, func(tx workflow.Tx) (err error) {
		list, next, err = tx.Ready(kind, minute(n), limit)
		return err
	})
	return list, next
}

func readyIDs(t *testing.T, s workflow.Store, kind workflow.EffectKind, n, limit int) []string {
	t.Helper()
	list, _ := ready(t, s, kind, n, limit)
	return ids(list)
}

// due returns an effect in a lane of its own.
func due(id string, p workflow.Priority, n int) workflow.Effect {
	e := reply(id, "lane of "+id)
	e.Priority, e.NotBefore = p, minute(n)
	return e
}

func showReadyOrder(t *testing.T, s workflow.Store) {
	put(t, s, enqueue(due("c", 1, 2), due("late", 0, 9), due("b", 0, 3), due("d", 1, 3), due("a", 0, 1)))
	list, _ := ready(t, s, workflow.Reply, 5, 9)
	require.Equal(t, []workflow.Effect{due("a", 0, 1), due("b", 0, 3), due("c", 1, 2), due("d", 1, 3)}, list)
}

func showNext(t *testing.T, s workflow.Store) {
	_, next := ready(t, s, workflow.Reply, 0, 9)
	require.Zero(t, next)
	put(t, s, enqueue(due("a", 0, 5), due("b", 1, 3), due("c", 2, 4)))
	for n, want := range map[int]time.Time{0: minute(3), 3: minute(4), 4: minute(5), 5: {}} {
		_, next := ready(t, s, workflow.Reply, n, 9)
		require.Equal(t, want, next, "at minute %d", n)
	}
}

func showReadyLimit(t *testing.T, s workflow.Store) {
	for i := range 6 {
		put(t, s, enqueue(due(fmt.Sprintf("routine %d", i), 1, i), due(fmt.Sprintf("urgent %d", i), 0, i)))
	}
	list, next := ready(t, s, workflow.Reply, 3, 5)
	require.Equal(t, []string{"urgent 0", "urgent 1", "urgent 2", "urgent 3", "routine 0"}, ids(list))
	require.Equal(t, minute(4), next)
	list, next = ready(t, s, workflow.Reply, 3, 2)
	require.Equal(t, []string{"urgent 0", "urgent 1"}, ids(list))
	require.Equal(t, minute(4), next, "what is due already is not next")
	list, next = ready(t, s, workflow.Reply, 3, 0)
	require.Empty(t, list)
	require.Equal(t, minute(4), next)

	soon := due("soon", 0, 3)
	soon.NotBefore = soon.NotBefore.Add(time.Microsecond)
	put(t, s, enqueue(soon))
	_, next = ready(t, s, workflow.Reply, 3, 2)
	require.Equal(t, soon.NotBefore, next)
}

func showDue(t *testing.T, s workflow.Store) {
	e := reply("one", "lane")
	e.NotBefore = start.Add(time.Microsecond)
	put(t, s, enqueue(e))
	see(t, s, func(tx workflow.Tx) error {
		list, next, err := tx.Ready(workflow.Reply, start.Add(999*time.Nanosecond), 9)
		require.NoError(t, err)
		require.Empty(t, list)
		require.Equal(t, e.NotBefore, next)
		list, next, err = tx.Ready(workflow.Reply, start.Add(time.Microsecond).In(time.FixedZone("east", 3600)), 9)
		require.NoError(t, err)
		require.Equal(t, []workflow.Effect{e}, list)
		require.Zero(t, next)
		return nil
	})
	err := fails(t, s, func(tx workflow.Tx) error { _, err := tx.Claim("one", start, minute(1)); return err })
	require.ErrorIs(t, err, workflow.ErrConflict)
	put(t, s, func(tx workflow.Tx) error { _, err := tx.Claim("one", e.NotBefore, minute(1)); return err })
}

func showKinds(t *testing.T, s workflow.Store) {
	for _, kind := range workflow.EffectKinds {
		e := due(string(kind), 0, 0)
		e.Kind = kind
		later := due(string(kind)+" later", 0, 7)
		later.Kind = kind
		put(t, s, enqueue(e, later))
	}
	for _, kind := range workflow.EffectKinds {
		list, next := ready(t, s, kind, 0, 9)
		require.Equal(t, []string{string(kind)}, ids(list))
		require.Equal(t, minute(7), next)
	}
	list, next := ready(t, s, "car", 0, 9) // the beginning of a kind is another kind
	require.Empty(t, list)
	require.Zero(t, next)
}

func showTails(t *testing.T, s workflow.Store) {
	head, tail := reply("head", "lane"), reply("tail", "lane")
	head.NotBefore, tail.Priority, tail.NotBefore = minute(5), workflow.ForPeople, minute(-5)
	put(t, s, enqueue(head, tail))
	list, next := ready(t, s, workflow.Reply, 0, 9)
	require.Empty(t, list)
	require.Equal(t, minute(5), next)
	put(t, s, remove("head"))
	list, next = ready(t, s, workflow.Reply, 0, 9)
	require.Equal(t, []string{"tail"}, ids(list))
	require.Zero(t, next)
}

func showPriorities(t *testing.T, s workflow.Store) {
	put(t, s, enqueue(due("last", 1<<31-1, 0), due("b", 0, 0), due("c", 300, 0), due("first", -(1<<31), 0), due("a", -1, 0)))
	require.Equal(t, []string{"first", "a", "b", "c", "last"}, readyIDs(t, s, workflow.Reply, 0, 9))
	_, next := ready(t, s, workflow.Reply, -1, 9)
	require.Equal(t, start, next)
}

func showHeads(t *testing.T, s workflow.Store) {
	put(t, s, enqueue(due("c", 1, 2), due("late", 0, 9), due("b", 0, 3), due("later", 1, 8), due("d", 1, 3), due("a", 0, 1)))
	other := due("another kind", 0, 0)
	other.Kind = workflow.Announce
	put(t, s, enqueue(other))
	list, _ := ready(t, s, workflow.Reply, 5, 9)
	require.Equal(t, []string{"a", "b", "c", "d"}, ids(list))
	for enough, want := range map[int][]workflow.Effect{
		9: list, 0: {list[0], list[2]}, 1: {list[0], list[1], list[2]}, 2: {list[0], list[1], list[2]}, 3: list,
	} {
		see(t, s, func(tx workflow.Tx) error {
			var seen []workflow.Head
			next, err := tx.Heads(workflow.Reply, minute(5), func(h workflow.Head) bool {
				seen = append(seen, h)
				read, err := tx.Effect(h.ID)
				require.NoError(t, err)
				require.Equal(t, h.Priority, read.Priority)
				return len(seen) <= enough
			})
			require.NoError(t, err)
			require.Equal(t, headsOf(want), seen, "until %d were seen", enough)
			require.Equal(t, minute(8), next, "whatever was passed over")
			return nil
		})
	}
	see(t, s, func(tx workflow.Tx) error {
		next, err := tx.Heads("car", minute(5), func(workflow.Head) bool { t.Error("the beginning of a kind is another kind"); return true })
		require.Zero(t, next)
		return err
	})
}

func headsOf(list []workflow.Effect) []workflow.Head {
	var heads []workflow.Head
	for _, e := range list {
		heads = append(heads, workflow.Head{ID: e.ID, Priority: e.Priority})
	}
	return heads
}

func showWhatWaits(t *testing.T, s workflow.Store) {
	waiting := func() (all []workflow.Waiting) {
		see(t, s, func(tx workflow.Tx) (err error) {
			all, err = tx.Waiting()
			return err
		})
		return all
	}
	require.Empty(t, waiting())

	first, second, parked, card := reply("b", "one"), reply("a", "one"), reply("c", "two"), reply("d", "three")
	first.MadeAt, second.MadeAt, parked.MadeAt, card.MadeAt = minute(2), minute(3), minute(4), minute(9)
	parked.Parked, card.Kind = true, workflow.ShowCard
	put(t, s, enqueue(first, second, parked, card))
	put(t, s, func(tx workflow.Tx) error {
		_, err := tx.Claim(first.ID, minute(5), minute(6))
		return err
	})
	require.Equal(t, []workflow.Waiting{
		{Kind: workflow.ShowCard, Count: 1, Oldest: minute(9)}, {Kind: workflow.Reply, Count: 3, Oldest: minute(2)},
	}, waiting(), "claimed ones, the tails of lanes and parked ones included")

	put(t, s, func(tx workflow.Tx) error { return tx.Remove(first.ID) }, func(tx workflow.Tx) error { return tx.Bury(card, minute(10)) })
	require.Equal(t, []workflow.Waiting{{Kind: workflow.Reply, Count: 2, Oldest: minute(3)}}, waiting())
}
