package affiliate

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAPlaceThatComesAsItsCallerGivesUpIsPassedOn(t *testing.T) {
	g := gate{free: 1}
	for range 2000 {
		require.NoError(t, g.enter(t.Context(), false))
		ctx, cancel := context.WithCancel(t.Context())
		var waiting sync.WaitGroup
		for _, urgent := range []bool{false, true} {
			waiting.Go(func() {
				if g.enter(ctx, urgent) == nil {
					g.leave()
				}
			})
		}
		waiting.Go(cancel)
		g.leave()
		waiting.Wait()
	}
	require.Equal(t, 1, g.free)
	require.Empty(t, g.urgent)
	require.Empty(t, g.routine)
}
