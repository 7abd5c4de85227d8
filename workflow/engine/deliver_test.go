package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

func TestAClaimOfADecisionIsTheMomentOfSending(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	a := d.apply(approval(d.seen().Round, noon))
	_, ok := d.claim(workflow.ReviewLane(sample), noon.Add(undoWindow-time.Microsecond))
	require.False(t, ok, "the undo window is still open")
	require.Equal(t, workflow.Queued, d.memory().Application.State())

	eff, ok := d.claim(workflow.ReviewLane(sample), noon.Add(undoWindow))
	require.True(t, ok)
	require.Equal(t, 1, eff.Attempt)
	require.Equal(t, workflow.Sending, d.memory().Application.State())
	_, err := d.Apply(t.Context(), sample, workflow.Undone{Actor: by(member), At: noon.Add(undoWindow), Round: a.Round})
	requireRefused(t, workflow.RuleState, err)

	_, ok = d.claim(workflow.ReviewLane(sample), noon.Add(undoWindow))
	require.False(t, ok, "it is taken")
	_, ok, err = d.Claim(t.Context(), "404", noon, noon.Add(time.Second))
	require.NoError(t, err)
	require.False(t, ok)
}

func TestAReviewWithoutADecisionIsDropped(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.apply(approval(d.seen().Round, noon))
	sent := noon.Add(undoWindow)
	eff, _ := d.claim(workflow.ReviewLane(sample), sent)
	d.apply(reported(workflow.StatusWithdrawn, sent))
	lost := engine.Outcome{Event: workflow.AnswerLost{At: sent}, Then: engine.Again, Verifications: 1}
	require.NoError(t, d.Settle(t.Context(), eff, lost, sent))

	onEnqueued := d.woken.Load()
	_, ok := d.claim(workflow.ReviewLane(sample), sent)
	require.False(t, ok, "nobody stands behind it any more")
	require.Empty(t, d.lane(workflow.ReviewLane(sample)))
	require.Equal(t, onEnqueued, d.woken.Load(), "nothing stands behind it")
}

func TestADecisionThatAReportConfirmedIsNotSentAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.apply(approval(d.seen().Round, noon))
	sent := noon.Add(undoWindow)
	eff, _ := d.claim(workflow.ReviewLane(sample), sent)
	d.apply(reported(workflow.StatusAwaitingShipment, sent))
	require.Equal(t, eff.ID, d.memory().Application.Decision.Review, "it stays on record who decided")
	require.NoError(t, d.Settle(t.Context(), eff, engine.Outcome{Event: workflow.AnswerLost{At: sent}, Then: engine.Again, Verifications: 1}, sent))
	_, ok := d.claim(workflow.ReviewLane(sample), sent)
	require.False(t, ok)
	require.Empty(t, d.lane(workflow.ReviewLane(sample)))
}

func TestEachFateOfAnEffectIsRecorded(t *testing.T) {
	failure := workflow.Failure{Message: "no answer"}
	for name, c := range map[string]struct {
		outcome engine.Outcome
		want    func(e *workflow.Effect) // what is left in the lane; nil: nothing
		dead    bool
	}{
		"done": {outcome: engine.Outcome{}},
		"again": {outcome: engine.Outcome{Then: engine.Again, After: time.Minute, Verifications: 2, Failure: failure}, want: func(e *workflow.Effect) {
			e.NotBefore, e.Verifications, e.Failure = noon.Add(2*time.Minute), 2, failure
		}},
		"parked": {outcome: engine.Outcome{Then: engine.Park}, want: func(e *workflow.Effect) { e.Parked = true }},
		"buried": {outcome: engine.Outcome{Then: engine.Buried, Failure: failure}, dead: true},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, glow)
			d.apply(reported(workflow.StatusPending, noon)) // no card is in Slack yet
			eff, ok := d.claim(workflow.CardLane(sample), noon)
			require.True(t, ok)
			require.NoError(t, d.Settle(t.Context(), eff, c.outcome, noon.Add(time.Minute)))

			var lane []workflow.Effect
			if c.want != nil {
				want := eff
				c.want(&want)
				lane = []workflow.Effect{want}
			}
			require.Equal(t, lane, d.lane(workflow.CardLane(sample)))
			var dead []workflow.DeadLetter
			if c.dead {
				eff.Failure = failure
				dead = []workflow.DeadLetter{{Effect: eff, At: noon.Add(time.Minute)}}
				dead[0].Begun = d.memory().Dead[0].Begun // how far it had come is kept as the store has it
			}
			require.Equal(t, dead, d.memory().Dead)
		})
	}
}

func TestAReplyIsNotParkedIfItsCardCameMeanwhile(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.seen()
	d.apply(reported(workflow.StatusAwaitingShipment, noon.Add(time.Minute)))
	eff, ok := d.claim(workflow.ThreadLane(sample), noon.Add(time.Minute))
	require.True(t, ok)
	require.NoError(t, d.Settle(t.Context(), eff, engine.Outcome{Then: engine.Park}, noon.Add(time.Minute)))
	require.False(t, d.lane(workflow.ThreadLane(sample))[0].Parked)
}

func TestTheOutcomeOfALostClaimIsDropped(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.apply(approval(d.seen().Round, noon))
	first, ok := d.claim(workflow.ReviewLane(sample), noon.Add(undoWindow))
	require.True(t, ok)
	second, ok := d.claim(workflow.ReviewLane(sample), noon.Add(time.Minute)) // the first has lapsed
	require.True(t, ok)
	require.True(t, second.Begun, "it knows that an earlier attempt came to no outcome")

	before := d.memory()
	require.NoError(t, d.Settle(t.Context(), first, engine.Outcome{Event: workflow.Confirmed{At: noon, Verdict: workflow.Approve}}, noon.Add(time.Minute)))
	require.Equal(t, before, d.memory())
	ok, err := d.Extend(t.Context(), first, noon.Add(time.Hour))
	require.NoError(t, err)
	require.False(t, ok)
	ok, err = d.Extend(t.Context(), second, noon.Add(time.Hour))
	require.NoError(t, err)
	require.True(t, ok)

	require.NoError(t, d.Settle(t.Context(), second, engine.Outcome{Event: workflow.Confirmed{At: noon.Add(time.Minute), Verdict: workflow.Approve}}, noon.Add(time.Minute)))
	require.Equal(t, workflow.AwaitingShipment, d.memory().Application.State())
	require.NoError(t, d.Settle(t.Context(), second, engine.Outcome{}, noon), "an effect that is gone is settled")
}

func (d *desk) retries(who workflow.Actor) (int, error) {
	return d.Retry(d.t.Context(), sample, who, minutes(1))
}

func TestARetryTriesWhatRestsAndWhatIsDead(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.seen()
	d.bury()
	d.writes("1", glowDaily, "hello")
	d.settle(d.take(glowLane, noon), engine.Outcome{Result: engine.MessageDone{What: workflow.OnMessageHeldUp, At: noon}, Then: engine.Again, After: time.Hour}, noon)
	d.fail()
	n, err := d.retries(by(member))
	require.NoError(t, err)
	require.Equal(t, 3, n)
	require.Equal(t, minutes(1), d.waiting(workflow.ReviewLane(sample))[0].NotBefore)
	require.Equal(t, minutes(1), d.waiting(glowLane)[0].NotBefore)
	require.Empty(t, d.memory().Dead)
	h := d.history(sample)
	require.Equal(t, workflow.OnRetried, h[len(h)-1].Event)
	require.Equal(t, by(member), h[len(h)-1].By)
}

func TestWhatIsUnderWayOrVerifiesFirstIsNotRescheduled(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.seen()
	_, err := d.retries(by(member))
	requireRefused(t, workflow.RuleNothingFailed, err)
	d.apply(workflow.Decided{Actor: by(member), At: noon, Verdict: workflow.Approve, Undo: time.Hour})
	_, err = d.retries(by(member))
	require.Equal(t, workflow.Queued, refusal(t, workflow.RuleNothingFailed, err).Application.State(), "an undo window is no failure")

	e := d.take(workflow.ReviewLane(sample), minutes(60))
	_, err = d.retries(by(member))
	requireRefused(t, workflow.RuleNothingFailed, err)
	d.settle(e, engine.Outcome{Event: workflow.AnswerLost{At: noon}, Then: engine.Again, After: time.Hour, Verifications: 1}, minutes(60))
	_, err = d.retries(by(member))
	requireRefused(t, workflow.RuleNothingFailed, err)

	_, err = d.Retry(t.Context(), workflow.Key{Shop: sample.Shop, ID: "404"}, by(member), noon)
	require.Equal(t, "404", refusal(t, workflow.RuleNoApplication, err).Name)
}

func TestADeadLetterIsRevivedByItsID(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.seen()
	requireRefused(t, workflow.RuleNothingFailed, d.Revive(t.Context(), "404", by(member), noon))
	d.bury()
	require.NoError(t, d.Revive(t.Context(), "R1", by(member), noon))
	require.Equal(t, workflow.EffectID("R1"), d.take(workflow.ThreadLane(sample), noon).ID)
	h := d.history(sample)
	require.Equal(t, workflow.Entry{At: noon, Key: sample, Event: workflow.OnRetried, By: by(member)}, h[len(h)-1])
}
