package bridge

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"sampledesk/affiliate"
	"sampledesk/workflow"
)

const (
	// pageOfLive is how many applications are read from the store at a time while a sweep looks for those it did not
	// meet.
	pageOfLive = 200

	// maxPages ends a listing that has no end: half a million applications of one status.
	maxPages = 10_000
)

// SweepAll looks at every connected shop, each on its own, and returns when all are through. It may be called while it
// runs: a shop that is still being looked at is left out, so that one that hangs does not hold up the others. How it went
// is in Sweeps and in the log. After a sweep that went through, the shop's past is learned a little further.
func (b *Bridge) SweepAll(ctx context.Context) {
	if err := b.keepLate(ctx); err != nil {
		b.log.ErrorContext(ctx, "new tokens are not on disk yet", "error", err)
	}
	shops, err := b.Shops(ctx)
	if err != nil {
		b.log.ErrorContext(ctx, "could not sweep", "error", err)
		return
	}
	var all sync.WaitGroup
	for _, s := range shops {
		if b.enter(s.ID) {
			all.Go(func() {
				if b.sweepOne(ctx, s) {
					b.learnOne(ctx, s.ID)
				}
			})
		}
	}
	all.Wait()
}

// enter begins the one sweep that a shop may have at a time, unless it has one.
func (b *Bridge) enter(s workflow.ShopID) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.sweeping[s] {
		return false
	}
	b.sweeping[s] = true
	return true
}

func (b *Bridge) leave(s workflow.ShopID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.sweeping, s)
}

// sweepOne sweeps a shop, puts on record how it went, and tells whether it went through.
func (b *Bridge) sweepOne(ctx context.Context, s workflow.Shop) bool {
	defer b.leave(s.ID)
	began := time.Now()
	err := b.sweep(ctx, s)
	ended := time.Now()
	b.mu.Lock()
	last := b.sweeps[s.ID]
	last.Began, last.Err = began, err
	if err == nil {
		last.Ended = ended
	}
	b.sweeps[s.ID] = last
	b.mu.Unlock()
	if err == nil || ctx.Err() != nil {
		return err == nil
	}
	b.log.WarnContext(ctx, "a sweep failed", "shop", s.ID, "error", err)
	if affiliate.KindOf(err).Stops() != affiliate.StopsNothing {
		if err := b.engine.StopShop(ctx, s.ID, workflow.FromSync, cause(err), ended); err != nil {
			b.log.ErrorContext(ctx, "could not record that a shop stopped", "shop", s.ID, "error", err)
		}
	}
	return false
}

// sweep pages through the live statuses, asks for what it believes live and did not meet, closes with the cards that
// there is room for, and then looks for where applications came from.
func (b *Bridge) sweep(ctx context.Context, s workflow.Shop) error {
	calls, met := b.shop(s), map[workflow.ApplicationID]bool{}
	for _, status := range workflow.LiveStatuses {
		if err := b.takeOver(ctx, s, calls, status, met); err != nil {
			return err
		}
	}
	b.resumed(ctx, s)
	strays, err := b.askForMissing(ctx, s, calls, met)
	if err != nil {
		return err
	}
	if err := b.engine.EndSweep(ctx, s.ID, time.Now()); err != nil {
		return err
	}
	b.resolveOrigins(ctx, s, calls, strays)
	return nil
}

// takeOver reads all pages of one status. Each page is taken over with the time at which its own request began.
func (b *Bridge) takeOver(ctx context.Context, s workflow.Shop, calls *affiliate.Shop, status workflow.Status, met map[workflow.ApplicationID]bool) error {
	filter, seen, token := affiliate.Filter{Status: affiliate.Status(status)}, map[string]bool{}, ""
	for range maxPages {
		began := time.Now()
		page, err := calls.SearchPage(ctx, filter, token, affiliate.MaxPageSize)
		if err != nil {
			return err
		}
		at, batch := time.Now(), make([]workflow.Observation, 0, len(page.Applications))
		for _, a := range page.Applications {
			met[workflow.ApplicationID(a.ID)] = true
			batch = append(batch, observation(a, began, at, !s.Met))
		}
		if _, err := b.engine.Observe(ctx, s.ID, batch); err != nil {
			return err
		}
		if token = page.NextPageToken; token == "" {
			return nil
		}
		if seen[token] {
			break
		}
		seen[token] = true
	}
	return fmt.Errorf("the pages of %s have no end", status)
}

// resumed clears the record that TikTok refuses the shop, now that it answered.
func (b *Bridge) resumed(ctx context.Context, s workflow.Shop) {
	if s.Stopped == (workflow.Cause{}) {
		return
	}
	if err := b.engine.ResumeShop(ctx, s.ID, workflow.FromSync, time.Now()); err != nil {
		b.log.ErrorContext(ctx, "could not record that a shop resumed", "shop", s.ID, "error", err)
		return
	}
	b.release(s.ID)
}

// askForMissing asks directly for every application that is believed live and that the pages did not show: it ended,
// or it changed its status while they were read. On its way it gathers the applications of unknown origin.
func (b *Bridge) askForMissing(ctx context.Context, s workflow.Shop, calls *affiliate.Shop, met map[workflow.ApplicationID]bool) (strays []unplaced, err error) {
	for after := ""; ; {
		var page workflow.Page
		err = b.store.View(ctx, func(tx workflow.Tx) (err error) {
			page, err = tx.Applications(workflow.LiveOf(s.ID), after, pageOfLive)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("reading the live applications: %w", err)
		}
		for _, a := range page.Applications {
			if !a.Report.Collab.Known {
				strays = append(strays, unplaced{
					id: a.Key.ID, creator: affiliate.CreatorID(a.Report.Creator.OpenID), product: affiliate.ProductID(a.Report.Product.ID),
				})
			}
			if met[a.Key.ID] {
				continue
			}
			if err := b.ask(ctx, s, calls, a); err != nil {
				return nil, err
			}
		}
		if after = page.Next; after == "" {
			return strays, nil
		}
	}
}

func (b *Bridge) ask(ctx context.Context, s workflow.Shop, calls *affiliate.Shop, a workflow.Application) error {
	o, found, err := lookUp(ctx, calls, a)
	if err != nil {
		return err
	}
	if !found {
		if b.firstOf("vanished " + a.Key.String()) {
			b.log.WarnContext(ctx, "TikTok shows no such application any more", "shop", s.ID, "application", a.Key.ID)
		}
		return nil
	}
	if status := o.Report.Status; status.State() == workflow.Unrecognised && b.firstOf("status "+string(status)) {
		b.log.WarnContext(ctx, "TikTok reported a status that this desk does not know", "shop", s.ID, "application", a.Key.ID, "status", status)
	}
	_, err = b.engine.Observe(ctx, s.ID, []workflow.Observation{o})
	return err
}

// firstOf tells whether something is met for the first time since the desk started, so that it is logged once and not at
// every sweep.
func (b *Bridge) firstOf(what string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	known := b.logged[what]
	b.logged[what] = true
	return !known
}

// lookUp finds one application's record. The API has no filter by application id: the creator and the product narrow
// the search, and the id picks the record.
func lookUp(ctx context.Context, calls *affiliate.Shop, a workflow.Application) (workflow.Observation, bool, error) {
	filter := affiliate.Filter{ProductID: affiliate.ProductID(a.Report.Product.ID)}
	if id := a.Report.Creator.OpenID; id != "" {
		filter.CreatorID = affiliate.CreatorID(id)
	} else {
		filter.Username = strings.TrimSpace(a.Report.Creator.Username)
	}
	began := time.Now()
	for found, err := range calls.Search(ctx, filter) {
		if err != nil {
			return workflow.Observation{}, false, err
		}
		if workflow.ApplicationID(found.ID) == a.Key.ID {
			return observation(found, began, time.Now(), false), true, nil
		}
	}
	return workflow.Observation{}, false, nil
}

// Probe asks TikTok for the smallest thing there is to ask of a shop, and returns how many applications wait for review.
func (b *Bridge) Probe(ctx context.Context, s workflow.Shop) (waiting int, err error) {
	page, err := b.shop(s).SearchPage(ctx, affiliate.Filter{Status: affiliate.StatusPending}, "", 1)
	return page.Total, err
}
