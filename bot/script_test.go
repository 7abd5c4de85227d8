package bot_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
)

// script is a Socket Mode server that says whatever a test wants said, also what the stand-in never would. The rest of
// Slack is the stand-in.
type script struct {
	mu      sync.Mutex
	peers   []*peer
	queries []string
	closed  bool // no socket is to be had
}

// around puts the script in front of the stand-in.
func (s *script) around(next http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/apps.connections.open", func(rw http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.closed {
			_, _ = fmt.Fprint(rw, `{"ok":false,"error":"internal_error"}`)
			return
		}
		_, _ = fmt.Fprint(rw, `{"ok":true,"url":"ws://slack.test/script?ticket=1"}`)
	})
	mux.HandleFunc("GET /script", s.accept)
	mux.Handle("/", next)
	return mux
}

func (s *script) accept(rw http.ResponseWriter, r *http.Request) {
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	ws, err := upgrader.Upgrade(rw, r, nil)
	if err != nil {
		return
	}
	p := &peer{ws: ws}
	ws.SetPongHandler(func(string) error {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.pongs++
		return nil
	})
	s.mu.Lock()
	s.peers = append(s.peers, p)
	s.queries = append(s.queries, r.URL.RawQuery)
	s.mu.Unlock()
	p.say(`{"type":"hello"}`)
	p.read()
}

// refuse makes the script refuse sockets, or hand them out again.
func (s *script) refuse(closed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = closed
}

// links are those that were ever opened, in order.
func (s *script) links() []*peer {
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.peers)
}

// peer is one link, seen from Slack's side.
type peer struct {
	ws *websocket.Conn

	mu    sync.Mutex
	acks  []ack
	pongs int
	gone  bool
}

type ack struct {
	Envelope string          `json:"envelope_id"`
	Payload  json.RawMessage `json:"payload"`
}

func (p *peer) read() {
	for {
		_, frame, err := p.ws.ReadMessage()
		p.mu.Lock()
		if err != nil {
			p.gone = true
			p.mu.Unlock()
			_ = p.ws.Close()
			return
		}
		var a ack
		_ = json.Unmarshal(frame, &a)
		p.acks = append(p.acks, a)
		p.mu.Unlock()
	}
}

// say writes a frame; one on a link that is gone is lost.
func (p *peer) say(frame string) {
	_ = p.ws.SetWriteDeadline(time.Now().Add(time.Second))
	_ = p.ws.WriteMessage(websocket.TextMessage, []byte(frame))
}

func (p *peer) ping() {
	_ = p.ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(time.Second))
}

func (p *peer) hangUp() { _ = p.ws.Close() }

// acked are the envelopes that were acknowledged on this link, in order.
func (p *peer) acked() (ids []string) {
	for _, a := range p.answers() {
		ids = append(ids, a.Envelope)
	}
	return ids
}

func (p *peer) answers() []ack {
	synctest.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.acks)
}

func (p *peer) ponged() int {
	synctest.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pongs
}

func (p *peer) isGone() bool {
	synctest.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.gone
}

// send delivers an envelope.
func (p *peer) send(t *testing.T, id, kind string, payload any) {
	t.Helper()
	frame, err := json.Marshal(object{
		"envelope_id": id, "type": kind, "payload": payload, "accepts_response_payload": kind == "slash_commands",
	})
	require.NoError(t, err)
	p.say(string(frame))
}

// clickOn is a click as Slack describes it; blocks are those of the message around the control.
func clickOn(ts, block, action, who string, blocks ...object) object {
	return object{
		"type": "block_actions", "user": object{"id": who}, "channel": object{"id": samples}, "trigger_id": "1.2.a",
		"container": object{"type": "message", "channel_id": samples, "message_ts": ts},
		"message":   object{"ts": ts, "blocks": blocks},
		"actions":   []object{{"type": "button", "action_id": action, "block_id": block, "value": block}},
	}
}

func typed(command, text string) object {
	return object{"command": command, "text": text, "user_id": memberOne, "channel_id": samples, "trigger_id": "1.2." + text}
}

// inScript runs a test whose socket is a script; the result is its first link.
func inScript(t *testing.T, s setup, f func(*testing.T, *world, *script, *peer)) {
	t.Helper()
	played := &script{}
	s.around = played.around
	inBubble(t, s, func(t *testing.T, w *world) {
		require.Len(t, played.links(), 1)
		f(t, w, played, played.links()[0])
	})
}
