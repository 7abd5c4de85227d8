package slacksim

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAClickTravelsToTheAppAndItsAcknowledgementBack(t *testing.T) {
	b := outside(t, Options{})
	app := b.serve(nil)
	defer app.stop()
	ts := b.post(object{"text": "Request", "blocks": []object{section("Request"), actions("round-1", button("approve", "a1"))}})
	seen := b.act(object{"user": memberOne, "do": "click", "channel": samples, "ts": ts, "action_id": "approve", "wait_ms": 0})
	require.True(t, seen.OK, seen.Error)
	clicks := app.got("block_actions")
	require.Len(t, clicks, 1)
	p := clicks[0].Payload
	require.False(t, clicks[0].Accepts)
	require.Equal(t, object{"type": "message", "message_ts": ts, "channel_id": samples, "is_ephemeral": false}, p["container"])
	require.Equal(t, object{"id": memberOne, "username": "member_one", "name": "member_one", "team_id": "T0DESK0001"}, p["user"])
	action := p["actions"].([]any)[0].(object)
	require.Equal(t, "a1", action["value"])
	require.Equal(t, "round-1", action["block_id"])
	require.Regexp(t, `^[0-9]+\.[0-9]+\.[0-9a-f]{32}$`, p["trigger_id"])
	require.Contains(t, p["response_url"], b.base+"/response/")
}

func TestAClickThatNobodyAcknowledgesTimesOutAfterThreeSeconds(t *testing.T) {
	inBubble(t, Options{}, func(t *testing.T, b *bench) {
		l := b.link()
		defer l.close()
		ts := b.post(object{"text": "Request", "blocks": []object{actions("r", button("approve", "a1"))}})
		require.Equal(t, "events_api", l.read().Type)
		started := time.Now()
		seen := b.act(object{"user": memberOne, "do": "click", "channel": samples, "ts": ts, "action_id": "approve"})
		require.Equal(t, sight{Error: "operation_timeout", AckedMS: 3000}, seen)
		require.Equal(t, 3*time.Second, time.Since(started))
	})
}

func TestHelloNamesTheAppAndCountsTheLinks(t *testing.T) {
	b := outside(t, Options{})
	first := b.link()
	defer first.close()
	second := b.dialTo("")
	defer second.close()
	hello := second.read()
	require.Equal(t, 2, hello.Count)
	require.Contains(t, string(hello.Raw), `"app_id":"A0DESK0001"`)
	require.Contains(t, string(hello.Raw), `"approximate_connection_time":3600`)
}

func TestATicketOpensOneLink(t *testing.T) {
	b := outside(t, Options{})
	_, o := b.callAs(b.details.AppToken, "apps.connections.open", object{})
	conn, _, err := b.dialer.DialContext(t.Context(), o["url"].(string), nil)
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	_, got, err := b.dialer.DialContext(t.Context(), o["url"].(string), nil)
	require.Error(t, err)
	defer func() { _ = got.Body.Close() }()
	require.Equal(t, http.StatusForbidden, got.StatusCode)
}

func TestAnEleventhLinkIsTurnedAway(t *testing.T) {
	b := outside(t, Options{})
	for range 10 {
		l := b.link()
		defer l.close()
	}
	l := b.dialTo("")
	defer l.close()
	f := l.read()
	require.Equal(t, "disconnect", f.Type)
	require.Equal(t, "too_many_websockets", f.Why)
}

func TestWhatADeadLinkHadNotAcknowledgedComesAgain(t *testing.T) {
	inBubble(t, Options{}, func(t *testing.T, b *bench) {
		l := b.link()
		ts := b.post(object{"text": "Request", "blocks": []object{actions("r", button("approve", "a1"))}})
		l.ack(l.read().ID, nil)
		done := make(chan sight)
		go func() {
			done <- b.act(object{"user": memberOne, "do": "click", "channel": samples, "ts": ts, "action_id": "approve", "wait_ms": 0})
		}()
		first := l.read()
		l.close()
		synctest.Wait()
		again := b.link()
		defer again.close()
		second := again.read()
		require.Equal(t, first.ID, second.ID)
		require.Equal(t, first.Payload, second.Payload)
		again.ack(second.ID, nil)
		require.True(t, (<-done).OK)
		require.Equal(t, 1, b.state().Socket.Redelivered)
	})
}

func TestAnAcknowledgementOnAnotherLinkCounts(t *testing.T) {
	inBubble(t, Options{}, func(t *testing.T, b *bench) {
		one := b.link()
		defer one.close()
		ts := b.post(object{"text": "Request", "blocks": []object{actions("r", button("approve", "a1"))}})
		one.ack(one.read().ID, nil)
		done := make(chan sight)
		go func() {
			done <- b.act(object{"user": memberOne, "do": "click", "channel": samples, "ts": ts, "action_id": "approve", "wait_ms": 0})
		}()
		f := one.read()
		two := b.link()
		defer two.close()
		two.ack(f.ID, nil)
		require.True(t, (<-done).OK)
		require.Equal(t, 1, b.state().Socket.AckedElsewhere)
	})
}

func TestAnUnacknowledgedEventComesAgainAtOnceAfterAMinuteAndAfterFive(t *testing.T) {
	inBubble(t, Options{}, func(t *testing.T, b *bench) {
		l := b.link()
		defer l.close()
		started := time.Now()
		go b.act(object{"user": memberOne, "do": "post", "channel": samples, "text": "Hello"})
		type arrival struct {
			attempt int
			reason  string
			after   time.Duration
		}
		var got []arrival
		ids, envelopes := map[any]bool{}, map[string]bool{}
		for range 4 {
			f := l.read()
			got = append(got, arrival{f.Attempt, f.Reason, time.Since(started)})
			ids[f.Payload["event_id"]], envelopes[f.ID] = true, true
		}
		require.Equal(t, []arrival{
			{0, "", 0}, {1, "timeout", 3 * time.Second}, {2, "timeout", 63 * time.Second}, {3, "timeout", 303 * time.Second},
		}, got)
		require.Len(t, ids, 1)
		require.Len(t, envelopes, 4)
		time.Sleep(time.Hour - 370*time.Second)
		require.Zero(t, b.state().Socket.Unacked)
	})
}

func TestALinkIsPingedEveryFewSeconds(t *testing.T) {
	inBubble(t, Options{}, func(t *testing.T, b *bench) {
		l := b.link()
		defer l.close()
		pings := make(chan time.Time, 10)
		l.conn.SetPingHandler(func(string) error { pings <- time.Now(); return nil })
		go func() { _, _, _ = l.conn.ReadMessage() }()
		first, second := <-pings, <-pings
		require.Equal(t, pingEvery, second.Sub(first))
	})
}

func TestALargeAcknowledgementIsDroppedAndNoted(t *testing.T) {
	inBubble(t, Options{}, func(t *testing.T, b *bench) {
		l := b.link()
		defer l.close()
		done := make(chan sight)
		go func() {
			done <- b.act(object{"user": memberOne, "do": "command", "command": "/samples", "text": "help"})
		}()
		f := l.read()
		require.True(t, f.Accepts)
		l.ack(f.ID, object{"text": string(make([]byte, mostAck))})
		require.Equal(t, "operation_timeout", (<-done).Error)
		calls := b.calls("")
		last := calls[len(calls)-1]
		require.Equal(t, "socket.acknowledge", last.Method)
		require.Contains(t, last.Error, "dropped")
		require.Equal(t, f.ID, last.Args["envelope_id"])
	})
}

func TestDebugReconnectsShortensALink(t *testing.T) {
	inBubble(t, Options{}, func(t *testing.T, b *bench) {
		l := b.dialTo("&debug_reconnects=true")
		defer l.close()
		started := time.Now()
		require.Contains(t, string(l.read().Raw), `"approximate_connection_time":360`)
		warning := l.read()
		require.Equal(t, "warning", warning.Why)
		require.Equal(t, 350*time.Second, time.Since(started))
		require.Equal(t, "refresh_requested", l.read().Why)
		require.Equal(t, 360*time.Second, time.Since(started))
	})
}

func TestTheSocketCanBeToldToMisbehave(t *testing.T) {
	t.Run("it disconnects for a reason", func(t *testing.T) {
		inBubble(t, Options{}, func(t *testing.T, b *bench) {
			l := b.link()
			defer l.close()
			b.fault(object{"socket": "disconnect", "reason": "link_disabled", "times": 1})
			f := l.read()
			require.Equal(t, "disconnect", f.Type)
			require.Equal(t, "link_disabled", f.Why)
			_, _, err := l.conn.ReadMessage()
			require.Error(t, err)
		})
	})
	t.Run("a warning leaves ten seconds", func(t *testing.T) {
		inBubble(t, Options{}, func(t *testing.T, b *bench) {
			l := b.link()
			defer l.close()
			b.fault(object{"socket": "disconnect", "reason": "warning"})
			require.Equal(t, "warning", l.read().Why)
			started := time.Now()
			require.Equal(t, "refresh_requested", l.read().Why)
			require.Equal(t, 10*time.Second, time.Since(started))
			_, _, err := l.conn.ReadMessage()
			require.Error(t, err)
		})
	})
	t.Run("it loses an acknowledgement", func(t *testing.T) {
		inBubble(t, Options{}, func(t *testing.T, b *bench) {
			app := b.serve(nil)
			defer app.stop()
			b.fault(object{"socket": "drop_ack", "times": 1})
			require.Equal(t, "operation_timeout", b.act(object{"user": admin, "do": "command", "command": "/samples"}).Error)
			require.True(t, b.act(object{"user": admin, "do": "command", "command": "/samples", "wait_ms": 0}).OK)
		})
	})
	t.Run("it delivers twice", func(t *testing.T) {
		inBubble(t, Options{}, func(t *testing.T, b *bench) {
			app := b.serve(nil)
			defer app.stop()
			b.fault(object{"socket": "duplicate", "times": 1})
			require.True(t, b.act(object{"user": admin, "do": "command", "command": "/samples", "wait_ms": 0}).OK)
			synctest.Wait()
			got := app.got("command")
			require.Len(t, got, 2)
			require.Equal(t, got[0].ID, got[1].ID)
		})
	})
	t.Run("it falls silent while the connection stays open", func(t *testing.T) {
		inBubble(t, Options{}, func(t *testing.T, b *bench) {
			l := b.link()
			defer l.close()
			b.fault(object{"socket": "silence", "times": 1})
			heard := make(chan struct{}, 100)
			l.conn.SetPingHandler(func(string) error { heard <- struct{}{}; return nil })
			go func() { _, _, _ = l.conn.ReadMessage(); close(heard) }()
			require.Equal(t, "operation_timeout", b.act(object{"user": admin, "do": "command", "command": "/samples"}).Error)
			time.Sleep(5 * time.Minute)
			synctest.Wait()
			require.Empty(t, heard)
			select {
			case <-heard:
				t.Fatal("the link was closed")
			default:
			}
			next := b.link()
			defer next.close()
			l.close()
			require.Equal(t, kindCommand, next.read().Type, "what the silent link swallowed comes again when it dies")
		})
	})
}

func TestWhileNoLinkIsOpenAClickWaitsThreeSecondsAndIsForgotten(t *testing.T) {
	inBubble(t, Options{}, func(t *testing.T, b *bench) {
		require.Equal(t, "operation_timeout", b.act(object{"user": admin, "do": "command", "command": "/samples"}).Error)
		require.Zero(t, b.state().Socket.Unacked)
		done := make(chan sight)
		go func() { done <- b.act(object{"user": admin, "do": "command", "command": "/samples", "wait_ms": 0}) }()
		time.Sleep(2 * time.Second)
		app := b.serve(nil)
		defer app.stop()
		require.True(t, (<-done).OK)
	})
}
