package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"sampledesk/workflow"
)

// Plan keeps what a person is about to do, in place of what they were about to do before. Nothing is begun.
func (e *Engine) Plan(ctx context.Context, p workflow.Plan) error {
	err := e.update(ctx, func(t *txn) error { return keepPlan(t, p) })
	if err != nil {
		return fmt.Errorf("keeping what %d applications are to be decided: %w", len(p.Targets), err)
	}
	return nil
}

func keepPlan(t *txn, p workflow.Plan) error {
	switch {
	case len(p.Targets) == 0:
		return workflow.Refusal{Rule: workflow.RuleNothingChosen}
	case len(p.Targets) > workflow.MaxPlan:
		return workflow.Refusal{Rule: workflow.RuleTooMany}
	}
	plan := workflow.Run{ID: workflow.PlanOf(p.Person), Kind: workflow.RunPlan, Shop: p.Shop, By: p.Person, At: p.At, Token: p.Token}
	for chunk := range slices.Chunk(p.Targets, workflow.MaxRun) {
		part := workflow.Run{ID: plan.Part(plan.Parts), Kind: workflow.RunPart, Of: plan.ID, Shop: p.Shop, By: p.Person, At: p.At}
		for _, target := range chunk {
			part.Items = append(part.Items, workflow.RunItem{Key: target.Key, Round: target.Round, Reason: target.Reason, State: workflow.ItemPlanned})
		}
		if err := t.tx.PutRun(part); err != nil {
			return err
		}
		plan.Parts++
	}
	plan.Tally = map[workflow.ItemState]int{workflow.ItemPlanned: len(p.Targets)}
	return t.tx.PutRun(plan)
}

// beginPlanned begins a run of a person's plan: all of it is on disk when they see it begun, and it goes on part by part,
// each in a transaction of its own, so that nobody waits for all of it.
func beginPlanned(t *txn, b workflow.Bulk) (workflow.Run, error) {
	r, err := newRun(t, b)
	if err != nil {
		return r, err
	}
	plan, err := t.tx.Run(workflow.PlanOf(b.Person))
	if errors.Is(err, workflow.ErrNotFound) || err == nil && (plan.Token != b.Plan || plan.Shop != b.Shop) {
		return workflow.Run{}, workflow.Refusal{Rule: workflow.RulePlanGone}
	}
	if err != nil {
		return workflow.Run{}, err
	}
	r.Parts, r.Tally = plan.Parts, plan.Tally
	for n := range plan.Parts {
		part, err := t.tx.Run(plan.Part(n))
		if err != nil {
			return workflow.Run{}, err
		}
		part.ID, part.Of, part.At = r.Part(n), r.ID, b.At
		if err := t.tx.PutRun(part); err != nil {
			return workflow.Run{}, err
		}
	}
	if err := startRun(t, r); err != nil {
		return workflow.Run{}, err
	}
	return r, carryOnLater(t, r, b.At)
}

func carryOnLater(t *txn, r workflow.Run, at time.Time) error {
	return t.enqueue(workflow.Effect{Kind: workflow.CarryOn, Lane: workflow.RunLane(r.ID), Shop: r.Shop, Run: r.ID, NotBefore: at}, at)
}

// CarryOn goes on with the next part of a run, or with undoing it, in one transaction, and reports whether that was the
// last. What was done is never done again, so it may be killed at any point.
func (e *Engine) CarryOn(ctx context.Context, id workflow.RunID, now time.Time) (last bool, err error) {
	err = e.update(ctx, func(t *txn) (err error) {
		last, err = carryOn(t, id, now)
		return err
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return false, fmt.Errorf("going on with run %s: %w", id, err)
	}
	return last, nil
}

func carryOn(t *txn, id workflow.RunID, now time.Time) (last bool, err error) {
	r, err := t.tx.Run(id)
	if err != nil {
		return false, err
	}
	if r.Kind == workflow.RunRules {
		return carryOnAsking(t, r, now)
	}
	undoing := r.Undoing.Person != ""
	next, through := &r.Begun, doPart
	if undoing {
		next, through = &r.Unwound, undoPart
	}
	if *next >= r.Parts {
		return true, errUnchanged
	}
	part, err := t.tx.Run(r.Part(*next))
	if err != nil {
		return false, err
	}
	was := slices.Clone(part.Items)
	if err := through(t, r, &part, now); err != nil {
		return false, err
	}
	for i := range was {
		r.Moved(was[i].State, part.Items[i].State)
	}
	*next++
	if err := t.tx.PutRun(part); err != nil {
		return false, err
	}
	return *next >= r.Parts, keepRun(t, r, now)
}

// doPart does what a run is for with the items of a part.
func doPart(t *txn, r workflow.Run, part *workflow.Run, now time.Time) (err error) {
	t.ownRun = part.ID
	for i, item := range part.Items {
		if item.State != workflow.ItemPlanned {
			continue
		}
		if part.Items[i], err = doOne(t, r, workflow.Target{Key: item.Key, Round: item.Round, Reason: item.Reason}, part.ID, now); err != nil {
			return err
		}
	}
	return nil
}

// undoPart takes back what was not sent of a part. What was only planned is not begun any more.
func undoPart(t *txn, r workflow.Run, part *workflow.Run, now time.Time) error {
	for i, item := range part.Items {
		if item.State != workflow.ItemPlanned {
			continue
		}
		a, err := load(t.tx, item.Key)
		if err != nil {
			return err
		}
		part.Items[i] = itemOf(item.Key, a)
		part.Items[i].State, part.Items[i].By = workflow.ItemUndone, r.Undoing.Person
	}
	_, err := undoItems(t, part, r.Undoing, now)
	return err
}

// beginUnwinding has a run in parts taken back as far as it was not sent, part by part. It returns how many are affected
// at the most.
func beginUnwinding(t *txn, r workflow.Run, by workflow.Actor, at time.Time) (int, error) {
	some, err := anyUndoable(t.tx, r)
	if err != nil {
		return 0, err
	}
	if !some || r.Undoing.Person != "" {
		return 0, workflow.Refusal{Rule: workflow.RuleNoRun}
	}
	by.Admin = by.Admin || r.By == by.Person
	r.Undoing = by
	if err := keepRun(t, r, at); err != nil {
		return 0, err
	}
	return r.Count(workflow.ItemPlanned) + r.Count(workflow.ItemWaiting), carryOnLater(t, r, at)
}

// anyUndoable reports whether something of a run in parts can still be taken back.
func anyUndoable(tx workflow.Tx, r workflow.Run) (bool, error) {
	if r.Count(workflow.ItemPlanned) > 0 {
		return true, nil
	}
	for n := range r.Parts {
		part, err := tx.Run(r.Part(n))
		if err != nil {
			return false, err
		}
		for _, item := range part.Items {
			if item.State != workflow.ItemWaiting {
				continue
			}
			a, err := load(tx, item.Key)
			if err != nil || undoable(a, item) {
				return err == nil, err
			}
		}
	}
	return false, nil
}
