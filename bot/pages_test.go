package bot_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
	"sampledesk/workflow/engine"
	"sampledesk/workflow/outbox"
)

// putRun keeps a run of that many requests, all refused, and has its message shown.
func (w *world) putRun(n int) {
	w.t.Helper()
	r := workflow.Run{ID: "run", Kind: workflow.RunDecisions, Shop: shopID, By: memberOne, At: time.Now(), EndsAt: time.Now(), Verdict: workflow.Approve}
	for i := range n {
		r.Items = append(r.Items, workflow.RunItem{
			Key: workflow.Key{Shop: shopID, ID: workflow.ApplicationID(fmt.Sprint(1000 + i))}, State: workflow.ItemRefused,
			Creator: workflow.Creator{Nickname: fmt.Sprintf("Creator %d %s", i, strings.Repeat("x", 60))}, Product: strings.Repeat("Serum ", 20),
			Failure: workflow.Failure{Code: 16021999, Message: strings.Repeat("No. ", 100)},
		})
	}
	notice := workflow.Notice{ID: workflow.RunNotice(r.ID), Shop: shopID, Kind: workflow.KindRun, Run: r.ID}
	now := time.Now()
	require.NoError(w.t, w.db.Update(w.t.Context(), func(tx workflow.Tx) error {
		if err := tx.PutRun(r); err != nil {
			return err
		}
		if _, err := tx.Notice(notice.ID); err != nil {
			if err := tx.PutNotice(notice); err != nil {
				return err
			}
		}
		return tx.Enqueue(workflow.Effect{
			ID: workflow.EffectID(fmt.Sprint("show", now.UnixNano())), Kind: workflow.ShowNotice, Lane: "post/run", Shop: shopID, Notice: notice.ID,
			MadeAt: now, NotBefore: now,
		})
	}))
	w.wake()
	wait(2 * time.Second)
}

func TestALongMessageGoesOnInItsThreadOncePerPageWhateverIsLost(t *testing.T) {
	for name, order := range map[string]object{
		"nothing":                  {"method": "chat.postMessage", "times": 0},
		"the first answer":         {"method": "chat.postMessage", "do": "apply_then_drop"},
		"every answer for a while": {"method": "chat.postMessage", "do": "apply_then_drop", "times": 6},
		"every call for a while":   {"method": "chat.postMessage", "do": "drop", "times": 4},
		"the place for more":       {"method": "chat.postMessage", "do": "error", "error": "ratelimited", "times": 2},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, setup{}, func(t *testing.T, w *world) {
				w.fault(order)
				w.putRun(100)
				wait(30 * time.Minute)
				whole := w.wholeRun()
				for i := range 100 {
					require.Equal(t, 1, strings.Count(whole, fmt.Sprintf("Creator %d x", i)))
				}
				pages := len(w.thread(w.progress().TS))
				require.GreaterOrEqual(t, pages, 1)
				require.Len(t, w.said(workflow.KindRun), 1+pages)
				require.Empty(t, w.deadLetters())
			})
		})
	}
}

func TestAPageThatIsNotNeededAnyMoreIsRemovedAndOneThatWasDeletedComesBack(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.putRun(100)
		require.NotEmpty(t, w.thread(w.progress().TS))
		w.putRun(90)
		require.Equal(t, 90, strings.Count(w.wholeRun(), "• "))
		updates := len(w.calls("chat.update"))
		w.putRun(90)
		require.Len(t, w.calls("chat.update"), updates, "what looks the same is not written again")

		first := w.progress()
		w.deleteMessage(w.thread(first.TS)[0].TS)
		w.putRun(91)
		require.Equal(t, 91, strings.Count(w.wholeRun(), "• "))
		w.putRun(3)
		require.Empty(t, w.thread(first.TS))
		require.Equal(t, 3, strings.Count(w.wholeRun(), "• "))
	})
}

// watchedClaims is an engine that tells of each claim of a notice whether it was a lease.
type watchedClaims struct {
	outbox.Engine
	mu     sync.Mutex
	leased []bool
}

func (c *watchedClaims) ClaimAll(ctx context.Context, ids []workflow.EffectID, now, until time.Time) ([]workflow.Effect, error) {
	got, err := c.Engine.ClaimAll(ctx, ids, now, until)
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range got {
		if e.Kind == workflow.ShowNotice {
			c.leased = append(c.leased, e.Leased)
		}
	}
	return got, err
}

func (c *watchedClaims) taken() []bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := c.leased
	c.leased = nil
	return all
}

func TestAnEditThatFindsItHasToPostGoesBackForAClaim(t *testing.T) {
	claims := &watchedClaims{}
	watch := func(e *engine.Engine) outbox.Engine { claims.Engine = e; return claims }
	inBubble(t, setup{engine: watch}, func(t *testing.T, w *world) {
		w.putRun(3)
		require.Equal(t, []bool{false}, claims.taken(), "a post takes a claim")
		w.putRun(4)
		require.Equal(t, []bool{true}, claims.taken(), "an edit does not")

		w.fault(object{"method": "chat.postMessage", "do": "apply_then_drop"}) // what only a claim makes look for it
		w.putRun(100)
		wait(5 * time.Minute)
		taken := claims.taken()
		require.Equal(t, []bool{true, false}, taken[:2], "it grew by a page")
		require.NotContains(t, taken[2:], true)
		first := w.progress()
		pages := len(w.thread(first.TS))
		require.GreaterOrEqual(t, pages, 1)
		require.Len(t, w.said(workflow.KindRun), 1+pages, "each page once")
		require.Equal(t, 100, strings.Count(w.wholeRun(), "• "))

		w.putRun(99)
		require.Equal(t, []bool{true}, claims.taken(), "as many pages as before are edited")
		w.deleteMessage(first.TS)
		w.putRun(98)
		require.Equal(t, []bool{true}, claims.taken(), "nobody knows yet that it is gone")
		require.Empty(t, w.deadLetters())
	})
}
