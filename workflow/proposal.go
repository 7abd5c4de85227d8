package workflow

import (
	"slices"
	"strconv"
	"time"
)

// Proposal is what a rule says of a request.
type Proposal struct {
	Rule    RuleID     `json:"rule"`
	Name    string     `json:"name"`    // of the rule
	Version int        `json:"version"` // of the rule
	Mode    RuleMode   `json:"mode"`
	Action  RuleAction `json:"action"`
	Why     []Why      `json:"why,omitempty"` // what was found for each condition
	At      time.Time  `json:"at"`

	// Over is the cap that it is over: it waits for a person. Nil: it is over none.
	Over *CapHit `json:"over,omitempty"`

	// Blocked is why a rule in automatic mode did not do it by itself, besides a cap: what the table would refuse, RuleTwo
	// where two people are needed, or RuleTouched where a person had it in hand. Empty: nothing stands in its way.
	Blocked Rule `json:"blocked,omitempty"`
}

// Why is what a rule found of one of its conditions. The view words it.
type Why struct {
	Fact     FactName `json:"fact"`
	Op       Op       `json:"op"`
	Known    bool     `json:"known,omitempty"`
	Number   float64  `json:"number,omitempty"`   // what it was
	Of       float64  `json:"of,omitempty"`       // of how many, where that is told
	Currency string   `json:"currency,omitempty"` // of an amount
	Text     []string `json:"text,omitempty"`     // of OneOf: those that were found
}

func (w Why) equal(other Why) bool {
	return slices.Equal(w.Text, other.Text) && w.Fact == other.Fact && w.Op == other.Op && w.Known == other.Known && w.Number == other.Number && w.Of == other.Of && w.Currency == other.Currency
}

// Same reports whether two proposals say the same for the same reasons, whenever they were made. Nil is none.
func (p *Proposal) Same(other *Proposal) bool {
	if p == nil || other == nil {
		return p == other
	}
	over := p.Over.same(other.Over)
	return over && p.Rule == other.Rule && p.Name == other.Name && p.Version == other.Version && p.Mode == other.Mode &&
		p.Action == other.Action && p.Blocked == other.Blocked && slices.EqualFunc(p.Why, other.Why, Why.equal)
}

// Or returns the proposal, or the one before it if that says the same: it was made then.
func (p *Proposal) Or(before *Proposal) *Proposal {
	if p.Same(before) {
		return before
	}
	return p
}

// ByItself reports whether a rule in automatic mode is to do what it proposes.
func (p *Proposal) ByItself() bool {
	return p != nil && p.Mode == ModeAutomatic && p.Action.Verdict() != "" && p.Over == nil && p.Blocked == ""
}

// TimeToUndo reports whether there is time before the review deadline for people to undo what a rule would decide now.
func (a Application) TimeToUndo(at time.Time) bool {
	by := a.Snapshot.ReviewBy
	return by.IsZero() || !by.Add(-undoMargin-MinRuleUndo).Before(at)
}

// ByPerson reports whether a person is behind an event.
func ByPerson(e Event) bool { return e.actor().Person != "" }

// Takes reports whether a decision is what the proposal says.
func (p *Proposal) Takes(v Verdict, r Reason) bool {
	return p != nil && p.Action.Verdict() == v && (v == Approve || p.Action.Reason == r)
}

// Evaluation is what a shop's rules say of a request.
type Evaluation struct {
	Speaks  *Proposal // of the first rule that fits and may be seen; nil: none does
	Watched *Proposal // of the first rule in watching mode that fits, where it is before that; nil: none
	Next    time.Time // when a condition on time may change that next; zero: none will
}

// Evaluate asks a shop's rules about a request. It is pure: caps are not looked at. Nobody on the block list is approved: the
// request is held for a person instead. A rule whose campaign the request is in, or whose colleague is on it, has nothing
// left to say, and the next one speaks. Where a request is held for a person and one is on it, none speaks.
func (r Rules) Evaluate(f RuleFacts) (e Evaluation) {
	if f.words == nil && r.asksFor(FactTitleWords) {
		f.words = f.Product.Words()
	}
	f.sold = new(f.gmv())
	held := false
	for i := range r.All {
		one := &r.All[i]
		if !r.Speaks(*one) {
			continue
		}
		for n := range one.Conditions {
			if at := one.Conditions[n].turns(&f); !at.IsZero() && (e.Next.IsZero() || at.Before(e.Next)) {
				e.Next = at
			}
		}
		if e.Speaks != nil || held || one.Mode == ModeWatching && e.Watched != nil {
			continue // only its times matter
		}
		p, fits := one.evaluate(&f)
		switch {
		case !fits:
		case one.Mode == ModeWatching:
			e.Watched = p
		case p.Action.Done(f):
			held = p.Action.Kind == ActHold
		default:
			e.Speaks = p
		}
	}
	if p := e.Speaks; p != nil && p.Action.Kind == ActApprove && slices.Contains(f.Lists, BlockList) {
		p.Action, p.Blocked = RuleAction{Kind: ActHold}, RuleBlockList
	}
	return e
}

// Done reports whether people have done with a request what the action is, where that is no decision.
func (a RuleAction) Done(f RuleFacts) bool {
	switch a.Kind {
	case ActCampaign:
		return f.Campaign == a.Campaign
	case ActAssign:
		return f.OnIt == a.Assignee
	case ActHold:
		return f.OnIt != ""
	default:
		return false
	}
}

// asksFor reports whether a rule looks at a fact.
func (r Rules) asksFor(fact FactName) bool {
	return slices.ContainsFunc(r.All, func(one ShopRule) bool {
		return slices.ContainsFunc(one.Conditions, func(c Condition) bool { return c.Fact == fact })
	})
}

// Evaluate asks one rule about a request: what it proposes, and whether it fits. It is pure, and asks neither for its mode
// nor whether it is paused.
func (r ShopRule) Evaluate(f RuleFacts) (*Proposal, bool) {
	return r.evaluate(&f)
}

func (r *ShopRule) evaluate(f *RuleFacts) (*Proposal, bool) {
	for i := range r.Conditions {
		if !r.Conditions[i].holds(f) {
			return nil, false
		}
	}
	p := &Proposal{Rule: r.ID, Name: r.Name, Version: r.Version, Mode: r.Mode, Action: r.Action, At: f.At}
	for i := range r.Conditions {
		p.Why = append(p.Why, r.Conditions[i].why(f))
	}
	return p, true
}

func formatNumber(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

// Takeable reports whether a person can do what is proposed with one click that decides nothing: add to the campaign, assign,
// or be the person for whom it is held.
func (p *Proposal) Takeable() bool {
	if p == nil || p.Blocked != "" {
		return false
	}
	return p.Action.Kind == ActCampaign || p.Action.Kind == ActAssign || p.Action.Kind == ActHold
}

// TakenProposal is a person doing what a rule proposes, where that is no decision. Rule, Version and Round are of what they
// were shown.
type TakenProposal struct {
	Actor
	At      time.Time
	Key     Key
	Rule    RuleID
	Version int
	Round   int
}
