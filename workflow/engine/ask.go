package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sampledesk/workflow"
)

// Rules are asked about a request in the transaction in which what they look at changes: when it is first seen, reported
// anew, or its campaign does, and when another request of its creator, their lists or their campaigns change. When a
// condition on time comes due, Tick asks; when the rules change, a run does. What a rule in automatic mode says is then
// decided in the same transaction, by the same table as what people decide, unless a person was at work: then with the next
// Tick, so that nothing happens under their hands.

// overCapRest is after how long what is over a cap is asked about again at the latest: something may have been undone.
const overCapRest = time.Hour

// asked are a shop's rules, and where its days begin.
type asked struct {
	workflow.Rules
	zone *time.Location
}

// rulesFor returns a shop's rules; ok is false where there never were any.
func (t *txn) rulesFor(shop workflow.ShopID) (r asked, ok bool, err error) {
	if r.Rules, err = t.tx.Rules(shop); err != nil || r.Version == 0 {
		return r, false, err
	}
	r.zone, err = t.tx.zone(shop)
	return r, r.zone != nil, err
}

// keepFirst keeps the facts of a request that waits for the team as they are at first sight, and returns them.
func (t *txn) keepFirst(a *workflow.Application, at time.Time) error {
	facts, err := workflow.GatherFacts(t.tx, *a, at)
	if err == nil {
		a.First = &facts
	}
	return err
}

// ask returns the application with what its shop's rules say of it now, if it can be decided.
func (t *txn) ask(a workflow.Application, at time.Time) (workflow.Application, error) {
	r, ok, err := t.rulesFor(a.Key.Shop)
	if err != nil || !ok || !a.Decidable() {
		return a, err
	}
	facts, err := workflow.GatherFacts(t.tx, a, at)
	if err != nil {
		return a, err
	}
	return t.say(a, r, workflow.FactsOf(a, facts), at)
}

func (t *txn) say(a workflow.Application, r asked, f workflow.RuleFacts, at time.Time) (workflow.Application, error) {
	e := r.Evaluate(f)
	next, p := e.Next, e.Speaks
	if p != nil && p.Action.Kind == workflow.ActApprove {
		rule, _ := r.Named(p.Rule)
		over, err := workflow.OverCap(t.tx, r.Rules, rule, f, at, r.zone)
		if err != nil {
			return a, err
		}
		if p.Over = over; over != nil {
			next = earliest(next, at.Add(overCapRest))
			if !over.Until.IsZero() {
				next = earliest(next, over.Until)
			}
			p.Over = over.Since(a.Proposal)
		}
	}
	if p != nil && p.Mode == workflow.ModeAutomatic && p.Over == nil && p.Blocked == "" {
		blocked, err := t.blocked(a, r, p, at)
		if err != nil {
			return a, err
		}
		p.Blocked = blocked
	}
	a.Proposal, a.Watched, a.RuleNext = p.Or(a.Proposal), e.Watched.Or(a.Watched), next
	return a, nil
}

func earliest(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

// blocked returns what keeps a rule in automatic mode from deciding by itself; empty: nothing does.
func (t *txn) blocked(a workflow.Application, r asked, p *workflow.Proposal, at time.Time) (workflow.Rule, error) {
	rule, ok := r.Named(p.Rule)
	verdict := p.Action.Verdict()
	switch {
	case !ok || verdict == "":
		return workflow.RuleNoRule, nil
	case a.Touched != "" || a.ChangedElsewhere || a.Second.By != "":
		return workflow.RuleTouched, nil
	case a.State() != workflow.Pending:
		return workflow.RuleState, nil
	case !a.TimeToUndo(at):
		return workflow.RuleDeadline, nil
	}
	if verdict == workflow.Approve {
		two, err := t.needsTwo(a, r.Rules)
		if err != nil || two {
			return workflow.RuleTwo, err
		}
	}
	_, err := workflow.Step(a, decisionOf(a, rule, p, at))
	if refused, is := errors.AsType[workflow.Refusal](err); is {
		return refused.Rule, nil
	}
	return "", err
}

// needsTwo reports whether a sample costs more than one person may approve.
func (t *txn) needsTwo(a workflow.Application, r workflow.Rules) (bool, error) {
	most, ok := r.TwoAbove.Hundredths()
	if !ok {
		return false, nil
	}
	cost, known, err := workflow.CostOf(t.tx, a.Key.Shop, a.Snapshot.Product)
	if err != nil || !known || cost.Currency != r.TwoAbove.Currency {
		return false, err
	}
	n, _ := cost.Hundredths()
	return n > most, nil
}

// decisionOf is the decision that a rule in automatic mode makes.
func decisionOf(a workflow.Application, rule workflow.ShopRule, p *workflow.Proposal, at time.Time) workflow.Decided {
	return workflow.Decided{
		Actor: workflow.Actor{Rule: p.Rule, Surface: workflow.FromRule}, At: at, Round: a.Round, Verdict: p.Action.Verdict(), Reason: p.Action.Reason,
		Undo: rule.UndoWindow(), RuleName: p.Name, RuleVersion: p.Version,
	}
}

// decideByRule has a rule in automatic mode do what it says of a request, if it may.
func (t *txn) decideByRule(a workflow.Application, at time.Time) (workflow.Application, error) {
	if !a.Proposal.ByItself() || a.State() != workflow.Pending {
		return a, nil
	}
	r, ok, err := t.rulesFor(a.Key.Shop)
	if err != nil || !ok {
		return a, err
	}
	rule, ok := r.Named(a.Proposal.Rule)
	if !ok || !r.Speaks(rule) || rule.Version != a.Proposal.Version || rule.Mode != workflow.ModeAutomatic {
		return a, nil
	}
	now, _, err := t.apply(a.Key, decisionOf(a, rule, a.Proposal, at))
	if _, refused := errors.AsType[workflow.Refusal](err); !refused {
		return now, err
	}
	if now, err = t.ask(a, at); err != nil { // a cap was used up meanwhile: it waits, and says so
		return a, err
	}
	return now, errors.Join(t.tx.PutApplication(now), workflow.CountIn(t.tx, a, now))
}

// asksRules reports whether an event changes what rules look at of the application that it is about.
func asksRules(ev workflow.Event) bool {
	switch ev.(type) {
	case workflow.Reported, workflow.Undone, workflow.RefusedForGood, workflow.CampaignChosen, workflow.CampaignLeft, workflow.OriginFound,
		workflow.OnItBegan, workflow.OnItEnded, workflow.Assigned, workflow.SecondWithdrawn, workflow.SecondAsked:
		return true
	default:
		return false
	}
}

// askOnStep asks the rules about an application that an event changed, before that is saved.
func (t *txn) askOnStep(before workflow.Application, next *workflow.Next, ev workflow.Event) error {
	a := next.Application
	if !a.Decidable() || !asksRules(ev) {
		return nil
	}
	if before.State() == workflow.Unseen {
		if err := t.keepFirst(&a, next.At); err != nil {
			return err
		}
		r, ok, err := t.rulesFor(a.Key.Shop)
		if err != nil {
			return err
		}
		if ok {
			if a, err = t.say(a, r, workflow.FactsOf(a, *a.First), next.At); err != nil {
				return err
			}
		}
		next.Application = a
		return nil
	}
	a, err := t.ask(a, next.At)
	if err != nil {
		return err
	}
	if workflow.ByPerson(ev) && a.Proposal.ByItself() {
		a.RuleNext = next.At
	}
	if !a.Proposal.Same(next.Application.Proposal) && a.Card.Wanted && !a.Card.Lost {
		next.Effects = append(next.Effects, repaint(a.Key, next.At))
	}
	next.Application = a
	return nil
}

// afterRules does what rules say once a step was saved: what one in automatic mode decides by itself, what is said anew of
// the creator's other requests, and what people think of the rules.
func (t *txn) afterRules(before, after workflow.Application, ev workflow.Event, at time.Time) (workflow.Application, error) {
	if err := t.outcomes(before, after, ev, at); err != nil {
		return after, err
	}
	_, reported := ev.(workflow.Reported)
	if reported && before.State() == workflow.Queued && after.State() == workflow.Queued && after.Decision.Rule != "" {
		return t.recheck(after, at)
	}
	if before.State() != after.State() || len(before.Contents) != len(after.Contents) {
		if err := t.askOthers(after, at); err != nil {
			return after, err
		}
		now, err := load(t.tx, after.Key) // they may have led to something else being said of this one
		if err != nil {
			return after, err
		}
		after = now
	}
	if workflow.ByPerson(ev) || !asksRules(ev) {
		return after, nil
	}
	if own, is := ev.(workflow.Undone); is && own.Rule != "" {
		return after, nil // whoever took it back asks again
	}
	return t.decideByRule(after, at)
}

// askAgain asks the rules anew about an application that is not itself changing: what they say is saved and shown if it is
// another, and done where it is automatic. What a rule has decided and was not sent yet is looked at again.
func (t *txn) askAgain(k workflow.Key, at time.Time) error {
	a, err := load(t.tx, k) // what was said of another may have led to a change of it
	if err != nil {
		return err
	}
	if a.State() == workflow.Queued && a.Decision.Rule != "" {
		_, err := t.recheck(a, at)
		return err
	}
	if !a.Decidable() {
		return nil
	}
	now, err := t.ask(a, at)
	if err != nil {
		return err
	}
	shown := !now.Proposal.Same(a.Proposal)
	if shown || !now.Watched.Same(a.Watched) || !now.RuleNext.Equal(a.RuleNext) {
		if err := errors.Join(t.tx.PutApplication(now), workflow.CountIn(t.tx, a, now)); err != nil {
			return err
		}
	}
	if shown && now.Card.Wanted && !now.Card.Lost {
		if err := t.enqueue(repaint(a.Key, at), at); err != nil {
			return err
		}
	}
	_, err = t.decideByRule(now, at)
	return err
}

// recheck takes back what a rule has decided and was not sent yet where it would not decide so any more. What rules say then
// is done as for any other request.
func (t *txn) recheck(a workflow.Application, at time.Time) (workflow.Application, error) {
	cause, err := t.causeToUndo(a, at)
	if err != nil || cause == "" {
		return a, err
	}
	a, did, err := t.apply(a.Key, workflow.Undone{
		Actor: workflow.Actor{Rule: a.Decision.Rule, Surface: workflow.FromRule}, At: at, Round: a.Round, Cause: cause,
	})
	if err != nil || !did {
		return a, err
	}
	return t.decideByRule(a, at)
}

// causeToUndo returns why a rule would not decide any more what it has decided; empty: it would.
func (t *txn) causeToUndo(a workflow.Application, at time.Time) (workflow.UndoCause, error) {
	r, ok, err := t.rulesFor(a.Key.Shop)
	if err != nil || !ok {
		return "", err
	}
	rule, there := r.Named(a.Decision.Rule)
	switch {
	case !there:
		return workflow.UndoRemoved, nil
	case !r.Speaks(rule):
		return workflow.UndoPaused, nil
	}
	facts, err := workflow.GatherFacts(t.tx, a, a.Decision.At) // the time that was left was enough, or little enough, then
	if err != nil {
		return "", err
	}
	was := a.Decision
	a.Decision = workflow.Decision{}
	p := r.Evaluate(workflow.FactsOf(a, facts)).Speaks
	switch {
	case p != nil && p.Blocked == workflow.RuleBlockList:
		return workflow.UndoBlocked, nil
	case rule.Version != was.RuleVersion && (p == nil || p.Rule != was.Rule || p.Mode != workflow.ModeAutomatic || !p.Takes(was.Verdict, was.Reason)):
		return workflow.UndoChanged, nil
	case p == nil || !p.Takes(was.Verdict, was.Reason) || p.Mode != workflow.ModeAutomatic:
		return workflow.UndoFacts, nil
	}
	if was.Verdict == workflow.Approve {
		two, err := t.needsTwo(a, r.Rules)
		if err != nil || two {
			return workflow.UndoChanged, err
		}
		past, err := workflow.PastCap(t.tx, r.Rules, rule, workflow.FactsOf(a, facts), was.At, r.zone)
		if err != nil || past {
			return workflow.UndoChanged, err
		}
	}
	_, err = workflow.Step(a, decisionOf(a, rule, p, at))
	if refused, is := errors.AsType[workflow.Refusal](err); is && refused.Rule != workflow.RuleDeadline {
		return workflow.UndoFacts, nil
	}
	return "", nil
}

// askOthers asks about the creator's other requests, as one of theirs has moved on.
func (t *txn) askOthers(a workflow.Application, at time.Time) error {
	_, ok, err := t.rulesFor(a.Key.Shop)
	if err != nil || !ok || t.asking >= maxAsking {
		return err
	}
	return t.askAboutOthers(a.Snapshot.Creator.KeyOf(a.Key.Shop), a.Key, at)
}

// askAbout asks about a creator's requests that wait, as something else about them has changed.
func (t *txn) askAbout(creator workflow.CreatorKey, at time.Time) error {
	return t.askAboutOthers(creator, workflow.Key{}, at)
}

func (t *txn) askAboutOthers(creator workflow.CreatorKey, but workflow.Key, at time.Time) error {
	all, err := t.tx.Outlines(workflow.CreatorOf(creator), maxOthersRead)
	if err != nil {
		return err
	}
	t.asking++
	defer func() { t.asking-- }()
	asked := 0
	for _, o := range all {
		a := o.Application()
		if a.Key == but || !a.Decidable() && (a.State() != workflow.Queued || a.Decision.Rule == "") {
			continue
		}
		if asked++; asked > maxOthersAsked {
			return nil
		}
		if err := t.askAgain(a.Key, at); err != nil {
			return err
		}
	}
	return nil
}

// maxAsking is how far what is decided of one request leads to asking about others: rules that look at each other's outcome
// must not go round for ever. What a rule has decided is looked at again before it is sent.
const maxAsking = 2

// maxOthersAsked is of how many of a creator's requests that wait rules are asked at once.
const maxOthersAsked = 20

// rulesRun names the run that evaluates a shop's requests anew.
func rulesRun(s workflow.ShopID) workflow.RunID { return workflow.RunID("rules " + s) }

// askAllLater has all requests of a shop that wait evaluated anew: a run in batches, which begins from the start if one is
// under way.
func (t *txn) askAllLater(s workflow.ShopID, at time.Time) error {
	r := workflow.Run{ID: rulesRun(s), Kind: workflow.RunRules, Shop: s, At: at}
	if err := t.tx.PutRun(r); err != nil {
		return err
	}
	_, err := t.unclaimed(workflow.RunLane(r.ID), func(e workflow.InLine) bool { return e.Kind == workflow.CarryOn })
	if err == nil {
		return nil // one that waits serves
	}
	if !errors.Is(err, workflow.ErrNotFound) {
		return err
	}
	return carryOnLater(t, r, at)
}

// The parts of a run that evaluates anew: first what rules have decided and was not sent, then what waits. Its cursor names
// the part, and how far that has come.
const (
	askDecided = "d"
	askWaiting = "w"
)

// carryOnAsking evaluates the next of a shop's requests anew, and reports whether these were the last.
func carryOnAsking(t *txn, r workflow.Run, now time.Time) (last bool, err error) {
	if r.Ended() {
		return true, errUnchanged
	}
	part, after := askDecided, ""
	if r.Cursor != "" {
		part, after = r.Cursor[:1], r.Cursor[1:]
	}
	listing := workflow.RuleDecidedOf(r.Shop)
	if part == askWaiting {
		listing = workflow.QueueOf(r.Shop)
	}
	page, err := t.tx.Applications(listing, after, observeBatch)
	if err != nil {
		return false, err
	}
	for _, a := range page.Applications {
		if err := t.askAgain(a.Key, now); err != nil {
			return false, err
		}
	}
	switch {
	case page.Next != "":
		r.Cursor = part + page.Next
	case part == askDecided:
		r.Cursor = askWaiting
	default:
		r.EndsAt, last = now, true
	}
	return last, t.tx.PutRun(r)
}

// askInTime asks about a request whose time has come, unless it was asked about since. The time is over, whatever they say.
func (t *txn) askInTime(k workflow.Key, now time.Time) error {
	a, err := load(t.tx, k)
	if err != nil || a.RuleNext.IsZero() || a.RuleNext.After(now) {
		return err
	}
	a.RuleNext = time.Time{}
	if err := t.tx.PutApplication(a); err != nil {
		return err
	}
	return t.askAgain(k, now)
}

// askDue asks the rules about what a condition on time, or the end of a cap's day, comes due for.
func (c clock) askDue(ctx context.Context) error {
	for more := true; more; {
		err := c.handling(ctx, func(t *txn) (asked int, err error) {
			page, err := t.tx.Applications(workflow.RuleDueOf(c.shop), "", observeBatch)
			if err != nil {
				return 0, err
			}
			more = false
			for _, a := range page.Applications {
				if a.RuleNext.After(c.now) {
					return asked, nil
				}
				if err := t.askInTime(a.Key, c.now); err != nil {
					return asked, err
				}
				asked++
			}
			more = asked == observeBatch
			return asked, nil
		})
		if err != nil {
			return fmt.Errorf("asking rules: %w", err)
		}
	}
	return nil
}
