package engine_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/store/boltstore"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

var (
	noon     = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	deadline = noon.Add(168 * time.Hour)
	sample   = workflow.Key{Shop: "7495540735365777507", ID: "1729384756"}
	glow     = workflow.Shop{ID: sample.Shop, Name: "Glow", Cipher: "cipher", OpenID: "open-shop", SeenAt: noon, InitialSyncDone: true}
)

const (
	undoWindow = 10 * time.Second

	member  workflow.PersonID = "U0MEMBER1"
	another workflow.PersonID = "U0MEMBER2"
)

// desk is an engine on a store of its own, and what the store saw.
type desk struct {
	*engine.Engine
	t     testing.TB
	path  string
	store *watched
	woken atomic.Int64
	last  context.Context // of a desk that dies

	wayward bool // a step that leads to another state than the table says is meant
}

func newDesk(t testing.TB, shop workflow.Shop) *desk {
	t.Helper()
	d := &desk{t: t, path: filepath.Join(t.TempDir(), "desk.db"), store: &watched{}}
	d.open()
	t.Cleanup(func() {
		if !d.wayward {
			require.Zero(t, d.Faults(), "a step led to another state than the table says")
		}
		require.NoError(t, d.store.Close())
	})
	d.Engine = engine.New(d.store, func() { d.woken.Add(1) })
	require.NoError(t, d.store.Store.Update(t.Context(), func(tx workflow.Tx) error { return tx.PutShop(shop) }))
	return d
}

func (d *desk) open() {
	d.t.Helper()
	bolt, err := boltstore.Open(d.t.Context(), d.path)
	require.NoError(d.t, err)
	d.store.Store = bolt
}

// keeps has the store keep n things, a hundred in a transaction: a page is divided only when its transaction is kept, and
// until then each place within it costs the race detector the whole of it.
func (d *desk) keeps(n int, put func(tx workflow.Tx, i int) error) {
	d.t.Helper()
	for start := 0; start < n; start += 100 {
		require.NoError(d.t, d.store.Store.Update(d.t.Context(), func(tx workflow.Tx) error {
			for i := start; i < min(start+100, n); i++ {
				if err := put(tx, i); err != nil {
					return err
				}
			}
			return nil
		}))
	}
}

// restart is what a desk finds that was killed and started again: its file, and no claim.
func (d *desk) restart() {
	d.t.Helper()
	require.NoError(d.t, d.store.Close())
	d.open()
}

// watched is a store that knows how many updates it kept, and how many applications the largest of them put. It can be
// told to fail.
type watched struct {
	workflow.Store
	kept    atomic.Int64
	largest atomic.Int64
	writes  atomic.Int64 // of what was kept

	failAt  int    // the write of each transaction that fails; 0: none
	between func() // called when a transaction is done and not yet kept
}

func (w *watched) Update(ctx context.Context, fn func(workflow.Tx) error) error {
	var seen watchedTx
	err := w.Store.Update(ctx, func(tx workflow.Tx) error {
		seen = watchedTx{Tx: tx, failAt: w.failAt}
		err := fn(&seen)
		if w.between != nil {
			w.between()
		}
		return err
	})
	if err == nil {
		w.kept.Add(1)
		w.writes.Add(int64(seen.writes))
		w.largest.Store(max(w.largest.Load(), int64(seen.applications)))
	}
	return err
}

type watchedTx struct {
	workflow.Tx
	applications int
	writes       int
	failAt       int
}

var errDisk = fmt.Errorf("the disk is gone")

func (w *watchedTx) write(put func() error) error {
	if w.writes++; w.writes == w.failAt {
		return errDisk
	}
	return put()
}

func (w *watchedTx) PutApplication(a workflow.Application) error {
	w.applications++
	return w.write(func() error { return w.Tx.PutApplication(a) })
}

func (w *watchedTx) Append(e workflow.Entry) error {
	return w.write(func() error { return w.Tx.Append(e) })
}

func (w *watchedTx) Enqueue(e workflow.Effect) error {
	return w.write(func() error { return w.Tx.Enqueue(e) })
}

func (w *watchedTx) Change(e workflow.Effect) error {
	return w.write(func() error { return w.Tx.Change(e) })
}

func (w *watchedTx) PutCampaign(c workflow.Campaign) error {
	return w.write(func() error { return w.Tx.PutCampaign(c) })
}

func (w *watchedTx) PutMember(m workflow.Member) error {
	return w.write(func() error { return w.Tx.PutMember(m) })
}

func (w *watchedTx) RemoveMember(c workflow.CampaignID, k workflow.CreatorKey) error {
	return w.write(func() error { return w.Tx.RemoveMember(c, k) })
}

func (w *watchedTx) PutShop(s workflow.Shop) error {
	return w.write(func() error { return w.Tx.PutShop(s) })
}

func (w *watchedTx) PutProduct(s workflow.ShopID, p workflow.Product) error {
	return w.write(func() error { return w.Tx.PutProduct(s, p) })
}

func (w *watchedTx) PutConversation(c workflow.Conversation) error {
	return w.write(func() error { return w.Tx.PutConversation(c) })
}

func (w *watchedTx) RemoveConversation(s workflow.ShopID, k workflow.CreatorKey) error {
	return w.write(func() error { return w.Tx.RemoveConversation(s, k) })
}

func (w *watchedTx) PutRun(r workflow.Run) error {
	return w.write(func() error { return w.Tx.PutRun(r) })
}

func (w *watchedTx) PutNotice(n workflow.Notice) error {
	return w.write(func() error { return w.Tx.PutNotice(n) })
}

func (w *watchedTx) PutPerson(p workflow.Person) error {
	return w.write(func() error { return w.Tx.PutPerson(p) })
}

func (w *watchedTx) Remove(id workflow.EffectID) error {
	return w.write(func() error { return w.Tx.Remove(id) })
}

func (w *watchedTx) Release(e workflow.Effect) error {
	return w.write(func() error { return w.Tx.Release(e) })
}

func (w *watchedTx) Revive(id workflow.EffectID, at time.Time) error {
	return w.write(func() error { return w.Tx.Revive(id, at) })
}

// memory is all that a store holds of the sample and its shop.
type memory struct {
	Application workflow.Application
	History     []workflow.Entry
	Lanes       map[workflow.Lane][]workflow.InLane
	Campaigns   []workflow.Campaign
	Members     map[workflow.CampaignID][]workflow.Member
	Shop        workflow.Shop
	Dead        []workflow.DeadLetter
}

func (d *desk) memory() memory {
	d.t.Helper()
	m := memory{Lanes: map[workflow.Lane][]workflow.InLane{}, Members: map[workflow.CampaignID][]workflow.Member{}}
	require.NoError(d.t, d.store.View(d.t.Context(), func(tx workflow.Tx) (err error) {
		if m.Shop, err = tx.Shop(sample.Shop); err != nil {
			return err
		}
		m.Application, _ = tx.Application(sample) // none, before its first sight
		if m.History, _, err = tx.History(sample, "", 1000); err != nil {
			return err
		}
		for _, lane := range []workflow.Lane{
			workflow.ReviewLane(sample), workflow.CardLane(sample), workflow.ThreadLane(sample), workflow.NoticeLane(sample.Shop), workflow.WebhookLane(sample),
		} {
			if m.Lanes[lane], err = tx.Lane(lane); err != nil {
				return err
			}
		}
		if m.Dead, _, err = tx.DeadLetters("", 1000); err != nil {
			return err
		}
		m.Campaigns, _, err = tx.Campaigns(sample.Shop, "", 1000)
		for _, c := range m.Campaigns {
			if m.Members[c.ID], _, err = tx.Members(c.ID, "", 1000); err != nil {
				return err
			}
		}
		return err
	}))
	return m
}

// lane returns the effects of a lane.
func (d *desk) lane(l workflow.Lane) []workflow.Effect {
	d.t.Helper()
	var effects []workflow.Effect
	for _, e := range d.memory().Lanes[l] {
		effects = append(effects, e.Effect)
	}
	return effects
}

// notices returns what is to be said to the shop's channel.
func (d *desk) notices() []workflow.Payload {
	d.t.Helper()
	var all []workflow.Payload
	for _, e := range d.lane(workflow.NoticeLane(sample.Shop)) {
		all = append(all, *e.Payload)
	}
	return all
}

// apply applies an event to the sample, which has to go well.
func (d *desk) apply(e workflow.Event) workflow.Application {
	d.t.Helper()
	a, err := d.Apply(d.t.Context(), sample, e)
	require.NoError(d.t, err)
	return a
}

// seen has the desk see the sample in review, and shows its card.
func (d *desk) seen() workflow.Application {
	d.t.Helper()
	d.apply(reported(workflow.StatusPending, noon))
	eff, ok := d.claim(workflow.CardLane(sample), noon)
	require.True(d.t, ok)
	shown := workflow.PostShown{At: noon, Channel: "C0SAMPLES", TS: "1.000001", Hash: "h1"}
	require.NoError(d.t, d.Settle(d.t.Context(), eff, engine.Outcome{Event: shown}, noon))
	return d.memory().Application
}

// claim takes a lane's head for ten seconds.
func (d *desk) claim(l workflow.Lane, at time.Time) (workflow.Effect, bool) {
	d.t.Helper()
	waiting := d.lane(l)
	require.NotEmpty(d.t, waiting, "the lane %s", l)
	eff, ok, err := d.Claim(d.t.Context(), waiting[0].ID, at, at.Add(10*time.Second))
	require.NoError(d.t, err)
	return eff, ok
}

func reported(status workflow.Status, at time.Time) workflow.Reported {
	return workflow.Reported{At: at, Began: at.Add(-time.Second), Snapshot: workflow.Snapshot{
		Status: status, ReviewBy: deadline, Approvable: true, Stock: 12,
		Creator: workflow.Creator{OpenID: "open-1", Username: "glow.daily"}, Product: workflow.Product{ID: "1", Title: "Glow serum, 30 ml"},
	}}
}

// numberedCreator is one of a crowd. Where many ask, each is somebody else: what one creator has asked for is looked at
// again with each of their requests.
func numberedCreator(i int) workflow.Creator {
	name := fmt.Sprintf("crowd_%d", i)
	return workflow.Creator{OpenID: name, Username: name}
}

func by(p workflow.PersonID) workflow.Actor {
	return workflow.Actor{Person: p, Surface: workflow.FromCard}
}

func approval(round int, at time.Time) workflow.Decided {
	return workflow.Decided{Actor: by(member), At: at, Round: round, Verdict: workflow.Approve, Undo: undoWindow}
}

func requireRefused(t *testing.T, rule workflow.Rule, err error) {
	t.Helper()
	_ = refusal(t, rule, err)
}

// refusal returns the refusal that an error has to be, by that rule.
func refusal(t *testing.T, rule workflow.Rule, err error) workflow.Refusal {
	t.Helper()
	var r workflow.Refusal
	require.ErrorAs(t, err, &r)
	require.Equal(t, rule, r.Rule)
	return r
}
