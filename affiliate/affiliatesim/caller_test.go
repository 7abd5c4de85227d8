package affiliatesim

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// memory is a listener without sockets, so that a stand-in can be served inside a
// synctest bubble.
type memory struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newMemory() *memory { return &memory{conns: make(chan net.Conn), done: make(chan struct{})} }

func (m *memory) Accept() (net.Conn, error) {
	select {
	case conn := <-m.conns:
		return conn, nil
	case <-m.done:
		return nil, net.ErrClosed
	}
}

func (m *memory) Close() error   { m.once.Do(func() { close(m.done) }); return nil }
func (m *memory) Addr() net.Addr { return memoryAddr{} }

type memoryAddr struct{}

func (memoryAddr) Network() string { return "memory" }
func (memoryAddr) String() string  { return "affiliate.test" }

func (m *memory) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case m.conns <- far:
		return near, nil
	case <-m.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// client is an HTTP client that reaches only this listener.
func (m *memory) client(t *testing.T) *http.Client {
	transport := &http.Transport{DialContext: m.dial}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// serve serves a handler in memory until the test ends.
func serve(t *testing.T, h http.Handler) *http.Client {
	t.Helper()
	listener := newMemory()
	server := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	var done sync.WaitGroup
	done.Go(func() { _ = server.Serve(listener) })
	client := listener.client(t)
	t.Cleanup(func() {
		_ = server.Close()
		done.Wait()
	})
	return client
}

// caller is a small client of its own, written from the vendor's documentation alone.
type caller struct {
	t       *testing.T
	http    *http.Client
	center  *Center
	details Details
	access  string
	cipher  string
}

const testBase = "http://affiliate.test"

// open starts a stand-in and connects to it.
func open(t *testing.T, options Options) *caller {
	t.Helper()
	center := New(options)
	u := &caller{t: t, center: center, details: center.Details(testBase)}
	u.http = serve(t, center.Handler())
	t.Cleanup(func() { require.NoError(t, center.Close()) })
	u.connect(u.details.RefreshToken)
	return u
}

// connect exchanges a refresh token and looks the shop up.
func (u *caller) connect(refresh string) {
	u.t.Helper()
	got := u.token("refresh", url.Values{"refresh_token": {refresh}, "grant_type": {"refresh_token"}})
	require.Zero(u.t, got.Code, got.Message)
	u.access = got.data(u.t)["access_token"].(string)
	shops := u.get("/authorization/202309/shops", nil).data(u.t)["shops"].([]any)
	u.cipher = shops[0].(map[string]any)["cipher"].(string)
}

// reply is an answer of the Open API.
type reply struct {
	Status    int         `json:"-"`
	Header    http.Header `json:"-"`
	Raw       []byte      `json:"-"`
	Code      int         `json:"code"`
	Message   string      `json:"message"`
	Data      any         `json:"data"`
	RequestID string      `json:"request_id"`
}

func (r reply) data(t *testing.T) map[string]any {
	t.Helper()
	require.Zero(t, r.Code, r.Message)
	return r.Data.(map[string]any)
}

// token makes a token call with the key and the secret.
func (u *caller) token(name string, query url.Values) reply {
	u.t.Helper()
	query.Set("app_key", u.details.AppKey)
	query.Set("app_secret", u.details.AppSecret)
	r, err := http.NewRequestWithContext(u.t.Context(), http.MethodGet, testBase+"/api/v2/token/"+name+"?"+query.Encode(), nil)
	require.NoError(u.t, err)
	got, err := u.do(r)
	require.NoError(u.t, err)
	return got
}

// request builds a signed request, which a test may spoil before it is sent.
func (u *caller) request(method, path string, query url.Values, body string) *http.Request {
	u.t.Helper()
	q := url.Values{"app_key": {u.details.AppKey}, "timestamp": {strconv.FormatInt(time.Now().Unix(), 10)}}
	if u.cipher != "" && path != "/authorization/202309/shops" {
		q.Set("shop_cipher", u.cipher)
	}
	maps.Copy(q, query)
	return u.signed(method, path, q, body)
}

// signed signs exactly this query and body.
func (u *caller) signed(method, path string, q url.Values, body string) *http.Request {
	q.Set("sign", sign(path, q, "application/json", []byte(body), u.details.AppSecret))
	r, err := http.NewRequestWithContext(u.t.Context(), method, testBase+path+"?"+q.Encode(), bytes.NewReader([]byte(body)))
	require.NoError(u.t, err)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("x-tts-access-token", u.access)
	return r
}

// do sends a request and reads the envelope, which is left empty for plain text.
func (u *caller) do(r *http.Request) (reply, error) {
	response, err := u.http.Do(r)
	if err != nil {
		return reply{}, err
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		return reply{}, err
	}
	got := reply{Status: response.StatusCode, Header: response.Header, Raw: raw}
	if response.Header.Get("Content-Type") == "application/json" {
		require.NoError(u.t, json.Unmarshal(raw, &got), string(raw))
	}
	return got, nil
}

func (u *caller) send(r *http.Request) reply {
	u.t.Helper()
	got, err := u.do(r)
	require.NoError(u.t, err)
	return got
}

func (u *caller) get(path string, query url.Values) reply {
	u.t.Helper()
	return u.send(u.request(http.MethodGet, path, query, ""))
}

func (u *caller) post(path string, query url.Values, body string) reply {
	u.t.Helper()
	return u.send(u.request(http.MethodPost, path, query, body))
}

const searchPath = "/affiliate_seller/202508/sample_applications/search"

// search fetches one page of applications.
func (u *caller) search(size int, token, body string) reply {
	u.t.Helper()
	return u.post(searchPath, url.Values{"page_size": {strconv.Itoa(size)}, "page_token": {token}}, body)
}

// found are the records of a search.
func (u *caller) found(body string) []map[string]any {
	u.t.Helper()
	var records []map[string]any
	for _, r := range u.search(50, "", body).data(u.t)["sample_applications"].([]any) {
		records = append(records, r.(map[string]any))
	}
	return records
}

func reviewPath(id string) string {
	return "/affiliate_seller/202507/sample_applications/" + id + "/review"
}

// control gives an order under /sim/ and returns the status and the answer.
func (u *caller) control(path, body string) (int, map[string]any) {
	u.t.Helper()
	r, err := http.NewRequestWithContext(u.t.Context(), http.MethodPost, testBase+path, bytes.NewReader([]byte(body)))
	require.NoError(u.t, err)
	return u.json(r)
}

func (u *caller) json(r *http.Request) (int, map[string]any) {
	u.t.Helper()
	response, err := u.http.Do(r)
	require.NoError(u.t, err)
	defer func() { _ = response.Body.Close() }()
	var got map[string]any
	require.NoError(u.t, json.NewDecoder(response.Body).Decode(&got))
	return response.StatusCode, got
}

// order gives an order that must be carried out.
func (u *caller) order(path, body string) map[string]any {
	u.t.Helper()
	status, got := u.control(path, body)
	require.Equal(u.t, http.StatusOK, status, "%s %s: %v", path, body, got)
	return got
}

// add adds an application and returns its id.
func (u *caller) add(body string) string {
	u.t.Helper()
	return u.order("/sim/applications", body)["id"].(string)
}

// state fetches everything.
func (u *caller) state() map[string]any {
	u.t.Helper()
	r, err := http.NewRequestWithContext(u.t.Context(), http.MethodGet, testBase+"/sim/state", nil)
	require.NoError(u.t, err)
	_, got := u.json(r)
	return got
}

// application is one record of the state.
func (u *caller) application(id string) map[string]any {
	u.t.Helper()
	for _, a := range u.state()["applications"].([]any) {
		if record := a.(map[string]any); record["id"] == id {
			return record
		}
	}
	u.t.Fatalf("the state has no application %s", id)
	return nil
}

func (u *caller) status(id string) string {
	u.t.Helper()
	return u.application(id)["status"].(string)
}

// calls fetches the log behind a number.
func (u *caller) calls(since int) []map[string]any {
	u.t.Helper()
	r, err := http.NewRequestWithContext(u.t.Context(), http.MethodGet, testBase+"/sim/calls?since="+strconv.Itoa(since), nil)
	require.NoError(u.t, err)
	response, err := u.http.Do(r)
	require.NoError(u.t, err)
	defer func() { _ = response.Body.Close() }()
	var got []map[string]any
	require.NoError(u.t, json.NewDecoder(response.Body).Decode(&got))
	return got
}

// newRequest is a request that is not sent.
func newRequest(t testing.TB, path string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, testBase+path, nil)
	require.NoError(t, err)
	return r
}
