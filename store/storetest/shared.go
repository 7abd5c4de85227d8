package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

// OpenShared opens an empty store twice, as two desks do. The suite closes both.
type OpenShared func(t *testing.T) (one, other workflow.Shared)

// RunShared holds a store that several desks share to what is promised beyond workflow.Store.
func RunShared(t *testing.T, open OpenShared) {
	for _, p := range []struct {
		says string
		show func(t *testing.T, one, other workflow.Shared)
	}{
		{"A desk is told what others changed, once, and not what it changed itself", showChanges},
		{"What is taken from a budget is gone for everybody", showBudget},
		{"What is spent on credit is paid back by waiting", showCredit},
		{"A budget that is held is held for everybody, and never for less than was asked before", showHold},
		{"Desks see each other, and whoever takes a turn keeps it from the others", showBothDesks},
	} {
		t.Run(p.says, func(t *testing.T) {
			one, other := open(t)
			t.Cleanup(func() { require.NoError(t, one.Close()) })
			t.Cleanup(func() { require.NoError(t, other.Close()) })
			p.show(t, one, other)
		})
	}
}

func showChanges(t *testing.T, one, other workflow.Shared) {
	read := func(s workflow.Shared, after string) ([]workflow.Change, string) {
		changes, next, err := s.Changes(t.Context(), after)
		require.NoError(t, err)
		return changes, next
	}
	put(t, one, putShops(shop(theShop, "Glow shop")))
	changes, mine := read(one, "")
	require.Empty(t, changes)
	changes, theirs := read(other, "")
	require.Empty(t, changes, "the empty cursor is now")

	put(t, one, putApplications(application("1", 10)))
	changes, mine = read(one, mine)
	require.Empty(t, changes)
	var all []workflow.Change
	require.Eventually(t, func() bool { // others' transactions may still keep it from being told
		changes, theirs = read(other, theirs)
		all = append(all, changes...)
		return len(all) > 0
	}, 10*time.Second, 10*time.Millisecond)
	require.Contains(t, all, workflow.Change{Shop: theShop, Application: key("1").ID})
	changes, theirs = read(other, theirs)
	require.Empty(t, changes)

	put(t, other, putShops(shop(theShop, "Glow")))
	require.Eventually(t, func() bool {
		changes, mine = read(one, mine)
		return len(changes) > 0
	}, 10*time.Second, 10*time.Millisecond)
	require.Equal(t, theShop, changes[0].Shop)
	changes, _ = read(other, theirs)
	require.Empty(t, changes)
}

// never is how seldom the budgets of the tests fill.
const never = time.Hour

func takeFrom(t *testing.T, s workflow.Shared, budget string) time.Duration {
	t.Helper()
	wait, err := s.Take(t.Context(), budget, never, 3)
	require.NoError(t, err)
	return wait
}

func showBudget(t *testing.T, one, other workflow.Shared) {
	for _, s := range []workflow.Shared{one, other, one} {
		require.Zero(t, takeFrom(t, s, "chat.postMessage C1"))
	}
	for _, s := range []workflow.Shared{one, other} {
		wait := takeFrom(t, s, "chat.postMessage C1")
		require.Greater(t, wait, never-time.Minute)
		require.LessOrEqual(t, wait, never)
	}
	require.Zero(t, takeFrom(t, one, "chat.postMessage C2"))
}

func showCredit(t *testing.T, one, other workflow.Shared) {
	for range 4 {
		require.NoError(t, one.Spend(t.Context(), "posts", never, 3))
	}
	require.Greater(t, takeFrom(t, other, "posts"), 2*never-time.Minute)
}

func showHold(t *testing.T, one, other workflow.Shared) {
	require.NoError(t, one.Hold(t.Context(), "posts", never))
	require.NoError(t, other.Hold(t.Context(), "posts", time.Second))
	for _, s := range []workflow.Shared{one, other} {
		wait := takeFrom(t, s, "posts")
		require.Greater(t, wait, never-time.Minute)
		require.LessOrEqual(t, wait, never)
	}
	require.Zero(t, takeFrom(t, other, "others"))
}

func showBothDesks(t *testing.T, one, other workflow.Shared) {
	put(t, one, putDesks(desk("a")))
	put(t, other, putDesks(desk("b")))
	require.Equal(t, []workflow.Desk{desk("a"), desk("b")}, withoutSchema(t, get(t, one, workflow.Tx.Desks)))
	require.True(t, takeTurn(t, one, "sweep", "a", 1, 1, 3))
	require.False(t, takeTurn(t, other, "sweep", "b", 1, 1, 3))
	put(t, one, endTurn("sweep", "a", true, "note"))
	require.Equal(t, "note", get(t, other, turnOf("sweep")).Note)
	require.WithinDuration(t, one.Now(), other.Now(), time.Minute)
}
