package affiliatesim

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"
)

// The kinds of accounts that can consent, as the token calls number them. An account of
// another kind than a seller's gets tokens too; they are good for nothing of a shop's.
const (
	userSeller  = 0
	userCreator = 1
	userPartner = 3
)

// defaultRedirect is where consent leads unless an app says otherwise: where a desk of
// this machine listens by default.
const defaultRedirect = "http://127.0.0.1:8080/tiktok/callback"

// The markets, which have partner centers of their own: an app belongs to one.
const (
	marketRow = "row"
	marketUS  = "us"
)

// app is one app of a partner center: a key with its secret, and one redirect address.
// What accounts granted it is its own; so are the open ids by which it knows creators.
type app struct {
	name, key, secret, serviceID, market string
	redirect                             string
	grants                               []*authorization
	codes                                map[string]consent // unused ones

	registered map[string][]registration // webhooks, by shop

	own    bool // of the first app: its creators go by the ids that /sim shows
	byID   map[string]*creator
	openID map[*creator]string
	cipher map[*shop]string
}

// account is somebody who can consent: a seller with shops, a creator, a partner.
type account struct {
	id, name string
	userType int
	region   string
	shops    []*shop
}

// kind says whose account it is.
func (a *account) kind() string {
	switch a.userType {
	case userCreator:
		return "creator"
	case userPartner:
		return "partner"
	default:
		return "seller"
	}
}

// consent is what an account agreed to, until its code is exchanged.
type consent struct {
	account *account
	lasts   time.Duration
	dies    time.Time // the code does
}

// newApp enters an app.
func (c *Center) newApp(name, market, redirect string) *app {
	a := &app{
		name: name, key: "6" + randomHex(6), secret: randomHex(20), serviceID: c.ids.next(), market: market,
		redirect: cmp.Or(redirect, defaultRedirect), codes: map[string]consent{}, registered: map[string][]registration{}, own: len(c.apps) == 0,
		byID: map[string]*creator{}, openID: map[*creator]string{}, cipher: map[*shop]string{},
	}
	c.apps = append(c.apps, a)
	return a
}

// newAccount enters an account.
func (c *Center) newAccount(name string, userType int, region string, shops []*shop) *account {
	a := &account{id: c.ids.next(), name: name, userType: userType, region: region, shops: shops}
	c.accounts = append(c.accounts, a)
	return a
}

// appOf finds an app by its key or service id; an empty name means the first.
func (c *Center) appOf(name string) (*app, bool) {
	if name == "" {
		return c.apps[0], true
	}
	i := slices.IndexFunc(c.apps, func(a *app) bool { return a.serviceID == name || a.key == name })
	if i < 0 {
		return nil, false
	}
	return c.apps[i], true
}

// accountOf finds an account by id; an empty id means the first.
func (c *Center) accountOf(id string) (*account, bool) {
	if id == "" {
		return c.accounts[0], true
	}
	i := slices.IndexFunc(c.accounts, func(a *account) bool { return a.id == id })
	if i < 0 {
		return nil, false
	}
	return c.accounts[i], true
}

// consentURL is the address of the app's consent page. The vendor has a host for each
// market with the same path on both; here the market's is another path.
func (a *app) consentURL(base string) string { return base + consentPath(a.market) }

func consentPath(market string) string {
	if market == marketUS {
		return "/us" + pathConsent
	}
	return pathConsent
}

// openIDOf is the id by which the app knows a creator: another one for each app.
func (a *app) openIDOf(p *creator) string {
	if a == nil || a.own {
		return p.openID
	}
	id := a.openID[p]
	if id == "" {
		id = newOpenID()
		a.openID[p], a.byID[id] = id, p
	}
	return id
}

// cipherOf is what names a shop in the app's calls. Whether two apps get the same is not
// documented: here they do not, so that one is never sent for the other.
func (a *app) cipherOf(s *shop) string {
	if a.own {
		return s.Cipher
	}
	if a.cipher[s] == "" {
		a.cipher[s] = "ROW_" + randomHex(16)
	}
	return a.cipher[s]
}

// creatorKnownTo finds a creator by the id by which the app knows them.
func (c *Center) creatorKnownTo(a *app, openID string) (*creator, bool) {
	all := c.creators.byOpenID
	if a != nil && !a.own {
		all = a.byID
	}
	p, known := all[openID]
	return p, known
}

// grantOf finds what an account granted to the app.
func (a *app) grantOf(from *account) *authorization {
	i := slices.IndexFunc(a.grants, func(g *authorization) bool { return g.account == from })
	if i < 0 {
		return nil
	}
	return a.grants[i]
}

// covers tells whether an authorisation of the app holds for a shop now.
func (a *app) covers(s *shop, now time.Time) bool {
	return slices.ContainsFunc(a.grants, func(g *authorization) bool { return g.holds(now) && slices.Contains(g.account.shops, s) })
}

// appRecord is what a control tells of an app: all that a client needs.
func (a *app) appRecord(base string) map[string]any {
	return map[string]any{
		"name": a.name, "app_key": a.key, "app_secret": a.secret, "service_id": a.serviceID, "market": a.market,
		"redirect_url": a.redirect, "consent_url": a.consentURL(base),
	}
}

// simApps answers GET /sim/apps.
func (c *Center) simApps(r *http.Request, _ []byte) (any, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	shown := []map[string]any{}
	for _, a := range c.apps {
		record, grants := a.appRecord(baseOf(r)), []map[string]any{}
		for _, g := range a.grants {
			grants = append(grants, map[string]any{
				"account": g.account.id, "open_id": g.openID, "ends": g.refreshExpires.Unix(), "authorized": g.holds(time.Now()), "scopes": g.scopes,
			})
		}
		record["authorizations"] = grants
		shown = append(shown, record)
	}
	return map[string]any{"apps": shown}, nil
}

// simNewApp answers POST /sim/apps: another app, which nobody has authorised yet.
func (c *Center) simNewApp(r *http.Request, body []byte) (any, error) {
	in, err := control[struct {
		Name     string `json:"name"`
		Market   string `json:"market"`
		Redirect string `json:"redirect_url"`
	}](body)
	if err != nil {
		return nil, err
	}
	in.Market = cmp.Or(in.Market, marketRow)
	switch {
	case in.Market != marketRow && in.Market != marketUS:
		return nil, badInput("market must be row or us, not %q", clip(in.Market, 20))
	case in.Redirect != "" && !webLink(in.Redirect):
		return nil, badInput("redirect_url must be an absolute web address, not %q", clip(in.Redirect, 100))
	case len([]rune(in.Name)) > 100:
		return nil, badInput("name must have at most 100 characters")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.apps) >= maxAccounts {
		return nil, badInput("there are %d apps already, the most that this stand-in keeps", maxAccounts)
	}
	a := c.newApp(cmp.Or(in.Name, "Another app"), in.Market, in.Redirect)
	c.changed()
	return a.appRecord(baseOf(r)), nil
}

// simApp answers POST /sim/apps/{service_id}: its one redirect address is another now.
func (c *Center) simApp(r *http.Request, body []byte) (any, error) {
	in, err := control[struct {
		Redirect string `json:"redirect_url"`
	}](body)
	if err != nil {
		return nil, err
	}
	if !webLink(in.Redirect) {
		return nil, badInput("redirect_url must be an absolute web address, not %q", clip(in.Redirect, 100))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	a, known := c.appOf(r.PathValue("service_id"))
	if !known {
		return nil, missing("there is no app %q: GET /sim/apps lists them", clip(r.PathValue("service_id"), 40))
	}
	a.redirect = in.Redirect
	return a.appRecord(baseOf(r)), nil
}

// maxAccounts bounds the accounts and the apps that one stand-in keeps.
const maxAccounts = 200

// simAccounts answers POST /sim/accounts: somebody else who can consent; a seller with
// new shops of their own.
func (c *Center) simAccounts(_ *http.Request, body []byte) (any, error) {
	in, err := control[struct {
		Name     string `json:"name"`
		UserType int    `json:"user_type"`
		Region   string `json:"region"`
		Shops    []struct {
			Name   string `json:"name"`
			Region string `json:"region"`
		} `json:"shops"`
	}](body)
	if err != nil {
		return nil, err
	}
	if in.UserType == userSeller && len(in.Shops) == 0 || in.UserType != userSeller && len(in.Shops) > 0 || len(in.Shops) > 20 {
		return nil, badInput("a seller (user_type 0) has 1 to 20 shops, a creator (1) and a partner (3) none")
	}
	if in.UserType < 0 || in.UserType > 9 || len([]rune(in.Name)) > 100 {
		return nil, badInput("user_type must be a digit, and the name have at most 100 characters")
	}
	regions := []string{in.Region}
	for _, s := range in.Shops {
		regions = append(regions, s.Region)
	}
	for _, region := range regions {
		if region != "" && !regionText.MatchString(region) {
			return nil, badInput("region must be two capital letters")
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.accounts) >= maxAccounts {
		return nil, badInput("there are %d accounts already, the most that this stand-in keeps", maxAccounts)
	}
	in.Region = cmp.Or(in.Region, "US")
	a := c.newAccount(cmp.Or(in.Name, "Another account"), in.UserType, in.Region, nil)
	for _, s := range in.Shops {
		a.shops = append(a.shops, c.openShop(s.Name, cmp.Or(s.Region, in.Region)))
	}
	c.changed()
	return a.record(), nil
}

// record is what a control tells of an account.
func (a *account) record() map[string]any {
	shops := []map[string]string{}
	for _, s := range a.shops {
		shops = append(shops, map[string]string{"id": s.ID, "name": s.Name, "region": s.Region})
	}
	return map[string]any{"id": a.id, "name": a.name, "user_type": a.userType, "region": a.region, "shops": shops}
}

// shopNames lists an account's shops for its owner.
func (a *account) shopNames() string {
	names := []string{}
	for _, s := range a.shops {
		names = append(names, s.Name+" ("+s.Region+")")
	}
	return strings.Join(names, ", ")
}

// simListAccounts answers GET /sim/accounts.
func (c *Center) simListAccounts(*http.Request, []byte) (any, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	shown := []map[string]any{}
	for _, a := range c.accounts {
		shown = append(shown, a.record())
	}
	return map[string]any{"accounts": shown}, nil
}
