package engine

import (
	"hash/maphash"
	"sync"

	"sampledesk/workflow"
)

// maxUnchanged is how many reports are remembered at the most, with up to 40 bytes each.
const maxUnchanged = 1 << 18

// unchanged remembers which reports changed nothing, so that a sweep in which nothing happened need not read the
// applications again: a report that says the same again of an application that is kept as it was changes nothing again.
// What is remembered is about what is committed, and nobody has to tell when it ends: whatever changes an application,
// of this desk's or another's, changes its stamp. It is safe for concurrent use.
type unchanged struct {
	mu    sync.Mutex
	known map[uint64]struct{} // hashes of all that this rests on
}

// unchangedSeed makes the hashes of this process.
var unchangedSeed = maphash.MakeSeed()

// hashOf makes one number of what a report says and of the application that it is about, as it is kept.
func hashOf(k workflow.Key, kept workflow.Stamp, e workflow.Reported) uint64 {
	return maphash.Comparable(unchangedSeed, struct {
		key      workflow.Key
		kept     workflow.Stamp
		reported workflow.Essence
	}{k, kept, e.Snapshot.Essence()})
}

// has reports whether it is known.
func (u *unchanged) has(hash uint64) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	_, known := u.known[hash]
	return known
}

// add remembers. What is too much is all forgotten, and learned anew where it still holds.
func (u *unchanged) add(hashes []uint64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.known == nil || len(u.known)+len(hashes) > maxUnchanged {
		u.known = map[uint64]struct{}{}
	}
	for _, hash := range hashes {
		u.known[hash] = struct{}{}
	}
}

// lasting reports whether a report that changed nothing changes nothing whenever it comes again: it is not passed over
// for its age, and no picture waits for the link in it.
func lasting(a workflow.Application, e workflow.Reported) bool {
	return !e.Began.Before(a.ReportedAt) && !a.Card.Bare
}
