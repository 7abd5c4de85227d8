package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// asProgram makes the test binary be the program: the tests run it as processes of their own, as an operator would.
const asProgram = "SAMPLEDESK_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if api := os.Getenv(asAcknowledger); api != "" {
		_, _ = fmt.Fprintln(os.Stderr, acknowledge(api, os.Getenv("TOKEN")))
		os.Exit(1)
	}
	if os.Getenv(asProgram) != "" {
		os.Exit(run(os.Args[1:]))
	}
	status := m.Run()
	closeBrowser()
	os.Exit(status)
}

// patience is how long a test waits for what other processes do. It is no measure of speed.
const patience = 60 * time.Second

// program starts the program with arguments and an environment of its own. It is killed at the test's end.
func program(t testing.TB, env []string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self, args...)
	cmd.Dir = t.TempDir()
	cmd.Env = append([]string{asProgram + "=1", "PATH=" + os.Getenv("PATH"), "HOME=" + cmd.Dir, "GORACE=" + os.Getenv("GORACE")}, env...)
	t.Cleanup(func() {
		if cmd.Process != nil && cmd.ProcessState == nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	})
	return cmd
}

// stage is the two stand-ins as a process, and a desk beside them.
type stage struct {
	t     testing.TB
	info  map[string]any
	slack string // the base address of the stand-in workspace
	shop  string // the base address of the stand-in Affiliate Center
	store string
	log   *deskLog
	desk  *exec.Cmd
}

// deskLog is what a desk logs, read while it runs.
type deskLog struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (l *deskLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *deskLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// newStage starts `sampledesk sim` with the desk's own app, which is granted what the manifest asks for and no more,
// unless the arguments say otherwise.
func newStage(t testing.TB, args ...string) *stage {
	t.Helper()
	sim := program(t, nil, append([]string{"sim", "--desk", "--slack-listen", "127.0.0.1:0", "--affiliate-listen", "127.0.0.1:0", "--log", "error"}, args...)...)
	out, err := sim.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, sim.Start())
	line, err := bufio.NewReader(out).ReadBytes('\n')
	require.NoError(t, err)
	s := &stage{t: t, store: filepath.Join(t.TempDir(), "desk.db")}
	require.NoError(t, json.Unmarshal(line, &s.info))
	s.slack = strings.TrimSuffix(s.info["slack_page"].(string), "/")
	s.shop = strings.TrimSuffix(s.info["tiktok_page"].(string), "/")
	return s
}

// environment is the JSON line's values, as serve reads them.
func (s *stage) environment(more ...string) []string {
	var env []string
	for _, name := range []string{
		"slack_bot_token", "slack_app_token", "slack_api_url", "slack_channel", "tiktok_app_key", "tiktok_app_secret",
		"tiktok_api_url", "tiktok_auth_url", "tiktok_refresh_token",
	} {
		env = append(env, strings.ToUpper(name)+"="+s.info[name].(string))
	}
	return append(append(env, "SLACK_ADMINS="+s.person("admin"), "SAMPLEDESK_STORE=bolt:"+s.store, "SAMPLEDESK_SYNC=@every 1s", "SAMPLEDESK_SYNC_MESSAGES=@every 1s",
		"SAMPLEDESK_UNDO=0s", "SAMPLEDESK_LISTEN=127.0.0.1:0", "SAMPLEDESK_LOG=warn"), more...)
}

// serve starts a desk.
func (s *stage) serve(more ...string) {
	s.t.Helper()
	s.desk = program(s.t, s.environment(more...), "serve")
	s.log = new(deskLog)
	s.desk.Stderr = s.log
	require.NoError(s.t, s.desk.Start())
}

// stop ends the desk with a signal and returns its exit status.
func (s *stage) stop(sig syscall.Signal) int {
	s.t.Helper()
	require.NoError(s.t, s.desk.Process.Signal(sig))
	_ = s.desk.Wait()
	return s.desk.ProcessState.ExitCode()
}

// person returns the first user of a role, people all of them.
func (s *stage) person(role string) string { return s.people(role)[0] }

func (s *stage) people(role string) (ids []string) {
	for _, u := range s.info["slack_users"].([]any) {
		if u := u.(map[string]any); u["role"] == role {
			ids = append(ids, u["id"].(string))
		}
	}
	return ids
}

func (s *stage) get(address string, into any) {
	s.t.Helper()
	s.do(http.MethodGet, address, nil, into)
}

func (s *stage) post(address string, body, into any) {
	s.t.Helper()
	s.do(http.MethodPost, address, body, into)
}

func (s *stage) do(method, address string, body, into any) {
	s.t.Helper()
	require.NoError(s.t, send(method, address, body, into))
}

// send makes one call of a stand-in's controls.
func send(method, address string, body, into any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(text))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s: %s", method, address, resp.Status, answer)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(answer, into)
}

// seen is what a person saw of an act.
type seen struct {
	OK       bool            `json:"ok"`
	Error    string          `json:"error"`
	AckedMS  int             `json:"acked_ms"`
	ViewID   string          `json:"view_id"`
	Response json.RawMessage `json:"response"`
}

func (s *stage) act(act map[string]any) (got seen) {
	s.t.Helper()
	s.post(s.slack+"/sim/act", act, &got)
	return got
}

type message struct {
	TS       string `json:"ts"`
	ThreadTS string `json:"thread_ts"`
	Text     string `json:"text"`
	Metadata struct {
		EventType string            `json:"event_type"`
		Payload   map[string]string `json:"event_payload"`
	} `json:"metadata"`
	Blocks []struct {
		BlockID  string           `json:"block_id"`
		Elements []map[string]any `json:"elements"`
	} `json:"blocks"`
}

func (m message) application() string { return m.Metadata.Payload["application"] }

// controls returns the action ids that the message offers.
func (m message) controls() (ids []string) {
	for _, b := range m.Blocks {
		for _, e := range b.Elements {
			if id, ok := e["action_id"].(string); ok {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

type slackState struct {
	Channels []struct {
		ID       string    `json:"id"`
		Messages []message `json:"messages"`
	} `json:"channels"`
	Ephemerals []struct {
		User string `json:"user"`
		Text string `json:"text"`
	} `json:"ephemerals"`
	Views []struct {
		ID     string `json:"view_id"`
		Open   bool   `json:"open"`
		Blocks []struct {
			BlockID string         `json:"block_id"`
			Element map[string]any `json:"element"`
		} `json:"blocks"`
	} `json:"views"`
}

func (s *stage) state() (st slackState) {
	s.t.Helper()
	s.get(s.slack+"/sim/state", &st)
	return st
}

// messages returns the channel's messages of a kind of the bot's.
func (s *stage) messages(event string) (found []message) {
	s.t.Helper()
	for _, c := range s.state().Channels {
		if c.ID != s.info["slack_channel"] {
			continue
		}
		for _, m := range c.Messages {
			if m.Metadata.EventType == event {
				found = append(found, m)
			}
		}
	}
	return found
}

func (s *stage) cards() []message { return s.messages("sampledesk_card") }

// card returns an application's card. There is one.
func (s *stage) card(application string) message {
	s.t.Helper()
	all := slices.DeleteFunc(s.cards(), func(m message) bool { return m.application() != application })
	require.Len(s.t, all, 1, "cards of application %s", application)
	return all[0]
}

// announced returns the stages that the thread of an application announces, in order.
func (s *stage) announced(application string) (stages []string) {
	card := s.card(application)
	for _, m := range s.messages("sampledesk_reply") {
		if m.ThreadTS == card.TS && m.Metadata.Payload["kind"] == "stage" {
			stages = append(stages, m.Metadata.Payload["stage"])
		}
	}
	return stages
}

// untilItOpens is the wait_ms of what opens a dialog: the answer comes when one opened, also on a machine that has no time for it.
const untilItOpens = 30_000

// click uses a control of a card, as the person saw it.
func (s *stage) click(who string, card message, action string, value ...string) seen {
	s.t.Helper()
	act := map[string]any{"user": who, "do": "click", "channel": s.info["slack_channel"], "ts": card.TS, "action_id": action, "wait_ms": 0}
	if action == "campaign" {
		act["wait_ms"] = untilItOpens
	}
	if len(value) > 0 {
		act["value"] = value[0]
	}
	return s.act(act)
}

// reject chooses a reason on a card and sends the dialog off.
func (s *stage) reject(who string, card message, reason string) {
	s.t.Helper()
	act := map[string]any{"user": who, "do": "click", "channel": s.info["slack_channel"], "ts": card.TS, "action_id": "reject", "value": reason, "wait_ms": untilItOpens}
	dialog := s.act(act).ViewID
	require.NotEmpty(s.t, dialog, "no dialog opened")
	got := s.act(map[string]any{"user": who, "do": "submit", "view_id": dialog})
	require.True(s.t, got.OK, got.Error)
}

// status returns an application's status at TikTok, and the reason of a rejection.
func (s *stage) status(application string) (status, reason string) {
	s.t.Helper()
	var state struct {
		Applications []struct {
			ID     string `json:"id"`
			Status string `json:"status"`
			Reason string `json:"reject_reason"`
		} `json:"applications"`
	}
	s.get(s.shop+"/sim/state", &state)
	for _, a := range state.Applications {
		if a.ID == application {
			return a.Status, a.Reason
		}
	}
	return "", ""
}

// reviews counts the review calls that TikTok saw for an application, or for all.
func (s *stage) reviews(application string) (n int) {
	s.t.Helper()
	var calls []struct {
		Path string `json:"path"`
	}
	s.get(s.shop+"/sim/calls", &calls)
	for _, c := range calls {
		if strings.HasSuffix(c.Path, "/review") && strings.Contains(c.Path, application) {
			n++
		}
	}
	return n
}

// warehouse does something to an application at TikTok's side.
func (s *stage) warehouse(application, what string) {
	s.t.Helper()
	s.post(s.shop+"/sim/applications/"+application+"/"+what, map[string]any{}, nil)
}

// until waits for other processes to come to something.
func (s *stage) until(what string, holds func() bool) {
	s.t.Helper()
	require.Eventually(s.t, holds, patience, 50*time.Millisecond, "%s; the desk's log: %v", what, s.log)
}
