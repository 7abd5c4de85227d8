package outbox

import (
	"sync"

	"sampledesk/workflow"
)

// seats are the places of deliveries under way.
type seats struct {
	each map[workflow.Service]int

	mu     sync.Mutex
	taken  map[seat]int
	wanted map[seat]bool // something waits for one of them
}

func newSeats(each map[workflow.Service]int) *seats {
	return &seats{each: each, taken: map[seat]int{}, wanted: map[seat]bool{}}
}

// seat is what deliveries under way are counted by, so that a shop that hangs holds up no other, and nothing holds up
// decisions.
type seat struct {
	service workflow.Service
	shop    workflow.ShopID
	class   class
}

// class tells apart what must not take up each other's seats.
type class int

const (
	decision class = iota
	watched        // people wait for it
	routine
)

func seatOf(kind workflow.EffectKind, shop workflow.ShopID, p workflow.Priority) seat {
	s := seat{service: kind.Service(), shop: shop, class: routine}
	switch {
	case kind == workflow.ReviewOnTikTok:
		s.class = decision
	case p <= workflow.ForPeople:
		s.class = watched
	}
	return s
}

// take takes a seat, if there is one.
func (s *seats) take(which seat) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken[which] >= s.each[which.service] {
		s.wanted[which] = true
		return false
	}
	s.taken[which]++
	return true
}

// leave gives a seat back, and tells whether something waited for it.
func (s *seats) leave(which seat) (wanted bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken[which]--; s.taken[which] == 0 {
		delete(s.taken, which)
	}
	wanted = s.wanted[which]
	delete(s.wanted, which)
	return wanted
}
