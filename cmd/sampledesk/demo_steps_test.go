package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/bot/view"
)

// workspaceThat is a workspace with messages in its channel, each an event type, a kind, a stage and a text, and with
// private messages.
func workspaceThat(t *testing.T, messages [][4]string, private ...string) (state told) {
	t.Helper()
	var shown []string
	for _, m := range messages {
		text, err := json.Marshal(m[3])
		require.NoError(t, err)
		shown = append(shown, fmt.Sprintf(`{"text":%s,"metadata":{"event_type":%q,"event_payload":{"kind":%q,"stage":%q,"shop":"1"}}}`, text, m[0], m[1], m[2]))
	}
	shown = append(shown, `{"text":"approved by <@U1>","metadata":null,"blocks":[]}`)
	body := fmt.Sprintf(`{"version":3,"channels":[{"id":"C1","messages":[%s]}],"ephemerals":[%s]}`, strings.Join(shown, ","), strings.Join(private, ","))
	require.NoError(t, json.Unmarshal([]byte(body), &state), body)
	return state
}

func TestAStepIsTickedByWhatTheWorkspaceTells(t *testing.T) {
	const card, reply = "sampledesk_card", "sampledesk_reply"
	quoted := func(text string) string {
		literal, err := json.Marshal(text)
		require.NoError(t, err)
		return string(literal)
	}
	funnel := `{"text":"Campaign Spring: 1 creator","blocks":[{"type":"header"},{"type":"context"},{"type":"section"}]}`
	joined := [4]string{reply, "campaign", "", "<@U1> added the creator to the campaign Spring"}
	for name, c := range map[string]struct {
		messages [][4]string
		private  []string
		want     steps
	}{
		"nothing yet":                 {},
		"a card that waits":           {messages: [][4]string{{card, "", "Sample application review pending", "Sample request: waits"}}},
		"approved":                    {messages: [][4]string{{card, "", "", "Sample request: approved by <@U1>, can still be undone"}}, want: steps{Approve: true}},
		"rejected, not confirmed":     {messages: [][4]string{{card, "", "", "Sample request: rejected by <@U1>, can still be undone"}}},
		"undone":                      {messages: [][4]string{{reply, "decision", "", "The approval was undone by <@U1>"}}, want: steps{Approve: true, Settle: true}},
		"a rejection undone":          {messages: [][4]string{{reply, "decision", "", "The rejection was undone by <@U1>"}}},
		"confirmed":                   {messages: [][4]string{{reply, "stage", "Awaiting shipment", "TikTok confirmed the approval by <@U1>"}}, want: steps{Approve: true, Settle: true}},
		"approved elsewhere":          {messages: [][4]string{{reply, "stage", "Awaiting shipment", "changed in the Affiliate Center"}}},
		"shipped":                     {messages: [][4]string{{reply, "stage", "Shipping", "Sample request: Shipping"}}, want: steps{Ship: true}},
		"delivered":                   {messages: [][4]string{{reply, "stage", "Content pending", "Sample request"}}, want: steps{Deliver: true}},
		"rejected":                    {messages: [][4]string{{reply, "stage", "Reject", "TikTok confirmed the rejection by <@U1>"}}, want: steps{Reject: true}},
		"rejected elsewhere":          {messages: [][4]string{{reply, "stage", "Reject", "changed in the Affiliate Center"}}},
		"added but not looked at":     {messages: [][4]string{joined}},
		"looked at an empty one":      {private: []string{funnel}},
		"added and looked at":         {messages: [][4]string{joined}, private: []string{funnel}, want: steps{Collect: true}},
		"added and turned down":       {messages: [][4]string{joined}, private: []string{`{"text":"Campaign names are short","blocks":[]}`}},
		"a guest turned away":         {private: []string{`{"text":` + quoted(view.Denied(view.DeniedGuest)) + `}`}, want: steps{Refuse: true}},
		"a stranger turned away":      {private: []string{`{"text":` + quoted(view.Denied(view.DeniedElsewhere)) + `}`}, want: steps{Refuse: true}},
		"told who decided, privately": {private: []string{`{"text":"Admin approved it already"}`}},
	} {
		require.Equal(t, c.want, stepsOf(workspaceThat(t, c.messages, c.private...)), name)
	}
}
