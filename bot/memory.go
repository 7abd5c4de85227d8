package bot

import (
	"context"
	"slices"
	"sync"

	"sampledesk/workflow"
)

// maxRemembered is how much each of the memories holds. What is asked for again is so within minutes: Slack's second
// delivery of an event, the next click in a dialog.
const maxRemembered = 1000

// bounded holds the latest of what was put into it, and forgets the oldest first. It is not safe for concurrent use: those
// that are made of it lock. The zero value is ready.
type bounded[K comparable, V any] struct {
	values map[K]V
	order  []K
}

func (m *bounded[K, V]) put(key K, value V) {
	if m.values == nil {
		m.values = map[K]V{}
	}
	if _, known := m.values[key]; !known {
		m.order = append(m.order, key)
	}
	m.values[key] = value
	if len(m.order) > maxRemembered {
		m.forget(m.order[0])
	}
}

func (m *bounded[K, V]) forget(key K) {
	delete(m.values, key)
	m.order = slices.DeleteFunc(m.order, func(k K) bool { return k == key })
}

// recentIDs remember what people did whose second delivery the store cannot recognise, as it leaves nothing there: what
// was said, or posted. A process that ends forgets them. Where desks share a store, the second delivery may be another's:
// then the store takes note of the ids too. The zero value is ready, for a desk that is alone.
type recentIDs struct {
	store workflow.Shared // nil: the desk is alone

	mu  sync.Mutex
	ids bounded[string, bool]
}

// newRecentIDs returns a memory that all desks have together, if they share the store.
func newRecentIDs(store workflow.Store) *recentIDs {
	shared, _ := store.(workflow.Shared)
	return &recentIDs{store: shared}
}

// idsPerDay bounds what the store takes note of.
const idsPerDay = 100_000

// first tells whether an id is met for the first time. Without one everything is, and so is what the store cannot tell of:
// to be silent would be worse than to say something twice.
func (r *recentIDs) first(ctx context.Context, id string) bool {
	if id == "" {
		return true
	}
	if !r.firstHere(id) {
		return false
	}
	if r.store == nil {
		return true
	}
	first := true
	err := r.store.Update(ctx, func(tx workflow.Tx) (err error) {
		first, err = tx.NoteDelivery("slack "+id, r.store.Now(), idsPerDay)
		return err
	})
	return err != nil || first
}

func (r *recentIDs) firstHere(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ids.values[id] {
		return false
	}
	r.ids.put(id, true)
	return true
}

// viewSeq numbers what happens to each view, so that of two changes the later one can be told. A view that is forgotten is
// only not shown a second time. The zero value is ready.
type viewSeq struct {
	mu   sync.Mutex
	last uint64
	by   bounded[string, uint64]
}

// next begins another change.
func (s *viewSeq) next(view string) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	s.by.put(view, s.last)
	return s.last
}

// latest returns the last change of a view.
func (s *viewSeq) latest(view string) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.by.values[view]
}

// uploads remember which file holds the picture of a message that is still to come, so that an attempt that fails later
// uploads it no second time. The zero value is ready.
type uploads struct {
	mu    sync.Mutex
	files bounded[workflow.EffectID, string]
}

func (u *uploads) get(of workflow.EffectID) string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.files.values[of]
}

func (u *uploads) keep(of workflow.EffectID, file string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.files.put(of, file)
}

// dismissed remembers who put the welcome off for as long as they look at App Home; who is forgotten sees it once more. The
// zero value is ready.
type dismissed struct {
	mu  sync.Mutex
	who bounded[workflow.PersonID, bool]
}

func (d *dismissed) later(who workflow.PersonID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.who.put(who, true)
}

// again ends what later began: its person opened App Home again.
func (d *dismissed) again(who workflow.PersonID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.who.forget(who)
}

func (d *dismissed) is(who workflow.PersonID) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.who.values[who]
}
