package affiliatesim

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
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
	// scopeShops is what partner centers call Shop Authorized Information; how the token
	// calls name it is not documented, so no client should lean on this name.
	scopeShops = "seller.authorization.info"
)

func allScopes() []string {
	return []string{scopeRead, scopeWrite, scopeMessages, scopeMarket, scopeShops}
}

// authorization is what one account granted to an app.
type authorization struct {
	app            *app
	account        *account
	openID         string
	scopes         []string
	refresh        string    // empty: de-authorised
	refreshExpires time.Time // the end of the authorisation; no refresh moves it
	access         []accessToken
	notices        *time.Timer // webhook 7, daily through the last days
}

type accessToken struct {
	token   string
	expires time.Time
}

// holds tells whether the authorisation has neither ended nor been taken back.
func (a *authorization) holds(now time.Time) bool {
	return a.refresh != "" && now.Before(a.refreshExpires)
}

// authorized enters or renews what an account granted to an app. Renewing keeps the open
// id, moves the end, and kills the refresh token before, as a refresh does.
func (c *Center) authorized(a *app, who *account, lasts time.Duration, now time.Time) *authorization {
	g := a.grantOf(who)
	if g == nil {
		g = &authorization{app: a, account: who, openID: c.ids.next(), scopes: allScopes()}
		a.grants = append(a.grants, g)
	}
	g.refresh = "ROW_" + randomHex(32)
	c.endsAt(g, now.Add(lasts), now)
	return g
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
// them, and the vendor says nothing of ending them early. None outlives the
// authorisation, whose end a refresh does not move.
func (a *authorization) rotate(now time.Time) tokenAnswer {
	a.refresh = "ROW_" + randomHex(32)
	fresh := accessToken{token: "ROW_" + randomHex(32), expires: now.Add(accessLife)}
	if fresh.expires.After(a.refreshExpires) {
		fresh.expires = a.refreshExpires
	}
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
		SellerName:       a.account.name,
		SellerBaseRegion: a.account.region,
		UserType:         a.account.userType,
		GrantedScopes:    slices.Clone(a.scopes),
	}
}

// grantFor finds the authorisation whose access token works now. A call without one has a
// parameter that is missing; which code that gets is documented by its words alone.
func (a *app) grantFor(token string, now time.Time) (*authorization, error) {
	if token == "" {
		return nil, invalid("access_token is missing: send it in the header x-tts-access-token")
	}
	for _, g := range a.grants {
		for _, known := range g.access {
			if known.token != token {
				continue
			}
			if now.Before(known.expires) {
				return g, nil
			}
			return nil, refuse(codeTokenExpired, "access token has expired")
		}
	}
	return nil, refuse(codeTokenInvalid, "access token is invalid")
}

// newCode makes a code of a consent, which works once within half an hour.
func (c *Center) newCode(a *app, who *account, lasts time.Duration, now time.Time) string {
	code := "ROW_" + randomHex(24)
	if len(a.codes) >= knownTokens {
		clear(a.codes)
	}
	a.codes[code] = consent{account: who, lasts: lasts, dies: now.Add(codeLife)}
	return code
}

// getToken exchanges an authorisation code, which works once within half an hour, for the
// app alone that it was made for.
func (c *Center) getToken(k *call) (any, error) {
	a, err := c.checkTokenCall(k.query, "authorized_code")
	if err != nil {
		return nil, err
	}
	code := k.query.Get("auth_code")
	given, known := a.codes[code]
	delete(a.codes, code)
	if !known || !k.now.Before(given.dies) {
		return nil, refuse(codeBadAuthCode, "auth_code is invalid, used or expired")
	}
	return c.authorized(a, given.account, given.lasts, k.now).rotate(k.now), nil
}

// refreshToken exchanges the refresh token for a new pair.
func (c *Center) refreshToken(k *call) (any, error) {
	a, err := c.checkTokenCall(k.query, "refresh_token")
	if err != nil {
		return nil, err
	}
	token := k.query.Get("refresh_token")
	for _, g := range a.grants {
		if token != "" && token == g.refresh && g.holds(k.now) {
			return g.rotate(k.now), nil
		}
	}
	return nil, refuse(codeBadRefreshToken, "refresh_token is invalid, used or expired")
}

// checkTokenCall checks what both token calls have in common, and finds the app. Which
// code a wrong key or secret gets is not documented: it is a parameter that is invalid.
func (c *Center) checkTokenCall(query url.Values, grantType string) (*app, error) {
	key := query.Get("app_key")
	a, known := c.appOf(key)
	if !known || a.key != key || query.Get("app_secret") != a.secret {
		return nil, invalid("app_key or app_secret is invalid")
	}
	if got := query.Get("grant_type"); got != grantType {
		return nil, invalid("grant_type must be %s, not %q", grantType, clip(got, 40))
	}
	return a, nil
}

// Webhook 7 comes once a day from so long before the end of an authorisation.
const (
	endAnnounced = 30 * 24 * time.Hour
	endRepeated  = 24 * time.Hour
)

// endsAt sets the end of an authorisation and the timer of the webhooks before it.
func (c *Center) endsAt(g *authorization, end, now time.Time) {
	g.refreshExpires = end
	for i := range g.access {
		if g.access[i].expires.After(end) {
			g.access[i].expires = end
		}
	}
	if g.notices != nil {
		g.notices.Stop()
	}
	g.notices = time.AfterFunc(max(0, end.Add(-endAnnounced).Sub(now)), func() { c.announceEnd(g, end) })
}

// announceEnd tells that an authorisation is about to end, and again every day until it has.
func (c *Center) announceEnd(g *authorization, end time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if c.closed || !g.holds(now) || !g.refreshExpires.Equal(end) {
		return
	}
	c.tellEnd(g, now)
	g.notices = time.AfterFunc(endRepeated, func() { c.announceEnd(g, end) })
}

// tellEnd queues webhook 7 for every shop of an authorisation. The time is a text there.
func (c *Center) tellEnd(g *authorization, now time.Time) {
	for _, s := range g.account.shops {
		c.announceTo(g.app, webhookExpiring, s, map[string]any{
			"message": "The authorization is about to expire.", "expiration_time": strconv.FormatInt(g.refreshExpires.Unix(), 10),
		}, now)
	}
}

// authorizationOrder is what POST /sim/authorization is told. App is a service id or a key, and
// Account an account's id; without them it is the first of each.
type authorizationOrder struct {
	Do      string `json:"do"`
	Scope   string `json:"scope"`
	App     string `json:"app"`
	Account string `json:"account"`
	Lasts   string `json:"lasts"`
}

// authorize plays the seller and the clock towards an authorisation.
func (c *Center) authorize(in authorizationOrder, now time.Time) (any, error) {
	a, known := c.appOf(in.App)
	if !known {
		return nil, missing("there is no app %q: GET /sim/apps lists them", clip(in.App, 40))
	}
	who, known := c.accountOf(in.Account)
	if !known {
		return nil, missing("there is no account %q: GET /sim/accounts lists them", clip(in.Account, 40))
	}
	lasts, err := window("lasts", in.Lasts)
	if err != nil {
		return nil, err
	}
	if in.Do == "code" {
		code := c.newCode(a, who, cmp.Or(lasts, refreshLife), now)
		return map[string]any{"ok": true, "code": code, "expires_at": now.Add(codeLife).Unix()}, nil
	}
	g := a.grantOf(who)
	if g == nil {
		return nil, impossible("%s has not authorized %s", who.name, a.name)
	}
	return c.change(g, in, lasts, now)
}

func (c *Center) change(g *authorization, in authorizationOrder, lasts time.Duration, now time.Time) (any, error) {
	switch in.Do {
	case "expire_access":
		for i := range g.access {
			g.access[i].expires = now
		}
	case "invalidate_access":
		g.access = nil
	case "expire_refresh":
		g.refreshExpires = now
	case "end_in":
		c.endsAt(g, now.Add(lasts), now)
	case "deauthorize":
		for _, s := range g.account.shops {
			c.announceTo(g.app, webhookDeauthorized, s, map[string]any{"message": "The seller has removed the authorization."}, now)
		}
		g.access, g.refresh = nil, ""
	case "announce_expiry":
		c.tellEnd(g, now)
	case "withhold_scope", "grant_scope":
		if !slices.Contains(allScopes(), in.Scope) {
			return nil, badInput("scope must be one of %s", strings.Join(allScopes(), ", "))
		}
		g.scopes = slices.DeleteFunc(g.scopes, func(s string) bool { return s == in.Scope })
		if in.Do == "grant_scope" {
			g.scopes = append(g.scopes, in.Scope)
		}
	default:
		return nil, badInput(`"do" must be one of code, expire_access, invalidate_access, expire_refresh, end_in, deauthorize, announce_expiry, withhold_scope, grant_scope`)
	}
	return map[string]any{"ok": true}, nil
}
