package affiliate_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/affiliate"
)

func TestASearchSendsTheFiltersUnderTheVendorsNames(t *testing.T) {
	shop, v := newShop(t, plain(200, success(noApplications)))
	_, err := shop.SearchPage(t.Context(), affiliate.Filter{
		Status: affiliate.StatusPending, ProductID: "17", OrderID: "57", Title: "Serum", Username: "glow",
		CreatorID: "74", TargetCollaborationID: "99",
	}, "next+page=", 20)
	require.NoError(t, err)
	_, err = shop.SearchPage(t.Context(), affiliate.Filter{}, "", 50)
	require.NoError(t, err)

	seen := v.seen()
	require.Len(t, seen, 2)
	require.Equal(t, "/affiliate_seller/202508/sample_applications/search", seen[0].Path)
	require.Equal(t, http.MethodPost, seen[0].Method)
	require.JSONEq(t, `{"status":"PENDING","product_id":"17","order_id":"57","title":"Serum","username":"glow",
		"creator_user_oepn_id":"74","target_collabration_id":"99"}`, seen[0].Body)
	require.Equal(t, "next+page=", seen[0].Query.Get("page_token"))
	require.Equal(t, "20", seen[0].Query.Get("page_size"))
	require.Equal(t, string(cipher), seen[0].Query.Get("shop_cipher"))
	require.Equal(t, "access-1", seen[0].Header.Get("X-Tts-Access-Token"))
	require.Equal(t, "application/json", seen[0].Header.Get("Content-Type"))
	require.Equal(t, strconv.FormatInt(seen[0].At.Unix(), 10), seen[0].Query.Get("timestamp"))
	require.Equal(t, affiliate.Sign(seen[0].Path, seen[0].Query, "application/json", []byte(seen[0].Body), appSecret), seen[0].Query.Get("sign"))
	require.JSONEq(t, `{}`, seen[1].Body)
}

func TestAPageIsReadWhole(t *testing.T) {
	shop, _ := newShop(t, plain(200, success(`{"total_count":"2","next_page_token":"more","sample_applications":[
		{"id":"1","status":"PENDING"},{"id":"2","status":"NEWLY_INVENTED"}]}`)))
	page, err := shop.SearchPage(t.Context(), affiliate.Filter{}, "", 2)
	require.NoError(t, err)
	require.NotZero(t, page.Asked)
	page.Asked = time.Time{}
	require.Equal(t, affiliate.Page{
		Applications:  []affiliate.Application{{ID: "1", Status: affiliate.StatusPending}, {ID: "2", Status: "NEWLY_INVENTED"}},
		NextPageToken: "more", Total: 2,
	}, page)
}

func TestASuccessWithoutReadableDataIsNoEmptyPage(t *testing.T) {
	for _, body := range []string{
		`{"code":0}`, success("null"), success(`[]`), success(`"none"`), success(`{"sample_applications":{}}`),
		success(`{"sample_applications":"none"}`),
	} {
		shop, v := newShop(t, plain(200, body))
		_, err := shop.SearchPage(t.Context(), affiliate.Filter{}, "", 50)
		require.Equal(t, affiliate.Malformed, affiliate.KindOf(err), body)
		require.False(t, affiliate.Unclear(err), "a read is never unclear")
		require.Len(t, v.seen(), 1, "asking again would bring the same")
	}
}

func TestARecordThatCannotBeReadDoesNotHideTheOthers(t *testing.T) {
	body := success(`{"total_count":{},"next_page_token":17,"sample_applications":[{"id":"1","status":"PENDING"},{"id":"2"},
		{"id":"x7","status":"PENDING"},[],{"status":"PENDING"},{"id":"4","status":"SHIPPED"}]}`)
	shop, _ := newShop(t, plain(200, body))
	page, err := shop.SearchPage(t.Context(), affiliate.Filter{}, "", 50)
	require.NoError(t, err)
	require.Equal(t, "17", page.NextPageToken)
	var named []string
	for _, u := range page.Unreadable {
		named = append(named, u.ID)
	}
	require.Equal(t, []string{"2", "x7", "", ""}, named)
	require.Equal(t, []affiliate.Application{{ID: "1", Status: affiliate.StatusPending}, {ID: "4", Status: affiliate.StatusShipped}}, page.Applications)
}

// numbered answers a listing of n pages with one application each.
func numbered(n int) func(http.ResponseWriter, request) {
	return func(w http.ResponseWriter, r request) {
		page, _ := strconv.Atoi(r.Query.Get("page_token"))
		next := ""
		if page+1 < n {
			next = strconv.Itoa(page + 1)
		}
		reply(w, 200, success(fmt.Sprintf(
			`{"total_count":%d,"next_page_token":%q,"sample_applications":[{"id":"%d","status":"PENDING"}]}`, n, next, page+1)))
	}
}

func TestASearchGoesThroughAllPagesAndNoFurtherThanAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shop, v := newShop(t, numbered(5))
		var ids []affiliate.ApplicationID
		for application, err := range shop.Search(t.Context(), affiliate.Filter{}) {
			require.NoError(t, err)
			ids = append(ids, application.ID)
		}
		require.Equal(t, []affiliate.ApplicationID{"1", "2", "3", "4", "5"}, ids)
		require.Len(t, v.seen(), 5)

		for _, err := range shop.Search(t.Context(), affiliate.Filter{}) {
			require.NoError(t, err)
			break
		}
		require.Len(t, v.seen(), 6)
	})
}

func TestASearchEndsWhereItsPagesBringNothingNew(t *testing.T) {
	for name, c := range map[string]struct {
		next  func(token string) string
		asked int
	}{
		"a page names itself":        {func(string) string { return "again" }, 2},
		"pages without end":          {func(token string) string { return token + "x" }, 3},
		"pages that go in a circle":  {func(token string) string { return map[string]string{"": "a", "a": "b", "b": "a"}[token] }, 3},
		"the last page is the first": {func(string) string { return "" }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				shop, v := newShop(t, func(w http.ResponseWriter, r request) {
					reply(w, 200, success(fmt.Sprintf(`{"next_page_token":%q,"sample_applications":[{"id":"1","status":"PENDING"}]}`, c.next(r.Query.Get("page_token")))))
				})
				for a, err := range shop.Search(t.Context(), affiliate.Filter{}) {
					require.NoError(t, err)
					require.Equal(t, affiliate.ApplicationID("1"), a.ID)
				}
				require.Len(t, v.seen(), c.asked)
			})
		})
	}
}

func TestASearchGoesOnBehindOnePageThatIsEmpty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pages := numbered(4)
		shop, _ := newShop(t, func(w http.ResponseWriter, r request) {
			if r.Query.Get("page_token") == "2" {
				reply(w, 200, success(`{"next_page_token":"3","sample_applications":[]}`))
				return
			}
			pages(w, r)
		})
		var ids []affiliate.ApplicationID
		for a, err := range shop.Search(t.Context(), affiliate.Filter{}) {
			require.NoError(t, err)
			ids = append(ids, a.ID)
		}
		require.Equal(t, []affiliate.ApplicationID{"1", "2", "4"}, ids)
	})
}

func TestASearchEndsAtAnError(t *testing.T) {
	pages := numbered(3)
	shop, _ := newShop(t, func(w http.ResponseWriter, r request) {
		if r.Query.Get("page_token") == "1" {
			reply(w, 403, refusal(105005, "seller.affiliate_collaboration.read"))
			return
		}
		pages(w, r)
	})
	var errs []error
	for _, err := range shop.Search(t.Context(), affiliate.Filter{}) {
		errs = append(errs, err)
	}
	require.Len(t, errs, 2)
	require.NoError(t, errs[0])
	require.Equal(t, affiliate.ScopeMissing, affiliate.KindOf(errs[1]))
	require.ErrorContains(t, errs[1], "seller.affiliate_collaboration.read")
}

// failing answers the first n calls with a fault and the others well.
func failing(n int, fault func(http.ResponseWriter)) func(http.ResponseWriter, request) {
	var calls atomic.Int64
	return func(w http.ResponseWriter, _ request) {
		if calls.Add(1) <= int64(n) {
			fault(w)
			return
		}
		reply(w, 200, success(noApplications))
	}
}

func TestAReadIsRepeatedWhereThatMayHelp(t *testing.T) {
	for name, fault := range map[string]func(http.ResponseWriter){
		"503":               func(w http.ResponseWriter) { reply(w, 503, "") },
		"vendor's fault":    func(w http.ResponseWriter) { reply(w, 200, refusal(36009003, "")) },
		"vendor's time-out": func(w http.ResponseWriter) { reply(w, 200, refusal(36009007, "")) },
		"429":               func(w http.ResponseWriter) { reply(w, 429, "") },
		"cut":               cut,
		"silence":           func(http.ResponseWriter) { time.Sleep(time.Minute) },
		"a page":            func(w http.ResponseWriter) { reply(w, 200, "<html>") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				shop, v := newShop(t, failing(3, fault))
				_, err := shop.SearchPage(t.Context(), affiliate.Filter{}, "", 50)
				require.NoError(t, err)
				seen := v.seen()
				require.Len(t, seen, 4)
				require.Greater(t, seen[2].At.Sub(seen[1].At), seen[1].At.Sub(seen[0].At)/2, "the waits grow")
				require.GreaterOrEqual(t, seen[3].At.Sub(seen[0].At), 1750*time.Millisecond)
			})
			synctest.Test(t, func(t *testing.T) {
				shop, v := newShop(t, failing(100, fault))
				_, err := shop.SearchPage(t.Context(), affiliate.Filter{}, "", 50)
				require.Error(t, err)
				require.Len(t, v.seen(), 4, "but not for ever")
			})
		})
	}
}

func TestAReadThatWasRefusedIsNotRepeated(t *testing.T) {
	for _, code := range []int{105005, 106001, 105001, 36009004, 36009009, 16032001, 4711} {
		shop, v := newShop(t, plain(200, refusal(code, "no")))
		_, err := shop.SearchPage(t.Context(), affiliate.Filter{}, "", 50)
		require.Error(t, err)
		require.Len(t, v.seen(), 1, code)
	}
}

func TestAReadWaitsAsLongAsTheVendorAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shop, v := newShop(t, failing(1, func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", "12")
			reply(w, 429, "")
		}))
		_, err := shop.SearchPage(t.Context(), affiliate.Filter{}, "", 50)
		require.NoError(t, err)
		seen := v.seen()
		require.Equal(t, 12*time.Second, seen[1].At.Sub(seen[0].At))
		require.NotEqual(t, seen[0].Query.Get("timestamp"), seen[1].Query.Get("timestamp"), "each attempt has its own timestamp")
	})
}

func TestAReadDoesNotWaitForMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shop, v := newShop(t, failing(1, func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", "600")
			reply(w, 429, "")
		}))
		began := time.Now()
		_, err := shop.SearchPage(t.Context(), affiliate.Filter{}, "", 50)
		require.Equal(t, 10*time.Minute, affiliate.RetryAfter(err))
		_, err = shop.SearchPage(t.Context(), affiliate.Filter{}, "", 50)
		spent, ok := errors.AsType[*affiliate.BudgetError](err)
		require.True(t, ok)
		require.Equal(t, &affiliate.BudgetError{Endpoint: affiliate.EndpointSearch, Wait: 10 * time.Minute}, spent)
		require.Equal(t, affiliate.RateLimited, affiliate.KindOf(err))
		require.Zero(t, time.Since(began))
		require.Len(t, v.seen(), 1)
	})
}

func TestAReadEndsWithItsCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shop, v := newShop(t, failing(100, func(w http.ResponseWriter) { reply(w, 503, "") }))
		ctx, cancel := context.WithTimeout(t.Context(), 600*time.Millisecond)
		defer cancel()
		began := time.Now()
		_, err := shop.SearchPage(ctx, affiliate.Filter{}, "", 50)
		require.Equal(t, affiliate.Retryable, affiliate.KindOf(err), "the fault is told, not the end of the wait")
		require.LessOrEqual(t, time.Since(began), 600*time.Millisecond)
		require.LessOrEqual(t, len(v.seen()), 2)
	})
}
