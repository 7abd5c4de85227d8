package main

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// act lets somebody do something in Slack, and returns what they saw.
func (b *bubble) act(what map[string]any) (got seen) {
	b.t.Helper()
	if _, given := what["channel"]; !given {
		what["channel"] = b.desk.SlackChannel
	}
	b.post(slackAt, "/sim/act", what, &got)
	require.True(b.t, got.OK, "%v: %s %s", what["do"], got.Error, got.Response)
	return got
}

// campaign types a command about campaigns and returns what was answered.
func (b *bubble) campaign(who, text string) string {
	b.t.Helper()
	got := b.act(map[string]any{"user": who, "do": "command", "command": "/campaign", "text": text})
	time.Sleep(5 * time.Second)
	return string(got.Response)
}

func (b *bubble) people(role string) (ids []string) {
	for _, u := range b.slack.Details("").Users {
		if u.Role == role {
			ids = append(ids, u.ID)
		}
	}
	return ids
}

// told are the desk's messages of a kind, the newest state of each.
func (b *bubble) told(kind string) (found []message) {
	b.t.Helper()
	for _, event := range []string{"sampledesk_notice", "sampledesk_reply"} {
		found = append(found, slices.DeleteFunc(b.messages(event), func(m message) bool { return m.Metadata.Payload["kind"] != kind })...)
	}
	return found
}

// collaborate makes the stand-in know creators and a product of a target collaboration.
func (b *bubble) collaborate(names ...string) string {
	b.t.Helper()
	var creators []map[string]string
	for i, name := range names {
		creators = append(creators, map[string]string{"username": name, "creator_open_id": "70" + strings.Repeat("1", i+1)})
	}
	var made struct {
		ID string `json:"id"`
	}
	b.post(centerAt, "/sim/collaborations", map[string]any{"name": "Spring launch", "creators": creators}, &made)
	return made.ID
}

// shown is all that a message holds.
func (b *bubble) shown(ts string) string {
	b.t.Helper()
	var state struct {
		Channels []struct {
			Messages []map[string]any `json:"messages"`
		} `json:"channels"`
	}
	b.get(slackAt, "/sim/state", &state)
	for _, c := range state.Channels {
		for _, m := range c.Messages {
			if m["ts"] == ts {
				return asJSON(b.t, m)
			}
		}
	}
	return ""
}

// applied is a request as the stand-in's state lists it.
type applied struct {
	ID      string `json:"id"`
	Product struct {
		ID  string `json:"id"`
		SKU string `json:"sku_id"`
	} `json:"product"`
}

func (b *bubble) request(username, product string) (id string) {
	b.t.Helper()
	wish := map[string]any{"creator": map[string]string{"username": username}}
	if product != "" {
		wish["product"] = map[string]string{"id": product}
	}
	var made applied
	b.post(centerAt, "/sim/applications", wish, &made)
	return made.ID
}

// stages reads the campaign's funnel as its answer speaks it.
func (b *bubble) stages(who string) string {
	b.t.Helper()
	var answer struct {
		Text string `json:"text"`
	}
	require.NoError(b.t, json.Unmarshal([]byte(b.campaign(who, "status Spring launch")), &answer))
	return answer.Text
}

func TestACreatorOfACampaignIsInvitedAnswersGetsTheLinkAndApplies(t *testing.T) {
	inBubble(t, 1, func(b *bubble) { // one request of somebody else's: the desk knows a product by it
		b.open()
		time.Sleep(2 * time.Minute)
		b.collaborate("velvet.glaze")
		members := b.people("member")
		require.Contains(t, b.campaign(members[0], "create Spring launch"), "was created")
		require.Contains(t, b.campaign(members[0], "add Spring launch @velvet.glaze"), "Added")
		require.Contains(t, b.stages(members[1]), "1 Invited") // L0

		b.post(centerAt, "/sim/messages", map[string]string{"username": "velvet.glaze", "text": "I would love to!"}, nil)
		time.Sleep(3 * time.Minute)
		require.Contains(t, b.stages(members[1]), "1 Reply to creators") // L1
		asked := b.told("question")
		require.Len(t, asked, 1)
		require.Contains(t, asked[0].Text, "does the creator need a sample?")

		b.act(map[string]any{"user": members[1], "do": "click", "ts": asked[0].TS, "action_id": "sample_needed"})
		time.Sleep(time.Minute)
		require.Contains(t, b.stages(members[0]), "1 Sample application review pending") // L2
		require.Equal(t, []string{"request_link", "message_reply", "sample_not_needed"}, b.told("question")[0].controls())

		product := b.sendLink(members[0], asked[0].TS)
		time.Sleep(time.Minute)
		var center struct {
			Messages []map[string]any `json:"messages"`
		}
		b.get(centerAt, "/sim/state", &center)
		told := slices.DeleteFunc(center.Messages, func(m map[string]any) bool { return !strings.Contains(asJSON(t, m), "Please request it") })
		require.Len(t, told, 1, "the creator was written to once")

		id := b.request("velvet.glaze", product)
		time.Sleep(3 * time.Minute)
		cards := slices.DeleteFunc(b.messages("sampledesk_card"), func(m message) bool { return m.application() != id })
		require.Len(t, cards, 1)
		require.Contains(t, b.shown(cards[0].TS), "Spring launch", "it joined by itself")
		require.Equal(t, []string{"message_reply"}, b.told("question")[0].controls())

		b.act(map[string]any{"user": members[0], "do": "click", "ts": cards[0].TS, "action_id": "approve"})
		time.Sleep(time.Minute)
		require.Contains(t, b.stages(members[1]), "1 Awaiting shipment")
		b.post(centerAt, "/sim/applications/"+id+"/ship", nil, nil)
		time.Sleep(3 * time.Minute)
		require.Contains(t, b.stages(members[1]), "1 Shipping")
		for _, c := range b.calls(slackAt) {
			require.True(t, c.OK, "%s: %s", c.Method, c.Error)
		}
	})
}

// sendLink sends the link for a request from the question's dialog, with its picture.
func (b *bubble) sendLink(who, question string) (product string) {
	b.t.Helper()
	dialog := b.act(map[string]any{"user": who, "do": "click", "ts": question, "action_id": "request_link"}).ViewID
	require.NotEmpty(b.t, dialog)
	var center struct {
		Applications []applied `json:"applications"`
	}
	b.get(centerAt, "/sim/state", &center)
	wanted := center.Applications[0].Product
	b.act(map[string]any{"user": who, "do": "submit", "view_id": dialog, "values": map[string]any{"link_product": wanted.ID + ":" + wanted.SKU}})
	time.Sleep(30 * time.Second)
	b.act(map[string]any{"user": who, "do": "submit", "view_id": dialog, "values": map[string]any{"link_picture": []string{"picture"}}})
	return wanted.ID
}

func asJSON(t testing.TB, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	require.NoError(t, err)
	return string(text)
}

func TestACreatorWhoNeedsNoSampleIsInContentPending(t *testing.T) {
	inBubble(t, 0, func(b *bubble) {
		b.open()
		time.Sleep(2 * time.Minute)
		id := b.collaborate("velvet.glaze", "kitchen_finds")
		member := b.people("member")[0]
		require.Contains(t, b.campaign(member, "import "+id), "Import started")
		time.Sleep(time.Minute)
		require.Contains(t, b.stages(member), "2 Invited")
		require.Len(t, b.told("run"), 1)

		b.post(centerAt, "/sim/messages", map[string]string{"username": "kitchen_finds", "text": "I have it at home."}, nil)
		time.Sleep(3 * time.Minute)
		asked := b.told("question")
		require.Len(t, asked, 1)
		b.act(map[string]any{"user": member, "do": "click", "ts": asked[0].TS, "action_id": "sample_not_needed"})
		time.Sleep(time.Minute)
		require.Contains(t, b.stages(member), "1 Invited, 1 Content pending") // L3
		require.Contains(t, b.told("question")[0].Text, "no sample is needed")
	})
}

func TestATikTokThatGivesNoLinkIsToldInTheDialog(t *testing.T) {
	inBubble(t, 1, func(b *bubble) {
		b.open()
		time.Sleep(2 * time.Minute)
		b.collaborate("velvet.glaze")
		member := b.people("member")[0]
		b.campaign(member, "create Spring launch")
		b.campaign(member, "add Spring launch velvet.glaze")
		b.post(centerAt, "/sim/messages", map[string]string{"username": "velvet.glaze", "text": "Hello"}, nil)
		time.Sleep(3 * time.Minute)
		asked := b.told("question")[0].TS
		b.act(map[string]any{"user": member, "do": "click", "ts": asked, "action_id": "sample_needed"})
		time.Sleep(time.Minute)
		b.post(centerAt, "/sim/faults", map[string]any{"path": "deeplink", "times": 1, "do": "code", "code": 16032001}, nil)
		dialog := b.act(map[string]any{"user": member, "do": "click", "ts": asked, "action_id": "request_link"}).ViewID
		var center struct {
			Applications []applied `json:"applications"`
		}
		b.get(centerAt, "/sim/state", &center)
		wanted := center.Applications[0].Product
		var got seen
		b.post(slackAt, "/sim/act", map[string]any{
			"user": member, "do": "submit", "view_id": dialog, "values": map[string]any{"link_product": wanted.ID + ":" + wanted.SKU},
		}, &got)
		require.Contains(t, string(got.Response), "a different region")
		time.Sleep(30 * time.Second)
		b.sendLink(member, asked)
		for _, c := range b.calls(centerAt) {
			require.Less(t, c.Status, http.StatusInternalServerError, c.Path)
		}
	})
}
