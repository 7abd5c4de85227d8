package bot

import "sync"

// maxRecalled is how many deeds are remembered. Slack delivers one again within minutes.
const maxRecalled = 1000

// lately remembers deeds whose second delivery the store cannot recognise, as they leave nothing there: what was said, or
// posted. A process that ends forgets them. The zero value is ready.
type lately struct {
	mu    sync.Mutex
	known map[string]bool
	order []string
}

// first tells whether a deed is met for the first time. Without an origin every one is.
func (l *lately) first(origin string) bool {
	if origin == "" {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.known[origin] {
		return false
	}
	if l.known == nil {
		l.known = map[string]bool{}
	}
	l.known[origin] = true
	if l.order = append(l.order, origin); len(l.order) > maxRecalled {
		delete(l.known, l.order[0])
		l.order = l.order[1:]
	}
	return true
}
