package desks_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/robfig/cron/v3"
	"github.com/stretchr/testify/require"

	"sampledesk/store/boltstore"
	"sampledesk/workflow"
	"sampledesk/workflow/desks"
)

// office is a store with desks that share it, in a bubble of virtual time.
type office struct {
	t     *testing.T
	store *boltstore.Store
	work  sync.WaitGroup
	stops map[*desks.Desks]context.CancelFunc
}

func inOffice(t *testing.T, test func(t *testing.T, o *office)) {
	path := filepath.Join(t.TempDir(), "desk.db")
	synctest.Test(t, func(t *testing.T) {
		store, err := boltstore.Open(t.Context(), path)
		require.NoError(t, err)
		o := &office{t: t, store: store, stops: map[*desks.Desks]context.CancelFunc{}}
		test(t, o)
		for _, stop := range o.stops {
			stop()
		}
		o.work.Wait()
		require.NoError(t, store.Close())
	})
}

// open opens a desk that gives signs of life.
func (o *office) open(host string) *desks.Desks {
	d := desks.New(o.store, host, "v1", slog.New(slog.DiscardHandler))
	ctx, stop := context.WithCancel(o.t.Context())
	o.stops[d] = stop
	o.work.Go(func() { d.Run(ctx, func() {}) })
	synctest.Wait()
	return d
}

// kill ends a desk without its leave: nothing of it is heard any more.
func (o *office) kill(d *desks.Desks) {
	self := d.Self()
	o.close(d)
	require.NoError(o.t, o.store.Update(o.t.Context(), func(tx workflow.Tx) error { return tx.PutDesk(self) }))
}

func (o *office) close(d *desks.Desks) {
	o.stops[d]()
	delete(o.stops, d)
	synctest.Wait()
}

func hosts(all []workflow.Desk) (names []string) {
	for _, d := range all {
		names = append(names, d.Host)
	}
	return names
}

func TestDesksSeeEachOtherUntilTheyLeaveOrFallSilent(t *testing.T) {
	inOffice(t, func(t *testing.T, o *office) {
		one, two, three := o.open("one"), o.open("two"), o.open("three")
		time.Sleep(6 * time.Second)
		require.ElementsMatch(t, []string{"two", "three"}, hosts(one.Others()))
		one.Clicked()
		one.Delivered()
		one.Delivered()
		time.Sleep(10 * time.Second)
		for _, other := range two.Others() {
			if other.Host == "one" {
				require.Equal(t, workflow.Did{Clicks: 1, Deliveries: 2}, other.Did)
			}
		}
		time.Sleep(time.Minute)
		require.Zero(t, one.Self().Did, "it was more than a minute ago")

		o.close(two)
		time.Sleep(5 * time.Second)
		require.Equal(t, []string{"three"}, hosts(one.Others()), "it took its leave")
		o.kill(three)
		time.Sleep(50 * time.Second)
		require.Equal(t, []string{"three"}, hosts(one.Others()))
		time.Sleep(16 * time.Second)
		require.Empty(t, one.Others())
		var left []workflow.Desk
		require.NoError(t, o.store.View(t.Context(), func(tx workflow.Tx) (err error) { left, err = tx.Desks(); return err }))
		require.Equal(t, []string{"one"}, hosts(left))
	})
}

func TestWorkIsSpreadAndMovesWhereADeskIsGone(t *testing.T) {
	inOffice(t, func(t *testing.T, o *office) {
		all := []*desks.Desks{o.open("one"), o.open("two"), o.open("three")}
		time.Sleep(6 * time.Second)
		of := func(name string) (mine []*desks.Desks) {
			for _, d := range all {
				if d.Mine(name) {
					mine = append(mine, d)
				}
			}
			return mine
		}
		before, count := map[string]*desks.Desks{}, map[*desks.Desks]int{}
		for n := range 300 {
			name := fmt.Sprint("sweep ", n)
			require.Len(t, of(name), 1, name)
			before[name] = of(name)[0]
			count[of(name)[0]]++
		}
		for _, d := range all {
			require.InDelta(t, 100, count[d], 40)
		}
		o.kill(all[2])
		time.Sleep(21 * time.Second)
		all = all[:2]
		for name, was := range before {
			require.Len(t, of(name), 1, name)
			if now := of(name)[0]; was == all[0] || was == all[1] {
				require.Same(t, was, now, "what was a living desk's stays with it")
			}
		}
	})
}

// many has each of the desks do a job for a tick at once, and returns how often it was done.
func many(t *testing.T, all []*desks.Desks, tick time.Time, takes time.Duration) (times int) {
	t.Helper()
	var done atomic.Int64
	var working sync.WaitGroup
	for _, d := range all {
		working.Go(func() {
			_, err := d.Do(t.Context(), desks.Job{Name: "sweep 1", Tick: tick, Do: func(context.Context) (string, error) {
				done.Add(1)
				time.Sleep(takes)
				return "swept", nil
			}})
			require.NoError(t, err)
		})
	}
	working.Wait()
	return int(done.Load())
}

func TestAJobIsDoneOncePerTickHoweverLongItTakes(t *testing.T) {
	inOffice(t, func(t *testing.T, o *office) {
		all := []*desks.Desks{o.open("one"), o.open("two"), o.open("three")}
		time.Sleep(6 * time.Second)
		tick := o.store.Now()
		for n, takes := range []time.Duration{0, 100 * time.Millisecond, 5 * time.Second, 3 * time.Minute} {
			at := tick.Add(time.Duration(n) * time.Minute)
			require.Equal(t, 1, many(t, all, at, takes), takes)
			require.Zero(t, many(t, all, at, takes), "it was done")
			require.Zero(t, many(t, all, at.Add(-time.Second), takes), "so was what came before")
		}
		require.Equal(t, 3, many(t, all, time.Time{}, time.Second), "what is due now is done by each, one after the other")
	})
}

func TestWhatADeskDidTheOthersLearn(t *testing.T) {
	inOffice(t, func(t *testing.T, o *office) {
		one, two := o.open("one"), o.open("two")
		time.Sleep(6 * time.Second)
		tick := o.store.Now()
		failed := errors.New("TikTok is away")
		did, err := one.Do(t.Context(), desks.Job{Name: "sweep 1", Tick: tick, Do: func(context.Context) (string, error) { return "47 read", failed }})
		require.ErrorIs(t, err, failed)
		require.True(t, did)
		var seen []workflow.Turn
		did, err = two.Do(t.Context(), desks.Job{
			Name: "sweep 1", Tick: tick, Do: func(context.Context) (string, error) { panic("it was done, though it failed") },
			Elsewhere: func(turn workflow.Turn) { seen = append(seen, turn) },
		})
		require.NoError(t, err)
		require.False(t, did)
		require.Equal(t, []workflow.Turn{{Name: "sweep 1", Desk: one.ID(), Tick: tick.UTC(), Done: tick.UTC(), Note: "47 read"}}, seen)
	})
}

func TestATurnOfADeadDeskLapses(t *testing.T) {
	inOffice(t, func(t *testing.T, o *office) {
		one, two := o.open("one"), o.open("two")
		tick := o.store.Now()
		require.NoError(t, o.store.Update(t.Context(), func(tx workflow.Tx) error {
			_, err := tx.TakeTurn("sweep 1", one.ID(), tick, tick, tick.Add(30*time.Second))
			return err
		}))
		o.kill(one)
		did, err := two.Do(t.Context(), desks.Job{Name: "sweep 1", Tick: tick, Do: func(context.Context) (string, error) { return "", nil }})
		require.NoError(t, err)
		require.True(t, did)
		require.LessOrEqual(t, o.store.Now().Sub(tick), 40*time.Second)
	})
}

func TestADeskThatStopsLeavesItsTickToAnother(t *testing.T) {
	inOffice(t, func(t *testing.T, o *office) {
		one, two := o.open("one"), o.open("two")
		tick := o.store.Now()
		ctx, stop := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, stop)
		did, err := one.Do(ctx, desks.Job{Name: "sweep 1", Tick: tick, Do: func(ctx context.Context) (string, error) { <-ctx.Done(); return "", ctx.Err() }})
		require.ErrorIs(t, err, context.Canceled)
		require.True(t, did)
		did, err = two.Do(t.Context(), desks.Job{Name: "sweep 1", Tick: tick, Do: func(context.Context) (string, error) { return "", nil }})
		require.NoError(t, err)
		require.True(t, did)
	})
}

// cutOff is a store that one desk cannot reach for a while.
type cutOff struct {
	workflow.Store
	cut atomic.Bool
}

func (c *cutOff) Update(ctx context.Context, fn func(workflow.Tx) error) error {
	if c.cut.Load() {
		return errors.New("the database does not answer")
	}
	return c.Store.Update(ctx, fn)
}

func TestADeskThatCannotProlongItsTurnStopsBeforeAnotherBegins(t *testing.T) {
	inOffice(t, func(t *testing.T, o *office) {
		store := &cutOff{Store: o.store}
		one := desks.New(store, "one", "v1", slog.New(slog.DiscardHandler))
		two := o.open("two")
		tick := o.store.Now()
		var working atomic.Int64
		job := desks.Job{Name: "sweep 1", Tick: tick, Do: func(ctx context.Context) (string, error) {
			require.EqualValues(t, 1, working.Add(1), "two at a time")
			defer working.Add(-1)
			store.cut.Store(true)
			select {
			case <-ctx.Done():
			case <-time.After(5 * time.Minute):
			}
			return "", ctx.Err()
		}}
		var first error
		o.work.Go(func() { _, first = one.Do(t.Context(), job) })
		time.Sleep(time.Second)
		did, err := two.Do(t.Context(), desks.Job{Name: "sweep 1", Tick: tick, Do: func(context.Context) (string, error) {
			require.Zero(t, working.Load())
			return "", nil
		}})
		require.NoError(t, err)
		require.True(t, did)
		o.work.Go(func() {})
		synctest.Wait()
		require.ErrorContains(t, first, "the turn lapsed")
	})
}

func TestALockIsHeldByOneDesk(t *testing.T) {
	inOffice(t, func(t *testing.T, o *office) {
		all := []*desks.Desks{o.open("one"), o.open("two"), o.open("three"), nil}
		var held, most, times atomic.Int64
		var working sync.WaitGroup
		for _, d := range all[:3] {
			working.Go(func() {
				for range 3 {
					ctx, release, err := d.Lock(t.Context(), "tokens 1")
					require.NoError(t, err)
					most.Store(max(most.Load(), held.Add(1)))
					time.Sleep(40 * time.Second) // longer than a lease
					require.NoError(t, ctx.Err())
					held.Add(-1)
					times.Add(1)
					release()
				}
			})
		}
		working.Wait()
		require.EqualValues(t, 1, most.Load())
		require.EqualValues(t, 9, times.Load())
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, release, err := all[0].Lock(t.Context(), "tokens 1")
		require.NoError(t, err)
		_, _, err = all[1].Lock(ctx, "tokens 1")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		release()
	})
}

func TestTicksAreTheSameForAllDesks(t *testing.T) {
	at := time.Date(2026, 11, 30, 10, 20, 31, 5, time.UTC)
	spec, err := cron.ParseStandard("0 */6 * * *")
	require.NoError(t, err)
	yearly, err := cron.ParseStandard("0 0 1 1 *")
	require.NoError(t, err)
	for name, step := range map[string]struct {
		of   desks.Schedule
		last time.Time
	}{
		"each minute": {desks.Every(time.Minute), time.Date(2026, 11, 30, 10, 20, 0, 0, time.UTC)},
		"each second": {desks.Every(time.Second), time.Date(2026, 11, 30, 10, 20, 31, 0, time.UTC)},
		"a cron line": {spec, time.Date(2026, 11, 30, 6, 0, 0, 0, time.UTC)},
		"each year":   {yearly, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		require.Equal(t, step.last, desks.Last(step.of, at).UTC(), name)
		require.Equal(t, step.last, desks.Last(step.of, step.last).UTC(), "%s, at its tick", name)
	}
}

func TestATimetableKeepsToItsTicks(t *testing.T) {
	inOffice(t, func(t *testing.T, o *office) {
		d := o.open("one")
		time.Sleep(20 * time.Second)
		var mu sync.Mutex
		var together, alone []int
		keep := func(list *[]int) func(context.Context, time.Time) {
			return func(_ context.Context, tick time.Time) {
				mu.Lock()
				*list = append(*list, tick.Minute())
				mu.Unlock()
				time.Sleep(90 * time.Second)
			}
		}
		ctx, stop := context.WithTimeout(t.Context(), 5*time.Minute)
		defer stop()
		var both sync.WaitGroup
		both.Go(func() { d.Timetable(ctx, desks.Every(time.Minute), true, keep(&alone)) })
		both.Go(func() { d.Timetable(ctx, desks.Every(time.Minute), false, keep(&together)) })
		both.Wait()
		require.Equal(t, []int{1, 2, 3, 4, 5}, together)
		require.Equal(t, []int{1, 3, 5}, alone)
	})
}

// told is a store in which another desk changes something whenever it is told to, and which fails while it is told to.
type told struct {
	workflow.Shared
	store   workflow.Store
	changes atomic.Int64
	fails   atomic.Bool
}

func (s *told) Now() time.Time { return s.store.Now() }

func (s *told) Update(ctx context.Context, fn func(workflow.Tx) error) error {
	return s.store.Update(ctx, fn)
}

func (s *told) View(ctx context.Context, fn func(workflow.Tx) error) error {
	return s.store.View(ctx, fn)
}

func (s *told) Changes(_ context.Context, after string) ([]workflow.Change, string, error) {
	if s.fails.Load() {
		return nil, "", errors.New("the database does not answer")
	}
	next := fmt.Sprint(s.changes.Load())
	if after == "" || after == next {
		return nil, next, nil
	}
	return []workflow.Change{{Shop: "1"}}, next, nil
}

func TestWhatOthersChangedIsKnownWithinASecondAndAfterAFailureAnythingMayHaveChanged(t *testing.T) {
	inOffice(t, func(t *testing.T, o *office) {
		store := &told{store: o.store}
		d := desks.New(store, "one", "v1", slog.New(slog.DiscardHandler))
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		var woken atomic.Int64
		o.work.Go(func() { d.Run(ctx, func() { woken.Add(1) }) })
		time.Sleep(5500 * time.Millisecond)
		require.Zero(t, woken.Load(), "nothing was changed")
		store.changes.Add(1)
		time.Sleep(time.Second)
		require.EqualValues(t, 1, woken.Load())
		time.Sleep(5 * time.Second)
		require.EqualValues(t, 1, woken.Load(), "it is told once")
		store.fails.Store(true)
		time.Sleep(10 * time.Second)
		require.EqualValues(t, 1, woken.Load(), "nobody is woken to fail too")
		store.fails.Store(false)
		time.Sleep(time.Second)
		require.EqualValues(t, 2, woken.Load())
	})
}
