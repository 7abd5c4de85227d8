package workflow

import (
	"math"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"
)

// FactName names something that a condition looks at.
type FactName string

// What conditions look at.
const (
	// Of the creator, as TikTok reports it; each may be one that they do not share.
	FactFollowers   FactName = "followers"
	FactGMV         FactName = "gmv"          // in the last 30 days
	FactMedianViews FactName = "median views" // in the last 30 days
	FactPosts       FactName = "posts"        // in the last 30 days
	FactFulfilment  FactName = "fulfilment"   // per cent, in the last 90 days

	// Of the product and the request.
	FactProduct    FactName = "product"     // its id
	FactSKU        FactName = "sku"         // its variant's id
	FactTitleWords FactName = "title words" // words of its title and variant
	FactStock      FactName = "stock"       // samples left; unknown where TikTok does not say
	FactOpen       FactName = "open"        // it came from an open collaboration; unknown until it is looked up
	FactTarget     FactName = "target"      // the id of its target collaboration
	FactAgency     FactName = "agency"      // it came through one
	FactAgencyName FactName = "agency name" // through which
	FactCampaign   FactName = "campaign"    // the campaigns that its creator is in
	FactHoursLeft  FactName = "hours left"  // to decide

	// What the creator did with this desk's shops before: of their latest requests, PastRequests at the most.
	FactFirstRequest FactName = "first request"
	FactSamples      FactName = "samples"      // how many they got
	FactPosted       FactName = "posted"       // of these, how many led to content
	FactPostedShare  FactName = "posted share" // the same in per cent of those whose time to post is over; unknown without any
	FactNeverPosted  FactName = "never posted" // they got some, and none led to content though the time to post is over
	FactOrders       FactName = "orders"       // paid, of what they posted, as far as TikTok tells
	FactRefused      FactName = "refused"      // how many of their requests the team refused
	FactOnTheWay     FactName = "on the way"   // how many samples are approved or shipped, and not posted for yet
	FactRepeat       FactName = "repeat"       // they had this very product and variant

	FactList FactName = "list" // the lists that they are on
)

// Op is how a condition compares.
type Op string

// The comparisons.
const (
	AtLeast   Op = "at least"
	AtMost    Op = "at most"
	IsShared  Op = "shared"     // a number that the creator shares
	NotShared Op = "not shared" // one that they do not
	OneOf     Op = "one of"     // of several, one is among Text
	NoneOf    Op = "none of"    // of several, none is among Text
	IsYes     Op = "yes"
	IsNo      Op = "no"
)

// FactKind is how a fact can be compared.
type FactKind string

// The kinds of facts.
const (
	NumberFact FactKind = "number"        // AtLeast, AtMost
	SharedFact FactKind = "shared number" // the same, and IsShared, NotShared
	ChoiceFact FactKind = "choice"        // OneOf, NoneOf, of ids
	WordsFact  FactKind = "words"         // OneOf, NoneOf, of words
	ListFact   FactKind = "list"          // OneOf, NoneOf, of the names of lists
	YesFact    FactKind = "yes"           // IsYes, IsNo
)

// Ops returns how facts of the kind can be compared, in the order in which people are offered it.
func (k FactKind) Ops() []Op {
	switch k {
	case NumberFact:
		return []Op{AtLeast, AtMost}
	case SharedFact:
		return []Op{AtLeast, AtMost, IsShared, NotShared}
	case YesFact:
		return []Op{IsYes, IsNo}
	default:
		return []Op{OneOf, NoneOf}
	}
}

// Condition is one of those that must all hold for a rule to fit.
type Condition struct {
	Fact   FactName `json:"fact"`
	Op     Op       `json:"op"`
	Number float64  `json:"number,omitempty"` // of AtLeast and AtMost
	Text   []string `json:"text,omitempty"`   // of OneOf and NoneOf
}

// ConditionRow is one row of the table of conditions.
type ConditionRow struct {
	Fact  FactName
	Kind  FactKind
	Whole bool // of a number: it is counted, so it has no fraction
	Most  float64
	Value func(*RuleFacts) FactValue
}

// FactValue is what a fact is of one request. What is not known holds for no comparison but NotShared.
type FactValue struct {
	Known  bool
	Number float64
	Of     float64 // of FactPosted: of how many
	Money  string  // of an amount: its currency
	Yes    bool
	Texts  []string
}

// Conditions is the table of what conditions look at, in the order in which people are offered it.
var Conditions = []ConditionRow{
	{Fact: FactFollowers, Kind: SharedFact, Whole: true, Most: 1e10, Value: func(f *RuleFacts) FactValue { return sharedNumber(f.Followers) }},
	{Fact: FactGMV, Kind: SharedFact, Most: 1e12, Value: func(f *RuleFacts) FactValue { return f.gmv() }},
	{Fact: FactMedianViews, Kind: SharedFact, Whole: true, Most: 1e10, Value: func(f *RuleFacts) FactValue { return sharedNumber(f.MedianViews) }},
	{Fact: FactPosts, Kind: SharedFact, Whole: true, Most: 1e6, Value: func(f *RuleFacts) FactValue { return sharedNumber(f.Posts) }},
	{Fact: FactFulfilment, Kind: SharedFact, Most: 100, Value: func(f *RuleFacts) FactValue { return sharedNumber(f.Fulfilment) }},
	{Fact: FactProduct, Kind: ChoiceFact, Value: func(f *RuleFacts) FactValue { return choiceOf(string(f.Product.ID)) }},
	{Fact: FactSKU, Kind: ChoiceFact, Value: func(f *RuleFacts) FactValue { return choiceOf(f.Product.SKU) }},
	{Fact: FactTitleWords, Kind: WordsFact, Value: func(f *RuleFacts) FactValue { return FactValue{Known: true, Texts: f.titleWords()} }},
	{Fact: FactStock, Kind: NumberFact, Whole: true, Most: 1e9, Value: func(f *RuleFacts) FactValue {
		return FactValue{Known: !f.StockUnknown, Number: float64(max(0, f.Stock))}
	}},
	{Fact: FactOpen, Kind: YesFact, Value: func(f *RuleFacts) FactValue { return FactValue{Known: f.Collab.Known, Yes: f.Collab.Target == ""} }},
	{Fact: FactTarget, Kind: ChoiceFact, Value: func(f *RuleFacts) FactValue { return choiceIf(f.Collab.Known, f.Collab.Target) }},
	{Fact: FactAgency, Kind: YesFact, Value: func(f *RuleFacts) FactValue { return FactValue{Known: true, Yes: f.Agency != ""} }},
	{Fact: FactAgencyName, Kind: ChoiceFact, Value: func(f *RuleFacts) FactValue { return choiceOf(f.Agency) }},
	{Fact: FactCampaign, Kind: ChoiceFact, Value: func(f *RuleFacts) FactValue { return FactValue{Known: true, Texts: textsOf(f.Campaigns)} }},
	{Fact: FactHoursLeft, Kind: NumberFact, Most: 24 * 90, Value: func(f *RuleFacts) FactValue {
		return FactValue{Known: !f.ReviewBy.IsZero(), Number: f.ReviewBy.Sub(f.At).Hours()}
	}},
	{Fact: FactFirstRequest, Kind: YesFact, Value: func(f *RuleFacts) FactValue { return FactValue{Known: true, Yes: f.Past.Requests == 0} }},
	{Fact: FactSamples, Kind: NumberFact, Whole: true, Most: 1e6, Value: func(f *RuleFacts) FactValue { return countOf(f.Past.Samples) }},
	{Fact: FactPosted, Kind: NumberFact, Whole: true, Most: 1e6, Value: func(f *RuleFacts) FactValue {
		return FactValue{Known: true, Number: float64(f.Past.Posted), Of: float64(f.Past.Samples)}
	}},
	{Fact: FactPostedShare, Kind: NumberFact, Most: 100, Value: func(f *RuleFacts) FactValue {
		over := f.Past.Posted + f.Past.NotPosted
		return FactValue{Known: over > 0, Number: 100 * float64(f.Past.Posted) / float64(max(1, over))}
	}},
	{Fact: FactNeverPosted, Kind: YesFact, Value: func(f *RuleFacts) FactValue {
		return FactValue{Known: true, Yes: f.Past.NotPosted > 0 && f.Past.Posted == 0}
	}},
	{Fact: FactOrders, Kind: NumberFact, Whole: true, Most: 1e9, Value: func(f *RuleFacts) FactValue { return countOf(f.Past.Orders) }},
	{Fact: FactRefused, Kind: NumberFact, Whole: true, Most: 1e6, Value: func(f *RuleFacts) FactValue { return countOf(f.Past.Refused) }},
	{Fact: FactOnTheWay, Kind: NumberFact, Whole: true, Most: 1e6, Value: func(f *RuleFacts) FactValue { return countOf(f.Past.OnTheWay) }},
	{Fact: FactRepeat, Kind: YesFact, Value: func(f *RuleFacts) FactValue { return FactValue{Known: true, Yes: f.Past.Repeat} }},
	{Fact: FactList, Kind: ListFact, Value: func(f *RuleFacts) FactValue { return FactValue{Known: true, Texts: textsOf(f.Lists)} }},
}

func sharedNumber(n OptionalNumber) FactValue { return FactValue{Known: n.Known(), Number: n.Value} }

func countOf(n int) FactValue { return FactValue{Known: true, Number: float64(n)} }

// choiceOf is the value of a choice; the empty text is none of any.
func choiceOf(text string) FactValue { return choiceIf(true, text) }

func choiceIf(known bool, text string) FactValue {
	if text == "" {
		return FactValue{Known: known}
	}
	return FactValue{Known: known, Texts: []string{text}}
}

func textsOf[T ~string](all []T) []string {
	list := make([]string, len(all))
	for i, each := range all {
		list[i] = string(each)
	}
	return list
}

// Row returns the condition's row in the table; false where there is none.
func (c Condition) Row() (ConditionRow, bool) {
	i, ok := conditionRows()[c.Fact]
	if !ok {
		return ConditionRow{}, false
	}
	return Conditions[i], true
}

var conditionRows = sync.OnceValue(func() map[FactName]int {
	rows := map[FactName]int{}
	for i, r := range Conditions {
		rows[r.Fact] = i
	}
	return rows
})

// Check returns what is wrong with the condition; ok if nothing is.
func (c Condition) Check() (p RuleProblem, ok bool) {
	bad := func(what Problem, value string) (RuleProblem, bool) {
		return RuleProblem{Field: FieldCondition, Fact: c.Fact, What: what, Value: value}, false
	}
	row, known := c.Row()
	switch {
	case !known:
		return bad(ProblemUnknown, string(c.Fact))
	case !slices.Contains(row.Kind.Ops(), c.Op):
		return bad(ProblemUnknown, string(c.Op))
	}
	switch c.Op {
	case AtLeast, AtMost:
		if n := c.Number; math.IsNaN(n) || n < 0 || n > row.Most || row.Whole && n != math.Trunc(n) {
			return bad(ProblemNumber, formatNumber(n))
		}
	case OneOf, NoneOf:
		switch {
		case len(c.Text) == 0:
			return bad(ProblemMissing, "")
		case len(c.Text) > MaxTexts:
			return bad(ProblemTooLong, "")
		}
		for _, text := range c.Text {
			switch {
			case strings.ContainsFunc(text, unicode.IsControl):
				return bad(ProblemUnknown, text)
			case strings.TrimSpace(text) == "" || row.Kind == WordsFact && len(Words(text)) == 0:
				return bad(ProblemMissing, text)
			case utf8.RuneCountInString(text) > MaxRuleText:
				return bad(ProblemTooLong, text)
			case row.Kind == ListFact && CleanListName(text) != ListName(text):
				return bad(ProblemUnknown, text)
			}
		}
	default: // yes and no, shared and not, need nothing more
	}
	return RuleProblem{}, true
}

// Holds reports whether the condition holds of a request, and tells what it found, also where it does not hold.
func (c Condition) Holds(f RuleFacts) (Why, bool) {
	if _, known := c.Row(); !known {
		return Why{}, false
	}
	return c.why(&f), c.holds(&f)
}

// holds is asked of every condition of every rule for each request, so it copies and keeps nothing.
func (c *Condition) holds(f *RuleFacts) bool {
	i, ok := conditionRows()[c.Fact]
	if !ok {
		return false
	}
	v := Conditions[i].Value(f)
	if !v.Known {
		return c.Op == NotShared
	}
	switch c.Op {
	case AtLeast:
		return v.Number >= c.Number
	case AtMost:
		return v.Number <= c.Number
	case IsShared:
		return true
	case IsYes, IsNo:
		return v.Yes == (c.Op == IsYes)
	case OneOf, NoneOf:
		words := Conditions[i].Kind == WordsFact
		return slices.ContainsFunc(c.Text, func(text string) bool { return isAmong(words, text, v.Texts) }) == (c.Op == OneOf)
	default:
		return false
	}
}

// why tells what a condition that holds found.
func (c *Condition) why(f *RuleFacts) Why {
	row, _ := c.Row()
	v := row.Value(f)
	why := Why{Fact: c.Fact, Op: c.Op, Known: v.Known, Number: v.Number, Of: v.Of, Currency: v.Money}
	if c.Op == OneOf {
		for _, text := range c.Text {
			if isAmong(row.Kind == WordsFact, text, v.Texts) {
				why.Text = append(why.Text, text)
			}
		}
	}
	return why
}

// isAmong reports whether a text is among others. Of words, several in one text must all be there.
func isAmong(words bool, text string, others []string) bool {
	if words {
		return allWords(text, others)
	}
	return slices.Contains(others, text)
}

// allWords reports whether all words of a text are among others. Plain English is looked at as it stands, since it is asked
// of every rule and request.
func allWords(text string, others []string) bool {
	if !plainEnglish(text) {
		words := Words(text)
		return len(words) > 0 && !slices.ContainsFunc(words, func(w string) bool { return !slices.Contains(others, w) })
	}
	some := false
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return !letterOrDigit(r) }) {
		word = word[:min(len(word), maxWord)]
		if !slices.ContainsFunc(others, func(o string) bool { return len(o) == len(word) && strings.EqualFold(o, word) }) {
			return false
		}
		some = true
	}
	return some
}

// turns returns when, after the facts' time, the condition may hold or cease to hold by itself; zero: never.
func (c *Condition) turns(f *RuleFacts) time.Time {
	if c.Fact != FactHoursLeft || f.ReviewBy.IsZero() {
		return time.Time{}
	}
	at := f.ReviewBy.Add(-time.Duration(c.Number * float64(time.Hour)))
	if c.Op == AtLeast {
		at = at.Add(time.Microsecond) // at the very moment it still holds
	}
	if at.After(f.At) {
		return at
	}
	return time.Time{}
}
