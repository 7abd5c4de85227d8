package affiliatesim

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
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

// Calls are packed together when there are so many of them, or so many bytes: the same
// searches go by again and again, and packed they are small.
const (
	bundleCalls = 500
	bundleBytes = 1 << 20
)

// callLog keeps the last calls as JSON, the older ones packed. Its zero value is empty.
type callLog struct {
	mu     sync.Mutex
	n      int // of the last call
	packed []bundle
	fresh  []json.RawMessage // the newest, not yet packed
	size   int               // of those, in bytes
}

// bundle is a pack of calls, one a line; the last of them is numbered last.
type bundle struct {
	last, count int
	data        []byte
}

// add numbers a call and keeps it, forgetting the oldest.
func (l *callLog) add(call loggedCall) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	call.N = l.n + 1
	line, err := compact(call)
	if err != nil {
		return fmt.Errorf("writing a call into the log: %w", err)
	}
	l.n++
	l.fresh, l.size = append(l.fresh, line), l.size+len(line)
	if len(l.fresh) < bundleCalls && l.size < bundleBytes {
		return nil
	}
	data, err := pack(l.fresh)
	if err != nil {
		return err
	}
	l.packed = append(l.packed, bundle{last: l.n, count: len(l.fresh), data: data})
	l.fresh, l.size = nil, 0
	l.packed = slices.DeleteFunc(l.packed, func(b bundle) bool { return b.last <= l.n-keptCalls })
	return nil
}

func pack(lines []json.RawMessage) ([]byte, error) {
	var out bytes.Buffer
	f, err := flate.NewWriter(&out, flate.BestSpeed)
	if err != nil {
		return nil, fmt.Errorf("packing calls: %w", err)
	}
	for _, line := range lines {
		if _, err := fmt.Fprintf(f, "%s\n", line); err != nil {
			return nil, fmt.Errorf("packing calls: %w", err)
		}
	}
	if err := f.Close(); err != nil {
		return nil, fmt.Errorf("packing calls: %w", err)
	}
	return out.Bytes(), nil
}

// lines unpacks a bundle.
func (b bundle) lines() ([]json.RawMessage, error) {
	plain, err := io.ReadAll(flate.NewReader(bytes.NewReader(b.data)))
	if err != nil {
		return nil, fmt.Errorf("unpacking calls: %w", err)
	}
	all := make([]json.RawMessage, 0, b.count)
	for line := range bytes.Lines(plain) {
		all = append(all, bytes.TrimSuffix(line, []byte{'\n'}))
	}
	return all, nil
}

// since lists the kept calls with a number above n, oldest first.
func (l *callLog) since(n int) ([]json.RawMessage, error) {
	l.mu.Lock()
	n = max(n, l.n-keptCalls, 0)
	packed, fresh, last := slices.Clone(l.packed), l.fresh, l.n
	l.mu.Unlock()
	calls := []json.RawMessage{}
	for _, b := range packed {
		if b.last <= n {
			continue
		}
		lines, err := b.lines()
		if err != nil {
			return nil, err
		}
		calls = append(calls, lines[max(0, n-(b.last-b.count)):]...)
	}
	return append(calls, fresh[min(len(fresh), max(0, n-(last-len(fresh)))):]...), nil
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
	if err := c.calls.add(entry); err != nil {
		c.logger.Error("could not log a call", "error", err)
	}
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
	return c.calls.since(since)
}
