package query

import (
	"context"
	"fmt"
	"time"

	"sampledesk/workflow"
)

// ShopFigures are the numbers of one shop.
type ShopFigures struct {
	Shop     string // named only where there are several
	From, To time.Time
	Now      Tally
	Figures
	Earned *Earnings // what rules and people decided in the days of the period; nil where there are no rules
}

// PeriodFigures counts what happened in the shops in a period, as the zone of each has it, and how many stand where.
func PeriodFigures(ctx context.Context, tx workflow.Tx, shops []workflow.Shop, p Period, now time.Time) (all []ShopFigures, err error) {
	for _, s := range shops {
		f := ShopFigures{Shop: ShopName(s, len(shops))}
		f.From, f.To = p.At(s, now)
		if f.Now, err = tallyOf(tx, []workflow.Shop{s}); err != nil {
			return nil, err
		}
		if f.Figures, err = FiguresOf(ctx, tx, s.ID, f.From, f.To); err != nil {
			return nil, err
		}
		if f.Earned, err = EarningsOf(tx, s, f.From, f.To); err != nil {
			return nil, err
		}
		all = append(all, f)
	}
	return all, nil
}

// tallyOf counts how many applications of the shops stand where.
func tallyOf(tx workflow.Tx, shops []workflow.Shop) (Tally, error) {
	t, seen := Tally{By: map[workflow.Stage]int{}}, 0
	for _, s := range shops {
		for _, stage := range workflow.Stages {
			n, err := tx.Count(workflow.StageOf(s.ID, stage))
			if err != nil {
				return t, err
			}
			t.By[stage] += n
		}
		n, err := tx.Count(workflow.SeenOf(s.ID))
		if err != nil {
			return t, err
		}
		seen += n
	}
	t.Other = max(0, seen-t.All())
	return t, nil
}

// Week is what happened in a shop from one Monday on and before the next, in the shop's zone.
type Week struct {
	From, To time.Time
	Since    time.Time // when the desk came, if that was within the week; else zero
	Figures
	Before *Figures  // of the week before; nil where the desk did not know all of it
	Earned *Earnings // of the EarnedDays up to the week's end, as posts take their time; nil where there are no rules
}

// EarnedDays is of how many days a week tells what rules and people earned.
const EarnedDays = 90

// Quiet reports whether nothing happened, in the week before neither.
func (w Week) Quiet() bool {
	return w.Figures == (Figures{}) && (w.Before == nil || *w.Before == Figures{})
}

// WeekBefore counts the week before a Monday, 2006-01-02, and the one before that if the desk knew the shop by then.
func WeekBefore(ctx context.Context, tx workflow.Tx, s workflow.Shop, monday string) (w Week, err error) {
	day, err := time.ParseInLocation(time.DateOnly, monday, s.Settings.Location())
	if err != nil {
		return w, fmt.Errorf("reading the day of a report: %w", err)
	}
	w.From, w.To = startOfDay(day, -7), startOfDay(day, 0)
	if w.Figures, err = FiguresOf(ctx, tx, s.ID, w.From, w.To); err != nil {
		return w, err
	}
	if w.Earned, err = EarningsOf(tx, s, startOfDay(w.To, -EarnedDays), w.To); err != nil {
		return w, err
	}
	if s.SeenAt.After(w.From) {
		w.Since = s.SeenAt
	}
	if before := startOfDay(day, -14); !s.SeenAt.After(before) {
		figures, err := FiguresOf(ctx, tx, s.ID, before, w.From)
		w.Before = &figures
		return w, err
	}
	return w, nil
}

// PeriodRow is an application that came in a period, or with which something happened in it, and what became of it.
type PeriodRow struct {
	Application workflow.Application
	Shop        string         // its name
	Zone        *time.Location // the shop's
	Decision    Decision       // how the review ended; zero: it has not, or not by a decision

	// When it first came to be so at this desk; zero: it did not, or had before the desk came.
	Shipped, Delivered, Posted time.Time
	Orders                     int
	Untold                     bool // TikTok does not say of orders
}

// PeriodRows returns what became of the applications of a period, shop by shop: limit at the most.
func PeriodRows(ctx context.Context, tx workflow.Tx, shops []workflow.Shop, p Period, now time.Time, limit int) (rows []PeriodRow, err error) {
	for _, s := range shops {
		from, to := p.At(s, now)
		for a, err := range moved(ctx, tx, s.ID, from, to) {
			if err != nil || len(rows) == limit {
				return rows, err
			}
			t, err := timelineOf(ctx, tx, a, from, to)
			if err != nil {
				return nil, err
			}
			if t.moved {
				rows = append(rows, t.row(a, s))
			}
		}
	}
	return rows, nil
}

func (t timeline) row(a workflow.Application, s workflow.Shop) PeriodRow {
	return PeriodRow{
		Application: a, Shop: ShopName(s, 2), Zone: s.Settings.Location(), Decision: t.verdict,
		Shipped: t.shipped, Delivered: t.delivered, Posted: t.posted, Orders: t.orders, Untold: t.untold,
	}
}
