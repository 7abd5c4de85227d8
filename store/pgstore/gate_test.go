package pgstore

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWhileNoConnectionCanBeMadeOneIsTriedAtATimeAndLessAndLessOften(t *testing.T) {
	var g gate
	now, lost := time.Now(), errors.New("connection refused")
	for range 16 {
		require.NoError(t, g.may(now), "nothing is known yet")
	}
	for range 16 {
		g.told(lost, now)
	}
	require.Equal(t, 1, g.failed, "of many that failed together one counts")
	for n := 2; n < 20; n++ {
		require.ErrorIs(t, g.may(now), lost)
		pause := g.until.Sub(now)
		require.LessOrEqual(t, pause, 3*time.Second)
		now = g.until
		require.NoError(t, g.may(now))
		require.ErrorIs(t, g.may(now), lost, "one is under way")
		g.told(lost, now)
		require.Equal(t, n, g.failed)
	}
	require.GreaterOrEqual(t, g.until.Sub(now), time.Second)
	now = g.until
	require.NoError(t, g.may(now))
	now = g.until
	require.NoError(t, g.may(now), "of one that was never heard of again nobody waits for ever")
	g.told(nil, now)
	require.NoError(t, g.may(now))
	require.NoError(t, g.may(now))
}
