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

func click(user, ts, action string, more object) object {
	o := object{"user": user, "do": "click", "channel": samples, "ts": ts, "action_id": action, "wait_ms": 0}
	for k, v := range more {
		o[k] = v
	}
	return o
}

func firstAction(f frame) object { return f.Payload["actions"].([]any)[0].(object) }

func TestAClickInAnOldVersionCarriesThatVersionsValue(t *testing.T) {
	b := outside(t, Options{Events: []string{}})
	app := b.serve(nil)
	defer app.stop()
	ts := b.post(object{"text": "Card", "blocks": []object{actions("round-1", button("approve", "round 1"))}})
	b.must("chat.update", object{"channel": samples, "ts": ts, "text": "Card", "blocks": []object{actions("round-2", button("approve", "round 2"))}})
	b.must("chat.update", object{"channel": samples, "ts": ts, "text": "Decided", "blocks": []object{section("Decided")}})
	require.True(t, b.act(click(admin, ts, "approve", object{"value": "round 1"})).OK)
	require.True(t, b.act(click(admin, ts, "approve", nil)).OK)
	require.Equal(t, "no_such_control: no version carried a button \"approve\" with the value \"round 3\"", b.act(click(admin, ts, "approve", object{"value": "round 3"})).Error)
	require.Equal(t, `no_such_control: no version of it carried a control with the action_id "explode"`, b.act(click(admin, ts, "explode", nil)).Error)
	got := app.got("block_actions")
	require.Len(t, got, 2)
	require.Equal(t, []any{"round 1", "round-1"}, []any{firstAction(got[0])["value"], firstAction(got[0])["block_id"]})
	require.Equal(t, []any{"round 2", "round-2"}, []any{firstAction(got[1])["value"], firstAction(got[1])["block_id"]})
}

func TestAMenuDeliversTheOptionThatWasChosen(t *testing.T) {
	b := outside(t, Options{Events: []string{}})
	app := b.serve(nil)
	defer app.stop()
	menu := object{"type": "static_select", "action_id": "reject", "placeholder": plainText(1), "options": []object{option("not_match"), option("other")}}
	many := object{"type": "multi_static_select", "action_id": "tags", "placeholder": plainText(1), "options": []object{option("one"), option("two")}, "max_selected_items": 1}
	more := object{"type": "overflow", "action_id": "more", "options": []object{option("note")}}
	day := object{"type": "datepicker", "action_id": "day"}
	who := object{"type": "users_select", "action_id": "who"}
	ts := b.post(object{"text": "Card", "blocks": []object{actions("a", menu, more, day, who), {"type": "section", "block_id": "s", "text": plainText(1), "accessory": many}}})
	for _, c := range []struct {
		action string
		value  any
		want   object
	}{
		{"reject", "other", object{"selected_option": option("other")}},
		{"tags", []string{"two"}, object{"selected_options": []any{option("two")}}},
		{"more", "note", object{"selected_option": option("note")}},
		{"day", "2026-11-22", object{"selected_date": "2026-11-22"}},
		{"who", guest, object{"selected_user": guest}},
	} {
		seen := b.act(click(admin, ts, c.action, object{"value": c.value}))
		require.True(t, seen.OK, seen.Error)
		got := app.got("block_actions")
		last := firstAction(got[len(got)-1])
		for k, v := range c.want {
			require.Equal(t, jsonOf(t, v), last[k])
		}
	}
	got := app.got("block_actions")
	state := got[len(got)-1].Payload["state"].(object)["values"].(object)
	require.Equal(t, jsonOf(t, option("other")), state["a"].(object)["reject"].(object)["selected_option"], "what was chosen before is still chosen")
	for value, want := range map[any]string{
		"lost": `no_such_option: the static_select "reject": has no such option: "lost"`, 5: `no_such_option: the static_select "reject": takes one value as text`,
	} {
		require.Equal(t, want, b.act(click(admin, ts, "reject", object{"value": value})).Error)
	}
	require.Contains(t, b.act(click(admin, ts, "tags", object{"value": []string{"one", "two"}})).Error, "takes at most 1 choices")
	require.Contains(t, b.act(click(admin, ts, "day", object{"value": "tomorrow"})).Error, "is no date")
	require.Contains(t, b.act(click(admin, ts, "more", nil)).Error, "name the option")
	require.Contains(t, b.act(click(admin, ts, "who", object{"value": "U404"})).Error, "there is no user")
}

func jsonOf(t *testing.T, v any) any {
	t.Helper()
	var out any
	require.NoError(t, decode(encode(v), &out))
	return out
}

func TestOnlyWhoSeesTheChannelClicksInIt(t *testing.T) {
	b := outside(t, Options{Events: []string{}})
	app := b.serve(nil)
	defer app.stop()
	ts := b.post(object{"text": "Card", "blocks": []object{actions("a", button("approve", "1"))}})
	require.Equal(t, sight{Error: "channel_not_found"}, b.act(click(outsider, ts, "approve", nil)))
	require.Equal(t, "channel_not_found", b.act(object{"user": outsider, "do": "post", "channel": samples, "text": "Hello"}).Error)
	require.Equal(t, "channel_not_found", b.act(object{"user": outsider, "do": "command", "channel": samples, "command": "/samples"}).Error)
	require.Empty(t, app.got("block_actions"))
	require.True(t, b.act(click(guest, ts, "approve", nil)).OK)
	require.True(t, b.act(click(stranger, ts, "approve", nil)).OK)
	got := app.got("block_actions")
	require.Equal(t, "T0DESK0001", got[0].Payload["user"].(object)["team_id"])
	require.Equal(t, foreignTeam, got[1].Payload["user"].(object)["team_id"])
}

func TestAnImpossibleActSaysWhatIsWrong(t *testing.T) {
	b := outside(t, Options{})
	for _, c := range []struct {
		act  any
		want string
	}{
		{object{"user": admin, "do": "dance"}, "nobody can"},
		{object{"user": "U404", "do": "click"}, "user_not_found"},
		{object{"user": "U0DESK0BOT", "do": "click"}, "user_not_found"},
		{[]string{}, "an act is a JSON object"},
		{object{"user": admin, "do": "click"}, "a click needs action_id"},
		{click(admin, "1.000000", "approve", nil), "message_not_found"},
		{click(admin, "", "approve", object{"view_id": "V404"}), "view_not_found"},
		{object{"user": admin, "do": "command", "command": "/nothing"}, "unknown_command"},
		{object{"user": admin, "do": "command", "command": "/samples", "thread_ts": "1.000000"}, "cannot be used in a thread"},
		{object{"user": admin, "do": "post", "channel": samples, "text": " "}, "no_text"},
		{object{"user": admin, "do": "post", "channel": samples, "text": "A", "thread_ts": "1.000000"}, "thread_not_found"},
		{object{"user": admin, "do": "submit", "view_id": "V404"}, "view_not_found"},
		{object{"user": admin, "do": "close", "channel": samples}, "message_not_found"},
		{object{"user": admin, "do": "shortcut"}, "unknown_shortcut"},
		{object{"user": admin, "do": "react", "channel": general, "ts": "1.000000", "reaction": "eyes"}, "message_not_found"},
	} {
		seen := b.act(c.act)
		require.False(t, seen.OK)
		require.Contains(t, seen.Error, c.want)
	}
}

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
	require.NotContains(t, got[len(got)-1].Payload, "message")
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
