package desks

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"sampledesk/workflow"
)

const (
	// lease is how long a turn lasts unless it is prolonged: so long a dead desk's turn waits for another.
	lease = 30 * time.Second

	// rankPause is how much later each desk comes to a turn than the one before it, so that it is mostly the first's.
	rankPause = time.Second

	// turnPause is how often it is looked whether another desk has ended its turn.
	turnPause = 3 * time.Second

	// endTime bounds the end of a turn.
	endTime = 5 * time.Second
)

// errLost is why the work of a turn ends that another desk may have taken.
var errLost = errors.New("the turn lapsed, and may be another desk's")

// Job is what one desk does at a time, and once per tick.
type Job struct {
	Name string

	// Tick is for when it is due; what was done for a tick is not done again, nor for one before it. Zero: it is due now,
	// whatever was done before.
	Tick time.Time

	// Do does it, and returns what the other desks may want to know of it. Its context ends if the turn is lost.
	Do func(ctx context.Context) (note string, err error)

	// Elsewhere is called with the turn as it is seen while another desk has it or has done it. Nil: nothing is.
	Elsewhere func(workflow.Turn)
}

// Do does a job when it is this desk's turn, and reports whether it did. It returns when the job is done for its tick, here
// or by another desk. The error is the job's, or the store's. A job that ends because ctx ended is not done.
func (d *Desks) Do(ctx context.Context, j Job) (did bool, err error) {
	if d == nil {
		_, err := j.Do(ctx)
		return true, err
	}
	tick := j.Tick
	if tick.IsZero() {
		tick = d.store.Now()
	}
	if got, err := d.await(ctx, j, tick); err != nil || !got {
		return false, err
	}
	d.count(func(did *workflow.Did) { did.Jobs++ })
	working, stop := d.keep(ctx, j.Name, tick)
	note, err := j.Do(working)
	lost := errors.Is(context.Cause(working), errLost)
	stop()
	if lost {
		return true, errors.Join(err, fmt.Errorf("%s: %w", j.Name, errLost))
	}
	if ended := d.end(ctx, j.Name, ctx.Err() == nil && !j.Tick.IsZero(), note); ended != nil && ctx.Err() == nil {
		d.log.WarnContext(ctx, "could not end a turn", "turn", j.Name, "error", ended)
	}
	return true, err
}

// Lock waits until nobody else holds a name, and holds it until release is called. Its context is to be worked in: it ends
// when ctx does, and if the hold is lost.
func (d *Desks) Lock(ctx context.Context, name string) (held context.Context, release func(), err error) {
	if d == nil {
		return ctx, func() {}, nil
	}
	tick := d.store.Now()
	for {
		got, turn, err := d.take(ctx, name, tick)
		if err != nil {
			return nil, nil, err
		}
		if got {
			break
		}
		if !rest(ctx, min(lockPause, max(turn.Until.Sub(d.store.Now()), time.Millisecond))) {
			return nil, nil, ctx.Err()
		}
	}
	held, stop := d.keep(ctx, name, tick)
	return held, sync.OnceFunc(func() {
		stop()
		if err := d.end(ctx, name, false, ""); err != nil {
			d.log.DebugContext(ctx, "could not end a turn", "turn", name, "error", err)
		}
	}), nil
}

// lockPause is how often it is looked whether a name is held no more.
const lockPause = 50 * time.Millisecond

// await waits until this desk has the turn, or the tick is done.
func (d *Desks) await(ctx context.Context, j Job, tick time.Time) (got bool, err error) {
	if pause := time.Duration(d.rank(j.Name)) * rankPause; pause > 0 && !j.Tick.IsZero() && !rest(ctx, pause) {
		return false, ctx.Err()
	}
	for {
		got, turn, err := d.take(ctx, j.Name, tick)
		if err != nil || got {
			return got, err
		}
		if j.Elsewhere != nil {
			j.Elsewhere(turn)
		}
		if !tick.After(turn.Done) {
			return false, nil
		}
		if !rest(ctx, min(turnPause, max(turn.Until.Sub(d.store.Now()), time.Millisecond))) {
			return false, ctx.Err()
		}
	}
}

// take takes a turn if it is free. A look comes first, as it costs the others nothing.
func (d *Desks) take(ctx context.Context, name string, tick time.Time) (got bool, turn workflow.Turn, err error) {
	err = d.store.View(ctx, func(tx workflow.Tx) (err error) {
		turn, err = tx.Turn(name)
		if errors.Is(err, workflow.ErrNotFound) {
			return nil
		}
		return err
	})
	if err == nil && turn.Free(d.self.ID, tick, d.store.Now()) {
		err = d.store.Update(ctx, func(tx workflow.Tx) (err error) {
			now := d.store.Now()
			if got, err = tx.TakeTurn(name, d.self.ID, tick, now, now.Add(lease)); err == nil && !got {
				turn, err = tx.Turn(name)
			}
			return err
		})
	}
	if err != nil {
		return false, turn, fmt.Errorf("taking a turn at %s: %w", name, err)
	}
	return got, turn, nil
}

// keep prolongs a turn until stop is called, and returns the context of what is done meanwhile.
func (d *Desks) keep(ctx context.Context, name string, tick time.Time) (working context.Context, stop func()) {
	working, cancel := context.WithCancelCause(ctx)
	var keeping sync.WaitGroup
	keeping.Go(func() {
		until := time.Now().Add(lease)
		for rest(working, lease/3) {
			asked := time.Now()
			// a step that ends with ctx is none that was lost: its work may still come to an end
			trying, done := context.WithTimeout(context.WithoutCancel(working), lease/3)
			got := false
			err := d.store.Update(trying, func(tx workflow.Tx) (err error) {
				now := d.store.Now()
				got, err = tx.TakeTurn(name, d.self.ID, tick, now, now.Add(lease))
				return err
			})
			done()
			switch {
			case err == nil && got:
				until = asked.Add(lease)
			case err == nil, time.Until(until) < lease/2: // the next try might be too late
				cancel(errLost)
				return
			}
		}
	})
	return working, func() { cancel(nil); keeping.Wait() }
}

// end ends a turn. That another has taken it since is no error: it lapsed at the last moment.
func (d *Desks) end(ctx context.Context, name string, done bool, note string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTime)
	defer cancel()
	err := d.store.Update(ctx, func(tx workflow.Tx) error { return tx.EndTurn(name, d.self.ID, done, note) })
	if errors.Is(err, workflow.ErrConflict) {
		return nil
	}
	return err
}
