package outbox_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
	"sampledesk/workflow/engine"
	"sampledesk/workflow/outbox"
)

func TestAStopLetsDeliveriesUnderWayComeToAnEnd(t *testing.T) {
	inBubble(t, func(t *testing.T, d *desk) {
		d.tiktok.do = func(ctx context.Context, e workflow.Effect) engine.Outcome {
			time.Sleep(4 * time.Second)
			if ctx.Err() != nil {
				return engine.Outcome{Then: engine.Again}
			}
			return confirm(ctx, e)
		}
		d.report(workflow.StatusPending)
		d.approve()
		d.run()
		time.Sleep(11 * time.Second)
		d.put(notice("later", "a"))
		d.stop()
		d.dispatcher.Wake()
		<-d.stopped
		require.Equal(t, 14*time.Second, time.Since(midnight))
		require.Equal(t, workflow.AwaitingShipment, d.application().State(), "its outcome is on record")
		require.Len(t, d.lane("a"), 1, "nothing new was begun")
	})
}

func TestAStopCutsAHangingDeliveryShortAndRecordsIt(t *testing.T) {
	inBubble(t, func(t *testing.T, d *desk) {
		d.tiktok.do = func(ctx context.Context, _ workflow.Effect) engine.Outcome {
			<-ctx.Done()
			return engine.Outcome{Event: workflow.AnswerLost{At: time.Now(), Failure: workflow.Failure{Message: "cut short"}}, Then: engine.Again, Verifications: 1}
		}
		d.report(workflow.StatusPending)
		d.approve()
		d.run()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		d.halt()
		require.Equal(t, 16*time.Second, time.Since(midnight), "ten seconds are what an operator grants in all")
		require.Equal(t, workflow.Unclear, d.application().State())
		left := d.lane(workflow.ReviewLane(sample))
		require.Len(t, left, 1)
		require.False(t, left[0].Claimed)
		require.False(t, left[0].Begun)
		require.Equal(t, 1, left[0].Verifications)
	})
}

func TestAnInterruptedDeliveryComesBackKnowingIt(t *testing.T) {
	inBubble(t, func(t *testing.T, d *desk) {
		d.tiktok.do = confirm
		d.report(workflow.StatusPending)
		a := d.approve()
		time.Sleep(10 * time.Second)
		now := time.Now()
		_, ok, err := d.Claim(t.Context(), a.Decision.Review, now, now.Add(outbox.Lease))
		require.NoError(t, err)
		require.True(t, ok)

		require.NoError(t, d.store.Close()) // and this is where the process died
		d.open()
		require.Equal(t, workflow.Sending, d.application().State(), "a claim is never undone")
		d.run()
		synctest.Wait()
		effects := d.tiktok.effects()
		require.Len(t, effects, 1, "at once: whoever held the claim had the file")
		require.True(t, effects[0].Begun)
		require.Equal(t, 2, effects[0].Attempt)
	})
}

func TestAClaimOutlivesItsOwnerByItsLease(t *testing.T) {
	inBubble(t, func(t *testing.T, d *desk) {
		d.put(notice("1", "a"))
		now := time.Now()
		_, ok, err := d.Claim(t.Context(), "1", now, now.Add(outbox.Lease))
		require.NoError(t, err)
		require.True(t, ok)
		d.run()
		time.Sleep(time.Minute)
		require.Equal(t, []visit{{outbox.Lease, "1", 2}}, d.slack.visits())
		require.True(t, d.slack.effects()[0].Begun)
	})
}

func TestALongDeliveryKeepsItsClaim(t *testing.T) {
	inBubble(t, func(t *testing.T, d *desk) {
		d.slack.do = taking(30 * time.Second)
		d.put(notice("1", "a"))
		d.run()
		rival, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			d.newDispatcher(d.Engine).Run(rival)
		}()
		time.Sleep(time.Minute)
		cancel()
		<-done
		require.Len(t, d.slack.visits(), 1, "neither took it from the other")
		require.Empty(t, d.lane("a"))
	})
}

// forgetful is an engine that does not prolong claims.
type forgetful struct{ outbox.Engine }

func (forgetful) Extend(context.Context, workflow.Effect, time.Time) (bool, error) { return false, nil }

func TestTheOutcomeOfAClaimThatWasLostIsDropped(t *testing.T) {
	inBubble(t, func(t *testing.T, d *desk) {
		d.slack.do = func(_ context.Context, e workflow.Effect) engine.Outcome {
			if e.Attempt > 1 {
				time.Sleep(8 * time.Second)
				return engine.Outcome{}
			}
			time.Sleep(15 * time.Second)
			return engine.Outcome{Then: engine.Buried, Failure: workflow.Failure{Message: "too late to count"}}
		}
		d.dispatcher = d.newDispatcher(forgetful{d.Engine})
		d.put(notice("1", "a"))
		d.run()
		time.Sleep(16 * time.Second)
		require.Equal(t, []visit{{0, "1", 1}, {outbox.Lease, "1", 2}}, d.slack.visits())
		require.True(t, d.slack.effects()[1].Begun)
		require.Empty(t, d.deadLetters())
		require.Len(t, d.lane("a"), 1, "it is the second's now")
		time.Sleep(3500 * time.Millisecond) // its outcome is recorded before its claim is over
		require.Empty(t, d.lane("a"))
		require.Contains(t, d.log.String(), "could not extend a claim")
	})
}

// failing is an engine whose records fail for a while.
type failing struct {
	outbox.Engine
	claims, settles *atomic.Int64
}

var errDisk = errors.New("the disk is gone")

func (f failing) ClaimAll(ctx context.Context, ids []workflow.EffectID, now, until time.Time) ([]workflow.Effect, error) {
	if f.claims.Add(-1) >= 0 {
		return nil, errDisk
	}
	return f.Engine.ClaimAll(ctx, ids, now, until)
}

func (f failing) SettleSoon(ctx context.Context, e workflow.Effect, o engine.Outcome, now time.Time, patience time.Duration) error {
	if f.settles.Add(-1) >= 0 {
		return errDisk
	}
	return f.Engine.SettleSoon(ctx, e, o, now, patience)
}

func TestAnOutcomeThatCouldNotBeRecordedMakesTheEffectComeAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, d *desk) {
		engine := failing{d.Engine, new(atomic.Int64), new(atomic.Int64)}
		engine.claims.Store(2)
		engine.settles.Store(1)
		d.dispatcher = d.newDispatcher(engine)
		d.put(notice("1", "a"))
		d.run()
		time.Sleep(time.Minute)
		visits := d.slack.visits()
		require.Len(t, visits, 2)
		require.LessOrEqual(t, visits[0].after, 2*time.Second)
		require.Equal(t, outbox.Lease, visits[1].after-visits[0].after)
		require.True(t, d.slack.effects()[1].Begun)
		require.Empty(t, d.lane("a"))
		require.Contains(t, d.log.String(), "could not claim an effect")
		require.Contains(t, d.log.String(), "could not record the outcome of a delivery")
	})
}

func TestAPlaceThatIsLeftIsTakenAtOnceThoughNothingCouldBeRecorded(t *testing.T) {
	inBubble(t, func(t *testing.T, d *desk) {
		engine := failing{d.Engine, new(atomic.Int64), new(atomic.Int64)}
		engine.settles.Store(3)
		d.dispatcher = d.newDispatcher(engine)
		d.slack.do = taking(1500 * time.Millisecond)
		d.put(notice("1", "a"), notice("2", "b"), notice("3", "c"), notice("4", "d"))
		d.run()
		time.Sleep(5 * time.Second)
		visits := d.slack.visits()
		require.Len(t, visits, 4)
		require.Equal(t, visit{1500 * time.Millisecond, "4", 1}, visits[3])
		time.Sleep(time.Minute)
	})
}

// blind is a store that cannot be read for a while.
type blind struct {
	workflow.Store
	until time.Time
}

func (b blind) View(ctx context.Context, fn func(workflow.Tx) error) error {
	if time.Now().Before(b.until) {
		return errDisk
	}
	return b.Store.View(ctx, fn)
}

func TestAnOutboxThatCannotBeReadIsLookedAtAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, d *desk) {
		d.put(notice("1", "a"))
		real := d.store
		d.store = blind{real, midnight.Add(3500 * time.Millisecond)}
		d.dispatcher = d.newDispatcher(d.Engine)
		d.run()
		time.Sleep(time.Minute)
		require.Equal(t, []visit{{4 * time.Second, "1", 1}}, d.slack.visits())
		require.Contains(t, d.log.String(), "could not read the outbox")
		d.store = real
	})
}
