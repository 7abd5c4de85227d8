package bridge

import (
	"context"
	"fmt"
	"time"

	"sampledesk/affiliate"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// backfillOne takes a shop's backfill a little further, after its first sweep and until it is complete. It reads on where
// it left off, about one page of applications in all, so that current calls never wait long. Empty statuses cost a call
// each. After a failure it is tried again at the next sweep; nothing else waits for it.
func (b *Bridge) backfillOne(ctx context.Context, id workflow.ShopID) error {
	s, err := b.shopRecord(ctx, id)
	if err != nil {
		return err
	}
	backfill, calls, read := s.Backfill, b.calls(s), 0
	for s.InitialSyncDone && !backfill.Ended() && read < affiliate.MaxPageSize {
		n, next, err := b.backfillPage(ctx, s, calls, backfill)
		if err != nil && backfill.Cursor != "" && affiliate.KindOf(err) == affiliate.Refused {
			n, next, err = b.backfillStatus(ctx, s, calls, backfill)
		}
		if err != nil {
			return err
		}
		if err := b.engine.SaveBackfill(ctx, id, next); err != nil {
			return err
		}
		backfill, read = next, read+n
	}
	return nil
}

// backfillStatus reads a status from its beginning to its end: TikTok no longer takes the token of the page to go on
// from, and would not take the next one by the next sweep either.
func (b *Bridge) backfillStatus(ctx context.Context, s workflow.Shop, calls *affiliate.Shop, from workflow.Backfill) (read int, next workflow.Backfill, err error) {
	next = workflow.Backfill{Done: from.Done}
	seen := map[string]bool{}
	for next.Done == from.Done {
		n, following, err := b.backfillPage(ctx, s, calls, next)
		if err != nil {
			return read, from, err
		}
		read += n
		if next = following; seen[next.Cursor] {
			return read, from, fmt.Errorf("the pages of %s have no end", workflow.BackfillStatuses[from.Done])
		}
		seen[next.Cursor] = true
	}
	return read, next, nil
}

// backfillPage stores a page of applications that have ended, as a first sweep does: without cards and announcements.
// What was posted for those that led to content comes with them.
func (b *Bridge) backfillPage(ctx context.Context, s workflow.Shop, calls *affiliate.Shop, p workflow.Backfill) (read int, next workflow.Backfill, err error) {
	status := workflow.BackfillStatuses[p.Done]
	page, err := calls.SearchPage(ctx, affiliate.Filter{Status: affiliate.Status(status)}, p.Cursor, affiliate.MaxPageSize)
	if err != nil {
		return 0, p, err
	}
	at, batch := time.Now(), make([]engine.Observation, 0, len(page.Applications))
	for _, a := range page.Applications {
		batch = append(batch, observation(a, appOf(s), page.Asked, at, true))
	}
	if _, err := b.engine.Observe(ctx, s.ID, batch); err != nil {
		return 0, p, err
	}
	if status.State() == workflow.Completed {
		if err := b.backfillContent(ctx, s.ID, calls, batch); err != nil {
			return 0, p, err
		}
	}
	if page.NextPageToken == "" || page.NextPageToken == p.Cursor {
		return len(batch), workflow.Backfill{Done: p.Done + 1}, nil
	}
	return len(batch), workflow.Backfill{Done: p.Done, Cursor: page.NextPageToken}, nil
}

// backfillContent stores what was posted for backfilled applications. WatchAll looks after those that the desk knew
// before.
func (b *Bridge) backfillContent(ctx context.Context, shop workflow.ShopID, calls *affiliate.Shop, batch []engine.Observation) error {
	var keys []workflow.Key
	err := b.store.View(ctx, func(tx workflow.Tx) error {
		keys = nil
		for _, o := range batch {
			a, err := tx.Application(workflow.Key{Shop: shop, ID: o.ID})
			if err != nil {
				return err
			}
			if a.Backfilled() && len(a.Contents) == 0 {
				keys = append(keys, a.Key)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("reading which backfilled applications lack their content: %w", err)
	}
	for _, k := range keys {
		err := b.takeContent(ctx, calls, k)
		if affiliate.KindOf(err) == affiliate.ScopeMissing {
			return nil // the applications themselves are still worth knowing
		}
		if err != nil {
			return err
		}
	}
	return nil
}
