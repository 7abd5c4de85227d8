package boltstore

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

// TestWhoeverReadsFindsTheEffectsOfTheirSnapshot lets some read the outbox while others put effects into it and take them
// out, some of them in vain. An index that is older or newer than the snapshot would name effects that are not there.
func TestWhoeverReadsFindsTheEffectsOfTheirSnapshot(t *testing.T) {
	s := opened(t, t.TempDir()+"/desk.db")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var writers, readers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for n := range 60 {
				err := s.Update(t.Context(), func(tx workflow.Tx) error { return comeAndGo(tx, w*1_000+n) })
				if failed := n%3 == 2; failed != errors.Is(err, errInVain) || !failed && err != nil {
					t.Errorf("update %d of writer %d: %v", n, w, err)
				}
			}
		})
	}
	for range 4 {
		readers.Go(func() {
			for ctx.Err() == nil {
				if err := s.View(t.Context(), requireWhole); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	writers.Wait()
	cancel()
	readers.Wait()
	requireConsistent(t, s)
	require.NoError(t, s.Close())
	requireConsistent(t, opened(t, s.Path()))
}

var errInVain = errors.New("in vain")

// comeAndGo puts two effects into a lane and takes the first out; every third time in vain.
func comeAndGo(tx workflow.Tx, n int) error {
	if err := errors.Join(tx.Enqueue(thread(n, 0)), tx.Enqueue(thread(n, 1)), tx.Remove(thread(n, 0).ID)); err != nil {
		return err
	}
	if n%1_000%3 == 2 {
		return errInVain
	}
	return nil
}

// requireWhole reads every effect that there is, which are as many as there are heads.
func requireWhole(tx workflow.Tx) error {
	all, _, err := tx.Ready(workflow.Reply, at(1_000_000), unlimited)
	if err != nil {
		return err
	}
	for _, e := range all {
		if lane, err := tx.Lane(e.Lane); err != nil || len(lane) != 1 {
			return errors.Join(err, errors.New("a lane has not the one effect that was left there"))
		}
	}
	return nil
}
