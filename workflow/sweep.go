package workflow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// EndSweep closes a sweep of a shop: it hands out the cards there is room for, announces what became of shipments and,
// after a shop's first sweep, tells how many wait without a card. Where there is nothing to do it only reads. Much of
// it is done in several transactions, so that clicks never queue behind it; what is announced comes with the last, also
// where the one before was the last that a desk lived to see.
func (e *Engine) EndSweep(ctx context.Context, shop ShopID, at time.Time) error {
	deal, tell := false, false
	err := e.store.View(ctx, func(tx Tx) error {
		room, err := roomOf(tx, shop, at)
		if err != nil {
			return err
		}
		cards, say := SweepEnded(room)
		news, err := tx.Count(NewsOf(shop))
		deal, tell = !room.Shop.Met || len(cards) > 0 || len(say) > 0, news > 0 || len(room.Shop.Gathered) > 0
		return err
	})
	for err == nil && deal {
		err = e.update(ctx, func(t *turn) (err error) {
			deal, err = t.endSweep(shop, at)
			return err
		})
	}
	for err == nil && tell {
		err = e.update(ctx, func(t *turn) (err error) {
			tell, err = t.tellShipments(shop, at)
			return err
		})
	}
	return wrapSweep(shop, err)
}

func wrapSweep(shop ShopID, err error) error {
	if err != nil {
		return fmt.Errorf("ending the sweep of shop %s: %w", shop, err)
	}
	return nil
}

// endSweep hands out up to observeBatch cards and tells whether there are more; if not, it announces what there is to
// announce.
func (t *turn) endSweep(shop ShopID, at time.Time) (more bool, err error) {
	room, err := roomOf(t.tx, shop, at)
	if err != nil {
		return false, err
	}
	cards, say := SweepEnded(room)
	for _, k := range cards[:min(observeBatch, len(cards))] {
		if _, _, err := t.apply(k, CardCalledFor{At: at}); err != nil {
			return false, err
		}
	}
	if len(cards) > observeBatch {
		return true, nil
	}
	for _, s := range say {
		if err := t.announce(shop, s); err != nil {
			return false, err
		}
	}
	if room.Shop.Met {
		return false, nil
	}
	room.Shop.Met = true
	return false, t.tx.PutShop(room.Shop)
}

func (t *turn) announce(shop ShopID, s Saying) error {
	lane := NoticeLane(shop)
	if s.Kind == SayShipment {
		lane = ShipmentLane(shop)
	}
	return t.enqueue(Effect{
		Kind: Announce, Lane: lane, Priority: Routine, Shop: shop, NotBefore: s.At, Saying: &s,
	}, s.At)
}

// roomOf gathers what SweepEnded has to know. The backlog is read from its front, soonest deadline first, only as far
// as there may be a card for it.
func roomOf(tx Tx, shop ShopID, at time.Time) (Room, error) {
	s, err := tx.Shop(shop)
	if err != nil {
		return Room{}, err
	}
	queue, err := tx.Count(QueueOf(shop))
	if err != nil {
		return Room{}, err
	}
	backlog, err := tx.Count(BacklogOf(shop))
	if err != nil {
		return Room{}, err
	}
	room := Room{Shop: s, At: at, Open: queue - backlog, Backlog: backlog}
	if backlog == 0 {
		return room, nil
	}
	closeBy := at.Add(CloseDeadline)
	for after := ""; ; {
		page, err := tx.Applications(BacklogOf(shop), after, observeBatch)
		if err != nil {
			return Room{}, err
		}
		room.Soonest = append(room.Soonest, page.Applications...)
		for _, a := range page.Applications {
			if due := a.Report.ReviewBy; !due.IsZero() && !due.After(closeBy) {
				room.DueSoon++
			}
		}
		after = page.Next
		last := len(page.Applications) - 1
		if after == "" || last < 0 || len(room.Soonest) > MaxBacklogCards && !isClose(page.Applications[last], closeBy) {
			return room, nil
		}
	}
}

func isClose(a Application, closeBy time.Time) bool {
	return !a.Report.ReviewBy.IsZero() && !a.Report.ReviewBy.After(closeBy)
}

// StopShop puts on record that TikTok refuses the shop as a whole, as the sweep (FromSync) or the courier (FromCourier)
// found, and announces it once per cause. Decisions wait.
func (e *Engine) StopShop(ctx context.Context, shop ShopID, found Surface, cause Cause, at time.Time) error {
	return e.changeShop(ctx, shop, func(t *turn, s *Shop) (bool, error) {
		was, told := s.stop(found), sameFault(s.Stopped, cause) || sameFault(s.Barred, cause)
		if sameFault(*was, cause) {
			return false, nil
		}
		*was = cause
		if told {
			return true, nil
		}
		return true, t.announce(shop, Saying{Kind: SayStopped, At: at, Cause: cause, Shop: s.Name})
	})
}

// sameFault tells whether a cause that is on record is the one that was met now.
func sameFault(known, met Cause) bool {
	switch {
	case known == (Cause{}):
		return false
	case known.Fault != "" && met.Fault != "":
		return known.Fault == met.Fault && known.Call == met.Call
	default:
		return known.Code == met.Code
	}
}

// MaxUnreadable is how many unreadable requests a shop's record names, and with that how many are told.
const MaxUnreadable = 500

// TellUnreadable announces requests that TikTok lists and of which not even the id or the status can be read, each once.
// The names are their ids as they came, and an empty one stands for all that have none.
func (e *Engine) TellUnreadable(ctx context.Context, shop ShopID, names []string, at time.Time) error {
	return e.changeShop(ctx, shop, func(t *turn, s *Shop) (bool, error) {
		var fresh []string
		for _, name := range names {
			if name = nameable(name); !slices.Contains(s.Unreadable, name) && !slices.Contains(fresh, name) {
				fresh = append(fresh, name)
			}
		}
		fresh = fresh[:min(len(fresh), MaxUnreadable)]
		if len(fresh) == 0 {
			return false, nil
		}
		told := append(slices.Clone(s.Unreadable), fresh...)
		s.Unreadable = told[max(0, len(told)-MaxUnreadable):]
		return true, t.announce(shop, Saying{Kind: SayUnreadable, At: at, Shop: s.Name, Waiting: len(names), IDs: fresh[:min(len(fresh), maxNamed)]})
	})
}

// maxNamed is how many a message names.
const maxNamed = 10

// ResumeShop puts on record that what StopShop recorded is over, and announces it once nothing else is in the way.
func (e *Engine) ResumeShop(ctx context.Context, shop ShopID, found Surface, at time.Time) error {
	return e.changeShop(ctx, shop, func(t *turn, s *Shop) (bool, error) {
		was := s.stop(found)
		if *was == (Cause{}) {
			return false, nil
		}
		*was = Cause{}
		if s.Stopped != (Cause{}) || s.Barred != (Cause{}) {
			return true, nil
		}
		return true, t.announce(shop, Saying{Kind: SayResumed, At: at, Shop: s.Name})
	})
}

// changeShop changes a shop's record, and writes nothing if change says that there is nothing to change.
func (e *Engine) changeShop(ctx context.Context, shop ShopID, change func(*turn, *Shop) (bool, error)) error {
	err := e.update(ctx, func(t *turn) error {
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
