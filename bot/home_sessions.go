package bot

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"sampledesk/bot/slackapi"
	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// When App Homes are published.
const (
	// looksFor is how long after an opening or a click somebody counts as looking: Slack does not tell when they go.
	looksFor = 2 * time.Minute

	// homeGap is how far apart what others did is shown to somebody who looks on. What they did themselves shows at once.
	homeGap = 3 * time.Second

	// gather is how long a change waits for those that come with it.
	gather = 200 * time.Millisecond

	// samePage is how long somebody comes back to the page that they left; later it is the first, with their filters.
	samePage = 10 * time.Minute
)

const (
	// maxSessions bounds those of whom it is remembered where they are in App Home.
	maxSessions = 500

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

// homeSessions publish App Home to those who look at it: to nobody else, newest state only, and nothing that looks the same. Each
// person is served by one goroutine at the most, which ends when there is nothing to publish.
type homeSessions struct {
	build   homePageBuilder
	publish homePublisher
	log     *slog.Logger
	shared  slackapi.Shared // the budget, where other desks publish too; nil: this one is alone
	others  func() bool     // whether other desks are there; nil: none are
	work    sync.WaitGroup

	mu       sync.Mutex
	ctx      context.Context // of the run; nil: there is none
	sessions map[workflow.PersonID]*homeSession
	budget   *rate.Limiter
	until    time.Time // what Slack asked for in a Retry-After
}

// homeSession is somebody who looks at App Home, or did.
type homeSession struct {
	state   view.HomeState
	looked  time.Time
	kept    map[workflow.Key]string // rows that stay in their places, until they move on
	cursors map[workflow.Key]string // where each row stands that they see

	due     time.Time // when to publish next; zero: there is nothing to publish
	own     bool      // what is due is of their own doing
	busy    bool      // a goroutine serves them
	poke    chan struct{}
	tried   int
	hash    string // of what was published last
	version string // Slack's hash of that
	shownAt time.Time
}

// homePageBuilder builds App Home for a person; the rows that are kept stay in their places.
type homePageBuilder func(ctx context.Context, who workflow.PersonID, at view.HomeState, kept map[workflow.Key]string) (homePage, error)

// homePublisher publishes a view in place of the one of that version, and returns the new one's.
type homePublisher func(ctx context.Context, who workflow.PersonID, v view.HomeView, version string) (string, error)

func newHomeSessions(build homePageBuilder, publish homePublisher, log *slog.Logger) *homeSessions {
	return &homeSessions{
		build: build, publish: publish, log: log, sessions: map[workflow.PersonID]*homeSession{}, budget: rate.NewLimiter(homeRate, homeBurst),
	}
}

// hasOthers reports whether other desks are there, at which somebody's next click may arrive.
func (h *homeSessions) hasOthers() bool { return h.others != nil && h.others() }

// run lets App Homes be published until ctx ends. The function that it returns waits for those under way.
func (h *homeSessions) run(ctx context.Context) (wait func()) {
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

// opened notes that somebody opened App Home, and what Slack shows them until it is published. Of somebody of whom nothing
// is remembered the view tells where they were.
func (h *homeSessions) opened(who workflow.PersonID, state view.HomeState, version string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	l, before := h.look(who)
	switch {
	case before.IsZero(), h.hasOthers():
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

// knows reports whether it is remembered where somebody is in App Home.
func (h *homeSessions) knows(who workflow.PersonID) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.sessions[who] != nil
}

// moved notes that somebody went elsewhere in App Home.
func (h *homeSessions) moved(who workflow.PersonID, state view.HomeState) {
	h.mu.Lock()
	defer h.mu.Unlock()
	l, _ := h.look(who)
	l.state, l.kept = state, nil
	h.want(who, l, time.Now(), true)
}

// acted notes that somebody clicked on applications in App Home.
func (h *homeSessions) acted(who workflow.PersonID, state view.HomeState, on []workflow.Key) {
	h.mu.Lock()
	defer h.mu.Unlock()
	l, before := h.look(who)
	if before.IsZero() || h.hasOthers() { // what they look at may be another desk's doing
		l.state = state
	}
	for _, key := range on {
		if cursor, shown := l.cursors[key]; shown && len(l.kept) < maxKept {
			if l.kept == nil {
				l.kept = map[workflow.Key]string{}
			}
			l.kept[key] = cursor
		}
	}
	h.want(who, l, time.Now(), true)
}

// did shows at once what somebody did elsewhere, such as in a dialog that they opened from App Home, if they look at it.
func (h *homeSessions) did(who workflow.PersonID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if l := h.sessions[who]; l != nil && time.Since(l.looked) <= looksFor {
		l.looked = time.Now()
		h.want(who, l, time.Now(), true)
	}
}

// changed brings what people look at up to date.
func (h *homeSessions) changed() {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	for who, l := range h.sessions {
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

// look returns what is known of somebody who looks at App Home now, and when they looked before; zero: nothing is known.
// The lock is held.
func (h *homeSessions) look(who workflow.PersonID) (l *homeSession, before time.Time) {
	l = h.sessions[who]
	if l == nil {
		h.forget()
		l = &homeSession{poke: make(chan struct{}, 1)}
		h.sessions[who] = l
	}
	before, l.looked = l.looked, time.Now()
	return l, before
}

// forget makes room for one more. The lock is held.
func (h *homeSessions) forget() {
	if len(h.sessions) < maxSessions {
		return
	}
	var oldest workflow.PersonID
	for who, l := range h.sessions {
		if !l.busy && (oldest == "" || l.looked.Before(h.sessions[oldest].looked)) {
			oldest = who
		}
	}
	delete(h.sessions, oldest)
}

// want asks for a publishing. The lock is held.
func (h *homeSessions) want(who workflow.PersonID, l *homeSession, at time.Time, own bool) {
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
