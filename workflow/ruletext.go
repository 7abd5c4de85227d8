package workflow

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Rules have a form as text, which people read, edit and paste:
//
//	sample-desk-rules 1
//
//	currency USD
//	two above 50.00
//	limit 100 samples all per week
//
//	rule Proven creators
//	mode proposing
//	when gmv at least 1000
//	when title words one of serum, "night, day"
//	when agency no
//	then approve
//	limit 20 samples product per week counting people
//	limit 500.00 cost all per month
//	undo 30m0s
//	paused
//
// A line says one thing. What stands before the first rule is the shop's own. `then` is one of approve, reject and a reason,
// hold, hold for two, add to campaign and its id, assign and a person's id. Empty lines and what follows a # at the beginning
// of a line are passed over. The first line names the form and its version.
const ruleTextHead = "sample-desk-rules 1"

// RuleTextError is what is wrong with rules as text: an error that names the line.
type RuleTextError struct {
	Line    int // from 1
	Problem RuleProblem
	Text    string // the line
}

func (e RuleTextError) Error() string {
	said := fmt.Sprintf("line %d: %s", e.Line, e.Problem.Error())
	if e.Text == "" {
		return said
	}
	return said + ", in: " + e.Text
}

// RuleTextErrors are all that is wrong with rules as text, one of a line, in the order of the lines.
type RuleTextErrors []RuleTextError

// MaxWrongLines is how many wrong lines are told; the others are counted.
const MaxWrongLines = 10

// First returns those that are told, and how many more there are.
func (e RuleTextErrors) First() (told RuleTextErrors, more int) {
	told = e[:min(MaxWrongLines, len(e))]
	return told, len(e) - len(told)
}

func (e RuleTextErrors) Error() string {
	told, more := e.First()
	lines := make([]string, len(told))
	for i, one := range told {
		lines[i] = one.Error()
	}
	if more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(lines, "\n")
}

// The fields that only the form as text has.
const (
	FieldHead RuleField = "first line"
	FieldLine RuleField = "line" // one that says nothing known
)

// Text writes rules in their form as text.
func (r Rules) Text() string {
	var b strings.Builder
	line := func(parts ...string) { b.WriteString(strings.Join(parts, " ") + "\n") }
	line(ruleTextHead)
	if r.Currency != "" || r.TwoAbove.Amount != "" || len(r.Caps) > 0 {
		line()
	}
	if r.Currency != "" {
		line("currency", r.Currency)
	}
	if r.TwoAbove.Amount != "" {
		line("two above", r.TwoAbove.Amount)
	}
	for _, c := range r.Caps {
		line(c.text())
	}
	for _, one := range r.All {
		line()
		line("rule", one.Name)
		line("mode", string(one.Mode))
		for _, c := range one.Conditions {
			line(c.text())
		}
		line(one.Action.text())
		for _, c := range one.Caps {
			line(c.text())
		}
		if one.Undo != 0 {
			line("undo", one.Undo.String())
		}
		if one.Paused {
			line("paused")
		}
	}
	return b.String()
}

func (c Condition) text() string {
	s := "when " + string(c.Fact) + " " + string(c.Op)
	switch c.Op {
	case AtLeast, AtMost:
		return s + " " + formatNumber(c.Number)
	case OneOf, NoneOf:
		return s + " " + joinTexts(c.Text)
	default: // the others say it all
		return s
	}
}

// joinTexts writes texts with commas between them. One that has more than words with a space between them is quoted, so that
// it is read as it is.
func joinTexts(all []string) string {
	quoted := make([]string, len(all))
	for i, t := range all {
		if strings.ContainsAny(t, `,"`) || t != strings.Join(strings.Fields(t), " ") {
			t = `"` + strings.ReplaceAll(t, `"`, `""`) + `"`
		}
		quoted[i] = t
	}
	return strings.Join(quoted, ", ")
}

// partTexts reads what joinTexts wrote; false where a quote is not closed, or something follows it.
func partTexts(line string) (all []string, ok bool) {
	for {
		text, rest, more := strings.Cut(line, ",")
		if quoted, is := strings.CutPrefix(strings.TrimLeftFunc(line, unicode.IsSpace), `"`); is {
			if text, rest, ok = unquoted(quoted); !ok {
				return nil, false
			}
			rest, more = strings.TrimLeftFunc(rest, unicode.IsSpace), false
			if rest != "" {
				if rest, more = strings.CutPrefix(rest, ","); !more {
					return nil, false
				}
			}
		} else {
			text = strings.Join(strings.Fields(text), " ")
		}
		all, line = append(all, text), rest
		if !more {
			return all, true
		}
	}
}

// unquoted parts what stands before the quote that closes from what follows it. A quote within is written twice.
func unquoted(text string) (inner, rest string, ok bool) {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, `"`)
		b.WriteString(before)
		if !found {
			return "", "", false
		}
		if text, found = strings.CutPrefix(after, `"`); !found {
			return b.String(), after, true
		}
		b.WriteByte('"')
	}
}

func (a RuleAction) text() string {
	return strings.TrimSpace("then " + string(a.Kind) + " " + string(a.Reason) + string(a.Campaign) + string(a.Assignee))
}

func (c Cap) text() string {
	most, what := strconv.Itoa(c.Samples), "samples"
	if c.ByCost() {
		most, what = c.Budget.Amount, "cost"
	}
	s := "limit " + most + " " + what + " " + string(c.Scope) + " per " + string(c.Per)
	if c.CountPeople {
		s += " counting people"
	}
	return s
}

// ReadRules reads rules that were written as text. The rules have no ids, and no shop. The error is a RuleTextErrors that
// names each line that is wrong, also where what it says cannot be kept. Without the first line, it names no other.
func ReadRules(text string) (Rules, error) {
	p := ruleReader{}
	for n, line := range strings.Split(strings.TrimPrefix(text, "\ufeff"), "\n") {
		raw := line
		line = strings.Join(strings.Fields(line), " ")
		p.line = n + 1
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if problem, ok := p.read(line, raw); !ok {
			p.wrong = append(p.wrong, RuleTextError{Line: p.line, Problem: problem, Text: line})
			p.unread(problem)
		}
		if !p.began {
			return Rules{}, p.wrong
		}
	}
	if !p.began {
		return Rules{}, RuleTextErrors{{Line: 1, Problem: RuleProblem{Field: FieldHead, What: ProblemMissing}}}
	}
	if p.check(); len(p.wrong) > 0 {
		return Rules{}, p.wrong
	}
	return p.rules, nil
}

// ruleReader reads the form line by line.
type ruleReader struct {
	rules Rules
	line  int
	began bool
	own   lineOf   // the lines of the shop's own part
	of    []lineOf // and of each rule
	wrong RuleTextErrors
}

// lineOf says on which lines a rule stands.
type lineOf struct {
	name             int
	fields           map[RuleField]int
	conditions, caps []int
	unread           []RuleField // there is a line of it that could not be read, so nothing is missing
}

// unread notes that a line of the part that is being read could not be read.
func (p *ruleReader) unread(problem RuleProblem) {
	at := &p.own
	if n := len(p.of); n > 0 {
		at = &p.of[n-1]
	}
	at.unread = append(at.unread, problem.Field)
}

// read reads a line, in which there is one space between words, and which is raw as it was given.
func (p *ruleReader) read(line, raw string) (RuleProblem, bool) {
	bad := func(f RuleField, what Problem, value string) (RuleProblem, bool) {
		return RuleProblem{Rule: len(p.rules.All) - 1, Field: f, What: what, Value: value}, false
	}
	if !p.began {
		if p.began = line == ruleTextHead; !p.began {
			return bad(FieldHead, ProblemUnknown, line)
		}
		return RuleProblem{}, true
	}
	word, rest, _ := strings.Cut(line, " ")
	if word == "rule" {
		p.rules.All = append(p.rules.All, ShopRule{Name: rest, Mode: ModeProposing})
		p.of = append(p.of, lineOf{name: p.line, fields: map[RuleField]int{}})
		return RuleProblem{}, true
	}
	if len(p.rules.All) == 0 {
		return p.readOwn(word, rest, line)
	}
	one, at := &p.rules.All[len(p.rules.All)-1], &p.of[len(p.of)-1]
	switch word {
	case "mode":
		one.Mode, at.fields[FieldMode] = RuleMode(rest), p.line
	case "when":
		c, problem, ok := readCondition(rest, raw)
		if !ok {
			return problem, false
		}
		one.Conditions, at.conditions = append(one.Conditions, c), append(at.conditions, p.line)
	case "then":
		action, ok := readAction(rest)
		if !ok {
			return bad(FieldAction, ProblemUnknown, rest)
		}
		one.Action, at.fields[FieldAction] = action, p.line
	case "limit":
		c, ok := readCap(rest, p.rules.Currency)
		if !ok {
			return bad(FieldCap, ProblemUnknown, rest)
		}
		one.Caps, at.caps = append(one.Caps, c), append(at.caps, p.line)
	case "undo":
		undo, err := time.ParseDuration(rest)
		if err != nil {
			return bad(FieldRuleUndo, ProblemNumber, rest)
		}
		one.Undo, at.fields[FieldRuleUndo] = undo, p.line
	case "paused":
		one.Paused = true
	default:
		return bad(FieldLine, ProblemUnknown, line)
	}
	return RuleProblem{}, true
}

// readOwn reads a line of the shop's own part.
func (p *ruleReader) readOwn(word, rest, line string) (RuleProblem, bool) {
	if p.own.fields == nil {
		p.own.fields = map[RuleField]int{}
	}
	bad := func(f RuleField, value string) (RuleProblem, bool) {
		return RuleProblem{Rule: -1, Field: f, What: ProblemUnknown, Value: value}, false
	}
	two, above := strings.CutPrefix(line, "two above ")
	switch {
	case word == "currency":
		p.rules.Currency, p.own.fields[FieldCurrency] = rest, p.line
	case above:
		p.rules.TwoAbove, p.own.fields[FieldTwoAbove] = Money{Amount: two, Currency: p.rules.Currency}, p.line
	case word == "limit":
		c, ok := readCap(rest, p.rules.Currency)
		if !ok {
			return bad(FieldCap, rest)
		}
		p.rules.Caps, p.own.caps = append(p.rules.Caps, c), append(p.own.caps, p.line)
	default:
		return bad(FieldLine, line)
	}
	return RuleProblem{}, true
}

func readCondition(text, raw string) (c Condition, problem RuleProblem, ok bool) {
	bad := func(what Problem, value string) (Condition, RuleProblem, bool) {
		return c, RuleProblem{Field: FieldCondition, Fact: c.Fact, What: what, Value: value}, false
	}
	rest := ""
	for _, row := range Conditions { // the longest name that fits: "posted share" is not "posted"
		if after, fits := cutWords(text, string(row.Fact)); fits && len(row.Fact) > len(c.Fact) {
			c.Fact, rest = row.Fact, after
		}
	}
	row, known := c.Row()
	if !known {
		return bad(ProblemUnknown, text)
	}
	value := ""
	for _, op := range row.Kind.Ops() {
		if after, fits := cutWords(rest, string(op)); fits {
			c.Op, value = op, after
		}
	}
	switch c.Op {
	case "":
		return bad(ProblemUnknown, rest)
	case AtLeast, AtMost:
		n, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return bad(ProblemNumber, value)
		}
		c.Number = n
	case OneOf, NoneOf:
		texts, ok := partTexts(afterWords(raw, 1+len(strings.Fields(string(c.Fact)+" "+string(c.Op)))))
		if !ok || value == "" {
			return bad(ProblemMissing, value)
		}
		c.Text = texts
	default:
		if value != "" {
			return bad(ProblemUnknown, value)
		}
	}
	return c, RuleProblem{}, true
}

// afterWords returns what follows so many words, as it was given.
func afterWords(raw string, n int) string {
	for range n {
		raw = strings.TrimLeftFunc(raw, unicode.IsSpace)
		raw = strings.TrimLeftFunc(raw, func(r rune) bool { return !unicode.IsSpace(r) })
	}
	return raw
}

// cutWords parts some words from what follows them.
func cutWords(text, words string) (rest string, ok bool) {
	if text == words {
		return "", true
	}
	return strings.CutPrefix(text, words+" ")
}

func readAction(text string) (a RuleAction, ok bool) {
	rest := ""
	for _, row := range RuleActions { // the longest again: "hold for two" is not "hold"
		if after, fits := cutWords(text, string(row.Kind)); fits && len(row.Kind) > len(a.Kind) {
			a.Kind, rest = row.Kind, after
		}
	}
	row, ok := a.Row()
	switch row.Needs {
	case FieldReason:
		a.Reason = Reason(rest)
	case FieldCampaign:
		a.Campaign = CampaignID(rest)
	case FieldAssignee:
		a.Assignee = PersonID(rest)
	default:
		ok = ok && rest == ""
	}
	return a, ok
}

func readCap(text, currency string) (c Cap, ok bool) {
	text, c.CountPeople = strings.CutSuffix(text, " counting people")
	parts := strings.Fields(text)
	if len(parts) != 5 || parts[3] != "per" {
		return c, false
	}
	c.Scope, c.Per = CapScope(parts[2]), CapPer(parts[4])
	switch parts[1] {
	case "samples":
		n, err := strconv.Atoi(parts[0])
		c.Samples = n
		return c, err == nil
	case "cost":
		c.Budget = Money{Amount: parts[0], Currency: currency}
		return c, true
	default:
		return c, false
	}
}

// check finds the lines that say something that cannot be kept.
func (p *ruleReader) check() {
	for _, problem := range p.rules.Check() {
		at := p.own
		if problem.Rule >= 0 && problem.Rule < len(p.of) {
			at = p.of[problem.Rule]
		}
		line := at.lineOf(problem)
		if line == at.name && slices.Contains(at.unread, problem.Field) {
			continue
		}
		p.wrong = append(p.wrong, RuleTextError{Line: line, Problem: problem})
	}
	slices.SortStableFunc(p.wrong, func(a, b RuleTextError) int { return a.Line - b.Line })
	p.wrong = slices.CompactFunc(p.wrong, func(a, b RuleTextError) bool { return a.Line == b.Line })
}

// lineOf is the line that a problem is on.
func (l lineOf) lineOf(p RuleProblem) int {
	switch p.Field {
	case FieldCondition:
		if p.Index < len(l.conditions) {
			return l.conditions[p.Index]
		}
	case FieldCap:
		if p.Index < len(l.caps) {
			return l.caps[p.Index]
		}
	case FieldReason, FieldCampaign, FieldAssignee:
		p.Field = FieldAction
	default: // the others have a line of their own, or are told where the rule begins
	}
	if n := l.fields[p.Field]; n > 0 {
		return n
	}
	return max(1, l.name)
}
