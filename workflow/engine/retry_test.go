package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

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
