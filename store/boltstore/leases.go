package boltstore

import (
	"fmt"
	"sync"
	"time"

	"sampledesk/workflow"
)

// leases are the claims that end with the process: they are kept in memory, as one process has the file, and cost no
// commit. What an update does to them counts once it succeeded. Should its batch not reach the disk after all, the worst is
// that an effect is delivered twice, which is what a lease is for.
type leases struct {
	mu   sync.Mutex
	held map[workflow.EffectID]lease
}

// lease is a claim that ends with the process. Its attempt tells it apart from others.
type lease struct {
	attempt int
	until   time.Time
}

func (l *leases) of(id workflow.EffectID) (lease, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	held, ok := l.held[id]
	return held, ok
}

// take takes over what an update changed; a lease without an end is none.
func (l *leases) take(changed map[workflow.EffectID]lease) {
	if len(changed) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, held := range changed {
		if held.until.IsZero() {
			delete(l.held, id)
			continue
		}
		if l.held == nil {
			l.held = map[workflow.EffectID]lease{}
		}
		l.held[id] = held
	}
}

// lease returns the lease of an effect, if it has one.
func (t *transaction) lease(id workflow.EffectID) (lease, bool) {
	if held, ok := t.leased[id]; ok {
		return held, !held.until.IsZero()
	}
	return t.leases.of(id)
}

// setLease keeps a lease; one without an end ends it.
func (t *transaction) setLease(id workflow.EffectID, held lease) {
	if t.leased == nil {
		t.leased = map[workflow.EffectID]lease{}
	}
	t.leased[id] = held
}

// endLease ends an effect's lease, if it has one.
func (t *transaction) endLease(id workflow.EffectID) {
	if _, ok := t.lease(id); ok {
		t.setLease(id, lease{})
	}
}

// withLease returns an effect with what its lease says.
func (t *transaction) withLease(q queued) queued {
	held, ok := t.lease(q.Effect.ID)
	if ok {
		q.lease = held
		q.Effect.Attempt = max(q.Effect.Attempt, held.attempt)
	}
	return q
}

// Lease is part of workflow.Outbox.
func (t *transaction) Lease(id workflow.EffectID, now, until time.Time) (workflow.Effect, error) {
	q, err := t.toClaim(id, now, until)
	if err != nil {
		return workflow.Effect{}, err
	}
	if q.claimed() && q.lease.until.IsZero() {
		return workflow.Effect{}, fmt.Errorf("leasing effect %q: a claim of it lapsed, and tells more than a lease could: %w", id, workflow.ErrConflict)
	}
	q.Effect.Attempt++
	q.Effect.Leased = true
	t.setLease(id, lease{attempt: q.Effect.Attempt, until: moment(until)})
	return q.Effect, nil
}
