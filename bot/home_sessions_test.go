package bot

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/time/rate"

	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// homesOver are homes whose pages are built by a function, and publish to nobody.
func homesOver(build func() (homePage, error)) (h *homeSessions, published *atomic.Int32) {
	published = new(atomic.Int32)
	return &homeSessions{
		build: func(context.Context, workflow.PersonID, view.HomeState, map[workflow.Key]string) (homePage, error) {
			return build()
		},
		publish: func(context.Context, workflow.PersonID, view.HomeView, string) (string, error) {
			return fmt.Sprint(published.Add(1)), nil
		},
		log: slog.New(slog.DiscardHandler), sessions: map[workflow.PersonID]*homeSession{}, budget: rate.NewLimiter(rate.Inf, 1),
	}, published
}

func TestOfThoseWhoLookedTheOldestIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, published := homesOver(func() (homePage, error) { return homePage{view: view.HomeView{Hash: "a"}}, nil })
		ctx, cancel := context.WithCancel(t.Context())
		wait := h.run(ctx)
		for n := range maxSessions + 10 {
			h.opened(workflow.PersonID(fmt.Sprint("U", n)), view.HomeState{}, "")
			time.Sleep(time.Second)
		}
		require.Len(t, h.sessions, maxSessions)
		require.NotContains(t, h.sessions, workflow.PersonID("U9"))
		require.Contains(t, h.sessions, workflow.PersonID("U10"))
		require.EqualValues(t, maxSessions+10, published.Load())
		cancel()
		wait()
		h.opened("U10", view.HomeState{}, "")
		synctest.Wait()
		require.EqualValues(t, maxSessions+10, published.Load(), "nothing begins once the desk stopped")
	})
}

func TestAPanicInOnePageHarmsNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := true
		h, published := homesOver(func() (homePage, error) {
			if first {
				first = false
				panic("a bad page")
			}
			return homePage{view: view.HomeView{Hash: "a"}}, nil
		})
		ctx, cancel := context.WithCancel(t.Context())
		wait := h.run(ctx)
		h.opened("U1", view.HomeState{}, "")
		synctest.Wait()
		require.Zero(t, published.Load())
		h.opened("U1", view.HomeState{}, "")
		synctest.Wait()
		require.EqualValues(t, 1, published.Load())
		cancel()
		wait()
	})
}
