package socket

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	jsonv1 "github.com/go-json-experiment/json/v1"
)

const (
	// stampAge is how far a request's stamp may be from now, either way, as Slack's documents say.
	stampAge = 5 * time.Minute

	// maxSeen bounds the signatures that are remembered: more than the 30,000 events that Slack delivers in an hour.
	maxSeen = 50_000

	// MaxRequest is the longest request that Slack may send: a view of 250 KB, percent-encoded, and what is around it.
	MaxRequest = 1 << 20
)

// ReceiverConfig is what a receiver needs. It knows neither how to call Slack nor what the envelopes hold.
type ReceiverConfig struct {
	Secret     string                      // the app's signing secret
	Test       func(context.Context) error // asks Slack whether the bot's token is good; it ends by itself
	Fatal      func(error) bool            // tells whether no retry mends an error of Test's
	RetryAfter func(error) time.Duration   // how long such an error asks to wait; 0: it does not
	Handle     func(context.Context, Envelope, Ack)
	Log        *slog.Logger
}

// Receiver takes what Slack delivers as HTTP requests. As over a socket, each delivery is handled on its own, and the
// answer goes out once the handler acknowledges it, while the handler may go on.
//
// # What it defends against
//
//   - Strangers: everything but ssl_check, which is answered with nothing and leads to nothing, has to carry Slack's
//     signature over the stamp and the raw body. It is compared in constant time, before anything of the body is read.
//   - Somebody who recorded a request: its stamp holds for five minutes, and within them each signature counts once. What
//     was not acknowledged well counts as not seen, so that Slack's own repetition within the same second is not lost.
//     A repetition later has a stamp of its own and is taken: whether it was worked on is told by its event, trigger or
//     round, in the transaction.
//   - Floods of signed requests: as many are worked on as over a socket; beyond that Slack is asked to come again.
//
// What is left: signatures are remembered in memory, so that a request recorded in the last five minutes could be sent
// once more after a restart. It changes nothing then, whatever its kind: the store knows its event, trigger or round. (To
// refuse what was signed before the start would turn away people's clicks wherever this clock is ahead of Slack's.) Who
// sends a command again can read its answer, and who reads requests inside their TLS reads the answers too.
type Receiver struct {
	ReceiverConfig
	crew *crew

	mu    sync.Mutex
	state Health
	seen  map[string]time.Time // signatures, and until when their stamp holds
}

// NewReceiver returns a receiver that calls nobody yet.
func NewReceiver(c ReceiverConfig) *Receiver {
	return &Receiver{ReceiverConfig: c, crew: newCrew(c.Handle, c.Log), seen: map[string]time.Time{}}
}

// Health tells how the desk stands with Slack: it counts as connected once Slack took its token.
func (r *Receiver) Health() Health {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.state
}

// Run asks Slack about the token until it is known to be good, and then takes deliveries until ctx ends. The error is
// fatal. Deliveries that come before are taken too: Slack sends none with a token that it does not know.
func (r *Receiver) Run(ctx context.Context) error {
	defer r.stop()
	for failures := 2; ctx.Err() == nil; failures++ {
		err := r.Test(ctx)
		if err == nil {
			r.note(func(h *Health) { h.Connected, h.Since, h.LastError = true, time.Now(), "" })
			r.Log.InfoContext(ctx, "connected to Slack", "mode", "http")
			<-ctx.Done()
			return nil
		}
		if ctx.Err() != nil {
			return nil
		}
		r.note(func(h *Health) { h.LastError = err.Error() })
		r.Log.WarnContext(ctx, "could not connect to Slack", "error", err)
		if r.Fatal(err) {
			return fmt.Errorf("Slack does not let the desk connect: %w", err)
		}
		pause(reconnectPause(failures, r.RetryAfter(err)), ctx.Done(), nil)
	}
	return nil
}

// stop begins no new work and waits for what is under way.
func (r *Receiver) stop() {
	r.crew.drain()
	r.note(func(h *Health) { h.Connected = false })
}

func (r *Receiver) note(change func(*Health)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(&r.state)
}

// ServeHTTP implements http.Handler, for POST requests.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	arrived := time.Now()
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, MaxRequest))
	if err != nil {
		refuse(w, http.StatusRequestEntityTooLarge)
		return
	}
	form := formOf(req.Header, body)
	if form.Get("ssl_check") == "1" {
		return // an empty 200
	}
	signature := req.Header.Get("X-Slack-Signature")
	until, err := r.verify(req.Header, body, arrived)
	if err == nil {
		err = r.first(signature, until, arrived)
	}
	if err != nil {
		r.Log.WarnContext(req.Context(), "refused a request that is not Slack's", "error", err)
		refuse(w, http.StatusUnauthorized)
		return
	}
	if retry := req.Header.Get("X-Slack-Retry-Num"); retry != "" {
		r.Log.InfoContext(req.Context(), "Slack repeats a delivery", "retry", retry, "reason", req.Header.Get("X-Slack-Retry-Reason"))
	}
	e, challenge, err := envelopeOf(form, body)
	switch {
	case err != nil:
		r.Log.WarnContext(req.Context(), "unreadable request from Slack", "error", err) // repeating it mends nothing
	case challenge != "":
		_ = answerJSON(w, map[string]string{"challenge": challenge}) // text can always be written as JSON
	default:
		if !r.work(w, req, e) {
			r.forget(signature)
		}
	}
}

// work hands an envelope to its handler, answers once that acknowledged it, and tells whether it was answered.
func (r *Receiver) work(w http.ResponseWriter, req *http.Request, e Envelope) bool {
	now := time.Now()
	r.note(func(h *Health) { h.LastFrame, h.LastEvent = now, now })
	acked := make(chan any, 1)
	if !r.crew.start(e, func(payload any) { acked <- payload }) {
		refuse(w, http.StatusServiceUnavailable)
		return false
	}
	select {
	case <-req.Context().Done(): // Slack waits no longer, and the work goes on
		return false
	case payload := <-acked:
		if payload != nil && e.AcceptsReply {
			if err := answerJSON(w, payload); err != nil {
				r.Log.ErrorContext(req.Context(), "could not answer with a payload", "type", e.Type, "error", err)
			}
		}
		return true
	}
}

// The reasons for which a request is refused. They are for the log; whoever sent it is told nothing.
var (
	errUnsigned  = errors.New("no signature, or no time")
	errStamp     = errors.New("its time is more than five minutes off: a recorded request, or a clock that is wrong")
	errSignature = errors.New("the signature does not fit: a forged request, or SLACK_SIGNING_SECRET is another app's")
	errReplay    = errors.New("the same request came before")
)

// verify checks a request's signature, and tells until when its stamp holds.
func (r *Receiver) verify(h http.Header, body []byte, now time.Time) (until time.Time, err error) {
	stamp, signature := h.Get("X-Slack-Request-Timestamp"), h.Get("X-Slack-Signature")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || signature == "" || r.Secret == "" {
		return until, errUnsigned
	}
	// As text, so that one signature cannot be spelled in two ways, of which each would count as new.
	if !hmac.Equal([]byte(signatureOf(r.Secret, stamp, body)), []byte(signature)) {
		return until, errSignature
	}
	signed := time.Unix(seconds, 0)
	if signed.Before(now.Add(-stampAge)) || signed.After(now.Add(stampAge)) {
		return until, errStamp
	}
	return signed.Add(stampAge), nil
}

func signatureOf(secret, stamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = mac.Write([]byte("v0:" + stamp + ":"))
	_, _ = mac.Write(body)
	return "v0=" + hex.EncodeToString(mac.Sum(nil))
}

// Sign returns the headers with which Slack sends a body, for whoever tries the way in.
func Sign(secret string, body []byte, now time.Time) http.Header {
	stamp := strconv.FormatInt(now.Unix(), 10)
	return http.Header{"X-Slack-Request-Timestamp": {stamp}, "X-Slack-Signature": {signatureOf(secret, stamp, body)}}
}

// first remembers a signature, and refuses one that is known. Only Slack's own get here.
func (r *Receiver) first(signature string, until, now time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, known := r.seen[signature]; known {
		return errReplay
	}
	if len(r.seen) >= maxSeen {
		for s, until := range r.seen {
			if until.Before(now) {
				delete(r.seen, s)
			}
		}
	}
	if len(r.seen) < maxSeen { // more in five minutes than Slack sends: what comes then meets the engine's checks alone
		r.seen[signature] = until
	}
	return nil
}

// forget takes a signature for one that was never seen.
func (r *Receiver) forget(signature string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.seen, signature)
}

// formOf reads a form; any other body is an empty one.
func formOf(h http.Header, body []byte) url.Values {
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return nil
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil
	}
	return form
}

// envelopeOf makes of a request what a socket would have brought, or finds the challenge that Slack wants back.
func envelopeOf(form url.Values, body []byte) (e Envelope, challenge string, err error) {
	var head struct {
		Type      string `json:"type"`
		Challenge string `json:"challenge"`
	}
	switch {
	case form.Has("payload"):
		e = Envelope{Type: "interactive", Payload: json.RawMessage(form.Get("payload"))}
		if err := jsonv1.Unmarshal(e.Payload, &head); err != nil {
			return e, "", fmt.Errorf("an interaction's payload: %w", err)
		}
		e.AcceptsReply = head.Type == "view_submission" || head.Type == "block_suggestion"
		return e, "", nil
	case form.Has("command"):
		fields := map[string]string{}
		for name := range form {
			fields[name] = form.Get(name)
		}
		payload, err := json.Marshal(fields)
		return Envelope{Type: "slash_commands", Payload: payload, AcceptsReply: true}, "", err
	case form != nil:
		return e, "", errors.New("a form with neither payload nor command")
	}
	if err := jsonv1.Unmarshal(body, &head); err != nil {
		return e, "", fmt.Errorf("an event: %w", err)
	}
	if head.Type == "url_verification" {
		return e, head.Challenge, nil
	}
	return Envelope{Type: "events_api", Payload: body}, "", nil
}

// answerJSON answers with a value. One that is too long is left out.
func answerJSON(w http.ResponseWriter, v any) error {
	text, err := marshalAck(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = w.Write(text)
	return nil
}

// refuse answers with a status and its name.
func refuse(w http.ResponseWriter, status int) { http.Error(w, http.StatusText(status), status) }
