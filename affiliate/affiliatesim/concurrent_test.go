package affiliatesim

import (
	"encoding/json"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOfManyReviewsAtOnceExactlyOneSucceeds(t *testing.T) {
	u := open(t, Options{NoRateLimits: true})
	id := u.add(`{}`)
	var done sync.WaitGroup
	codes := make(chan int, 40)
	for i := range cap(codes) {
		body := approval
		if i%2 == 1 {
			body = `{"review_result":"REJECT","reject_reason":"OTHER"}`
		}
		request := u.request(http.MethodPost, reviewPath(id), nil, body)
		done.Go(func() {
			got, err := u.do(request)
			if err != nil {
				got.Code = -1
			}
			codes <- got.Code
		})
	}
	done.Wait()
	close(codes)
	counts := map[int]int{}
	for code := range codes {
		counts[code]++
	}
	require.Equal(t, map[int]int{0: 1, codeNotPending: 39}, counts)
}

func TestEverythingMayHappenAtOnce(t *testing.T) {
	u := open(t, Options{NoRateLimits: true, Seed: 50})
	ids := u.pages(50, "{}")
	var done sync.WaitGroup
	for i := range 8 {
		search := u.request(http.MethodPost, searchPath, map[string][]string{"page_size": {"50"}}, "{}")
		review := u.request(http.MethodPost, reviewPath(ids[i]), nil, approval)
		done.Go(func() {
			for _, r := range []*http.Request{search, review} {
				_, _ = u.do(r)
			}
			_, _ = u.center.AddApplication(Request{ApproveIn: "1h"})
			for _, control := range []func(*http.Request, []byte) (any, error){u.center.simState, u.center.simConversations, u.center.simCalls, u.center.simRows} {
				_, _ = control(search, nil)
			}
			_, _ = u.center.simClock(nil, []byte(`{"advance":"30m"}`))
			_, _ = u.center.simFaults(nil, []byte(`{"do":"status"}`))
		})
	}
	done.Wait()
	require.Len(t, u.state()["applications"], 58)
	require.Len(t, u.calls(2+1), 16)
}

// FuzzRequest looks for orders that break the stand-in instead of being refused.
func FuzzRequest(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"creator":{"username":"glow.daily","gmv":{"amount":"1","currency":"USD"}},"product":{"title":"x"}}`,
		`{"creator":{"username":"._","follower_count":"12"},"status":"X_Y","approve_in":"0s"}`, `{"creator":{"gmv":null,"ec_video_view":""}}`,
	} {
		f.Add([]byte(seed))
	}
	c := New(Options{})
	f.Cleanup(func() { _ = c.Close() })
	f.Fuzz(func(t *testing.T, body []byte) {
		if _, err := c.simApplications(nil, body); err != nil {
			return
		}
		a := c.listing[len(c.listing)-1]
		text, err := json.Marshal(c.stateOf(a, testBase))
		require.NoError(t, err)
		require.True(t, json.Valid(text))
	})
}
