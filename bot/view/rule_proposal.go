package view

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// The controls of what rules suggest.
const (
	ActionApproveSuggested = "approve_suggested" // opens the page before all suggested approvals of a shop; the value is its id
	ActionSecondEnd        = "second_end"        // takes back that somebody asked for an approval by two
	ActionQueueSuggested   = "queue_suggested"   // the value holds a QueuePage
	ActionTake             = "take_suggested"    // does what a rule suggests, where that is no decision; the value holds a Taking
)

// Taking is which suggestion of which application somebody takes, as they were shown it.
type Taking struct {
	Target
	Rule    workflow.RuleID
	Version int
}

// String writes it so that a button can carry it.
func (t Taking) String() string {
	return string(t.Rule) + " " + strconv.Itoa(t.Version) + " " + t.Target.String()
}

// ParseTaking reads what String wrote.
func ParseTaking(s string) (t Taking, err error) {
	parts := strings.SplitN(s, " ", 3)
	if len(parts) < 3 {
		return t, fmt.Errorf("%q does not say which suggestion is taken", s)
	}
	t.Rule = workflow.RuleID(parts[0])
	if t.Version, err = strconv.Atoi(parts[1]); err != nil {
		return t, fmt.Errorf("reading which suggestion is taken: %w", err)
	}
	t.Target, err = ParseTarget(parts[2])
	return t, err
}

// takeButton does what a rule suggests with one click.
func takeButton(a workflow.Application) (*slack.ButtonBlockElement, bool) {
	p := a.Proposal
	if !p.Takeable() || !a.Decidable() {
		return nil, false
	}
	words := map[workflow.ActionKind]struct{ label, does string }{
		workflow.ActCampaign: {"Add", "Add it to the campaign"},
		workflow.ActAssign:   {"Assign", "Assign it to the colleague"},
		workflow.ActHold:     {"I'm on it", "Tell others that you're on it"},
	}[p.Action.Kind]
	value := Taking{Target: targetOf(a), Rule: p.Rule, Version: p.Version}.String()
	return button(ActionTake, value, words.label, words.does+", as the rule suggests"), len(value) <= maxValue
}

// NothingSuggested is said where nothing is left to be taken together.
const NothingSuggested = "No rule suggests an approval right now, or what they suggested is decided by now."

// approveSuggested takes what rules suggest to approve together; a page that says what will happen comes first.
func approveSuggested(s query.Suggestions) (*slack.ButtonBlockElement, bool) {
	text := "Approve " + grouped(float64(s.Approve)) + " suggested"
	return button(ActionApproveSuggested, string(s.Shop), text, "See what rules suggest to approve, and approve it together"),
		s.Approve > 0 && s.Shop != "" && len(s.Shop) <= maxValue
}

// proposalLine tells what a rule suggests, and why, in one line: "Suggested: approve. *Proven creators*: $18.0K GMV,
// posted 3 of 3 samples". Empty where none does, or nothing is left to decide.
func proposalLine(a workflow.Application) string {
	p := a.Proposal
	if p == nil || !a.Decidable() {
		return ""
	}
	line := "Suggested: " + actionWords(p.Action, query.RuleNames{}) + ". *" + ruleName(p.Name) + "*"
	if why := whyLine(p.Why, maxWhys); why != "" {
		line += ": " + why
	}
	return joinLines([]string{line, overLine(p), blockedLine(p)})
}

// maxWhys is how many of a rule's reasons a card tells.
const maxWhys = 4

// whyLine is what a rule found, so many of its conditions at the most.
func whyLine(all []workflow.Why, most int) string {
	var said []string
	posted := slices.ContainsFunc(all, func(w workflow.Why) bool { return w.Fact == workflow.FactPosted })
	for _, w := range all {
		if posted && w.Fact == workflow.FactPostedShare {
			continue // the same, said twice
		}
		if words := whyWords(w); words != "" && len(said) < most {
			said = append(said, words)
		}
	}
	return strings.Join(said, ", ")
}

// overLine tells over which limit a suggestion is: it is left to a person.
func overLine(p *workflow.Proposal) string {
	if p.Over == nil {
		return ""
	}
	hit := *p.Over
	whose := "the rule's limit"
	if hit.Shop {
		whose = "the shop's limit"
	}
	if hit.NoCost {
		return "⚠ *Left to a person:* nobody entered what this sample costs, and " + whose + " is " + capWords(hit.Cap)
	}
	line := "⚠ *Over " + whose + "* of " + capWords(hit.Cap) + ": " + capUsed(hit.Cap, hit.Used) + " used"
	if !hit.Until.IsZero() {
		line += ", until " + stamp(hit.Until)
	}
	return line
}

// capUsed is how much of a limit is used, or left.
func capUsed(c workflow.Cap, n int64) string {
	if c.ByCost() {
		return exactMoney(workflow.HundredthsOf(n, c.Budget.Currency))
	}
	return grouped(float64(n))
}

// blockedLine tells why an automatic rule left a request to a person.
func blockedLine(p *workflow.Proposal) string {
	switch {
	case p.Mode != workflow.ModeAutomatic || p.Blocked == "":
		return ""
	case p.Blocked == workflow.RuleNotApprovable:
		return "The rule does nothing yet: TikTok doesn't allow approving it right now"
	default:
		return "The rule leaves it to you: a person had it in hand, or two people have to agree"
	}
}

// nearCap is which part of a limit is left when a card tells of it.
const nearCap = 0.2

// capsLine tells what is left of limits that are nearly used up.
func capsLine(all []workflow.CapLeft) string {
	var said []string
	for _, l := range all {
		most := l.Cap.Most()
		if float64(l.Left) > max(1, nearCap*float64(most)) {
			continue
		}
		said = append(said, capUsed(l.Cap, l.Left)+" of "+capWords(l.Cap))
	}
	if len(said) == 0 {
		return ""
	}
	return "Left: " + strings.Join(said, ", ")
}

// secondLine tells who asked for an approval that needs two people, and until when.
func secondLine(a workflow.Application) string {
	s := a.Second
	if s.By == "" || !a.Decidable() {
		return ""
	}
	why := "because of its cost"
	if s.Rule != "" {
		why = "as *" + ruleName(s.Rule) + "* asks"
	}
	line := "*Needs a second person* " + why + ": " + person(s.By) + " wants to approve it (" + stamp(s.At) + ")"
	if !s.Until.IsZero() {
		line += ". Agree by " + due(s.Until)
	}
	return line
}

// spokenProposal is what a rule suggests, for a notification.
func spokenProposal(a workflow.Application) string {
	if a.Proposal == nil || a.Proposal.Action.Verdict() == "" {
		return ""
	}
	return ", suggested: " + proposed[a.Proposal.Action.Kind]
}

// decider is who decided: a person, two of them, or a rule.
func decider(d workflow.Decision) string {
	switch {
	case d.Rule != "":
		return "the rule *" + ruleName(d.RuleName) + "*"
	case d.Asked != "":
		return person(d.Asked) + " and " + person(d.By)
	default:
		return person(d.By)
	}
}

// spokenDecider is decider for the text of a message.
func spokenDecider(d workflow.Decision) string {
	if d.Rule != "" {
		return "the rule " + spokenRule(d.RuleName)
	}
	return decider(d)
}

// by is who made the decision that a reply is about, and spokenByOf the same for the text of a message.
func by(s workflow.Payload) string {
	if s.Rule != "" {
		return "the rule *" + ruleName(s.Rule) + "*"
	}
	return person(s.By)
}

// byOurs reports whether a decision of this desk, of a person or a rule, is behind what a reply tells.
func byOurs(s workflow.Payload) bool { return s.By != "" || s.Rule != "" }

func spokenByOf(s workflow.Payload) string {
	if s.Rule != "" {
		return "the rule " + spokenRule(s.Rule)
	}
	return person(s.By)
}

// whoseRefused begins the sentence about a decision that TikTok refused.
func whoseRefused(s workflow.Payload) string {
	if s.Rule != "" {
		return "TikTok refused the " + noun(s.Verdict) + " by " + by(s)
	}
	return person(s.By) + ", TikTok refused your " + noun(s.Verdict)
}

// whoDid is who did what a line of the history tells.
func whoDid(e workflow.Entry) string {
	switch {
	case e.By.Rule != "" && e.RuleName != "":
		return "The rule *" + ruleName(e.RuleName) + "*"
	case e.Asked != "":
		return person(e.Asked) + " and " + person(e.By.Person)
	default:
		return person(e.By.Person)
	}
}

// undoCauses tell why the desk took back what a rule had decided.
var undoCauses = map[workflow.UndoCause]string{
	workflow.UndoPaused: "the rule was paused", workflow.UndoRemoved: "the rule was deleted", workflow.UndoChanged: "the rules say something else by now",
	workflow.UndoBlocked: "the creator was put on the block list", workflow.UndoFacts: "the request has changed",
}

// tookBack tells that the desk took back what a rule had decided.
func tookBack(v workflow.Verdict, rule string, c workflow.UndoCause) string {
	return "The " + noun(v) + " by the rule *" + ruleName(rule) + "* was taken back, because " + first(undoCauses[c], "it would not be made any more")
}

// rulesRefusal tells why something is not possible that rules have to do with.
func rulesRefusal(r workflow.Refusal) string {
	a := r.Application
	switch r.Rule {
	case workflow.RuleSamePerson:
		return "You asked for this approval, so another reviewer has to agree. " + agreeBy(a.Second)
	case workflow.RuleTwo:
		return "This approval needs two people, so it has to be made on the card."
	case workflow.RuleBlockList:
		return "The creator is on the block list, so no rule approves this. You can still decide on the card."
	case workflow.RuleTouched:
		return "A person has this request in hand, so no rule decides it."
	case workflow.RuleOverCap:
		if a.Proposal != nil && a.Proposal.Over != nil {
			return "That would be over the limit of " + capWords(a.Proposal.Over.Cap) + ". You can still decide it by itself on the card."
		}
		return "That would be over a limit. You can still decide it by itself on the card."
	case workflow.RuleNoProposal:
		return "The rule suggests something else by now, so nothing was done. Please look at the card."
	case workflow.RuleTakenAlready:
		return "No longer needed: " + first(person(workflow.PersonID(r.Name)), "someone") + " did this already."
	case workflow.RuleNoRule:
		return "That rule is not there any more" + asked(r.Name) + ". `/samples rules` lists all rules."
	default:
		return "A list needs a name with 1 to " + strconv.Itoa(workflow.MaxListName) + " characters."
	}
}

func agreeBy(s workflow.Second) string {
	if s.Until.IsZero() {
		return "The card shows who can."
	}
	return "They have until " + stamp(s.Until) + "."
}

// whyWords is what a rule found of one of its conditions, in a few words; empty for what need not be said.
func whyWords(w workflow.Why) string {
	n := workflow.OptionalNumber{Value: w.Number, Shared: w.Known}
	switch w.Fact {
	case workflow.FactFollowers:
		return counted(w, "follower")
	case workflow.FactGMV:
		if !w.Known {
			return "GMV " + notShared
		}
		return money(workflow.Money{Amount: strconv.FormatFloat(w.Number, 'f', -1, 64), Currency: w.Currency}) + " GMV"
	case workflow.FactMedianViews:
		return counted(w, "median view")
	case workflow.FactPosts:
		return counted(w, "post")
	case workflow.FactFulfilment:
		return either(w.Known, percentage(n)+" fulfilment", "fulfilment "+notShared)
	case workflow.FactStock:
		return either(w.Number < 1, "no samples left", rounded(w.Number)+" samples left")
	case workflow.FactHoursLeft:
		return either(w.Op == workflow.AtMost, "the deadline is close", "there is time left")
	case workflow.FactProduct, workflow.FactSKU, workflow.FactTitleWords, workflow.FactTarget, workflow.FactAgencyName, workflow.FactCampaign, workflow.FactList:
		return whyAmong(w)
	default:
		return whyPast(w)
	}
}

// counted is a number of the creator's with its noun.
func counted(w workflow.Why, noun string) string {
	switch {
	case !w.Known:
		return noun + "s " + notShared
	case w.Number == 1:
		return "1 " + noun
	default:
		return rounded(w.Number) + " " + noun + "s"
	}
}

// whyAmong is what was found among several. Of NoneOf there is nothing to tell.
func whyAmong(w workflow.Why) string {
	if w.Op != workflow.OneOf {
		return ""
	}
	var found []string
	for _, t := range w.Text {
		found = append(found, data(t, maxName))
	}
	switch w.Fact {
	case workflow.FactProduct:
		return "this product"
	case workflow.FactSKU:
		return "this variant"
	case workflow.FactTitleWords:
		return "“" + listed(found, 120) + "” in the title"
	case workflow.FactAgencyName:
		return "through the agency " + listed(found, 120)
	case workflow.FactCampaign:
		return "in a campaign"
	case workflow.FactList:
		var lists []string
		for _, t := range w.Text {
			lists = append(lists, data(listName(workflow.ListName(t)), maxName))
		}
		return "on the list " + listed(lists, 120)
	default:
		return "from this target collaboration"
	}
}

// whyPast is what was found of what the creator did before, or of where the request came from.
func whyPast(w workflow.Why) string {
	n, yes := int(min(w.Number, math.MaxInt32)), w.Op == workflow.IsYes
	switch w.Fact {
	case workflow.FactOpen:
		return either(yes, "open collaboration", "target collaboration")
	case workflow.FactAgency:
		return either(yes, "through an agency", "")
	case workflow.FactFirstRequest:
		return either(yes, "first request", "asked before")
	case workflow.FactSamples:
		return "got " + many(n, "sample")
	case workflow.FactPosted:
		if w.Of < 1 {
			return "got no sample yet"
		}
		return fmt.Sprintf("posted %s of %s", grouped(w.Number), many(int(w.Of), "sample"))
	case workflow.FactPostedShare:
		return trimmed(w.Number, 0) + "% posted"
	case workflow.FactNeverPosted:
		return either(yes, "got samples and never posted", "")
	case workflow.FactOrders:
		return many(n, "order") + " from posts"
	case workflow.FactRefused:
		return either(n == 0, "never rejected by us", "rejected by us "+many(n, "time"))
	case workflow.FactOnTheWay:
		return either(n == 0, "no sample on its way", many(n, "sample")+" on the way")
	case workflow.FactRepeat:
		return either(yes, "had it before", "")
	default:
		return ""
	}
}
