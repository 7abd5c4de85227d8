package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"syscall"
	"time"

	"sampledesk/affiliate/affiliatesim"
	"sampledesk/bot"
	"sampledesk/bot/slacksim"
)

// simFlags say how the stand-ins run.
type simFlags struct {
	SlackListen     string `env:"SAMPLEDESK_SLACK_LISTEN" default:"127.0.0.1:8484" help:"Where the stand-in Slack workspace listens."`
	AffiliateListen string `env:"SAMPLEDESK_AFFILIATE_LISTEN" default:"127.0.0.1:8485" help:"Where the stand-in Affiliate Center listens."`
	HTTP            string `env:"SAMPLEDESK_SIM_HTTP" placeholder:"URL" help:"Deliver everything over signed HTTP to exactly this address in place of Socket Mode."`
	NoRateLimits    bool   `env:"SAMPLEDESK_NO_RATE_LIMITS" help:"Turn the rate limits off, for load tests."`
}

// sim runs the two stand-ins.
type sim struct {
	simFlags
	Seed int    `env:"SAMPLEDESK_SEED" default:"0" help:"How many pending requests to start with."`
	Desk bool   `env:"SAMPLEDESK_SIM_DESK" help:"Install the desk's own app: only the scopes, events and shortcuts that its manifest asks for. Without it every scope and event is granted, for any client."`
	Log  string `env:"SAMPLEDESK_LOG" default:"info" enum:"debug,info,warn,error" help:"What is logged: debug, info, warn or error."`
}

// details is the line that a simulation prints at its start: with its values in the environment, serve runs against it.
type details struct {
	Slack  slacksim.Details
	TikTok affiliatesim.Details
}

// MarshalJSON writes both on one level.
func (d details) MarshalJSON() ([]byte, error) {
	type slack slacksim.Details
	type tiktok affiliatesim.Details
	return json.Marshal(struct {
		slack
		tiktok
	}{slack(d.Slack), tiktok(d.TikTok)})
}

// simulation is the two stand-ins, listening.
type simulation struct {
	slack     *slacksim.Workspace
	affiliate *affiliatesim.Center
	details   details
	listeners [2]net.Listener
	pages     [2]http.Handler // what each listener serves
}

// staging says how the stand-ins are set up.
type staging struct {
	seed   int // how many requests there are to start with
	app    installation
	framed bool // whether pages on the workspace's address may show the stand-ins' pages in frames
}

// installation is what the app in the stand-in workspace was granted. What is nil is everything that the stand-in knows.
type installation struct {
	scopes    []string
	events    []string
	shortcuts []slacksim.Shortcut
}

// deskInstalled is the desk's own app, with what its manifest asks for and no more: a scope that is missing there is missed here too.
func deskInstalled() installation {
	app := installation{scopes: bot.Scopes, events: bot.Events}
	for _, s := range bot.Shortcuts {
		app.shortcuts = append(app.shortcuts, slacksim.Shortcut{Name: s.Name, CallbackID: s.Callback, Type: s.Type})
	}
	return app
}

// Run runs the stand-ins until they are told to stop.
func (s *sim) Run(ctx context.Context, out streams) error {
	if s.Seed < 0 {
		return usagef("--seed: %d requests cannot be", s.Seed)
	}
	log := newLogger(ctx, s.Log, out.err)
	as := staging{seed: s.Seed}
	if s.Desk {
		as.app = deskInstalled()
	}
	stage, err := s.listen(ctx, log, as)
	if err != nil {
		return err
	}
	line, err := stage.line()
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(out.out, "%s\n", line); err != nil {
		return fmt.Errorf("printing the addresses: %w", err)
	}
	return stage.serve(ctx)
}

// listen sets the stand-ins up.
func (s *simFlags) listen(ctx context.Context, log *slog.Logger, as staging) (*simulation, error) {
	if s.HTTP != "" {
		if u, err := url.Parse(s.HTTP); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return nil, usagef("--http: %q is no address; it looks like http://127.0.0.1:8080/slack/events", s.HTTP)
		}
	}
	var config net.ListenConfig
	slackListener, err := config.Listen(ctx, "tcp", s.SlackListen)
	if err != nil {
		return nil, fmt.Errorf("listening for the stand-in workspace (--slack-listen names another address): %w", inUse(err, s.SlackListen))
	}
	affiliateListener, err := config.Listen(ctx, "tcp", s.AffiliateListen)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("listening for the stand-in Affiliate Center (--affiliate-listen names another address): %w", inUse(err, s.AffiliateListen)), slackListener.Close())
	}
	slackBase, affiliateBase := base(slackListener), base(affiliateListener)
	stage := &simulation{listeners: [2]net.Listener{slackListener, affiliateListener}}
	slackOptions := slacksim.Options{
		Logger: log, NoRateLimits: s.NoRateLimits, HTTPURL: s.HTTP,
		Scopes: as.app.scopes, Events: as.app.events, Shortcuts: as.app.shortcuts,
		Links: []slacksim.Link{{Label: "Affiliate Center", URL: affiliateBase + "/"}},
	}
	affiliateOptions := affiliatesim.Options{
		Logger: log, NoRateLimits: s.NoRateLimits, Seed: as.seed,
		Links: []affiliatesim.Link{{Label: "Slack workspace", URL: slackBase + "/"}},
	}
	if as.framed {
		slackOptions.FramedBy, affiliateOptions.FramedBy = []string{"'self'"}, sources(slackListener)
	}
	stage.slack, stage.affiliate = slacksim.New(slackOptions), affiliatesim.New(affiliateOptions)
	stage.pages = [2]http.Handler{stage.slack.Handler(), stage.affiliate.Handler()}
	stage.details = details{Slack: stage.slack.Details(slackBase), TikTok: stage.affiliate.Details(affiliateBase)}
	return stage, nil
}

// inUse says what most likely has an address that is taken.
func inUse(err error, address string) error {
	if !errors.Is(err, syscall.EADDRINUSE) {
		return err
	}
	return fmt.Errorf("%s is in use: a demo may already be running there; end it with Ctrl-C, or choose another port, as with make demo PORT=9000 (%w)", address, err)
}

// base is the address under which a listener is reached from this machine.
func base(l net.Listener) string {
	host, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return "http://" + l.Addr().String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// serve serves both until ctx ends.
func (s *simulation) serve(ctx context.Context) error {
	group := newGroup(ctx)
	group.start(func(ctx context.Context) error { return serveUntil(ctx, s.listeners[0], s.pages[0]) })
	group.start(func(ctx context.Context) error { return serveUntil(ctx, s.listeners[1], s.pages[1]) })
	err := group.wait()
	return errors.Join(err, s.slack.Close(), s.affiliate.Close())
}

// close ends stand-ins that were never served.
func (s *simulation) close() error {
	return errors.Join(s.listeners[0].Close(), s.listeners[1].Close(), s.slack.Close(), s.affiliate.Close())
}

// serveUntil serves until ctx ends, and then closes what is open: the pages' event streams never end by themselves.
func serveUntil(ctx context.Context, l net.Listener, h http.Handler) error {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving %s: %w", l.Addr(), err)
	}
	return nil
}

// line is the one line of JSON.
func (s *simulation) line() ([]byte, error) {
	line, err := json.Marshal(s.details)
	if err != nil {
		return nil, fmt.Errorf("writing the addresses: %w", err)
	}
	return line, nil
}
