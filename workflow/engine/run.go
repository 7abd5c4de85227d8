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
	begin := beginDecisions
	if b.Plan != "" {
		begin = beginPlanned
	}
	err := e.update(ctx, func(t *txn) (err error) {
		r, err = begin(t, b)
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
	}
	r, err := newRun(t, b)
	if err != nil {
		return r, err
	}
	for _, target := range b.Targets {
		if target.Key.Shop != b.Shop || slices.ContainsFunc(r.Items, func(i workflow.RunItem) bool { return i.Key == target.Key }) {
			continue
		}
		item, err := doOne(t, r, target, r.ID, b.At)
		if err != nil {
			return workflow.Run{}, err
		}
		r.Items = append(r.Items, item)
	}
	if len(r.Items) == 0 {
		return workflow.Run{}, workflow.Refusal{Rule: workflow.RuleNothingChosen}
	}
	r.End(b.At)
	return r, startRun(t, r)
}

// newRun returns a run of what a person wants that has no items yet. Where the same action began it already the error is
// errUnchanged, and the run is that one.
func newRun(t *txn, b workflow.Bulk) (workflow.Run, error) {
	if !b.Joins() && !b.Suggested && b.Verdict == workflow.Reject && !slices.Contains(workflow.Reasons, b.Reason) {
		return workflow.Run{}, workflow.Refusal{Rule: workflow.RuleReason}
	}
	r := workflow.Run{ID: runID(b.Actor), Kind: workflow.RunDecisions, Shop: b.Shop, By: b.Person, At: b.At, Verdict: b.Verdict, Reason: b.Reason, Undo: b.Undo, Suggested: b.Suggested}
	if there, err := t.tx.Run(r.ID); !errors.Is(err, workflow.ErrNotFound) {
		return there, cmp.Or(err, errUnchanged)
	}
	if !b.Joins() {
		return r, nil
	}
	c, err := campaignFor(t, workflow.Join{Actor: b.Actor, At: b.At, Key: workflow.Key{Shop: b.Shop}, Campaign: b.Campaign, NewName: b.NewName})
	r.Kind, r.Verdict, r.Reason, r.Campaign, r.Name = workflow.RunJoins, "", "", c.ID, c.Name
	return r, err
}

// startRun keeps a new run, and has its message posted.
func startRun(t *txn, r workflow.Run) error {
	if err := t.tx.PutRun(r); err != nil {
		return err
	}
	return t.notify(workflow.Notice{ID: workflow.RunNotice(r.ID), Shop: r.Shop, Kind: workflow.KindRun, Run: r.ID}, r.At, workflow.ForMany)
}

// doOne does what a run is for with one application. Part is the run, or the part of it, that keeps what becomes of it.
func doOne(t *txn, r workflow.Run, target workflow.Target, part workflow.RunID, at time.Time) (workflow.RunItem, error) {
	if r.Kind == workflow.RunJoins {
		return addOne(t, r, target, at)
	}
	return decideOne(t, r, target, part, at)
}

// addOne adds one application to the run's campaign, or keeps why it cannot be added. What is in another campaign stays
// there: many at once are never moved.
func addOne(t *txn, r workflow.Run, target workflow.Target, at time.Time) (workflow.RunItem, error) {
	a, err := load(t.tx, target.Key)
	if err != nil {
		return workflow.RunItem{}, err
	}
	item := itemOf(target.Key, a)
	if a.Round != target.Round {
		item.State, item.Rule, item.Stage = workflow.ItemDeclined, workflow.RuleStale, a.Stage()
		return item, nil
	}
	c, err := activeCampaign(t.tx, r.Campaign)
	if err == nil {
		_, _, err = chooseCampaign(t, workflow.Join{
			Actor: workflow.Actor{Person: r.By, Surface: workflow.FromBulk}, At: at, Key: target.Key, Campaign: r.Campaign, Round: target.Round,
		}, c)
	}
	item.State = workflow.ItemAdded
	if refused, ok := errors.AsType[workflow.Refusal](err); ok {
		item.State, item.Rule, err = workflow.ItemDeclined, refused.Rule, nil
	}
	return item, err
}

// runID names a run by the action that began it.
func runID(a workflow.Actor) workflow.RunID {
	if a.DedupKey == "" {
		return workflow.RunID(newEffectID())
	}
	return workflow.RunID(string(a.Person) + " " + a.DedupKey)
}

// decideOne decides one application of a run, or keeps why it cannot be decided.
func decideOne(t *txn, run workflow.Run, target workflow.Target, part workflow.RunID, at time.Time) (workflow.RunItem, error) {
	reason, err := run.Reason, error(nil)
	if run.Suggested {
		reason, err = t.suggested(run, target, at)
	}
	decided := func(a workflow.Application) workflow.RunItem {
		item := itemOf(target.Key, a)
		if run.Suggested && run.Verdict == workflow.Reject {
			item.Reason = cmp.Or(reason, target.Reason)
		}
		return item
	}
	var a workflow.Application
	if err == nil {
		a, _, err = t.apply(target.Key, workflow.Decided{ // the run is what recognises a second delivery
			Actor: workflow.Actor{Person: run.By, Surface: workflow.FromBulk}, At: at, Round: target.Round,
			Verdict: run.Verdict, Reason: reason, Undo: run.Undo, Run: part,
		})
	}
	if r, ok := errors.AsType[workflow.Refusal](err); ok {
		a = r.Application
		item := decided(a)
		item.State, item.Rule, item.Stage = workflow.ItemDeclined, r.Rule, a.Stage()
		if p := a.Decision.Phase; p != workflow.Undecided && p != workflow.DecisionRefused {
			item.By = a.Decision.By
		}
		return item, nil
	}
	item := decided(a)
	item.State, item.Review = workflow.ItemWaiting, a.Decision.Review
	if err == nil && a.Decidable() {
		item.State, item.Review = workflow.ItemAsked, ""
	}
	return item, err
}

// suggested returns the reason for which rules still propose what a run decides. The error is a Refusal where they do not, or
// for another reason than the person was shown, or it would go over a cap: that only a person who looks at it decides. Of
// what can't be decided any more the table says why.
func (t *txn) suggested(run workflow.Run, target workflow.Target, at time.Time) (workflow.Reason, error) {
	a, err := load(t.tx, target.Key)
	if err != nil {
		return "", err
	}
	p := a.Proposal
	agreed, _ := p.Agreed(run.Verdict)
	switch {
	case a.Round != target.Round:
		return "", workflow.Refusal{Rule: workflow.RuleStale, Application: a}
	case !a.Decidable():
		return cmp.Or(target.Reason, run.Reason), nil
	case !agreed:
		return "", workflow.Refusal{Rule: workflow.RuleNoProposal, Application: a}
	case target.Reason != "" && target.Reason != p.Action.Reason:
		return "", workflow.Refusal{Rule: workflow.RuleStale, Application: a}
	case p.Over != nil:
		return "", workflow.Refusal{Rule: workflow.RuleOverCap, Application: a}
	}
	r, ok, err := t.rulesFor(a.Key.Shop)
	if err != nil {
		return "", err
	}
	rule, named := r.Named(p.Rule)
	if !ok || !named || !r.Speaks(rule) || rule.Mode == workflow.ModeWatching {
		return "", workflow.Refusal{Rule: workflow.RuleNoProposal, Application: a}
	}
	if run.Verdict != workflow.Approve {
		return p.Action.Reason, nil
	}
	facts, err := workflow.GatherFacts(t.tx, a, at)
	if err != nil {
		return "", err
	}
	over, err := workflow.OverCap(t.tx, r.Rules, rule, workflow.FactsOf(a, facts), at, r.zone)
	if err == nil && over != nil {
		err = workflow.Refusal{Rule: workflow.RuleOverCap, Application: a}
	}
	return "", err
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
	was, item := r.Items[i].State, itemAfter(r.Items[i], after, ev)
	if item == r.Items[i] {
		return nil
	}
	r.Items[i] = item
	if r.Of != "" {
		if err := t.tx.PutRun(r); err != nil {
			return err
		}
		if r, err = t.tx.Run(r.Of); err != nil {
			return err
		}
		r.Moved(was, item.State)
	}
	return keepRun(t, r, next.At)
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
	if r.Parts > 0 {
		return beginUnwinding(t, r, by, at)
	}
	if undone, err = undoItems(t, &r, by, at); err != nil {
		return 0, err
	}
	if undone == 0 {
		return 0, workflow.Refusal{Rule: workflow.RuleNoRun}
	}
	return undone, keepRun(t, r, at)
}

// undoItems takes back what was not sent of a run's own items, or a part's, and returns how many that were. The caller
// keeps it.
func undoItems(t *txn, r *workflow.Run, by workflow.Actor, at time.Time) (undone int, err error) {
	t.ownRun = r.ID
	for i, item := range r.Items {
		if item.State != workflow.ItemWaiting {
			continue
		}
		a, err := load(t.tx, item.Key)
		if err != nil {
			return 0, err
		}
		if !undoable(a, item) {
			continue
		}
		ev := workflow.Undone{Actor: by, At: at, Round: a.Round}
		if a, _, err = t.apply(item.Key, ev); err != nil {
			return 0, err
		}
		r.Items[i] = itemAfter(item, a, ev)
		undone++
	}
	return undone, nil
}

// undoable reports whether an item's decision was not sent yet.
func undoable(a workflow.Application, item workflow.RunItem) bool {
	return a.State() == workflow.Queued && a.Decision.Review == item.Review
}

// runRepaints is how often the message of a run in parts is edited at the most: its edits go before those of its cards, and
// must leave room for them.
const runRepaints = 3 * time.Second

// keepRun keeps a run of decisions, ended if nothing of it waits any more, and has its message say so.
func keepRun(t *txn, r workflow.Run, at time.Time) error {
	r.End(at)
	if err := t.tx.PutRun(r); err != nil {
		return err
	}
	due := at
	if r.Parts > 0 && !r.Ended() {
		due = at.Add(runRepaints)
	}
	return t.renotify(workflow.RunNotice(r.ID), due, workflow.ForMany)
}
