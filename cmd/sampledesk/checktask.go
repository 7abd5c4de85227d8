package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"

	"sampledesk/affiliate"
	"sampledesk/affiliate/bridge"
	"sampledesk/bot"
	"sampledesk/store"
	"sampledesk/workflow"
)

// checking is what a check does where the store is. It writes a checkLine for each thing.
type checking struct {
	Fix       bool   `json:"fix,omitempty"`
	Exchange  bool   `json:"exchange,omitempty"`
	PublicURL string `json:"public_url,omitempty"`
	Listen    string `json:"listen,omitempty"`

	desk desk // where no desk runs

	out      *json.Encoder
	at       place
	tiktok   *bridge.Bridge
	writeErr error
}

// checkLine is one line of what checking writes.
type checkLine struct {
	Finding *bot.Finding   `json:"finding,omitempty"`
	Shop    *workflow.Shop `json:"shop,omitempty"`    // whose settings are to be looked at
	Running bool           `json:"running,omitempty"` // a desk runs on the store
}

func (c *checking) write(l checkLine) {
	l.Running = c.at.tiktok != nil
	c.writeErr = errors.Join(c.writeErr, c.out.Encode(l))
}

func (c *checking) found(f bot.Finding) { c.write(checkLine{Finding: &f}) }

// leastDisk is how much of the disk has to be left.
const leastDisk = 100 << 20

// spaceLeft is diskLeft, but in a test with a disk that is nearly full.
var spaceLeft = diskLeft

func (c *checking) perform(ctx context.Context, at place, s streams) (err error) {
	c.out, c.at = json.NewEncoder(s.out), at
	c.memory(ctx)
	if c.tiktok, err = c.desk.tiktokOf(at); err != nil {
		return err
	}
	if c.connect(ctx) {
		c.shops(ctx)
	}
	return c.writeErr
}

// memory looks at the store and its key.
func (c *checking) memory(ctx context.Context) {
	path := c.at.flags.storeName()
	about := path
	if c.at.tiktok != nil {
		about += ", open in the desk that is running at " + c.Listen
	}
	if s, ok := c.at.store.(interface{ Schema() int }); ok {
		about += fmt.Sprintf(", version %d", s.Schema())
	}
	if info, err := os.Stat(path); err == nil {
		about += fmt.Sprintf(", %.1f MB", float64(info.Size())/1e6)
	}
	left, known := spaceLeft(path)
	known = known && !store.Shared(c.at.flags.Store)
	if known {
		about += fmt.Sprintf(", %.1f GB of the disk left", float64(left)/1e9)
	}
	c.found(bot.Finding{What: "store", Found: about})
	if known && left < leastDisk {
		c.found(bot.Finding{What: "disk", Found: fmt.Sprintf("%d MB are left where the store is", left>>20), Do: "free some of it: what cannot be written is not decided"})
	}
	if err := ill(ctx, c.at.store); err != nil {
		c.found(bot.Finding{What: "store", Found: err.Error(), Do: "see to " + path})
	}
	c.found(bot.Finding{What: "key", Found: "readable"})
	for _, f := range c.at.flags.exposed() {
		c.found(f)
	}
}

// connect exchanges what the environment gives, if it is told to, and reports whether there is anything to ask TikTok with.
func (c *checking) connect(ctx context.Context) bool {
	apps, err := c.tiktok.Apps(ctx)
	if err != nil {
		c.found(bot.Finding{What: "TikTok app", Found: err.Error(), Do: "see to the store"})
		return false
	}
	if len(apps) == 0 {
		c.found(bot.Finding{What: "TikTok app", Found: "not set", Do: "set TIKTOK_APP_KEY and TIKTOK_APP_SECRET: the app's page in TikTok Shop Partner Center"})
		return false
	}
	if c.at.tiktok != nil {
		return true // the running desk has seen to it
	}
	token := affiliate.Secret(c.desk.TiktokRefreshToken)
	if c.Exchange {
		if err := c.tiktok.Connect(ctx, token); err != nil {
			c.found(tiktokFault("TikTok connection", err))
			return false
		}
		return true
	}
	if used, err := c.tiktok.Exchanged(ctx, token); err == nil && !used {
		c.found(notExchanged)
	}
	return true
}

// shops tries the calls of each shop.
func (c *checking) shops(ctx context.Context) {
	if !c.Exchange {
		ctx = affiliate.WithoutRenewal(ctx)
	}
	shops, err := c.tiktok.Shops(ctx)
	if err != nil {
		c.found(bot.Finding{What: "shops", Found: err.Error(), Do: "see to the store"})
		return
	}
	shops = slices.DeleteFunc(shops, func(s workflow.Shop) bool { return !s.Disconnected.IsZero() })
	if len(shops) == 0 && (c.desk.TiktokRefreshToken == "" || c.at.tiktok != nil) {
		c.found(noShops)
	}
	for _, s := range shops {
		told := s
		told.Cipher = ""
		c.write(checkLine{Shop: &told})
		c.shop(ctx, s)
	}
	c.public(ctx)
}

// shop tries each call of a shop, and looks at where its webhooks go.
func (c *checking) shop(ctx context.Context, s workflow.Shop) {
	what := fmt.Sprintf("shop %s (%s)", s.Name, s.ID)
	calls := c.tiktok.CallsOf(s)
	waiting, err := c.tiktok.Probe(ctx, s)
	if errors.Is(err, affiliate.ErrNotRenewed) {
		c.found(bot.Finding{What: what, Found: "its access token has expired, so that no call could be tried; serve renews it at its start, and check --exchange now"})
		return
	}
	if err != nil {
		c.found(tiktokFault(what, err))
		if affiliate.KindOf(err).Stops() != affiliate.StopsCall {
			return
		}
	} else {
		c.found(bot.Finding{What: what, Found: fmt.Sprintf("TikTok answers; %d requests are pending", waiting)})
	}
	good := 0
	for _, p := range calls.Probe(ctx) {
		if _, busy := errors.AsType[*affiliate.BudgetError](p.Err); p.Err == nil || busy {
			good++
			continue
		}
		c.found(tiktokFault(what+", "+p.Call, p.Err))
	}
	c.found(bot.Finding{What: what, Found: fmt.Sprintf("%d calls are answered, each in a version that lives", good)})
	const scope = "list of shops (scope Shop Authorized Information)"
	if err := c.tiktok.ShopsCall(ctx, s); err != nil {
		c.found(tiktokFault(what+", "+scope, err))
		return // the calls of webhooks need that scope too
	}
	c.found(bot.Finding{What: what, Found: scope + " is answered"})
	c.webhooks(ctx, what, calls)
}

// webhookEvents are those that the call for addresses knows, and what they are about.
var webhookEvents = []struct{ event, about string }{
	{affiliate.EventMessage, "messages (33)"},
	{affiliate.EventDeauthorised, "the end of the authorisation (6)"},
	{affiliate.EventEnding, "its end to come (7)"},
}

// webhooks looks at where a shop's webhooks go, and registers the desk's address if it is told to.
func (c *checking) webhooks(ctx context.Context, what string, calls *affiliate.Shop) {
	what += ", webhooks"
	if c.PublicURL == "" {
		c.found(bot.Finding{What: what, Found: "SAMPLEDESK_PUBLIC_URL is not set, so the desk goes by its schedule alone"})
		return
	}
	address := strings.TrimRight(c.PublicURL, "/") + "/tiktok/webhook"
	if err := webhookAddress(address); err != nil {
		c.found(bot.Finding{What: what, Found: fmt.Sprintf("TikTok does not take %s: %s", address, err), Do: "set SAMPLEDESK_PUBLIC_URL to an https address with a domain name and no port"})
		return
	}
	registered, err := calls.Webhooks(ctx)
	if err != nil {
		c.found(tiktokFault(what, err))
		return
	}
	for _, w := range webhookEvents {
		if registered[w.event] != address && c.Fix {
			if err := calls.RegisterWebhook(ctx, w.event, address); err != nil {
				c.found(tiktokFault(what+" for "+w.about, err))
				continue
			}
			registered[w.event] = address
		}
		f := bot.Finding{What: what, Found: w.about + " go to " + address}
		if registered[w.event] != address {
			f = bot.Finding{What: what, Found: w.about + " do not go to " + address, Do: "run sampledesk check --fix"}
		}
		c.found(f)
	}
	c.sampleWebhook(ctx, what, calls, registered, address)
}

// sampleWebhook sees to the webhook for sample applications, for which the vendor documents no name.
func (c *checking) sampleWebhook(ctx context.Context, what string, calls *affiliate.Shop, registered map[string]string, address string) {
	const about = "sample applications (56)"
	if registered[affiliate.EventSampleChanged] != address && c.Fix && calls.RegisterWebhook(ctx, affiliate.EventSampleChanged, address) == nil {
		registered[affiliate.EventSampleChanged] = address
	}
	if registered[affiliate.EventSampleChanged] == address {
		c.found(bot.Finding{What: what, Found: about + " go to " + address})
		return
	}
	c.found(bot.Finding{What: what, Found: about + " cannot be seen from here: set " + address + " for them in the app's page in TikTok Shop Partner Center"})
}

// webhookAddress looks at an address as TikTok does.
func webhookAddress(address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return err
	}
	_, notIP := netip.ParseAddr(u.Hostname())
	switch {
	case u.Scheme != "https":
		return errors.New("it is not https")
	case u.Port() != "":
		return errors.New("it has a port")
	case notIP == nil || !strings.Contains(u.Hostname(), "."):
		return errors.New("it has no domain name")
	case len(address) > 255:
		return errors.New("it has more than 255 characters")
	}
	return nil
}

// public tries the desk's public address, where a desk runs behind it.
func (c *checking) public(ctx context.Context) {
	const what = "public address"
	if c.PublicURL == "" || c.at.tiktok == nil {
		return
	}
	address := strings.TrimRight(c.PublicURL, "/") + "/healthz"
	do := "have the reverse proxy lead there to SAMPLEDESK_LISTEN (" + c.Listen + "), or set SAMPLEDESK_PUBLIC_URL to where it does"
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		c.found(bot.Finding{What: what, Found: address + " is no address", Do: do})
		return
	}
	got, err := outsideClient().Do(r)
	if err != nil {
		c.found(bot.Finding{What: what, Found: address + " does not answer: " + err.Error(), Do: do})
		return
	}
	defer func() { _ = got.Body.Close() }()
	said, _ := io.ReadAll(io.LimitReader(got.Body, 100))
	if got.StatusCode != http.StatusOK || strings.TrimSpace(string(said)) != "ok" {
		c.found(bot.Finding{What: what, Found: fmt.Sprintf("%s answers %d, and not as the desk does", address, got.StatusCode), Do: do})
		return
	}
	c.found(bot.Finding{What: what, Found: c.PublicURL + " leads to the desk"})
}
