package affiliate_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/affiliate"
	"sampledesk/affiliate/affiliatetest"
)

func TestEveryCodeMeansWhatTheVendorDocuments(t *testing.T) {
	for _, c := range []struct {
		status, code int
		message      string
		kind         affiliate.Kind
		stops        affiliate.Stops
	}{
		{401, 105002, "", affiliate.TokenExpired, affiliate.StopsAll},
		{200, 105001, "", affiliate.NeedsReconnect, affiliate.StopsAll},
		{200, 101000, "", affiliate.NeedsReconnect, affiliate.StopsAll},
		{200, 36004004, "", affiliate.NeedsReconnect, affiliate.StopsAll},
		{200, 36004005, "", affiliate.NeedsReconnect, affiliate.StopsAll},
		{400, 36009004, "Invalid credentials. The 'access_token' is invalid", affiliate.NeedsReconnect, affiliate.StopsAll},
		{400, 36009004, "invalid app_key", affiliate.AppKeyWrong, affiliate.StopsAll},
		{400, 36009004, "AppKey is unknown", affiliate.AppKeyWrong, affiliate.StopsAll},
		{400, 36009004, "The Timestamp is invalid", affiliate.ClockWrong, affiliate.StopsAll},
		{200, 36009004, "expired time stamp", affiliate.ClockWrong, affiliate.StopsAll},
		{400, 36009004, "invalid version", affiliate.VersionRetired, affiliate.StopsCall},
		{400, 36009004, "shop_cipher is invalid", affiliate.ShopUnknown, affiliate.StopsAll},
		{400, 36009004, "shop_id does not fit", affiliate.ShopUnknown, affiliate.StopsAll},
		{400, 36009004, "invalid reject_reason", affiliate.Refused, affiliate.StopsNothing},
		{400, 36009004, "conversation_id is invalid", affiliate.Refused, affiliate.StopsNothing},
		{403, 105005, "", affiliate.ScopeMissing, affiliate.StopsCall},
		{401, 106001, "", affiliate.SignatureInvalid, affiliate.StopsAll},
		{400, 106013, "", affiliate.CallFaulty, affiliate.StopsAll},
		{400, 36009014, "The version name is invalid", affiliate.VersionRetired, affiliate.StopsCall},
		{403, 36009033, "", affiliate.AddressNotAllowed, affiliate.StopsAll},
		{404, 36009009, "", affiliate.CallUnknown, affiliate.StopsCall},
		{405, 36009010, "", affiliate.CallUnknown, affiliate.StopsCall},
		{415, 36009022, "", affiliate.CallUnknown, affiliate.StopsCall},
		{200, 36009023, "", affiliate.CallUnknown, affiliate.StopsCall},
		{200, 36009002, "", affiliate.RateLimited, affiliate.StopsNothing},
		{429, 36009002, "", affiliate.RateLimited, affiliate.StopsNothing},
		{429, 0, "", affiliate.RateLimited, affiliate.StopsNothing},
		{200, 36009003, "", affiliate.Retryable, affiliate.StopsNothing},
		{400, 36009007, "", affiliate.Retryable, affiliate.StopsNothing},
		{500, 0, "", affiliate.Retryable, affiliate.StopsNothing},
		{503, 16032001, "a code that came with a 5xx is not believed", affiliate.Retryable, affiliate.StopsNothing},
		{200, 16030100, "", affiliate.QuotaExhausted, affiliate.StopsNothing},
		{200, 16030002, "", affiliate.QuotaExhausted, affiliate.StopsNothing},
		{200, 45101004, "", affiliate.QuotaExhausted, affiliate.StopsNothing},
		{200, 16022020, "", affiliate.Refused, affiliate.StopsNothing},
		{200, 16032001, "", affiliate.Refused, affiliate.StopsNothing},
		{200, 16030009, "a test account may not write", affiliate.Refused, affiliate.StopsNothing},
		{401, 1010000, "the vendor has no such code", affiliate.Refused, affiliate.StopsNothing},
		{200, 987654, "", affiliate.Refused, affiliate.StopsNothing},
		{403, 987654, "", affiliate.Refused, affiliate.StopsNothing},
		{200, 0, "", affiliate.Malformed, affiliate.StopsNothing},
		{404, 0, "a proxy's page is no refusal of the vendor's", affiliate.Malformed, affiliate.StopsNothing},
		{302, 16032001, "", affiliate.Malformed, affiliate.StopsNothing},
	} {
		err := fmt.Errorf("wrapped: %w", &affiliate.Error{HTTPStatus: c.status, Code: c.code, Message: c.message})
		require.Equal(t, c.kind, affiliate.KindOf(err), "HTTP %d, code %d", c.status, c.code)
		require.Equal(t, c.stops, affiliate.KindOf(err).Stops(), "HTTP %d, code %d", c.status, c.code)
	}
	require.Equal(t, affiliate.Unknown, affiliate.KindOf(nil))
	require.Equal(t, affiliate.Unknown, affiliate.KindOf(context.Canceled))
}

func TestAnErrorNamesTheCallTheCodeAndTheRequest(t *testing.T) {
	shop, _ := newShop(t, func(w http.ResponseWriter, _ request) { reply(w, 200, refusal(16032001, "creator in another region")) })
	err := shop.Review(t.Context(), "7390000000000000001", affiliate.Approve())
	got, ok := errors.AsType[*affiliate.Error](err)
	require.True(t, ok)
	const path = "/affiliate_seller/202507/sample_applications/7390000000000000001/review"
	require.Equal(t, &affiliate.Error{
		Code: 16032001, Message: "creator in another region", RequestID: "20261122R1", HTTPStatus: 200, Path: path, Endpoint: affiliate.EndpointReview, Write: true,
	}, got)
	require.Equal(t, "reviewing application 7390000000000000001: TikTok Shop answered "+path+
		" with code 16032001, HTTP 200: creator in another region (request 20261122R1)", err.Error())
}

func TestAWriteIsUnclearOnlyWhenItMayHaveBeenDone(t *testing.T) {
	for name, c := range map[string]struct {
		answer  func(w http.ResponseWriter, r request)
		unclear bool
		kind    affiliate.Kind
	}{
		"refused":                 {plain(200, refusal(16020002, "not pending")), false, affiliate.Refused},
		"refused with a 4xx":      {plain(400, refusal(36009004, "bad reason")), false, affiliate.Refused},
		"too many requests":       {plain(200, refusal(36009002, "slow down")), false, affiliate.RateLimited},
		"a bare 429":              {plain(429, "slow down"), false, affiliate.RateLimited},
		"invalid token":           {plain(401, refusal(105001, "invalid")), false, affiliate.NeedsReconnect},
		"scope":                   {plain(403, refusal(105005, "seller.affiliate_collaboration.write")), false, affiliate.ScopeMissing},
		"vendor's fault":          {plain(200, refusal(36009003, "internal")), true, affiliate.Retryable},
		"vendor's time-out":       {plain(200, refusal(36009007, "timeout")), true, affiliate.Retryable},
		"503":                     {plain(503, "Service Unavailable"), true, affiliate.Retryable},
		"500 that claims success": {plain(500, success("{}")), true, affiliate.Retryable},
		"a page in place of JSON": {plain(200, "<html>Welcome</html>"), true, affiliate.Malformed},
		"nothing":                 {plain(200, ""), true, affiliate.Malformed},
		"no code":                 {plain(200, `{"message":"Success","data":{}}`), true, affiliate.Malformed},
		"a code that is null":     {plain(200, `{"code":null}`), true, affiliate.Malformed},
		"a code that is text":     {plain(200, `{"code":"0"}`), true, affiliate.Malformed},
		"success and then more":   {plain(200, success("{}")+"x"), true, affiliate.Malformed},
		"success with a 403":      {plain(403, success("{}")), true, affiliate.Malformed},
		"a proxy's 403":           {plain(403, "Forbidden"), true, affiliate.Malformed},
		"too long":                {plain(200, strings.Repeat(" ", 9<<20)+success("{}")), true, affiliate.Malformed},
		"cut before the answer":   {func(w http.ResponseWriter, _ request) { cut(w) }, true, affiliate.Retryable},
		"cut within the answer": {func(w http.ResponseWriter, _ request) {
			w.Header().Set("Content-Length", "1000")
			reply(w, 200, success("{}"))
			cut(w)
		}, true, affiliate.Retryable},
		"a redirect": {func(w http.ResponseWriter, _ request) {
			w.Header().Set("Location", "http://api.example/elsewhere")
			reply(w, 307, "")
		}, true, affiliate.Malformed},
	} {
		t.Run(name, func(t *testing.T) {
			shop, v := newShop(t, c.answer)
			err := shop.Review(t.Context(), "1", affiliate.Reject(affiliate.ReasonOutOfStock))
			require.Error(t, err)
			require.Equal(t, c.unclear, affiliate.Unclear(err), err)
			require.Equal(t, c.kind, affiliate.KindOf(err), err)
			require.Len(t, v.seen(), 1, "a write is sent once")
		})
	}
}

func TestAnAnswerIsReadUpToABound(t *testing.T) {
	shop, _ := newShop(t, plain(200, `{"code":0,"message":"`+strings.Repeat("x", 9<<20)+`"}`))
	require.ErrorContains(t, shop.Review(t.Context(), "1", affiliate.Approve()), "longer than 8388608 bytes")
}

func plain(status int, body string) func(http.ResponseWriter, request) {
	return func(w http.ResponseWriter, _ request) { reply(w, status, body) }
}

func TestAWriteThatTimesOutIsUnclear(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shop, v := newShop(t, func(http.ResponseWriter, request) { time.Sleep(time.Minute) })
		began := time.Now()
		err := shop.Review(t.Context(), "1", affiliate.Approve())
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.True(t, affiliate.Unclear(err))
		require.Equal(t, affiliate.Retryable, affiliate.KindOf(err))
		require.Equal(t, affiliate.DefaultTimeout, time.Since(began))
		require.Len(t, v.seen(), 1)
	})
}

func TestAWriteWhoseCallerGivesUpIsUnclear(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shop, _ := newShop(t, func(http.ResponseWriter, request) { time.Sleep(time.Minute) })
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.True(t, affiliate.Unclear(shop.Review(ctx, "1", affiliate.Approve())))
	})
}

func TestAWriteWithoutAConnectionCertainlyWasNotDone(t *testing.T) {
	client := newClient(t, &http.Client{Transport: affiliatetest.Refuse()})
	err := client.Authorisation(lasting()).Shop(shopID, cipher).Review(t.Context(), "1", affiliate.Approve())
	require.Equal(t, affiliate.Retryable, affiliate.KindOf(err))
	require.False(t, affiliate.Unclear(err))
	require.ErrorContains(t, err, "cannot be reached")
}

func TestAWriteThroughATransportThatReportsNothingIsUnclear(t *testing.T) {
	client := newClient(t, &http.Client{Transport: gossip{}})
	err := client.Authorisation(lasting()).Shop(shopID, cipher).Review(t.Context(), "1", affiliate.Approve())
	require.True(t, affiliate.Unclear(err))
}

func TestAWriteThatWasGivenUpBeforeItWasSentIsNotUnclear(t *testing.T) {
	shop, v := newShop(t, plain(200, success("{}")))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := shop.Review(ctx, "1", affiliate.Approve())
	require.ErrorIs(t, err, context.Canceled)
	require.False(t, affiliate.Unclear(err))
	require.Equal(t, affiliate.Unknown, affiliate.KindOf(err))
	require.Empty(t, v.seen())
}

func TestAParameterFaultIsTheClocksIfTheAnswersDateSaysSo(t *testing.T) {
	for _, c := range []struct {
		vendorAhead time.Duration
		want        affiliate.Kind
	}{
		{0, affiliate.Refused},
		{4 * time.Minute, affiliate.Refused},
		{6 * time.Minute, affiliate.ClockWrong},
		{-20 * time.Second, affiliate.Refused},
		{-time.Minute, affiliate.ClockWrong},
	} {
		shop, _ := newShop(t, func(w http.ResponseWriter, _ request) {
			w.Header().Set("Date", time.Now().Add(c.vendorAhead).UTC().Format(http.TimeFormat))
			reply(w, 400, refusal(36009004, "invalid request"))
		})
		err := shop.Review(t.Context(), "1", affiliate.Approve())
		require.Equal(t, c.want, affiliate.KindOf(err), c.vendorAhead)
	}
}

func TestWhatTheVendorSaysIsOneShortLine(t *testing.T) {
	shop, _ := newShop(t, plain(200, refusal(16032001, "first\n\x1b[31msecond\u2028"+strings.Repeat("é", 400))))
	err := shop.Review(t.Context(), "1", affiliate.Approve())
	got, ok := errors.AsType[*affiliate.Error](err)
	require.True(t, ok)
	require.True(t, strings.HasPrefix(got.Message, "first [31msecond é"), got.Message)
	require.Len(t, []rune(got.Message), 301)
}

func TestTheWaitThatTheVendorAsksForIsKept(t *testing.T) {
	for header, want := range map[string]time.Duration{
		"7": 7 * time.Second, "0": 0, "": 0, "-1": 0, "soon": 0, "99999999999999999999": 0, "100000000": 10 * time.Minute,
	} {
		shop, _ := newShop(t, func(w http.ResponseWriter, _ request) {
			w.Header().Set("Retry-After", header)
			reply(w, 429, refusal(36009002, "slow down"))
		})
		err := shop.Review(t.Context(), "1", affiliate.Approve())
		require.Equal(t, want, affiliate.RetryAfter(err), "Retry-After: %s", header)
	}
	require.Zero(t, affiliate.RetryAfter(nil))

	shop, _ := newShop(t, func(w http.ResponseWriter, _ request) {
		w.Header().Set("Retry-After", "172800")
		reply(w, 429, refusal(36009002, "slow down"))
	})
	err := shop.Review(t.Context(), "1", affiliate.Approve())
	require.ErrorContains(t, err, "asking for a pause of 48h0m0s, which is cut to 10m0s")
}

func TestAWaitThatTheVendorGivesAsADateIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shop, _ := newShop(t, func(w http.ResponseWriter, _ request) {
			w.Header().Set("Retry-After", time.Now().Add(90*time.Second).UTC().Format(http.TimeFormat))
			reply(w, 429, "")
		})
		require.Equal(t, 90*time.Second, affiliate.RetryAfter(shop.Review(t.Context(), "1", affiliate.Approve())))
	})
}

func TestArgumentsThatCannotBeMeantAreNeverSent(t *testing.T) {
	shop, v := newShop(t, plain(200, success(noApplications)))
	for name, err := range map[string]error{
		"no verdict":     shop.Review(t.Context(), "1", affiliate.Verdict{}),
		"no reason":      shop.Review(t.Context(), "1", affiliate.Reject("")),
		"unknown reason": shop.Review(t.Context(), "1", affiliate.Reject("BORED")),
		"no id":          shop.Review(t.Context(), "", affiliate.Approve()),
		"a path":         shop.Review(t.Context(), "1/../2", affiliate.Approve()),
		"a long id":      shop.Review(t.Context(), "123456789012345678901", affiliate.Approve()),
		"page size 0":    pageError(shop.SearchPage(t.Context(), affiliate.Filter{}, "", 0)),
		"page size 51":   pageError(shop.SearchPage(t.Context(), affiliate.Filter{}, "", 51)),
	} {
		require.ErrorIs(t, err, affiliate.ErrInvalid, name)
		require.Equal(t, affiliate.Refused, affiliate.KindOf(err), name)
		require.False(t, affiliate.Unclear(err), name)
	}
	require.Empty(t, v.seen())
}

func pageError(_ affiliate.Page, err error) error { return err }

func TestAConfigurationThatCannotWorkIsRefused(t *testing.T) {
	good := affiliate.Config{AppKey: appKey, AppSecret: appSecret}
	_, err := affiliate.New(good)
	require.NoError(t, err, "the vendor's addresses are the default")
	for name, change := range map[string]func(*affiliate.Config){
		"no key":            func(c *affiliate.Config) { c.AppKey = "" },
		"no secret":         func(c *affiliate.Config) { c.AppSecret = "" },
		"no scheme":         func(c *affiliate.Config) { c.APIURL = "open-api.tiktokglobalshop.com" },
		"another scheme":    func(c *affiliate.Config) { c.AuthURL = "ftp://auth.example" },
		"no host":           func(c *affiliate.Config) { c.APIURL = "https://" },
		"a path":            func(c *affiliate.Config) { c.APIURL = "https://api.example/v1" },
		"a query":           func(c *affiliate.Config) { c.AuthURL = "https://auth.example?x=hidden" },
		"a password":        func(c *affiliate.Config) { c.AuthURL = "https://me:hidden@auth.example" },
		"no URL":            func(c *affiliate.Config) { c.APIURL = "https://hidden\x7f" },
		"negative time-out": func(c *affiliate.Config) { c.Timeout = -1 },
	} {
		config := good
		change(&config)
		_, err := affiliate.New(config)
		require.ErrorIs(t, err, affiliate.ErrInvalid, name)
		require.NotContains(t, err.Error(), "hidden", name)
	}
}
