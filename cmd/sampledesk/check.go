package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sampledesk/affiliate"
	"sampledesk/bot"
	"sampledesk/store"
	"sampledesk/workflow"
)

// check looks at everything that a first week needs, with the flags and variables of serve: whatever serve would refuse is
// found. It changes nothing and spends no refresh token, unless it is told to. What needs the store is done inside the desk
// that runs on it.
type check struct {
	desk
	Fix      bool `env:"SAMPLEDESK_CHECK_FIX" help:"Register the addresses of webhooks at TikTok where they are not."`
	Exchange bool `env:"SAMPLEDESK_CHECK_EXCHANGE" help:"Exchange TIKTOK_REFRESH_TOKEN now, and renew access tokens that have expired, as serve would at its start."`
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
		Admins: admins(c.SlackAdmins), SigningSecret: string(c.SlackSigningSecret),
	}
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

// rest looks at the store and at TikTok, and at what the shops' settings name in Slack.
func (c *check) rest(ctx context.Context) (findings []bot.Finding) {
	if _, err := os.Stat(boltPath(c.Store)); errors.Is(err, fs.ErrNotExist) && !c.Exchange && !store.Shared(c.Store) {
		return append(c.room(), c.notYet()...)
	}
	if store.Shared(c.Store) {
		database := store.Examine(ctx, c.Store, clockFault)
		for _, f := range database.Findings {
			findings = append(findings, bot.Finding(f))
		}
		switch {
		case database.Ready, database.Empty && c.Exchange:
		case database.Empty:
			return append(findings, c.notYet()...)
		default: // opening it would change it, or fail
			return findings
		}
	}
	var out bytes.Buffer
	task := &checking{Fix: c.Fix, Exchange: c.Exchange, PublicURL: c.PublicURL, Listen: c.Listen, desk: c.desk}
	if err := performIn(ctx, c.storeFlags, "check", task, streams{out: &out, err: io.Discard}); err != nil {
		do := "check SAMPLEDESK_STORE and SAMPLEDESK_KEY"
		if errors.Is(err, store.ErrInUse) {
			do = "stop whatever has it open; a desk that runs takes the check's questions at the socket beside the store"
		}
		findings = append(findings, bot.Finding{What: "store", Found: err.Error(), Do: do})
	}
	var shops []workflow.Shop
	running := false
	for decoder := json.NewDecoder(&out); ; {
		var line checkLine
		if decoder.Decode(&line) != nil {
			break
		}
		running = running || line.Running
		switch {
		case line.Finding != nil:
			findings = append(findings, *line.Finding)
		case line.Shop != nil:
			shops = append(shops, *line.Shop)
		}
	}
	findings = append(findings, bot.CheckShops(ctx, c.slack(), shops)...)
	if c.SlackAppToken == "" && c.SlackSigningSecret != "" {
		findings = append(findings, c.requestURL(ctx, running))
	}
	return findings
}

// requestURL tries where Slack delivers over HTTP.
func (c *check) requestURL(ctx context.Context, running bool) bot.Finding {
	const what = "Slack request URL"
	switch {
	case c.PublicURL == "":
		return bot.Finding{What: what, Found: "SAMPLEDESK_PUBLIC_URL is not set", Do: "set it to the https address under which Slack reaches the desk, so that it can be tried"}
	case !running:
		return bot.Finding{What: what, Found: "not tried, as no desk runs on this store"}
	}
	return bot.CheckRequestURL(ctx, outsideClient(), strings.TrimRight(c.PublicURL, "/")+"/slack/events", string(c.SlackSigningSecret))
}

// outsideClient makes requests to this desk's own public address.
func outsideClient() *http.Client { return &http.Client{Timeout: 5 * time.Second} }

// room looks at where a store would be made.
func (c *check) room() []bot.Finding {
	path := boltPath(c.Store)
	folder := filepath.Dir(path)
	for {
		if _, err := os.Stat(folder); err == nil || folder == filepath.Dir(folder) {
			break
		}
		folder = filepath.Dir(folder)
	}
	probe, err := os.CreateTemp(folder, ".sampledesk-check-*")
	if err != nil {
		return []bot.Finding{{What: "store", Found: fmt.Sprintf("%s cannot be made: %s cannot be written to", path, folder), Do: "give the desk's user the folder, or set SAMPLEDESK_STORE to another"}}
	}
	_ = errors.Join(probe.Close(), os.Remove(probe.Name()))
	return []bot.Finding{{What: "store", Found: path + " is not there yet; serve makes it"}}
}

// notYet tells what cannot be tried while there is no store.
func (c *check) notYet() []bot.Finding {
	if c.TiktokAppKey == "" || c.TiktokAppSecret == "" {
		return []bot.Finding{{What: "TikTok app", Found: "not set", Do: "set TIKTOK_APP_KEY and TIKTOK_APP_SECRET: the app's page in TikTok Shop Partner Center"}}
	}
	if c.TiktokRefreshToken != "" {
		return []bot.Finding{notExchanged}
	}
	return []bot.Finding{noShops}
}

// What can be said of TikTok before a shop is connected.
var (
	notExchanged = bot.Finding{What: "TikTok connection", Found: "TIKTOK_REFRESH_TOKEN is set and was not exchanged; serve does that at its start, and check --exchange now"}
	noShops      = bot.Finding{What: "shops", Found: "none is connected", Do: "run sampledesk shop connect; README.md tells how"}
)

// tiktokFault says what to do about an error of TikTok's.
func tiktokFault(what string, err error) bot.Finding {
	do := "try again; if it stays, ask TikTok's support and name the request"
	switch kind := affiliate.KindOf(err); {
	case errors.Is(err, affiliate.ErrUnreadable):
		do = "set SAMPLEDESK_KEY to the key that the store was used with; without it, authorise the app again and set TIKTOK_REFRESH_TOKEN to the new refresh token"
	case errors.Is(err, affiliate.ErrBadRefreshToken), kind == affiliate.NeedsReconnect:
		do = "authorise the app again and set TIKTOK_REFRESH_TOKEN to the new refresh token, or run sampledesk shop connect"
	case kind == affiliate.ScopeMissing:
		do = "grant the app the scope that is named, and authorise it again"
	case kind == affiliate.SignatureInvalid:
		do = "check TIKTOK_APP_KEY and TIKTOK_APP_SECRET: one of them is wrong"
	case kind == affiliate.ClockWrong:
		do = "set this machine's clock, best by NTP"
	case kind == affiliate.AppKeyWrong:
		do = "check TIKTOK_APP_KEY: TikTok does not know it"
	case kind == affiliate.AddressNotAllowed:
		do = "add this machine's address to the app's allow list in TikTok Shop Partner Center, or switch the list off"
	case kind == affiliate.VersionRetired, kind == affiliate.CallUnknown:
		do = "update Sample Desk: TikTok switched this version of the call off; everything that does not need it goes on"
	case kind == affiliate.Retryable:
		do = "check the network, TIKTOK_API_URL and TIKTOK_AUTH_URL, and try again"
	}
	return bot.Finding{What: what, Found: err.Error(), Do: do}
}
