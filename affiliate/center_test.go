package affiliate_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/affiliate"
	"sampledesk/affiliate/affiliatesim"
)

// center is the stand-in Affiliate Center, served in memory, with a client that
// was connected as an operator would connect it.
type center struct {
	*affiliatesim.Center
	http   *http.Client
	client *affiliate.Client
	auth   *affiliate.Authorisation
	vault  *memory
}

const centerURL = "http://center.example"

func newCenter(t *testing.T, options affiliatesim.Options) *center {
	t.Helper()
	c := &center{Center: affiliatesim.New(options), vault: &memory{}}
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	c.http = serve(t, c.Handler())
	details := c.Details(centerURL)
	var err error
	c.client, err = affiliate.New(affiliate.Config{
		AppKey: details.AppKey, AppSecret: affiliate.Secret(details.AppSecret),
		APIURL: details.APIURL, AuthURL: details.AuthURL, HTTPClient: c.http,
	})
	require.NoError(t, err)
	tokens, err := c.client.Refresh(t.Context(), affiliate.Secret(details.RefreshToken))
	require.NoError(t, err)
	require.NoError(t, c.vault.Save(t.Context(), tokens))
	c.auth = c.client.Authorisation(c.vault)
	return c
}

// shops connects all the shops that the authorisation covers.
func (c *center) shops(t *testing.T) []*affiliate.Shop {
	t.Helper()
	infos, err := c.auth.Shops(t.Context())
	require.NoError(t, err)
	var shops []*affiliate.Shop
	for _, info := range infos {
		shops = append(shops, c.auth.Shop(info.ID, info.Cipher))
	}
	return shops
}

// control tells the stand-in what to do and reads its answer.
func (c *center) control(t *testing.T, path, body string, into any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, centerURL+path, strings.NewReader(body))
	require.NoError(t, err)
	c.answer(t, r, into)
}

func (c *center) answer(t *testing.T, r *http.Request, into any) {
	t.Helper()
	response, err := c.http.Do(r)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, 200, response.StatusCode, string(text))
	if into != nil {
		require.NoError(t, json.Unmarshal(text, into))
	}
}

// calls counts the calls whose path contains the part.
func (c *center) calls(t *testing.T, part string) (n int) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, centerURL+"/sim/calls", nil)
	require.NoError(t, err)
	var calls []struct{ Path string }
	c.answer(t, r, &calls)
	for _, call := range calls {
		if strings.Contains(call.Path, part) {
			n++
		}
	}
	return n
}

// find returns the application by its id, as no filter does.
func find(t *testing.T, shop *affiliate.Shop, id affiliate.ApplicationID) affiliate.Application {
	t.Helper()
	for application, err := range shop.Search(t.Context(), affiliate.Filter{}) {
		require.NoError(t, err)
		if application.ID == id {
			return application
		}
	}
	t.Fatalf("application %s is not in the listing", id)
	return affiliate.Application{}
}

func TestEveryApplicationOfAShopIsFoundOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCenter(t, affiliatesim.Options{Shops: 2})
		shops := c.shops(t)
		require.Len(t, shops, 2)
		require.Equal(t, affiliate.ShopID(c.Details(centerURL).ShopID), shops[0].ID())
		want := map[affiliate.ApplicationID]int{}
		for range 260 {
			id, err := c.AddApplication(affiliatesim.Request{ShopID: string(shops[1].ID())})
			require.NoError(t, err)
			want[affiliate.ApplicationID(id)] = 1
		}
		got := map[affiliate.ApplicationID]int{}
		for application, err := range shops[1].Search(t.Context(), affiliate.Filter{Status: affiliate.StatusPending}) {
			require.NoError(t, err)
			got[application.ID]++
			require.Equal(t, affiliate.StatusPending, application.Status)
			require.True(t, application.Approvable)
			require.Positive(t, time.Until(application.ReviewBy))
			require.NotEmpty(t, application.Creator.ID)
			require.True(t, application.Creator.Followers.Shared())
		}
		require.Equal(t, want, got)
		page, err := shops[0].SearchPage(t.Context(), affiliate.Filter{}, "", 50)
		require.NoError(t, err)
		require.Zero(t, page.Total)
	})
}

func TestAVerdictIsConfirmedAndShownByTheSearch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCenter(t, affiliatesim.Options{})
		shop := c.shops(t)[0]
		for _, reason := range []affiliate.RejectReason{
			affiliate.ReasonNotMatch, affiliate.ReasonOffline, affiliate.ReasonOutOfStock, affiliate.ReasonOther,
		} {
			id := c.add(t, `{}`)
			require.NoError(t, shop.Review(t.Context(), id, affiliate.Reject(reason)))
			require.Equal(t, affiliate.StatusRejected, find(t, shop, id).Status)
		}
		id := c.add(t, `{"creator":{"username":"glow.daily","gmv":"","content_count":""}}`)
		require.NoError(t, shop.Review(t.Context(), id, affiliate.Approve()))
		approved := find(t, shop, id)
		require.Equal(t, affiliate.StatusAwaitingShipment, approved.Status)
		require.NotEmpty(t, approved.OrderID)
		require.Positive(t, time.Until(approved.ShipBy))
		require.Equal(t, "glow.daily", approved.Creator.Username)
		require.False(t, approved.Creator.GMV.Amount.Shared())
		require.False(t, approved.Creator.Posts.Shared())

		err := shop.Review(t.Context(), id, affiliate.Approve())
		require.Equal(t, affiliate.Refused, affiliate.KindOf(err))
		require.False(t, affiliate.Unclear(err))
	})
}

func (c *center) add(t *testing.T, body string) affiliate.ApplicationID {
	t.Helper()
	var created struct{ ID affiliate.ApplicationID }
	c.control(t, "/sim/applications", body, &created)
	return created.ID
}

func TestTheFiltersFind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCenter(t, affiliatesim.Options{Seed: 5})
		shop := c.shops(t)[0]
		want := find(t, shop, c.add(t, `{"creator":{"username":"kitchen_finds"}}`))
		for name, filter := range map[string]affiliate.Filter{
			"creator and product": {CreatorID: want.Creator.ID, ProductID: want.Product.ID},
			"username":            {Username: "kitchen_finds"},
		} {
			page, err := shop.SearchPage(t.Context(), filter, "", 50)
			require.NoError(t, err, name)
			require.Contains(t, page.Applications, want, name)
			require.Less(t, page.Total, 6, name)
		}
	})
}

func TestAReviewWhoseAnswerIsLostIsUnclearAndTheSearchTells(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCenter(t, affiliatesim.Options{})
		shop := c.shops(t)[0]
		for fault, want := range map[string]affiliate.Status{
			`{"path":"review","do":"apply_then_drop"}`:                   affiliate.StatusAwaitingShipment,
			`{"path":"review","do":"delay","delay_ms":20000}`:            affiliate.StatusAwaitingShipment,
			`{"path":"review","do":"drop"}`:                              affiliate.StatusPending,
			`{"path":"review","do":"status","status":503}`:               affiliate.StatusPending,
			`{"path":"review","do":"code","code":36009003}`:              affiliate.StatusPending,
			`{"path":"review","do":"code","code":36009007,"status":400}`: affiliate.StatusPending,
		} {
			id := c.add(t, `{}`)
			c.control(t, "/sim/faults", fault, nil)
			before := c.calls(t, "review")
			err := shop.Review(t.Context(), id, affiliate.Approve())
			require.True(t, affiliate.Unclear(err), "%s: %v", fault, err)
			time.Sleep(30 * time.Second)
			require.Equal(t, before+1, c.calls(t, "review"), fault)
			require.Equal(t, want, find(t, shop, id).Status, fault)
		}
	})
}

func TestAFaultThatChangedNothingIsClear(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCenter(t, affiliatesim.Options{})
		shop := c.shops(t)[0]
		id := c.add(t, `{}`)
		for fault, want := range map[string]affiliate.Kind{
			`{"path":"review","do":"status","status":429,"retry_after":2}`:        affiliate.RateLimited,
			`{"path":"review","do":"code","code":36009002}`:                       affiliate.RateLimited,
			`{"path":"review","do":"code","code":16032001}`:                       affiliate.Refused,
			`{"path":"review","do":"code","code":105005}`:                         affiliate.ScopeMissing,
			`{"path":"review","do":"code","code":105001}`:                         affiliate.NeedsReconnect,
			`{"path":"review","do":"code","code":36009004,"message":"timestamp"}`: affiliate.ClockWrong,
		} {
			c.control(t, "/sim/faults", fault, nil)
			time.Sleep(5 * time.Second)
			err := shop.Review(t.Context(), id, affiliate.Approve())
			require.Equal(t, want, affiliate.KindOf(err), fault)
			require.False(t, affiliate.Unclear(err), fault)
		}
		require.Equal(t, affiliate.StatusPending, find(t, shop, id).Status)
	})
}

func TestReadsOutlastAVendorInTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCenter(t, affiliatesim.Options{Seed: 120})
		shop := c.shops(t)[0]
		for _, fault := range []string{
			`{"path":"search","do":"drop","times":2}`, `{"path":"search","do":"status","times":2}`,
			`{"path":"search","do":"status","status":429,"times":2,"retry_after":3}`, `{"path":"search","do":"delay","delay_ms":20000}`,
		} {
			c.control(t, "/sim/faults", fault, nil)
			n := 0
			for _, err := range shop.Search(t.Context(), affiliate.Filter{}) {
				require.NoError(t, err, fault)
				n++
			}
			require.Equal(t, 120, n)
		}
	})
}

func TestTokensAreRenewedThroughTheWeeks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCenter(t, affiliatesim.Options{})
		shop := c.shops(t)[0]
		for range 4 {
			time.Sleep(8 * 24 * time.Hour)
			require.NoError(t, lookup(t.Context(), shop))
		}
		require.Equal(t, 5, c.calls(t, refreshPath))
		require.Equal(t, c.Details(centerURL).RefreshToken, string(c.vault.tokens.Refresh), "the newest pair is the one in the vault")
	})
}

func TestAnAuthorisationCodeWorksOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCenter(t, affiliatesim.Options{})
		var given struct{ Code affiliate.Secret }
		c.control(t, "/sim/authorization", `{"do":"code"}`, &given)
		tokens, err := c.client.Exchange(t.Context(), given.Code)
		require.NoError(t, err)
		require.NotEmpty(t, tokens.OpenID)
		require.Contains(t, tokens.Scopes, "seller.affiliate_collaboration.read")
		require.InDelta(t, (7 * 24 * time.Hour).Seconds(), time.Until(tokens.AccessExpires).Seconds(), 1)
		require.True(t, tokens.RefreshExpires.After(tokens.AccessExpires))
		_, err = c.client.Exchange(t.Context(), given.Code)
		require.ErrorIs(t, err, affiliate.ErrBadAuthCode)
	})
}

func TestATokenThatTheVendorEndsEarlyIsRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCenter(t, affiliatesim.Options{})
		shop := c.shops(t)[0]
		id := c.add(t, `{}`)
		c.control(t, "/sim/authorization", `{"do":"expire_access"}`, nil)
		require.NoError(t, shop.Review(t.Context(), id, affiliate.Approve()))
		require.Equal(t, 2, c.calls(t, refreshPath))
		c.control(t, "/sim/authorization", `{"do":"deauthorize"}`, nil)
		require.Equal(t, affiliate.NeedsReconnect, affiliate.KindOf(lookup(t.Context(), shop)))
	})
}

func TestABusyShopNeverDrawsARefusalForTooManyRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCenter(t, affiliatesim.Options{})
		shop := c.shops(t)[0]
		ids := make([]affiliate.ApplicationID, 40)
		for i := range ids {
			ids[i] = c.add(t, fmt.Sprintf(`{"creator":{"username":"shelf.pick%d"}}`, i))
		}
		var all sync.WaitGroup
		all.Go(func() { search(t, shop, 60) })
		for _, id := range ids {
			all.Go(func() {
				for wait := shop.Ready(affiliate.EndpointReview); wait > 0; wait = shop.Ready(affiliate.EndpointReview) {
					time.Sleep(wait)
				}
				if err := shop.Review(t.Context(), id, affiliate.Approve()); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		require.Equal(t, 40, c.calls(t, "/review"))
		require.Equal(t, 60, c.calls(t, "/search"), "none was refused, or it would have been repeated")
	})
}

func TestWrongSecretsAndMissingScopesStopTheShop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCenter(t, affiliatesim.Options{})
		shop := c.shops(t)[0]
		id := c.add(t, `{}`)
		c.control(t, "/sim/authorization", `{"do":"withhold_scope","scope":"seller.affiliate_collaboration.write"}`, nil)
		err := shop.Review(t.Context(), id, affiliate.Approve())
		require.Equal(t, affiliate.ScopeMissing, affiliate.KindOf(err))
		require.ErrorContains(t, err, "seller.affiliate_collaboration.write")

		details := c.Details(centerURL)
		wrong, err := affiliate.New(affiliate.Config{
			AppKey: details.AppKey, AppSecret: "wrong", APIURL: details.APIURL, AuthURL: details.AuthURL, HTTPClient: c.http,
		})
		require.NoError(t, err)
		_, err = wrong.Authorisation(c.vault).Shops(t.Context())
		require.Equal(t, affiliate.SignatureInvalid, affiliate.KindOf(err))
	})
}
