package slacksim

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAMessageIsPostedFromAFormAndFromJSONAlike(t *testing.T) {
	b := outside(t, Options{})
	meta := object{"event_type": "sampledesk_card", "event_payload": object{"effect": "e1"}}
	blocks := []object{section("Hello")}
	first := b.must("chat.postMessage", object{"channel": samples, "text": "Hello", "blocks": blocks, "metadata": meta})
	second := b.form("chat.postMessage", url.Values{"channel": {samples}, "text": {"Hello"}, "blocks": {string(encode(blocks))}, "metadata": {string(encode(meta))}})
	require.Equal(t, true, second["ok"], "%v", second)
	require.NotEqual(t, first["ts"], second["ts"])
	for _, m := range b.state().Channels[0].Messages {
		require.Equal(t, "Hello", m.Text)
		require.JSONEq(t, string(encode(meta)), string(m.Metadata))
		require.Contains(t, string(m.Blocks), `"block_id"`)
	}
	calls := b.calls("")
	require.Equal(t, calls[0].Args, calls[1].Args, "the ledger shows both alike")
}

func TestAMessageNeedsSomethingToSayAndAPlaceToSayIt(t *testing.T) {
	b := outside(t, Options{NoRateLimits: true})
	for _, c := range []struct {
		want string
		args object
	}{
		{"no_text", object{"channel": samples}},
		{"no_text", object{"channel": samples, "text": "", "blocks": []object{}}},
		{"invalid_arguments", object{"text": "Hello"}},
		{"invalid_arguments", object{"channel": samples, "text": 5}},
		{"channel_not_found", object{"channel": "C404", "text": "Hello"}},
		{"channel_not_found", object{"channel": "#samples", "text": "Hello"}},
		{"not_in_channel", object{"channel": general, "text": "Hello"}},
		{"invalid_blocks_format", object{"channel": samples, "blocks": "[{]"}},
		{"invalid_blocks_format", object{"channel": samples, "blocks": object{"type": "divider"}}},
		{"invalid_blocks_format", object{"channel": samples, "blocks": []string{"divider"}}},
		{"markdown_text_conflict", object{"channel": samples, "text": "Hello", "markdown_text": "Hello"}},
		{"msg_too_long", object{"channel": samples, "markdown_text": long(12_001)}},
		{"too_many_attachments", object{"channel": samples, "attachments": times(101, object{"text": "A"})}},
		{"thread_not_found", object{"channel": samples, "text": "Hello", "thread_ts": "1795346152.000001"}},
		{"invalid_thread_ts", object{"channel": samples, "text": "Hello", "thread_ts": "0"}},
		{"missing_scope", object{"channel": samples, "text": "Hello", "username": "Somebody"}},
		{"invalid_metadata_format", object{"channel": samples, "text": "Hello", "metadata": "card"}},
		{"invalid_metadata_format", object{"channel": samples, "text": "Hello", "metadata": object{"event_type": "card"}}},
		{"invalid_metadata_format", object{"channel": samples, "text": "Hello", "metadata": object{"event_type": "", "event_payload": object{}}}},
		{"invalid_metadata_format", object{"channel": samples, "text": "Hello", "metadata": object{"event_type": "card", "event_payload": object{}, "more": 1}}},
		{"metadata_too_large", object{"channel": samples, "text": "Hello", "metadata": object{"event_type": "card", "event_payload": object{"a": long(8000)}}}},
	} {
		b.fails(c.want, "chat.postMessage", c.args)
	}
	require.Empty(t, b.state().Channels[0].Messages)
}

func TestALongTextIsCutWhenPostedAndRefusedWhenUpdated(t *testing.T) {
	b := outside(t, Options{})
	ts := b.post(object{"text": long(40_001)})
	require.Equal(t, long(40_000), b.state().Channels[0].Messages[0].Text)
	b.fails("msg_too_long", "chat.update", object{"channel": samples, "ts": ts, "text": long(4001)})
	b.must("chat.update", object{"channel": samples, "ts": ts, "text": long(4000)})
}

func TestAnUpdateRemovesWhatItDoesNotGiveButKeepsMetadata(t *testing.T) {
	b := outside(t, Options{})
	meta := object{"event_type": "card", "event_payload": object{"effect": "e1"}}
	ts := b.post(object{"text": "One", "blocks": []object{section("One")}, "metadata": meta})
	now := func() shownMessage { return b.state().Channels[0].Messages[0] }
	b.must("chat.update", object{"channel": samples, "ts": ts, "blocks": []object{section("Two")}, "text": "Two"})
	require.Nil(t, now().Edited, "blocks carry no edited mark")
	require.JSONEq(t, string(encode(meta)), string(now().Metadata))
	b.must("chat.update", object{"channel": samples, "ts": ts, "text": "Three"})
	require.NotNil(t, now().Edited)
	require.JSONEq(t, `[]`, string(now().Blocks))
	b.must("chat.update", object{"channel": samples, "ts": ts, "text": "Four", "metadata": object{}})
	require.Equal(t, "null", string(now().Metadata))
	b.fails("no_text", "chat.update", object{"channel": samples, "ts": ts})
	b.fails("message_not_found", "chat.update", object{"channel": samples, "ts": "1.000000", "text": "Five"})
}

func TestOnlyTheBotsOwnMessagesAreChanged(t *testing.T) {
	b := outside(t, Options{Events: []string{}})
	said := b.act(object{"user": admin, "do": "post", "channel": samples, "text": "Mine"})
	require.True(t, said.OK, said.Error)
	b.fails("cant_update_message", "chat.update", object{"channel": samples, "ts": said.TS, "text": "Yours"})
	b.fails("cant_delete_message", "chat.delete", object{"channel": samples, "ts": said.TS})
	whispered := b.must("chat.postEphemeral", object{"channel": samples, "user": admin, "text": "Psst"})
	b.fails("message_not_found", "chat.update", object{"channel": samples, "ts": whispered["message_ts"], "text": "Aloud"})
}

func TestMetadataComesBackOnlyWhenAskedFor(t *testing.T) {
	b := outside(t, Options{})
	b.post(object{"text": "One", "metadata": object{"event_type": "card", "event_payload": object{"n": 12345678901234567}}})
	plain := b.must("conversations.history", object{"channel": samples})["messages"].([]any)[0].(object)
	require.NotContains(t, plain, "metadata")
	full := b.must("conversations.history", object{"channel": samples, "include_all_metadata": true})["messages"].([]any)[0].(object)
	require.Equal(t, "card", full["metadata"].(object)["event_type"])
	require.Contains(t, string(b.state().Channels[0].Messages[0].Metadata), "12345678901234567", "numbers keep their digits")
}

func TestAThreadHangsFromItsFirstMessage(t *testing.T) {
	b := outside(t, Options{})
	parent := b.post(object{"text": "Card"})
	reply := b.post(object{"text": "Reply", "thread_ts": parent})
	b.fails("cannot_reply_to_message", "chat.postMessage", object{"channel": samples, "text": "Deeper", "thread_ts": reply})
	all := b.must("conversations.replies", object{"channel": samples, "ts": reply})["messages"].([]any)
	require.Len(t, all, 2)
	require.EqualValues(t, 1, all[0].(object)["reply_count"])
	require.Equal(t, parent, all[1].(object)["thread_ts"])
	require.Len(t, b.must("conversations.history", object{"channel": samples})["messages"], 1)
	b.must("chat.delete", object{"channel": samples, "ts": parent})
	all = b.must("conversations.replies", object{"channel": samples, "ts": parent})["messages"].([]any)
	require.Equal(t, "tombstone", all[0].(object)["subtype"])
	b.must("chat.delete", object{"channel": samples, "ts": reply})
	b.fails("thread_not_found", "conversations.replies", object{"channel": samples, "ts": "1.000000"})
	b.fails("message_not_found", "chat.delete", object{"channel": samples, "ts": reply})
}

func TestAnEphemeralIsForSomebodyInTheChannel(t *testing.T) {
	b := outside(t, Options{})
	b.fails("user_not_in_channel", "chat.postEphemeral", object{"channel": samples, "user": outsider, "text": "Psst"})
	b.fails("user_not_found", "chat.postEphemeral", object{"channel": samples, "user": "U404", "text": "Psst"})
	b.fails("no_text", "chat.postEphemeral", object{"channel": samples, "user": admin})
	b.must("chat.postEphemeral", object{"channel": samples, "user": admin, "text": "Psst"})
	e := b.state().Ephemerals
	require.Len(t, e, 1)
	require.Equal(t, []any{userID(admin), channelID(samples), "Psst"}, []any{e[0].User, e[0].Channel, e[0].Text})
	require.Empty(t, b.must("conversations.history", object{"channel": samples})["messages"])
}

func TestAnArchivedChannelTakesNothing(t *testing.T) {
	b := outside(t, Options{})
	ts := b.post(object{"text": "Before"})
	require.Equal(t, "restricted_action: only an admin can do that", b.act(object{"user": memberOne, "do": "archive", "channel": samples}).Error)
	require.True(t, b.act(object{"user": admin, "do": "archive", "channel": samples}).OK)
	b.fails("is_archived", "chat.postMessage", object{"channel": samples, "text": "After"})
	b.fails("is_inactive", "chat.update", object{"channel": samples, "ts": ts, "text": "After"})
	require.True(t, b.act(object{"user": admin, "do": "unarchive", "channel": samples}).OK)
	require.True(t, b.act(object{"user": admin, "do": "kick", "channel": samples}).OK)
	b.fails("not_in_channel", "chat.postMessage", object{"channel": samples, "text": "After"})
	b.fails("not_in_channel", "chat.update", object{"channel": samples, "ts": ts, "text": "After"})
}

func TestAPermalinkLeadsToThePage(t *testing.T) {
	b := outside(t, Options{})
	ts := b.post(object{"text": "Card"})
	reply := b.post(object{"text": "Reply", "thread_ts": ts})
	link := b.must("chat.getPermalink", object{"channel": samples, "message_ts": ts})["permalink"]
	require.Equal(t, b.base+"/archives/"+samples+"/p"+strings.ReplaceAll(ts, ".", ""), link)
	require.Contains(t, b.must("chat.getPermalink", object{"channel": samples, "message_ts": reply})["permalink"], "?thread_ts="+ts+"&cid="+samples)
	b.fails("message_not_found", "chat.getPermalink", object{"channel": samples, "message_ts": "1.000000"})
}

func TestAMessageWhosePictureCannotBeHadIsRefused(t *testing.T) {
	pictures := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/good.png":
			rw.Header().Set("Content-Type", "image/png")
			_, _ = rw.Write([]byte("png"))
		case "/page":
			rw.Header().Set("Content-Type", "text/html")
		default:
			http.NotFound(rw, r)
		}
	}))
	defer pictures.Close()
	b := outside(t, Options{})
	with := func(u string) object {
		return object{"channel": samples, "text": "Look", "blocks": []object{{
			"type": "section", "text": plainText(1), "accessory": object{"type": "image", "image_url": u, "alt_text": "A picture"},
		}}}
	}
	b.must("chat.postMessage", with(pictures.URL+"/good.png"))
	b.must("chat.postMessage", with("https://example.test/expired.png"))
	for _, bad := range []string{pictures.URL + "/missing.png", pictures.URL + "/page", "http://127.0.0.1:1/closed.png"} {
		o := b.fails("invalid_blocks", "chat.postMessage", with(bad))
		require.Equal(t, object{"messages": []any{"[ERROR] downloading image failed [json-pointer:/blocks/0/accessory/image_url]"}}, o["response_metadata"])
	}
	b.fault(object{"method": "images", "do": "error", "times": 1})
	b.fails("invalid_blocks", "chat.postMessage", with("https://example.test/expired.png"))
	b.must("chat.postMessage", with("https://example.test/expired.png"))
}

func TestRichTextIsNotReplacedByOtherBlocksAlone(t *testing.T) {
	b := outside(t, Options{})
	rich := object{"type": "rich_text", "elements": []object{richSection(object{"type": "text", "text": "Hello"})}}
	ts := b.post(object{"blocks": []object{rich}})
	b.fails("block_mismatch", "chat.update", object{"channel": samples, "ts": ts, "blocks": []object{section("Hello")}})
	b.must("chat.update", object{"channel": samples, "ts": ts, "blocks": []object{section("Hello"), rich}})
	b.must("chat.update", object{"channel": samples, "ts": ts, "text": "Hello"})
}

func TestABroadcastReplyCarriesItsRoot(t *testing.T) {
	b := outside(t, Options{Events: []string{"message.channels"}})
	app := b.serve(nil)
	defer app.stop()
	ts := b.post(object{"text": "Card"})
	b.post(object{"text": "Ends soon", "thread_ts": ts, "reply_broadcast": true})
	require.Eventually(t, func() bool { return len(app.got("message")) == 2 }, 10*time.Second, time.Millisecond)
	for _, f := range app.got("message") {
		event := f.Payload["event"].(object)
		if event["text"] == "Ends soon" {
			require.Equal(t, "thread_broadcast", event["subtype"])
			require.Equal(t, ts, event["root"].(object)["ts"])
		}
	}
}
