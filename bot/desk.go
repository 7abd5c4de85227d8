package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

// callTimeout is how long one call of Slack's Web API may take. slack-go sets none of its own.
const callTimeout = 10 * time.Second

// Config is what the desk needs to know. Channel, Admins and Undo hold for every shop whose own setting is unset.
type Config struct {
	BotToken, AppToken string
	APIURL             string // ends in a slash
	Channel            string
	Admins             []workflow.PersonID
	Undo               time.Duration
	HTTPClient         *http.Client // its Transport is the caller's; nil: a client of its own
	Dial               DialFunc     // of the socket; nil: the network's
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
	client := &http.Client{Timeout: callTimeout}
	if c.HTTPClient != nil {
		client.Transport = c.HTTPClient.Transport
	}
	return client
}

// Desk is the bot. It is safe for concurrent use.
type Desk struct {
	api    *slack.Client
	raw    rawAPI
	engine *workflow.Engine
	store  workflow.Store
	config Config
	people *people
	limits *limits
	link   *link
	routes *routes
	shared lately
	drawn  drawn
	bulks  turns

	welcomes postponed
	homes    *homes

	over context.Context // ends when the desk has stopped, and with it what goes on after an acknowledgement
	end  context.CancelFunc

	refused atomic.Pointer[string]        // Slack's error for the last message written
	asked   atomic.Pointer[time.Duration] // for how long Slack asked not to be written to, where that is longer than is obeyed
	log     *slog.Logger
}

// New returns a desk. It calls nobody yet.
func New(config Config, store workflow.Store, engine *workflow.Engine) (*Desk, error) {
	if !strings.HasSuffix(config.APIURL, "/") {
		return nil, fmt.Errorf("the address of Slack's API, %q, has to end in a slash", config.APIURL)
	}
	client := config.client()
	d := &Desk{
		api: slack.New(config.BotToken, slack.OptionAPIURL(config.APIURL), slack.OptionAppLevelToken(config.AppToken),
			slack.OptionHTTPClient(client)),
		raw:    rawAPI{base: config.APIURL, token: config.BotToken, http: client},
		engine: engine, store: store, config: config, log: config.Logger, limits: newLimits(),
	}
	d.over, d.end = context.WithCancel(context.Background())
	d.people = newPeople(d.api, d.raw)
	d.routes = newRoutes(d)
	d.homes = newHomes(d)
	d.link = newLink(linkConfig{open: d.openSocket, dial: config.Dial, handle: d.handle, log: config.Logger})
	return d, nil
}

// Run keeps the desk connected to Slack until ctx ends, and then comes to an end within a few seconds, with every
// acknowledgement that it owes. An error is one that no retry mends, such as a revoked token. A desk runs once.
func (d *Desk) Run(ctx context.Context) error {
	defer d.end()
	ctx, cancel := context.WithCancel(ctx)
	wait := d.homes.run(ctx)
	defer wait()
	defer cancel()
	return d.link.run(ctx)
}

// beyond returns a context for what is done after an acknowledgement: it lasts longer than the handler's own, and no
// longer than the desk.
func (d *Desk) beyond(ctx context.Context, most time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), most)
	stop := context.AfterFunc(d.over, cancel)
	return ctx, func() { stop(); cancel() }
}

// Health tells how the connection to Slack is, and whether Slack takes what the desk writes.
func (d *Desk) Health() Health {
	h := d.link.health()
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
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, url, err := d.api.StartSocketModeContext(ctx)
	return url, err
}

// shops returns the shops of the desk, by id.
func (d *Desk) shops(ctx context.Context) (shops []workflow.Shop, err error) {
	err = d.store.View(ctx, func(tx workflow.Tx) (err error) {
		shops, err = tx.Shops()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the shops: %w", err)
	}
	return shops, nil
}

// slackError returns Slack's own name of an error, or "" if it is not an answer of Slack's.
func slackError(err error) string {
	if e, ok := errors.AsType[slack.SlackErrorResponse](err); ok {
		return e.Err
	}
	return ""
}
