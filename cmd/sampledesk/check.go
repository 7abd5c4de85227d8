package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"sampledesk/affiliate"
	"sampledesk/affiliate/bridge"
	"sampledesk/bot"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// check looks at everything that a first day needs, with the flags and variables of serve: whatever serve would refuse is
// found. A desk that is running and has the store open is asked at its address.
type check struct {
	desk
}

// checkTime bounds a check as a whole.
const checkTime = 60 * time.Second

// Run tells what was found, one line each.
func (c *check) Run(ctx context.Context, out streams) error {
	bounded, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	findings := c.configuration()
	if len(findings) == 0 { // what cannot be read cannot be tried
		findings = append(bot.Check(bounded, c.slack()), c.rest(bounded)...)
	}
	if ctx.Err() != nil {
		return errors.New("the check was stopped before it was through, so nothing can be told")
	}
	faults := 0
	for _, f := range findings {
		faults += tell(out.out, f)
	}
	if faults > 0 {
		_, _ = fmt.Fprintf(out.out, "\n%d of %d things are not in place.\n", faults, len(findings))
		return errFaults
	}
	_, _ = fmt.Fprintf(out.out, "\nAll %d things are in place.\n", len(findings))
	return nil
}

// configuration tells what serve would refuse before it starts. What is not set is told by whoever would need it.
func (c *check) configuration() (findings []bot.Finding) {
	var found problems
	c.slackFlags.examine(&found)
	c.tiktokFlags.examine(&found)
	c.connectFlags.examine(&found)
	c.storeFlags.examine(&found)
	c.deskFlags.examine(&found)
	for _, p := range found {
		findings = append(findings, bot.Finding{What: p.variable, Found: p.says, Do: "set it anew; README.md tells what it takes"})
	}
	return findings
}

// slack is the Slack that the environment names.
func (c *check) slack() bot.Config {
	return bot.Config{
		BotToken: string(c.SlackBotToken), AppToken: string(c.SlackAppToken), APIURL: c.SlackAPIURL, Channel: c.SlackChannel,
		Admins: admins(c.SlackAdmins),
	}
}

// settings looks at what the settings of the shops on record name in Slack.
func (c *check) settings(ctx context.Context, db workflow.Store) []bot.Finding {
	var shops []workflow.Shop
	err := db.View(ctx, func(tx workflow.Tx) (err error) {
		shops, err = tx.Shops()
		return err
	})
	if err != nil {
		return []bot.Finding{{What: "settings", Found: err.Error(), Do: "see to the store"}}
	}
	return bot.CheckShops(ctx, c.slack(), shops)
}

// tell prints a finding and returns how many faults it is.
func tell(w io.Writer, f bot.Finding) int {
	if f.OK() {
		_, _ = fmt.Fprintf(w, "ok     %s: %s\n", f.What, f.Found)
		return 0
	}
	_, _ = fmt.Fprintf(w, "FAULT  %s: %s. To do: %s.\n", f.What, f.Found, f.Do)
	return 1
}

// rest looks at the store and at TikTok. TikTok's tokens are in the store, so one that a running desk has open has to
// be asked through that desk.
func (c *check) rest(ctx context.Context) []bot.Finding {
	db, key, err := openMemory(ctx, c.storeFlags, slog.New(slog.DiscardHandler))
	if err != nil {
		if desk, running := c.askDesk(ctx); running {
			return append(desk, c.exposed()...)
		}
		return []bot.Finding{{What: "store", Found: err.Error(), Do: "see to SAMPLEDESK_STORE and SAMPLEDESK_KEY"}}
	}
	defer func() { _ = db.Close() }()
	findings := append([]bot.Finding{{What: "store", Found: c.Store}, {What: "key", Found: "readable"}}, c.exposed()...)
	if err := ill(ctx, db); err != nil {
		findings = append(findings, bot.Finding{What: "store", Found: err.Error(), Do: "see to " + c.Store})
	}
	findings = append(findings, c.settings(ctx, db)...)
	return append(findings, c.tiktok(ctx, db, key)...)
}

// tiktok connects as serve would and asks each shop for something small. The refresh token of the environment is used
// up by that, so what comes for it is kept in the store, where serve finds it.
func (c *check) tiktok(ctx context.Context, db workflow.Store, key bridge.Key) []bot.Finding {
	if c.TiktokAppKey == "" || c.TiktokAppSecret == "" {
		return []bot.Finding{{What: "TikTok app", Found: "not set", Do: "set TIKTOK_APP_KEY and TIKTOK_APP_SECRET: the app's page in TikTok Shop Partner Center"}}
	}
	silent := slog.New(slog.DiscardHandler)
	client, err := affiliate.New(affiliate.Config{
		AppKey: c.TiktokAppKey, AppSecret: affiliate.Secret(c.TiktokAppSecret), APIURL: c.TiktokAPIURL, AuthURL: c.TiktokAuthURL,
	})
	if err != nil {
		return []bot.Finding{{What: "TikTok app", Found: err.Error(), Do: "check TIKTOK_API_URL and TIKTOK_AUTH_URL"}}
	}
	tiktok := bridge.New(client, db, engine.New(db, nil), key, silent)
	if err := tiktok.Connect(ctx, affiliate.Secret(c.TiktokRefreshToken)); err != nil {
		return []bot.Finding{tiktokFault("TikTok connection", err)}
	}
	shops, err := tiktok.Shops(ctx)
	if err != nil {
		return []bot.Finding{{What: "shops", Found: err.Error(), Do: "see to the store"}}
	}
	if len(shops) == 0 {
		return []bot.Finding{{What: "shops", Found: "none is connected", Do: "set TIKTOK_REFRESH_TOKEN once; README.md tells where it comes from"}}
	}
	var findings []bot.Finding
	for _, s := range shops {
		what := fmt.Sprintf("shop %s (%s)", s.Name, s.ID)
		waiting, err := tiktok.Probe(ctx, s)
		if err != nil {
			findings = append(findings, tiktokFault(what, err))
			continue
		}
		findings = append(findings, bot.Finding{What: what, Found: fmt.Sprintf("TikTok answers; %d requests wait for review", waiting)})
	}
	return findings
}

// tiktokFault says what to do about an error of TikTok's.
func tiktokFault(what string, err error) bot.Finding {
	do := "try again; if it stays, ask TikTok's support and name the request"
	switch kind := affiliate.KindOf(err); {
	case errors.Is(err, affiliate.ErrUnreadable):
		do = "set SAMPLEDESK_KEY to the key that the store was used with; without it, authorise the app again and set TIKTOK_REFRESH_TOKEN to the new refresh token"
	case errors.Is(err, affiliate.ErrBadRefreshToken), kind == affiliate.NeedsReconnect:
		do = "authorise the app again and set TIKTOK_REFRESH_TOKEN to the new refresh token"
	case kind == affiliate.ScopeMissing:
		do = "grant the app the scope that is named, and authorise it again"
	case kind == affiliate.SignatureInvalid:
		do = "check TIKTOK_APP_KEY and TIKTOK_APP_SECRET: one of them is wrong"
	case kind == affiliate.ClockWrong:
		do = "set this machine's clock, best by NTP"
	case kind == affiliate.Retryable:
		do = "check the network, TIKTOK_API_URL and TIKTOK_AUTH_URL, and try again"
	}
	return bot.Finding{What: what, Found: err.Error(), Do: do}
}

// askDesk asks the desk that has the store open.
func (c *check) askDesk(ctx context.Context) ([]bot.Finding, bool) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+c.Listen+"/readyz", nil)
	if err != nil {
		return nil, false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, false
	}
	defer func() { _ = resp.Body.Close() }()
	var report readiness
	if json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&report) != nil {
		return nil, false
	}
	findings := []bot.Finding{{What: "store", Found: "open in the desk that is running at " + c.Listen}}
	for _, s := range report.Shops {
		f := bot.Finding{What: fmt.Sprintf("shop %s (%s)", s.Name, s.Shop), Found: fmt.Sprintf("last swept %s; %d requests wait for review", s.LastSweep.UTC().Format(time.RFC3339), s.Waiting)}
		if s.Error != "" {
			f.Found, f.Do = s.Error, "see the log of the desk that is running"
		}
		findings = append(findings, f)
	}
	for _, fault := range report.Faults {
		findings = append(findings, bot.Finding{What: "running desk", Found: fault, Do: "see its log"})
	}
	return findings, true
}
