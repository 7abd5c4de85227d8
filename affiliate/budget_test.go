package affiliate_test

import (
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/affiliate"
)

// search makes n searches at once and waits for them.
func search(t *testing.T, shop *affiliate.Shop, n int) {
	t.Helper()
	var searches sync.WaitGroup
	for range n {
		searches.Go(func() {
			_, err := shop.SearchPage(t.Context(), affiliate.Filter{}, "", 50)
			if err != nil {
				t.Error(err)
			}
		})
	}
	searches.Wait()
}

func TestNoMoreThanTwoCallsOfAShopAreInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var flying, most atomic.Int64
		v := &vendor{answer: func(w http.ResponseWriter, _ request) {
			most.Store(max(most.Load(), flying.Add(1)))
			time.Sleep(time.Second)
			flying.Add(-1)
			reply(w, 200, success(noApplications))
		}}
		authorisation := newClient(t, serve(t, v)).Authorisation(lasting())
		search(t, authorisation.Shop(shopID, cipher), 7)
		require.Equal(t, int64(2), most.Load())

		var both sync.WaitGroup
		for _, id := range []affiliate.ShopID{shopID, shopID, "8"} {
			both.Go(func() { search(t, authorisation.Shop(id, cipher), 3) })
		}
		both.Wait()
		require.Equal(t, int64(4), most.Load(), "two shops have two budgets, and two values of one shop share one")
	})
}

func TestCallsKeepToTenASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shop, v := newShop(t, plain(200, success(noApplications)))
		began := time.Now()
		search(t, shop, 31)
		require.InDelta(t, 3.0, time.Since(began).Seconds(), 0.05)
		seen := v.seen()
		for i := range len(seen) - 11 {
			require.GreaterOrEqual(t, seen[i+11].At.Sub(seen[i].At), time.Second)
		}
	})
}

// pace is how many searches a second the shop allows itself.
func pace(t *testing.T, shop *affiliate.Shop) float64 {
	t.Helper()
	const calls = 8
	search(t, shop, 1) // spends what has gathered
	began := time.Now()
	for range calls {
		search(t, shop, 1)
	}
	return calls / time.Since(began).Seconds()
}

func TestARefusalForTooManyRequestsHalvesThePaceWhichRecoversSlowly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var refuse atomic.Int64
		shop, _ := newShop(t, func(w http.ResponseWriter, _ request) {
			if refuse.Add(-1) >= 0 {
				reply(w, 429, refusal(36009002, "slow down"))
				return
			}
			reply(w, 200, success(noApplications))
		})
		require.InDelta(t, 10, pace(t, shop), 0.1)
		refuse.Store(1)
		search(t, shop, 1)
		require.InDelta(t, 5, pace(t, shop), 0.1)
		refuse.Store(1)
		search(t, shop, 1)
		require.InDelta(t, 2.5, pace(t, shop), 0.1)
		time.Sleep(10 * time.Second)
		require.InDelta(t, 3.5, pace(t, shop), 1.1, "one step in ten seconds")
		time.Sleep(10 * time.Minute)
		require.InDelta(t, 10, pace(t, shop), 0.1, "and never beyond the start")
	})
}

func TestThePaceHasAFloor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var refuse atomic.Bool
		refuse.Store(true)
		shop, _ := newShop(t, func(w http.ResponseWriter, _ request) {
			if refuse.Load() {
				reply(w, 429, "")
				return
			}
			reply(w, 200, success(noApplications))
		})
		for range 3 {
			_, err := shop.SearchPage(t.Context(), affiliate.Filter{}, "", 50)
			require.Equal(t, affiliate.RateLimited, affiliate.KindOf(err))
		}
		refuse.Store(false)
		require.GreaterOrEqual(t, pace(t, shop), 0.99)
	})
}

func TestTwoRefusalsOfCallsThatWereInFlightTogetherHalveThePaceOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var refuse atomic.Int64
		refuse.Store(2)
		shop, _ := newShop(t, func(w http.ResponseWriter, _ request) {
			if refuse.Add(-1) >= 0 {
				time.Sleep(time.Second)
				reply(w, 429, "")
				return
			}
			reply(w, 200, success(noApplications))
		})
		search(t, shop, 2)
		require.InDelta(t, 5, pace(t, shop), 0.1)
	})
}

func TestReadyTakesTheBudgetOrSaysHowLongToWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shop, v := newShop(t, plain(200, success("{}")))
		require.Zero(t, shop.Ready(affiliate.EndpointReview))
		require.Equal(t, 100*time.Millisecond, shop.Ready(affiliate.EndpointReview), "it was taken")
		require.Zero(t, shop.Ready(affiliate.EndpointSearch), "each endpoint has its own")
		time.Sleep(100 * time.Millisecond)
		require.Zero(t, shop.Ready(affiliate.EndpointReview))

		began := time.Now()
		require.NoError(t, shop.Review(t.Context(), "1", affiliate.Approve()))
		require.NoError(t, shop.Review(t.Context(), "2", affiliate.Approve()))
		require.Zero(t, time.Since(began), "what Ready took is there")
		require.NoError(t, shop.Review(t.Context(), "3", affiliate.Approve()))
		require.Equal(t, 100*time.Millisecond, time.Since(began), "who did not ask waits a little")
		require.Len(t, v.seen(), 3)
	})
}

func TestBudgetThatWasTakenAndNotUsedIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shop, _ := newShop(t, plain(200, success("{}")))
		require.Zero(t, shop.Ready(affiliate.EndpointReview))
		time.Sleep(time.Minute)
		require.Zero(t, shop.Ready(affiliate.EndpointReview))
		began := time.Now()
		require.NoError(t, shop.Review(t.Context(), "1", affiliate.Approve()))
		require.NoError(t, shop.Review(t.Context(), "2", affiliate.Approve()))
		require.Equal(t, 100*time.Millisecond, time.Since(began))
	})
}

func TestAWriteWithoutBudgetIsNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shop, v := newShop(t, func(w http.ResponseWriter, _ request) {
			w.Header().Set("Retry-After", "20")
			reply(w, 429, refusal(36009002, "slow down"))
		})
		require.Zero(t, shop.Ready(affiliate.EndpointReview))
		time.Sleep(100 * time.Millisecond)
		require.Zero(t, shop.Ready(affiliate.EndpointReview))
		require.Error(t, shop.Review(t.Context(), "1", affiliate.Approve()))

		err := shop.Review(t.Context(), "2", affiliate.Approve())
		_, spent := errors.AsType[*affiliate.BudgetError](err)
		require.True(t, spent, "a refusal voids what was taken: %v", err)
		require.Equal(t, affiliate.RateLimited, affiliate.KindOf(err))
		require.Equal(t, 20*time.Second, affiliate.RetryAfter(err))
		require.False(t, affiliate.Unclear(err))
		require.Equal(t, 20*time.Second, shop.Ready(affiliate.EndpointReview))
		require.Len(t, v.seen(), 1)

		time.Sleep(20 * time.Second)
		require.Zero(t, shop.Ready(affiliate.EndpointReview))
		require.Zero(t, shop.Ready(affiliate.EndpointSearch))
	})
}

func TestAReviewGoesBeforeTheReadsThatWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shop, v := newShop(t, func(w http.ResponseWriter, _ request) {
			time.Sleep(5 * time.Second)
			reply(w, 200, success(noApplications))
		})
		var all sync.WaitGroup
		all.Go(func() { search(t, shop, 6) })
		time.Sleep(2 * time.Second)
		synctest.Wait()
		require.Len(t, v.seen(), 2, "the others wait for a place")
		all.Go(func() {
			if err := shop.Review(t.Context(), "1", affiliate.Approve()); err != nil {
				t.Error(err)
			}
		})
		all.Wait()
		seen := v.seen()
		require.Len(t, seen, 7)
		require.Contains(t, seen[2].Path, "/review")
	})
}

func TestAPlaceIsNotLostWhenACallerGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shop, v := newShop(t, func(w http.ResponseWriter, _ request) {
			time.Sleep(3 * time.Second)
			reply(w, 200, success(noApplications))
		})
		var all sync.WaitGroup
		all.Go(func() { search(t, shop, 2) })
		for range 20 {
			all.Go(func() {
				ctx, cancel := contextFor(t, time.Second)
				defer cancel()
				_, err := shop.SearchPage(ctx, affiliate.Filter{}, "", 50)
				if err == nil {
					t.Error("it should have given up")
				}
			})
		}
		all.Wait()
		began := time.Now()
		search(t, shop, 2)
		require.Less(t, time.Since(began), 3200*time.Millisecond, "both places are free again")
		require.LessOrEqual(t, len(v.seen()), 24)
	})
}

func TestAPausedEndpointHoldsNoPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shop, _ := newShop(t, func(w http.ResponseWriter, r request) {
			if r.Path == searchPath && time.Since(bubbleStart) < time.Second {
				w.Header().Set("Retry-After", "25")
				reply(w, 429, "")
				return
			}
			reply(w, 200, success(noApplications))
		})
		var all sync.WaitGroup
		all.Go(func() { search(t, shop, 4) })
		time.Sleep(10 * time.Second)
		began := time.Now()
		require.NoError(t, shop.Review(t.Context(), "1", affiliate.Approve()))
		require.Zero(t, time.Since(began))
		all.Wait()
	})
}
