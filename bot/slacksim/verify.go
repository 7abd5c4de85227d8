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

// handshake tries a request address once, as Slack does when somebody saves it: when the workspace is made and, while nobody answers
// there, again before a delivery. What comes of it is logged; deliveries go out either way, so that an app sees what it does with them.
func (w *Workspace) handshake(ctx context.Context) {
	select {
	case w.untried <- struct{}{}: // one at a time; full for good once somebody answered
	case <-w.tried:
		return
	case <-ctx.Done():
		return
	}
	select {
	case <-w.tried:
		return
	default:
	}
	err := w.VerifyURL(ctx)
	if f, ok := errors.AsType[*httpFailure](err); ok && f.reason == "connection_failed" {
		w.log.Debug("no answer from the request URL yet", "error", err)
		<-w.untried
		return
	}
	if err != nil {
		w.log.Warn("request URL not verified: Slack would not save it", "error", err)
	} else {
		w.log.Info("request URL verified")
	}
	close(w.tried)
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
// and a plain ssl_check. It tells what was wrong with the answer.
func (w *Workspace) VerifyURL(ctx context.Context) error {
	challenge := token(32)
	body := encode(object{"token": w.secrets.verification, "challenge": challenge, "type": "url_verification"})
	status, back, err := w.ask(ctx, "application/json", body)
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
	status, _, err = w.ask(ctx, "application/x-www-form-urlencoded", []byte(url.Values{"ssl_check": {"1"}, "token": {w.secrets.verification}}.Encode()))
	if err != nil {
		return fmt.Errorf("checking TLS of the request URL: %w", err)
	}
	if status != http.StatusOK {
		return fmt.Errorf("checking TLS of the request URL: status %d", status)
	}
	return nil
}

// ask sends one signed request of the handshake and reads the answer.
func (w *Workspace) ask(ctx context.Context, kind string, body []byte) (int, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, ackTime)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.options.HTTPURL, bytes.NewReader(body))
	if err != nil {
		return 0, nil, fmt.Errorf("making a request: %w", err)
	}
	r.Header.Set("Content-Type", kind)
	r.Header.Set("User-Agent", userAgent)
	w.sign(r, body)
	got, err := w.poster.Do(r)
	if err != nil {
		return 0, nil, postFailure(ctx, err)
	}
	defer func() { _ = got.Body.Close() }()
	back, err := readBody(got.Body, mostFrame)
	return got.StatusCode, back, err
}
