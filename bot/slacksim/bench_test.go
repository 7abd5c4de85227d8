package slacksim

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
)

// pipes is a listener in memory: it works inside a bubble, where loopback sockets do not.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), done: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "memory", Net: "unix"} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case p.conns <- there:
		return here, nil
	case <-p.done:
		return nil, errors.New("connection refused")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// bench is a workspace that is served, and a client of it.
type bench struct {
	t       *testing.T
	w       *Workspace
	base    string
	details Details
	client  *http.Client
	dialer  *websocket.Dialer
}

// inBubble runs a test against a workspace in memory, with the bubble's clock.
func inBubble(t *testing.T, options Options, f func(*testing.T, *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := newPipes()
		transport := &http.Transport{DialContext: p.dial}
		w := New(options)
		server := &http.Server{Handler: w.Handler()}
		served := make(chan error, 1)
		go func() { served <- server.Serve(p) }()
		b := &bench{t: t, w: w, base: "http://slack.test", client: &http.Client{Transport: transport}, dialer: &websocket.Dialer{NetDialContext: p.dial}}
		b.details = w.Details(b.base)
		defer func() {
			require.NoError(t, w.Close())
			transport.CloseIdleConnections()
			require.NoError(t, server.Close())
			require.ErrorIs(t, <-served, http.ErrServerClosed)
		}()
		f(t, b)
	})
}

// outside serves a workspace on a real loopback socket.
func outside(t *testing.T, options Options) *bench {
	t.Helper()
	w := New(options)
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := &http.Server{Handler: w.Handler()}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	transport := &http.Transport{}
	b := &bench{t: t, w: w, base: "http://" + l.Addr().String(), client: &http.Client{Transport: transport}, dialer: &websocket.Dialer{}}
	b.details = w.Details(b.base)
	t.Cleanup(func() {
		require.NoError(t, w.Close())
		transport.CloseIdleConnections()
		require.NoError(t, server.Close())
		require.ErrorIs(t, <-served, http.ErrServerClosed)
	})
	return b
}

func (b *bench) do(r *http.Request) (*http.Response, []byte) {
	b.t.Helper()
	got, err := b.client.Do(r)
	require.NoError(b.t, err)
	defer func() { _ = got.Body.Close() }()
	body, err := io.ReadAll(got.Body)
	require.NoError(b.t, err)
	return got, body
}

func (b *bench) request(method, address string, body []byte, kind string) *http.Request {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, address, bytes.NewReader(body))
	require.NoError(b.t, err)
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	return r
}

func (b *bench) decode(body []byte) object {
	b.t.Helper()
	var o object
	require.NoError(b.t, json.Unmarshal(body, &o), "%s", body)
	return o
}

// call calls a method with the bot's token and a JSON body.
func (b *bench) call(method string, args object) object {
	b.t.Helper()
	_, o := b.callAs(b.details.BotToken, method, args)
	return o
}

func (b *bench) callAs(secret, method string, args object) (*http.Response, object) {
	b.t.Helper()
	r := b.request(http.MethodPost, b.details.APIURL+method, encode(args), "application/json; charset=utf-8")
	if secret != "" {
		r.Header.Set("Authorization", "Bearer "+secret)
	}
	got, body := b.do(r)
	return got, b.decode(body)
}

// must is a call that has to succeed.
func (b *bench) must(method string, args object) object {
	b.t.Helper()
	o := b.call(method, args)
	require.Equal(b.t, true, o["ok"], "%v", o)
	return o
}

// fails is a call that has to be refused with this error.
func (b *bench) fails(code, method string, args object) object {
	b.t.Helper()
	o := b.call(method, args)
	require.Equal(b.t, false, o["ok"], "%v", o)
	require.Equal(b.t, code, o["error"], "%v", o)
	return o
}

// form calls a method with a form, the token among its fields.
func (b *bench) form(method string, values url.Values) object {
	b.t.Helper()
	values.Set("token", b.details.BotToken)
	_, body := b.do(b.request(http.MethodPost, b.details.APIURL+method, []byte(values.Encode()), "application/x-www-form-urlencoded"))
	return b.decode(body)
}

// sim talks to /sim/….
func (b *bench) sim(method, path string, v any) (int, json.RawMessage) {
	b.t.Helper()
	var body []byte
	if v != nil {
		body = encode(v)
	}
	got, out := b.do(b.request(method, b.base+"/sim/"+path, body, "application/json"))
	return got.StatusCode, out
}

func (b *bench) act(v any) sight {
	b.t.Helper()
	_, out := b.sim(http.MethodPost, "act", v)
	var s sight
	require.NoError(b.t, json.Unmarshal(out, &s), "%s", out)
	if string(s.Response) == "null" {
		s.Response = nil
	}
	return s
}

func (b *bench) fault(v object) {
	b.t.Helper()
	status, out := b.sim(http.MethodPost, "faults", v)
	require.Equal(b.t, http.StatusOK, status, "%s", out)
}

type stateShown struct {
	Channels []struct {
		shownChannel
	} `json:"channels"`
	Ephemerals []shownEphemeral `json:"ephemerals"`
	Views      []shownView      `json:"views"`
	Socket     socketStats      `json:"socket"`
}

func (b *bench) state() stateShown {
	b.t.Helper()
	_, out := b.sim(http.MethodGet, "state", nil)
	var s stateShown
	require.NoError(b.t, json.Unmarshal(out, &s), "%s", out)
	return s
}

func (b *bench) calls(since string) []record {
	b.t.Helper()
	_, out := b.sim(http.MethodGet, "calls"+since, nil)
	var all []record
	require.NoError(b.t, json.Unmarshal(out, &all), "%s", out)
	return all
}

// post posts a message to the channel and returns its stamp.
func (b *bench) post(args object) string {
	b.t.Helper()
	if args["channel"] == nil {
		args["channel"] = b.details.Channel
	}
	return b.must("chat.postMessage", args)["ts"].(string)
}

// socket is one link of an app, read by hand.
type socket struct {
	b    *bench
	conn *websocket.Conn
}

// frame is what arrives on a link.
type frame struct {
	Type    string          `json:"type"`
	ID      string          `json:"envelope_id"`
	Accepts bool            `json:"accepts_response_payload"`
	Payload object          `json:"payload"`
	Attempt int             `json:"retry_attempt"`
	Reason  string          `json:"retry_reason"`
	Why     string          `json:"reason"`
	Count   int             `json:"num_connections"`
	Raw     json.RawMessage `json:"-"`
}

// dialTo opens a link, with something added to its address.
func (b *bench) dialTo(more string) *socket {
	b.t.Helper()
	_, o := b.callAs(b.details.AppToken, "apps.connections.open", object{})
	require.Equal(b.t, true, o["ok"], "%v", o)
	conn, _, err := b.dialer.DialContext(b.t.Context(), o["url"].(string)+more, http.Header{"Origin": {"https://api.slack.com"}})
	require.NoError(b.t, err)
	return &socket{b: b, conn: conn}
}

// link opens a link and reads its hello.
func (b *bench) link() *socket {
	b.t.Helper()
	s := b.dialTo("")
	require.Equal(b.t, "hello", s.read().Type)
	return s
}

func (s *socket) read() frame {
	s.b.t.Helper()
	_, data, err := s.conn.ReadMessage()
	require.NoError(s.b.t, err)
	var f frame
	require.NoError(s.b.t, json.Unmarshal(data, &f))
	f.Raw = data
	return f
}

func (s *socket) ack(id string, payload any) {
	s.b.t.Helper()
	o := object{"envelope_id": id}
	if payload != nil {
		o["payload"] = payload
	}
	require.NoError(s.b.t, s.conn.WriteJSON(o))
}

func (s *socket) close() { _ = s.conn.Close() }

// app acknowledges everything that comes, with the answer that reply gives, and keeps the frames.
type testApp struct {
	*socket
	mu     sync.Mutex
	frames []frame
	done   chan struct{}
}

// serve starts an app on a link. reply may be nil.
func (b *bench) serve(reply func(frame) any) *testApp {
	b.t.Helper()
	a := &testApp{socket: b.link(), done: make(chan struct{})}
	go func() {
		defer close(a.done)
		for {
			_, data, err := a.conn.ReadMessage()
			if err != nil {
				return
			}
			var f frame
			if json.Unmarshal(data, &f) != nil || f.ID == "" {
				continue
			}
			a.mu.Lock()
			a.frames = append(a.frames, f)
			a.mu.Unlock()
			o := object{"envelope_id": f.ID}
			if reply != nil {
				if p := reply(f); p != nil {
					o["payload"] = p
				}
			}
			a.mu.Lock()
			err = a.conn.WriteJSON(o)
			a.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return a
}

func (a *testApp) stop() {
	a.close()
	<-a.done
}

// got are the payloads of one type that arrived so far.
func (a *testApp) got(kind string) []frame {
	a.mu.Lock()
	defer a.mu.Unlock()
	var all []frame
	for _, f := range a.frames {
		event, _ := f.Payload["event"].(object)
		if f.Payload["type"] == kind || (event != nil && event["type"] == kind) || (kind == "command" && f.Type == kindCommand) {
			all = append(all, f)
		}
	}
	return all
}

func button(action, value string) object {
	return object{"type": "button", "action_id": action, "value": value, "text": object{"type": "plain_text", "text": "Press"}}
}

func actions(id string, elements ...object) object {
	return object{"type": "actions", "block_id": id, "elements": elements}
}

func section(text string) object {
	return object{"type": "section", "text": object{"type": "mrkdwn", "text": text}}
}

func option(value string) object {
	return object{"text": object{"type": "plain_text", "text": strings.ToUpper(value)}, "value": value}
}

func modal(blocks ...object) object {
	return object{
		"type": "modal", "callback_id": "form", "title": object{"type": "plain_text", "text": "Form"},
		"submit": object{"type": "plain_text", "text": "Send"}, "blocks": blocks,
	}
}

func textInput(block, action string) object {
	return object{
		"type": "input", "block_id": block, "label": object{"type": "plain_text", "text": "Say"},
		"element": object{"type": "plain_text_input", "action_id": action},
	}
}

const (
	admin     = "U0ADMIN001"
	memberOne = "U0MEMBER01"
	guest     = "U0GUEST001"
	stranger  = "U0STRANGE1"
	gridOne   = "U0GRID0001"
	gridTwo   = "W0GRID0002"
	outsider  = "U0OUTSIDE1"
	samples   = "C0SAMPLES1"
	general   = "C0GENERAL1"
)
