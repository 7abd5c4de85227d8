// Package engine turns events into what is kept: it wraps a step of package workflow in one transaction (load, step,
// save, append history, enqueue effects), and does in the same transaction what the step means for more than one
// application. It knows the store only as workflow.Store, and who delivers the effects not at all.
package engine

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync/atomic"
	"time"

	"sampledesk/workflow"
)

// errUnchanged ends a transaction that has nothing to keep.
var errUnchanged = errors.New("unchanged")

// observeBatch is how many observations are applied in one transaction at most, so that clicks never queue behind a
// sweep.
const observeBatch = 100

// Engine turns events into what is kept: in one transaction it loads, steps, saves, appends history and enqueues
// effects. It is safe for concurrent use, by several processes too if the store is.
type Engine struct {
	store      workflow.Store
	onEnqueued func()
	log        *slog.Logger
	faults     atomic.Int64
}

// Option changes how an engine works.
type Option func(*Engine)

// LogTo has the engine log its faults there, in place of the standard logger.
func LogTo(log *slog.Logger) Option { return func(e *Engine) { e.log = log } }

// New returns an engine on a store. OnEnqueued is called after each commit that enqueued effects, so that a dispatcher
// need not wait for its next round; it must not block. Nil is allowed.
func New(store workflow.Store, onEnqueued func(), options ...Option) *Engine {
	if onEnqueued == nil {
		onEnqueued = func() {}
	}
	e := &Engine{store: store, onEnqueued: onEnqueued, log: slog.Default()}
	for _, option := range options {
		option(e)
	}
	return e
}

// Faults is how many steps since the engine was made have led to another state than the table of transitions says. Any
// is a fault of the desk's own; what the step led to was kept all the same.
func (e *Engine) Faults() int { return int(e.faults.Load()) }

// Apply applies one event to one application and returns it as it is then. The error may be a Refusal: nothing was
// written, and the application is in it. Nor is anything written for an event that changes nothing. If ctx ends before
// the commit, nothing is kept.
func (e *Engine) Apply(ctx context.Context, k workflow.Key, ev workflow.Event) (workflow.Application, error) {
	var after workflow.Application
	err := e.update(ctx, func(t *txn) (err error) {
		var did bool
		after, did, err = t.apply(k, ev)
		if err == nil && !did {
			return errUnchanged
		}
		return err
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return workflow.Application{}, fmt.Errorf("applying %q to %s: %w", ev.Kind(), k, err)
	}
	return after, nil
}

// Observation is what TikTok reported of one application.
type Observation struct {
	ID workflow.ApplicationID
	workflow.Reported
}

// Observe applies what TikTok reported of a shop's applications, and returns how many it changed. An observation
// without changes costs a read and no write. Those that the store rejects do not stop the others: the error is a
// *NotKeptError then, and all else was applied.
func (e *Engine) Observe(ctx context.Context, shop workflow.ShopID, all []Observation) (changed int, err error) {
	var notKept NotKeptError
	for len(all) > 0 {
		batch := all[:min(observeBatch, len(all))]
		all = all[len(batch):]
		fresh, err := e.fresh(ctx, shop, batch)
		if err != nil {
			return changed, fmt.Errorf("comparing observations of shop %s: %w", shop, err)
		}
		if len(fresh) == 0 {
			continue
		}
		n, err := e.takeOver(ctx, shop, fresh)
		if err != nil {
			n, err = e.oneByOne(ctx, shop, fresh, err, &notKept)
		}
		if err != nil {
			return changed, fmt.Errorf("applying observations of shop %s: %w", shop, err)
		}
		changed += n
	}
	if len(notKept.Records) > 0 {
		return changed, &notKept
	}
	return changed, nil
}

// NotKeptError lists observations that the store rejects, while it accepts others.
type NotKeptError struct {
	Records map[workflow.ApplicationID]error
}

// Error counts them and says why one of them was not taken.
func (e *NotKeptError) Error() string {
	for id, err := range e.Records {
		return fmt.Sprintf("the store rejected %d observations, one of them that of %s: %s", len(e.Records), id, err)
	}
	return "the store rejected no observation"
}

// oneByOne applies each observation of a batch by itself after the store rejected them together, and keeps those that
// it rejects. Where it accepts none, the fault is the store's, and is returned.
func (e *Engine) oneByOne(ctx context.Context, shop workflow.ShopID, batch []Observation, fault error, notKept *NotKeptError) (changed int, err error) {
	refused, taken := map[workflow.ApplicationID]error{}, 0
	for _, o := range batch {
		if ctx.Err() != nil {
			return changed, fault
		}
		n, err := e.takeOver(ctx, shop, []Observation{o})
		if err != nil {
			refused[o.ID] = err
			if taken == 0 && len(refused) >= storeTries {
				return changed, fault
			}
			continue
		}
		changed, taken = changed+n, taken+1
	}
	if taken == 0 && len(batch) > 1 {
		return changed, fault
	}
	if taken == 0 && e.storeFails(ctx) {
		return changed, fault
	}
	if notKept.Records == nil {
		notKept.Records = map[workflow.ApplicationID]error{}
	}
	maps.Copy(notKept.Records, refused)
	return changed, nil
}

// storeTries is after how many rejected observations in a row the store itself is at fault.
const storeTries = 10

// storeFails reports whether the store accepts nothing at all now.
func (e *Engine) storeFails(ctx context.Context) bool {
	return e.store.Update(ctx, func(workflow.Tx) error { return nil }) != nil
}

// fresh returns the observations that would change something.
func (e *Engine) fresh(ctx context.Context, shop workflow.ShopID, batch []Observation) ([]Observation, error) {
	var fresh []Observation
	err := e.store.View(ctx, func(tx workflow.Tx) error {
		fresh = fresh[:0]
		for _, o := range batch {
			a, err := load(tx, workflow.Key{Shop: shop, ID: o.ID})
			if err != nil {
				return err
			}
			if next, _ := workflow.Step(a, o.Reported); next.Changed {
				fresh = append(fresh, o)
			}
		}
		return nil
	})
	return fresh, err
}

func (e *Engine) takeOver(ctx context.Context, shop workflow.ShopID, fresh []Observation) (changed int, err error) {
	err = e.update(ctx, func(t *txn) error {
		changed = 0
		for _, o := range fresh {
			_, did, err := t.apply(workflow.Key{Shop: shop, ID: o.ID}, o.Reported)
			if err != nil {
				return err
			}
			if did {
				changed++
			}
		}
		return nil
	})
	return changed, err
}

// update runs fn in a transaction and wakes the dispatcher if it enqueued anything.
func (e *Engine) update(ctx context.Context, fn func(*txn) error) error {
	return e.waking(fn, func(run func(workflow.Tx) error) error { return e.store.Update(ctx, run) })
}

// updateSoon is update that may wait for another's commit; see Store.UpdateSoon.
func (e *Engine) updateSoon(ctx context.Context, patience func() time.Duration, fn func(*txn) error) error {
	return e.waking(fn, func(run func(workflow.Tx) error) error { return e.store.UpdateSoon(ctx, patience, run) })
}

func (e *Engine) waking(fn func(*txn) error, transact func(func(workflow.Tx) error) error) error {
	var t txn
	err := transact(func(tx workflow.Tx) error {
		t = txn{tx: tx}
		return fn(&t)
	})
	if err != nil {
		return err
	}
	if t.enqueued {
		e.onEnqueued()
	}
	for _, fault := range t.faults {
		e.faults.Add(1)
		e.log.Error("A step led to another state than the table of transitions says. Please report this", "error", fault)
	}
	return nil
}

// txn is one transaction of the engine.
type txn struct {
	tx       workflow.Tx
	enqueued bool
	faults   []error        // of steps; see Next.Fault
	ownRun   workflow.RunID // the run that this transaction saves itself, so that updateRun leaves it alone
}

// load returns the application, or an unseen one.
func load(tx workflow.Tx, k workflow.Key) (workflow.Application, error) {
	a, err := tx.Application(k)
	if errors.Is(err, workflow.ErrNotFound) {
		return workflow.Application{Key: k}, nil
	}
	return a, err
}

// apply steps one application. Did reports whether it changed.
func (t *txn) apply(k workflow.Key, ev workflow.Event) (after workflow.Application, did bool, err error) {
	before, err := load(t.tx, k)
	if err != nil {
		return before, false, err
	}
	ev = prepared(ev)
	next, err := workflow.Step(before, ev)
	if err != nil || !next.Changed {
		return before, false, err
	}
	if err := onFirstSeen(t, before, &next, ev); err != nil {
		return before, false, err
	}
	if err := setTimer(t.tx, before, &next); err != nil {
		return before, false, err
	}
	next, line, told := next.Told(before, ev)
	if err := t.save(before, next, line, told); err != nil {
		return before, false, err
	}
	if next.Fault != nil {
		t.faults = append(t.faults, next.Fault)
	}
	after, err = t.afterStep(before, next, ev)
	return after, true, err
}

// prepared makes an event ready to be stepped: a decision gets the effect that will carry it, and what people typed is
// cleaned, so that the history has it as it is shown.
func prepared(ev workflow.Event) workflow.Event {
	switch e := ev.(type) {
	case workflow.Decided:
		if e.Review == "" {
			e.Review = newEffectID()
		}
		e.Note, e.Message = workflow.CleanText(e.Note), workflow.CleanText(e.Message)
		return e
	case workflow.Noted:
		e.Text = workflow.CleanText(e.Text)
		return e
	default:
		return ev
	}
}

// afterStep does what a step means for more than the application itself: its run, and the message that was to go with a
// decision once that is confirmed.
func (t *txn) afterStep(before workflow.Application, next workflow.Next, ev workflow.Event) (workflow.Application, error) {
	after := next.Application
	if err := updateRun(t, before, next, ev); err != nil {
		return after, err
	}
	if err := updateMornings(t, before, after, next.At); err != nil {
		return after, err
	}
	if before.Decision.Phase == workflow.DecisionConfirmed || after.Decision.Phase != workflow.DecisionConfirmed || after.Decision.Message == "" {
		return after, nil
	}
	if err := writeDecisionMessage(t, after, next.At); err != nil {
		return after, err
	}
	return load(t.tx, after.Key)
}

// save saves what a step led to, with its line of the history, if that is told.
func (t *txn) save(before workflow.Application, next workflow.Next, line workflow.Entry, told bool) error {
	if err := t.tx.PutApplication(next.Application); err != nil {
		return err
	}
	if told {
		if err := t.tx.Append(line); err != nil {
			return err
		}
	}
	for _, id := range next.Cancel {
		if err := t.cancel(workflow.ReviewLane(before.Key), id); err != nil {
			return err
		}
	}
	for _, eff := range next.Reschedule {
		if err := t.reschedule(eff); err != nil {
			return err
		}
	}
	for _, eff := range next.Effects {
		eff.Shop, eff.Application = before.Key.Shop, before.Key.ID
		if err := t.enqueue(eff, next.At); err != nil {
			return err
		}
	}
	for _, lane := range next.Wake {
		t.enqueued = true
		if err := t.tx.Wake(lane); err != nil {
			return err
		}
	}
	return nil
}

// cancel drops an effect unless it is claimed: a claim is never undone.
func (t *txn) cancel(lane workflow.Lane, id workflow.EffectID) error {
	waiting, err := t.tx.Lane(lane)
	if err != nil {
		return err
	}
	for _, w := range waiting {
		if w.ID == id && !w.Claimed {
			return t.tx.Remove(id)
		}
	}
	return nil
}

// reschedule makes an effect due earlier, unless it is claimed.
func (t *txn) reschedule(earlier workflow.Effect) error {
	waiting, err := t.tx.Lane(earlier.Lane)
	if err != nil {
		return err
	}
	for _, w := range waiting {
		if w.ID == earlier.ID && !w.Claimed {
			w.NotBefore = earlier.NotBefore
			t.enqueued = true
			return t.tx.Change(w.Effect)
		}
	}
	return nil
}

// enqueue puts an effect in its lane. Repaints of one card or notice coalesce: what is shown is rendered at delivery,
// so one that waits already serves, and only has to come as early as the new one asks.
func (t *txn) enqueue(eff workflow.Effect, at time.Time) error {
	t.enqueued = true
	if eff.Kind == workflow.ShowCard || eff.Kind == workflow.ShowNotice {
		waiting, err := t.tx.Lane(eff.Lane)
		if err != nil {
			return err
		}
		for _, w := range waiting {
			if w.Claimed || w.Kind != eff.Kind || w.Notice != eff.Notice {
				continue
			}
			w.Priority = min(w.Priority, eff.Priority)
			if eff.NotBefore.Before(w.NotBefore) && w.Attempt == 0 {
				w.NotBefore = eff.NotBefore // one that failed keeps its pause
			}
			return t.tx.Change(w.Effect)
		}
	}
	if eff.ID == "" {
		eff.ID = newEffectID()
	}
	eff.MadeAt = at
	return t.tx.Enqueue(eff)
}

// newEffectID returns an id that no other desk will ever make: 130 random bits.
func newEffectID() workflow.EffectID { return workflow.EffectID(rand.Text()) }
