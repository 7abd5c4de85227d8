// Package desks has several desks work on one store: each gives signs of life, learns what the others changed, and takes
// turns with them at what has to be done once.
//
// There is no leader. Whoever is there has a rank for each name (rendezvous hashing of the name and the desks), so that
// work is spread, stays with the desk that remembers something of it, and moves where a desk is gone. The rank only says
// who goes first: that nothing is done twice is the store's promise, by its turns and claims.
package desks

import (
	"cmp"
	"context"
	"crypto/rand"
	"hash/fnv"
	"log/slog"
	"slices"
	"sync"
	"time"

	"sampledesk/workflow"
)

// quiet is how long after its last sign of life a desk has a rank: so long its part of the work waits for it.
const quiet = 3*workflow.DeskBeat - time.Second

// Desks is this desk among those that share its store. A nil one is alone and keeps no count of what it does. It is safe
// for concurrent use.
type Desks struct {
	store workflow.Store
	log   *slog.Logger
	self  workflow.Desk

	mu   sync.Mutex
	all  []workflow.Desk // as they were last read, this one left out, by id
	did  [beats]workflow.Did
	beat int // which of did is counted now
	mute bool
}

// beats is over how many signs of life what a desk did is added up: a minute.
const beats = int(time.Minute / workflow.DeskBeat)

// New returns a desk of that host and version, which begins now. It is another of those that share the store, whatever ran
// on that host before.
func New(store workflow.Store, host, version string, log *slog.Logger) *Desks {
	now := store.Now()
	return &Desks{store: store, log: log, self: workflow.Desk{
		ID: workflow.DeskID(rand.Text()), Host: cmp.Or(host, "unknown"), Version: cmp.Or(version, "unknown"), StartedAt: now, SeenAt: now,
	}}
}

// ID is this desk's.
func (d *Desks) ID() workflow.DeskID {
	if d == nil {
		return ""
	}
	return d.self.ID
}

// Run gives signs of life and calls changed soon after another desk changed something, until ctx ends. Then the desk takes
// its leave.
func (d *Desks) Run(ctx context.Context, changed func()) {
	d.sign(ctx)
	var following sync.WaitGroup
	if shared, ok := d.store.(workflow.Shared); ok {
		following.Go(func() { d.follow(ctx, shared, changed) })
	}
	for rest(ctx, workflow.DeskBeat) {
		d.sign(ctx)
	}
	following.Wait()
	d.leave(ctx)
}

// sign gives a sign of life, takes away whoever is gone, and sees who is there.
func (d *Desks) sign(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, workflow.DeskBeat)
	defer cancel()
	me, now := d.Self(), d.store.Now()
	me.SeenAt = now
	var all []workflow.Desk
	err := d.store.Update(ctx, func(tx workflow.Tx) (err error) {
		if all, err = tx.Desks(); err != nil {
			return err
		}
		for _, other := range all {
			if now.Sub(other.SeenAt) > workflow.DeskGone {
				if err := tx.RemoveDesk(other.ID); err != nil {
					return err
				}
			}
		}
		return tx.PutDesk(me)
	})
	d.mu.Lock()
	defer d.mu.Unlock()
	if err != nil {
		if first := !d.mute; first && ctx.Err() == nil {
			d.log.WarnContext(ctx, "could not give a sign of life to the other desks", "error", err)
		}
		d.mute = true
		return
	}
	d.mute, d.self.SeenAt = false, now
	d.all = slices.DeleteFunc(all, func(other workflow.Desk) bool {
		return other.ID == me.ID || now.Sub(other.SeenAt) > workflow.DeskGone
	})
	d.beat = (d.beat + 1) % beats
	d.did[d.beat] = workflow.Did{}
}

// leave takes this desk away, so that the others need not wait for its silence.
func (d *Desks) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if err := d.store.Update(ctx, func(tx workflow.Tx) error { return tx.RemoveDesk(d.self.ID) }); err != nil {
		d.log.DebugContext(ctx, "could not take leave of the other desks", "error", err)
	}
}

// lookPause is how often it is looked what other desks changed.
const lookPause = time.Second

// follow calls changed soon after another desk changed something.
func (d *Desks) follow(ctx context.Context, store workflow.Shared, changed func()) {
	after, failing := "", false
	for {
		changes, next, err := store.Changes(ctx, after)
		switch {
		case err == nil:
			if len(changes) > 0 || failing { // what could not be seen may be anything
				changed()
			}
			after, failing = next, false
		case ctx.Err() == nil && !failing:
			failing = true
			d.log.WarnContext(ctx, "could not see what other desks changed", "error", err)
		}
		if !rest(ctx, lookPause) {
			return
		}
	}
}

// Self returns this desk as it is now.
func (d *Desks) Self() workflow.Desk {
	if d == nil {
		return workflow.Desk{}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	me := d.self
	for _, did := range d.did {
		me.Did.Clicks += did.Clicks
		me.Did.Deliveries += did.Deliveries
		me.Did.Jobs += did.Jobs
	}
	return me
}

// Others returns the other desks that gave a sign of life within the last minute, by id.
func (d *Desks) Others() []workflow.Desk {
	if d == nil {
		return nil
	}
	now := d.store.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(d.all), func(other workflow.Desk) bool { return now.Sub(other.SeenAt) > workflow.DeskGone })
}

// All returns the desks that are there, this one first.
func (d *Desks) All() []workflow.Desk { return append([]workflow.Desk{d.Self()}, d.Others()...) }

// Clicked counts something that a person did.
func (d *Desks) Clicked() { d.count(func(did *workflow.Did) { did.Clicks++ }) }

// Delivered counts an effect that was delivered.
func (d *Desks) Delivered() { d.count(func(did *workflow.Did) { did.Deliveries++ }) }

func (d *Desks) count(add func(*workflow.Did)) {
	if d == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	add(&d.did[d.beat])
}

// Mine reports whether this desk goes first for a name.
func (d *Desks) Mine(name string) bool { return d.rank(name) == 0 }

// rank is how many desks go before this one for a name.
func (d *Desks) rank(name string) (before int) {
	if d == nil {
		return 0
	}
	now := d.store.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.all) == 0 {
		return 0
	}
	mine := weight(name, d.self.ID)
	for _, other := range d.all {
		if now.Sub(other.SeenAt) <= quiet && weight(name, other.ID) > mine {
			before++
		}
	}
	return before
}

// weight is what desks are put in order by for a name.
func weight(name string, desk workflow.DeskID) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(desk)) // never fails
	_, _ = h.Write([]byte{0})
	_, _ = h.Write([]byte(name))
	w := h.Sum64() // names that differ at their ends only differ in few bits
	w ^= w >> 33
	w *= 0xff51afd7ed558ccd
	w ^= w >> 33
	w *= 0xc4ceb9fe1a85ec53
	return w ^ w>>33
}

// rest waits, and reports whether ctx lives on.
func rest(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return ctx.Err() == nil
	}
}
