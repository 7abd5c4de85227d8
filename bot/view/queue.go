package view

import (
	"strings"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// QueuePageSize is how many requests a page of the queue shows. With as many, an answer stays below the 20 KB that Slack
// takes in an acknowledgement, whatever the names.
const QueuePageSize = 10

// QueueFacts is a page of what waits for a decision, soonest deadline first.
type QueueFacts struct {
	query.Queue
	Suggested   bool              // only what a rule suggests something for
	Suggestions query.Suggestions // how much that is, and how much of it the reader can decide
	Several     workflow.ShopID   // the shop in which several wait for the reader's decision; empty: none, or they do not decide
}

// Queue is the answer to `/samples queue`.
func Queue(f QueueFacts) Message {
	title := many(f.Total, "pending request")
	switch {
	case f.Total == 0 && f.Suggested:
		return Aside("No rule suggests anything right now. `/samples queue` lists all pending requests.")
	case f.Total == 0:
		return emptyQueue()
	case f.Suggested:
		title += " with a suggestion"
	}
	blocks := []slack.Block{header(title), aside(dotted(part(f.Page*QueuePageSize+1, len(f.Rows), f.Total), "soonest deadline first"))}
	for _, r := range f.Rows {
		blocks = append(blocks, section(queueRow(r)...))
	}
	if buttons := append(append(pagingButtons(f), suggestedQueue(f)...), severalButton(f)...); len(buttons) > 0 {
		blocks = append(blocks, actions("", buttons...))
	}
	return Message{Text: title, Blocks: blocks}
}

func emptyQueue() Message {
	return Message{
		Text:   "No pending requests",
		Blocks: []slack.Block{section("*No pending requests*", "New requests appear here as cards automatically.")},
	}
}

func shopOf(shop string) string {
	if name := data(shop, maxName); name != "" {
		return "Shop: " + name
	}
	return ""
}

// suggestedQueue leads to what rules suggest something for and back, and takes what they suggest to approve or to reject.
func suggestedQueue(f QueueFacts) []slack.BlockElement {
	var buttons []slack.BlockElement
	switch {
	case f.Suggested:
		buttons = append(buttons, button(ActionQueueSuggested, QueuePage{}.String(), "All requests", "Show all pending requests again"))
	case f.Suggestions.All > 0:
		buttons = append(buttons, button(ActionQueueSuggested, QueuePage{Suggested: true}.String(), "Suggested ("+grouped(float64(f.Suggestions.All))+")",
			"Show only the requests for which a rule suggests something"))
	}
	if b, ok := approveSuggested(f.Suggestions); ok {
		buttons = append(buttons, b)
	}
	if b, ok := rejectSuggested(f.Suggestions); ok {
		buttons = append(buttons, b)
	}
	return buttons
}

// QueuePage names a page of the queue, or of what of it rules suggest something for.
type QueuePage struct {
	query.Page
	Suggested bool
}

// suggestedMark stands before the page of a list of suggestions.
const suggestedMark = "suggested "

// String writes a page so that a control can carry it.
func (p QueuePage) String() string {
	if p.Suggested {
		return suggestedMark + p.Page.String()
	}
	return p.Page.String()
}

// ParseQueuePage reads what String wrote.
func ParseQueuePage(s string) (p QueuePage, err error) {
	s, p.Suggested = strings.CutPrefix(s, suggestedMark)
	p.Page, err = query.ParsePage(s)
	return p, err
}

func queueRow(r query.Row) []string {
	a := r.Application
	deadline := "No review deadline"
	if by := a.Snapshot.ReviewBy; !by.IsZero() {
		deadline = "Decide by " + due(by)
	}
	return []string{
		dotted("*"+namedBoth(a.Snapshot.Creator)+"*", data(productOf(a.Snapshot.Product), maxName)),
		deadline,
		dotted("GMV, 30 days: "+money(a.Snapshot.Creator.GMV), shopOf(r.Shop), cardLink(r)),
	}
}

// cardLink leads to the card, or tells how to get one.
func cardLink(r query.Row) string {
	open := "`/samples show " + data(string(r.Application.Key.ID), maxID) + "`"
	if !webAddress(r.Application.Card.Link) {
		return "no card yet: " + open
	}
	return linkTo(r.Application.Card.Link, "Open the card")
}

// severalButton opens the dialog that decides on several.
func severalButton(f QueueFacts) []slack.BlockElement {
	if f.Several == "" || len(f.Several) > maxValue {
		return nil
	}
	return []slack.BlockElement{button(ActionBulk, string(f.Several), "Decide several", "Choose several requests and decide on them at once")}
}

// pagingButtons leaves out a button whose value Slack would not take.
func pagingButtons(f QueueFacts) []slack.BlockElement {
	var buttons []slack.BlockElement
	value := func(p query.Page) string { return QueuePage{p, f.Suggested}.String() }
	if f.Back != nil && len(value(*f.Back)) <= maxValue {
		back := backButton
		if f.Back.Number < f.Page-1 {
			back = startButton
		}
		buttons = append(buttons, back(ActionQueueBack, value(*f.Back)))
	}
	if f.Next != nil && len(value(*f.Next)) <= maxValue {
		left := min(QueuePageSize, max(1, f.Total-f.Page*QueuePageSize-len(f.Rows)))
		buttons = append(buttons, nextButton(ActionQueuePage, value(*f.Next), left, "requests"))
	}
	return buttons
}
