package bot

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/bot/access"
	"sampledesk/bot/handle"
	"sampledesk/bot/slackapi"
	"sampledesk/bot/socket"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// Config is what the desk needs to know. Channel, Admins and Undo hold for every shop whose own setting is unset.
type Config struct {
	BotToken, AppToken string
	APIURL             string // ends in a slash
	Channel            string
	Admins             []workflow.PersonID
	Undo               time.Duration
	HTTPClient         *http.Client    // its Transport is the caller's; nil: a client of its own
	Dial               socket.DialFunc // of the socket; nil: the network's
	Logger             *slog.Logger
	Version            string             // of the program, as `/samples status` tells it
	Sync               func() []SyncState // how each shop's last sweep went; nil: nobody tells

	// Memory tells what is wrong with the store, in sentences for the operator; nil: nobody tells.
	Memory func(ctx context.Context) []string

	// Link gets from TikTok the link that opens, in the app on a creator's phone, the page on which she asks for a sample
	// of one variant of a product. It works for 1 to 14 days. An error that holds a workflow.Failure is told to whoever asked.
	Link func(ctx context.Context, shop workflow.ShopID, product workflow.ProductID, sku string, days int) (string, error)
}

// client returns the client for Slack's Web API.
func (c Config) client() *http.Client {
	client := &http.Client{Timeout: slackapi.Timeout}
	if c.HTTPClient != nil {
		client.Transport = c.HTTPClient.Transport
	}
	return client
}

// Desk is the bot. It is safe for concurrent use.
type Desk struct {
	api    *slackapi.Client
	engine *workflow.Engine
	store  workflow.Store
	config Config
	access *access.Access
	mux    *handle.Mux
	limits *slackapi.Limits
	link   *socket.Link
	routes *routes
	shared lately
	drawn  drawn
	files  fileTurns
	bulks  viewSeq

	welcomes postponed
	homes    *homes

	refused atomic.Pointer[string]        // Slack's error for the last message written
	asked   atomic.Pointer[time.Duration] // for how long Slack asked not to be written to, where that is longer than is obeyed
	log     *slog.Logger
}

// New returns a desk. It calls nobody yet.
func New(config Config, store workflow.Store, engine *workflow.Engine) (*Desk, error) {
	if !strings.HasSuffix(config.APIURL, "/") {
		return nil, fmt.Errorf("the address of Slack's API, %q, has to end in a slash", config.APIURL)
	}
	d := &Desk{
		api:    slackapi.New(config.APIURL, config.BotToken, config.client(), slack.OptionAppLevelToken(config.AppToken)),
		engine: engine, store: store, config: config, log: config.Logger, limits: slackapi.NewLimits(), files: newFileTurns(),
	}
	d.access = access.New(d.api, store, d.defaults(), config.Logger)
	d.mux = handle.NewMux(d.api, d.access, config.Logger, d.handled)
	d.routes = newRoutes(d)
	d.homes = newHomes(d)
	d.link = socket.New(socket.Config{
		Open: d.openSocket, Fatal: slackapi.NoSocket.Has, RetryAfter: slackapi.RetryAfter, Dial: config.Dial, Handle: d.handle, Log: config.Logger,
	})
	return d, nil
}

// Run keeps the desk connected to Slack until ctx ends, and then comes to an end within a few seconds, with every
// acknowledgement that it owes. An error is one that no retry mends, such as a revoked token. A desk runs once.
func (d *Desk) Run(ctx context.Context) error {
	defer d.api.Close()
	ctx, cancel := context.WithCancel(ctx)
	wait := d.homes.run(ctx)
	defer wait()
	defer cancel()
	return d.link.Run(ctx)
}

// Health tells how the connection to Slack is, and whether Slack takes what the desk writes.
type Health struct {
	socket.Health

	Refused string // Slack's error for the last message that the desk wanted to write, "" if it took it

	// Asked is for how long Slack asked not to be written to, where that is longer than the desk obeys; 0: it does not.
	// One too long to be counted is below 0.
	Asked time.Duration
}

// Health tells how the connection to Slack is, and whether Slack takes what the desk writes.
func (d *Desk) Health() Health {
	h := Health{Health: d.link.Health()}
	if refused := d.refused.Load(); refused != nil {
		h.Refused = *refused
	}
	if asked := d.asked.Load(); asked != nil {
		h.Asked = *asked
	}
	return h
}

// openSocket asks Slack for the address of a socket.
func (d *Desk) openSocket(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, slackapi.Timeout)
	defer cancel()
	_, url, err := d.api.StartSocketModeContext(ctx)
	return url, err
}

// defaults are the settings that hold where a shop's own is unset.
func (d *Desk) defaults() query.Defaults {
	return query.Defaults{Channel: d.config.Channel, Admins: d.config.Admins, Undo: d.config.Undo}
}

func (d *Desk) adminsOf(s workflow.Shop) []workflow.PersonID { return d.defaults().AdminsOf(s) }
func (d *Desk) channelOf(s workflow.Shop) string             { return d.defaults().ChannelOf(s) }
func (d *Desk) undoOf(s workflow.Shop) time.Duration         { return d.defaults().UndoOf(s) }
