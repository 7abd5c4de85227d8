package bot_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/bot"
	"sampledesk/bot/slacksim"
	"sampledesk/workflow"
)

// bench is a stand-in workspace on a real socket, and the configuration of a desk that has all it needs there.
type bench struct {
	t      *testing.T
	base   string
	config bot.Config
}

func newBench(t *testing.T, scopes []string) *bench {
	t.Helper()
	slack := slacksim.New(slacksim.Options{Scopes: scopes, Events: []string{}})
	server := httptest.NewServer(slack.Handler())
	t.Cleanup(func() {
		server.Close()
		require.NoError(t, slack.Close())
	})
	d := slack.Details(server.URL)
	return &bench{t: t, base: server.URL, config: bot.Config{
		BotToken: d.BotToken, AppToken: d.AppToken, APIURL: d.APIURL, Channel: d.Channel,
		Admins: []workflow.PersonID{admin}, HTTPClient: server.Client(),
	}}
}

func (b *bench) post(path string, body object) {
	b.t.Helper()
	sent, err := json.Marshal(body)
	require.NoError(b.t, err)
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.base+path, bytes.NewReader(sent))
	require.NoError(b.t, err)
	got, err := http.DefaultClient.Do(r)
	require.NoError(b.t, err)
	require.NoError(b.t, got.Body.Close())
	require.Equal(b.t, http.StatusOK, got.StatusCode)
}

func (b *bench) check() []bot.Finding { return bot.Check(b.t.Context(), b.config) }

// faults are the findings that need somebody, by what they are about.
func faults(all []bot.Finding) (about []string) {
	for _, f := range all {
		if !f.OK() {
			about = append(about, f.What)
		}
	}
	return about
}

func TestACheckOfWhatIsInPlaceFindsNoFault(t *testing.T) {
	all := newBench(t, bot.Scopes).check()
	require.Empty(t, faults(all))
	what := []string{}
	for _, f := range all {
		what = append(what, f.What)
		require.NotEmpty(t, f.Found)
	}
	for _, want := range append([]string{"Slack bot token", "Slack app token", "Slack channel", "admin " + admin, "clock, against Slack"}, scopeLines()...) {
		require.Contains(t, what, want)
	}
}

func scopeLines() (lines []string) {
	for _, s := range bot.Scopes {
		lines = append(lines, "Slack scope "+s)
	}
	return lines
}

func TestEachFaultIsFoundWithItsLine(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*bench)
		about string
		says  string
	}{
		"no bot token":        {func(b *bench) { b.config.BotToken = "" }, "Slack bot token", "not set"},
		"a wrong bot token":   {func(b *bench) { b.config.BotToken = "xoxb-1" }, "Slack bot token", "invalid_auth"},
		"the tokens mixed up": {func(b *bench) { b.config.BotToken = b.config.AppToken }, "Slack bot token", "not_allowed_token_type"},
		"a revoked token": {func(b *bench) {
			b.post("/sim/faults", object{"method": "auth.test", "do": "error", "error": "token_revoked"})
		}, "Slack bot token", "token_revoked"},
		"Slack out of order": {func(b *bench) {
			b.post("/sim/faults", object{"method": "auth.test", "do": "status", "status": 500})
		}, "Slack bot token", "cannot be reached"},
		"nobody there":      {func(b *bench) { b.config.APIURL = "http://127.0.0.1:1/api/" }, "Slack bot token", "cannot be reached"},
		"no app token":      {func(b *bench) { b.config.AppToken = "" }, "Slack app token", "not set"},
		"a wrong app token": {func(b *bench) { b.config.AppToken = "xapp-1" }, "Slack app token", "invalid_auth"},
		"no Socket Mode": {func(b *bench) {
			b.post("/sim/faults", object{"method": "apps.connections.open", "do": "error", "error": "no_permission"})
		}, "Slack app token", "no_permission"},
		"no channel":         {func(b *bench) { b.config.Channel = "" }, "Slack channel", "not set"},
		"an unknown channel": {func(b *bench) { b.config.Channel = "C0NOWHERE1" }, "Slack channel", "not found"},
		"a strange channel":  {func(b *bench) { b.config.Channel = general }, "Slack channel", "not in #general"},
		"an archived channel": {func(b *bench) {
			b.post("/sim/act", object{"user": admin, "do": "archive", "channel": samples})
		}, "Slack channel", "archived"},
		"no admins":          {func(b *bench) { b.config.Admins = nil }, "admins", "none"},
		"a foreign admin":    {func(b *bench) { b.config.Admins = append(b.config.Admins, stranger) }, "admin " + stranger, "from another workspace"},
		"an unknown admin":   {func(b *bench) { b.config.Admins = append(b.config.Admins, "U0NOBODY01") }, "admin U0NOBODY01", "not found"},
		"a bot for an admin": {func(b *bench) { b.config.Admins = append(b.config.Admins, "U0DESK0BOT") }, "admin U0DESK0BOT", "bot"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, bot.Scopes)
			c.spoil(b)
			all := b.check()
			require.Equal(t, []string{c.about}, faults(all))
			i := slices.IndexFunc(all, func(f bot.Finding) bool { return f.What == c.about })
			require.Contains(t, all[i].Found, c.says)
			for _, f := range all {
				require.NotContains(t, f.Found+f.Do, "xapp-1-")
			}
		})
	}
}

func TestEachScopeThatIsMissingIsNamed(t *testing.T) {
	for _, scope := range bot.Scopes {
		t.Run(scope, func(t *testing.T) {
			scopes := slices.DeleteFunc(slices.Clone(bot.Scopes), func(s string) bool { return s == scope })
			found := faults(newBench(t, scopes).check())
			require.Contains(t, found, "Slack scope "+scope)
			for _, f := range found { // what cannot be looked at without the scope is a fault too, no other scope is
				require.True(t, f == "Slack scope "+scope || !strings.HasPrefix(f, "Slack scope"), f)
			}
		})
	}
}

func TestACheckGoesByTheDesksOwnClient(t *testing.T) {
	b := newBench(t, bot.Scopes)
	b.config.APIURL = "http://slack.test/api/"
	b.config.HTTPClient = &http.Client{Transport: redirect(b.base)}
	require.Empty(t, faults(b.check()))
}

// redirect sends every request to another host.
type redirect string

func (to redirect) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Host = strings.TrimPrefix(string(to), "http://")
	return http.DefaultTransport.RoundTrip(r)
}

func TestAWrongBotTokenDoesNotHideAWrongAppToken(t *testing.T) {
	b := newBench(t, bot.Scopes)
	b.config.BotToken, b.config.AppToken = "xoxb-1", "xapp-1"
	require.Equal(t, []string{"Slack bot token", "Slack app token"}, faults(bot.Check(t.Context(), b.config)))
}

func TestACheckEndsWithItsContext(t *testing.T) {
	b := newBench(t, bot.Scopes)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.Equal(t, []string{"Slack bot token"}, faults(bot.Check(ctx, b.config)))
}

func TestTheClockIsComparedWithTheDateOfAnAnswer(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	for off, ok := range map[time.Duration]bool{
		0: true, 20 * time.Second: true, -3 * time.Minute: true, 40 * time.Second: false, -5 * time.Minute: false, time.Hour: false,
	} {
		f := bot.ClockFinding("Slack", http.Header{"Date": {now.Format(http.TimeFormat)}}, now.Add(off))
		require.Equal(t, ok, f.OK(), "%s: %+v", off, f)
	}
	require.True(t, bot.ClockFinding("Slack", http.Header{}, now).OK())
	require.True(t, bot.ClockFinding("Slack", http.Header{"Date": {"yesterday"}}, now).OK())
}

func TestACheckLooksAtWhatTheShopsOwnSettingsName(t *testing.T) {
	b := newBench(t, bot.Scopes)
	found := bot.CheckShops(t.Context(), b.config, []workflow.Shop{
		{ID: "1"},
		{ID: "2", Settings: workflow.Settings{Channel: samples, Admins: []workflow.PersonID{memberOne, "U0DESK0BOT", "U0NOBODY01"}}},
		{ID: "3", Settings: workflow.Settings{Channel: general, Shipments: workflow.ShipmentsElsewhere, ShipmentChannel: "C0NOWHERE1"}},
	})
	require.Equal(t, []bot.Finding{
		{What: "Slack channel of shop 2", Found: "#samples, and the bot is in it"},
		{What: "admin " + memberOne + " of shop 2", Found: "member_one"},
		{What: "admin U0DESK0BOT of shop 2", Found: "deactivated, or a bot", Do: "take it out of /samples settings"},
		{What: "admin U0NOBODY01 of shop 2", Found: "not found", Do: "check /samples settings: it takes ids of people of this workspace, which begin with U or W, not names"},
		{What: "Slack channel of shop 3", Found: "the bot is not in #general", Do: "type /invite @Sample Desk there"},
		{What: "channel for shipments of shop 3", Found: "not found", Do: "check /samples settings; a private channel is only seen once the bot was invited there: /invite @Sample Desk"},
	}, found)
}
