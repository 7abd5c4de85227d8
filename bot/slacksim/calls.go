package slacksim

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"
)

// Calls are packed together when there are this many of them, or this many bytes.
const (
	segmentCalls = 500
	segmentBytes = 1 << 20
)

// mostArgs is the size, in bytes of JSON, up to which a call's arguments are kept: well above what Slack takes.
const mostArgs = 1 << 20

// record is one call of the Web API as /sim/calls shows it. Tokens are not in it.
type record struct {
	N      int       `json:"n"`
	At     time.Time `json:"at"` // when it arrived
	Method string    `json:"method"`
	Args   object    `json:"args"`
	OK     bool      `json:"ok"`
	Error  string    `json:"error,omitempty"`
}

// ledger keeps the last calls. Older ones are packed, since the same cards go by again and again: memory stays small.
type ledger struct {
	mu     sync.Mutex
	most   int
	n      int // of the last call
	packed []segment
	open   []json.RawMessage // the newest, not yet packed
	size   int               // of those, in bytes
}

// segment holds calls, JSON values one a line, the last of them numbered last.
type segment struct {
	last, count int
	data        []byte
}

func newLedger(most int) *ledger { return &ledger{most: most} }

// add numbers a call and keeps it.
func (l *ledger) add(r record) {
	if args := encode(r.Args); len(args) > mostArgs {
		r.Args = object{"left_out": fmt.Sprintf("%d bytes of arguments", len(args))}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.n++
	r.N = l.n
	line := encode(r)
	l.open = append(l.open, line)
	l.size += len(line)
	if len(l.open) < segmentCalls && l.size < segmentBytes {
		return
	}
	l.packed = append(l.packed, segment{last: l.n, count: len(l.open), data: pack(l.open)})
	l.open, l.size = nil, 0
	l.packed = slices.DeleteFunc(l.packed, func(s segment) bool { return s.last <= l.n-l.most })
}

func pack(lines []json.RawMessage) []byte {
	var b bytes.Buffer
	f, err := flate.NewWriter(&b, flate.BestSpeed)
	if err != nil {
		return nil // never: the level is a constant
	}
	for _, line := range lines {
		_, _ = f.Write(line) // a bytes.Buffer takes everything
		_, _ = f.Write([]byte{'\n'})
	}
	_ = f.Close()
	return b.Bytes()
}

func unpack(data []byte) ([]json.RawMessage, error) {
	plain, err := io.ReadAll(flate.NewReader(bytes.NewReader(data)))
	if err != nil {
		return nil, fmt.Errorf("unpacking calls: %w", err)
	}
	var lines []json.RawMessage
	for line := range bytes.SplitSeq(plain, []byte{'\n'}) {
		if len(line) > 0 {
			lines = append(lines, line)
		}
	}
	return lines, nil
}

// since lists the kept calls numbered above n, in their order, and never more than the ledger promises to keep.
func (l *ledger) since(n int) ([]json.RawMessage, error) {
	l.mu.Lock()
	n = max(n, l.n-l.most, 0)
	packed, open, last := slices.Clone(l.packed), l.open, l.n
	l.mu.Unlock()
	all := []json.RawMessage{}
	for _, s := range packed {
		if s.last <= n {
			continue
		}
		lines, err := unpack(s.data)
		if err != nil {
			return nil, err
		}
		all = append(all, lines[max(0, n-(s.last-s.count)):]...)
	}
	return append(all, open[min(len(open), max(0, n-(last-len(open)))):]...), nil
}
