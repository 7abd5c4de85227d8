// Package sockettest is Slack's side of Socket Mode for tests: a script that says whatever a test wants said, also what
// the stand-in of the workspace never would. It works inside a bubble.
package sockettest

import (
	"context"
	"encoding/json"
	"errors"
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

// Script is a Socket Mode server that says whatever a test wants said, also what the stand-in never would. The rest of
// Slack is the stand-in.
type Script struct {
	mu      sync.Mutex
	peers   []*Peer
	queries []string
	closed  bool // no socket is to be had
	opened  int
}

// Address is that of the script's socket, as Slack hands one out.
const Address = "ws://slack.test/script?ticket=1"

// ErrClosed is Open's while the script refuses sockets.
var ErrClosed = errors.New("internal_error")

// Open hands out the address of a socket.
func (s *Script) Open(context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opened++
	if s.closed {
		return "", ErrClosed
	}
	return Address, nil
}

// Opened tells how often a socket was asked for.
func (s *Script) Opened() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opened
}

// Queries are what the sockets were dialled with.
func (s *Script) Queries() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.queries)
}

// Around puts the script in front of the rest of Slack.
func (s *Script) Around(next http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/apps.connections.open", func(rw http.ResponseWriter, r *http.Request) {
		if _, err := s.Open(r.Context()); err != nil {
			_, _ = fmt.Fprintf(rw, `{"ok":false,"error":%q}`, err)
			return
		}
		_, _ = fmt.Fprintf(rw, `{"ok":true,"url":%q}`, Address)
	})
	mux.HandleFunc("GET /script", s.accept)
	mux.Handle("/", next)
	return mux
}

func (s *Script) accept(rw http.ResponseWriter, r *http.Request) {
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	ws, err := upgrader.Upgrade(rw, r, nil)
	if err != nil {
		return
	}
	p := &Peer{ws: ws}
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
	p.Say(`{"type":"hello"}`)
	p.read()
}

// Refuse makes the script refuse sockets, or hand them out again.
func (s *Script) Refuse(closed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = closed
}

// Links are those that were ever opened, in order.
func (s *Script) Links() []*Peer {
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.peers)
}

// Peer is one link, seen from Slack's side.
type Peer struct {
	ws *websocket.Conn

	mu    sync.Mutex
	acks  []Ack
	pongs int
	gone  bool
}

// Ack is an acknowledgement as it came.
type Ack struct {
	Envelope string          `json:"envelope_id"`
	Payload  json.RawMessage `json:"payload"`
}

func (p *Peer) read() {
	for {
		_, frame, err := p.ws.ReadMessage()
		p.mu.Lock()
		if err != nil {
			p.gone = true
			p.mu.Unlock()
			_ = p.ws.Close()
			return
		}
		var a Ack
		_ = json.Unmarshal(frame, &a)
		p.acks = append(p.acks, a)
		p.mu.Unlock()
	}
}

// Say writes a frame; one on a link that is gone is lost.
func (p *Peer) Say(frame string) {
	_ = p.ws.SetWriteDeadline(time.Now().Add(time.Second))
	_ = p.ws.WriteMessage(websocket.TextMessage, []byte(frame))
}

// Ping sends a ping.
func (p *Peer) Ping() {
	_ = p.ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(time.Second))
}

// HangUp ends the link without a word.
func (p *Peer) HangUp() { _ = p.ws.Close() }

// Acked are the envelopes that were acknowledged on this link, in order.
func (p *Peer) Acked() (ids []string) {
	for _, a := range p.Answers() {
		ids = append(ids, a.Envelope)
	}
	return ids
}

// Answers are the acknowledgements of this link, in order.
func (p *Peer) Answers() []Ack {
	synctest.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.acks)
}

// Ponged tells how many pings were answered.
func (p *Peer) Ponged() int {
	synctest.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pongs
}

// IsGone tells whether the other side ended the link.
func (p *Peer) IsGone() bool {
	synctest.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.gone
}

// Send delivers an envelope.
func (p *Peer) Send(t *testing.T, id, kind string, payload any) {
	t.Helper()
	frame, err := json.Marshal(map[string]any{
		"envelope_id": id, "type": kind, "payload": payload, "accepts_response_payload": kind == "slash_commands",
	})
	require.NoError(t, err)
	p.Say(string(frame))
}
