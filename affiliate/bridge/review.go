package bridge

import (
	"context"
	"errors"
	"time"

	"sampledesk/affiliate"
	"sampledesk/workflow"
	"sampledesk/workflow/outbox"
)

// The pauses of a review.
const (
	// firstLook and secondLook are when to look what became of a decision whose answer was lost, counted from the loss:
	// the search lags a few seconds behind a write, so the vendor's reference asks for 5 s and again 30 s.
	firstLook  = 5 * time.Second
	secondLook = 30 * time.Second

	// hold is how long reviews of a shop rest once TikTok refused the shop as a whole; then one of them tries again.
	hold = 30 * time.Second

	// unknownShop is how long a review waits whose shop is not on record.
	unknownShop = 30 * time.Second
)

// reviewBudget takes a place in the shop's budget of reviews. A look, which follows a lost answer, is a read, and reads
// are paced by the client.
func (b *Bridge) reviewBudget(e workflow.Effect) time.Duration {
	b.mu.Lock()
	known := b.shops[e.Shop]
	b.mu.Unlock()
	return b.reviews.budget(e, func() time.Duration { return known.ready(affiliate.EndpointReview) })
}

// review carries a decision to TikTok. No idempotency key exists, so after an answer that was lost it looks before it
// repeats.
func (b *Bridge) review(ctx context.Context, e workflow.Effect) workflow.Outcome {
	a, s, err := b.load(ctx, e)
	if err != nil {
		return workflow.Outcome{Then: workflow.Again, After: unknownShop, Looks: looks(e), Cause: cause(err)}
	}
	if p, holds := b.reviews.holds(e); holds {
		return waits(p.cause, time.Until(p.until))
	}
	calls := b.shop(s)
	switch {
	case e.Begun:
		// The desk died between the claim and the answer. Whether the call went out, nobody knows.
		return lost(workflow.Cause{Message: "the desk was interrupted while it was sending"})
	case e.Looks > 0:
		return b.look(ctx, e, a, calls)
	default:
		return b.send(ctx, e, s, calls)
	}
}

// looks keeps the knowledge that an earlier attempt may have had its effect.
func looks(e workflow.Effect) int {
	if e.Begun {
		return max(e.Looks, 1)
	}
	return e.Looks
}

func (b *Bridge) load(ctx context.Context, e workflow.Effect) (a workflow.Application, s workflow.Shop, err error) {
	err = b.store.View(ctx, func(tx workflow.Tx) (err error) {
		if s, err = tx.Shop(e.Shop); err != nil {
			return err
		}
		a, err = tx.Application(e.Key())
		return err
	})
	return a, s, err
}

func lost(c workflow.Cause) workflow.Outcome {
	return workflow.Outcome{
		Event: workflow.AnswerLost{At: time.Now(), Cause: c}, Then: workflow.Again, After: firstLook, Looks: 1, Cause: c,
	}
}

// send makes the call.
func (b *Bridge) send(ctx context.Context, e workflow.Effect, s workflow.Shop, calls *affiliate.Shop) workflow.Outcome {
	err := calls.Review(ctx, affiliate.ApplicationID(e.Application), verdict(*e.Review))
	now := time.Now()
	if err == nil {
		b.answered(ctx, e.Shop, now)
		return workflow.Outcome{Event: workflow.Confirmed{At: now, Verdict: e.Review.Verdict}, Then: workflow.Done}
	}
	c := cause(err)
	kind := affiliate.KindOf(err)
	switch {
	case affiliate.Unclear(err):
		return lost(c)
	case kind == affiliate.ShopUnknown && b.renamed(ctx, s):
		return workflow.Outcome{Then: workflow.Again, Cause: c}
	case kind.Stops() != affiliate.StopsNothing:
		return b.stopped(ctx, e, c, now)
	case kind == affiliate.Refused:
		if _, fromTikTok := errors.AsType[*affiliate.Error](err); fromTikTok {
			b.answered(ctx, e.Shop, now)
		}
		return workflow.Outcome{Event: workflow.RefusedForGood{At: now, Cause: c}, Then: workflow.Done}
	default:
		return workflow.Outcome{Then: workflow.Again, After: max(affiliate.RetryAfter(err), outbox.Backoff(e.Attempt)), Cause: c}
	}
}

// stopped holds the shop's reviews: the fault is not the application's, so decisions wait, and an admin is told once.
func (b *Bridge) stopped(ctx context.Context, e workflow.Effect, c workflow.Cause, now time.Time) workflow.Outcome {
	b.reviews.trip(e.Shop, c, hold)
	if err := b.engine.StopShop(ctx, e.Shop, workflow.FromCourier, c, now); err != nil {
		b.log.ErrorContext(ctx, "could not record that a shop stopped", "shop", e.Shop, "error", err)
	}
	return waits(c, time.Second)
}

// waits lets a decision wait, and says why on its card.
func waits(c workflow.Cause, rest time.Duration) workflow.Outcome {
	return workflow.Outcome{Event: workflow.HeldUp{At: time.Now(), Cause: c}, Then: workflow.Again, After: max(rest, 0), Cause: c}
}

// answered clears the record that TikTok takes no decision of the shop, now that it judged one by itself, whatever it
// thought of it. It reads the record anew, as another decision may have put it there since this one was sent.
func (b *Bridge) answered(ctx context.Context, id workflow.ShopID, now time.Time) {
	b.reviews.reset(id)
	var s workflow.Shop
	err := b.store.View(ctx, func(tx workflow.Tx) (err error) {
		s, err = tx.Shop(id)
		return err
	})
	if err == nil && s.Barred != (workflow.Cause{}) {
		err = b.engine.ResumeShop(ctx, id, workflow.FromCourier, now)
	}
	if err != nil {
		b.log.ErrorContext(ctx, "could not record that a shop resumed", "shop", id, "error", err)
	}
}

// look finds out what became of a decision whose answer was lost. If TikTok still shows the application as pending at
// the second look, the decision did not arrive, and is sent again. That it shows none proves nothing: it looks on.
func (b *Bridge) look(ctx context.Context, e workflow.Effect, a workflow.Application, calls *affiliate.Shop) workflow.Outcome {
	o, found, err := lookUp(ctx, calls, a)
	switch {
	case err != nil:
		return workflow.Outcome{
			Then: workflow.Again, After: max(affiliate.RetryAfter(err), outbox.Backoff(e.Attempt)), Looks: e.Looks, Cause: cause(err),
		}
	case found && o.Report.Status != workflow.StatusPending:
		return workflow.Outcome{Event: o.Reported, Then: workflow.Done}
	case e.Looks == 1:
		return workflow.Outcome{Then: workflow.Again, After: secondLook - firstLook, Looks: 2, Cause: e.Cause}
	case !found:
		return workflow.Outcome{Then: workflow.Again, After: max(secondLook, outbox.Backoff(e.Attempt)), Looks: 2, Cause: e.Cause}
	default:
		return workflow.Outcome{Then: workflow.Again, Looks: 0, Cause: e.Cause}
	}
}
