package bridge_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

// middleman stands between the desk and TikTok, and may hold requests up or change answers on their way.
type middleman struct {
	next http.RoundTripper

	mu   sync.Mutex
	does func(*http.Request, http.RoundTripper) (*http.Response, error)
}

func (m *middleman) RoundTrip(r *http.Request) (*http.Response, error) {
	m.mu.Lock()
	does := m.does
	m.mu.Unlock()
	if does == nil {
		return m.next.RoundTrip(r)
	}
	return does(r, m.next)
}

// meddle makes fn carry the desk's requests from now on; nil carries them as they are.
func (m *middleman) meddle(fn func(*http.Request, http.RoundTripper) (*http.Response, error)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.does = fn
}

// hold makes every request of the desk go through fn first.
func (m *middleman) hold(fn func(*http.Request) error) {
	m.meddle(func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
		if err := fn(r); err != nil {
			return nil, err
		}
		return next.RoundTrip(r)
	})
}

// alter makes every answer to the desk go through fn.
func (m *middleman) alter(fn func(path string, answer []byte) []byte) {
	m.meddle(func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
		response, err := next.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		return answer(response.StatusCode, string(fn(r.URL.Path, body))), err
	})
}

// answer is one that the middleman gives.
func answer(status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}
}

// refusal is the vendor's envelope around a refusal.
func refusal(code int, message string) string {
	return fmt.Sprintf(`{"code":%d,"message":%q,"data":null,"request_id":"20261122R1"}`, code, message)
}
