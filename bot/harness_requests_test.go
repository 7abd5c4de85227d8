package bot_test

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

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
