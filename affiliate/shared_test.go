package affiliate_test

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/time/rate"

	"sampledesk/affiliate"
)

// together are budgets that several clients share, each as the theoretical time of its next call.
type together struct {
	mu   sync.Mutex
	next map[string]time.Time
	held map[string]time.Time
}

func (s *together) Take(_ context.Context, budget string, every time.Duration, burst int) (time.Duration, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if wait := s.held[budget].Sub(now); wait > 0 {
		return wait, nil
	}
	next := s.next[budget]
	if next.Before(now) {
		next = now
	}
	if wait := next.Sub(now) - time.Duration(burst-1)*every; wait > 0 {
		return wait, nil
	}
	s.next[budget] = next.Add(every)
	return 0, nil
}

func (s *together) Hold(_ context.Context, budget string, wait time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if until := time.Now().Add(wait); until.After(s.held[budget]) {
		s.held[budget] = until
	}
	return nil
}

// refusals has so many clients call as fast as they may for a minute at a vendor of four calls a second, and returns how
// many calls were made and how many were refused.
func refusals(t *testing.T, clients int, shared affiliate.Shared) (made, refused int64) {
	t.Helper()
	quota := rate.NewLimiter(4, 4)
	var calls, no atomic.Int64
	v := &vendor{answer: func(w http.ResponseWriter, _ request) {
		calls.Add(1)
		if !quota.Allow() {
			no.Add(1)
			reply(w, 429, refusal(36009002, "slow down"))
			return
		}
		reply(w, 200, success(noApplications))
	}}
	transport := serve(t, v)
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	var working sync.WaitGroup
	for range clients {
		client, err := affiliate.New(affiliate.Config{
			AppKey: appKey, AppSecret: appSecret, HTTPClient: transport, APIURL: "http://api.example", AuthURL: "http://auth.example", Shared: shared,
		})
		require.NoError(t, err)
		shop := client.Authorisation(lasting()).Shop(shopID, cipher)
		for range 2 {
			working.Go(func() {
				for ctx.Err() == nil {
					_, _ = shop.SearchPage(ctx, affiliate.Filter{}, "", 50)
				}
			})
		}
	}
	working.Wait()
	return calls.Load(), no.Load()
}

func TestSeveralClientsThatShareTheirBudgetsAreRefusedNoMoreThanOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		made, refused := refusals(t, 1, nil)
		require.Positive(t, refused)
		made3, refused3 := refusals(t, 3, &together{next: map[string]time.Time{}, held: map[string]time.Time{}})
		_, apart := refusals(t, 3, nil)
		t.Logf("one: %d calls, %d refused; three: %d calls, %d refused, and %d where they share nothing", made, refused, made3, refused3, apart)
		require.LessOrEqual(t, refused3, refused+1)
		require.Greater(t, made3, made*3/4)
		require.Greater(t, apart, refused3, "clients that know nothing of each other are refused more often")
	})
}
