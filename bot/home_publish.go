package bot

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/bot/slackapi"
	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// serve publishes to one person what is due, until nothing is. A panic ends neither the desk nor their App Home for good.
func (h *homeSessions) serve(ctx context.Context, who workflow.PersonID, l *homeSession) {
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
	own     bool
}

// next returns the publishing that is due, or how long to wait for it. More is false where there is none.
func (h *homeSessions) next(l *homeSession) (j job, wait time.Duration, more bool) {
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
	j = job{l.state, maps.Clone(l.kept), l.hash, l.version, l.own}
	l.due, l.own = time.Time{}, false
	return j, 0, true
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
func (h *homeSessions) show(ctx context.Context, who workflow.PersonID, j job) shown {
	page, err := h.build(ctx, who, j.state, j.kept)
	if err != nil && ctx.Err() == nil {
		h.log.ErrorContext(ctx, "could not build App Home", "person", who, "error", err)
		page = homePage{view: view.HomeClosed(j.state, view.DeniedUnread), state: j.state}
	}
	if page.view.Hash == j.hash {
		return shown{from: j, page: page, hash: j.hash, version: j.version}
	}
	if ctx.Err() != nil {
		return shown{from: j, err: ctx.Err()}
	}
	if wait := h.spend(ctx, j.own); wait > 0 {
		return shown{from: j, err: budgetError{wait}}
	}
	ctx, cancel := context.WithTimeout(ctx, slackapi.Timeout)
	defer cancel()
	version, err := h.publish(ctx, who, page.view, j.version)
	return shown{from: j, page: page, hash: page.view.Hash, version: version, err: err}
}

// budgetError is that another desk has what there was of the budget.
type budgetError struct{ wait time.Duration }

func (e budgetError) Error() string { return "other desks publish App Homes: wait " + e.wait.String() }

// homeBudget names the budget of views.publish among all that desks share.
const homeBudget = "slack views.publish"

// spend takes a publishing from the budget, or tells how long to wait where it is shared and others have taken it.
func (h *homeSessions) spend(ctx context.Context, own bool) time.Duration {
	if h.shared == nil {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.budget.AllowN(time.Now(), 1)
		return 0
	}
	burst := homeBurst
	if !own {
		burst -= homeSpare
	}
	wait, err := h.shared.Take(ctx, homeBudget, time.Duration(float64(time.Second)/float64(homeRate)), burst)
	if err != nil {
		return time.Second
	}
	return wait
}

// done keeps what came of a publishing, and tries again where that can help.
func (h *homeSessions) done(ctx context.Context, who workflow.PersonID, l *homeSession, s shown) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	if s.err == nil {
		l.tried, l.shownAt, l.cursors = 0, now, s.page.cursors
		l.hash, l.version = s.hash, s.version
		if l.state.Encode() == s.from.state.Encode() {
			l.state = s.page.state // where the filters named what is gone
		}
		return
	}
	if ctx.Err() != nil {
		return
	}
	if slackapi.ErrorName(s.err) == "hash_conflict" && !s.from.own && h.hasOthers() {
		l.looked, l.hash, l.version = time.Time{}, "", "" // they went on at another desk, which shows them what they look at
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

// hold keeps the other desks from publishing.
func (h *homeSessions) hold(wait time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := h.shared.Hold(ctx, homeBudget, wait); err != nil {
		h.log.DebugContext(ctx, "could not keep other desks from publishing App Homes", "error", err)
	}
}

// pause tells whether and when a publishing that failed is tried again. The lock is held.
func (h *homeSessions) pause(err error, l *homeSession) (time.Duration, bool) {
	if _, ok := errors.AsType[*slack.RateLimitedError](err); ok {
		wait := slackapi.RetryAfter(err)
		if until := time.Now().Add(wait); until.After(h.until) {
			h.until = until
		}
		if h.shared != nil {
			h.work.Go(func() { h.hold(wait) })
		}
		l.tried-- // waiting one's turn is no failure
		return wait, true
	}
	if budget, ok := errors.AsType[budgetError](err); ok {
		l.tried--
		return budget.wait, true
	}
	if slackapi.ErrorName(err) == "hash_conflict" { // somebody else published meanwhile: the newest is built again
		l.hash, l.version = "", ""
		return 0, true
	}
	if slackapi.Token.Has(err) || slackapi.Wrong.Has(err) || homeErrors.Has(err) {
		return 0, false
	}
	return time.Second << l.tried, true
}

// homeErrors are those of views.publish that no retry mends.
var homeErrors = slackapi.Class{"not_enabled", "user_not_found", "view_too_large", "duplicate_external_id"}

// publishHome publishes a view in place of the one of that version, and returns the new one's.
func (d *homeDesk) publishHome(ctx context.Context, who workflow.PersonID, v view.HomeView, version string) (string, error) {
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
