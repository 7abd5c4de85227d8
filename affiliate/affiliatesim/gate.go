package affiliatesim

import (
	"crypto/subtle"
	"math"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/time/rate"
)

// The window that a call's timestamp must lie in, ends included.
const (
	timestampPast   = 5 * time.Minute
	timestampFuture = 30 * time.Second
)

// call is one request to the Open API or for a token, with its body read.
type call struct {
	request  *http.Request
	at       time.Time // arrival, which the timestamp is judged by
	now      time.Time // when it is carried out; later than at where a fault held it back
	endpoint endpoint
	id       string // what stands for {id} in the path
	query    url.Values
	body     []byte
	shop     *shop // nil where no shop is meant
	grant    *authorization
}

// openID is the id by which the caller's app knows a creator.
func (k *call) openID(p *creator) string {
	if k.grant == nil {
		return p.openID
	}
	return k.grant.app.openIDOf(p)
}

// base is the address that the caller used, for links back to this stand-in.
func (k *call) base() string { return baseOf(k.request) }

// baseOf is scheme and host as the request named them.
func baseOf(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// admit checks a call before its handler sees it, in this order: app key, timestamp,
// signature, token, scope, form of query and body, shop, rate. The vendor does not
// document an order; this one first asks who calls, and then what for.
// The caller holds mu.
func (c *Center) admit(k *call) error {
	if k.endpoint.token {
		return checkForm(k)
	}
	key := k.query.Get("app_key")
	a, known := c.appOf(key)
	if !known || a.key != key {
		return invalid("app_key is missing or unknown")
	}
	if err := checkTimestamp(k.query.Get("timestamp"), k.at); err != nil {
		return err
	}
	want := sign(k.request.URL.Path, k.query, k.request.Header.Get("Content-Type"), k.body, a.secret)
	if subtle.ConstantTimeCompare([]byte(want), []byte(k.query.Get("sign"))) != 1 {
		return refuse(codeSignatureInvalid, "signature is invalid")
	}
	var err error
	if k.grant, err = a.grantFor(k.request.Header.Get("X-Tts-Access-Token"), k.now); err != nil {
		return err
	}
	if k.grant.account.userType != userSeller {
		return refuse(codeTokenUnfit, "the user type of the access token does not fit this call")
	}
	if s := k.endpoint.scope; s != "" && !slices.Contains(k.grant.scopes, s) {
		return refuse(codeScopeMissing, "access scope is not granted: %s", scopeWords(s))
	}
	if err := checkForm(k); err != nil {
		return err
	}
	if err := c.findShop(k); err != nil {
		return err
	}
	return c.limit(k)
}

// scopeWords names a scope as partner centers do, where that is another name.
func scopeWords(scope string) string {
	if scope == scopeShops {
		return "Shop Authorized Information"
	}
	return scope
}

// checkForm refuses what a correct client never sends: parameters that the call does
// not have, parameters given twice, a body where none belongs, and bodies that are
// not declared as JSON. What the vendor does with these is not documented.
func checkForm(k *call) error {
	common := []string{"app_key", "timestamp", "sign", "access_token"}
	switch {
	case k.endpoint.token:
		common = []string{"app_key", "app_secret", "grant_type"}
	case k.endpoint.shop:
		common = append(common, "shop_cipher")
	}
	for name, values := range k.query {
		if !slices.Contains(common, name) && !slices.Contains(k.endpoint.query, name) {
			return invalid("query parameter %q is not one of this call's", clip(name, 60))
		}
		if len(values) > 1 {
			return invalid("query parameter %s is given %d times", name, len(values))
		}
	}
	if k.endpoint.method == http.MethodGet && len(k.body) > 0 {
		return invalid("a GET has no body")
	}
	return checkContentType(k)
}

// checkContentType wants application/json of every body. A call without a body may
// leave the header out, but may not claim another type.
func checkContentType(k *call) error {
	header := k.request.Header.Get("Content-Type")
	if header == "" && len(k.body) == 0 {
		return nil
	}
	kind, _, err := mime.ParseMediaType(header)
	if err != nil || kind != "application/json" {
		return refuse(codeNoSuchType, "content-type must be application/json, not %q", clip(header, 60))
	}
	return nil
}

// checkTimestamp wants plain Unix seconds within the window. Their number of digits
// is not checked: the window says more.
func checkTimestamp(text string, now time.Time) error {
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil || strings.HasPrefix(text, "+") {
		return invalid("timestamp is missing or not in Unix seconds")
	}
	stamp := time.Unix(seconds, 0)
	if stamp.Before(now.Add(-timestampPast)) || stamp.After(now.Add(timestampFuture)) {
		return invalid("timestamp is invalid: it must lie between 5 minutes ago and 30 seconds ahead; the time here is %d", now.Unix())
	}
	return nil
}

// findShop resolves shop_cipher where the call is about a shop.
func (c *Center) findShop(k *call) error {
	if !k.endpoint.shop {
		return nil
	}
	cipher := k.query.Get("shop_cipher")
	if cipher == "" {
		return refuse(codeCipherMissing, "shop_cipher is required")
	}
	for _, s := range k.grant.account.shops {
		if k.grant.app.cipherOf(s) == cipher {
			k.shop = s
			return nil
		}
	}
	return invalid("shop_cipher is invalid")
}

// limitKey names one bucket.
type limitKey struct{ app, shop, endpoint string }

// limit takes from the bucket of this shop and endpoint. Calls without a shop share one.
func (c *Center) limit(k *call) error {
	if c.options.NoRateLimits {
		return nil
	}
	key := limitKey{app: k.grant.app.key, endpoint: k.endpoint.method + " " + k.endpoint.path}
	if k.shop != nil {
		key.shop = k.shop.ID
	}
	limiter, known := c.limiters[key]
	if !known {
		limiter = rate.NewLimiter(rate.Limit(c.quotas.perSecond), c.quotas.burst(k.endpoint))
		c.limiters[key] = limiter
	}
	if limiter.AllowN(k.now, 1) {
		return nil
	}
	missing := 1 - limiter.TokensAt(k.now)
	return tooMany(time.Duration(math.Ceil(missing/c.quotas.perSecond*1000))*time.Millisecond, "too many requests")
}

// tooMany is the answer 429 with the time to wait.
func tooMany(wait time.Duration, message string) *refusal {
	r := refuse(codeTooManyRequests, "%s", message)
	r.wait = max(wait, time.Second)
	return r
}
