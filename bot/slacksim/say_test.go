package slacksim

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestACommandIsAnsweredInItsAcknowledgement(t *testing.T) {
	b := outside(t, Options{})
	app := b.serve(func(f frame) any {
		if f.Type != kindCommand {
			return nil
		}
		switch f.Payload["text"] {
		case "aloud":
			return object{"response_type": "in_channel", "text": "Hello all"}
		case "wrong":
			return object{"blocks": []object{{"type": "header", "text": plainText(151)}}}
		case "silent":
			return nil
		}
		return object{"text": "Hello you", "blocks": []object{section("Hello you")}}
	})
	defer app.stop()
	run := func(text string) sight {
		return b.act(object{"user": memberOne, "do": "command", "channel": samples, "command": "/samples", "text": text, "wait_ms": 0})
	}
	seen := run("  help  ")
	require.True(t, seen.OK, seen.Error)
	require.JSONEq(t, string(encode(object{"text": "Hello you", "blocks": []object{section("Hello you")}})), string(seen.Response))
	form := app.got("command")[0].Payload
	require.Regexp(t, `^http://`, form["response_url"])
	for k, want := range map[string]any{
		"command": "/samples", "text": "help", "user_id": memberOne, "user_name": "member_one", "channel_id": samples, "channel_name": "samples",
		"team_id": "T0DESK0001", "api_app_id": "A0DESK0001", "is_enterprise_install": "false",
	} {
		require.Equal(t, want, form[k], k)
	}
	require.NotContains(t, form, "thread_ts")
	require.Len(t, b.state().Ephemerals, 1)
	require.True(t, run("silent").OK)
	require.Contains(t, run("wrong").Error, "invalid_blocks: [ERROR] must be less than 151 characters")
	require.True(t, run("aloud").OK)
	said := b.state().Channels[0].Messages
	require.Equal(t, []string{"/samples aloud", "Hello all"}, []string{said[0].Text, said[1].Text})
	require.Equal(t, userID(memberOne), said[0].User)
}

func TestAResponseURLTakesFiveUsesInThirtyMinutes(t *testing.T) {
	inBubble(t, Options{Events: []string{}}, func(t *testing.T, b *bench) {
		app := b.serve(nil)
		defer app.stop()
		fresh := func() string {
			require.True(t, b.act(object{"user": admin, "do": "command", "command": "/samples", "wait_ms": 0}).OK)
			got := app.got("command")
			return got[len(got)-1].Payload["response_url"].(string)
		}
		send := func(address string, v object) (int, string) {
			got, body := b.do(b.request(http.MethodPost, address, encode(v), "application/json"))
			return got.StatusCode, string(body)
		}
		first := fresh()
		for i := range 5 {
			status, body := send(first, object{"text": fmt.Sprint(i)})
			require.Equal(t, 200, status, body)
		}
		status, body := send(first, object{"text": "once more"})
		require.Equal(t, 404, status)
		require.JSONEq(t, `{"ok":false,"error":"used_url"}`, body)
		second := fresh()
		time.Sleep(30*time.Minute + time.Second)
		status, body = send(second, object{"text": "late"})
		require.Equal(t, 404, status)
		require.JSONEq(t, `{"ok":false,"error":"expired_url"}`, body)
		require.Len(t, b.state().Ephemerals, 5)
		third := fresh()
		for _, c := range []object{{}, {"response_type": "loud", "text": "A"}, {"replace_original": true, "text": "A"}, {"delete_original": true}} {
			status, body = send(third, c)
			require.Equal(t, 400, status, body)
		}
	})
}

func TestAResponseURLReplacesAndDeletesTheMessageThatWasClicked(t *testing.T) {
	b := outside(t, Options{Events: []string{}})
	app := b.serve(nil)
	defer app.stop()
	address := func(ts string) string {
		require.True(t, b.act(click(admin, ts, "approve", nil)).OK)
		got := app.got("block_actions")
		return got[len(got)-1].Payload["response_url"].(string)
	}
	send := func(to string, v object) {
		got, body := b.do(b.request(http.MethodPost, to, encode(v), "application/json"))
		require.Equal(t, 200, got.StatusCode, "%s", body)
	}
	blocks := []object{actions("a", button("approve", "1"))}
	ts := b.post(object{"text": "Card", "blocks": blocks})
	send(address(ts), object{"text": "A note"})
	require.Equal(t, "A note", b.state().Ephemerals[0].Text)
	send(address(ts), object{"replace_original": true, "text": "Decided"})
	require.Equal(t, "Decided", b.state().Channels[0].Messages[0].Text)
	send(address(ts), object{"response_type": "in_channel", "text": "In the thread", "thread_ts": ts})
	require.Equal(t, stamp(ts), b.state().Channels[0].Messages[1].Thread)
	send(address(ts), object{"delete_original": true})
	require.True(t, b.state().Channels[0].Messages[0].Deleted)
	whisper := b.must("chat.postEphemeral", object{"channel": samples, "user": admin, "text": "Psst", "blocks": blocks})["message_ts"].(string)
	to := address(whisper)
	got := app.got("block_actions")
	require.Equal(t, object{"type": "message", "message_ts": whisper, "channel_id": samples, "is_ephemeral": true}, got[len(got)-1].Payload["container"])
	require.Equal(t, object{"type": "message", "ts": whisper}, got[len(got)-1].Payload["message"])
	send(to, object{"replace_original": true, "response_type": "in_channel", "text": "Still for you"})
	require.Equal(t, "Still for you", b.state().Ephemerals[1].Text)
	send(to, object{"delete_original": true})
	require.Len(t, b.state().Ephemerals, 1)
}

func TestAPostIsHeardAndAMentionTwice(t *testing.T) {
	b := outside(t, Options{})
	app := b.serve(nil)
	defer app.stop()
	ts := b.post(object{"text": "Card"})
	seen := b.act(object{"user": memberOne, "do": "post", "channel": samples, "text": "@Sample Desk note it", "thread_ts": ts})
	require.True(t, seen.OK, seen.Error)
	require.Eventually(t, func() bool { return len(app.got("app_mention")) == 1 && len(app.got("message")) == 2 }, time.Second, time.Millisecond)
	mentioned := app.got("app_mention")[0].Payload["event"].(object)
	require.Equal(t, "<@U0DESK0BOT> note it", mentioned["text"])
	require.Equal(t, ts, mentioned["thread_ts"])
	require.NotContains(t, mentioned, "channel_type")
	outer := app.got("app_mention")[0].Payload
	require.Equal(t, "event_callback", outer["type"])
	require.Regexp(t, `^Ev`, outer["event_id"])
	for _, f := range app.got("message") {
		event := f.Payload["event"].(object)
		require.Equal(t, "channel", event["channel_type"])
		if event["user"] == memberOne {
			require.Equal(t, "U0DESK0BOT", event["parent_user_id"])
			require.NotContains(t, event, "bot_id")
		} else {
			require.Equal(t, "B0DESK0001", event["bot_id"], "an app hears its own messages too")
		}
	}
	b.must("chat.update", object{"channel": samples, "ts": ts, "text": "Changed"})
	b.must("chat.delete", object{"channel": samples, "ts": ts})
	require.Eventually(t, func() bool { return len(app.got("message")) == 4 }, time.Second, time.Millisecond)
	subtypes := map[any]bool{}
	for _, f := range app.got("message") {
		subtypes[f.Payload["event"].(object)["subtype"]] = true
	}
	require.Equal(t, map[any]bool{nil: true, "message_changed": true, "message_deleted": true}, subtypes)
}

func TestOnlyWhatTheAppSubscribedToReachesIt(t *testing.T) {
	b := outside(t, Options{Events: []string{"app_mention"}})
	app := b.serve(nil)
	defer app.stop()
	require.True(t, b.act(object{"user": memberOne, "do": "post", "channel": samples, "text": "Hello"}).OK)
	require.True(t, b.act(object{"user": memberOne, "do": "home"}).OK)
	require.True(t, b.act(object{"user": memberOne, "do": "post", "channel": samples, "text": "<@U0DESK0BOT> hello"}).OK)
	require.Len(t, app.got("app_mention"), 1)
	require.Empty(t, app.got("message"))
	require.Empty(t, app.got("app_home_opened"))
}

func TestADirectMessageReachesTheApp(t *testing.T) {
	b := outside(t, Options{})
	app := b.serve(nil)
	defer app.stop()
	b.must("chat.postMessage", object{"channel": outsider, "text": "Hello"})
	direct := b.state().Channels[2]
	require.Equal(t, []any{true, userID(outsider), []userID{outsider, "U0DESK0BOT"}}, []any{direct.IsIM, direct.User, direct.Members})
	require.True(t, b.act(object{"user": outsider, "do": "post", "channel": direct.ID, "text": "Hi"}).OK)
	require.Equal(t, "channel_not_found", b.act(object{"user": admin, "do": "post", "channel": direct.ID, "text": "Hi"}).Error)
	got := app.got("message")
	require.Equal(t, "im", got[len(got)-1].Payload["event"].(object)["channel_type"])
}

func TestAnAnswerThatIsGivenUpOnIsNotWaitedFor(t *testing.T) {
	inBubble(t, Options{}, func(t *testing.T, b *bench) {
		app := b.serve(nil)
		defer app.stop()
		started := time.Now()
		require.True(t, b.act(object{"user": admin, "do": "command", "command": "/samples"}).OK)
		require.Equal(t, openTime, time.Since(started), "half a second for a modal that does not come")
		started = time.Now()
		require.True(t, b.act(object{"user": admin, "do": "command", "command": "/samples", "wait_ms": 2000}).OK)
		require.Equal(t, 2*time.Second, time.Since(started))
		synctest.Wait()
	})
}

func TestManyPeopleActAtOnce(t *testing.T) {
	b := outside(t, Options{NoRateLimits: true, Events: []string{}})
	app := b.serve(nil)
	defer app.stop()
	ts := b.post(object{"text": "Card", "blocks": []object{actions("a", button("approve", "1"))}})
	var all sync.WaitGroup
	errors := make(chan string, 200)
	for range 200 {
		all.Go(func() {
			seen := b.act(click(memberOne, ts, "approve", nil))
			if !seen.OK {
				errors <- seen.Error
			}
		})
	}
	all.Wait()
	close(errors)
	for e := range errors {
		t.Error(e)
	}
	require.Len(t, app.got("block_actions"), 200)
}

func TestAnEventTooManyIsReplacedByAWarning(t *testing.T) {
	inBubble(t, Options{}, func(t *testing.T, b *bench) {
		app := b.serve(nil)
		defer app.stop()
		for range eventsAnHour {
			over, _ := b.w.limits.event()
			require.False(t, over)
		}
		say := func() {
			require.True(t, b.act(object{"user": admin, "do": "post", "channel": samples, "text": "Hello"}).OK)
		}
		say()
		say()
		synctest.Wait()
		require.Len(t, app.got("app_rate_limited"), 1)
		require.Empty(t, app.got("message"))
		time.Sleep(time.Minute)
		say()
		synctest.Wait()
		require.Len(t, app.got("message"), 1)
	})
}

func TestAShortcutReachesTheAppWithOrWithoutAMessage(t *testing.T) {
	b := outside(t, Options{Events: []string{}, Shortcuts: []Shortcut{{"Add note", "note", "message"}, {"Queue", "queue", "global"}}})
	app := b.serve(nil)
	defer app.stop()
	ts := b.post(object{"text": "Card"})
	require.True(t, b.act(object{"user": admin, "do": "shortcut", "callback_id": "queue", "wait_ms": 0}).OK)
	require.True(t, b.act(object{"user": admin, "do": "shortcut", "callback_id": "note", "channel": samples, "ts": ts, "wait_ms": 0}).OK)
	require.Contains(t, b.act(object{"user": admin, "do": "shortcut", "callback_id": "note"}).Error, "unknown_shortcut")
	global, message := app.got("shortcut")[0].Payload, app.got("message_action")[0].Payload
	require.Equal(t, []any{"queue", "note"}, []any{global["callback_id"], message["callback_id"]})
	require.NotContains(t, global, "response_url")
	require.Equal(t, ts, message["message_ts"])
	require.Contains(t, message, "response_url")
}

func TestTheBotHearsAChannelOnceItIsInvited(t *testing.T) {
	b := outside(t, Options{})
	app := b.serve(nil)
	defer app.stop()
	require.True(t, b.act(object{"user": outsider, "do": "post", "channel": general, "text": "Anybody?"}).OK)
	require.Equal(t, "restricted_action: only an admin can do that", b.act(object{"user": memberOne, "do": "invite", "channel": general}).Error)
	require.True(t, b.act(object{"user": admin, "do": "invite", "channel": general}).OK)
	require.True(t, b.act(object{"user": outsider, "do": "post", "channel": general, "text": "And now?"}).OK)
	require.Equal(t, "U0DESK0BOT", app.got("member_joined_channel")[0].Payload["event"].(object)["user"])
	got := app.got("message")
	require.Len(t, got, 1)
	require.Equal(t, "And now?", got[0].Payload["event"].(object)["text"])
}

func TestAReactionIsAddedAndTakenAway(t *testing.T) {
	b := outside(t, Options{})
	app := b.serve(nil)
	defer app.stop()
	ts := b.post(object{"text": "Card"})
	for _, event := range []string{"reaction_added", "reaction_removed"} {
		require.True(t, b.act(object{"user": guest, "do": "react", "channel": samples, "ts": ts, "reaction": "eyes"}).OK)
		require.Equal(t, guest, app.got(event)[0].Payload["event"].(object)["user"])
	}
	require.Contains(t, b.act(object{"user": guest, "do": "react", "channel": samples, "ts": ts, "reaction": "No Such"}).Error, "invalid_name")
}

func TestACommandMayAskForMentionsInPlaceOfNames(t *testing.T) {
	b := outside(t, Options{Events: []string{}, Commands: []Command{{Name: "/samples", ShouldEscape: true}, {Name: "/campaign"}}})
	app := b.serve(nil)
	defer app.stop()
	for _, command := range []string{"/samples", "/campaign"} {
		require.True(t, b.act(object{"user": admin, "do": "command", "command": command, "text": "tell @member_one in #samples about @glow.daily", "wait_ms": 0}).OK)
	}
	got := app.got("command")
	require.Equal(t, "tell <@U0MEMBER01|member_one> in <#C0SAMPLES1|samples> about @glow.daily", got[0].Payload["text"])
	require.Equal(t, "tell @member_one in #samples about @glow.daily", got[1].Payload["text"])
}

func TestAResponseURLCanMisbehaveToo(t *testing.T) {
	b := outside(t, Options{Events: []string{}})
	app := b.serve(nil)
	defer app.stop()
	require.True(t, b.act(object{"user": admin, "do": "command", "command": "/samples", "wait_ms": 0}).OK)
	address := app.got("command")[0].Payload["response_url"].(string)
	b.fault(object{"method": "response_url", "do": "status", "status": 500})
	got, _ := b.do(b.request(http.MethodPost, address, encode(object{"text": "lost"}), "application/json"))
	require.Equal(t, 500, got.StatusCode)
	b.fault(object{"method": "response_url", "do": "apply_then_drop"})
	dropped, err := b.client.Do(b.request(http.MethodPost, address, encode(object{"text": "done"}), "application/json"))
	if err == nil {
		_ = dropped.Body.Close()
	}
	require.Error(t, err)
	require.Len(t, b.state().Ephemerals, 1)
	require.Equal(t, "done", b.state().Ephemerals[0].Text)
	calls := b.calls("")
	require.Equal(t, []any{"fault: status", true}, []any{calls[len(calls)-2].Error, calls[len(calls)-1].OK})
}
