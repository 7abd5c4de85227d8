package webhook_test

import (
	"context"
	"crypto/x509"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/bot/socket/sockettest"
	"sampledesk/webhook"
	"sampledesk/workflow/engine"
)

// inMemory starts a server of https in the bubble, which goes by the name example.com.
func inMemory(t *testing.T, answer http.HandlerFunc) (dial func(context.Context, string, string) (net.Conn, error), roots *x509.CertPool, stop func()) {
	t.Helper()
	pipes := sockettest.NewPipes()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // a server sees that somebody has hung up once it has read what they sent
		answer(w, r)
	}))
	require.NoError(t, s.Listener.Close())
	s.Listener = pipes
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.StartTLS()
	roots = x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return pipes.Dial, roots, func() {
		s.CloseClientConnections()
		s.Close()
	}
}

// untilGone waits until whoever called has hung up.
func untilGone(r *http.Request) { <-r.Context().Done() }

func TestAReceiverThatHangsHoldsADeliveryForTenSecondsAtTheMost(t *testing.T) {
	for name, c := range map[string]struct {
		silent bool // takes the connection, and says nothing on it
		answer http.HandlerFunc
		says   string // empty: it counts as delivered
	}{
		"takes the connection and never says a word": {silent: true, says: "it did not answer in time"},
		"takes the request and never answers":        {answer: func(_ http.ResponseWriter, r *http.Request) { untilGone(r) }, says: "it did not answer in time"},
		"answers, and its body never comes": {answer: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "100")
			w.WriteHeader(http.StatusOK)
			_ = http.NewResponseController(w).Flush()
			untilGone(r)
		}},
		"answers, and its body never ends": {answer: func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				_, _ = io.WriteString(w, "x")
				_ = http.NewResponseController(w).Flush()
				time.Sleep(time.Second)
			}
		}},
		"fails, and its body never ends": {says: "it answered 500 Internal Server Error", answer: func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			for r.Context().Err() == nil {
				_, _ = io.WriteString(w, "x")
				_ = http.NewResponseController(w).Flush()
				time.Sleep(time.Second)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dial, roots, stop := inMemory(t, c.answer)
				if c.silent {
					dial = func(context.Context, string, string) (net.Conn, error) {
						here, there := net.Pipe()
						go func() { _, _ = io.Copy(io.Discard, there) }()
						return here, nil
					}
				}
				d := newDesk(t, "https://example.com/very-secret", roots)
				d.Service = webhook.New(webhook.Config{
					Store: d.store, Engine: d.engine, Seal: plainly{}, Roots: roots, Dial: dial, Log: slog.New(slog.NewTextHandler(d.log, nil)),
				})
				began := time.Now()
				o := d.Deliver(t.Context(), of(0))
				require.LessOrEqual(t, time.Since(began), webhook.Timeout)
				require.Equal(t, c.says, o.Failure.Message)
				if c.says != "" {
					require.Equal(t, engine.Again, o.Then)
				}
				require.NotContains(t, d.log.String(), "very-secret")
				stop()
			})
		})
	}
}

func TestARedirectIntoThePrivateNetworkLeadsNowhere(t *testing.T) {
	inside := newReceiver(t)
	r := newReceiver(t)
	for _, to := range []string{
		inside.URL, strings.Replace(inside.URL, "https", "http", 1), "http://169.254.169.254/latest/meta-data/", "file:///etc/passwd", "//localhost/", "https://[::1]/",
	} {
		for _, status := range []int{301, 302, 303, 307, 308} {
			r.answer = func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", to)
				w.Header().Set("Refresh", "0; url="+to)
				w.WriteHeader(status)
			}
			d := newDesk(t, r.URL, roots(r), loopback) // the operator allows the first, and by chance the second
			o := d.Deliver(t.Context(), of(0))
			require.Equal(t, engine.Again, o.Then, "%d %s", status, to)
			require.Contains(t, o.Failure.Message, "redirects are not followed")
			require.NotContains(t, o.Failure.Message, to)
		}
	}
	require.Empty(t, inside.all())
}
