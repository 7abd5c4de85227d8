package bridge_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/affiliate"
	"sampledesk/affiliate/affiliatesim"
	"sampledesk/affiliate/bridge"
	"sampledesk/store/boltstore"
	"sampledesk/workflow"
)

const centerURL = "http://center.example"

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

// middleman stands between the desk and TikTok. It may hold a request up, or change an answer on its way.
type middleman struct {
	next http.RoundTripper

	mu     sync.Mutex
	before func(*http.Request) error
	change func(path string, answer []byte) []byte
}

func (m *middleman) RoundTrip(r *http.Request) (*http.Response, error) {
	m.mu.Lock()
	before, change := m.before, m.change
	m.mu.Unlock()
	if before != nil {
		if err := before(r); err != nil {
			return nil, err
		}
	}
	response, err := m.next.RoundTrip(r)
	if err != nil || change == nil {
		return response, err
	}
	body, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	body = change(r.URL.Path, body)
	response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return response, err
}

// hold makes every request of the desk go through fn first; nil ends that.
func (m *middleman) hold(fn func(*http.Request) error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.before = fn
}

// alter makes every answer to the desk go through fn; nil ends that.
func (m *middleman) alter(fn func(path string, answer []byte) []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.change = fn
}

// ledger is a store that counts what is written and can be told to fail.
type ledger struct {
	workflow.Store

	mu     sync.Mutex
	writes int
	fault  error
}

func (l *ledger) Update(ctx context.Context, fn func(workflow.Tx) error) error {
	l.mu.Lock()
	l.writes++
	fault := l.fault
	l.mu.Unlock()
	if fault != nil {
		return fault
	}
	return l.Store.Update(ctx, fn)
}

// fail makes every write fail from now on; nil ends that.
func (l *ledger) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fault = err
}

func (l *ledger) written() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.writes
}

// journal keeps what was logged.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) count(part string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Count(j.text.String(), part)
}

// desk is a bridge between a stand-in Affiliate Center and a real store.
type desk struct {
	t       *testing.T
	center  *affiliatesim.Center
	details affiliatesim.Details // as they were at the start: the refresh token works once
	people  *http.Client         // who act on the stand-in; nothing stands in their way
	between *middleman
	path    string
	key     bridge.Key
	log     *journal

	db     *boltstore.Store
	store  *ledger
	engine *workflow.Engine
	bridge *bridge.Bridge
	woken  func()
}

// newDesk returns a desk that is not connected yet.
func newDesk(t *testing.T, options affiliatesim.Options) *desk {
	t.Helper()
	d := &desk{t: t, center: affiliatesim.New(options), log: &journal{}, path: filepath.Join(t.TempDir(), "desk.db")}
	d.details = d.center.Details(centerURL)
	t.Cleanup(func() { require.NoError(t, d.center.Close()) })
	transport := serve(t, d.center.Handler())
	d.people, d.between = &http.Client{Transport: transport}, &middleman{next: transport}
	d.key, _ = bridge.NewKey()
	d.open()
	t.Cleanup(func() { require.NoError(t, d.db.Close()) })
	return d
}

// open opens the store and builds everything on it, as a start of the process does.
func (d *desk) open() {
	d.t.Helper()
	var err error
	d.db, err = boltstore.Open(d.t.Context(), d.path)
	require.NoError(d.t, err)
	d.store = &ledger{Store: d.db}
	log := slog.New(slog.NewTextHandler(d.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	client, err := affiliate.New(affiliate.Config{
		AppKey: d.details.AppKey, AppSecret: affiliate.Secret(d.details.AppSecret),
		APIURL: d.details.APIURL, AuthURL: d.details.AuthURL, HTTPClient: &http.Client{Transport: d.between}, Logger: log,
	})
	require.NoError(d.t, err)
	d.engine = workflow.NewEngine(d.store, func() {
		if d.woken != nil {
			d.woken()
		}
	})
	d.bridge = bridge.New(client, d.store, d.engine, d.key, log)
}

// restart closes the store and opens everything anew.
func (d *desk) restart() {
	d.t.Helper()
	require.NoError(d.t, d.db.Close())
	d.open()
}

// connected returns a desk whose shops are connected.
func connected(t *testing.T, options affiliatesim.Options) *desk {
	t.Helper()
	d := newDesk(t, options)
	require.NoError(t, d.bridge.Connect(t.Context(), affiliate.Secret(d.details.RefreshToken)))
	return d
}

// act tells the stand-in what TikTok, the warehouse or a creator does.
func (d *desk) act(path, body string, into any) {
	d.t.Helper()
	r, err := http.NewRequestWithContext(d.t.Context(), http.MethodPost, centerURL+path, strings.NewReader(body))
	require.NoError(d.t, err)
	d.ask(r, into)
}

func (d *desk) ask(r *http.Request, into any) {
	d.t.Helper()
	response, err := d.people.Do(r)
	require.NoError(d.t, err)
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	require.NoError(d.t, err)
	require.Equal(d.t, http.StatusOK, response.StatusCode, string(text))
	if into != nil {
		require.NoError(d.t, json.Unmarshal(text, into))
	}
}

func (d *desk) get(path string, into any) {
	d.t.Helper()
	r, err := http.NewRequestWithContext(d.t.Context(), http.MethodGet, centerURL+path, nil)
	require.NoError(d.t, err)
	d.ask(r, into)
}

// apply lets a creator ask for a sample.
func (d *desk) apply(in affiliatesim.Request) workflow.Key {
	d.t.Helper()
	id, err := d.center.AddApplication(in)
	require.NoError(d.t, err)
	shop := in.ShopID
	if shop == "" {
		shop = d.details.ShopID
	}
	return workflow.Key{Shop: workflow.ShopID(shop), ID: workflow.ApplicationID(id)}
}

// call is a call as the stand-in saw it.
type call struct {
	At     time.Time         `json:"at"`
	Path   string            `json:"path"`
	Query  map[string]string `json:"query"`
	Body   json.RawMessage   `json:"body"`
	Status int               `json:"status"`
	Code   int               `json:"code"`
	Fault  string            `json:"fault"`
}

// calls returns the calls so far whose path contains the part.
func (d *desk) calls(part string) []call {
	d.t.Helper()
	var all, some []call
	d.get("/sim/calls", &all)
	for _, c := range all {
		if strings.Contains(c.Path, part) {
			some = append(some, c)
		}
	}
	return some
}

// truth is how an application really stands at TikTok.
type truth struct {
	ID     workflow.ApplicationID `json:"id"`
	Status string                 `json:"status"`
	Reason string                 `json:"reject_reason"`
	Order  string                 `json:"order_id"`
}

func (d *desk) truth(id workflow.ApplicationID) truth {
	d.t.Helper()
	var state struct{ Applications []truth }
	d.get("/sim/state", &state)
	for _, a := range state.Applications {
		if a.ID == id {
			return a
		}
	}
	require.Fail(d.t, "TikTok knows no such application")
	return truth{}
}

// sweep looks at all shops once and expects that all went well.
func (d *desk) sweep() {
	d.t.Helper()
	d.bridge.SweepAll(d.t.Context())
	for shop, s := range d.bridge.Sweeps() {
		require.NoError(d.t, s.Err, "shop %s", shop)
	}
}

// view reads the store.
func (d *desk) view(fn func(workflow.Tx) error) {
	d.t.Helper()
	require.NoError(d.t, d.db.View(d.t.Context(), fn))
}

// application returns what the desk knows of an application.
func (d *desk) application(k workflow.Key) (a workflow.Application) {
	d.t.Helper()
	d.view(func(tx workflow.Tx) (err error) {
		a, err = tx.Application(k)
		return err
	})
	return a
}

// shops returns the shops on record.
func (d *desk) shops() (shops []workflow.Shop) {
	d.t.Helper()
	d.view(func(tx workflow.Tx) (err error) {
		shops, err = tx.Shops()
		return err
	})
	return shops
}

func (d *desk) shop() workflow.Shop {
	d.t.Helper()
	for _, s := range d.shops() {
		if s.ID == workflow.ShopID(d.details.ShopID) {
			return s
		}
	}
	require.Fail(d.t, "the shop is not on record")
	return workflow.Shop{}
}

// count returns how long a listing is.
func (d *desk) count(l workflow.Listing) (n int) {
	d.t.Helper()
	d.view(func(tx workflow.Tx) (err error) {
		n, err = tx.Count(l)
		return err
	})
	return n
}

// notices returns what waits to be said to a shop's channel.
func (d *desk) notices(s workflow.ShopID) (kinds []workflow.SayingKind) {
	d.t.Helper()
	d.view(func(tx workflow.Tx) error {
		waiting, err := tx.Lane(workflow.NoticeLane(s))
		for _, e := range waiting {
			kinds = append(kinds, e.Saying.Kind)
		}
		return err
	})
	return kinds
}
