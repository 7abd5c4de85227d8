package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"sampledesk/affiliate"
	"sampledesk/affiliate/bridge"
	"sampledesk/bot"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
	"sampledesk/workflow/query"
)

// pathCallback is where TikTok's consent page leads. An app with a name has its own behind it.
const pathCallback = "/tiktok/callback"

// connectFlags say how shops are connected.
type connectFlags struct {
	TiktokServiceID  string `env:"TIKTOK_SERVICE_ID" name:"tiktok-service-id" help:"The service id of the app, as its page in TikTok Shop Partner Center shows it."`
	Market           string `env:"TIKTOK_MARKET" default:"row" enum:"row,us" help:"The market of the app: us for the United States, row for the rest of the world."`
	TiktokConsentURL string `env:"TIKTOK_CONSENT_URL" name:"tiktok-consent-url" placeholder:"URL" help:"Where TikTok Shop's consent page is, if not where the market's is known to be."`
	PublicURL        string `env:"SAMPLEDESK_PUBLIC_URL" name:"public-url" placeholder:"https://…" help:"Where the desk is reached from outside: TikTok leads to its /tiktok/callback."`
}

// tiktokClient makes the clients of apps.
func (f tiktokFlags) tiktokClient(client *http.Client, shared affiliate.Shared, log *slog.Logger, trace func(affiliate.Trace)) func(string, affiliate.Secret) (*affiliate.Client, error) {
	return func(key string, secret affiliate.Secret) (*affiliate.Client, error) {
		return affiliate.New(affiliate.Config{
			AppKey: key, AppSecret: secret, APIURL: f.TiktokAPIURL, AuthURL: f.TiktokAuthURL, HTTPClient: client, Logger: log, Trace: trace, Shared: shared,
		})
	}
}

// apps say how a bridge works with the apps: that of the environment, if it names one, and those in the store.
func (d desk) apps(make func(string, affiliate.Secret) (*affiliate.Client, error)) bridge.Apps {
	defaults := query.Defaults{Channel: d.SlackChannel, Admins: admins(d.SlackAdmins)}
	callback := ""
	if d.PublicURL != "" {
		callback = strings.TrimRight(d.PublicURL, "/") + pathCallback
	}
	return bridge.Apps{
		Client: make, UnnamedSecret: affiliate.Secret(d.TiktokAppSecret), AdminsOf: defaults.AdminsOf, Callback: callback,
		Unnamed: workflow.App{
			Key: d.TiktokAppKey, ServiceID: d.TiktokServiceID, Market: workflow.Market(d.Market), ConsentURL: d.TiktokConsentURL,
		},
	}
}

// bridgeTo makes the bridge to TikTok.
func (d desk) bridgeTo(at place, client *http.Client, trace func(affiliate.Trace)) (*bridge.Bridge, error) {
	shared, _ := at.store.(affiliate.Shared) // nil where the store is this process's alone
	make := d.tiktokClient(client, shared, at.log, trace)
	var unnamed *affiliate.Client
	if d.TiktokAppKey != "" {
		var err error
		if unnamed, err = make(d.TiktokAppKey, affiliate.Secret(d.TiktokAppSecret)); err != nil {
			return nil, fmt.Errorf("setting up the TikTok client: %w", err)
		}
	}
	return bridge.New(unnamed, at.store, at.engine, at.key, at.log).Use(d.apps(make)), nil
}

// tiktokOf is the running desk's bridge, or one of its own for a command that opened the store itself.
func (d desk) tiktokOf(at place) (*bridge.Bridge, error) {
	if at.tiktok != nil {
		return at.tiktok, nil
	}
	if at.engine == nil {
		at.engine = engine.New(at.store, nil)
	}
	return d.bridgeTo(at, &http.Client{}, nil)
}

// consents are how shops are connected from Slack.
func consents(tiktok *bridge.Bridge) *bot.Consents {
	return &bot.Consents{
		Apps: tiktok.Apps, Link: tiktok.ConsentLink, ComesBack: tiktok.Callback("") != "",
		Returned: func(ctx context.Context, typed string, by workflow.PersonID) ([]string, error) {
			back, err := bridge.ParseReturn(typed)
			if err != nil {
				//nolint:nilerr // whoever typed it is told
				return []string{"That is neither a code nor the address that TikTok sent you to, which has `code=` in it."}, nil
			}
			back.Who = by
			n, err := tiktok.Consented(ctx, back)
			if said, refused := errors.AsType[bridge.ConsentError](err); refused {
				return []string{said.Says}, nil
			}
			if err != nil {
				return nil, err
			}
			if len(n.Offered) == 0 {
				return []string{"Done: TikTok's authorization is renewed."}, nil
			}
			return []string{"Done. You get a message of the app now, in which you choose what to connect."}, tiktok.TellConsent(ctx, n)
		},
		Accept: func(ctx context.Context, id string, shops []workflow.ShopID, channel string, admins []workflow.PersonID, by workflow.Actor) ([]workflow.Shop, error) {
			return tiktok.Accept(ctx, bridge.Choice{Authorisation: id, Shops: shops, By: by, Channel: channel, Admins: admins})
		},
		Refuse: func(ctx context.Context, id string, shops []workflow.ShopID, by workflow.Actor) error {
			return tiktok.Refuse(ctx, bridge.Choice{Authorisation: id, Shops: shops, By: by})
		},
	}
}
