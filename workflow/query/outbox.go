package query

import (
	"context"
	"slices"
	"time"

	"sampledesk/workflow"
)

const (
	// maxLanes is how many lanes of each kind are looked through for what is on its way.
	maxLanes = 500

	// maxFailed is how many dead letters, and how many lanes of each kind, are looked through for what failed.
	maxFailed = 1000
)

// aeon is longer than anything waits: with it all that waits counts as due.
const aeon = 100 * 365 * 24 * time.Hour

// OnTheWay is how much of one kind is still to be delivered.
type OnTheWay struct {
	Kind   workflow.EffectKind
	Count  int
	Oldest time.Time
}

// Undelivered counts what is on its way for some shops, by kind. More is true where there is more than is looked
// through.
func Undelivered(tx workflow.Tx, shops []workflow.Shop, now time.Time) (all []OnTheWay, more bool, err error) {
	by := map[workflow.EffectKind]OnTheWay{}
	seen := map[workflow.Lane]bool{}
	for _, kind := range workflow.EffectKinds {
		heads, _, err := tx.Ready(kind, now.Add(aeon), maxLanes)
		if err != nil {
			return nil, false, err
		}
		more = more || len(heads) == maxLanes
		for _, head := range heads {
			if seen[head.Lane] || !Holds(shops, head.Shop) {
				continue
			}
			seen[head.Lane] = true
			lane, err := tx.Lane(head.Lane)
			if err != nil {
				return nil, false, err
			}
			for _, e := range lane {
				by[e.Kind] = by[e.Kind].and(e.Effect)
			}
		}
	}
	for _, kind := range workflow.EffectKinds {
		if w := by[kind]; w.Count > 0 {
			all = append(all, w)
		}
	}
	return all, more, nil
}

func (w OnTheWay) and(e workflow.Effect) OnTheWay {
	if w.Count == 0 || e.MadeAt.Before(w.Oldest) {
		w.Oldest = e.MadeAt
	}
	return OnTheWay{Kind: e.Kind, Count: w.Count + 1, Oldest: w.Oldest}
}

// DeadLetters counts the dead letters of some shops, among the first that are looked through.
func DeadLetters(ctx context.Context, tx workflow.Tx, shops []workflow.Shop) (n int, err error) {
	read := 0
	for l, err := range workflow.WalkDeadLetters(ctx, tx) {
		if err != nil {
			return 0, err
		}
		if Holds(shops, l.Shop) {
			n++
		}
		if read++; read == maxFailed {
			break
		}
	}
	return n, nil
}

// FailedEffect is something that failed, or waits after a failure.
type FailedEffect struct {
	workflow.Effect
	Failed time.Time            // when it was given up; zero: the desk goes on trying by itself
	About  workflow.Application // of an application; else zero
	Shop   string               // named only where there are several
}

// FailedEffects returns a page of what failed in some shops, what was given up first and the rest by when it is tried
// again; and how much there is. More is true where there is more than is looked through.
func FailedEffects(tx workflow.Tx, shops []workflow.Shop, now time.Time, page, size int) (rows []FailedEffect, total int, more bool, err error) {
	all, more, err := failedEffects(tx, shops, now)
	if err != nil {
		return nil, 0, false, err
	}
	rows = pageOf(all, page, size)
	for i := range rows {
		s, _ := ShopAmong(shops, rows[i].Effect.Shop)
		rows[i].Shop = ShopName(s, len(shops))
		if rows[i].Application == "" {
			continue
		}
		if rows[i].About, err = Application(tx, rows[i].Key()); err != nil {
			return nil, 0, false, err
		}
	}
	return rows, len(all), more, nil
}

func failedEffects(tx workflow.Tx, shops []workflow.Shop, now time.Time) (all []FailedEffect, more bool, err error) {
	dead, next, err := tx.DeadLetters("", maxFailed)
	if err != nil {
		return nil, false, err
	}
	more = next != ""
	for _, l := range dead {
		if Holds(shops, l.Shop) {
			all = append(all, FailedEffect{Effect: l.Effect, Failed: l.At})
		}
	}
	given := len(all)
	for _, kind := range workflow.EffectKinds {
		heads, _, err := tx.Ready(kind, now.Add(aeon), maxFailed)
		if err != nil {
			return nil, false, err
		}
		more = more || len(heads) == maxFailed
		for _, e := range heads {
			if e.Attempt > 0 && e.Failure != (workflow.Failure{}) && Holds(shops, e.Shop) {
				all = append(all, FailedEffect{Effect: e})
			}
		}
	}
	slices.SortStableFunc(all[given:], func(a, b FailedEffect) int { return a.NotBefore.Compare(b.NotBefore) })
	return all, more, nil
}
