package view

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// The identifiers of a shop's rules: of the list, and of what is behind one of them.
const (
	CallbackRules = "rules"
	CallbackMore  = "rule_more"

	ActionRules      = "rules"     // opens the list; the value is a shop's id
	ActionRuleNew    = "rule_new"  // opens the dialog of a new rule
	ActionRulesPause = "rules_all" // RulesPause or RulesResume
	ActionRuleDo     = "rule_do"   // what is done with a rule, a menu: RuleEdit, RuleUp, …
	ActionRuleTest   = "rule_test"
	ActionRuleAuto   = "rule_auto"    // opens the dialog that makes it automatic
	ActionRuleDemote = "rule_suggest" // an automatic one suggests again
	ActionRuleDelete = "rule_delete"
	ActionRuleCopies = "rule_copies" // a menu of several: shops' ids
	ActionRuleCopy   = "rule_copy"

	RulesPause  = "pause"
	RulesResume = "resume"

	RuleEdit   = "edit"
	RuleUp     = "up"
	RuleDown   = "down"
	RulePause  = "pause"
	RuleResume = "resume"
	RuleMore   = "more"
)

// RulesMeta is what the list of rules carries unseen.
type RulesMeta struct {
	Shop     workflow.ShopID `json:"shop"`
	Overview string          `json:"overview,omitempty"` // the settings' overview below it; empty: it was opened elsewhere
	Page     int             `json:"page,omitempty"`
}

// Encode writes the private metadata.
func (m RulesMeta) Encode() string { return encodeMeta(m) }

// ParseRulesMeta reads what Encode wrote.
func ParseRulesMeta(s string) (m RulesMeta, err error) {
	if err := json.Unmarshal([]byte(s), &m); err != nil || m.Shop == "" {
		return RulesMeta{}, fmt.Errorf("%q does not say whose rules a dialog is about", s)
	}
	return m, nil
}

// RulesFacts is what the list shows.
type RulesFacts struct {
	Meta  RulesMeta
	Shop  string // named only where there are several
	Rules workflow.Rules
	Names query.RuleNames
	Saved string // formatted: what was just done; empty: nothing
}

// RulesModal lists a shop's rules in their order: the first that fits speaks.
func RulesModal(f RulesFacts) slack.ModalViewRequest {
	var blocks []slack.Block
	if f.Saved != "" {
		blocks = append(blocks, section(f.Saved), divider())
	}
	lead := "The first rule that fits a request suggests what to do. Your team decides."
	if len(f.Rules.All) == 0 {
		lead = "No rules yet."
	}
	if slices.ContainsFunc(f.Rules.All, func(r workflow.ShopRule) bool { return r.Mode == workflow.ModeAutomatic }) {
		lead = "The first rule that fits a request speaks: it suggests what to do, or does it where it is automatic."
	}
	if f.Rules.PausedAll {
		lead = pausedLine(f.Rules)
	}
	blocks = append(blocks, section("*Rules*"+forShop(f.Shop), lead), actions("rules_do", rulesButtons(f)...))
	if len(f.Rules.All) == 0 {
		blocks = append(blocks, divider())
		blocks = append(blocks, firstRule(f.Meta.Shop)...)
	}
	for n, r := range f.Rules.All {
		row := section(append([]string{fmt.Sprintf("%d. ", n+1) + ruleTitle(r)}, ruleLines(r, f.Names)...)...)
		row.BlockID = ruleRow(r.ID, n)
		row.Accessory = slack.NewAccessory(ruleMenu(r, n, len(f.Rules.All)))
		blocks = append(blocks, row)
	}
	if len(f.Rules.All) >= workflow.MaxRules {
		blocks = append(blocks, aside(fmt.Sprintf("A shop can have %d rules. Delete one to add another.", workflow.MaxRules)))
	}
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: CallbackRules, Title: plainText("Rules"), Close: plainText("Close"),
		Blocks: slack.Blocks{BlockSet: blocks}, PrivateMetadata: f.Meta.Encode(),
	}
}

func rulesButtons(f RulesFacts) []slack.BlockElement {
	var all []slack.BlockElement
	if len(f.Rules.All) < workflow.MaxRules {
		add := button(ActionRuleNew, "new", "New rule", "Make a new rule")
		add.Style = slack.StylePrimary
		all = append(all, add)
	}
	all = append(all, button(ActionRuleLists, "lists", "Lists", "Lists of creators: blocked, VIP and others"),
		button(ActionRuleCosts, "costs", "Costs", "What samples cost, and when two people have to agree"))
	switch {
	case f.Rules.PausedAll:
		all = append(all, button(ActionRulesPause, RulesResume, "Resume all", "Let the rules work again"))
	case len(f.Rules.All) > 0:
		pause := button(ActionRulesPause, RulesPause, "Pause all", "Pause all rules at once")
		pause.Style = slack.StyleDanger
		all = append(all, pause)
	}
	return all
}

func ruleRow(id workflow.RuleID, n int) string { return "rule:" + strconv.Itoa(n) + ":" + string(id) }

// ruleMenu is what can be done with a rule.
func ruleMenu(r workflow.ShopRule, n, of int) *slack.OverflowBlockElement {
	all := []*slack.OptionBlockObject{option(RuleEdit, "Change…")}
	if n > 0 {
		all = append(all, option(RuleUp, "Move up"))
	}
	if n < of-1 {
		all = append(all, option(RuleDown, "Move down"))
	}
	if r.Paused {
		all = append(all, option(RuleResume, "Resume"))
	} else {
		all = append(all, option(RulePause, "Pause"))
	}
	return &slack.OverflowBlockElement{Type: slack.METOverflow, ActionID: ActionRuleDo, Options: append(all, option(RuleMore, "Test, automate, copy, delete…"))}
}

// pausedLine tells that all rules are paused, since when and by whom.
func pausedLine(r workflow.Rules) string {
	line := "⏸ *All rules are paused*"
	if r.PausedBy != "" {
		line += " by " + person(r.PausedBy)
	}
	if !r.PausedAt.IsZero() {
		line += " since " + stamp(r.PausedAt)
	}
	return line + ". They suggest and decide nothing."
}

// scoreLine tells how far people agree with a rule.
func scoreLine(s query.RuleScore) string {
	when := "last " + many(s.Weeks, "week") + ": "
	said := s.Agreed + s.Overruled
	var parts []string
	if said > 0 {
		parts = append(parts, fmt.Sprintf("your team agreed with %s of %s (%s)", grouped(float64(s.Agreed)), grouped(float64(said)), share(s.Agreed, said)))
	} else {
		parts = append(parts, "your team decided on none of them yet")
	}
	if s.Decided > 0 {
		parts = append(parts, "decided "+grouped(float64(s.Decided))+" by itself")
	}
	if s.Held > 0 {
		parts = append(parts, grouped(float64(s.Held))+" over a limit")
	}
	return capital(when) + strings.Join(parts, ", ")
}

func share(n, of int) string { return trimmed(100*float64(n)/float64(max(1, of)), 0) + "%" }

// RuleBehind is what is behind a rule in the list.
type RuleBehind struct {
	Meta   RuleMeta
	Rule   workflow.ShopRule
	Names  query.RuleNames
	Shop   string
	Score  query.RuleScore
	Shops  []workflow.Shop // others that it can be copied to
	Test   string          // formatted: what a test said; empty: none was asked for
	Told   string          // formatted: what was just done
	Paused bool            // all rules are
	Sent   bool            // the test comes in a direct message too
}

// RuleMoreModal is what is behind a rule: how it does, and what else can be done with it.
func RuleMoreModal(f RuleBehind) slack.ModalViewRequest {
	var blocks []slack.Block
	if f.Told != "" {
		blocks = append(blocks, section(f.Told), divider())
	}
	blocks = append(blocks, section(append([]string{ruleTitle(f.Rule) + forShop(f.Shop)}, ruleLines(f.Rule, f.Names)...)...), section(scoreLine(f.Score)))
	if f.Test != "" {
		blocks = append(blocks, section(f.Test))
	}
	do := []slack.BlockElement{button(ActionRuleTest, "30", "Test on the past", "See what this rule would have done in the last 30 days")}
	row, _ := f.Rule.Action.Row()
	switch {
	case f.Rule.Mode == workflow.ModeAutomatic:
		do = append(do, button(ActionRuleDemote, "suggest", "Only suggest again", "Let this rule suggest again, and not decide"))
	case row.Automatic:
		do = append(do, button(ActionRuleAuto, "automatic", "Make automatic…", "Let this rule decide by itself"))
	}
	blocks = append(blocks, actions("rule_more", append(do, deleteRule(f.Rule))...))
	if len(f.Shops) > 0 {
		blocks = append(blocks, divider(), copyRule(f.Shops))
	}
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: CallbackMore, Title: plainText("Rule"), Close: plainText("Back"),
		Blocks: slack.Blocks{BlockSet: blocks}, PrivateMetadata: f.Meta.Encode(),
	}
}

func deleteRule(r workflow.ShopRule) slack.BlockElement {
	b := button(ActionRuleDelete, "delete", "Delete", "Delete the rule "+raw(r.Name, 40))
	b.Style = slack.StyleDanger
	b.Confirm = &slack.ConfirmationBlockObject{
		Title: plainText("Delete this rule?"), Text: plainText("What was sent to TikTok stays as it is. Decisions that can still be undone are taken back. Its figures stay in the reports."), Confirm: plainText("Delete"), Deny: plainText("Keep it"),
	}
	return b
}

func copyRule(shops []workflow.Shop) slack.Block {
	labels := shopLabels(shops)
	m := &slack.MultiSelectBlockElement{Type: slack.MultiOptTypeStatic, ActionID: ActionRuleCopies, Placeholder: plainText("Choose shops")}
	for _, s := range shops[:min(MaxChoices, len(shops))] {
		m.Options = append(m.Options, option(string(s.ID), labels[s.ID]))
	}
	return actions("rule_copy", m, button(ActionRuleCopy, "copy", "Copy to these shops", "Copy this rule to the chosen shops"))
}

// RuleGone takes the place of a dialog about a rule that is not there any more.
func RuleGone() slack.ModalViewRequest {
	m := closing("Rule deleted", "This rule is not there any more.")
	m.Close = plainText("Back")
	return m
}

// RuleAutomatic is what an admin has to see before a rule decides by itself.
type RuleAutomatic struct {
	RuleBehind
	Loading bool // the test is not there yet
}

// The dialog that makes a rule automatic.
const (
	CallbackRuleAuto = "rule_automatic"
	ActionRuleUndo   = "rule_undo" // a menu; the value is a number of minutes
)

// ruleUndos are the undo windows that are offered, in minutes.
var ruleUndos = []int{10, 30, 60, 120, 240}

// RuleAutomaticModal is the dialog that makes a rule automatic: what it would have done, how far people agree, and how long
// each decision can be undone.
func RuleAutomaticModal(f RuleAutomatic) slack.ModalViewRequest {
	verb := either(f.Rule.Action.Verdict() == workflow.Reject, "rejects", "approves")
	test := f.Test
	if f.Loading {
		test = "Testing it on the last 30 days…"
	}
	blocks := []slack.Block{
		section("*Let “"+ruleName(f.Rule.Name)+"” decide by itself?*"+forShop(f.Shop), "From then on it "+verb+" every request that fits, without asking."),
		section(ruleLines(f.Rule, f.Names)...),
		section("*How far your team agrees*", scoreLine(f.Score), fewSaid(f.Score)),
		section("*What it would have done*", test),
	}
	if len(f.Rule.Caps) == 0 && f.Rule.Action.Verdict() == workflow.Approve {
		blocks = append(blocks, section("⚠ It has no limit. Consider one first, like 20 samples a week: choose *Change…* in the list."))
	}
	blocks = append(blocks, ruleUndoInput(f.Rule), aside("Each decision is marked as the rule's, can be undone on its card until then, stays within all limits, and is listed once a day. If people overrule it often, it goes back to suggesting by itself. *Pause all* stops every rule at once."))
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: CallbackRuleAuto, Title: plainText("Make automatic"), Submit: plainText("Make automatic"), Close: plainText("Back"),
		Blocks: slack.Blocks{BlockSet: blocks}, PrivateMetadata: f.Meta.Encode(),
	}
}

// enoughSaid is how many decisions of people say something about a rule.
const enoughSaid = 20

func fewSaid(s query.RuleScore) string {
	if n := s.Agreed + s.Overruled; n < enoughSaid {
		return "⚠ That is little to go by. Consider waiting until your team decided on " + strconv.Itoa(enoughSaid) + " of its suggestions."
	}
	return ""
}

func ruleUndoInput(r workflow.ShopRule) slack.Block {
	chosen := int(r.UndoWindow().Minutes())
	var options []*slack.OptionBlockObject
	for _, n := range stepsWith(ruleUndos, chosen) {
		options = append(options, option(strconv.Itoa(n), capital(Lasting(time.Duration(n)*time.Minute))))
	}
	return &slack.InputBlock{
		Type: slack.MBTInput, BlockID: ActionRuleUndo, Label: plainText("How long people can undo each decision"),
		Element: menu(ActionRuleUndo, "How long", options, strconv.Itoa(chosen)),
	}
}

// RuleOfRow is the rule that a row of the list is about.
func RuleOfRow(block string) workflow.RuleID {
	_, rest, _ := strings.Cut(block, ":")
	_, id, _ := strings.Cut(rest, ":")
	return workflow.RuleID(id)
}

// RulesMoved is said where somebody else changed a rule after a dialog was opened.
const RulesMoved = "Someone changed this rule or deleted it after you opened it, so nothing was saved. Close this and open it again."

// RuleSaved tells that a rule was kept.
func RuleSaved(r workflow.ShopRule, made bool) string {
	said := "Saved *" + ruleName(r.Name) + "*"
	if made {
		said = "Added *" + ruleName(r.Name) + "*"
	}
	switch {
	case r.Mode == workflow.ModeWatching:
		return said + ". It watches: nothing is shown, and what it would have suggested is counted."
	case made:
		return said + " at the end of the list. What it suggests appears on the cards now."
	default:
		return said + ". What it suggests appears on the cards now."
	}
}

// RuleIsAutomatic tells that a rule decides by itself.
func RuleIsAutomatic(r workflow.ShopRule) string {
	return "*" + ruleName(r.Name) + "* decides by itself now. Each decision can be undone for " + Lasting(r.UndoWindow()) + "."
}

// RuleCopied tells to which shops a rule was copied.
func RuleCopied(r workflow.ShopRule, shops []workflow.Shop) string {
	if len(shops) == 0 {
		return "Choose the shops to copy it to first."
	}
	names := make([]string, len(shops))
	for i, s := range shops {
		names[i] = first(data(s.Name, maxName), data(string(s.ID), maxID))
	}
	return "Copied *" + ruleName(r.Name) + "* to " + listed(names, 500) + ". It only suggests there."
}

// pausedRules tells in App Home of which shops all rules are paused.
func pausedRules(f HomeFacts) string {
	var lines []string
	for _, r := range f.Paused {
		line := pausedLine(r)
		if s, ok := query.ShopAmong(f.Shops, r.Shop); ok && len(f.Shops) > 1 {
			line += forShop(first(s.Name, string(s.ID)))
		}
		lines = append(lines, line)
	}
	return joinLines(lines)
}
