package affiliate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// The vendor's own addresses.
const (
	DefaultAPIURL  = "https://open-api.tiktokglobalshop.com"
	DefaultAuthURL = "https://auth.tiktok-shops.com"
)

// DefaultTimeout is how long a call may take.
const DefaultTimeout = 15 * time.Second

// Config says for which app and against which addresses a client works.
type Config struct {
	AppKey    string
	AppSecret Secret
	// APIURL and AuthURL are scheme and host, such as [DefaultAPIURL] and
	// [DefaultAuthURL], which are taken where they are empty.
	APIURL  string
	AuthURL string
	// HTTPClient makes the calls; its Transport is the caller's choice. It is
	// copied: redirects are never followed and cookies never kept. Nil means
	// a client of its own.
	HTTPClient *http.Client
	// Logger gets each call at level debug, and of what an operator should see at
	// level warn. Nil means silence.
	Logger *slog.Logger
	// Trace is told of each exchange; nil tells nobody. It is called on the goroutine
	// of the call and must not block.
	Trace func(Trace)
	// Shared keeps the budgets where other programs call for the same app; nil: they are
	// this client's alone.
	Shared Shared
	// Timeout of a single call, [DefaultTimeout] if zero.
	Timeout time.Duration
}

// Client calls the Affiliate Seller API for one app. It holds its settings
// behind a pointer, so that printing a client shows no secret.
type Client struct{ *core }

type core struct {
	appKey    string
	appSecret Secret
	api, auth *url.URL
	http      *http.Client
	log       *slog.Logger
	trace     func(Trace)
	timeout   time.Duration
	shared    Shared

	renewals sync.WaitGroup // of tokens, that are under way

	mu      sync.Mutex
	budgets map[ShopID]*budget
}

// Wait waits until no renewal of tokens is under way, so that a program that ends does
// not lose a new pair on its way into the vault. It is for when no call is made any
// more. The error is that of ctx, if it ends before.
func (c *Client) Wait(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		c.renewals.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting for tokens that are being renewed: %w", ctx.Err())
	}
}

// New checks the configuration and returns a client; it calls nobody.
func New(config Config) (*Client, error) {
	if config.AppKey == "" || config.AppSecret == "" {
		return nil, fmt.Errorf("%w: an app key and an app secret are needed", ErrInvalid)
	}
	if config.Timeout < 0 {
		return nil, fmt.Errorf("%w: the time-out is negative", ErrInvalid)
	}
	api, err := parseBase(config.APIURL, DefaultAPIURL)
	if err != nil {
		return nil, fmt.Errorf("%w: the API's address: %w", ErrInvalid, err)
	}
	auth, err := parseBase(config.AuthURL, DefaultAuthURL)
	if err != nil {
		return nil, fmt.Errorf("%w: the token calls' address: %w", ErrInvalid, err)
	}
	logger := config.Logger
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	timeout := config.Timeout
	if timeout == 0 {
		timeout = DefaultTimeout
	}
	return &Client{&core{
		appKey: config.AppKey, appSecret: config.AppSecret, api: api, auth: auth,
		http: withoutRedirects(config.HTTPClient), log: logger, trace: config.Trace, timeout: timeout, shared: config.Shared,
		budgets: map[ShopID]*budget{},
	}}, nil
}

// withoutRedirects returns a copy of the client that follows no redirects, as those
// would carry tokens elsewhere and repeat writes, and keeps no cookies.
func withoutRedirects(given *http.Client) *http.Client {
	plain := http.Client{}
	if given != nil {
		plain = *given
	}
	plain.Jar = nil
	plain.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &plain
}

// parseBase takes scheme and host only: the path is part of the signature, so
// a prefix would make every signature wrong. Its errors quote nothing, as an
// address may hold a password.
func parseBase(text, standard string) (*url.URL, error) {
	if text == "" {
		text = standard
	}
	base, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, errors.New("it is not a URL")
	case base.Scheme != "https" && base.Scheme != "http":
		return nil, errors.New("it begins with neither https:// nor http://")
	case base.Host == "":
		return nil, errors.New("it has no host")
	case base.User != nil || base.RawQuery != "" || base.Fragment != "":
		return nil, errors.New("only scheme and host are taken")
	case base.Path != "" && base.Path != "/":
		return nil, errors.New("a path is not taken, as the signature covers it")
	}
	return &url.URL{Scheme: base.Scheme, Host: base.Host}, nil
}

// budget returns what the shop's calls keep to; the shop "" stands for the
// calls that concern no shop.
func (c *core) budget(shop ShopID) *budget {
	c.mu.Lock()
	defer c.mu.Unlock()
	found := c.budgets[shop]
	if found == nil {
		found = newBudget(c.log.With("shop", string(shop)), c.shared, "tiktok "+c.appKey+" "+string(shop))
		c.budgets[shop] = found
	}
	return found
}
