package affiliatesim

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

// Lives of codes and tokens. The vendor documents the first two; how long a refresh
// token lives is not documented, and a year is what its answers have shown.
const (
	codeLife    = 30 * time.Minute
	accessLife  = 7 * 24 * time.Hour
	refreshLife = 365 * 24 * time.Hour
	// knownTokens bounds how many access tokens are remembered, dead ones included.
	knownTokens = 1000
)

// The scopes that the vendor names for these calls.
const (
	scopeRead     = "seller.affiliate_collaboration.read"
	scopeWrite    = "seller.affiliate_collaboration.write"
	scopeMessages = "seller.affiliate_messages.write"
	scopeMarket   = "seller.creator_marketplace.read"
)

func allScopes() []string { return []string{scopeRead, scopeWrite, scopeMessages, scopeMarket} }

// authorization is what one seller granted to the app.
type authorization struct {
	appKey, appSecret string
	openID            string
	scopes            []string
	refresh           string // empty: de-authorised
	refreshExpires    time.Time
	access            []accessToken        // oldest first
	codes             map[string]time.Time // unused ones, with their end
}

type accessToken struct {
	token   string
	expires time.Time
}

func newAuthorization(openID string, now time.Time) authorization {
	return authorization{
		appKey:         "6" + randomHex(6),
		appSecret:      randomHex(20),
		openID:         openID,
		scopes:         allScopes(),
		refresh:        "ROW_" + randomHex(32),
		refreshExpires: now.Add(refreshLife),
		codes:          map[string]time.Time{},
	}
}

// tokenAnswer is the data of both token calls. The two expiries are absolute Unix
// seconds in spite of their names, as the vendor has them.
type tokenAnswer struct {
	AccessToken      string   `json:"access_token"`
	AccessExpires    int64    `json:"access_token_expire_in"`
	RefreshToken     string   `json:"refresh_token"`
	RefreshExpires   int64    `json:"refresh_token_expire_in"`
	OpenID           string   `json:"open_id"`
	SellerName       string   `json:"seller_name"`
	SellerBaseRegion string   `json:"seller_base_region"`
	UserType         int      `json:"user_type"`
	GrantedScopes    []string `json:"granted_scopes"`
}

// rotate replaces the refresh token, which kills the old one, and adds an access
// token. Older access tokens live on to their own end: calls may be in flight with
// them, and the vendor says nothing of ending them early.
func (a *authorization) rotate(now time.Time) tokenAnswer {
	a.refresh = "ROW_" + randomHex(32)
	a.refreshExpires = now.Add(refreshLife)
	fresh := accessToken{token: "ROW_" + randomHex(32), expires: now.Add(accessLife)}
	a.access = append(a.access, fresh)
	if len(a.access) > knownTokens {
		a.access = slices.Delete(a.access, 0, len(a.access)-knownTokens)
	}
	return tokenAnswer{
		AccessToken:      fresh.token,
		AccessExpires:    fresh.expires.Unix(),
		RefreshToken:     a.refresh,
		RefreshExpires:   a.refreshExpires.Unix(),
		OpenID:           a.openID,
		SellerName:       "Demo seller",
		SellerBaseRegion: "US",
		GrantedScopes:    slices.Clone(a.scopes),
	}
}

// check says whether an access token works now. A call without one has a parameter that
// is missing; which code that gets is documented by its words alone.
func (a *authorization) check(token string, now time.Time) error {
	if token == "" {
		return invalid("access_token is missing: send it in the header x-tts-access-token")
	}
	for _, known := range a.access {
		if known.token != token {
			continue
		}
		if now.Before(known.expires) {
			return nil
		}
		return refuse(codeTokenExpired, "access token has expired")
	}
	return refuse(codeTokenInvalid, "access token is invalid")
}

// getToken exchanges an authorisation code, which works once within half an hour.
func (c *Center) getToken(k *call) (any, error) {
	if err := c.checkTokenCall(k.query, "authorized_code"); err != nil {
		return nil, err
	}
	code := k.query.Get("auth_code")
	end, known := c.grant.codes[code]
	delete(c.grant.codes, code)
	if !known || !k.now.Before(end) {
		return nil, refuse(codeBadAuthCode, "auth_code is invalid, used or expired")
	}
	return c.grant.rotate(k.now), nil
}

// refreshToken exchanges the refresh token for a new pair.
func (c *Center) refreshToken(k *call) (any, error) {
	if err := c.checkTokenCall(k.query, "refresh_token"); err != nil {
		return nil, err
	}
	token := k.query.Get("refresh_token")
	if token == "" || token != c.grant.refresh || !k.now.Before(c.grant.refreshExpires) {
		return nil, refuse(codeBadRefreshToken, "refresh_token is invalid, used or expired")
	}
	return c.grant.rotate(k.now), nil
}

// checkTokenCall checks what both token calls have in common. Which code a wrong
// key or secret gets is not documented: it is a parameter that is invalid.
func (c *Center) checkTokenCall(query url.Values, grantType string) error {
	if query.Get("app_key") != c.grant.appKey || query.Get("app_secret") != c.grant.appSecret {
		return invalid("app_key or app_secret is invalid")
	}
	if got := query.Get("grant_type"); got != grantType {
		return invalid("grant_type must be %s, not %q", grantType, clip(got, 40))
	}
	return nil
}

// authorize plays the seller and the clock towards the app's authorisation.
func (c *Center) authorize(do, scope string, now time.Time) (any, error) {
	a := &c.grant
	switch do {
	case "code":
		code := "ROW_" + randomHex(24)
		if len(a.codes) >= knownTokens {
			clear(a.codes)
		}
		a.codes[code] = now.Add(codeLife)
		return map[string]any{"ok": true, "code": code, "expires_at": now.Add(codeLife).Unix()}, nil
	case "expire_access":
		for i := range a.access {
			a.access[i].expires = now
		}
	case "invalidate_access":
		a.access = nil
	case "expire_refresh":
		a.refreshExpires = now
	case "deauthorize":
		a.access, a.refresh = nil, ""
		c.announceAll(webhookDeauthorized, func(*shop) any {
			return map[string]any{"message": "The seller has removed the authorization."}
		})
	case "announce_expiry":
		c.announceAll(webhookExpiring, func(*shop) any {
			return map[string]any{"message": "The authorization is about to expire.", "expiration_time": a.refreshExpires.Unix()}
		})
	case "withhold_scope", "grant_scope":
		if !slices.Contains(allScopes(), scope) {
			return nil, badInput("scope must be one of %s", strings.Join(allScopes(), ", "))
		}
		a.scopes = slices.DeleteFunc(a.scopes, func(s string) bool { return s == scope })
		if do == "grant_scope" {
			a.scopes = append(a.scopes, scope)
		}
	default:
		return nil, badInput(`"do" must be one of code, expire_access, invalidate_access, expire_refresh, deauthorize, announce_expiry, withhold_scope, grant_scope`)
	}
	return map[string]any{"ok": true}, nil
}
