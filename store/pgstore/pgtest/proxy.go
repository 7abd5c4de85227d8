package pgtest

import (
	"context"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Proxy is the way to a database, which can be cut, slowed down and closed. It ends with its test.
type Proxy struct {
	URL string // leads through it

	network, target string
	listener        net.Listener
	made            atomic.Int64
	delay           atomic.Int64

	mu    sync.Mutex
	state way
	conns []*link
	work  sync.WaitGroup
}

// way is how a proxy treats who comes.
type way int

const (
	open   way = iota // everything arrives
	cut               // what is sent is lost, and nobody is told
	deaf              // as cut, but that what the desk sends arrives: only the answers are lost
	closed            // connections end as they come
)

// link is one connection with its other half.
type link struct {
	client, server net.Conn
	lost           atomic.Bool // what is sent on it is lost, for ever
	deaf           atomic.Bool // what is answered is
}

// Through starts a proxy before the database of an address.
func Through(t testing.TB, address string) *Proxy {
	t.Helper()
	at, err := url.Parse(address)
	if err != nil {
		t.Fatalf("reading the address: %v", err)
	}
	p := &Proxy{network: "tcp", target: at.Host}
	query := at.Query()
	if folder := query.Get("host"); folder != "" {
		p.network, p.target = "unix", filepath.Join(folder, ".s.PGSQL.5432")
		query.Del("host")
	}
	var config net.ListenConfig
	if p.listener, err = config.Listen(t.Context(), "tcp", "127.0.0.1:0"); err != nil {
		t.Fatalf("listening: %v", err)
	}
	at.Host, at.RawQuery = p.listener.Addr().String(), query.Encode()
	p.URL = at.String()
	p.work.Go(p.accept)
	t.Cleanup(func() {
		_ = p.listener.Close()
		p.Close()
		p.work.Wait()
	})
	return p
}

// Open lets everything through again. What was lost meanwhile stays so, as do the connections on which it was: their other
// end is gone, and nobody tells.
func (p *Proxy) Open() { p.Slow(0); p.turn(open) }

// Cut loses from now on what is sent, on connections that are there and on those that are made.
func (p *Proxy) Cut() { p.turn(cut) }

// CutAnswers is Cut of one direction: what is sent to the database arrives there.
func (p *Proxy) CutAnswers() { p.turn(deaf) }

// Close ends all connections, and those that are made.
func (p *Proxy) Close() { p.turn(closed) }

// Slow delays whatever is sent, either way.
func (p *Proxy) Slow(by time.Duration) { p.delay.Store(int64(by)) }

// Connections is how many connections were ever made to it.
func (p *Proxy) Connections() int { return int(p.made.Load()) }

func (p *Proxy) turn(to way) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.state = to
	for _, l := range p.conns {
		switch to {
		case cut:
			l.lost.Store(true)
		case deaf:
			l.deaf.Store(true)
		case closed:
			l.close()
		case open:
		}
	}
}

func (l *link) close() {
	_ = l.client.Close()
	if l.server != nil {
		_ = l.server.Close()
	}
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.made.Add(1)
		p.work.Go(func() { p.serve(client) })
	}
}

// serve is one connection, from its beginning to its end.
func (p *Proxy) serve(client net.Conn) {
	l := &link{client: client}
	p.mu.Lock()
	state := p.state
	l.lost.Store(state == cut || state == deaf)
	if state == open {
		var dialer net.Dialer
		if server, err := dialer.DialContext(context.Background(), p.network, p.target); err == nil {
			l.server = server
		} else {
			state = closed
		}
	}
	p.conns = append(p.conns, l)
	p.mu.Unlock()
	defer func() {
		l.close()
		p.mu.Lock()
		defer p.mu.Unlock()
		p.conns = slices.DeleteFunc(p.conns, func(other *link) bool { return other == l })
	}()
	switch {
	case state == closed:
	case l.server == nil:
		_, _ = io.Copy(io.Discard, client)
	default:
		var back sync.WaitGroup
		back.Go(func() {
			p.carry(client, l.server, &l.lost, &l.deaf)
			if !l.lost.Load() && !l.deaf.Load() {
				_ = client.Close()
			}
		})
		p.carry(l.server, client, &l.lost, &l.lost)
		_ = l.server.Close()
		back.Wait()
	}
}

// carry brings what comes on one half to the other, unless it is lost.
func (p *Proxy) carry(to io.Writer, from io.Reader, lost, alsoLost *atomic.Bool) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		if by := time.Duration(p.delay.Load()); by > 0 {
			<-time.After(by) // what comes is late: that is what the proxy is for
		}
		if lost.Load() || alsoLost.Load() {
			continue
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}
