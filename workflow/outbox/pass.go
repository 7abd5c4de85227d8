package outbox

import (
	"context"
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
	known map[workflow.EffectID]*known
	pass  uint64
	heads map[workflow.Priority][]head // of the pass under way; kept for its room
}

// known is what is remembered of an effect that waits.
type known struct {
	shop  workflow.ShopID
	limit string
	pass  uint64 // the last that met it
}

// head is a lane's head that is due.
type head struct {
	id   workflow.EffectID
	kind workflow.EffectKind
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
	p := &pass{now: time.Now(), pause: look, spent: map[string]bool{}, full: map[seat]bool{}}
	err := c.store.View(ctx, func(tx workflow.Tx) error {
		p.tx = tx
		if err := c.findDue(p); err != nil {
			return err
		}
		c.waiting.pass++
		for _, priority := range slices.Sorted(maps.Keys(c.waiting.heads)) {
			for _, h := range c.waiting.heads[priority] {
				if err := c.consider(ctx, p, h, priority); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		for _, chosen := range p.chosen {
			c.seats.leave(chosen.seat)
		}
		return nil, err
	}
	c.waiting.forget()
	return p, nil
}

// findDue lists the heads that are due, and finds out when the next will be.
func (c *Courier) findDue(p *pass) error {
	w := &c.waiting
	if w.heads == nil {
		w.heads = map[workflow.Priority][]head{}
	}
	for priority, list := range w.heads {
		w.heads[priority] = list[:0]
	}
	for _, kind := range workflow.EffectKinds {
		next, err := p.tx.Heads(kind, p.now, func(h workflow.Head) bool {
			w.heads[h.Priority] = append(w.heads[h.Priority], head{h.ID, kind})
			return true
		})
		if err != nil {
			return fmt.Errorf("looking for effects of kind %q: %w", kind, err)
		}
		if !next.IsZero() {
			p.wait(next.Sub(p.now))
		}
	}
	return nil
}

// consider lets an effect go, or finds out what it waits for.
func (c *Courier) consider(ctx context.Context, p *pass, h head, priority workflow.Priority) error {
	service, ok := c.services[h.kind.Service()]
	if !ok {
		return nil
	}
	k, ok := c.waiting.known[h.id]
	if ok {
		k.pass = c.waiting.pass
		if p.spent[k.limit] || p.full[seatOf(h.kind, k.shop, priority)] {
			return nil
		}
	} else if p.fresh++; p.fresh > freshReads {
		p.pause = 0
		return nil
	}
	e, err := p.tx.Effect(h.id)
	if err != nil {
		return fmt.Errorf("reading effect %q: %w", h.id, err)
	}
	if k == nil {
		k = &known{shop: e.Shop, pass: c.waiting.pass}
		c.waiting.known[h.id] = k
	}
	if k.limit, err = c.limit(p.tx, service, e); err != nil { // others may go
		c.log.ErrorContext(ctx, "could not tell an effect's limit", "effect", e.ID, "error", err)
		p.wait(breather)
		return nil
	}
	if seat := seatOf(h.kind, e.Shop, priority); c.mayGo(ctx, p, service, e, k.limit, seat) {
		p.chosen = append(p.chosen, chosen{e, seat})
		delete(c.waiting.known, h.id)
	}
	return nil
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

// forget drops what was not met any more, once that is more than what was.
func (w *waiting) forget() {
	met := 0
	for _, list := range w.heads {
		met += len(list)
	}
	if len(w.known) <= 2*met+freshReads {
		return
	}
	maps.DeleteFunc(w.known, func(_ workflow.EffectID, k *known) bool { return k.pass != w.pass })
}
