package main

import (
	"cmp"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	mathrand "math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/store"
	"sampledesk/store/pgstore/pgtest"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// The environment of the long run with several desks: the first seed, and how many from there. `make replicas` sets both.
const (
	replicasSeed  = "SAMPLEDESK_REPLICAS_SEED"
	replicasCount = "SAMPLEDESK_REPLICAS_COUNT"
)

// copyOf is one of the desks that share a store.
type copyOf struct {
	listen  string
	address string    // of the store; empty: as the others'
	cmd     *exec.Cmd // nil: it is away
	log     *deskLog
}

// sharedStore is what desks that share a store are given.
type sharedStore struct{ address, key string }

// newSharedDay is a day of several desks on one store in PostgreSQL. Over HTTP a balancer is between Slack and them.
func newSharedDay(t *testing.T, seed uint64, copies int, overHTTP bool) *day {
	return newDayOn(t, pgtest.URL(t), seed, copies, overHTTP)
}

// newDayOn is newSharedDay on a database.
func newDayOn(t *testing.T, address string, seed uint64, copies int, overHTTP bool) *day {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw)
	dice := mathrand.New(mathrand.NewPCG(seed, 0))
	d := &day{
		t: t, seed: seed, dice: dice, length: dayLength, calm: calm, http: overHTTP, sync: pick(dice, "@every 1s", "@every 5s"),
		shared: sharedStore{address, base64.StdEncoding.EncodeToString(raw)}, returned: map[string]int{}, theirs: map[string]bool{},
	}
	for range copies {
		d.copies = append(d.copies, &copyOf{listen: freeAddress(t)})
	}
	args := []string{"--seed", strconv.Itoa(requestsAtDawn)}
	if overHTTP {
		args = append(args, "--http", d.balance(t)+"/slack/events")
	}
	d.stage = newStage(t, args...)
	return d
}

// address is the store's.
func (d *day) address() string {
	if d.copies != nil {
		return d.shared.address
	}
	return "bolt:" + d.store
}

// balance puts a balancer before the desks, which gives each request to the next of them that can be reached.
func (d *day) balance(t *testing.T) string {
	var next atomic.Int64
	proxies := make([]*httputil.ReverseProxy, len(d.copies))
	for i, c := range d.copies {
		proxies[i] = httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: c.listen})
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for range proxies {
			i := int(next.Add(1)) % len(proxies)
			if resp, err := http.Get("http://" + d.copies[i].listen + "/healthz"); err == nil {
				_ = resp.Body.Close()
				proxies[i].ServeHTTP(w, r)
				return
			}
		}
		http.Error(w, "no desk is there", http.StatusBadGateway)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// openCopies starts the desks that are away.
func (d *day) openCopies() {
	d.t.Helper()
	for _, c := range d.copies {
		if c.cmd != nil {
			continue
		}
		more := []string{
			"SAMPLEDESK_UNDO=2s", "SAMPLEDESK_SYNC=" + d.sync, "SAMPLEDESK_LISTEN=" + c.listen, "SAMPLEDESK_LOG=info",
			"SAMPLEDESK_STORE=" + cmp.Or(c.address, d.shared.address), "SAMPLEDESK_KEY=" + d.shared.key,
		}
		if d.http {
			more = append(more, "SLACK_APP_TOKEN=", "SLACK_SIGNING_SECRET="+d.info["slack_signing_secret"].(string))
		}
		c.cmd, c.log = program(d.t, d.environment(more...), "serve"), new(deskLog)
		c.cmd.Stderr = c.log
		require.NoError(d.t, c.cmd.Start())
	}
}

// haltCopy ends one desk.
func (d *day) haltCopy(i int, sig syscall.Signal) {
	d.t.Helper()
	c := d.copies[i]
	if c.cmd == nil {
		return
	}
	d.epoch.Add(1)
	began := time.Now()
	_ = c.cmd.Process.Signal(sig)
	_ = c.cmd.Wait()
	fmt.Fprintf(&d.log, "== desk %d\n%s", i, c.log)
	status := c.cmd.ProcessState.ExitCode()
	c.cmd = nil
	if sig != syscall.SIGKILL {
		require.Zero(d.t, status, "desk %d ends well when it is told to; its log ends:\n%s", i, tail(c.log.String()))
		require.Less(d.t, time.Since(began), 10*time.Second, "the desk ends in time")
	}
}

// strike ends one of the desks and starts it again a while later: the others go on.
func (d *day) strike(sig syscall.Signal) {
	d.haltCopy(d.dice.IntN(len(d.copies)), sig)
	time.Sleep(time.Duration(d.dice.IntN(1000)) * time.Millisecond)
	d.openCopies()
}

// ready reports whether every desk is.
func (d *day) ready() bool {
	if d.copies == nil {
		return ready(d.listen)
	}
	for _, c := range d.copies {
		if !ready(c.listen) {
			return false
		}
	}
	return true
}

// refusals counts what Slack and TikTok refused for too many calls, but for what they were told to refuse.
func (d *day) refusals() (n int) {
	for _, address := range []string{d.slack + "/sim/calls", d.shop + "/sim/calls"} {
		var calls []struct {
			Status int    `json:"status"`
			Fault  string `json:"fault"`
			Error  string `json:"error"`
			Code   int    `json:"code"`
		}
		d.get(address, &calls)
		for _, c := range calls {
			if c.Fault == "" && (c.Status == http.StatusTooManyRequests || c.Error == "ratelimited" || c.Code == 36009002) {
				n++
			}
		}
	}
	return n
}

func TestThreeDesksOnOneStoreActAsOneThoughTheyAreKilled(t *testing.T) {
	for name, overHTTP := range map[string]bool{"over Socket Mode": false, "over HTTP": true} {
		t.Run(name, func(t *testing.T) {
			if testing.Short() {
				t.Skip("takes a minute")
			}
			t.Parallel()
			d := newSharedDay(t, 1, 3, overHTTP)
			d.length, d.calm, d.sync = 10*time.Second, 8*time.Second, "@every 1s"
			d.live()
			require.Zero(t, d.refusals(), "calls that were too many, as one desk makes none")
		})
	}
}

// beginCrowd lets many click on the cards, mostly on what is decided already: some on Approve, some on Undo.
func (d *day) beginCrowd() *sync.WaitGroup {
	var work sync.WaitGroup
	var cards atomic.Pointer[[]message]
	work.Go(func() {
		for ; !d.over.Load(); time.Sleep(500 * time.Millisecond) {
			var st slackState
			if send("GET", d.slack+"/sim/state", nil, &st) == nil {
				all := channelCards(st, d.info["slack_channel"].(string))
				cards.Store(&all)
			}
		}
	})
	who := append([]string{d.person("admin"), d.person("guest")}, d.people("member")...)
	for i := range d.crowd {
		dice := mathrand.New(mathrand.NewPCG(d.seed, uint64(i)+100))
		work.Go(func() {
			for ; !d.over.Load(); time.Sleep(time.Duration(500+dice.IntN(2500)) * time.Millisecond) {
				all := cards.Load()
				if all == nil || len(*all) == 0 {
					continue
				}
				card := (*all)[dice.IntN(len(*all))]
				d.acted.Add(1)
				_ = send("POST", d.slack+"/sim/act", order{
					"user": who[i%len(who)], "do": "click", "channel": d.info["slack_channel"], "ts": card.TS,
					"action_id": pick(dice, "approve", "approve", "approve", "undo"), "wait_ms": 0,
				}, nil)
			}
		})
	}
	return &work
}

// TestACrowdClicksOnThreeDesks has a hundred people click on three desks, one of which is killed every few seconds, while
// both vendors misbehave: each request is decided once, and nothing is said twice.
func TestACrowdClicksOnThreeDesks(t *testing.T) {
	first, err := strconv.ParseUint(os.Getenv(replicasSeed), 10, 64)
	if err != nil {
		t.Skip("takes minutes: run it with make replicas SEED=1 COUNT=1")
	}
	d := newSharedDay(t, first, 3, first%2 == 1)
	d.crowd = 100
	d.live()
	t.Logf("%d clicks", d.acted.Load())
}

// TestManyDaysOfSeveralDesks is the same for longer, with each seed other faults.
func TestManyDaysOfSeveralDesks(t *testing.T) {
	first, err := strconv.ParseUint(os.Getenv(replicasSeed), 10, 64)
	if err != nil {
		t.Skip("takes minutes: run it with make replicas SEED=1 COUNT=1")
	}
	count, err := strconv.ParseUint(os.Getenv(replicasCount), 10, 64)
	if err != nil {
		count = 1
	}
	for seed := first; seed < first+count; seed++ {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) { newSharedDay(t, seed, 3, seed%2 == 0).live() })
	}
}

func TestDesksOnOneStoreSeeEachOtherAndRefuseAnotherKey(t *testing.T) {
	d := newSharedDay(t, 1, 2, false)
	d.open()
	d.until("both desks", func() bool {
		resp, err := http.Get("http://" + d.copies[0].listen + "/readyz")
		if err != nil {
			return false
		}
		defer func() { _ = resp.Body.Close() }()
		var report readiness
		text, _ := io.ReadAll(resp.Body)
		return json.Unmarshal(text, &report) == nil && len(report.Desks) == 2
	})
	d.until("the cards", func() bool { return len(d.cards()) == requestsAtDawn })
	right := d.shared.key
	d.copies = append(d.copies, &copyOf{listen: freeAddress(t)})
	other := make([]byte, 32)
	d.shared.key = base64.StdEncoding.EncodeToString(other)
	d.openCopies()
	wrong := d.copies[2]
	require.Error(t, wrong.cmd.Wait())
	require.Contains(t, wrong.log.String(), "SAMPLEDESK_KEY is not the key of this store")
	d.copies, d.shared.key = d.copies[:2], right
	d.halt(syscall.SIGTERM)
}

// week is what clocks left to be told, by kind.
type week struct {
	effects map[workflow.EffectKind]int
	notices map[workflow.PayloadKind]int
	steps   int // told by the applications' histories
}

// clocksOf has desks look at a shop's clocks all at once, each hour of eight days, and returns what there is to tell then.
func clocksOf(t *testing.T, copies int) week {
	address, ctx := pgtest.URL(t), t.Context()
	const shop workflow.ShopID = "7495540735365777507"
	from := time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)
	var engines []*engine.Engine
	var db workflow.Store
	for range copies {
		opened, err := store.Open(ctx, address, slog.New(slog.DiscardHandler))
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, opened.Close()) })
		db, engines = opened, append(engines, engine.New(opened, nil))
	}
	settings := workflow.DefaultSettings()
	settings.Zone = "UTC"
	require.NoError(t, db.Update(ctx, func(tx workflow.Tx) error {
		return tx.PutShop(workflow.Shop{ID: shop, Name: "Glow", InitialSyncDone: true, Settings: settings})
	}))
	var all []engine.Observation
	for n := range 12 {
		all = append(all, engine.Observation{ID: workflow.ApplicationID(fmt.Sprint(1729384756 + n)), Reported: workflow.Reported{
			At: from, Began: from, Snapshot: workflow.Snapshot{
				Status: workflow.StatusPending, ReviewBy: from.AddDate(0, 0, 2+n), Approvable: true, Stock: 12,
				Creator: workflow.Creator{OpenID: fmt.Sprint(n), Username: fmt.Sprint("creator", n)}, Product: workflow.Product{ID: "1729", SKU: "1", Title: "Serum"},
			},
		}})
	}
	_, err := engines[0].Observe(ctx, shop, all)
	require.NoError(t, err)
	for hour := range 8 * 24 {
		now := from.Add(time.Duration(hour) * time.Hour)
		var looking sync.WaitGroup
		for _, e := range engines {
			looking.Go(func() {
				require.NoError(t, e.Morning(ctx, shop, now))
				_, err := e.Tick(ctx, shop, now)
				require.NoError(t, errors.Join(err, e.Weekly(ctx, shop, now)))
			})
		}
		looking.Wait()
	}
	told := week{effects: map[workflow.EffectKind]int{}, notices: map[workflow.PayloadKind]int{}}
	require.NoError(t, db.View(ctx, func(tx workflow.Tx) error {
		waiting, err := tx.Waiting()
		for _, w := range waiting {
			told.effects[w.Kind] = w.Count
		}
		notices, _, noticesErr := tx.Notices("", 1000)
		for _, n := range notices {
			told.notices[n.Kind]++
		}
		for _, o := range all {
			entries, _, historyErr := tx.History(workflow.Key{Shop: shop, ID: o.ID}, "", 1000)
			told.steps += len(entries)
			err = errors.Join(err, historyErr)
		}
		return errors.Join(err, noticesErr)
	}))
	return told
}

func TestThreeDesksTellEachMorningWeekAndDeadlineOnce(t *testing.T) {
	t.Parallel()
	one, three := clocksOf(t, 1), clocksOf(t, 3)
	require.Positive(t, one.notices[workflow.KindMorning])
	require.Positive(t, one.steps)
	require.Equal(t, one, three)
}
