package slacksim

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestASuggestionIsAskedForTheBlockThatIsMeant(t *testing.T) {
	b := outside(t, Options{Events: []string{}})
	app := b.serve(func(f frame) any {
		if f.Payload["type"] != "block_suggestion" {
			return nil
		}
		return object{"option_groups": []object{{"label": plainText(75), "options": []object{option(f.Payload["block_id"].(string))}}}}
	})
	defer app.stop()
	search := func() object {
		return object{"type": "multi_external_select", "action_id": "creator", "placeholder": plainText(1), "min_query_length": 0}
	}
	b.must("views.publish", object{"user_id": memberOne, "view": home(actions("first", search()), actions("second", search()))})
	view := b.act(object{"user": memberOne, "do": "home"}).ViewID
	seen := b.act(object{"user": memberOne, "do": "suggest", "view_id": view, "block_id": "second", "action_id": "creator", "text": ""})
	require.True(t, seen.OK, seen.Error)
	asked := app.got("block_suggestion")
	require.Len(t, asked, 1)
	require.Equal(t, []any{kindInteractive, true}, []any{asked[0].Type, asked[0].Accepts})
	require.Equal(t, []any{"second", "creator", ""}, []any{asked[0].Payload["block_id"], asked[0].Payload["action_id"], asked[0].Payload["value"]})
	require.Equal(t, "home", asked[0].Payload["view"].(object)["type"])
	require.NotContains(t, asked[0].Payload, "trigger_id")
	require.NotContains(t, asked[0].Payload, "response_url")

	pick := object{"user": memberOne, "do": "click", "view_id": view, "block_id": "second", "action_id": "creator", "value": []string{"second"}, "wait_ms": 0}
	require.True(t, b.act(pick).OK)
	clicked := app.got("block_actions")[0].Payload
	require.Equal(t, []any{option("second")}, clicked["actions"].([]any)[0].(object)["selected_options"])
	require.Equal(t, []any{}, clicked["view"].(object)["state"].(object)["values"].(object)["first"].(object)["creator"].(object)["selected_options"])
}

func TestAMenuOfConversationsOffersWhatThatPersonMayChoose(t *testing.T) {
	b := outside(t, Options{Events: []string{}})
	app := b.serve(nil)
	defer app.stop()
	launch := b.control("channels", object{"name": "launch", "private": true, "members": []string{admin}})["id"].(string)
	menu := func(kind string, filter object) object {
		o := object{"type": kind, "action_id": "where", "placeholder": plainText(1)}
		if filter != nil {
			o["filter"] = filter
		}
		return o
	}
	for name, c := range map[string]struct {
		menu        object
		user, value string
		ok          bool
	}{
		"a public channel without being in it":  {menu("channels_select", nil), memberOne, general, true},
		"a private channel as its member":       {menu("conversations_select", nil), admin, launch, true},
		"a private channel of others":           {menu("conversations_select", nil), memberOne, launch, false},
		"a private channel in a menu of public": {menu("channels_select", nil), admin, launch, false},
		"a kind that the filter leaves out":     {menu("conversations_select", object{"include": []string{"private"}}), admin, general, false},
		"a channel shared with others":          {menu("conversations_select", object{"exclude_external_shared_channels": true}), admin, samples, false},
	} {
		t.Run(name, func(t *testing.T) {
			ts := b.post(object{"text": "Card", "blocks": []object{actions("a", c.menu)}})
			seen := b.act(click(c.user, ts, "where", object{"value": c.value}))
			require.Equal(t, c.ok, seen.OK, seen.Error)
			if !c.ok {
				require.Contains(t, seen.Error, "there is no conversation")
			}
		})
	}
}

func TestAMenuStartsWithTheConversationThatTheModalWasOpenedIn(t *testing.T) {
	b := outside(t, Options{Events: []string{}})
	input := func(block string, more object) object {
		e := object{"type": "conversations_select", "action_id": block, "default_to_current_conversation": true}
		maps.Copy(e, more)
		return object{"type": "input", "block_id": block, "label": plainText(1), "optional": true, "element": e}
	}
	app := b.opener(modal(input("here", nil), input("named", object{"initial_conversation": general}), input("private", object{"filter": object{"include": []string{"private"}}})))
	defer app.stop()
	opened := b.act(object{"user": admin, "do": "click", "channel": samples, "ts": b.card(), "action_id": "open"})
	require.True(t, opened.OK, opened.Error)
	require.Equal(t, jsonOf(t, object{"values": object{
		"here":    object{"here": object{"type": "conversations_select", "selected_conversation": samples}},
		"named":   object{"named": object{"type": "conversations_select", "selected_conversation": general}},
		"private": object{"private": object{"type": "conversations_select", "selected_conversation": nil}},
	}}), jsonOf(t, b.view(opened.ViewID).State))
}

func TestShortcutsNeedTheScopeOfCommands(t *testing.T) {
	b := outside(t, Options{Scopes: []string{"chat:write"}, Shortcuts: []Shortcut{{Name: "Add note", CallbackID: "note", Type: "message"}}})
	seen := b.act(object{"user": admin, "do": "shortcut", "callback_id": "note", "channel": samples, "ts": b.post(object{"text": "Card"})})
	require.Equal(t, "unknown_shortcut: the app was not granted the scope commands", seen.Error)
}

func TestAUrlButtonIsAlsoAClick(t *testing.T) {
	b := outside(t, Options{Events: []string{}})
	app := b.serve(nil)
	defer app.stop()
	link := button("profile", "creator 1")
	link["url"] = "https://example.test/creator/1"
	more := object{"type": "overflow", "action_id": "more", "options": []object{
		{"text": plainText(1), "value": "profile", "url": "https://example.test/creator/1"}, option("look"),
	}}
	ts := b.post(object{"text": "Card", "blocks": []object{actions("a", link, more)}})
	require.True(t, b.act(click(admin, ts, "profile", nil)).OK)
	require.True(t, b.act(click(admin, ts, "more", object{"value": "profile"})).OK)
	got := app.got("block_actions")
	require.Equal(t, []any{"creator 1", "https://example.test/creator/1"}, []any{firstAction(got[0])["value"], firstAction(got[0])["url"]})
	require.Equal(t, "https://example.test/creator/1", firstAction(got[1])["selected_option"].(object)["url"])
}

func TestADispatchingInputReportsFromItsModalWithTheWholeState(t *testing.T) {
	b := outside(t, Options{Events: []string{}})
	shop := object{
		"type": "input", "block_id": "shop", "label": plainText(1), "dispatch_action": true, "optional": true,
		"element": object{"type": "static_select", "action_id": "shop", "options": []object{option("one"), option("two")}, "initial_option": option("one")},
	}
	hours := object{
		"type": "input", "block_id": "hours", "label": plainText(1), "dispatch_action": true, "optional": true,
		"element": object{
			"type": "number_input", "action_id": "hours", "is_decimal_allowed": false, "initial_value": "48",
			"dispatch_action_config": object{"trigger_actions_on": []string{"on_character_entered"}},
		},
	}
	app := b.opener(modal(shop, hours, textInput("note", "note")))
	defer app.stop()
	opened := b.act(object{"user": admin, "do": "click", "channel": samples, "ts": b.card(), "action_id": "open"})
	require.NotEmpty(t, opened.ViewID)
	for _, c := range []object{{"action_id": "shop", "value": "two"}, {"action_id": "hours", "value": "24"}, {"action_id": "note", "value": "quiet"}} {
		c["user"], c["do"], c["view_id"], c["wait_ms"] = admin, "click", opened.ViewID, 0
		seen := b.act(c)
		require.True(t, seen.OK, seen.Error)
	}
	got := app.got("block_actions")
	require.Len(t, got, 3, "the click that opened it, and two inputs; the third reports nothing before it is submitted")
	require.Equal(t, []any{"number_input", "24"}, []any{firstAction(got[2])["type"], firstAction(got[2])["value"]})
	values := got[2].Payload["view"].(object)["state"].(object)["values"].(object)
	require.Equal(t, jsonOf(t, option("two")), values["shop"].(object)["shop"].(object)["selected_option"])
	require.Equal(t, object{"type": "view", "view_id": string(opened.ViewID)}, got[2].Payload["container"])
	require.NotContains(t, got[2].Payload, "response_url")
	require.NotEmpty(t, got[2].Payload["trigger_id"])
}

func TestAGroupMentionIsAGroupInTheLayoutOfWhatIsTyped(t *testing.T) {
	b := outside(t, Options{Events: []string{"message.channels"}})
	app := b.serve(nil)
	defer app.stop()
	require.True(t, b.act(object{"user": admin, "do": "post", "channel": samples, "text": "<!subteam^S0REVIEW01> look, <!here>"}).OK)
	block := app.got("message")[0].Payload["event"].(object)["blocks"].([]any)[0].(object)
	require.Equal(t, []any{
		object{"type": "usergroup", "usergroup_id": "S0REVIEW01"}, object{"type": "text", "text": " look, "}, object{"type": "broadcast", "range": "here"},
	}, block["elements"].([]any)[0].(object)["elements"])
}
