package storetest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

var history = []promise{
	{"Entries come back in the order in which they were appended, in pages", showHistoryPages},
	{"Entries that are alike are kept apart", showAlike},
	{"Each application has a history of its own, also one that is not kept", showOwnHistory},
	{"What names no application is the shop's own history, and no application's", showShopHistory},
	{"A cursor goes on where it was, whatever was appended meanwhile", showHistoryCursor},
	{"Entries are amended where they are, page by page", showAmended},
	{"Runs and notices are listed by id, in pages", showRunsAndNotices},
}

func historyOf(t *testing.T, s workflow.Store, k workflow.Key, limit int) []workflow.Entry {
	t.Helper()
	return walk(t, limit, func(after string, limit int) (list []workflow.Entry, next string, err error) {
		see(t, s, func(tx workflow.Tx) error {
			list, next, err = tx.History(k, after, limit)
			return err
		})
		return list, next, err
	})
}

func showHistoryPages(t *testing.T, s workflow.Store) {
	var want []workflow.Entry
	for i := range 12 {
		e := entry(key("1"), i)
		e.At = minute(-i) // a clock that goes back changes no order
		want = append(want, e)
	}
	put(t, s, each(want[:5], workflow.Tx.Append))
	put(t, s, each(want[5:], workflow.Tx.Append))
	for _, limit := range []int{1, 5, 12, 13} {
		require.Equal(t, want, historyOf(t, s, key("1"), limit), "by %d", limit)
	}
}

func showAlike(t *testing.T, s workflow.Store) {
	e := entry(key("1"), 1)
	put(t, s, each([]workflow.Entry{e, e}, workflow.Tx.Append))
	put(t, s, each([]workflow.Entry{e}, workflow.Tx.Append))
	require.Equal(t, []workflow.Entry{e, e, e}, historyOf(t, s, key("1"), 9))
}

func showOwnHistory(t *testing.T, s workflow.Store) {
	elsewhere := workflow.Key{Shop: theShop + "1", ID: "1"}
	put(t, s, each([]workflow.Entry{entry(key("1"), 1), entry(key("12"), 2), entry(elsewhere, 3), entry(key("1"), 4)}, workflow.Tx.Append))
	put(t, s, putApplications(application("1", 1)))
	require.Equal(t, []workflow.Entry{entry(key("1"), 1), entry(key("1"), 4)}, historyOf(t, s, key("1"), 9))
	require.Equal(t, []workflow.Entry{entry(key("12"), 2)}, historyOf(t, s, key("12"), 9))
	require.Equal(t, []workflow.Entry{entry(elsewhere, 3)}, historyOf(t, s, elsewhere, 9))
	require.Empty(t, historyOf(t, s, key("123"), 9))
}

func showShopHistory(t *testing.T, s workflow.Store) {
	own := func(shop workflow.ShopID, n int) workflow.Entry {
		e := entry(workflow.Key{Shop: shop}, n)
		e.Text, e.Name, e.Creator, e.Campaign = "Glow!", "Spring", "id:1", "spring"
		return e
	}
	var want []workflow.Entry
	for i := range 5 {
		want = append(want, own(theShop, i))
		put(t, s, each([]workflow.Entry{entry(key("1"), i), own(theShop, i), own(theShop+"1", i)}, workflow.Tx.Append))
	}
	for limit := 1; limit <= 6; limit++ {
		require.Equal(t, want, historyOf(t, s, workflow.Key{Shop: theShop}, limit), "by %d", limit)
	}
	require.Len(t, historyOf(t, s, key("1"), 9), 5)
	require.Len(t, historyOf(t, s, workflow.Key{Shop: theShop + "1"}, 9), 5)
	require.Empty(t, historyOf(t, s, workflow.Key{Shop: "another"}, 9))
	require.Empty(t, historyOf(t, s, workflow.Key{}, 9))
}

func showHistoryCursor(t *testing.T, s workflow.Store) {
	put(t, s, each([]workflow.Entry{entry(key("1"), 1), entry(key("1"), 2), entry(key("1"), 3)}, workflow.Tx.Append))
	var next string
	see(t, s, func(tx workflow.Tx) (err error) {
		_, next, err = tx.History(key("1"), "", 2)
		return err
	})
	put(t, s, each([]workflow.Entry{entry(key("2"), 9), entry(key("1"), 4)}, workflow.Tx.Append))
	see(t, s, func(tx workflow.Tx) error {
		list, next, err := tx.History(key("1"), next, 9)
		require.Equal(t, []workflow.Entry{entry(key("1"), 3), entry(key("1"), 4)}, list)
		require.Empty(t, next)
		return err
	})
}

func showAmended(t *testing.T, s workflow.Store) {
	var want []workflow.Entry
	for i := range 7 {
		want = append(want, entry(key("1"), i))
	}
	other := entry(key("12"), 9)
	put(t, s, each(append([]workflow.Entry{other}, want...), workflow.Tx.Append))
	for after := ""; ; {
		next := ""
		put(t, s, func(tx workflow.Tx) (err error) {
			next, err = tx.Amend(key("1"), after, 3, func(e *workflow.Entry) bool {
				e.Text += " amended"
				return e.Round != 3
			})
			return err
		})
		if after = next; after == "" {
			break
		}
	}
	for i := range want {
		if want[i].Round != 3 {
			want[i].Text += " amended"
		}
	}
	require.Equal(t, want, historyOf(t, s, key("1"), 9))
	require.Equal(t, []workflow.Entry{other}, historyOf(t, s, key("12"), 9))
	see(t, s, func(tx workflow.Tx) error {
		_, err := tx.Amend(key("1"), "", 9, func(*workflow.Entry) bool { return true })
		require.Error(t, err, "views only read")
		return nil
	})
}

func showRunsAndNotices(t *testing.T, s workflow.Store) {
	var runs []workflow.Run
	var notices []workflow.Notice
	for _, id := range []string{"a", "b", "c/1", "c/2", "d"} {
		runs = append(runs, workflow.Run{ID: workflow.RunID(id), Shop: theShop, At: minute(1)})
		notices = append(notices, workflow.Notice{ID: workflow.NoticeID(id), Shop: theShop})
	}
	put(t, s, each(runs, workflow.Tx.PutRun), each(notices, workflow.Tx.PutNotice))
	for _, limit := range []int{1, 2, 5, 6} {
		require.Equal(t, runs, walk(t, limit, func(after string, limit int) (list []workflow.Run, next string, err error) {
			see(t, s, func(tx workflow.Tx) error {
				list, next, err = tx.Runs(after, limit)
				return err
			})
			return list, next, err
		}))
		require.Equal(t, notices, walk(t, limit, func(after string, limit int) (list []workflow.Notice, next string, err error) {
			see(t, s, func(tx workflow.Tx) error {
				list, next, err = tx.Notices(after, limit)
				return err
			})
			return list, next, err
		}))
	}
}
