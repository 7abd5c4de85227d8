package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sampledesk/workflow"
)

// Outcome is what came of a delivery: what is recorded of it, and what becomes of the effect, in one transaction.
type Outcome struct {
	Event  workflow.Event // applied to the effect's application, or kept with the notice that it was to show; nil for none
	Result Result         // what else the delivery found out; nil for nothing
	Then   Then

	// For Again: After is exactly how long the effect waits. Where it is zero, the dispatcher's back-off holds, and
	// AtLeast is what the service asked for beside.
	After   time.Duration
	AtLeast time.Duration

	Verifications int              // kept with the effect, for Again and AtOnce
	Refusals      int              // kept with the effect, for Again and AtOnce
	Nothing       bool             // nothing was sent: it stood there already, or had lost its reason
	RequestID     string           // by which the service knows the call, where it names one; for the log
	Tell          bool             // for Buried: the shop's admins have to hear of it
	Failure       workflow.Failure // kept with the effect, unless it is done
}

// Result is what a delivery found out of something else than a card or a notice: of a message or a run.
type Result interface {
	// record keeps it.
	record(*txn, workflow.Effect) error
}

// Then is what becomes of an effect after a delivery.
type Then int

// The fates of an effect.
const (
	Done   Then = iota // it is removed
	Again              // it is tried again, after a while
	AtOnce             // it is tried again at once: it was not done, and nothing is in its way
	Park               // it waits until its lane is woken
	Buried             // it can never be delivered: it becomes a dead letter
)

// Claim is ClaimAll of one effect; ok reports whether it was got.
func (e *Engine) Claim(ctx context.Context, id workflow.EffectID, now, until time.Time) (eff workflow.Effect, ok bool, err error) {
	got, err := e.ClaimAll(ctx, []workflow.EffectID{id}, now, until)
	if len(got) == 0 {
		return workflow.Effect{}, false, err
	}
	return got[0], true, err
}

// ClaimAll takes effects for delivery until the given time, all in one transaction, and returns those that it got. For
// a decision this is the moment of sending (L12): in the same transaction the application is marked so. The others are
// another's, or have lost their reason and were dropped. What only edits a message is leased.
func (e *Engine) ClaimAll(ctx context.Context, ids []workflow.EffectID, now, until time.Time) ([]workflow.Effect, error) {
	var got []workflow.Effect
	err := e.update(ctx, func(t *txn) error {
		got = nil
		for _, id := range ids {
			eff, ok, err := claimOne(t, id, now, until)
			if err != nil {
				return fmt.Errorf("claiming effect %s: %w", id, err)
			}
			if ok {
				got = append(got, eff)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return got, nil
}

func claimOne(t *txn, id workflow.EffectID, now, until time.Time) (eff workflow.Effect, ok bool, err error) {
	if eff, err = t.tx.Effect(id); err != nil {
		return eff, false, unlessLost(err)
	}
	edit, err := onlyEdits(t.tx, eff)
	if err != nil {
		return eff, false, err
	}
	if edit {
		eff, err = t.tx.Lease(id, now, until)
	} else {
		eff, err = t.tx.Claim(id, now, until)
	}
	if err != nil {
		return eff, false, unlessLost(err)
	}
	ok, err = markSent(t, eff, now)
	return eff, ok, err
}

// unlessLost returns what else went wrong than that a claim is another's, or its effect gone.
func unlessLost(err error) error {
	if errors.Is(err, workflow.ErrConflict) || errors.Is(err, workflow.ErrNotFound) {
		return nil
	}
	return err
}

// onlyEdits reports whether an effect only brings a message up to date that is there, and that no earlier attempt has to be
// looked into: then it may be done twice.
func onlyEdits(tx workflow.Tx, eff workflow.Effect) (bool, error) {
	if eff.Begun || eff.Verifications > 0 {
		return false, nil
	}
	switch eff.Kind {
	case workflow.ShowCard:
		a, err := load(tx, eff.Key())
		return a.Card.Posted(), err
	case workflow.ShowNotice:
		n, err := tx.Notice(eff.Notice)
		if errors.Is(err, workflow.ErrNotFound) {
			return false, nil
		}
		return n.Posted(), err
	default:
		return false, nil
	}
}

// errClaimLost is returned where a claim is another's, or its effect is gone.
var errClaimLost = errors.New("the claim is lost")

// claimLost turns the errors of a lost claim into errClaimLost. Whatever else goes wrong while an outcome is recorded
// must not be ignored.
func claimLost(err error) error {
	if errors.Is(err, workflow.ErrConflict) || errors.Is(err, workflow.ErrNotFound) {
		return errClaimLost
	}
	return err
}

// markSent marks the decision behind a review as sent, and drops a review that has no decision behind it any more.
func markSent(t *txn, eff workflow.Effect, now time.Time) (bool, error) {
	if eff.Kind != workflow.ReviewOnTikTok {
		return true, nil
	}
	a, err := load(t.tx, eff.Key())
	if err != nil {
		return false, err
	}
	if a.Decision.Review != eff.ID || !a.State().DecisionPending() {
		return false, t.remove(eff)
	}
	if a.State() == workflow.Queued && a.Decision.Rule != "" { // it may have been paused, or the facts are others by now
		if a, err = t.recheck(a, now); err != nil {
			return false, err
		}
		if a.Decision.Review != eff.ID {
			return false, t.remove(eff)
		}
	}
	_, _, err = t.apply(eff.Key(), workflow.Claimed{At: now, Review: eff.ID})
	return true, err
}

// Extend prolongs a claim; false if it is another's by now, and the delivery's outcome will not count.
func (e *Engine) Extend(ctx context.Context, eff workflow.Effect, until time.Time) (bool, error) {
	err := e.store.Update(ctx, func(tx workflow.Tx) error { return tx.Extend(eff.ID, eff.Attempt, until) })
	if errors.Is(err, workflow.ErrConflict) || errors.Is(err, workflow.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// Settle records what came of a delivery and releases its claim. An outcome whose claim is another's by now is dropped:
// whoever holds the claim finds out again.
func (e *Engine) Settle(ctx context.Context, eff workflow.Effect, o Outcome, now time.Time) error {
	return e.SettleSoon(ctx, eff, o, now, 0)
}

// SettleSoon is Settle, but an outcome that nobody waits for and that could be found out again may wait up to patience
// for another commit to go along with. If ctx ends meanwhile, nothing is recorded.
func (e *Engine) SettleSoon(ctx context.Context, eff workflow.Effect, o Outcome, now time.Time, patience time.Duration) error {
	settle := func(t *txn) error {
		if err := t.tx.Extend(eff.ID, eff.Attempt, now); err != nil {
			return claimLost(err)
		}
		if o.Event != nil {
			if err := t.happened(eff, o.Event); err != nil {
				return err
			}
		}
		if o.Result != nil {
			if err := o.Result.record(t, eff); err != nil {
				return err
			}
		}
		return disposeOf(t, eff, o, now)
	}
	var err error
	if patience > 0 && o.patient(eff) {
		err = e.updateSoon(ctx, func() time.Duration { return e.patience(ctx, eff, patience) }, settle)
	} else {
		err = e.update(ctx, settle)
	}
	if errors.Is(err, errClaimLost) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("settling effect %s: %w", eff.ID, err)
	}
	return nil
}

// patient reports whether an outcome may be recorded a little later: an edit that was made could be made again, and a
// message that was posted is recognised. Nothing else may rest on it, and nobody look for it: what failed before is
// listed.
func (o Outcome) patient(eff workflow.Effect) bool {
	if o.Then != Done || eff.Attempt > 1 || eff.Failure != (workflow.Failure{}) {
		return false
	}
	if shown, ok := o.Event.(workflow.PostShown); ok {
		return eff.Leased && !shown.Bare && len(shown.Pages) == 0 // or the next repaint would have to know
	}
	return o.Event == nil && o.Result == nil && (eff.Leased || eff.Kind == workflow.Reply || eff.Kind == workflow.Announce || eff.Kind == workflow.CallWebhook)
}

// patience is none where something waits behind an effect in its lane.
func (e *Engine) patience(ctx context.Context, eff workflow.Effect, patience time.Duration) time.Duration {
	err := e.store.View(ctx, func(tx workflow.Tx) error {
		n, err := tx.Length(eff.Lane)
		if n > 1 {
			patience = 0
		}
		return err
	})
	if err != nil {
		return 0
	}
	return patience
}

func disposeOf(t *txn, eff workflow.Effect, o Outcome, now time.Time) error {
	eff.Failure, eff.Verifications, eff.Refusals = o.Failure, o.Verifications, o.Refusals
	if eff.Kind == workflow.SendMessage {
		n, err := t.tx.Notice(eff.Notice)
		if err != nil {
			return err
		}
		eff.Creator = n.Creator // they may be known by another key by now
	}
	switch o.Then {
	case Again, AtOnce:
		eff.NotBefore = now.Add(o.After)
		t.enqueued = true // the dispatcher has to know when
		return t.tx.Release(eff)
	case Park:
		return park(t, eff)
	case Buried:
		if err := errors.Join(t.tx.Bury(eff, now), t.nextMayGo(eff.Lane)); err != nil || !o.Tell {
			return err
		}
		if eff.Kind == workflow.CallWebhook {
			return tellWebhookFailed(t, eff, now)
		}
		return tellUndelivered(t, eff, now)
	default:
		return t.remove(eff)
	}
}

// remove takes an effect out of its lane.
func (t *txn) remove(eff workflow.Effect) error {
	return errors.Join(t.tx.Remove(eff.ID), t.nextMayGo(eff.Lane))
}

// nextMayGo wakes the dispatcher if a lane holds something: its head has gone.
func (t *txn) nextMayGo(l workflow.Lane) error {
	_, err := t.tx.First(l)
	if errors.Is(err, workflow.ErrNotFound) {
		return nil
	}
	t.enqueued = true
	return err
}

// undeliveredRests is for how long a shop's admins are not told of further dead letters: the first points them to the
// list, and an outage must not bring a flood.
const undeliveredRests = 24 * time.Hour

// tellUndelivered tells a shop's channel, its admins named, that something became a dead letter.
func tellUndelivered(t *txn, eff workflow.Effect, now time.Time) error {
	if eff.Payload != nil && eff.Payload.Kind == workflow.KindUndelivered {
		return nil
	}
	s, err := t.tx.Shop(eff.Shop)
	if errors.Is(err, workflow.ErrNotFound) || err == nil && now.Before(s.Undelivered.Add(undeliveredRests)) {
		return nil
	}
	if err != nil {
		return err
	}
	s.Undelivered = now
	if err := t.tx.PutShop(s); err != nil {
		return err
	}
	return t.announce(s.ID, workflow.Payload{Kind: workflow.KindUndelivered, At: now, Failure: eff.Failure, Shop: s.Name})
}

// park parks a reply until its card is in Slack, unless the card was posted in the meantime.
func park(t *txn, eff workflow.Effect) error {
	a, err := load(t.tx, eff.Key())
	if err != nil {
		return err
	}
	eff.Parked = !a.Card.Posted()
	t.enqueued = t.enqueued || !eff.Parked
	return t.tx.Release(eff)
}
