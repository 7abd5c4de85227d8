package bridge_test

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
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/affiliate"
	"sampledesk/affiliate/affiliatesim"
	"sampledesk/affiliate/affiliatetest"
	"sampledesk/affiliate/bridge"
	"sampledesk/store/boltstore"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
	"sampledesk/workflow/outbox"
)

const centerURL = "http://center.example"

// ledger is a store that counts what is written and can be told to fail.
type ledger struct {
	workflow.Store

	mu     sync.Mutex
	writes int
	fault  error
}

func (l *ledger) Update(ctx context.Context, fn func(workflow.Tx) error) error {
	l.mu.Lock()
	l.writes++
	fault := l.fault
	l.mu.Unlock()
	if fault != nil {
		return fault
	}
	return l.Store.Update(ctx, fn)
}

// Ended counts what was written, as the store does.
func (l *ledger) Ended() uint64 { return l.Store.(*boltstore.Store).Ended() }

// fail makes every write fail from now on; nil ends that.
func (l *ledger) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fault = err
}

func (l *ledger) written() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.writes
}

// journal keeps what was logged.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) count(part string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Count(j.text.String(), part)
}

// desk is a bridge between a stand-in Affiliate Center and a real store.
type desk struct {
	t       *testing.T
	center  *affiliatesim.Center
	details affiliatesim.Details // as they were at the start: the refresh token works once
	people  *http.Client         // who act on the stand-in; nothing stands in their way
	between *middleman
	path    string
	key     bridge.Key
	keyText string
	log     *journal

	db     *boltstore.Store
	store  *ledger
	engine *engine.Engine
	bridge *bridge.Bridge
	woken  func()
	posted sync.Map // of the workspace, which outlives the desk
}

// newDesk returns a desk that is not connected yet.
func newDesk(t *testing.T, options affiliatesim.Options) *desk {
	t.Helper()
	d := &desk{t: t, center: affiliatesim.New(options), log: &journal{}, path: filepath.Join(t.TempDir(), "desk.db")}
	d.details = d.center.Details(centerURL)
	t.Cleanup(func() { require.NoError(t, d.center.Close()) })
	transport := affiliatetest.Serve(t, d.center.Handler())
	d.people, d.between = &http.Client{Transport: transport}, &middleman{next: transport}
	d.key, d.keyText = bridge.NewKey()
	d.open()
	t.Cleanup(func() {
		require.Zero(t, d.engine.Faults())
		require.NoError(t, d.db.Close())
	})
	return d
}

// open opens the store and builds everything on it, as a start of the process does.
func (d *desk) open() {
	d.t.Helper()
	var err error
	d.db, err = boltstore.Open(d.t.Context(), d.path)
	require.NoError(d.t, err)
	d.store = &ledger{Store: d.db}
	log := slog.New(slog.NewTextHandler(d.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	make := func(key string, secret affiliate.Secret) (*affiliate.Client, error) {
		return affiliate.New(affiliate.Config{
			AppKey: key, AppSecret: secret, APIURL: d.details.APIURL, AuthURL: d.details.AuthURL,
			HTTPClient: &http.Client{Transport: d.between}, Logger: log,
		})
	}
	client, err := make(d.details.AppKey, affiliate.Secret(d.details.AppSecret))
	require.NoError(d.t, err)
	d.engine = engine.New(d.store, func() {
		if d.woken != nil {
			d.woken()
		}
	})
	d.bridge = bridge.New(client, d.store, d.engine, d.key, log).Use(bridge.Apps{
		Client: make, Unnamed: workflow.App{ServiceID: d.details.ServiceID, ConsentURL: d.details.ConsentURL},
		AdminsOf: func(s workflow.Shop) []workflow.PersonID {
			if len(s.Settings.Admins) > 0 {
				return s.Settings.Admins
			}
			return []workflow.PersonID{"UADMIN"}
		},
	})
}

// restart closes the store and opens everything again.
func (d *desk) restart() {
	d.t.Helper()
	require.NoError(d.t, d.db.Close())
	d.open()
}

// connected returns a desk whose shops are connected.
func connected(t *testing.T, options affiliatesim.Options) *desk {
	t.Helper()
	d := newDesk(t, options)
	require.NoError(t, d.bridge.Connect(t.Context(), affiliate.Secret(d.details.RefreshToken)))
	return d
}

// slack takes everything that is to be shown and said.
type slack struct {
	mu      sync.Mutex
	sayings []workflow.Payload
	posted  *sync.Map // the effects that were ever posted: what an earlier attempt posted is found, and not posted again
}

func (s *slack) Limit(workflow.Tx, workflow.Effect) (string, error) { return "", nil }

func (s *slack) Budget(workflow.Effect, string) time.Duration { return 0 }

func (s *slack) Deliver(_ context.Context, e workflow.Effect) engine.Outcome {
	if e.Kind == workflow.ShowCard {
		return engine.Outcome{Event: workflow.PostShown{At: time.Now(), Channel: "C1", TS: "1.1", Hash: string(e.ID)}}
	}
	if e.Kind == workflow.ShowNotice {
		return engine.Outcome{Event: workflow.PostShown{At: time.Now(), Channel: "C1", TS: "2.1", Hash: string(e.ID)}}
	}
	if _, found := s.posted.LoadOrStore(e.ID, true); found && e.Begun {
		return engine.Outcome{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sayings = append(s.sayings, *e.Payload)
	return engine.Outcome{}
}

// said returns what was said of those kinds, in order.
func (s *slack) said(kinds ...workflow.PayloadKind) (found []workflow.Payload) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, say := range s.sayings {
		if slices.Contains(kinds, say.Kind) {
			found = append(found, say)
		}
	}
	return found
}

// run runs a dispatcher until stop is called or the test ends.
func (d *desk) run() (*slack, func()) {
	d.t.Helper()
	channel := &slack{posted: &d.posted}
	dispatcher := outbox.New(d.store, d.engine,
		map[workflow.Service]outbox.Service{workflow.TikTok: d.bridge, workflow.Slack: channel},
		map[workflow.Service]int{workflow.TikTok: 8, workflow.Slack: 8}, slog.New(slog.NewTextHandler(d.log, nil)))
	d.woken = dispatcher.Wake
	ctx, cancel := context.WithCancel(d.t.Context())
	var running sync.WaitGroup
	running.Go(func() { dispatcher.Run(ctx) })
	stop := func() { cancel(); running.Wait() }
	d.t.Cleanup(stop)
	return channel, stop
}

// act tells the stand-in what TikTok, the warehouse or a creator does.
func (d *desk) act(path, body string, into any) {
	d.t.Helper()
	r, err := http.NewRequestWithContext(d.t.Context(), http.MethodPost, centerURL+path, strings.NewReader(body))
	require.NoError(d.t, err)
	d.ask(r, into)
}

func (d *desk) ask(r *http.Request, into any) {
	d.t.Helper()
	response, err := d.people.Do(r)
	require.NoError(d.t, err)
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	require.NoError(d.t, err)
	require.Equal(d.t, http.StatusOK, response.StatusCode, string(text))
	if into != nil {
		require.NoError(d.t, json.Unmarshal(text, into))
	}
}

func (d *desk) get(path string, into any) {
	d.t.Helper()
	r, err := http.NewRequestWithContext(d.t.Context(), http.MethodGet, centerURL+path, nil)
	require.NoError(d.t, err)
	d.ask(r, into)
}

// apply lets a creator ask for a sample.
func (d *desk) apply(in affiliatesim.Request) workflow.Key {
	d.t.Helper()
	id, err := d.center.AddApplication(in)
	require.NoError(d.t, err)
	shop := in.ShopID
	if shop == "" {
		shop = d.details.ShopID
	}
	return workflow.Key{Shop: workflow.ShopID(shop), ID: workflow.ApplicationID(id)}
}

// call is a call as the stand-in saw it.
type call struct {
	At     time.Time         `json:"at"`
	Path   string            `json:"path"`
	Query  map[string]string `json:"query"`
	Body   json.RawMessage   `json:"body"`
	Status int               `json:"status"`
	Code   int               `json:"code"`
	Fault  string            `json:"fault"`
}

// calls returns the calls so far whose path contains the part.
func (d *desk) calls(part string) []call {
	d.t.Helper()
	var all, some []call
	d.get("/sim/calls", &all)
	for _, c := range all {
		if strings.Contains(c.Path, part) {
			some = append(some, c)
		}
	}
	return some
}

// truth is how an application really stands at TikTok.
type truth struct {
	ID     workflow.ApplicationID `json:"id"`
	Status string                 `json:"status"`
	Reason string                 `json:"reject_reason"`
	Order  string                 `json:"order_id"`
}

func (d *desk) truth(id workflow.ApplicationID) truth {
	d.t.Helper()
	var state struct{ Applications []truth }
	d.get("/sim/state", &state)
	for _, a := range state.Applications {
		if a.ID == id {
			return a
		}
	}
	require.Fail(d.t, "TikTok knows no such application")
	return truth{}
}

// sweep looks at all shops once and expects that all went well.
func (d *desk) sweep() {
	d.t.Helper()
	d.bridge.SweepAll(d.t.Context())
	for shop, s := range d.bridge.Sweeps() {
		require.NoError(d.t, s.Err, "shop %s", shop)
	}
}

// view reads the store.
func (d *desk) view(fn func(workflow.Tx) error) {
	d.t.Helper()
	require.NoError(d.t, d.db.View(d.t.Context(), fn))
}

// application returns what the desk knows of an application.
func (d *desk) application(k workflow.Key) (a workflow.Application) {
	d.t.Helper()
	d.view(func(tx workflow.Tx) (err error) {
		a, err = tx.Application(k)
		return err
	})
	return a
}

// shops returns the shops on record.
func (d *desk) shops() (shops []workflow.Shop) {
	d.t.Helper()
	d.view(func(tx workflow.Tx) (err error) {
		shops, err = tx.Shops()
		return err
	})
	return shops
}

func (d *desk) shop() workflow.Shop {
	d.t.Helper()
	for _, s := range d.shops() {
		if s.ID == workflow.ShopID(d.details.ShopID) {
			return s
		}
	}
	require.Fail(d.t, "the shop is not on record")
	return workflow.Shop{}
}

// count returns how long a listing is.
func (d *desk) count(l workflow.Listing) (n int) {
	d.t.Helper()
	d.view(func(tx workflow.Tx) (err error) {
		n, err = tx.Count(l)
		return err
	})
	return n
}

// notices returns what waits to be said to a shop's channel.
func (d *desk) notices(s workflow.ShopID) (kinds []workflow.PayloadKind) {
	d.t.Helper()
	d.view(func(tx workflow.Tx) error {
		waiting, err := tx.Lane(workflow.NoticeLane(s))
		for _, e := range waiting {
			kinds = append(kinds, e.Payload.Kind)
		}
		return err
	})
	return kinds
}
