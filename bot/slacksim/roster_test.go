package slacksim

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// control orders something at /sim/… that has to be done.
func (b *bench) control(path string, v object) object {
	b.t.Helper()
	status, out := b.sim(http.MethodPost, path, v)
	require.Equal(b.t, http.StatusOK, status, "%s", out)
	return b.decode(out)
}

func (b *bench) person(id string) object {
	b.t.Helper()
	return b.must("users.info", object{"user": id, "include_locale": true})["user"].(object)
}

func TestAnAccountCanBecomeAGuestsOrAStrangers(t *testing.T) {
	b := outside(t, Options{Events: []string{"user_change"}})
	app := b.serve(nil)
	defer app.stop()
	b.control("users/"+memberOne, object{"is_restricted": true})
	require.Equal(t, []any{true, false}, []any{b.person(memberOne)["is_restricted"], b.person(memberOne)["is_ultra_restricted"]})
	b.control("users/"+memberOne, object{"is_restricted": false, "is_ultra_restricted": true})
	require.Equal(t, []any{true, true}, []any{b.person(memberOne)["is_restricted"], b.person(memberOne)["is_ultra_restricted"]})
	b.control("users/"+memberOne, object{"is_ultra_restricted": false, "is_stranger": true})
	require.Equal(t, []any{true, foreignTeam}, []any{b.person(memberOne)["is_stranger"], b.person(memberOne)["team_id"]})
	b.control("users/"+memberOne, object{"is_stranger": false, "tz": "Asia/Tokyo", "locale": "ja-JP"})
	require.Equal(t, []any{"T0DESK0001", "Asia/Tokyo", 32400.0, "ja-JP"}, []any{
		b.person(memberOne)["team_id"], b.person(memberOne)["tz"], b.person(memberOne)["tz_offset"], b.person(memberOne)["locale"],
	})
	require.Eventually(t, func() bool { return len(app.got("user_change")) == 4 }, 10*time.Second, time.Millisecond)
	require.Equal(t, memberOne, app.got("user_change")[0].Payload["event"].(object)["user"].(object)["id"])
}

func TestALocaleIsToldToWhoAsksForIt(t *testing.T) {
	b := outside(t, Options{})
	require.NotContains(t, b.must("users.info", object{"user": admin})["user"], "locale")
	require.Equal(t, "en-GB", b.person(admin)["locale"])
}

func TestADeactivatedAccountDoesNothingAndIsWrittenNothing(t *testing.T) {
	b := outside(t, Options{Events: []string{}})
	app := b.serve(nil)
	defer app.stop()
	ts := b.post(object{"text": "Card", "blocks": []object{actions("a", button("approve", "1"))}})
	direct := b.must("conversations.open", object{"users": memberOne})["channel"].(object)["id"]
	b.control("users/"+memberOne, object{"deleted": true})

	require.Equal(t, "account_inactive: the account of Member One was deactivated", b.act(click(memberOne, ts, "approve", nil)).Error)
	require.Empty(t, app.got("block_actions"))
	gone := b.person(memberOne)
	require.Equal(t, true, gone["deleted"])
	require.NotContains(t, gone, "tz")
	b.fails("user_disabled", "conversations.open", object{"users": memberOne})
	b.fails("channel_not_found", "chat.postMessage", object{"channel": memberOne, "text": "Hello"})
	b.fails("is_archived", "chat.postMessage", object{"channel": direct, "text": "Hello"})
	b.fails("user_not_found", "chat.postEphemeral", object{"channel": samples, "user": memberOne, "text": "Hello"})
	who := b.post(object{"text": "Card", "blocks": []object{actions("a", object{"type": "users_select", "action_id": "who"})}})
	require.Contains(t, b.act(click(admin, who, "who", object{"value": memberOne})).Error, "there is no user")

	b.control("users/"+memberOne, object{"deleted": false})
	require.True(t, b.act(click(memberOne, ts, "approve", nil)).OK)
}

func TestAUserGroupGetsOtherMembers(t *testing.T) {
	b := outside(t, Options{Events: []string{"subteam_members_changed", "subteam_updated"}})
	app := b.serve(nil)
	defer app.stop()
	b.control("usergroups/S0REVIEW01", object{"users": []string{memberOne, outsider}})
	require.Equal(t, []any{memberOne, outsider}, b.must("usergroups.users.list", object{"usergroup": "S0REVIEW01"})["users"])
	require.Eventually(t, func() bool { return len(app.got("subteam_members_changed")) == 1 }, 10*time.Second, time.Millisecond)
	event := app.got("subteam_members_changed")[0].Payload["event"].(object)
	require.Equal(t, []any{[]any{outsider}, []any{admin}}, []any{event["added_users"], event["removed_users"]})

	b.control("usergroups/S0REVIEW01", object{"disabled": true})
	require.Empty(t, b.must("usergroups.list", object{})["usergroups"])
	b.fails("no_such_subteam", "usergroups.users.list", object{"usergroup": "S0REVIEW01"})
	listed := b.must("usergroups.list", object{"include_disabled": true, "include_count": true})["usergroups"].([]any)[0].(object)
	require.Equal(t, 2.0, listed["user_count"])
	require.NotZero(t, listed["date_delete"])
	require.Eventually(t, func() bool { return len(app.got("subteam_updated")) == 1 }, 10*time.Second, time.Millisecond)
}

func TestAPrivateChannelIsThereForTheAppOnceItIsInvited(t *testing.T) {
	b := outside(t, Options{Events: []string{"message.groups", "member_joined_channel", "member_left_channel"}})
	app := b.serve(nil)
	defer app.stop()
	id := b.control("channels", object{"name": "launch", "private": true, "members": []string{admin, memberOne}})["id"].(string)
	for _, method := range []string{"conversations.info", "conversations.members", "chat.postMessage", "conversations.join"} {
		b.fails("channel_not_found", method, object{"channel": id, "text": "Hello"})
	}
	require.True(t, b.act(object{"user": admin, "do": "invite", "channel": id}).OK)
	require.Equal(t, "G", app.got("member_joined_channel")[0].Payload["event"].(object)["channel_type"])
	info := b.must("conversations.info", object{"channel": id})["channel"].(object)
	require.Equal(t, []any{true, true, false}, []any{info["is_private"], info["is_group"], info["is_channel"]})
	require.Len(t, b.must("conversations.list", object{"types": "private_channel"})["channels"], 1)

	said := b.act(object{"user": memberOne, "do": "post", "channel": id, "text": "Hello"})
	require.Equal(t, "group", app.got("message")[0].Payload["event"].(object)["channel_type"])
	require.Equal(t, "channel_not_found", b.act(object{"user": outsider, "do": "post", "channel": id, "text": "Hello"}).Error)
	require.True(t, b.act(object{"user": memberOne, "do": "shortcut", "callback_id": "note", "channel": id, "ts": said.TS, "wait_ms": 0}).OK)
	require.Equal(t, object{"id": id, "name": "privategroup"}, app.got("message_action")[0].Payload["channel"])

	require.True(t, b.act(object{"user": admin, "do": "kick", "channel": id, "member": memberOne}).OK)
	require.Equal(t, memberOne, app.got("member_left_channel")[0].Payload["event"].(object)["user"])
}

func TestPrivateChannelsAskForScopesOfTheirOwn(t *testing.T) {
	b := outside(t, Options{Scopes: []string{"channels:read", "channels:history", "chat:write"}})
	id := b.control("channels", object{"name": "launch", "private": true, "members": []string{admin, "U0DESK0BOT"}})["id"]
	for needed, method := range map[string]string{"groups:read": "conversations.members", "groups:history": "conversations.history"} {
		require.Equal(t, needed, b.fails("missing_scope", method, object{"channel": id})["needed"])
	}
}

func TestWhatIsWrongWithAControlIsSaid(t *testing.T) {
	b := outside(t, Options{})
	for _, c := range []struct {
		path string
		body object
		want string
	}{
		{"users/U404", object{}, `user_not_found: nobody here is "U404"`},
		{"users/U0DESK0BOT", object{}, `user_not_found: nobody here is "U0DESK0BOT"`},
		{"users/" + admin, object{"tz": "Mars"}, `tz must be a time zone such as Europe/Berlin, not "Mars"`},
		{"users/" + admin, object{"locale": "en"}, `locale must look like en-GB, not "en"`},
		{"users/" + admin, object{"is_guest": true}, `decoding JSON: json: unknown field "is_guest"`},
		{"usergroups/S404", object{}, `no_such_subteam: there is no user group "S404"`},
		{"usergroups/S0REVIEW01", object{"users": []string{"U404"}}, `invalid_users: "U404" is nobody here, or is named twice`},
		{"channels", object{"name": "Launch Day"}, "invalid_name: a channel's name has up to 80 lower-case letters, digits, dashes and underscores"},
		{"channels", object{"name": "samples"}, `name_taken: there is a channel "samples" already`},
		{"channels", object{"name": "launch", "members": []string{admin, admin}}, `invalid_users: "U0ADMIN001" is nobody here, or is named twice`},
	} {
		status, out := b.sim(http.MethodPost, c.path, c.body)
		require.Equal(t, http.StatusBadRequest, status)
		require.Equal(t, c.want, b.decode(out)["error"])
	}
}
