package affiliatesim

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// maxBody bounds the bodies of calls and controls.
const maxBody = 1 << 20

// answer is what goes out for a call: an envelope, or plain text where a fault plays
// a gateway in front of the vendor.
type answer struct {
	status int
	code   int
	header http.Header
	body   []byte
}

// envelope is the form of every answer of the vendor.
type envelope struct {
	Code      int    `json:"code"`
	Message   string `json:"message"`
	Data      any    `json:"data"`
	RequestID string `json:"request_id"`
}

// serveVendor serves the Open API and the token calls: it applies a fault that waits
// for this path, records the call, and only then answers, so that whoever has the
// answer finds the call in the log.
func (c *Center) serveVendor(w http.ResponseWriter, r *http.Request) {
	k, unreadable := c.readCall(w, r)
	f := c.takeFault(r.URL.Path)
	if f != nil && !c.pause(f.delay()) {
		c.record(k, answer{}, f)
		panic(http.ErrAbortHandler)
	}
	var a answer
	switch {
	case f != nil && f.replaces():
		a = f.answer(k.at)
	case unreadable != nil:
		a = answerFor(nil, unreadable, k.at)
	default:
		a = c.perform(k)
	}
	c.record(k, a, f)
	if f != nil && f.cuts() {
		// The server closes the connection without a byte of an answer.
		panic(http.ErrAbortHandler)
	}
	a.write(w)
}

// readCall reads the whole request, bounded.
func (c *Center) readCall(w http.ResponseWriter, r *http.Request) (*call, error) {
	k := &call{request: r, at: time.Now()}
	var err error
	if k.query, err = url.ParseQuery(r.URL.RawQuery); err != nil {
		return k, invalid("the query cannot be read")
	}
	k.body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return k, invalid("the body cannot be read or is larger than %d bytes", maxBody)
	}
	return k, nil
}

// perform finds the endpoint, admits the call and lets its handler work.
func (c *Center) perform(k *call) answer {
	e, id, err := find(c.table, k.request.Method, k.request.URL.Path)
	if err != nil {
		return answerFor(nil, err, k.at)
	}
	// A fault may have held the call back since its arrival.
	k.endpoint, k.id, k.now = e, id, time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.admit(k); err != nil {
		return answerFor(nil, err, k.at)
	}
	c.expireDue(k.now)
	data, err := e.do(c, k)
	return answerFor(data, err, k.now)
}

// answerFor puts a result into its envelope. data is an object in every answer.
func answerFor(data any, err error, now time.Time) answer {
	a := answer{status: http.StatusOK, header: http.Header{"Content-Type": {"application/json"}}}
	out := envelope{Message: "Success", Data: data, RequestID: requestID(now)}
	if err != nil {
		r, ok := errors.AsType[*refusal](err)
		if !ok {
			r = refuse(codeVendorFault, "internal error")
		}
		a.code, a.status = r.code, statusOf(r.code)
		out.Code, out.Message, out.Data = r.code, r.message, nil
		if r.wait > 0 {
			a.header.Set("Retry-After", strconv.Itoa(int(math.Ceil(r.wait.Seconds()))))
		}
		if r.allow != "" {
			a.header.Set("Allow", r.allow)
		}
	}
	if out.Data == nil {
		out.Data = struct{}{}
	}
	a.body, err = compact(out)
	if err != nil {
		a.status, a.body = http.StatusInternalServerError, nil
	}
	return a
}

// write sends the answer. A caller that has gone is no concern of ours.
func (a answer) write(w http.ResponseWriter) {
	maps.Copy(w.Header(), a.header)
	w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body)
}

// requestID is the vendor's handle of one call: a time and something random.
func requestID(now time.Time) string {
	return fmt.Sprintf("%s%s", now.UTC().Format("20060102150405"), randomHex(9))
}
