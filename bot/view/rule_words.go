package view

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// factWord is what a fact is called where a rule is made.
type factWord struct {
	name    string // in the menu, and at the beginning of a condition in words
	yes, no string // of one that is so or not: the comparisons, each of which says it all
	unit    string // of a number: behind it
	example string // what can be typed
	typed   bool   // of a choice: it is typed, separated by commas
}

// factWords has a row for each of workflow.Conditions.
var factWords = map[workflow.FactName]factWord{
	workflow.FactFollowers:    {name: "Followers", example: "5K"},
	workflow.FactGMV:          {name: "GMV in 30 days", example: "1,000"},
	workflow.FactMedianViews:  {name: "Median views in 30 days", example: "2K"},
	workflow.FactPosts:        {name: "Posts in 30 days", example: "10"},
	workflow.FactFulfilment:   {name: "Sample fulfilment", unit: "%", example: "80"},
	workflow.FactProduct:      {name: "Product"},
	workflow.FactSKU:          {name: "Product and variant"},
	workflow.FactTitleWords:   {name: "Words in the product's title", example: "serum, night cream", typed: true},
	workflow.FactStock:        {name: "Samples left in stock", example: "0"},
	workflow.FactOpen:         {name: "Collaboration", yes: "is an open collaboration", no: "is a target collaboration"},
	workflow.FactTarget:       {name: "Target collaboration's ID", example: "7461234567890123456", typed: true},
	workflow.FactAgency:       {name: "Agency", yes: "asks through an agency", no: "asks without an agency"},
	workflow.FactAgencyName:   {name: "Agency's name", example: "Bright Side Agency", typed: true},
	workflow.FactCampaign:     {name: "Campaign"},
	workflow.FactHoursLeft:    {name: "Hours left to decide", example: "6"},
	workflow.FactFirstRequest: {name: "First request", yes: "is the creator's first request", no: "is not the creator's first request"},
	workflow.FactSamples:      {name: "Samples they got from us", example: "1"},
	workflow.FactPosted:       {name: "Samples they posted about", example: "1"},
	workflow.FactPostedShare:  {name: "Share of samples they posted about", unit: "%", example: "80"},
	workflow.FactNeverPosted:  {name: "Never posted", yes: "got samples and never posted", no: "did not leave all samples without a post"},
	workflow.FactOrders:       {name: "Orders from their posts", example: "10"},
	workflow.FactRefused:      {name: "Requests we rejected before", example: "1"},
	workflow.FactOnTheWay:     {name: "Samples on their way to them", example: "0"},
	workflow.FactRepeat:       {name: "Repeat", yes: "had this product and variant before", no: "never had this product and variant"},
	workflow.FactList:         {name: "Your lists"},
}

func factName(f workflow.FactName) string {
	return first(factWords[f].name, raw(string(f), maxOption), "Something")
}

// opsOf are the comparisons of a fact.
func opsOf(f workflow.FactName) []workflow.Op {
	row, _ := workflow.Condition{Fact: f}.Row()
	return row.Kind.Ops()
}

// opMenu is what a comparison is called in the menu.
func opMenu(f workflow.FactName, op workflow.Op) string {
	switch op {
	case workflow.IsYes:
		return first(factWords[f].yes, "yes")
	case workflow.IsNo:
		return first(factWords[f].no, "no")
	case workflow.OneOf:
		return oneOfWord(f)
	case workflow.NoneOf:
		return "none of"
	default:
		return string(op) // the others are words already
	}
}

func oneOfWord(f workflow.FactName) string {
	if f == workflow.FactCampaign || f == workflow.FactList {
		return "in one of"
	}
	return "one of"
}

// takesValue reports whether something is compared with.
func takesValue(op workflow.Op) bool {
	switch op {
	case workflow.AtLeast, workflow.AtMost, workflow.OneOf, workflow.NoneOf:
		return true
	default:
		return false
	}
}

// actionMenu are the actions as the menu offers them, and actionWords as a rule in words has them.
var (
	actionMenu = map[workflow.ActionKind]string{
		workflow.ActApprove: "Suggest approving", workflow.ActReject: "Suggest rejecting", workflow.ActHold: "Leave it to a person: no rule below speaks",
		workflow.ActHoldForTwo: "Ask for two people to approve", workflow.ActCampaign: "Suggest adding to a campaign", workflow.ActAssign: "Suggest giving it to a colleague",
	}
	proposed = map[workflow.ActionKind]string{
		workflow.ActApprove: "approve", workflow.ActReject: "reject", workflow.ActHold: "look at it yourself",
		workflow.ActHoldForTwo: "approve only with two people", workflow.ActCampaign: "add to a campaign", workflow.ActAssign: "give to a colleague",
	}
)

// actionWords tells what a rule does, with what it names.
func actionWords(a workflow.RuleAction, names query.RuleNames) string {
	word := first(proposed[a.Kind], data(string(a.Kind), maxID))
	switch a.Kind {
	case workflow.ActReject:
		return word + because(workflow.Reject, a.Reason)
	case workflow.ActCampaign:
		if name := data(names.Campaigns[a.Campaign], workflow.MaxCampaignName); name != "" {
			return "add to the campaign *" + name + "*"
		}
	case workflow.ActAssign:
		return "give to " + person(a.Assignee)
	default: // the others name nothing
	}
	return word
}

// Modes of a rule, as they are shown.
var modeWords = map[workflow.RuleMode]string{
	workflow.ModeWatching: "watching", workflow.ModeProposing: "suggesting", workflow.ModeAutomatic: "automatic",
}

// ruleTitle names a rule and says how it stands.
func ruleTitle(r workflow.ShopRule) string {
	state := first(modeWords[r.Mode], data(string(r.Mode), maxID))
	if r.Paused {
		state += ", paused"
	}
	return dotted("*"+ruleName(r.Name)+"*", state)
}

func ruleName(name string) string { return first(data(name, workflow.MaxRuleName), "A rule") }

// spokenRule is ruleName for the text of a message.
func spokenRule(name string) string { return first(spoken(name, workflow.MaxRuleName), "a rule") }

// ruleLines are a rule in words.
func ruleLines(r workflow.ShopRule, names query.RuleNames) []string {
	when := "Every request"
	if len(r.Conditions) > 0 {
		all := make([]string, len(r.Conditions))
		for i, c := range r.Conditions {
			all[i] = conditionWords(c, names)
		}
		when = "When: " + strings.Join(all, "; ")
	}
	lines := []string{when, "Then: " + actionWords(r.Action, names)}
	if len(r.Caps) > 0 {
		lines = append(lines, "At most: "+capsWords(r.Caps))
	}
	return append(lines, demotedLine(r))
}

// demotedLine tells why a rule went back to suggesting by itself.
func demotedLine(r workflow.ShopRule) string {
	if r.Demoted == (workflow.Demotion{}) {
		return ""
	}
	return fmt.Sprintf("⚠ It suggests again since %s: people decided against %d of its last %d decisions.", stamp(r.Demoted.At), r.Demoted.Overruled, r.Demoted.Of)
}

// conditionWords are a condition in words.
func conditionWords(c workflow.Condition, names query.RuleNames) string {
	words := factWords[c.Fact]
	switch c.Op {
	case workflow.AtLeast, workflow.AtMost:
		n := grouped(c.Number) + words.unit
		if c.Fact == workflow.FactGMV && names.Currency != "" {
			n = money(workflow.Money{Amount: strconv.FormatFloat(c.Number, 'f', -1, 64), Currency: names.Currency})
		}
		return factName(c.Fact) + " " + string(c.Op) + " " + n
	case workflow.IsYes, workflow.IsNo:
		return capital(opMenu(c.Fact, c.Op))
	case workflow.OneOf, workflow.NoneOf:
		return factName(c.Fact) + " " + opMenu(c.Fact, c.Op) + " " + listed(namesOf(c, names), 150)
	default:
		return factName(c.Fact) + " " + string(c.Op)
	}
}

// namesOf are what a condition compares with, as people know them.
func namesOf(c workflow.Condition, names query.RuleNames) []string {
	all := make([]string, len(c.Text))
	for i, text := range c.Text {
		switch c.Fact {
		case workflow.FactProduct, workflow.FactSKU:
			text = ruleProduct(names.Products, text)
		case workflow.FactCampaign:
			text = first(names.Campaigns[workflow.CampaignID(text)], "a campaign")
		case workflow.FactList:
			text = listName(workflow.ListName(text))
		default: // the others are what they were typed as
		}
		all[i] = data(text, maxName)
	}
	return all
}

// ruleProduct names a product by its id, or a variant by its own (SKU); not yet escaped.
func ruleProduct(known map[string]workflow.Product, id string) string {
	p, ok := known[id]
	switch {
	case !ok:
		return "product " + id
	case p.SKU == id:
		return variantOf(p)
	default:
		return productOf(p)
	}
}

// listName is what a list is called.
func listName(l workflow.ListName) string {
	switch l {
	case workflow.BlockList:
		return "Block list"
	case workflow.VIPList:
		return "VIP list"
	default:
		return capital(string(l))
	}
}

// Of what a limit is, and for how long.
var capPers = map[workflow.CapPer]string{workflow.CapDay: "a day", workflow.CapWeek: "a week", workflow.CapMonth: "a month", workflow.CapEver: "ever"}

// capOf names what a limit is of, as the menu's value has it: "all" or "all cost".
func capOf(s workflow.CapScope, cost bool) string { return string(s) + either(cost, " cost", "") }

func capOfOptions() (all []*slack.OptionBlockObject) {
	for _, cost := range []bool{false, true} {
		for _, s := range workflow.CapScopes {
			all = append(all, option(capOf(s, cost), capital(either(cost, "cost of samples", "samples")+capScopes[s])))
		}
	}
	return all
}

var capScopes = map[workflow.CapScope]string{workflow.CapAll: "", workflow.CapProduct: " of one product", workflow.CapCreator: " to one creator"}

func capPerOptions() (all []*slack.OptionBlockObject) {
	for _, p := range workflow.CapPers {
		all = append(all, option(string(p), capPers[p]))
	}
	return all
}

func capLabel(c CapDraft, currency string) string {
	if !strings.HasSuffix(c.Of, " cost") {
		return "How many samples"
	}
	return "How much" + either(currency == "", "", " in "+currency)
}

// capWords is a limit in words: "20 samples a week", "3 samples of one product ever".
func capWords(c workflow.Cap) string {
	what := many(c.Samples, "sample")
	if c.ByCost() {
		what = exactMoney(c.Budget)
	}
	return what + capScopes[c.Scope] + " " + first(capPers[c.Per], data(string(c.Per), maxID))
}

func capsWords(all []workflow.Cap) string {
	said := make([]string, len(all))
	for i, c := range all {
		said[i] = capWords(c)
	}
	return strings.Join(said, ", ")
}
