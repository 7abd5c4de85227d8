package bridge

import (
	"context"
	"errors"
	"time"

	"sampledesk/affiliate"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// The pauses of a review.
const (
	// firstVerification and secondVerification are when to check what became of a decision whose answer was lost,
	// counted from the loss: the search lags a few seconds behind a write, so the vendor's reference asks for 5 s and
	// again 30 s.
	firstVerification  = 5 * time.Second
	secondVerification = 30 * time.Second

	// breakerPause is how long reviews of a shop wait once TikTok refused the shop as a whole; then one of them tries
	// again.
	breakerPause = 30 * time.Second

	// unknownShop is how long a review waits whose shop is not on record.
	unknownShop = 30 * time.Second
)

// reviewer delivers decisions.
type reviewer struct{ *Bridge }

// budget takes a place in the shop's budget of reviews. The check after a lost answer is a read, and reads are
// paced by the client.
func (b reviewer) budget(e workflow.Effect) time.Duration {
	state := b.of(e.Shop)
	return state.reviews.budget(e, func() time.Duration { return state.ready(affiliate.EndpointReview) })
}

// review sends a decision to TikTok. No idempotency key exists, so after a lost answer it checks before it repeats.
func (b reviewer) review(ctx context.Context, e workflow.Effect) engine.Outcome {
	a, s, err := b.load(ctx, e)
	if err != nil {
		return engine.Outcome{Then: engine.Again, After: unknownShop, Verifications: verifications(e), Failure: failureOf(err)}
	}
	if failure, wait := b.of(e.Shop).reviews.holds(e); wait > 0 {
		return heldUp(failure, wait)
	}
	calls := b.calls(s)
	switch {
	case e.Begun:
		// The desk stopped between the claim and the answer. Whether the call went out is unknown.
		return answerLost(workflow.Failure{Message: "the desk was interrupted while it was sending"})
	case e.Verifications > 0:
		return b.verify(ctx, e, a, appOf(s), calls)
	default:
		return b.send(ctx, e, s, calls)
	}
}

// verifications keeps that an earlier attempt may have succeeded.
func verifications(e workflow.Effect) int {
	if e.Begun {
		return max(e.Verifications, 1)
	}
	return e.Verifications
}

func (b reviewer) load(ctx context.Context, e workflow.Effect) (a workflow.Application, s workflow.Shop, err error) {
	err = b.store.View(ctx, func(tx workflow.Tx) (err error) {
		if s, err = tx.Shop(e.Shop); err != nil {
			return err
		}
		a, err = tx.Application(e.Key())
		return err
	})
	return a, s, err
}

func answerLost(c workflow.Failure) engine.Outcome {
	return engine.Outcome{
		Event: workflow.AnswerLost{At: time.Now(), Failure: c}, Then: engine.Again, After: firstVerification, Verifications: 1, Failure: c,
	}
}

// send makes the call.
func (b reviewer) send(ctx context.Context, e workflow.Effect, s workflow.Shop, calls *affiliate.Shop) engine.Outcome {
	err := calls.Review(ctx, affiliate.ApplicationID(e.Application), verdict(*e.Review))
	now := time.Now()
	if err == nil {
		b.reviewAnswered(ctx, e.Shop, now)
		return engine.Outcome{Event: workflow.Confirmed{At: now, Verdict: e.Review.Verdict}, Then: engine.Done}
	}
	c := failureOf(err)
	kind := affiliate.KindOf(err)
	switch {
	case affiliate.Unclear(err):
		return answerLost(c)
	case kind == affiliate.ShopUnknown && b.renamed(ctx, s):
		return engine.Outcome{Then: engine.AtOnce, Failure: c}
	case kind.Stops() != affiliate.StopsNothing:
		return b.stopReviews(ctx, e, c, now)
	case kind == affiliate.Refused:
		if _, fromTikTok := errors.AsType[*affiliate.Error](err); fromTikTok {
			b.reviewAnswered(ctx, e.Shop, now)
		}
		return engine.Outcome{Event: workflow.RefusedForGood{At: now, Failure: c}, Then: engine.Done, Failure: c}
	default:
		return engine.Outcome{Then: engine.Again, AtLeast: affiliate.RetryAfter(err), Failure: c}
	}
}

// stopReviews pauses the shop's reviews: the fault is not the application's, so decisions wait, and an admin is
// notified once.
func (b reviewer) stopReviews(ctx context.Context, e workflow.Effect, c workflow.Failure, now time.Time) engine.Outcome {
	b.of(e.Shop).reviews.trip(c, breakerPause)
	if err := b.engine.StopShop(ctx, e.Shop, workflow.FromDispatcher, c, now); err != nil {
		b.log.ErrorContext(ctx, "could not record that a shop stopped", "shop", e.Shop, "error", err)
	}
	return heldUp(c, time.Second)
}

// heldUp is the outcome of a decision that waits; the card shows why.
func heldUp(c workflow.Failure, pause time.Duration) engine.Outcome {
	return engine.Outcome{Event: workflow.HeldUp{At: time.Now(), Failure: c}, Then: engine.Again, After: pause, Failure: c}
}

// reviewAnswered clears the record that TikTok accepts no decision of the shop, now that it answered one, whatever the
// answer. It reads the record again, as another decision may have set it since this one was sent.
func (b reviewer) reviewAnswered(ctx context.Context, id workflow.ShopID, now time.Time) {
	b.of(id).reviews.reset()
	s, err := b.shopRecord(ctx, id)
	if err == nil && s.ReviewsStopped != (workflow.Failure{}) {
		err = b.engine.ResumeShop(ctx, id, workflow.FromDispatcher, now)
	}
	if err != nil {
		b.log.ErrorContext(ctx, "could not record that a shop resumed", "shop", id, "error", err)
	}
}

// verify finds out what became of a decision whose answer was lost. If TikTok still shows the application as pending at
// the second check, the decision did not arrive, and is sent again. A missing record proves nothing: the check is
// repeated.
func (b reviewer) verify(ctx context.Context, e workflow.Effect, a workflow.Application, app string, calls *affiliate.Shop) engine.Outcome {
	o, found, err := lookUp(ctx, calls, app, a)
	switch {
	case err != nil:
		return engine.Outcome{
			Then: engine.Again, AtLeast: affiliate.RetryAfter(err), Verifications: e.Verifications, Failure: failureOf(err),
		}
	case found && o.Snapshot.Status != workflow.StatusPending:
		return engine.Outcome{Event: o.Reported, Then: engine.Done}
	case e.Verifications == 1:
		return engine.Outcome{Then: engine.Again, After: secondVerification - firstVerification, Verifications: 2, Failure: e.Failure}
	case !found:
		return engine.Outcome{Then: engine.Again, AtLeast: secondVerification, Verifications: 2, Failure: e.Failure}
	default:
		return engine.Outcome{Then: engine.AtOnce, Failure: e.Failure}
	}
}
