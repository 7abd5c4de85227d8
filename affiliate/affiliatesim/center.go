package affiliatesim

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Options say how a [Center] starts.
type Options struct {
	// Logger hears about what nobody asked for, such as a webhook that could not be
	// delivered. Nil: nothing is logged.
	Logger *slog.Logger
	// NoRateLimits turns the rate limits and the spacing of messages off, for load
	// tests. Message quotas stay.
	NoRateLimits bool
	// Seed is the number of pending requests to start with.
	Seed int
	// Shops is the number of shops of the first seller; less than one means one.
	Shops int
	// Redirect is the address to which consent for the first app leads. Empty:
	// /tiktok/callback of port 8080 of this machine.
	Redirect string
	// Links are shown in the page's footer, beside the words that nothing here is real.
	Links []Link
	// FramedBy names whose pages may show this page in a frame, as the content policy's
	// frame-ancestors has them: 'self', or origins such as http://127.0.0.1:8484. None:
	// nobody's.
	FramedBy []string
	// Webhooks delivers webhooks. Nil: a client of its own, which gives up after ten
	// seconds and follows no redirects. Tests in a bubble give one that dials in memory.
	Webhooks *http.Client
}

// Link is a link in the page's footer.
type Link struct{ Label, URL string }

// Details are what a client needs to reach a [Center]; the JSON names are those of
// the line that the command prints at its start.
type Details struct {
	APIURL       string `json:"tiktok_api_url"`
	AuthURL      string `json:"tiktok_auth_url"`
	Page         string `json:"tiktok_page"`
	AppKey       string `json:"tiktok_app_key"`
	AppSecret    string `json:"tiktok_app_secret"`
	RefreshToken string `json:"tiktok_refresh_token"`
	ShopID       string `json:"tiktok_shop_id"`
	// ServiceID and ConsentURL are of the first app's consent page, and RedirectURL is where
	// its consent leads.
	ServiceID   string `json:"tiktok_service_id"`
	ConsentURL  string `json:"tiktok_consent_url"`
	RedirectURL string `json:"tiktok_redirect_url"`
}

// Center is one stand-in Affiliate Center with its state in memory. Its methods
// may be called from any goroutine.
type Center struct {
	logger  *slog.Logger
	options Options
	handler http.Handler
	table   []endpoint
	actions map[string]action
	watch   watchers
	calls   callLog
	hooks   *postman

	// mu guards everything below. Handlers run under it and never wait while they hold it.
	mu       sync.Mutex
	closed   bool
	apps     []*app
	accounts []*account
	ids      idSource
	sealing  [16]byte
	shops    []*shop
	creators directory
	products map[string]*product
	// catalogue lists the products in the order in which they appeared.
	catalogue      []*product
	applications   map[string]*application
	listing        []*application // in order of arrival
	collaborations []*collaboration
	conversations  []*conversation
	faults         []*fault
	odd            odd
	oddNext        []*oddListings
	limiters       map[limitKey]*rate.Limiter
	quotas         quotas
	automation     automation
	lag            time.Duration
	advanced       time.Duration
	advancedAt     time.Time // when the clock was first moved; zero: never
	due            time.Time // the soonest deadline; zero: none
	alarm          *time.Timer
	deliveries     int // numbers the webhooks, whose shape alternates
}

// shop is one shop of a seller.
type shop struct {
	ID, Name, Region, SellerType, Code, Cipher string
	// sent are the times of this shop's messages in the last day: its daily quota.
	sent []time.Time
}

// New starts a stand-in with fresh random secrets. Close it when done.
func New(options Options) *Center {
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	c := &Center{
		logger:       options.Logger,
		options:      options,
		ids:          newIDSource(),
		products:     map[string]*product{},
		creators:     newDirectory(),
		applications: map[string]*application{},
		limiters:     map[limitKey]*rate.Limiter{},
		odd:          odd{},
	}
	_, _ = rand.Read(c.sealing[:])
	c.table, c.actions = endpoints(), actions()
	c.hooks = newPostman(options.Webhooks, options.Logger)
	c.watch.init()
	for i := range max(1, options.Shops) {
		c.openShop(shopName(i), "US")
	}
	c.quotas = newQuotas(len(c.shops))
	c.introduce(options.Redirect)
	c.stockShelves()
	c.seed(options.Seed)
	c.handler = c.routes()
	return c
}

// Handler serves the page, the controls, the Open API and the token calls.
func (c *Center) Handler() http.Handler { return c.handler }

// Details names the addresses and secrets of a Center that is served at base, such
// as http://127.0.0.1:8485. The refresh token is the one that works now.
func (c *Center) Details(base string) Details {
	for len(base) > 0 && base[len(base)-1] == '/' {
		base = base[:len(base)-1]
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return Details{
		APIURL:       base,
		AuthURL:      base,
		Page:         base + "/",
		AppKey:       c.apps[0].key,
		AppSecret:    c.apps[0].secret,
		RefreshToken: c.apps[0].grants[0].refresh,
		ShopID:       c.shops[0].ID,
		ServiceID:    c.apps[0].serviceID,
		ConsentURL:   c.apps[0].consentURL(base),
		RedirectURL:  c.apps[0].redirect,
	}
}

// Close stops the timers, ends live pages and waits for the delivery of webhooks to
// stop. What is in the queue is dropped: webhooks may be lost. Closing twice is fine.
func (c *Center) Close() error {
	c.mu.Lock()
	c.closed = true
	if c.alarm != nil {
		c.alarm.Stop()
	}
	for _, a := range c.apps {
		for _, g := range a.grants {
			g.notices.Stop()
		}
	}
	c.mu.Unlock()
	c.watch.close()
	c.hooks.close()
	return nil
}

// changed tells live pages that something is new. The caller holds mu.
func (c *Center) changed() { c.watch.touch() }

// introduce enters the first app, which the first seller has authorised for all shops that
// there are at the start, and two people whose consent is of no use.
func (c *Center) introduce(redirect string) {
	seller := c.newAccount("Demo seller", userSeller, "US", slices.Clone(c.shops))
	c.newAccount("A creator", userCreator, "US", nil)
	c.newAccount("An agency", userPartner, "US", nil)
	c.authorized(c.newApp("Sample desk of the demo", marketUS, redirect), seller, refreshLife, time.Now())
}

// openShop opens a shop with a cipher of its own.
func (c *Center) openShop(name, region string) *shop {
	s := &shop{
		ID:         c.ids.next(),
		Name:       cmp.Or(name, shopName(len(c.shops))),
		Region:     region,
		SellerType: "LOCAL",
		Code:       fmt.Sprintf("%sLC%06d", region, mathrand.IntN(1_000_000)),
		Cipher:     "ROW_" + randomHex(16),
	}
	c.shops = append(c.shops, s)
	return s
}

// shopByID finds a shop; an empty id means the first. The caller holds mu.
func (c *Center) shopByID(id string) (*shop, bool) {
	if id == "" {
		return c.shops[0], true
	}
	for _, s := range c.shops {
		if s.ID == id {
			return s, true
		}
	}
	return nil, false
}

// idSource hands out identifiers as the vendor's: decimal strings of 64-bit numbers
// beyond 2^53, so that a client that reads them as floats is found out.
type idSource struct{ last uint64 }

func newIDSource() idSource {
	return idSource{last: 7_290_000_000_000_000_000 + mathrand.Uint64N(100_000_000_000_000_000)}
}

// next is a new identifier, larger than all before, at no fixed distance.
func (s *idSource) next() string {
	s.last += 1 + mathrand.Uint64N(100_000)
	return fmt.Sprint(s.last)
}

// randomHex is n random bytes in lowercase hex.
func randomHex(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: it ends the process when the system has no randomness
	return hex.EncodeToString(b)
}
