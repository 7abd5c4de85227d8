package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sampledesk/affiliate/affiliatesim"
	"sampledesk/workflow"
)

// demo is the product with two addresses changed.
type demo struct {
	simFlags
	Listen string        `env:"SAMPLEDESK_LISTEN" default:"127.0.0.1:8080" help:"Where /healthz and /readyz are served."`
	Undo   time.Duration `env:"SAMPLEDESK_UNDO" default:"10s" help:"How long a decision can be undone before it is sent; 0s: not at all."`
	Log    string        `env:"SAMPLEDESK_LOG" default:"warn" enum:"debug,info,warn,error" help:"What is logged: debug, info, warn or error."`
	Seed   int           `env:"SAMPLEDESK_SEED" default:"6" help:"How many pending requests to start with."`
	Every  time.Duration `env:"SAMPLEDESK_DEMO_EVERY" default:"90s" help:"How often another request arrives; 0s: never."`
	Answer time.Duration `env:"SAMPLEDESK_DEMO_ANSWER" default:"8s" help:"How soon a creator answers who is written to; 0s: never."`
}

// How often the demo looks at TikTok, and for content: a visitor does not wait a minute.
const (
	demoSync    = "@every 2s"
	demoContent = "@every 5s"
)

// Run runs the demo until it is told to stop. Nothing of it outlives it.
func (d *demo) Run(ctx context.Context, out streams) (err error) {
	if d.Seed < 0 || d.Every < 0 || d.Answer < 0 {
		return usagef("--seed, --every and --answer cannot be less than nothing")
	}
	if d.HTTP != "" {
		return usagef("--http: the demo's desk speaks Socket Mode; use sim and a client of your own")
	}
	var found problems
	flags := d.deskFlags()
	flags.examine(&found)
	if err := found.err(); err != nil {
		return err
	}
	log := newLogger(ctx, d.Log, out.err)
	folder, err := os.MkdirTemp("", "sampledesk-demo-")
	if err != nil {
		return fmt.Errorf("making a folder for the demo: %w", err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	stage, err := d.listen(ctx, log, staging{seed: d.quiet(), app: deskInstalled(), framed: true})
	if err != nil {
		return err
	}
	collaboration, err := d.prepare(stage.affiliate)
	if err != nil {
		return errors.Join(err, stage.close())
	}
	desk := d.desk(stage.details, folder)
	if err := firstRule(ctx, desk.storeFlags, workflow.ShopID(stage.details.TikTok.ShopID), log); err != nil {
		return errors.Join(err, stage.close())
	}
	stage.pages[0] = newDemoPage(stage, d.Undo, collaboration, log).over(stage.pages[0])
	d.greet(out, stage.details)

	group := newGroup(ctx)
	group.start(stage.serve)
	group.start(func(ctx context.Context) error { return desk.run(ctx, network{}, log) })
	group.start(func(ctx context.Context) error { d.trickle(ctx, stage.affiliate, log); return nil })
	group.start(func(ctx context.Context) error {
		newCreators(stage.details.TikTok.Page, collaboration, d.Answer, log).live(ctx)
		return nil
	})
	return group.wait()
}

// greet tells where to look, and that nothing here lasts.
func (d *demo) greet(out streams, at details) {
	_, _ = fmt.Fprintf(out.out, `Sample Desk %s, the demo. It starts from scratch each time, and nothing in it reaches Slack or TikTok.

  Open this in a browser:   %s

It shows a stand-in Slack workspace and a stand-in Affiliate Center side by side, and says what to try. Each alone:

  The Slack workspace       %s
  The Affiliate Center      %s

Ctrl-C ends the demo.
`, version(), strings.TrimSuffix(at.Slack.Page, "/")+demoPath, at.Slack.Page, at.TikTok.Page)
}

// desk is the desk of the demo: the environment's own tokens are left alone.
func (d *demo) desk(at details, folder string) desk {
	admins := make([]string, 0, 1)
	for _, u := range at.Slack.Users {
		if u.Role == "admin" {
			admins = append(admins, u.ID)
		}
	}
	return desk{
		slackFlags: slackFlags{
			SlackBotToken: secret(at.Slack.BotToken), SlackAppToken: secret(at.Slack.AppToken), SlackAPIURL: at.Slack.APIURL,
			SlackChannel: at.Slack.Channel, SlackAdmins: admins,
		},
		tiktokFlags: tiktokFlags{
			TiktokAppKey: at.TikTok.AppKey, TiktokAppSecret: secret(at.TikTok.AppSecret), TiktokAPIURL: at.TikTok.APIURL,
			TiktokAuthURL: at.TikTok.AuthURL, TiktokRefreshToken: secret(at.TikTok.RefreshToken),
		},
		deskFlags:  d.deskFlags(),
		storeFlags: storeFlags{Store: "bolt:" + filepath.Join(folder, "sampledesk.db")},
	}
}

// deskFlags are those of the demo's desk.
func (d *demo) deskFlags() deskFlags {
	return deskFlags{Listen: d.Listen, Sync: demoSync, SyncMessages: demoSync, SyncContent: demoContent, Undo: d.Undo, Log: d.Log}
}

// trickle keeps requests coming.
func (d *demo) trickle(ctx context.Context, center *affiliatesim.Center, log *slog.Logger) {
	if d.Every == 0 {
		<-ctx.Done()
		return
	}
	if d.returns() {
		select {
		case <-ctx.Done():
			return
		case <-time.After(returningAfter):
		}
		if err := addAll(center, returning); err != nil {
			log.WarnContext(ctx, "could not create the requests of known creators", "error", err)
		}
	}
	tick := time.NewTicker(d.Every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if _, err := center.AddApplication(affiliatesim.Request{}); err != nil {
			log.WarnContext(ctx, "could not create a request", "error", err)
		}
	}
}
