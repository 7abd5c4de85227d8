package slacksim

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// endpoint is an app that is reached over HTTP, and keeps the requests.
type endpoint struct {
	mu       sync.Mutex
	requests []delivered
	answer   func(http.ResponseWriter, delivered)
	deaf     atomic.Bool // to the handshake, which it answers as anything else then
}

type delivered struct {
	header http.Header
	body   string
	form   url.Values
	at     time.Time
}

func (e *endpoint) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(rw, err.Error(), http.StatusBadRequest)
		return
	}
	d := delivered{header: r.Header, body: string(body), at: time.Now()}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		d.form, _ = url.ParseQuery(d.body)
	}
	e.mu.Lock()
	e.requests = append(e.requests, d)
	e.mu.Unlock()
	if d.tried() && !e.deaf.Load() {
		echo(rw, d)
		return
	}
	if e.answer != nil {
		e.answer(rw, d)
	}
}

// all are the deliveries; the handshake that comes first is left out.
func (e *endpoint) all() []delivered { return e.those(false) }

// handshakes are the requests with which the address was tried.
func (e *endpoint) handshakes() []delivered { return e.those(true) }

func (e *endpoint) those(tried bool) []delivered {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(e.requests), func(d delivered) bool { return tried != d.tried() })
}

// tried tells whether a request is one of the handshake's.
func (d delivered) tried() bool {
	return strings.Contains(d.body, `"url_verification"`) || d.form.Get("ssl_check") != ""
}

// overHTTP runs a test with a workspace that delivers over HTTP, all in memory.
func overHTTP(t *testing.T, answer func(http.ResponseWriter, delivered), f func(*testing.T, *bench, *endpoint)) {
	t.Helper()
	p := &sync.Map{}
	transport := roundTrip(func(r *http.Request) (*http.Response, error) {
		inner, served := p.Load("transport")
		if !served {
			return nil, errors.New("connection refused")
		}
		return inner.(*http.Transport).RoundTrip(r)
	})
	inBubble(t, Options{HTTPURL: "http://app.test/slack/events", Transport: transport}, func(t *testing.T, b *bench) {
		listener := newPipes()
		e := &endpoint{answer: answer}
		server := &http.Server{Handler: e}
		served := make(chan error, 1)
		go func() { served <- server.Serve(listener) }()
		inner := &http.Transport{DialContext: listener.dial}
		p.Store("transport", inner)
		defer func() {
			require.NoError(t, b.w.Close())
			inner.CloseIdleConnections()
			require.NoError(t, server.Close())
			require.ErrorIs(t, <-served, http.ErrServerClosed)
		}()
		f(t, b, e)
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestDeliveriesOverHTTPAreSigned(t *testing.T) {
	answer := func(rw http.ResponseWriter, d delivered) {
		if d.form.Get("command") != "" {
			_, _ = rw.Write([]byte("Hello"))
		}
	}
	overHTTP(t, answer, func(t *testing.T, b *bench, e *endpoint) {
		_, o := b.callAs(b.w.secrets.app, "apps.connections.open", object{})
		require.Equal(t, "no_permission", o["error"], "there is no Socket Mode then")
		require.Empty(t, b.details.AppToken, "so nothing of it is told")
		ts := b.post(object{"text": "Card", "blocks": []object{actions("a", button("approve", "1"))}})
		synctest.Wait() // for the event of the post
		require.True(t, b.act(click(admin, ts, "approve", nil)).OK)
		seen := b.act(object{"user": admin, "do": "command", "command": "/samples", "text": "help", "wait_ms": 0})
		require.True(t, seen.OK, seen.Error)
		require.JSONEq(t, `{"text":"Hello"}`, string(seen.Response))
		synctest.Wait()
		all := e.all()
		require.Len(t, all, 3)
		for _, d := range all {
			mac := hmac.New(sha256.New, []byte(b.details.SigningSecret))
			_, _ = mac.Write([]byte("v0:" + d.header.Get("X-Slack-Request-Timestamp") + ":" + d.body))
			require.Equal(t, "v0="+hex.EncodeToString(mac.Sum(nil)), d.header.Get("X-Slack-Signature"))
		}
		require.Equal(t, "application/json", all[0].header.Get("Content-Type"))
		require.Contains(t, all[1].form.Get("payload"), `"block_actions"`)
		require.Equal(t, "help", all[2].form.Get("text"))
	})
}

func TestAnEventIsRetriedOverHTTPWithItsReason(t *testing.T) {
	refuse := func(rw http.ResponseWriter, _ delivered) { rw.WriteHeader(http.StatusInternalServerError) }
	overHTTP(t, refuse, func(t *testing.T, b *bench, e *endpoint) {
		started := time.Now()
		seen := b.act(object{"user": admin, "do": "post", "channel": samples, "text": "Hello"})
		require.Equal(t, "dispatch_failed: http_error: status 500", seen.Error)
		time.Sleep(10 * time.Minute)
		var got []any
		for _, d := range e.all() {
			got = append(got, d.header.Get("X-Slack-Retry-Num"), d.header.Get("X-Slack-Retry-Reason"), d.at.Sub(started))
		}
		require.Equal(t, []any{
			"", "", time.Duration(0), "1", "http_error", time.Duration(0), "2", "http_error", time.Minute, "3", "http_error", 5 * time.Minute,
		}, got)
	})
}

func TestAnAppMayAskNotToBeSentAnEventAgain(t *testing.T) {
	refuse := func(rw http.ResponseWriter, _ delivered) {
		rw.Header().Set("X-Slack-No-Retry", "1")
		rw.WriteHeader(http.StatusInternalServerError)
	}
	overHTTP(t, refuse, func(t *testing.T, b *bench, e *endpoint) {
		b.act(object{"user": admin, "do": "post", "channel": samples, "text": "Hello"})
		time.Sleep(10 * time.Minute)
		require.Len(t, e.all(), 1)
	})
}

func TestASlowAppTimesOutOverHTTP(t *testing.T) {
	slow := func(http.ResponseWriter, delivered) { time.Sleep(4 * time.Second) }
	overHTTP(t, slow, func(t *testing.T, b *bench, _ *endpoint) {
		seen := b.act(object{"user": admin, "do": "command", "command": "/samples"})
		require.Equal(t, sight{Error: "operation_timeout", AckedMS: 3000}, seen)
		time.Sleep(2 * time.Second)
	})
}

// echo answers the handshake as an app has to.
func echo(rw http.ResponseWriter, d delivered) {
	if _, challenge, ok := strings.Cut(d.body, `"challenge":"`); ok {
		_, _ = rw.Write([]byte(challenge[:32]))
	}
}

func TestARequestAddressIsVerifiedBeforeTheFirstDelivery(t *testing.T) {
	overHTTP(t, nil, func(t *testing.T, b *bench, e *endpoint) {
		for range 3 {
			require.True(t, b.act(object{"user": admin, "do": "home"}).OK)
		}
		all := e.handshakes()
		require.Len(t, all, 2, "once, however much is delivered")
		require.Contains(t, all[0].body, `"type":"url_verification"`)
		require.Equal(t, "1", all[1].form.Get("ssl_check"))
		require.NotEmpty(t, all[0].header.Get("X-Slack-Signature"))
		require.Empty(t, all[1].header.Get("X-Slack-Signature"), "an app has to answer it without one too")
		require.Len(t, e.all(), 3)
		status, out := b.sim(http.MethodPost, "verify", nil)
		require.Equal(t, http.StatusOK, status)
		require.JSONEq(t, `{"ok":true}`, string(out))
		require.Len(t, e.handshakes(), 4)
	})
}

func TestAnAppThatIsThereFirstIsAskedAtOnce(t *testing.T) {
	e := &endpoint{}
	app := httptest.NewServer(e)
	t.Cleanup(app.Close)
	w := New(Options{HTTPURL: app.URL + "/slack/events"})
	<-w.verified
	require.NoError(t, w.Close())
	require.Len(t, e.handshakes(), 2)
}

func TestNothingIsDeliveredToAnAddressThatIsNotVerified(t *testing.T) {
	overHTTP(t, nil, func(t *testing.T, b *bench, e *endpoint) {
		e.deaf.Store(true)
		require.ErrorContains(t, b.w.VerifyURL(t.Context()), "the challenge did not come back")
		_, out := b.sim(http.MethodPost, "verify", nil)
		require.JSONEq(t, `{"ok":false,"error":"verifying the request URL: the challenge did not come back (status 200)"}`, string(out))
		seen := b.act(object{"user": admin, "do": "command", "command": "/samples"})
		require.Contains(t, seen.Error, "the request URL is not verified")
		require.Empty(t, e.all())
		e.deaf.Store(false)
		require.True(t, b.act(object{"user": admin, "do": "command", "command": "/samples"}).OK)
		require.Len(t, e.all(), 1)
	})
	b := outside(t, Options{})
	status, out := b.sim(http.MethodPost, "verify", nil)
	require.Equal(t, http.StatusBadRequest, status)
	require.Contains(t, string(out), "Socket Mode")
}

func TestAnAnswerOverHTTPHasItsStatusItsTypeAndItsSize(t *testing.T) {
	type reply struct {
		status     int
		kind, body string
	}
	var next atomic.Pointer[reply]
	answer := func(rw http.ResponseWriter, _ delivered) {
		r := next.Load()
		if r.kind != "" {
			rw.Header().Set("Content-Type", r.kind)
		}
		rw.WriteHeader(r.status)
		_, _ = rw.Write([]byte(r.body))
	}
	overHTTP(t, answer, func(t *testing.T, b *bench, _ *endpoint) {
		ts := b.post(object{"text": "Card", "blocks": []object{actions("a", button("approve", "1"))}})
		home, command, press := object{"user": admin, "do": "home"}, object{"user": admin, "do": "command", "command": "/samples", "wait_ms": 0}, click(admin, ts, "approve", nil)
		for name, c := range map[string]struct {
			act        object
			status     int
			kind, body string
			errs       string
			response   string
		}{
			"an event takes any 2xx":                   {home, 204, "", "", "", ""},
			"a click takes 200":                        {press, 200, "", "", "", ""},
			"and no other":                             {press, 202, "", "", "status 202", ""},
			"a command neither":                        {command, 201, "", "", "status 201", ""},
			"a command's answer is JSON that says so":  {command, 200, "application/json; charset=utf-8", `{"text":"a"}`, "", `{"text":"a"}`},
			"or else it is text":                       {command, 200, "text/plain", `{"text":"a"}`, "", `{"text":"{\"text\":\"a\"}"}`},
			"one that is as long as in Socket Mode":    {command, 200, "text/plain", strings.Repeat("x", mostAck), "20 KB", ""},
			"a click's answer has no use for anything": {press, 200, "text/html", "<p>", "", ""},
		} {
			next.Store(&reply{c.status, c.kind, c.body})
			seen := b.act(c.act)
			if c.errs != "" {
				require.Contains(t, seen.Error, c.errs, name)
				continue
			}
			require.True(t, seen.OK, "%s: %s", name, seen.Error)
			if c.response != "" {
				require.JSONEq(t, c.response, string(seen.Response), name)
			}
		}
	})
}

func TestDeliveriesOverHTTPAreDoubledAndTheirAnswersLostOnDemand(t *testing.T) {
	overHTTP(t, nil, func(t *testing.T, b *bench, e *endpoint) {
		for _, kind := range []string{"duplicate", "drop_ack"} {
			status, out := b.sim(http.MethodPost, "faults", object{"socket": kind})
			require.Equal(t, http.StatusOK, status, string(out))
			require.Equal(t, kind == "duplicate", b.act(object{"user": admin, "do": "home"}).OK)
			synctest.Wait()
		}
		all := e.all()
		require.Len(t, all, 4)
		require.Equal(t, all[0].body, all[1].body)
		require.Equal(t, "http_timeout", all[3].header.Get("X-Slack-Retry-Reason"))
	})
}
