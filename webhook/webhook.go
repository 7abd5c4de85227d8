package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"sampledesk/workflow"
	"sampledesk/workflow/engine"
	"sampledesk/workflow/outbox"
)

// The bounds of a delivery.
const (
	// Timeout is how long a call may take in all.
	Timeout = 10 * time.Second

	// answerBytes is how much of an answer is read, so that its connection can be used again. Nobody is shown it.
	answerBytes = 64 << 10

	// givenUpAfter is how long something is tried, and longestPause the most that lies between two attempts.
	givenUpAfter = 24 * time.Hour
	longestPause = 10 * time.Minute

	// mostRefusals is how many answers that the request is wrong are taken before that is believed.
	mostRefusals = 6
)

// The rate of what goes to one shop's address.
const (
	perSecond = 5
	burst     = 20
)

// Sealer encrypts a shop's secret for the store.
type Sealer interface {
	// SealWebhook has what it sealed kept before it returns, as the key may be another afterwards.
	SealWebhook(shop workflow.ShopID, secret string, keep func(sealed []byte) error) error
	OpenWebhook(shop workflow.ShopID, sealed []byte) (string, error)
}

// Config is what a service needs to know.
type Config struct {
	Store   workflow.Store
	Engine  *engine.Engine
	Seal    Sealer
	Allowed []netip.Prefix // private addresses that may be called all the same
	Version string         // of the program
	Log     *slog.Logger
	Roots   *x509.CertPool // whose certificates are believed; nil: the machine's

	// Dial connects in place of the network, in tests. It is asked for the host that the address names.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Service delivers to other systems. It is safe for concurrent use.
type Service struct {
	Config
	http *http.Client

	mu    sync.Mutex
	rates map[string]*rate.Limiter // by limit
	until map[string]time.Time     // what an address asked for in a Retry-After
}

// New returns a service.
func New(c Config) *Service {
	dial := c.Dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: Timeout, Control: control(c.Allowed)}).DialContext
	}
	transport := &http.Transport{
		DialContext: dial, TLSClientConfig: &tls.Config{RootCAs: c.Roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true,
		TLSHandshakeTimeout: Timeout, ResponseHeaderTimeout: Timeout, MaxResponseHeaderBytes: 64 << 10, MaxIdleConnsPerHost: 4, IdleConnTimeout: time.Minute,
	}
	return &Service{
		Config: c, rates: map[string]*rate.Limiter{}, until: map[string]time.Time{},
		http: &http.Client{
			Transport: transport, Timeout: Timeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// Limit implements outbox.Service: each shop's address has a rate of its own.
func (s *Service) Limit(_ workflow.Tx, e workflow.Effect) (string, error) {
	return "webhook " + string(e.Shop), nil
}

// Budget implements outbox.Service.
func (s *Service) Budget(_ workflow.Effect, limit string) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if wait := s.until[limit].Sub(now); wait > 0 {
		return wait
	}
	r := s.rates[limit]
	if r == nil {
		r = rate.NewLimiter(perSecond, burst)
		s.rates[limit] = r
	}
	if r.AllowN(now, 1) {
		return 0
	}
	return max(time.Duration((1-r.TokensAt(now))/perSecond*float64(time.Second)), time.Millisecond)
}

// Deliver implements outbox.Service. What waited for an address that was removed since is dropped.
func (s *Service) Deliver(ctx context.Context, e workflow.Effect) engine.Outcome {
	var shop workflow.Shop
	var a workflow.Application
	err := s.Store.View(ctx, func(tx workflow.Tx) (err error) {
		if shop, err = tx.Shop(e.Shop); err != nil {
			return err
		}
		a, err = tx.Application(e.Key())
		return err
	})
	switch {
	case errors.Is(err, workflow.ErrNotFound), err == nil && (shop.Settings.Webhook == "" || e.MadeAt.Before(shop.WebhookSince) || e.Webhook == nil):
		return engine.Outcome{Nothing: true}
	case err != nil:
		return engine.Outcome{Then: engine.Again, Refusals: e.Refusals, Failure: workflow.Failure{Message: "the store could not be read"}}
	}
	answer := s.send(ctx, e, shop, a)
	if answer.ok() {
		return engine.Outcome{}
	}
	return s.failed(e, answer, time.Now())
}

// failed tells what becomes of an event that was not taken.
func (s *Service) failed(e workflow.Effect, a answer, now time.Time) engine.Outcome {
	o := engine.Outcome{Then: engine.Again, Refusals: e.Refusals, Failure: workflow.Failure{Message: a.words()}}
	if a.wait > 0 {
		s.pause("webhook "+string(e.Shop), now.Add(min(a.wait, longestPause)))
		o.After = min(a.wait, longestPause)
	}
	if a.refused() {
		o.Refusals++
		o.After = max(o.After, outbox.Patience(o.Refusals))
	}
	if o.After == 0 {
		o.After = min(outbox.Backoff(e.Attempt)*2, longestPause)
	}
	if o.Refusals >= mostRefusals || now.Sub(e.MadeAt) > givenUpAfter {
		o.Then, o.Tell = engine.Buried, true
	}
	return o
}

func (s *Service) pause(limit string, until time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if until.After(s.until[limit]) {
		s.until[limit] = until
	}
}

// answer is what came back.
type answer struct {
	status int           // of HTTP; 0: there was no answer
	why    string        // there was none
	wait   time.Duration // what it asked for
	took   time.Duration
}

func (a answer) ok() bool { return a.status >= 200 && a.status < 300 }

// refused reports whether the answer says that the request is wrong, so that another attempt may well be in vain.
func (a answer) refused() bool {
	switch a.status {
	case http.StatusRequestTimeout, http.StatusConflict, http.StatusTooEarly, http.StatusTooManyRequests:
		return false
	}
	return a.status >= 300 && a.status < 500
}

// words says what came back, without a word of the address or of what was answered.
func (a answer) words() string {
	switch {
	case a.status == 0:
		return a.why
	case a.status >= 300 && a.status < 400:
		return fmt.Sprintf("it answered %d %s, and redirects are not followed", a.status, http.StatusText(a.status))
	default:
		return fmt.Sprintf("it answered %d %s", a.status, http.StatusText(a.status))
	}
}

// send makes one call.
func (s *Service) send(ctx context.Context, e workflow.Effect, shop workflow.Shop, about workflow.Application) answer {
	secret, err := s.secret(ctx, shop)
	if err != nil {
		s.Log.ErrorContext(ctx, "could not read the secret of a webhook", "shop", shop.ID, "error", err)
		return answer{why: "the secret that signs could not be read"}
	}
	began, text := time.Now(), body(e, shop, about)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, shop.Settings.Webhook, bytes.NewReader(text))
	if err != nil || !workflow.IsWebhook(shop.Settings.Webhook) {
		return answer{why: "its address is not one of https"}
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "SampleDesk/"+s.Version)
	request.Header.Set(HeaderEvent, string(e.ID))
	request.Header.Set(HeaderTimestamp, stamp(began))
	request.Header.Set(HeaderSignature, Sign(secret, began, text))
	response, err := s.http.Do(request)
	if err != nil {
		if wrapper, ok := errors.AsType[*url.Error](err); ok {
			err = wrapper.Err // the wrapper quotes the address
		}
		return answer{why: unreached(err), took: time.Since(began)}
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.CopyN(io.Discard, response.Body, answerBytes) // the status says it all
	wait, _ := strconv.ParseUint(response.Header.Get("Retry-After"), 10, 31)
	return answer{status: response.StatusCode, wait: time.Duration(wait) * time.Second, took: time.Since(began)}
}

// isCertificate reports whether a connection failed for the peer's certificate.
func isCertificate(err error) bool {
	_, is := errors.AsType[*tls.CertificateVerificationError](err)
	return is
}
