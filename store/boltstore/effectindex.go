package boltstore

import (
	"cmp"
	"fmt"
	"sync"

	"github.com/google/btree"
	"go.etcd.io/bbolt"

	"sampledesk/workflow"
)

// effectIndex is how the effects of the outbox are found: by id, in their lanes, and those that can be claimed in the
// order in which they are due. It is worked out from the effects when the file is opened, and from then on kept in memory:
// one process has the file, and the outbox holds what waits, not what ever was. On the disk it would cost three keys for
// each effect, all in different places.
//
// Each transaction sees it as of its own snapshot. What others may see is not changed any more: who writes changes a
// copy, which costs what is changed in it.
type effectIndex struct {
	byID  *btree.BTreeG[*spot]
	lanes *btree.BTreeG[*spot] // the first of a lane is its head
	heads *btree.BTreeG[*spot] // those of the lanes that are not parked
}

// spot is what the index knows of an effect. It is not changed, but replaced.
type spot struct {
	sequence uint64
	id       workflow.EffectID
	lane     workflow.Lane
	kind     workflow.EffectKind
	notice   workflow.NoticeID
	priority workflow.Priority
	due      int64 // in microseconds, see queued.due
	parked   bool
	claimed  bool // on the disk
}

func spotOf(q queued) *spot {
	e := q.Effect
	return &spot{
		sequence: q.Sequence, id: e.ID, lane: e.Lane, kind: e.Kind, notice: e.Notice, priority: e.Priority, due: q.due().UnixMicro(), parked: e.Parked,
		claimed: !q.Until.IsZero(),
	}
}

func newEffectIndex() effectIndex {
	const degree = 32
	return effectIndex{
		byID: btree.NewG(degree, func(a, b *spot) bool { return a.id < b.id }),
		lanes: btree.NewG(degree, func(a, b *spot) bool {
			return cmp.Or(cmp.Compare(a.lane, b.lane), cmp.Compare(a.sequence, b.sequence)) < 0
		}),
		heads: btree.NewG(degree, func(a, b *spot) bool {
			return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.priority, b.priority), cmp.Compare(a.due, b.due), cmp.Compare(a.sequence, b.sequence)) < 0
		}),
	}
}

// readEffectIndex works the index out from the effects of a file.
func readEffectIndex(tx *bbolt.Tx) (effectIndex, error) {
	x := newEffectIndex()
	b := tx.Bucket(busyBucket)
	if b == nil {
		return x, nil // it is to be made, or to be rebuilt
	}
	c := b.Cursor()
	for k, data := c.Seek(effectPrefix); k != nil && k[0] == effectPrefix[0]; k, data = c.Next() {
		q, err := decode[queued](data)
		if err != nil {
			return x, fmt.Errorf("under %q: %w", k, err)
		}
		if string(effectKey(q.Sequence)) != string(k) {
			return x, fmt.Errorf("%w: an effect with the number %d is under %q", errDamaged, q.Sequence, k)
		}
		if other, twice := x.put(spotOf(q)); twice {
			return x, fmt.Errorf("%w: the effects %d and %d have the same id", errDamaged, other.sequence, q.Sequence)
		}
	}
	x.lanes.Ascend(func(s *spot) bool {
		if head, _ := x.head(s.lane); head == s && !s.parked {
			x.heads.ReplaceOrInsert(s)
		}
		return true
	})
	return x, nil
}

// copy returns an index that can be changed.
func (x effectIndex) copy() effectIndex {
	return effectIndex{byID: x.byID.Clone(), lanes: x.lanes.Clone(), heads: x.heads.Clone()}
}

func (x effectIndex) of(id workflow.EffectID) (*spot, bool) { return x.byID.Get(&spot{id: id}) }

// lane hands out a lane's effects in order.
func (x effectIndex) lane(l workflow.Lane, fn func(*spot) bool) {
	x.lanes.AscendGreaterOrEqual(&spot{lane: l}, func(s *spot) bool { return s.lane == l && fn(s) })
}

// head returns the first of a lane.
func (x effectIndex) head(l workflow.Lane) (first *spot, found bool) {
	x.lane(l, func(s *spot) bool {
		first, found = s, true
		return false
	})
	return first, found
}

// put puts an effect where it is found by its id and in its lane.
func (x effectIndex) put(s *spot) (before *spot, had bool) {
	x.lanes.ReplaceOrInsert(s)
	return x.byID.ReplaceOrInsert(s)
}

// rank puts a lane's head among the heads, unless it is parked.
func (x effectIndex) rank(l workflow.Lane) {
	if head, ok := x.head(l); ok && !head.parked {
		x.heads.ReplaceOrInsert(head)
	}
}

// takeOut takes an effect out.
func (x effectIndex) takeOut(s *spot) {
	x.heads.Delete(s)
	x.lanes.Delete(s)
	x.byID.Delete(s)
}

// indexes are those of the last commits, by the number of the transaction: whoever reads finds that of the snapshot
// that they have.
type indexes struct {
	mu sync.Mutex
	of map[int]effectIndex
}

// keptIndexes is how many commits back an index is found: more than can happen between beginning a transaction of bbolt and
// asking for its index. Should it be gone all the same, it is worked out again.
const keptIndexes = 8

// at returns the index that belongs to a transaction of that number.
func (x *indexes) at(id int) (effectIndex, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	found, ok := x.of[id]
	return found, ok
}

// keep remembers the index of a transaction. It is called before that is committed, as others see it at that moment; one
// that is not committed after all gives its number to the next.
func (x *indexes) keep(id int, index effectIndex) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.of == nil {
		x.of = map[int]effectIndex{}
	}
	x.of[id] = index
	delete(x.of, id-keptIndexes)
}

// indexed gives a transaction the index of the snapshot that it begins with.
func (s *Store) indexed(t *transaction) (err error) {
	seen := t.tx.ID()
	if t.tx.Writable() {
		seen--
	}
	found, ok := s.indexes.at(seen)
	if !ok {
		if has, err := t.version(); err != nil || has != schema {
			t.effects = newEffectIndex() // of a file that is to be made, to be rebuilt or to be refused
			return nil                   //nolint:nilerr // whoever opens the file tells
		}
		if found, err = readEffectIndex(t.tx); err != nil {
			return err
		}
		s.indexes.keep(seen, found)
	}
	t.effects = found
	return nil
}

// changing returns the transaction's index to be changed.
func (t *transaction) changing() effectIndex {
	if !t.ownEffects {
		t.effects, t.ownEffects = t.effects.copy(), true
	}
	return t.effects
}
