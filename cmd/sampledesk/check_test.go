package main

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/affiliate/affiliatesim"
	"sampledesk/bot/slacksim"
)

// checked is a check's surroundings: both stand-ins, and what the environment would say of them.
type checked struct {
	t      *testing.T
	center *affiliatesim.Center
	at     string // of the Affiliate Center
	store  string
	values map[string]string
}

func newChecked(t *testing.T) *checked {
	t.Helper()
	app := deskInstalled()
	slack := slacksim.New(slacksim.Options{Scopes: app.scopes, Events: app.events, Shortcuts: app.shortcuts, NoRateLimits: true})
	center := affiliatesim.New(affiliatesim.Options{NoRateLimits: true, Seed: 2})
	slackAt, centerAt := httptest.NewServer(slack.Handler()), httptest.NewServer(center.Handler())
	t.Cleanup(func() {
		slackAt.Close()
		centerAt.Close()
		require.NoError(t, slack.Close())
		require.NoError(t, center.Close())
	})
	s, c := slack.Details(slackAt.URL), center.Details(centerAt.URL)
	k := &checked{t: t, center: center, at: centerAt.URL, store: filepath.Join(t.TempDir(), "desk.db")}
	k.values = map[string]string{
		"slack-bot-token": s.BotToken, "slack-app-token": s.AppToken, "slack-api-url": s.APIURL, "slack-channel": s.Channel, "slack-admins": "U0ADMIN001",
		"tiktok-app-key": c.AppKey, "tiktok-app-secret": c.AppSecret, "tiktok-api-url": c.APIURL, "tiktok-auth-url": c.AuthURL,
		"tiktok-refresh-token": c.RefreshToken, "store": "bolt:" + k.store, "public-url": "https://desk.example.com", "listen": "127.0.0.1:1",
	}
	return k
}

// check runs a check, with other values in place of some and further arguments.
func (k *checked) check(other map[string]string, more ...string) (status int, out string) {
	k.t.Helper()
	args := append([]string{"check"}, more...)
	for name, value := range k.values {
		if changed, given := other[name]; given {
			value = changed
		}
		if value != "" {
			args = append(args, "--"+name+"="+value)
		}
	}
	for name, value := range other {
		if _, known := k.values[name]; !known {
			args = append(args, "--"+name+"="+value)
		}
	}
	var text bytes.Buffer
	status = execute(k.t.Context(), args, streams{out: &text, err: &text})
	return status, text.String()
}

func (k *checked) act(path, body string) {
	k.t.Helper()
	r, err := http.NewRequestWithContext(context.WithoutCancel(k.t.Context()), http.MethodPost, k.at+path, strings.NewReader(body))
	require.NoError(k.t, err)
	got, err := http.DefaultClient.Do(r)
	require.NoError(k.t, err)
	require.NoError(k.t, got.Body.Close())
	require.Equal(k.t, http.StatusOK, got.StatusCode)
}

func TestACheckSpendsNoRefreshTokenUnlessItIsTold(t *testing.T) {
	k := newChecked(t)
	before := k.center.Details("").RefreshToken
	status, out := k.check(nil)
	require.Equal(t, exitOK, status, out)
	require.Contains(t, out, "was not exchanged")
	require.NoFileExists(t, k.store, "nothing is made")
	require.Equal(t, before, k.center.Details("").RefreshToken)

	status, out = k.check(nil, "--exchange", "--fix")
	require.Equal(t, exitOK, status, out)
	exchanged := k.center.Details("").RefreshToken
	require.NotEqual(t, before, exchanged)
	require.Contains(t, out, "2 requests are pending")
	require.Contains(t, out, "11 calls are answered")
	require.Contains(t, out, "messages (33) go to https://desk.example.com/tiktok/webhook")
	require.Contains(t, out, "sample applications (56) cannot be seen from here")

	k.act("/sim/authorization", `{"do":"expire_access"}`)
	status, out = k.check(nil)
	require.Equal(t, exitOK, status, out)
	require.Contains(t, out, "its access token has expired")
	require.Equal(t, exchanged, k.center.Details("").RefreshToken)
	status, out = k.check(nil, "--exchange")
	require.Equal(t, exitOK, status, out)
	require.NotEqual(t, exchanged, k.center.Details("").RefreshToken)
	require.NotContains(t, out, k.values["tiktok-app-secret"])
	require.NotContains(t, out, k.values["slack-bot-token"])
}

func TestEachFaultLineOfACheckIsProvoked(t *testing.T) {
	k := newChecked(t)
	status, out := k.check(nil, "--exchange")
	require.Equal(t, exitFailed, status, out)
	require.Contains(t, out, "FAULT  shop ")
	require.Contains(t, out, "run sampledesk check --fix")
	status, out = k.check(nil, "--fix")
	require.Equal(t, exitOK, status, out)

	const reset, none = `{"times":0}`, ""
	fault := func(path, rest string) string { return `{"path":"` + path + `","times":100,"do":"code",` + rest + `}` }
	for name, c := range map[string]struct {
		other  map[string]string
		faults string // of TikTok
		scope  string // withheld
		lines  []string
	}{
		"no bot token":          {other: map[string]string{"slack-bot-token": ""}, lines: []string{"FAULT  Slack bot token: not set", "xoxb-|SLACK_BOT_TOKEN"}},
		"a wrong bot token":     {other: map[string]string{"slack-bot-token": "xoxb-wrong"}, lines: []string{"FAULT  Slack bot token: invalid_auth"}},
		"an app token for it":   {other: map[string]string{"slack-bot-token": k.values["slack-app-token"]}, lines: []string{"FAULT  Slack bot token"}},
		"no app token":          {other: map[string]string{"slack-app-token": ""}, lines: []string{"FAULT  Slack app token: not set", "SLACK_SIGNING_SECRET"}},
		"a bot token for it":    {other: map[string]string{"slack-app-token": "xoxb-1"}, lines: []string{"FAULT  Slack app token: not an app-level token"}},
		"a wrong app token":     {other: map[string]string{"slack-app-token": "xapp-wrong"}, lines: []string{"FAULT  Slack app token"}},
		"HTTP mode, no address": {other: map[string]string{"slack-app-token": "", "slack-signing-secret": "abc", "public-url": ""}, lines: []string{"FAULT  Slack request URL: SAMPLEDESK_PUBLIC_URL is not set"}},
		"no channel":            {other: map[string]string{"slack-channel": ""}, lines: []string{"FAULT  Slack channel: not set"}},
		"a channel's name":      {other: map[string]string{"slack-channel": "#samples"}, lines: []string{"FAULT  SLACK_CHANNEL", "C0123456789"}},
		"another channel":       {other: map[string]string{"slack-channel": "C0MISSING1"}, lines: []string{"FAULT  Slack channel: not found"}},
		"the bot is not there":  {other: map[string]string{"slack-channel": "C0GENERAL1"}, lines: []string{"FAULT  Slack channel: the bot is not in #general", "/invite"}},
		"no admin":              {other: map[string]string{"slack-admins": ""}, lines: []string{"FAULT  admins: none"}},
		"nobody's id":           {other: map[string]string{"slack-admins": "U0NOBODY"}, lines: []string{"FAULT  admin U0NOBODY: not found"}},
		"Slack is not there":    {other: map[string]string{"slack-api-url": "http://127.0.0.1:1/api/"}, lines: []string{"FAULT  Slack bot token: Slack cannot be reached"}},
		"no app":                {other: map[string]string{"tiktok-app-key": "", "tiktok-app-secret": "", "tiktok-refresh-token": ""}, lines: []string{"FAULT  TikTok app: not set"}},
		"a wrong app key":       {other: map[string]string{"tiktok-app-key": "wrong"}, lines: []string{"FAULT  shop", "TIKTOK_APP_KEY"}},
		"a wrong app secret":    {other: map[string]string{"tiktok-app-secret": "wrong"}, lines: []string{"FAULT  shop", "TIKTOK_APP_SECRET"}},
		"TikTok is not there":   {other: map[string]string{"tiktok-api-url": "http://127.0.0.1:1"}, lines: []string{"FAULT  shop", "TIKTOK_API_URL"}},
		"an unreadable key":     {other: map[string]string{"key": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="}, lines: []string{"FAULT  shop", "SAMPLEDESK_KEY"}},
		"a store elsewhere":     {other: map[string]string{"store": "mysql://x"}, lines: []string{"FAULT  SAMPLEDESK_STORE"}},
		"no key beside it":      {other: map[string]string{"store": "postgres://x"}, lines: []string{"FAULT  SAMPLEDESK_KEY: it has to be set where the store is in PostgreSQL"}},
		"a folder to store in":  {other: map[string]string{"store": "bolt:/proc/desk.db"}, lines: []string{"FAULT  store: /proc/desk.db cannot be made"}},
		"a plain address":       {other: map[string]string{"public-url": "http://desk.example.com"}, lines: []string{"webhooks: TikTok does not take http://desk.example.com/tiktok/webhook: it is not https"}},
		"a port":                {other: map[string]string{"public-url": "https://desk.example.com:8443"}, lines: []string{"it has a port"}},
		"no domain":             {other: map[string]string{"public-url": "https://192.0.2.1"}, lines: []string{"it has no domain name"}},
		"another address":       {other: map[string]string{"public-url": "https://new.example.com"}, lines: []string{"messages (33) do not go to https://new.example.com/tiktok/webhook", "--fix"}},
		"the scope to read":     {scope: "seller.affiliate_collaboration.read", lines: []string{"FAULT  shop", "search of sample applications", "seller.affiliate_collaboration.read", "grant the app the scope"}},
		"the scope to review":   {scope: "seller.affiliate_collaboration.write", lines: []string{"review of a sample application", "seller.affiliate_collaboration.write"}},
		"the scope for words":   {scope: "seller.affiliate_messages.write", lines: []string{"list of conversations", "seller.affiliate_messages.write"}},
		"the scope for shops":   {scope: "seller.authorization.info", lines: []string{"Shop Authorized Information", "grant the app the scope"}},
		"a retired call":        {faults: fault("202508/conversations", `"code":36009014,"message":"The version name is invalid"`), lines: []string{"conversation with a creator", "36009014", "update Sample Desk"}},
		"a retired search":      {faults: fault("sample_applications/search", `"code":36009014,"message":"The version name is invalid"`), lines: []string{"search of sample applications", "36009014"}},
		"the allow list":        {faults: fault("/", `"code":36009033,"message":"IP is not allowed"`), lines: []string{"FAULT  shop", "allow list"}},
		"the clock":             {faults: fault("/", `"code":36009004,"message":"timestamp is invalid"`), lines: []string{"FAULT  shop", "clock"}},
		"a taken authorisation": {faults: fault("/", `"code":105001,"message":"access token is invalid"`), lines: []string{"FAULT  shop", "authorise the app again"}},
	} {
		if c.faults != none {
			k.act("/sim/faults", c.faults)
		}
		if c.scope != none {
			k.act("/sim/authorization", `{"do":"withhold_scope","scope":"`+c.scope+`"}`)
		}
		status, out := k.check(c.other)
		require.Equal(t, exitFailed, status, "%s: %s", name, out)
		for _, line := range c.lines {
			found := false
			for part := range strings.SplitSeq(line, "|") {
				found = found || strings.Contains(out, part)
			}
			require.True(t, found, "%s: %q is not in\n%s", name, line, out)
		}
		for l := range strings.Lines(out) {
			require.True(t, !strings.HasPrefix(l, "FAULT") || strings.Contains(l, " To do: "), l)
		}
		k.act("/sim/faults", reset)
		if c.scope != none {
			k.act("/sim/authorization", `{"do":"grant_scope","scope":"`+c.scope+`"}`)
		}
	}

	require.NoError(t, os.Chmod(k.store, 0o644))
	_, out = k.check(nil)
	require.Contains(t, out, "FAULT  store: "+k.store+" can be read or written by every user")
	require.NoError(t, os.Chmod(k.store, 0o600))
	status, out = k.check(nil)
	require.Equal(t, exitOK, status, out)
	require.NoError(t, os.Remove(k.store+".key"))
	_, out = k.check(nil)
	require.Contains(t, out, "FAULT  store")
	require.Contains(t, out, "SAMPLEDESK_KEY")
}

func TestACheckTellsOfAClockThatIsWrongAndOfADiskThatIsNearlyFull(t *testing.T) {
	k := newChecked(t)
	k.check(nil, "--exchange", "--fix")
	slack, err := url.Parse(k.values["slack-api-url"])
	require.NoError(t, err)
	var off atomic.Int64 // seconds that Slack's clock is ahead of ours
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: slack.Scheme, Host: slack.Host})
	proxy.ModifyResponse = func(r *http.Response) error {
		r.Header.Set("Date", time.Now().Add(time.Duration(off.Load())*time.Second).UTC().Format(http.TimeFormat))
		return nil
	}
	elsewhere := httptest.NewServer(proxy)
	defer elsewhere.Close()
	through := map[string]string{"slack-api-url": elsewhere.URL + "/api/"}
	for ahead, line := range map[int64]string{
		0: "ok     clock, against Slack: within 1s", -150: "FAULT  clock, against Slack: off by 2m", 630: "FAULT  clock, against Slack: off by -10m",
	} {
		off.Store(ahead)
		status, out := k.check(through)
		require.Contains(t, out, line)
		require.Equal(t, ahead != 0, strings.Contains(out, "To do: set this machine's clock, best by NTP."), out)
		require.Equal(t, ahead != 0, status == exitFailed, out)
	}

	defer func(was func(string) (uint64, bool)) { spaceLeft = was }(spaceLeft)
	for left, line := range map[uint64]string{
		leastDisk: "", leastDisk - 1: "FAULT  disk: 99 MB are left where the store is. To do: free some of it", 0: "FAULT  disk: 0 MB are left",
	} {
		spaceLeft = func(path string) (uint64, bool) { return left, path == k.store }
		status, out := k.check(nil)
		require.Contains(t, out, line)
		require.Equal(t, line != "", status == exitFailed, out)
	}
}

// serve starts a desk with the check's values, and waits until it is ready. Stop ends it.
func (k *checked) serve(more ...string) (stop func()) {
	k.t.Helper()
	ctx, cancel := context.WithCancel(k.t.Context())
	args := append([]string{"serve"}, more...)
	for name, value := range k.values {
		args = append(args, "--"+name+"="+value)
	}
	ended := make(chan int, 1)
	log := &written{steps: newCountdown(k.t, 1_000_000)}
	go func() { ended <- execute(ctx, args, streams{out: log, err: log}) }()
	require.Eventually(k.t, func() bool { return ready(k.values["listen"]) }, 20*time.Second, 20*time.Millisecond)
	return func() {
		cancel()
		require.Equal(k.t, exitOK, <-ended)
	}
}

func TestTikTokCallsTheAddressThatACheckRegistered(t *testing.T) {
	k := newChecked(t)
	k.values["listen"] = freeAddress(t)
	k.act("/sim/webhooks", `{"names_56":true,"through":"http://`+k.values["listen"]+`"}`)
	defer k.serve("--sync=@every 1h", "--sync-messages=@every 1h")()
	cards := func() (n int) {
		var state slackState
		require.NoError(t, send(http.MethodGet, strings.TrimSuffix(k.values["slack-api-url"], "api/")+"sim/state", nil, &state))
		for _, c := range state.Channels {
			for _, m := range c.Messages {
				if m.Metadata.EventType == "sampledesk_card" {
					n++
				}
			}
		}
		return n
	}
	require.Eventually(t, func() bool { return cards() == 2 }, patience, 20*time.Millisecond)
	k.act("/sim/applications", `{}`)
	_, out := k.check(nil, "--fix")
	require.Contains(t, out, "sample applications (56) go to https://desk.example.com/tiktok/webhook")
	require.Equal(t, 2, cards(), "the desk was not told of the third, and no sweep is due for an hour")
	k.act("/sim/applications", `{}`)
	require.Eventually(t, func() bool { return cards() == 3 }, patience, 20*time.Millisecond)
}

func TestACheckWorksOnTheStoreOfARunningDesk(t *testing.T) {
	k := newChecked(t)
	listen := freeAddress(t)
	k.values["listen"], k.values["public-url"] = listen, "http://"+listen
	defer k.serve()()
	_, out := k.check(nil)
	require.Contains(t, out, "open in the desk that is running at "+listen)
	require.Contains(t, out, "11 calls are answered")
	require.Contains(t, out, "ok     public address: http://"+listen+" leads to the desk")
	require.Contains(t, out, "it is not https")
	elsewhere := httptest.NewServer(http.NotFoundHandler())
	defer elsewhere.Close()
	_, out = k.check(map[string]string{"public-url": elsewhere.URL})
	require.Contains(t, out, "FAULT  public address")
	require.Contains(t, out, "answers 404")
}
