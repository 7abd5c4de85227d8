package bot_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

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

func TestTrapALinksThatCannotBeOpenedAreTriedAtAGrowingPace(t *testing.T) {
	inBubble(t, setup{closed: true}, func(t *testing.T, w *world) {
		w.fault(object{"method": "apps.connections.open", "do": "error", "error": "internal_error", "times": 100_000})
		w.open()
		wait(5 * time.Minute)
		tries := len(w.calls("apps.connections.open"))
		require.GreaterOrEqual(t, tries, 8)
		require.LessOrEqual(t, tries, 30)
		require.Contains(t, w.desk.Health().LastError, "internal_error")
		w.fault(object{"times": 0})
		wait(time.Minute)
		require.True(t, w.desk.Health().Connected)
		require.Empty(t, w.desk.Health().LastError)
	})
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

func TestARetryAfterOfTheSocketIsObeyed(t *testing.T) {
	inBubble(t, setup{closed: true}, func(t *testing.T, w *world) {
		w.fault(object{"method": "apps.connections.open", "do": "error", "error": "ratelimited", "retry_after": 90})
		w.open()
		wait(89 * time.Second)
		require.Len(t, w.calls("apps.connections.open"), 1)
		wait(10 * time.Second)
		require.True(t, w.desk.Health().Connected)
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

func TestTrapCALinkThatIsCutTellsSo(t *testing.T) {
	inScript(t, setup{}, func(t *testing.T, w *world, s *script, p *peer) {
		p.hangUp()
		require.Len(t, s.links(), 2)
		require.Equal(t, "connection lost", w.desk.Health().LastReason)
	})
}

func TestTrapDWhatTheDeskDoesNotKnowIsAcknowledged(t *testing.T) {
	inScript(t, setup{}, func(t *testing.T, w *world, s *script, p *peer) {
		p.send(t, "e1", "hologram_api", object{"type": "hologram"})
		p.send(t, "e2", "events_api", object{"event": object{"type": "new_thing"}})
		p.send(t, "e3", "interactive", object{"type": "new_thing"})
		p.send(t, "e4", "interactive", "no object at all")
		p.send(t, "e5", "slash_commands", 7)
		p.send(t, "e6", "interactive", object{"type": "block_actions", "actions": []object{}})
		p.send(t, "e7", "interactive", object{"type": "block_actions", "actions": []object{{"action_id": "approve", "block_id": "nonsense"}}})
		p.send(t, "e8", "interactive", object{"type": "block_actions", "actions": []object{{"action_id": "campaign"}}})
		p.send(t, "e9", "interactive", object{"type": "view_submission", "view": object{"callback_id": "campaign", "private_metadata": "{"}})
		p.send(t, "e10", "interactive", object{"type": "block_actions", "actions": []object{{"action_id": "queue_page", "value": "x"}}})
		p.send(t, "e11", "interactive", object{"type": "block_actions", "actions": []object{{"action_id": "hologram"}}})
		p.say(`{"envelope_id":"e12"}`)
		p.say(`{"envelope_id":"e13","type":"slash_commands","payload":null}`)
		p.say(`this is not JSON`)
		p.say(`[]`)
		p.say(`{"type":"hologram"}`)
		want := []string{"e1", "e2", "e3", "e4", "e5", "e6", "e7", "e8", "e9", "e10", "e11", "e12", "e13"}
		require.ElementsMatch(t, want, p.acked())
		require.Len(t, s.links(), 1)
		require.NotContains(t, w.log.String(), "panicked")
	})
}

func TestTrapDAClickAmongBlocksThatTheDeskDoesNotKnowWorks(t *testing.T) {
	inScript(t, setup{}, func(t *testing.T, w *world, _ *script, p *peer) {
		w.request("1001")
		target := view.Target{Key: keyOf("1001"), Round: w.application("1001").Round}.String()
		p.send(t, "e1", "interactive", clickOn(w.card("1001").TS, target, view.ActionApprove, memberOne,
			object{"type": "hologram", "x": 1}, object{"type": "actions", "elements": []object{{"type": "hologram_button", "action_id": 7}}}))
		require.Equal(t, []string{"e1"}, p.acked())
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
	inScript(t, setup{}, func(t *testing.T, w *world, s *script, p *peer) {
		w.command1(t, p)
		release := w.hold()
		want := []string{"e0"}
		for i := range 200 {
			id := fmt.Sprintf("e%d", i+1)
			want = append(want, id)
			p.send(t, id, "slash_commands", typed("/campaign", fmt.Sprintf("create Launch %d", i)))
		}
		for i := range 3 {
			p.ping()
			require.Equal(t, i+1, p.ponged())
			wait(500 * time.Millisecond)
		}
		require.Len(t, p.acked(), 1)
		release()
		require.ElementsMatch(t, want, p.acked())
		require.Len(t, s.links(), 1)
		require.Len(t, w.campaigns(), 100) // a page of them; none was turned away:
		for _, a := range p.answers() {
			require.NotContains(t, string(a.Payload), view.Denied(view.DeniedUnsaved))
		}
	})
}

// command1 warms up what the desk knows of its people.
func (w *world) command1(t *testing.T, p *peer) {
	t.Helper()
	p.send(t, "e0", "slash_commands", typed("/campaign", "create First"))
	require.Equal(t, []string{"e0"}, p.acked())
}

func TestMoreEnvelopesThanTheDeskTakesAreLeftToRedelivery(t *testing.T) {
	inScript(t, setup{}, func(t *testing.T, w *world, s *script, p *peer) {
		w.command1(t, p)
		release := w.hold()
		for i := range 300 {
			p.send(t, fmt.Sprintf("e%d", i+1), "slash_commands", typed("/campaign", fmt.Sprintf("create Launch %d", i)))
		}
		p.ping()
		require.Equal(t, 1, p.ponged())
		release()
		require.Len(t, p.acked(), 1+256)
		p.send(t, "e301", "slash_commands", typed("/campaign", "create Launch 301"))
		require.Len(t, p.acked(), 1+256+1)
		require.Contains(t, w.log.String(), "too many envelopes in work")
		require.Len(t, s.links(), 1)
	})
}

func TestTrapFAcknowledgementsWithoutALinkGoOutOnTheNext(t *testing.T) {
	inScript(t, setup{}, func(t *testing.T, w *world, s *script, p *peer) {
		w.command1(t, p)
		release := w.hold()
		var want []string
		for i := range 40 {
			id := fmt.Sprintf("e%d", i+1)
			want = append(want, id)
			p.send(t, id, "slash_commands", typed("/campaign", fmt.Sprintf("create Launch %d", i)))
		}
		synctest.Wait()
		s.refuse(true)
		p.hangUp()
		wait(time.Second)
		require.False(t, w.desk.Health().Connected)
		release()
		require.Len(t, w.campaigns(), 41) // the work did not wait for a link
		s.refuse(false)
		wait(10 * time.Second)
		links := s.links()
		require.Len(t, links, 2)
		require.ElementsMatch(t, want, links[1].acked())
		for _, a := range links[1].answers() {
			require.NotEmpty(t, a.Payload)
		}
	})
}

func TestTrapGNobodyAsksForShortLivedLinks(t *testing.T) {
	inScript(t, setup{}, func(t *testing.T, _ *world, s *script, _ *peer) {
		require.Equal(t, []string{"ticket=1"}, s.queries)
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

func TestAMuteLinkIsReplacedWithinHalfAMinute(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		wait(time.Second)
		w.fault(object{"socket": "silence"})
		wait(31 * time.Second)
		require.Equal(t, 2, w.state().Socket.Opened)
		require.True(t, w.desk.Health().Connected)
		require.Equal(t, "connection lost", w.desk.Health().LastReason)
		w.accepted(memberOne, "1001", view.ActionApprove)
	})
}

func TestAfterAWarningTheNextLinkStandsBeforeTheOldOneCloses(t *testing.T) {
	inScript(t, setup{}, func(t *testing.T, w *world, s *script, p *peer) {
		p.say(`{"type":"disconnect","reason":"warning"}`)
		require.Len(t, s.links(), 2)
		require.False(t, p.isGone())
		next := s.links()[1]
		p.send(t, "e1", "slash_commands", typed("/campaign", "create One"))
		next.send(t, "e2", "slash_commands", typed("/campaign", "create Two"))
		require.Equal(t, []string{"e1"}, p.acked())
		require.Equal(t, []string{"e2"}, next.acked())
		require.Len(t, w.campaigns(), 2)
		wait(10 * time.Second)
		require.True(t, p.isGone())
		require.False(t, next.isGone())
		require.True(t, w.desk.Health().Connected)
	})
}

func TestAWarnedLinkIsKeptWhileItsSuccessorCannotBeOpened(t *testing.T) {
	inScript(t, setup{}, func(t *testing.T, w *world, s *script, p *peer) {
		s.refuse(true)
		p.say(`{"type":"disconnect","reason":"warning"}`)
		wait(3 * time.Second)
		require.False(t, p.isGone())
		require.True(t, w.desk.Health().Connected)
		p.send(t, "e1", "slash_commands", typed("/campaign", "create One"))
		require.Equal(t, []string{"e1"}, p.acked())
		s.refuse(false)
		wait(5 * time.Second)
		require.Len(t, s.links(), 2)
		require.False(t, s.links()[1].isGone())
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

func TestAStoppingDeskTakesNoNewWork(t *testing.T) {
	inScript(t, setup{}, func(t *testing.T, w *world, _ *script, p *peer) {
		w.command1(t, p)
		release := w.hold()
		p.send(t, "e1", "slash_commands", typed("/campaign", "create Kept"))
		synctest.Wait()
		stopped := make(chan struct{})
		go func() { w.shut(); close(stopped) }()
		wait(500 * time.Millisecond)
		p.send(t, "e2", "slash_commands", typed("/campaign", "create Too late"))
		release()
		<-stopped
		require.Equal(t, []string{"e0", "e1"}, p.acked())
		require.Len(t, w.campaigns(), 2)
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

func TestAFrameBeyondAllBoundsEndsTheLinkAndNotTheDesk(t *testing.T) {
	inScript(t, setup{}, func(t *testing.T, w *world, s *script, p *peer) {
		p.say(`{"envelope_id":"e1","type":"interactive","payload":"` + strings.Repeat("a", 5<<20) + `"}`)
		wait(time.Second)
		require.Len(t, s.links(), 2)
		next := s.links()[1]
		next.send(t, "e2", "slash_commands", typed("/campaign", "create One"))
		require.Equal(t, []string{"e2"}, next.acked())
	})
}
