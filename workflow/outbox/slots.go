package outbox

import (
	"sync"

	"sampledesk/workflow"
)

// slots counts the deliveries under way.
type slots struct {
	each map[workflow.Service]int

	mu     sync.Mutex
	taken  map[slot]int
	wanted map[slot]bool // something waits for one of them
}

func newSlots(each map[workflow.Service]int) *slots {
	return &slots{each: each, taken: map[slot]int{}, wanted: map[slot]bool{}}
}

// slot is what deliveries under way are counted by, so that a shop that hangs does not delay the others, and nothing
// delays decisions.
type slot struct {
	service workflow.Service
	shop    workflow.ShopID
	class   class
}

// class distinguishes what must not take up each other's slots.
type class int

const (
	decision class = iota
	watched        // people wait for it
	routine
)

func slotOf(kind workflow.EffectKind, shop workflow.ShopID, p workflow.Priority) slot {
	s := slot{service: kind.Service(), shop: shop, class: routine}
	switch {
	case kind == workflow.ReviewOnTikTok:
		s.class = decision
	case p <= workflow.ForPeople:
		s.class = watched
	}
	return s
}

// take takes a slot, if there is a free one.
func (s *slots) take(which slot) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken[which] >= s.each[which.service] {
		s.wanted[which] = true
		return false
	}
	s.taken[which]++
	return true
}

// leave frees a slot, and reports whether something waited for it.
func (s *slots) leave(which slot) (wanted bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken[which]--; s.taken[which] == 0 {
		delete(s.taken, which)
	}
	wanted = s.wanted[which]
	delete(s.wanted, which)
	return wanted
}
