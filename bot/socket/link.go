// Package socket takes what Slack delivers: over Socket Mode (Link), or as signed HTTP requests (Receiver). Either reads
// envelopes, sets them to work and acknowledges them in the same way; what they hold is its caller's.
package socket

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"time"

	jsonv1 "github.com/go-json-experiment/json/v1"
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

	// overlap is how long the old link goes on reading once its successor stands, after a warning.
	overlap = 5 * time.Second

	// settled is how long a link has to last to count as good; shorter ones are followed by a growing pause.
	settled = 30 * time.Second
)

// handshakeTimeout is how long dialling may take.
const handshakeTimeout = 10 * time.Second

// maxFrame bounds what is read at once.
const maxFrame = 4 << 20

// Health tells how the connection to Slack is.
type Health struct {
	Connected  bool
	Since      time.Time // of the present link
	LastFrame  time.Time // of anything, pings included
	LastEvent  time.Time // of something that somebody did
	LastReason string    // why the last link ended: in Slack's words where Slack said why
	LastError  string    // of the last attempt to connect
	Links      int       // how many were taken into service
}

// Config is what a link needs. It knows neither who asks Slack for an address nor what the envelopes hold.
type Config struct {
	Open       func(context.Context) (url string, err error) // asks Slack for the address of a socket; it ends by itself
	Fatal      func(error) bool                              // tells whether no retry mends an error of Open's
	RetryAfter func(error) time.Duration                     // how long such an error asks to wait; 0: it does not
	Dial       DialFunc                                      // nil: the network's
	Handle     func(ctx context.Context, e Envelope, ack Ack)
	Log        *slog.Logger
}

// Link keeps a Socket Mode connection. It is a loop of our own, as a client that works while it reads loses pings and
// with them the link, and one that hides the reasons of a disconnect cannot tell what to do about it.
//
// Reading never waits for work: each envelope is handled on its own (envelope.go). The next link is opened before Slack
// closes one that it warned of, and opening is paced, whatever Slack does.
type Link struct {
	Config
	pace *rate.Limiter
	crew *crew

	mu      sync.Mutex
	current *conn // the newest; it may have ended
	owed    [][]byte
	state   Health
}

// New returns a link that calls nobody yet.
func New(c Config) *Link {
	// apps.connections.open is of tier 3, about 50 a minute.
	return &Link{Config: c, pace: rate.NewLimiter(rate.Every(1500*time.Millisecond), 5), crew: newCrew(c.Handle, c.Log)}
}

// Health tells how the link is.
func (l *Link) Health() Health {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state
}

// Run keeps a link up until ctx ends. The error is fatal.
func (l *Link) Run(ctx context.Context) error {
	defer l.crew.drain()
	failures := 0
	for ctx.Err() == nil {
		started := time.Now()
		err := l.session(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if l.fatal(err) {
			return fmt.Errorf("Slack does not let the desk connect: %w", err)
		}
		failures++
		if time.Since(started) > settled {
			failures = 0
		}
		pause(reconnectPause(failures, l.retryAfter(err)), ctx.Done(), nil)
	}
	return nil
}

// session runs one link and its successors, until one ends without a successor.
func (l *Link) session(ctx context.Context) error {
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

// follow reads a link to its end. If Slack warned of the end, the result is the successor that stands already. When ctx
// ends, the link lasts until what is in work was acknowledged.
func (l *Link) follow(ctx context.Context, c *conn) (next *conn, err error) {
	warned := make(chan struct{}, 1)
	go l.read(c, warned)
	select {
	case <-ctx.Done():
	case <-c.done:
	case <-warned:
		next, err = l.successor(ctx, c)
	}
	if next != nil {
		l.retire(ctx, c)
		return next, nil
	}
	if ctx.Err() != nil {
		l.crew.drain()
	}
	c.close()
	<-c.done
	if err == nil {
		err = c.err
	}
	return nil, err
}

// successor opens the link after one that Slack warned of. It goes on trying while the old one lasts, which serves until
// then.
func (l *Link) successor(ctx context.Context, old *conn) (*conn, error) {
	for failures := 2; ; failures++ {
		next, err := l.connect(ctx)
		if err == nil || l.fatal(err) || ctx.Err() != nil {
			return next, err
		}
		if !pause(reconnectPause(failures, l.retryAfter(err)), ctx.Done(), old.done) && ctx.Err() == nil {
			return nil, err
		}
	}
}

// retire lets a link read on for a while beside its successor.
func (l *Link) retire(ctx context.Context, c *conn) {
	l.crew.work.Go(func() {
		timer := time.AfterFunc(overlap, c.close)
		defer timer.Stop()
		select {
		case <-c.done:
		case <-ctx.Done():
		}
		c.close()
		<-c.done
	})
}

// connect opens a link, no faster than the pace.
func (l *Link) connect(ctx context.Context) (*conn, error) {
	if err := l.pace.Wait(ctx); err != nil {
		return nil, err
	}
	c, err := l.dialOnce(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.state.LastError = err.Error()
		if ctx.Err() == nil {
			l.Log.WarnContext(ctx, "could not connect to Slack", "error", err)
		}
		return nil, err
	}
	l.current = c
	return c, nil
}

func (l *Link) dialOnce(ctx context.Context) (*conn, error) {
	url, err := l.Open(ctx)
	if err != nil {
		return nil, fmt.Errorf("asking for a socket: %w", err)
	}
	dialer := websocket.Dialer{HandshakeTimeout: handshakeTimeout, NetDialContext: l.Dial}
	if l.Dial == nil {
		dialer.Proxy = http.ProxyFromEnvironment
	}
	ws, resp, err := dialer.DialContext(ctx, url, nil)
	if resp != nil && resp.Body != nil {
		_ = resp.Body.Close()
	}
	if err != nil {
		return nil, errors.New("dialling the socket failed") // the address holds the ticket, and the error the address
	}
	ws.SetReadLimit(maxFrame)
	return &conn{ws: ws, done: make(chan struct{})}, nil
}

// read reads a link's frames until it ends, and sets the work going.
func (l *Link) read(c *conn, warned chan<- struct{}) {
	defer close(c.done)
	c.ws.SetPingHandler(func(data string) error {
		l.alive(c)
		_ = c.ws.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(ackBy))
		return nil
	})
	l.alive(c)
	for c.err == nil {
		_, frame, err := c.ws.ReadMessage()
		if err != nil {
			c.err = fmt.Errorf("the link to Slack ended: %w", err)
			break
		}
		l.alive(c)
		var e Envelope
		if err := jsonv1.Unmarshal(frame, &e); err != nil {
			l.Log.Warn("unreadable frame from Slack")
			continue
		}
		l.take(c, e, warned)
	}
	l.ended(c)
}

// take does what a frame asks for.
func (l *Link) take(c *conn, e Envelope, warned chan<- struct{}) {
	switch {
	case e.Type == "hello":
		l.up(c)
	case e.Type == "disconnect":
		l.Log.Info("Slack is closing the connection", "reason", e.Reason)
		c.reason = e.Reason
		switch e.Reason {
		case "link_disabled":
			c.err = errLinkDisabled
		case "warning", "refresh_requested":
			l.gaveReason(e.Reason)
			select {
			case warned <- struct{}{}:
			default:
			}
		default:
			c.err = fmt.Errorf("Slack ended the link: %s", e.Reason)
		}
	case e.ID != "":
		l.happened()
		l.crew.start(e, func(payload any) { l.acknowledge(c, e, payload) })
	}
}

// alive notes a sign of life and moves the watchdog.
func (l *Link) alive(c *conn) {
	now := time.Now()
	_ = c.ws.SetReadDeadline(now.Add(silence))
	l.mu.Lock()
	defer l.mu.Unlock()
	l.state.LastFrame = now
}

// happened notes that somebody did something.
func (l *Link) happened() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.state.LastEvent = time.Now()
}

// up takes a link into service, beginning with the acknowledgements that had none.
func (l *Link) up(c *conn) {
	l.mu.Lock()
	l.state.Links++
	if l.current == c {
		l.state.Connected, l.state.Since, l.state.LastError = true, time.Now(), ""
	}
	owed := l.owed
	l.owed = nil
	l.mu.Unlock()
	l.Log.Info("connected to Slack")
	for _, text := range owed {
		l.write(c, text)
	}
}

// gaveReason notes why Slack is going to end a link.
func (l *Link) gaveReason(reason string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.state.LastReason = reason
}

// ended notes that a link is gone, and why, unless that was noted when Slack announced it.
func (l *Link) ended(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c.reason == "" {
		c.reason = "connection lost"
	}
	if l.current == c {
		l.state.Connected, l.state.LastReason = false, c.reason
	}
}

// errLinkDisabled ends the desk: somebody switched Socket Mode off.
var errLinkDisabled = errors.New("link_disabled: Socket Mode is switched off for the app")

func (l *Link) fatal(err error) bool {
	return err != nil && (errors.Is(err, errLinkDisabled) || l.Fatal != nil && l.Fatal(err))
}

func (l *Link) retryAfter(err error) time.Duration {
	if err == nil || l.RetryAfter == nil {
		return 0
	}
	return l.RetryAfter(err)
}

// reconnectPause grows with the links that did not last, up to half a minute, with jitter. It is no shorter
// than Slack asked for.
func reconnectPause(failures int, atLeast time.Duration) time.Duration {
	if failures <= 1 {
		return atLeast
	}
	longest := min(30*time.Second, time.Second<<min(failures-2, 5))
	return max(atLeast, longest/2+rand.N(longest/2+1))
}

// pause waits, and tells whether it did so to the end: not where one of the two ended first.
func pause(d time.Duration, ctx, other <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx:
	case <-other:
	case <-timer.C:
		return true
	}
	return false
}
