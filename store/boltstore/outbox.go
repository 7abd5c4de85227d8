package boltstore

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"sampledesk/workflow"
)

// queued is an effect in its lane.
type queued struct {
	Sequence uint64          `json:"sequence"`       // its place in the lane, and among all that was ever put
	Until    time.Time       `json:"until,omitzero"` // the end of its claim; zero: it is not claimed
	Effect   workflow.Effect `json:"effect"`

	lease lease // where it has one
}

// claimed tells whether somebody took the effect and did not let go of it. That a claim lapsed lets another take it,
// and nothing else.
func (q queued) claimed() bool { return !q.Until.IsZero() || !q.lease.until.IsZero() }

// until is the end of its claim.
func (q queued) until() time.Time {
	if q.lease.until.After(q.Until) {
		return q.lease.until
	}
	return q.Until
}

// due is from when on the effect can be claimed, as far as the file tells; its place among the heads goes by it.
func (q queued) due() time.Time {
	if !q.Until.IsZero() {
		return q.Until
	}
	return q.Effect.NotBefore
}

func (t *transaction) queued(id workflow.EffectID) (queued, error) {
	if err := t.alive(); err != nil {
		return queued{}, err
	}
	s, ok := t.effects.of(id)
	if !ok {
		return queued{}, fmt.Errorf("effect %q: %w", id, workflow.ErrNotFound)
	}
	return t.at(s)
}

// Enqueue is part of workflow.Outbox.
func (t *transaction) Enqueue(e workflow.Effect) error {
	if err := t.may("an effect", string(e.ID), string(e.Lane), string(e.Kind)); err != nil {
		return err
	}
	if err := t.alive(); err != nil {
		return err
	}
	if _, there := t.effects.of(e.ID); there {
		return fmt.Errorf("effect %q is there already: %w", e.ID, workflow.ErrConflict)
	}
	sequence, err := t.bucket(busyBucket).NextSequence()
	if err != nil {
		return fmt.Errorf("numbering an effect: %w", err)
	}
	return t.line(queued{Sequence: sequence, Effect: kept(e)})
}

// Effect is part of workflow.Outbox.
func (t *transaction) Effect(id workflow.EffectID) (workflow.Effect, error) {
	q, err := t.queued(id)
	return q.Effect, err
}

// Lane is part of workflow.Outbox.
func (t *transaction) Lane(l workflow.Lane) ([]workflow.InLane, error) {
	list, err := t.lane(l)
	if err != nil {
		return nil, err
	}
	var lane []workflow.InLane
	for _, q := range list {
		lane = append(lane, workflow.InLane{Effect: q.Effect, Claimed: q.claimed()})
	}
	return lane, nil
}

// Line is part of workflow.Outbox.
func (t *transaction) Line(l workflow.Lane, fn func(workflow.InLine) bool) error {
	t.effects.lane(l, func(s *spot) bool {
		_, leased := t.lease(s.id)
		return fn(workflow.InLine{ID: s.id, Kind: s.kind, Notice: s.notice, Claimed: s.claimed || leased})
	})
	return t.alive()
}

// Length is part of workflow.Outbox.
func (t *transaction) Length(l workflow.Lane) (n int, err error) {
	t.effects.lane(l, func(*spot) bool {
		n++
		return true
	})
	return n, t.alive()
}

// Waiting is part of workflow.Outbox. The sequence tells which was put first.
func (t *transaction) Waiting() (all []workflow.Waiting, err error) {
	first, count := map[workflow.EffectKind]*spot{}, map[workflow.EffectKind]int{}
	t.effects.byID.Ascend(func(s *spot) bool {
		if was := first[s.kind]; was == nil || s.sequence < was.sequence {
			first[s.kind] = s
		}
		count[s.kind]++
		return count[s.kind]%1024 != 0 || t.ctx.Err() == nil
	})
	for _, kind := range slices.Sorted(maps.Keys(first)) {
		q, err := t.at(first[kind])
		if err != nil {
			return nil, err
		}
		all = append(all, workflow.Waiting{Kind: kind, Count: count[kind], Oldest: q.Effect.MadeAt})
	}
	return all, t.alive()
}

// First is part of workflow.Outbox.
func (t *transaction) First(l workflow.Lane) (workflow.EffectID, error) {
	if err := t.alive(); err != nil {
		return "", err
	}
	if head, ok := t.effects.head(l); ok {
		return head.id, nil
	}
	return "", fmt.Errorf("lane %q: %w", l, workflow.ErrNotFound)
}

// Change is part of workflow.Outbox. Attempt is what tells claims apart, so it never goes back.
func (t *transaction) Change(e workflow.Effect) error {
	q, err := t.held(e.ID, "changing")
	if err != nil {
		return err
	}
	if q.claimed() {
		return fmt.Errorf("changing effect %q: it is claimed: %w", e.ID, workflow.ErrConflict)
	}
	return t.replace(q, e, time.Time{})
}

// Remove is part of workflow.Outbox.
func (t *transaction) Remove(id workflow.EffectID) error {
	q, err := t.held(id, "removing")
	if err != nil {
		return err
	}
	return t.takeOut(q)
}

// Wake is part of workflow.Outbox.
func (t *transaction) Wake(l workflow.Lane) error {
	if err := t.may("a lane", string(l)); err != nil {
		return err
	}
	list, err := t.lane(l)
	if err != nil {
		return err
	}
	for _, q := range list {
		if !q.Effect.Parked {
			continue
		}
		awake := q.Effect
		awake.Parked = false
		if err := t.replace(q, awake, q.Until); err != nil {
			return err
		}
	}
	return nil
}

// held returns an effect that is to be written, or workflow.ErrNotFound.
func (t *transaction) held(id workflow.EffectID, doing string) (queued, error) {
	if err := t.may("an effect", string(id)); err != nil {
		return queued{}, err
	}
	q, err := t.queued(id)
	if err != nil {
		return queued{}, fmt.Errorf("%s an effect: %w", doing, err)
	}
	return q, nil
}

// outboxMade is the number of the layout in which the outbox is kept in this schema.
const outboxMade = 2
