package socket

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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

// start handles an envelope on its own. A panic in a handler ends neither the desk nor the acknowledgement.
func (l *Link) start(c *conn, e Envelope) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopping {
		return // nobody would finish it; Slack delivers it to whoever is there next
	}
	select {
	case l.slots <- struct{}{}:
	default:
		l.Log.Error("too many envelopes in progress, leaving one to Slack's redelivery", "type", e.Type)
		return
	}
	l.work.Go(func() {
		defer func() { <-l.slots }()
		ctx, cancel := context.WithTimeout(context.Background(), answerBy)
		defer cancel()
		var once sync.Once
		ack := func(payload any) { once.Do(func() { l.acknowledge(c, e, payload) }) }
		defer ack(nil) // whatever it was, unknown kinds included: what is not acknowledged comes again
		defer func() {
			if p := recover(); p != nil {
				l.Log.Error("handler panicked", "type", e.Type, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			}
		}()
		l.Handle(ctx, e, ack)
	})
}

// acknowledge writes an acknowledgement.
func (l *Link) acknowledge(c *conn, e Envelope, payload any) {
	frame := map[string]any{"envelope_id": e.ID}
	if payload != nil && e.AcceptsReply {
		frame["payload"] = payload
	}
	text, err := json.Marshal(frame)
	if err == nil && len(text) >= maxAck {
		err = fmt.Errorf("an acknowledgement of %d bytes would be dropped", len(text))
	}
	if err != nil {
		l.Log.Error("could not answer with a payload", "type", e.Type, "error", err)
		text, _ = json.Marshal(map[string]string{"envelope_id": e.ID}) // a text can always be written
	}
	l.write(c, text)
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

// drain begins no new work and waits for what is under way, but not for ever, and only once.
func (l *Link) drain() {
	l.mu.Lock()
	drained := l.stopping
	l.stopping = true
	l.mu.Unlock()
	if drained {
		return
	}
	done := make(chan struct{})
	go func() { l.work.Wait(); close(done) }()
	timer := time.NewTimer(drainTime)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
		l.Log.Warn("stopping with envelopes in progress")
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
