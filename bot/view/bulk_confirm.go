package view

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// CallbackBulkConfirm is the callback id of the second page of *Decide several*.
const CallbackBulkConfirm = "bulk_confirm"

// BulkDecision is what a person is about to do, as the second page carries it unseen.
type BulkDecision struct {
	Shop workflow.ShopID
	query.BulkAction
	Targets   []workflow.Target
	Suggested bool   // they are taken only as far as rules still suggest it by then
	Plan      string // the token of the plan that has them, where they are more than a page carries
}

// Encode writes the page's private metadata: the shop, the verdict, the reason, and the requests with their rounds, with
// TikTok's ids in base 36 so that as many as a run takes have room. Ok is false where they have not.
func (d BulkDecision) Encode() (encoded string, ok bool) {
	parts := []string{string(d.Shop), string(d.Verdict), string(d.Reason)}
	if d.Joins {
		parts[1], parts[2] = BulkJoin, ""
	}
	if d.Suggested {
		parts[1] += suggestedVerdict
	}
	if d.Plan != "" {
		return strings.Join(append(parts, planMark+d.Plan), " "), true
	}
	for _, t := range d.Targets {
		parts = append(parts, packID(t.Key.ID)+":"+strconv.Itoa(t.Round))
	}
	encoded = strings.Join(parts, " ")
	return encoded, utf8.RuneCountInString(encoded) <= maxMetadata
}

// suggestedVerdict ends the verdict of what rules suggest.
const suggestedVerdict = "!"

// planMark stands before a plan's token where a request would stand.
const planMark = "="

// ParseBulkDecision reads what Encode wrote.
func ParseBulkDecision(s string) (BulkDecision, error) {
	parts := strings.Split(s, " ")
	if len(parts) < 4 || parts[0] == "" {
		return BulkDecision{}, fmt.Errorf("%q does not say what is to be decided", s)
	}
	d := BulkDecision{Shop: workflow.ShopID(parts[0]), BulkAction: query.BulkAction{Verdict: workflow.Verdict(parts[1]), Reason: workflow.Reason(parts[2])}}
	if verdict, ok := strings.CutSuffix(parts[1], suggestedVerdict); ok {
		d.Verdict, d.Suggested = workflow.Verdict(verdict), true
	}
	if parts[1] == BulkJoin {
		d.BulkAction = query.BulkAction{Joins: true}
	}
	if token, ok := strings.CutPrefix(parts[3], planMark); ok && len(parts) == 4 && token != "" {
		d.Plan = token
		return d, nil
	}
	for _, p := range parts[3:] {
		t, err := ParseBulkChoice(d.Shop, p)
		if err != nil {
			return BulkDecision{}, err
		}
		if t.Key.ID, err = unpackID(string(t.Key.ID)); err != nil {
			return BulkDecision{}, err
		}
		d.Targets = append(d.Targets, t)
	}
	return d, nil
}

// packID shortens an id that is a number; any other is marked and kept.
func packID(id workflow.ApplicationID) string {
	n, err := strconv.ParseUint(string(id), 10, 64)
	if err != nil || strconv.FormatUint(n, 10) != string(id) {
		return "'" + string(id)
	}
	return strconv.FormatUint(n, 36)
}

func unpackID(s string) (workflow.ApplicationID, error) {
	if id, ok := strings.CutPrefix(s, "'"); ok {
		return workflow.ApplicationID(id), nil
	}
	n, err := strconv.ParseUint(s, 36, 64)
	if err != nil {
		return "", fmt.Errorf("%q is no packed id", s)
	}
	return workflow.ApplicationID(strconv.FormatUint(n, 10)), nil
}

// BulkConfirmFacts is what the second page shows.
type BulkConfirmFacts struct {
	Decision     BulkDecision           // of those that can be decided now
	Applications []workflow.Application // the same, as they are now
	Moved        int                    // of those that were chosen: changed or decided meanwhile
	Unapprovable int                    // of those that were chosen: TikTok does not let them be approved
	Taken        int                    // of those that were chosen to be added to a campaign: in one already
	Campaigns    []workflow.Campaign    // to choose from, if they are to be added to one
	Shop         string                 // named only where a channel serves several
	Channel      string                 // where the progress is told
	Undo         time.Duration          // none: 0
}

// BulkConfirm is the second page of *Decide several*: what is about to happen, with true counts. Ok is false where the
// requests do not fit the page.
func BulkConfirm(f BulkConfirmFacts) (m slack.ModalViewRequest, ok bool) {
	meta, ok := f.Decision.Encode()
	n := len(f.Applications)
	verb := "Approve"
	title := verb + " " + many(n, "request")
	switch {
	case f.Decision.Joins:
		verb, title = "Add", "Add "+many(n, "request")+" to a campaign"
	case f.Decision.Verdict == workflow.Reject:
		verb, title = "Reject", "Reject "+many(n, "request")+": "+ReasonText(f.Decision.Reason)
	}
	name, back := "Decide several", "Back"
	if f.Decision.Suggested {
		name, back, title = "Approve suggested", "Cancel", verb+" "+many(n, "suggested request")
	}
	creators := creatorsOf(f.Applications)
	blocks := []slack.Block{
		header(title),
		section("From " + many(len(creators), "creator") + forShop(f.Shop) + ": " + listed(creators, 1500)),
		section(strings.Join(productsOf(f), "\n")),
	}
	if left := leftOut(f); left != "" {
		blocks = append(blocks, section(left))
	}
	if f.Decision.Joins {
		menu, any := choices(JoinFacts{Campaigns: f.Campaigns})
		if any {
			blocks = append(blocks, menu)
		}
		blocks = append(blocks, nameInput(any))
	}
	blocks = append(blocks, aside(whatFollows(f)))
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: CallbackBulkConfirm, Title: plainText(name),
		Submit: plainText(verb + " " + grouped(float64(n))), Close: plainText(back),
		Blocks: slack.Blocks{BlockSet: blocks}, PrivateMetadata: meta,
	}, ok
}

// creatorsOf names each creator once, with how many of the requests are theirs where that is more than one.
func creatorsOf(all []workflow.Application) (names []string) {
	asks := map[workflow.CreatorKey]int{}
	var order []workflow.Application
	for _, a := range all {
		key := a.Snapshot.Creator.KeyOf(a.Key.Shop)
		if asks[key]++; asks[key] == 1 {
			order = append(order, a)
		}
	}
	for _, a := range order {
		name := data(nameOf(a.Snapshot.Creator), 30)
		if n := asks[a.Snapshot.Creator.KeyOf(a.Key.Shop)]; n > 1 {
			name += fmt.Sprintf(" (%d)", n)
		}
		names = append(names, name)
	}
	return names
}

// listed joins as many names as fit, and counts the others.
func listed(names []string, most int) string {
	size, n := 0, 0
	for n < len(names) && size+utf8.RuneCountInString(names[n]) < most {
		size += utf8.RuneCountInString(names[n]) + 2
		n++
	}
	s := strings.Join(names[:n], ", ")
	if more := len(names) - n; more > 0 {
		s += fmt.Sprintf(" and %d more", more)
	}
	return s
}

// demand is what is asked of one product.
type demand struct {
	product workflow.Product
	asks    int
	report  workflow.Snapshot // the newest that tells of the product
	at      time.Time
}

// maxDemands is how many products the page names.
const maxDemands = 15

// productsOf tells how many of each product are asked for, and, before an approval, how many samples of it are left.
func productsOf(f BulkConfirmFacts) (lines []string) {
	by := map[workflow.ProductID]*demand{}
	for _, a := range f.Applications {
		p := a.Snapshot.Product
		d := by[p.ID]
		if d == nil {
			d = &demand{product: p}
			by[p.ID] = d
		}
		if d.asks++; !a.ReportedAt.Before(d.at) {
			d.report, d.at = a.Snapshot, a.ReportedAt
		}
	}
	all := make([]*demand, 0, len(by))
	for _, d := range by {
		all = append(all, d)
	}
	slices.SortFunc(all, func(a, b *demand) int {
		return cmp.Or(cmp.Compare(b.asks, a.asks), cmp.Compare(a.product.ID, b.product.ID))
	})
	for _, d := range all[:min(maxDemands, len(all))] {
		lines = append(lines, d.line(f.Decision.Verdict == workflow.Approve))
	}
	if more := len(all) - maxDemands; more > 0 {
		lines = append(lines, "and "+many(more, "more product"))
	}
	return lines
}

func (d *demand) line(approve bool) string {
	s := fmt.Sprintf("• *%d* of %s", d.asks, data(productOf(d.product), 60))
	switch left := stock(d.report); {
	case !approve || left == "":
		return s
	case int64(d.asks) > d.report.Stock:
		return s + ", " + left + ": *not enough for all*; TikTok may refuse some"
	default:
		return s + ", " + left
	}
}

// leftOut tells what of the choice is not decided, and why.
func leftOut(f BulkConfirmFacts) string {
	var why []string
	if f.Moved > 0 {
		why = append(why, fmt.Sprintf("%d %s decided or changed by someone else", f.Moved, verb(f.Moved, "was", "were")))
	}
	if f.Unapprovable > 0 {
		why = append(why, fmt.Sprintf("%d can't be approved on TikTok right now", f.Unapprovable))
	}
	if f.Taken > 0 {
		why = append(why, fmt.Sprintf("%d %s in a campaign already", f.Taken, verb(f.Taken, "is", "are")))
	}
	if len(why) == 0 {
		return ""
	}
	return "*Left out:* " + strings.Join(why, "; ")
}

func whatFollows(f BulkConfirmFacts) string {
	if f.Decision.Joins {
		return "Nothing is sent to the creators. One message shows what happened" + inChannel(f.Channel) + "."
	}
	s := "They are sent to TikTok one at a time. One message shows the progress"
	s += inChannel(f.Channel)
	if f.Undo > 0 {
		return s + ". You can undo there for " + Lasting(f.Undo) + "."
	}
	return s + ". They are sent right away and can't be undone."
}

func inChannel(channel string) string {
	if !slackID.MatchString(channel) {
		return ""
	}
	return " in <#" + channel + ">"
}
