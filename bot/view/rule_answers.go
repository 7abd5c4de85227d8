package view

import (
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// RulesCommands are what `/samples rules` can do, as its help lists it.
var RulesCommands = []Subcommand{
	{Name: "list", Does: "the shop's rules in their order, and what each does"},
	{Name: "new", Does: "make a rule (admins only)"},
	{Name: "show", Args: "<name>", Does: "a rule in words, and how far your team agrees with it"},
	{Name: "test", Args: "<name> [30|90|365]", Does: "what a rule would have done in the last days"},
	{Name: "pause", Args: "[name]", Does: "pause one rule, or all of them (admins only)"},
	{Name: "resume", Args: "[name]", Does: "let it, or all of them, work again (admins only)"},
	{Name: "export", Does: "the rules as text, in a direct message (admins only)"},
	{Name: "import", Does: "paste rules as text (admins only)"},
	{Name: "help", Does: "show this list"},
}

// commandRules is how these are typed.
const commandRules = CommandSamples + " rules"

// RulesHelp is the answer to `/samples rules help`.
func RulesHelp() Message {
	return help(commandRules, "Rules suggest what to do with a request, and decide only once an admin lets them.", RulesCommands)
}

// RulesUnknown is the answer to a subcommand of `/samples rules` that does not exist, and RulesUsage tells how one is typed.
func RulesUnknown(typed string) Message {
	typed = clean(typed)
	sorry := "`" + commandRules + "` has no command " + quoted(typed, maxName) + ". "
	if s, ok := nearest(typed, RulesCommands); ok {
		return Aside(sorry + "Did you mean `" + s.typed(commandRules) + "`?")
	}
	return Aside(sorry + "Commands: " + names(RulesCommands) + "; `" + commandRules + " help`.")
}

// RulesUsage tells how a subcommand of `/samples rules` is typed.
func RulesUsage(name string) Message {
	for _, s := range RulesCommands {
		if s.Name == name {
			return Aside("Usage: `" + s.typed(commandRules) + "`")
		}
	}
	return RulesUnknown(name)
}

// NoSuchRule tells that there is no rule of that name, with the nearest that exists.
func NoSuchRule(typed string, all []workflow.ShopRule) Message {
	list := make([]string, len(all))
	for i, r := range all {
		list[i] = r.Name
	}
	sorry := "There is no rule called " + quoted(typed, maxName) + ". "
	if near, ok := NearestName(typed, list); ok {
		return Aside(sorry + "Did you mean " + quoted(near, workflow.MaxRuleName) + "?")
	}
	return Aside(sorry + "`" + commandRules + " list` lists all rules.")
}

// ShopRules are the rules of a shop in an answer.
type ShopRules struct {
	ID    workflow.ShopID
	Shop  string // named only where there are several
	Rules workflow.Rules
	Names query.RuleNames
	Admin bool // the reader may change them
}

// RulesList is the answer to `/samples rules list`.
func RulesList(shops []ShopRules) Message {
	total := 0
	var blocks []slack.Block
	for _, s := range shops {
		total += len(s.Rules.All)
		lead := "*" + many(len(s.Rules.All), "rule") + "*" + forShop(s.Shop)
		state := "The first that fits a request suggests what to do."
		switch {
		case s.Rules.PausedAll:
			state = pausedLine(s.Rules)
		case len(s.Rules.All) == 0 && s.Admin:
			state = "Nothing is suggested yet."
		case len(s.Rules.All) == 0:
			state = "An admin can make one with `" + commandRules + " new`."
		}
		blocks = append(blocks, section(lead, state))
		for n, r := range s.Rules.All {
			blocks = append(blocks, section(append([]string{fmt.Sprintf("%d. ", n+1) + ruleTitle(r)}, ruleLines(r, s.Names)...)...))
		}
		if s.Admin && len(s.Rules.All) == 0 && len(shops) == 1 {
			blocks = append(blocks, firstRule(s.ID)...)
		}
		if s.Admin {
			blocks = append(blocks, actions("", button(ActionRules, string(s.ID), "Change rules", "Open the rules"+forShopSpoken(s.Shop))))
		}
	}
	return Message{Text: many(total, "rule"), Blocks: blocks}
}

func forShopSpoken(shop string) string {
	if name := raw(shop, 40); name != "" {
		return " of " + name
	}
	return ""
}

// RuleShown is the answer to `/samples rules show`.
func RuleShown(f RuleBehind) Message {
	blocks := []slack.Block{
		section(append([]string{ruleTitle(f.Rule) + forShop(f.Shop)}, ruleLines(f.Rule, f.Names)...)...), section(scoreLine(f.Score)),
	}
	if f.Test != "" {
		blocks = append(blocks, section(f.Test))
	}
	if f.Sent {
		blocks = append(blocks, aside("A picture and a file with each request are on their way to you in a direct message."))
	}
	if f.Paused {
		blocks = append(blocks, aside("All rules of the shop are paused."))
	}
	return Message{Text: "The rule " + spokenRule(f.Rule.Name), Blocks: blocks}
}

// RulePaused tells that a rule, or without a name all, were paused or resumed.
func RulePaused(name string, paused bool) Message {
	switch {
	case name == "" && paused:
		return Aside("⏸ All rules are paused. They suggest and decide nothing until `" + commandRules + " resume`.")
	case name == "":
		return Aside("The rules work again. Pending requests are looked at anew.")
	case paused:
		return Aside("⏸ The rule " + quoted(name, workflow.MaxRuleName) + " is paused.")
	default:
		return Aside("The rule " + quoted(name, workflow.MaxRuleName) + " works again.")
	}
}

// The dialog that takes rules as text.
const (
	CallbackRuleImport = "rule_import"
	ActionRuleText     = "rule_text"
)

// RuleImportModal is the dialog into which rules are pasted.
func RuleImportModal(m RuleMeta, shop string) slack.ModalViewRequest {
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: CallbackRuleImport, Title: plainText("Import rules"), Submit: plainText("Import"), Close: plainText("Cancel"),
		PrivateMetadata: m.Encode(),
		Blocks: slack.Blocks{BlockSet: []slack.Block{
			section("Paste rules as `"+commandRules+" export` gives them"+forShop(shop)+".", "A rule with the name of one that is there takes its place; the others are added at the end. None becomes automatic."),
			&slack.InputBlock{
				Type: slack.MBTInput, BlockID: ActionRuleText, Label: plainText("Rules"), Hint: plainText("At most 3,000 characters. For more, whoever runs Sample Desk has “sampledesk rules import”."),
				Element: &slack.PlainTextInputBlockElement{Type: slack.METPlainTextInput, ActionID: ActionRuleText, Multiline: true, MaxLength: maxPasted, Placeholder: plainText("Paste the text here")},
			},
		}},
	}
}

// RulesExported goes with the file of exported rules.
func RulesExported(shop string, n int) Message {
	return Aside(capital(many(n, "rule")) + forShop(shop) + " as text: edit it anywhere, and paste it with `" + commandRules + " import`.")
}

// What is said of exports and imports.
const (
	RulesExportComes  = "The rules are on their way to you in a direct message."
	RulesExportFailed = "The rules couldn't be sent. Please try again in a moment."
	RulesExportEmpty  = "There are no rules to export yet."
)

// RulesImported tells how many rules an import made and changed.
func RulesImported(made, changed int) string {
	var said []string
	if made > 0 {
		said = append(said, many(made, "rule")+" added")
	}
	if changed > 0 {
		said = append(said, many(changed, "rule")+" replaced")
	}
	return "Imported: " + first(strings.Join(said, ", "), "nothing changed") + "."
}

// RuleTextWrong tells which lines of rules as text are wrong, and why; in plain text.
func RuleTextWrong(all workflow.RuleTextErrors) string {
	told, more := all.First()
	said := make([]string, len(told), len(told)+2)
	for i, e := range told {
		said[i] = fmt.Sprintf("Line %d: %s", e.Line, ruleLineWrong(e.Problem))
	}
	if more > 0 {
		said = append(said, "And "+many(more, "more line")+".")
	}
	return strings.Join(append(said, nothingSaved), " ")
}

func ruleLineWrong(p workflow.RuleProblem) string {
	switch p.Field {
	case workflow.FieldHead:
		return "The text has to begin with “sample-desk-rules 1”."
	case workflow.FieldLine:
		return "Sample Desk doesn't understand “" + raw(p.Value, 40) + "”."
	default: // the others are told as in the dialog
		return Problem(p)
	}
}

// RuleDigest tells what rules decided by themselves on a day.
func RuleDigest(d query.RuleDigest) Message {
	approved, rejected := 0, 0
	var lines []string
	for _, r := range d.Rules {
		approved, rejected = approved+r.Approved, rejected+r.Rejected
		lines = append(lines, "• *"+first(data(r.Name, workflow.MaxRuleName), "A deleted rule")+"*: "+decidedCounts(r.Approved, r.Rejected))
	}
	title := "Rules decided by themselves: " + decidedCounts(approved, rejected)
	blocks := []slack.Block{section(append([]string{"*" + title + "*" + forShop(d.Shop), dayWords(d.Day)}, lines[:min(len(lines), workflow.MaxRules)]...)...)}
	if d.Over > 0 {
		blocks = append(blocks, aside(many(d.Over, "suggestion")+" over a limit "+isAre(d.Over)+" left to a person: `/samples queue suggested`"))
	}
	return Message{Text: title + spokenShop(d.Shop), Blocks: append(blocks, aside("What was undone is not counted. `"+commandRules+" pause` stops all rules."))}
}

func decidedCounts(approved, rejected int) string {
	switch {
	case rejected == 0:
		return grouped(float64(approved)) + " approved"
	case approved == 0:
		return grouped(float64(rejected)) + " rejected"
	default:
		return grouped(float64(approved)) + " approved, " + grouped(float64(rejected)) + " rejected"
	}
}

// dayWords is a day that is kept as "2026-11-30".
func dayWords(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return data(day, maxID)
	}
	return t.Format("Monday, 2 January")
}

// ruleDemoted tells that a rule went back to suggesting by itself.
func ruleDemoted(s workflow.Payload, admins []workflow.PersonID) Message {
	why := fmt.Sprintf("People decided against %d of its last %d decisions, so it only suggests again.", s.Demotion.Overruled, s.Demotion.Of)
	call := ""
	if len(admins) > 0 {
		call = "Admins: " + people(admins) + ". `" + commandRules + "` shows the rule."
	}
	return Message{
		Text:   "The rule " + spokenRule(s.Rule) + " no longer decides by itself" + spokenShop(s.Shop),
		Blocks: []slack.Block{section("⚠ *The rule “"+ruleName(s.Rule)+"” no longer decides by itself*"+forShop(s.Shop), why, call)},
	}
}
