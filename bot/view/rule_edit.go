package view

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

// The identifiers of the dialog in which an admin makes a rule. Those that end in _ are numbered: one for each row, from 0.
const (
	CallbackRule = "rule"

	ActionRuleStart    = "rule_start"  // a menu; the value is a starter's name, or RuleFromNothing
	ActionRuleName     = "rule_name"   // a text
	ActionRuleFact     = "rule_fact_"  // a menu; the value is a workflow.FactName
	ActionRuleOp       = "rule_op_"    // a menu; the value is a comparison of the fact
	ActionRuleValue    = "rule_value_" // a text, or a menu of several
	ActionRuleDrop     = "rule_drop_"  // a button
	ActionRuleAdd      = "rule_add"
	ActionRuleThen     = "rule_then"     // a menu; the value is a workflow.ActionKind
	ActionRuleReason   = "rule_reason"   // a menu; the value is a workflow.Reason
	ActionRuleCampaign = "rule_campaign" // a menu; the value is a campaign's id
	ActionRulePerson   = "rule_person"   // a menu of people
	ActionRuleCapOf    = "rule_cap_of_"  // a menu: what a limit is of
	ActionRuleCapPer   = "rule_cap_per_" // a menu: for how long
	ActionRuleCapMost  = "rule_cap_most_"
	ActionRuleCapDrop  = "rule_cap_drop_"
	ActionRuleCapAdd   = "rule_cap_add"
	ActionRuleCapAll   = "rule_cap_all" // checkboxes: RuleCountPeople
	ActionRuleMode     = "rule_mode"    // workflow.ModeWatching or workflow.ModeProposing

	RuleFromNothing = "nothing"
	RuleCountPeople = "people"
)

// RuleMeta is what the dialog of a rule carries unseen.
type RuleMeta struct {
	Shop workflow.ShopID `json:"shop"`
	List string          `json:"list,omitempty"` // the view with the list below it; empty: there is none
	ID   workflow.RuleID `json:"id,omitempty"`   // empty for a new one
	Seen int             `json:"seen,omitempty"` // the version that the person was shown
	Rows int             `json:"rows,omitempty"`
	Caps int             `json:"caps,omitempty"`
	Look int             `json:"look,omitempty"` // rises with each look of the dialog: its blocks are new ones, so that fields take what they start with
}

// Encode writes the private metadata.
func (m RuleMeta) Encode() string { return encodeMeta(m) }

// ParseRuleMeta reads what Encode wrote.
func ParseRuleMeta(s string) (m RuleMeta, err error) {
	if err := json.Unmarshal([]byte(s), &m); err != nil || m.Shop == "" {
		return RuleMeta{}, fmt.Errorf("%q does not say whose rule a dialog is about", s)
	}
	m.Rows, m.Caps = min(max(m.Rows, 0), workflow.MaxConditions), min(max(m.Caps, 0), workflow.MaxCaps)
	return m, nil
}

func encodeMeta(m any) string {
	b, err := json.Marshal(m)
	if err != nil { // strings, numbers and booleans always can be written
		return ""
	}
	return string(b)
}

// RuleBlock is the id of a block of the dialog in its present look.
func (m RuleMeta) RuleBlock(of string) string { return of + ":" + strconv.Itoa(m.Look) }

// RuleDraft is a rule while it is made: what was chosen and typed, as it stands in the dialog.
type RuleDraft struct {
	Name     string
	When     []ConditionDraft
	Then     workflow.ActionKind
	Reason   workflow.Reason
	Campaign workflow.CampaignID
	Person   workflow.PersonID
	Caps     []CapDraft
	People   bool // people's approvals count in the limits too
	Mode     workflow.RuleMode
}

// ConditionDraft is a row of the conditions. One without a comparison, or with that of another fact, has the fact's first.
type ConditionDraft struct {
	Fact   workflow.FactName
	Op     workflow.Op
	Typed  string
	Chosen []string
}

// CapDraft is a row of the limits.
type CapDraft struct {
	Of, Per string
	Typed   string
}

// RuleFacts is what the dialog shows.
type RuleFacts struct {
	Meta      RuleMeta
	Draft     RuleDraft
	Shop      string // named only where there are several
	Currency  string // the shop's; empty: not known
	Campaigns []workflow.Campaign
	Lists     []workflow.ListName
	Products  map[string]workflow.Product // those that are chosen, by id, or variants by theirs (SKU)
	Automatic bool                        // the rule is automatic, and is not once it was changed
}

// RuleModal is the dialog in which an admin makes a rule, or changes it: sentences with choices.
func RuleModal(f RuleFacts) slack.ModalViewRequest {
	title, m := "New rule", f.Meta
	if m.ID != "" {
		title = "Change the rule"
	}
	m.Rows, m.Caps = len(f.Draft.When), len(f.Draft.Caps)
	f.Meta = m
	var blocks []slack.Block
	if f.Automatic {
		blocks = append(blocks, section("This rule decides automatically. Once you save a change, it only suggests again until an admin makes it automatic."))
	}
	if m.ID == "" {
		blocks = append(blocks, actions(m.RuleBlock("rule_start"), startMenu()))
	}
	blocks = append(blocks, nameOfRule(f))
	blocks = append(blocks, whenBlocks(f)...)
	blocks = append(blocks, thenBlocks(f)...)
	if f.Draft.Then == workflow.ActApprove || len(f.Draft.Caps) > 0 { // nothing else sends samples
		blocks = append(blocks, divider(), section("*But at most*", "What is over a limit is left to a person, and the card says so."))
		blocks = append(blocks, capBlocks(m, f.Draft.Caps, f.Draft.People, f.Currency)...)
	}
	blocks = append(blocks, modeInput(f))
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: CallbackRule, Title: plainText(title), Submit: plainText("Save"), Close: plainText("Cancel"),
		Blocks: slack.Blocks{BlockSet: blocks}, PrivateMetadata: m.Encode(),
	}
}

func startMenu() slack.BlockElement {
	options := []*slack.OptionBlockObject{}
	for _, s := range Starters {
		options = append(options, option(s.Key, "Start with “"+s.Draft.Name+"”"))
	}
	options = append(options, option(RuleFromNothing, "Start from scratch"))
	return &slack.SelectBlockElement{Type: slack.OptTypeStatic, ActionID: ActionRuleStart, Placeholder: plainText("Start with…"), Options: options}
}

func nameOfRule(f RuleFacts) slack.Block {
	return &slack.InputBlock{
		Type: slack.MBTInput, BlockID: f.Meta.RuleBlock(ActionRuleName), Label: plainText("Name"), Hint: plainText("Your team reads it on cards: “Suggested: approve. Proven creators: …”"),
		Element: &slack.PlainTextInputBlockElement{
			Type: slack.METPlainTextInput, ActionID: ActionRuleName, MaxLength: workflow.MaxRuleName, InitialValue: raw(f.Draft.Name, workflow.MaxRuleName),
			Placeholder: plainText("Proven creators"),
		},
	}
}

// whenBlocks are the conditions, a row each: what is looked at, how it compares, and with what.
func whenBlocks(f RuleFacts) []slack.Block {
	blocks := []slack.Block{divider(), section("*When all of this is true*" + forShop(f.Shop))}
	if len(f.Draft.When) == 0 {
		blocks = append(blocks, aside("No condition: it fits every request."))
	}
	for n, c := range f.Draft.When {
		at := strconv.Itoa(n)
		blocks = append(blocks, actions(f.Meta.RuleBlock(ActionRuleFact+at),
			menu(ActionRuleFact+at, "What", factOptions(), string(c.Fact)), menu(ActionRuleOp+at, "How", opOptions(c.Fact), string(c.Op)),
			button(ActionRuleDrop+at, at, "Remove", "Remove this condition"),
		))
		if value, ok := valueInput(f, n, c); ok {
			blocks = append(blocks, value)
		}
	}
	if len(f.Draft.When) < workflow.MaxConditions {
		blocks = append(blocks, actions(f.Meta.RuleBlock(ActionRuleAdd), button(ActionRuleAdd, "add", "Add a condition", "Add another condition")))
	}
	return blocks
}

func factOptions() (all []*slack.OptionBlockObject) {
	for _, r := range workflow.Conditions {
		all = append(all, option(string(r.Fact), factName(r.Fact)))
	}
	return all
}

func opOptions(f workflow.FactName) (all []*slack.OptionBlockObject) {
	for _, op := range opsOf(f) {
		all = append(all, option(string(op), opMenu(f, op)))
	}
	return all
}

// valueInput is the field of what a condition compares with; false where the comparison says it all.
func valueInput(f RuleFacts, n int, c ConditionDraft) (slack.Block, bool) {
	action, words := ActionRuleValue+strconv.Itoa(n), factWords[c.Fact]
	input := &slack.InputBlock{
		Type: slack.MBTInput, BlockID: f.Meta.RuleBlock(action), Label: plainText(factName(c.Fact) + ": " + opMenu(c.Fact, c.Op)),
	}
	switch {
	case !takesValue(c.Op):
		return nil, false
	case c.Op == workflow.AtLeast || c.Op == workflow.AtMost || words.typed:
		input.Element = &slack.PlainTextInputBlockElement{
			Type: slack.METPlainTextInput, ActionID: action, MaxLength: maxTyped, InitialValue: raw(c.Typed, maxTyped), Placeholder: plainText(words.example),
		}
	case c.Fact == workflow.FactList:
		input.Element = chosenAmong(action, "Choose lists", listOptions(f.Lists, c.Chosen), c.Chosen)
	case c.Fact == workflow.FactCampaign:
		options := campaignOptions(f.Campaigns, c.Chosen...)
		if len(options) == 0 {
			return aside("This shop has no campaigns yet. Create one with `/campaign create`."), true
		}
		input.Element = chosenAmong(action, "Choose campaigns", options, c.Chosen)
	default:
		input.Element = chosenProducts(action+productsSuffix(c.Fact), f.Products, c.Chosen)
	}
	return input, true
}

// chosenProducts is a menu of products that asks for its options.
func chosenProducts(action string, known map[string]workflow.Product, chosen []string) slack.BlockElement {
	m := &slack.MultiSelectBlockElement{
		Type: slack.MultiOptTypeExternal, ActionID: action, Placeholder: plainText("Type part of a product's name"), MinQueryLength: new(0),
	}
	for _, id := range chosen {
		m.InitialOptions = append(m.InitialOptions, option(id, raw(ruleProduct(known, id), maxOption)))
	}
	return m
}

// maxTyped is how much can be typed as a value.
const maxTyped = 200

// chosenAmong is a menu of several of which some are chosen.
func chosenAmong(action, placeholder string, options []*slack.OptionBlockObject, chosen []string) *slack.MultiSelectBlockElement {
	m := &slack.MultiSelectBlockElement{Type: slack.MultiOptTypeStatic, ActionID: action, Placeholder: plainText(placeholder), Options: options}
	for _, o := range options {
		if slices.Contains(chosen, o.Value) {
			m.InitialOptions = append(m.InitialOptions, o)
		}
	}
	return m
}

// campaignOptions offers campaigns. What is chosen stays there also when it takes nobody any more.
func campaignOptions(all []workflow.Campaign, chosen ...string) (options []*slack.OptionBlockObject) {
	there := map[string]bool{"": true}
	for _, c := range all {
		if len(options) < MaxChoices-len(chosen) && len(c.ID) <= maxOption {
			there[string(c.ID)] = true
			options = append(options, campaignOption(c))
		}
	}
	for _, id := range chosen {
		if !there[id] && len(id) <= maxOption && len(options) < MaxChoices {
			options = append(options, option(id, "Another campaign"))
		}
	}
	return options
}

// listOptions offers the lists of a shop, and what else is chosen.
func listOptions(all []workflow.ListName, chosen []string) (options []*slack.OptionBlockObject) {
	there := map[workflow.ListName]bool{}
	add := func(l workflow.ListName) {
		if !there[l] && l != "" && len(options) < MaxChoices {
			there[l] = true
			options = append(options, option(string(l), raw(listName(l), maxOption)))
		}
	}
	for _, l := range slices.Concat([]workflow.ListName{workflow.BlockList, workflow.VIPList}, all) {
		add(l)
	}
	for _, l := range chosen {
		add(workflow.ListName(l))
	}
	return options
}

// thenBlocks are what the rule does.
func thenBlocks(f RuleFacts) []slack.Block {
	blocks := []slack.Block{divider(), section("*Then*"), actions(f.Meta.RuleBlock(ActionRuleThen), menu(ActionRuleThen, "What to do", thenOptions(), string(f.Draft.Then)))}
	input := &slack.InputBlock{Type: slack.MBTInput}
	switch f.Draft.Then {
	case workflow.ActReject:
		reasons := menu(ActionRuleReason, "Reason", reasonOptions(), string(f.Draft.Reason))
		input.BlockID, input.Label, input.Element = f.Meta.RuleBlock(ActionRuleReason), plainText("Reason sent to TikTok"), reasons
	case workflow.ActCampaign:
		options := campaignOptions(f.Campaigns, string(f.Draft.Campaign))
		if len(options) == 0 {
			return append(blocks, aside("This shop has no campaigns yet. Create one with `/campaign create`."))
		}
		input.BlockID, input.Label, input.Element = f.Meta.RuleBlock(ActionRuleCampaign), plainText("Campaign"), menu(ActionRuleCampaign, "Campaign", options, string(f.Draft.Campaign))
	case workflow.ActAssign:
		people := &slack.SelectBlockElement{Type: slack.OptTypeUser, ActionID: ActionRulePerson, Placeholder: plainText("Choose a person")}
		if slackID.MatchString(string(f.Draft.Person)) {
			people.InitialUser = string(f.Draft.Person)
		}
		input.BlockID, input.Label, input.Element = f.Meta.RuleBlock(ActionRulePerson), plainText("Who should take it on?"), people
	default:
		return blocks
	}
	return append(blocks, input)
}

func thenOptions() (all []*slack.OptionBlockObject) {
	for _, a := range workflow.RuleActions {
		all = append(all, option(string(a.Kind), actionMenu[a.Kind]))
	}
	return all
}

// capBlocks are the limits, a row each.
func capBlocks(m RuleMeta, caps []CapDraft, people bool, currency string) (blocks []slack.Block) {
	for n, c := range caps {
		at := strconv.Itoa(n)
		blocks = append(blocks, actions(m.RuleBlock(ActionRuleCapOf+at), menu(ActionRuleCapOf+at, "What", capOfOptions(), c.Of), menu(ActionRuleCapPer+at, "How long", capPerOptions(), c.Per),
			button(ActionRuleCapDrop+at, at, "Remove", "Remove this limit")),
			&slack.InputBlock{
				Type: slack.MBTInput, BlockID: m.RuleBlock(ActionRuleCapMost + at), Label: plainText(capLabel(c, currency)),
				Element: &slack.PlainTextInputBlockElement{
					Type: slack.METPlainTextInput, ActionID: ActionRuleCapMost + at, MaxLength: 20, InitialValue: raw(c.Typed, 20), Placeholder: plainText("20"),
				},
			})
	}
	var more []slack.BlockElement
	if len(caps) < workflow.MaxCaps {
		more = append(more, button(ActionRuleCapAdd, "add", "Add a limit", "Add a limit on samples or cost"))
	}
	if len(caps) > 0 {
		boxes := &slack.CheckboxGroupsBlockElement{Type: slack.METCheckboxGroups, ActionID: ActionRuleCapAll, Options: []*slack.OptionBlockObject{
			option(RuleCountPeople, "Count samples that people approve too"),
		}}
		if people {
			boxes.InitialOptions = boxes.Options
		}
		more = append(more, boxes)
	}
	return append(blocks, actions(m.RuleBlock(ActionRuleCapAdd), more...))
}

func modeInput(f RuleFacts) slack.Block {
	watch, propose := option(string(workflow.ModeWatching), "Watch"), option(string(workflow.ModeProposing), "Suggest")
	watch.Description = plainText("Nothing is shown. Sample Desk counts what it would have suggested.")
	propose.Description = plainText("Cards show the suggestion. Your team decides.")
	radio := &slack.RadioButtonsBlockElement{Type: slack.METRadioButtons, ActionID: ActionRuleMode, Options: []*slack.OptionBlockObject{propose, watch}, InitialOption: propose}
	if f.Draft.Mode == workflow.ModeWatching {
		radio.InitialOption = watch
	}
	return &slack.InputBlock{
		Type: slack.MBTInput, BlockID: f.Meta.RuleBlock(ActionRuleMode), Label: plainText("What the rule may do"), Element: radio,
		Hint: plainText("An admin can let it decide by itself later, once your team agrees with what it suggests."),
	}
}

// ReadRuleDraft reads the dialog as its person sees it. Field is what a control holds, by its action id.
func ReadRuleDraft(m RuleMeta, field func(action string) Value) RuleDraft {
	d := RuleDraft{
		Name: field(ActionRuleName).Text, Then: workflow.ActionKind(field(ActionRuleThen).Chosen()), Reason: workflow.Reason(field(ActionRuleReason).Chosen()),
		Campaign: workflow.CampaignID(field(ActionRuleCampaign).Chosen()), Person: field(ActionRulePerson).Person,
		Mode: workflow.RuleMode(field(ActionRuleMode).Chosen()),
	}
	for n := range m.Rows {
		at := strconv.Itoa(n)
		c := ConditionDraft{Fact: workflow.FactName(field(ActionRuleFact + at).Chosen()), Op: workflow.Op(field(ActionRuleOp + at).Chosen())}.sound()
		value := field(ActionRuleValue + at + productsSuffix(c.Fact))
		c.Typed, c.Chosen = value.Text, value.Values()
		d.When = append(d.When, c)
	}
	d.Caps, d.People = readCaps(m, field)
	return d
}

func readCaps(m RuleMeta, field func(action string) Value) (caps []CapDraft, people bool) {
	for n := range m.Caps {
		at := strconv.Itoa(n)
		caps = append(caps, CapDraft{Of: field(ActionRuleCapOf + at).Chosen(), Per: field(ActionRuleCapPer + at).Chosen(), Typed: field(ActionRuleCapMost + at).Text})
	}
	return caps, field(ActionRuleCapAll).Has(RuleCountPeople)
}

// sound is the condition with a fact and a comparison that there are: the first where it has none.
func (c ConditionDraft) sound() ConditionDraft {
	if _, ok := (workflow.Condition{Fact: c.Fact}).Row(); !ok {
		c.Fact = workflow.Conditions[0].Fact
	}
	if ops := opsOf(c.Fact); !slices.Contains(ops, c.Op) {
		c.Op = ops[0]
	}
	return c
}

// RuleLooks are the controls of the dialog whose use changes what it holds: a row more or less, another fact. RuleHolds
// are those that are read when it is sent.
func RuleLooks() []string {
	all := []string{ActionRuleStart, ActionRuleAdd, ActionRuleThen, ActionRuleCapAdd}
	for n := range workflow.MaxConditions {
		at := strconv.Itoa(n)
		all = append(all, ActionRuleFact+at, ActionRuleOp+at, ActionRuleDrop+at)
	}
	for n := range workflow.MaxCaps {
		at := strconv.Itoa(n)
		all = append(all, ActionRuleCapOf+at, ActionRuleCapDrop+at)
	}
	return all
}

// RuleHolds are the controls of the dialog that are read when it is sent.
func RuleHolds() []string {
	all := []string{ActionRuleCapAll}
	for n := range workflow.MaxCaps {
		all = append(all, ActionRuleCapPer+strconv.Itoa(n))
	}
	return all
}

// Change is the draft after one of RuleLooks was used.
func (d RuleDraft) Change(action, chosen string) RuleDraft {
	if n, ok := rowOf(action, ActionRuleFact, len(d.When)); ok {
		d.When[n] = ConditionDraft{Fact: workflow.FactName(chosen)}.sound()
	}
	if n, ok := rowOf(action, ActionRuleDrop, len(d.When)); ok {
		d.When = slices.Delete(d.When, n, n+1)
	}
	switch {
	case action == ActionRuleAdd && len(d.When) < workflow.MaxConditions:
		d.When = append(d.When, ConditionDraft{}.sound())
	case action == ActionRuleStart:
		return Started(chosen)
	}
	d.Caps = changeCaps(d.Caps, action)
	return d
}

func changeCaps(caps []CapDraft, action string) []CapDraft {
	if n, ok := rowOf(action, ActionRuleCapDrop, len(caps)); ok {
		return slices.Delete(caps, n, n+1)
	}
	if action == ActionRuleCapAdd && len(caps) < workflow.MaxCaps {
		return append(caps, CapDraft{Of: capOf(workflow.CapAll, false), Per: string(workflow.CapWeek)})
	}
	return caps
}

// rowOf is the row that a numbered control belongs to.
func rowOf(action, of string, rows int) (int, bool) {
	at, ok := strings.CutPrefix(action, of)
	n, err := strconv.Atoi(at)
	return n, ok && err == nil && n >= 0 && n < rows
}

// productsSuffix ends the action id of a menu of products, as each kind asks for options of its own.
func productsSuffix(f workflow.FactName) string {
	switch f {
	case workflow.FactProduct:
		return RuleProducts
	case workflow.FactSKU:
		return RuleVariants
	default:
		return ""
	}
}

// What ends the action ids of menus of products, and of products with their variants.
const (
	RuleProducts = "_product"
	RuleVariants = "_sku"
)

// RuleVariantOptions answers the menu of products with their variants: the values are the variants' ids (SKU).
func RuleVariantOptions(all []workflow.Product) Options {
	var options []*slack.OptionBlockObject
	for _, p := range all {
		if o, ok := variantOption(p); ok && p.SKU != "" && len(p.SKU) <= maxOption {
			options = append(options, option(p.SKU, o.Text.Text))
		}
	}
	return optionsOf(options)
}

// CostOptions answers the menu of what has a cost: each product as a whole, and each of its variants. The values are what
// ParseProductKey reads.
func CostOptions(all []workflow.Product) Options {
	var options []*slack.OptionBlockObject
	for n, p := range all {
		if o, ok := productOption(p); ok && (n == 0 || all[n-1].ID != p.ID) {
			options = append(options, option(o.Value, cut(o.Text.Text, maxOption-15)+", every variant"))
		}
		if o, ok := variantOption(p); ok && p.SKU != "" && len(productKey(p.ID, p.SKU)) <= maxOption {
			options = append(options, option(productKey(p.ID, p.SKU), o.Text.Text))
		}
	}
	return optionsOf(options)
}
