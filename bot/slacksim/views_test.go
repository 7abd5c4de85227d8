package slacksim

import (
	"maps"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// opener is an app that opens a modal at every click, and answers submissions as told.
type opener struct {
	*testApp
	trigger atomic.Value
	reply   atomic.Value // object
}

func (b *bench) opener(open object) *opener {
	o := &opener{}
	o.reply.Store(object{})
	o.testApp = b.serve(func(f frame) any {
		switch f.Payload["type"] {
		case "view_submission":
			if r := o.reply.Load().(object); len(r) > 0 {
				return r
			}
			return nil
		case "block_actions":
			o.trigger.Store(f.Payload["trigger_id"].(string))
			if open != nil {
				b.must("views.open", object{"trigger_id": f.Payload["trigger_id"], "view": open})
			}
		}
		return nil
	})
	return o
}

func (b *bench) card() string {
	b.t.Helper()
	return b.post(object{"text": "Card", "blocks": []object{actions("a", button("open", "1"))}})
}

func (b *bench) view(id viewID) shownView {
	b.t.Helper()
	for _, v := range b.state().Views {
		if v.ID == id {
			return v
		}
	}
	require.Fail(b.t, "no such view", "%s", id)
	return shownView{}
}

func TestAClickOpensAModalAndTheSubmissionCarriesWhatWasTyped(t *testing.T) {
	b := outside(t, Options{Events: []string{}})
	form := modal(
		textInput("name", "name"),
		object{"type": "input", "block_id": "why", "label": plainText(1), "optional": true, "element": object{
			"type": "static_select", "action_id": "why", "options": []object{option("one"), option("two")}, "initial_option": option("one"),
		}},
		object{"type": "input", "block_id": "days", "label": plainText(1), "optional": true, "element": object{"type": "checkboxes", "action_id": "days", "options": []object{option("mon"), option("tue")}}},
	)
	form["private_metadata"] = "round 1"
	app := b.opener(form)
	defer app.stop()
	opened := b.act(object{"user": admin, "do": "click", "channel": samples, "ts": b.card(), "action_id": "open"})
	require.True(t, opened.OK, opened.Error)
	require.NotEmpty(t, opened.ViewID)
	shown := b.view(opened.ViewID)
	require.Equal(t, []any{userID(admin), "modal", "form", "round 1", true}, []any{shown.User, shown.Type, shown.CallbackID, shown.Private, shown.Open})

	refused := b.act(object{"user": admin, "do": "submit", "view_id": opened.ViewID, "values": object{}})
	require.Equal(t, `required: block "name" (Say) must be filled in`, refused.Error)
	require.Empty(t, app.got("view_submission"), "the client refuses by itself")
	require.Contains(t, b.act(object{"user": admin, "do": "submit", "view_id": opened.ViewID, "values": object{"nothing": "1"}}).Error, "no_such_control")
	require.Contains(t, b.act(object{"user": admin, "do": "submit", "view_id": opened.ViewID, "values": object{"name": "A", "why": "three"}}).Error, `invalid_value: block "why"`)
	require.Contains(t, b.act(object{"user": memberOne, "do": "submit", "view_id": opened.ViewID}).Error, "view_not_found")

	sent := b.act(object{"user": admin, "do": "submit", "view_id": opened.ViewID, "values": object{"name": "Glow", "days": []string{"tue"}}, "wait_ms": 0})
	require.True(t, sent.OK, sent.Error)
	got := app.got("view_submission")
	require.Len(t, got, 1)
	require.True(t, got[0].Accepts)
	view := got[0].Payload["view"].(object)
	require.Equal(t, jsonOf(t, object{
		"name": object{"name": object{"type": "plain_text_input", "value": "Glow"}},
		"why":  object{"why": object{"type": "static_select", "selected_option": option("one")}},
		"days": object{"days": object{"type": "checkboxes", "selected_options": []object{option("tue")}}},
	}), view["state"].(object)["values"])
	require.Equal(t, "round 1", view["private_metadata"])
	require.Equal(t, []any{}, got[0].Payload["response_urls"])
	require.False(t, b.view(opened.ViewID).Open)
	require.Contains(t, b.act(object{"user": admin, "do": "submit", "view_id": opened.ViewID}).Error, "view_closed")
}

func TestTheAnswerToASubmissionSaysWhatTheModalDoes(t *testing.T) {
	b := outside(t, Options{Events: []string{}, NoRateLimits: true})
	app := b.opener(modal(textInput("name", "name")))
	defer app.stop()
	submit := func(reply object) (sight, viewID) {
		app.reply.Store(reply)
		opened := b.act(object{"user": admin, "do": "click", "channel": samples, "ts": b.card(), "action_id": "open"})
		require.NotEmpty(t, opened.ViewID)
		return b.act(object{"user": admin, "do": "submit", "view_id": opened.ViewID, "values": object{"name": "A"}, "wait_ms": 0}), opened.ViewID
	}
	seen, id := submit(object{"response_action": "errors", "errors": object{"name": "Taken"}})
	require.True(t, seen.OK, seen.Error)
	require.JSONEq(t, `{"response_action":"errors","errors":{"name":"Taken"}}`, string(seen.Response))
	require.True(t, b.view(id).Open)

	other := modal(textInput("more", "more"))
	other["callback_id"] = "second"
	seen, id = submit(object{"response_action": "update", "view": other})
	require.Equal(t, id, seen.ViewID)
	require.Equal(t, "second", b.view(id).CallbackID)

	seen, id = submit(object{"response_action": "push", "view": other})
	require.NotEqual(t, id, seen.ViewID)
	require.Equal(t, id, b.view(seen.ViewID).Previous)
	require.True(t, b.view(id).Open)
	app.reply.Store(object{})
	top := b.act(object{"user": admin, "do": "submit", "view_id": seen.ViewID, "values": object{"more": "B"}, "wait_ms": 0})
	require.Equal(t, id, top.ViewID, "the modal below is back")

	seen, id = submit(object{"response_action": "clear"})
	require.True(t, seen.OK)
	require.False(t, b.view(id).Open)

	for _, c := range []struct {
		reply object
		want  string
	}{
		{object{"response_action": "errors", "errors": object{"elsewhere": "No"}}, "no input block"},
		{object{"response_action": "errors"}, "needs errors"},
		{object{"response_action": "explode"}, "no response_action explode"},
		{object{"text": "Thanks"}, "has no response_action"},
		{object{"response_action": "update", "view": object{"type": "home"}}, "unsupported type: home"},
	} {
		seen, id = submit(c.reply)
		require.Contains(t, seen.Error, "invalid_response")
		require.Contains(t, seen.Error, c.want)
		require.True(t, b.view(id).Open)
	}
}

func TestATriggerOpensOneModalWithinThreeSeconds(t *testing.T) {
	inBubble(t, Options{Events: []string{}}, func(t *testing.T, b *bench) {
		app := b.opener(nil)
		defer app.stop()
		ts := b.card()
		trigger := func() string {
			require.True(t, b.act(click(admin, ts, "open", nil)).OK)
			return app.trigger.Load().(string)
		}
		view := modal(textInput("name", "name"))
		bad := object{"type": "modal"}
		first := trigger()
		b.fails("invalid_arguments", "views.open", object{"trigger_id": first, "view": bad})
		b.must("views.open", object{"trigger_id": first, "view": view})
		b.fails("exchanged_trigger_id", "views.open", object{"trigger_id": first, "view": view})
		second := trigger()
		time.Sleep(3*time.Second + time.Millisecond)
		b.fails("expired_trigger_id", "views.open", object{"trigger_id": second, "view": bad})
		b.fails("invalid_trigger_id", "views.open", object{"trigger_id": "1.2.abc", "view": bad})
		b.fails("invalid_trigger_id", "views.open", object{"trigger_id": "soon", "view": view})
		b.fails("invalid_arguments", "views.open", object{"view": view})
		b.fails("invalid_arguments", "views.open", object{"trigger_id": trigger()})
	})
}

func TestModalsStandThreeDeep(t *testing.T) {
	b := outside(t, Options{Events: []string{}})
	app := b.opener(nil)
	defer app.stop()
	view := modal(actions("deep", button("open", "deeper")))
	require.True(t, b.act(click(admin, b.card(), "open", nil)).OK)
	below := b.must("views.open", object{"trigger_id": app.trigger.Load(), "view": view})["view"].(object)["id"]
	b.fails("exchanged_trigger_id", "views.push", object{"trigger_id": app.trigger.Load(), "view": view})
	for range 2 {
		require.True(t, b.act(object{"user": admin, "do": "click", "view_id": below, "action_id": "open", "wait_ms": 0}).OK)
		pushed := b.must("views.push", object{"trigger_id": app.trigger.Load(), "view": view})["view"].(object)
		require.Equal(t, below, pushed["previous_view_id"])
		below = pushed["id"]
	}
	require.True(t, b.act(object{"user": admin, "do": "click", "view_id": below, "action_id": "open", "wait_ms": 0}).OK)
	b.fails("push_limit_reached", "views.push", object{"trigger_id": app.trigger.Load(), "view": view})
	clicks := app.got("block_actions")
	inView := clicks[len(clicks)-1].Payload
	require.Equal(t, object{"type": "view", "view_id": below}, inView["container"])
	for _, absent := range []string{"channel", "message", "response_url"} {
		require.NotContains(t, inView, absent)
	}
	require.True(t, b.act(click(memberOne, b.card(), "open", nil)).OK)
	b.fails("invalid_trigger_id", "views.push", object{"trigger_id": app.trigger.Load(), "view": view})
}

func TestAViewIsUpdatedByWhoKnowsItsHash(t *testing.T) {
	b := outside(t, Options{Events: []string{}})
	app := b.opener(nil)
	defer app.stop()
	require.True(t, b.act(click(admin, b.card(), "open", nil)).OK)
	view := modal(textInput("name", "name"))
	view["external_id"] = "settings"
	opened := b.must("views.open", object{"trigger_id": app.trigger.Load(), "view": view})["view"].(object)
	updated := b.must("views.update", object{"view_id": opened["id"], "hash": opened["hash"], "view": view})["view"].(object)
	require.NotEqual(t, opened["hash"], updated["hash"])
	b.fails("hash_conflict", "views.update", object{"view_id": opened["id"], "hash": opened["hash"], "view": view})
	b.must("views.update", object{"external_id": "settings", "view": view})
	b.fails("not_found", "views.update", object{"view_id": "V404", "view": view})
	b.fails("invalid_arguments", "views.update", object{"view": view})
	b.fails("invalid_arguments", "views.update", object{"view_id": opened["id"], "view": object{"type": "home", "blocks": []object{}}})
	require.True(t, b.act(click(admin, b.card(), "open", nil)).OK)
	b.fails("duplicate_external_id", "views.open", object{"trigger_id": app.trigger.Load(), "view": view})
	require.True(t, b.act(object{"user": admin, "do": "close", "view_id": opened["id"]}).OK)
	b.fails("not_found", "views.update", object{"view_id": opened["id"], "view": view})
}

func TestAViewHasASizeItCannotExceed(t *testing.T) {
	b := outside(t, Options{})
	blocks := times(100, object{"type": "section", "text": object{"type": "mrkdwn", "text": long(2999)}})
	b.fails("view_too_large", "views.publish", object{"user_id": admin, "view": object{"type": "home", "blocks": blocks}})
}

func TestClosingIsToldOnlyWhenAskedFor(t *testing.T) {
	b := outside(t, Options{Events: []string{}})
	app := b.opener(nil)
	defer app.stop()
	for _, c := range []struct{ notify, clear bool }{{false, false}, {true, false}, {true, true}} {
		require.True(t, b.act(click(admin, b.card(), "open", nil)).OK)
		view := modal(textInput("name", "name"))
		view["notify_on_close"], view["clear_on_close"] = c.notify, c.clear
		opened := b.must("views.open", object{"trigger_id": app.trigger.Load(), "view": view})["view"].(object)
		before := len(app.got("view_closed"))
		require.True(t, b.act(object{"user": admin, "do": "close", "view_id": opened["id"]}).OK)
		got := app.got("view_closed")
		require.False(t, b.view(viewID(opened["id"].(string))).Open)
		if !c.notify {
			require.Len(t, got, before)
			continue
		}
		require.Len(t, got, before+1)
		require.Equal(t, c.clear, got[before].Payload["is_cleared"])
		require.NotContains(t, got[before].Payload, "trigger_id")
	}
}

func TestAHomeIsPublishedForOnePerson(t *testing.T) {
	b := outside(t, Options{})
	app := b.serve(nil)
	defer app.stop()
	seen := b.act(object{"user": admin, "do": "home"})
	require.Equal(t, sight{OK: true, AckedMS: seen.AckedMS}, seen)
	event := app.got("app_home_opened")[0].Payload["event"].(object)
	require.Equal(t, []any{"home", admin}, []any{event["tab"], event["user"]})
	require.NotContains(t, event, "view")
	home := object{"type": "home", "blocks": []object{actions("a", button("refresh", "1"))}}
	first := b.must("views.publish", object{"user_id": admin, "view": home})["view"].(object)
	second := b.must("views.publish", object{"user_id": admin, "view": home, "hash": first["hash"]})["view"].(object)
	require.Equal(t, first["id"], second["id"])
	b.fails("hash_conflict", "views.publish", object{"user_id": admin, "view": home, "hash": first["hash"]})
	b.fails("user_not_found", "views.publish", object{"user_id": "U404", "view": home})
	b.fails("invalid_arguments", "views.publish", object{"user_id": admin, "view": modal(textInput("a", "a"))})
	again := b.act(object{"user": admin, "do": "home"})
	require.Equal(t, first["id"], string(again.ViewID))
	require.Contains(t, app.got("app_home_opened")[1].Payload["event"].(object), "view")
	require.True(t, b.act(object{"user": admin, "do": "click", "view_id": again.ViewID, "action_id": "refresh", "wait_ms": 0}).OK)
	require.Equal(t, "home", app.got("block_actions")[0].Payload["view"].(object)["type"])
	require.Contains(t, b.act(object{"user": admin, "do": "close", "view_id": again.ViewID}).Error, "only a modal")
}

func TestAnExternalMenuIsFilledByTheApp(t *testing.T) {
	b := outside(t, Options{Events: []string{}})
	bad := atomic.Bool{}
	app := b.serve(func(f frame) any {
		switch {
		case f.Payload["type"] != "block_suggestion":
			return nil
		case bad.Load():
			return object{"options": options(101)}
		}
		return object{"options": []object{option("spring"), option("summer")}}
	})
	defer app.stop()
	menu := object{"type": "external_select", "action_id": "campaign", "placeholder": plainText(1), "min_query_length": 2}
	ts := b.post(object{"text": "Card", "blocks": []object{actions("a", menu)}})
	require.Contains(t, b.act(click(admin, ts, "campaign", object{"value": "summer"})).Error, "no such option", "nobody was offered it yet")
	suggest := func(text string) sight {
		return b.act(object{"user": admin, "do": "suggest", "channel": samples, "ts": ts, "action_id": "campaign", "text": text})
	}
	require.Contains(t, suggest("s").Error, "too_short")
	seen := suggest("su")
	require.True(t, seen.OK, seen.Error)
	require.JSONEq(t, string(encode(object{"options": []object{option("spring"), option("summer")}})), string(seen.Response))
	asked := app.got("block_suggestion")[0].Payload
	require.Equal(t, []any{"campaign", "a", "su"}, []any{asked["action_id"], asked["block_id"], asked["value"]})
	require.True(t, b.act(click(admin, ts, "campaign", object{"value": "summer"})).OK)
	bad.Store(true)
	require.Contains(t, suggest("su").Error, "invalid_options: [ERROR] no more than 100 items allowed [json-pointer:/options]")
}

func TestFieldsAreCheckedByTheClientBeforeAnythingIsSent(t *testing.T) {
	b := outside(t, Options{Events: []string{}})
	field := func(kind string, more object) object {
		e := object{"type": kind, "action_id": kind}
		maps.Copy(e, more)
		return object{"type": "input", "block_id": kind, "optional": true, "label": plainText(1), "element": e}
	}
	app := b.opener(modal(
		field("plain_text_input", object{"min_length": 2, "max_length": 3}), field("email_text_input", nil), field("url_text_input", nil),
		field("number_input", object{"is_decimal_allowed": false, "min_value": "1", "max_value": "9"}), field("timepicker", nil),
		field("datetimepicker", nil), field("rich_text_input", nil), field("conversations_select", object{"response_url_enabled": true}),
	))
	defer app.stop()
	opened := b.act(object{"user": admin, "do": "click", "channel": samples, "ts": b.card(), "action_id": "open"})
	for _, c := range []struct {
		field string
		value any
		want  string
	}{
		{"plain_text_input", "é", "at least 2"}, {"plain_text_input", long(4), "at most 3"}, {"email_text_input", "nobody", "no e-mail"},
		{"url_text_input", "here", "no address"}, {"number_input", "five", "no number"}, {"number_input", "1.5", "no whole number"},
		{"number_input", "0", "1 or more"}, {"number_input", "10", "9 or less"}, {"timepicker", "9:5", "no time"},
		{"datetimepicker", "soon", "no time in Unix seconds"}, {"rich_text_input", 5, "takes text"}, {"conversations_select", "C404", "no conversation"},
	} {
		require.Contains(t, b.act(object{"user": admin, "do": "submit", "view_id": opened.ViewID, "values": object{c.field: c.value}}).Error, c.want)
	}
	good := object{
		"plain_text_input": "éé", "email_text_input": "a@example.test", "url_text_input": "https://example.test", "number_input": "5", "timepicker": "09:05",
		"datetimepicker": 1795346152, "rich_text_input": "Hello <@U0ADMIN001>", "conversations_select": samples,
	}
	seen := b.act(object{"user": admin, "do": "submit", "view_id": opened.ViewID, "values": good, "wait_ms": 0})
	require.True(t, seen.OK, seen.Error)
	payload := app.got("view_submission")[0].Payload
	values := payload["view"].(object)["state"].(object)["values"].(object)
	require.EqualValues(t, 1795346152, values["datetimepicker"].(object)["datetimepicker"].(object)["selected_date_time"])
	require.Equal(t, "rich_text", values["rich_text_input"].(object)["rich_text_input"].(object)["rich_text_value"].(object)["type"])
	require.Equal(t, samples, payload["response_urls"].([]any)[0].(object)["channel_id"])
}

func TestASubmissionThatNobodyAcknowledgesLeavesTheModalOpen(t *testing.T) {
	inBubble(t, Options{Events: []string{}}, func(t *testing.T, b *bench) {
		app := b.opener(modal(textInput("name", "name")))
		defer app.stop()
		opened := b.act(object{"user": admin, "do": "click", "channel": samples, "ts": b.card(), "action_id": "open"})
		b.fault(object{"socket": "drop_ack"})
		seen := b.act(object{"user": admin, "do": "submit", "view_id": opened.ViewID, "values": object{"name": "A"}})
		require.Equal(t, "operation_timeout", seen.Error)
		require.True(t, b.view(opened.ViewID).Open)
		synctest.Wait()
	})
}

func TestTheMessagesTabIsToldApart(t *testing.T) {
	b := outside(t, Options{})
	app := b.serve(nil)
	defer app.stop()
	b.must("views.publish", object{"user_id": admin, "view": object{"type": "home", "blocks": []object{section("Hello")}}})
	seen := b.act(object{"user": admin, "do": "home", "tab": "messages"})
	require.True(t, seen.OK, seen.Error)
	require.Empty(t, seen.ViewID)
	require.NotEmpty(t, b.act(object{"user": admin, "do": "home"}).ViewID)
	require.Contains(t, b.act(object{"user": admin, "do": "home", "tab": "about"}).Error, "no_such_tab")
	got := app.got("app_home_opened")
	require.Len(t, got, 2)
	require.Equal(t, "messages", got[0].Payload["event"].(object)["tab"])
	require.Equal(t, "home", got[1].Payload["event"].(object)["tab"])
}
