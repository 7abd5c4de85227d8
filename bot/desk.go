// Package bot is the desk in Slack: it reads what people do into events, and writes what the workflow wants shown.
//
// It is the only package that speaks to Slack, and it decides nothing: a click becomes an event, the engine refuses or
// keeps it, and only then is the click acknowledged. What is shown comes back as effects that the dispatcher hands to package
// post, which writes and edits messages; what they say is rendered here, kind by kind. The words are in package view, the
// pictures in package picture.
//
// The package is made of surfaces, which are what people use: cardDesk, homeDesk, queueDesk, campaignDesk and so on. Each is a
// small type with the few things that it needs, and registers its controls, dialogs, commands and events itself. They do not
// use each other; what several need is below them, in find.go, typed.go, controls.go and memory.go. surfaces.go makes them,
// desk.go connects them, and rooms_test.go holds which part may use which.
//
// Package socket keeps the connection and acknowledges each envelope. routes.go hands what comes on: clicks, dialogs, menus
// and shortcuts to the handle.Mux, commands and events to those whose rows they are. A control or a dialog is a
// handle.Handler, which parses, asks access who may, commits and acknowledges in the right order and answers in private; the
// few that fit none are registered as Raw. Who may do what is package access, which asks the settings and Slack: "not allowed"
// is an access.Denied, and Access.Explain puts an error into words.
//
// Package slackapi calls Slack: its rates, what its errors mean, and reads that slack-go cannot do. check.go is for the
// first day, and needs none of the others.
package bot

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/bot/access"
	"sampledesk/bot/handle"
	"sampledesk/bot/post"
	"sampledesk/bot/slackapi"
	"sampledesk/bot/socket"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// Desk is the bot. It is safe for concurrent use. It wires its surfaces and keeps the connection: each surface is a small
// type of its own, with only what it needs.
type Desk struct {
	config Config
	api    *slackapi.Client
	link   transport
	home   *homeDesk
	posts  *post.Service
}

// transport is one of the two ways in which Slack delivers: a socket.Link or a socket.Receiver.
type transport interface {
	Run(context.Context) error
	Health() socket.Health
}

// New returns a desk. It calls nobody yet.
func New(config Config, store workflow.Store, engine *engine.Engine) (*Desk, error) {
	if !strings.HasSuffix(config.APIURL, "/") {
		return nil, fmt.Errorf("the address of Slack's API, %q, has to end in a slash", config.APIURL)
	}
	d := &Desk{config: config, api: slackapi.New(config.APIURL, config.BotToken, config.client(), slack.OptionAppLevelToken(config.AppToken))}
	who := access.New(d.api, store, config.defaults(), config.Logger)
	mux := handle.NewMux(d.api, who, config.Logger, func(ctx context.Context, i handle.Interaction) { d.home.after(ctx, i) })
	r := newRoutes(mux, d.api, who, config.Logger, d.Changed)
	r.acknowledged = config.Acknowledged
	for _, s := range d.surfaces(store, engine, who, mux) {
		s.register(r)
	}
	d.link = d.transport(r.handle)
	return d, nil
}

// transport makes the way in that is configured.
func (d *Desk) transport(handle func(context.Context, socket.Envelope, socket.Ack)) transport {
	if d.config.overHTTP() {
		return socket.NewReceiver(socket.ReceiverConfig{
			Secret: d.config.SigningSecret, Test: d.testToken, Fatal: slackapi.NoSocket.Has, RetryAfter: slackapi.RetryAfter,
			Handle: handle, Log: d.config.Logger,
		})
	}
	return socket.New(socket.Config{
		Open: d.openSocket, Fatal: slackapi.NoSocket.Has, RetryAfter: slackapi.RetryAfter, Dial: d.config.Dial, Handle: handle, Log: d.config.Logger,
	})
}

// Handler takes what Slack delivers over HTTP, as POST requests with bodies of socket.MaxRequest bytes at most. In Socket
// Mode there is none: it is nil.
func (d *Desk) Handler() http.Handler {
	if receiver, ok := d.link.(*socket.Receiver); ok {
		return receiver
	}
	return nil
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
	return Health{Health: d.link.Health(), Refused: d.posts.Refused(), Asked: d.posts.Asked()}
}

// openSocket asks Slack for the address of a socket.
func (d *Desk) openSocket(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, slackapi.Timeout)
	defer cancel()
	_, url, err := d.api.StartSocketModeContext(ctx)
	return url, err
}

// testToken asks Slack whether the bot's token is good.
func (d *Desk) testToken(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, slackapi.Timeout)
	defer cancel()
	_, err := d.api.AuthTestContext(ctx)
	return err
}

// Changed tells the desk that something was committed that people may be looking at. It does not block.
func (d *Desk) Changed() { d.home.sessions.changed() }

// Limit implements outbox.Service; see post.Service.
func (d *Desk) Limit(tx workflow.Tx, e workflow.Effect) (string, error) { return d.posts.Limit(tx, e) }

// Budget implements outbox.Service.
func (d *Desk) Budget(e workflow.Effect, limit string) time.Duration { return d.posts.Budget(e, limit) }

// Deliver implements outbox.Service.
func (d *Desk) Deliver(ctx context.Context, e workflow.Effect) engine.Outcome {
	return d.posts.Deliver(ctx, e)
}
