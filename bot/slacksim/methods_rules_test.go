package slacksim

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// methodRule is one rule of Slack's for one method: what is sent, and the documented error; no error where a value just keeps to its limit.
// A text such as "$ts" stands for something that the stage below holds.
type methodRule struct {
	rule, method string
	args         object
	want         string
}

func layout(n int) []object {
	return []object{{"type": "header", "text": plainText(n)}}
}

func form(title int, blocks ...object) object {
	return object{"type": "modal", "title": plainText(title), "submit": plainText(24), "blocks": append([]object{}, blocks...)}
}

func home(blocks ...object) object {
	return object{"type": "home", "blocks": append([]object{}, blocks...)}
}

// heavy is a view of n bytes or a little more: sections of the longest text, of two bytes a character.
func heavy(n int) object {
	var blocks []object
	for range n / 6000 {
		blocks = append(blocks, section(long(2950)))
	}
	return form(24, blocks...)
}

var methodRules = []methodRule{
	{"a post needs text, blocks or attachments", "chat.postMessage", object{"channel": samples}, "no_text"},
	{"attachments alone are enough", "chat.postMessage", object{"channel": samples, "attachments": times(100, object{"text": "A"})}, ""},
	{"a message has at most 100 attachments", "chat.postMessage", object{"channel": samples, "attachments": times(101, object{"text": "A"})}, "too_many_attachments"},
	{"a message has at most 50 blocks", "chat.postMessage", object{"channel": samples, "blocks": times(50, object{"type": "divider"})}, ""},
	{"a message has at most 50 blocks: one more", "chat.postMessage", object{"channel": samples, "blocks": times(51, object{"type": "divider"})}, "invalid_blocks"},
	{"blocks are held against the table of limits", "chat.postMessage", object{"channel": samples, "blocks": layout(150)}, ""},
	{"blocks are held against the table of limits: one character more", "chat.postMessage", object{"channel": samples, "blocks": layout(151)}, "invalid_blocks"},
	{"a text of any length is posted, and cut at 40,000", "chat.postMessage", object{"channel": samples, "text": long(40_001)}, ""},
	{"markdown_text has at most 12,000 characters", "chat.postMessage", object{"channel": samples, "markdown_text": long(12_000)}, ""},
	{"markdown_text has at most 12,000 characters: one more", "chat.postMessage", object{"channel": samples, "markdown_text": long(12_001)}, "msg_too_long"},
	{"markdown_text conflicts with text", "chat.postMessage", object{"channel": samples, "text": "A", "markdown_text": "A"}, "markdown_text_conflict"},
	{"markdown_text conflicts with blocks", "chat.postMessage", object{"channel": samples, "markdown_text": "A", "blocks": layout(1)}, "markdown_text_conflict"},
	{"metadata has an event_type and an event_payload", "chat.postMessage", object{"channel": samples, "text": "A", "metadata": object{"event_type": "a"}}, "invalid_metadata_format"},
	{"metadata has a size", "chat.postMessage", object{"channel": samples, "text": "A", "metadata": object{"event_type": "a", "event_payload": object{"a": long(4000)}}}, "metadata_too_large"},
	{"a post goes to a channel that exists", "chat.postMessage", object{"channel": "C404", "text": "A"}, "channel_not_found"},
	{"a post goes to a channel that the bot is in", "chat.postMessage", object{"channel": general, "text": "A"}, "not_in_channel"},
	{"a person's identifier opens the conversation with them", "chat.postMessage", object{"channel": outsider, "text": "A"}, ""},
	{"a reply names a message that is there", "chat.postMessage", object{"channel": samples, "text": "A", "thread_ts": "1795346152.000001"}, "thread_not_found"},
	{"a reply names its thread's first message", "chat.postMessage", object{"channel": samples, "text": "A", "thread_ts": "$reply"}, "cannot_reply_to_message"},

	{"an update has at most 4,000 characters", "chat.update", object{"channel": samples, "ts": "$ts", "text": long(4000)}, ""},
	{"an update has at most 4,000 characters: one more", "chat.update", object{"channel": samples, "ts": "$ts", "text": long(4001)}, "msg_too_long"},
	{"only the bot's own messages are updated", "chat.update", object{"channel": samples, "ts": "$theirs", "text": "A"}, "cant_update_message"},
	{"ephemeral messages are never updated", "chat.update", object{"channel": samples, "ts": "$whisper", "text": "A"}, "message_not_found"},
	{"an update of a direct message needs its channel", "chat.update", object{"channel": memberOne, "ts": "$ts", "text": "A"}, "channel_not_found"},
	{"an update needs content", "chat.update", object{"channel": samples, "ts": "$ts"}, "no_text"},
	{"rich text is not replaced by other blocks", "chat.update", object{"channel": samples, "ts": "$rich", "blocks": layout(1)}, "block_mismatch"},
	{"empty blocks clear those that were there", "chat.update", object{"channel": samples, "ts": "$ts", "text": "A", "blocks": []any{}}, ""},
	{"an update says which message it means", "chat.update", object{"channel": samples, "text": "A"}, "invalid_arguments"},

	{"only the bot's own messages are deleted", "chat.delete", object{"channel": samples, "ts": "$theirs"}, "cant_delete_message"},
	{"a message that is gone cannot be deleted", "chat.delete", object{"channel": samples, "ts": "1795346152.000001"}, "message_not_found"},
	{"an ephemeral message is for somebody in the channel", "chat.postEphemeral", object{"channel": samples, "user": outsider, "text": "A"}, "user_not_in_channel"},
	{"an ephemeral message needs content", "chat.postEphemeral", object{"channel": samples, "user": admin}, "no_text"},
	{"a permalink leads to a message that is there", "chat.getPermalink", object{"channel": samples, "message_ts": "1795346152.000001"}, "message_not_found"},
	{"a permalink leads to a channel that is there", "chat.getPermalink", object{"channel": "C404", "message_ts": "$ts"}, "channel_not_found"},
	{"a message is scheduled for later", "chat.scheduleMessage", object{"channel": samples, "text": "A", "post_at": 1_000_000_000}, "time_in_past"},
	{"a message is scheduled for the next 120 days", "chat.scheduleMessage", object{"channel": samples, "text": "A", "post_at": 9_999_999_999}, "time_too_far"},
	{"a message is scheduled for a time", "chat.scheduleMessage", object{"channel": samples, "text": "A", "post_at": "soon"}, "invalid_time"},
	{"only what is scheduled is taken back", "chat.deleteScheduledMessage", object{"channel": samples, "scheduled_message_id": "Q404"}, "invalid_scheduled_message_id"},

	{"only channels that are there are described", "conversations.info", object{"channel": "C404"}, "channel_not_found"},
	{"channels are of known kinds", "conversations.list", object{"types": "secret"}, "invalid_types"},
	{"a page has a length", "conversations.list", object{"limit": 1001}, "invalid_limit"},
	{"a cursor comes from the page before", "conversations.list", object{"cursor": "2"}, "invalid_cursor"},
	{"history is for who is in the channel", "conversations.history", object{"channel": general}, "not_in_channel"},
	{"history has a page of at most 999", "conversations.history", object{"channel": samples, "limit": 999}, ""},
	{"history has a page of at most 999: one more", "conversations.history", object{"channel": samples, "limit": 1000}, "invalid_limit"},
	{"history has a window of stamps", "conversations.history", object{"channel": samples, "oldest": "yesterday"}, "invalid_ts_oldest"},
	{"replies belong to a message that is there", "conversations.replies", object{"channel": samples, "ts": "1795346152.000001"}, "thread_not_found"},
	{"members are of a channel that is there", "conversations.members", object{"channel": "C404"}, "channel_not_found"},
	{"a conversation is opened with somebody", "conversations.open", object{}, "users_list_not_supplied"},
	{"a conversation is opened with somebody who is there", "conversations.open", object{"users": "U404"}, "user_not_found"},
	{"a conversation is not opened with the bot itself", "conversations.open", object{"users": "U0DESK0BOT"}, "cannot_dm_bot"},
	{"a direct conversation is not joined", "conversations.join", object{"channel": "$direct"}, "method_not_supported_for_channel_type"},

	{"a modal opens with a trigger", "views.open", object{"view": form(24)}, "invalid_arguments"},
	{"a modal opens with a well-formed trigger", "views.open", object{"trigger_id": "soon", "view": form(24)}, "invalid_trigger_id"},
	{"a trigger that never was opens nothing", "views.open", object{"trigger_id": "1.2.abc", "view": form(24)}, "invalid_trigger_id"},
	{"a trigger opens one modal", "views.open", object{"trigger_id": "$used", "view": form(24)}, "exchanged_trigger_id"},
	{"a trigger lives three seconds", "views.open", object{"trigger_id": "$old", "view": form(24)}, "expired_trigger_id"},
	{"a bad trigger outranks a bad view", "views.open", object{"trigger_id": "$old", "view": form(25)}, "expired_trigger_id"},
	{"a modal's title has at most 24 characters", "views.open", object{"trigger_id": "$trigger", "view": form(24)}, ""},
	{"a modal's title has at most 24 characters: one more", "views.open", object{"trigger_id": "$trigger", "view": form(25)}, "invalid_arguments"},
	{"a view has at most 250,000 bytes", "views.open", object{"trigger_id": "$trigger", "view": heavy(246_000)}, ""},
	{"a view has at most 250,000 bytes: more", "views.open", object{"trigger_id": "$trigger", "view": heavy(252_000)}, "view_too_large"},
	{"a view has at most 100 blocks", "views.open", object{"trigger_id": "$trigger", "view": form(24, repeat(100)...)}, ""},
	{"a view has at most 100 blocks: one more", "views.open", object{"trigger_id": "$trigger", "view": form(24, repeat(101)...)}, "invalid_arguments"},
	{"an external_id is one view's", "views.open", object{"trigger_id": "$trigger", "view": object{"type": "modal", "title": plainText(1), "blocks": []any{}, "external_id": "taken"}}, "duplicate_external_id"},
	{"modals stand three deep", "views.push", object{"trigger_id": "$third", "view": form(24)}, "push_limit_reached"},
	{"a modal is pushed upon one that is open", "views.push", object{"trigger_id": "$trigger", "view": form(24)}, "invalid_trigger_id"},
	{"a view is updated by who knows its hash", "views.update", object{"view_id": "$view", "hash": "1.abc", "view": form(24)}, "hash_conflict"},
	{"a view that is gone is not updated", "views.update", object{"view_id": "V404", "view": form(24)}, "not_found"},
	{"a home is published for somebody", "views.publish", object{"view": home()}, "invalid_arguments"},
	{"a home is published for somebody who is there", "views.publish", object{"user_id": "U404", "view": home()}, "user_not_found"},
	{"a home is updated by who knows its hash", "views.publish", object{"user_id": admin, "hash": "1.abc", "view": home()}, "hash_conflict"},
	{"a home is no modal", "views.publish", object{"user_id": admin, "view": form(24)}, "invalid_arguments"},

	{"only people who are there are described", "users.info", object{"user": "U404"}, "user_not_found"},
	{"only groups that are there have members", "usergroups.users.list", object{"usergroup": "S404"}, "no_such_subteam"},
	{"a reaction is added once", "reactions.add", object{"channel": samples, "timestamp": "$ts", "name": "eyes"}, "already_reacted"},
	{"a reaction has a name", "reactions.add", object{"channel": samples, "timestamp": "$ts", "name": ":eyes:"}, "invalid_name"},
	{"a reaction belongs to a message that is there", "reactions.add", object{"channel": samples, "timestamp": "1795346152.000001", "name": "eyes"}, "message_not_found"},
	{"an upload says how long it is", "files.getUploadURLExternal", object{"filename": "a.csv"}, "invalid_arguments"},
	{"an upload has a size", "files.getUploadURLExternal", object{"filename": "a.csv", "length": mostUpload + 1}, "file_upload_size_restricted"},
	{"only files that are there are described", "files.info", object{"file": "F404"}, "file_not_found"},
	{"only files that are there are deleted", "files.delete", object{"file": "F404"}, "file_not_found"},
	{"an image shows a file that is there", "chat.postMessage", object{"channel": samples, "text": "A", "blocks": []object{slackPicture("F404")}}, "invalid_blocks"},
	{"an image of a home shows a file that is there", "views.publish", object{"user_id": admin, "view": home(slackPicture("F404"))}, "invalid_arguments"},
	{"an upload is complete when its bytes came", "files.completeUploadExternal", object{"files": []object{{"id": "F404"}}}, "file_not_found"},
	{"blocks are validated without being sent", "blocks.validate", object{"blocks": layout(150)}, ""},
	{"blocks are validated without being sent: one character more", "blocks.validate", object{"blocks": layout(151)}, "invalid_blocks"},
	{"a link is opened with the app's token", "apps.connections.open", object{}, "not_allowed_token_type"},
	{"only methods that are there are called", "chat.whisper", object{}, "unknown_method"},
}

func repeat(n int) []object {
	all := make([]object, n)
	for i := range all {
		all[i] = object{"type": "divider"}
	}
	return all
}

// stage prepares a workspace and what the rules above name.
func stage(b *bench) map[string]string {
	ts := b.post(object{"text": "Card"})
	b.must("reactions.add", object{"channel": samples, "timestamp": ts, "name": "eyes"})
	b.must("views.publish", object{"user_id": admin, "view": home()})
	trigger := func(root viewID, age time.Duration) string {
		b.w.mu.Lock()
		defer b.w.mu.Unlock()
		t := b.w.newTrigger(admin, samples, root)
		t.born = t.born.Add(-age)
		return string(t.id)
	}
	used := trigger("", 0)
	view := form(24)
	view["external_id"] = "taken"
	bottom := b.must("views.open", object{"trigger_id": used, "view": view})["view"].(object)["id"].(string)
	for range 2 {
		b.must("views.push", object{"trigger_id": trigger(viewID(bottom), 0), "view": form(24)})
	}
	rich := object{"type": "rich_text", "elements": []object{richSection(object{"type": "text", "text": "Hello"})}}
	return map[string]string{
		"$ts": ts, "$reply": b.post(object{"text": "Reply", "thread_ts": ts}), "$rich": b.post(object{"blocks": []object{rich}}),
		"$theirs":  string(b.act(object{"user": memberOne, "do": "post", "channel": samples, "text": "Hello"}).TS),
		"$whisper": b.must("chat.postEphemeral", object{"channel": samples, "user": admin, "text": "Psst"})["message_ts"].(string),
		"$direct":  b.must("conversations.open", object{"users": memberOne})["channel"].(object)["id"].(string),
		"$view":    bottom, "$trigger": trigger("", 0), "$used": used, "$old": trigger("", triggerTime+time.Millisecond), "$third": trigger(viewID(bottom), 0),
	}
}

func TestEveryRuleOfTheMethodsIsEnforced(t *testing.T) {
	b := outside(t, Options{NoRateLimits: true, Events: []string{}})
	for _, r := range methodRules {
		t.Run(strings.ReplaceAll(r.method+" "+r.rule, " ", "_"), func(t *testing.T) {
			b := &bench{t: t, w: b.w, base: b.base, client: b.client, dialer: b.dialer, details: b.details}
			names := stage(b)
			defer b.w.forgetStage()
			args := object{}
			for k, v := range r.args {
				if s, ok := v.(string); ok && names[s] != "" {
					v = names[s]
				}
				args[k] = v
			}
			if r.want == "" {
				b.must(r.method, args)
				return
			}
			b.fails(r.want, r.method, args)
		})
	}
}

// forgetStage takes away what is there once only, so that the next rule finds it free.
func (w *Workspace) forgetStage() {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.views)
	clear(w.homes)
}

// tiers are Slack's budgets for the methods in reach, in calls a minute; 300 stands for "hundreds". blocks.validate, which needs no token, and
// api.test have none that is documented, but an instrument must not be flooded by the former.
var tiers = map[string]int{
	"auth.test": 300, "chat.getPermalink": 300, "chat.postMessage": 300, "blocks.validate": 300, "api.test": 0,
	"conversations.list": 20, "users.list": 20, "users.conversations": 20, "usergroups.list": 20, "usergroups.users.list": 20,
	"chat.update": 50, "chat.delete": 50, "chat.scheduleMessage": 50, "chat.scheduledMessages.list": 50, "chat.deleteScheduledMessage": 50,
	"conversations.info": 50, "conversations.history": 50, "conversations.replies": 50, "conversations.join": 50, "conversations.open": 50,
	"users.lookupByEmail": 50, "reactions.add": 50, "reactions.remove": 50, "reactions.get": 50, "bots.info": 50, "team.info": 50, "apps.connections.open": 50,
	"chat.postEphemeral": 100, "views.open": 100, "views.update": 100, "views.push": 100, "views.publish": 100, "users.info": 100,
	"conversations.members": 100, "files.getUploadURLExternal": 100, "files.completeUploadExternal": 100, "files.info": 100, "files.delete": 50,
}

func TestEveryMethodHasTheBudgetOfItsTier(t *testing.T) {
	require.Len(t, methods(), len(tiers))
	for name, most := range tiers {
		t.Run(name, func(t *testing.T) {
			inBubble(t, Options{}, func(t *testing.T, b *bench) {
				secret := b.details.BotToken
				if name == "apps.connections.open" {
					secret = b.details.AppToken
				}
				for range most {
					_, o := b.callAs(secret, name, object{})
					require.NotEqual(t, "ratelimited", o["error"])
				}
				got, o := b.callAs(secret, name, object{})
				if most == 0 {
					require.Equal(t, true, o["ok"])
					return
				}
				require.Equal(t, http.StatusTooManyRequests, got.StatusCode)
				require.Equal(t, "ratelimited", o["error"])
				require.Contains(t, []string{"1", "2", "3"}, got.Header.Get("Retry-After"))
			})
		})
	}
}
