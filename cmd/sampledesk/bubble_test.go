package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/affiliate/affiliatesim"
	"sampledesk/bot/slacksim"
	"sampledesk/bot/socket/sockettest"
	"sampledesk/store"
	"sampledesk/workflow"
)

// memory is a network of named listeners in this process. Loopback sockets do not work in a bubble of virtual time.
type memory struct {
	mu    sync.Mutex
	doors map[string]*door
}

// door is a listener in memory at an address.
type door struct {
	*sockettest.Pipes
	at address
}

func (m *memory) listen(_ context.Context, at string) (net.Listener, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.doors == nil {
		m.doors = map[string]*door{}
	}
	d := &door{sockettest.NewPipes(), address(at)}
	m.doors[at] = d
	return d, nil
}

func (m *memory) dial(ctx context.Context, network, at string) (net.Conn, error) {
	m.mu.Lock()
	d := m.doors[at]
	m.mu.Unlock()
	if d == nil {
		return nil, fmt.Errorf("nobody listens on %s", at)
	}
	return d.Dial(ctx, network, at)
}

// Addr implements net.Listener.
func (d *door) Addr() net.Addr { return d.at }

type address string

func (address) Network() string  { return "memory" }
func (a address) String() string { return string(a) }

// bubble is a whole desk with both stand-ins in a bubble of virtual time.
type bubble struct {
	t      *testing.T
	memory *memory
	slack  *slacksim.Workspace
	center *affiliatesim.Center
	desk   desk
	client *http.Client
	cancel context.CancelFunc
	ended  chan error
}

// The stand-ins' addresses in the bubble.
const (
	slackAt  = "slack.test:80"
	centerAt = "center.test:80"
)

// bubbleStart is when a bubble begins.
var bubbleStart = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// begun are the tests that run beside others by now.
var begun sync.Map

// beside lets a test run beside others, once however many bubbles it opens: most of a bubble's real time is the disk's.
func beside(t *testing.T) {
	if _, already := begun.LoadOrStore(t, true); !already {
		t.Parallel()
	}
}

// inBubble runs a test in virtual time, with the stand-ins up and no desk yet.
func inBubble(t *testing.T, seed int, test func(*bubble)) { inBubbleOver(t, "", seed, test) }

// inBubbleOver runs a test in virtual time, with a workspace that delivers to an address over HTTP; none: over Socket Mode.
func inBubbleOver(t *testing.T, events string, seed int, test func(*bubble)) {
	beside(t)
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(bubbleStart)) // message ids have ten digits of seconds, and in 2000 there were nine
		b := &bubble{t: t, memory: &memory{}}
		transport := &http.Transport{DialContext: b.memory.dial}
		b.client = &http.Client{Transport: transport}
		app := deskInstalled()
		b.slack = slacksim.New(slacksim.Options{Scopes: app.scopes, Events: app.events, Shortcuts: app.shortcuts, Transport: transport, HTTPURL: events})
		b.center = affiliatesim.New(affiliatesim.Options{Seed: seed, Webhooks: b.client})
		ctx, cancel := context.WithCancel(t.Context())
		servers := newGroup(ctx)
		for at, h := range map[string]http.Handler{slackAt: b.slack.Handler(), centerAt: b.center.Handler()} {
			l, err := b.memory.listen(ctx, at)
			require.NoError(t, err)
			servers.start(func(ctx context.Context) error { return serveUntil(ctx, l, h) })
		}
		b.configure()
		test(b)
		b.close()
		cancel()
		require.NoError(t, servers.wait())
		transport.CloseIdleConnections()
		require.NoError(t, errors.Join(b.slack.Close(), b.center.Close()))
	})
}

func (b *bubble) configure() {
	d := demo{Listen: "desk.test:80"}
	b.desk = d.desk(details{Slack: b.slack.Details("http://" + slackAt), TikTok: b.center.Details("http://" + centerAt)}, b.t.TempDir())
	b.desk.Sync, b.desk.SyncMessages, b.desk.SyncContent = "@every 1m", "@every 1m", "@every 30m" // serve's own: the demo's look every other second
	b.desk.Undo = 10 * time.Second
	b.desk.SlackSigningSecret = secret(b.slack.Details("").SigningSecret)
	b.desk.Store = "bolt:" + filepath.Join(b.t.TempDir(), "desk.db")
}

// open starts the desk.
func (b *bubble) open() {
	ctx, cancel := context.WithCancel(b.t.Context())
	b.cancel, b.ended = cancel, make(chan error, 1)
	go func() {
		b.ended <- b.desk.run(ctx, network{dial: b.memory.dial, listen: b.memory.listen}, slog.New(slog.DiscardHandler))
	}()
}

// close stops the desk, which takes ten seconds at the most.
func (b *bubble) close() {
	if b.cancel == nil {
		return
	}
	told := time.Now()
	b.cancel()
	b.cancel = nil
	require.NoError(b.t, <-b.ended)
	require.LessOrEqual(b.t, time.Since(told), 10*time.Second)
}

func (b *bubble) get(at, path string, into any) {
	b.t.Helper()
	b.do(http.MethodGet, at, path, nil, into)
}

func (b *bubble) post(at, path string, body, into any) {
	b.t.Helper()
	b.do(http.MethodPost, at, path, body, into)
}

func (b *bubble) do(method, at, path string, body, into any) {
	b.t.Helper()
	text, err := json.Marshal(body)
	require.NoError(b.t, err)
	req, err := http.NewRequestWithContext(b.t.Context(), method, "http://"+at+path, bytes.NewReader(text))
	require.NoError(b.t, err)
	req.Header.Set("Content-Type", "application/json")
	resp, err := b.client.Do(req)
	require.NoError(b.t, err)
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	require.NoError(b.t, err)
	require.Less(b.t, resp.StatusCode, 300, string(answer))
	if into != nil {
		require.NoError(b.t, json.Unmarshal(answer, into))
	}
}

// call is a call that a stand-in saw.
type call struct {
	Method string `json:"method"`
	Path   string `json:"path"`
	OK     bool   `json:"ok"`
	Error  string `json:"error"`
	Status int    `json:"status"`
	Code   int    `json:"code"`
}

func (b *bubble) calls(at string) (all []call) {
	b.t.Helper()
	b.get(at, "/sim/calls", &all)
	return all
}

// messages returns the bot's messages of an event type, in the shop's channel.
func (b *bubble) messages(event string) (found []message) {
	b.t.Helper()
	var st slackState
	b.get(slackAt, "/sim/state", &st)
	for _, c := range st.Channels {
		for _, m := range c.Messages {
			if m.Metadata.EventType == event {
				found = append(found, m)
			}
		}
	}
	return found
}

func TestAFirstStartOnThreeThousandRequestsPostsThirtyCardsAndOneSummary(t *testing.T) {
	if testing.Short() {
		t.Skip("it is long")
	}
	inBubble(t, 3000, func(b *bubble) {
		b.open()
		time.Sleep(2 * time.Minute)
		require.Len(t, b.messages("sampledesk_card"), 30)
		notices := b.messages("sampledesk_notice")
		require.Len(t, notices, 1)
		require.Contains(t, notices[0].Text, "2,970 more pending requests")
		for _, c := range b.calls(slackAt) {
			require.True(t, c.OK, "%s: %s", c.Method, c.Error)
		}
		for _, c := range b.calls(centerAt) {
			require.Equal(t, http.StatusOK, c.Status, c.Path)
		}
	})
}

func TestASecondSweepWithoutNewsMakesNoSlackCall(t *testing.T) {
	inBubble(t, 3, func(b *bubble) {
		b.open()
		time.Sleep(90 * time.Second)
		before, swept := len(b.calls(slackAt)), len(b.calls(centerAt))
		time.Sleep(10 * time.Minute)
		require.Len(t, b.calls(slackAt), before)
		require.Greater(t, len(b.calls(centerAt)), swept+30, "the sweeps went on")
	})
}

func TestEveryClickIsAcknowledgedWhileTikTokHangs(t *testing.T) {
	inBubble(t, 5, func(b *bubble) {
		b.open()
		time.Sleep(30 * time.Second)
		b.post(centerAt, "/sim/faults", map[string]any{"path": "/", "times": 1000, "do": "delay", "delay_ms": 600_000}, nil)
		var members []string
		for _, u := range b.slack.Details("").Users {
			if u.Role == "member" {
				members = append(members, u.ID)
			}
		}
		for i, card := range b.messages("sampledesk_card") {
			var got seen
			b.post(slackAt, "/sim/act", map[string]any{
				"user": members[i%2], "do": "click", "channel": b.desk.SlackChannel, "ts": card.TS, "action_id": "approve", "wait_ms": 0,
			}, &got)
			require.True(t, got.OK, got.Error)
			require.Less(t, got.AckedMS, 1000)
		}
		b.post(centerAt, "/sim/faults", map[string]any{"path": "/", "times": 0}, nil)
		time.Sleep(15 * time.Minute)
		var approved int
		for _, c := range b.messages("sampledesk_card") {
			if c.Metadata.Payload["stage"] == "Awaiting shipment" {
				approved++
			}
		}
		require.Equal(t, 5, approved, "what waited while TikTok hung went out afterwards")
		applied := map[string]int{}
		for _, c := range b.calls(centerAt) {
			if strings.HasSuffix(c.Path, "/review") && c.Code == 0 && c.Status == http.StatusOK {
				applied[c.Path]++
			}
		}
		require.Len(t, applied, 5)
		for path, n := range applied {
			require.Equal(t, 1, n, path)
		}
	})
}

func TestANewRefreshTokenIsExchangedOnceTikTokAnswers(t *testing.T) {
	inBubble(t, 1, func(b *bubble) {
		b.open()
		time.Sleep(time.Minute)
		b.close()
		b.desk.TiktokRefreshToken = secret(b.center.Details("").RefreshToken)
		b.post(centerAt, "/sim/faults", map[string]any{"path": "/api/v2/token/refresh", "times": 1000, "do": "status", "status": 503}, nil)
		b.open()
		time.Sleep(10 * time.Minute)
		b.post(centerAt, "/sim/faults", map[string]any{"times": 0}, nil)
		time.Sleep(30 * time.Minute)
		b.close()
		var connected bool
		db, err := store.Open(b.t.Context(), b.desk.Store, slog.New(slog.DiscardHandler))
		require.NoError(b.t, err)
		require.NoError(b.t, db.View(b.t.Context(), func(tx workflow.Tx) error {
			all, err := tx.Authorisations()
			hash := sha256.Sum256([]byte(b.desk.TiktokRefreshToken))
			connected = err == nil && len(all) == 1 && len(all[0].Exchanged) == 2 && bytes.Equal(all[0].Exchanged[1], hash[:])
			return err
		}))
		require.NoError(b.t, db.Close())
		require.True(b.t, connected, "the token of the environment was not exchanged in half an hour")
	})
}

func TestADeskWhoseShopIsTurnedAwayIsNotReady(t *testing.T) {
	inBubble(t, 1, func(b *bubble) {
		ready := func() (status int, report readiness) {
			resp, err := b.client.Get("http://desk.test:80/readyz")
			require.NoError(b.t, err)
			defer func() { _ = resp.Body.Close() }()
			require.NoError(b.t, json.NewDecoder(resp.Body).Decode(&report))
			return resp.StatusCode, report
		}
		b.open()
		time.Sleep(90 * time.Second)
		status, _ := ready()
		require.Equal(b.t, http.StatusOK, status)
		b.post(centerAt, "/sim/authorization", map[string]any{"do": "withhold_scope", "scope": "seller.affiliate_collaboration.read"}, nil)
		time.Sleep(2 * time.Minute)
		status, report := ready()
		require.Equal(b.t, http.StatusServiceUnavailable, status)
		require.Len(b.t, report.Faults, 1)
		require.Contains(b.t, report.Faults[0], "do not go through")
		b.post(centerAt, "/sim/authorization", map[string]any{"do": "grant_scope", "scope": "seller.affiliate_collaboration.read"}, nil)
		time.Sleep(2 * time.Minute)
		status, _ = ready()
		require.Equal(b.t, http.StatusOK, status)
	})
}
