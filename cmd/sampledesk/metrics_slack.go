package main

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
)

// slackClient returns an HTTP client whose calls of Slack's Web API are counted. What goes elsewhere, such as to a
// response_url, is counted without its address.
func (m *metrics) slackClient(client *http.Client, api string) *http.Client {
	base := client.Transport
	if base == nil {
		base = http.DefaultTransport
	}
	counted := *client
	counted.Transport = slackTransport{base: base, api: api, metrics: m}
	return &counted
}

type slackTransport struct {
	base    http.RoundTripper
	api     string // ends in a slash
	metrics *metrics
}

// RoundTrip implements http.RoundTripper.
func (t slackTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	began := time.Now()
	response, err := t.base.RoundTrip(r)
	method := other
	if name, ours := strings.CutPrefix(r.URL.Scheme+"://"+r.URL.Host+r.URL.Path, t.api); ours && isMethod(name) {
		method = t.metrics.methods.bounded(name)
	}
	t.metrics.slackTimes.WithLabelValues(method).Observe(time.Since(began).Seconds())
	count := func(outcome string) { t.metrics.slackCalls.of(method, outcome).Inc() }
	switch {
	case err != nil:
		count("no_answer")
	case response.StatusCode == http.StatusTooManyRequests:
		count("rate_limited")
	case response.StatusCode >= http.StatusInternalServerError:
		count("server_error")
	case response.StatusCode >= http.StatusBadRequest:
		count("client_error")
	default: // Slack says in the body whether it did what was asked for
		response.Body = &slackAnswer{ReadCloser: response.Body, count: count}
	}
	return response, err
}

// isMethod tells whether a name looks like one of Slack's methods: letters and dots.
func isMethod(name string) bool {
	return name != "" && strings.IndexFunc(name, func(r rune) bool {
		return r != '.' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}) < 0
}

// slackAnswer looks at the beginning of an answer while somebody else reads it.
type slackAnswer struct {
	io.ReadCloser
	begin []byte
	count func(outcome string) // nil once it was counted
}

// longestBegin is how much of an answer is looked at: one that says no is short.
const longestBegin = 1024

// Read implements io.Reader.
func (a *slackAnswer) Read(p []byte) (int, error) {
	n, err := a.ReadCloser.Read(p)
	if free := longestBegin - len(a.begin); free > 0 {
		a.begin = append(a.begin, p[:min(n, free)]...)
	}
	if err != nil {
		a.end(err)
	}
	return n, err
}

// Close implements io.Closer.
func (a *slackAnswer) Close() error {
	a.end(nil)
	return a.ReadCloser.Close()
}

func (a *slackAnswer) end(err error) {
	if a.count == nil {
		return
	}
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		a.count("no_answer")
	case bytes.Contains(bytes.ReplaceAll(a.begin, []byte(" "), nil), []byte(`"ok":false`)):
		a.count("refused")
	default:
		a.count("ok")
	}
	a.count = nil
}
