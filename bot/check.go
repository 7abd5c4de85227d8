package bot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/bot/access"
	"sampledesk/bot/slackapi"
	"sampledesk/bot/socket"
	"sampledesk/workflow"
)

// Finding is one line of a check: what was looked at, what was found, and, where that is a fault, what to do.
type Finding struct {
	What  string
	Found string
	Do    string // empty: all is well
}

// OK tells whether all is well.
func (f Finding) OK() bool { return f.Do == "" }

// Check looks at what a desk needs of Slack: the tokens, each scope, the channel, the admins and the clock. It changes
// nothing. Empty values are findings too.
func Check(ctx context.Context, c Config) []Finding {
	k := checker{config: c, headers: http.Header{}}
	k.api = slackapi.New(c.APIURL, c.BotToken, c.client(), slack.OptionAppLevelToken(c.AppToken),
		slack.OptionOnResponseHeaders(func(_ string, h http.Header) { k.headers = h }))
	known := k.botToken(ctx)
	if known {
		k.scopes()
	}
	if !k.silent {
		k.appToken(ctx)
	}
	if known {
		k.channel(ctx)
		k.admins(ctx)
	}
	return k.findings
}

type checker struct {
	config   Config
	api      *slackapi.Client
	headers  http.Header // of the last answer
	team     string      // the bot's workspace, once it is known
	silent   bool        // Slack cannot be reached: once is enough to say so
	findings []Finding
}

func (k *checker) ok(what, found string) {
	k.findings = append(k.findings, Finding{What: what, Found: found})
}
func (k *checker) fault(what, found, do string) {
	k.findings = append(k.findings, Finding{What: what, Found: found, Do: do})
}

// botToken checks the token, and with the answer's date the clock.
func (k *checker) botToken(ctx context.Context) bool {
	const what = "Slack bot token"
	if k.config.BotToken == "" {
		k.fault(what, "not set", "set SLACK_BOT_TOKEN: your app's page, OAuth & Permissions, Bot User OAuth Token")
		return false
	}
	answer, err := k.api.AuthTestContext(ctx)
	switch {
	case err == nil:
	case slackapi.ErrorName(err) != "":
		k.fault(what, slackapi.ErrorName(err), "install the app to the workspace again, and set SLACK_BOT_TOKEN to the token that begins with xoxb-")
		return false
	default:
		k.silent = true
		k.fault(what, "Slack cannot be reached: "+err.Error(), "check the network and SLACK_API_URL")
		return false
	}
	if !strings.HasPrefix(k.config.BotToken, "xoxb-") {
		k.fault(what, "not a bot's token", "set SLACK_BOT_TOKEN to the token that begins with xoxb-")
	} else {
		k.ok(what, fmt.Sprintf("%s in %s", answer.User, answer.Team))
	}
	k.team = answer.TeamID
	k.findings = append(k.findings, ClockFinding("Slack", k.headers, time.Now()))
	return true
}

// ClockFinding compares this machine's clock with the date of an answer. TikTok takes timestamps from five minutes back
// to 30 seconds ahead; Slack's signatures allow five minutes either way.
func ClockFinding(of string, h http.Header, now time.Time) Finding {
	what := "clock, against " + of
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return Finding{What: what, Found: "the answer had no date; not compared"}
	}
	off := now.Sub(date).Round(time.Second)
	if off > 25*time.Second || off < -4*time.Minute {
		return Finding{What: what, Found: fmt.Sprintf("off by %s", off), Do: "set this machine's clock, best by NTP"}
	}
	return Finding{What: what, Found: fmt.Sprintf("within %s", max(off.Abs(), time.Second))}
}

// scopesIn returns what an answer of Slack's says the token was granted.
func scopesIn(h http.Header) []string {
	return strings.FieldsFunc(h.Get(scopesHeader), func(r rune) bool { return r == ',' || r == ' ' })
}

// scopes checks each scope by name.
func (k *checker) scopes() {
	missing := ungranted(k.headers)
	for _, scope := range Scopes {
		if !slices.Contains(missing, scope) {
			k.ok("Slack scope "+scope, "granted")
			continue
		}
		k.fault("Slack scope "+scope, "missing", "add it under OAuth & Permissions, or load manifest.yml, and install the app again")
	}
}

func (k *checker) appToken(ctx context.Context) {
	const what = "Slack app token"
	switch {
	case k.config.overHTTP():
		k.ok("Slack signing secret", "set, so Slack delivers over HTTP, to /slack/events")
		return
	case k.config.AppToken == "":
		k.fault(what, "not set", "set SLACK_APP_TOKEN: your app's page, Basic Information, App-Level Tokens, scope connections:write; or SLACK_SIGNING_SECRET for HTTP mode")
		return
	case !strings.HasPrefix(k.config.AppToken, "xapp-"):
		k.fault(what, "not an app-level token", "set SLACK_APP_TOKEN to the token that begins with xapp-")
		return
	}
	_, _, err := k.api.StartSocketModeContext(ctx)
	switch {
	case err == nil:
		k.ok(what, "Socket Mode answers")
	case slackapi.ErrorName(err) != "":
		k.fault(what, slackapi.ErrorName(err), "make an app-level token with the scope connections:write, switch Socket Mode on, and set SLACK_APP_TOKEN to the token that begins with xapp-")
	default:
		k.fault(what, "no answer: "+err.Error(), "check the network and SLACK_API_URL")
	}
}

func (k *checker) channel(ctx context.Context) {
	const what = "Slack channel"
	if k.config.Channel == "" {
		k.fault(what, "not set", "set SLACK_CHANNEL to the channel's id: open its details in Slack, the id is at the very bottom")
		return
	}
	k.oneChannel(ctx, what, k.config.Channel, "SLACK_CHANNEL")
}

// oneChannel checks that the bot can write to a channel. Set is where it is set.
func (k *checker) oneChannel(ctx context.Context, what, id, set string) {
	c, err := k.api.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: id})
	switch {
	case slackapi.ErrorName(err) == "channel_not_found":
		k.fault(what, "not found", "check "+set+"; a private channel is only seen once the bot was invited there: /invite @Sample Desk")
	case err != nil:
		k.fault(what, describe(err), "check "+set+" and the scopes above")
	case c.IsArchived:
		k.fault(what, "#"+c.Name+" is archived", "unarchive it, or set "+set+" to another")
	case !c.IsMember:
		k.fault(what, "the bot is not in #"+c.Name, "type /invite @Sample Desk there")
	default:
		k.ok(what, "#"+c.Name+", and the bot is in it")
	}
}

func (k *checker) admins(ctx context.Context) {
	if len(k.config.Admins) == 0 {
		k.fault("admins", "none", "set SLACK_ADMINS to the user ids of one person or more, comma-separated: they are told when something needs a hand")
		return
	}
	for _, id := range k.config.Admins {
		k.oneAdmin(ctx, "admin "+string(id), id, "SLACK_ADMINS")
	}
}

// oneAdmin checks that somebody can be an admin. Set is where they are named.
func (k *checker) oneAdmin(ctx context.Context, what string, id workflow.PersonID, set string) {
	user, err := k.api.Account(ctx, string(id))
	switch {
	case slackapi.UnknownPerson.Has(err):
		k.fault(what, "not found", "check "+set+": it takes ids of people of this workspace, which begin with U or W, not names")
	case err == nil && k.team != "" && !user.InTeam(k.team):
		k.fault(what, "from another workspace", "take it out of "+set+": only people of this workspace can be admins")
	case err != nil:
		k.fault(what, describe(err), "check "+set+" and the scope users:read")
	case user.Deleted || user.IsBot:
		k.fault(what, "deactivated, or a bot", "take it out of "+set)
	default:
		k.ok(what, user.Name)
	}
}

// CheckShops looks at what the shops' own settings name in Slack: the channels that cards and shipments go to, and the
// admins. What is unset there is for Check to look at.
func CheckShops(ctx context.Context, c Config, shops []workflow.Shop) []Finding {
	k := checker{config: c, api: slackapi.New(c.APIURL, c.BotToken, c.client())}
	const set = "/samples settings"
	if answer, err := k.api.AuthTestContext(ctx); err == nil { // where it fails, Check says so
		k.team = answer.TeamID
	}
	for _, s := range shops {
		of := " of shop " + string(s.ID)
		if s.Settings.Channel != "" {
			k.oneChannel(ctx, "Slack channel"+of, s.Settings.Channel, set)
		}
		if s.Settings.Shipments == workflow.ShipmentsElsewhere {
			k.oneChannel(ctx, "channel for shipments"+of, s.Settings.ShipmentChannel, set)
		}
		for _, id := range s.Settings.Admins {
			k.oneAdmin(ctx, "admin "+string(id)+of, id, set)
		}
	}
	return k.findings
}

// CheckRequestURL tries the address at which Slack delivers over HTTP, as Slack does when somebody saves it: a challenge,
// signed with the app's secret, has to come back. It shows that the address leads to this desk, and the raw body through
// whatever stands between.
func CheckRequestURL(ctx context.Context, client *http.Client, address, secret string) Finding {
	const what = "Slack request URL"
	const challenge = "sampledesk-check"
	const body = `{"type":"url_verification","challenge":"` + challenge + `"}`
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		return Finding{What: what, Found: address + " is no address", Do: "check SAMPLEDESK_PUBLIC_URL"}
	}
	r.Header = socket.Sign(secret, []byte(body), time.Now())
	r.Header.Set("Content-Type", "application/json")
	do := "have the reverse proxy pass /slack/events on unchanged to SAMPLEDESK_LISTEN, and check SAMPLEDESK_PUBLIC_URL"
	got, err := client.Do(r)
	if err != nil {
		return Finding{What: what, Found: address + " does not answer: " + err.Error(), Do: do}
	}
	defer func() { _ = got.Body.Close() }()
	said, _ := io.ReadAll(io.LimitReader(got.Body, 4096))
	switch {
	case got.StatusCode == http.StatusUnauthorized:
		return Finding{What: what, Found: address + " refuses the signature", Do: "use the same SLACK_SIGNING_SECRET for the desk, and have the reverse proxy leave the body as it is"}
	case got.StatusCode != http.StatusOK || !strings.Contains(string(said), challenge):
		return Finding{What: what, Found: fmt.Sprintf("%s answers %d, and not as the desk does", address, got.StatusCode), Do: do}
	}
	return Finding{What: what, Found: address + " leads to the desk"}
}

// describe names Slack's error where there is one; other errors are about the way there.
func describe(err error) string {
	if e, ok := errors.AsType[slack.SlackErrorResponse](err); ok {
		if e.Needed != "" {
			return e.Err + ": needs " + e.Needed
		}
		return e.Err
	}
	return err.Error()
}

// missingScopes asks Slack which of the desk's scopes its token was not granted. Told is false where it does not say.
func missingScopes(ctx context.Context, c Config) (missing []string, told bool) {
	ctx, cancel := context.WithTimeout(ctx, access.Timeout)
	defer cancel()
	var headers http.Header
	api := slack.New(c.BotToken, slack.OptionAPIURL(c.APIURL), slack.OptionHTTPClient(c.client()),
		slack.OptionOnResponseHeaders(func(_ string, h http.Header) { headers = h }))
	if _, err := api.AuthTestContext(ctx); err != nil {
		c.Logger.WarnContext(ctx, "could not read the bot's scopes", "error", err)
		return nil, false
	}
	if headers.Get(scopesHeader) == "" {
		return nil, false
	}
	return ungranted(headers), true
}

// scopesHeader is where Slack's answers tell what a token was granted.
const scopesHeader = "X-Oauth-Scopes"

// ungranted returns those of the desk's scopes that an answer of Slack's does not name.
func ungranted(h http.Header) []string {
	granted := scopesIn(h)
	return slices.DeleteFunc(slices.Clone(Scopes), func(s string) bool { return slices.Contains(granted, s) })
}
