package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"
)

// DialFunc opens a connection; tests dial in memory.
type DialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// The times of a link.
const (
	// silence is how long a link may be mute before it is given up: Slack's servers ping every few seconds, and a
	// half-open connection would otherwise pass for a healthy one for hours.
	silence = 30 * time.Second

	// answerBy is how long a handler may take: Slack gives three seconds from the moment of the click.
	answerBy = 2500 * time.Millisecond

	// ackBy is how long writing an acknowledgement may take.
	ackBy = 2 * time.Second

	// overlap is how long the old link goes on reading once its successor stands, after a warning.
	overlap = 5 * time.Second

	// drain is how long a stopping desk waits for the handlers under way.
	drain = 3 * time.Second

	// settled is how long a link has to last to count as good; shorter ones are followed by a growing pause.
	settled = 30 * time.Second
)

const (
	// maxFrame bounds what is read at once.
	maxFrame = 4 << 20

	// maxAck is what Slack drops silently: acknowledgements of 20 KB and more.
	maxAck = 20 << 10

	// maxHandlers bounds the envelopes in work. Beyond it an envelope is not acknowledged, and Slack tries again.
	maxHandlers = 256
)

// fatalErrors end the desk: no retry mends them. slack-go itself knows four of them and would retry the others for
// ever.
var fatalErrors = []string{
	"invalid_auth", "not_authed", "token_expired", "token_revoked", "account_inactive", "no_permission",
	"not_allowed_token_type", "team_access_not_granted", "missing_scope", "link_disabled",
}

// Health tells how the connection to Slack is.
type Health struct {
	Connected  bool
	Since      time.Time // of the present link
	LastFrame  time.Time // of anything, pings included
	LastReason string    // why the last link ended
	LastError  string    // of the last attempt to connect
}

// envelope is one delivery of Slack's.
type envelope struct {
	ID           string          `json:"envelope_id"`
	Type         string          `json:"type"`
	Payload      json.RawMessage `json:"payload"`
	AcceptsReply bool            `json:"accepts_response_payload"`
	Attempt      int             `json:"retry_attempt"`
	Reason       string          `json:"reason"` // of a disconnect
}

// ackFunc acknowledges an envelope, once; payload may be nil. It reports whether the acknowledgement was written.
type ackFunc func(payload any) bool

type linkConfig struct {
	open   func(context.Context) (string, error)
	dial   DialFunc
	handle func(ctx context.Context, e envelope, ack ackFunc)
	log    *slog.Logger
}

// link keeps a Socket Mode connection. It is the desk's own loop, as a client that works while it reads loses pings and
// with them the link, and one that hides the reasons of a disconnect cannot tell what to do about it.
//
// Reading never waits for work: each envelope is handled on its own. The next link is opened before Slack closes one
// that it warned of, and opening is paced, whatever Slack does.
type link struct {
	linkConfig
	pace     *rate.Limiter
	handlers sync.WaitGroup
	slots    chan struct{}

	mu      sync.Mutex
	current *conn
	state   Health
}

func newLink(c linkConfig) *link {
	// apps.connections.open is of tier 3, about 50 a minute.
	return &link{linkConfig: c, pace: rate.NewLimiter(rate.Every(1500*time.Millisecond), 5), slots: make(chan struct{}, maxHandlers)}
}

func (l *link) health() Health {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state
}

// run keeps a link up until ctx ends. The error is fatal.
func (l *link) run(ctx context.Context) error {
	defer l.drainHandlers()
	failures := 0
	for ctx.Err() == nil {
		started := time.Now()
		err := l.session(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if fatal(err) {
			return fmt.Errorf("Slack does not let the desk connect: %w", err)
		}
		failures++
		if time.Since(started) > settled {
			failures = 0
		}
		pause(ctx, reconnectPause(failures))
	}
	return nil
}

// session runs one link and its successors, until one ends without a successor.
func (l *link) session(ctx context.Context) error {
	c, err := l.connect(ctx)
	if err != nil {
		return err
	}
	for {
		next, err := l.follow(ctx, c)
		if next == nil {
			return err
		}
		c = next
	}
}

// follow reads a link to its end. If Slack warned of the end, the result is the successor that stands already.
func (l *link) follow(ctx context.Context, c *conn) (*conn, error) {
	warned, ended := make(chan struct{}, 1), make(chan error, 1)
	go func() { ended <- l.read(c, warned) }()
	select {
	case <-ctx.Done():
		c.close()
		<-ended
		return nil, ctx.Err()
	case err := <-ended:
		c.close()
		return nil, err
	case <-warned:
	}
	next, err := l.connect(ctx)
	if next == nil {
		c.close()
		<-ended
		return nil, err
	}
	l.handlers.Go(func() {
		timer := time.AfterFunc(overlap, c.close)
		defer timer.Stop()
		select {
		case <-ended:
		case <-ctx.Done():
			c.close()
			<-ended
		}
		c.close()
	})
	return next, nil
}

// connect opens a link, no faster than the pace.
func (l *link) connect(ctx context.Context) (*conn, error) {
	if err := l.pace.Wait(ctx); err != nil {
		return nil, err
	}
	c, err := l.dialOnce(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.state.Connected, l.state.LastError = false, err.Error()
		if ctx.Err() == nil {
			l.log.WarnContext(ctx, "could not connect to Slack", "error", err)
		}
		return nil, err
	}
	l.current = c
	return c, nil
}

func (l *link) dialOnce(ctx context.Context) (*conn, error) {
	url, err := l.open(ctx)
	if err != nil {
		return nil, fmt.Errorf("asking for a socket: %w", err)
	}
	dialer := websocket.Dialer{HandshakeTimeout: callTimeout, NetDialContext: l.dial, Proxy: http.ProxyFromEnvironment}
	ws, resp, err := dialer.DialContext(ctx, url, nil)
	if resp != nil && resp.Body != nil {
		_ = resp.Body.Close()
	}
	if err != nil {
		return nil, errors.New("dialling the socket failed") // the address holds the ticket, and the error the address
	}
	ws.SetReadLimit(maxFrame)
	return &conn{ws: ws}, nil
}

// read reads a link's frames until it ends, and sets the work going.
func (l *link) read(c *conn, warned chan<- struct{}) error {
	c.ws.SetPingHandler(func(data string) error {
		l.alive(c)
		_ = c.ws.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(ackBy))
		return nil
	})
	l.alive(c)
	for {
		_, frame, err := c.ws.ReadMessage()
		if err != nil {
			l.ended(c, "connection lost")
			return fmt.Errorf("the link to Slack ended: %w", err)
		}
		l.alive(c)
		var e envelope
		if err := json.Unmarshal(frame, &e); err != nil {
			l.log.Warn("Slack sent a frame that is not JSON")
			continue
		}
		switch {
		case e.Type == "hello":
			l.up(c)
		case e.Type == "disconnect":
			l.log.Info("Slack ends the link", "reason", e.Reason)
			l.ended(c, e.Reason)
			if e.Reason == "link_disabled" {
				return errLinkDisabled
			}
			if e.Reason != "warning" && e.Reason != "refresh_requested" {
				return fmt.Errorf("Slack ended the link: %s", e.Reason)
			}
			select {
			case warned <- struct{}{}:
			default:
			}
		case e.ID != "":
			l.start(c, e)
		}
	}
}

// alive notes a sign of life and moves the watchdog.
func (l *link) alive(c *conn) {
	now := time.Now()
	_ = c.ws.SetReadDeadline(now.Add(silence))
	l.mu.Lock()
	defer l.mu.Unlock()
	l.state.LastFrame = now
}

func (l *link) up(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.current == c {
		l.state.Connected, l.state.Since, l.state.LastError = true, time.Now(), ""
	}
	l.log.Info("connected to Slack")
}

func (l *link) ended(c *conn, reason string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.state.LastReason = reason
	if l.current == c && reason != "warning" && reason != "refresh_requested" {
		l.state.Connected = false
	}
}

// start handles an envelope on its own. A panic in a handler ends neither the desk nor the acknowledgement.
func (l *link) start(c *conn, e envelope) {
	select {
	case l.slots <- struct{}{}:
	default:
		l.log.Error("too many envelopes in work, one is left to Slack's redelivery", "type", e.Type)
		return
	}
	l.handlers.Go(func() {
		defer func() { <-l.slots }()
		ctx, cancel := context.WithTimeout(context.Background(), answerBy)
		defer cancel()
		var once sync.Once
		ack := func(payload any) (sent bool) {
			once.Do(func() { sent = l.acknowledge(c, e, payload) })
			return sent
		}
		defer ack(nil) // whatever it was, unknown kinds included: what is not acknowledged comes again
		defer func() {
			if p := recover(); p != nil {
				l.log.Error("a handler panicked", "type", e.Type, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			}
		}()
		l.handle(ctx, e, ack)
	})
}

// acknowledge writes an acknowledgement on the link that the envelope came by or, if that is gone, on the present one.
func (l *link) acknowledge(c *conn, e envelope, payload any) bool {
	frame := map[string]any{"envelope_id": e.ID}
	if payload != nil && e.AcceptsReply {
		frame["payload"] = payload
	}
	text, err := json.Marshal(frame)
	if err == nil && len(text) >= maxAck {
		err = fmt.Errorf("an acknowledgement of %d bytes would be dropped", len(text))
	}
	if err != nil {
		l.log.Error("could not answer with a payload", "type", e.Type, "error", err)
		text = fmt.Appendf(nil, `{"envelope_id":%q}`, e.ID)
	}
	if c.write(text) == nil {
		return true
	}
	l.mu.Lock()
	other := l.current
	l.mu.Unlock()
	if other != nil && other != c && other.write(text) == nil {
		return true
	}
	l.log.Warn("an acknowledgement could not be written", "type", e.Type)
	return false
}

// drainHandlers waits for the work under way, but not for ever.
func (l *link) drainHandlers() {
	done := make(chan struct{})
	go func() { l.handlers.Wait(); close(done) }()
	timer := time.NewTimer(drain)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
		l.log.Warn("stopping with envelopes still in work")
	}
}

// conn is one socket; writes are one at a time and bounded.
type conn struct {
	ws   *websocket.Conn
	turn sync.Mutex
}

func (c *conn) write(text []byte) error {
	c.turn.Lock()
	defer c.turn.Unlock()
	if err := c.ws.SetWriteDeadline(time.Now().Add(ackBy)); err != nil {
		return err
	}
	return c.ws.WriteMessage(websocket.TextMessage, text)
}

// close ends the link with a word of farewell. It may be called twice.
func (c *conn) close() {
	_ = c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(time.Second))
	_ = c.ws.Close()
}

// errLinkDisabled ends the desk: somebody switched Socket Mode off.
var errLinkDisabled = errors.New("link_disabled: Socket Mode is switched off for the app")

func fatal(err error) bool {
	if err == nil {
		return false
	}
	return slices.Contains(fatalErrors, slackError(err)) || errors.Is(err, errLinkDisabled)
}

// reconnectPause grows with the links that did not last, up to half a minute, with jitter.
func reconnectPause(failures int) time.Duration {
	if failures <= 1 {
		return 0
	}
	longest := min(30*time.Second, time.Second<<min(failures-2, 5))
	return longest/2 + rand.N(longest/2+1)
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
