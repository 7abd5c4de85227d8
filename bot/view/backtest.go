package view

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// BackTestFacts is a rule that was tested on the past.
type BackTestFacts struct {
	query.BackTest
	Shop string // named only where there are several
}

// BackTestLines tell what a rule would have done, formatted, a few lines for a message or a dialog.
func BackTestLines(f BackTestFacts) string {
	if f.Seen == 0 {
		return "No request arrived in the last " + many(f.Days, "day") + ", so there is nothing to test on."
	}
	would := fmt.Sprintf("*It would have %s %s of %s* of the last %s.", f.done(), grouped(float64(f.Would)), many(f.Tested(), "request"), many(f.Days, "day"))
	return joinLines([]string{would, f.became(), f.earned(), f.left(), f.above(), f.mirror(), f.without()})
}

// done is what the rule does, as something done.
func (f BackTestFacts) done() string {
	switch f.Rule.Action.Kind {
	case workflow.ActApprove:
		return "approved"
	case workflow.ActReject:
		return "rejected"
	case workflow.ActHold:
		return "left to a person"
	case workflow.ActHoldForTwo:
		return "asked for two people on"
	case workflow.ActCampaign:
		return "added to the campaign"
	default:
		return "given to a colleague"
	}
}

// becameWords are the ways in which a review ends, in the order in which they are told.
var becameWords = []struct {
	became      query.Became
	words, file string
}{
	{query.BecameApproved, "the team approved %s", "approved by the team"},
	{query.BecameRejected, "the team rejected %s", "rejected by the team"},
	{query.BecameExpired, "%s expired", "expired"},
	{query.BecameRuleApproved, "rules approved %s", "approved by a rule"},
	{query.BecameRuleRejected, "rules rejected %s", "rejected by a rule"},
	{query.BecameThereApproved, "%s approved in the Affiliate Center", "approved in the Affiliate Center"},
	{query.BecameThereRejected, "%s rejected in the Affiliate Center", "rejected in the Affiliate Center"},
	{query.BecameOther, "%s ended otherwise", "ended otherwise"},
	{query.BecamePending, "%s pending", "pending"},
}

// became tells what became of what the rule would have decided.
func (f BackTestFacts) became() string {
	var said []string
	for _, b := range becameWords {
		if n := f.Became[b.became]; n > 0 {
			said = append(said, fmt.Sprintf(b.words, grouped(float64(n))))
		}
	}
	if len(said) == 0 {
		return ""
	}
	return "Of these: " + strings.Join(said, ", ") + "."
}

// earned tells what came of the samples among them, and what they cost.
func (f BackTestFacts) earned() string {
	if f.Would == 0 || f.Rule.Action.Verdict() == workflow.Reject {
		return ""
	}
	line := fmt.Sprintf("Of the %s that got a sample, %s posted", grouped(float64(f.Samples)), grouped(float64(f.Posted)))
	switch {
	case f.Samples == 0:
		line = "None of them has got a sample so far"
	case f.Posted > 0 && f.Untold >= f.Posted:
		line += ", paid orders not shared"
	case f.Posted > 0:
		line += ", with " + many(f.Orders, "paid order") + " so far"
	}
	return line + f.cost() + "."
}

func (f BackTestFacts) cost() string {
	n := f.Would - f.NoCost
	switch {
	case f.Rule.Action.Verdict() != workflow.Approve || n == 0:
		return ""
	case f.NoCost > 0:
		return fmt.Sprintf(". Their samples cost %s at today's costs; %s have no cost entered", exactMoney(workflow.HundredthsOf(f.Cost, f.Currency)), grouped(float64(f.NoCost)))
	default:
		return ". Their samples cost " + exactMoney(workflow.HundredthsOf(f.Cost, f.Currency)) + " at today's costs"
	}
}

// left tells what fits the rule and would have waited for a person all the same.
func (f BackTestFacts) left() string {
	var said []string
	if f.Over > 0 {
		said = append(said, grouped(float64(f.Over))+" over a limit, which would have waited for a person")
	}
	if f.Blocked > 0 {
		said = append(said, grouped(float64(f.Blocked))+" from creators on the block list")
	}
	if len(said) == 0 {
		return ""
	}
	return "Not counted: " + strings.Join(said, ", ") + "."
}

// above tells for which of those that fit the rules above would have spoken first.
func (f BackTestFacts) above() string {
	if f.Above == 0 {
		return ""
	}
	var said []string
	for _, a := range f.AboveBy {
		if a.Count > 0 && len(said) < 3 {
			said = append(said, fmt.Sprintf("*%s* %s", data(a.Name, workflow.MaxRuleName), grouped(float64(a.Count))))
		}
	}
	return fmt.Sprintf("Tested by itself: of the %s that fit, rules above would take %s first (%s).", grouped(float64(f.Fitted)), grouped(float64(f.Above)), strings.Join(said, ", "))
}

// mirror tells what people decided so and the rule would not have.
func (f BackTestFacts) mirror() string {
	v := f.Rule.Action.Verdict()
	if v == "" || f.Team == 0 {
		return ""
	}
	return fmt.Sprintf("The other way round: the team %s %s, and this rule would not have done so for %s of them.",
		verdictDone(v), grouped(float64(f.Team)), grouped(float64(f.Missed)))
}

// without tells what was left out.
func (f BackTestFacts) without() string {
	if f.NoFacts == 0 {
		return ""
	}
	return fmt.Sprintf("Left out: %s, because nothing was kept of what was known then.", many(f.NoFacts, "request"))
}

// BackTestMessage tells what a rule would have done. Picture is Slack's id of the file with the chart; empty: there is none.
func BackTestMessage(f BackTestFacts, picture string) Message {
	title := "Test of " + spoken(f.Rule.Name, workflow.MaxRuleName) + ", last " + many(f.Days, "day")
	blocks := []slack.Block{section("*Test of “"+data(f.Rule.Name, workflow.MaxRuleName)+"”*"+spokenShop(f.Shop), BackTestLines(f))}
	if picture != "" {
		c := BackTestChart(f)
		blocks = append(blocks, &slack.ImageBlock{
			Type: slack.MBTImage, SlackFile: &slack.SlackFileObject{ID: picture}, AltText: c.Alt, Title: plainText(c.Title),
		})
	}
	if f.Seen > 0 {
		blocks = append(blocks, aside(backTestCounted))
	}
	return Message{Text: title, Blocks: blocks}
}

// TestComes tells, in place of a test, that so many requests take longer than somebody waits.
func TestComes(of int) string {
	return "Testing it on " + many(of, "request") + " takes a while. A direct message shows how far it is, and then the result."
}

// TestUnderWay tells how far a test is. It says when that was, as nobody brings the message up to date once the desk is
// gone.
func TestUnderWay(r workflow.ShopRule, days, done, of int, at time.Time) Message {
	title := "Testing " + spoken(r.Name, workflow.MaxRuleName) + " on the last " + many(days, "day")
	return Message{Text: title, Blocks: []slack.Block{
		section("*Testing “"+data(r.Name, workflow.MaxRuleName)+"” on the last "+many(days, "day")+"*", progressBar(done, of)),
		aside("As of " + stamp(at) + ". If that is more than two minutes ago, the test was interrupted: please start it again."),
	}}
}

// TestEnded tells that a test came to no result.
func TestEnded(r workflow.ShopRule, days int, gone bool) Message {
	why := either(gone, "The rule was deleted while it was tested.", "It took too long, or the requests couldn't be read. Please start it again, or choose fewer days.")
	title := "Test of " + spoken(r.Name, workflow.MaxRuleName) + ", last " + many(days, "day")
	return Message{Text: title + ": ended without a result", Blocks: []slack.Block{section("*Test of “"+data(r.Name, workflow.MaxRuleName)+"”, last "+many(days, "day")+"*: ended without a result.", why)}}
}

// backTestCounted says what is tested.
const backTestCounted = "Tested on what was known when each request arrived or, where the rule did not fit then, when it was decided. " +
	"Limits count from the first of these days on. Costs are today's; orders are those paid so far."

// BackTestChart draws a test as a funnel.
func BackTestChart(f BackTestFacts) FunnelChart {
	c := FunnelChart{
		Title: "Test of “" + raw(f.Rule.Name, workflow.MaxRuleName) + "”", Subtitle: "Requests of the last " + many(f.Days, "day"),
		Footer: "As of " + utc(f.To),
	}
	if shop := raw(f.Shop, maxName); shop != "" {
		c.Footer = shop + " · " + c.Footer
	}
	c.Bars = []FunnelBar{
		{Stage: "Tested", Count: f.Tested(), Note: noteOf(f.NoFacts, "left out")},
		{Stage: "Fit the rule", Count: f.Fitted, Note: noteOf(f.Over, "over a limit")},
		{Stage: "Would be " + f.done(), Count: f.Would},
	}
	switch f.Rule.Action.Verdict() {
	case workflow.Approve:
		c.Bars = append(c.Bars, FunnelBar{Stage: "The team approved", Count: f.Became[query.BecameApproved], Note: noteOf(f.Became[query.BecameExpired], "expired")},
			FunnelBar{Stage: "Got a sample", Count: f.Samples}, FunnelBar{Stage: "Posted", Count: f.Posted, Note: noteOf(f.Orders, "paid orders")})
	case workflow.Reject:
		c.Bars = append(c.Bars, FunnelBar{Stage: "The team rejected", Count: f.Became[query.BecameRejected], Note: noteOf(f.Became[query.BecameApproved], "approved")})
	default: // it decides nothing
	}
	var said []string
	for _, b := range c.Bars {
		said = append(said, fmt.Sprintf("%s %d", strings.ToLower(b.Stage), b.Count))
	}
	c.Alt = c.Title + ", " + strings.ToLower(c.Subtitle) + ": " + strings.Join(said, ", ")
	return c
}

func noteOf(n int, what string) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n) + " " + what
}

// backTestColumns are the columns of the file of a test.
var backTestColumns = []struct {
	heading string
	of      func(BackTestFacts, query.BackTestRow) string
}{
	{"request", func(_ BackTestFacts, r query.BackTestRow) string { return string(r.Application.Key.Short()) }},
	{"application id", func(_ BackTestFacts, r query.BackTestRow) string { return string(r.Application.Key.ID) }},
	{"creator", func(_ BackTestFacts, r query.BackTestRow) string {
		return raw(r.Application.Snapshot.Creator.Username, maxName)
	}},
	{"product", func(_ BackTestFacts, r query.BackTestRow) string {
		return raw(r.Application.Snapshot.Product.Title, maxTitle)
	}},
	{"variant", func(_ BackTestFacts, r query.BackTestRow) string {
		return raw(r.Application.Snapshot.Product.Variant, maxVariant)
	}},
	{"asked", func(f BackTestFacts, r query.BackTestRow) string { return f.clock(r.Application.SeenAt) }},
	{"the rule", func(f BackTestFacts, r query.BackTestRow) string { return f.outcome(r) }},
	{"why", func(f BackTestFacts, r query.BackTestRow) string { return f.why(r) }},
	{"tested on", func(_ BackTestFacts, r query.BackTestRow) string {
		switch {
		case r.NoFacts:
			return ""
		case r.Decision:
			return "what was known at the decision"
		default:
			return "what was known on arrival"
		}
	}},
	{"rule above", func(_ BackTestFacts, r query.BackTestRow) string { return raw(r.Above, workflow.MaxRuleName) }},
	{"what happened", func(_ BackTestFacts, r query.BackTestRow) string {
		for _, b := range becameWords {
			if b.became == r.Became {
				return b.file
			}
		}
		return ""
	}},
	{"status", func(_ BackTestFacts, r query.BackTestRow) string { return raw(string(r.Application.Stage()), maxID) }},
	{"paid orders", func(_ BackTestFacts, r query.BackTestRow) string {
		orders, untold := r.Application.PaidOrders()
		if untold {
			return ""
		}
		return strconv.Itoa(orders)
	}},
	{"card", func(_ BackTestFacts, r query.BackTestRow) string { return raw(r.Application.Card.Link, maxLink) }},
	{"time zone", func(f BackTestFacts, _ query.BackTestRow) string { return f.To.Location().String() }},
}

// clock is a time of the shop's as spreadsheets understand it.
func (f BackTestFacts) clock(t time.Time) string {
	return t.In(f.To.Location()).Format("2006-01-02 15:04")
}

// outcome is what the rule would have done with a request.
func (f BackTestFacts) outcome(r query.BackTestRow) string {
	switch {
	case r.NoFacts:
		return "left out"
	case !r.Fits:
		return "does not fit"
	case r.Blocked:
		return "fits, but the creator was on the block list"
	case r.Over != nil && r.Over.NoCost:
		return "fits, but the sample has no cost and there is a budget"
	case r.Over != nil:
		return "fits, but over a limit"
	default:
		return f.done()
	}
}

// why tells what was found for the conditions: of one that does not fit, for the first that fails.
func (f BackTestFacts) why(r query.BackTestRow) string {
	var said []string
	for i, w := range r.Why {
		if !r.Fits {
			i = r.Failed
		}
		if i < len(f.Rule.Conditions) {
			said = append(said, wantedAndFound(f.Rule.Conditions[i], w))
		}
	}
	return strings.Join(said, "; ")
}

// wantedAndFound is a condition with what was found for it, in brackets.
func wantedAndFound(c workflow.Condition, w workflow.Why) string {
	wanted := string(c.Fact) + " " + string(c.Op)
	number := strconv.FormatFloat(w.Number, 'f', -1, 64)
	switch c.Op {
	case workflow.AtLeast, workflow.AtMost:
		wanted += " " + strconv.FormatFloat(c.Number, 'f', -1, 64)
	case workflow.OneOf, workflow.NoneOf:
		wanted += " " + raw(strings.Join(c.Text, ", "), maxWords)
		if len(w.Text) > 0 {
			return wanted + " (" + raw(strings.Join(w.Text, ", "), maxWords) + ")"
		}
		return wanted
	case workflow.IsShared, workflow.NotShared:
	default: // yes and no say it all
		return wanted
	}
	switch {
	case !w.Known:
		return wanted + " (not known)"
	case w.Of > 0:
		return wanted + " (" + number + " of " + strconv.FormatFloat(w.Of, 'f', -1, 64) + ")"
	default:
		return wanted + " (" + join(" ", number, raw(w.Currency, maxID)) + ")"
	}
}

// BackTestFile writes the requests of a test as comma-separated values (RFC 4180), one a line below the headings.
func BackTestFile(f BackTestFacts) ([]byte, error) {
	headings := make([]string, len(backTestColumns))
	for i, c := range backTestColumns {
		headings[i] = c.heading
	}
	return csvFile(headings, len(f.Rows), func(row, column int) string { return backTestColumns[column].of(f, f.Rows[row]) })
}

// BackTestFileName is what the file of a test is called.
func BackTestFileName(f BackTestFacts) string {
	return "rule_test_" + f.From.Format(time.DateOnly) + "_" + f.To.Format(time.DateOnly) + ".csv"
}
