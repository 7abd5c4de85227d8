package bridge

import (
	"cmp"
	"context"
	"strings"
	"time"

	"sampledesk/affiliate"
	"sampledesk/workflow"
)

const (
	// watchedPerRun is how many applications are asked about at a time, with two calls each; the next run goes on where
	// one left off.
	watchedPerRun = 1000

	// growthTime is how long after an application was completed its content is still read.
	growthTime = 14 * 24 * time.Hour

	// maxContentText and maxContentLink bound what is kept of a piece of content, in code points and in bytes.
	maxContentText = 500
	maxContentLink = 2000
)

// WatchAll reads what creators posted, for every connected shop separately, and returns when all are done. It may be
// called while it runs: a shop that is still being read is skipped. How it went is in Watches and in the log. A shop that
// TikTok does not answer for waits until a sweep finds that it does.
func (b *Bridge) WatchAll(ctx context.Context) { b.WatchDue(ctx, time.Time{}) }

// WatchDue is WatchAll for a tick: each shop's is read by one of the desks that share the store.
func (b *Bridge) WatchDue(ctx context.Context, tick time.Time) {
	b.forEachShop(ctx, "content poll failed", func(s workflow.Shop, state *shopState) {
		if s.SyncStopped == (workflow.Failure{}) || s.SyncStopped.Call != "" {
			b.run(ctx, s.ID, &state.watch, tick, func(ctx context.Context) error { return b.watch(ctx, s, state) })
		}
	})
}

// Watches returns how the last read of each shop's content went.
func (b *Bridge) Watches() map[workflow.ShopID]Sweep {
	return b.went(func(s *shopState) *job { return &s.watch })
}

// watch goes on with the round: every application that may bring content is asked about once in each. One that fails is
// left to the next round, so that it does not delay the others. After a restart a round begins again.
func (b *Bridge) watch(ctx context.Context, s workflow.Shop, state *shopState) error {
	if len(state.watched) == 0 {
		var err error
		if state.watched, err = b.watched(ctx, s.ID, time.Now()); err != nil {
			return err
		}
	}
	calls := b.calls(s)
	for n := 0; n < b.watchPerRun && len(state.watched) > 0; n++ {
		k := state.watched[0]
		state.watched = state.watched[1:]
		if err := b.takeContent(ctx, calls, k); err != nil {
			return err
		}
	}
	return nil
}

// watched lists the applications that may bring content: delivered, on their way, and completed a while ago at the
// most, whose content may still grow. Those that had ended before the desk knew them are left to the backfill.
func (b *Bridge) watched(ctx context.Context, shop workflow.ShopID, now time.Time) (all []workflow.Key, err error) {
	since := now.Add(-growthTime)
	for _, stage := range []workflow.Stage{workflow.StageContent, workflow.StageShipping, workflow.StageCompleted} {
		for a, err := range b.applications(ctx, "the applications that may bring content", workflow.StageOf(shop, stage)) {
			if err != nil {
				return nil, err
			}
			if a.State() == workflow.Completed && a.ChangedAt.Before(since) {
				break // the latest come first
			}
			if !a.Backfilled() {
				all = append(all, a.Key)
			}
		}
	}
	return all, nil
}

// takeContent asks what a creator posted for an application, and stores it. If that cannot be read, it is logged once
// and the others are still asked about.
func (b *Bridge) takeContent(ctx context.Context, calls *affiliate.Shop, k workflow.Key) error {
	found, err := posted(ctx, calls, affiliate.ApplicationID(k.ID))
	if kind := affiliate.KindOf(err); kind == affiliate.Refused || kind == affiliate.Malformed {
		if b.firstOf("content " + k.String()) {
			b.log.WarnContext(ctx, "could not read the content of an application", "shop", k.Shop, "application", k.ID, "error", err)
		}
		err = nil
	}
	if err != nil || len(found) == 0 {
		return err
	}
	_, err = b.engine.FindContent(ctx, k, found, time.Now())
	return err
}

// posted returns what a creator posted for an application, in either format. An answer that cannot be read does not hide
// what is found in the other format: then there is both something found and an error.
func posted(ctx context.Context, calls *affiliate.Shop, id affiliate.ApplicationID) (all []workflow.Content, err error) {
	for _, format := range []affiliate.ContentFormat{affiliate.ContentVideo, affiliate.ContentLive} {
		found, unread := calls.Content(ctx, id, format)
		if unread != nil && affiliate.KindOf(unread) != affiliate.Malformed {
			return nil, unread
		}
		err = cmp.Or(err, unread)
		for _, c := range found {
			if strings.ContainsRune(string(c.ID), 0) {
				continue // no store keeps such a name
			}
			all = append(all, content(c, format))
		}
	}
	return all, err
}

// content turns a piece of content into the workflow's type. The format is the one that was asked for, as an answer
// need not repeat it.
func content(c affiliate.Content, format affiliate.ContentFormat) workflow.Content {
	text, link := []rune(c.Description), c.PageLink
	if len(text) > maxContentText {
		text = text[:maxContentText]
	}
	if len(link) > maxContentLink {
		link = "" // half a link is wrong
	}
	return workflow.Content{
		ID: string(c.ID), Format: string(format), Text: string(text), Link: link, At: c.Created,
		Views: optionalNumber(c.Views), Likes: optionalNumber(c.Likes), Orders: optionalNumber(c.PaidOrders),
	}
}
