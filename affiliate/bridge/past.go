package bridge

import (
	"context"
	"fmt"
	"time"

	"sampledesk/affiliate"
	"sampledesk/workflow"
)

// learner is what the learning of a shop's past remembers from one time to the next.
type learner struct {
	failing bool // a failure was logged, and nothing was learned since
}

// learnOne takes a shop's past a little further, once its first sweep came to an end and until all of it is known. It is
// logged where it fails and tried again after the next sweep; nothing else waits for it.
func (b *Bridge) learnOne(ctx context.Context, id workflow.ShopID) {
	l, ok := b.learning.enter(id)
	if !ok {
		return
	}
	defer b.learning.leave(id)
	err := b.learn(ctx, id)
	if err == nil {
		l.failing = false
		return
	}
	if !l.failing && ctx.Err() == nil {
		b.log.WarnContext(ctx, "could not learn the past of a shop", "shop", id, "error", err)
	}
	l.failing = ctx.Err() == nil
}

// learn reads on where it left off, about one page of applications in all, so that the calls of the present never wait
// long. Statuses that are empty cost a call each and no time of their own.
func (b *Bridge) learn(ctx context.Context, id workflow.ShopID) error {
	s, err := b.shopRecord(ctx, id)
	if err != nil {
		return err
	}
	past, calls, read := s.Past, b.shop(s), 0
	for s.Met && !past.Ended() && read < affiliate.MaxPageSize {
		n, next, err := b.learnPage(ctx, s, calls, past)
		if err != nil && past.Cursor != "" && affiliate.KindOf(err) == affiliate.Refused {
			n, next, err = b.learnStatus(ctx, s, calls, past)
		}
		if err != nil {
			return err
		}
		if err := b.engine.Learn(ctx, id, next); err != nil {
			return err
		}
		past, read = next, read+n
	}
	return nil
}

// learnStatus reads a status from its beginning to its end: TikTok no longer takes the token of the page to go on from,
// and would not take the next one by the next sweep either.
func (b *Bridge) learnStatus(ctx context.Context, s workflow.Shop, calls *affiliate.Shop, from workflow.Past) (read int, next workflow.Past, err error) {
	next = workflow.Past{Done: from.Done}
	seen := map[string]bool{}
	for next.Done == from.Done {
		n, following, err := b.learnPage(ctx, s, calls, next)
		if err != nil {
			return read, from, err
		}
		read += n
		if next = following; seen[next.Cursor] {
			return read, from, fmt.Errorf("the pages of %s have no end", workflow.PastStatuses[from.Done])
		}
		seen[next.Cursor] = true
	}
	return read, next, nil
}

// learnPage takes over a page of applications that are over, as a first sweep does: without cards and announcements.
// What was posted for those that led to content comes with them.
func (b *Bridge) learnPage(ctx context.Context, s workflow.Shop, calls *affiliate.Shop, p workflow.Past) (read int, next workflow.Past, err error) {
	status, began := workflow.PastStatuses[p.Done], time.Now()
	page, err := calls.SearchPage(ctx, affiliate.Filter{Status: affiliate.Status(status)}, p.Cursor, affiliate.MaxPageSize)
	if err != nil {
		return 0, p, err
	}
	at, batch := time.Now(), make([]workflow.Observation, 0, len(page.Applications))
	for _, a := range page.Applications {
		batch = append(batch, observation(a, began, at, true))
	}
	if _, err := b.engine.Observe(ctx, s.ID, batch); err != nil {
		return 0, p, err
	}
	if status.State() == workflow.Completed {
		if err := b.learnContent(ctx, s.ID, calls, batch); err != nil {
			return 0, p, err
		}
	}
	if page.NextPageToken == "" || page.NextPageToken == p.Cursor {
		return len(batch), workflow.Past{Done: p.Done + 1}, nil
	}
	return len(batch), workflow.Past{Done: p.Done, Cursor: page.NextPageToken}, nil
}

// learnContent takes over what was posted for applications of the past. Those that the desk knew before are the looks'
// for content.
func (b *Bridge) learnContent(ctx context.Context, shop workflow.ShopID, calls *affiliate.Shop, batch []workflow.Observation) error {
	var keys []workflow.Key
	err := b.store.View(ctx, func(tx workflow.Tx) error {
		keys = nil
		for _, o := range batch {
			a, err := tx.Application(workflow.Key{Shop: shop, ID: o.ID})
			if err != nil {
				return err
			}
			if a.Past() && len(a.Contents) == 0 {
				keys = append(keys, a.Key)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("reading which applications of the past lack their content: %w", err)
	}
	for _, k := range keys {
		err := b.takeContent(ctx, calls, k)
		if affiliate.KindOf(err) == affiliate.ScopeMissing {
			return nil // what she asked for and got is worth knowing all the same
		}
		if err != nil {
			return err
		}
	}
	return nil
}
