package main

import (
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// unconnected makes the bubble's desk one without a shop that connects them by links, and opens it.
func (b *bubble) unconnected(public string) {
	b.t.Helper()
	d := b.center.Details("http://" + centerAt)
	b.desk.TiktokRefreshToken, b.desk.PublicURL = "", public
	b.desk.TiktokServiceID, b.desk.TiktokConsentURL = d.ServiceID, d.ConsentURL
	b.open()
	time.Sleep(10 * time.Second)
}

// role returns the first person of a role.
func (b *bubble) role(role string) string {
	for _, u := range b.slack.Details("").Users {
		if u.Role == role {
			return u.ID
		}
	}
	b.t.Fatal("nobody has the role " + role)
	return ""
}

// does lets somebody do something in Slack, wherever it is, and returns what they saw.
func (b *bubble) does(act map[string]any) (got seen) {
	b.t.Helper()
	b.post(slackAt, "/sim/act", act, &got)
	return got
}

// everything is all that Slack holds, as text.
func (b *bubble) everything() string {
	b.t.Helper()
	var all json.RawMessage
	b.get(slackAt, "/sim/state", &all)
	return string(all)
}

// state finds the latest link to the consent page that Slack shows, and returns its state.
func (b *bubble) linkState() string {
	b.t.Helper()
	found := regexp.MustCompile(`http://center[^|"]+`).FindAllString(strings.ReplaceAll(b.everything(), `\u0026`, "&"), -1)
	require.NotEmpty(b.t, found)
	u, err := url.Parse(html.UnescapeString(found[len(found)-1]))
	require.NoError(b.t, err)
	return u.Query().Get("state")
}

// consents has somebody consent, and opens what they are led to at the desk.
func (b *bubble) consents(order map[string]string) (page string) {
	b.t.Helper()
	resp, err := b.client.Get("http://desk.test:80/tiktok/callback?" + b.consentTo(order).RawQuery)
	require.NoError(b.t, err)
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	require.NoError(b.t, err)
	require.Equal(b.t, http.StatusOK, resp.StatusCode, string(text))
	return string(text)
}

func (b *bubble) consentTo(order map[string]string) *url.URL {
	b.t.Helper()
	var to struct{ Location string }
	b.post(centerAt, "/sim/consent", order, &to)
	u, err := url.Parse(to.Location)
	require.NoError(b.t, err)
	return u
}

// said returns the app's own messages of a kind, with the conversations that they are in.
func (b *bubble) said(kind string) (in []string, found []message) {
	b.t.Helper()
	var st slackState
	b.get(slackAt, "/sim/state", &st)
	for _, c := range st.Channels {
		for _, m := range c.Messages {
			if m.Metadata.Payload["kind"] == kind {
				in, found = append(in, c.ID), append(found, m)
			}
		}
	}
	return in, found
}

func TestAnAdminConnectsTheFirstShopFromAppHomeAndRenewsItFromAMessage(t *testing.T) {
	inBubble(t, 2, func(b *bubble) {
		b.unconnected("http://desk.test:80")
		admin := b.role("admin")
		require.NotContains(b.t, homeOf(b, b.role("member")), `"connect"`, "only admins are offered it")
		home := b.home(admin)
		require.Contains(b.t, b.everything(), "Connect your TikTok shop first")
		require.True(b.t, b.does(map[string]any{"user": admin, "do": "click", "view_id": home, "action_id": "connect", "value": "*"}).OK)
		state := b.linkState()
		page := b.consents(map[string]string{"state": state, "lasts": "200h"})
		require.Contains(b.t, page, "Glow and Home (US)")
		require.NotContains(b.t, page, "ROW_")
		time.Sleep(2 * time.Minute)
		require.Len(b.t, b.messages("sampledesk_card"), 2)
		_, done := b.said("consent")
		require.Len(b.t, done, 1)
		require.Equal(b.t, "Your shop is connected", done[0].Text)

		time.Sleep(15 * time.Minute)
		in, ending := b.said("ending")
		require.Len(b.t, ending, 1)
		require.Contains(b.t, ending[0].Text, "TikTok's authorization of Glow and Home ends within 30 days")
		var status seen
		b.post(slackAt, "/sim/act", map[string]any{"user": admin, "do": "command", "command": "/samples", "text": "status", "channel": b.desk.SlackChannel}, &status)
		require.Contains(b.t, string(status.Response), "Authorized until")
		require.Contains(b.t, string(status.Response), "(8 days left)")
		require.True(b.t, b.does(map[string]any{"user": admin, "do": "click", "channel": in[0], "ts": ending[0].TS, "action_id": "connect", "value": "="}).OK)
		renewed := b.consents(map[string]string{"state": b.linkState()})
		require.Contains(b.t, renewed, "The authorization is renewed")
		time.Sleep(30 * time.Minute)
		_, ending = b.said("ending")
		require.Len(b.t, ending, 1, "and nothing more is said")
	})
}

// home opens App Home for somebody, and returns its view.
func (b *bubble) home(who string) string {
	b.t.Helper()
	b.does(map[string]any{"user": who, "do": "home"})
	time.Sleep(2 * time.Second)
	var st struct {
		Views []struct {
			ID   string `json:"view_id"`
			User string `json:"user"`
			Type string `json:"type"`
		} `json:"views"`
	}
	b.get(slackAt, "/sim/state", &st)
	for _, v := range st.Views {
		if v.Type == "home" && v.User == who {
			return v.ID
		}
	}
	b.t.Fatal("App Home was not shown")
	return ""
}

// homeOf opens App Home for somebody and returns all that Slack holds.
func homeOf(b *bubble, who string) string {
	b.does(map[string]any{"user": who, "do": "home"})
	time.Sleep(2 * time.Second)
	return b.everything()
}

func TestAnInstallThatNobodyAskedForIsConfirmedOrRefusedByAnAdminInPrivate(t *testing.T) {
	inBubble(t, 1, func(b *bubble) {
		b.unconnected("http://desk.test:80")
		admin, member := b.role("admin"), b.role("member")
		b.consents(map[string]string{"do": "install"})
		var other struct{ ID string }
		b.post(centerAt, "/sim/accounts", map[string]any{"name": "Stranger", "shops": []any{map[string]string{"name": "Unknown"}}}, &other)
		b.consents(map[string]string{"do": "install", "account": other.ID})
		time.Sleep(2 * time.Minute)
		in, asked := b.said("consent")
		require.Len(b.t, asked, 2)
		require.Empty(b.t, b.messages("sampledesk_card"), "they rest")
		value := func(m message, action string) string {
			for _, block := range m.Blocks {
				for _, e := range block.Elements {
					if e["action_id"] == action {
						return e["value"].(string)
					}
				}
			}
			return ""
		}
		for i, m := range asked {
			if strings.Contains(m.Text, "Unknown") {
				b.does(map[string]any{"user": admin, "do": "click", "channel": in[i], "ts": m.TS, "action_id": "consent_refuse", "value": value(m, "consent_refuse")})
				time.Sleep(2 * time.Second)
				require.Contains(b.t, b.everything(), "refused this. Nothing of the shop was read.")
				continue
			}
			b.does(map[string]any{"user": member, "do": "click", "channel": in[i], "ts": m.TS, "action_id": "consent_choose", "value": value(m, "consent_choose")})
			opened := b.does(map[string]any{"user": admin, "do": "click", "channel": in[i], "ts": m.TS, "action_id": "consent_choose", "value": value(m, "consent_choose")})
			require.NotEmpty(b.t, opened.ViewID)
			answer := b.does(map[string]any{"user": admin, "do": "submit", "view_id": opened.ViewID, "values": map[string]any{
				"consent_shops": []string{b.center.Details("").ShopID}, "consent_channel": b.desk.SlackChannel,
			}})
			require.True(b.t, answer.OK, answer.Error)
			require.Contains(b.t, string(answer.Response), "is connected")
		}
		time.Sleep(2 * time.Minute)
		require.Len(b.t, b.messages("sampledesk_card"), 1, "the one that was confirmed")
	})
}

func TestWithoutAPublicAddressAnAdminPastesWhatTikTokSentThemTo(t *testing.T) {
	inBubble(t, 1, func(b *bubble) {
		b.unconnected("")
		admin := b.role("admin")
		home := b.home(admin)
		opened := b.does(map[string]any{"user": admin, "do": "click", "view_id": home, "action_id": "connect", "value": "*"})
		to := b.consentTo(map[string]string{"state": b.linkState()})
		submit := func(view, text string) {
			b.does(map[string]any{"user": admin, "do": "submit", "view_id": view, "values": map[string]any{"connect_return": text}})
		}
		submit(opened.ViewID, to.String())
		time.Sleep(5 * time.Second)
		require.Contains(b.t, b.everything(), "You get a message of the app now")
		_, asked := b.said("consent")
		require.Len(b.t, asked, 1)
		require.NotContains(b.t, asked[0].Text, "ROW_")
	})
}

// shownTo is what somebody alone was shown: their ephemeral messages, App Home and dialogs.
func (b *bubble) shownTo(who string) string {
	b.t.Helper()
	var st struct {
		Ephemerals []map[string]any `json:"ephemerals"`
		Views      []map[string]any `json:"views"`
	}
	b.get(slackAt, "/sim/state", &st)
	var mine []map[string]any
	for _, shown := range append(st.Ephemerals, st.Views...) {
		if shown["user"] == who {
			mine = append(mine, shown)
		}
	}
	text, err := json.Marshal(mine)
	require.NoError(b.t, err)
	return string(text)
}
