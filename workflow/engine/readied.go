package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"sampledesk/workflow"
)

// readied makes an event ready that the shop's rules have a say in: a decision gets the facts as they are, and what it
// counts for against caps; one that needs two people becomes the asking for it, until another person agrees; and undoing
// what was only asked for takes that back. The error is a Refusal where the rules forbid it.
func (t *txn) readied(a workflow.Application, ev workflow.Event) (workflow.Event, error) {
	switch e := ev.(type) {
	case workflow.Decided:
		if !a.Decidable() || e.Round != a.Round || a.AlreadyApplied(e.DedupKey) {
			return ev, nil // the table says what becomes of it
		}
		return t.readyDecision(a, e)
	case workflow.Undone:
		if a.AlreadyApplied(e.DedupKey) {
			return ev, nil
		}
		if a.Decidable() && a.Second.By != "" {
			return workflow.SecondWithdrawn{Actor: e.Actor, At: e.At, Round: e.Round}, nil
		}
		if a.Decision.Rule == "" {
			return ev, nil
		}
		r, ok, err := t.rulesFor(a.Key.Shop)
		if ok {
			e.Day = workflow.DayOf(e.At.In(r.zone), 0)
		}
		return e, err
	default:
		return ev, nil
	}
}

func (t *txn) readyDecision(a workflow.Application, e workflow.Decided) (workflow.Event, error) {
	facts, err := workflow.GatherFacts(t.tx, a, e.At)
	if err != nil {
		return e, err
	}
	e.Facts = &facts
	r, ok, err := t.rulesFor(a.Key.Shop)
	if err != nil || !ok {
		return e, err
	}
	if e.Counted, err = t.counted(a, e, r, workflow.FactsOf(a, facts)); err != nil {
		return e, err
	}
	if e.Verdict != workflow.Approve || e.Person == "" {
		return e, nil
	}
	two, err := t.needsTwo(a, r.Rules)
	if err != nil {
		return e, err
	}
	rule := ""
	if p := a.Proposal; p != nil && p.Action.Kind == workflow.ActHoldForTwo {
		two, rule = true, p.Name
	}
	switch {
	case !two:
	case a.Second.By == "":
		return workflow.SecondAsked{Decided: e, Rule: rule}, nil
	case a.Second.By == e.Person:
		return e, workflow.Refusal{Rule: workflow.RuleSamePerson, Application: a}
	default:
		if e.Asked = a.Second.By; e.Message == "" {
			e.Message = a.Second.Message
		}
	}
	return e, nil
}

// counted returns what a decision counts for against caps. It is a rule's where the rule decides, or a person decides as it
// proposes and it fits under the caps: what is over them, only a person can decide, and it is theirs. The error is a Refusal
// where a rule would go over one.
func (t *txn) counted(a workflow.Application, e workflow.Decided, r asked, f workflow.RuleFacts) (workflow.Counted, error) {
	c := workflow.Counted{Day: workflow.DayOf(e.At.In(r.zone), 0), Rule: e.Rule}
	if e.Verdict != workflow.Approve {
		return c, nil
	}
	cost, _, err := workflow.CostOf(t.tx, a.Key.Shop, a.Snapshot.Product)
	if err != nil {
		return c, err
	}
	if n, ok := cost.Hundredths(); ok && cost.Currency == r.Currency {
		c.Cost = n
	}
	if p := a.Proposal; e.Rule == "" && p.Takes(e.Verdict, e.Reason) && p.Over == nil {
		c.Rule = p.Rule
	}
	rule, ok := r.Named(c.Rule)
	if !ok {
		c.Rule = e.Rule
		return c, nil
	}
	over, err := workflow.OverCap(t.tx, r.Rules, rule, f, e.At, r.zone)
	switch {
	case err != nil:
		return c, err
	case over != nil && e.Rule != "":
		return c, workflow.Refusal{Rule: workflow.RuleOverCap, Application: a}
	case over != nil:
		c.Rule = ""
	}
	return c, nil
}

// TakeProposal has a person do what a rule proposes of an application, as they were shown it: add it to the campaign, assign
// it, or take on what is held for a person. The error is a Refusal: RuleTakenAlready where another did, RuleNoProposal where
// that rule proposes nothing of the kind any more.
func (e *Engine) TakeProposal(ctx context.Context, p workflow.TakenProposal) (a workflow.Application, err error) {
	err = e.update(ctx, func(t *txn) (err error) {
		a, err = t.takeProposal(p)
		return err
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return workflow.Application{}, fmt.Errorf("doing what is proposed of %s: %w", p.Key, err)
	}
	return a, nil
}

func (t *txn) takeProposal(p workflow.TakenProposal) (workflow.Application, error) {
	a, err := load(t.tx, p.Key)
	if err != nil {
		return a, err
	}
	if a.AlreadyApplied(p.DedupKey) {
		return a, errUnchanged
	}
	r, err := t.takeable(a, p)
	if err != nil {
		return a, err
	}
	said, taken := a.Proposal.Action, workflow.Taken{Rule: p.Rule, Day: workflow.DayOf(p.At.In(r.zone), 0), Campaign: a.Proposal.Action.Campaign}
	before := a
	a.Touched = p.Person
	a.Taken = append(slices.DeleteFunc(slices.Clone(a.Taken), func(t workflow.Taken) bool { return t.Rule == p.Rule }), taken)
	if err := errors.Join(t.tx.PutApplication(a), workflow.CountIn(t.tx, before, a)); err != nil {
		return a, err
	}
	switch said.Kind {
	case workflow.ActCampaign:
		a, _, err = joinCampaign(t, workflow.Join{Actor: p.Actor, At: p.At, Key: p.Key, Campaign: said.Campaign, Seen: a.Campaign, Round: p.Round})
	case workflow.ActAssign:
		a, _, err = t.apply(p.Key, workflow.Assigned{Actor: p.Actor, At: p.At, To: said.Assignee})
	default:
		a, _, err = t.apply(p.Key, workflow.OnItBegan{Actor: p.Actor, At: p.At})
	}
	return a, err
}

// takeable returns the rules, where what a person was shown is still proposed and can be taken. The error is a Refusal, or
// errUnchanged where they did it themselves.
func (t *txn) takeable(a workflow.Application, p workflow.TakenProposal) (asked, error) {
	refused := func(why workflow.Rule) (asked, error) {
		return asked{}, workflow.Refusal{Rule: why, Application: a}
	}
	if !a.Decidable() {
		return refused(workflow.RuleState)
	}
	r, ok, err := t.rulesFor(a.Key.Shop)
	if err != nil {
		return r, err
	}
	rule, there := r.Named(p.Rule)
	if !ok || !there || !r.Speaks(rule) || rule.Mode == workflow.ModeWatching || rule.Version != p.Version {
		return refused(workflow.RuleNoProposal)
	}
	if rule.Action.Done(workflow.FactsOf(a, workflow.KeptFacts{})) {
		by := cmp.Or(a.OnIt.From, a.OnIt.By)
		if rule.Action.Kind == workflow.ActCampaign {
			by = a.Joined.By
		}
		if by == p.Person {
			return r, errUnchanged
		}
		return r, workflow.Refusal{Rule: workflow.RuleTakenAlready, Application: a, Name: string(by)}
	}
	switch said := a.Proposal; {
	case a.Round != p.Round:
		return refused(workflow.RuleStale)
	case !said.Takeable() || said.Rule != p.Rule || said.Version != p.Version:
		return refused(workflow.RuleNoProposal)
	}
	return r, nil
}
