package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/bot/socket/sockettest"
)

// pages is a server in a bubble, with a few handlers.
type pages struct {
	t     *testing.T
	web   *server
	pipes *sockettest.Pipes
	log   *bytes.Buffer
}

// onServer runs a test with a server.
func onServer(t *testing.T, test func(*pages)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		log := &bytes.Buffer{}
		p := &pages{t: t, pipes: sockettest.NewPipes(), log: log, web: newServer(slog.New(slog.NewTextHandler(log, nil)))}
		p.web.handle("POST /echo", 1000, func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })
		p.web.handle("POST /panic", 1000, func(http.ResponseWriter, *http.Request) { panic("secret") })
		p.web.handle("POST /slow", 1000, func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(8 * time.Second)
			_, _ = io.WriteString(w, "done")
		})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- p.web.serve(ctx, p.pipes) }()
		test(p)
		cancel()
		require.NoError(t, <-ended)
		require.Zero(t, p.web.bodies.Load(), "every body was let go")
	})
}

// connect opens a connection and writes to it.
func (p *pages) connect(text string) net.Conn {
	p.t.Helper()
	c, err := p.pipes.Dial(p.t.Context(), "tcp", "desk.test:80")
	require.NoError(p.t, err)
	go func() { _, _ = io.WriteString(c, text) }()
	return c
}

// says sends a request as it stands and returns the whole answer, once the server has closed the connection.
func (p *pages) says(text string) string {
	p.t.Helper()
	c := p.connect(text)
	defer func() { _ = c.Close() }()
	all, _ := io.ReadAll(c)
	return string(all)
}

func posted(path, body string) string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: desk\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", path, len(body), body)
}

func TestTheServerTakesWholeRequestsOnTheirPathsOnly(t *testing.T) {
	onServer(t, func(p *pages) {
		for name, c := range map[string]struct{ request, answer string }{
			"a good one":               {posted("/echo", "hello"), "200 OK"},
			"as long as it may be":     {posted("/echo", strings.Repeat("x", 1000)), "200 OK"},
			"too long, and it says so": {posted("/echo", strings.Repeat("x", 1001)), "413 Request Entity Too Large"},
			"too long, and it does not say so": {
				"POST /echo HTTP/1.1\r\nHost: desk\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" + strings.Repeat("x", 2000) + "\r\n0\r\n\r\n", "413 Request Entity Too Large",
			},
			"an unknown path":          {posted("/.env", ""), "404 Not Found"},
			"a wrong method":           {strings.Replace(posted("/echo", ""), "POST", "DELETE", 1), "405 Method Not Allowed"},
			"headers that are too big": {strings.Replace(posted("/echo", ""), "Host", "X-Big: "+strings.Repeat("x", 40<<10)+"\r\nHost", 1), "431 Request Header Fields Too Large"},
			"a handler's panic":        {posted("/panic", ""), "500 Internal Server Error"},
			"nonsense":                 {"EHLO desk\r\n\r\n", "400 Bad Request"},
		} {
			got := p.says(c.request)
			require.True(t, strings.HasPrefix(got, "HTTP/1.1 "+c.answer), "%s: %s", name, got)
			require.NotContains(t, got, "secret", name)
		}
		require.Contains(t, p.says(posted("/echo", "")), "no-store")
		require.Contains(t, p.log.String(), "handler panicked")
	})
}

func TestSlowClientsAreCutAndHoldUpNobody(t *testing.T) {
	onServer(t, func(p *pages) {
		for name, c := range map[string]struct {
			sent   string
			within time.Duration
		}{
			"nothing at all":    {"", headersWithin},
			"half a header":     {"POST /echo HTTP/1.1\r\nHost: de", headersWithin},
			"half a body":       {"POST /echo HTTP/1.1\r\nHost: desk\r\nContent-Length: 100\r\n\r\nabc", requestWithin},
			"no second request": {"POST /echo HTTP/1.1\r\nHost: desk\r\nContent-Length: 0\r\n\r\n", idleFor},
		} {
			began := time.Now()
			p.says(c.sent)
			require.LessOrEqual(t, time.Since(began), c.within+time.Second, name)
		}

		working := p.connect(posted("/slow", ""))
		synctest.Wait()
		for range 3 * mostConns {
			p.connect("POST /echo HTTP/1.1\r\nHost: de")
			synctest.Wait()
		}
		require.LessOrEqual(t, len(p.web.conns), mostConns)
		began := time.Now()
		require.Contains(t, p.says(posted("/echo", "hello")), "hello")
		require.Zero(t, time.Since(began), "a whole request is answered at once, however many hang")
		answer, err := io.ReadAll(working)
		require.NoError(t, err)
		require.Contains(t, string(answer), "done", "what is being worked on is not cut")
		time.Sleep(headersWithin)
	})
}

func TestBodiesTogetherAreBounded(t *testing.T) {
	onServer(t, func(p *pages) {
		p.web.bodies.Add(bodiesAtOnce - 10)
		require.Contains(t, p.says(posted("/echo", strings.Repeat("x", 11))), "503 Service Unavailable")
		require.Contains(t, p.says(posted("/echo", strings.Repeat("x", 10))), "200 OK")
		p.web.bodies.Add(10 - bodiesAtOnce)
	})
}
