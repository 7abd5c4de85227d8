package affiliate_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/affiliate"
)

// issuer is a vendor that knows which tokens live: each refresh gives the next
// pair, kills the refresh token before it, and lets access tokens live a day.
type issuer struct {
	vendor
	state   sync.Mutex
	issued  int // the number of the newest pair
	expires map[string]time.Time
	fault   func(w http.ResponseWriter) // in place of a refresh
	silent  bool                        // carry a refresh out, but do not answer
	delay   time.Duration               // between carrying a refresh out and answering
}

func newIssuer() *issuer {
	i := &issuer{issued: 1, expires: map[string]time.Time{"access-1": time.Now().Add(24 * time.Hour)}}
	i.answer = i.serve
	return i
}

func (i *issuer) serve(w http.ResponseWriter, r request) {
	i.state.Lock()
	defer i.state.Unlock()
	if r.Path == refreshPath {
		i.refresh(w, r)
		return
	}
	expires, known := i.expires[r.Header.Get("X-Tts-Access-Token")]
	switch {
	case !known:
		reply(w, 401, refusal(105001, "access token is invalid"))
	case !time.Now().Before(expires):
		reply(w, 401, refusal(105002, "access token has expired"))
	default:
		reply(w, 200, success(noApplications))
	}
}

func (i *issuer) refresh(w http.ResponseWriter, r request) {
	if i.fault != nil {
		i.fault(w)
		return
	}
	if r.Query.Get("refresh_token") != fmt.Sprintf("refresh-%d", i.issued) {
		reply(w, 200, refusal(36004005, "refresh_token is invalid"))
		return
	}
	i.issued++
	expires := time.Now().Add(24 * time.Hour)
	i.expires[fmt.Sprintf("access-%d", i.issued)] = expires
	time.Sleep(i.delay)
	if i.silent {
		cut(w)
	}
	reply(w, 200, success(fmt.Sprintf(`{"access_token":"access-%d","access_token_expire_in":%d,"refresh_token":"refresh-%d",
		"refresh_token_expire_in":%d,"open_id":"seller-1","seller_name":"Shelf","seller_base_region":"US","user_type":0,
		"granted_scopes":["seller.affiliate_collaboration.read"]}`, i.issued, expires.Unix(), i.issued, expires.Unix()+1)))
}

func (i *issuer) change(do func(*issuer)) {
	i.state.Lock()
	defer i.state.Unlock()
	do(i)
}

// count counts the calls to a path.
func (i *issuer) count(path string) (n int) {
	for _, r := range i.seen() {
		if r.Path == path {
			n++
		}
	}
	return n
}

const (
	refreshPath = "/api/v2/token/refresh"
	reviewPath  = "/affiliate_seller/202507/sample_applications/1/review"
)

// connected is a shop of an issuer, with the first pair in its vault.
func connected(t *testing.T) (*affiliate.Shop, *issuer, *memory) {
	t.Helper()
	i := newIssuer()
	vault := &memory{tokens: affiliate.Tokens{
		Access: "access-1", Refresh: "refresh-1", AccessExpires: i.expires["access-1"],
	}}
	return newClient(t, serve(t, i)).Authorisation(vault).Shop(shopID, cipher), i, vault
}

func lookup(ctx context.Context, shop *affiliate.Shop) error {
	_, err := shop.SearchPage(ctx, affiliate.Filter{}, "", 50)
	return err
}

func TestATokenThatExpiredUnexpectedlyIsRenewedOnceForAllCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shop, i, vault := connected(t)
		i.change(func(i *issuer) { i.expires["access-1"] = time.Now() })
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				if err := lookup(t.Context(), shop); err != nil {
					t.Error(err)
				}
			})
		}
		all.Go(func() {
			if err := shop.Review(t.Context(), "1", affiliate.Approve()); err != nil {
				t.Error(err)
			}
		})
		all.Wait()
		require.Equal(t, 1, i.count(refreshPath))
		require.LessOrEqual(t, i.count(reviewPath), 2, "a write is repeated only for the token's sake")
		day := time.Date(2000, 1, 2, 0, 0, 0, 0, time.UTC)
		got, _ := vault.Load(t.Context())
		require.LessOrEqual(t, got.AccessExpires.Sub(day), 2*time.Second)
		got.AccessExpires, got.RefreshExpires = time.Time{}, time.Time{}
		require.Equal(t, affiliate.Tokens{
			Access: "access-2", Refresh: "refresh-2", User: affiliate.UserSeller, OpenID: "seller-1", SellerName: "Shelf", Region: "US",
			Scopes: []string{"seller.affiliate_collaboration.read"},
		}, got)
	})
}

func TestATokenIsRenewedHalfADayBeforeItExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shop, i, _ := connected(t)
		time.Sleep(11*time.Hour + 59*time.Minute)
		require.NoError(t, lookup(t.Context(), shop))
		require.Zero(t, i.count(refreshPath))
		time.Sleep(2 * time.Minute)
		for range 3 {
			require.NoError(t, lookup(t.Context(), shop))
		}
		require.Equal(t, 1, i.count(refreshPath))
		seen := i.seen()
		require.Equal(t, "access-2", seen[len(seen)-1].Header.Get("X-Tts-Access-Token"))
		for _, r := range seen {
			require.Empty(t, r.Query.Get("access_token"), "the token travels in its header")
		}
	})
}

func TestAPairThatCannotBeSavedIsNotUsedAndNotLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shop, i, vault := connected(t)
		time.Sleep(25 * time.Hour)
		full := errors.New("the disk is full")
		vault.put(func(m *memory) { m.saveFault = full })
		for range 3 {
			err := lookup(t.Context(), shop)
			require.ErrorIs(t, err, full)
			require.Equal(t, affiliate.Retryable, affiliate.KindOf(err))
			require.False(t, affiliate.Unclear(shop.Review(t.Context(), "1", affiliate.Approve())))
		}
		require.Zero(t, i.count(searchPath)+i.count(reviewPath), "no call went out under tokens that a crash would lose")
		vault.put(func(m *memory) { m.saveFault = nil })
		require.NoError(t, lookup(t.Context(), shop))
		require.Equal(t, 1, i.count(refreshPath), "the old refresh token was dead: the pair in memory was the only one")
		got, _ := vault.Load(t.Context())
		require.Equal(t, affiliate.Secret("access-2"), got.Access)
	})
}

func TestAPairThatCannotBeSavedLeavesNoCallToTheOneBeforeIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shop, i, vault := connected(t)
		i.change(func(i *issuer) { i.expires["access-1"] = time.Now() }) // before its time
		vault.put(func(m *memory) { m.saveFault = errors.New("the disk is full") })
		for range 3 {
			require.Error(t, lookup(t.Context(), shop))
		}
		require.Equal(t, 1, i.count(searchPath))
		require.Equal(t, 1, i.count(refreshPath))
	})
}

func TestTokensThatAreSavedMeanwhileOutrankAPairThatCouldNotBe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shop, i, vault := connected(t)
		time.Sleep(25 * time.Hour)
		vault.put(func(m *memory) { m.saveFault = errors.New("the disk is full") })
		require.Error(t, lookup(t.Context(), shop))
		i.change(func(i *issuer) { i.expires["access-new"] = time.Now().Add(time.Hour) })
		vault.put(func(m *memory) {
			m.saveFault = nil
			m.tokens = affiliate.Tokens{Access: "access-new", Refresh: "refresh-new", AccessExpires: time.Now().Add(20 * time.Hour)}
		})
		require.NoError(t, lookup(t.Context(), shop))
		got, _ := vault.Load(t.Context())
		require.Equal(t, affiliate.Secret("refresh-new"), got.Refresh)
	})
}

func TestACallerWhoGivesUpDoesNotLoseTheNewPair(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shop, i, _ := connected(t)
		time.Sleep(25 * time.Hour)
		i.change(func(i *issuer) { i.delay = 5 * time.Second })
		ctx, cancel := contextFor(t, time.Second)
		defer cancel()
		require.ErrorIs(t, lookup(ctx, shop), context.DeadlineExceeded)
		time.Sleep(10 * time.Second)
		require.NoError(t, lookup(t.Context(), shop))
		require.Equal(t, 1, i.count(refreshPath))
	})
}

func TestAProgramThatEndsCanWaitForTokensThatAreBeingRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newIssuer()
		client := newClient(t, serve(t, i))
		vault := &memory{tokens: affiliate.Tokens{Access: "access-1", Refresh: "refresh-1", AccessExpires: time.Now()}}
		shop := client.Authorisation(vault).Shop("1", "cipher")
		require.NoError(t, client.Wait(t.Context()), "nothing is under way")
		i.change(func(i *issuer) { i.delay = 5 * time.Second })
		ctx, cancel := contextFor(t, time.Second)
		defer cancel()
		require.ErrorIs(t, lookup(ctx, shop), context.DeadlineExceeded)
		short, end := contextFor(t, time.Second)
		defer end()
		require.ErrorIs(t, client.Wait(short), context.DeadlineExceeded)
		require.NoError(t, client.Wait(t.Context()))
		got, _ := vault.Load(t.Context())
		require.Equal(t, affiliate.Secret("refresh-2"), got.Refresh)
	})
}

func TestADeadRefreshTokenAsksForANewConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shop, i, _ := connected(t)
		time.Sleep(25 * time.Hour)
		i.change(func(i *issuer) { i.issued = 7 })
		err := lookup(t.Context(), shop)
		require.ErrorIs(t, err, affiliate.ErrBadRefreshToken)
		require.NotErrorIs(t, err, affiliate.ErrBadAuthCode)
		require.Equal(t, affiliate.StopsAll, affiliate.KindOf(err).Stops())
		require.Equal(t, 1, i.count(refreshPath), "it is not asked again")
		require.Zero(t, i.count(searchPath))
	})
}

func TestAPairThatAnotherProcessSavedIsTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shop, i, vault := connected(t)
		require.NoError(t, lookup(t.Context(), shop))
		next := func() {
			vault.put(func(m *memory) {
				m.tokens = affiliate.Tokens{Access: "access-5", Refresh: "refresh-5", AccessExpires: time.Now().Add(24 * time.Hour)}
			})
		}
		i.change(func(i *issuer) { // the other process refreshed, but has not saved yet
			i.expires = map[string]time.Time{"access-1": time.Now(), "access-5": time.Now().Add(24 * time.Hour)}
			i.fault = func(w http.ResponseWriter) {
				next()
				reply(w, 200, refusal(36004005, "refresh_token is invalid"))
			}
		})
		require.NoError(t, lookup(t.Context(), shop))
		require.Equal(t, 1, i.count(refreshPath))
	})
}

func TestAnInvalidTokenStopsTheShopUntilItIsConnectedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shop, i, vault := connected(t)
		require.NoError(t, lookup(t.Context(), shop))
		i.change(func(i *issuer) { i.expires = map[string]time.Time{"access-9": time.Now().Add(time.Hour)} })
		err := lookup(t.Context(), shop)
		require.Equal(t, affiliate.NeedsReconnect, affiliate.KindOf(err))
		require.Zero(t, i.count(refreshPath))
		vault.put(func(m *memory) {
			m.tokens = affiliate.Tokens{Access: "access-9", Refresh: "refresh-9", AccessExpires: time.Now().Add(20 * time.Hour)}
		})
		require.NoError(t, lookup(t.Context(), shop))
	})
}

func TestARenewalAheadOfTimeThatFailsLeavesTheOldTokenInUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shop, i, _ := connected(t)
		time.Sleep(23*time.Hour + 56*time.Minute)
		i.change(func(i *issuer) { i.fault = func(w http.ResponseWriter) { reply(w, 503, "") } })
		for range 10 {
			require.NoError(t, lookup(t.Context(), shop))
		}
		require.Equal(t, 1, i.count(refreshPath), "it is tried once in ten minutes at most")
		time.Sleep(5 * time.Minute)
		err := lookup(t.Context(), shop)
		require.Equal(t, affiliate.Retryable, affiliate.KindOf(err))
		err = shop.Review(t.Context(), "1", affiliate.Approve())
		require.Equal(t, affiliate.Retryable, affiliate.KindOf(err))
		require.False(t, affiliate.Unclear(err), "the review was never sent")
		require.Zero(t, i.count(reviewPath))
		i.change(func(i *issuer) { i.fault = nil })
		require.NoError(t, lookup(t.Context(), shop))
	})
}

func TestARefreshIsNotRepeatedBehindOurBack(t *testing.T) {
	i := newIssuer()
	client := newClient(t, serve(t, i))
	_, err := client.Refresh(t.Context(), "refresh-1")
	require.NoError(t, err, "the connection is used now, on which net/http would repeat a GET")
	i.change(func(i *issuer) { i.silent = true })
	_, err = client.Refresh(t.Context(), "refresh-2")
	require.Error(t, err)
	require.NotErrorIs(t, err, affiliate.ErrBadRefreshToken)
	require.NotContains(t, err.Error(), "grant_type", "the query is no part of an error")
	require.Equal(t, affiliate.Retryable, affiliate.KindOf(err))
	require.Equal(t, 2, i.count(refreshPath))
}

func TestATokenThatIsSaidToHaveExpiredAgainIsNotRenewedForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shop, i, _ := connected(t)
		answer := i.answer
		i.answer = func(w http.ResponseWriter, r request) {
			if r.Path == refreshPath {
				answer(w, r)
				return
			}
			reply(w, 401, refusal(105002, "expired"))
		}
		err := shop.Review(t.Context(), "1", affiliate.Approve())
		require.Equal(t, affiliate.TokenExpired, affiliate.KindOf(err))
		require.False(t, affiliate.Unclear(err))
		require.Equal(t, 1, i.count(refreshPath))
		require.Equal(t, 2, i.count(reviewPath))
	})
}

func TestTheVaultsFaultsAreTheCallersToSee(t *testing.T) {
	shop, i, vault := connected(t)
	broken := errors.New("the store is closed")
	vault.put(func(m *memory) { m.loadFault = broken })
	err := lookup(t.Context(), shop)
	require.ErrorIs(t, err, broken)
	require.Equal(t, affiliate.Retryable, affiliate.KindOf(err))

	for _, tokens := range []affiliate.Tokens{{}, {Access: "access-1", AccessExpires: time.Now().Add(-time.Hour)}} {
		vault.put(func(m *memory) { m.loadFault, m.tokens = nil, tokens })
		err = lookup(t.Context(), shop)
		require.ErrorIs(t, err, affiliate.ErrNotConnected)
		require.Equal(t, affiliate.StopsAll, affiliate.KindOf(err).Stops())
	}
	require.Empty(t, i.seen())
}

func TestTheTokenCallsSendWhatTheVendorDocuments(t *testing.T) {
	i := newIssuer()
	var code atomic.Bool
	plainServe := i.answer
	i.answer = func(w http.ResponseWriter, r request) {
		if r.Path == "/api/v2/token/get" {
			code.Store(true)
			reply(w, 200, refusal(36004004, "auth_code is invalid"))
			return
		}
		plainServe(w, r)
	}
	client := newClient(t, serve(t, i))
	_, err := client.Exchange(t.Context(), "ROW_code")
	require.ErrorIs(t, err, affiliate.ErrBadAuthCode)
	_, err = client.Refresh(t.Context(), "refresh-1")
	require.NoError(t, err)
	_, err = client.Refresh(t.Context(), "")
	require.ErrorIs(t, err, affiliate.ErrInvalid)

	seen := i.seen()
	require.Len(t, seen, 2)
	require.Equal(t, "GET /api/v2/token/get?app_key=29a39d&app_secret=e59af819cc&auth_code=ROW_code&grant_type=authorized_code", seen[0].line())
	require.Equal(t, "GET /api/v2/token/refresh?app_key=29a39d&app_secret=e59af819cc&grant_type=refresh_token&refresh_token=refresh-1", seen[1].line())
	require.Empty(t, seen[1].Body)
}

func (r request) line() string { return r.Method + " " + r.Path + "?" + r.Query.Encode() }

func TestATokenAnswerWithoutATokenIsRefused(t *testing.T) {
	for _, data := range []string{`null`, `{}`, `{"access_token":"a"}`, `{"refresh_token":"r"}`, `{"access_token":1,"refresh_token":"r"}`} {
		v := &vendor{answer: plain(200, success(data))}
		_, err := newClient(t, serve(t, v)).Refresh(t.Context(), "refresh-1")
		require.Equal(t, affiliate.Malformed, affiliate.KindOf(err), data)
	}
}

func TestOnlyTheTokensThemselvesCanMakeAPairUnreadable(t *testing.T) {
	client := newClient(t, serve(t, &vendor{answer: plain(200, success(`{"access_token":"a","refresh_token":"r","open_id":17,
		"access_token_expire_in":"soon","refresh_token_expire_in":-1,"granted_scopes":{},"seller_name":[],"seller_base_region":null}`))}))
	got, err := client.Refresh(t.Context(), "refresh-1")
	require.NoError(t, err)
	require.Equal(t, affiliate.Tokens{Access: "a", Refresh: "r", OpenID: "17"}, got)
}

func TestAShopThatCannotBeReadDoesNotHideTheOthers(t *testing.T) {
	client := newClient(t, serve(t, &vendor{answer: plain(200, success(`{"shops":[{"id":"1"},7,{"id":"2","cipher":"c","name":["x"],"region":null}]}`))}))
	got, err := client.Authorisation(lasting()).Shops(t.Context())
	require.NoError(t, err)
	require.Equal(t, []affiliate.ShopInfo{{ID: "2", Cipher: "c"}}, got)
}
