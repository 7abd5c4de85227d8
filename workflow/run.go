package workflow

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// RunKind says what a run does.
type RunKind string

// The kinds of runs.
const (
	RunDecisions RunKind = "decisions" // many applications approved or rejected together
	RunImport    RunKind = "import"    // the creators and products of a target collaboration, into a campaign
)

// MaxRun is how many applications one run of decisions takes: as many as a Slack menu can show chosen.
const MaxRun = 100

// Run is something long that a person started: it survives a crash, and shows how far it got.
type Run struct {
	ID     RunID     `json:"id"` // made from the action that began it, so that a second delivery of it finds its run
	Kind   RunKind   `json:"kind"`
	Shop   ShopID    `json:"shop"`
	By     PersonID  `json:"by"`
	At     time.Time `json:"at"`
	EndsAt time.Time `json:"ended_at,omitzero"` // zero while it is under way

	Verdict Verdict   `json:"verdict,omitempty"` // of RunDecisions
	Reason  Reason    `json:"reason,omitempty"`
	Items   []RunItem `json:"items,omitempty"`
	UndoKey string    `json:"stopped,omitempty"` // the dedup key of the action that undid what was not sent

	Collaboration string     `json:"collaboration,omitempty"` // of RunImport: the target collaboration's id
	Campaign      CampaignID `json:"campaign,omitempty"`      // the one that was made or filled
	Name          string     `json:"name,omitempty"`          // the campaign's
	Added         int        `json:"added,omitempty"`         // creators who were new to it
	Existing      int        `json:"there,omitempty"`         // creators who were members already
	Products      int        `json:"products,omitempty"`      // products that were new to it
	Failure       Failure    `json:"cause,omitzero"`          // what it waits for, or why it failed
	Failed        bool       `json:"failed,omitempty"`
}

// RunItem is one application of a run, and what became of its decision.
type RunItem struct {
	Key     Key       `json:"key"`
	Creator Creator   `json:"creator"`
	Product string    `json:"product,omitempty"`
	Review  EffectID  `json:"review,omitempty"`
	State   ItemState `json:"state"`
	Rule    Rule      `json:"rule,omitempty"`  // why the desk refused it
	By      PersonID  `json:"by,omitempty"`    // who was first, or undid it
	Failure Failure   `json:"cause,omitzero"`  // why TikTok refused it, or what it waits for
	Stage   Stage     `json:"stage,omitempty"` // where it was moved by somebody else
	Link    string    `json:"link,omitempty"`  // of its card
}

// ItemState says what became of one decision of a run.
type ItemState string

// The states of a run's items.
const (
	ItemWaiting   ItemState = "waiting"   // decided, and on its way
	ItemConfirmed ItemState = "confirmed" // TikTok took it
	ItemRefused   ItemState = "refused"   // TikTok refused it: back in review
	ItemDeclined  ItemState = "declined"  // the desk did: somebody was first, or it could not be decided
	ItemUndone    ItemState = "undone"
	ItemElsewhere ItemState = "elsewhere" // it was changed at TikTok before the decision arrived
)

// Count returns how many of the run's items are in that state.
func (r Run) Count(s ItemState) (n int) {
	for _, i := range r.Items {
		if i.State == s {
			n++
		}
	}
	return n
}

// Ended reports whether nothing of the run is under way any more.
func (r Run) Ended() bool { return !r.EndsAt.IsZero() }

// Bulk is what a person wants to decide together: applications of one shop, each in the round that the person was
// shown.
type Bulk struct {
	Actor
	At      time.Time
	Shop    ShopID
	Verdict Verdict
	Reason  Reason
	Targets []Target
	Undo    time.Duration
}

// Target is an application in the round in which a person was shown it.
type Target struct {
	Key   Key `json:"key"`
	Round int `json:"round"`
}

// Decide decides many applications in one transaction: all that can be, with the others declined row by row. What a
// person sees begun is then on disk as a whole, and a second delivery of the same action finds the run that the first
// one began. The error is a Refusal where there is nothing to do or too much.
func (e *Engine) Decide(ctx context.Context, b Bulk) (Run, error) {
	var r Run
	err := e.update(ctx, func(t *txn) (err error) {
		r, err = t.decide(b)
		return err
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return Run{}, fmt.Errorf("deciding %d applications of shop %s: %w", len(b.Targets), b.Shop, err)
	}
	return r, nil
}

func (t *txn) decide(b Bulk) (Run, error) {
	switch {
	case len(b.Targets) == 0:
		return Run{}, Refusal{Rule: RuleNothingChosen}
	case len(b.Targets) > MaxRun:
		return Run{}, Refusal{Rule: RuleTooMany}
	case b.Verdict == Reject && !slices.Contains(Reasons, b.Reason):
		return Run{}, Refusal{Rule: RuleReason}
	}
	r := Run{ID: runID(b.Actor), Kind: RunDecisions, Shop: b.Shop, By: b.Person, At: b.At, Verdict: b.Verdict, Reason: b.Reason}
	if there, err := t.tx.Run(r.ID); !errors.Is(err, ErrNotFound) {
		return there, cmp.Or(err, errUnchanged)
	}
	for _, target := range b.Targets {
		if target.Key.Shop != b.Shop || slices.ContainsFunc(r.Items, func(i RunItem) bool { return i.Key == target.Key }) {
			continue
		}
		item, err := t.decideOne(b, target, r.ID)
		if err != nil {
			return Run{}, err
		}
		r.Items = append(r.Items, item)
	}
	if len(r.Items) == 0 {
		return Run{}, Refusal{Rule: RuleNothingChosen}
	}
	r.end(b.At)
	if err := t.tx.PutRun(r); err != nil {
		return Run{}, err
	}
	return r, t.notify(Notice{ID: RunNotice(r.ID), Shop: r.Shop, Kind: KindRun, Run: r.ID}, b.At, ForPeople)
}

// runID names a run by the action that began it.
func runID(a Actor) RunID {
	if a.DedupKey == "" {
		return RunID(newEffectID())
	}
	return RunID(string(a.Person) + " " + a.DedupKey)
}

// decideOne decides one application of a run, or keeps why it cannot be decided.
func (t *txn) decideOne(b Bulk, target Target, run RunID) (RunItem, error) {
	who := b.Actor
	who.Surface, who.DedupKey = FromBulk, "" // the run is what recognises a second delivery
	a, _, err := t.apply(target.Key, Decided{
		Actor: who, At: b.At, Round: target.Round, Verdict: b.Verdict, Reason: b.Reason, Undo: b.Undo, Run: run,
	})
	if r, ok := errors.AsType[Refusal](err); ok {
		a = r.Application
		item := itemOf(target.Key, a)
		item.State, item.Rule, item.Stage = ItemDeclined, r.Rule, a.Stage()
		if p := a.Decision.Phase; p != Undecided && p != DecisionRefused {
			item.By = a.Decision.By
		}
		return item, nil
	}
	item := itemOf(target.Key, a)
	item.State, item.Review = ItemWaiting, a.Decision.Review
	return item, err
}

func itemOf(k Key, a Application) RunItem {
	return RunItem{Key: k, Creator: Creator{Username: a.Snapshot.Creator.Username, Nickname: a.Snapshot.Creator.Nickname}, Product: a.Snapshot.Product.Title, Link: a.Card.Link}
}

// updateRun records what became of a run's application, and repaints the run's message. A decision that is final no
// longer concerns the run, whatever is decided later.
func (t *txn) updateRun(before Application, next Next, ev Event) error {
	d, after := before.Decision, next.Application
	if d.Run == "" || d.Run == t.ownRun || d.Phase == DecisionConfirmed || d.Phase == DecisionRefused || d == after.Decision {
		return nil
	}
	r, err := t.tx.Run(d.Run)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(r.Items, func(i RunItem) bool { return i.Key == after.Key && i.Review == d.Review })
	if i < 0 {
		return nil
	}
	item := itemAfter(r.Items[i], after, ev)
	if item == r.Items[i] {
		return nil
	}
	r.Items[i] = item
	return t.keepRun(r, next.at, Routine)
}

func itemAfter(item RunItem, after Application, ev Event) RunItem {
	if after.Card.Link != "" {
		item.Link = after.Card.Link
	}
	switch e := ev.(type) {
	case Undone:
		item.State, item.By = ItemUndone, e.Person
	case RefusedForGood:
		item.State, item.Failure = ItemRefused, e.Failure
	case HeldUp:
		item.Failure = e.Failure
	case AnswerLost:
		item.Failure = e.Failure
	case Confirmed:
		item.State, item.Failure = ItemConfirmed, Failure{}
	case Reported:
		switch {
		case after.Decision.Phase == DecisionConfirmed:
			item.State, item.Failure = ItemConfirmed, Failure{}
		case after.Decision.Review != item.Review: // else the report changed something else
			item.State, item.Failure, item.Stage = ItemElsewhere, Failure{}, after.Stage()
		}
	}
	return item
}

// end closes a run of decisions when nothing of it waits any more.
func (r *Run) end(at time.Time) {
	if r.Count(ItemWaiting) == 0 && r.EndsAt.IsZero() {
		r.EndsAt = at
	}
}

// UndoRun takes back what of a run was not sent yet, and returns how many decisions that were. The error is a Refusal
// where it is not the person's own run, or nothing is left to take back.
func (e *Engine) UndoRun(ctx context.Context, id RunID, by Actor, at time.Time) (undone int, err error) {
	err = e.update(ctx, func(t *txn) (err error) {
		undone, err = t.undoRun(id, by, at)
		return err
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return 0, fmt.Errorf("undoing run %s: %w", id, err)
	}
	return undone, nil
}

func (t *txn) undoRun(id RunID, by Actor, at time.Time) (undone int, err error) {
	r, err := t.tx.Run(id)
	switch {
	case errors.Is(err, ErrNotFound):
		return 0, Refusal{Rule: RuleNoRun}
	case err != nil:
		return 0, err
	case by.DedupKey != "" && r.UndoKey == by.DedupKey:
		return 0, errUnchanged
	case r.By != by.Person && !by.Admin:
		return 0, Refusal{Rule: RuleNotYours, Application: Application{Decision: Decision{By: r.By}}}
	}
	r.UndoKey, by.DedupKey = by.DedupKey, ""
	t.ownRun = r.ID
	for i, item := range r.Items {
		a, err := load(t.tx, item.Key)
		if err != nil {
			return 0, err
		}
		if a.State() != Queued || a.Decision.Review != item.Review {
			continue
		}
		ev := Undone{Actor: by, At: at, Round: a.Round}
		if a, _, err = t.apply(item.Key, ev); err != nil {
			return 0, err
		}
		r.Items[i] = itemAfter(item, a, ev)
		undone++
	}
	if undone == 0 {
		return 0, Refusal{Rule: RuleNoRun}
	}
	return undone, t.keepRun(r, at, ForPeople)
}

// keepRun keeps a run of decisions, ended if nothing of it waits any more, and has its message say so.
func (t *txn) keepRun(r Run, at time.Time, p Priority) error {
	r.end(at)
	if err := t.tx.PutRun(r); err != nil {
		return err
	}
	return t.renotify(RunNotice(r.ID), at, p)
}
