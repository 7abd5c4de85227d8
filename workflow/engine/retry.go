package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"sampledesk/workflow"
)

// Retry tries again at once what waits or failed for an application: effects that back off after a failure, and dead
// letters. It returns how many there were; the error is a Refusal if there is nothing.
func (e *Engine) Retry(ctx context.Context, k workflow.Key, by workflow.Actor, at time.Time) (tried int, err error) {
	err = e.update(ctx, func(t *txn) (err error) {
		tried, err = retryAll(t, k, by, at)
		return err
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return 0, fmt.Errorf("retrying for %s: %w", k, err)
	}
	return tried, nil
}

func retryAll(t *txn, k workflow.Key, by workflow.Actor, at time.Time) (int, error) {
	a, err := load(t.tx, k)
	if err != nil {
		return 0, err
	}
	if a.State() == workflow.Unseen {
		return 0, workflow.Refusal{Rule: workflow.RuleNoApplication, Name: string(k.ID)}
	}
	if a.AlreadyApplied(by.DedupKey) {
		return 0, errUnchanged
	}
	waited, err := rescheduleWaiting(t, a, at)
	if err != nil {
		return 0, err
	}
	failed, err := reviveAll(t, k, at)
	if err != nil {
		return 0, err
	}
	if waited+failed == 0 {
		return 0, workflow.Refusal{Rule: workflow.RuleNothingFailed, Application: a}
	}
	a.DedupKeys = workflow.AddDedupKey(a.DedupKeys, by.DedupKey)
	if err := t.tx.PutApplication(a); err != nil {
		return 0, err
	}
	return waited + failed, t.tx.Append(workflow.Entry{
		At: at, Key: k, Event: workflow.OnRetried, By: by, From: a.State(), To: a.State(), Round: a.Round, Status: a.Snapshot.Status,
	})
}

// rescheduleWaiting makes due what backs off after a failure, and returns how many effects that were.
func rescheduleWaiting(t *txn, a workflow.Application, at time.Time) (tried int, err error) {
	lanes := []workflow.Lane{workflow.ReviewLane(a.Key), workflow.CardLane(a.Key), workflow.ThreadLane(a.Key), workflow.WebhookLane(a.Key), workflow.MessageLane(a.Key.Shop, a.Snapshot.Creator.KeyOf(a.Key.Shop))}
	for _, lane := range lanes {
		waiting, err := t.tx.Lane(lane)
		if err != nil {
			return tried, err
		}
		for _, w := range waiting {
			if w.Claimed || w.Attempt == 0 || w.Verifications > 0 || !w.NotBefore.After(at) {
				continue // under way, not tried yet, or to be verified first
			}
			w.NotBefore = at
			t.enqueued = true
			if err := t.tx.Change(w.Effect); err != nil {
				return tried, err
			}
			tried++
		}
	}
	return tried, nil
}

// reviveAll takes an application's dead letters back, and returns how many there were.
func reviveAll(t *txn, k workflow.Key, at time.Time) (tried int, err error) {
	for after := ""; ; {
		dead, next, err := t.tx.DeadLetters(after, observeBatch)
		if err != nil {
			return tried, err
		}
		for _, d := range dead {
			if d.Key() != k {
				continue
			}
			t.enqueued = true
			if _, err := takeBack(t.tx, d.ID, at); err != nil {
				return tried, err
			}
			tried++
		}
		if after = next; after == "" {
			return tried, nil
		}
	}
}

// Revive tries a dead letter again. The error is a Refusal if there is none of that id. One that was taken back before
// and is not delivered yet is left as it is.
func (e *Engine) Revive(ctx context.Context, id workflow.EffectID, by workflow.Actor, at time.Time) error {
	err := e.update(ctx, func(t *txn) error { return reviveOne(t, id, by, at) })
	if err != nil && !errors.Is(err, errUnchanged) {
		return fmt.Errorf("reviving effect %s: %w", id, err)
	}
	return nil
}

func reviveOne(t *txn, id workflow.EffectID, by workflow.Actor, at time.Time) error {
	if _, err := t.tx.Effect(id); !errors.Is(err, workflow.ErrNotFound) {
		return cmp.Or(err, errUnchanged)
	}
	eff, err := takeBack(t.tx, id, at)
	if errors.Is(err, workflow.ErrNotFound) {
		return workflow.Refusal{Rule: workflow.RuleNothingFailed}
	}
	if err != nil {
		return err
	}
	t.enqueued = true
	return t.tx.Append(workflow.Entry{At: at, Key: eff.Key(), Event: workflow.OnRetried, By: by, Creator: eff.Creator})
}

// takeBack makes an effect of a dead letter again. What was refused before is tried in full once more.
func takeBack(tx workflow.Tx, id workflow.EffectID, at time.Time) (workflow.Effect, error) {
	if err := tx.Revive(id, at); err != nil {
		return workflow.Effect{}, err
	}
	eff, err := tx.Effect(id)
	if err != nil || eff.Refusals == 0 {
		return eff, err
	}
	eff.Refusals = 0
	return eff, tx.Change(eff)
}
