package slacksim

import (
	"encoding/json"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

// Times of a link.
const (
	pingEvery   = 4 * time.Second
	deafAfter   = 5 * pingEvery // without a word from the client
	linkLife    = time.Hour
	debugLife   = 360 * time.Second // with debug_reconnects=true
	warnAhead   = 10 * time.Second
	frameTime   = 10 * time.Second // for writing one frame
	lingerTime  = 200 * time.Millisecond
	mostFrame   = 1 << 20
	mostWaiting = 50_000 // frames on one link
)

// upgrader takes every origin: clients name Slack's own address there.
var upgrader = websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }, HandshakeTimeout: 5 * time.Second}

// link is one WebSocket connection of the app.
type link struct {
	hub    *hub
	conn   *websocket.Conn
	life   time.Duration
	silent atomic.Bool // deaf and mute, though the connection is open

	mu    sync.Mutex
	queue []outFrame
	wake  chan struct{} // holds one token when there is something to write
	gone  chan struct{}
	once  sync.Once
}

// outFrame is something to write; the last frame of a link closes it.
type outFrame struct {
	data json.RawMessage
	last bool
}

// accept answers a client that dials the address which apps.connections.open returned.
func (h *hub) accept(rw http.ResponseWriter, r *http.Request) {
	if !h.redeem(r.URL.Query().Get("ticket")) {
		http.Error(rw, "This ticket is unknown, used or too old: call apps.connections.open for another.", http.StatusForbidden)
		return
	}
	conn, err := upgrader.Upgrade(rw, r, nil)
	if err != nil {
		h.log.Debug("could not open a socket", "error", err) // the upgrader has answered
		return
	}
	l := &link{hub: h, conn: conn, life: linkLife, wake: make(chan struct{}, 1), gone: make(chan struct{})}
	if r.URL.Query().Get("debug_reconnects") == "true" {
		l.life = debugLife
	}
	if !h.start(l) {
		l.end()
		return
	}
	defer h.work.Done()
	l.read()
	h.leave(l)
}

// start lets a link in and sets its writer going. An eleventh link is told that there are too many.
func (h *hub) start(l *link) bool {
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		return false
	}
	h.work.Add(2)
	h.mu.Unlock()
	_, ok := h.join(l)
	if !ok {
		l.disconnect("too_many_websockets")
	}
	go func() {
		defer h.work.Done()
		l.write()
	}()
	if ok {
		h.misbehave(l)
	}
	return true
}

// misbehave carries out the socket faults that are open, on a link that is.
func (h *hub) misbehave(l *link) {
	if h.faults.socket("silence") != nil {
		l.hush()
	}
	if f := h.faults.socket("disconnect"); f != nil {
		l.part(f.Reason)
	}
}

// misbehaveNow carries out the socket faults on the links that are open.
func (h *hub) misbehaveNow() {
	h.mu.Lock()
	links := append([]*link(nil), h.links...)
	h.mu.Unlock()
	for _, l := range links {
		h.misbehave(l)
	}
}

// push queues a frame; it never waits. A link that lags hopelessly is ended.
func (l *link) push(data json.RawMessage, last bool) {
	l.mu.Lock()
	l.queue = append(l.queue, outFrame{data, last})
	lost := len(l.queue) > mostWaiting
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
	if lost {
		l.end()
	}
}

// disconnect tells the client to go and ends the link.
func (l *link) disconnect(reason string) {
	l.hub.retire(l)
	l.push(encode(object{"type": "disconnect", "reason": reason, "debug_info": object{"host": "applink-stand-in"}}), true)
}

// part ends a link for a reason: at once, or ten seconds after a warning.
func (l *link) part(reason string) {
	if reason == "" {
		reason = "refresh_requested"
	}
	if reason != "warning" {
		l.disconnect(reason)
		return
	}
	l.push(encode(object{"type": "disconnect", "reason": reason, "debug_info": object{"host": "applink-stand-in"}}), false)
	l.hub.work.Go(func() {
		t := time.NewTimer(warnAhead)
		defer t.Stop()
		select {
		case <-t.C:
			l.disconnect("refresh_requested")
		case <-l.gone:
		}
	})
}

// hush makes the link silent: the connection stays open, but nothing is written, read or answered.
func (l *link) hush() {
	l.silent.Store(true)
	_ = l.conn.SetReadDeadline(time.Time{})
}

// end closes the connection. It is safe to call it often.
func (l *link) end() {
	l.once.Do(func() {
		close(l.gone)
		_ = l.conn.Close()
	})
}

// read takes acknowledgements until the link is gone.
func (l *link) read() {
	defer l.end()
	l.conn.SetReadLimit(mostFrame)
	l.heard()
	l.conn.SetPongHandler(func(string) error { l.heard(); return nil })
	l.conn.SetPingHandler(func(data string) error {
		l.heard()
		if l.silent.Load() {
			return nil
		}
		_ = l.conn.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(frameTime)) // a failing write ends the link by itself
		return nil
	})
	for {
		_, data, err := l.conn.ReadMessage()
		if err != nil {
			return
		}
		l.heard()
		if !l.silent.Load() {
			l.take(data)
		}
	}
}

func (l *link) heard() {
	if !l.silent.Load() {
		_ = l.conn.SetReadDeadline(time.Now().Add(deafAfter))
	}
}

// take reads one frame of the client. What is no acknowledgement is ignored, as Slack does.
func (l *link) take(data []byte) {
	var ack struct {
		ID      string          `json:"envelope_id"`
		Payload json.RawMessage `json:"payload"`
	}
	if err := json.Unmarshal(data, &ack); err != nil || ack.ID == "" {
		l.hub.log.Debug("unreadable acknowledgement", "bytes", len(data))
		return
	}
	if string(ack.Payload) == "null" {
		ack.Payload = nil
	}
	l.hub.acknowledge(l, ack.ID, ack.Payload, len(data))
}

// write sends frames and pings, and ends the link when its life is over.
func (l *link) write() {
	defer l.end()
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	warn := time.NewTimer(l.life - warnAhead)
	defer warn.Stop()
	over := time.NewTimer(l.life)
	defer over.Stop()
	for {
		select {
		case <-l.gone:
			return
		case <-l.wake:
			if !l.drain() {
				return
			}
		case <-ping.C:
			if !l.silent.Load() && l.conn.WriteControl(websocket.PingMessage, []byte("ping"), time.Now().Add(frameTime)) != nil {
				return
			}
		case <-warn.C:
			l.push(encode(object{"type": "disconnect", "reason": "warning", "debug_info": object{"host": "applink-stand-in"}}), false)
		case <-over.C:
			l.disconnect("refresh_requested")
		}
	}
}

// drain writes what is queued. It is false when the link has to end.
func (l *link) drain() bool {
	l.mu.Lock()
	frames := l.queue
	l.queue = nil
	l.mu.Unlock()
	for _, f := range frames {
		if l.silent.Load() {
			continue
		}
		_ = l.conn.SetWriteDeadline(time.Now().Add(frameTime))
		if l.conn.WriteMessage(websocket.TextMessage, f.data) != nil {
			return false
		}
		if f.last {
			l.linger()
			return false
		}
	}
	return true
}

// linger gives the client a moment to read the last frame and to hang up itself.
func (l *link) linger() {
	t := time.NewTimer(lingerTime)
	defer t.Stop()
	select {
	case <-t.C:
	case <-l.gone:
	}
}
