package view

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

// ActionRuleStarter opens the dialog of a new rule that begins as a starter; the value holds a StarterChoice.
const ActionRuleStarter = "rule_starter"

// Starter is a rule that a new one can begin with.
type Starter struct {
	Key   string // the value of its option
	Does  string // in a line
	Draft RuleDraft
}

// StarterChoice is a starter for a shop's new rule.
type StarterChoice struct {
	Key  string
	Shop workflow.ShopID
}

// String writes it so that a button can carry it.
func (c StarterChoice) String() string { return c.Key + " " + string(c.Shop) }

// ParseStarterChoice reads what String wrote.
func ParseStarterChoice(s string) (c StarterChoice, err error) {
	key, shop, ok := strings.Cut(s, " ")
	if !ok || shop == "" {
		return c, fmt.Errorf("%q does not say which rule to start with", s)
	}
	return StarterChoice{key, workflow.ShopID(shop)}, nil
}

// firstRule is what is shown to an admin of a shop without rules: what a rule is, and one to start with at a tap.
func firstRule(shop workflow.ShopID) []slack.Block {
	blocks := []slack.Block{section("*Make your first rule*", "A rule suggests what to do with a request, and the card says why. Your team still decides. Pick one to start with: you can change everything before you save it, and test it on past requests.")}
	for _, s := range Starters {
		row := section("*"+s.Draft.Name+"*", s.Does)
		row.Accessory = slack.NewAccessory(button(ActionRuleStarter, StarterChoice{s.Key, shop}.String(), "Use this", "Start a new rule with "+s.Draft.Name))
		blocks = append(blocks, row)
	}
	return blocks
}

// Starters are those that people are offered.
var Starters = []Starter{
	{Key: "proven", Does: "Suggests approving creators who sell well and posted about most samples they got.", Draft: RuleDraft{
		Name: "Proven creators", Then: workflow.ActApprove, Mode: workflow.ModeProposing,
		When: []ConditionDraft{
			{Fact: workflow.FactGMV, Op: workflow.AtLeast, Typed: "1,000"}, {Fact: workflow.FactPosted, Op: workflow.AtLeast, Typed: "1"},
			{Fact: workflow.FactPostedShare, Op: workflow.AtLeast, Typed: "80"},
		},
	}},
	{Key: "small", Does: "Suggests rejecting creators with few followers, hardly any sales and no posts for you yet.", Draft: RuleDraft{
		Name: "Too small", Then: workflow.ActReject, Reason: workflow.NotMatch, Mode: workflow.ModeProposing,
		When: []ConditionDraft{
			{Fact: workflow.FactFollowers, Op: workflow.AtMost, Typed: "1,000"}, {Fact: workflow.FactGMV, Op: workflow.AtMost, Typed: "100"},
			{Fact: workflow.FactPosted, Op: workflow.AtMost, Typed: "0"},
		},
	}},
	{Key: "stock", Does: "Suggests rejecting requests for products with no samples left.", Draft: RuleDraft{
		Name: "Out of stock", Then: workflow.ActReject, Reason: workflow.OutOfStock, Mode: workflow.ModeProposing,
		When: []ConditionDraft{{Fact: workflow.FactStock, Op: workflow.AtMost, Typed: "0"}},
	}},
	{Key: "repeats", Does: "Points out creators who had this product from you before.", Draft: RuleDraft{
		Name: "Repeats", Then: workflow.ActHold, Mode: workflow.ModeProposing,
		When: []ConditionDraft{{Fact: workflow.FactRepeat, Op: workflow.IsYes}},
	}},
	{Key: "agencies", Does: "Points out requests that come through an agency.", Draft: RuleDraft{
		Name: "Agency requests", Then: workflow.ActHold, Mode: workflow.ModeProposing,
		When: []ConditionDraft{{Fact: workflow.FactAgency, Op: workflow.IsYes}},
	}},
}

// Started is the draft that a starter begins with, or an empty one.
func Started(key string) RuleDraft {
	if i := slices.IndexFunc(Starters, func(s Starter) bool { return s.Key == key }); i >= 0 {
		d := Starters[i].Draft
		d.When = slices.Clone(d.When)
		return d
	}
	return RuleDraft{When: []ConditionDraft{ConditionDraft{}.sound()}, Then: workflow.ActApprove, Mode: workflow.ModeProposing}
}
