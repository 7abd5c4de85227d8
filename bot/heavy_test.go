package bot_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// slowStore is a store whose sums take a while to read, as on a busy machine.
type slowStore struct {
	workflow.Store
	takes       time.Duration
	going, most *atomic.Int32
}

type slowTx struct {
	workflow.Tx
	ctx context.Context
	of  slowStore
}

func (s slowStore) View(ctx context.Context, fn func(workflow.Tx) error) error {
	return s.Store.View(ctx, func(tx workflow.Tx) error { return fn(slowTx{tx, ctx, s}) })
}

func (t slowTx) Totals(s workflow.ShopID, from, to time.Time) (workflow.Totals, error) {
	t.of.most.Store(max(t.of.most.Load(), t.of.going.Add(1)))
	defer t.of.going.Add(-1)
	select {
	case <-time.After(t.of.takes):
	case <-t.ctx.Done():
		return workflow.Totals{}, t.ctx.Err()
	}
	return t.Tx.Totals(s, from, to)
}

// slowSums are a store that takes so long for each sum, and the most sums that it was asked for at a time.
func slowSums(takes time.Duration) (wrap func(workflow.Store) workflow.Store, most *atomic.Int32) {
	most = new(atomic.Int32)
	return func(s workflow.Store) workflow.Store { return slowStore{s, takes, new(atomic.Int32), most} }, most
}

func TestWhatIsReadForLongComesWhenItIsReadyAndKeepsNobodyWaiting(t *testing.T) {
	wrap, most := slowSums(3 * time.Second)
	inBubble(t, setup{wrap: wrap}, func(t *testing.T, w *world) {
		w.request("1001")
		const asked = 5
		var acked atomic.Int64
		for range asked {
			go func() {
				seen := w.act(object{"user": memberTwo, "do": "command", "command": view.CommandSamples, "text": "stats", "channel": samples, "wait_ms": 0})
				require.True(t, seen.OK, seen.Error)
				require.Empty(t, seen.Response, "the answer is still to come")
				acked.Store(max(acked.Load(), seen.AckedMS))
			}()
		}
		synctest.Wait()
		seen := w.click(memberOne, "1001", view.ActionApprove)
		require.True(t, seen.OK, seen.Error)
		require.Less(t, seen.AckedMS, int64(50), "who decides does not wait")
		require.Contains(t, w.command(memberOne, view.CommandSamples, "approve 1001"), "Already approved")
		wait(10 * time.Second)
		require.Less(t, acked.Load(), int64(1100))
		require.Len(t, w.told(memberTwo), asked)
		require.Contains(t, w.told(memberTwo)[asked-1], "Samples, the last 7 days")
		require.EqualValues(t, 2, most.Load(), "two are read at a time")
	})
}

func TestWhoHasNoTurnInTimeIsAskedToTryAgain(t *testing.T) {
	wrap, _ := slowSums(25 * time.Second)
	inBubble(t, setup{wrap: wrap}, func(t *testing.T, w *world) {
		for range 3 {
			go w.act(object{"user": memberTwo, "do": "command", "command": view.CommandSamples, "text": "stats", "channel": samples, "wait_ms": 0})
		}
		wait(12 * time.Second)
		require.Equal(t, []string{view.Denied(view.DeniedBusy)}, w.told(memberTwo))
		wait(20 * time.Second)
		require.Len(t, w.told(memberTwo), 3)
	})
}
