package main

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHealthAsksTheDeskThatRunsHere(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.HandleFunc("/readyz", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, `{"ready":false}`, http.StatusServiceUnavailable)
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	_, port, _ := strings.Cut(strings.TrimPrefix(server.URL, "http://"), ":")
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1") // this machine asks itself, past every proxy

	for _, c := range []struct {
		name, listen string
		more         []string
		status       int
		out, err     string
	}{
		{"the process lives", "127.0.0.1:" + port, nil, exitOK, "ok\n", ""},
		{"a desk that listens on every address listens here", "0.0.0.0:" + port, nil, exitOK, "ok\n", ""},
		{"an address without a host is every address", ":" + port, nil, exitOK, "ok\n", ""},
		{"a desk that is not ready says why, and fails", "127.0.0.1:" + port, []string{"--ready"}, exitFailed, `{"ready":false}`, "answers 503 Service Unavailable to /readyz"},
		{"nobody answers", "127.0.0.1:1", nil, exitFailed, "", "no desk answers at 127.0.0.1:1"},
		{"not an address", "nowhere", nil, exitUsage, "", "SAMPLEDESK_LISTEN"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out, errs bytes.Buffer
			status := execute(context.Background(), append([]string{"health", "--listen", c.listen}, c.more...), streams{out: &out, err: &errs})
			require.Equal(t, c.status, status, errs.String())
			require.Contains(t, out.String(), c.out)
			require.Contains(t, errs.String(), c.err)
		})
	}
}
