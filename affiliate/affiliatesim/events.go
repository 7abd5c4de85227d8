package affiliatesim

import (
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Live pages hear of changes at most every eventSpacing, and get a sign of life every
// eventBeat so that neither side holds a dead connection for long.
const (
	eventSpacing = 100 * time.Millisecond
	eventBeat    = 15 * time.Second
)

// watchers counts the changes and wakes the pages that wait for the next.
type watchers struct {
	mu      sync.Mutex
	version int64
	next    chan struct{} // closed at the next change
	done    chan struct{} // closed when the stand-in is
	once    sync.Once
}

func (w *watchers) init() {
	w.next, w.done = make(chan struct{}), make(chan struct{})
}

func (w *watchers) close() { w.once.Do(func() { close(w.done) }) }

func (w *watchers) touch() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.version++
	close(w.next)
	w.next = make(chan struct{})
}

// now is the present version and the channel that closes at the next one.
func (w *watchers) now() (int64, <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.version, w.next
}

// simEvents answers GET /sim/events with server-sent events: {"version":N} at once
// and after every change, several changes in quick succession as one.
func (c *Center) simEvents(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	out := http.NewResponseController(w)
	for {
		version, next := c.watch.now()
		if _, err := fmt.Fprintf(w, "data: {\"version\":%d}\n\n", version); err != nil {
			return
		}
		if out.Flush() != nil || !c.rest(r, eventSpacing) {
			return
		}
		for changed := false; !changed; {
			beat := time.NewTimer(eventBeat)
			select {
			case <-next:
				changed = true
			case <-beat.C:
				if _, err := fmt.Fprint(w, ": still here\n\n"); err != nil || out.Flush() != nil {
					return
				}
			case <-r.Context().Done():
				beat.Stop()
				return
			case <-c.watch.done:
				beat.Stop()
				return
			}
			beat.Stop()
		}
	}
}

// rest waits and reports whether the page is still there.
func (c *Center) rest(r *http.Request, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	case <-c.watch.done:
		return false
	}
}
