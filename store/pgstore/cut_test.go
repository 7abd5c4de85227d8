package pgstore_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/store/pgstore/pgtest"
	"sampledesk/workflow"
)

// clicked makes an update for somebody who waits as long as a click does, and tells how long they waited.
func clicked(t *testing.T, s workflow.Store) (took time.Duration, err error) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	began := time.Now()
	err = s.View(ctx, func(tx workflow.Tx) error {
		_, err := tx.Shops()
		return err
	})
	if err == nil {
		err = s.Update(ctx, count)
	}
	return time.Since(began), err
}

func TestWhoClicksWhileTheWayToTheDatabaseLosesEverythingIsToldInTimeAndDesksComeBackByThemselves(t *testing.T) {
	t.Parallel()
	address := pgtest.Recycled(t)
	proxy := pgtest.Through(t, address)
	s, beside := opened(t, proxy.URL), opened(t, address)
	var wg sync.WaitGroup
	for range 8 { // so that there are connections, all of which are going to be dead
		wg.Go(func() { require.NoError(t, s.Update(t.Context(), count)) })
	}
	wg.Wait()
	proxy.Cut()
	background := make(chan error, 1)
	go func() { background <- s.Update(t.Context(), count) }() // for whom nobody waits, and no end is set
	for range 2 {
		took, err := clicked(t, s)
		require.Error(t, err)
		t.Logf("told after %s: %v", took.Round(time.Millisecond), err)
	}
	require.ErrorContains(t, s.Health(t.Context()), "the database does not answer")
	kept := counted(t, beside)
	proxy.Open()
	require.NoError(t, <-background, "an answer that never comes is not waited for, and it is done again")
	require.Eventually(t, func() bool { _, err := clicked(t, s); return err == nil }, 30*time.Second, 10*time.Millisecond)
	require.Equal(t, kept+2, counted(t, beside))
	require.NoError(t, s.Health(t.Context()))
}

func TestAnUpdateThatRanOutOfTimeOnASlowWayIsToldAtOnce(t *testing.T) {
	t.Parallel()
	address := pgtest.Recycled(t)
	proxy := pgtest.Through(t, address)
	s, beside := opened(t, proxy.URL), opened(t, address)
	require.NoError(t, s.Update(t.Context(), count))
	ctx, cancel := context.WithCancel(t.Context())
	began := time.Now()
	err := s.Update(ctx, func(tx workflow.Tx) error {
		err := count(tx)
		_, listing := tx.Shops() // what was gathered is sent
		proxy.Slow(time.Second)
		cancel()
		return errors.Join(err, listing)
	})
	require.ErrorIs(t, err, context.Canceled)
	t.Logf("told after %s", time.Since(began).Round(time.Millisecond))
	require.Equal(t, 1, counted(t, beside))
	proxy.Open()
	require.NoError(t, s.Update(t.Context(), count))
	require.Equal(t, 2, counted(t, beside))
}

func TestADatabaseThatTakesNoConnectionsIsNotBesieged(t *testing.T) {
	t.Parallel()
	proxy := pgtest.Through(t, pgtest.Recycled(t))
	s := opened(t, proxy.URL)
	require.NoError(t, s.Update(t.Context(), count))
	proxy.Close()
	before := proxy.Connections()
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() { require.ErrorContains(t, s.Update(t.Context(), count), "the database does not answer") })
	}
	wg.Wait()
	require.LessOrEqual(t, proxy.Connections()-before, 64, "so many tried for two seconds each, ten times a second")
	t.Logf("%d connections were tried", proxy.Connections()-before)
	proxy.Open()
	require.Eventually(t, func() bool { return s.Update(t.Context(), count) == nil }, 30*time.Second, 10*time.Millisecond)
	require.Equal(t, 2, counted(t, s))
}

func TestWhatBecameOfACommitIsFoundOutLater(t *testing.T) {
	t.Parallel()
	for name, arrives := range map[string]bool{"it was kept": true, "it never arrived": false} {
		t.Run(name, func(t *testing.T) {
			address := pgtest.Recycled(t)
			proxy := pgtest.Through(t, address)
			s, beside := opened(t, proxy.URL), opened(t, address)
			require.NoError(t, s.Update(t.Context(), count))
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			err := s.Update(ctx, func(tx workflow.Tx) error {
				err := count(tx)
				if arrives {
					proxy.CutAnswers()
				} else {
					proxy.Cut()
				}
				return err
			})
			uncertain, ok := errors.AsType[workflow.Uncertain](err)
			require.True(t, ok, "%v", err)
			proxy.Open()
			began := time.Now()
			defer func() { t.Logf("found out after %s", time.Since(began).Round(time.Millisecond)) }()
			kept, err := uncertain.Find(t.Context())
			require.NoError(t, err)
			require.Equal(t, arrives, kept)
			want := 1
			if arrives {
				want = 2
			}
			require.Equal(t, want, counted(t, beside))
		})
	}
}
