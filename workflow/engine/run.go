package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"sampledesk/workflow"
)

// Decide decides many applications in one transaction: all that can be, with the others declined row by row. What a
// person sees begun is then on disk as a whole, and a second delivery of the same action finds the run that the first
// one began. The error is a Refusal where there is nothing to do or too much.
func (e *Engine) Decide(ctx context.Context, b workflow.Bulk) (workflow.Run, error) {
	var r workflow.Run
	err := e.update(ctx, func(t *txn) (err error) {
		r, err = beginDecisions(t, b)
		return err
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return workflow.Run{}, fmt.Errorf("deciding %d applications of shop %s: %w", len(b.Targets), b.Shop, err)
	}
	return r, nil
}

func beginDecisions(t *txn, b workflow.Bulk) (workflow.Run, error) {
	switch {
	case len(b.Targets) == 0:
		return workflow.Run{}, workflow.Refusal{Rule: workflow.RuleNothingChosen}
	case len(b.Targets) > workflow.MaxRun:
		return workflow.Run{}, workflow.Refusal{Rule: workflow.RuleTooMany}
	case b.Verdict == workflow.Reject && !slices.Contains(workflow.Reasons, b.Reason):
		return workflow.Run{}, workflow.Refusal{Rule: workflow.RuleReason}
	}
	r := workflow.Run{ID: runID(b.Actor), Kind: workflow.RunDecisions, Shop: b.Shop, By: b.Person, At: b.At, Verdict: b.Verdict, Reason: b.Reason}
	if there, err := t.tx.Run(r.ID); !errors.Is(err, workflow.ErrNotFound) {
		return there, cmp.Or(err, errUnchanged)
	}
	for _, target := range b.Targets {
		if target.Key.Shop != b.Shop || slices.ContainsFunc(r.Items, func(i workflow.RunItem) bool { return i.Key == target.Key }) {
			continue
		}
		item, err := decideOne(t, b, target, r.ID)
		if err != nil {
			return workflow.Run{}, err
		}
		r.Items = append(r.Items, item)
	}
	if len(r.Items) == 0 {
		return workflow.Run{}, workflow.Refusal{Rule: workflow.RuleNothingChosen}
	}
	r.End(b.At)
	if err := t.tx.PutRun(r); err != nil {
		return workflow.Run{}, err
	}
	return r, t.notify(workflow.Notice{ID: workflow.RunNotice(r.ID), Shop: r.Shop, Kind: workflow.KindRun, Run: r.ID}, b.At, workflow.ForPeople)
}

// runID names a run by the action that began it.
func runID(a workflow.Actor) workflow.RunID {
	if a.DedupKey == "" {
		return workflow.RunID(newEffectID())
	}
	return workflow.RunID(string(a.Person) + " " + a.DedupKey)
}

// decideOne decides one application of a run, or keeps why it cannot be decided.
func decideOne(t *txn, b workflow.Bulk, target workflow.Target, run workflow.RunID) (workflow.RunItem, error) {
	who := b.Actor
	who.Surface, who.DedupKey = workflow.FromBulk, "" // the run is what recognises a second delivery
	a, _, err := t.apply(target.Key, workflow.Decided{
		Actor: who, At: b.At, Round: target.Round, Verdict: b.Verdict, Reason: b.Reason, Undo: b.Undo, Run: run,
	})
	if r, ok := errors.AsType[workflow.Refusal](err); ok {
		a = r.Application
		item := itemOf(target.Key, a)
		item.State, item.Rule, item.Stage = workflow.ItemDeclined, r.Rule, a.Stage()
		if p := a.Decision.Phase; p != workflow.Undecided && p != workflow.DecisionRefused {
			item.By = a.Decision.By
		}
		return item, nil
	}
	item := itemOf(target.Key, a)
	item.State, item.Review = workflow.ItemWaiting, a.Decision.Review
	return item, err
}

func itemOf(k workflow.Key, a workflow.Application) workflow.RunItem {
	return workflow.RunItem{Key: k, Creator: workflow.Creator{Username: a.Snapshot.Creator.Username, Nickname: a.Snapshot.Creator.Nickname}, Product: a.Snapshot.Product.Title, Link: a.Card.Link}
}

// updateRun records what became of a run's application, and repaints the run's message. A decision that is final no
// longer concerns the run, whatever is decided later.
func updateRun(t *txn, before workflow.Application, next workflow.Next, ev workflow.Event) error {
	d, after := before.Decision, next.Application
	if d.Run == "" || d.Run == t.ownRun || d.Phase == workflow.DecisionConfirmed || d.Phase == workflow.DecisionRefused || d == after.Decision {
		return nil
	}
	r, err := t.tx.Run(d.Run)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(r.Items, func(i workflow.RunItem) bool { return i.Key == after.Key && i.Review == d.Review })
	if i < 0 {
		return nil
	}
	item := itemAfter(r.Items[i], after, ev)
	if item == r.Items[i] {
		return nil
	}
	r.Items[i] = item
	return keepRun(t, r, next.At, workflow.Routine)
}

func itemAfter(item workflow.RunItem, after workflow.Application, ev workflow.Event) workflow.RunItem {
	if after.Card.Link != "" {
		item.Link = after.Card.Link
	}
	switch e := ev.(type) {
	case workflow.Undone:
		item.State, item.By = workflow.ItemUndone, e.Person
	case workflow.RefusedForGood:
		item.State, item.Failure = workflow.ItemRefused, e.Failure
	case workflow.HeldUp:
		item.Failure = e.Failure
	case workflow.AnswerLost:
		item.Failure = e.Failure
	case workflow.Confirmed:
		item.State, item.Failure = workflow.ItemConfirmed, workflow.Failure{}
	case workflow.Reported:
		switch {
		case after.Decision.Phase == workflow.DecisionConfirmed:
			item.State, item.Failure = workflow.ItemConfirmed, workflow.Failure{}
		case after.Decision.Review != item.Review: // else the report changed something else
			item.State, item.Failure, item.Stage = workflow.ItemElsewhere, workflow.Failure{}, after.Stage()
		}
	}
	return item
}

// UndoRun takes back what of a run was not sent yet, and returns how many decisions that were. The error is a Refusal
// where it is not the person's own run, or nothing is left to take back.
func (e *Engine) UndoRun(ctx context.Context, id workflow.RunID, by workflow.Actor, at time.Time) (undone int, err error) {
	err = e.update(ctx, func(t *txn) (err error) {
		undone, err = undoRun(t, id, by, at)
		return err
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return 0, fmt.Errorf("undoing run %s: %w", id, err)
	}
	return undone, nil
}

func undoRun(t *txn, id workflow.RunID, by workflow.Actor, at time.Time) (undone int, err error) {
	r, err := t.tx.Run(id)
	switch {
	case errors.Is(err, workflow.ErrNotFound):
		return 0, workflow.Refusal{Rule: workflow.RuleNoRun}
	case err != nil:
		return 0, err
	case by.DedupKey != "" && r.UndoKey == by.DedupKey:
		return 0, errUnchanged
	case r.By != by.Person && !by.Admin:
		return 0, workflow.Refusal{Rule: workflow.RuleNotYours, Application: workflow.Application{Decision: workflow.Decision{By: r.By}}}
	}
	r.UndoKey, by.DedupKey = by.DedupKey, ""
	t.ownRun = r.ID
	for i, item := range r.Items {
		a, err := load(t.tx, item.Key)
		if err != nil {
			return 0, err
		}
		if a.State() != workflow.Queued || a.Decision.Review != item.Review {
			continue
		}
		ev := workflow.Undone{Actor: by, At: at, Round: a.Round}
		if a, _, err = t.apply(item.Key, ev); err != nil {
			return 0, err
		}
		r.Items[i] = itemAfter(item, a, ev)
		undone++
	}
	if undone == 0 {
		return 0, workflow.Refusal{Rule: workflow.RuleNoRun}
	}
	return undone, keepRun(t, r, at, workflow.ForPeople)
}

// keepRun keeps a run of decisions, ended if nothing of it waits any more, and has its message say so.
func keepRun(t *txn, r workflow.Run, at time.Time, p workflow.Priority) error {
	r.End(at)
	if err := t.tx.PutRun(r); err != nil {
		return err
	}
	return t.renotify(workflow.RunNotice(r.ID), at, p)
}
