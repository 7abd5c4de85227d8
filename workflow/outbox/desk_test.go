package outbox_test

import (
	"bytes"
	"context"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/store/boltstore"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
	"sampledesk/workflow/outbox"
)

const (
	glow    workflow.ShopID   = "7495540735365777507"
	kitchen workflow.ShopID   = "7495540735365777508"
	member  workflow.PersonID = "U0MEMBER1"
)

var sample = workflow.Key{Shop: glow, ID: "1729384756"}

// service stands for a place outside. It keeps what it was given and when, and does with it what it is told.
type service struct {
	limit  func(workflow.Effect) string // nil: no two effects share a budget
	budget func(workflow.Effect) time.Duration
	do     func(context.Context, workflow.Effect) engine.Outcome

	mu    sync.Mutex
	given []delivery
}

// delivery is an effect that a service was given, so long after the desk opened.
type delivery struct {
	after  time.Duration
	effect workflow.Effect
}

func (s *service) Limit(tx workflow.Tx, e workflow.Effect) (string, error) {
	if s.limit == nil {
		return "", nil
	}
	return s.limit(e), nil
}

func (s *service) Budget(e workflow.Effect, _ string) time.Duration {
	if s.budget == nil {
		return 0
	}
	return s.budget(e)
}

func (s *service) Deliver(ctx context.Context, e workflow.Effect) engine.Outcome {
	s.mu.Lock()
	s.given = append(s.given, delivery{time.Since(midnight), e})
	s.mu.Unlock()
	if s.do == nil {
		return engine.Outcome{}
	}
	return s.do(ctx, e)
}

// midnight is when every bubble's time begins, and every desk opens.
var midnight = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// visit is what a test compares of a delivery.
type visit struct {
	after   time.Duration
	id      workflow.EffectID
	attempt int
}

func (s *service) visits() []visit {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []visit
	for _, d := range s.given {
		all = append(all, visit{d.after, d.effect.ID, d.effect.Attempt})
	}
	return all
}

// effects returns what the service was given.
func (s *service) effects() []workflow.Effect {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []workflow.Effect
	for _, d := range s.given {
		all = append(all, d.effect)
	}
	return all
}

// journal is a log that tests read while others write.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// desk is a store, an engine and a dispatcher in a bubble of virtual time.
type desk struct {
	*engine.Engine
	t          *testing.T
	path       string
	store      workflow.Store
	tiktok     *service
	slack      *service
	log        *journal
	dispatcher *outbox.Dispatcher

	stop    context.CancelFunc
	stopped chan struct{}
}

// begun are the tests that run beside others by now.
var begun sync.Map

// beside lets a test run beside others, once however many bubbles it opens: most of a bubble's real time is the disk's.
func beside(t *testing.T) {
	if _, already := begun.LoadOrStore(t, true); !already {
		t.Parallel()
	}
}

// inBubble opens a desk in a bubble. The dispatcher is not running yet.
func inBubble(t *testing.T, test func(*testing.T, *desk)) {
	beside(t)
	path := filepath.Join(t.TempDir(), "desk.db")
	synctest.Test(t, func(t *testing.T) {
		d := &desk{t: t, path: path, tiktok: &service{}, slack: &service{}, log: &journal{}}
		d.open()
		d.update(func(tx workflow.Tx) error {
			if err := tx.PutShop(workflow.Shop{ID: kitchen, Name: "Kitchen"}); err != nil {
				return err
			}
			return tx.PutShop(workflow.Shop{ID: glow, Name: "Glow", InitialSyncDone: true})
		})
		test(t, d)
		d.halt()
		require.Zero(t, d.Faults())
		require.NoError(t, d.store.Close())
	})
}

// open opens the store, as the process does that finds what another left.
func (d *desk) open() {
	d.t.Helper()
	store, err := boltstore.Open(d.t.Context(), d.path)
	require.NoError(d.t, err)
	d.store = store
	d.Engine = engine.New(store, func() { d.dispatcher.Wake() })
	d.dispatcher = d.newDispatcher(d.Engine)
}

func (d *desk) newDispatcher(engine outbox.Engine) *outbox.Dispatcher {
	return outbox.New(d.store, engine,
		map[workflow.Service]outbox.Service{workflow.TikTok: d.tiktok, workflow.Slack: d.slack},
		map[workflow.Service]int{workflow.TikTok: 2, workflow.Slack: 3},
		slog.New(slog.NewTextHandler(d.log, nil)))
}

// run sets the dispatcher going.
func (d *desk) run() {
	ctx, cancel := context.WithCancel(d.t.Context())
	stopped := make(chan struct{})
	d.stop, d.stopped = cancel, stopped
	dispatcher := d.dispatcher
	go func() {
		defer close(stopped)
		dispatcher.Run(ctx)
	}()
}

// halt stops the dispatcher, if it is running, and waits for it.
func (d *desk) halt() {
	if d.stop != nil {
		d.stop()
		<-d.stopped
		d.stop = nil
	}
}

func (d *desk) update(fn func(workflow.Tx) error) {
	d.t.Helper()
	require.NoError(d.t, d.store.Update(d.t.Context(), fn))
}

// put enqueues effects as they are.
func (d *desk) put(effects ...workflow.Effect) {
	d.t.Helper()
	d.update(func(tx workflow.Tx) error {
		for _, e := range effects {
			if err := tx.Enqueue(e); err != nil {
				return err
			}
		}
		return nil
	})
}

// notice is something to be said to a channel, in a lane of that name.
func notice(id workflow.EffectID, lane workflow.Lane) workflow.Effect {
	return workflow.Effect{
		ID: id, Kind: workflow.Announce, Lane: lane, Priority: workflow.Routine, Shop: glow,
		Payload: &workflow.Payload{Kind: workflow.KindBacklog, At: midnight}, MadeAt: midnight, NotBefore: midnight,
	}
}

// lane returns the effects of a lane.
func (d *desk) lane(l workflow.Lane) []workflow.InLane {
	d.t.Helper()
	var all []workflow.InLane
	require.NoError(d.t, d.store.View(d.t.Context(), func(tx workflow.Tx) (err error) {
		all, err = tx.Lane(l)
		return err
	}))
	return all
}

func (d *desk) deadLetters() []workflow.DeadLetter {
	d.t.Helper()
	var all []workflow.DeadLetter
	require.NoError(d.t, d.store.View(d.t.Context(), func(tx workflow.Tx) (err error) {
		all, _, err = tx.DeadLetters("", 100)
		return err
	}))
	return all
}

func (d *desk) application() workflow.Application {
	d.t.Helper()
	var a workflow.Application
	require.NoError(d.t, d.store.View(d.t.Context(), func(tx workflow.Tx) (err error) {
		a, err = tx.Application(sample)
		return err
	}))
	return a
}

func (d *desk) apply(e workflow.Event) workflow.Application {
	d.t.Helper()
	a, err := d.Apply(d.t.Context(), sample, e)
	require.NoError(d.t, err)
	return a
}

// report has TikTok say of the sample that it has that status.
func (d *desk) report(status workflow.Status) workflow.Application {
	d.t.Helper()
	now := time.Now()
	return d.apply(workflow.Reported{At: now, Began: now, Snapshot: workflow.Snapshot{
		Status: status, ReviewBy: midnight.Add(168 * time.Hour), Approvable: true, Stock: 12,
		Creator: workflow.Creator{Username: "glow.daily"}, Product: workflow.Product{ID: "1", Title: "Glow serum, 30 ml"},
	}})
}

// approve has the member approve the sample, with ten seconds to think again.
func (d *desk) approve() workflow.Application {
	d.t.Helper()
	return d.apply(workflow.Decided{
		Actor: workflow.Actor{Person: member}, At: time.Now(), Round: d.application().Round, Verdict: workflow.Approve, Undo: 10 * time.Second,
	})
}

// confirm is a TikTok that takes every decision.
func confirm(_ context.Context, e workflow.Effect) engine.Outcome {
	return engine.Outcome{Event: workflow.Confirmed{At: time.Now(), Verdict: e.Review.Verdict}}
}

// taking is a service that takes so long for each delivery.
func taking(pause time.Duration) func(context.Context, workflow.Effect) engine.Outcome {
	return func(context.Context, workflow.Effect) engine.Outcome {
		time.Sleep(pause)
		return engine.Outcome{}
	}
}
