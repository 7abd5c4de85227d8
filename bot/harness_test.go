package bot_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
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

// reopen starts the desk anew, as a new process would.
func (w *world) reopen() {
	w.t.Helper()
	w.shut()
	require.NoError(w.t, w.db.Close())
	w.openStore()
	w.open()
}

// ask makes a request of the stand-in's side doors.
func (w *world) ask(method, path string, body, into any) {
	w.t.Helper()
	sent, err := json.Marshal(body)
	require.NoError(w.t, err)
	r, err := http.NewRequestWithContext(context.WithoutCancel(w.t.Context()), method, w.base+path, bytes.NewReader(sent))
	require.NoError(w.t, err)
	got, err := w.client.Do(r)
	require.NoError(w.t, err)
	defer func() { _ = got.Body.Close() }()
	text, err := io.ReadAll(got.Body)
	require.NoError(w.t, err)
	require.Equal(w.t, http.StatusOK, got.StatusCode, "%s", text)
	require.NoError(w.t, json.Unmarshal(text, into), "%s", text)
}

type object = map[string]any

// sight is what a person saw of what they did.
type sight struct {
	OK       bool            `json:"ok"`
	Error    string          `json:"error"`
	AckedMS  int64           `json:"acked_ms"`
	Response json.RawMessage `json:"response"`
	ViewID   string          `json:"view_id"`
}

func (w *world) act(deed object) (seen sight) {
	w.t.Helper()
	w.ask(http.MethodPost, "/sim/act", deed, &seen)
	if string(seen.Response) == "null" {
		seen.Response = nil
	}
	return seen
}

func (w *world) fault(order object) {
	w.t.Helper()
	var answer object
	w.ask(http.MethodPost, "/sim/faults", order, &answer)
}

// click uses a control of an application's card, and lets everything come to rest.
func (w *world) click(who, id, action string, value ...string) sight {
	w.t.Helper()
	deed := object{"user": who, "do": "click", "channel": samples, "ts": w.card(id).TS, "action_id": action}
	if len(value) > 0 {
		deed["value"] = value[0]
	}
	seen := w.act(deed)
	synctest.Wait()
	return seen
}

// accepted is a click that the desk acknowledged.
func (w *world) accepted(who, id, action string, value ...string) {
	w.t.Helper()
	seen := w.click(who, id, action, value...)
	require.True(w.t, seen.OK, seen.Error)
}

// command types a slash command and returns what was shown, as one text.
func (w *world) command(who, command, text string) string {
	w.t.Helper()
	return w.commandIn("", who, command, text)
}

// commandIn types a slash command in another channel than the shop's.
func (w *world) commandIn(channel, who, command, text string) string {
	w.t.Helper()
	seen := w.act(object{"user": who, "do": "command", "command": command, "text": text, "channel": channel, "wait_ms": 0})
	require.True(w.t, seen.OK, seen.Error)
	synctest.Wait()
	return wording(w.t, seen.Response)
}

// message is a message as the stand-in shows it.
type message struct {
	TS       string          `json:"ts"`
	Thread   string          `json:"thread_ts"`
	User     string          `json:"user"`
	Channel  string          `json:"channel"`
	Text     string          `json:"text"`
	Blocks   json.RawMessage `json:"blocks"`
	Deleted  bool            `json:"deleted"`
	Files    []object        `json:"files"`
	Metadata struct {
		Type    string `json:"event_type"`
		Payload object `json:"event_payload"`
	} `json:"metadata"`
}

type dialog struct {
	ID       string          `json:"view_id"`
	User     string          `json:"user"`
	Callback string          `json:"callback_id"`
	Blocks   json.RawMessage `json:"blocks"`
	Open     bool            `json:"open"`
}

type slackState struct {
	Channels []struct {
		ID       string    `json:"id"`
		User     string    `json:"user"` // with whom, of direct messages
		Messages []message `json:"messages"`
	} `json:"channels"`
	Ephemerals []message `json:"ephemerals"`
	Views      []dialog  `json:"views"`
	Socket     struct {
		Links          int `json:"links"`
		Opened         int `json:"opened"`
		Sent           int `json:"sent"`
		Acked          int `json:"acked"`
		AckedElsewhere int `json:"acked_elsewhere"`
		Redelivered    int `json:"redelivered"`
		Unacked        int `json:"unacked"`
	} `json:"socket"`
}

func (w *world) state() (s slackState) {
	w.t.Helper()
	w.ask(http.MethodGet, "/sim/state", nil, &s)
	return s
}

// messages are those of the shop's channel, threads included.
func (w *world) messages() []message {
	w.t.Helper()
	for _, c := range w.state().Channels {
		if c.ID == samples {
			return c.Messages
		}
	}
	return nil
}

// cards are the messages that show an application, in their order.
func (w *world) cards(id string) []message {
	w.t.Helper()
	return slices.DeleteFunc(w.messages(), func(m message) bool {
		return m.Metadata.Type != "sampledesk_card" || m.Metadata.Payload["application"] != id
	})
}

func (w *world) card(id string) message {
	w.t.Helper()
	cards := w.cards(id)
	require.Equal(w.t, 1, len(cards), "cards of %s", id) // Len would print every byte of them
	return cards[0]
}

// thread are the replies below a message.
func (w *world) thread(ts string) []message {
	w.t.Helper()
	return slices.DeleteFunc(w.messages(), func(m message) bool { return m.Thread != ts || m.TS == ts })
}

// told is what a person was told privately, in order.
func (w *world) told(who string) []string {
	w.t.Helper()
	var said []string
	for _, e := range w.state().Ephemerals {
		if e.User == who {
			said = append(said, e.Text)
		}
	}
	return said
}

// call is a call of the Web API as the stand-in saw it.
type call struct {
	At     time.Time `json:"at"`
	Method string    `json:"method"`
	Args   object    `json:"args"`
	OK     bool      `json:"ok"`
	Error  string    `json:"error"`
}

func (w *world) calls(method string) []call {
	w.t.Helper()
	var all []call
	w.ask(http.MethodGet, "/sim/calls", nil, &all)
	return slices.DeleteFunc(all, func(c call) bool { return c.Method != method })
}

// controls are the action ids that a message or a dialog carries.
func controls(t *testing.T, blocks json.RawMessage) []string {
	t.Helper()
	var all []struct {
		Elements []struct {
			Action string `json:"action_id"`
		} `json:"elements"`
		Element struct {
			Action string `json:"action_id"`
		} `json:"element"`
		Accessory struct {
			Action string `json:"action_id"`
		} `json:"accessory"`
	}
	require.NoError(t, json.Unmarshal(blocks, &all))
	var found []string
	for _, b := range all {
		if b.Element.Action != "" {
			found = append(found, b.Element.Action)
		}
		if b.Accessory.Action != "" {
			found = append(found, b.Accessory.Action)
		}
		for _, e := range b.Elements {
			if e.Action != "" {
				found = append(found, e.Action)
			}
		}
	}
	return found
}

// wording is every text in a JSON value, a line each.
func wording(t *testing.T, raw json.RawMessage) string {
	t.Helper()
	var value any
	require.NoError(t, json.Unmarshal(raw, &value))
	var lines []string
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, each := range v {
				walk(each)
			}
		case object:
			if s, ok := v["text"].(string); ok {
				lines = append(lines, s)
			}
			for _, each := range v {
				walk(each)
			}
		}
	}
	walk(value)
	return strings.Join(lines, "\n")
}

// pending is what TikTok reports of an application that waits.
func pending(id string) workflow.Snapshot {
	return workflow.Snapshot{
		Status: workflow.StatusPending, ReviewBy: time.Now().Add(7 * 24 * time.Hour).UTC(), Approvable: true, Stock: 12, Commission: "0.15",
		Creator: workflow.Creator{OpenID: "open-" + id, Username: "glow.daily." + id, Nickname: "Glow Daily"},
		Product: workflow.Product{ID: "1729", Title: "Glow Serum", Variant: "30 ml"},
	}
}

// report tells the engine what TikTok says of applications of the first shop, and lets everything come to rest.
func (w *world) report(id string, r workflow.Snapshot) {
	w.t.Helper()
	w.reportTo(shopID, id, r)
}

func (w *world) reportTo(shop workflow.ShopID, id string, r workflow.Snapshot) {
	w.t.Helper()
	now := time.Now()
	_, err := w.engine.Observe(w.t.Context(), shop, []engine.Observation{
		{ID: workflow.ApplicationID(id), Reported: workflow.Reported{At: now, Began: now, Snapshot: r}},
	})
	require.NoError(w.t, err)
	synctest.Wait()
}

// request brings an application that waits, with its card.
func (w *world) request(id string) {
	w.t.Helper()
	w.report(id, pending(id))
}

func keyOf(id string) workflow.Key {
	return workflow.Key{Shop: shopID, ID: workflow.ApplicationID(id)}
}

// application is what the store knows.
func (w *world) application(id string) (a workflow.Application) {
	w.t.Helper()
	require.NoError(w.t, w.db.View(w.t.Context(), func(tx workflow.Tx) (err error) {
		a, err = tx.Application(keyOf(id))
		return err
	}))
	return a
}

// campaigns are those of the first shop, by name.
func (w *world) campaigns() (all []workflow.Campaign) {
	w.t.Helper()
	require.NoError(w.t, w.db.View(w.t.Context(), func(tx workflow.Tx) (err error) {
		all, _, err = tx.Campaigns(shopID, "", 100)
		return err
	}))
	return all
}

func (w *world) campaign(name string) workflow.Campaign {
	w.t.Helper()
	c, err := w.engine.CreateCampaign(w.t.Context(), workflow.Creation{Shop: shopID, Name: name, By: admin, At: time.Now()})
	require.NoError(w.t, err)
	return c
}

func (w *world) deadLetters() (all []workflow.DeadLetter) {
	w.t.Helper()
	require.NoError(w.t, w.db.View(w.t.Context(), func(tx workflow.Tx) (err error) {
		all, _, err = tx.DeadLetters("", 100)
		return err
	}))
	return all
}

// announce owes the shop's channel a message.
func (w *world) announce() {
	w.t.Helper()
	require.NoError(w.t, w.engine.StopShop(w.t.Context(), shopID, workflow.FromSync, workflow.Failure{Code: 105001, Fault: workflow.FaultReconnect}, time.Now()))
	synctest.Wait()
}

// wait lets the bubble's clock run on.
func wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// tiktok takes decisions and answers as it is told; without a word it confirms.
type tiktok struct {
	every   time.Duration // between two calls; 0: it takes them as they come
	next    time.Time
	mu      sync.Mutex
	answers []engine.Outcome
	reviews []workflow.Review
	carry   func(workflow.Effect) engine.Outcome // what comes of messages and imports; nil: they are never heard of again
}

// Limit implements outbox.Service.
func (k *tiktok) Limit(workflow.Tx, workflow.Effect) (string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.every > 0 {
		return "tiktok", nil
	}
	return "", nil
}

// Budget implements outbox.Service.
func (k *tiktok) Budget(workflow.Effect, string) time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	if left := time.Until(k.next); left > 0 {
		return left
	}
	k.next = time.Now().Add(k.every)
	return 0
}

// Deliver implements outbox.Service.
func (k *tiktok) Deliver(_ context.Context, e workflow.Effect) engine.Outcome {
	k.mu.Lock()
	defer k.mu.Unlock()
	if e.Review == nil { // a message, or an import
		if k.carry != nil {
			return k.carry(e)
		}
		return engine.Outcome{}
	}
	k.reviews = append(k.reviews, *e.Review)
	if len(k.answers) == 0 {
		return engine.Outcome{Event: workflow.Confirmed{At: time.Now(), Verdict: e.Review.Verdict}}
	}
	answer := k.answers[0]
	k.answers = k.answers[1:]
	return answer
}

func (k *tiktok) answer(o engine.Outcome) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.answers = append(k.answers, o)
}

func (k *tiktok) got() []workflow.Review {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.reviews)
}

// logbook is the desk's log.
type logbook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
