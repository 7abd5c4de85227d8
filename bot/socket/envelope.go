package socket

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// The times of an envelope.
const (
	// answerBy is how long a handler may take: Slack gives three seconds from the moment of the click.
	answerBy = 2500 * time.Millisecond

	// ackBy is how long writing an acknowledgement may take.
	ackBy = 2 * time.Second

	// idleTime is how long a worker waits for another envelope.
	idleTime = 5 * time.Second

	// drainTime is how long a stopping desk waits for the handlers under way.
	drainTime = 3 * time.Second
)

const (
	// maxAck is what Slack drops silently: acknowledgements of 20 KB and more. The stricter reading of "KB" is 1,000.
	maxAck = 20_000

	// maxHandlers bounds the Envelopes in work. Beyond it an envelope is not acknowledged, and Slack tries again.
	maxHandlers = 256

	// maxOwed bounds the acknowledgements that wait for a link; the oldest go first, as Slack waits for them no longer.
	maxOwed = maxHandlers
)

// Envelope is one delivery of Slack's.
type Envelope struct {
	ID           string          `json:"envelope_id"`
	Type         string          `json:"type"`
	Payload      json.RawMessage `json:"payload"`
	AcceptsReply bool            `json:"accepts_response_payload"`
	Reason       string          `json:"reason"` // of a disconnect
}

// Ack acknowledges an envelope, once; payload may be nil.
type Ack func(payload any)

// crew works on envelopes, each on its own and a bounded number at a time. It is the same for both ways in.
type crew struct {
	handle func(ctx context.Context, e Envelope, ack Ack)
	log    *slog.Logger
	work   sync.WaitGroup // the envelopes in work, and the links that end beside their successor
	slots  chan struct{}
	idle   chan job      // taken by a worker that has nothing to do
	over   chan struct{} // closed once no new work is begun

	mu       sync.Mutex
	stopping bool // no new work is begun
}

// job is an envelope that is to be handled.
type job struct {
	envelope Envelope
	ack      Ack
}

func newCrew(handle func(context.Context, Envelope, Ack), log *slog.Logger) *crew {
	return &crew{handle: handle, log: log, slots: make(chan struct{}, maxHandlers), idle: make(chan job), over: make(chan struct{})}
}

// start handles an envelope on its own, and tells whether it does: where there is no room it is left to Slack's
// redelivery. Ack is called exactly once, with the answer or nil: a panic in a handler ends neither the desk nor the
// acknowledgement.
func (c *crew) start(e Envelope, ack Ack) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopping {
		return false // nobody would finish it; Slack delivers it to whoever is there next
	}
	select {
	case c.slots <- struct{}{}:
	default:
		c.log.Error("too many envelopes in progress, leaving one to Slack's redelivery", "type", e.Type)
		return false
	}
	c.work.Add(1)
	select {
	case c.idle <- job{e, ack}:
	default:
		go c.worker(job{e, ack})
	}
	return true
}

// worker handles an envelope, and those that come within a while of the one before: its stack has grown to what a handler
// needs, which a new goroutine's would have to anew.
func (c *crew) worker(j job) {
	for {
		c.do(j)
		enough := time.NewTimer(idleTime)
		select {
		case j = <-c.idle:
			enough.Stop()
		case <-enough.C:
			return
		case <-c.over:
			enough.Stop()
			return
		}
	}
}

// do handles an envelope.
func (c *crew) do(j job) {
	defer c.work.Done()
	defer func() { <-c.slots }()
	ctx, cancel := context.WithTimeout(context.Background(), answerBy)
	defer cancel()
	var once sync.Once
	ack := func(payload any) { once.Do(func() { j.ack(payload) }) }
	defer ack(nil) // whatever it was, unknown kinds included: what is not acknowledged comes again
	defer func() {
		if p := recover(); p != nil {
			c.log.Error("handler panicked", "type", j.envelope.Type, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		}
	}()
	c.handle(ctx, j.envelope, ack)
}

// drain begins no new work and waits for what is under way, but not for ever, and only once.
func (c *crew) drain() {
	c.mu.Lock()
	drained := c.stopping
	c.stopping = true
	c.mu.Unlock()
	if drained {
		return
	}
	close(c.over)
	done := make(chan struct{})
	go func() { c.work.Wait(); close(done) }()
	timer := time.NewTimer(drainTime)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
		c.log.Warn("stopping with envelopes in progress")
	}
}

// acknowledge writes an acknowledgement.
func (l *Link) acknowledge(c *conn, e Envelope, payload any) {
	frame := map[string]any{"envelope_id": e.ID}
	if payload != nil && e.AcceptsReply {
		frame["payload"] = payload
	}
	text, err := marshalAck(frame)
	if err != nil {
		l.Log.Error("could not answer with a payload", "type", e.Type, "error", err)
		text, _ = json.Marshal(map[string]string{"envelope_id": e.ID}) // a text can always be written
	}
	l.write(c, text)
}

// marshalAck writes an acknowledgement that is short enough for Slack.
func marshalAck(v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err == nil && len(text) >= maxAck {
		err = fmt.Errorf("an acknowledgement of %d bytes would be dropped", len(text))
	}
	return text, err
}

// write writes a frame on that link, or on the present one if that is gone. It never waits for a link: without one the
// frame goes out as soon as the next is up.
func (l *Link) write(c *conn, text []byte) {
	for c.write(text) != nil {
		l.mu.Lock()
		if l.current == c {
			if len(l.owed) >= maxOwed {
				l.owed = l.owed[1:]
			}
			l.owed = append(l.owed, text)
			l.mu.Unlock()
			return
		}
		c = l.current
		l.mu.Unlock()
	}
}

// conn is one socket; writes are one at a time and bounded.
type conn struct {
	ws      *websocket.Conn
	writing sync.Mutex

	done   chan struct{} // closed once reading has ended
	err    error         // why; to be read after done
	reason string        // Slack's word on it, if there was one
}

var errEnded = errors.New("the link has ended")

func (c *conn) write(text []byte) error {
	select {
	case <-c.done:
		return errEnded // a dead socket may take a frame without a word
	default:
	}
	c.writing.Lock()
	defer c.writing.Unlock()
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
