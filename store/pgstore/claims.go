package pgstore

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"sampledesk/store/internal/value"
	"sampledesk/workflow"
)

// Claim is part of workflow.Outbox. At the time it is taken until, a claim is over.
func (t *transaction) Claim(id workflow.EffectID, now, until time.Time) (workflow.Effect, error) {
	q, err := t.toClaim(id, now, until)
	if err != nil {
		return workflow.Effect{}, err
	}
	begun := q.effect.Begun
	q.effect.Attempt++
	q.effect.Begun = true
	t.take(q, until, false)
	q.effect.Begun = begun
	return q.effect, nil
}

// Lease is part of workflow.Outbox.
func (t *transaction) Lease(id workflow.EffectID, now, until time.Time) (workflow.Effect, error) {
	q, err := t.toClaim(id, now, until)
	if err != nil {
		return workflow.Effect{}, err
	}
	if q.claimed() && !q.leased {
		return workflow.Effect{}, fmt.Errorf("leasing effect %q: a claim of it lapsed, and tells more than a lease could: %w", id, workflow.ErrConflict)
	}
	q.effect.Attempt++
	t.take(q, until, true)
	q.effect.Leased = true
	return q.effect, nil
}

// take claims an effect until then.
func (t *transaction) take(q queued, until time.Time, lease bool) {
	until = value.Moment(until)
	t.write("UPDATE effects SET attempt = $2, begun = $3, until = $4, leased = $5 WHERE id = $1", string(q.effect.ID), int64(q.effect.Attempt), q.effect.Begun, until, lease)
	t.changed(q.effect.Lane)
	q.until, q.leased = until, lease
	q.effect = value.Kept(q.effect)
	t.effects[q.effect.ID] = &q
}

// lockedEffect is oneEffect for who is going to claim it: whoever else is at it just now has it.
const lockedEffect = oneEffect + " FOR UPDATE OF e SKIP LOCKED"

// toClaim returns an effect that can be claimed now. Where another desk is claiming it at this moment, it is theirs.
func (t *transaction) toClaim(id workflow.EffectID, now, until time.Time) (queued, error) {
	now, until = value.Moment(now), value.Moment(until)
	if !until.After(now) {
		return queued{}, fmt.Errorf("a claim from %s until %s has no time", now, until)
	}
	if err := t.may("an effect", string(id)); err != nil {
		return queued{}, err
	}
	var q *queued
	there := false
	err := t.ask(
		&query{sql: lockedEffect, args: []any{string(id)}, rows: func(rows pgx.Rows) (err error) {
			q, err = scanQueued(rows)
			return err
		}},
		&query{sql: "SELECT FROM effects WHERE id = $1", args: []any{string(id)}, rows: func(pgx.Rows) error {
			there = true
			return nil
		}},
	)
	switch {
	case err != nil:
		return queued{}, err
	case q == nil && there:
		return queued{}, fmt.Errorf("claiming effect %q: another is claiming it: %w", id, workflow.ErrConflict)
	case q == nil:
		return queued{}, fmt.Errorf("claiming an effect: %w", notFound("effect", id))
	}
	if err := claimable(*q, now); err != nil {
		return queued{}, fmt.Errorf("claiming effect %q: %w", id, err)
	}
	return *q, nil
}

// claimable returns workflow.ErrConflict, and why, if the effect is not to be claimed now.
func claimable(q queued, now time.Time) error {
	switch due := q.due(); {
	case q.behind:
		return fmt.Errorf("others of its lane go first: %w", workflow.ErrConflict)
	case q.effect.Parked:
		return fmt.Errorf("it is parked: %w", workflow.ErrConflict)
	case due.After(now):
		return fmt.Errorf("it is claimed, or not due, before %s: %w", due.Format(time.RFC3339Nano), workflow.ErrConflict)
	}
	return nil
}

// own returns an effect that is under the claim of that attempt.
func (t *transaction) own(id workflow.EffectID, attempt int, doing string) (queued, error) {
	q, err := t.waitingFor(id, doing)
	switch {
	case err != nil:
		return queued{}, err
	case !q.claimed():
		return queued{}, fmt.Errorf("%s effect %q: it is not claimed: %w", doing, id, workflow.ErrConflict)
	case q.effect.Attempt != attempt:
		return queued{}, fmt.Errorf("%s effect %q: attempt %d has given way to attempt %d: %w", doing, id, attempt, q.effect.Attempt, workflow.ErrConflict)
	}
	return q, nil
}

// Extend is part of workflow.Outbox. It never shortens a claim.
func (t *transaction) Extend(id workflow.EffectID, attempt int, until time.Time) error {
	q, err := t.own(id, attempt, "extending the claim of")
	if err != nil || !value.Moment(until).After(q.until) {
		return err
	}
	t.take(q, until, q.leased)
	return nil
}

// Release is part of workflow.Outbox.
func (t *transaction) Release(e workflow.Effect) error {
	q, err := t.own(e.ID, e.Attempt, "releasing")
	if err != nil {
		return err
	}
	e.Begun = false
	return t.replace(q, e)
}

// head is the first effect of a lane.
type head struct {
	workflow.Head
	kind     workflow.EffectKind
	due      time.Time
	sequence int64
}

// allHeads reads the heads of all lanes, but for those that are parked: the outbox holds what waits, not what ever was. Of
// a lane in which more than one is claimed, see queued.due.
const allHeads = `SELECT id, kind, priority, greatest(coalesce(until, not_before), held), sequence FROM (
	SELECT DISTINCT ON (scatter, lane) id, kind, priority, until, not_before, parked, sequence, max(until) OVER (PARTITION BY scatter, lane) AS held
	FROM effects ORDER BY scatter, lane, sequence) h WHERE NOT parked ORDER BY priority, 4 NULLS FIRST, sequence`

// findHeads reads the heads, unless they were read in this transaction: whoever asks for one kind asks for all.
func (t *transaction) findHeads() error {
	if err := t.alive(); err != nil || t.headed {
		return err
	}
	var all []head
	err := t.each(func(rows pgx.Rows) error {
		var h head
		var due *time.Time
		err := rows.Scan(&h.ID, &h.kind, &h.Priority, &due, &h.sequence)
		h.due = moment(due)
		all = append(all, h)
		return err
	}, allHeads)
	if err != nil {
		return err
	}
	t.heads, t.headed = all, true
	return nil
}

// Heads is part of workflow.Outbox.
func (t *transaction) Heads(kind workflow.EffectKind, now time.Time, fn func(workflow.Head) bool) (next time.Time, err error) {
	if err := t.findHeads(); err != nil {
		return time.Time{}, err
	}
	now = value.Moment(now)
	passed := map[workflow.Priority]bool{}
	for _, h := range slices.Clone(t.heads) { // fn may read
		switch {
		case h.kind != kind:
		case h.due.After(now):
			if next.IsZero() || h.due.Before(next) {
				next = h.due
			}
		case !passed[h.Priority]:
			passed[h.Priority] = !fn(h.Head)
		}
	}
	return next, t.alive()
}

// Ready is part of workflow.Outbox. It reads the effects that it returns and no other.
func (t *transaction) Ready(kind workflow.EffectKind, now time.Time, limit int) (ready []workflow.Effect, next time.Time, err error) {
	var ids []string
	next, err = t.Heads(kind, now, func(h workflow.Head) bool {
		if len(ids) < limit {
			ids = append(ids, string(h.ID))
		}
		return len(ids) < limit
	})
	if err != nil || len(ids) == 0 {
		return nil, next, err
	}
	err = t.each(func(rows pgx.Rows) error {
		var q queued
		err := scanEffect(rows, &q)
		ready = append(ready, q.effect)
		return err
	}, "SELECT "+effectColumns+" FROM effects e WHERE e.id = ANY($1::text[])", ids)
	if err != nil {
		return nil, time.Time{}, err
	}
	slices.SortFunc(ready, func(a, b workflow.Effect) int {
		return cmp.Compare(slices.Index(ids, string(a.ID)), slices.Index(ids, string(b.ID)))
	})
	return ready, next, nil
}
