package outbox

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"time"

	"sampledesk/workflow"
)

// freshReads bounds how many effects that are new to the courier a pass reads, so that what people wait for never waits
// until a long backlog was read. The next pass follows at once.
const freshReads = 256

// waiting is what the courier remembers of effects that are due and could not go, so that the next pass need not read
// them. It is a guess that saves work: an effect is read anew before it goes.
type waiting struct {
	heads map[workflow.Priority][]head // in order
	known map[workflow.EffectID]*known
	looks uint64    // how often the heads were looked for
	until time.Time // from when on they have to be looked for again; somebody who wakes the courier ends it too
}

func newWaiting() waiting {
	return waiting{heads: map[workflow.Priority][]head{}, known: map[workflow.EffectID]*known{}}
}

// head is a lane's head that is due.
type head struct {
	id   workflow.EffectID
	kind workflow.EffectKind
	*known
}

// known is what is remembered of an effect that waits.
type known struct {
	read  bool // what follows is known
	shop  workflow.ShopID
	limit string
	looks uint64 // the last look that met it
}

// chosen is an effect that has its budget and its seat.
type chosen struct {
	effect workflow.Effect
	seat   seat
}

// pass is one look at all that is due. A limit that has nothing to give is asked once.
type pass struct {
	tx     workflow.Tx
	now    time.Time
	pause  time.Duration // until something else may be able to go
	spent  map[string]bool
	full   map[seat]bool
	fresh  int
	chosen []chosen
}

func (p *pass) wait(d time.Duration) { p.pause = min(p.pause, max(d, 0)) }

// choose takes budget and seat for each effect that can go now: what people wait for first, and within a priority by
// kind, then in the order in which they are due.
func (c *Courier) choose(ctx context.Context) (*pass, error) {
	w := &c.waiting
	p := &pass{now: time.Now(), spent: map[string]bool{}, full: map[seat]bool{}}
	err := c.store.View(ctx, func(tx workflow.Tx) error {
		p.tx = tx
		if err := w.look(tx, p.now); err != nil {
			return err
		}
		p.pause = w.until.Sub(p.now)
		for _, priority := range slices.Sorted(maps.Keys(w.heads)) {
			left := w.heads[priority][:0]
			for _, h := range w.heads[priority] {
				gone, err := c.consider(ctx, p, h, priority)
				if err != nil {
					return err
				}
				if !gone {
					left = append(left, h)
				}
			}
			w.heads[priority] = left
		}
		return nil
	})
	if err != nil {
		w.lookAgain()
		for _, chosen := range p.chosen {
			c.seats.leave(chosen.seat)
		}
		return nil, err
	}
	return p, nil
}

// lookAgain makes the next pass look for the heads.
func (w *waiting) lookAgain() { w.until = time.Time{} }

// look finds the heads that are due, unless those that were found still hold.
func (w *waiting) look(tx workflow.Tx, now time.Time) error {
	if now.Before(w.until) {
		return nil
	}
	w.looks++
	w.until = now.Add(look)
	for priority, list := range w.heads {
		clear(list)
		w.heads[priority] = list[:0]
	}
	met := 0
	for _, kind := range workflow.EffectKinds {
		next, err := tx.Heads(kind, now, func(h workflow.Head) bool {
			k := w.known[h.ID]
			if k == nil {
				k = &known{}
				w.known[h.ID] = k
			}
			k.looks = w.looks
			w.heads[h.Priority] = append(w.heads[h.Priority], head{h.ID, kind, k})
			met++
			return true
		})
		if err != nil {
			return fmt.Errorf("looking for effects of kind %q: %w", kind, err)
		}
		if !next.IsZero() && next.Before(w.until) {
			w.until = next
		}
	}
	if len(w.known) > 2*met+freshReads { // most of it is gone
		maps.DeleteFunc(w.known, func(_ workflow.EffectID, k *known) bool { return k.looks != w.looks })
	}
	return nil
}

// consider lets an effect go, or finds out what it waits for. Gone tells that it is not among those that wait any more.
func (c *Courier) consider(ctx context.Context, p *pass, h head, priority workflow.Priority) (gone bool, err error) {
	service, ok := c.services[h.kind.Service()]
	switch {
	case !ok:
		return true, nil
	case h.read && (p.spent[h.limit] || p.full[seatOf(h.kind, h.shop, priority)]):
		return false, nil
	case !h.read:
		if p.fresh++; p.fresh > freshReads {
			p.pause = 0
			return false, nil
		}
	}
	e, err := p.tx.Effect(h.id)
	if errors.Is(err, workflow.ErrNotFound) { // it lost its reason since the heads were looked for
		delete(c.waiting.known, h.id)
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading effect %q: %w", h.id, err)
	}
	h.read, h.shop = true, e.Shop
	if h.limit, err = c.limit(p.tx, service, e); err != nil { // others may go
		c.log.ErrorContext(ctx, "could not tell an effect's limit", "effect", e.ID, "error", err)
		p.wait(breather)
		return false, nil
	}
	seat := seatOf(h.kind, e.Shop, priority)
	if !c.mayGo(ctx, p, service, e, h.limit, seat) {
		return false, nil
	}
	p.chosen = append(p.chosen, chosen{e, seat})
	delete(c.waiting.known, h.id)
	return true, nil
}

// mayGo takes a seat and the budget, if there are both.
func (c *Courier) mayGo(ctx context.Context, p *pass, s Service, e workflow.Effect, limit string, seat seat) bool {
	if p.spent[limit] || p.full[seat] {
		return false
	}
	if !c.seats.take(seat) {
		p.full[seat] = true
		return false
	}
	wait, err := c.budget(s, e, limit)
	if err == nil && wait <= 0 {
		return true
	}
	c.seats.leave(seat)
	if err != nil {
		c.log.ErrorContext(ctx, "could not ask for an effect's budget", "effect", e.ID, "error", err)
		p.wait(breather)
		return false
	}
	p.wait(wait)
	if limit != "" {
		p.spent[limit] = true
	}
	return false
}

// limit asks the service what the effect counts against. One that panics over an effect cannot tell.
func (c *Courier) limit(tx workflow.Tx, s Service, e workflow.Effect) (limit string, err error) {
	defer recovered(&err)
	return s.Limit(tx, e)
}

// budget asks the service for the effect's budget. One that panics over an effect has none for it now.
func (c *Courier) budget(s Service, e workflow.Effect, limit string) (wait time.Duration, err error) {
	defer recovered(&err)
	return s.Budget(e, limit), nil
}

// recovered makes an error of a panic, to be deferred.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
	}
}
