package slacksim

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// watchEvery is the shortest time between two notes to a page.
const watchEvery = 100 * time.Millisecond

// watch tells pages that something changed: a number that rises, and a channel that closes at the next change.
type watch struct {
	mu      sync.Mutex
	version int64
	next    chan struct{}
}

func newWatch() *watch { return &watch{next: make(chan struct{})} }

// changed counts a change. It never waits.
func (w *watch) changed() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.version++
	close(w.next)
	w.next = make(chan struct{})
}

func (w *watch) now() (int64, <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.version, w.next
}

// stream answers GET /sim/events: the version at once and after every change, ten times a second at most.
func (w *Workspace) stream(rw http.ResponseWriter, r *http.Request) {
	out := http.NewResponseController(rw)
	rw.Header().Set("Content-Type", "text/event-stream")
	rw.Header().Set("Cache-Control", "no-store")
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(w.ctx, cancel)()
	beat := time.NewTicker(15 * time.Second)
	defer beat.Stop()
	for {
		version, next := w.watch.now()
		if _, err := fmt.Fprintf(rw, "data: {\"version\":%d}\n\n", version); err != nil {
			return
		}
		if out.Flush() != nil {
			return
		}
		w.pause(ctx, watchEvery)
		select {
		case <-next:
		case <-beat.C: // the same version again: a page notices a dead connection
		case <-ctx.Done():
			return
		}
	}
}
