package socket_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/bot/socket"
)

const signingSecret = "8f742231b10e8888abcd99yyyzzz85a5"

// onReceiver runs a test with a receiver whose token is good.
func onReceiver(t *testing.T, handle func(context.Context, socket.Envelope, socket.Ack), test func(*testing.T, *socket.Receiver, *logbook, func())) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		log := &logbook{}
		r := socket.NewReceiver(socket.ReceiverConfig{
			Secret: signingSecret, Test: func(context.Context) error { return nil }, Fatal: func(error) bool { return false },
			RetryAfter: func(error) time.Duration { return 0 }, Handle: handle, Log: slog.New(slog.NewTextHandler(log, nil)),
		})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- r.Run(ctx) }()
		synctest.Wait()
		test(t, r, log, func() { cancel(); require.NoError(t, <-ended); ended <- nil })
		cancel()
		require.NoError(t, <-ended)
	})
}

// deliver sends a command as Slack signs it now.
func deliver(r http.Handler, text string) *httptest.ResponseRecorder {
	body := url.Values{"command": {"/samples"}, "text": {text}}.Encode()
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(signingSecret))
	_, _ = mac.Write([]byte("v0:" + stamp + ":" + body))
	req := httptest.NewRequest(http.MethodPost, "/slack/events", strings.NewReader(body))
	req.Header = http.Header{
		"Content-Type": {"application/x-www-form-urlencoded"}, "X-Slack-Request-Timestamp": {stamp},
		"X-Slack-Signature": {"v0=" + hex.EncodeToString(mac.Sum(nil))},
	}
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	return w
}

func TestAnAnswerGoesOutAtItsAcknowledgementAndTheWorkGoesOn(t *testing.T) {
	var done time.Time
	handle := func(_ context.Context, e socket.Envelope, ack socket.Ack) {
		time.Sleep(time.Second)
		ack(map[string]string{"text": string(e.Payload)})
		ack("a second one counts for nothing")
		time.Sleep(time.Second)
		done = time.Now()
	}
	onReceiver(t, handle, func(t *testing.T, r *socket.Receiver, _ *logbook, stop func()) {
		began := time.Now()
		got := deliver(r, "queue")
		require.Equal(t, time.Second, time.Since(began))
		require.Equal(t, http.StatusOK, got.Code)
		require.Equal(t, "application/json; charset=utf-8", got.Header().Get("Content-Type"))
		require.JSONEq(t, `{"text":"{\"command\":\"/samples\",\"text\":\"queue\"}"}`, got.Body.String())
		stop()
		require.Equal(t, 2*time.Second, done.Sub(began), "a stop waits for it")
		require.False(t, r.Health().Connected)
	})
}

func TestWhatCannotBeWorkedOnNowIsLeftToSlacksRepetition(t *testing.T) {
	var release chan struct{} // made in the bubble
	handle := func(_ context.Context, e socket.Envelope, ack socket.Ack) {
		if strings.Contains(string(e.Payload), "hold") {
			<-release
		}
		if strings.Contains(string(e.Payload), "panic") {
			panic("no")
		}
		if strings.Contains(string(e.Payload), "long") {
			ack(map[string]string{"text": strings.Repeat("x", 20_000)})
		}
	}
	onReceiver(t, handle, func(t *testing.T, r *socket.Receiver, log *logbook, stop func()) {
		release = make(chan struct{})
		for i := range 256 {
			go deliver(r, "hold "+strconv.Itoa(i))
		}
		synctest.Wait()
		require.Equal(t, http.StatusServiceUnavailable, deliver(r, "queue").Code)
		close(release)
		synctest.Wait()
		require.Equal(t, http.StatusOK, deliver(r, "queue").Code, "in the same second, so with the same signature")
		require.Equal(t, http.StatusUnauthorized, deliver(r, "queue").Code, "now it counts as seen")
		for _, text := range []string{"panic", "long"} {
			got := deliver(r, text)
			require.Equal(t, http.StatusOK, got.Code, text)
			require.Empty(t, got.Body.String(), text)
		}
		require.Contains(t, log.String(), "handler panicked")
		stop()
		require.Equal(t, http.StatusServiceUnavailable, deliver(r, "stats").Code)
	})
}

func TestATokenThatIsNoGoodEndsTheReceiver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		r := socket.NewReceiver(socket.ReceiverConfig{
			Test: func(context.Context) error {
				if tries++; tries < 4 {
					return errSlow
				}
				return errFatal
			},
			Fatal:      func(err error) bool { return errors.Is(err, errFatal) },
			RetryAfter: func(error) time.Duration { return slowFor },
			Log:        slog.New(slog.DiscardHandler),
		})
		began := time.Now()
		require.ErrorIs(t, r.Run(t.Context()), errFatal)
		require.Equal(t, 4, tries)
		require.GreaterOrEqual(t, time.Since(began), 3*slowFor)
		require.Equal(t, http.StatusUnauthorized, deliver(r, "queue").Code, "without a secret nothing is Slack's")
	})
}
