// Package storetest is the contract of workflow.Store as a suite of tests. Every engine enters it unchanged, from a
// test of its own:
//
//	storetest.Run(t, func(t *testing.T) workflow.Store { return openAnEmptyStore(t) })
//
// The suite sees a store through the interface alone. It assumes neither one process nor one writer at a time, drives
// the ends of claims by the times it passes in, and never waits for the clock.
package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

// Open returns an empty store. The suite closes it; whatever else is to be cleared away is the opener's, through
// t.Cleanup.
type Open func(t *testing.T) workflow.Store

// promise is a sentence of the contract, and what shows that a store keeps it.
type promise struct {
	says string
	show func(t *testing.T, s workflow.Store)
}

// topic gathers the promises about one thing.
type topic struct {
	name     string
	promises []promise
}

// Run holds a store to the contract. Every promise gets a store of its own.
func Run(t *testing.T, open Open) {
	topics := []topic{
		{"Transactions", transactions},
		{"Concurrency", concurrency},
		{"Values", values},
		{"Names", names},
		{"Authorisations and shops", shops},
		{"Applications", applications},
		{"Listings", listings},
		{"Figures", figures},
		{"Campaigns", campaigns},
		{"Members", members},
		{"Products", products},
		{"Conversations", conversations},
		{"Runs and notices", runs},
		{"People", people},
		{"Looks", looks},
		{"Rules", shopRules},
		{"Desks", desks},
		{"History", history},
		{"Lanes", lanes},
		{"Ready", readiness},
		{"Claims", claims},
		{"Parking", parking},
		{"Dead letters", deadLetters},
		{"Outbox", models},
		{"Moving", moves(open)},
	}
	for _, topic := range topics {
		t.Run(topic.name, func(t *testing.T) {
			for _, p := range topic.promises {
				t.Run(p.says, func(t *testing.T) {
					s := open(t)
					t.Cleanup(func() { require.NoError(t, s.Close()) })
					p.show(t, s)
				})
			}
		})
	}
}

// keep runs an update that has to succeed.
func keep(t *testing.T, s workflow.Store, fn func(tx workflow.Tx) error) {
	t.Helper()
	require.NoError(t, s.Update(t.Context(), fn))
}

// see runs a view that has to succeed.
func see(t *testing.T, s workflow.Store, fn func(tx workflow.Tx) error) {
	t.Helper()
	require.NoError(t, s.View(t.Context(), fn))
}

// put runs an update of several steps that have to succeed.
func put(t *testing.T, s workflow.Store, steps ...func(tx workflow.Tx) error) {
	t.Helper()
	keep(t, s, func(tx workflow.Tx) error {
		for _, step := range steps {
			if err := step(tx); err != nil {
				return err
			}
		}
		return nil
	})
}

// get returns what a view reads.
func get[T any](t *testing.T, s workflow.Store, read func(tx workflow.Tx) (T, error)) T {
	t.Helper()
	var value T
	see(t, s, func(tx workflow.Tx) (err error) {
		value, err = read(tx)
		return err
	})
	return value
}

// fails runs an update that has to fail, and returns its error.
func fails(t *testing.T, s workflow.Store, fn func(tx workflow.Tx) error) error {
	t.Helper()
	err := s.Update(t.Context(), fn)
	require.Error(t, err)
	return err
}

// walk reads a listing by pages of that size to its end, cursor by cursor. It fails if a page is larger than asked for
// or the end never comes.
func walk[T any](t *testing.T, limit int, page func(after string, limit int) ([]T, string, error)) []T {
	t.Helper()
	var all []T
	after := ""
	for range 10_000 {
		items, next, err := page(after, limit)
		require.NoError(t, err)
		require.LessOrEqual(t, len(items), limit)
		all = append(all, items...)
		if next == "" {
			return all
		}
		require.NotEqual(t, after, next, "a cursor has to move on")
		after = next
	}
	require.Fail(t, "the listing does not end")
	return nil
}

// ended returns a context that has ended.
func ended(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

// start is when everything in the suite begins.
var start = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// minute returns the time n minutes after start.
func minute(n int) time.Time { return start.Add(time.Duration(n) * time.Minute) }
