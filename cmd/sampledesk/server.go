package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// The limits of the desk's one HTTP server. Both vendors give up after three seconds, and a person's browser sends less
// than any of these.
const (
	headersWithin = 5 * time.Second  // for a request's headers to come in
	requestWithin = 10 * time.Second // for a request to come in as a whole
	answerWithin  = 15 * time.Second // from the last of the headers to the end of the answer
	idleFor       = 90 * time.Second // between two requests on a connection
	headerBytes   = 16 << 10
	mostConns     = 512
	bodiesAtOnce  = 64 << 20 // bytes of all bodies in hand together

	// stopWithin is how long open requests may take while the desk stops.
	stopWithin = 2 * time.Second
)

// server is the one HTTP server of a desk: whoever takes requests registers a path with handle, before serve. It may be
// reached by everybody on the internet, so nobody's bytes hold it up.
//
// # What it defends against
//
//   - Slow clients, and many of them: headers, bodies and idle connections have times of their own, and where there are
//     too many connections the oldest gives way whose request is not complete. One that is being worked on is never cut.
//   - Big requests: a body is read before its handler is called, up to that path's limit and up to a limit for all
//     together. A handler sees whole bodies only, and reads no further.
//   - Looking around: what is not registered is 404, a wrong method 405, a panic 500, all without a word of ours. Nothing
//     is cached, and no address travels on as a referrer, since the consent's holds a code.
//
// What is left: it speaks plain HTTP, so TLS is the reverse proxy's, and so is a flood that fills the line. Whether a
// request comes from whom it says is told by each handler, from a signature over the raw body.
type server struct {
	mux    *http.ServeMux
	log    *slog.Logger
	bodies atomic.Int64 // bytes in hand

	mu    sync.Mutex
	conns map[net.Conn]*connState
}

// connState is what is known of a connection.
type connState struct {
	since time.Time // of its present request, or of being idle
	busy  bool      // its request is complete, and a handler at work
}

func newServer(log *slog.Logger) *server {
	return &server{mux: http.NewServeMux(), log: log, conns: map[net.Conn]*connState{}}
}

// handle registers a handler for a pattern such as "POST /slack/events". It is called with the whole body, of maxBody
// bytes at most; a longer one is answered 413. With maxBody 0 a body is neither wanted nor read: clients send one with a
// GET now and then.
func (s *server) handle(pattern string, maxBody int64, h http.HandlerFunc) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		if maxBody == 0 {
			r.Body, r.ContentLength = http.NoBody, 0
		}
		body, status := s.readBody(w, r, maxBody)
		defer s.bodies.Add(-int64(len(body)))
		if status != 0 {
			http.Error(w, http.StatusText(status), status)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		defer s.working(r.Context())()
		h(w, r)
	})
}

// readBody reads a body and counts it as one in hand. The status says why it was not read to its end, 0 if it was.
func (s *server) readBody(w http.ResponseWriter, r *http.Request, most int64) (body []byte, status int) {
	if r.ContentLength > most {
		return nil, http.StatusRequestEntityTooLarge
	}
	reader, chunk := http.MaxBytesReader(w, r.Body, most), make([]byte, min(most+1, 16<<10))
	for {
		n, err := reader.Read(chunk)
		body = append(body, chunk[:n]...)
		if s.bodies.Add(int64(n)) > bodiesAtOnce {
			return body, http.StatusServiceUnavailable
		}
		_, tooLarge := errors.AsType[*http.MaxBytesError](err)
		switch {
		case err == nil:
		case err == io.EOF:
			return body, 0
		case tooLarge:
			return body, http.StatusRequestEntityTooLarge
		case errors.Is(err, os.ErrDeadlineExceeded):
			return body, http.StatusRequestTimeout
		default:
			return body, http.StatusBadRequest
		}
	}
}

// ServeHTTP implements http.Handler: the mux, and what holds for all answers.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	defer func() {
		switch p := recover(); p {
		case nil:
		case http.ErrAbortHandler:
			panic(p)
		default:
			s.log.Error("handler panicked", "path", r.Pattern, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		}
	}()
	s.mux.ServeHTTP(w, r)
}

// serve answers on a listener until ctx ends, and then lets what is under way end.
func (s *server) serve(ctx context.Context, l net.Listener) error {
	server := &http.Server{
		Handler: s, ReadHeaderTimeout: headersWithin, ReadTimeout: requestWithin, WriteTimeout: answerWithin, IdleTimeout: idleFor,
		MaxHeaderBytes: headerBytes, ConnState: s.connChanged, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
		ConnContext: func(ctx context.Context, c net.Conn) context.Context { return context.WithValue(ctx, connKey{}, c) },
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serving %s: %w", l.Addr(), err)
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	if err := server.Shutdown(stop); err != nil {
		_ = server.Close()
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// connKey is where a request's context has its connection.
type connKey struct{}

// connChanged follows the connections. Where there are too many, the one goes that has been incomplete for longest.
func (s *server) connChanged(c net.Conn, state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch state {
	case http.StateNew:
		if len(s.conns) >= mostConns {
			s.evict()
		}
		s.conns[c] = &connState{since: time.Now()}
	case http.StateActive, http.StateIdle:
		if known := s.conns[c]; known != nil {
			known.since = time.Now()
		}
	case http.StateClosed, http.StateHijacked:
		delete(s.conns, c)
	}
}

// evict closes the oldest connection on which nobody works. The lock is held.
func (s *server) evict() {
	var oldest net.Conn
	for c, state := range s.conns {
		if !state.busy && (oldest == nil || state.since.Before(s.conns[oldest].since)) {
			oldest = c
		}
	}
	if oldest != nil {
		delete(s.conns, oldest)
		_ = oldest.Close()
	}
}

// working keeps a request's connection until done is called.
func (s *server) working(ctx context.Context) (done func()) {
	c, _ := ctx.Value(connKey{}).(net.Conn)
	set := func(busy bool) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if known := s.conns[c]; known != nil {
			known.busy = busy
		}
	}
	set(true)
	return func() { set(false) }
}
