package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

var looks = []promise{
	{"A delivery is the first of its id once in four days", showDeliveries},
	{"Of a day so many deliveries are noted at the most", showDeliveriesBounded},
	{"Deliveries of days that ended are forgotten in pages, and no others", showDeliveriesForgotten},
	{"Of one subject the latest look is kept, and looks come by subject in pages", showLooks},
	{"A look that came again is not taken away with the one before", showLookRemoved},
}

func note(t *testing.T, s workflow.Store, id string, at time.Time, most int) (first bool) {
	t.Helper()
	put(t, s, func(tx workflow.Tx) (err error) { first, err = tx.NoteDelivery(id, at, most); return err })
	return first
}

func showDeliveries(t *testing.T, s workflow.Store) {
	require.True(t, note(t, s, "7380066284010030890", start, 10))
	require.False(t, note(t, s, "7380066284010030890", start, 10))
	require.True(t, note(t, s, "738006628401003089", start, 10))
	for days := range 5 {
		require.False(t, note(t, s, "7380066284010030890", start.AddDate(0, 0, days), 10), days)
	}
	require.ErrorContains(t, fails(t, s, func(tx workflow.Tx) error { _, err := tx.NoteDelivery("", start, 10); return err }), "delivery")
}

func showDeliveriesBounded(t *testing.T, s workflow.Store) {
	for i := range 3 {
		require.True(t, note(t, s, fmt.Sprint(i), start, 3))
	}
	require.True(t, note(t, s, "4", start, 3))
	require.True(t, note(t, s, "4", start, 3), "it was not noted")
	require.False(t, note(t, s, "2", start, 3))
	require.True(t, note(t, s, "4", start.AddDate(0, 0, 1), 3), "the next day has room")
	require.False(t, note(t, s, "4", start.AddDate(0, 0, 1), 3))
}

func showDeliveriesForgotten(t *testing.T, s workflow.Store) {
	forget := func(before time.Time, limit int) (n int) {
		put(t, s, func(tx workflow.Tx) (err error) { n, err = tx.ForgetDeliveries(before, limit); return err })
		return n
	}
	for i := range 5 {
		note(t, s, fmt.Sprint(i), start, 10)
	}
	note(t, s, "next", start.AddDate(0, 0, 1), 10)
	require.Zero(t, forget(start, 100))
	before := start.AddDate(0, 0, 1)
	require.Equal(t, 2, forget(before, 2))
	for forget(before, 2) > 0 {
	}
	require.True(t, note(t, s, "0", before, 10))
	require.False(t, note(t, s, "next", before, 10))
}

func lookAt(shop workflow.ShopID, id string, n int) workflow.Look {
	return workflow.Look{Kind: workflow.LookAtApplication, Shop: shop, ID: id, At: minute(n), Creator: "open", Product: "1729"}
}

func looksOf(t *testing.T, s workflow.Store, limit int) []workflow.Look {
	t.Helper()
	return walk(t, limit, func(after string, limit int) (list []workflow.Look, next string, err error) {
		see(t, s, func(tx workflow.Tx) error { list, next, err = tx.Looks(after, limit); return err })
		return list, next, err
	})
}

func showLooks(t *testing.T, s workflow.Store) {
	require.Empty(t, looksOf(t, s, 3))
	all := []workflow.Look{lookAt("1", "11", 1), lookAt("1", "12", 2), lookAt("2", "11", 3)}
	put(t, s, each([]workflow.Look{all[2], lookAt("1", "12", 1), all[0], all[1]}, workflow.Tx.PutLook))
	for limit := 1; limit < 5; limit++ {
		require.Equal(t, all, looksOf(t, s, limit), "by %d", limit)
	}
}

func showLookRemoved(t *testing.T, s workflow.Store) {
	before, after := lookAt("1", "11", 1), lookAt("1", "11", 2)
	remove := func(l workflow.Look) func(workflow.Tx) error {
		return func(tx workflow.Tx) error { return tx.RemoveLook(l) }
	}
	put(t, s, each([]workflow.Look{before, after}, workflow.Tx.PutLook), remove(before), remove(lookAt("1", "1", 1)))
	require.Equal(t, []workflow.Look{after}, looksOf(t, s, 5))
	put(t, s, remove(after), remove(after))
	require.Empty(t, looksOf(t, s, 5))
}
