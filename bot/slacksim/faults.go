package slacksim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// fault is one order to misbehave, as POST /sim/faults takes it: for a method of the Web API, or for the socket.
type fault struct {
	Method     string `json:"method,omitempty"` // or "images", the fetching of pictures, or "response_url"
	Socket     string `json:"socket,omitempty"`
	Do         string `json:"do,omitempty"`
	Status     int    `json:"status,omitempty"`
	Error      string `json:"error,omitempty"`
	Text       string `json:"text,omitempty"` // of "text": what stands in place of JSON
	Reason     string `json:"reason,omitempty"`
	RetryAfter int    `json:"retry_after,omitempty"` // seconds
	DelayMS    int    `json:"delay_ms,omitempty"`
	Times      *int   `json:"times,omitempty"` // not given: once; 0 clears what was ordered for the same method or socket, or everything
}

var (
	faultKinds    = []string{"status", "error", "text", "delay", "drop", "apply_then_drop"}
	socketKinds   = []string{"disconnect", "drop_ack", "duplicate", "silence"}
	socketReasons = []string{"warning", "refresh_requested", "link_disabled", "too_many_websockets"}
)

// faults are the orders that are still to be carried out.
type faults struct {
	mu     sync.Mutex
	orders []*fault
}

func newFaults() *faults { return &faults{} }

// check says what is wrong with an order.
func (f *fault) check() error {
	switch {
	case f.Times != nil && *f.Times < 0:
		return errors.New("times must be 0 (clear) or more")
	case f.Times != nil && *f.Times == 0:
		return nil
	case (f.Method == "") == (f.Socket == ""):
		return errors.New(`name either "method" (of the Web API) or "socket"`)
	case f.Socket != "":
		if !slices.Contains(socketKinds, f.Socket) {
			return fmt.Errorf("socket must be one of %q", socketKinds)
		}
		if f.Reason != "" && !slices.Contains(socketReasons, f.Reason) {
			return fmt.Errorf("reason must be one of %q", socketReasons)
		}
		return nil
	}
	if f.Method != "images" && f.Method != "response_url" && methodNamed(f.Method) == nil {
		return fmt.Errorf("there is no method %q here", f.Method)
	}
	return f.checkKind()
}

func (f *fault) checkKind() error {
	switch {
	case !slices.Contains(faultKinds, f.Do):
		return fmt.Errorf("do must be one of %q", faultKinds)
	case f.Do == "status" && (f.Status < 200 || f.Status > 599):
		return errors.New("status must be an HTTP status from 200 to 599")
	case f.Do == "error" && f.Error == "" && f.Method != "images":
		return errors.New("error must name the error to answer")
	case f.Do == "text" && f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return errors.New("status must be an HTTP status from 200 to 599, or none for 200")
	case f.Do == "delay" && f.DelayMS <= 0:
		return errors.New("delay_ms must be above 0")
	case f.DelayMS < 0 || f.DelayMS > 600_000:
		return errors.New("delay_ms must be from 0 to 600000")
	case f.RetryAfter < 0:
		return errors.New("retry_after must be 0 or more seconds")
	}
	return nil
}

// order adds a fault, or clears those that it names.
func (fs *faults) order(f fault) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if f.Times != nil && *f.Times == 0 {
		all := f.Method == "" && f.Socket == ""
		fs.orders = slices.DeleteFunc(fs.orders, func(o *fault) bool { return all || (o.Method == f.Method && o.Socket == f.Socket) })
		return
	}
	times := 1
	if f.Times != nil {
		times = *f.Times
	}
	f.Times = &times
	fs.orders = append(fs.orders, &f)
}

// next takes one turn of the oldest order for a method, or nil.
func (fs *faults) next(method string) *fault {
	return fs.turn(func(o *fault) bool { return o.Socket == "" && o.Method == method })
}

// socket takes one turn of the oldest order for the socket, or nil.
func (fs *faults) socket(kind string) *fault {
	return fs.turn(func(o *fault) bool { return o.Socket == kind })
}

func (fs *faults) turn(fits func(*fault) bool) *fault {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	i := slices.IndexFunc(fs.orders, fits)
	if i < 0 {
		return nil
	}
	o := *fs.orders[i]
	left := *o.Times - 1
	fs.orders[i].Times = &left
	if left == 0 {
		fs.orders = slices.Delete(fs.orders, i, i+1)
	}
	return &o
}

// list shows the orders that are still open.
func (fs *faults) list() []fault {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	all := []fault{}
	for _, o := range fs.orders {
		c, left := *o, *o.Times
		c.Times = &left
		all = append(all, c)
	}
	return all
}

// answer carries out a fault that stands in place of the call.
func (f *fault) answer(rw http.ResponseWriter) {
	switch f.Do {
	case "status":
		code := f.Error
		if code == "" {
			code = "internal_error"
			if f.Status == http.StatusTooManyRequests {
				code = "ratelimited"
			}
		}
		f.write(rw, f.Status, code)
	case "error":
		status := f.Status
		if status == 0 {
			status = http.StatusOK
			if f.Error == "ratelimited" {
				status = http.StatusTooManyRequests // as Slack does; name a status of 200 to see the rarer shape
			}
		}
		f.write(rw, status, f.Error)
	case "text": // as whatever stands before Slack answers now and then: plain text with 200, HTML with 502
		kind := "text/plain; charset=utf-8"
		if strings.HasPrefix(f.Text, "<") {
			kind = "text/html; charset=utf-8"
		}
		rw.Header().Set("Content-Type", kind)
		rw.WriteHeader(cmp.Or(f.Status, http.StatusOK))
		_, _ = rw.Write([]byte(f.Text)) // a peer that went away has no use for an error
	case "drop":
		hangUp(rw)
	}
}

func (f *fault) write(rw http.ResponseWriter, status int, code string) {
	if f.RetryAfter > 0 || status == http.StatusTooManyRequests {
		rw.Header().Set("Retry-After", strconv.Itoa(max(1, f.RetryAfter)))
	}
	answer(rw, status, object{"ok": false, "error": code})
}

// hangUp closes the connection without an answer.
func hangUp(rw http.ResponseWriter) {
	conn, _, err := http.NewResponseController(rw).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // what net/http asks of a handler that wants to break a connection it cannot take over
	}
	_ = conn.Close()
}

// pause waits, or ends early with the request or the workspace.
func (w *Workspace) pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	case <-w.ctx.Done():
	}
}
