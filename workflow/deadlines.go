package workflow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// maxSingle is how many applications of a shop may come to the same step at once and still be told one by one. More are
// one grouped message.
const maxSingle = 5

// maxListed is how many applications a grouped message names; the others it counts.
const maxListed = 10

// Tick tells of the steps of a shop's deadlines that are due, each once: it is to be called often, by whoever keeps the
// time, and reads an index, so that a call that finds nothing costs next to nothing. After a time of silence only an
// application's latest step is told. It returns how many steps were told or passed over.
func (e *Engine) Tick(ctx context.Context, shop ShopID, now time.Time) (told int, err error) {
	if err := e.rearm(ctx, shop, now); err != nil {
		return 0, fmt.Errorf("setting the clocks of shop %s: %w", shop, err)
	}
	idle := false
	err = e.store.View(ctx, func(tx Tx) error {
		page, err := tx.Applications(DueOf(shop), "", 1)
		idle = err == nil && (len(page.Applications) == 0 || page.Applications[0].Clock.Next.After(now))
		return err
	})
	for more := !idle; more && err == nil; {
		n := 0
		err = e.update(ctx, func(t *turn) (err error) {
			n, more, err = t.tick(shop, now)
			return err
		})
		told += n
	}
	if err != nil {
		return told, fmt.Errorf("telling of the deadlines of shop %s: %w", shop, err)
	}
	return told, nil
}

// tick handles up to observeBatch applications whose step is due, the one that is due longest first.
func (t *turn) tick(shop ShopID, now time.Time) (told int, more bool, err error) {
	s, err := t.tx.Shop(shop)
	if err != nil || !s.Met {
		return 0, false, err
	}
	page, err := t.tx.Applications(DueOf(shop), "", observeBatch+1)
	if err != nil {
		return 0, false, err
	}
	all := slices.DeleteFunc(page.Applications, func(a Application) bool { return a.Clock.Next.After(now) })
	more = len(all) > observeBatch
	all = all[:min(len(all), observeBatch)]
	if s, err = t.group(s, all, more, now); err != nil {
		return 0, false, err
	}
	for _, a := range all {
		row, ok := latestDue(a, s.Settings, now)
		due := StepDue{At: now, Row: row, Name: s.Settings.stepName(row), Passed: passed(a, s.Settings, now), Silent: !ok || s.toldWithOthers(a)}
		if _, _, err := t.apply(a.Key, due); err != nil {
			return told, false, err
		}
		if due.Silent || s.Settings.Nudge == "" || row.Deadline != PostDeadline || row.Step != 0 {
			continue
		}
		if err := t.nudge(a, s.Settings.Nudge, now); err != nil {
			return told, false, err
		}
	}
	return len(all), more, nil
}

// nudge sends the creator the shop's own words, before her time to post is over.
func (t *turn) nudge(a Application, text string, now time.Time) error {
	_, err := t.write(Writing{
		Actor: Actor{Surface: FromClock, Origin: "nudge " + a.Key.String() + a.Clock.By.Format(time.RFC3339)}, At: now,
		Shop: a.Key.Shop, Creator: a.Report.Creator.KeyOf(a.Key.Shop), Application: a.Key.ID, Text: text,
	})
	if _, refused := errors.AsType[Refusal](err); refused || errors.Is(err, errUnchanged) {
		return nil // she cannot be written to, or was
	}
	return err
}

// GroupTold is when a grouped message about a kind of deadline was last made.
type GroupTold struct {
	Kind DeadlineKind `json:"kind"`
	At   time.Time    `json:"at"`
}

// toldWithOthers tells whether a grouped message spoke of the application's step already: it counted all that were due
// when it was made.
func (s Shop) toldWithOthers(a Application) bool {
	return slices.ContainsFunc(s.Grouped, func(g GroupTold) bool {
		return g.Kind == a.Clock.Kind && !a.Clock.Next.After(g.At) && !a.Clock.Set.After(g.At)
	})
}

// group announces deadlines that are too many to be told one by one, once for all that are due now. Those of later
// batches are then passed over in silence, also by a desk that was started anew in between.
func (t *turn) group(s Shop, all []Application, more bool, now time.Time) (Shop, error) {
	count, firsts := map[DeadlineKind]int{}, map[DeadlineKind]int{}
	for _, a := range all {
		if _, ok := latestDue(a, s.Settings, now); !ok || s.toldWithOthers(a) {
			continue
		}
		count[a.Clock.Kind]++
		if a.Clock.First {
			firsts[a.Clock.Kind]++
		}
	}
	for _, kind := range []DeadlineKind{ReviewDeadline, ShipDeadline, MoveDeadline, PostDeadline} {
		if count[kind] == 0 || count[kind] <= maxSingle && firsts[kind] < 2 && !more {
			continue
		}
		saying, firsts, err := t.groupOf(s, kind, now)
		if err != nil {
			return s, err
		}
		if saying.Waiting <= maxSingle && firsts < 2 {
			continue
		}
		if err := t.announce(s.ID, saying); err != nil {
			return s, err
		}
		s.Grouped = slices.DeleteFunc(slices.Clone(s.Grouped), func(g GroupTold) bool { return g.Kind == kind })
		s.Grouped = append(s.Grouped, GroupTold{Kind: kind, At: now})
		if err := t.tx.PutShop(s); err != nil {
			return s, err
		}
	}
	return s, nil
}

// groupOf counts all of a kind that are due, and names the most urgent.
func (t *turn) groupOf(s Shop, kind DeadlineKind, now time.Time) (saying Saying, firsts int, err error) {
	saying = Saying{Kind: SayDeadline, At: now, Deadline: kind, Shop: s.Name}
	var urgent []Application
	for after := ""; ; {
		page, err := t.tx.Applications(DueOf(s.ID), after, observeBatch)
		if err != nil {
			return saying, 0, err
		}
		for _, a := range page.Applications {
			if a.Clock.Next.After(now) {
				page.Next = ""
				break
			}
			row, ok := latestDue(a, s.Settings, now)
			if !ok || a.Clock.Kind != kind || s.toldWithOthers(a) {
				continue
			}
			saying.Waiting++
			if a.Clock.First {
				firsts++
			}
			if louder(row.Voice, saying.Voice) {
				saying.Voice = row.Voice
			}
			urgent = append(urgent, a)
		}
		slices.SortFunc(urgent, func(a, b Application) int { return a.Clock.By.Compare(b.Clock.By) })
		urgent = urgent[:min(len(urgent), maxListed)]
		if after = page.Next; after == "" {
			break
		}
	}
	for _, a := range urgent {
		saying.Items = append(saying.Items, itemSaid(a))
	}
	if len(urgent) > 0 {
		saying.NextDue = urgent[0].Clock.By
	}
	return saying, firsts, nil
}

var voices = []Voice{ToThread, ToReviewers, ToChannel, ToAdmins}

func louder(a, b Voice) bool { return slices.Index(voices, a) > slices.Index(voices, b) }

// stepName names a step as its metadata does: "48h", "30m", or "0h" at the deadline itself.
func (s Settings) stepName(r ClockRow) string {
	steps := s.stepsOf(r.Deadline)
	if r.Step >= len(steps) {
		return ""
	}
	if d := steps[r.Step]; d%time.Hour != 0 {
		return fmt.Sprintf("%dm", d/time.Minute)
	}
	return fmt.Sprintf("%dh", steps[r.Step]/time.Hour)
}

// Item is an application as a grouped message names it.
type Item struct {
	Key     Key       `json:"key"`
	Creator Creator   `json:"creator"`
	Product Product   `json:"product"`
	By      time.Time `json:"by,omitzero"`
	Link    string    `json:"link,omitempty"` // of its card
	Stage   Stage     `json:"stage,omitempty"`
}

func itemSaid(a Application) Item {
	return Item{
		Key: a.Key, Creator: Creator{Username: a.Report.Creator.Username, Nickname: a.Report.Creator.Nickname},
		Product: Product{ID: a.Report.Product.ID, Title: a.Report.Product.Title, Variant: a.Report.Product.Variant},
		By:      a.Clock.By, Link: a.Card.Link, Stage: a.Stage(),
	}
}

// StepDue tells that a step of an application's deadline is due. Silent: it is passed over, as a grouped message tells
// of it, or as it is none any more.
type StepDue struct {
	At     time.Time
	Row    ClockRow
	Name   string // of the step: "48h"
	Passed int    // how many of the deadline's steps lie behind now
	Silent bool
}

// Kind returns OnStepDue.
func (StepDue) Kind() EventKind { return OnStepDue }

// When returns the event's time.
func (e StepDue) When() time.Time { return e.At }

// stepDue puts on record that a step was told. The clock is set for the next one by the engine, which knows the shop's
// settings.
func stepDue(a Application, e StepDue) Next {
	a.Clock.Told, a.Clock.First = max(a.Clock.Told, e.Passed), false
	if e.Silent {
		return changed(a, e.At, Routine)
	}
	if e.Row.Deadline == MoveDeadline {
		a.News = NewsStuck
	}
	return called(a, Actor{}, e).say(Saying{
		Kind: SayDeadline, Deadline: e.Row.Deadline, Voice: e.Row.Voice, Step: e.Name, NextDue: a.Clock.By,
	})
}

// setClock sets an application's clock, and marks what is to be announced of its shipment.
func (t *turn) setClock(before Application, next *Next, ev Event) error {
	s, err := t.tx.Shop(before.Key.Shop)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	next.Application = arm(next.Application, s.Settings, ev.When())
	if news := shipmentNews(before, next.Application); news != "" {
		next.Application.News = news
	}
	return nil
}

// rearm sets the clocks of a shop whose settings changed since, batch by batch.
func (e *Engine) rearm(ctx context.Context, shop ShopID, now time.Time) error {
	for {
		done := false
		err := e.update(ctx, func(t *turn) error {
			s, err := t.tx.Shop(shop)
			if err != nil {
				return err
			}
			if s.Armed == s.Settings.Version+1 {
				done = true
				return errUnchanged
			}
			page, err := t.tx.Applications(LiveOf(shop), s.ArmedTo, observeBatch)
			if err != nil {
				return err
			}
			for _, a := range page.Applications {
				if armed := arm(a, s.Settings, now); armed.Clock != a.Clock {
					if err := t.tx.PutApplication(armed); err != nil {
						return err
					}
				}
			}
			if s.ArmedTo = page.Next; page.Next == "" {
				s.Armed = s.Settings.Version + 1
			}
			return t.tx.PutShop(s)
		})
		if done {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
