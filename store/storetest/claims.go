package storetest

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

var claims = []promise{
	{"A claim counts the attempt, sets Begun, and returns the effect as it was before", showClaim},
	{"An effect that is claimed is not ready, and next is the end of its claim", showClaimedNotReady},
	{"An effect that is not due cannot be claimed", showClaimTooEarly},
	{"A claim that takes no time is refused", showClaimNoTime},
	{"A claim that lapsed makes the effect ready again, and says Begun to the next", showLapse},
	{"A claim that lapsed counts as one until another takes the effect", showLapsedStillClaimed},
	{"A claim can be prolonged, and is not shortened", showExtend},
	{"A claim that was released or is another's by now can be neither prolonged nor released", showFencing},
	{"What is released is kept as it is given, Begun cleared, in its lane and place", showRelease},
	{"A claimed effect can be removed", showRemoveClaimed},
	{"A lease keeps all others away until it ends, and gives the effect as leased", showLease},
	{"A lease can be prolonged, and its owner alone can end it", showLeaseFencing},
	{"A lease that lapsed lets another take the effect", showLeaseLapses},
	{"An effect whose claim lapsed is not leased", showLapsedNotLeased},
	{"An update that fails leases nothing", showLeaseFails},
}

// tryClaim claims an effect from one minute to another.
func tryClaim(t *testing.T, s workflow.Store, id workflow.EffectID, now, until int) error {
	t.Helper()
	return s.Update(t.Context(), func(tx workflow.Tx) error {
		_, err := tx.Claim(id, minute(now), minute(until))
		return err
	})
}

// claim is tryClaim that has to succeed.
func claim(t *testing.T, s workflow.Store, id workflow.EffectID, now, until int) workflow.Effect {
	t.Helper()
	var e workflow.Effect
	keep(t, s, func(tx workflow.Tx) (err error) {
		e, err = tx.Claim(id, minute(now), minute(until))
		return err
	})
	return e
}

func extend(id workflow.EffectID, attempt, until int) func(workflow.Tx) error {
	return func(tx workflow.Tx) error { return tx.Extend(id, attempt, minute(until)) }
}

func release(e workflow.Effect) func(workflow.Tx) error {
	return func(tx workflow.Tx) error { return tx.Release(e) }
}

func showClaim(t *testing.T, s workflow.Store) {
	want := reply("one", "lane")
	want.Attempt, want.Verifications = 4, 2
	put(t, s, enqueue(want))
	want.Attempt = 5
	require.Equal(t, want, claim(t, s, "one", 0, 1))
	want.Begun = true
	require.Equal(t, want, effectOf(t, s, "one"))
	require.Equal(t, []workflow.InLane{{Effect: want, Claimed: true}}, laneOf(t, s, "lane"))
}

func showClaimedNotReady(t *testing.T, s workflow.Store) {
	put(t, s, enqueue(reply("one", "lane"), due("two", 1, 8)))
	claim(t, s, "one", 0, 5)
	for _, now := range []int{0, 4} {
		list, next := ready(t, s, workflow.Reply, now, 9)
		require.Empty(t, list)
		require.Equal(t, minute(5), next)
		require.ErrorIs(t, tryClaim(t, s, "one", now, 9), workflow.ErrConflict)
	}
}

func showClaimTooEarly(t *testing.T, s workflow.Store) {
	put(t, s, enqueue(due("one", 1, 3)))
	require.ErrorIs(t, tryClaim(t, s, "one", 2, 9), workflow.ErrConflict)
	require.Equal(t, due("one", 1, 3), effectOf(t, s, "one"))
	require.NoError(t, tryClaim(t, s, "one", 3, 9))
}

func showClaimNoTime(t *testing.T, s workflow.Store) {
	put(t, s, enqueue(reply("one", "lane")))
	require.Error(t, tryClaim(t, s, "one", 1, 1))
	require.Error(t, tryClaim(t, s, "one", 1, 0))
	require.Equal(t, reply("one", "lane"), effectOf(t, s, "one"))
}

func showLapse(t *testing.T, s workflow.Store) {
	put(t, s, enqueue(reply("one", "lane"), due("b", 1, 4), due("a", 1, 2)))
	claim(t, s, "one", 0, 3)
	list, _ := ready(t, s, workflow.Reply, 3, 9)
	require.Equal(t, []string{"a", "one"}, ids(list), "it is due since the end of its claim")
	list, _ = ready(t, s, workflow.Reply, 4, 9)
	require.Equal(t, []string{"a", "one", "b"}, ids(list))

	want := reply("one", "lane")
	want.Attempt, want.Begun = 2, true
	require.Equal(t, want, claim(t, s, "one", 3, 6))
	require.ErrorIs(t, tryClaim(t, s, "one", 5, 9), workflow.ErrConflict)
	want.Attempt = 3
	require.Equal(t, want, claim(t, s, "one", 6, 7))
}

func showLapsedStillClaimed(t *testing.T, s workflow.Store) {
	put(t, s, enqueue(reply("one", "lane")))
	e := claim(t, s, "one", 0, 1)
	require.Equal(t, []string{"one"}, readyIDs(t, s, workflow.Reply, 2, 9))
	require.True(t, laneOf(t, s, "lane")[0].Claimed)
	require.ErrorIs(t, fails(t, s, func(tx workflow.Tx) error { return tx.Change(e) }), workflow.ErrConflict)
	put(t, s, extend("one", 1, 3)) // its owner is late, and first
	require.Empty(t, readyIDs(t, s, workflow.Reply, 2, 9))
	put(t, s, release(e))
	require.False(t, laneOf(t, s, "lane")[0].Claimed)
}

func showExtend(t *testing.T, s workflow.Store) {
	put(t, s, enqueue(reply("one", "lane")))
	claim(t, s, "one", 0, 3)
	put(t, s, extend("one", 1, 5))
	require.ErrorIs(t, tryClaim(t, s, "one", 4, 9), workflow.ErrConflict)
	put(t, s, extend("one", 1, 2))
	_, next := ready(t, s, workflow.Reply, 4, 9)
	require.Equal(t, minute(5), next)
	want := reply("one", "lane")
	want.Attempt, want.Begun = 1, true
	require.Equal(t, want, effectOf(t, s, "one"))
	require.NoError(t, tryClaim(t, s, "one", 5, 9))
}

func showFencing(t *testing.T, s workflow.Store) {
	put(t, s, enqueue(reply("one", "lane")))
	require.ErrorIs(t, fails(t, s, extend("one", 0, 9)), workflow.ErrConflict)
	require.ErrorIs(t, fails(t, s, release(reply("one", "lane"))), workflow.ErrConflict)

	first := claim(t, s, "one", 0, 1)
	second := claim(t, s, "one", 1, 2)
	for _, late := range []func(workflow.Tx) error{extend("one", 1, 9), release(first), extend("one", 3, 9)} {
		require.ErrorIs(t, fails(t, s, late), workflow.ErrConflict)
	}
	_, next := ready(t, s, workflow.Reply, 1, 9)
	require.Equal(t, minute(2), next)

	second.Begun = false
	put(t, s, release(second))
	require.ErrorIs(t, fails(t, s, extend("one", 2, 9)), workflow.ErrConflict)
	require.ErrorIs(t, fails(t, s, release(second)), workflow.ErrConflict)
	require.Equal(t, second, effectOf(t, s, "one"))
}

func showRelease(t *testing.T, s workflow.Store) {
	put(t, s, enqueue(reply("one", "lane"), reply("two", "lane")))
	e := claim(t, s, "one", 0, 5)
	e.Begun, e.NotBefore, e.Priority, e.Verifications, e.Lane = true, minute(2), workflow.ForPeople, 1, "another lane"
	e.Failure = workflow.Failure{Code: 36009003, Message: "vendor fault", RequestID: "request"}
	put(t, s, release(e))
	e.Begun, e.Lane = false, "lane"
	require.Equal(t, []workflow.InLane{{Effect: e}, {Effect: reply("two", "lane")}}, laneOf(t, s, "lane"))
	require.Empty(t, laneOf(t, s, "another lane"))
	list, next := ready(t, s, workflow.Reply, 1, 9)
	require.Empty(t, list)
	require.Equal(t, minute(2), next)
	list, _ = ready(t, s, workflow.Reply, 2, 9)
	require.Equal(t, []workflow.Effect{e}, list)
}

func showRemoveClaimed(t *testing.T, s workflow.Store) {
	put(t, s, enqueue(reply("one", "lane"), reply("two", "lane")))
	claim(t, s, "one", 0, 5)
	put(t, s, remove("one"))
	list, next := ready(t, s, workflow.Reply, 0, 9)
	require.Equal(t, []workflow.Effect{reply("two", "lane")}, list)
	require.Zero(t, next)
}

// tryLease leases an effect from one minute to another.
func tryLease(ctx context.Context, s workflow.Store, id workflow.EffectID, now, until int) (e workflow.Effect, err error) {
	err = s.Update(ctx, func(tx workflow.Tx) (err error) {
		e, err = tx.Lease(id, minute(now), minute(until))
		return err
	})
	return e, err
}

// lease is tryLease that has to succeed.
func lease(t *testing.T, s workflow.Store, id workflow.EffectID, now, until int) workflow.Effect {
	t.Helper()
	e, err := tryLease(t.Context(), s, id, now, until)
	require.NoError(t, err)
	return e
}

func showLease(t *testing.T, s workflow.Store) {
	put(t, s, enqueue(reply("one", "lane"), reply("two", "lane"), due("later", 1, 8)))
	want := reply("one", "lane")
	want.Attempt, want.Leased = 1, true
	require.Equal(t, want, lease(t, s, "one", 0, 5))
	for _, now := range []int{0, 4} {
		list, next := ready(t, s, workflow.Reply, now, 9)
		require.Empty(t, list)
		require.Equal(t, minute(5), next)
		require.ErrorIs(t, tryClaim(t, s, "one", now, 9), workflow.ErrConflict)
		_, err := tryLease(t.Context(), s, "one", now, 9)
		require.ErrorIs(t, err, workflow.ErrConflict)
	}
	require.True(t, laneOf(t, s, "lane")[0].Claimed)
	require.ErrorIs(t, fails(t, s, func(tx workflow.Tx) error { return tx.Change(want) }), workflow.ErrConflict)
	for _, of := range []workflow.EffectID{"two", "later", "nobody"} {
		_, err := tryLease(t.Context(), s, of, 0, 5)
		require.Error(t, err, of)
	}
	put(t, s, remove("one"))
	require.Equal(t, []string{"two"}, readyIDs(t, s, workflow.Reply, 0, 9))
}

func showLeaseFencing(t *testing.T, s workflow.Store) {
	put(t, s, enqueue(reply("one", "lane")))
	first := lease(t, s, "one", 0, 1)
	put(t, s, extend("one", first.Attempt, 3))
	require.ErrorIs(t, tryClaim(t, s, "one", 2, 9), workflow.ErrConflict)
	second := lease(t, s, "one", 3, 5)
	require.Greater(t, second.Attempt, first.Attempt)
	require.ErrorIs(t, fails(t, s, extend("one", first.Attempt, 9)), workflow.ErrConflict)
	require.ErrorIs(t, fails(t, s, release(first)), workflow.ErrConflict)
	second.NotBefore = minute(4)
	put(t, s, release(second))
	require.ErrorIs(t, fails(t, s, extend("one", second.Attempt, 9)), workflow.ErrConflict)
	require.False(t, laneOf(t, s, "lane")[0].Claimed)
	require.Empty(t, readyIDs(t, s, workflow.Reply, 3, 9))
	second.Leased = false
	require.Equal(t, second, effectOf(t, s, "one"))
	require.Greater(t, claim(t, s, "one", 4, 5).Attempt, second.Attempt)
}

func showLeaseLapses(t *testing.T, s workflow.Store) {
	put(t, s, enqueue(reply("one", "lane")))
	leased := lease(t, s, "one", 0, 3)
	require.Equal(t, []string{"one"}, readyIDs(t, s, workflow.Reply, 3, 9))
	taken := claim(t, s, "one", 3, 5)
	require.False(t, taken.Begun, "a lease tells nothing of what was done")
	require.Greater(t, taken.Attempt, leased.Attempt)
	require.ErrorIs(t, fails(t, s, release(leased)), workflow.ErrConflict)
}

func showLapsedNotLeased(t *testing.T, s workflow.Store) {
	put(t, s, enqueue(reply("one", "lane")))
	claim(t, s, "one", 0, 1)
	_, err := tryLease(t.Context(), s, "one", 2, 5)
	require.ErrorIs(t, err, workflow.ErrConflict)
	require.True(t, claim(t, s, "one", 2, 5).Begun)
}

func showLeaseFails(t *testing.T, s workflow.Store) {
	put(t, s, enqueue(reply("one", "lane")))
	require.ErrorIs(t, fails(t, s, func(tx workflow.Tx) error {
		_, err := tx.Lease("one", start, minute(5))
		return errors.Join(err, errChanged)
	}), errChanged)
	require.Error(t, s.View(t.Context(), func(tx workflow.Tx) error { _, err := tx.Lease("one", start, minute(5)); return err }))
	require.Equal(t, []string{"one"}, readyIDs(t, s, workflow.Reply, 0, 9))
	lease(t, s, "one", 0, 5)
	require.ErrorIs(t, fails(t, s, func(tx workflow.Tx) error { return errors.Join(tx.Remove("one"), errChanged) }), errChanged)
	require.ErrorIs(t, tryClaim(t, s, "one", 1, 9), workflow.ErrConflict)
}
