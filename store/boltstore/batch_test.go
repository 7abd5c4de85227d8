package boltstore

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

// inOneBatch opens a store in a bubble and runs the updates together: all of them wait while a first one runs. It
// returns their errors, and how many transactions of bbolt it took.
func inOneBatch(t *testing.T, s *Store, updates ...func(context.Context) error) (errs []error, commits int) {
	t.Helper()
	errs = make([]error, len(updates))
	before := s.Commits()
	var wg sync.WaitGroup
	require.NoError(t, s.Update(t.Context(), func(tx workflow.Tx) error {
		for i, update := range updates {
			wg.Go(func() { errs[i] = update(t.Context()) })
			synctest.Wait() // it has come to wait, after those before it
		}
		return tx.PutShop(workflow.Shop{ID: "first"})
	}))
	wg.Wait()
	return errs, s.Commits() - before
}

// length tells how many wait.
func (t *turns) length() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.waiting)
}

// bubbled runs a test on a store in a bubble of virtual time, in which no batch grows old.
func bubbled(t *testing.T, test func(*testing.T, *Store)) {
	path := filepath.Join(t.TempDir(), "desk.db")
	synctest.Test(t, func(t *testing.T) { test(t, opened(t, path)) })
}

func TestUpdatesThatWaitTogetherCommitTogether(t *testing.T) {
	bubbled(t, func(t *testing.T, s *Store) {
		var updates []func(context.Context) error
		for n := range 40 {
			updates = append(updates, func(ctx context.Context) error { return s.Update(ctx, change(n)) })
		}
		errs, commits := inOneBatch(t, s, updates...)
		require.NoError(t, errors.Join(errs...))
		require.Equal(t, 1, commits)
		requireConsistent(t, s)
	})
}

func TestAnUpdateThatWroteNothingCommitsNothing(t *testing.T) {
	bubbled(t, func(t *testing.T, s *Store) {
		before := s.Commits()
		require.NoError(t, s.Update(t.Context(), func(tx workflow.Tx) error {
			_, err := tx.Shops()
			return err
		}))
		require.Equal(t, before, s.Commits())
	})
}

func TestALoneWriterWaitsForNobody(t *testing.T) {
	bubbled(t, func(t *testing.T, s *Store) {
		began := time.Now()
		for n := range 5 {
			before := s.Commits()
			require.NoError(t, s.Update(t.Context(), change(n)))
			require.Equal(t, before+1, s.Commits())
		}
		require.Equal(t, began, time.Now())
	})
}

func TestABatchTakesInNoMoreThanItMay(t *testing.T) {
	bubbled(t, func(t *testing.T, s *Store) {
		var updates []func(context.Context) error
		for n := range mostTogether {
			updates = append(updates, func(ctx context.Context) error { return s.Update(ctx, arrive1(n)) })
		}
		errs, commits := inOneBatch(t, s, updates...)
		require.NoError(t, errors.Join(errs...))
		require.Equal(t, 2, commits, "one was the first")

		slow := func(ctx context.Context) error {
			return s.Update(ctx, func(tx workflow.Tx) error {
				time.Sleep(longestTogether)
				return tx.PutShop(workflow.Shop{ID: "slow"})
			})
		}
		errs, commits = inOneBatch(t, s, slow, updates[0], updates[1])
		require.NoError(t, errors.Join(errs...))
		require.Equal(t, 2, commits, "nobody more waits for company once it has grown old")
	})
}

func arrive1(n int) func(workflow.Tx) error {
	return func(tx workflow.Tx) error { return tx.PutApplication(arrived(n)) }
}

// TestAFailureLeavesNothingInTheBatchOfOthers runs changes among updates that write the same keys and fail in every way
// there is, and compares the file with one that saw the changes alone.
func TestAFailureLeavesNothingInTheBatchOfOthers(t *testing.T) {
	dir := t.TempDir()
	broken := errors.New("changed its mind")
	synctest.Test(t, func(t *testing.T) {
		s, peace := opened(t, filepath.Join(dir, "desk.db")), opened(t, filepath.Join(dir, "peace.db"))
		for round := range 4 {
			var updates []func(context.Context) error
			var want []error
			for n := round * 6; n < round*6+6; n++ {
				spoiled := func(tx workflow.Tx) error {
					return errors.Join(change(n)(tx), tx.PutShop(workflow.Shop{ID: "first", Name: "spoiled"}), tx.Remove(thread(n, 0).ID))
				}
				updates = append(updates,
					func(ctx context.Context) error {
						return s.Update(ctx, func(tx workflow.Tx) error { return errors.Join(spoiled(tx), broken) })
					},
					func(ctx context.Context) error {
						ctx, cancel := context.WithCancel(ctx)
						return s.Update(ctx, func(tx workflow.Tx) error {
							defer cancel()
							return spoiled(tx)
						})
					},
					func(ctx context.Context) (err error) {
						defer func() { err = fmt.Errorf("%v", recover()) }()
						return s.Update(ctx, func(tx workflow.Tx) error { panic(fmt.Sprint("with ", spoiled(tx))) })
					},
					func(ctx context.Context) error {
						var wg sync.WaitGroup
						wg.Go(func() {
							_ = s.Update(ctx, func(tx workflow.Tx) error {
								_ = spoiled(tx)
								runtime.Goexit()
								return nil
							})
						})
						wg.Wait()
						return nil
					},
					func(ctx context.Context) error { return s.Update(ctx, change(n)) },
				)
				want = append(want, broken, context.Canceled, errors.New("with <nil>"), nil, nil)
			}
			errs, commits := inOneBatch(t, s, updates...)
			require.Equal(t, 1, commits)
			for i, err := range errs {
				if want[i] == nil {
					require.NoError(t, err)
					continue
				}
				require.ErrorContains(t, err, want[i].Error())
			}
			require.NoError(t, peace.Update(t.Context(), func(tx workflow.Tx) error { return tx.PutShop(workflow.Shop{ID: "first"}) }))
			for n := round * 6; n < round*6+6; n++ {
				require.NoError(t, peace.Update(t.Context(), change(n)))
			}
			require.Equal(t, wholeOf(t, peace), wholeOf(t, s))
		}
	})
}

func TestAFirstUpdateThatFailsTakesNobodyAlong(t *testing.T) {
	bubbled(t, func(t *testing.T, s *Store) {
		broken := errors.New("no")
		var wg sync.WaitGroup
		var second error
		require.ErrorIs(t, s.Update(t.Context(), func(tx workflow.Tx) error {
			wg.Go(func() { second = s.Update(t.Context(), change(0)) })
			synctest.Wait()
			return errors.Join(tx.PutShop(workflow.Shop{ID: "first"}), broken)
		}), broken)
		wg.Wait()
		require.NoError(t, second)
		require.NotContains(t, wholeOf(t, s)[string(shopsBucket)], "first")
		requireConsistent(t, s)
	})
}

func TestWhoeverGivesUpBeforeItsTurnIsNotRun(t *testing.T) {
	bubbled(t, func(t *testing.T, s *Store) {
		errs, commits := inOneBatch(t, s,
			func(ctx context.Context) error { return s.Update(ctx, change(0)) },
			func(ctx context.Context) error {
				ctx, cancel := context.WithCancel(ctx)
				cancel()
				return s.Update(ctx, func(workflow.Tx) error { panic("nobody waits for it") })
			},
			func(ctx context.Context) error { return s.Update(ctx, change(1)) },
		)
		require.NoError(t, errs[0])
		require.ErrorIs(t, errs[1], context.Canceled)
		require.NoError(t, errs[2])
		require.Equal(t, 1, commits)
	})
}

// TestATurnIsNeverLost lets writers come and give up at any moment, and expects everybody to come to an end, and
// whoever was told of success to be in the file.
func TestATurnIsNeverLost(t *testing.T) {
	s := opened(t, filepath.Join(t.TempDir(), "desk.db"))
	s.db.NoSync = true
	const writers, times = 16, 60
	kept := make([][]int, writers)
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range times {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i*w%7)*200*time.Microsecond)
				n := w*times + i
				if s.Update(ctx, arrive1(n)) == nil {
					kept[w] = append(kept[w], n)
				}
				cancel()
			}
		})
	}
	wg.Wait()
	want := 0
	for _, list := range kept {
		want += len(list)
		for _, n := range list {
			require.NoError(t, s.View(t.Context(), func(tx workflow.Tx) error { _, err := tx.Application(applicationKeyOf(n)); return err }))
		}
	}
	n, err := changesIn(t.Context(), s)
	require.NoError(t, err)
	require.Equal(t, want, n)
	requireConsistent(t, s)
}

func TestAViewEndsSoonAfterItsCallerIsGone(t *testing.T) {
	s := opened(t, filepath.Join(t.TempDir(), "desk.db"))
	require.NoError(t, s.Update(t.Context(), everyChange(12)))
	for name, read := range reads {
		ctx, cancel := context.WithCancel(t.Context())
		err := s.View(ctx, func(tx workflow.Tx) error {
			require.NoError(t, read(tx), name)
			cancel()
			return read(tx)
		})
		require.ErrorIs(t, err, context.Canceled, name)
	}
}

func everyChange(n int) func(workflow.Tx) error {
	return func(tx workflow.Tx) error {
		for i := range n {
			if err := change(i)(tx); err != nil {
				return err
			}
		}
		return nil
	}
}

// reads are all ways to read.
var reads = map[string]func(workflow.Tx) error{
	"Application":  func(tx workflow.Tx) error { _, err := tx.Application(applicationKeyOf(1)); return err },
	"Applications": func(tx workflow.Tx) error { _, err := tx.Applications(workflow.SeenOf("1"), "", 9); return err },
	"Count":        func(tx workflow.Tx) error { _, err := tx.Count(workflow.SeenOf("1")); return err },
	"Campaigns":    func(tx workflow.Tx) error { _, _, err := tx.Campaigns("1", "", 9); return err },
	"CampaignNamed": func(tx workflow.Tx) error {
		_, err := tx.CampaignNamed("1", "campaign 1")
		return err
	},
	"Members": func(tx workflow.Tx) error { _, _, err := tx.Members(campaignOf(11), "", 9); return err },
	"Memberships": func(tx workflow.Tx) error {
		_, err := tx.Memberships(arrived(11).Snapshot.Creator.KeyOf("1"))
		return err
	},
	"Products": func(tx workflow.Tx) error { _, _, err := tx.Products("1", "", 9); return err },
	"ConversationNumbered": func(tx workflow.Tx) error {
		_, err := tx.ConversationNumbered("1", "conversation-11")
		return err
	},
	"History":     func(tx workflow.Tx) error { _, _, err := tx.History(applicationKeyOf(1), "", 9); return err },
	"Effect":      func(tx workflow.Tx) error { _, err := tx.Effect(thread(1, 0).ID); return err },
	"Lane":        func(tx workflow.Tx) error { _, err := tx.Lane(thread(1, 0).Lane); return err },
	"Ready":       func(tx workflow.Tx) error { _, _, err := tx.Ready(workflow.Reply, at(100), 9); return err },
	"DeadLetters": func(tx workflow.Tx) error { _, _, err := tx.DeadLetters("", 9); return err },
}

func TestAPatientUpdateGoesAlongWithTheNextCommitOrByItselfInTheEnd(t *testing.T) {
	bubbled(t, func(t *testing.T, s *Store) {
		before, began := s.Commits(), time.Now()
		took := make([]time.Duration, 4)
		var wg sync.WaitGroup
		for i, patience := range []time.Duration{time.Second, time.Hour, time.Hour, time.Minute} {
			wg.Go(func() {
				if err := s.UpdateSoon(t.Context(), func() time.Duration { return patience }, arrive1(i)); err != nil {
					t.Errorf("writing: %v", err)
				}
				took[i] = time.Since(began)
			})
			synctest.Wait()
		}
		require.NoError(t, s.View(t.Context(), func(workflow.Tx) error { return nil }))
		require.NoError(t, s.Update(t.Context(), func(workflow.Tx) error { return nil }))
		require.Equal(t, before, s.Commits(), "what commits nothing takes nobody along")
		wg.Wait()
		require.Equal(t, []time.Duration{time.Second, time.Second, time.Second, time.Second}, took)
		require.Equal(t, before+1, s.Commits())

		wg.Go(func() { _ = s.UpdateSoon(t.Context(), func() time.Duration { return time.Hour }, arrive1(9)) })
		synctest.Wait()
		require.NoError(t, s.Update(t.Context(), arrive1(10)))
		wg.Wait()
		require.Equal(t, before+2, s.Commits())
		require.Equal(t, time.Second, time.Since(began))
	})
}

// TestWhoeverBecomesPatientDuringACommitIsNotForgotten lets one join while another is being committed, whose change it
// cannot see yet.
func TestWhoeverBecomesPatientDuringACommitIsNotForgotten(t *testing.T) {
	bubbled(t, func(t *testing.T, s *Store) {
		began := time.Now()
		var wg sync.WaitGroup
		require.NoError(t, s.turns.take(t.Context()))
		wg.Go(func() {
			if err := s.UpdateSoon(t.Context(), func() time.Duration { return time.Hour }, arrive1(1)); err != nil {
				t.Errorf("writing: %v", err)
			}
		})
		synctest.Wait()
		s.turns.release(true)
		wg.Wait()
		require.Equal(t, began, time.Now())
	})
}

func TestALeaseCostsNoCommit(t *testing.T) {
	bubbled(t, func(t *testing.T, s *Store) {
		require.NoError(t, s.Update(t.Context(), func(tx workflow.Tx) error { return tx.Enqueue(thread(1, 0)) }))
		before := s.Commits()
		require.NoError(t, s.Update(t.Context(), func(tx workflow.Tx) error {
			_, err := tx.Lease(thread(1, 0).ID, at(1), at(9))
			return err
		}))
		require.NoError(t, s.Update(t.Context(), func(tx workflow.Tx) error { return tx.Extend(thread(1, 0).ID, 1, at(12)) }))
		require.Equal(t, before, s.Commits())
	})
}
