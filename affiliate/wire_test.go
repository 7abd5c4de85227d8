package affiliate_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/affiliate"
	"sampledesk/affiliate/affiliatetest"
)

// serve serves the handler in memory until the test ends, and returns a client for it.
func serve(t *testing.T, handler http.Handler) *http.Client {
	t.Helper()
	return &http.Client{Transport: affiliatetest.Serve(t, handler)}
}

// request is what the vendor saw of a call.
type request struct {
	Method, Path string
	Query        url.Values
	Header       http.Header
	Body         string
	At           time.Time
}

// vendor answers as the test says and remembers what it was asked.
type vendor struct {
	mu       sync.Mutex
	requests []request
	answer   func(w http.ResponseWriter, r request)
}

func (v *vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	seen := request{r.Method, r.URL.Path, r.URL.Query(), r.Header, string(body), time.Now()}
	v.mu.Lock()
	v.requests = append(v.requests, seen)
	v.mu.Unlock()
	v.answer(w, seen)
}

// seen lists what was asked so far, in the order of its coming.
func (v *vendor) seen() []request {
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]request(nil), v.requests...)
}

// memory is a vault that keeps its tokens in memory and can be told to fail.
type memory struct {
	mu        sync.Mutex
	tokens    affiliate.Tokens
	saveFault error
	loadFault error
}

func (m *memory) Load(context.Context) (affiliate.Tokens, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.tokens, m.loadFault
}

func (m *memory) Save(_ context.Context, tokens affiliate.Tokens) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.saveFault == nil {
		m.tokens = tokens
	}
	return m.saveFault
}

func (m *memory) put(change func(*memory)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change(m)
}

const (
	appKey    = "29a39d"
	appSecret = affiliate.Secret("e59af819cc")
	shopID    = affiliate.ShopID("7495540735365777507")
	cipher    = affiliate.Cipher("ROW_q2mmVwAAAABRQ")
)

// lasting is a pair of tokens that outlives every test.
func lasting() *memory {
	return &memory{tokens: affiliate.Tokens{
		Access: "access-1", Refresh: "refresh-1", AccessExpires: time.Now().Add(24 * 365 * time.Hour).UTC(),
	}}
}

func newClient(t *testing.T, httpClient *http.Client) *affiliate.Client {
	t.Helper()
	client, err := affiliate.New(affiliate.Config{
		AppKey: appKey, AppSecret: appSecret, HTTPClient: httpClient,
		APIURL: "http://api.example", AuthURL: "http://auth.example",
	})
	require.NoError(t, err)
	return client
}

// newShop returns a shop whose vendor answers as given.
func newShop(t *testing.T, answer func(w http.ResponseWriter, r request)) (*affiliate.Shop, *vendor) {
	t.Helper()
	v := &vendor{answer: answer}
	return newClient(t, serve(t, v)).Authorisation(lasting()).Shop(shopID, cipher), v
}

// reply writes an answer; text that is no envelope is written as it stands.
func reply(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func refusal(code int, message string) string {
	text, _ := json.Marshal(map[string]any{"code": code, "message": message, "data": nil, "request_id": "20261122R1"})
	return string(text)
}

func success(data string) string {
	return fmt.Sprintf(`{"code":0,"message":"Success","data":%s,"request_id":"20261122R1"}`, data)
}

const noApplications = `{"total_count":0,"next_page_token":"","sample_applications":[]}`

// cut ends the connection without an answer.
func cut(http.ResponseWriter) { panic(http.ErrAbortHandler) }

const searchPath = "/affiliate_seller/202508/sample_applications/search"

// bubbleStart is when a synctest bubble's clock begins.
var bubbleStart = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func contextFor(t *testing.T, life time.Duration) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithTimeout(t.Context(), life)
}
