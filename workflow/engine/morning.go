package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"sampledesk/workflow"
)

// Morning posts a shop's message of the day once it is morning: what has to be decided, and what has to be shipped, soon. It
// comes once a day and is edited as its items are handled; where nothing is due there is none. Steps that are due by then
// are told by it.
func (e *Engine) Morning(ctx context.Context, shop workflow.ShopID, now time.Time) error {
	due, set := false, false
	err := e.store.View(ctx, func(tx workflow.Tx) error {
		s, err := tx.Shop(shop)
		_, due = s.MorningDue(now)
		set = s.TimersSet()
		return err
	})
	c := clock{e, shop, now}
	if err == nil && due && !set {
		err = c.setTimers(ctx) // which steps are due is asked of the timers
	}
	if err == nil && due {
		err = c.showDay(ctx, inMorning)
	}
	if err != nil {
		return fmt.Errorf("posting the morning message of shop %s: %w", shop, err)
	}
	return nil
}

// occasion is when a day's message is looked at.
type occasion int

const (
	inMorning occasion = iota // it comes, unless nothing is due
	forMany                   // many steps are due: it comes, if there is none yet
	forFew                    // steps are due: it is edited, if there is one
)

// showDay posts a shop's message of the day, or gathers anew what it lists.
func (c clock) showDay(ctx context.Context, when occasion) error {
	var agenda workflow.Agenda
	day, due := "", false
	err := c.engine.store.View(ctx, func(tx workflow.Tx) error {
		s, err := tx.Shop(c.shop)
		if day, due = c.dayDue(s, when); err != nil || !due {
			return err
		}
		agenda, err = agendaOf(tx, s, c.now)
		return err
	})
	if err == nil && due {
		err = c.engine.update(ctx, func(t *txn) error { return c.putDay(t, when, day, agenda) })
	}
	if errors.Is(err, errUnchanged) {
		return nil
	}
	return err
}

// dayDue reports whether the message of the day is to be posted or gathered anew, and which day it is.
func (c clock) dayDue(s workflow.Shop, when occasion) (day string, due bool) {
	switch when {
	case inMorning:
		return s.MorningDue(c.now)
	case forMany:
		return s.Today(c.now), true
	default:
		return s.Today(c.now), s.Digest.Day == s.Today(c.now)
	}
}

// putDay keeps the message of a day, unless that was done since it was gathered.
func (c clock) putDay(t *txn, when occasion, day string, agenda workflow.Agenda) error {
	s, err := t.tx.Shop(c.shop)
	if err != nil {
		return err
	}
	if today, due := c.dayDue(s, when); !due || today != day {
		return errUnchanged
	}
	if when == inMorning {
		s.LastMorning = day
		if err := t.digestRules(s, c.now); err != nil {
			return err
		}
	}
	waiting, err := t.tx.CountWaiting(s.ID)
	if err != nil {
		return err
	}
	n, err := t.tx.Notice(workflow.MorningNotice(s.ID, day))
	known := err == nil
	switch {
	case err != nil && !errors.Is(err, workflow.ErrNotFound):
		return err
	case len(agenda.Keys)+len(agenda.Ship)+waiting == 0 && !known:
		return t.tx.PutShop(s)
	case known && n.Agenda != nil:
		agenda = followed(agenda, *n.Agenda)
	default:
		n = workflow.Notice{ID: workflow.MorningNotice(s.ID, day), Shop: s.ID, Kind: workflow.KindMorning}
	}
	before := s.Digest.Day
	switch {
	case !known:
		s.GroupCount++
		s.Digest = workflow.Digest{Day: day, At: c.now, N: s.GroupCount}
	case before != day:
		s.Digest = workflow.Digest{Day: day} // an edit tells nobody
	}
	n.Agenda = &agenda
	if err := t.tx.PutShop(s); err != nil {
		return err
	}
	if before != "" && before != day { // its message says where the items are now
		if err := t.renotify(workflow.MorningNotice(s.ID, before), c.now, workflow.Routine); err != nil {
			return err
		}
	}
	return t.notify(n, c.now, workflow.Routine)
}

// followed adds to what was gathered anew what the message lists already: what was handled since is shown too.
func followed(fresh, was workflow.Agenda) workflow.Agenda {
	fresh.At, fresh.Audience, fresh.Day = was.At, was.Audience, was.Day
	fresh.Keys, fresh.Ship = alsoKeys(fresh.Keys, was.Keys), alsoKeys(fresh.Ship, was.Ship)
	return fresh
}

func alsoKeys(fresh, was []workflow.Key) []workflow.Key {
	for _, k := range was {
		if len(fresh) < 2*workflow.MaxMorning && !slices.Contains(fresh, k) {
			fresh = append(fresh, k)
		}
	}
	return fresh
}

// agendaOf gathers what falls due soon: what has to be decided with the most urgent first, and of these the most valuable;
// what has to be shipped by product and variant, in picking order.
func agendaOf(tx workflow.Tx, s workflow.Shop, now time.Time) (workflow.Agenda, error) {
	agenda := workflow.Agenda{Day: s.Today(now), At: now}
	urgent := func(a, b workflow.Application) int {
		x, y := s.Settings.Urgency(a.Snapshot.ReviewBy.Sub(now)), s.Settings.Urgency(b.Snapshot.ReviewBy.Sub(now))
		return cmp.Or(y-x, workflow.MoreValuable(a, b))
	}
	review, err := gatherDue(tx, s, workflow.ReviewDeadline, now, urgent, &agenda.Audience)
	if err != nil {
		return agenda, err
	}
	soonest := func(a, b workflow.Application) int { return a.Snapshot.ShipBy.Compare(b.Snapshot.ShipBy) }
	ship, err := gatherDue(tx, s, workflow.ShipDeadline, now, soonest, &agenda.Audience)
	if err != nil {
		return agenda, err
	}
	slices.SortStableFunc(ship, pickOrder)
	for _, a := range review {
		agenda.Keys = append(agenda.Keys, a.Key)
	}
	for _, a := range ship {
		agenda.Ship = append(agenda.Ship, a.Key)
	}
	return agenda, nil
}

// gatherDue gathers the foremost of what falls due soon, and widens the audience to that of the steps that are due.
func gatherDue(
	tx workflow.Tx, s workflow.Shop, kind workflow.DeadlineKind, now time.Time, order func(a, b workflow.Application) int, audience *workflow.Audience,
) (all []workflow.Application, err error) {
	listing, until := workflow.QueueOf(s.ID), now.Add(s.Settings.DigestSpan())
	if kind == workflow.ShipDeadline {
		listing = workflow.StageOf(s.ID, workflow.StageAwaiting)
	}
	for cursor := workflow.DueBy(now); ; {
		page, err := tx.Applications(listing, cursor, observeBatch)
		if err != nil {
			return nil, err
		}
		for _, a := range page.Applications {
			by := workflow.DeadlineRowOf(kind).By(a, s.Settings)
			if by.IsZero() || by.After(until) {
				page.Next = ""
				break
			}
			all = append(all, a)
			row, _, ok := a.LatestStep(s.Settings, now)
			if ok && !a.Timer.Next.IsZero() && !a.Timer.Next.After(now) && wider(row.Audience, *audience) {
				*audience = row.Audience
			}
		}
		all = foremost(all, order)
		if cursor = page.Next; cursor == "" {
			return all, nil
		}
	}
}

// foremost keeps those that a day's message may name, in its order.
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

// updateDigests repaints the messages of the day and of steps when one of their items was handled, came back or got another
// deadline.
func updateDigests(t *txn, before, after workflow.Application, at time.Time) error {
	if !concerns(before, after) {
		return nil
	}
	s, err := t.tx.Shop(after.Key.Shop)
	if errors.Is(err, workflow.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	ids := slices.Clone(s.StepNotices)
	if s.Digest.Day != "" {
		ids = append(ids, workflow.MorningNotice(s.ID, s.Digest.Day))
	}
	for _, id := range ids {
		n, err := t.tx.Notice(id)
		if errors.Is(err, workflow.ErrNotFound) || err == nil && (n.Agenda == nil || !n.Agenda.Lists(after.Key)) {
			continue
		}
		if err != nil {
			return err
		}
		if err := t.notify(n, at, workflow.Routine); err != nil {
			return err
		}
	}
	return nil
}

// expiredRest is how long the first message of a day about what expired waits for others of the same sweep.
const expiredRest = time.Minute

// tellExpired adds a request that expired without a decision to the day's message about them.
func tellExpired(t *txn, before, after workflow.Application, at time.Time) error {
	if !before.Decidable() || after.State() != workflow.Expired {
		return nil
	}
	s, err := t.tx.Shop(after.Key.Shop)
	if errors.Is(err, workflow.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	id := workflow.ExpiredNotice(s.ID, s.Today(at))
	n, err := t.tx.Notice(id)
	if errors.Is(err, workflow.ErrNotFound) {
		n, err = workflow.Notice{ID: id, Shop: s.ID, Kind: workflow.KindExpired, Agenda: &workflow.Agenda{}}, nil
	}
	if err != nil {
		return err
	}
	if n.Agenda.Lists(after.Key) {
		return nil
	}
	agenda := *n.Agenda
	all := []workflow.Application{after}
	for _, k := range agenda.Keys {
		a, err := load(t.tx, k)
		if err != nil {
			return err
		}
		all = append(all, a)
	}
	slices.SortStableFunc(all, workflow.MoreValuable)
	agenda.Keys = nil
	for _, a := range all[:min(len(all), maxListed)] {
		agenda.Keys = append(agenda.Keys, a.Key)
	}
	agenda.Count++
	agenda.Worth = workflow.Plus(agenda.Worth, after.Snapshot.Creator.GMV)
	n.Agenda = &agenda
	return t.notify(n, at.Add(expiredRest), workflow.Routine)
}

// concerns reports whether a change shows in a message about deadlines.
func concerns(before, after workflow.Application) bool {
	if before.State() == after.State() && before.Timer.By.Equal(after.Timer.By) {
		return false
	}
	return before.Timer.Kind != "" || after.Timer.Kind != "" || before.State().Reviewing()
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
