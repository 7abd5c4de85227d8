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

// freshReads bounds how many effects that are new to the dispatcher a pass reads, so that what people wait for never
// waits until a long backlog was read. The next pass follows at once.
const freshReads = 256

// waiting is what the dispatcher remembers of effects that are due and could not be delivered, so that the next pass
// need not read them. It only saves work: an effect is read again before it is delivered.
type waiting struct {
	heads    map[workflow.Priority][]head // in order
	known    map[workflow.EffectID]*known
	searches uint64    // how often the heads were searched
	until    time.Time // when they have to be searched again; a wake ends it too
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
	read   bool // what follows is known
	shop   workflow.ShopID
	limit  string
	search uint64 // the last search that found it
}

// chosen is an effect that has its budget and its slot.
type chosen struct {
	effect workflow.Effect
	slot   slot
}

// pass goes once through all that is due. A limit without budget is asked once.
type pass struct {
	tx     workflow.Tx
	now    time.Time
	pause  time.Duration // until something else may be deliverable
	spent  map[string]bool
	full   map[slot]bool
	fresh  int
	chosen []chosen
}

func (p *pass) wait(d time.Duration) { p.pause = min(p.pause, max(d, 0)) }

// choose takes budget and slot for each effect that can be delivered now: what people wait for first, and within a
// priority by kind, then in the order in which they are due.
func (d *Dispatcher) choose(ctx context.Context) (*pass, error) {
	w := &d.waiting
	p := &pass{now: time.Now(), spent: map[string]bool{}, full: map[slot]bool{}}
	err := d.store.View(ctx, func(tx workflow.Tx) error {
		p.tx = tx
		if err := w.findHeads(tx, p.now); err != nil {
			return err
		}
		p.pause = w.until.Sub(p.now)
		for _, priority := range slices.Sorted(maps.Keys(w.heads)) {
			left := w.heads[priority][:0]
			for _, h := range w.heads[priority] {
				gone, err := d.consider(ctx, p, h, priority)
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
		w.findAgain()
		for _, chosen := range p.chosen {
			d.slots.leave(chosen.slot)
		}
		return nil, err
	}
	return p, nil
}

// findAgain makes the next pass search the heads.
func (w *waiting) findAgain() { w.until = time.Time{} }

// findHeads finds the heads that are due, unless those that were found are still valid.
func (w *waiting) findHeads(tx workflow.Tx, now time.Time) error {
	if now.Before(w.until) {
		return nil
	}
	w.searches++
	w.until = now.Add(maxSleep)
	for priority, list := range w.heads {
		clear(list)
		w.heads[priority] = list[:0]
	}
	found := 0
	for _, kind := range workflow.EffectKinds {
		next, err := tx.Heads(kind, now, func(h workflow.Head) bool {
			k := w.known[h.ID]
			if k == nil {
				k = &known{}
				w.known[h.ID] = k
			}
			k.search = w.searches
			w.heads[h.Priority] = append(w.heads[h.Priority], head{h.ID, kind, k})
			found++
			return true
		})
		if err != nil {
			return fmt.Errorf("looking for effects of kind %q: %w", kind, err)
		}
		if !next.IsZero() && next.Before(w.until) {
			w.until = next
		}
	}
	if len(w.known) > 2*found+freshReads { // most of it is gone
		maps.DeleteFunc(w.known, func(_ workflow.EffectID, k *known) bool { return k.search != w.searches })
	}
	return nil
}

// consider chooses an effect, or finds out what it waits for. Gone: it does not wait any more.
func (d *Dispatcher) consider(ctx context.Context, p *pass, h head, priority workflow.Priority) (gone bool, err error) {
	service, ok := d.services[h.kind.Service()]
	switch {
	case !ok:
		return true, nil
	case h.read && (p.spent[h.limit] || p.full[slotOf(h.kind, h.shop, priority)]):
		return false, nil
	case !h.read:
		if p.fresh++; p.fresh > freshReads {
			p.pause = 0
			return false, nil
		}
	}
	e, err := p.tx.Effect(h.id)
	if errors.Is(err, workflow.ErrNotFound) { // it was removed since the heads were searched
		delete(d.waiting.known, h.id)
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading effect %q: %w", h.id, err)
	}
	h.read, h.shop = true, e.Shop
	if h.limit, err = d.limit(p.tx, service, e); err != nil { // others may be delivered
		d.log.ErrorContext(ctx, "could not find an effect's limit", "effect", e.ID, "error", err)
		p.wait(errorPause)
		return false, nil
	}
	seat := slotOf(h.kind, e.Shop, priority)
	if !d.mayGo(ctx, p, service, e, h.limit, seat) {
		return false, nil
	}
	p.chosen = append(p.chosen, chosen{e, seat})
	delete(d.waiting.known, h.id)
	return true, nil
}

// mayGo takes a seat and the budget, if there are both.
func (d *Dispatcher) mayGo(ctx context.Context, p *pass, s Service, e workflow.Effect, limit string, seat slot) bool {
	if p.spent[limit] || p.full[seat] {
		return false
	}
	if !d.slots.take(seat) {
		p.full[seat] = true
		return false
	}
	wait, err := d.budget(s, e, limit)
	if err == nil && wait <= 0 {
		return true
	}
	d.slots.leave(seat)
	if err != nil {
		d.log.ErrorContext(ctx, "could not ask for an effect's budget", "effect", e.ID, "error", err)
		p.wait(errorPause)
		return false
	}
	p.wait(wait)
	if limit != "" {
		p.spent[limit] = true
	}
	return false
}

// limit asks the service what the effect counts against. One that panics over an effect cannot tell.
func (d *Dispatcher) limit(tx workflow.Tx, s Service, e workflow.Effect) (limit string, err error) {
	defer recovered(&err)
	return s.Limit(tx, e)
}

// budget asks the service for the effect's budget. One that panics over an effect has none for it now.
func (d *Dispatcher) budget(s Service, e workflow.Effect, limit string) (wait time.Duration, err error) {
	defer recovered(&err)
	return s.Budget(e, limit), nil
}

// recovered makes an error of a panic, to be deferred.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
	}
}
