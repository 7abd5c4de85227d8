package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/slack-go/slack"
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
		l.state = view.HomeState{HomeFilter: state.HomeFilter}
	case time.Since(before) > samePage:
		l.state = view.HomeState{HomeFilter: l.state.HomeFilter}
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

// serve publishes to one person what is due, until nothing is. A panic ends neither the desk nor her App Home for good.
func (h *homes) serve(ctx context.Context, who workflow.PersonID, l *looker) {
	defer func() {
		if p := recover(); p != nil {
			h.log.ErrorContext(ctx, "publishing App Home panicked", "person", who, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			h.mu.Lock()
			defer h.mu.Unlock()
			l.busy, l.due = false, time.Time{}
		}
	}()
	for {
		j, wait, more := h.next(l)
		if !more {
			return
		}
		if wait == 0 {
			h.done(ctx, who, l, h.show(ctx, who, j))
			continue
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-l.poke:
		case <-timer.C:
		}
		timer.Stop()
		if ctx.Err() != nil {
			h.mu.Lock()
			l.busy, l.due = false, time.Time{}
			h.mu.Unlock()
			return
		}
	}
}

// job is one publishing.
type job struct {
	state   view.HomeState
	kept    map[workflow.Key]string
	hash    string
	version string
}

// next returns the publishing that is due, or how long to wait for it. More is false where there is none.
func (h *homes) next(l *looker) (j job, wait time.Duration, more bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if l.due.IsZero() {
		l.busy = false
		return j, 0, false
	}
	now := time.Now()
	if wait = max(l.due.Sub(now), h.until.Sub(now)); wait > 0 {
		return j, wait, true
	}
	spare := 0.0
	if !l.own {
		spare = homeSpare
	}
	if missing := 1 + spare - h.budget.TokensAt(now); missing > 0 {
		return j, max(time.Duration(missing/float64(homeRate)*float64(time.Second)), time.Millisecond), true
	}
	l.due, l.own = time.Time{}, false
	return job{l.state, maps.Clone(l.kept), l.hash, l.version}, 0, true
}

// shown is what came of a publishing.
type shown struct {
	from    job
	page    homePage
	hash    string
	version string
	err     error
}

// show builds App Home and publishes it, unless it looks as it did.
func (h *homes) show(ctx context.Context, who workflow.PersonID, j job) shown {
	page, err := h.build(ctx, who, j.state, j.kept)
	if err != nil && ctx.Err() == nil {
		h.log.ErrorContext(ctx, "could not read what App Home shows", "person", who, "error", err)
		page = homePage{view: view.HomeClosed(j.state, view.DeniedUnread), state: j.state}
	}
	if page.view.Hash == j.hash {
		return shown{from: j, page: page, hash: j.hash, version: j.version}
	}
	if ctx.Err() != nil {
		return shown{from: j, err: ctx.Err()}
	}
	h.mu.Lock()
	h.budget.AllowN(time.Now(), 1)
	h.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	version, err := h.publish(ctx, who, page.view, j.version)
	return shown{from: j, page: page, hash: page.view.Hash, version: version, err: err}
}

// done keeps what came of a publishing, and tries again where that can help.
func (h *homes) done(ctx context.Context, who workflow.PersonID, l *looker, s shown) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	if s.err == nil {
		l.tried, l.shownAt, l.spots = 0, now, s.page.spots
		l.hash, l.version = s.hash, s.version
		if l.state.Encode() == s.from.state.Encode() {
			l.state = s.page.state // where the filters named what is gone
		}
		return
	}
	if ctx.Err() != nil {
		return
	}
	l.tried++
	pause, again := h.pause(s.err, l)
	if !again || l.tried >= homeTries {
		h.log.WarnContext(ctx, "could not publish App Home", "person", who, "error", s.err)
		l.tried = 0
		return
	}
	if at := now.Add(pause); l.due.IsZero() || l.due.Before(at) {
		l.due = at
	}
	l.own = true
}

// pause tells whether and when a publishing that failed is tried again. The lock is held.
func (h *homes) pause(err error, l *looker) (time.Duration, bool) {
	if limited, ok := errors.AsType[*slack.RateLimitedError](err); ok {
		if until := time.Now().Add(limited.RetryAfter); until.After(h.until) {
			h.until = until
		}
		l.tried-- // waiting one's turn is no failure
		return limited.RetryAfter, true
	}
	name := slackError(err)
	if name == "hash_conflict" { // somebody else published meanwhile: the newest is built anew
		l.hash, l.version = "", ""
		return 0, true
	}
	for _, forGood := range [][]string{tokenErrors, wrongErrors, homeErrors} {
		if slices.Contains(forGood, name) {
			return 0, false
		}
	}
	return time.Second << l.tried, true
}

// homeErrors are those of views.publish that no retry mends.
var homeErrors = []string{"not_enabled", "user_not_found", "view_too_large", "duplicate_external_id"}

// publishHome publishes a view in place of the one of that version, and returns the new one's.
func (d *Desk) publishHome(ctx context.Context, who workflow.PersonID, v view.HomeView, version string) (string, error) {
	request := slack.PublishViewContextRequest{UserID: string(who), View: v.HomeTabViewRequest}
	if version != "" {
		request.Hash = &version
	}
	answer, err := d.api.PublishViewContext(ctx, request)
	if err != nil {
		return "", fmt.Errorf("publishing App Home: %w", err)
	}
	return answer.Hash, nil
}
