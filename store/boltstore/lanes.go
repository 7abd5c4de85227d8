package boltstore

import (
	"cmp"
	"fmt"
	"math"
	"time"

	"sampledesk/workflow"
)

// The index of the outbox is kept by line, replace and takeOut, and by nothing else. A claimed head stays among the
// heads, due at the end of its claim, so that a claim that lapses needs nobody to notice.

// lane returns a lane's effects in order.
func (t *transaction) lane(l workflow.Lane) (list []queued, err error) {
	t.effects.lane(l, func(s *spot) bool {
		var q queued
		q, err = t.at(s)
		list = append(list, q)
		return err == nil
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// at returns the effect of which the index knows.
func (t *transaction) at(s *spot) (queued, error) {
	if err := t.alive(); err != nil {
		return queued{}, err
	}
	data := t.bucket(busyBucket).Get(effectKey(s.sequence))
	if data == nil {
		return queued{}, fmt.Errorf("%w: effect %q is listed and not there", errDamaged, s.id)
	}
	q, err := decode[queued](data)
	if err != nil {
		return q, err
	}
	return t.withLease(q), nil
}

// line puts a new effect at its lane's end.
func (t *transaction) line(q queued) error {
	if err := write(t.bucket(busyBucket), effectKey(q.Sequence), q); err != nil {
		return err
	}
	x := t.changing()
	x.put(spotOf(q))
	x.rank(q.Effect.Lane)
	return nil
}

// replace keeps an effect as it is given, claimed until then, where it was in its lane.
func (t *transaction) replace(q queued, e workflow.Effect, until time.Time) error {
	if err := t.may("an effect", string(e.Kind)); err != nil {
		return err
	}
	t.endLease(q.Effect.ID)
	e.Lane, e.Attempt = q.Effect.Lane, max(e.Attempt, q.Effect.Attempt)
	now := queued{Sequence: q.Sequence, Until: until, Effect: kept(e)}
	if err := write(t.bucket(busyBucket), effectKey(q.Sequence), now); err != nil {
		return err
	}
	x := t.changing()
	x.takeOut(spotOf(q))
	x.put(spotOf(now))
	x.rank(e.Lane)
	return nil
}

// takeOut takes an effect out of its lane, whose next effect becomes the head.
func (t *transaction) takeOut(q queued) error {
	t.endLease(q.Effect.ID)
	if err := t.bucket(busyBucket).Delete(effectKey(q.Sequence)); err != nil {
		return err
	}
	x := t.changing()
	x.takeOut(spotOf(q))
	x.rank(q.Effect.Lane)
	return nil
}

// Ready is part of workflow.Outbox. It reads the effects that it returns and no other.
func (t *transaction) Ready(kind workflow.EffectKind, now time.Time, limit int) (ready []workflow.Effect, next time.Time, err error) {
	var damaged error
	next, err = t.Heads(kind, now, func(h workflow.Head) bool {
		if len(ready) >= limit || damaged != nil {
			return false
		}
		q, err := t.queued(h.ID)
		if err != nil {
			damaged = err
			return false
		}
		ready = append(ready, q.Effect)
		return true
	})
	if err = cmp.Or(damaged, err); err != nil {
		return nil, time.Time{}, err
	}
	return ready, next, nil
}

// Heads is part of workflow.Outbox. Within a priority the heads are in the order in which they are due, so it looks at
// those that are due, and at the first that is not of each priority.
func (t *transaction) Heads(kind workflow.EffectKind, now time.Time, fn func(workflow.Head) bool) (next time.Time, err error) {
	now = moment(now)
	sooner := func(due time.Time) {
		if next.IsZero() || due.Before(next) {
			next = due
		}
	}
	look := func(s *spot) (passOver *spot) {
		behind := &spot{kind: kind, priority: s.priority, sequence: math.MaxUint64}
		held, _ := t.lease(s.id)
		switch due := time.UnixMicro(s.due).UTC(); {
		case due.After(now):
			sooner(due)
			behind.due = math.MaxInt64
			return behind
		case held.until.After(now):
			sooner(held.until)
		case !fn(workflow.Head{ID: s.id, Priority: s.priority}):
			behind.due = now.UnixMicro()
			return behind
		}
		return nil
	}
	for from := (&spot{kind: kind, priority: math.MinInt, due: math.MinInt64}); from != nil; {
		at := from
		from = nil
		t.effects.heads.AscendGreaterOrEqual(at, func(s *spot) bool {
			if err = t.alive(); err != nil || s.kind != kind {
				return false
			}
			from = look(s)
			return from == nil
		})
	}
	if err != nil {
		return time.Time{}, err
	}
	return next, nil
}
