package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/affiliate/affiliatesim"
)

// shopRun runs a shop command in this process, with the values of a stage and what is typed.
func (s *stage) shopRun(input string, args ...string) (status int, out, stderr string) {
	s.t.Helper()
	var stdout, errs bytes.Buffer
	known := s.environment("TIKTOK_SERVICE_ID="+s.info["tiktok_service_id"].(string), "TIKTOK_CONSENT_URL="+s.info["tiktok_consent_url"].(string))
	for _, pair := range known {
		name, value, _ := strings.Cut(pair, "=")
		if t, ok := s.t.(*testing.T); ok && strings.HasPrefix(name, "TIKTOK_") && name != "TIKTOK_REFRESH_TOKEN" {
			t.Setenv(name, value)
		}
	}
	args = append([]string{"shop"}, args...)
	status = execute(s.t.Context(), append(args, "--store", "bolt:"+s.store), streams{in: strings.NewReader(input), out: &stdout, err: &errs})
	return status, stdout.String(), errs.String()
}

// ask gives an order to the stand-in Affiliate Center.
func (s *stage) ask(path, body string) (answer map[string]any) {
	s.t.Helper()
	resp, err := http.Post(s.shop+path, "application/json", strings.NewReader(body))
	require.NoError(s.t, err)
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	require.NoError(s.t, err)
	require.Equal(s.t, http.StatusOK, resp.StatusCode, string(text))
	require.NoError(s.t, json.Unmarshal(text, &answer))
	return answer
}

// linkIn finds the consent link in what was printed, and its state.
func linkIn(t *testing.T, printed string) (state string) {
	t.Helper()
	u, err := url.Parse(regexp.MustCompile(`http\S+/open/authorize\S+`).FindString(printed))
	require.NoError(t, err)
	return u.Query().Get("state")
}

func TestShopsAreConnectedListedAndDisconnectedWithoutADesk(t *testing.T) {
	s := newStage(t)
	status, out, stderr := s.shopRun("", "connect")
	require.Equal(t, exitFailed, status)
	require.Contains(t, stderr, "no address was pasted")
	_, listed, _ := s.shopRun("", "list")
	require.Contains(t, listed, "No shop is connected")
	to := s.ask("/sim/consent", `{"state":"`+linkIn(t, out)+`","lasts":"2400h"}`)["location"].(string)
	status, out, stderr = s.shopRun("", "connect", "--code", to, "--channel", "C0123")
	require.Zero(t, status, stderr)
	require.Contains(t, out, "Connected: Glow and Home (US)")
	require.Contains(t, out, "Its cards go to channel C0123")
	require.Contains(t, out, "99 days left")
	id := s.info["tiktok_shop_id"].(string)

	for _, spoiled := range []string{to, "null", "https://desk.test/?code=null&error=auth_denied", "ROW_made_up", "https://desk.test/"} {
		status, _, stderr = s.shopRun("", "connect", "--code", spoiled)
		require.Equal(t, exitFailed, status, spoiled)
		require.Equal(t, 1, strings.Count(stderr, "\n"), stderr)
		require.NotContains(t, stderr, "ROW_", "no code is printed")
	}
	status, out, _ = s.shopRun("", "list")
	require.Zero(t, status)
	require.Contains(t, out, id+"  Glow and Home (US)  app of the environment\n    authorised until ")
	require.Contains(t, out, "no desk runs")
	require.Contains(t, out, "scopes: seller.affiliate_collaboration.read,")

	status, _, stderr = s.shopRun("", "disconnect", "404")
	require.Equal(t, exitFailed, status)
	require.Contains(t, stderr, `no shop "404" is connected`)
	status, out, _ = s.shopRun("", "disconnect", id)
	require.Zero(t, status)
	require.Contains(t, out, "Its tokens are forgotten. TikTok still lists the app as authorized")
	_, out, _ = s.shopRun("", "list")
	require.Contains(t, out, "disconnected since ")
}

func TestOfSeveralShopsThoseAreConnectedThatAreChosenThroughTheDeskThatRuns(t *testing.T) {
	s := newStage(t)
	at := freeAddress(t)
	s.serve("TIKTOK_REFRESH_TOKEN=", "SAMPLEDESK_LISTEN="+at, "SAMPLEDESK_PUBLIC_URL=http://"+at,
		"TIKTOK_SERVICE_ID="+s.info["tiktok_service_id"].(string), "TIKTOK_CONSENT_URL="+s.info["tiktok_consent_url"].(string))
	eventually(t, func() bool { return readiness503(t, at) == "no shop is connected" }, "the desk starts without a shop")
	s.ask("/sim/apps/"+s.info["tiktok_service_id"].(string), `{"redirect_url":"http://`+at+`/tiktok/callback"}`)
	seller := s.ask("/sim/accounts", `{"name":"Elsewhere","region":"GB","shops":[{"name":"<b>North</b>"},{"name":"South"}]}`)
	north := seller["shops"].([]any)[0].(map[string]any)["id"].(string)

	connecting := program(t, []string{"SAMPLEDESK_STORE=bolt:" + s.store}, "shop", "connect")
	var printed lockedBuffer
	connecting.Stdout, connecting.Stderr, connecting.Stdin = &printed, &printed, strings.NewReader("1\n")
	require.NoError(t, connecting.Start())
	eventually(t, func() bool { return strings.Contains(printed.String(), "Waiting…") }, "the link is printed")
	to := s.ask("/sim/consent", `{"account":"`+seller["id"].(string)+`","state":"`+linkIn(t, printed.String())+`"}`)["location"].(string)
	resp, err := http.Get(to)
	require.NoError(t, err)
	page, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Contains(t, string(page), "Go back to the command line")
	require.Contains(t, string(page), "&lt;b&gt;North&lt;/b&gt; (GB)")
	require.NotContains(t, string(page), "ROW_")
	require.Contains(t, resp.Header.Get("Content-Security-Policy"), "default-src 'none'")
	require.NoError(t, connecting.Wait(), printed.String())
	require.Contains(t, printed.String(), "Connected: <b>North</b> (GB)")

	status, out, stderr := s.shopRun("", "list")
	require.Zero(t, status, stderr)
	require.Contains(t, out, north)
	require.Contains(t, out, "still to be chosen")
	eventually(t, func() bool { return readiness503(t, at) == "" }, "the shop is swept")
	resp, err = http.Get(to)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusBadRequest, resp.StatusCode, "an address works once")
	require.NotContains(t, s.log.String(), "ROW_")
}

func TestAnAppWithANameIsGivenItsSecretByAFileOrTheStandardInput(t *testing.T) {
	s := newStage(t)
	app := s.ask("/sim/apps", `{"name":"Europe"}`)
	account := s.ask("/sim/accounts", `{"name":"Elsewhere","region":"GB","shops":[{"name":"North"}]}`)
	secret := app["app_secret"].(string)
	known := []string{"connect", "--app", "eu", "--tiktok-service-id", app["service_id"].(string), "--tiktok-consent-url", app["consent_url"].(string)}
	status, _, stderr := s.shopRun("", "connect", "--app", "eu")
	require.Equal(t, exitFailed, status)
	require.Contains(t, stderr, `no such app: "eu"`)
	for _, wrong := range []string{"", "only-one\n", "a b\nc\n", "a\nb\nc\n"} {
		status, _, _ = s.shopRun(wrong, append(known, "--credentials", "-")...)
		require.Equal(t, exitUsage, status, wrong)
	}
	file := filepath.Join(t.TempDir(), "credentials")
	require.NoError(t, os.WriteFile(file, []byte(app["app_key"].(string)+"\n"+secret+"\n"), 0o600))
	status, out, _ := s.shopRun("", append(known, "--credentials", file)...)
	require.Equal(t, exitFailed, status, "nothing was pasted")
	require.Contains(t, out, "App eu is kept, its secret sealed.")
	to := s.ask("/sim/consent", `{"service_id":"`+app["service_id"].(string)+`","account":"`+account["id"].(string)+`","state":"`+linkIn(t, out)+`"}`)["location"].(string)
	status, out, stderr = s.shopRun(to+"\n", "connect", "--app", "eu", "--code", to)
	require.Zero(t, status, stderr)
	require.Contains(t, out, "Connected: North (GB)")
	_, out, _ = s.shopRun("", "list")
	require.Contains(t, out, "North (GB)  app eu")
	kept, err := os.ReadFile(s.store)
	require.NoError(t, err)
	require.NotContains(t, string(kept), secret)

	s.serve("TIKTOK_APP_KEY=", "TIKTOK_APP_SECRET=", "TIKTOK_REFRESH_TOKEN=")
	eventually(t, func() bool {
		_, out, _ := s.shopRun("", "list")
		return strings.Contains(out, "last sync 2")
	}, "a desk works with that app alone")
}

func TestTheCallbackIsAPageThatSaysWhatHappenedAndNothingElse(t *testing.T) {
	inBubble(t, 0, func(b *bubble) {
		b.desk.TiktokRefreshToken, b.desk.PublicURL = "", "https://desk.example"
		b.desk.TiktokServiceID, b.desk.TiktokConsentURL = b.center.Details("").ServiceID, b.center.Details("http://"+centerAt).ConsentURL
		b.open()
		time.Sleep(5 * time.Second)
		get := func(path string) (int, string) {
			req, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, "http://desk.test:80"+path, nil)
			require.NoError(b.t, err)
			resp, err := b.client.Do(req)
			require.NoError(b.t, err)
			defer func() { _ = resp.Body.Close() }()
			text, err := io.ReadAll(resp.Body)
			require.NoError(b.t, err)
			require.Equal(b.t, "no-store", resp.Header.Get("Cache-Control"))
			require.Equal(b.t, "no-referrer", resp.Header.Get("Referrer-Policy"))
			require.Empty(b.t, resp.Header.Get("Location"))
			return resp.StatusCode, string(text)
		}
		for path, want := range map[string]string{
			"/tiktok/callback": "TikTok sent no code",
			"/tiktok/callback?code=null&error=auth_denied":          "declined on TikTok&#39;s page",
			"/tiktok/callback?code=null&error=access_denied":        "declined on TikTok&#39;s page",
			"/tiktok/callback?error=%3Cscript%3E":                   "the error &#34;&lt;script&gt;&#34;",
			"/tiktok/callback?code=ROW_secret&state=unknown":        "was not made by this desk",
			"/tiktok/callback?code=ROW_secret":                      "does not take this code",
			"/tiktok/callback/eu?code=ROW_secret":                   "does not say which app it is for",
			"/tiktok/callback?code=ROW_secret&redirect=http://evil": "does not take this code",
		} {
			status, page := get(path)
			require.Equal(b.t, http.StatusBadRequest, status, path)
			require.Contains(b.t, page, want)
			require.NotContains(b.t, page, "ROW_secret")
			require.NotContains(b.t, page, "evil")
		}
		var to struct{ Location string }
		b.post(centerAt, "/sim/consent", map[string]string{"do": "install"}, &to)
		u, err := url.Parse(to.Location)
		require.NoError(b.t, err)
		status, page := get("/tiktok/callback?" + u.RawQuery)
		require.Equal(b.t, http.StatusOK, status)
		require.Contains(b.t, page, "an admin of the desk has to confirm it in Slack")
		_, err = b.center.AddApplication(affiliatesim.Request{})
		require.NoError(b.t, err)
		time.Sleep(3 * time.Minute)
		var calls []call
		b.get(centerAt, "/sim/calls", &calls)
		for _, c := range calls {
			require.NotContains(b.t, c.Path, "sample_applications", "nothing of a shop that rests is read")
		}
	})
}

// eventually waits for what another process does.
func eventually(t *testing.T, is func() bool, what string) {
	t.Helper()
	require.Eventually(t, is, patience, 50*time.Millisecond, what)
}

// readiness503 is the first fault that a desk tells of, empty where it is ready; "?" while it does not answer.
func readiness503(t *testing.T, at string) string {
	t.Helper()
	resp, err := http.Get("http://" + at + "/readyz")
	if err != nil {
		return "?"
	}
	defer func() { _ = resp.Body.Close() }()
	var report readiness
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&report))
	for _, fault := range report.Faults {
		if fault != "not connected to Slack" {
			return fault
		}
	}
	if len(report.Shops) == 0 || report.Shops[0].LastSweep.IsZero() {
		return "?"
	}
	return ""
}

// lockedBuffer takes what a process prints while a test reads it.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
