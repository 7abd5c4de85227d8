package bot

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"sampledesk/bot/slackapi"
	"sampledesk/bot/socket"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// Config is what the desk needs to know. Channel, Admins and Undo hold for every shop whose own setting is unset.
type Config struct {
	BotToken      string
	AppToken      string // for Socket Mode
	SigningSecret string // for HTTP mode; an AppToken goes before it
	APIURL        string // ends in a slash
	Channel       string
	Admins        []workflow.PersonID
	Undo          time.Duration
	HTTPClient    *http.Client    // its Transport is the caller's; nil: a client of its own
	Dial          socket.DialFunc // of the socket; nil: the network's
	Logger        *slog.Logger
	Version       string             // of the program, as `/samples status` tells it
	Sync          func() []SyncState // how each shop's last sweep went; nil: nobody tells

	// Acknowledged is told of each delivery of Slack's that was acknowledged: what it was, in Slack's word for its kind, and
	// how long it took. It is called on the path of a click and must not block; nil tells nobody.
	Acknowledged func(kind string, took time.Duration)

	// TestWebhook sends an example to the webhook of a shop's settings, and tells in a few words what came back.
	// NewWebhookSecret makes a new secret for it, which is shown once. Nil: the desk calls no other systems.
	TestWebhook      func(ctx context.Context, shop workflow.Shop) (words string, good bool)
	NewWebhookSecret func(ctx context.Context, shop workflow.ShopID, by workflow.Actor) (secret string, err error)

	// Memory tells what is wrong with the store, in sentences for the operator; nil: nobody tells.
	Memory func(ctx context.Context) []string

	// Shared are the budgets of Slack's calls, where other desks write too; nil: they are this desk's alone.
	Shared slackapi.Shared

	// Desks are those that share the store, this one first; nil: it is alone.
	Desks func() []workflow.Desk

	// Consents connect shops from Slack; nil: that is done elsewhere.
	Consents *Consents

	// Link gets from TikTok the link that opens, in the app on a creator's phone, the page on which they ask for a sample
	// of one variant of a product. It works for 1 to 14 days. An error that holds a workflow.Failure is told to whoever asked.
	Link func(ctx context.Context, shop workflow.ShopID, product workflow.ProductID, sku string, days int) (string, error)
}

// overHTTP tells whether Slack delivers over HTTP, and not over a socket.
func (c Config) overHTTP() bool { return c.AppToken == "" && c.SigningSecret != "" }

// Consents connect shops, as TikTok's consent page and an admin say.
type Consents struct {
	Apps func(ctx context.Context) ([]workflow.App, error)
	// Link returns a link to an app's consent page, for that person alone.
	Link func(ctx context.Context, app string, by workflow.PersonID) (string, error)
	// ComesBack says that TikTok's page leads back to the desk. Where it does not, Returned takes the address that a person
	// pasted, and returns formatted lines that say what came of it.
	ComesBack bool
	Returned  func(ctx context.Context, typed string, by workflow.PersonID) ([]string, error)
	// Accept and Refuse carry somebody's word on the shops of an authorisation. The channel and the admins are of the shops;
	// empty: the desk's.
	Accept func(ctx context.Context, authorisation string, shops []workflow.ShopID, channel string, admins []workflow.PersonID, by workflow.Actor) ([]workflow.Shop, error)
	Refuse func(ctx context.Context, authorisation string, shops []workflow.ShopID, by workflow.Actor) error
}

// others reports whether other desks are there, at which somebody's next click may arrive.
func (c Config) others() bool { return c.Desks != nil && len(c.Desks()) > 1 }

// client returns the client for Slack's Web API.
func (c Config) client() *http.Client {
	client := &http.Client{Timeout: slackapi.Timeout}
	if c.HTTPClient != nil {
		client.Transport = c.HTTPClient.Transport
	}
	return client
}

// defaults are the settings that hold where a shop's own is unset.
func (c Config) defaults() query.Defaults {
	return query.Defaults{Channel: c.Channel, Admins: c.Admins, Undo: c.Undo}
}

// SyncState is how the last sweep of a shop went. Config.Sync tells it.
type SyncState struct {
	Shop  workflow.ShopID
	Began time.Time // of the last one; zero: there was none since the desk was opened
	Ended time.Time // of the last one that went through
	Err   error     // of the last one, nil if it went through

	Running time.Time // when the one under way began; zero: none is
	Read    int       // applications that the one under way has read so far

	// MessagesErr and ContentErr are what the last looks for creators' messages and for what they posted failed with; nil
	// where they went through.
	MessagesErr, ContentErr error

	Unreadable []string // ids of the requests that the last sweep could not read, an empty one for those without
}

// syncStates tell how each shop's last sweep went, as far as that is told.
type syncStates func() []SyncState

func (s syncStates) byShop() map[workflow.ShopID]SyncState {
	all := map[workflow.ShopID]SyncState{}
	if s == nil {
		return all
	}
	for _, state := range s() {
		all[state.Shop] = state
	}
	return all
}

// Scopes are what the bot's token has to be granted. manifest.yml asks for these and no others, and says beside each
// what it is for; a test holds the two together.
var Scopes = []string{
	"app_mentions:read", "channels:history", "channels:read", "chat:write", "commands", "files:write", "groups:history",
	"groups:read", "im:history", "im:write", "usergroups:read", "users:read",
}

// Events are the bot events that the app subscribes to. Messages are not among them: what is said in a thread without
// naming the desk is nobody's business but the team's.
var Events = []string{"app_home_opened", "app_mention"}

// Shortcut is one of the app's shortcuts, as manifest.yml declares it.
type Shortcut struct {
	Name     string
	Callback string
	Type     string // "message", or "global"
}

// shortcutNote is the callback id of the shortcut that keeps a message as a note on a sample.
const shortcutNote = "add_note"

// Shortcuts are the app's shortcuts.
var Shortcuts = []Shortcut{{Name: "Add note to sample", Callback: shortcutNote, Type: "message"}}
