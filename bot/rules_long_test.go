package bot_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// longHistory is a store that seems to have so many more requests than a test takes at once, and needs a while for each.
type longHistory struct {
	workflow.Store
	takes time.Duration
}

type longTx struct {
	workflow.Tx
	ctx   context.Context
	takes time.Duration
}

func (s longHistory) View(ctx context.Context, fn func(workflow.Tx) error) error {
	return s.Store.View(ctx, func(tx workflow.Tx) error { return fn(longTx{tx, ctx, s.takes}) })
}

func (t longTx) Count(l workflow.Listing) (int, error) {
	n, err := t.Tx.Count(l)
	if l == workflow.SeenOf(shopID) {
		n += query.TestAtOnce
	}
	return n, err
}

func (t longTx) Cost(s workflow.ShopID, p workflow.ProductID, sku string) (workflow.Cost, error) {
	select {
	case <-time.After(t.takes):
	case <-t.ctx.Done():
		return workflow.Cost{}, t.ctx.Err()
	}
	return t.Tx.Cost(s, p, sku)
}

// longWorld is a world with a rule, four requests for as many products, and a history that takes long.
func longWorld(t *testing.T, f func(*testing.T, *world)) {
	t.Helper()
	wrap := func(s workflow.Store) workflow.Store { return longHistory{s, 2 * time.Second} }
	inBubble(t, setup{wrap: wrap}, func(t *testing.T, w *world) {
		for _, id := range []string{"1001", "1002", "1003", "1004"} {
			r := pending(id)
			r.Product.ID = workflow.ProductID(id)
			r.Creator.GMV = workflow.Money{Amount: "18000", Currency: "USD"}
			w.report(id, r)
		}
		w.keep(shares("Sells well"))
		wait(time.Minute)
		f(t, w)
	})
}

func TestATestOfMoreThanAPersonWaitsForCountsUpAndThenTellsWhatItFound(t *testing.T) {
	longWorld(t, func(t *testing.T, w *world) {
		require.Contains(t, w.command(memberOne, "/samples", "rules test Sells well 90"), "Testing it on 100,004 requests takes a while. A direct message")
		w.command(memberOne, "/samples", "rules test Sells well 90") // once more while it is under way
		wait(6 * time.Second)
		sent := w.directTo(memberOne)
		require.Len(t, sent, 1)
		require.Contains(t, wording(t, sent[0].Blocks), "Testing “Sells well” on the last 90 days")
		require.Contains(t, wording(t, sent[0].Blocks), "1 of 100,004 done")
		wait(time.Minute)
		after := w.directTo(memberOne)
		require.Equal(t, sent[0].TS, after[0].TS)
		require.Contains(t, wording(t, after[0].Blocks), "It would have approved 4 of 4 requests")
		files := 0
		for _, m := range after {
			files += len(m.Files)
		}
		require.Equal(t, 2, files, "the picture and the requests")
		w.command(guest, "/samples", "rules test Sells well")
		wait(time.Minute)
		theirs := w.directTo(guest)
		require.Len(t, theirs, 1, "who looks on takes nothing away")
		require.Contains(t, wording(t, theirs[0].Blocks), "It would have approved 4 of 4 requests")
	})
}

func TestALongTestEndsWithItsRuleAndPretendsNothingOnceTheDeskIsGone(t *testing.T) {
	longWorld(t, func(t *testing.T, w *world) {
		list := w.rulesOpen(admin)
		more := w.inRow(admin, list, string(w.rules().All[0].ID), view.RuleMore).ViewID
		w.within(admin, more, view.ActionRuleTest)
		wait(6 * time.Second)
		require.Contains(t, wording(t, w.view(more).Blocks), "A direct message shows how far it is")
		w.within(admin, more, view.ActionRuleDelete)
		wait(6 * time.Second)
		sent := w.directTo(admin)
		require.Len(t, sent, 1)
		require.Contains(t, wording(t, sent[0].Blocks), "The rule was deleted while it was tested.")

		w.keep(shares("Sells well"))
		w.command(admin, "/samples", "rules test Sells well")
		wait(6 * time.Second)
		w.reopen()
		wait(time.Minute)
		sent = w.directTo(admin)
		require.Len(t, sent, 2)
		require.Contains(t, wording(t, sent[1].Blocks), "If that is more than two minutes ago, the test was interrupted: please start it again.")
		w.command(admin, "/samples", "rules test Sells well")
		wait(time.Minute)
		require.Contains(t, wording(t, w.directTo(admin)[2].Blocks), "It would have approved 4 of 4 requests")
	})
}
