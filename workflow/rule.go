package workflow

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// RuleID names a rule of a shop. It stays when the rule is changed, and is never given again.
type RuleID string

// RuleMode is how far a rule is trusted.
type RuleMode string

// The modes of a rule.
const (
	ModeWatching  RuleMode = "watching"  // nothing is shown; what it would have said is counted
	ModeProposing RuleMode = "proposing" // its proposal is on the card
	ModeAutomatic RuleMode = "automatic" // it does what it says
)

// RuleModes are all of them, the least trusted first.
var RuleModes = []RuleMode{ModeWatching, ModeProposing, ModeAutomatic}

// ShopRule is a rule of a shop: what holds of a request, and what is to be done with it then. (Rule, in this package, is
// what a Refusal names.)
type ShopRule struct {
	ID         RuleID        `json:"id"`
	Name       string        `json:"name"`
	Mode       RuleMode      `json:"mode"`
	Paused     bool          `json:"paused,omitempty"`
	Conditions []Condition   `json:"conditions,omitempty"` // all must hold
	Action     RuleAction    `json:"action"`
	Caps       []Cap         `json:"caps,omitempty"` // what they count: what this rule decided, and what people decided as it proposed
	Undo       time.Duration `json:"undo,omitempty"` // in automatic mode; 0: DefaultRuleUndo

	Version   int       `json:"version"` // rises with each change of the rule
	CreatedAt time.Time `json:"created_at,omitzero"`
	CreatedBy PersonID  `json:"created_by,omitempty"`
	ChangedAt time.Time `json:"changed_at,omitzero"`
	ChangedBy PersonID  `json:"changed_by,omitempty"` // empty: the desk itself, as Demoted says
	Demoted   Demotion  `json:"demoted,omitzero"`     // why it went back to proposing by itself; zero: it did not, since it was changed
}

// Demotion is why a rule in automatic mode went back to proposing by itself.
type Demotion struct {
	At        time.Time `json:"at"`
	Overruled int       `json:"overruled"` // so many of
	Of        int       `json:"of"`        // the latest that people had a say in
}

// The bounds of rules.
const (
	MaxRules      = 50 // of a shop
	MaxRuleName   = 60 // code points
	MaxConditions = 12 // of a rule
	MaxTexts      = 50 // of a condition
	MaxCaps       = 6  // of a rule, and of a shop
	MaxRuleText   = 200

	DefaultRuleUndo = 30 * time.Minute
	MinRuleUndo     = time.Minute
	MaxRuleUndo     = 24 * time.Hour
)

// UndoWindow is how long a decision of the rule can be undone before it is sent.
func (r ShopRule) UndoWindow() time.Duration {
	if r.Undo == 0 {
		return DefaultRuleUndo
	}
	return r.Undo
}

// Rules are those of a shop, in order: the first that fits speaks.
type Rules struct {
	Shop    ShopID     `json:"shop"`
	Version int        `json:"version,omitempty"` // rises with each change; 0: there never was any
	All     []ShopRule `json:"all,omitempty"`
	Caps    []Cap      `json:"caps,omitempty"` // of the shop: what they count is what all rules decided

	PausedAll bool      `json:"paused_all,omitempty"`
	PausedBy  PersonID  `json:"paused_by,omitempty"`
	PausedAt  time.Time `json:"paused_at,omitzero"`

	// TwoAbove is the cost of a sample above which an approval needs two people; an empty amount: none does.
	TwoAbove Money `json:"two_above,omitzero"`

	// Currency is that of costs and budgets.
	Currency string `json:"currency,omitempty"`

	// ShareLists is set where the shop's admins agreed to share their lists with the desk's other shops that agreed too:
	// what their people put on a list from then on is on the lists of all of these (see SharedLists).
	ShareLists bool `json:"share_lists,omitempty"`

	DedupKeys []string `json:"origins,omitempty"` // of the latest changes
}

// Named returns the rule of that id.
func (r Rules) Named(id RuleID) (ShopRule, bool) {
	i := slices.IndexFunc(r.All, func(one ShopRule) bool { return one.ID == id })
	if i < 0 {
		return ShopRule{}, false
	}
	return r.All[i], true
}

// Speaks reports whether a rule may say anything now: it is neither paused nor all are.
func (r Rules) Speaks(one ShopRule) bool { return !r.PausedAll && !one.Paused }

// ActionKind names what a rule does.
type ActionKind string

// What a rule does.
const (
	ActApprove    ActionKind = "approve"
	ActReject     ActionKind = "reject"
	ActHold       ActionKind = "hold"            // a person has to look; no rule below it speaks
	ActHoldForTwo ActionKind = "hold for two"    // an approval needs two people
	ActCampaign   ActionKind = "add to campaign" // Campaign
	ActAssign     ActionKind = "assign"          // Assignee
)

// RuleAction is what a rule does with what fits it.
type RuleAction struct {
	Kind     ActionKind `json:"kind"`
	Reason   Reason     `json:"reason,omitempty"`   // of ActReject
	Campaign CampaignID `json:"campaign,omitempty"` // of ActCampaign
	Assignee PersonID   `json:"assignee,omitempty"` // of ActAssign
}

// ActionRow is one row of the table of actions.
type ActionRow struct {
	Kind      ActionKind
	Needs     RuleField // what it does not do without; empty: nothing
	Verdict   Verdict   // that it proposes; empty: none
	Automatic bool      // a rule in automatic mode may do it
}

// RuleActions is the table of actions, in the order in which people are offered them.
var RuleActions = []ActionRow{
	{Kind: ActApprove, Verdict: Approve, Automatic: true},
	{Kind: ActReject, Needs: FieldReason, Verdict: Reject, Automatic: true},
	{Kind: ActHold},
	{Kind: ActHoldForTwo},
	{Kind: ActCampaign, Needs: FieldCampaign},
	{Kind: ActAssign, Needs: FieldAssignee},
}

// Row returns the action's row; false of one that does not exist.
func (a RuleAction) Row() (ActionRow, bool) {
	i := slices.IndexFunc(RuleActions, func(r ActionRow) bool { return r.Kind == a.Kind })
	if i < 0 {
		return ActionRow{}, false
	}
	return RuleActions[i], true
}

// Verdict returns the decision that the action proposes; empty: none.
func (a RuleAction) Verdict() Verdict {
	row, _ := a.Row()
	return row.Verdict
}

// RuleField names a part of a rule, for what is wrong with it.
type RuleField string

// The fields of a rule and of a shop's rules.
const (
	FieldName      RuleField = "name"
	FieldMode      RuleField = "mode"
	FieldCondition RuleField = "condition" // the one at Index
	FieldAction    RuleField = "action"
	FieldReason    RuleField = "reason"
	FieldCampaign  RuleField = "campaign"
	FieldAssignee  RuleField = "assignee"
	FieldCap       RuleField = "cap" // the one at Index
	FieldRuleUndo  RuleField = "undo"
	FieldTwoAbove  RuleField = "two above"
	FieldCurrency  RuleField = "currency"
	FieldRules     RuleField = "rules" // there are too many
	FieldCost      RuleField = "cost"  // the one at Index, of a CostsChange
)

// RuleProblem is something wrong with a rule: an error that says where.
type RuleProblem struct {
	Rule  int       // its place among the shop's rules, from 0; -1: the shop's own part. 0 of a rule by itself
	Field RuleField // which part of it
	Index int       // of FieldCondition and FieldCap: which, from 0
	Fact  FactName  // of FieldCondition: what it looks at
	What  Problem
	Value string // what is there instead, as it was given
}

// Problem says what is wrong.
type Problem string

// The problems.
const (
	ProblemMissing     Problem = "missing"
	ProblemUnknown     Problem = "unknown"      // no such thing
	ProblemTooLong     Problem = "too long"     // or too many
	ProblemTaken       Problem = "taken"        // another of the shop has that name
	ProblemNumber      Problem = "number"       // not a number that makes sense there
	ProblemNotBySelf   Problem = "not by self"  // nothing that a rule may do in automatic mode
	ProblemNoCondition Problem = "no condition" // a rule in automatic mode has to have one
	ProblemCurrency    Problem = "currency"     // not the shop's
)

func (p RuleProblem) Error() string {
	where := string(p.Field)
	if p.Field == FieldCondition || p.Field == FieldCap || p.Field == FieldCost {
		where = fmt.Sprintf("%s %d", p.Field, p.Index+1)
	}
	if p.Fact != "" {
		where += " (" + string(p.Fact) + ")"
	}
	if p.Value == "" {
		return fmt.Sprintf("%s: %s", where, p.What)
	}
	return fmt.Sprintf("%s: %s: %q", where, p.What, p.Value)
}

// Check returns what is wrong with a rule, part by part; none if it can be kept.
func (r ShopRule) Check() (all []RuleProblem) {
	bad := func(f RuleField, what Problem, value string) {
		all = append(all, RuleProblem{Field: f, What: what, Value: value})
	}
	if name, ok := nameWithin(r.Name, MaxRuleName); !ok || name != r.Name {
		what := ProblemMissing
		if utf8.RuneCountInString(name) > MaxRuleName {
			what = ProblemTooLong
		}
		bad(FieldName, what, r.Name)
	}
	if !slices.Contains(RuleModes, r.Mode) {
		bad(FieldMode, ProblemUnknown, string(r.Mode))
	}
	all = append(all, r.Action.check(r.Mode)...)
	if len(r.Conditions) > MaxConditions {
		bad(FieldCondition, ProblemTooLong, "")
	}
	if r.Mode == ModeAutomatic && len(r.Conditions) == 0 {
		bad(FieldCondition, ProblemNoCondition, "")
	}
	for i, c := range r.Conditions {
		if p, ok := c.Check(); !ok {
			p.Index = i
			all = append(all, p)
		}
	}
	if r.Undo != 0 && (r.Undo < MinRuleUndo || r.Undo > MaxRuleUndo) {
		bad(FieldRuleUndo, ProblemNumber, r.Undo.String())
	}
	return append(all, checkCaps(r.Caps, 0)...)
}

func (a RuleAction) check(mode RuleMode) (all []RuleProblem) {
	bad := func(f RuleField, what Problem, value string) {
		all = append(all, RuleProblem{Field: f, What: what, Value: value})
	}
	row, ok := a.Row()
	switch {
	case !ok:
		bad(FieldAction, ProblemUnknown, string(a.Kind))
	case mode == ModeAutomatic && !row.Automatic:
		bad(FieldMode, ProblemNotBySelf, string(a.Kind))
	}
	switch {
	case row.Needs == FieldReason && !slices.Contains(Reasons, a.Reason):
		bad(FieldReason, ProblemUnknown, string(a.Reason))
	case row.Needs == FieldCampaign && !oneWord(string(a.Campaign)):
		bad(FieldCampaign, ProblemMissing, string(a.Campaign))
	case row.Needs == FieldAssignee && !oneWord(string(a.Assignee)):
		bad(FieldAssignee, ProblemMissing, string(a.Assignee))
	}
	return all
}

// oneWord reports whether a text may be an id.
func oneWord(text string) bool { return text != "" && !strings.ContainsFunc(text, unicode.IsSpace) }

// Check returns what is wrong with a shop's rules; none if they can be kept.
func (r Rules) Check() (all []RuleProblem) {
	own := func(f RuleField, what Problem, value string) {
		all = append(all, RuleProblem{Rule: -1, Field: f, What: what, Value: value})
	}
	if len(r.All) > MaxRules {
		own(FieldRules, ProblemTooLong, "")
	}
	if r.Currency != "" && !isCurrency(r.Currency) {
		own(FieldCurrency, ProblemUnknown, r.Currency)
	}
	if r.TwoAbove != (Money{}) {
		if p := checkMoney(r.TwoAbove, r.Currency); p != "" {
			own(FieldTwoAbove, p, r.TwoAbove.Amount)
		}
	}
	all = append(all, checkCaps(r.Caps, -1)...)
	for i, one := range r.All {
		for _, p := range one.Check() {
			p.Rule = i
			all = append(all, p)
		}
		for _, other := range r.All[:i] {
			if strings.EqualFold(other.Name, one.Name) {
				all = append(all, RuleProblem{Rule: i, Field: FieldName, What: ProblemTaken, Value: one.Name})
				break
			}
		}
		for n, c := range one.Caps {
			if c.Budget != (Money{}) && c.Budget.Currency != r.Currency {
				all = append(all, RuleProblem{Rule: i, Field: FieldCap, Index: n, What: ProblemCurrency, Value: c.Budget.Currency})
			}
		}
	}
	for n, c := range r.Caps {
		if c.Budget != (Money{}) && c.Budget.Currency != r.Currency {
			all = append(all, RuleProblem{Rule: -1, Field: FieldCap, Index: n, What: ProblemCurrency, Value: c.Budget.Currency})
		}
	}
	return all
}

// isCurrency takes three capital letters.
func isCurrency(s string) bool {
	return len(s) == 3 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// RulesChange is an admin's change of a shop's rules.
type RulesChange struct {
	Actor
	At   time.Time
	Seen int // the version that they were shown

	// Rules are as they are to be: those of the fields that a person sets. A rule without an id is a new one; what the others
	// had besides is kept.
	Rules Rules
}

// RulesPause pauses a rule of a shop or lets it go on, or all of them.
type RulesPause struct {
	Actor
	At     time.Time
	Shop   ShopID
	Rule   RuleID // empty: all
	Paused bool
}

// With returns the rules with one in place of the one of its id, or at the end where it has none.
func (r Rules) With(one ShopRule) Rules {
	r.All = slices.Clone(r.All)
	i := slices.IndexFunc(r.All, func(other ShopRule) bool { return one.ID != "" && other.ID == one.ID })
	if i < 0 {
		r.All = append(r.All, one)
		return r
	}
	r.All[i] = one
	return r
}

// Without returns the rules without the one of that id.
func (r Rules) Without(id RuleID) Rules {
	r.All = slices.DeleteFunc(slices.Clone(r.All), func(one ShopRule) bool { return one.ID == id })
	return r
}

// Moved returns the rules with the one of that id at another place, from 0.
func (r Rules) Moved(id RuleID, place int) Rules {
	one, ok := r.Named(id)
	if !ok {
		return r
	}
	r = r.Without(id)
	r.All = slices.Insert(r.All, min(max(0, place), len(r.All)), one)
	return r
}

// Import returns the rules with those that were read as text: one with the name of one that is there takes its place, the
// others come at the end, and the shop's own part holds where it says something. None becomes automatic by that: an admin
// makes a rule so who has seen how it does. It returns how many were made and changed.
func (r Rules) Import(given Rules) (after Rules, made, changed int) {
	after = r
	if given.Currency != "" {
		after.Currency = given.Currency
	}
	if given.TwoAbove.Amount != "" {
		after.TwoAbove = given.TwoAbove
	}
	if len(given.Caps) > 0 {
		after.Caps = given.Caps
	}
	for _, one := range given.All {
		if one.Mode == ModeAutomatic {
			one.Mode = ModeProposing
		}
		i := slices.IndexFunc(after.All, func(other ShopRule) bool { return strings.EqualFold(other.Name, one.Name) })
		if i < 0 {
			made++
		} else {
			one.ID = after.All[i].ID
			changed++
		}
		after = after.With(one)
	}
	return after, made, changed
}
