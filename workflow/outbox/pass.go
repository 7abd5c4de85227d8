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

	unchanged func() bool // whether the store is as it was when they were searched last
	searched  bool        // whether they were searched since the last wake or fault
	next      time.Time   // when what was not due then will be
}

func newWaiting(store workflow.Store) waiting {
	w := waiting{heads: map[workflow.Priority][]head{}, known: map[workflow.EffectID]*known{}, unchanged: func() bool { return false }}
	if s, ok := store.(interface{ Ended() uint64 }); ok {
		seen := uint64(0)
		w.unchanged = func() bool {
			before := seen
			seen = s.Ended()
			return seen == before
		}
	}
	return w
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
	name   string // that the desks which share the store put themselves in order by
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
	began  time.Time
	now    time.Time     // by the store's clock
	pause  time.Duration // until something else may be deliverable
	spent  map[string]bool
	dry    string // one of spent: of a long backlog nearly all have the same
	full   map[slot]bool
	fresh  int
	chosen []chosen
}

func (p *pass) wait(d time.Duration) { p.pause = min(p.pause, max(d, 0)) }

// choose takes budget and slot for each effect that can be delivered now: what people wait for first, and within a
// priority by kind, then in the order in which they are due.
func (d *Dispatcher) choose(ctx context.Context) (*pass, error) {
	w := &d.waiting
	now := d.store.Now()
	if w.nothingNew(now) {
		return &pass{began: time.Now(), now: now, pause: w.until.Sub(now)}, nil
	}
	p := &pass{began: time.Now(), now: now, spent: map[string]bool{}, full: map[slot]bool{}}
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
func (w *waiting) findAgain() { w.until, w.searched = time.Time{}, false }

// nothingNew tells whether a look into the store could find nothing that is due: nothing was at the last one, nothing
// has become so by the clock, and nothing was written since. Then the next look is due after another sleep.
func (w *waiting) nothingNew(now time.Time) bool {
	unchanged := w.unchanged()
	if !unchanged || !w.searched || !w.next.IsZero() && !now.Before(w.next) {
		w.searched = false
		return false
	}
	for _, list := range w.heads {
		if len(list) > 0 {
			return false
		}
	}
	w.until = w.atMost(now)
	return true
}

// atMost is when a search is due that is made now.
func (w *waiting) atMost(now time.Time) time.Time {
	until := now.Add(maxSleep)
	if !w.next.IsZero() && w.next.Before(until) {
		until = w.next
	}
	return until
}

// findHeads finds the heads that are due, unless those that were found are still valid.
func (w *waiting) findHeads(tx workflow.Tx, now time.Time) error {
	if now.Before(w.until) {
		return nil
	}
	w.searches++
	w.next, w.searched = time.Time{}, true
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
		if !next.IsZero() && (w.next.IsZero() || next.Before(w.next)) {
			w.next = next
		}
	}
	w.until = w.atMost(now)
	if len(w.known) > 2*found+freshReads { // most of it is gone
		maps.DeleteFunc(w.known, func(_ workflow.EffectID, k *known) bool { return k.search != w.searches })
	}
	return nil
}

// consider chooses an effect, or finds out what it waits for. Gone: it does not wait any more.
func (d *Dispatcher) consider(ctx context.Context, p *pass, h head, priority workflow.Priority) (gone bool, err error) {
	if h.read && h.limit != "" && h.limit == p.dry {
		return false, nil
	}
	service, ok := d.services[h.kind.Service()]
	switch {
	case !ok:
		return true, nil
	case h.read && !d.mine(h.name):
		return false, nil
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
	h.read, h.shop, h.name = true, e.Shop, nameOf(e)
	if !d.mine(h.name) && p.now.Sub(e.MadeAt) > justMade {
		return false, nil
	}
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

// justMade is how old an effect is at the most that a desk delivers which another goes first for: it was put here, where
// it is known before the others look.
const justMade = 500 * time.Millisecond

// mine reports whether this desk goes first for a name.
func (d *Dispatcher) mine(name string) bool { return d.Mine == nil || d.Mine(name) }

// nameOf is what desks put themselves in order by for an effect: what is done for one application is mostly done by one.
func nameOf(e workflow.Effect) string {
	if e.Application == "" {
		return string(e.Lane)
	}
	return e.Key().String()
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
		p.spent[limit], p.dry = true, limit
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
