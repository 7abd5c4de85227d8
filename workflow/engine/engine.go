// Package engine turns events into what is kept: it wraps a step of package workflow in one transaction (load, step,
// save, append history, enqueue effects), and does in the same transaction what the step means for more than one
// application. It knows the store only as workflow.Store, and who delivers the effects not at all.
package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"sampledesk/workflow"
)

// errUnchanged ends a transaction that has nothing to keep.
var errUnchanged = errors.New("unchanged")

// Engine turns events into what is kept: in one transaction it loads, steps, saves, appends history and enqueues
// effects. It is safe for concurrent use, by several processes too if the store is.
type Engine struct {
	store      workflow.Store
	onEnqueued func()
	log        *slog.Logger
	decisions  *slog.Logger // discards unless somebody asked for a log
	watch      func(workflow.Entry, workflow.Application)
	faults     atomic.Int64
	unchanged  unchanged
}

// Option changes how an engine works.
type Option func(*Engine)

// Watch has fn told of each line of an application's history once it is kept, with the application as it is then. It is
// called on the goroutine of whoever did it and must not block.
func Watch(fn func(workflow.Entry, workflow.Application)) Option {
	return func(e *Engine) { e.watch = fn }
}

// LogTo has the engine log decisions and its faults there, in place of the standard logger.
func LogTo(log *slog.Logger) Option { return func(e *Engine) { e.log, e.decisions = log, log } }

// New returns an engine on a store. OnEnqueued is called after each commit that enqueued effects, so that a dispatcher
// need not wait for its next round; it must not block. Nil is allowed.
func New(store workflow.Store, onEnqueued func(), options ...Option) *Engine {
	if onEnqueued == nil {
		onEnqueued = func() {}
	}
	e := &Engine{store: store, onEnqueued: onEnqueued, log: slog.Default(), decisions: slog.New(slog.DiscardHandler), watch: func(workflow.Entry, workflow.Application) {}}
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

// clocksAgree is within what this machine's clock and the store's count as one.
const clocksAgree = time.Second

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
	ahead := time.Since(e.store.Now())
	if ahead.Abs() < clocksAgree {
		ahead = 0
	}
	err := transact(func(tx workflow.Tx) error {
		t = txn{tx: newSteady(tx), ahead: ahead}
		return fn(&t)
	})
	if err != nil {
		return err
	}
	if t.enqueued {
		e.onEnqueued()
	}
	for _, k := range t.kept {
		e.watch(k.line, k.after)
		e.logDecision(k)
	}
	for _, fault := range t.faults {
		e.faults.Add(1)
		e.log.Error("A step led to another state than the table of transitions says. Please report this", "error", fault)
	}
	return nil
}

// logDecision logs what a person decided, or took back. The delivery's line has the same effect: by it the two are found
// together.
func (e *Engine) logDecision(k kept) {
	l := k.line
	effect := k.after.Decision.Review
	switch l.Event {
	case workflow.OnApproved, workflow.OnRejected:
	case workflow.OnUndone:
		effect = k.undone
	default:
		return
	}
	facts := []any{
		"shop", l.Key.Shop, "application", l.Key.ID, "event", l.Event, "effect", effect, "round", l.Round,
		"person", l.By.Person, "surface", l.By.Surface,
	}
	if l.RuleName != "" {
		facts = append(facts, "rule", l.RuleName)
	}
	if l.Reason != "" {
		facts = append(facts, "reason", l.Reason)
	}
	if wait := k.after.Decision.SendAt.Sub(l.At); wait > 0 {
		facts = append(facts, "sent_after", wait)
	}
	e.decisions.Info("decided", facts...)
}
