package bot

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/bot/access"
	"sampledesk/bot/handle"
	"sampledesk/bot/slackapi"
	"sampledesk/bot/socket"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// Desk is the bot. It is safe for concurrent use. It wires its surfaces and keeps the connection: each surface is a small
// type of its own, with only what it needs.
type Desk struct {
	api    *slackapi.Client
	engine *workflow.Engine
	store  workflow.Store
	config Config
	access *access.Access
	mux    *handle.Mux
	limits *slackapi.Limits
	link   *socket.Link
	home   *homeDesk
	drawn  drawn

	dismissed dismissed
	renderers renderers

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
		engine: engine, store: store, config: config, log: config.Logger, limits: slackapi.NewLimits(),
	}
	d.access = access.New(d.api, store, config.defaults(), config.Logger)
	d.mux = handle.NewMux(d.api, d.access, config.Logger, func(ctx context.Context, i handle.Interaction) { d.home.after(ctx, i) })
	r := newRoutes(d.mux, d.api, d.access, config.Logger, d.Changed)
	for _, s := range d.surfaces() {
		s.register(r)
	}
	d.link = socket.New(socket.Config{
		Open: d.openSocket, Fatal: slackapi.NoSocket.Has, RetryAfter: slackapi.RetryAfter, Dial: config.Dial, Handle: r.handle, Log: config.Logger,
	})
	return d, nil
}

// renderers render what is edited later, by what it tells of.
type renderers map[workflow.PayloadKind]func(workflow.Tx, workflow.Notice) (view.Message, error)

// surfaces makes the surfaces, each with the few things that it needs, and keeps what renders notices.
func (d *Desk) surfaces() []surface {
	api, engine, store, who, mux, log := d.api, d.engine, d.store, d.access, d.mux, d.log
	defaults := d.defaults()
	find, decide := finder{store: store, defaults: defaults, log: log}, decider{engine: engine, defaults: defaults}
	syncs, products := syncStates(d.config.Sync), productMenu{store: store, access: who, log: log}

	d.home = newHomeDesk(homeDesk{api: api, store: store, access: who, dismissed: &d.dismissed, syncs: syncs, log: log})
	bulk := &bulkDesk{api: api, engine: engine, store: store, access: who, defaults: defaults, find: find, log: log}
	talk := &talkDesk{engine: engine, store: store, access: who, defaults: defaults}
	question := &questionDesk{engine: engine, store: store, access: who, defaults: defaults, log: log}

	d.renderers = renderers{
		workflow.KindRun:      bulk.runMessage,
		workflow.KindQuestion: question.questionMessage,
		workflow.KindMessage:  talk.messageMessage,
		workflow.KindMorning:  d.morningMessage,
		workflow.KindContent:  d.contentMessage,
	}
	return []surface{
		d.home, bulk, talk, question,
		&cardDesk{api: api, engine: engine, store: store, access: who, mux: mux, defaults: defaults, log: log},
		&queueDesk{api: api, engine: engine, store: store, access: who, find: find, log: log},
		&pickDesk{access: who, find: find, decider: decide},
		&noteDesk{engine: engine, store: store, access: who, find: find, log: log},
		&mentionDesk{api: api, engine: engine, store: store, access: who, mux: mux, find: find, decider: decide, log: log},
		&campaignDesk{api: api, engine: engine, store: store, access: who, defaults: defaults, log: log},
		&editDesk{engine: engine, store: store, access: who, defaults: defaults, unreachable: d.unreachableSoon, products: products, log: log},
		&joinDesk{engine: engine, store: store, access: who, mux: mux, defaults: defaults, log: log},
		&linkDesk{api: api, engine: engine, store: store, access: who, mux: mux, defaults: defaults, products: products, link: d.config.Link, log: log},
		&statusDesk{store: store, version: d.config.Version, slack: d.slackHealth, memory: d.config.Memory, syncs: syncs},
		&retryDesk{engine: engine, store: store, access: who, mux: mux, find: find},
		&statsDesk{api: api, store: store, access: who, mux: mux, defaults: defaults, files: make(sem, maxFilesAtOnce), log: log},
		registering(d.settingsRoutes), registering(d.welcomeRoutes),
	}
}

// unreachableSoon is unreachable within the time that a dialog has.
func (d *Desk) unreachableSoon(ctx context.Context, channel string) string {
	ctx, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	return d.unreachable(ctx, channel)
}

// registering is a surface that only registers its rows.
type registering func(*routes)

func (f registering) register(r *routes) { f(r) }

// slackHealth tells how the desk stands with Slack.
func (d *Desk) slackHealth(ctx context.Context) view.HealthSlack {
	link := d.Health()
	h := view.HealthSlack{
		Connected: link.Connected, Since: link.Since, LastFrame: link.LastFrame, LastEvent: link.LastEvent,
		LastReason: link.LastReason, LastError: link.LastError, Refused: link.Refused, Asked: link.Asked,
	}
	h.Missing, h.Scopes = missingScopes(ctx, d.config)
	return h
}

// Run keeps the desk connected to Slack until ctx ends, and then comes to an end within a few seconds, with every
// acknowledgement that it owes. An error is one that no retry mends, such as a revoked token. A desk runs once.
func (d *Desk) Run(ctx context.Context) error {
	defer d.api.Close()
	ctx, cancel := context.WithCancel(ctx)
	wait := d.home.sessions.run(ctx)
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

// Changed tells the desk that something was committed that people may be looking at. It does not block.
func (d *Desk) Changed() { d.home.sessions.changed() }

func (d *Desk) defaults() query.Defaults { return d.config.defaults() }

func (d *Desk) adminsOf(s workflow.Shop) []workflow.PersonID { return d.defaults().AdminsOf(s) }
func (d *Desk) channelOf(s workflow.Shop) string             { return d.defaults().ChannelOf(s) }
