package boltstore

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

func TestWhoeverWaitsForTheStoreGivesUpWhenItsContextEnds(t *testing.T) {
	s := opened(t, filepath.Join(t.TempDir(), "desk.db"))
	require.NoError(t, s.Update(t.Context(), func(workflow.Tx) error {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		err := s.Update(ctx, func(workflow.Tx) error { panic("another is writing") })
		require.ErrorIs(t, err, context.DeadlineExceeded)
		return nil
	}))
	require.NoError(t, s.Update(t.Context(), change(0)))
}

func TestAViewOfAnEndedContextReadsNothing(t *testing.T) {
	s := opened(t, filepath.Join(t.TempDir(), "desk.db"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, s.View(ctx, func(workflow.Tx) error { panic("nobody waits for it") }), context.Canceled)
}

func TestCloseWaitsForTheTransactionsUnderWay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "desk.db")
	s := opened(t, path)
	var done sync.WaitGroup
	require.NoError(t, s.Update(t.Context(), func(tx workflow.Tx) error {
		done.Go(func() { _ = s.Close() })
		return change(0)(tx)
	}))
	done.Wait()
	require.ErrorContains(t, s.Update(t.Context(), change(1)), "is closed")
	again := opened(t, path)
	require.NoError(t, again.View(t.Context(), func(tx workflow.Tx) error { _, err := tx.Application(applicationKeyOf(0)); return err }))
}

func TestANameThatIsTooLongIsAnError(t *testing.T) {
	s := opened(t, filepath.Join(t.TempDir(), "desk.db"))
	long := strings.Repeat("x", 40_000)
	require.Error(t, s.Update(t.Context(), func(tx workflow.Tx) error { return tx.PutShop(workflow.Shop{ID: workflow.ShopID(long)}) }))
	require.NoError(t, s.View(t.Context(), func(tx workflow.Tx) error {
		page, err := tx.Applications(workflow.Listing(long), long, 9)
		require.Empty(t, page)
		return err
	}))
}

func TestAPlaceThatAnotherHasIsAConflict(t *testing.T) {
	s := opened(t, filepath.Join(t.TempDir(), "desk.db"))
	one, other := arrived(1), arrived(1)
	one.Key = workflow.Key{Shop: "1", ID: "2/3"}
	other.Key = workflow.Key{Shop: "1/2", ID: "3"} // written alike, though no vendor's id holds a slash
	one.Snapshot.Creator.OpenID, other.Snapshot.Creator.OpenID = "open", "open"
	err := s.Update(t.Context(), func(tx workflow.Tx) error {
		if err := tx.PutApplication(one); err != nil {
			return err
		}
		return tx.PutApplication(other)
	})
	require.ErrorIs(t, err, workflow.ErrConflict)
	require.Empty(t, wholeOf(t, s)[string(applicationsBucket)])
}

func TestAStoreWorksWhereTimeIsSynthetic(t *testing.T) {
	path := filepath.Join(t.TempDir(), "desk.db")
	synctest.Test(t, func(t *testing.T) {
		s, err := Open(t.Context(), path)
		require.NoError(t, err)
		var writers sync.WaitGroup
		for n := range 4 {
			writers.Go(func() {
				err := s.Update(t.Context(), func(tx workflow.Tx) error { return tx.PutApplication(arrived(n)) })
				if err != nil {
					t.Errorf("writing: %v", err)
				}
			})
		}
		writers.Wait()

		before := time.Now()
		_, err = Open(t.Context(), path)
		require.ErrorIs(t, err, ErrInUse)
		require.InDelta(t, time.Second, time.Since(before), float64(look), "it waits about a second")
		require.NoError(t, s.Close())
	})
}
