package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"sampledesk/affiliate"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// SweepAll sweeps every connected shop separately, and returns when all are done. It may be called while it runs: a
// shop that is still being swept is skipped, so that one that hangs does not delay the others. How it went is in Sweeps
// and in the log. After a successful sweep, the shop's backfill continues.
func (b *Bridge) SweepAll(ctx context.Context) { b.SweepDue(ctx, time.Time{}) }

// SweepDue is SweepAll for a tick: each shop is swept by one of the desks that share the store.
func (b *Bridge) SweepDue(ctx context.Context, tick time.Time) {
	if err := b.saveUnsaved(ctx); err != nil {
		b.log.ErrorContext(ctx, "could not save new tokens", "error", err)
	}
	b.forEachShop(ctx, "could not sweep", func(s workflow.Shop, state *shopState) {
		if b.run(ctx, s.ID, &state.sweep, tick, func(ctx context.Context) error { return b.sweepTold(ctx, s, state) }) {
			b.run(ctx, s.ID, &state.backfill, tick, func(ctx context.Context) error { return b.backfillOne(ctx, s.ID) })
		}
	})
}

// Sweeps returns how the last sweep of each shop went.
func (b *Bridge) Sweeps() map[workflow.ShopID]Sweep {
	return b.went(func(s *shopState) *job { return &s.sweep })
}

// sweepTold sweeps a shop and tells how it went: in the log where something changed.
func (b *Bridge) sweepTold(ctx context.Context, s workflow.Shop, state *shopState) error {
	began := time.Now()
	err := b.sweepOne(ctx, s, state)
	end := SweepEnd{Shop: s.ID, Took: time.Since(began), Err: err}
	state.sweep.tell(func(went *Sweep) { end.Seen, end.Changed = went.Read, went.Changed })
	if end.Changed > 0 {
		b.log.InfoContext(ctx, "sweep changed requests", "shop", s.ID, "seen", end.Seen, "changed", end.Changed, "took", end.Took.Round(time.Millisecond))
	}
	if b.OnSweep != nil && ctx.Err() == nil {
		b.OnSweep(end)
	}
	return err
}

// sweepOne sweeps a shop, and records that TikTok refuses the shop as a whole if it does.
func (b *Bridge) sweepOne(ctx context.Context, s workflow.Shop, state *shopState) error {
	unread, err := b.sweep(ctx, s, state)
	if affiliate.KindOf(err) == affiliate.ShopUnknown && b.renamed(ctx, s) {
		if s, err = b.shopRecord(ctx, s.ID); err == nil {
			unread, err = b.sweep(ctx, s, state)
		}
	}
	if err == nil || len(unread) > 0 {
		state.sweep.tell(func(went *Sweep) { went.Unreadable = unread })
	}
	if ctx.Err() == nil && affiliate.KindOf(err).Stops() != affiliate.StopsNothing {
		if err := b.engine.StopShop(ctx, s.ID, workflow.FromSync, failureOf(err), time.Now()); err != nil {
			b.log.ErrorContext(ctx, "could not record that a shop stopped", "shop", s.ID, "error", err)
		}
	}
	return err
}

// sweep pages through the live statuses, asks for what the desk believes live and the pages did not show, gives out the
// cards there is capacity for, and then looks up where applications came from. A request that cannot be read is skipped
// alone, and a page that cannot be read with the rest of its status; the error of such a page is returned once all else
// was done. Unread are the requests that could not be read.
func (b *Bridge) sweep(ctx context.Context, s workflow.Shop, state *shopState) (unread []Unreadable, err error) {
	l := &sweepRun{bridge: b, shop: s, state: state, calls: b.calls(s), listed: map[workflow.ApplicationID]bool{}, unread: map[string]string{}}
	var broken []error
	for _, status := range workflow.LiveStatuses {
		err := l.takeOver(ctx, status)
		if affiliate.KindOf(err) == affiliate.Malformed {
			broken = append(broken, err)
			continue
		}
		if err != nil {
			return l.unreadable(), err
		}
	}
	b.resumed(ctx, s)
	unresolvedOrigins, err := l.askForMissing(ctx)
	if err != nil {
		return l.unreadable(), err
	}
	if err := l.announce(ctx); err != nil {
		return l.unreadable(), err
	}
	if len(broken) > 0 && !s.InitialSyncDone {
		return l.unreadable(), errors.Join(broken...) // the initial sync is not done before all was seen
	}
	gave, err := l.end(ctx)
	if err == nil && gave {
		unresolvedOrigins, err = l.askForMissing(ctx) // of which none is missing any more
	}
	if err != nil {
		return l.unreadable(), err
	}
	b.run(ctx, s.ID, &state.origin, time.Time{}, func(ctx context.Context) error {
		return b.resolveOrigins(ctx, s.ID, l.calls, &state.origins, unresolvedOrigins, searchesPerSweep-l.searched)
	})
	return l.unreadable(), errors.Join(broken...)
}

// sweepRun is one sweep of a shop while it goes on.
type sweepRun struct {
	bridge *Bridge
	shop   workflow.Shop
	state  *shopState
	calls  *affiliate.Shop
	listed map[workflow.ApplicationID]bool // what TikTok listed, readable or not
	unread map[string]string               // by id as it came: why it cannot be read

	searched int // searches for where new requests came from
}

// takeOver reads the pages of one status. Each is applied with the time at which its own request began.
func (l *sweepRun) takeOver(ctx context.Context, status workflow.Status) error {
	filter := affiliate.Filter{Status: affiliate.Status(status)}
	for page, err := range l.calls.SearchPages(ctx, filter) {
		if err != nil {
			return err
		}
		at, batch := time.Now(), make([]engine.Observation, 0, len(page.Applications))
		for _, a := range page.Applications {
			l.listed[workflow.ApplicationID(a.ID)] = true
			batch = append(batch, observation(a, appOf(l.shop), page.Asked, at, !l.shop.InitialSyncDone))
		}
		for _, u := range page.Unreadable {
			l.listed[workflow.ApplicationID(u.ID)] = true
			l.skip(ctx, u.ID, u.Err)
		}
		if status == workflow.StatusPending && l.shop.InitialSyncDone {
			l.findOrigins(ctx, batch)
		}
		if err := l.observe(ctx, batch); err != nil {
			return err
		}
		l.state.sweep.tell(func(went *Sweep) { went.Read = len(l.listed) })
	}
	return nil
}

// observe applies what was read. What the store rejects is skipped like what cannot be read.
func (l *sweepRun) observe(ctx context.Context, batch []engine.Observation) error {
	changed, err := l.bridge.engine.Observe(ctx, l.shop.ID, batch, l.state.origins.read)
	l.state.sweep.tell(func(went *Sweep) { went.Changed += changed })
	if notKept, ok := errors.AsType[*engine.NotKeptError](err); ok {
		for id, err := range notKept.Records {
			l.skip(ctx, string(id), err)
		}
		return nil
	}
	return err
}

// skip skips a request, which is logged once.
func (l *sweepRun) skip(ctx context.Context, id string, why error) {
	l.unread[id] = why.Error()
	if l.bridge.firstOf("unreadable " + string(l.shop.ID) + " " + id) {
		l.bridge.log.WarnContext(ctx, "could not read a request", "shop", l.shop.ID, "application", id, "error", why)
	}
}

// announce announces the requests that cannot be read, each once.
func (l *sweepRun) announce(ctx context.Context) error {
	if len(l.unread) == 0 {
		return nil
	}
	return l.bridge.engine.AnnounceUnreadable(ctx, l.shop.ID, slices.Sorted(maps.Keys(l.unread)), time.Now())
}

func (l *sweepRun) unreadable() (all []Unreadable) {
	for _, id := range slices.Sorted(maps.Keys(l.unread)) {
		all = append(all, Unreadable{ID: id, Why: l.unread[id]})
	}
	return all
}

// resumed clears the record that TikTok refuses the shop, now that it answered.
func (b *Bridge) resumed(ctx context.Context, s workflow.Shop) {
	if s.SyncStopped == (workflow.Failure{}) {
		return
	}
	if err := b.engine.ResumeShop(ctx, s.ID, workflow.FromSync, time.Now()); err != nil {
		b.log.ErrorContext(ctx, "could not record that a shop resumed", "shop", s.ID, "error", err)
		return
	}
	b.of(s.ID).reviews.reset()
}

// end closes the sweep, and reports whether it gave out cards.
func (l *sweepRun) end(ctx context.Context) (gave bool, err error) {
	backlog := func(tx workflow.Tx) (int, error) { return tx.Count(workflow.BacklogOf(l.shop.ID)) }
	before, err := read(ctx, l.bridge.store, "the backlog", backlog)
	if err != nil {
		return false, err
	}
	if err := l.bridge.engine.EndSweep(ctx, l.shop.ID, time.Now()); err != nil {
		return false, err
	}
	after, err := read(ctx, l.bridge.store, "the backlog", backlog)
	return before != after, err
}

// askForMissing asks directly for every application that is believed live and that the pages did not show: it ended, or
// it changed its status while they were read. It also gathers the applications whose card lacks their origin.
func (l *sweepRun) askForMissing(ctx context.Context) (unresolvedOrigins []unresolved, err error) {
	o := &l.state.origins
	none := make(map[uint64]struct{}, len(o.none))
	for after := ""; ; {
		var missing []workflow.Application
		var lacking []unresolved
		var next string
		err := l.bridge.store.View(ctx, func(tx workflow.Tx) (err error) {
			var live []workflow.Stamped
			missing, lacking = nil, nil
			if live, next, err = tx.Stamps(workflow.LiveOf(l.shop.ID), after, storePage); err != nil {
				return err
			}
			for _, s := range live {
				hash, listed := hashOf(s), l.listed[s.Key.ID]
				if _, known := o.none[hash]; known && listed {
					none[hash] = struct{}{}
					continue
				}
				a, err := tx.Application(s.Key)
				if err != nil {
					return err
				}
				if lacksOrigin(a) {
					lacking = append(lacking, unresolvedOf(a))
				} else {
					none[hash] = struct{}{}
				}
				if !listed {
					missing = append(missing, a)
				}
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("reading the live applications: %w", err)
		}
		unresolvedOrigins = append(unresolvedOrigins, lacking...)
		for _, a := range missing {
			if err := l.ask(ctx, a); err != nil {
				return nil, err
			}
			l.listed[a.Key.ID] = true
		}
		if after = next; after == "" {
			o.none = none
			return unresolvedOrigins, nil
		}
	}
}

// ask asks for one application. A refusal, or a missing record, ends nothing.
func (l *sweepRun) ask(ctx context.Context, a workflow.Application) error {
	b := l.bridge
	o, found, err := lookUp(ctx, l.calls, appOf(l.shop), a)
	if unreadable, ok := errors.AsType[*affiliate.UnreadableError](err); ok {
		l.skip(ctx, unreadable.ID, unreadable.Err)
		return nil
	}
	if kind := affiliate.KindOf(err); kind == affiliate.Refused || kind == affiliate.Malformed {
		if b.firstOf("unasked " + a.Key.String()) {
			b.log.WarnContext(ctx, "could not ask for an application", "shop", l.shop.ID, "application", a.Key.ID, "error", err)
		}
		return nil
	}
	if err != nil {
		return err
	}
	if !found {
		if b.firstOf("vanished " + a.Key.String()) {
			b.log.WarnContext(ctx, "application no longer listed by TikTok", "shop", l.shop.ID, "application", a.Key.ID)
		}
		return nil
	}
	if status := o.Snapshot.Status; status.State() == workflow.Unrecognised && b.firstOf("status "+string(status)) {
		b.log.WarnContext(ctx, "unknown application status", "shop", l.shop.ID, "application", a.Key.ID, "status", status)
	}
	if o.Snapshot.Status == workflow.StatusCompleted && a.State() != workflow.Completed {
		l.contentFirst(ctx, a.Key)
	}
	return l.observe(ctx, []engine.Observation{o})
}

// contentFirst takes over the content of an application that TikTok calls completed, so that one message tells both. What
// cannot be read is left to the next look for content.
func (l *sweepRun) contentFirst(ctx context.Context, k workflow.Key) {
	found, err := posted(ctx, l.calls, affiliate.ApplicationID(k.ID))
	if len(found) > 0 {
		_, kept := l.bridge.engine.FindContent(ctx, k, found, time.Now())
		err = cmp.Or(err, kept)
	}
	if err != nil {
		l.bridge.log.DebugContext(ctx, "could not read the content of a completed application", "shop", k.Shop, "application", k.ID, "error", err)
	}
}

// firstOf reports whether something occurs for the first time since the desk started, so that it is logged once and not
// at every sweep.
func (b *Bridge) firstOf(what string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	known := b.logged[what]
	b.logged[what] = true
	return !known
}

// lookUp finds one application's record. The API has no filter by application id: the creator and the product narrow
// the search, and the id picks the record. A record that is there and cannot be read is an *affiliate.UnreadableError.
func lookUp(ctx context.Context, calls *affiliate.Shop, app string, a workflow.Application) (engine.Observation, bool, error) {
	filter := affiliate.Filter{ProductID: affiliate.ProductID(a.Snapshot.Product.ID)}
	if id := a.Snapshot.Creator.OpenID; id != "" && a.Snapshot.Creator.App == app {
		filter.CreatorID = affiliate.CreatorID(id)
	} else {
		filter.Username = strings.TrimSpace(a.Snapshot.Creator.Username)
	}
	if filter == (affiliate.Filter{}) {
		filter.Title = strings.TrimSpace(a.Snapshot.Product.Title)
	}
	if filter == (affiliate.Filter{}) {
		return engine.Observation{}, false, nil // reading everything would take too long for the others
	}
	for page, err := range calls.SearchPages(ctx, filter) {
		if err != nil {
			return engine.Observation{}, false, err
		}
		for _, found := range page.Applications {
			if workflow.ApplicationID(found.ID) == a.Key.ID {
				return observation(found, app, page.Asked, time.Now(), false), true, nil
			}
		}
		for _, u := range page.Unreadable {
			if workflow.ApplicationID(u.ID) == a.Key.ID {
				return engine.Observation{}, false, u
			}
		}
	}
	return engine.Observation{}, false, nil
}

// Probe makes the smallest call there is for a shop, and returns how many applications wait for review.
func (b *Bridge) Probe(ctx context.Context, s workflow.Shop) (waiting int, err error) {
	page, err := b.calls(s).SearchPage(ctx, affiliate.Filter{Status: affiliate.StatusPending}, "", 1)
	return page.Total, err
}
