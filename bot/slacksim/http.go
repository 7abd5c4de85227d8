package slacksim

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// httpFailure is a delivery over HTTP that was not acknowledged, with the reason that a retry names.
type httpFailure struct {
	reason string
	status int
}

func (f *httpFailure) Error() string {
	if f.status != 0 {
		return fmt.Sprintf("%s: status %d", f.reason, f.status)
	}
	return f.reason
}

func newPoster(transport http.RoundTripper) *http.Client {
	if transport == nil {
		transport = http.DefaultTransport.(*http.Transport).Clone()
	}
	return &http.Client{Transport: transport, CheckRedirect: func(_ *http.Request, via []*http.Request) error {
		if len(via) > 2 {
			return errTooManyRedirects
		}
		return nil
	}}
}

var errTooManyRedirects = errors.New("too many redirects")

const userAgent = "Slackbot 1.0 (stand-in)"

// overHTTP delivers a parcel, with what was ordered for the socket: "duplicate" sends it twice at the same time, and "drop_ack" loses the
// answer on its way.
func (w *Workspace) overHTTP(ctx context.Context, p *parcel) (receipt, error) {
	copied := make(chan func() (receipt, error), 1)
	if w.faults.socket("duplicate") != nil {
		w.launch(func() {
			ctx, cancel := context.WithTimeout(w.ctx, ackTime)
			defer cancel()
			got, err := w.post(ctx, p)
			copied <- func() (receipt, error) { return got, err }
		})
	} else {
		close(copied)
	}
	got, err := w.post(ctx, p)
	if err != nil { // both carry one signature, so an app may refuse the one that comes second, whichever that is
		if answered := <-copied; answered != nil {
			if other, otherErr := answered(); otherErr == nil {
				got, err = other, nil
			}
		}
	}
	if err == nil && w.faults.socket("drop_ack") != nil {
		<-ctx.Done()
		return receipt{}, postFailure(ctx, ctx.Err())
	}
	return got, err
}

// post delivers a parcel as a signed HTTP request. A 2xx status acknowledges an event; for all else the documents name 200 and no other.
func (w *Workspace) post(ctx context.Context, p *parcel) (receipt, error) {
	kind, body := p.httpBody()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.options.HTTPURL, bytes.NewReader(body))
	if err != nil {
		return receipt{}, fmt.Errorf("making a delivery: %w", err)
	}
	r.Header.Set("Content-Type", kind)
	r.Header.Set("User-Agent", userAgent)
	if p.attempt > 0 {
		r.Header.Set("X-Slack-Retry-Num", strconv.Itoa(p.attempt))
		r.Header.Set("X-Slack-Retry-Reason", p.reason)
	}
	w.sign(r, body)
	got, err := w.poster.Do(r)
	if err != nil {
		return receipt{}, postFailure(ctx, err)
	}
	defer func() { _ = got.Body.Close() }()
	back, err := readBody(got.Body, mostFrame)
	if err != nil {
		return receipt{}, postFailure(ctx, err)
	}
	out := receipt{noRetry: got.Header.Get("X-Slack-No-Retry") == "1"}
	if got.StatusCode < 200 || got.StatusCode > 299 || p.kind != kindEvent && got.StatusCode != http.StatusOK {
		return out, &httpFailure{reason: "http_error", status: got.StatusCode}
	}
	if p.accepts {
		out.payload, err = replyOf(p.kind, got.Header.Get("Content-Type"), back)
	}
	return out, err
}

// sign adds Slack's signature over the stamp and the exact bytes of the body.
func (w *Workspace) sign(r *http.Request, body []byte) {
	now := strconv.FormatInt(time.Now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(w.secrets.signing))
	_, _ = mac.Write([]byte("v0:" + now + ":"))
	_, _ = mac.Write(body)
	r.Header.Set("X-Slack-Request-Timestamp", now)
	r.Header.Set("X-Slack-Signature", "v0="+hex.EncodeToString(mac.Sum(nil)))
}

func (p *parcel) httpBody() (kind string, body []byte) {
	switch p.kind {
	case kindEvent:
		return "application/json", p.payload
	case kindCommand:
		values := url.Values{}
		for k, v := range p.form {
			values.Set(k, v)
		}
		return "application/x-www-form-urlencoded", []byte(values.Encode())
	}
	return "application/x-www-form-urlencoded", []byte(url.Values{"payload": {string(p.payload)}}.Encode())
}

// replyOf is the payload in an acknowledgement's body. JSON has to say so in its content type. The answer to a command may be plain text
// too, which is what JSON without its type is taken for; a dialog or a menu has no use for text. The size is bounded as in Socket Mode:
// what Slack takes here is not known.
func replyOf(kind, contentType string, body []byte) (json.RawMessage, error) {
	trimmed := bytes.TrimSpace(body)
	named, _, err := mime.ParseMediaType(contentType)
	switch {
	case len(trimmed) == 0:
		return nil, nil
	case len(body) >= mostAck:
		return nil, &httpFailure{reason: "an answer of 20 KB or more"}
	case err == nil && named == "application/json" && trimmed[0] == '{' && json.Valid(trimmed):
		return trimmed, nil
	case kind == kindCommand:
		return encode(object{"text": string(body)}), nil
	}
	return nil, &httpFailure{reason: "an answer that is not JSON, or does not say so in its Content-Type"}
}

func postFailure(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return errors.Join(errNotAcknowledged, &httpFailure{reason: "http_timeout"})
	case errors.Is(err, errTooManyRedirects):
		return &httpFailure{reason: "too_many_redirects"}
	case strings.Contains(err.Error(), "tls:"), strings.Contains(err.Error(), "x509:"):
		return &httpFailure{reason: "ssl_error"}
	}
	return &httpFailure{reason: "connection_failed"}
}
