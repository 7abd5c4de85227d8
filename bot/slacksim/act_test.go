package slacksim

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/require"
)

func click(user, ts, action string, more object) object {
	o := object{"user": user, "do": "click", "channel": samples, "ts": ts, "action_id": action, "wait_ms": 0}
	maps.Copy(o, more)
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

func TestAButtonOfABlockInsideAnotherIsClicked(t *testing.T) {
	b := outside(t, Options{Events: []string{}})
	app := b.serve(nil)
	defer app.stop()
	card := object{"type": "card", "block_id": "card", "title": markdown(150), "actions": []object{button("approve", "a1")}}
	menu := object{"type": "static_select", "action_id": "reject", "options": []object{option("other")}}
	ts := b.post(object{"text": "Cards", "blocks": []object{
		{"type": "carousel", "elements": []object{card}},
		{"type": "container", "title": plainText(150), "child_blocks": []object{{"type": "divider"}, actions("inside", menu)}},
	}})
	require.True(t, b.act(click(admin, ts, "approve", nil)).OK)
	require.True(t, b.act(click(admin, ts, "reject", object{"value": "other"})).OK)
	got := app.got("block_actions")
	require.Len(t, got, 2)
	require.Equal(t, []any{"card", "a1"}, []any{firstAction(got[0])["block_id"], firstAction(got[0])["value"]})
	require.Equal(t, []any{"inside", option("other")}, []any{firstAction(got[1])["block_id"], firstAction(got[1])["selected_option"]})
	state := got[1].Payload["state"].(object)["values"].(object)
	require.Contains(t, state, "inside")
}
