package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// elsewhereTime is a store whose clock is so far ahead of this machine's.
type elsewhereTime struct {
	workflow.Store
	ahead time.Duration
}

func (s elsewhereTime) Now() time.Time { return time.Now().Add(s.ahead) }

func TestTheTimeToThinkAgainIsAsLongAsPromisedWhateverTheMachinesClockSays(t *testing.T) {
	t.Parallel()
	for name, ahead := range map[string]time.Duration{"behind": -2 * time.Minute, "ahead": 2 * time.Minute, "about the same": 300 * time.Millisecond} {
		d := newDesk(t, glow)
		a := d.seen()
		d.Engine = engine.New(elsewhereTime{d.store, ahead}, nil)
		decided := approval(a.Round, noon.Add(time.Minute))
		after := d.apply(decided)
		due := d.memory().Lanes[workflow.ReviewLane(sample)][0].NotBefore
		want := decided.At.Add(undoWindow)
		if ahead.Abs() > time.Second {
			want = want.Add(ahead)
		}
		require.WithinDuration(t, want, due, 100*time.Millisecond, name)
		require.Equal(t, decided.At.Add(undoWindow), after.Decision.SendAt, "people read their own clocks")
	}
}
