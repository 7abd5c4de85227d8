package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"sampledesk/affiliate"
	"sampledesk/affiliate/bridge"
	"sampledesk/workflow"
)

// secret is a flag's value that is never printed.
type secret string

// String hides the value.
func (s secret) String() string {
	if s == "" {
		return ""
	}
	return "[set]"
}

// slackFlags say which Slack.
type slackFlags struct {
	SlackBotToken      secret   `env:"SLACK_BOT_TOKEN" placeholder:"xoxb-…" help:"The bot's token."`
	SlackAppToken      secret   `env:"SLACK_APP_TOKEN" placeholder:"xapp-…" help:"The app's token, for Socket Mode."`
	SlackSigningSecret secret   `env:"SLACK_SIGNING_SECRET" help:"The app's signing secret, for HTTP mode in place of Socket Mode: Slack delivers to /slack/events then. With SLACK_APP_TOKEN set too, Socket Mode is used."`
	SlackAPIURL        string   `env:"SLACK_API_URL" name:"slack-api-url" default:"https://slack.com/api/" help:"Where Slack's Web API is."`
	SlackChannel       string   `env:"SLACK_CHANNEL" placeholder:"C…" help:"The id of the channel that gets the cards."`
	SlackAdmins        []string `env:"SLACK_ADMINS" placeholder:"U…" help:"The user ids of the admins, comma-separated."`
}

// tiktokFlags say which TikTok.
type tiktokFlags struct {
	TiktokAppKey       string `env:"TIKTOK_APP_KEY" help:"The app's key at TikTok Shop."`
	TiktokAppSecret    secret `env:"TIKTOK_APP_SECRET" help:"The app's secret at TikTok Shop."`
	TiktokAPIURL       string `env:"TIKTOK_API_URL" name:"tiktok-api-url" default:"${tiktok_api_url}" help:"Where TikTok Shop's Open API is."`
	TiktokAuthURL      string `env:"TIKTOK_AUTH_URL" name:"tiktok-auth-url" default:"${tiktok_auth_url}" help:"Where TikTok Shop's token calls are."`
	TiktokRefreshToken secret `env:"TIKTOK_REFRESH_TOKEN" help:"Connects the shops of this authorisation. It is exchanged once and ignored afterwards; a new value is exchanged again."`
}

// deskFlags say how the desk runs.
type deskFlags struct {
	Listen       string        `env:"SAMPLEDESK_LISTEN" default:"127.0.0.1:8080" help:"Where /healthz, /readyz, /metrics and what Slack (in HTTP mode) and TikTok send are served."`
	Sync         string        `env:"SAMPLEDESK_SYNC" default:"@every 1m" help:"When to sync with TikTok: a cron expression, at most once a second."`
	SyncMessages string        `env:"SAMPLEDESK_SYNC_MESSAGES" default:"@every 1m" help:"When to check for messages from creators: a cron expression, at most once a second."`
	SyncContent  string        `env:"SAMPLEDESK_SYNC_CONTENT" default:"@every 30m" help:"When to check for content from creators: a cron expression, at most once a second."`
	Backup       string        `env:"SAMPLEDESK_BACKUP" placeholder:"PATH?keep=14" help:"A folder for nightly backups, and how many are kept (14 by default)."`
	Undo         time.Duration `env:"SAMPLEDESK_UNDO" default:"10s" help:"How long a decision can be undone before it is sent; 0s: not at all."`
	WebhookAllow []string      `env:"SAMPLEDESK_WEBHOOK_ALLOW" placeholder:"ADDRESS" help:"Private addresses that the shops' webhooks may lead to, comma-separated: addresses, or prefixes such as 10.1.0.0/16. Others are refused."`
	Log          string        `env:"SAMPLEDESK_LOG" default:"info" enum:"debug,info,warn,error" help:"What is logged: debug, info, warn or error."`
}

// storeFlags say where the desk remembers.
type storeFlags struct {
	Store string `env:"SAMPLEDESK_STORE" default:"bolt:data/sampledesk.db" help:"Where everything is kept: bolt:PATH, or postgres://USER:PASSWORD@HOST/DATABASE for several desks."`
	Key   secret `env:"SAMPLEDESK_KEY" placeholder:"KEY" help:"Encrypts TikTok's tokens at rest: 32 bytes in base64, or file:PATH. By default the file beside the store with .key at its end, made if it is not there. With PostgreSQL it has to be given."`
}

// vars are what the flags' defaults refer to.
var vars = map[string]string{"tiktok_api_url": affiliate.DefaultAPIURL, "tiktok_auth_url": affiliate.DefaultAuthURL}

// required names what is missing, by variable, in one sentence.
func required(values map[string]string) error {
	var missing []string
	for name, value := range values {
		if value == "" {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	slices.Sort(missing)
	return usagef("not set: %s. Set them in the environment or by flag; README.md tells where each comes from", strings.Join(missing, ", "))
}

// admins turns user ids into the workflow's.
func admins(ids []string) []workflow.PersonID {
	var all []workflow.PersonID
	for _, id := range ids {
		if id = strings.TrimSpace(id); id != "" {
			all = append(all, workflow.PersonID(id))
		}
	}
	return all
}

// loadKey returns the key that seals the tokens. The default is a file beside the store, made with mode 0600.
func loadKey(text secret, store string) (bridge.Key, error) {
	path, isFile := strings.CutPrefix(string(text), "file:")
	switch {
	case text == "":
		path = boltPath(store) + keyEnd
		key, err := readKey(path)
		if errors.Is(err, os.ErrNotExist) {
			return makeKey(path)
		}
		return key, err
	case isFile:
		return readKey(path)
	default:
		key, err := bridge.ParseKey(string(text))
		if err != nil {
			return key, usagef("SAMPLEDESK_KEY: %w, or file:PATH", err)
		}
		return key, nil
	}
}

func readKey(path string) (bridge.Key, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return bridge.Key{}, fmt.Errorf("reading the key: %w", err)
	}
	key, err := bridge.ParseKey(string(text))
	if err != nil {
		return bridge.Key{}, fmt.Errorf("reading the key in %s: %w", path, err)
	}
	return key, nil
}

// makeKey writes a new key, never over one that is there.
func makeKey(path string) (bridge.Key, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return bridge.Key{}, fmt.Errorf("making the key's folder: %w", err)
	}
	key, text := bridge.NewKey()
	if err := writeKey(path, text); err != nil {
		return bridge.Key{}, fmt.Errorf("making a key: %w", err)
	}
	return key, nil
}
