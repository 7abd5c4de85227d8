package socket

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAWorkerGoesOnAfterAPanicAndLeavesOnceNothingComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // which fails while a worker is left
		var handled, acked int
		c := newCrew(func(_ context.Context, e Envelope, _ Ack) {
			handled++
			if e.ID == "bad" {
				panic("a fault")
			}
		}, slog.New(slog.DiscardHandler))
		for _, id := range []string{"good", "bad", "good"} {
			require.True(t, c.start(Envelope{ID: id}, func(any) { acked++ }))
			synctest.Wait()
		}
		require.Equal(t, []int{3, 3}, []int{handled, acked})
		time.Sleep(2 * idleTime)
		require.True(t, c.start(Envelope{ID: "later"}, func(any) { acked++ }))
		c.drain()
		require.Equal(t, []int{4, 4}, []int{handled, acked})
		require.False(t, c.start(Envelope{ID: "too late"}, func(any) {}))
	})
}

func TestAsManyEnvelopesAreHandledAtOnceAsThereIsRoomForAndNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		c := newCrew(func(context.Context, Envelope, Ack) { <-release }, slog.New(slog.DiscardHandler))
		for range 2 { // the second time by those that are there already
			for range maxHandlers {
				require.True(t, c.start(Envelope{}, func(any) {}))
			}
			require.False(t, c.start(Envelope{}, func(any) {}))
			for range maxHandlers {
				release <- struct{}{}
			}
			synctest.Wait()
		}
		c.drain()
	})
}
