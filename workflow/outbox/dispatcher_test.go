package outbox_test

import (
	"context"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
	"sampledesk/workflow/engine"
	"sampledesk/workflow/outbox"
)

func TestEffectsOfALaneGoOneByOneAndInOrder(t *testing.T) {
	inBubble(t, func(t *testing.T, d *desk) {
		d.slack.do = taking(2 * time.Second)
		d.put(notice("1", "a"), notice("2", "a"), notice("3", "a"))
		d.run()
		time.Sleep(time.Minute)
		require.Equal(t, []visit{{0, "1", 1}, {2 * time.Second, "2", 1}, {4 * time.Second, "3", 1}}, d.slack.visits())
		require.Empty(t, d.lane("a"))
	})
}

func TestLanesDoNotWaitForEachOther(t *testing.T) {
	inBubble(t, func(t *testing.T, d *desk) {
		d.slack.do = func(_ context.Context, e workflow.Effect) engine.Outcome {
			if e.Lane == "slow" {
				time.Sleep(time.Minute)
			}
			return engine.Outcome{}
		}
		d.put(notice("1", "slow"), notice("2", "slow"), notice("3", "quick"), notice("4", "quick"))
		d.run()
		time.Sleep(time.Second)
		require.ElementsMatch(t, []visit{{0, "1", 1}, {0, "3", 1}, {0, "4", 1}}, d.slack.visits())
		time.Sleep(time.Minute)
		require.Contains(t, d.slack.visits(), visit{time.Minute, "2", 1})
		time.Sleep(time.Minute)
	})
}

func TestADecisionIsSentWhenItsUndoWindowEndsToTheInstant(t *testing.T) {
	inBubble(t, func(t *testing.T, d *desk) {
		d.tiktok.do = confirm
		d.run()
		d.report(workflow.StatusPending)
		time.Sleep(1234567 * time.Microsecond)
		a := d.approve()
		time.Sleep(300 * time.Millisecond)
		d.dispatcher.Wake() // so that no look of every ten seconds meets the instant by chance
		time.Sleep(9700*time.Millisecond - time.Microsecond)
		synctest.Wait()
		require.Empty(t, d.tiktok.visits())
		require.Equal(t, workflow.Queued, d.application().State())
		time.Sleep(time.Microsecond)
		synctest.Wait()
		require.Equal(t, []visit{{11234567 * time.Microsecond, a.Decision.Review, 1}}, d.tiktok.visits())
		require.Equal(t, workflow.AwaitingShipment, d.application().State())
		require.Empty(t, d.lane(workflow.ReviewLane(sample)))
	})
}

func TestADecisionThatWasUndoneIsNeverSent(t *testing.T) {
	inBubble(t, func(t *testing.T, d *desk) {
		d.run()
		d.report(workflow.StatusPending)
		a := d.approve()
		time.Sleep(10*time.Second - time.Microsecond)
		d.apply(workflow.Undone{Actor: workflow.Actor{Person: member}, At: time.Now(), Round: a.Round})
		time.Sleep(time.Hour)
		require.Empty(t, d.tiktok.visits())
	})
}

func TestTheClickOnUndoAndTheDispatcherNeverBothWin(t *testing.T) {
	inBubble(t, func(t *testing.T, d *desk) {
		d.tiktok.do = confirm
		d.run()
		d.report(workflow.StatusPending)
		a := d.approve()
		time.Sleep(10 * time.Second) // the dispatcher wakes at this very instant
		_, err := d.Apply(t.Context(), sample, workflow.Undone{Actor: workflow.Actor{Person: member}, At: time.Now(), Round: a.Round})
		time.Sleep(time.Minute)
		sent := len(d.tiktok.visits()) == 1
		require.Equal(t, err != nil, sent, "sent: %t, undone: %v", sent, err)
		require.Equal(t, sent, d.application().State() == workflow.AwaitingShipment)
	})
}

func TestNothingHoldsAClaimWhileItWaitsForItsBudget(t *testing.T) {
	inBubble(t, func(t *testing.T, d *desk) {
		var asked atomic.Int64
		d.slack.budget = func(workflow.Effect) time.Duration {
			asked.Add(1)
			waiting := d.lane("a")
			require.Len(t, waiting, 1)
			require.False(t, waiting[0].Claimed)
			require.Zero(t, waiting[0].Attempt)
			return max(0, 3500*time.Millisecond-time.Since(midnight))
		}
		d.put(notice("1", "a"))
		d.run()
		time.Sleep(time.Minute)
		require.Equal(t, []visit{{3500 * time.Millisecond, "1", 1}}, d.slack.visits(), "as soon as there is budget, and not before")
		require.Less(t, asked.Load(), int64(10), "nor is it asked all the time")
	})
}

func oneForAll(workflow.Effect) string { return "one for all" }

// onePerSecond is a budget that everything shares.
func onePerSecond() func(workflow.Effect) time.Duration {
	var next time.Time
	return func(workflow.Effect) time.Duration {
		now := time.Now()
		if now.Before(next) {
			return next.Sub(now)
		}
		next = now.Add(time.Second)
		return 0
	}
}

func TestWhatPeopleWaitForGetsTheBudgetFirst(t *testing.T) {
	inBubble(t, func(t *testing.T, d *desk) {
		d.slack.limit, d.slack.budget = oneForAll, onePerSecond()
		for i := range 5 {
			n := strconv.Itoa(i)
			routine := notice(workflow.EffectID("routine "+n), workflow.Lane("r"+n))
			routine.Kind, routine.Application = workflow.ShowCard, sample.ID // which are considered before replies
			d.put(routine)
		}
		d.run()
		time.Sleep(1500 * time.Millisecond)
		watched := notice("watched", "w")
		watched.Priority, watched.Kind, watched.NotBefore = workflow.ForPeople, workflow.Reply, time.Now()
		watched.Application = sample.ID
		d.put(watched)
		d.dispatcher.Wake()
		time.Sleep(time.Minute)
		visits := d.slack.visits()
		require.Len(t, visits, 6)
		require.Equal(t, visit{2 * time.Second, "watched", 1}, visits[2])
		for i, v := range visits {
			require.Equal(t, time.Duration(i)*time.Second, v.after)
		}
	})
}

func TestManyOfOneKindThatWaitHideNoOther(t *testing.T) {
	inBubble(t, func(t *testing.T, d *desk) {
		d.slack.limit = func(e workflow.Effect) string { return string(e.Shop) }
		d.slack.budget = func(e workflow.Effect) time.Duration {
			if e.Shop == glow {
				return time.Hour
			}
			return 0
		}
		var stuck []workflow.Effect
		for i := range 600 {
			n := strconv.Itoa(i)
			stuck = append(stuck, notice(workflow.EffectID("stuck "+n), workflow.Lane("s"+n)))
		}
		free := notice("free", "f")
		free.Shop, free.NotBefore = kitchen, midnight.Add(time.Second)
		d.put(append(stuck, free)...)
		d.run()
		time.Sleep(20 * time.Second)
		visits := d.slack.visits()
		require.Len(t, visits, 1)
		require.Equal(t, workflow.EffectID("free"), visits[0].id)
	})
}

func TestDecisionsAndWhatPeopleWaitForNeverWaitBehindOthers(t *testing.T) {
	inBubble(t, func(t *testing.T, d *desk) {
		hang := taking(time.Minute)
		d.slack.do = hang
		d.tiktok.do = func(ctx context.Context, e workflow.Effect) engine.Outcome {
			if e.Kind == workflow.ReviewOnTikTok {
				return confirm(ctx, e)
			}
			return hang(ctx, e)
		}
		d.report(workflow.StatusPending)
		var others []workflow.Effect
		for i := range 600 {
			n := strconv.Itoa(i)
			for _, kind := range []workflow.EffectKind{workflow.ImportCreators, workflow.ShowCard, workflow.Announce} {
				e := notice(workflow.EffectID(string(kind)+n), workflow.Lane(string(kind)+n))
				e.Kind, e.Application = kind, sample.ID
				others = append(others, e)
			}
		}
		d.put(others...)
		d.run()
		time.Sleep(time.Second)
		a := d.approve()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		require.Contains(t, d.tiktok.visits(), visit{11 * time.Second, a.Decision.Review, 1})
		require.Equal(t, workflow.AwaitingShipment, d.application().State())
		watched := notice("watched", "w")
		watched.Priority, watched.NotBefore = workflow.ForPeople, time.Now()
		d.put(watched)
		d.dispatcher.Wake()
		synctest.Wait()
		require.Contains(t, d.slack.visits(), visit{11 * time.Second, "watched", 1})
		d.update(func(tx workflow.Tx) error { // there is no need to see the others through
			for _, kind := range []workflow.EffectKind{workflow.ImportCreators, workflow.ShowCard, workflow.Announce} {
				waiting, _, err := tx.Ready(kind, time.Now(), 1000)
				require.NoError(t, err)
				for _, e := range waiting {
					require.NoError(t, tx.Remove(e.ID))
				}
			}
			return nil
		})
	})
}

func TestNoMoreAreUnderWayForAShopThanItHasPlaces(t *testing.T) {
	inBubble(t, func(t *testing.T, d *desk) {
		d.slack.do = taking(time.Minute)
		for i := range 4 {
			n := strconv.Itoa(i)
			d.put(notice(workflow.EffectID(n), workflow.Lane(n)))
		}
		other := notice("other shop", "o")
		other.Shop = kitchen
		d.put(other)
		d.run()
		time.Sleep(30 * time.Second)
		require.Len(t, d.slack.visits(), 4, "three of one shop, and the one of the other")
		require.Contains(t, d.slack.visits(), visit{0, "other shop", 1}, "a shop that hangs holds up no other")
		time.Sleep(90 * time.Second)
		require.Len(t, d.slack.visits(), 5)
		require.Equal(t, time.Minute, d.slack.visits()[4].after, "as soon as there is a place")
	})
}

func TestAnEffectNobodyToldOfIsFoundWithinTenSeconds(t *testing.T) {
	inBubble(t, func(t *testing.T, d *desk) {
		d.run()
		time.Sleep(90500 * time.Millisecond)
		d.put(notice("1", "a"))
		time.Sleep(10 * time.Second)
		require.Len(t, d.slack.visits(), 1)
	})
}

func TestWhatFailsIsTriedAgainAfterItsPause(t *testing.T) {
	inBubble(t, func(t *testing.T, d *desk) {
		cause := workflow.Failure{Code: 36009002, Message: "too many requests", RequestID: "request-1"}
		d.slack.do = func(_ context.Context, e workflow.Effect) engine.Outcome {
			if e.Attempt < 4 {
				return engine.Outcome{Then: engine.Again, After: time.Duration(e.Attempt) * time.Minute, Failure: cause}
			}
			return engine.Outcome{}
		}
		d.put(notice("1", "a"), notice("2", "a"))
		d.run()
		time.Sleep(time.Hour)
		require.Equal(t, []visit{
			{0, "1", 1}, {time.Minute, "1", 2}, {3 * time.Minute, "1", 3}, {6 * time.Minute, "1", 4},
			{6 * time.Minute, "2", 1}, {7 * time.Minute, "2", 2}, {9 * time.Minute, "2", 3}, {12 * time.Minute, "2", 4},
		}, d.slack.visits())
		for _, e := range d.slack.effects() {
			require.False(t, e.Begun, "each attempt came to an outcome")
			if e.Attempt > 1 {
				require.Equal(t, cause, e.Failure, "it knows what the last attempt failed with")
			}
		}
		require.Contains(t, d.log.String(), "request_id=request-1")
	})
}

func TestTheBackoffDoublesUpToFiveMinutesWithJitter(t *testing.T) {
	for n, want := range map[int]time.Duration{
		-1: time.Second, 0: time.Second, 1: time.Second, 2: 2 * time.Second, 3: 4 * time.Second, 8: 128 * time.Second,
		9: 256 * time.Second, 10: 5 * time.Minute, 11: 5 * time.Minute, 64: 5 * time.Minute, 1 << 40: 5 * time.Minute,
	} {
		seen := map[time.Duration]bool{}
		for range 200 {
			pause := outbox.Backoff(n)
			require.GreaterOrEqual(t, pause, want/2)
			require.LessOrEqual(t, pause, want)
			seen[pause] = true
		}
		require.Greater(t, len(seen), 50, "what failed together does not come back together")
	}
}

func TestWhatCanNeverBeDeliveredMakesRoomForTheNext(t *testing.T) {
	inBubble(t, func(t *testing.T, d *desk) {
		cause := workflow.Failure{Message: "channel_not_found"}
		d.slack.do = func(_ context.Context, e workflow.Effect) engine.Outcome {
			if e.ID == "1" {
				return engine.Outcome{Then: engine.Buried, Failure: cause}
			}
			return engine.Outcome{}
		}
		d.put(notice("1", "a"), notice("2", "a"))
		d.run()
		time.Sleep(time.Second)
		require.Equal(t, []visit{{0, "1", 1}, {0, "2", 1}}, d.slack.visits())
		dead := d.deadLetters()
		require.Len(t, dead, 1)
		require.Equal(t, workflow.EffectID("1"), dead[0].ID)
		require.Equal(t, cause, dead[0].Failure)
		require.Equal(t, midnight, dead[0].At)
		require.Contains(t, d.log.String(), "channel_not_found")
	})
}

func TestAReplyGoesAsSoonAsItsCardIsPosted(t *testing.T) {
	inBubble(t, func(t *testing.T, d *desk) {
		d.slack.do = func(_ context.Context, e workflow.Effect) engine.Outcome {
			if e.Kind != workflow.ShowCard {
				return engine.Outcome{}
			}
			time.Sleep(5 * time.Second)
			return engine.Outcome{Event: workflow.PostShown{At: time.Now(), Channel: "C0SAMPLES", TS: "1.1", Hash: time.Now().String()}}
		}
		d.run()
		d.report(workflow.StatusPending)
		synctest.Wait() // the card is on its way
		d.report(workflow.StatusAwaitingShipment)
		time.Sleep(5*time.Second - time.Microsecond)
		require.Len(t, d.slack.visits(), 1, "the card, and nothing before it")
		time.Sleep(time.Minute)
		effects, visits := d.slack.effects(), d.slack.visits()
		require.Len(t, effects, 3)
		for i, e := range effects[1:] {
			require.Equal(t, 5*time.Second, visits[i+1].after)
			require.Contains(t, []workflow.EffectKind{workflow.ShowCard, workflow.Reply}, e.Kind)
		}
	})
}

func TestAReplyThatIsLaidByWaitsUntilItIsWoken(t *testing.T) {
	inBubble(t, func(t *testing.T, d *desk) {
		posted := atomic.Bool{}
		d.slack.do = func(_ context.Context, e workflow.Effect) engine.Outcome {
			switch {
			case e.Kind == workflow.Announce:
				return engine.Outcome{}
			case !posted.Load():
				return engine.Outcome{Then: engine.Park}
			default:
				return engine.Outcome{}
			}
		}
		d.report(workflow.StatusPending)
		early := notice("early", workflow.ThreadLane(sample))
		early.Kind, early.Application = workflow.Reply, sample.ID
		d.put(early)
		d.run()
		time.Sleep(time.Hour)
		require.Len(t, d.slack.visits(), 2, "the card and the reply, each once: both were laid by")
		posted.Store(true)
		d.apply(workflow.PostShown{At: time.Now(), Channel: "C0SAMPLES", TS: "1.1", Hash: "h"})
		synctest.Wait()
		require.Equal(t, visit{time.Hour, "early", 2}, d.slack.visits()[2])
	})
}

func TestAServiceThatPanicsTakesNobodyDown(t *testing.T) {
	inBubble(t, func(t *testing.T, d *desk) {
		d.slack.do = func(_ context.Context, e workflow.Effect) engine.Outcome {
			if e.ID == "1" && e.Attempt == 1 {
				panic("a fault of ours")
			}
			return engine.Outcome{}
		}
		d.put(notice("1", "a"), notice("2", "b"))
		d.run()
		time.Sleep(10 * time.Second)
		effects := d.slack.effects()
		require.Len(t, effects, 3)
		require.Equal(t, workflow.EffectID("1"), effects[2].ID)
		require.Equal(t, 1, effects[2].Verifications, "what the first attempt did nobody knows")
		require.Empty(t, d.lane("a"))
		require.Contains(t, d.log.String(), "a fault of ours")
	})
}

func TestAServiceThatPanicsOverItsBudgetTakesNobodyDown(t *testing.T) {
	inBubble(t, func(t *testing.T, d *desk) {
		d.slack.budget = func(e workflow.Effect) time.Duration {
			if e.ID == "1" && time.Since(midnight) < 10*time.Second {
				panic("a fault of ours")
			}
			return 0
		}
		d.put(notice("1", "a"), notice("2", "b"))
		d.run()
		time.Sleep(time.Second)
		require.Equal(t, []visit{{0, "2", 1}}, d.slack.visits())
		time.Sleep(time.Minute)
		require.Len(t, d.slack.visits(), 2)
		require.Contains(t, d.log.String(), "a fault of ours")
	})
}

func TestAServiceThatPanicsOverItsLimitTakesNobodyDown(t *testing.T) {
	inBubble(t, func(t *testing.T, d *desk) {
		d.slack.limit = func(e workflow.Effect) string {
			if e.ID == "1" && time.Since(midnight) < 10*time.Second {
				panic("a fault of ours")
			}
			return "one for all"
		}
		d.put(notice("1", "a"), notice("2", "b"))
		d.run()
		time.Sleep(time.Second)
		require.Equal(t, []visit{{0, "2", 1}}, d.slack.visits())
		time.Sleep(time.Minute)
		require.Len(t, d.slack.visits(), 2)
		require.Contains(t, d.log.String(), "a fault of ours")
	})
}

// TestAServiceThatNamesNoDelayGetsTheBackoff fails a delivery twice, in each way.
func TestAServiceThatNamesNoDelayGetsTheBackoff(t *testing.T) {
	for name, c := range map[string]struct {
		outcome  engine.Outcome
		from, to time.Duration // of the second pause
	}{
		"it names none: the dispatcher's back-off":    {engine.Outcome{Then: engine.Again}, time.Second, 2 * time.Second},
		"it asks for a longer one":                    {engine.Outcome{Then: engine.Again, AtLeast: time.Minute}, time.Minute, time.Minute},
		"it asks for a shorter one than the back-off": {engine.Outcome{Then: engine.Again, AtLeast: time.Millisecond}, time.Second, 2 * time.Second},
		"it names one": {engine.Outcome{Then: engine.Again, After: 7 * time.Second}, 7 * time.Second, 7 * time.Second},
		"nothing is in the way, and it is to be at once": {engine.Outcome{Then: engine.AtOnce}, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, d *desk) {
				var tries []time.Time
				d.slack.do = func(context.Context, workflow.Effect) engine.Outcome {
					if tries = append(tries, time.Now()); len(tries) < 3 {
						return c.outcome
					}
					return engine.Outcome{}
				}
				d.put(notice("1", "a"))
				d.run()
				time.Sleep(5 * time.Minute)
				synctest.Wait()
				require.Len(t, tries, 3)
				pause := tries[2].Sub(tries[1])
				require.GreaterOrEqual(t, pause, c.from)
				require.LessOrEqual(t, pause, c.to)
			})
		})
	}
}
