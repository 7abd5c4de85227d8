package view

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sampledesk/workflow"
)

// DraftOf is a rule as the dialog shows it.
func DraftOf(r workflow.ShopRule) RuleDraft {
	d := RuleDraft{
		Name: r.Name, Then: r.Action.Kind, Reason: r.Action.Reason, Campaign: r.Action.Campaign, Person: r.Action.Assignee, Mode: r.Mode,
	}
	for _, c := range r.Conditions {
		draft := ConditionDraft{Fact: c.Fact, Op: c.Op}
		switch {
		case c.Op == workflow.AtLeast || c.Op == workflow.AtMost:
			draft.Typed = grouped(c.Number)
		case factWords[c.Fact].typed:
			draft.Typed = strings.Join(c.Text, ", ")
		default:
			draft.Chosen = c.Text
		}
		d.When = append(d.When, draft)
	}
	d.Caps, d.People = draftsOf(r.Caps)
	return d
}

func draftsOf(all []workflow.Cap) (caps []CapDraft, people bool) {
	for _, c := range all {
		draft := CapDraft{Of: capOf(c.Scope, c.ByCost()), Per: string(c.Per), Typed: strconv.Itoa(c.Samples)}
		if c.ByCost() {
			draft.Typed = c.Budget.Amount
		}
		caps, people = append(caps, draft), people || c.CountPeople
	}
	return caps, people
}

// RuleTypo is what of a dialog cannot be read: the block, and a sentence in plain text.
type RuleTypo struct{ Block, Sentence string }

// Rule reads a draft. Of the rule as it was stays what the dialog does not show. Ok is false where something that was
// typed is no number; what else may be wrong is for ShopRule.Check to say.
func (d RuleDraft) Rule(was workflow.ShopRule, m RuleMeta, currency string) (r workflow.ShopRule, typo RuleTypo, ok bool) {
	r = was
	r.Name, r.Mode, r.Conditions = workflow.Plain(d.Name), d.Mode, nil
	r.Action = workflow.RuleAction{Kind: d.Then}
	switch d.Then {
	case workflow.ActReject:
		r.Action.Reason = d.Reason
	case workflow.ActCampaign:
		r.Action.Campaign = d.Campaign
	case workflow.ActAssign:
		r.Action.Assignee = d.Person
	default: // the others name nothing
	}
	for n, c := range d.When {
		condition, ok := c.condition()
		if !ok {
			return r, RuleTypo{m.RuleBlock(ActionRuleValue + strconv.Itoa(n)), notANumber(c.Typed)}, false
		}
		r.Conditions = append(r.Conditions, condition)
	}
	r.Caps, typo, ok = readCapDrafts(d.Caps, d.People, m, currency)
	return r, typo, ok
}

func (c ConditionDraft) condition() (workflow.Condition, bool) {
	of := workflow.Condition{Fact: c.Fact, Op: c.Op}
	switch {
	case !takesValue(c.Op):
	case c.Op == workflow.AtLeast || c.Op == workflow.AtMost:
		n, ok := ParseTypedNumber(c.Typed)
		of.Number = n
		return of, ok
	case factWords[c.Fact].typed:
		of.Text = typedList(c.Typed)
	default:
		of.Text = slices.Clone(c.Chosen)
	}
	return of, true
}

// typedList parts what was typed at commas and line ends.
func typedList(typed string) (all []string) {
	for part := range strings.FieldsFuncSeq(typed, func(r rune) bool { return r == ',' || r == '\n' || r == ';' }) {
		if part = strings.TrimSpace(part); part != "" && !slices.Contains(all, part) {
			all = append(all, part)
		}
	}
	return all
}

func readCapDrafts(all []CapDraft, people bool, m RuleMeta, currency string) (caps []workflow.Cap, typo RuleTypo, ok bool) {
	for n, c := range all {
		block := m.RuleBlock(ActionRuleCapMost + strconv.Itoa(n))
		scope, cost := strings.CutSuffix(c.Of, " cost")
		limit := workflow.Cap{Scope: workflow.CapScope(scope), Per: workflow.CapPer(c.Per), CountPeople: people}
		most, ok := ParseTypedNumber(c.Typed)
		switch {
		case !ok, !cost && (most != float64(int(most)) || most > 1e6):
			return nil, RuleTypo{block, notANumber(c.Typed)}, false
		case cost && currency == "":
			return nil, RuleTypo{block, "Sample Desk doesn't know yet what samples cost here. Save the rule without this limit and enter costs under Rules, Costs first."}, false
		case cost:
			limit.Budget = workflow.Money{Amount: strconv.FormatFloat(most, 'f', -1, 64), Currency: currency}
		default:
			limit.Samples = int(most)
		}
		caps = append(caps, limit)
	}
	return caps, RuleTypo{}, true
}

func notANumber(typed string) string {
	return "“" + raw(typed, 30) + "” is not a number. Type it like 500, 1,500 or 18K."
}

// ParseTypedNumber reads a number as people type it: "1,500", "18K", "$2.5M", "80 %".
func ParseTypedNumber(typed string) (float64, bool) {
	s := strings.ToUpper(strings.Join(strings.Fields(workflow.Plain(typed)), ""))
	s = strings.TrimSuffix(strings.TrimLeft(s, "$£€"), "%")
	by := 1.0
	for unit, n := range map[string]float64{"K": 1e3, "M": 1e6} {
		if number, ok := strings.CutSuffix(s, unit); ok {
			s, by = number, n
			break
		}
	}
	whole, rest, _ := strings.Cut(s, ".")
	if !groupedWell(whole) {
		return 0, false
	}
	s = strings.ReplaceAll(whole, ",", "")
	if rest != "" {
		s += "." + rest
	}
	if s == "" || strings.Trim(s, "0123456789.") != "" {
		return 0, false
	}
	n, err := strconv.ParseFloat(s, 64)
	return n * by, err == nil
}

// groupedWell reports whether commas stand before each three digits, or nowhere: "1,5" may mean one and a half.
func groupedWell(whole string) bool {
	parts := strings.Split(whole, ",")
	for i, p := range parts {
		if i > 0 && len(p) != 3 || i == 0 && len(parts) > 1 && (p == "" || len(p) > 3) {
			return false
		}
	}
	return true
}

// RuleErrors tells, in plain text and by the block where it stands, what is wrong with a rule that was sent.
func RuleErrors(m RuleMeta, problems []workflow.RuleProblem) map[string]string {
	at := map[string]string{}
	for _, p := range problems {
		block := m.RuleBlock(ruleFieldBlock(m, p))
		if at[block] == "" {
			at[block] = Problem(p)
		}
	}
	return at
}

// ruleFieldBlock is the block of the dialog that a problem is told at: an input, as Slack shows it nowhere else.
func ruleFieldBlock(m RuleMeta, p workflow.RuleProblem) string {
	row, _ := workflow.Condition{Fact: p.Fact}.Row()
	switch p.Field {
	case workflow.FieldCondition:
		if p.Index < m.Rows && row.Fact != "" {
			return ActionRuleValue + strconv.Itoa(p.Index)
		}
	case workflow.FieldCap:
		if p.Index < m.Caps {
			return ActionRuleCapMost + strconv.Itoa(p.Index)
		}
	case workflow.FieldReason:
		return ActionRuleReason
	case workflow.FieldCampaign:
		return ActionRuleCampaign
	case workflow.FieldAssignee:
		return ActionRulePerson
	default: // the others are told at the name
	}
	return ActionRuleName
}

// Problem tells what is wrong with a rule, in plain text.
func Problem(p workflow.RuleProblem) string {
	value := raw(p.Value, 40)
	switch p.Field {
	case workflow.FieldName:
		if p.What == workflow.ProblemTaken {
			return "There is a rule with that name already. Please use another."
		}
		return fmt.Sprintf("A rule needs a name with 1 to %d characters.", workflow.MaxRuleName)
	case workflow.FieldCondition:
		return conditionProblem(p, value)
	case workflow.FieldCap:
		return capProblem(p)
	case workflow.FieldMode:
		return either(p.What == workflow.ProblemNotBySelf, "Only approving and rejecting can be automatic.", "There is no mode “"+value+"”.")
	case workflow.FieldAction:
		return "There is no action “" + value + "”."
	case workflow.FieldReason:
		return "Please choose one of the four reasons."
	case workflow.FieldCampaign:
		return either(p.What == workflow.ProblemUnknown, "Its campaign is another shop's. Please choose one of this shop.", "Please choose a campaign.")
	case workflow.FieldAssignee:
		return "Please choose a person."
	case workflow.FieldRuleUndo:
		return "The time to undo has to be between 1 minute and 24 hours."
	case workflow.FieldTwoAbove:
		return "“" + value + "” is not an amount."
	case workflow.FieldCurrency:
		return "Please give the currency with three capital letters, like USD."
	default:
		return fmt.Sprintf("A shop can have %d rules.", workflow.MaxRules)
	}
}

func conditionProblem(p workflow.RuleProblem, value string) string {
	switch p.What {
	case workflow.ProblemNoCondition:
		return "A rule that decides automatically needs at least one condition."
	case workflow.ProblemMissing:
		return "Please say what it is compared with."
	case workflow.ProblemNumber:
		if row, _ := (workflow.Condition{Fact: p.Fact}).Row(); row.Most > 0 {
			return fmt.Sprintf("%s: please give a number from 0 to %s%s.", factName(p.Fact), grouped(row.Most), either(row.Whole, ", without a fraction", ""))
		}
		return "“" + value + "” is not a number."
	case workflow.ProblemTooLong:
		if value == "" {
			return fmt.Sprintf("That's too many: at most %d conditions with %d values each.", workflow.MaxConditions, workflow.MaxTexts)
		}
		return fmt.Sprintf("That's too long: at most %d characters each.", workflow.MaxRuleText)
	default:
		return "Sample Desk doesn't know “" + value + "” here."
	}
}

func capProblem(p workflow.RuleProblem) string {
	switch p.What {
	case workflow.ProblemTooLong:
		return fmt.Sprintf("There can be %d limits.", workflow.MaxCaps)
	case workflow.ProblemCurrency:
		return "Budgets are in the shop's currency."
	default:
		return "Please give a number, like 20."
	}
}
