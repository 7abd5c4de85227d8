package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"sampledesk/workflow"
)

// observeBatch is how many observations are applied in one transaction at most, so that clicks never queue behind a
// sweep.
const observeBatch = 100

// Observation is what TikTok reported of one application.
type Observation struct {
	ID workflow.ApplicationID
	workflow.Reported
}

// Observe applies what TikTok reported of a shop's applications, and returns how many it changed. An observation
// without changes costs a read and no write, and when it comes again not even the read. Those that the store rejects do
// not stop the others: the error is a *NotKeptError then, and all else was applied. Read, where it is given, is handed
// the applications that had to be read and did not change, so that nobody reads them again.
func (e *Engine) Observe(ctx context.Context, shop workflow.ShopID, all []Observation, read ...func(workflow.Stamp, workflow.Application)) (changed int, err error) {
	var notKept NotKeptError
	for len(all) > 0 {
		batch := all[:min(observeBatch, len(all))]
		all = all[len(batch):]
		fresh, err := e.fresh(ctx, shop, batch, read)
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
func (e *Engine) fresh(ctx context.Context, shop workflow.ShopID, batch []Observation, read []func(workflow.Stamp, workflow.Application)) ([]Observation, error) {
	var fresh []Observation
	var unchanged []uint64
	err := e.store.View(ctx, func(tx workflow.Tx) error {
		fresh, unchanged = nil, nil
		for _, o := range batch {
			k := workflow.Key{Shop: shop, ID: o.ID}
			kept, err := tx.Stamp(k)
			if err != nil && !errors.Is(err, workflow.ErrNotFound) {
				return err
			}
			hash := hashOf(k, kept, o.Reported)
			if err == nil && e.unchanged.has(hash) {
				continue
			}
			a, err := load(tx, k)
			if err != nil {
				return err
			}
			if next, _ := workflow.Step(a, o.Reported); next.Changed {
				fresh = append(fresh, o)
				continue
			}
			if lasting(a, o.Reported) {
				unchanged = append(unchanged, hash)
			}
			for _, fn := range read {
				fn(kept, a)
			}
		}
		return nil
	})
	if err == nil && len(unchanged) > 0 {
		e.unchanged.add(unchanged)
	}
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
