package engine

import (
	"fmt"
	"time"

	"sampledesk/workflow"
)

// outcomes keeps what people think of the rules: what they decided of a proposal, once TikTok has confirmed it; what a rule
// had decided and they undid; and what it had decided and they let stand.
func (t *txn) outcomes(before, after workflow.Application, ev workflow.Event, at time.Time) error {
	was, now := before.Decision, after.Decision
	if undone, is := ev.(workflow.Undone); is {
		if undone.Person == "" || was.Rule == "" {
			return nil
		}
		return t.outcome(after.Key.Shop, was.Rule, true, at)
	}
	if was.Phase == workflow.DecisionConfirmed || now.Phase != workflow.DecisionConfirmed || now.Counted.Day == "" {
		return nil
	}
	if now.Rule != "" {
		return t.outcome(after.Key.Shop, now.Rule, false, at)
	}
	p := after.Proposal
	agreed, overruled := p.Agreed(now.Verdict)
	if !agreed && !overruled || p.Rule == after.Overruled.Rule {
		return nil
	}
	return t.outcome(after.Key.Shop, p.Rule, overruled, at)
}

// outcome keeps one outcome of a rule. In automatic mode it goes back to proposing where too many of the latest overruled it.
func (t *txn) outcome(shop workflow.ShopID, id workflow.RuleID, overruled bool, at time.Time) error {
	rules, err := t.tx.Rules(shop)
	if err != nil {
		return err
	}
	rule, ok := rules.Named(id)
	if !ok {
		return nil
	}
	name := workflow.OutcomesTally(id)
	was, err := t.tx.Tally(shop, name)
	if err != nil {
		return err
	}
	now := workflow.Outcomes(was).With(overruled)
	bad, of := now.Count()
	if rule.Mode != workflow.ModeAutomatic || !overruled || bad < workflow.MaxOverruled {
		return t.tx.AddTally(shop, name, int64(now)-was)
	}
	if err := t.tx.AddTally(shop, name, -was); err != nil {
		return err
	}
	rule.Mode, rule.Version, rule.ChangedAt, rule.ChangedBy = workflow.ModeProposing, rule.Version+1, at, ""
	rule.Demoted = workflow.Demotion{At: at, Overruled: bad, Of: of}
	line := workflow.Entry{
		Event: workflow.OnRuleDemoted, By: workflow.Actor{Rule: id, Surface: workflow.FromRule}, Name: rule.Name, RuleName: rule.Name,
		Text: fmt.Sprintf("%d of %d overruled", bad, of),
	}
	if _, err := t.putRules(rules.With(rule), line, at); err != nil {
		return err
	}
	s, err := t.tx.Shop(shop)
	if err != nil {
		return err
	}
	return t.announce(shop, workflow.Payload{Kind: workflow.KindDemoted, At: at, Shop: s.Name, Rule: rule.Name, Demotion: rule.Demoted})
}

// digestRules has the message posted about what a shop's rules decided by themselves on the day before, if they did
// anything. What it tells is read when it is shown.
func (t *txn) digestRules(s workflow.Shop, now time.Time) error {
	day := workflow.DayOf(now.In(s.Settings.Location()), -1)
	all, err := workflow.AutomaticOn(t.tx, s.ID, day)
	if err != nil || len(all) == 0 {
		return err
	}
	return t.notify(workflow.Notice{ID: workflow.RuleDigestNotice(s.ID, day), Shop: s.ID, Kind: workflow.KindRuleDigest, Day: day}, now, workflow.Routine)
}
