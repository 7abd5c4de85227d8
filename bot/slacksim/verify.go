package slacksim

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// errUnverified is why nothing is delivered to an address that did not pass the handshake.
var errUnverified = errors.New("the request URL is not verified")

// handshake tries a request address until it is verified, as Slack does when somebody saves it: when the workspace is made and, until it
// passes, again before each delivery. Slack saves no address that fails, so nothing is delivered there.
func (w *Workspace) handshake(ctx context.Context) error {
	if w.isVerified() {
		return nil
	}
	select {
	case w.untried <- struct{}{}: // one at a time
		defer func() { <-w.untried }()
	case <-ctx.Done():
		return errUnverified
	}
	if w.isVerified() {
		return nil
	}
	err := w.VerifyURL(ctx)
	if f, ok := errors.AsType[*httpFailure](err); ok && f.reason == "connection_failed" {
		w.log.Debug("no answer from the request URL yet", "error", err)
		return err
	}
	if err != nil {
		w.log.Warn("request URL not verified: Slack would not save it", "error", err)
		return fmt.Errorf("%w: %w", errUnverified, err)
	}
	w.log.Info("request URL verified")
	close(w.verified)
	return nil
}

func (w *Workspace) isVerified() bool {
	select {
	case <-w.verified:
		return true
	default:
		return false
	}
}

// verify answers POST /sim/verify: it makes the handshake now and tells how it went.
func (w *Workspace) verify(rw http.ResponseWriter, r *http.Request) {
	if w.options.HTTPURL == "" {
		answer(rw, http.StatusBadRequest, object{"ok": false, "error": "there is no request address: the app is in Socket Mode"})
		return
	}
	if err := w.VerifyURL(r.Context()); err != nil {
		answer(rw, http.StatusOK, object{"ok": false, "error": err.Error()})
		return
	}
	answer(rw, http.StatusOK, object{"ok": true})
}

// VerifyURL makes the handshake with which Slack tries a new request address: url_verification with a challenge that has to come back,
// and a plain ssl_check. Whether Slack signs the latter is not known: an app has to answer one without a signature too. It tells what
// was wrong with the answer.
func (w *Workspace) VerifyURL(ctx context.Context) error {
	challenge := token(32)
	body := encode(object{"token": w.secrets.verification, "challenge": challenge, "type": "url_verification"})
	status, back, err := w.ask(ctx, "application/json", body, true)
	if err != nil {
		return fmt.Errorf("verifying the request URL: %w", err)
	}
	var reply struct {
		Challenge string `json:"challenge"`
	}
	if json.Unmarshal(back, &reply) != nil {
		reply.Challenge = strings.TrimSpace(string(back))
		if form, err := url.ParseQuery(reply.Challenge); err == nil && form.Has("challenge") {
			reply.Challenge = form.Get("challenge")
		}
	}
	if status != http.StatusOK || reply.Challenge != challenge {
		return fmt.Errorf("verifying the request URL: the challenge did not come back (status %d)", status)
	}
	status, _, err = w.ask(ctx, "application/x-www-form-urlencoded", []byte(url.Values{"ssl_check": {"1"}, "token": {w.secrets.verification}}.Encode()), false)
	if err != nil {
		return fmt.Errorf("checking TLS of the request URL: %w", err)
	}
	if status != http.StatusOK {
		return fmt.Errorf("checking TLS of the request URL: status %d", status)
	}
	return nil
}

// ask sends one request of the handshake and reads the answer.
func (w *Workspace) ask(ctx context.Context, kind string, body []byte, signed bool) (int, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, ackTime)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.options.HTTPURL, bytes.NewReader(body))
	if err != nil {
		return 0, nil, fmt.Errorf("making a request: %w", err)
	}
	r.Header.Set("Content-Type", kind)
	r.Header.Set("User-Agent", userAgent)
	if signed {
		w.sign(r, body)
	}
	got, err := w.poster.Do(r)
	if err != nil {
		return 0, nil, postFailure(ctx, err)
	}
	defer func() { _ = got.Body.Close() }()
	back, err := readBody(got.Body, mostFrame)
	return got.StatusCode, back, err
}
