package view

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

// The dialog of a shop's lists of creators.
const (
	CallbackLists = "rule_lists"

	ActionRuleLists  = "rule_lists"  // opens it
	ActionListChoose = "list_choose" // a menu; the value is a list's name, or ListNew
	ActionListName   = "list_name"   // a text
	ActionListAdd    = "list_add"    // a text: handles
	ActionListRemove = "list_remove" // the same
	ActionListShare  = "list_share"  // checkboxes

	ListNew   = "new list" // no list's name: CleanListName makes none with that, as a list of that name is one word
	ListShare = "share"
)

// ListsMeta is what the dialog of lists carries unseen.
type ListsMeta struct {
	Shop workflow.ShopID   `json:"shop"`
	List workflow.ListName `json:"list,omitempty"`
	Rows string            `json:"rows,omitempty"` // the view with the list of rules below it
	New  bool              `json:"new,omitempty"`
	Look int               `json:"look,omitempty"`
}

// Encode writes the private metadata.
func (m ListsMeta) Encode() string { return encodeMeta(m) }

// ParseListsMeta reads what Encode wrote.
func ParseListsMeta(s string) (m ListsMeta, err error) {
	if err := json.Unmarshal([]byte(s), &m); err != nil || m.Shop == "" {
		return ListsMeta{}, fmt.Errorf("%q does not say whose lists a dialog is about", s)
	}
	return m, nil
}

// Block is the id of a block of the dialog in its present look.
func (m ListsMeta) Block(of string) string { return fmt.Sprintf("%s:%d", of, m.Look) }

// shownListed is how many creators of a list the dialog names.
const shownListed = 40

// ListsFacts is what the dialog shows.
type ListsFacts struct {
	Meta    ListsMeta
	Shop    string
	Lists   []workflow.ListName
	Listed  []workflow.Listed // some of the chosen list
	More    bool              // there are others
	Told    string            // formatted: what was just done
	Shares  bool              // the shop shares its lists
	Several bool              // there are other shops to share with
}

// MaxListed is how many of a list's creators the dialog is given.
const MaxListed = shownListed + 1

// ListsModal is the dialog in which lists of creators are kept: one at a time, by hand or pasted.
func ListsModal(f ListsFacts) slack.ModalViewRequest {
	m := f.Meta
	options := append(listOptions(f.Lists, []string{string(m.List)}), option(ListNew, "A new list…"))
	chosen := string(m.List)
	if m.New {
		chosen = ListNew
	}
	var blocks []slack.Block
	if f.Told != "" {
		blocks = append(blocks, section(f.Told), divider())
	}
	blocks = append(blocks, section("*Lists of creators*"+forShop(f.Shop), "Rules can look whether a creator is on one of them."),
		actions(m.Block(ActionListChoose), menu(ActionListChoose, "List", options, chosen)))
	if m.New {
		blocks = append(blocks, &slack.InputBlock{
			Type: slack.MBTInput, BlockID: m.Block(ActionListName), Label: plainText("Name of the list"),
			Element: &slack.PlainTextInputBlockElement{Type: slack.METPlainTextInput, ActionID: ActionListName, MaxLength: workflow.MaxListName, Placeholder: plainText("Slow posters")},
		})
	} else {
		blocks = append(blocks, section(listedLines(f)...))
	}
	handles := func(action, label, hint string) slack.Block {
		return &slack.InputBlock{
			Type: slack.MBTInput, BlockID: m.Block(action), Label: plainText(label), Hint: plainText(hint), Optional: true,
			Element: &slack.PlainTextInputBlockElement{Type: slack.METPlainTextInput, ActionID: action, Multiline: true, MaxLength: maxPasted, Placeholder: plainText("@glow.daily, @tidy_desk")},
		}
	}
	blocks = append(blocks, handles(ActionListAdd, "Add creators", "Handles with or without @, separated by commas or lines. You can paste many."))
	if !m.New {
		blocks = append(blocks, handles(ActionListRemove, "Take off the list", "Handles as above."))
	}
	if f.Several {
		blocks = append(blocks, shareLists(m, f.Shares))
	}
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: CallbackLists, Title: plainText("Lists"), Submit: plainText("Save"), Close: plainText("Back"),
		Blocks: slack.Blocks{BlockSet: blocks}, PrivateMetadata: m.Encode(),
	}
}

// maxPasted is how much a field takes that is pasted into.
const maxPasted = 3000

func shareLists(m ListsMeta, shares bool) slack.Block {
	boxes := &slack.CheckboxGroupsBlockElement{Type: slack.METCheckboxGroups, ActionID: ActionListShare, Options: []*slack.OptionBlockObject{
		option(ListShare, "Share lists with the team's other shops"),
	}}
	if shares {
		boxes.InitialOptions = boxes.Options
	}
	return &slack.InputBlock{
		Type: slack.MBTInput, BlockID: m.Block(ActionListShare), Label: plainText("Other shops"), Optional: true, Element: boxes,
		Hint: plainText("Only with shops whose admins agreed too, for creators added from then on. A handle reaches them once its owner has asked you for a sample."),
	}
}

func listedLines(f ListsFacts) []string {
	if len(f.Listed) == 0 {
		return []string{"*" + data(listName(f.Meta.List), maxName) + "*: nobody yet"}
	}
	var names []string
	for _, l := range f.Listed[:min(shownListed, len(f.Listed))] {
		names = append(names, handleOf(l))
	}
	line := listed(names, 2000)
	if f.More {
		line += ", and others"
	}
	return []string{"*" + data(listName(f.Meta.List), maxName) + "*", line}
}

func handleOf(l workflow.Listed) string {
	if clean(l.Shown.Username) == "" {
		return data(nameOf(l.Shown), maxName)
	}
	return "@" + data(l.Shown.Username, maxName)
}

// What the dialogs of lists say of their fields.
const (
	NoListName     = "A list needs a name with 1 to 40 characters."
	NoHandle       = "that is not a handle."
	TooManyHandles = "That's too many at once: at most 500 creators. Please paste them in parts."
	NobodyAdded    = "Please add at least one creator: a list is there as long as somebody is on it."
)

// ListKept tells what was done with a list.
func ListKept(l workflow.ListName, added, removed int) string {
	said := []string{"Saved the *" + data(listName(l), maxName) + "*"}
	if added > 0 {
		said = append(said, many(added, "creator")+" added")
	}
	if removed > 0 {
		said = append(said, many(removed, "creator")+" taken off")
	}
	return dotted(said...)
}

// The dialog that puts the creator of a card on lists.
const (
	CallbackCardLists = "card_lists"
	ActionCardLists   = "card_lists" // opens it, and its menu of several
)

// CardListsModal puts a creator on lists, or takes them off.
func CardListsModal(a workflow.Application, on, all []workflow.ListName) slack.ModalViewRequest {
	chosen := make([]string, len(on))
	for i, l := range on {
		chosen[i] = string(l)
	}
	m := chosenAmong(ActionCardLists, "Choose lists", listOptions(all, chosen), chosen)
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: CallbackCardLists, Title: plainText("Lists"), Submit: plainText("Save"), Close: plainText("Cancel"),
		PrivateMetadata: targetOf(a).String(),
		Blocks: slack.Blocks{BlockSet: []slack.Block{
			section("Which lists should *" + namedBoth(a.Snapshot.Creator) + "* be on? Rules can look at them."),
			&slack.InputBlock{Type: slack.MBTInput, BlockID: ActionCardLists, Label: plainText("Lists"), Optional: true, Element: m},
			&slack.InputBlock{
				Type: slack.MBTInput, BlockID: ActionListName, Label: plainText("Or a new list"), Optional: true,
				Element: &slack.PlainTextInputBlockElement{Type: slack.METPlainTextInput, ActionID: ActionListName, MaxLength: workflow.MaxListName, Placeholder: plainText("Slow posters")},
			},
		}},
	}
}

// MaxHandles is how many creators one dialog adds or takes off.
const MaxHandles = 500

// ReadHandles reads handles as they are pasted, each once. Wrong is the first line that is none, from 1; 0: all are.
func ReadHandles(typed string) (handles []string, wrong int) {
	for n, line := range strings.Split(typed, "\n") {
		for part := range strings.FieldsFuncSeq(line, func(r rune) bool { return r == ',' || r == ';' || r == ' ' || r == '\t' || r == '\r' }) {
			handle := HomeCreator(part)
			if handle == "" || len(handle) > maxName || strings.ContainsAny(handle, "<>|/\\\"'()") {
				return nil, n + 1
			}
			if !slices.Contains(handles, handle) {
				handles = append(handles, handle)
			}
		}
	}
	return handles, 0
}

// WrongLine says which line of a text cannot be read, and why; in plain text.
func WrongLine(n int, why string) string {
	return fmt.Sprintf("Line %d: %s %s", n, why, nothingSaved)
}

const nothingSaved = "Nothing was saved."

// The dialog of what samples cost.
const (
	CallbackCosts = "rule_costs"

	ActionRuleCosts    = "rule_costs"    // opens it
	ActionCostCurrency = "cost_currency" // a text
	ActionCostProduct  = "cost_product"  // a menu that asks for its options
	ActionCostAmount   = "cost_amount"   // a text
	ActionCostPasted   = "cost_pasted"   // a text: CSV
	ActionCostTwo      = "cost_two"      // a text: an amount
)

// CostsFacts is what the dialog of costs shows.
type CostsFacts struct {
	Meta  RuleMeta
	Shop  string
	Rules workflow.Rules
	Costs []workflow.Cost // some
	More  bool
	Known map[string]workflow.Product // by id, and variants by theirs (SKU)
	Caps  []CapDraft
	All   bool                      // people's approvals count too
	Typed func(action string) Value // what its fields hold, where it is shown again; nil: they start anew
	Guess string                    // the currency that the shop most likely has
}

// MaxCosts is how many costs the dialog is given.
const MaxCosts = 21

// CostsModal is the dialog of what samples cost, of the shop's own limits, and of when two people have to agree.
func CostsModal(f CostsFacts) slack.ModalViewRequest {
	m := f.Meta
	m.Caps = len(f.Caps)
	text := func(action, label, hint, value, example string, lines bool) slack.Block {
		if f.Typed != nil {
			value = cut(f.Typed(action).Text, maxPasted)
		}
		return &slack.InputBlock{
			Type: slack.MBTInput, BlockID: m.RuleBlock(action), Label: plainText(label), Hint: plainText(hint), Optional: true,
			Element: &slack.PlainTextInputBlockElement{
				Type: slack.METPlainTextInput, ActionID: action, Multiline: lines, MaxLength: maxPasted, InitialValue: value, Placeholder: plainText(example),
			},
		}
	}
	blocks := []slack.Block{
		section(append([]string{"*What samples cost*" + forShop(f.Shop)}, costLines(f)...)...),
		text(ActionCostCurrency, "Currency", "Of costs and budgets, with three letters.", first(f.Rules.Currency, f.Guess), "USD", false),
		&slack.InputBlock{
			Type: slack.MBTInput, BlockID: m.RuleBlock(ActionCostProduct), Label: plainText("Product"), Optional: true,
			Element: costMenu(f),
		},
		text(ActionCostAmount, "What one sample of it costs", "Leave empty to take its cost away.", "", "12.50", false),
		text(ActionCostPasted, "Or paste many", "CSV, a product a line: product ID, variant's SKU ID (may be empty), cost. A first line with headings is skipped.", "", "1729384756000000101,,12.50", true),
		divider(), section("*The shop's limits*", "Across all rules: what is over one of them is left to a person."),
	}
	blocks = append(blocks, capBlocks(m, f.Caps, f.All, f.Rules.Currency)...)
	blocks = append(blocks, divider(),
		text(ActionCostTwo, "Two people for samples that cost more than", "Then one asks for the approval and another one agrees. Leave empty to let one person approve everything.", amountOf(f.Rules.TwoAbove), "50", false))
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: CallbackCosts, Title: plainText("Costs and limits"), Submit: plainText("Save"), Close: plainText("Back"),
		Blocks: slack.Blocks{BlockSet: blocks}, PrivateMetadata: m.Encode(),
	}
}

// costMenu chooses a product, or one of its variants.
func costMenu(f CostsFacts) slack.BlockElement {
	m := &slack.SelectBlockElement{Type: slack.OptTypeExternal, ActionID: ActionCostProduct, Placeholder: plainText("Type part of a product's name"), MinQueryLength: new(0)}
	if f.Typed == nil {
		return m
	}
	if id := f.Typed(ActionCostProduct).Chosen(); id != "" {
		m.InitialOption = option(id, raw(costName(f.Known, id), maxOption))
	}
	return m
}

// CostsGiven is what the dialog of costs says.
type CostsGiven struct {
	Currency string
	Costs    []workflow.Cost // an empty amount takes one away
	Caps     []workflow.Cap
	TwoAbove workflow.Money
}

// CapDrafts are limits as the dialogs show them.
func CapDrafts(all []workflow.Cap) (caps []CapDraft, people bool) { return draftsOf(all) }

// ReadCostsModal reads the dialog of costs; ok is false where something that was typed cannot be read.
func ReadCostsModal(m RuleMeta, field func(action string) Value) (g CostsGiven, typo RuleTypo, ok bool) {
	g.Currency = strings.ToUpper(workflow.Plain(field(ActionCostCurrency).Text))
	amount := func(action string) (money workflow.Money, ok bool) {
		typed := workflow.Plain(field(action).Text)
		if typed == "" {
			return money, true
		}
		money.Currency = g.Currency
		money.Amount, ok = ReadAmount(typed)
		typo = RuleTypo{m.RuleBlock(action), notANumber(typed)}
		return money, ok
	}
	cost, ok := amount(ActionCostAmount)
	if !ok {
		return g, typo, false
	}
	if id := field(ActionCostProduct).Chosen(); id != "" {
		product, sku := ParseProductKey(id)
		g.Costs = append(g.Costs, workflow.Cost{Product: product, SKU: sku, Amount: cost})
	} else if cost.Amount != "" {
		return g, RuleTypo{m.RuleBlock(ActionCostProduct), "Please choose the product that costs this."}, false
	}
	pasted, wrong := ReadCosts(field(ActionCostPasted).Text)
	if wrong > 0 {
		return g, RuleTypo{m.RuleBlock(ActionCostPasted), WrongLine(wrong, "expected a product ID, a SKU ID or nothing, and a cost.")}, false
	}
	for _, c := range pasted {
		c.Amount.Currency = g.Currency
		g.Costs = append(g.Costs, c)
	}
	caps, people := readCaps(m, field)
	if g.Caps, typo, ok = readCapDrafts(caps, people, m, g.Currency); !ok {
		return g, typo, false
	}
	if g.TwoAbove, ok = amount(ActionCostTwo); !ok {
		return g, typo, false
	}
	if g.Currency == "" && (len(g.Costs) > 0 || g.TwoAbove.Amount != "") {
		return g, RuleTypo{m.RuleBlock(ActionCostCurrency), "Please give the currency first, like USD."}, false
	}
	return g, RuleTypo{}, true
}

// CostsBlock is the block of the dialog of costs that a problem is told at.
func CostsBlock(m RuleMeta, p workflow.RuleProblem) string {
	switch {
	case p.Field == workflow.FieldCap && p.Index < m.Caps:
		return m.RuleBlock(fmt.Sprintf("%s%d", ActionRuleCapMost, p.Index))
	case p.Field == workflow.FieldTwoAbove:
		return m.RuleBlock(ActionCostTwo)
	default:
		return m.RuleBlock(ActionCostCurrency)
	}
}

// CostsKept tells what was kept of costs and limits.
func CostsKept(g CostsGiven) string {
	said := []string{"Saved costs and limits"}
	if n := len(g.Costs); n > 0 {
		said = append(said, many(n, "cost")+" entered")
	}
	return dotted(said...)
}

func amountOf(m workflow.Money) string {
	if _, ok := m.Hundredths(); !ok {
		return ""
	}
	return m.Amount
}

func costLines(f CostsFacts) []string {
	if len(f.Costs) == 0 {
		return []string{"Nothing entered yet. Budgets and figures of cost need it."}
	}
	var lines []string
	for _, c := range f.Costs[:min(MaxCosts-1, len(f.Costs))] {
		lines = append(lines, "• "+data(costName(f.Known, productKey(c.Product, c.SKU)), maxName)+": "+exactMoney(c.Amount))
	}
	if f.More {
		lines = append(lines, "and more")
	}
	return lines
}

// costName names what ParseProductKey reads; not yet escaped.
func costName(known map[string]workflow.Product, key string) string {
	product, sku := ParseProductKey(key)
	return ruleProduct(known, first(sku, string(product)))
}

// productKey is a product, or one of its variants, as the value of a menu.
func productKey(p workflow.ProductID, sku string) string {
	if sku == "" {
		return string(p)
	}
	return string(p) + ":" + sku
}

// ParseProductKey reads what productKey wrote.
func ParseProductKey(s string) (workflow.ProductID, string) {
	product, sku, _ := strings.Cut(s, ":")
	return workflow.ProductID(product), sku
}

// MaxPastedCosts is how many lines of costs one dialog takes.
const MaxPastedCosts = 200

// ReadCosts reads costs as comma-separated values: a product's id, its variant's (SKU) or nothing, and an amount. Wrong is
// the first line that cannot be read, from 1; 0: all can.
func ReadCosts(pasted string) (all []workflow.Cost, wrong int) {
	r := csv.NewReader(strings.NewReader(strings.TrimSpace(pasted)))
	r.FieldsPerRecord, r.TrimLeadingSpace = -1, true
	if head, _, _ := strings.Cut(pasted, "\n"); strings.Contains(head, ";") && !strings.Contains(head, ",") {
		r.Comma = ';'
	}
	for {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			return all, 0
		}
		if parse, ok := errors.AsType[*csv.ParseError](err); ok {
			return nil, parse.Line
		}
		line, _ := r.FieldPos(0)
		cost, ok := costOf(fields)
		switch {
		case ok && len(all) < MaxPastedCosts:
			all = append(all, cost)
		case line == 1 && len(all) == 0 && !strings.ContainsAny(fields[0], "0123456789"): // headings
		default:
			return nil, line
		}
	}
}

func costOf(fields []string) (c workflow.Cost, ok bool) {
	if len(fields) == 2 {
		fields = []string{fields[0], "", fields[1]}
	}
	if len(fields) != 3 {
		return c, false
	}
	for i := range fields {
		fields[i] = workflow.Plain(fields[i])
	}
	c = workflow.Cost{Product: workflow.ProductID(fields[0]), SKU: fields[1]}
	c.Amount.Amount, ok = ReadAmount(fields[2])
	return c, ok && c.Product != "" && strings.Trim(string(c.Product)+c.SKU, "0123456789") == ""
}

// ReadAmount reads an amount as people type it, into a decimal number with two decimals at the most.
func ReadAmount(typed string) (string, bool) {
	s := strings.TrimLeft(strings.Join(strings.Fields(workflow.Plain(typed)), ""), "$£€")
	whole, _, _ := strings.Cut(s, ".")
	if !groupedWell(whole) {
		return "", false
	}
	s = strings.ReplaceAll(s, ",", "")
	n, ok := workflow.Money{Amount: s}.Hundredths()
	return s, ok && n >= 0
}
