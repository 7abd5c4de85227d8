package boltstore

import (
	"bytes"
	"cmp"
	"fmt"
	"time"

	"sampledesk/workflow"
)

// The indexes of the outbox are kept by line, replace and takeOut, and by nothing else: the lanes hold every effect, the
// heads the first of each lane unless it is parked. A claimed head stays among the heads, due at the end of its claim, so
// that a claim that lapses needs nobody to notice.

// lane returns a lane's effects in order.
func (t *transaction) lane(l workflow.Lane) ([]queued, error) {
	if !nameable(string(l)) {
		return nil, nil
	}
	list, _, err := page(t.bucket(busyBucket), inLane(l), "", unlimited, plainly(t.listed))
	return list, err
}

// listed returns the effect that an index names.
func (t *transaction) listed(id []byte) (queued, error) {
	data := t.bucket(busyBucket).Get(effectKey(workflow.EffectID(id)))
	if data == nil {
		return queued{}, fmt.Errorf("%w: effect %q is listed and not there", errDamaged, id)
	}
	q, err := decode[queued](data)
	if err != nil {
		return q, err
	}
	return t.withLease(q), nil
}

// head returns the id of the first effect of a lane; nil for none.
func (t *transaction) head(l workflow.Lane) []byte {
	prefix := inLane(l)
	k, id := t.bucket(busyBucket).Cursor().Seek(prefix)
	if k == nil || !bytes.HasPrefix(k, prefix) {
		return nil
	}
	return id
}

// isHead tells whether an effect is the first of its lane.
func (t *transaction) isHead(q queued) (bool, error) {
	id := t.head(q.Effect.Lane)
	if id == nil {
		return false, fmt.Errorf("%w: effect %q is not in its lane", errDamaged, q.Effect.ID)
	}
	return string(id) == string(q.Effect.ID), nil
}

// line puts a new effect at its lane's end.
func (t *transaction) line(q queued) error {
	if err := t.bucket(busyBucket).Put(laneKey(q.Effect.Lane, q.Sequence), []byte(q.Effect.ID)); err != nil {
		return err
	}
	return t.keep(q)
}

// replace keeps an effect as it is given, claimed until then, where it was in its lane.
func (t *transaction) replace(q queued, e workflow.Effect, until time.Time) error {
	if err := t.may("an effect", string(e.Kind)); err != nil {
		return err
	}
	if err := t.bucket(busyBucket).Delete(headKey(q)); err != nil {
		return err
	}
	t.endLease(q.Effect.ID)
	e.Lane, e.Attempt = q.Effect.Lane, max(e.Attempt, q.Effect.Attempt)
	return t.keep(queued{Sequence: q.Sequence, Until: until, Effect: kept(e)})
}

// takeOut takes an effect out of its lane, whose next effect becomes the head.
func (t *transaction) takeOut(q queued) error {
	t.endLease(q.Effect.ID)
	if err := t.bucket(busyBucket).Delete(headKey(q)); err != nil {
		return err
	}
	if err := t.bucket(busyBucket).Delete(laneKey(q.Effect.Lane, q.Sequence)); err != nil {
		return err
	}
	if err := t.bucket(busyBucket).Delete(effectKey(q.Effect.ID)); err != nil {
		return err
	}
	id := t.head(q.Effect.Lane)
	if id == nil {
		return nil
	}
	next, err := t.listed(id)
	if err != nil {
		return err
	}
	return t.indexHead(next)
}

// keep writes an effect that is in its lane, and its place among the heads if it has one.
func (t *transaction) keep(q queued) error {
	if err := write(t.bucket(busyBucket), effectKey(q.Effect.ID), q); err != nil {
		return err
	}
	head, err := t.isHead(q)
	if err != nil || !head {
		return err
	}
	return t.indexHead(q)
}

func (t *transaction) indexHead(q queued) error {
	if q.Effect.Parked {
		return nil
	}
	return t.bucket(busyBucket).Put(headKey(q), []byte(q.Effect.ID))
}

// Ready is part of workflow.Outbox. It reads the effects that it returns and no other.
func (t *transaction) Ready(kind workflow.EffectKind, now time.Time, limit int) (ready []workflow.Effect, next time.Time, err error) {
	var damaged error
	next, err = t.Heads(kind, now, func(h workflow.Head) bool {
		if len(ready) >= limit || damaged != nil {
			return false
		}
		q, err := t.listed([]byte(h.ID))
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

// Heads is part of workflow.Outbox. Within a priority the heads are in the order in which they are due, so it reads the
// keys of those that are due, and the first that is not of each priority.
func (t *transaction) Heads(kind workflow.EffectKind, now time.Time, fn func(workflow.Head) bool) (next time.Time, err error) {
	if !nameable(string(kind)) {
		return time.Time{}, nil
	}
	now = moment(now)
	prefix := headsOf(kind)
	c := t.bucket(busyBucket).Cursor()
	k, id := c.Seek(prefix)
	for k != nil && bytes.HasPrefix(k, prefix) {
		if err := t.alive(); err != nil {
			return time.Time{}, err
		}
		at, err := parseHead(k[len(prefix):])
		if err != nil {
			return time.Time{}, fmt.Errorf("%w: %w", errDamaged, err)
		}
		sooner := func(due time.Time) {
			if next.IsZero() || due.Before(next) {
				next = due
			}
		}
		held, _ := t.lease(workflow.EffectID(id))
		switch {
		case at.due.After(now):
			sooner(at.due)
			k, id = c.Seek(afterPriority(kind, at.priority))
		case held.until.After(now):
			sooner(held.until)
			k, id = c.Next()
		case !fn(workflow.Head{ID: workflow.EffectID(id), Priority: workflow.Priority(unordered(at.priority))}):
			k, id = c.Seek(afterDue(kind, at.priority, now))
		default:
			k, id = c.Next()
		}
	}
	return next, nil
}
