package main

import (
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// quoted are the messages of and to creators that the bot shows, in threads and in the shop's channel.
func (b *bubble) quoted() (found []message) {
	b.t.Helper()
	for _, event := range []string{"sampledesk_reply", "sampledesk_notice"} {
		for _, m := range b.messages(event) {
			if m.Metadata.Payload["kind"] == "message" {
				found = append(found, m)
			}
		}
	}
	return found
}

// last is what the last of them says.
func (b *bubble) last() string {
	b.t.Helper()
	all := b.quoted()
	require.NotEmpty(b.t, all)
	return all[len(all)-1].Text
}

// centerState is what the Affiliate Center holds.
type centerState struct {
	Applications []struct {
		ID      string `json:"id"`
		Creator struct {
			OpenID   string `json:"creator_open_id"`
			Username string `json:"username"`
		} `json:"creator"`
		Product map[string]any `json:"product"`
	} `json:"applications"`
	Messages []struct {
		From string `json:"from"`
		Text string `json:"text"`
	} `json:"messages"`
}

func (c centerState) texts() (all []string) {
	for _, m := range c.Messages {
		if m.From == "seller" {
			all = append(all, m.Text)
		}
	}
	return all
}

func (b *bubble) truth() (state centerState) {
	b.t.Helper()
	b.get(centerAt, "/sim/state", &state)
	return state
}

func (b *bubble) member() string {
	for _, u := range b.slack.Details("").Users {
		if u.Role == "member" {
			return u.ID
		}
	}
	return ""
}

// write has somebody write to the creator of a card.
func (b *bubble) write(card message, text string) {
	b.t.Helper()
	b.writeFrom(card, "more", text, "message")
}

func (b *bubble) writeFrom(on message, action, text string, option ...string) {
	b.t.Helper()
	var opened, sent seen
	act := map[string]any{"user": b.member(), "do": "click", "channel": b.desk.SlackChannel, "ts": on.TS, "action_id": action}
	if len(option) > 0 {
		act["value"] = option[0]
	}
	b.post(slackAt, "/sim/act", act, &opened)
	require.NotEmpty(b.t, opened.ViewID, "no dialog opened: %s", opened.Error)
	b.post(slackAt, "/sim/act", map[string]any{
		"user": b.member(), "do": "submit", "view_id": opened.ViewID, "values": map[string]any{"message_text": text}, "wait_ms": 0,
	}, &sent)
	require.True(b.t, sent.OK, sent.Error)
	require.NotContains(b.t, string(sent.Response), "errors")
}

// hears lets the creator of an application write.
func (b *bubble) hears(application, text string) {
	b.t.Helper()
	for _, a := range b.truth().Applications {
		if a.ID == application {
			b.post(centerAt, "/sim/messages", map[string]any{"creator_open_id": a.Creator.OpenID, "text": text}, nil)
			return
		}
	}
	require.Fail(b.t, "no such application")
}

func (b *bubble) only() message {
	b.t.Helper()
	cards := b.messages("sampledesk_card")
	require.Len(b.t, cards, 1)
	return cards[0]
}

func TestAMessageGoesToTheCreatorOnceAndItsAnswerComesBack(t *testing.T) {
	inBubble(t, 1, func(b *bubble) {
		b.desk.SyncMessages = "@every 2s"
		b.open()
		time.Sleep(30 * time.Second)
		card := b.only()
		b.write(card, "Would you like the lip tint?")
		time.Sleep(10 * time.Second)
		require.Equal(t, []string{"Would you like the lip tint?"}, b.truth().texts())
		all := b.quoted()
		require.Len(t, all, 1)
		require.Equal(t, card.TS, all[0].ThreadTS)
		require.True(t, strings.HasSuffix(all[0].Text, "; sent"), all[0].Text)

		b.hears(card.application(), "Yes, in red")
		time.Sleep(5 * time.Second)
		all = b.quoted()
		require.Len(t, all, 2)
		require.Equal(t, card.TS, all[1].ThreadTS)
		require.Contains(t, all[1].Text, "Yes, in red")
		b.writeFrom(all[1], "message_reply", "It is on its way")
		time.Sleep(10 * time.Second)
		require.Equal(t, []string{"Would you like the lip tint?", "It is on its way"}, b.truth().texts())
		require.Len(t, b.quoted(), 3)
		for _, c := range b.calls(slackAt) {
			require.True(t, c.OK, "%s: %s", c.Method, c.Error)
		}
	})
}

func TestALostAnswerToAMessageSendsItOnce(t *testing.T) {
	for name, fault := range map[string]map[string]any{
		"after it arrived": {"path": "/202412/conversations/", "times": 1, "do": "apply_then_drop"},
		"before it left":   {"path": "/202412/conversations/", "times": 1, "do": "drop"},
		"a gateway's word": {"path": "/202412/conversations/", "times": 2, "do": "status", "status": 503},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, 1, func(b *bubble) {
				b.open()
				time.Sleep(30 * time.Second)
				b.post(centerAt, "/sim/faults", fault, nil)
				b.write(b.only(), "Hello")
				time.Sleep(3 * time.Second)
				require.Contains(t, b.last(), "delayed")
				time.Sleep(3 * time.Minute)
				require.Equal(t, []string{"Hello"}, b.truth().texts())
				require.Len(t, b.quoted(), 1)
				require.True(t, strings.HasSuffix(b.last(), "; sent"))
			})
		})
	}
}

func TestAMessageWaitsForTheAnswerThatTikTokWantsFirst(t *testing.T) {
	inBubble(t, 1, func(b *bubble) {
		b.open()
		time.Sleep(30 * time.Second)
		card := b.only()
		for _, text := range []string{"1", "2", "3", "4", "5", "the sixth"} {
			b.write(card, text)
		}
		time.Sleep(2 * time.Minute)
		require.Equal(t, []string{"1", "2", "3", "4", "5"}, b.truth().texts())
		require.Contains(t, b.last(), "delayed")
		b.hears(card.application(), "I am here")
		time.Sleep(time.Minute)
		require.Equal(t, []string{"1", "2", "3", "4", "5", "the sixth"}, b.truth().texts())
		require.Len(t, b.quoted(), 7)
	})
}

func TestMessagesGoOnWithoutTheirScopeAndWithoutStoppingReviews(t *testing.T) {
	inBubble(t, 1, func(b *bubble) {
		b.open()
		time.Sleep(30 * time.Second)
		scope := map[string]any{"do": "withhold_scope", "scope": "seller.affiliate_messages.write"}
		b.post(centerAt, "/sim/authorization", scope, nil)
		card := b.only()
		b.write(card, "Hello")
		time.Sleep(5 * time.Second)
		require.Contains(t, b.last(), "delayed")
		var clicked seen
		b.post(slackAt, "/sim/act", map[string]any{
			"user": b.member(), "do": "click", "channel": b.desk.SlackChannel, "ts": card.TS, "action_id": "approve", "wait_ms": 0,
		}, &clicked)
		require.True(t, clicked.OK)
		time.Sleep(time.Minute)
		require.Equal(t, "Awaiting shipment", b.only().Metadata.Payload["stage"])
		require.Empty(t, b.messages("sampledesk_notice"))
		scope["do"] = "grant_scope"
		b.post(centerAt, "/sim/authorization", scope, nil)
		time.Sleep(2 * time.Minute)
		require.True(t, strings.HasSuffix(b.last(), "; sent"))
	})
}

func TestAnAnswerFindsTheThreadOfTheLatestLiveRequestOrTheChannel(t *testing.T) {
	inBubble(t, 0, func(b *bubble) {
		creator := map[string]any{"creator_open_id": "openid1", "username": "glow.daily"}
		var earlier, later struct{ ID string }
		b.post(centerAt, "/sim/applications", map[string]any{"creator": creator, "product": map[string]any{"id": "1729000000000000001"}}, &earlier)
		b.desk.SyncMessages = "@every 2s"
		b.open()
		time.Sleep(90 * time.Second)
		b.post(centerAt, "/sim/applications", map[string]any{"creator": creator, "product": map[string]any{"id": "1729000000000000002"}}, &later)
		time.Sleep(90 * time.Second)
		thread := map[string]string{}
		for _, c := range b.messages("sampledesk_card") {
			thread[c.application()] = c.TS
		}
		b.hears(later.ID, "one")
		time.Sleep(5 * time.Second)
		b.post(centerAt, "/sim/applications/"+later.ID+"/withdraw", nil, nil)
		time.Sleep(90 * time.Second)
		b.hears(later.ID, "two")
		time.Sleep(5 * time.Second)
		b.post(centerAt, "/sim/applications/"+earlier.ID+"/withdraw", nil, nil)
		time.Sleep(90 * time.Second)
		b.hears(later.ID, "three <!channel>")
		time.Sleep(5 * time.Second)
		all := b.quoted()
		require.Len(t, all, 3)
		where := map[string]string{}
		for _, m := range all {
			where[m.Text[strings.LastIndex(m.Text, "“"):]] = m.ThreadTS
		}
		require.Equal(t, map[string]string{"“one”": thread[later.ID], "“two”": thread[earlier.ID], "“three &lt;!channel&gt;”": ""}, where)
	})
}

func TestNothingOfMessagesIsAskedWithoutNewsButTheirList(t *testing.T) {
	inBubble(t, 2, func(b *bubble) {
		b.desk.SyncMessages = "@every 1m"
		b.open()
		time.Sleep(30 * time.Second)
		b.write(b.messages("sampledesk_card")[0], "Hello")
		time.Sleep(5 * time.Minute)
		slack, center := len(b.calls(slackAt)), len(b.calls(centerAt))
		time.Sleep(10 * time.Minute)
		require.Len(t, b.calls(slackAt), slack)
		lists := 0
		for _, c := range b.calls(centerAt)[center:] {
			require.Equal(t, http.StatusOK, c.Status)
			if strings.Contains(c.Path, "onversation") {
				require.Equal(t, "/affiliate_seller/202412/conversations", c.Path)
				lists++
			}
		}
		require.Equal(t, 11, lists, "one look of ten is for those that somebody opened first")
	})
}

func TestAMessageOutlivesAKillRightAfterItWasAccepted(t *testing.T) {
	t.Parallel()
	s := newStage(t, "--seed", "1")
	s.serve()
	s.until("the card", func() bool { return len(s.cards()) == 1 })
	who := s.person("member")
	opened := s.act(map[string]any{"user": who, "do": "click", "channel": s.info["slack_channel"], "ts": s.cards()[0].TS, "action_id": "more", "value": "message", "wait_ms": untilItOpens})
	require.NotEmpty(t, opened.ViewID)
	s.post(s.shop+"/sim/faults", map[string]any{"path": "/202412/conversations/", "times": 1, "do": "delay", "delay_ms": 3000}, nil)
	sent := s.act(map[string]any{"user": who, "do": "submit", "view_id": opened.ViewID, "values": map[string]any{"message_text": "Hello"}, "wait_ms": 0})
	require.True(t, sent.OK, sent.Error)
	s.until("the message on its way", func() bool { return s.sending() > 0 })
	s.stop(syscall.SIGKILL)
	s.serve()
	quoted := func() string {
		for _, m := range s.messages("sampledesk_reply") {
			if m.Metadata.Payload["kind"] == "message" {
				return m.Text
			}
		}
		return ""
	}
	s.until("its confirmation in the thread", func() bool { return strings.HasSuffix(quoted(), "; sent") })
	var state centerState
	s.get(s.shop+"/sim/state", &state)
	require.Equal(t, []string{"Hello"}, state.texts())
}

// sending counts the calls that sent a message, or tried to; one that TikTok is slow to answer is counted when it does,
// and opening the conversation for it is the sign that it is on its way.
func (s *stage) sending() (n int) {
	s.t.Helper()
	var calls []struct {
		Path string `json:"path"`
	}
	s.get(s.shop+"/sim/calls", &calls)
	for _, c := range calls {
		if c.Path == "/affiliate_seller/202508/conversations" || strings.Contains(c.Path, "/202412/conversations/") {
			n++
		}
	}
	return n
}
