package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// whole are values of every variable, none of which leads anywhere.
var whole = map[string]string{
	"SLACK_BOT_TOKEN": "xoxb-1-secret", "SLACK_APP_TOKEN": "xapp-1-secret", "SLACK_API_URL": "http://127.0.0.1:1/api/", "SLACK_CHANNEL": "C1", "SLACK_ADMINS": "U1, W2",
	"TIKTOK_APP_KEY": "key", "TIKTOK_APP_SECRET": "secret", "TIKTOK_API_URL": "http://127.0.0.1:1", "TIKTOK_AUTH_URL": "http://127.0.0.1:1/", "TIKTOK_REFRESH_TOKEN": "ROW_secret",
	"SAMPLEDESK_LISTEN": "127.0.0.1:0", "SAMPLEDESK_SYNC": "@every 1m", "SAMPLEDESK_SYNC_MESSAGES": "@every 1m", "SAMPLEDESK_SYNC_CONTENT": "@every 1m",
	"SAMPLEDESK_UNDO": "10s", "SAMPLEDESK_LOG": "info", "SAMPLEDESK_KEY": strings.Repeat("A", 43) + "=",
}

// hostile are values that each variable is refused for.
var hostile = map[string][]string{
	"SLACK_BOT_TOKEN":          {"xoxb-1 secret", "xoxb-1\nsecret", `xoxb-1"secret`, "xoxb-1\u00a0secret", "xoxb-1\u200bsecret", "xoxb-1\x01secret", "xoxb-1’secret"},
	"SLACK_APP_TOKEN":          {"xapp-1 secret", "xapp-1\r\nsecret", "xapp-'secret"},
	"SLACK_API_URL":            {"slack.com/api/", "https://slack.com/api", "ftp://slack.com/api/", "https://", "https://a b/", "https://u:secret@slack.com/api/", "https://slack.com/api/?a=1", "https://[::1/", "%"},
	"SLACK_CHANNEL":            {"#samples", "samples", "C1 C2", "c1", "https://example.com/C1"},
	"SLACK_ADMINS":             {"@ann", "ann", "U1 U2", "U1;U2", "<@U1>"},
	"TIKTOK_APP_KEY":           {"a key", "k\ney"},
	"TIKTOK_APP_SECRET":        {"very secret", "very\"secret", "very\tsecret"},
	"TIKTOK_REFRESH_TOKEN":     {"ROW secret", "ROW\nsecret"},
	"TIKTOK_API_URL":           {"example.com", "https://example.com/path", "https://secret@example.com", "mailto:a@example.com", "https://example.com?x"},
	"TIKTOK_AUTH_URL":          {"example.com", "https://example.com/api/v2", "//example.com"},
	"SAMPLEDESK_STORE":         {"data/desk.db", "bolt:", "mysql://desk:secret@db/desk", "postgres://desk:secret@db:port/desk"},
	"SAMPLEDESK_KEY":           {"short", "file:", strings.Repeat("A", 44) + "secret"},
	"SAMPLEDESK_LISTEN":        {"8080", "localhost", "127.0.0.1:", "127.0.0.1:99999", "::1:8080", "http://127.0.0.1:8080"},
	"SAMPLEDESK_SYNC":          {"TZ=UTC", "CRON_TZ=", "TZ=Nowhere 0 * * * *", "0 0 31 2 *", "0 0 30 2 *", "@every 500ms", "@every 0s", "@every -1m", "@every", "every minute", "* * *", "@reboot", "61 * * * *", "TZ=UTC @every 1500ms"},
	"SAMPLEDESK_SYNC_MESSAGES": {"TZ=UTC", "0 0 31 4 *"},
	"SAMPLEDESK_SYNC_CONTENT":  {"TZ=Europe/Berlin", "0 0 31 11 *"},
	"SAMPLEDESK_UNDO":          {"10", "-1s", "24h0m1s", "soon", "1e3s"},
	"SAMPLEDESK_LOG":           {"loud", "INFO+1"},
}

func TestEveryVariableIsExaminedBeforeItIsUsed(t *testing.T) {
	store := "bolt:" + t.TempDir() + "/desk.db"
	t.Setenv("SAMPLEDESK_STORE", store)
	for name, value := range whole {
		t.Setenv(name, value)
	}
	for name, values := range hostile {
		good := whole[name]
		if name == "SAMPLEDESK_STORE" {
			good = store
		}
		for _, value := range values {
			t.Setenv(name, value)
			status, out, stderr := typed(t, "serve")
			require.Equal(t, exitUsage, status, "%s=%q", name, value)
			require.Contains(t, stderr, name, "%s=%q", name, value)
			require.NotContains(t, out+stderr, "secret", "%s=%q", name, value)

			status, out, stderr = typed(t, "check")
			require.NotZero(t, status, "%s=%q", name, value)
			require.Contains(t, out+stderr, name, "%s=%q", name, value)
			require.NotContains(t, out+stderr, "secret", "%s=%q", name, value)
		}
		t.Setenv(name, good)
	}
}

func TestADecisionCanBeUndoneForADayAtTheMost(t *testing.T) {
	for _, undo := range []time.Duration{0, 10 * time.Second, time.Hour, 24 * time.Hour} {
		var found problems
		d := demo{Undo: undo, Listen: "127.0.0.1:0"}
		flags := d.deskFlags()
		flags.examine(&found)
		require.Empty(t, found, undo)
	}
}

func TestBlanksNewlinesAndQuotesAroundAValueAreTakenOff(t *testing.T) {
	t.Setenv("SAMPLEDESK_STORE", "bolt:"+t.TempDir()+"/desk.db")
	for _, around := range []string{" %\n", `"%"`, "'%'\r\n", " “%” ", "\ufeff%\u200b\u00a0"} {
		for name, value := range whole {
			t.Setenv(name, strings.ReplaceAll(around, "%", value))
		}
		var got commands
		parser, err := newParser(&got, streams{})
		require.NoError(t, err)
		_, err = parser.Parse([]string{"serve"})
		require.NoError(t, err, around)
		_, err = got.Serve.valid()
		require.NoError(t, err, around)
		require.Equal(t, secret(whole["SLACK_BOT_TOKEN"]), got.Serve.SlackBotToken)
		require.Equal(t, whole["SLACK_CHANNEL"], got.Serve.SlackChannel)
		require.Equal(t, "info", got.Serve.Log)
	}
}

func TestAVariableThatIsSetToNothingIsNotSet(t *testing.T) {
	for name := range whole {
		t.Setenv(name, " ")
	}
	var got commands
	parser, err := newParser(&got, streams{})
	require.NoError(t, err)
	_, err = parser.Parse([]string{"serve"})
	require.NoError(t, err)
	require.Equal(t, "https://slack.com/api/", got.Serve.SlackAPIURL)
	require.Equal(t, "@every 1m", got.Serve.Sync)
	require.Empty(t, got.Serve.SlackBotToken)
	_, err = got.Serve.valid()
	require.ErrorContains(t, err, "not set: SLACK_APP_TOKEN, SLACK_BOT_TOKEN, SLACK_CHANNEL, TIKTOK_APP_KEY, TIKTOK_APP_SECRET")
}
