package affiliate

import (
	"context"
	"slices"
	"sync"
)

// gate lets a fixed number of calls be in flight. Urgent ones go before all
// that wait, and each kind goes in the order of its coming.
type gate struct {
	mu      sync.Mutex
	free    int
	urgent  []chan struct{}
	routine []chan struct{}
}

// enter takes a place, waiting for one as long as the context lives.
func (g *gate) enter(ctx context.Context, urgent bool) error {
	g.mu.Lock()
	if g.free > 0 { // nobody waits while a place is free
		g.free--
		g.mu.Unlock()
		return nil
	}
	place := make(chan struct{})
	queue := g.queue(urgent)
	*queue = append(*queue, place)
	g.mu.Unlock()

	select {
	case <-place:
		return nil
	case <-ctx.Done():
		g.abandon(queue, place)
		return ctx.Err()
	}
}

func (g *gate) queue(urgent bool) *[]chan struct{} {
	if urgent {
		return &g.urgent
	}
	return &g.routine
}

// abandon leaves the queue, or gives the place on if it came meanwhile.
func (g *gate) abandon(queue *[]chan struct{}, place chan struct{}) {
	g.mu.Lock()
	at := slices.Index(*queue, place)
	if at >= 0 {
		*queue = slices.Delete(*queue, at, at+1)
	}
	g.mu.Unlock()
	if at < 0 {
		g.leave()
	}
}

// leave gives the place to the next in line.
func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, queue := range []*[]chan struct{}{&g.urgent, &g.routine} {
		if len(*queue) > 0 {
			close((*queue)[0])
			*queue = slices.Delete(*queue, 0, 1)
			return
		}
	}
	g.free++
}
