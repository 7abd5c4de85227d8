package webhook_test

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/store/boltstore"
	"sampledesk/webhook"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

var key = workflow.Key{Shop: "7495540735365777507", ID: "1729384756"}

// plainly is a Sealer that seals nothing, but tells shops apart.
type plainly struct{}

func (plainly) SealWebhook(s workflow.ShopID, secret string, keep func([]byte) error) error {
	return keep([]byte(string(s) + " " + secret))
}

func (plainly) OpenWebhook(s workflow.ShopID, sealed []byte) (string, error) {
	secret, ok := strings.CutPrefix(string(sealed), string(s)+" ")
	if !ok {
		return "", errors.New("another shop's")
	}
	return secret, nil
}

// receiver is another system.
type receiver struct {
	*httptest.Server
	answer func(http.ResponseWriter, *http.Request)

	mu  sync.Mutex
	got []received
}

type received struct {
	header http.Header
	body   string
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{}
	r.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		r.mu.Lock()
		r.got = append(r.got, received{req.Header, string(body)})
		r.mu.Unlock()
		if r.answer != nil {
			r.answer(w, req)
		}
	}))
	r.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) all() []received {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]received(nil), r.got...)
}

// desk is a service with a store of its own, whose shop calls an address.
type desk struct {
	*webhook.Service
	store  workflow.Store
	engine *engine.Engine
	log    *strings.Builder
}

func newDesk(t *testing.T, address string, roots *x509.CertPool, allowed ...netip.Prefix) *desk {
	t.Helper()
	store, err := boltstore.Open(t.Context(), filepath.Join(t.TempDir(), "desk.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	require.NoError(t, store.Update(t.Context(), func(tx workflow.Tx) error {
		err := tx.PutShop(workflow.Shop{ID: key.Shop, Name: "Glow", Settings: workflow.Settings{Webhook: address}})
		return errors.Join(err, tx.PutApplication(workflow.Application{
			Key: key, Card: workflow.Card{Post: workflow.Post{Link: "https://team.slack.com/archives/C1/p1"}},
			Snapshot: workflow.Snapshot{
				Status:  workflow.StatusAwaitingShipment,
				Creator: workflow.Creator{Nickname: "Mia \"Glow\" <b>", Username: "mia.glow"}, Product: workflow.Product{ID: "9", SKU: "8", Title: "Serum"},
			},
		}))
	}))
	d := &desk{store: store, engine: engine.New(store, nil), log: &strings.Builder{}}
	d.Service = webhook.New(webhook.Config{
		Store: store, Engine: d.engine, Seal: plainly{}, Allowed: allowed, Version: "1.2.3", Roots: roots, Log: slog.New(slog.NewTextHandler(d.log, nil)),
	})
	return d
}

// of is an event, made so long ago.
func of(age time.Duration) workflow.Effect {
	at := time.Now().Add(-age)
	return workflow.Effect{
		ID: "EFFECT1", Kind: workflow.CallWebhook, Shop: key.Shop, Application: key.ID, MadeAt: at, Attempt: 1,
		Webhook: &workflow.WebhookEvent{
			Kind: workflow.WebhookStage, At: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), Stage: workflow.StageAwaiting, Verdict: workflow.Approve, By: "U1",
			OrderID: "577", Tracking: "1Z",
		},
	}
}

var loopback = netip.MustParsePrefix("127.0.0.0/8")

func roots(r *receiver) *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(r.Certificate())
	return pool
}

func TestAnEventIsOneFlatObjectOfStringsAndItsSignatureCanBeChecked(t *testing.T) {
	r := newReceiver(t)
	d := newDesk(t, r.URL+"/hook?token=1", roots(r), loopback)
	secret, err := d.NewSecret(t.Context(), key.Shop, workflow.Actor{Person: "U0ADMIN"})
	require.NoError(t, err)
	require.Equal(t, engine.Outcome{}, d.Deliver(t.Context(), of(0)))
	got := r.all()
	require.Len(t, got, 1)

	var fields map[string]string
	require.NoError(t, json.Unmarshal([]byte(got[0].body), &fields))
	require.Equal(t, map[string]string{
		"event_id": "EFFECT1", "kind": "stage", "time": "2026-11-23T12:00:00Z", "shop": string(key.Shop), "shop_name": "Glow", "application": string(key.ID),
		"short_id": string(key.Short()), "stage": "Awaiting shipment", "decision": "approve", "reason": "", "decided_by": "U1", "decided_by_rule": "", "creator_name": "Mia \"Glow\" <b>",
		"creator_handle": "mia.glow", "product": "Serum", "product_id": "9", "sku": "8", "order_id": "577", "tracking": "1Z", "failure": "",
		"card": "https://team.slack.com/archives/C1/p1",
	}, fields)
	h := got[0].header
	require.Equal(t, "EFFECT1", h.Get(webhook.HeaderEvent))
	require.Equal(t, "application/json", h.Get("Content-Type"))
	seconds, err := time.ParseDuration(h.Get(webhook.HeaderTimestamp) + "s")
	require.NoError(t, err)
	at := time.Unix(int64(seconds/time.Second), 0)
	require.WithinDuration(t, time.Now(), at, time.Minute)
	require.Equal(t, webhook.Sign(secret, at, []byte(got[0].body)), h.Get(webhook.HeaderSignature))

	renewed, err := d.NewSecret(t.Context(), key.Shop, workflow.Actor{Person: "U0ADMIN"})
	require.NoError(t, err)
	require.NotEqual(t, secret, renewed)
	require.Equal(t, engine.Outcome{}, d.Deliver(t.Context(), of(0)))
	again := r.all()[1]
	require.NotEqual(t, webhook.Sign(secret, at, []byte(again.body)), again.header.Get(webhook.HeaderSignature), "the old secret signs nothing any more")
	require.Equal(t, got[0].body, again.body, "an attempt is the same but for its time")
	require.NotContains(t, d.log.String(), secret)
}

func TestAKnownSignatureIsMade(t *testing.T) {
	// printf '1767225600.{"a":"b"}' | openssl dgst -sha256 -hmac sdwh_test
	require.Equal(t, "v1=3f35b99445dc8743845d3d08f40fcfa6e77b430a24fc2f20b24416ce53937c0b", webhook.Sign("sdwh_test", time.Unix(1767225600, 0), []byte(`{"a":"b"}`)))
}

func TestWhatAnotherSystemDoesNotTakeIsTriedAgainAndGivenUpInTheEnd(t *testing.T) {
	r := newReceiver(t)
	d := newDesk(t, r.URL+"/very-secret", roots(r), loopback)
	var status atomic.Int64
	r.answer = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "https://elsewhere.example/")
		if status.Load() == http.StatusTooManyRequests {
			w.Header().Set("Retry-After", "120")
		}
		w.WriteHeader(int(status.Load()))
		_, _ = w.Write([]byte("what nobody is shown"))
	}
	refused := of(0)
	refused.Refusals = 5
	for name, c := range map[string]struct {
		effect workflow.Effect
		status int
		then   engine.Then
		words  string
	}{
		"a fault there":               {of(0), 503, engine.Again, "it answered 503 Service Unavailable"},
		"a fault there for a day":     {of(25 * time.Hour), 503, engine.Buried, "it answered 503 Service Unavailable"},
		"too many":                    {of(0), 429, engine.Again, "it answered 429 Too Many Requests"},
		"not found":                   {of(0), 404, engine.Again, "it answered 404 Not Found"},
		"not found for some minutes":  {refused, 404, engine.Buried, "it answered 404 Not Found"},
		"a redirect is not followed":  {of(0), 302, engine.Again, "it answered 302 Found, and redirects are not followed"},
		"a redirect that stays there": {refused, 308, engine.Buried, "it answered 308 Permanent Redirect, and redirects are not followed"},
	} {
		status.Store(int64(c.status))
		o := d.Deliver(t.Context(), c.effect)
		require.Equal(t, c.then, o.Then, name)
		require.Equal(t, c.then == engine.Buried, o.Tell, name)
		require.Equal(t, c.words, o.Failure.Message, name)
		require.Positive(t, o.After, name)
		require.LessOrEqual(t, o.After, 10*time.Minute, name)
	}
	require.Len(t, r.all(), 7, "no redirect was followed")
	require.Greater(t, d.Budget(of(0), "webhook "+string(key.Shop)), time.Minute, "a Retry-After is obeyed by all that goes there")
	require.Zero(t, d.Budget(of(0), "webhook of another"), "and by nobody else")
	require.NotContains(t, d.log.String(), "very-secret")
}

func TestAnAnswerIsReadNoFurtherThanNeeded(t *testing.T) {
	r := newReceiver(t)
	d := newDesk(t, r.URL, roots(r), loopback)
	wrote := make(chan int, 1)
	r.answer = func(w http.ResponseWriter, _ *http.Request) {
		total := 0
		for chunk := make([]byte, 1<<20); total < 1<<30; {
			n, err := w.Write(chunk)
			total += n
			if err != nil {
				break
			}
		}
		wrote <- total
	}
	require.Equal(t, engine.Outcome{}, d.Deliver(t.Context(), of(0)))
	require.Less(t, <-wrote, 64<<20)
}

func TestNoPrivateAddressIsReachedByWhateverName(t *testing.T) {
	r := newReceiver(t)
	_, port, err := net.SplitHostPort(r.Listener.Addr().String())
	require.NoError(t, err)
	for _, host := range []string{"127.0.0.1", "localhost", "0.0.0.0", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "127.1"} {
		d := newDesk(t, "https://"+host+":"+port+"/", roots(r))
		o := d.Deliver(t.Context(), of(0))
		require.Equal(t, engine.Again, o.Then, host)
		require.NotContains(t, o.Failure.Message, "127.0.0.1", host)
		words, good := d.Test(t.Context(), shopOf(t, d))
		require.False(t, good, host)
		if host == "127.0.0.1" || host == "localhost" {
			require.Contains(t, words, "into a private network", host)
		}
	}
	require.Empty(t, r.all())
}

func shopOf(t *testing.T, d *desk) (s workflow.Shop) {
	t.Helper()
	require.NoError(t, d.store.View(t.Context(), func(tx workflow.Tx) (err error) {
		s, err = tx.Shop(key.Shop)
		return err
	}))
	return s
}

func TestWhatWaitsForAnAddressThatWasRemovedIsDropped(t *testing.T) {
	r := newReceiver(t)
	d := newDesk(t, "", roots(r), loopback)
	require.Equal(t, engine.Outcome{Nothing: true}, d.Deliver(t.Context(), of(0)))
	shop := shopOf(t, d)
	_, err := d.engine.ChangeSettings(t.Context(), key.Shop, workflow.SettingsChange{At: time.Now(), Seen: shop.Settings.Version, Settings: workflow.Settings{Webhook: r.URL}})
	require.NoError(t, err)
	require.Equal(t, engine.Outcome{Nothing: true}, d.Deliver(t.Context(), of(time.Minute)), "what was made before is not for the new address")
	require.Equal(t, engine.Outcome{}, d.Deliver(t.Context(), of(-time.Second)))
	require.Len(t, r.all(), 1)
	moved := of(0)
	moved.Application = "gone"
	require.Equal(t, engine.Outcome{Nothing: true}, d.Deliver(t.Context(), moved))
}

func TestATestTellsWhatCameBackAndCannotBeRepeatedWithoutEnd(t *testing.T) {
	r := newReceiver(t)
	d := newDesk(t, r.URL, roots(r), loopback)
	words, good := d.Test(t.Context(), shopOf(t, d))
	require.True(t, good, words)
	require.Regexp(t, `^it answered 200 OK, after \d+`, words)
	require.Contains(t, r.all()[0].body, `"kind":"test"`)
	r.answer = func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "the database's password is…", http.StatusInternalServerError)
	}
	words, good = d.Test(t.Context(), shopOf(t, d))
	require.False(t, good)
	require.NotContains(t, words, "password")
	for range 100 {
		words, _ = d.Test(t.Context(), shopOf(t, d))
	}
	require.Less(t, len(r.all()), 40)
	require.Contains(t, words, "try again in a few seconds")

	strange := newDesk(t, r.URL, x509.NewCertPool(), loopback)
	words, good = strange.Test(t.Context(), shopOf(t, strange))
	require.False(t, good)
	require.Contains(t, words, "certificate")
	r.Close()
	words, good = strange.Test(t.Context(), shopOf(t, strange))
	require.False(t, good)
	require.Contains(t, words, "nothing answers")
}

func TestAShopThatGotItsAddressAsACopyGetsASecretOnce(t *testing.T) {
	r := newReceiver(t)
	d := newDesk(t, r.URL, roots(r), loopback)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() { d.Deliver(context.WithoutCancel(t.Context()), of(0)) })
	}
	all.Wait()
	require.NotEmpty(t, shopOf(t, d).WebhookSecret)
	secret, err := plainly{}.OpenWebhook(key.Shop, shopOf(t, d).WebhookSecret)
	require.NoError(t, err)
	for _, got := range r.all() {
		var seconds int64
		require.NoError(t, json.Unmarshal([]byte(got.header.Get(webhook.HeaderTimestamp)), &seconds))
		require.Equal(t, webhook.Sign(secret, time.Unix(seconds, 0), []byte(got.body)), got.header.Get(webhook.HeaderSignature))
	}
	require.Len(t, r.all(), 4)
}
