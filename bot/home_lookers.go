package bot

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// When App Homes are published.
const (
	// looksFor is how long after an opening or a click somebody counts as looking: Slack does not tell when she goes.
	looksFor = 2 * time.Minute

	// homeGap is how far apart what others did is shown to somebody who looks on. What she did herself shows at once.
	homeGap = 3 * time.Second

	// gather is how long a change waits for those that come with it.
	gather = 200 * time.Millisecond

	// samePage is how long somebody comes back to the page that she left; later it is the first, with her filters.
	samePage = 10 * time.Minute
)

const (
	// maxLookers bounds those of whom it is remembered where they are in App Home.
	maxLookers = 500

	// maxKept bounds the rows that stay in their places for one person.
	maxKept = view.HomePageSize

	// homeTries is how often a publishing is tried that fails for a reason that may pass.
	homeTries = 4
)

// The budget of views.publish, a little inside of tier 4: 100 a minute. The last of it is for people's own clicks.
var (
	homeRate  = rate.Limit(92.0 / 60)
	homeBurst = 60
)

const homeSpare = 20

// homes publish App Home to those who look at it: to nobody else, newest state only, and nothing that looks the same. Each
// person is served by one goroutine at the most, which ends when there is nothing to publish.
type homes struct {
	build   func(context.Context, workflow.PersonID, view.HomeState, map[workflow.Key]string) (homePage, error)
	publish func(context.Context, workflow.PersonID, view.HomeView, string) (version string, err error)
	log     *slog.Logger
	work    sync.WaitGroup

	mu      sync.Mutex
	ctx     context.Context // of the run; nil: there is none
	lookers map[workflow.PersonID]*looker
	budget  *rate.Limiter
	until   time.Time // what Slack asked for in a Retry-After
}

// looker is somebody who looks at App Home, or did.
type looker struct {
	state  view.HomeState
	looked time.Time
	kept   map[workflow.Key]string // rows that stay in their places, until she moves on
	spots  map[workflow.Key]string // where each row stands that she sees

	due     time.Time // when to publish next; zero: there is nothing to publish
	own     bool      // what is due is her own deed's
	busy    bool      // a goroutine serves her
	poke    chan struct{}
	tried   int
	hash    string // of what was published last
	version string // Slack's hash of that
	shownAt time.Time
}

func newHomes(d *Desk) *homes {
	return &homes{
		build: d.buildHome, publish: d.publishHome, log: d.log, lookers: map[workflow.PersonID]*looker{},
		budget: rate.NewLimiter(homeRate, homeBurst),
	}
}

// run lets App Homes be published until ctx ends. The function that it returns waits for those under way.
func (h *homes) run(ctx context.Context) (wait func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ctx = ctx
	return func() {
		h.mu.Lock()
		h.ctx = nil // nothing begins any more
		h.mu.Unlock()
		h.work.Wait()
	}
}

// opened notes that somebody opened App Home, and what Slack shows her until it is published. Of somebody of whom nothing
// is remembered the view tells where she was.
func (h *homes) opened(who workflow.PersonID, state view.HomeState, version string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	l, before := h.look(who)
	switch {
	case before.IsZero():
		l.state = view.HomeState{Filter: state.Filter}
	case time.Since(before) > samePage:
		l.state = view.HomeState{Filter: l.state.Filter}
	}
	if l.version != version {
		l.hash, l.version = "", version // another than this desk published, or nothing
	}
	l.kept = nil
	h.want(who, l, time.Now(), true)
}

// moved notes that somebody went elsewhere in App Home.
func (h *homes) moved(who workflow.PersonID, state view.HomeState) {
	h.mu.Lock()
	defer h.mu.Unlock()
	l, _ := h.look(who)
	l.state, l.kept = state, nil
	h.want(who, l, time.Now(), true)
}

// acted notes that somebody clicked on applications in App Home.
func (h *homes) acted(who workflow.PersonID, state view.HomeState, on []workflow.Key) {
	h.mu.Lock()
	defer h.mu.Unlock()
	l, before := h.look(who)
	if before.IsZero() {
		l.state = state
	}
	for _, key := range on {
		if spot, shown := l.spots[key]; shown && len(l.kept) < maxKept {
			if l.kept == nil {
				l.kept = map[workflow.Key]string{}
			}
			l.kept[key] = spot
		}
	}
	h.want(who, l, time.Now(), true)
}

// did shows at once what somebody did elsewhere, such as in a dialog that she opened from App Home, if she looks at it.
func (h *homes) did(who workflow.PersonID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if l := h.lookers[who]; l != nil && time.Since(l.looked) <= looksFor {
		l.looked = time.Now()
		h.want(who, l, time.Now(), true)
	}
}

// changed brings what people look at up to date.
func (h *homes) changed() {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	for who, l := range h.lookers {
		if now.Sub(l.looked) > looksFor {
			continue
		}
		at := now.Add(gather)
		if next := l.shownAt.Add(homeGap); next.After(at) {
			at = next
		}
		h.want(who, l, at, false)
	}
}

// look returns what is known of somebody who looks at App Home now, and when she looked before; zero: nothing is known.
// The lock is held.
func (h *homes) look(who workflow.PersonID) (l *looker, before time.Time) {
	l = h.lookers[who]
	if l == nil {
		h.forget()
		l = &looker{poke: make(chan struct{}, 1)}
		h.lookers[who] = l
	}
	before, l.looked = l.looked, time.Now()
	return l, before
}

// forget makes room for one more. The lock is held.
func (h *homes) forget() {
	if len(h.lookers) < maxLookers {
		return
	}
	var oldest workflow.PersonID
	for who, l := range h.lookers {
		if !l.busy && (oldest == "" || l.looked.Before(h.lookers[oldest].looked)) {
			oldest = who
		}
	}
	delete(h.lookers, oldest)
}

// want asks for a publishing. The lock is held.
func (h *homes) want(who workflow.PersonID, l *looker, at time.Time, own bool) {
	if h.ctx == nil || h.ctx.Err() != nil {
		return
	}
	if l.due.IsZero() || at.Before(l.due) {
		l.due = at
	}
	l.own = l.own || own
	if l.busy {
		select {
		case l.poke <- struct{}{}:
		default:
		}
		return
	}
	l.busy = true
	ctx := h.ctx
	h.work.Go(func() { h.serve(ctx, who, l) })
}
