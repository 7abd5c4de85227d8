package affiliatesim

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The log keeps the last keptCalls calls, of each body at most keptBody bytes.
const (
	keptCalls = 100_000
	keptBody  = 16 << 10
)

// loggedCall is one call as /sim/calls shows it.
type loggedCall struct {
	// N counts the calls from 1, in the order in which they were dealt with.
	N int `json:"n"`
	// At is the arrival, RFC 3339 in UTC.
	At     time.Time `json:"at"`
	Method string    `json:"method"`
	Path   string    `json:"path"`
	// Query maps each name to its value; secrets are replaced by ***.
	Query map[string]string `json:"query"`
	// Body is the body itself where it is JSON, its text where it is not, and null
	// where there was none.
	Body json.RawMessage `json:"body"`
	// Status is 0 where the connection was cut.
	Status int `json:"status"`
	// Code is the envelope's code, also where its answer was lost on the way.
	Code int `json:"code"`
	// Fault is what the fault did, empty where there was none.
	Fault string `json:"fault"`
}

// callLog is a ring of calls.
type callLog struct {
	mu   sync.Mutex
	n    int
	ring []loggedCall
}

// add numbers a call and keeps it in place of the oldest.
func (l *callLog) add(call loggedCall) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.n++
	call.N = l.n
	if len(l.ring) < keptCalls {
		l.ring = append(l.ring, call)
		return
	}
	l.ring[(l.n-1)%keptCalls] = call
}

// since lists the kept calls with a number above n, oldest first.
func (l *callLog) since(n int) []loggedCall {
	l.mu.Lock()
	defer l.mu.Unlock()
	first := max(n, l.n-len(l.ring), 0)
	calls := make([]loggedCall, 0, max(l.n-first, 0))
	for i := first; i < l.n; i++ {
		calls = append(calls, l.ring[i%keptCalls])
	}
	return calls
}

// record writes a call into the log.
func (c *Center) record(k *call, a answer, f *fault) {
	entry := loggedCall{
		At:     k.at.UTC(),
		Method: clip(k.request.Method, 20),
		Path:   clip(k.request.URL.Path, 400),
		Query:  redact(k.query),
		Body:   loggedBody(k.body),
		Status: a.status,
		Code:   a.code,
	}
	if f != nil {
		entry.Fault = f.Do
		if f.cuts() {
			entry.Status = 0
		}
	}
	c.calls.add(entry)
}

// redact copies a query without the secrets that the token calls carry in it.
func redact(query url.Values) map[string]string {
	shown := make(map[string]string, len(query))
	for name, values := range query {
		switch value := strings.Join(values, ", "); name {
		case "app_secret", "access_token", "refresh_token", "auth_code":
			shown[name] = "***"
		default:
			shown[clip(name, 100)] = clip(value, 2000)
		}
	}
	return shown
}

// loggedBody keeps a body for the log.
func loggedBody(body []byte) json.RawMessage {
	if len(body) == 0 {
		return json.RawMessage("null")
	}
	if len(body) <= keptBody && json.Valid(body) {
		return bytes.Clone(body)
	}
	text, err := json.Marshal(clip(string(body[:min(len(body), keptBody)]), keptBody))
	if err != nil {
		return json.RawMessage("null")
	}
	return text
}

// simCalls answers GET /sim/calls[?since=N].
func (c *Center) simCalls(r *http.Request, _ []byte) (any, error) {
	since := 0
	if text := r.URL.Query().Get("since"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return nil, badInput("since must be the number of a call, not %q", clip(text, 30))
		}
		since = n
	}
	return c.calls.since(since), nil
}
