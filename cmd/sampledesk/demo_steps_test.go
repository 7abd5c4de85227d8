package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAStepIsTickedByTheMetadataOfMessages(t *testing.T) {
	const card, reply, notice = "sampledesk_card", "sampledesk_reply", "sampledesk_notice"
	const funnel = `{"user":"U1","blocks":[{"type":"header"},{"type":"actions","block_id":"funnel:c1"}]}`
	type message struct{ event, payload string }
	joined := message{reply, `"kind":"campaign"`}
	sent := message{reply, `"kind":"message","notice":"n1","state":"sent"`}
	received := message{reply, `"kind":"message"`}
	deadline := message{reply, `"kind":"deadline","step":"6h"`}
	for name, c := range map[string]struct {
		messages []message
		private  string
		views    string
		moved    float64 // when the clock was moved; the messages are of second 100
		want     steps
	}{
		"nothing yet":             {},
		"a card that is pending":  {messages: []message{{card, `"stage":"Sample application review pending"`}}},
		"approved":                {messages: []message{{card, `"decision":"approve"`}}, want: steps{Approve: true}},
		"rejected, not confirmed": {messages: []message{{card, `"decision":"reject"`}}},
		"undone":                  {messages: []message{{reply, `"kind":"decision","decision":"approve","undone":"true"`}}, want: steps{Approve: true, Settle: true}},
		"a rejection undone":      {messages: []message{{reply, `"kind":"decision","decision":"reject","undone":"true"`}}},
		"an answer that was lost": {messages: []message{{reply, `"kind":"decision","decision":"approve"`}}},
		"confirmed":               {messages: []message{{reply, `"kind":"stage","decision":"approve","stage":"Awaiting shipment"`}}, want: steps{Approve: true, Settle: true}},
		"approved elsewhere":      {messages: []message{{reply, `"kind":"stage","stage":"Awaiting shipment"`}}},
		"shipped":                 {messages: []message{{reply, `"kind":"stage","stage":"Shipping"`}}, want: steps{Ship: true}},
		"delivered":               {messages: []message{{reply, `"kind":"stage","stage":"Content pending"`}}, want: steps{Deliver: true}},
		"posted":                  {messages: []message{{reply, `"kind":"content","notice":"n1"`}}, want: steps{Post: true}},
		"rejected":                {messages: []message{{reply, `"kind":"stage","stage":"Reject","decision":"reject"`}}, want: steps{Reject: true}},
		"rejected elsewhere":      {messages: []message{{reply, `"kind":"stage","stage":"Reject"`}}},
		"App Home":                {views: `{"type":"home"}`, want: steps{Home: true}},
		"a dialog":                {views: `{"type":"modal"}`},
		"written, no answer":      {messages: []message{sent}},
		"answered, never written": {messages: []message{received}},
		"a talk":                  {messages: []message{sent, received}, want: steps{Write: true}},
		"a talk of the channel":   {messages: []message{{notice, sent.payload}, {notice, received.payload}}, want: steps{Write: true}},
		"not sent yet":            {messages: []message{{reply, `"kind":"message","notice":"n1","state":"waiting"`}, received}},
		"a note":                  {messages: []message{{reply, `"kind":"note"`}}, want: steps{Note: true}},
		"added but not looked at": {messages: []message{joined}},
		"looked at an empty one":  {private: funnel},
		"added and looked at":     {messages: []message{joined}, private: funnel, want: steps{Collect: true}},
		"another private answer":  {messages: []message{joined}, private: `{"user":"U1","blocks":[{"type":"section"}]}`},
		"a question":              {messages: []message{{notice, `"kind":"question","state":"open"`}}, want: steps{Invite: true}},
		"its request":             {messages: []message{{notice, `"kind":"question","state":"requested"`}}, want: steps{Invite: true, Link: true}},
		"several under way":       {messages: []message{{notice, `"kind":"run","run":"decisions","state":"under_way"`}}},
		"several decided":         {messages: []message{{notice, `"kind":"run","run":"decisions","state":"done"`}}, want: steps{Several: true}},
		"an import":               {messages: []message{{notice, `"kind":"run","run":"import","state":"done"`}}},
		"a deadline by itself":    {messages: []message{deadline}},
		"before the clock moved":  {messages: []message{deadline}, moved: 101},
		"the clock was moved":     {messages: []message{deadline}, moved: 99, want: steps{Wait: true}},
		"and the channel is told": {messages: []message{{notice, deadline.payload}}, moved: 99, want: steps{Wait: true}},
		"a new morning":           {messages: []message{{notice, `"kind":"morning"`}}},
		"a morning, handled":      {messages: []message{{notice, `"kind":"morning","edited":"yes"`}}, want: steps{Morning: true}},
		"figures":                 {private: `{"user":"U1","blocks":[{"type":"actions","block_id":"x","elements":[{"action_id":"stats_file"}]}]}`, want: steps{Figures: true}},
		"a guest was refused":     {private: `{"user":"U9","blocks":[]}`, want: steps{Refuse: true}},
		"a member was refused":    {private: `{"user":"U1","blocks":[]}`},
	} {
		var shown []string
		for _, m := range append(c.messages, message{"", `"kind":"stage"`}) {
			edited := "null"
			if strings.Contains(m.payload, `"edited":"yes"`) {
				edited = `{"user":"UBOT","ts":"101.000100"}`
			}
			shown = append(shown, fmt.Sprintf(`{"ts":"100.000200","text":"","edited":%s,"metadata":{"event_type":%q,"event_payload":{%s}}}`, edited, m.event, m.payload))
		}
		shown = append(shown, `{"text":"approved by <@U1>","metadata":null,"blocks":[]}`)
		body := fmt.Sprintf(`{"channels":[{"id":"C1","messages":[%s]}],"ephemerals":[%s],"views":[%s]}`, strings.Join(shown, ","), c.private, c.views)
		var state workspaceState
		require.NoError(t, json.Unmarshal([]byte(body), &state), body)
		require.Equal(t, c.want, stepsOf(state, clockState{c.moved}, []string{"U9"}), name)
	}
}
