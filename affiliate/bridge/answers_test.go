package bridge_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

// waits are the texts that wait for an answer.
func (d *desk) waits() (texts []string) {
	d.t.Helper()
	shop := d.shop().ID
	require.NoError(d.t, d.store.View(d.t.Context(), func(tx workflow.Tx) error {
		texts = nil
		for c, err := range workflow.WalkWaiting(d.t.Context(), tx, shop) {
			require.NoError(d.t, err)
			texts = append(texts, c.Waiting.Text)
		}
		return nil
	}))
	return texts
}

// dismiss dismisses what a creator wrote.
func (d *desk) dismiss(k workflow.Key) {
	d.t.Helper()
	creator := d.application(k).Snapshot.Creator.KeyOf(k.Shop)
	var c workflow.Conversation
	require.NoError(d.t, d.store.View(d.t.Context(), func(tx workflow.Tx) (err error) {
		c, err = tx.Conversation(k.Shop, creator)
		return err
	}))
	_, err := d.engine.DismissAnswer(d.t.Context(), workflow.Dismissal{
		Actor: workflow.Actor{Person: "U1"}, At: time.Now(), Shop: k.Shop, Creator: creator, Seen: c.Waiting.Last.ID,
	})
	require.NoError(d.t, err)
}

func TestWhatIsDismissedOrAnsweredIsMarkedAsRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, k, _ := undecided(t)
		d.poll()
		unread := func() (n int) {
			for _, m := range d.truths() {
				if m.Unread {
					n++
				}
			}
			return n
		}
		d.answer(k, "Thanks")
		d.poll()
		require.Equal(t, []string{"Thanks"}, d.waits())
		d.breakCalls("conversatons/read", 36009003, "internal error")
		d.dismiss(k)
		require.Empty(t, d.waits())
		time.Sleep(5 * time.Second)
		require.Equal(t, 1, unread())
		d.mendCalls()
		time.Sleep(2 * time.Minute)
		require.Zero(t, unread(), "it was tried again")

		d.answer(k, "And when?")
		d.poll()
		require.Equal(t, []string{"And when?"}, d.waits())
		d.write(k, "Tomorrow")
		time.Sleep(20 * time.Second)
		require.Empty(t, d.waits())
		require.Zero(t, unread())
		calls := len(d.calls(marking))
		d.write(k, "Or the day after")
		time.Sleep(20 * time.Second)
		require.Len(t, d.calls(marking), calls, "there is nothing to mark")
	})
}

func TestAMessageThatComesJustBeforeItIsMarkedAsReadIsTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, k, channel := undecided(t)
		d.poll()
		d.answer(k, "Thanks")
		d.poll()
		d.dismiss(k)
		d.answer(k, "One more thing") // before the desk marks what it knows
		time.Sleep(10 * time.Second)
		for range 10 {
			d.poll()
		}
		require.Equal(t, []string{"Thanks", "One more thing"}, heard(channel))
		require.Equal(t, []string{"One more thing"}, d.waits())
	})
}

func TestAnAnswerThatAColleagueGaveInTheMessageCenterEndsTheWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, k, _ := undecided(t)
		d.poll()
		d.answer(k, "When?")
		d.poll()
		require.Equal(t, []string{"When?"}, d.waits())
		d.colleague(k, "reply", "Tomorrow")
		d.colleague(k, "read", "") // so that it is in no list
		for range 10 {
			d.poll()
		}
		require.Empty(t, d.waits())
		require.Empty(t, d.calls(marking), "it is read already")
	})
}
