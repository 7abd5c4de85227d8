package slacksim

import (
	"context"
	"encoding/json"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

const (
	mostLinks  = 10 // of one app at the same time
	ticketTime = 30 * time.Second
	mostAck    = 20_000 // bytes; an acknowledgement of this length or more is dropped without a word
)

// hub keeps the links of Socket Mode and every envelope that waits for its acknowledgement. Each envelope goes to any one link: there is
// no order and no affinity. What a link had not acknowledged when it died goes to another one, or waits for the next.
type hub struct {
	ctx     context.Context
	log     *slog.Logger
	appID   string
	faults  *faults
	dropped func(envelope string, size int) // tells of an acknowledgement that was too large

	work    sync.WaitGroup
	mu      sync.Mutex
	closed  bool
	tickets map[string]time.Time
	links   []*link
	pending map[string]*envelope
	waiting []*envelope // for a link, in their order
	stats   socketStats
}

// socketStats count what happened on the links, for /sim/state.
type socketStats struct {
	Links          int `json:"links"`
	Opened         int `json:"opened"`
	Sent           int `json:"sent"`
	Acked          int `json:"acked"`
	AckedElsewhere int `json:"acked_elsewhere"` // on another link than the one that carried the envelope
	AckedUnknown   int `json:"acked_unknown"`   // acknowledgements of nothing that waited, for instance late or double ones
	AcksDropped    int `json:"acks_dropped"`    // by a fault, or for their size
	Redelivered    int `json:"redelivered"`     // because their link had died
	Unacked        int `json:"unacked"`
}

// envelope is a parcel in Socket Mode.
type envelope struct {
	id     string
	parcel *parcel
	link   *link // that carries it; nil: it waits for one
	born   time.Time
	acked  chan struct{}
	answer json.RawMessage
}

func newHub(ctx context.Context, log *slog.Logger, appID string, f *faults, dropped func(string, int)) *hub {
	return &hub{ctx: ctx, log: log, appID: appID, faults: f, dropped: dropped, tickets: map[string]time.Time{}, pending: map[string]*envelope{}}
}

// issue makes a ticket for one link. Slack does not say how long it lives: thirty seconds here.
func (h *hub) issue() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	for t, made := range h.tickets {
		if time.Since(made) > ticketTime {
			delete(h.tickets, t)
		}
	}
	t := token(40)
	h.tickets[t] = time.Now()
	return t
}

// redeem uses a ticket up.
func (h *hub) redeem(ticket string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	made, ok := h.tickets[ticket]
	delete(h.tickets, ticket)
	return ok && time.Since(made) <= ticketTime
}

// send puts a parcel on a link and waits until it is acknowledged or ctx ends. What never reached a link is forgotten then; what did
// stays, so that it can be redelivered should the link die.
func (h *hub) send(ctx context.Context, p *parcel) (receipt, error) {
	e := &envelope{id: token(8) + "-" + token(4) + "-" + token(4) + "-" + token(12), parcel: p, born: time.Now(), acked: make(chan struct{})}
	if !h.place(e) {
		return receipt{}, errNotAcknowledged
	}
	if h.faults.socket("duplicate") != nil {
		h.repeat(e)
	}
	select {
	case <-e.acked:
		return receipt{payload: e.answer}, nil
	case <-ctx.Done():
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	select {
	case <-e.acked: // it came at the last moment
		return receipt{payload: e.answer}, nil
	default:
	}
	if e.link == nil || p.kind == kindEvent { // an event comes again in an envelope of its own
		h.forget(e)
	}
	return receipt{}, errNotAcknowledged
}

// place registers an envelope and puts it on a link, or lets it wait for one.
func (h *hub) place(e *envelope) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false
	}
	if len(h.pending) >= keptUndone {
		h.expire()
	}
	if len(h.pending) >= keptUndone {
		h.log.Warn("too many unacknowledged deliveries")
		return false
	}
	h.pending[e.id] = e
	h.assign(e)
	return true
}

// assign chooses a link for an envelope. The lock is held.
func (h *hub) assign(e *envelope) {
	if len(h.links) == 0 {
		e.link = nil
		h.waiting = append(h.waiting, e)
		return
	}
	e.link = h.links[rand.IntN(len(h.links))]
	h.stats.Sent++
	e.link.push(e.frame(), false)
}

// repeat sends the same envelope once more, on any link.
func (h *hub) repeat(e *envelope) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.links) > 0 {
		h.stats.Sent++
		h.links[rand.IntN(len(h.links))].push(e.frame(), false)
	}
}

// forget drops an envelope. The lock is held.
func (h *hub) forget(e *envelope) {
	delete(h.pending, e.id)
	h.waiting = slices.DeleteFunc(h.waiting, func(o *envelope) bool { return o == e })
}

// expire forgets what nobody acknowledged for too long. The lock is held.
func (h *hub) expire() {
	for _, e := range h.pending {
		if time.Since(e.born) > keepUndone {
			h.forget(e)
		}
	}
}

// acknowledge takes an acknowledgement from any link.
func (h *hub) acknowledge(from *link, id string, answer json.RawMessage, size int) {
	if size >= mostAck {
		h.mu.Lock()
		h.stats.AcksDropped++
		h.mu.Unlock()
		h.dropped(id, size)
		return
	}
	if h.faults.socket("drop_ack") != nil {
		h.mu.Lock()
		h.stats.AcksDropped++
		h.mu.Unlock()
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	e := h.pending[id]
	if e == nil {
		h.stats.AckedUnknown++
		return
	}
	h.stats.Acked++
	if e.link != from {
		h.stats.AckedElsewhere++
	}
	h.forget(e)
	if e.parcel.accepts {
		e.answer = answer
	}
	close(e.acked)
}

// join takes a new link in and gives it what waited. It is false when there are ten already, or when the hub is closed.
func (h *hub) join(l *link) (count int, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || len(h.links) >= mostLinks {
		return len(h.links), false
	}
	h.links = append(h.links, l)
	h.stats.Opened++
	l.push(h.hello(l, len(h.links)), false)
	h.expire()
	waiting := h.waiting
	h.waiting = nil
	for _, e := range waiting {
		h.assign(e)
	}
	return len(h.links), true
}

// retire gives a link nothing more, since it was told to go.
func (h *hub) retire(l *link) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.links = slices.DeleteFunc(h.links, func(o *link) bool { return o == l })
}

// leave takes a dead link out and redelivers what it had not acknowledged.
func (h *hub) leave(l *link) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.links = slices.DeleteFunc(h.links, func(o *link) bool { return o == l })
	var orphans []*envelope
	for _, e := range h.pending {
		if e.link == l {
			orphans = append(orphans, e)
		}
	}
	slices.SortFunc(orphans, func(a, b *envelope) int { return a.born.Compare(b.born) })
	for _, e := range orphans {
		h.stats.Redelivered++
		h.assign(e)
	}
}

func (h *hub) hello(l *link, count int) json.RawMessage {
	return encode(object{
		"type": "hello", "num_connections": count, "connection_info": object{"app_id": h.appID},
		"debug_info": object{
			"host": "applink-stand-in", "started": time.Now().UTC().Format(time.RFC3339), "build_number": 1,
			"approximate_connection_time": int(l.life.Seconds()),
		},
	})
}

// frame is the envelope as it travels.
func (e *envelope) frame() json.RawMessage {
	o := object{
		"envelope_id": e.id, "type": e.parcel.kind, "accepts_response_payload": e.parcel.accepts, "payload": e.parcel.payload,
	}
	if e.parcel.kind == kindEvent {
		o["retry_attempt"], o["retry_reason"] = e.parcel.attempt, e.parcel.reason
	}
	return encode(o)
}

// count reports what happened so far.
func (h *hub) count() socketStats {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.stats
	s.Links, s.Unacked = len(h.links), len(h.pending)
	return s
}

// close ends every link and waits for their goroutines.
func (h *hub) close() {
	h.mu.Lock()
	h.closed = true
	links := slices.Clone(h.links)
	h.mu.Unlock()
	for _, l := range links {
		l.end()
	}
	h.work.Wait()
}
