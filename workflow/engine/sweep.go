package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"sampledesk/workflow"
)

// EndSweep closes a sweep of a shop: it gives out the cards there is capacity for, announces what became of shipments
// and, after a shop's first sweep, says how many wait without a card. Where there is nothing to do it only reads. It
// works in several transactions if there is much to do, so that clicks never queue behind it; what is announced comes
// with the last, also after a restart in between.
func (e *Engine) EndSweep(ctx context.Context, shop workflow.ShopID, at time.Time) error {
	deal, tell, forget := false, false, false
	err := e.store.View(ctx, func(tx workflow.Tx) error {
		room, err := cardCapacity(tx, shop, at)
		if err != nil {
			return err
		}
		if forget, err = stoppedForNobody(tx, room.Shop); err != nil {
			return err
		}
		cards, left := workflow.SweepEnded(room)
		news, err := tx.Count(workflow.NewsOf(shop))
		deal, tell = !room.Shop.InitialSyncDone || len(cards) > 0 || left > 0, news > 0 || len(room.Shop.Gathered) > 0
		return err
	})
	if err == nil && forget {
		err = e.forgetStop(ctx, shop)
	}
	for err == nil && deal {
		err = e.update(ctx, func(t *txn) (err error) {
			deal, err = endSweep(t, shop, at)
			return err
		})
	}
	for err == nil && tell {
		err = e.update(ctx, func(t *txn) (err error) {
			tell, err = gatherShipments(t, shop, at)
			return err
		})
	}
	return wrapSweep(shop, err)
}

func wrapSweep(shop workflow.ShopID, err error) error {
	if err != nil {
		return fmt.Errorf("ending the sweep of shop %s: %w", shop, err)
	}
	return nil
}

// endSweep gives out up to observeBatch cards and reports whether there are more; if not, it has those counted that are
// left.
func endSweep(t *txn, shop workflow.ShopID, at time.Time) (more bool, err error) {
	room, err := cardCapacity(t.tx, shop, at)
	if err != nil {
		return false, err
	}
	cards, left := workflow.SweepEnded(room)
	for _, k := range cards[:min(observeBatch, len(cards))] {
		if _, _, err := t.apply(k, workflow.CardRequested{At: at}); err != nil {
			return false, err
		}
	}
	if len(cards) > observeBatch {
		return true, nil
	}
	if left > 0 {
		n := workflow.Notice{ID: workflow.BacklogNotice(shop), Shop: shop, Kind: workflow.KindBacklog, Count: left}
		if err := t.notify(n, at, workflow.Routine); err != nil {
			return false, err
		}
	}
	if room.Shop.InitialSyncDone {
		return false, nil
	}
	room.Shop.InitialSyncDone = true
	return false, t.tx.PutShop(room.Shop)
}

// countBacklog has the message shown again that counts the applications without a card, when one more or one less waits.
func countBacklog(t *txn, before, after workflow.Application, at time.Time) error {
	waits := func(a workflow.Application) bool { return a.Decidable() && !a.Card.Wanted }
	if waits(before) == waits(after) {
		return nil
	}
	return t.renotify(workflow.BacklogNotice(after.Key.Shop), at, workflow.Routine)
}

func (t *txn) announce(shop workflow.ShopID, s workflow.Payload) error {
	lane := workflow.NoticeLane(shop)
	if s.Kind == workflow.KindShipment {
		lane = workflow.ShipmentLane(shop)
	}
	return t.enqueue(workflow.Effect{
		Kind: workflow.Announce, Lane: lane, Priority: workflow.Routine, Shop: shop, NotBefore: s.At, Payload: &s,
	}, s.At)
}

// cardCapacity gathers what SweepEnded has to know. The backlog is read from its front, soonest deadline first, only as
// far as there may be a card for it.
func cardCapacity(tx workflow.Tx, shop workflow.ShopID, at time.Time) (workflow.CardCapacity, error) {
	s, err := tx.Shop(shop)
	if err != nil {
		return workflow.CardCapacity{}, err
	}
	queue, err := tx.Count(workflow.QueueOf(shop))
	if err != nil {
		return workflow.CardCapacity{}, err
	}
	backlog, err := tx.Count(workflow.BacklogOf(shop))
	if err != nil {
		return workflow.CardCapacity{}, err
	}
	room := workflow.CardCapacity{Shop: s, At: at, Open: queue - backlog, Backlog: backlog}
	if backlog == 0 {
		return room, nil
	}
	closeBy := at.Add(workflow.CloseDeadline)
	for after := ""; ; {
		page, err := tx.Applications(workflow.BacklogOf(shop), after, observeBatch)
		if err != nil {
			return workflow.CardCapacity{}, err
		}
		room.Soonest = append(room.Soonest, page.Applications...)
		after = page.Next
		last := len(page.Applications) - 1
		if after == "" || last < 0 || len(room.Soonest) > workflow.MaxBacklogCards && !isClose(page.Applications[last], closeBy) {
			return room, nil
		}
	}
}

func isClose(a workflow.Application, closeBy time.Time) bool {
	return !a.Snapshot.ReviewBy.IsZero() && !a.Snapshot.ReviewBy.After(closeBy)
}

// StopShop records that TikTok refuses the shop as a whole, as the sweep (FromSync) or the dispatcher (FromDispatcher)
// found, and announces it once per failure. Decisions wait.
func (e *Engine) StopShop(ctx context.Context, shop workflow.ShopID, found workflow.Surface, failure workflow.Failure, at time.Time) error {
	return e.changeShop(ctx, shop, func(t *txn, s *workflow.Shop) (bool, error) {
		was, announced := s.StoppedBy(found), sameFailureCode(s.SyncStopped, failure) || sameFailureCode(s.ReviewsStopped, failure)
		if sameFailureCode(*was, failure) {
			return false, nil
		}
		*was = failure
		if announced {
			return true, nil
		}
		return true, t.announce(shop, workflow.Payload{Kind: workflow.KindStopped, At: at, Failure: failure, Shop: s.Name})
	})
}

// sameFailureCode reports whether a recorded failure is the one that occurred now.
func sameFailureCode(known, seen workflow.Failure) bool {
	switch {
	case known == (workflow.Failure{}):
		return false
	case known.Fault != "" && seen.Fault != "":
		return known.Fault == seen.Fault && known.Call == seen.Call
	default:
		return known.Code == seen.Code
	}
}

// AnnounceUnreadable announces requests that TikTok lists and of which not even the id or the status can be read, each
// once. The names are their ids as they came, and an empty one stands for all that have none.
func (e *Engine) AnnounceUnreadable(ctx context.Context, shop workflow.ShopID, names []string, at time.Time) error {
	return e.changeShop(ctx, shop, func(t *txn, s *workflow.Shop) (bool, error) {
		var fresh []string
		for _, name := range names {
			if name = workflow.Nameable(name); !slices.Contains(s.Unreadable, name) && !slices.Contains(fresh, name) {
				fresh = append(fresh, name)
			}
		}
		fresh = fresh[:min(len(fresh), workflow.MaxUnreadable)]
		if len(fresh) == 0 {
			return false, nil
		}
		announced := append(slices.Clone(s.Unreadable), fresh...)
		s.Unreadable = announced[max(0, len(announced)-workflow.MaxUnreadable):]
		return true, t.announce(shop, workflow.Payload{Kind: workflow.KindUnreadable, At: at, Shop: s.Name, Waiting: len(names), IDs: fresh[:min(len(fresh), maxNamed)]})
	})
}

// maxNamed is how many a message names.
const maxNamed = 10

// ResumeShop records that what StopShop recorded is over, and announces it once nothing else stops the shop.
func (e *Engine) ResumeShop(ctx context.Context, shop workflow.ShopID, found workflow.Surface, at time.Time) error {
	return e.changeShop(ctx, shop, func(t *txn, s *workflow.Shop) (bool, error) {
		was := s.StoppedBy(found)
		if *was == (workflow.Failure{}) {
			return false, nil
		}
		*was = workflow.Failure{}
		if s.SyncStopped != (workflow.Failure{}) || s.ReviewsStopped != (workflow.Failure{}) {
			return true, nil //nolint:nilerr // the other half of the shop is still stopped
		}
		return true, t.announce(shop, workflow.Payload{Kind: workflow.KindResumed, At: at, Shop: s.Name})
	})
}

// stoppedForNobody reports whether it is on record that TikTok accepts no decision of the shop while none waits to be
// sent any more: then nothing is tried that could show otherwise.
func stoppedForNobody(tx workflow.Tx, s workflow.Shop) (bool, error) {
	if s.ReviewsStopped == (workflow.Failure{}) {
		return false, nil
	}
	reviewing, err := tx.Count(workflow.StageOf(s.ID, workflow.StageReview))
	if err != nil {
		return false, err
	}
	undecided, err := tx.Count(workflow.QueueOf(s.ID))
	if err != nil || reviewing == undecided {
		return err == nil, err
	}
	for after := ""; ; { // an agency's request waits for nobody here, and is in no queue
		page, err := tx.Applications(workflow.StageOf(s.ID, workflow.StageReview), after, observeBatch)
		if err != nil {
			return false, err
		}
		for _, a := range page.Applications {
			if a.State().DecisionPending() {
				return false, nil
			}
		}
		if after = page.Next; after == "" {
			return true, nil
		}
	}
}

// forgetStop forgets that TikTok accepts no decision of the shop once none waits. Nothing is announced, as nobody knows
// that it is over: the next decision shows it.
func (e *Engine) forgetStop(ctx context.Context, shop workflow.ShopID) error {
	return e.changeShop(ctx, shop, func(t *txn, s *workflow.Shop) (bool, error) {
		forget, err := stoppedForNobody(t.tx, *s)
		if forget {
			s.ReviewsStopped = workflow.Failure{}
		}
		return forget, err
	})
}

// changeShop changes a shop's record, and writes nothing if change says that there is nothing to change.
func (e *Engine) changeShop(ctx context.Context, shop workflow.ShopID, change func(*txn, *workflow.Shop) (bool, error)) error {
	err := e.update(ctx, func(t *txn) error {
		s, err := t.tx.Shop(shop)
		if err != nil {
			return err
		}
		changed, err := change(t, &s)
		if err != nil {
			return err
		}
		if !changed {
			return errUnchanged
		}
		return t.tx.PutShop(s)
	})
	if errors.Is(err, errUnchanged) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("changing the record of shop %s: %w", shop, err)
	}
	return nil
}
