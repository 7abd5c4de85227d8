package bot_test

import (
	"context"
	"log/slog"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/bot"
	"sampledesk/bot/slacksim"
	"sampledesk/bot/socket/sockettest"
	"sampledesk/store/boltstore"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
	"sampledesk/workflow/outbox"
)

// setup says what a world is like; the zero value is one shop, the desk connected, an undo window of ten seconds.
type setup struct {
	shops   []workflow.Shop
	instant bool                                // no undo window
	closed  bool                                // the desk is not opened yet
	http    bool                                // Slack delivers over HTTP
	wrap    func(workflow.Store) workflow.Store // around the store that the desk and its engine use
	around  func(http.Handler) http.Handler     // around the stand-in workspace
	engine  func(*engine.Engine) outbox.Engine
	scopes  []string               // what the bot's token was granted; nil: what it asks for
	sync    func() []bot.SyncState // how the sweeps went

	// link gives links for requests, in TikTok's place.
	webhooks bot.Config // TestWebhook and NewWebhookSecret of it

	link func(context.Context, workflow.ShopID, workflow.ProductID, string, int) (string, error)
}

// world is a desk between a stand-in workspace, a real store and a small TikTok, on the bubble's clock.
type world struct {
	t       *testing.T
	setup   setup
	base    string
	details slacksim.Details
	pipes   *sockettest.Pipes
	door    *door
	client  *http.Client
	tiktok  *tiktok
	log     *logbook
	path    string

	db     *boltstore.Store
	store  workflow.Store
	engine *engine.Engine
	desk   *bot.Desk
	wake   func() // its dispatcher, for what was put into the outbox by hand
	stop   func() // of the desk and its courier
	ended  chan error
	failed error // what Run ended with, once the desk was shut
}

// The people of the stand-in workspace.
const (
	admin     = "U0ADMIN001"
	memberOne = "U0MEMBER01"
	memberTwo = "U0MEMBER02"
	guest     = "U0GUEST001"
	stranger  = "U0STRANGE1"
	outsider  = "U0OUTSIDE1"
	gridOne   = "U0GRID0001" // of this workspace by way of a Grid organisation, which users.info tells in two shapes
	gridTwo   = "W0GRID0002"

	samples = "C0SAMPLES1"
	general = "C0GENERAL1"
	shopID  = "7495540735365777507"
)

// bubbleStart is when a world begins.
var bubbleStart = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

func oneShop() []workflow.Shop {
	return []workflow.Shop{{ID: shopID, Name: "Glow Shop", Region: "GB", InitialSyncDone: true}}
}

// begun are the tests that run beside others by now.
var begun sync.Map

// beside lets a test run beside others, once however many bubbles it opens: most of a bubble's real time is the disk's.
func beside(t *testing.T) {
	if _, already := begun.LoadOrStore(t, true); !already {
		t.Parallel()
	}
}

// inBubble runs a test in a world.
func inBubble(t *testing.T, s setup, f func(*testing.T, *world)) {
	t.Helper()
	beside(t)
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(bubbleStart)) // message ids have ten digits of seconds, and in 2000 there were nine
		if s.shops == nil {
			s.shops = oneShop()
		}
		w := &world{
			t: t, setup: s, base: "http://slack.test", pipes: sockettest.NewPipes(), tiktok: &tiktok{}, log: &logbook{},
			path: filepath.Join(t.TempDir(), "desk.db"), door: newDoor(),
		}
		w.setup.http = s.http || overHTTP(t)
		if s.scopes == nil {
			s.scopes = bot.Scopes
		}
		options := slacksim.Options{Scopes: s.scopes, Events: bot.Events, Shortcuts: shortcuts()}
		if w.setup.http {
			options.HTTPURL, options.Transport = "http://desk.test/slack/events", w.door
		}
		slack := slacksim.New(options)
		w.details = slack.Details(w.base)
		handler := slack.Handler()
		if s.around != nil {
			handler = s.around(handler)
		}
		server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
		served := make(chan error, 1)
		go func() { served <- server.Serve(w.pipes) }()
		transport := &http.Transport{DialContext: w.pipes.Dial}
		w.client = &http.Client{Transport: transport}
		w.openStore()
		w.put(s.shops...)
		if !s.closed {
			w.open()
		}
		defer func() {
			w.shut()
			require.NoError(t, w.db.Close())
			require.NoError(t, slack.Close())
			require.NoError(t, w.door.close())
			transport.CloseIdleConnections()
			require.NoError(t, server.Close())
			require.ErrorIs(t, <-served, http.ErrServerClosed)
		}()
		f(t, w)
	})
}

// shortcuts are the desk's, as the stand-in workspace is told of them.
func shortcuts() (all []slacksim.Shortcut) {
	for _, s := range bot.Shortcuts {
		all = append(all, slacksim.Shortcut{Name: s.Name, CallbackID: s.Callback, Type: s.Type})
	}
	return all
}

func (w *world) openStore() {
	w.t.Helper()
	db, err := boltstore.Open(w.t.Context(), w.path)
	require.NoError(w.t, err)
	w.db, w.store = db, db
	if w.setup.wrap != nil {
		w.store = w.setup.wrap(db)
	}
}

func (w *world) put(shops ...workflow.Shop) {
	w.t.Helper()
	require.NoError(w.t, w.db.Update(w.t.Context(), func(tx workflow.Tx) error {
		for _, s := range shops {
			if err := tx.PutShop(s); err != nil {
				return err
			}
		}
		return nil
	}))
}

// keeps has the store keep n things, a hundred in a transaction: a page is divided only when its transaction is kept, and
// until then each place within it costs the race detector the whole of it.
func (w *world) keeps(n int, put func(tx workflow.Tx, i int) error) {
	w.t.Helper()
	for start := 0; start < n; start += 100 {
		require.NoError(w.t, w.db.Update(w.t.Context(), func(tx workflow.Tx) error {
			for i := start; i < min(start+100, n); i++ {
				if err := put(tx, i); err != nil {
					return err
				}
			}
			return nil
		}))
	}
}

// open opens the desk: it connects, and its courier delivers.
func (w *world) open() {
	w.t.Helper()
	undo := 10 * time.Second
	if w.setup.instant {
		undo = 0
	}
	var courier *outbox.Dispatcher
	var desk *bot.Desk
	w.wake = func() { courier.Wake() }
	w.engine = engine.New(w.store, func() { courier.Wake(); desk.Changed() })
	transport := &http.Transport{DialContext: w.pipes.Dial}
	log := slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	config := bot.Config{
		BotToken: w.details.BotToken, AppToken: w.details.AppToken, APIURL: w.details.APIURL, Channel: samples,
		Admins: []workflow.PersonID{admin}, Undo: undo, HTTPClient: &http.Client{Transport: transport}, Dial: w.pipes.Dial, Logger: log,
		Version: "v1.2.3", Sync: w.setup.sync,
		Link: w.setup.link, TestWebhook: w.setup.webhooks.TestWebhook, NewWebhookSecret: w.setup.webhooks.NewWebhookSecret,
	}
	if w.setup.http {
		config.SigningSecret = w.details.SigningSecret
	}
	desk, err := bot.New(config, w.store, w.engine)
	require.NoError(w.t, err)
	w.desk = desk
	w.door.open(desk.Handler())
	var delivering outbox.Engine = w.engine
	if w.setup.engine != nil {
		delivering = w.setup.engine(w.engine)
	}
	courier = outbox.New(w.store, delivering, map[workflow.Service]outbox.Service{workflow.Slack: desk, workflow.TikTok: w.tiktok},
		map[workflow.Service]int{workflow.Slack: 8, workflow.TikTok: 8}, log)
	ctx, cancel := context.WithCancel(context.WithoutCancel(w.t.Context()))
	w.ended = make(chan error, 1)
	var couriers sync.WaitGroup
	couriers.Go(func() { courier.Run(ctx) })
	go func() { w.ended <- desk.Run(ctx) }()
	w.stop = func() {
		w.door.open(nil)
		cancel()
		couriers.Wait()
		w.failed = <-w.ended
		transport.CloseIdleConnections()
	}
	synctest.Wait()
}

// shut closes the desk, and leaves what Run ended with in w.failed.
func (w *world) shut() {
	if w.stop != nil {
		w.stop()
		w.stop = nil
		require.Zero(w.t, w.engine.Faults(), "the desk kept a step that the table does not know")
	}
}

// sleep lets time pass. Most of it the desk is closed: days of an open one, with its looks and pings each second, cost
// more than all else in these tests.
func (w *world) sleep(d time.Duration) {
	w.t.Helper()
	const awake = 10 * time.Minute
	if d > 2*awake {
		w.shut()
		wait(d - awake)
		w.open()
		d = awake
	}
	wait(d)
}

// reopen starts the desk again, as a new process would.
func (w *world) reopen() {
	w.t.Helper()
	w.shut()
	require.NoError(w.t, w.db.Close())
	w.openStore()
	w.open()
}
