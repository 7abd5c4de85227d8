package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// wire is a listener in memory, which works in a synctest bubble too.
type wire struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (w *wire) Accept() (net.Conn, error) {
	select {
	case conn := <-w.conns:
		return conn, nil
	case <-w.done:
		return nil, net.ErrClosed
	}
}

func (w *wire) Close() error {
	w.once.Do(func() { close(w.done) })
	return nil
}

func (w *wire) Addr() net.Addr { return &net.UnixAddr{Name: "memory", Net: "memory"} }

func (w *wire) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case w.conns <- far:
		return near, nil
	case <-w.done:
		return nil, &net.OpError{Op: "dial", Net: "memory", Err: errors.New("connection refused")}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// serve serves the handler in memory until the test ends, and returns what reaches it.
func serve(t *testing.T, handler http.Handler) *http.Transport {
	t.Helper()
	listener := &wire{conns: make(chan net.Conn), done: make(chan struct{})}
	var running sync.WaitGroup
	server := &http.Server{ReadHeaderTimeout: time.Minute}
	server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		running.Add(1) // Serve, which started this, is still counted
		defer running.Done()
		handler.ServeHTTP(w, r)
	})
	running.Go(func() { _ = server.Serve(listener) })
	transport := &http.Transport{DialContext: listener.dial}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		_ = server.Close()
		running.Wait()
	})
	return transport
}

// middleman stands between the desk and TikTok, and may hold requests up or change answers on their way.
type middleman struct {
	next http.RoundTripper

	mu   sync.Mutex
	does func(*http.Request, http.RoundTripper) (*http.Response, error)
}

func (m *middleman) RoundTrip(r *http.Request) (*http.Response, error) {
	m.mu.Lock()
	does := m.does
	m.mu.Unlock()
	if does == nil {
		return m.next.RoundTrip(r)
	}
	return does(r, m.next)
}

// meddle makes fn carry the desk's requests from now on; nil carries them as they are.
func (m *middleman) meddle(fn func(*http.Request, http.RoundTripper) (*http.Response, error)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.does = fn
}

// hold makes every request of the desk go through fn first.
func (m *middleman) hold(fn func(*http.Request) error) {
	m.meddle(func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
		if err := fn(r); err != nil {
			return nil, err
		}
		return next.RoundTrip(r)
	})
}

// alter makes every answer to the desk go through fn.
func (m *middleman) alter(fn func(path string, answer []byte) []byte) {
	m.meddle(func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
		response, err := next.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		return answer(response.StatusCode, string(fn(r.URL.Path, body))), err
	})
}

// answer is one that the middleman gives.
func answer(status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}
}

// refusal is the vendor's envelope around a refusal.
func refusal(code int, message string) string {
	return fmt.Sprintf(`{"code":%d,"message":%q,"data":null,"request_id":"20261122R1"}`, code, message)
}
