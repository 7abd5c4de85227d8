package engine_test

import (
	"context"
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

// ended has the store keep n applications that were over one minute after the other from a time on.
func (d *desk) ended(n int, from time.Time) {
	d.t.Helper()
	d.keeps(n, func(tx workflow.Tx, i int) error {
		a := workflow.Application{Key: numbered(i), Round: 1, SeenAt: from, ReportedAt: from, ChangedAt: from.Add(time.Duration(i) * time.Minute)}
		a.Snapshot.Creator, a.Snapshot.Status = numberedCreator(i), []workflow.Status{workflow.StatusCompleted, workflow.StatusWithdrawn}[i%2]
		return tx.PutApplication(a)
	})
}

// wrote has the shop's own history tell of n messages of as many creators without an application.
func (d *desk) wrote(n int, at time.Time) {
	d.t.Helper()
	d.keeps(n, func(tx workflow.Tx, i int) error {
		k := workflow.Creator{Username: fmt.Sprint("writer", i)}.KeyOf(sample.Shop)
		return tx.Append(workflow.Entry{At: at, Key: workflow.Key{Shop: sample.Shop}, Event: workflow.OnMessageReceived, Text: "Hello", Creator: k})
	})
}

func (d *desk) erased() (n int) {
	d.t.Helper()
	for _, stage := range workflow.EndedStages() {
		n += read(d, func(tx workflow.Tx) (n int, err error) {
			for a, err := range workflow.Walk(d.t.Context(), tx, workflow.StageOf(sample.Shop, stage), "") {
				if err != nil {
					return n, err
				}
				if a.Erased {
					n++
				}
			}
			return n, nil
		})
	}
	return n
}

func TestWhatWasKeptLongEnoughIsErasedInTransactionsOfAHundredHoweverMuchItIs(t *testing.T) {
	t.Parallel()
	const many = 5_100 // more than is looked for at a time
	d := newDesk(t, glow)
	d.ended(many, noon.AddDate(-2, 0, 0))
	d.wrote(many, noon.AddDate(-2, 0, 0))
	d.sets(noon, func(s *workflow.Settings) { s.KeepMonths = 12 })
	stopped, stop := context.WithCancel(t.Context())
	d.store.between = func() {
		if d.store.largest.Load() == 100 {
			stop()
		}
	}
	_, err := d.Retain(stopped, sample.Shop, noon)
	require.ErrorIs(t, err, context.Canceled)
	some := d.erased()
	require.Greater(t, some, 0)
	require.Less(t, some, many)
	d.store.between = nil
	d.restart()

	done, err := d.Retain(t.Context(), sample.Shop, noon.Add(time.Minute))
	require.NoError(t, err)
	require.Equal(t, many-some, done.Requests)
	require.Equal(t, many, d.erased())
	for e, err := range history(d) {
		require.NoError(t, err)
		require.NotEqual(t, "Hello", e.Text)
	}
	require.EqualValues(t, 100, d.store.largest.Load())
	kept := d.store.kept.Load()
	for range 3 {
		done, err = d.Retain(t.Context(), sample.Shop, noon.Add(time.Hour))
		require.NoError(t, err)
		require.False(t, done.Any())
	}
	require.Equal(t, kept, d.store.kept.Load(), "the day's pass is over, and writes nothing")

	d.ended(10, noon.AddDate(-1, 0, 0).Add(time.Hour)) // they took the place of others that were erased, and end again
	done, err = d.Retain(t.Context(), sample.Shop, noon.AddDate(0, 0, 1))
	require.NoError(t, err)
	require.Equal(t, 10, done.Requests)
}

func TestACreatorWhoWritesAgainAfterTheirTimeIsTheirOwnAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow).receiving()
	d.receives("kitchen_finds", minutes(1), "Hello")
	c, err := d.conversation(findsName)
	require.NoError(t, err)
	require.NoError(t, d.dismisses(action(member, "1"), findsName, c.Last.ID, minutes(2)))
	d.sets(minutes(3), func(s *workflow.Settings) { s.KeepMonths = 12 })
	later := noon.AddDate(1, 0, 1)
	done, err := d.Retain(t.Context(), sample.Shop, later)
	require.NoError(t, err)
	require.Equal(t, 1, done.Conversations)
	_, err = d.conversation(findsName)
	require.ErrorIs(t, err, workflow.ErrNotFound)

	old := workflow.InboundMessage{ID: c.Last.ID, Kind: "TEXT", Text: "Hello", FromCreator: true, At: c.Last.At}
	require.Zero(t, d.receivesBatch("kitchen_finds", later, old), "what was read once is not told again")
	_, err = d.conversation(findsName)
	require.ErrorIs(t, err, workflow.ErrNotFound)
	again := workflow.InboundMessage{ID: "9999999999999", Kind: "TEXT", Text: "It is me", FromCreator: true, At: later}
	require.Equal(t, 1, d.receivesBatch("kitchen_finds", later, old, again))
	back, err := d.conversation(findsName)
	require.NoError(t, err)
	require.Equal(t, finds, back.Shown.Username)
	require.Equal(t, again.ID, back.Last.ID)
	require.False(t, back.Aged)
}

// history is the shop's own.
func history(d *desk) iter.Seq2[workflow.Entry, error] {
	return func(yield func(workflow.Entry, error) bool) {
		_ = d.store.View(d.t.Context(), func(tx workflow.Tx) error {
			workflow.WalkHistory(d.t.Context(), tx, workflow.Key{Shop: sample.Shop})(yield)
			return nil
		})
	}
}

func TestHowLongAShopKeepsIsOneOfAFewTimes(t *testing.T) {
	t.Parallel()
	for months, right := range map[int]bool{0: true, 12: true, 24: true, 36: true, -12: false, 1: false, 120: false} {
		require.Equal(t, right, workflow.Settings{KeepMonths: months}.Check() == "", fmt.Sprint(months))
	}
	require.Len(t, workflow.EndedStages(), 9)
	require.NotContains(t, workflow.EndedStages(), workflow.StageContent)
}
