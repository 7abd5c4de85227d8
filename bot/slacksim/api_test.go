package slacksim

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTheDetailsNameEverythingThatAClientNeeds(t *testing.T) {
	w := New(Options{})
	defer func() { require.NoError(t, w.Close()) }()
	d := w.Details("http://127.0.0.1:8484/")
	require.Regexp(t, `^xoxb-[0-9]+-[0-9]+-[0-9a-f]+$`, d.BotToken)
	require.Regexp(t, `^xapp-1-A0DESK0001-[0-9]+-[0-9a-f]+$`, d.AppToken)
	require.Len(t, d.SigningSecret, 32)
	d.BotToken, d.AppToken, d.SigningSecret = "", "", ""
	require.Equal(t, Details{
		APIURL: "http://127.0.0.1:8484/api/", Page: "http://127.0.0.1:8484/", Channel: samples,
		Users: []Person{
			{admin, "Admin", "admin"}, {memberOne, "Member One", "member"}, {"U0MEMBER02", "Member Two", "member"}, {guest, "Guest", "guest"},
			{stranger, "Stranger", "stranger"}, {outsider, "Outsider", "outsider"},
			{gridOne, "Grid One", "grid"}, {gridTwo, "Grid Two", "grid"},
		},
	}, d)
	other := New(Options{})
	defer func() { require.NoError(t, other.Close()) }()
	require.NotEqual(t, w.secrets, other.secrets)
}

func TestAuthTestNamesTheBotAndItsScopes(t *testing.T) {
	b := outside(t, Options{Scopes: []string{"chat:write", "commands"}})
	got, o := b.callAs(b.details.BotToken, "auth.test", object{})
	require.Equal(t, "chat:write,commands", got.Header.Get("X-OAuth-Scopes"))
	require.Equal(t, object{
		"ok": true, "url": b.base + "/", "team": "Sample Shop", "user": "sampledesk", "team_id": "T0DESK0001", "user_id": "U0DESK0BOT",
		"bot_id": "B0DESK0001", "app_id": "A0DESK0001", "is_enterprise_install": false,
	}, o)
}

func TestATokenHasToBeTheRightOne(t *testing.T) {
	b := outside(t, Options{})
	for _, c := range []struct{ secret, method, want string }{
		{"", "auth.test", "not_authed"},
		{"xoxb-1-2-3", "auth.test", "invalid_auth"},
		{b.details.AppToken, "auth.test", "not_allowed_token_type"},
		{b.details.BotToken, "apps.connections.open", "not_allowed_token_type"},
		{"xapp-1", "apps.connections.open", "invalid_auth"},
		{b.details.BotToken, "chat.shout", "unknown_method"},
	} {
		_, o := b.callAs(c.secret, c.method, object{})
		require.Equal(t, object{"ok": false, "error": c.want}, o, c.method)
	}
}

func TestATokenIsTakenFromTheHeaderOrAFormButNotFromAnAddressOrJSON(t *testing.T) {
	b := outside(t, Options{})
	require.Equal(t, true, b.form("auth.test", url.Values{})["ok"])
	_, body := b.do(b.request(http.MethodPost, b.details.APIURL+"auth.test?token="+b.details.BotToken, nil, ""))
	require.Equal(t, "not_authed", b.decode(body)["error"])
	_, body = b.do(b.request(http.MethodPost, b.details.APIURL+"auth.test", encode(object{"token": b.details.BotToken}), "application/json"))
	require.Equal(t, "not_authed", b.decode(body)["error"])
	for _, c := range b.calls("") {
		require.NotContains(t, fmt.Sprint(c.Args), "xoxb-", "tokens are not in the ledger")
	}
}

func TestABodyOfAnotherKindIsRefused(t *testing.T) {
	b := outside(t, Options{})
	for body, c := range map[string]struct{ kind, want string }{
		"<call/>": {"application/xml", "invalid_post_type"}, `{"text":`: {"application/json", "invalid_json"}, `[]`: {"application/json", "invalid_json"},
		`null`: {"application/json", "json_not_object"}, `%zz`: {"application/x-www-form-urlencoded", "invalid_form_data"},
	} {
		_, out := b.do(b.request(http.MethodPost, b.details.APIURL+"api.test", []byte(body), c.kind))
		require.Equal(t, c.want, b.decode(out)["error"], body)
	}
	got, _ := b.do(b.request(http.MethodPost, b.details.APIURL+"api.test", make([]byte, mostRequest+1), "application/json"))
	require.Equal(t, http.StatusRequestEntityTooLarge, got.StatusCode)
}

func TestAMissingScopeIsNamed(t *testing.T) {
	b := outside(t, Options{Scopes: []string{"users:read"}})
	for method, needed := range map[string]string{
		"chat.postMessage": "chat:write", "usergroups.list": "usergroups:read", "conversations.history": "channels:history",
		"conversations.info": "channels:read", "conversations.list": "channels:read", "reactions.add": "reactions:write",
	} {
		o := b.fails("missing_scope", method, object{"channel": samples, "text": "Hello"})
		require.Equal(t, object{"ok": false, "error": "missing_scope", "needed": needed, "provided": "users:read"}, o)
	}
	o := b.call("users.info", object{"user": admin})
	require.Equal(t, true, o["ok"])
}

func TestAMethodTakesAMinutesWorthOfItsTier(t *testing.T) {
	inBubble(t, Options{}, func(t *testing.T, b *bench) {
		for range 20 {
			b.must("users.list", object{})
		}
		got, o := b.callAs(b.details.BotToken, "users.list", object{})
		require.Equal(t, http.StatusTooManyRequests, got.StatusCode)
		require.Equal(t, "3", got.Header.Get("Retry-After"))
		require.Equal(t, object{"ok": false, "error": "ratelimited"}, o)
		time.Sleep(3 * time.Second)
		b.must("users.list", object{})
		b.fails("ratelimited", "users.list", object{})
		b.must("users.info", object{"user": admin})
	})
}

func TestAChannelTakesABurstOfTenPostsAndThenOneASecond(t *testing.T) {
	inBubble(t, Options{}, func(t *testing.T, b *bench) {
		app := b.serve(nil)
		defer app.stop()
		for range 10 {
			b.post(object{"text": "Hello"})
		}
		got, o := b.callAs(b.details.BotToken, "chat.postMessage", object{"channel": samples, "text": "Hello"})
		require.Equal(t, "ratelimited", o["error"])
		require.Equal(t, "1", got.Header.Get("Retry-After"))
		b.must("chat.postMessage", object{"channel": memberOne, "text": "another channel has its own budget"})
		time.Sleep(time.Second)
		b.post(object{"text": "Hello"})
	})
}

func TestLimitsCanBeTurnedOff(t *testing.T) {
	b := outside(t, Options{NoRateLimits: true})
	for range 120 {
		b.must("users.list", object{})
	}
}

func TestPeopleAreToldApart(t *testing.T) {
	b := outside(t, Options{})
	user := func(id string) object { return b.must("users.info", object{"user": id})["user"].(object) }
	require.Equal(t, true, user(admin)["is_admin"])
	require.Equal(t, false, user(memberOne)["is_restricted"])
	require.Equal(t, true, user(guest)["is_restricted"])
	require.Equal(t, true, user(stranger)["is_stranger"])
	require.Equal(t, foreignTeam, user(stranger)["team_id"])
	require.Equal(t, "T0DESK0001", user(outsider)["team_id"])
	require.Equal(t, true, user("U0DESK0BOT")["is_bot"])
	require.Equal(t, "Europe/Berlin", user(memberOne)["tz"])
	b.fails("user_not_found", "users.info", object{"user": "U404"})
	members := b.must("conversations.members", object{"channel": samples})["members"]
	require.Equal(t, []any{admin, memberOne, "U0MEMBER02", guest, stranger, gridOne, gridTwo, "U0DESK0BOT"}, members)
	groups := b.must("usergroups.list", object{"include_users": true})["usergroups"].([]any)
	require.Equal(t, []any{admin, memberOne}, groups[0].(object)["users"])
	require.Equal(t, []any{admin, memberOne}, b.must("usergroups.users.list", object{"usergroup": "S0REVIEW01"})["users"])
	b.fails("no_such_subteam", "usergroups.users.list", object{"usergroup": "S404"})
}

func TestListingsComeInPages(t *testing.T) {
	b := outside(t, Options{})
	var names []any
	cursor := ""
	for {
		o := b.must("users.list", object{"limit": 3, "cursor": cursor})
		for _, m := range o["members"].([]any) {
			names = append(names, m.(object)["name"])
		}
		if cursor = o["response_metadata"].(object)["next_cursor"].(string); cursor == "" {
			break
		}
	}
	require.Equal(t, []any{"admin", "member_one", "member_two", "guest", "stranger", "outsider", "grid_one", "grid_two", "sampledesk"}, names)
	b.fails("invalid_cursor", "users.list", object{"cursor": "from:nowhere"})
	b.fails("invalid_limit", "users.list", object{"limit": 0})
}

func TestHistoryPagesDoNotShiftWhenSomethingIsPosted(t *testing.T) {
	b := outside(t, Options{NoRateLimits: true})
	var posted []any
	for i := range 5 {
		posted = append(posted, b.post(object{"text": fmt.Sprint(i)}))
	}
	first := b.must("conversations.history", object{"channel": samples, "limit": 2})
	b.post(object{"text": "later"})
	seen := []any{}
	for o := first; ; {
		for _, m := range o["messages"].([]any) {
			seen = append(seen, m.(object)["ts"])
		}
		if o["has_more"] != true {
			break
		}
		o = b.must("conversations.history", object{"channel": samples, "limit": 2, "cursor": o["response_metadata"].(object)["next_cursor"]})
	}
	require.Equal(t, []any{posted[4], posted[3], posted[2], posted[1], posted[0]}, seen)
}

func TestHistoryKeepsToItsWindow(t *testing.T) {
	b := outside(t, Options{})
	one, two, three := b.post(object{"text": "1"}), b.post(object{"text": "2"}), b.post(object{"text": "3"})
	texts := func(args object) string {
		args["channel"] = samples
		all := []string{}
		for _, m := range b.must("conversations.history", args)["messages"].([]any) {
			all = append(all, m.(object)["text"].(string))
		}
		return strings.Join(all, " ")
	}
	require.Equal(t, "2", texts(object{"oldest": one, "latest": three}))
	require.Equal(t, "3 2 1", texts(object{"oldest": one, "latest": three, "inclusive": true}))
	require.Equal(t, "3", texts(object{"oldest": two}))
	b.fails("invalid_ts_oldest", "conversations.history", object{"channel": samples, "oldest": "yesterday"})
}

func TestConversationsAreOnlyForWhoIsInThem(t *testing.T) {
	b := outside(t, Options{})
	b.fails("channel_not_found", "conversations.info", object{"channel": "C404"})
	b.fails("not_in_channel", "conversations.history", object{"channel": general})
	require.Equal(t, false, b.must("conversations.info", object{"channel": general})["channel"].(object)["is_member"])
	b.must("conversations.join", object{"channel": general})
	b.must("conversations.history", object{"channel": general})
	o := b.must("conversations.open", object{"users": outsider, "return_im": true})
	direct := o["channel"].(object)
	require.Equal(t, true, direct["is_im"])
	require.Equal(t, outsider, direct["user"])
	require.Equal(t, true, b.must("conversations.open", object{"users": outsider})["already_open"])
	b.fails("user_not_found", "conversations.open", object{"users": "U404"})
	list := b.must("conversations.list", object{"types": "public_channel,im"})["channels"].([]any)
	require.Len(t, list, 3)
}

func TestReactionsAreAddedOnceAndRemovedOnce(t *testing.T) {
	b := outside(t, Options{})
	ts := b.post(object{"text": "Hello"})
	args := object{"channel": samples, "timestamp": ts, "name": "eyes"}
	b.must("reactions.add", args)
	b.fails("already_reacted", "reactions.add", args)
	require.Equal(t, []reaction{{Name: "eyes", Users: []userID{"U0DESK0BOT"}, Count: 1}}, b.state().Channels[0].Messages[0].Reactions)
	b.must("reactions.remove", args)
	b.fails("no_reaction", "reactions.remove", args)
	b.fails("invalid_name", "reactions.add", object{"channel": samples, "timestamp": ts, "name": ":eyes:"})
	b.fails("message_not_found", "reactions.add", object{"channel": samples, "timestamp": "1.000000", "name": "eyes"})
}

func TestAScheduledMessageComesWhenItsTimeHasCome(t *testing.T) {
	inBubble(t, Options{}, func(t *testing.T, b *bench) {
		app := b.serve(nil)
		defer app.stop()
		at := time.Now().Add(time.Hour).Unix()
		o := b.must("chat.scheduleMessage", object{"channel": samples, "text": "Good morning", "post_at": at})
		other := b.must("chat.scheduleMessage", object{"channel": samples, "text": "Never", "post_at": at})
		require.Len(t, b.must("chat.scheduledMessages.list", object{})["scheduled_messages"], 2)
		b.must("chat.deleteScheduledMessage", object{"channel": samples, "scheduled_message_id": other["scheduled_message_id"]})
		b.fails("invalid_scheduled_message_id", "chat.deleteScheduledMessage", object{"channel": samples, "scheduled_message_id": "Q404"})
		time.Sleep(time.Hour + time.Second)
		require.Len(t, b.state().Channels[0].Messages, 1)
		require.Equal(t, "Good morning", b.state().Channels[0].Messages[0].Text)
		require.NotEmpty(t, o["scheduled_message_id"])
		b.fails("time_in_past", "chat.scheduleMessage", object{"channel": samples, "text": "Late", "post_at": time.Now().Unix()})
		b.fails("time_too_far", "chat.scheduleMessage", object{"channel": samples, "text": "Far", "post_at": time.Now().Add(121 * 24 * time.Hour).Unix()})
	})
}

func TestAFormMayComeInParts(t *testing.T) {
	b := outside(t, Options{})
	form := func(fields map[string]string, file string) (*bytes.Buffer, string) {
		var body bytes.Buffer
		parts := multipart.NewWriter(&body)
		for k, v := range fields {
			require.NoError(t, parts.WriteField(k, v))
		}
		if file != "" {
			part, err := parts.CreateFormFile("file", "funnel.csv")
			require.NoError(t, err)
			_, err = part.Write([]byte(file))
			require.NoError(t, err)
		}
		require.NoError(t, parts.Close())
		return &body, parts.FormDataContentType()
	}
	body, kind := form(map[string]string{"token": b.details.BotToken, "filename": "funnel.csv", "length": "5"}, "")
	_, out := b.do(b.request(http.MethodPost, b.details.APIURL+"files.getUploadURLExternal", body.Bytes(), kind))
	o := b.decode(out)
	require.Equal(t, true, o["ok"], "%v", o)
	body, kind = form(nil, "a,b,c")
	got, out := b.do(b.request(http.MethodPost, o["upload_url"].(string), body.Bytes(), kind))
	require.Equal(t, http.StatusOK, got.StatusCode, "%s", out)
	body, kind = form(map[string]string{"a": "b"}, "")
	got, _ = b.do(b.request(http.MethodPost, o["upload_url"].(string), body.Bytes(), kind))
	require.Equal(t, http.StatusBadRequest, got.StatusCode)
}
