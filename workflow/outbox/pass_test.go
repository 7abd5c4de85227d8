package outbox_test

import (
	"context"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/store/boltstore"
	"sampledesk/workflow"
)

// counting is a store that counts what a dispatcher reads of it.
type counting struct {
	workflow.Store
	views, effects atomic.Int64
	takes          time.Duration // each reading
}

type countingTx struct {
	workflow.Tx
	c *counting
}

func (c *counting) View(ctx context.Context, fn func(workflow.Tx) error) error {
	c.views.Add(1)
	time.Sleep(c.takes)
	return c.Store.View(ctx, func(tx workflow.Tx) error { return fn(countingTx{tx, c}) })
}

func (t countingTx) Effect(id workflow.EffectID) (workflow.Effect, error) {
	t.c.effects.Add(1)
	return t.Tx.Effect(id)
}

// watch has the dispatcher read through a store that counts.
func (d *desk) watch() *counting {
	c, real := &counting{Store: d.store}, d.store
	d.store = c
	d.dispatcher = d.newDispatcher(d.Engine)
	d.store = real
	return c
}

// several returns notices in lanes of their own.
func several(name string, n int) (all []workflow.Effect) {
	for i := range n {
		id := name + " " + strconv.Itoa(i)
		all = append(all, notice(workflow.EffectID(id), workflow.Lane(id)))
	}
	return all
}

func TestALimitThatHasNothingToGiveIsAskedOnceHoweverManyWait(t *testing.T) {
	for _, waiting := range []int{20, 2000} {
		inBubble(t, func(t *testing.T, d *desk) {
			read, give := d.watch(), onePerSecond()
			var asked atomic.Int64
			d.slack.limit = oneForAll
			d.slack.budget = func(e workflow.Effect) time.Duration { asked.Add(1); return give(e) }
			d.put(several("card", waiting)...)
			d.run()
			time.Sleep(500 * time.Millisecond)
			synctest.Wait()
			require.Len(t, d.slack.visits(), 1)
			require.LessOrEqual(t, read.effects.Load(), int64(waiting+20), "each was read once, to find out what it waits for")
			asked.Store(0)
			read.effects.Store(0)
			time.Sleep(15 * time.Second)
			synctest.Wait()
			visits := d.slack.visits()
			require.Len(t, visits, 16)
			for i, v := range visits {
				require.Equal(t, visit{time.Duration(i) * time.Second, workflow.EffectID("card " + strconv.Itoa(i)), 1}, v)
			}
			require.LessOrEqual(t, read.effects.Load(), int64(15*4), "of %d that wait", waiting)
			require.LessOrEqual(t, asked.Load(), int64(15*4))
			d.halt()
		})
	}
}

func TestABacklogThatIsReadForTheFirstTimeHidesNothingBehindIt(t *testing.T) {
	inBubble(t, func(t *testing.T, d *desk) {
		d.slack.limit = func(e workflow.Effect) string { return string(e.Shop) }
		d.slack.budget = func(e workflow.Effect) time.Duration {
			if e.Shop == glow {
				return time.Hour
			}
			return 0
		}
		last := notice("last", "last")
		last.Shop = kitchen
		d.put(append(several("stuck", 3000), last)...)
		d.run()
		synctest.Wait()
		require.Equal(t, []visit{{0, "last", 1}}, d.slack.visits())
	})
}

func TestWhatWaitsForALimitGoesByTheLimitThatItHasByNow(t *testing.T) {
	inBubble(t, func(t *testing.T, d *desk) {
		moved := atomic.Bool{}
		d.slack.limit = func(workflow.Effect) string {
			if moved.Load() {
				return "second"
			}
			return "first"
		}
		d.slack.budget = func(workflow.Effect) time.Duration {
			if moved.Load() {
				return 0
			}
			return 5 * time.Second
		}
		d.put(several("card", 3)...)
		d.run()
		time.Sleep(time.Second)
		moved.Store(true) // the channel that cards go to is another
		time.Sleep(4 * time.Second)
		synctest.Wait()
		require.Len(t, d.slack.visits(), 3)
		for _, v := range d.slack.visits() {
			require.Equal(t, 5*time.Second, v.after)
		}
	})
}

func TestAnIdleCourierSleeps(t *testing.T) {
	inBubble(t, func(t *testing.T, d *desk) {
		read := d.watch()
		later := notice("later", "a")
		later.NotBefore = midnight.Add(30*time.Minute + time.Millisecond)
		d.put(later)
		d.run()
		time.Sleep(time.Hour)
		synctest.Wait()
		require.Equal(t, []visit{{30*time.Minute + time.Millisecond, "later", 1}}, d.slack.visits(), "to the instant")
		require.Less(t, read.views.Load(), int64(6*60+10), "a look every ten seconds")
	})
}

func TestWhoeverWakesTheDispatcherAllTheTimeLeavesItLittleToDo(t *testing.T) {
	inBubble(t, func(t *testing.T, d *desk) {
		read := d.watch()
		read.takes = 2 * time.Millisecond
		d.run()
		time.Sleep(time.Second)
		before := read.views.Load()
		for range 1000 {
			d.dispatcher.Wake()
			time.Sleep(time.Millisecond)
		}
		require.Less(t, read.views.Load()-before, int64(30), "passes in a second in which it was woken a thousand times")

		d.put(notice("in between", "a")) // which wakes it while it rests
		time.Sleep(55 * time.Millisecond)
		require.Len(t, d.slack.visits(), 1)

		time.Sleep(time.Second)
		d.put(notice("after a while", "b"))
		d.dispatcher.Wake()
		time.Sleep(2*read.takes + time.Millisecond)
		require.Len(t, d.slack.visits(), 2, "at once")
	})
}

func TestAnEffectThatIsGoneWhenItsBudgetComesIsPassedOver(t *testing.T) {
	inBubble(t, func(t *testing.T, d *desk) {
		d.slack.limit, d.slack.budget = oneForAll, onePerSecond()
		d.put(several("card", 4)...)
		d.run()
		time.Sleep(500 * time.Millisecond)
		d.update(func(tx workflow.Tx) error { return tx.Remove("card 1") }) // which tells nobody
		time.Sleep(time.Minute)
		require.Equal(t, []visit{{0, "card 0", 1}, {time.Second, "card 2", 1}, {2 * time.Second, "card 3", 1}}, d.slack.visits())
	})
}

// counted is a file that counts who looks into it, and tells the dispatcher what was written to it.
type counted struct {
	*boltstore.Store
	views atomic.Int64
}

func (c *counted) View(ctx context.Context, fn func(workflow.Tx) error) error {
	c.views.Add(1)
	return c.Store.View(ctx, fn)
}

func TestNobodyLooksIntoAnOutboxInWhichNothingBecameDue(t *testing.T) {
	inBubble(t, func(t *testing.T, d *desk) {
		store := &counted{Store: d.store.(*boltstore.Store)}
		d.store = store
		d.dispatcher = d.newDispatcher(d.Engine)
		d.run()
		time.Sleep(time.Minute)
		before := store.views.Load()
		time.Sleep(24 * time.Hour)
		require.Equal(t, before, store.views.Load(), "nothing was written, and nothing waits")

		later := notice("later", "a")
		later.NotBefore = time.Now().Add(time.Hour + time.Minute)
		d.put(later) // and nobody is told
		time.Sleep(time.Minute)
		before = store.views.Load()
		time.Sleep(59*time.Minute + 59*time.Second)
		synctest.Wait()
		require.Equal(t, before, store.views.Load(), "its time has not come")
		require.Empty(t, d.slack.visits())
		time.Sleep(time.Second)
		synctest.Wait()
		require.Len(t, d.slack.visits(), 1, "to the instant")
	})
}
