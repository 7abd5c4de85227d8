package view

import (
	"slices"

	"sampledesk/workflow"
)

// Starter is a rule that a new one can begin with.
type Starter struct {
	Key   string // the value of its option
	Draft RuleDraft
}

// Starters are those that people are offered.
var Starters = []Starter{
	{Key: "proven", Draft: RuleDraft{
		Name: "Proven creators", Then: workflow.ActApprove, Mode: workflow.ModeProposing,
		When: []ConditionDraft{
			{Fact: workflow.FactGMV, Op: workflow.AtLeast, Typed: "1,000"}, {Fact: workflow.FactPosted, Op: workflow.AtLeast, Typed: "1"},
			{Fact: workflow.FactPostedShare, Op: workflow.AtLeast, Typed: "80"},
		},
	}},
	{Key: "small", Draft: RuleDraft{
		Name: "Too small", Then: workflow.ActReject, Reason: workflow.NotMatch, Mode: workflow.ModeProposing,
		When: []ConditionDraft{
			{Fact: workflow.FactFollowers, Op: workflow.AtMost, Typed: "1,000"}, {Fact: workflow.FactGMV, Op: workflow.AtMost, Typed: "100"},
			{Fact: workflow.FactPosted, Op: workflow.AtMost, Typed: "0"},
		},
	}},
	{Key: "stock", Draft: RuleDraft{
		Name: "Out of stock", Then: workflow.ActReject, Reason: workflow.OutOfStock, Mode: workflow.ModeProposing,
		When: []ConditionDraft{{Fact: workflow.FactStock, Op: workflow.AtMost, Typed: "0"}},
	}},
	{Key: "repeats", Draft: RuleDraft{
		Name: "Repeats", Then: workflow.ActHold, Mode: workflow.ModeProposing,
		When: []ConditionDraft{{Fact: workflow.FactRepeat, Op: workflow.IsYes}},
	}},
	{Key: "agencies", Draft: RuleDraft{
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
