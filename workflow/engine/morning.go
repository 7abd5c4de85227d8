package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"sampledesk/workflow"
)

// Morning posts a shop's morning messages once it is time: what has to be decided, and what has to be shipped, today
// and tomorrow. Each comes once a day and is edited as its items are handled; where nothing is due there is none.
func (e *Engine) Morning(ctx context.Context, shop workflow.ShopID, now time.Time) error {
	var agendas []workflow.Agenda
	day, due := "", false
	err := e.store.View(ctx, func(tx workflow.Tx) error {
		s, err := tx.Shop(shop)
		if day, due = s.MorningDue(now); err != nil || !due {
			return err
		}
		agendas, err = agendasOf(tx, s, now)
		return err
	})
	if err == nil && due {
		err = e.update(ctx, func(t *txn) error { return postMornings(t, shop, day, agendas, now) })
	}
	if err != nil && !errors.Is(err, errUnchanged) {
		return fmt.Errorf("posting the morning messages of shop %s: %w", shop, err)
	}
	return nil
}

// postMornings posts the messages of a day, unless that was done since they were gathered.
func postMornings(t *txn, shop workflow.ShopID, day string, agendas []workflow.Agenda, now time.Time) error {
	s, err := t.tx.Shop(shop)
	if err != nil {
		return err
	}
	if today, due := s.MorningDue(now); !due || today != day {
		return errUnchanged
	}
	s.LastMorning = day
	if err := t.tx.PutShop(s); err != nil {
		return err
	}
	for _, agenda := range agendas {
		n := workflow.Notice{ID: workflow.MorningNotice(shop, agenda.Deadline, day), Shop: shop, Kind: workflow.KindMorning, Agenda: &agenda}
		if err := t.notify(n, now, workflow.Routine); err != nil {
			return err
		}
	}
	return nil
}

// agendasOf gathers what there is to decide and to ship, if there is something.
func agendasOf(tx workflow.Tx, s workflow.Shop, now time.Time) (all []workflow.Agenda, err error) {
	for _, kind := range []workflow.DeadlineKind{workflow.ReviewDeadline, workflow.ShipDeadline} {
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
func agendaOf(tx workflow.Tx, s workflow.Shop, kind workflow.DeadlineKind, now time.Time) (workflow.Agenda, error) {
	local := now.In(s.Settings.Location())
	today, tomorrow := workflow.DayOf(local, 0), workflow.DayOf(local, 1)
	agenda := workflow.Agenda{Deadline: kind, Day: today}
	listing, order := workflow.QueueOf(s.ID), workflow.MoreValuable
	if kind == workflow.ShipDeadline {
		listing, order = workflow.StageOf(s.ID, workflow.StageAwaiting), pickOrder
	}
	var first, then []workflow.Application
	for cursor := workflow.CursorAt(now); ; {
		page, err := tx.Applications(listing, cursor, observeBatch)
		if err != nil {
			return agenda, err
		}
		for _, a := range page.Applications {
			by := workflow.DeadlineRowOf(kind).By(a, s.Settings)
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
	for _, a := range append(first, then...)[:min(len(first)+len(then), workflow.MaxMorning)] {
		agenda.Keys = append(agenda.Keys, a.Key)
	}
	return agenda, nil
}

// foremost keeps those that a morning message may name, in its order.
func foremost(all []workflow.Application, order func(a, b workflow.Application) int) []workflow.Application {
	slices.SortStableFunc(all, order)
	return all[:min(len(all), workflow.MaxMorning)]
}

func pickOrder(a, b workflow.Application) int {
	x, y := a.Snapshot.Product, b.Snapshot.Product
	if d := strings.Compare(x.Title+"\x00"+string(x.ID), y.Title+"\x00"+string(y.ID)); d != 0 {
		return d
	}
	return strings.Compare(x.Variant+"\x00"+x.SKU, y.Variant+"\x00"+y.SKU)
}

// updateMornings repaints the morning messages when one of their items was handled, came back or got another deadline.
func updateMornings(t *txn, before, after workflow.Application, at time.Time) error {
	for _, kind := range []workflow.DeadlineKind{workflow.ReviewDeadline, workflow.ShipDeadline} {
		if !concerns(kind, before, after) {
			continue
		}
		if err := redrawMorning(t, kind, after.Key, at); err != nil {
			return err
		}
	}
	return nil
}

// concerns reports whether a change shows in a morning message about that kind of deadline.
func concerns(kind workflow.DeadlineKind, before, after workflow.Application) bool {
	stage, by := workflow.StageReview, before.Snapshot.ReviewBy.Equal(after.Snapshot.ReviewBy)
	if kind == workflow.ShipDeadline {
		stage, by = workflow.StageAwaiting, before.Snapshot.ShipBy.Equal(after.Snapshot.ShipBy)
	}
	was, is := before.Stage() == stage, after.Stage() == stage
	return (was || is) && (before.State() != after.State() || !by)
}

// redrawMorning has the last morning's message about that kind of deadline shown again, if it names the application.
func redrawMorning(t *txn, kind workflow.DeadlineKind, k workflow.Key, at time.Time) error {
	s, err := t.tx.Shop(k.Shop)
	if errors.Is(err, workflow.ErrNotFound) || err == nil && s.LastMorning == "" {
		return nil
	}
	if err != nil {
		return err
	}
	n, err := t.tx.Notice(workflow.MorningNotice(s.ID, kind, s.LastMorning))
	if errors.Is(err, workflow.ErrNotFound) || err == nil && (n.Agenda == nil || !slices.Contains(n.Agenda.Keys, k)) {
		return nil
	}
	if err != nil {
		return err
	}
	return t.notify(n, at, workflow.Routine)
}

// Weekly announces a shop's report of the week before, on Monday once it is morning, if the shop wants one. A desk that
// was down on Monday announces it later in the week; its figures are gathered when it is delivered.
func (e *Engine) Weekly(ctx context.Context, shop workflow.ShopID, now time.Time) error {
	due := false
	err := e.store.View(ctx, func(tx workflow.Tx) error {
		s, err := tx.Shop(shop)
		_, due = s.WeeklyDue(now)
		return err
	})
	if err == nil && due {
		err = e.changeShop(ctx, shop, func(t *txn, s *workflow.Shop) (bool, error) {
			monday, due := s.WeeklyDue(now)
			if !due {
				return false, nil
			}
			s.LastWeeklyReport = monday
			return true, t.announce(shop, workflow.Payload{Kind: workflow.KindWeeklyReport, At: now, Day: monday, Shop: s.Name})
		})
	}
	if err != nil {
		return fmt.Errorf("reporting the week of shop %s: %w", shop, err)
	}
	return nil
}
