package outbox_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/store/boltstore"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// TestTheWholeLifeOfADecisionCostsFewCommits counts what is synced from the click until all is told: the decision, its
// claim, its answer, the claim of the reply, and the outcomes that nobody waits for.
func TestTheWholeLifeOfADecisionCostsFewCommits(t *testing.T) {
	inBubble(t, func(t *testing.T, d *desk) {
		d.slack.do = func(_ context.Context, e workflow.Effect) engine.Outcome {
			time.Sleep(150 * time.Millisecond)
			if e.Kind != workflow.ShowCard {
				return engine.Outcome{}
			}
			return engine.Outcome{Event: workflow.PostShown{At: time.Now(), Channel: "C0SAMPLES", TS: "1.1", Hash: time.Now().String()}}
		}
		d.tiktok.do = func(ctx context.Context, e workflow.Effect) engine.Outcome {
			time.Sleep(300 * time.Millisecond)
			return confirm(ctx, e)
		}
		d.report(workflow.StatusPending)
		d.run()
		time.Sleep(time.Minute)
		require.True(t, d.application().Card.Posted())

		commits := d.store.(*boltstore.Store).Commits
		before, shown := commits(), len(d.slack.visits())
		d.approve()
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Equal(t, workflow.AwaitingShipment, d.application().State())
		require.Empty(t, d.lane(workflow.CardLane(sample)))
		require.Empty(t, d.lane(workflow.ThreadLane(sample)))
		require.Empty(t, d.lane(workflow.ReviewLane(sample)))
		require.Len(t, d.slack.visits()[shown:], 3, "the card as it was decided and confirmed, and the reply")
		t.Logf("%d commits", commits()-before)
		require.LessOrEqual(t, commits()-before, 5)
	})
}

func TestAnEditIsLeasedAndAPostIsClaimed(t *testing.T) {
	inBubble(t, func(t *testing.T, d *desk) {
		shown := engine.Outcome{Event: workflow.PostShown{At: midnight, Channel: "C0SAMPLES", TS: "1.1", Hash: "h"}}
		d.slack.do = func(ctx context.Context, e workflow.Effect) engine.Outcome { return shown }
		d.report(workflow.StatusPending)
		d.run()
		time.Sleep(time.Minute)
		synctest.Wait()
		d.slack.do = func(ctx context.Context, e workflow.Effect) engine.Outcome {
			<-ctx.Done()
			return shown
		}
		d.report(workflow.StatusAwaitingShipment)
		synctest.Wait()
		card, thread := d.lane(workflow.CardLane(sample)), d.lane(workflow.ThreadLane(sample))
		require.True(t, card[0].Claimed)
		require.False(t, card[0].Begun, "an edit may be made twice")
		require.True(t, thread[0].Claimed)
		require.True(t, thread[0].Begun)
		for _, v := range d.slack.effects()[1:] {
			require.Equal(t, v.Kind == workflow.ShowCard, v.Leased)
		}
	})
}

func TestWhatIsAskedForWhileAnEditIsUnderWayIsShownAfterIt(t *testing.T) {
	inBubble(t, func(t *testing.T, d *desk) {
		var states []workflow.State
		d.slack.do = func(_ context.Context, e workflow.Effect) engine.Outcome {
			if e.Kind != workflow.ShowCard {
				return engine.Outcome{}
			}
			state := d.application().State() // it is rendered, and then it takes a while
			time.Sleep(time.Second)
			states = append(states, state)
			return engine.Outcome{Event: workflow.PostShown{At: time.Now(), Channel: "C0SAMPLES", TS: "1.1", Hash: string(state)}}
		}
		d.report(workflow.StatusPending)
		d.run()
		time.Sleep(time.Minute)
		d.report(workflow.StatusAwaitingShipment)
		time.Sleep(500 * time.Millisecond)
		d.report(workflow.StatusShipped) // while the edit is under way
		time.Sleep(time.Second)
		d.report(workflow.StatusContentPending) // while its outcome waits for company, or the next is under way
		time.Sleep(2500 * time.Millisecond)
		synctest.Wait()
		require.Equal(t, []workflow.State{workflow.Pending, workflow.AwaitingShipment, workflow.Shipped, workflow.Delivered}, states)
		time.Sleep(time.Minute)
		require.Empty(t, d.lane(workflow.CardLane(sample)))
	})
}
