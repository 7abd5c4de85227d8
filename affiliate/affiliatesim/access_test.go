package affiliatesim

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestEveryAnswerIsAnEnvelope(t *testing.T) {
	u := open(t, Options{})
	good := u.get("/authorization/202309/shops", nil)
	require.Equal(t, http.StatusOK, good.Status)
	require.Equal(t, "Success", good.Message)
	require.NotEmpty(t, good.RequestID)
	bad := u.get("/affiliate_seller/202508/nothing", nil)
	require.Equal(t, http.StatusNotFound, bad.Status)
	require.Equal(t, map[string]any{}, bad.Data)
	require.NotEqual(t, good.RequestID, bad.RequestID)
	require.Contains(t, string(bad.Raw), `"code":36009009`)
}

func TestShopsAreListedWithTheirCiphers(t *testing.T) {
	u := open(t, Options{Shops: 3})
	shops := u.get("/authorization/202309/shops", nil).data(t)["shops"].([]any)
	require.Len(t, shops, 3)
	ciphers := map[any]bool{}
	for _, s := range shops {
		shop := s.(map[string]any)
		ciphers[shop["cipher"]] = true
		for _, field := range []string{"id", "name", "region", "seller_type", "code", "cipher"} {
			require.NotEmpty(t, shop[field], field)
		}
	}
	require.Len(t, ciphers, 3)
	require.Equal(t, u.details.ShopID, shops[0].(map[string]any)["id"])
}

func TestASpoiltCallGetsItsDocumentedCode(t *testing.T) {
	u := open(t, Options{})
	stamp := func(d time.Duration) string { return strconv.FormatInt(time.Now().Add(d).Unix(), 10) }
	sized := url.Values{"page_size": {"10"}}
	with := func(name, value string) url.Values {
		return url.Values{"page_size": {"10"}, name: {value}}
	}
	header := func(name, value string) *http.Request {
		r := u.request(http.MethodPost, searchPath, sized, "{}")
		r.Header.Set(name, value)
		return r
	}
	unsigned := u.request(http.MethodPost, searchPath, sized, "{}")
	unsigned.URL.RawQuery = strings.Replace(unsigned.URL.RawQuery, "page_size=10", "page_size=11", 1)
	added := u.request(http.MethodPost, searchPath, sized, "{}")
	added.URL.RawQuery += "&status=PENDING"
	changed := u.request(http.MethodPost, searchPath, sized, `{"status":"PENDING"}`)
	changed.Body = http.NoBody
	changed.ContentLength = 0
	tests := map[string]struct {
		request      *http.Request
		status, code int
	}{
		"a signature of other parameters":    {unsigned, 401, 106001},
		"a parameter beyond the signature":   {added, 401, 106001},
		"a signature of another body":        {changed, 401, 106001},
		"a timestamp six minutes old":        {u.request(http.MethodPost, searchPath, with("timestamp", stamp(-6*time.Minute)), "{}"), 400, 36009004},
		"a timestamp a minute ahead":         {u.request(http.MethodPost, searchPath, with("timestamp", stamp(time.Minute)), "{}"), 400, 36009004},
		"a timestamp that is no number":      {u.request(http.MethodPost, searchPath, with("timestamp", "soon"), "{}"), 400, 36009004},
		"another app key":                    {u.request(http.MethodPost, searchPath, with("app_key", "29a39d"), "{}"), 400, 36009004},
		"an unknown token":                   {header("x-tts-access-token", "ROW_unknown"), 401, 105001},
		"no token":                           {header("x-tts-access-token", ""), 400, 36009004},
		"an unknown shop cipher":             {u.request(http.MethodPost, searchPath, with("shop_cipher", "ROW_unknown"), "{}"), 400, 36009004},
		"an empty shop cipher":               {u.request(http.MethodPost, searchPath, with("shop_cipher", ""), "{}"), 400, 106013},
		"a shop cipher where none is meant":  {u.request(http.MethodGet, "/authorization/202309/shops", url.Values{"shop_cipher": {u.cipher}}, ""), 400, 36009004},
		"an unknown query parameter":         {u.request(http.MethodPost, searchPath, with("sort", "id"), "{}"), 400, 36009004},
		"a query parameter given twice":      {u.request(http.MethodPost, searchPath, url.Values{"page_size": {"10", "20"}}, "{}"), 400, 36009004},
		"no page size":                       {u.request(http.MethodPost, searchPath, nil, "{}"), 400, 36009004},
		"a page size of 0":                   {u.request(http.MethodPost, searchPath, url.Values{"page_size": {"0"}}, "{}"), 400, 36009004},
		"a page size of 51":                  {u.request(http.MethodPost, searchPath, url.Values{"page_size": {"51"}}, "{}"), 400, 36009004},
		"a form as content type":             {header("Content-Type", "application/x-www-form-urlencoded"), 415, 36009022},
		"a body with a GET":                  {u.request(http.MethodGet, "/authorization/202309/shops", nil, "{}"), 400, 36009004},
		"a body that is no JSON":             {u.request(http.MethodPost, searchPath, sized, "status=PENDING"), 400, 36009004},
		"a body that is an array":            {u.request(http.MethodPost, searchPath, sized, "[]"), 400, 36009004},
		"a body that is null":                {u.request(http.MethodPost, searchPath, sized, "null"), 400, 36009004},
		"a path that does not exist":         {u.request(http.MethodPost, "/affiliate_seller/202508/sample_applications", nil, "{}"), 404, 36009009},
		"a version that does not exist":      {u.request(http.MethodPost, "/affiliate_seller/202508/sample_applications/1/review", nil, "{}"), 404, 36009009},
		"a trailing slash":                   {u.request(http.MethodPost, searchPath+"/", sized, "{}"), 404, 36009009},
		"a doubled slash":                    {u.request(http.MethodPost, "/"+searchPath, sized, "{}"), 404, 36009009},
		"a method that the path has not":     {u.request(http.MethodGet, searchPath, sized, ""), 405, 36009010},
		"a delete of a target collaboration": {u.request(http.MethodDelete, "/affiliate_seller/202409/target_collaborations/1", nil, ""), 405, 36009010},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := u.send(test.request)
			require.Equal(t, []int{test.status, test.code}, []int{got.Status, got.Code}, got.Message)
		})
	}
}

func TestTheTimestampsWindowIncludesItsEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := open(t, Options{NoRateLimits: true})
		at := func(d time.Duration) int {
			stamp := strconv.FormatInt(time.Now().Add(d).Unix(), 10)
			return u.post(searchPath, url.Values{"page_size": {"1"}, "timestamp": {stamp}}, "{}").Code
		}
		got := []int{at(-301 * time.Second), at(-300 * time.Second), at(30 * time.Second), at(31 * time.Second)}
		require.Equal(t, []int{36009004, 0, 0, 36009004}, got)
	})
}

func TestAScopeThatWasNotGrantedIsNamed(t *testing.T) {
	u := open(t, Options{})
	id := u.add(`{}`)
	u.order("/sim/authorization", `{"do":"withhold_scope","scope":"seller.affiliate_collaboration.write"}`)
	got := u.post(reviewPath(id), nil, `{"review_result":"APPROVE"}`)
	require.Equal(t, 105005, got.Code)
	require.Contains(t, got.Message, "seller.affiliate_collaboration.write")
	require.Zero(t, u.search(1, "", "{}").Code, "reading is another scope")
	u.order("/sim/authorization", `{"do":"grant_scope","scope":"seller.affiliate_collaboration.write"}`)
	require.Zero(t, u.post(reviewPath(id), nil, `{"review_result":"APPROVE"}`).Code)
}

func TestOneShopDoesNotSeeTheApplicationsOfAnother(t *testing.T) {
	u := open(t, Options{Shops: 2})
	other := u.state()["shops"].([]any)[1].(map[string]any)["id"].(string)
	id := u.add(`{"shop_id":"` + other + `"}`)
	require.Empty(t, u.found("{}"))
	require.Equal(t, codeUnknownApplication, u.post(reviewPath(id), nil, `{"review_result":"APPROVE"}`).Code)
	u.cipher = u.get("/authorization/202309/shops", nil).data(t)["shops"].([]any)[1].(map[string]any)["cipher"].(string)
	require.Len(t, u.found("{}"), 1)
	require.Zero(t, u.post(reviewPath(id), nil, `{"review_result":"APPROVE"}`).Code)
}

func TestCallsOverTheRateAreToldWhenToComeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := open(t, Options{})
		good := 0
		var last reply
		for last.Code == 0 {
			last = u.search(1, "", "{}")
			good++
		}
		require.Equal(t, burstOfReads+1, good)
		require.Equal(t, []int{429, 36009002}, []int{last.Status, last.Code})
		require.Equal(t, "1", last.Header.Get("Retry-After"))
		require.Zero(t, u.get("/authorization/202309/shops", nil).Code, "another endpoint has a bucket of its own")
		time.Sleep(time.Second)
		for range callsPerSecond {
			require.Zero(t, u.search(1, "", "{}").Code)
		}
		require.Equal(t, 36009002, u.search(1, "", "{}").Code)
	})
}

func TestRateLimitsCanBeTurnedOff(t *testing.T) {
	u := open(t, Options{NoRateLimits: true})
	for range 200 {
		require.Zero(t, u.search(1, "", "{}").Code)
	}
}

func TestLimitsChangeAtAnyTimeAndGrowWithTheShops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := open(t, Options{Shops: 3})
		require.EqualValues(t, 12, u.state()["limits"].(map[string]any)["per_second"])
		u.order("/sim/limits", `{"per_second":0.5,"burst_of_reads":2,"messages_a_day":1,"message_spacing":"0s"}`)
		search := func() reply { return u.post(searchPath, url.Values{"page_size": {"1"}}, `{}`) }
		require.Zero(t, search().Code)
		require.Zero(t, search().Code)
		got := search()
		require.Equal(t, []any{429, 36009002, "2"}, []any{got.Status, got.Code, got.Header.Get("Retry-After")})
		time.Sleep(2 * time.Second)
		require.Zero(t, search().Code)
		u.order("/sim/limits", `{}`)
		for range 20 {
			require.Zero(t, search().Code)
		}
		for _, body := range []string{`{"per_second":0}`, `{"burst_of_writes":0}`, `{"messages_a_day":-1}`, `{"message_spacing":"x"}`, `{"speed":1}`} {
			status, _ := u.control("/sim/limits", body)
			require.Equal(t, http.StatusBadRequest, status, body)
		}
	})
}

func TestMessageQuotasCanBeMadeSmall(t *testing.T) {
	u := open(t, Options{})
	u.add(`{"creator":{"creator_open_id":"71"}}`)
	conversation := u.post("/affiliate_seller/202508/conversations", nil, `{"creator_open_id":"71"}`).data(t)["conversation_id"].(string)
	send := func() int {
		return u.post("/affiliate_seller/202412/conversations/"+conversation+"/messages", nil, `{"msg_type":"TEXT","content":"{\"content\":\"Hello\"}"}`).Code
	}
	u.order("/sim/limits", `{"message_spacing":"0s","messages_unanswered":1}`)
	require.Zero(t, send())
	require.Equal(t, 16030100, send())
	u.order("/sim/limits", `{"message_spacing":"0s","messages_a_day":2}`)
	require.Zero(t, send())
	require.Equal(t, 45101004, send())
}
