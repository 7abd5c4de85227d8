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

// lateMorning is how long after its time a morning message still comes, after the desk was down. Later it would not be
// a morning message.
const lateMorning = 10 * time.Hour

// Agenda is what a morning message lists: the applications whose deadline falls today or tomorrow, as they were in the
// morning, in the order in which they are shown.
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

// Morning posts a shop's morning messages once it is time: what has to be decided, and what has to be shipped, today
// and tomorrow. Each comes once a day and is edited as its items are handled; where nothing is due there is none.
func (e *Engine) Morning(ctx context.Context, shop ShopID, now time.Time) error {
	var agendas []Agenda
	day, due := "", false
	err := e.store.View(ctx, func(tx Tx) error {
		s, err := tx.Shop(shop)
		if day, due = s.morningDue(now); err != nil || !due {
			return err
		}
		agendas, err = agendasOf(tx, s, now)
		return err
	})
	if err == nil && due {
		err = e.update(ctx, func(t *txn) error { return t.morning(shop, day, agendas, now) })
	}
	if err != nil && !errors.Is(err, errUnchanged) {
		return fmt.Errorf("posting the morning messages of shop %s: %w", shop, err)
	}
	return nil
}

// morningDue reports whether the morning messages of the day are still to come, and which day it is. A zone that was
// changed brings no second one for a day that had one.
func (s Shop) morningDue(now time.Time) (day string, due bool) {
	local := now.In(s.Settings.Location())
	day = local.Format(time.DateOnly)
	begin := onDay(local, 0, minutesOf(s.Settings.morning()))
	return day, s.InitialSyncDone && s.LastMorning < day && !now.Before(begin) && now.Before(begin.Add(lateMorning))
}

// morning posts the messages of a day, unless that was done since they were gathered.
func (t *txn) morning(shop ShopID, day string, agendas []Agenda, now time.Time) error {
	s, err := t.tx.Shop(shop)
	if err != nil {
		return err
	}
	if today, due := s.morningDue(now); !due || today != day {
		return errUnchanged
	}
	s.LastMorning = day
	if err := t.tx.PutShop(s); err != nil {
		return err
	}
	for _, agenda := range agendas {
		n := Notice{ID: MorningNotice(shop, agenda.Deadline, day), Shop: shop, Kind: KindMorning, Agenda: &agenda}
		if err := t.notify(n, now, Routine); err != nil {
			return err
		}
	}
	return nil
}

// agendasOf gathers what there is to decide and to ship, if there is something.
func agendasOf(tx Tx, s Shop, now time.Time) (all []Agenda, err error) {
	for _, kind := range []DeadlineKind{ReviewDeadline, ShipDeadline} {
		agenda, err := agendaOf(tx, s, kind, now)
		if err != nil {
			return nil, err
		}
		if agenda.Today+agenda.Tomorrow > 0 {
			all = append(all, agenda)
		}
	}
	return all, nil
}

// agendaOf gathers what falls due until the end of tomorrow: what has to be decided with the most valuable first, what
// has to be shipped by product and variant, in picking order. Each day is for itself.
func agendaOf(tx Tx, s Shop, kind DeadlineKind, now time.Time) (Agenda, error) {
	local := now.In(s.Settings.Location())
	today, tomorrow := dayOf(local, 0), dayOf(local, 1)
	agenda := Agenda{Deadline: kind, Day: today}
	listing, order := QueueOf(s.ID), MoreValuable
	if kind == ShipDeadline {
		listing, order = StageOf(s.ID, StageAwaiting), pickOrder
	}
	var first, then []Application
	for cursor := sortTime(now); ; {
		page, err := tx.Applications(listing, cursor, observeBatch)
		if err != nil {
			return agenda, err
		}
		for _, a := range page.Applications {
			by := deadlineRow(kind).By(a, s.Settings)
			switch day := by.In(local.Location()).Format(time.DateOnly); {
			case by.IsZero() || day > tomorrow:
				page.Next = ""
			case day == tomorrow:
				agenda.Tomorrow++
				then = append(then, a)
			default:
				agenda.Today++
				first = append(first, a)
			}
		}
		first, then = foremost(first, order), foremost(then, order)
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	for _, a := range append(first, then...)[:min(len(first)+len(then), MaxMorning)] {
		agenda.Keys = append(agenda.Keys, a.Key)
	}
	return agenda, nil
}

// foremost keeps those that a morning message may name, in its order.
func foremost(all []Application, order func(a, b Application) int) []Application {
	slices.SortStableFunc(all, order)
	return all[:min(len(all), MaxMorning)]
}

// MoreValuable orders applications by what the creator sold in 30 days, then by their median views, then by their
// followers; what is not shared comes last.
func MoreValuable(a, b Application) int {
	x, y := a.Snapshot.Creator, b.Snapshot.Creator
	if d := amount(y.GMV).Cmp(amount(x.GMV)); d != 0 {
		return d
	}
	for _, f := range [][2]OptionalNumber{{x.MedianViews, y.MedianViews}, {x.Followers, y.Followers}} {
		switch {
		case f[0].Shared && !f[1].Shared, f[0].Value > f[1].Value:
			return -1
		case f[1].Shared && !f[0].Shared, f[1].Value > f[0].Value:
			return 1
		}
	}
	return 0
}

// amount reads money; what is not shared is less than zero.
func amount(m Money) *big.Rat {
	r, ok := new(big.Rat).SetString(m.Amount)
	if !ok || len(m.Amount) > 40 || strings.ContainsAny(m.Amount, "eE/") {
		return big.NewRat(-1, 1)
	}
	return r
}

func pickOrder(a, b Application) int {
	x, y := a.Snapshot.Product, b.Snapshot.Product
	if d := strings.Compare(x.Title+"\x00"+string(x.ID), y.Title+"\x00"+string(y.ID)); d != 0 {
		return d
	}
	return strings.Compare(x.Variant+"\x00"+x.SKU, y.Variant+"\x00"+y.SKU)
}

// updateMornings repaints the morning messages when one of their items was handled, came back or got another deadline.
func (t *txn) updateMornings(before, after Application, at time.Time) error {
	for _, kind := range []DeadlineKind{ReviewDeadline, ShipDeadline} {
		if !concerns(kind, before, after) {
			continue
		}
		if err := t.redrawMorning(kind, after.Key, at); err != nil {
			return err
		}
	}
	return nil
}

// concerns reports whether a change shows in a morning message about that kind of deadline.
func concerns(kind DeadlineKind, before, after Application) bool {
	stage, by := StageReview, before.Snapshot.ReviewBy.Equal(after.Snapshot.ReviewBy)
	if kind == ShipDeadline {
		stage, by = StageAwaiting, before.Snapshot.ShipBy.Equal(after.Snapshot.ShipBy)
	}
	was, is := before.Stage() == stage, after.Stage() == stage
	return (was || is) && (before.State() != after.State() || !by)
}

// redrawMorning has the last morning's message about that kind of deadline shown again, if it names the application.
func (t *txn) redrawMorning(kind DeadlineKind, k Key, at time.Time) error {
	s, err := t.tx.Shop(k.Shop)
	if errors.Is(err, ErrNotFound) || err == nil && s.LastMorning == "" {
		return nil
	}
	if err != nil {
		return err
	}
	n, err := t.tx.Notice(MorningNotice(s.ID, kind, s.LastMorning))
	if errors.Is(err, ErrNotFound) || err == nil && (n.Agenda == nil || !slices.Contains(n.Agenda.Keys, k)) {
		return nil
	}
	if err != nil {
		return err
	}
	return t.notify(n, at, Routine)
}
