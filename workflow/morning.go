package workflow

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"
)

// MaxMorning is how many applications a morning's message follows through the day; the others it counts.
const MaxMorning = 40

// lateMorning is how long after its time a morning message still comes, after a desk was asleep. Later it would be no
// morning's.
const lateMorning = 10 * time.Hour

// Agenda is what a morning message tells of: the applications whose deadline falls today or tomorrow, as they were in
// the morning, in the order in which they are shown.
type Agenda struct {
	Deadline DeadlineKind `json:"deadline"`
	Day      string       `json:"day"` // 2006-01-02, in the shop's zone
	Today    int          `json:"today"`
	Tomorrow int          `json:"tomorrow"`
	Keys     []Key        `json:"keys"`
}

// MorningNotice names a shop's morning message about one kind of deadline.
func MorningNotice(s ShopID, kind DeadlineKind, day string) NoticeID {
	return NoticeID("morning/" + string(s) + "/" + string(kind) + "/" + day)
}

// Morning posts a shop's morning messages once it is time: what has to be decided, and what has to be shipped, today and
// tomorrow. Each comes once a day and is edited as its items are handled; where nothing is due there is none.
func (e *Engine) Morning(ctx context.Context, shop ShopID, now time.Time) error {
	due := false
	err := e.store.View(ctx, func(tx Tx) error {
		s, err := tx.Shop(shop)
		_, due = s.morningDue(now)
		return err
	})
	if err == nil && due {
		err = e.update(ctx, func(t *turn) error { return t.morning(shop, now) })
	}
	if err != nil {
		return fmt.Errorf("telling shop %s of its morning: %w", shop, err)
	}
	return nil
}

// morningDue tells whether the morning messages of the day are still to come, and which day it is.
func (s Shop) morningDue(now time.Time) (day string, due bool) {
	local := now.In(s.Settings.Location())
	day = local.Format(time.DateOnly)
	m := clockOf(s.Settings.morning())
	begin := time.Date(local.Year(), local.Month(), local.Day(), m/60, m%60, 0, 0, local.Location())
	return day, s.Met && s.Morning != day && !now.Before(begin) && now.Before(begin.Add(lateMorning))
}

func (t *turn) morning(shop ShopID, now time.Time) error {
	s, err := t.tx.Shop(shop)
	if err != nil {
		return err
	}
	day, due := s.morningDue(now)
	if !due {
		return nil
	}
	s.Morning = day
	if err := t.tx.PutShop(s); err != nil {
		return err
	}
	for _, kind := range []DeadlineKind{ReviewDeadline, ShipDeadline} {
		agenda, err := agendaOf(t.tx, s, kind, now)
		if err != nil {
			return err
		}
		if agenda.Today+agenda.Tomorrow == 0 {
			continue
		}
		n := Notice{ID: MorningNotice(shop, kind, day), Shop: shop, Kind: SayMorning, Agenda: &agenda}
		if err := t.notify(n, now, Routine); err != nil {
			return err
		}
	}
	return nil
}

// agendaOf gathers what falls due until the end of tomorrow: what has to be decided with the most valuable first, what
// has to be shipped by product and variant, as one picks it. Each day is for itself.
func agendaOf(tx Tx, s Shop, kind DeadlineKind, now time.Time) (Agenda, error) {
	local := now.In(s.Settings.Location())
	agenda := Agenda{Deadline: kind, Day: local.Format(time.DateOnly)}
	tomorrow := time.Date(local.Year(), local.Month(), local.Day()+1, 0, 0, 0, 0, local.Location())
	after := time.Date(local.Year(), local.Month(), local.Day()+2, 0, 0, 0, 0, local.Location())
	listing, by := QueueOf(s.ID), func(a Application) time.Time { return a.Report.ReviewBy }
	if kind == ShipDeadline {
		listing, by = StageOf(s.ID, StageAwaiting), func(a Application) time.Time { return a.Report.ShipBy }
	}
	var today, next []Application
	for cursor := sortTime(now); ; {
		page, err := tx.Applications(listing, cursor, observeBatch)
		if err != nil {
			return agenda, err
		}
		for _, a := range page.Applications {
			switch due := by(a); {
			case due.IsZero() || !due.Before(after):
				page.Next = ""
			case due.Before(tomorrow):
				today = append(today, a)
			default:
				next = append(next, a)
			}
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	order := MoreValuable
	if kind == ShipDeadline {
		order = pickOrder
	}
	slices.SortStableFunc(today, order)
	slices.SortStableFunc(next, order)
	agenda.Today, agenda.Tomorrow = len(today), len(next)
	for _, a := range append(today, next...) {
		if len(agenda.Keys) == MaxMorning {
			break
		}
		agenda.Keys = append(agenda.Keys, a.Key)
	}
	return agenda, nil
}

// MoreValuable orders applications by what the creator sold in 30 days, then by her median views, then by her followers;
// what is not shared comes last.
func MoreValuable(a, b Application) int {
	x, y := a.Report.Creator, b.Report.Creator
	if d := amount(y.GMV).Cmp(amount(x.GMV)); d != 0 {
		return d
	}
	for _, f := range [][2]Figure{{x.MedianViews, y.MedianViews}, {x.Followers, y.Followers}} {
		switch {
		case f[0].Shared && !f[1].Shared, f[0].Value > f[1].Value:
			return -1
		case f[1].Shared && !f[0].Shared, f[1].Value > f[0].Value:
			return 1
		}
	}
	return 0
}

// amount reads money; what is not shared is below nothing.
func amount(m Money) *big.Rat {
	r, ok := new(big.Rat).SetString(m.Amount)
	if !ok || len(m.Amount) > 40 || strings.ContainsAny(m.Amount, "eE/") {
		return big.NewRat(-1, 1)
	}
	return r
}

func pickOrder(a, b Application) int {
	x, y := a.Report.Product, b.Report.Product
	if d := strings.Compare(x.Title+"\x00"+string(x.ID), y.Title+"\x00"+string(y.ID)); d != 0 {
		return d
	}
	return strings.Compare(x.Variant+"\x00"+x.SKU, y.Variant+"\x00"+y.SKU)
}

// handled has the morning's message say that one of its items was handled.
func (t *turn) handled(before, after Application, at time.Time) error {
	var kind DeadlineKind
	switch {
	case before.State() == after.State():
		return nil
	case before.State().Reviewing():
		kind = ReviewDeadline
	case before.State() == AwaitingShipment:
		kind = ShipDeadline
	default:
		return nil
	}
	s, err := t.tx.Shop(after.Key.Shop)
	if errors.Is(err, ErrNotFound) || err == nil && s.Morning == "" {
		return nil
	}
	if err != nil {
		return err
	}
	n, err := t.tx.Notice(MorningNotice(s.ID, kind, s.Morning))
	if errors.Is(err, ErrNotFound) || err == nil && (n.Agenda == nil || !slices.Contains(n.Agenda.Keys, after.Key)) {
		return nil
	}
	if err != nil {
		return err
	}
	return t.notify(n, at, Routine)
}
