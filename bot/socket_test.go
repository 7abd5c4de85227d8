package bot_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/bot/socket/sockettest"
	"sampledesk/bot/view"
	"sampledesk/workflow"
)

func TestTrapADisabledSocketModeEndsTheDeskWithAnError(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.fault(object{"socket": "disconnect", "reason": "link_disabled"})
		synctest.Wait()
		require.Len(t, w.calls("apps.connections.open"), 1)
		err := <-w.ended
		w.ended <- err
		require.ErrorContains(t, err, "link_disabled")
		require.Equal(t, "link_disabled", w.desk.Health().LastReason)
		require.False(t, w.desk.Health().Connected)
	})
}

func TestTrapALinksThatEndAtOnceAreOpenedAtAPace(t *testing.T) {
	for _, reason := range []string{"refresh_requested", "warning", "too_many_websockets"} {
		t.Run(reason, func(t *testing.T) {
			inBubble(t, setup{}, func(t *testing.T, w *world) {
				w.fault(object{"socket": "disconnect", "reason": reason, "times": 100_000})
				wait(time.Minute)
				opens := w.calls("apps.connections.open")
				require.LessOrEqual(t, len(opens), 50) // Slack's tier 3, in the very first minute
				require.False(t, slices.ContainsFunc(opens, func(c call) bool { return !c.OK }))
				w.fault(object{"times": 0})
				wait(time.Minute)
				require.True(t, w.desk.Health().Connected)
				w.request("1001")
				w.accepted(memberOne, "1001", view.ActionApprove)
			})
		})
	}
}

func TestTrapBErrorsThatNoRetryMendsEndTheDesk(t *testing.T) {
	for _, name := range []string{
		"invalid_auth", "not_authed", "token_expired", "token_revoked", "account_inactive", "no_permission",
		"not_allowed_token_type", "team_access_not_granted", "missing_scope", "link_disabled",
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, setup{closed: true}, func(t *testing.T, w *world) {
				w.fault(object{"method": "apps.connections.open", "do": "error", "error": name, "times": 100})
				w.open()
				wait(time.Minute)
				require.Len(t, w.calls("apps.connections.open"), 1)
				w.shut()
				require.ErrorContains(t, w.failed, name)
			})
		})
	}
}

func TestTrapBATokenThatIsRevokedLaterEndsTheDeskToo(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.fault(object{"method": "apps.connections.open", "do": "error", "error": "token_revoked", "times": 100})
		w.fault(object{"socket": "disconnect", "reason": "refresh_requested"})
		wait(time.Minute)
		w.shut()
		require.ErrorContains(t, w.failed, "token_revoked")
	})
}

func TestTrapCTheReasonOfADisconnectIsKnown(t *testing.T) {
	for _, reason := range []string{"warning", "refresh_requested", "too_many_websockets"} {
		t.Run(reason, func(t *testing.T) {
			inBubble(t, setup{}, func(t *testing.T, w *world) {
				w.fault(object{"socket": "disconnect", "reason": reason})
				wait(20 * time.Second)
				h := w.desk.Health()
				require.Equal(t, reason, h.LastReason)
				require.True(t, h.Connected)
				require.WithinDuration(t, bubbleStart, h.Since, 5*time.Second)
				require.WithinDuration(t, time.Now(), h.LastFrame, 5*time.Second)
			})
		})
	}
}

func TestTrapDWhatTheDeskDoesNotKnowIsAcknowledged(t *testing.T) {
	inScript(t, setup{}, func(t *testing.T, w *world, s *sockettest.Script, p *sockettest.Peer) {
		p.Send(t, "e1", "hologram_api", object{"type": "hologram"})
		p.Send(t, "e2", "events_api", object{"event": object{"type": "new_thing"}})
		p.Send(t, "e3", "interactive", object{"type": "new_thing"})
		p.Send(t, "e4", "interactive", "no object at all")
		p.Send(t, "e5", "slash_commands", 7)
		p.Send(t, "e6", "interactive", object{"type": "block_actions", "actions": []object{}})
		p.Send(t, "e7", "interactive", object{"type": "block_actions", "actions": []object{{"action_id": "approve", "block_id": "nonsense"}}})
		p.Send(t, "e8", "interactive", object{"type": "block_actions", "actions": []object{{"action_id": "campaign"}}})
		p.Send(t, "e9", "interactive", object{"type": "view_submission", "view": object{"callback_id": "campaign", "private_metadata": "{"}})
		p.Send(t, "e10", "interactive", object{"type": "block_actions", "actions": []object{{"action_id": "queue_page", "value": "x"}}})
		p.Send(t, "e11", "interactive", object{"type": "block_actions", "actions": []object{{"action_id": "hologram"}}})
		p.Say(`{"envelope_id":"e12"}`)
		p.Say(`{"envelope_id":"e13","type":"slash_commands","payload":null}`)
		p.Say(`this is not JSON`)
		p.Say(`[]`)
		p.Say(`{"type":"hologram"}`)
		want := []string{"e1", "e2", "e3", "e4", "e5", "e6", "e7", "e8", "e9", "e10", "e11", "e12", "e13"}
		require.ElementsMatch(t, want, p.Acked())
		require.Len(t, s.Links(), 1)
		require.NotContains(t, w.log.String(), "panicked")
	})
}

func TestTrapDAClickAmongBlocksThatTheDeskDoesNotKnowWorks(t *testing.T) {
	inScript(t, setup{}, func(t *testing.T, w *world, _ *sockettest.Script, p *sockettest.Peer) {
		w.request("1001")
		target := view.Target{Key: keyOf("1001"), Round: w.application("1001").Round}.String()
		p.Send(t, "e1", "interactive", clickOn(w.card("1001").TS, target, view.ActionApprove, memberOne,
			object{"type": "hologram", "x": 1}, object{"type": "actions", "elements": []object{{"type": "hologram_button", "action_id": 7}}}))
		require.Equal(t, []string{"e1"}, p.Acked())
		require.Equal(t, workflow.Queued, w.application("1001").State())
	})
}

// hold keeps the store busy until it is let go, as a slow disk would.
func (w *world) hold() (release func()) {
	w.t.Helper()
	held, done := make(chan struct{}), make(chan error, 1)
	go func() {
		done <- w.db.Update(context.WithoutCancel(w.t.Context()), func(workflow.Tx) error { <-held; return nil })
	}()
	synctest.Wait()
	return func() {
		close(held)
		require.NoError(w.t, <-done)
		synctest.Wait()
	}
}

func TestTrapESlowWorkNeitherStopsPingsNorLosesEnvelopes(t *testing.T) {
	inScript(t, setup{}, func(t *testing.T, w *world, s *sockettest.Script, p *sockettest.Peer) {
		w.command1(t, p)
		release := w.hold()
		want := []string{"e0"}
		for i := range 200 {
			id := fmt.Sprintf("e%d", i+1)
			want = append(want, id)
			p.Send(t, id, "slash_commands", typed("/campaign", fmt.Sprintf("create Launch %d", i)))
		}
		for i := range 3 {
			p.Ping()
			require.Equal(t, i+1, p.Ponged())
			wait(500 * time.Millisecond)
		}
		require.Len(t, p.Acked(), 1)
		release()
		require.ElementsMatch(t, want, p.Acked())
		require.Len(t, s.Links(), 1)
		require.Len(t, w.campaigns(), 100) // a page of them; none was turned away:
		for _, a := range p.Answers() {
			require.NotContains(t, string(a.Payload), view.Denied(view.DeniedUnsaved))
		}
	})
}

// command1 warms up what the desk knows of its people.
func (w *world) command1(t *testing.T, p *sockettest.Peer) {
	t.Helper()
	p.Send(t, "e0", "slash_commands", typed("/campaign", "create First"))
	require.Equal(t, []string{"e0"}, p.Acked())
}

func TestTrapGNobodyAsksForShortLivedLinks(t *testing.T) {
	inScript(t, setup{}, func(t *testing.T, _ *world, s *sockettest.Script, _ *sockettest.Peer) {
		require.Equal(t, []string{"ticket=1"}, s.Queries())
	})
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		wait(50 * time.Minute)
		require.Equal(t, 1, w.state().Socket.Opened)
	})
}

func TestTheHourlyRefreshLeavesNoGap(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		wait(time.Hour - 15*time.Second)
		for i := range 30 {
			action := []string{view.ActionApprove, view.ActionUndo}[i%2]
			seen := w.click(memberOne, "1001", action)
			require.True(t, seen.OK, seen.Error)
			require.Zero(t, seen.AckedMS)
			require.NotZero(t, w.state().Socket.Links)
			wait(time.Second)
		}
		require.Empty(t, w.told(memberOne))
		require.Equal(t, 2, w.state().Socket.Opened)
		require.Equal(t, 1, w.state().Socket.Links)
	})
}

func TestClicksDuringAWarningArrive(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		w.fault(object{"socket": "disconnect", "reason": "warning"})
		for i := range 12 {
			w.accepted(memberOne, "1001", []string{view.ActionApprove, view.ActionUndo}[i%2])
			wait(time.Second)
		}
		require.Empty(t, w.told(memberOne))
		require.Equal(t, 2, w.state().Socket.Opened)
		require.Equal(t, 1, w.state().Socket.Links)
	})
}

func TestAClickThatWasUnderWayWhenItsLinkEndedIsAnswered(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		w.accepted(memberOne, "1001", view.ActionApprove)
		w.accepted(memberOne, "1001", view.ActionUndo)
		release := w.hold()
		answered := make(chan sight, 1)
		go func() {
			answered <- w.act(object{"user": memberOne, "do": "click", "channel": samples, "ts": w.card("1001").TS, "action_id": view.ActionApprove})
		}()
		synctest.Wait()
		w.fault(object{"socket": "disconnect", "reason": "refresh_requested"})
		wait(time.Second)
		release()
		seen := <-answered
		require.True(t, seen.OK, seen.Error)
		require.Equal(t, 3, w.application("1001").Round)
	})
}

func TestAnEnvelopeThatComesTwiceIsOneDecision(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		w.fault(object{"socket": "duplicate"})
		w.accepted(memberOne, "1001", view.ActionApprove)
		require.Equal(t, 1, w.application("1001").Round)
		w.fault(object{"socket": "duplicate"})
		require.Contains(t, w.command(memberOne, "/campaign", "create Spring launch"), "Spring launch")
		require.Len(t, w.campaigns(), 1)
		wait(time.Minute)
		require.Len(t, w.tiktok.got(), 1)
	})
}

func TestALostAcknowledgementDoesNoHarm(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		w.fault(object{"socket": "drop_ack"})
		seen := w.click(memberOne, "1001", view.ActionApprove)
		require.Equal(t, "operation_timeout", seen.Error)
		require.Equal(t, 1, w.application("1001").Round)
		w.fault(object{"socket": "disconnect", "reason": "refresh_requested"}) // what it carried comes again
		wait(time.Second)
		require.Equal(t, 1, w.state().Socket.Redelivered)
		require.Zero(t, w.state().Socket.Unacked)
		require.Equal(t, 1, w.application("1001").Round)
		wait(time.Minute)
		require.Len(t, w.tiktok.got(), 1)
	})
}

func TestAStoppingDeskSendsTheAcknowledgementsThatItOwes(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		w.accepted(memberOne, "1001", view.ActionApprove)
		w.accepted(memberOne, "1001", view.ActionUndo)
		release := w.hold()
		answered := make(chan sight, 1)
		go func() {
			answered <- w.act(object{"user": memberOne, "do": "click", "channel": samples, "ts": w.card("1001").TS, "action_id": view.ActionApprove, "wait_ms": 0})
		}()
		synctest.Wait()
		stopped := make(chan time.Duration, 1)
		go func() {
			started := time.Now()
			w.shut()
			stopped <- time.Since(started)
		}()
		wait(time.Second)
		release()
		seen := <-answered
		require.True(t, seen.OK, seen.Error)
		require.Less(t, <-stopped, 5*time.Second)
		require.NoError(t, w.failed)
		require.Equal(t, 3, w.application("1001").Round)
	})
}

func TestAnIdleDeskStopsAtOnce(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		started := time.Now()
		w.shut()
		require.Less(t, time.Since(started), 100*time.Millisecond)
		require.NoError(t, w.failed)
		synctest.Wait()
		require.Zero(t, w.state().Socket.Links)
		require.False(t, w.desk.Health().Connected)
	})
}

func TestAPanicCostsNeitherTheDeskNorTheAcknowledgement(t *testing.T) {
	s, store := brittleWorld()
	inBubble(t, s, func(t *testing.T, w *world) {
		w.request("1001")
		store.be(func(context.Context) error { panic("the roof fell in") })
		seen := w.click(memberOne, "1001", view.ActionApprove)
		require.True(t, seen.OK, seen.Error)
		require.Contains(t, w.log.String(), "the roof fell in")
		store.be(func(context.Context) error { return nil })
		w.accepted(memberOne, "1001", view.ActionApprove)
		require.Equal(t, workflow.Queued, w.application("1001").State())
	})
}
