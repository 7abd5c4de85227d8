package main

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/affiliate/affiliatesim"
	"sampledesk/bot/slacksim"
)

// countdown is a context that is cancelled at its nth step. Whoever asks it whether it has ended, waits for its end, or
// calls step from outside takes one.
type countdown struct {
	context.Context
	left   atomic.Int64
	cancel context.CancelFunc
}

func newCountdown(t *testing.T, steps int) *countdown {
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	c := &countdown{Context: ctx, cancel: cancel}
	c.left.Store(int64(steps))
	return c
}

func (c *countdown) step() {
	if c.left.Add(-1) <= 0 {
		c.cancel()
	}
}

func (c *countdown) Err() error {
	c.step()
	return c.Context.Err()
}

func (c *countdown) Done() <-chan struct{} {
	c.step()
	return c.Context.Done()
}

// written is what a command wrote. Every line is a step of the countdown, and one that holds last is the last step of all.
type written struct {
	steps *countdown
	last  string
	mu    sync.Mutex
	text  bytes.Buffer
}

func (w *written) Write(p []byte) (int, error) {
	w.steps.step()
	if w.last != "" && bytes.Contains(p, []byte(w.last)) {
		w.steps.cancel()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(p)
}

// String returns what was written so far: a part that is still ending may write on.
func (w *written) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// manyMoments are the steps at which a start is stopped: all of the first, and then fewer and fewer.
func manyMoments() (all []int) {
	for n := 1; n <= 120; n += 1 + n/8 {
		all = append(all, n)
	}
	return all
}

// stopped runs a command line until the countdown ends it, and requires that it ends well and reports no error.
func stopped(t *testing.T, steps *countdown, last string, args ...string) {
	t.Helper()
	log := &written{steps: steps, last: last}
	status := execute(steps, args, streams{out: log, err: log})
	require.Equal(t, exitOK, status, log.String())
	for line := range strings.Lines(log.String()) {
		require.NotContains(t, line, `"level":"ERROR"`)
	}
}

func TestAStopAtAnyMomentOfAStartEndsWellAndReportsNoError(t *testing.T) {
	const anywhere = "127.0.0.1:0"
	for _, n := range manyMoments() {
		stopped(t, newCountdown(t, n), "connected to Slack", "demo", "--listen", anywhere, "--slack-listen", anywhere, "--affiliate-listen", anywhere, "--log", "debug")
		stopped(t, newCountdown(t, n), "slack_api_url", "sim", "--slack-listen", anywhere, "--affiliate-listen", anywhere, "--log", "debug")
	}
}

func TestAStopAtAnyMomentOfAFirstStartLosesNoConnection(t *testing.T) {
	for _, n := range manyMoments() {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			steps := new(atomic.Pointer[countdown])
			steps.Store(newCountdown(t, n))
			app := deskInstalled()
			slack, center := slacksim.New(slacksim.Options{Scopes: app.scopes, Events: app.events, Shortcuts: app.shortcuts}), affiliatesim.New(affiliatesim.Options{Seed: 2})
			t.Cleanup(func() { require.NoError(t, errors.Join(slack.Close(), center.Close())) })
			s := slack.Details(served(t, steps, slack.Handler(), ""))
			c := center.Details(served(t, steps, center.Handler(), "sample_applications"))
			serve := []string{
				"serve", "--slack-bot-token", s.BotToken, "--slack-app-token", s.AppToken, "--slack-api-url", s.APIURL, "--slack-channel", s.Channel,
				"--tiktok-app-key", c.AppKey, "--tiktok-app-secret", c.AppSecret, "--tiktok-api-url", c.APIURL, "--tiktok-auth-url", c.AuthURL,
				"--tiktok-refresh-token", c.RefreshToken, "--store", "bolt:" + filepath.Join(t.TempDir(), "desk.db"), "--listen", "127.0.0.1:0", "--log", "debug",
			}
			stopped(t, steps.Load(), "", serve...)
			steps.Store(newCountdown(t, 1_000_000))
			stopped(t, steps.Load(), "", serve...)
		})
	}
}

// served serves a stand-in. Its calls are steps of the countdown, before they are answered and after; one whose path
// holds last is the last step of all.
func served(t *testing.T, steps *atomic.Pointer[countdown], h http.Handler, last string) string {
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		c := steps.Load()
		c.step()
		h.ServeHTTP(rw, r)
		c.step()
		if last != "" && strings.Contains(r.URL.Path, last) {
			c.cancel()
		}
	}))
	t.Cleanup(server.CloseClientConnections)
	return server.URL
}
