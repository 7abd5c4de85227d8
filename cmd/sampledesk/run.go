package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/robfig/cron/v3"

	"sampledesk/affiliate"
	"sampledesk/affiliate/bridge"
	"sampledesk/bot"
	"sampledesk/bot/socket"
	"sampledesk/store"
	"sampledesk/webhook"
	"sampledesk/workflow"
	"sampledesk/workflow/desks"
	"sampledesk/workflow/engine"
	"sampledesk/workflow/outbox"
)

// How many deliveries may be under way at once, for one shop. For TikTok it is the vendor's advice to start with, which
// the client holds too: here it keeps a delivery from waiting with its claim.
var inFlight = map[workflow.Service]int{workflow.TikTok: 2, workflow.Slack: 8, workflow.Others: 4}

// desk is what the command line says of a desk.
type desk struct {
	slackFlags
	tiktokFlags
	connectFlags
	deskFlags
	storeFlags
}

// network is how a desk reaches others and is reached. Nil fields are this machine's network; tests connect in memory.
type network struct {
	dial   socket.DialFunc
	listen func(ctx context.Context, address string) (net.Listener, error)
}

// client returns an HTTP client on the network.
func (n network) client() *http.Client {
	if n.dial == nil {
		return &http.Client{}
	}
	return &http.Client{Transport: &http.Transport{DialContext: n.dial}}
}

func (n network) listener(ctx context.Context, address string) (l net.Listener, err error) {
	if n.listen != nil {
		return n.listen(ctx, address)
	}
	var config net.ListenConfig
	if l, err = config.Listen(ctx, "tcp", address); err != nil {
		return nil, fmt.Errorf("listening on %s (SAMPLEDESK_LISTEN names another address): %w", address, err)
	}
	return l, nil
}

// run runs a desk until ctx ends, and stops within ten seconds, losing nothing: what is not delivered is in the store.
func (d desk) run(ctx context.Context, wires network, log *slog.Logger) (err error) {
	when, err := d.valid()
	if err != nil {
		return err
	}
	db, key, err := openMemory(ctx, d.storeFlags, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(unasked(ctx, err), db.Close()) }()
	for _, e := range d.exposed() {
		log.WarnContext(ctx, e.What+": "+e.Found, "do", e.Do)
	}
	numbers := newMetrics()
	if store, ok := db.(interface {
		WatchCommits(func(time.Duration, int))
	}); ok {
		store.WatchCommits(numbers.committed)
	}

	var dispatcher *outbox.Dispatcher
	var slack *bot.Desk
	var inbox *bridge.Inbox
	wake := func() { dispatcher.Wake(); slack.Changed() }
	engine := engine.New(db, wake, engine.LogTo(log), engine.Watch(numbers.applied))
	here := place{store: db, key: key, engine: engine, flags: d.storeFlags, log: log}
	tiktok, err := d.bridgeTo(here, wires.client(), numbers.called)
	if err != nil {
		return err
	}
	if err := d.knowsApp(ctx, tiktok); err != nil {
		return err
	}
	all := desks.New(db, hostname(), version(), log)
	tiktok.OnSweep, tiktok.Desks, here.tiktok = numbers.swept, all, tiktok
	backups := &nightly{plan: when.backup, at: here, desks: all, log: log}
	others := d.webhooks(db, engine, key, wires, log)
	talk := bot.Config{
		BotToken: string(d.SlackBotToken), AppToken: string(d.SlackAppToken), SigningSecret: string(d.SlackSigningSecret),
		APIURL: d.SlackAPIURL, Channel: d.SlackChannel, Admins: admins(d.SlackAdmins), Undo: d.Undo,
		Link: tiktok.RequestLink, Consents: consents(tiktok), HTTPClient: numbers.slackClient(wires.client(), d.SlackAPIURL), Dial: wires.dial, Logger: log,
		Acknowledged: func(kind string, took time.Duration) { all.Clicked(); numbers.acknowledged(kind, took) }, Version: version(), Sync: func() []bot.SyncState { return syncStates(tiktok) },
		Memory: func(ctx context.Context) []string { return append(d.troubles(ctx, db), backups.trouble()...) },
		Desks:  all.All, TestWebhook: others.Test, NewWebhookSecret: others.NewSecret,
	}
	if shared, ok := db.(workflow.Shared); ok {
		talk.Shared = shared
	}
	slack, err = bot.New(talk, db, engine)
	if err != nil {
		return err
	}
	dispatcher = outbox.New(db, engine, map[workflow.Service]outbox.Service{
		workflow.TikTok: countedService{tiktok, numbers, all}, workflow.Slack: countedService{slack, numbers, all},
		workflow.Others: countedService{others, numbers, all},
	}, inFlight, log)
	dispatcher.Mine = all.Mine

	listener, err := wires.listener(ctx, d.Listen)
	if err != nil {
		return err
	}
	web := newServer(log)
	health := health{store: db, engine: engine, slack: slack, tiktok: tiktok, backup: backups, desks: all}
	health.register(web)
	numbers.add(state{health: health, clients: tiktok.Clients, metrics: numbers})
	numbers.register(web, log)
	callback{tiktok: tiktok, admins: admins(d.SlackAdmins), log: log}.register(web)
	if h := slack.Handler(); h != nil {
		web.handle("POST /slack/events", socket.MaxRequest, h.ServeHTTP)
	} else if d.SlackSigningSecret != "" {
		log.InfoContext(ctx, "SLACK_APP_TOKEN is set: Slack delivers over Socket Mode, and SLACK_SIGNING_SECRET is not used")
	}

	inbox = bridge.NewInbox(tiktok)
	inbox.Told = numbers.webhook
	web.handle("POST /tiktok/webhook", bridge.MaxWebhook, inbox.ServeHTTP)

	group := newGroup(ctx)
	group.start(func(ctx context.Context) error { all.Run(ctx, func() { wake(); inbox.Wake() }); return nil })
	group.start(func(ctx context.Context) error { inbox.Run(ctx); return nil })
	group.start(func(ctx context.Context) error { dispatcher.Run(ctx); return nil })
	group.start(slack.Run)
	group.start(func(ctx context.Context) error { return web.serve(ctx, listener) })
	group.start(func(ctx context.Context) error { return inside{at: here, tasks: tasks}.run(ctx, wires) })
	group.start(backups.run)
	group.start(func(ctx context.Context) error { return d.sync(ctx, tiktok, when, log) })
	group.start(func(ctx context.Context) error { newClocks(engine, tiktok, all, log).run(ctx); return nil })
	log.InfoContext(ctx, "started", "version", version(), "store", d.Store, "listen", listener.Addr().String())
	err = errors.Join(group.wait(), tiktok.Close())
	log.InfoContext(context.WithoutCancel(ctx), "stopped")
	return err
}

// webhooks makes what tells other systems.
func (d desk) webhooks(db workflow.Store, engine *engine.Engine, key bridge.Key, wires network, log *slog.Logger) *webhook.Service {
	allowed, _ := webhook.ParseAllowed(d.WebhookAllow) // d is valid
	return webhook.New(webhook.Config{Store: db, Engine: engine, Seal: key, Allowed: allowed, Version: version(), Log: log, Dial: wires.dial})
}

// schedules say when to look at TikTok.
type schedules struct {
	sweep    cron.Schedule // of the applications
	messages cron.Schedule // of what creators wrote
	content  cron.Schedule // of what they posted
	backup   backupPlan    // of the nightly backups
}

// syncStates puts how the bridge's looks at TikTok went into the bot's words.
func syncStates(tiktok *bridge.Bridge) (all []bot.SyncState) {
	messages, content := tiktok.MessagePolls(), tiktok.Watches()
	for id, s := range tiktok.Sweeps() {
		all = append(all, bot.SyncState{
			Shop: id, Began: s.Began, Ended: s.Ended, Err: s.Err, MessagesErr: messages[id].Err, ContentErr: content[id].Err,
			Running: s.Running, Read: s.Read,
			Unreadable: unreadableIDs(s),
		})
	}
	return all
}

// unreadableIDs lists the requests that a sweep could not read, an empty id for those without one.
func unreadableIDs(s bridge.Sweep) (ids []string) {
	for _, u := range s.Unreadable {
		ids = append(ids, u.ID)
	}
	return ids
}

// valid checks what kong cannot.
func (d *desk) valid() (when schedules, err error) {
	needed := map[string]string{
		"SLACK_BOT_TOKEN": string(d.SlackBotToken), "SLACK_CHANNEL": d.SlackChannel,
		"SLACK_APP_TOKEN": cmp.Or(string(d.SlackAppToken), string(d.SlackSigningSecret)),
	}
	_, noStore := os.Stat(boltPath(d.Store))
	if noStore != nil && !store.Shared(d.Store) || d.TiktokAppKey != "" || d.TiktokAppSecret != "" { // else the store may hold apps: see knowsApp
		maps.Copy(needed, d.unnamedApp())
	}
	if err = required(needed); err != nil {
		return when, err
	}
	var found problems
	d.slackFlags.examine(&found)
	d.tiktokFlags.examine(&found)
	d.connectFlags.examine(&found)
	d.storeFlags.examine(&found)
	when = d.deskFlags.examine(&found)
	if d.Backup != "" && store.Shared(d.Store) {
		found.find("SAMPLEDESK_BACKUP", errors.New("it is for a store in a file: a database is backed up by its own means (pg_dump, or its log)"))
	}
	return when, found.err()
}

// unnamedApp are the variables of the environment's app.
func (d *desk) unnamedApp() map[string]string {
	return map[string]string{"TIKTOK_APP_KEY": d.TiktokAppKey, "TIKTOK_APP_SECRET": string(d.TiktokAppSecret)}
}

// knowsApp refuses a desk that has no app at all: neither the environment nor the store names one.
func (d *desk) knowsApp(ctx context.Context, tiktok *bridge.Bridge) error {
	apps, err := tiktok.Apps(ctx)
	if err != nil || len(apps) > 0 {
		return err
	}
	return required(d.unnamedApp())
}

// sync connects the shops, and sweeps and looks for messages and content at once and whenever their schedules say. The
// bridge leaves out a shop that is still being swept, so no shop is swept twice at a time, and one that hangs holds up no
// other; the same holds for messages and content.
func (d desk) sync(ctx context.Context, tiktok *bridge.Bridge, when schedules, log *slog.Logger) error {
	met, ended := make(chan struct{}), make(chan error, 1)
	var connecting sync.WaitGroup
	connecting.Go(func() { ended <- d.connect(ctx, tiktok, log, sync.OnceFunc(func() { close(met) })) })
	defer connecting.Wait()
	select {
	case <-met:
	case err := <-ended:
		if err != nil || ctx.Err() != nil {
			return err
		}
	}
	all := timetable{desks: tiktok.Desks, log: log}
	all.add(ctx, "sync", when.sweep, false, tiktok.SweepDue)
	all.add(ctx, "messages", when.messages, false, tiktok.PollDue)
	all.add(ctx, "content", when.content, false, tiktok.WatchDue)
	all.now(ctx, "sync", when.sweep, tiktok.SweepDue)
	all.now(ctx, "messages", when.messages, tiktok.PollDue)
	all.now(ctx, "content", when.content, tiktok.WatchDue)
	all.wait()
	return nil
}

// timetable does things whenever their schedules say.
type timetable struct {
	desks   *desks.Desks
	log     *slog.Logger
	working sync.WaitGroup
}

// add does something at each tick until ctx ends. Alone: not while the last tick's still goes on.
func (t *timetable) add(ctx context.Context, what string, s cron.Schedule, alone bool, do func(ctx context.Context, tick time.Time)) {
	t.working.Go(func() { t.desks.Timetable(ctx, s, alone, t.careful(what, do)) })
}

// now does what the last tick is for, unless a desk has done that.
func (t *timetable) now(ctx context.Context, what string, s cron.Schedule, do func(ctx context.Context, tick time.Time)) {
	t.careful(what, do)(ctx, desks.Last(s, t.desks.Now()))
}

// careful keeps the desk going where a job breaks down.
func (t *timetable) careful(what string, do func(ctx context.Context, tick time.Time)) func(ctx context.Context, tick time.Time) {
	return func(ctx context.Context, tick time.Time) {
		defer func() {
			if p := recover(); p != nil {
				t.log.ErrorContext(ctx, "panicked", "job", what, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			}
		}()
		do(ctx, tick)
	}
}

// wait waits until ctx has ended and nothing is done any more.
func (t *timetable) wait() { t.working.Wait() }

// connect connects the shops, and calls met as soon as there are some to sweep. It goes on trying while TikTok cannot be
// reached, since a new refresh token may be what shops that are on record wait for; one that is no good ends the desk,
// unless shops are connected from before.
func (d desk) connect(ctx context.Context, tiktok *bridge.Bridge, log *slog.Logger, met func()) error {
	for attempt := 1; ; attempt++ {
		err := tiktok.Connect(ctx, affiliate.Secret(d.TiktokRefreshToken))
		shops, shopsErr := tiktok.Shops(ctx)
		if err == nil || len(shops) > 0 {
			met()
		}
		if err == nil || ctx.Err() != nil {
			return nil //nolint:nilerr // the program is being stopped
		}
		bad := errors.Is(err, affiliate.ErrBadRefreshToken)
		if bad && shopsErr == nil && len(shops) == 0 {
			return fmt.Errorf("%w; get a new one from the authorisation page (README.md, \"Connect a workspace and a shop\")", err)
		}
		log.WarnContext(ctx, "could not refresh the shops' connection", "error", err, "attempt", attempt)
		if bad && len(shops) > 0 {
			return nil // the sweeps tell how each shop is
		}
		select {
		case <-ctx.Done():
		case <-time.After(outbox.Backoff(min(attempt, 6))):
		}
	}
}

// hostname names this machine to people.
func hostname() string {
	name, err := os.Hostname()
	if err != nil {
		return ""
	}
	return name
}
