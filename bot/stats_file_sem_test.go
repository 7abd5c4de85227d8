package bot

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestNoMoreThanAFewFilesAreMadeAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var going, most, done atomic.Int32
		files := make(sem, maxFilesAtOnce)
		for range 7 {
			go func() {
				_ = files.run(t.Context(), func() error {
					most.Store(max(most.Load(), going.Add(1)))
					time.Sleep(time.Second) // of the bubble's clock
					going.Add(-1)
					done.Add(1)
					return nil
				})
			}()
			synctest.Wait()
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, files.run(ended, func() error { return nil }), context.Canceled)
		time.Sleep(10 * time.Second)
		require.Equal(t, []int32{maxFilesAtOnce, 7}, []int32{most.Load(), done.Load()})
	})
}
