package workflow

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Retry tries again at once what waits or failed for an application: effects that rest after a failure, and dead
// letters. It returns how many that were; the error is a Refusal if there is nothing.
func (e *Engine) Retry(ctx context.Context, k Key, by Actor, at time.Time) (tried int, err error) {
	err = e.update(ctx, func(t *turn) error {
		a, err := load(t.tx, k)
		if err != nil {
			return err
		}
		if a.State() == Unseen {
			return Refusal{Rule: RuleNoApplication, Name: string(k.ID)}
		}
		if tried, err = t.retry(a, at); err != nil {
			return err
		}
		if tried == 0 {
			return Refusal{Rule: RuleNothingFailed, Application: a}
		}
		return t.tx.Append(Entry{At: at, Key: k, Event: OnRetried, By: by, From: a.State(), To: a.State(), Round: a.Round, Status: a.Report.Status})
	})
	if err != nil {
		return 0, fmt.Errorf("retrying for %s: %w", k, err)
	}
	return tried, nil
}

func (t *turn) retry(a Application, at time.Time) (tried int, err error) {
	lanes := []Lane{ReviewLane(a.Key), CardLane(a.Key), ThreadLane(a.Key), MessageLane(a.Key.Shop, a.Report.Creator.KeyOf(a.Key.Shop))}
	for _, lane := range lanes {
		waiting, err := t.tx.Lane(lane)
		if err != nil {
			return tried, err
		}
		for _, w := range waiting {
			if w.Claimed || w.Attempt == 0 || w.Looks > 0 || !w.NotBefore.After(at) {
				continue // under way, not tried yet, or looking first what became of it
			}
			w.NotBefore = at
			t.enqueued = true
			if err := t.tx.Change(w.Effect); err != nil {
				return tried, err
			}
			tried++
		}
	}
	for after := ""; ; {
		dead, next, err := t.tx.DeadLetters(after, observeBatch)
		if err != nil {
			return tried, err
		}
		for _, d := range dead {
			if d.Key() != a.Key {
				continue
			}
			t.enqueued = true
			if err := t.tx.Revive(d.ID, at); err != nil {
				return tried, err
			}
			tried++
		}
		if after = next; after == "" {
			return tried, nil
		}
	}
}

// Revive tries a dead letter again. The error is a Refusal if there is none of that id.
func (e *Engine) Revive(ctx context.Context, id EffectID, at time.Time) error {
	err := e.update(ctx, func(t *turn) error {
		err := t.tx.Revive(id, at)
		if errors.Is(err, ErrNotFound) {
			return Refusal{Rule: RuleNothingFailed}
		}
		t.enqueued = true
		return err
	})
	if err != nil {
		return fmt.Errorf("reviving effect %s: %w", id, err)
	}
	return nil
}
