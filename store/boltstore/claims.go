package boltstore

import (
	"fmt"
	"time"

	"sampledesk/workflow"
)

// Claim is part of workflow.Outbox. At the time it is taken until, a claim is over.
func (t *transaction) Claim(id workflow.EffectID, now, until time.Time) (workflow.Effect, error) {
	q, err := t.toClaim(id, now, until)
	if err != nil {
		return workflow.Effect{}, err
	}
	taken := q.Effect
	taken.Attempt++
	taken.Begun = true
	if err := t.replace(q, taken, moment(until)); err != nil {
		return workflow.Effect{}, err
	}
	taken.Begun = q.Effect.Begun
	return taken, nil
}

// toClaim returns an effect that can be claimed now.
func (t *transaction) toClaim(id workflow.EffectID, now, until time.Time) (queued, error) {
	now, until = moment(now), moment(until)
	if !until.After(now) {
		return queued{}, fmt.Errorf("a claim from %s until %s has no time", now, until)
	}
	q, err := t.held(id, "claiming")
	if err != nil {
		return queued{}, err
	}
	if err := t.claimable(q, now); err != nil {
		return queued{}, fmt.Errorf("claiming effect %q: %w", id, err)
	}
	return q, nil
}

// claimable returns workflow.ErrConflict, and why, if the effect is not to be claimed now.
func (t *transaction) claimable(q queued, now time.Time) error {
	head, _ := t.effects.head(q.Effect.Lane)
	switch {
	case head == nil || head.id != q.Effect.ID:
		return fmt.Errorf("others of its lane go first: %w", workflow.ErrConflict)
	case q.Effect.Parked:
		return fmt.Errorf("it is parked: %w", workflow.ErrConflict)
	case q.claimed() && q.until().After(now):
		return fmt.Errorf("it is claimed until %s: %w", q.until().Format(time.RFC3339Nano), workflow.ErrConflict)
	case q.due().After(now):
		return fmt.Errorf("it is not due before %s: %w", q.due().Format(time.RFC3339Nano), workflow.ErrConflict)
	}
	return nil
}

// Extend is part of workflow.Outbox. It never shortens a claim.
func (t *transaction) Extend(id workflow.EffectID, attempt int, until time.Time) error {
	q, err := t.own(id, attempt, "extending the claim of")
	if err != nil {
		return err
	}
	if until = moment(until); !until.After(q.until()) {
		return nil
	}
	if !q.lease.until.IsZero() {
		t.setLease(id, lease{attempt: attempt, until: until})
		return nil
	}
	return t.replace(q, q.Effect, until)
}

// Release is part of workflow.Outbox.
func (t *transaction) Release(e workflow.Effect) error {
	q, err := t.own(e.ID, e.Attempt, "releasing")
	if err != nil {
		return err
	}
	e.Begun = false
	return t.replace(q, e, time.Time{})
}

// own returns an effect that is under the claim of that attempt.
func (t *transaction) own(id workflow.EffectID, attempt int, doing string) (queued, error) {
	q, err := t.held(id, doing)
	switch {
	case err != nil:
		return queued{}, err
	case !q.claimed():
		return queued{}, fmt.Errorf("%s effect %q: it is not claimed: %w", doing, id, workflow.ErrConflict)
	case q.Effect.Attempt != attempt:
		return queued{}, fmt.Errorf("%s effect %q: attempt %d has given way to attempt %d: %w", doing, id, attempt, q.Effect.Attempt, workflow.ErrConflict)
	}
	return q, nil
}

// voidClaims ends all claims, and tells whether there were any. Attempt and Begun stay: whoever claims next has to find
// out what became of it. Only heads can be claimed, so only they are looked at.
func (t *transaction) voidClaims() (found bool, err error) {
	var claimed []*spot
	t.effects.heads.Ascend(func(s *spot) bool {
		if s.claimed {
			claimed = append(claimed, s)
		}
		return true
	})
	for _, s := range claimed {
		q, err := t.at(s)
		if err != nil {
			return false, err
		}
		if err := t.replace(q, q.Effect, time.Time{}); err != nil {
			return false, err
		}
	}
	return len(claimed) > 0, nil
}
