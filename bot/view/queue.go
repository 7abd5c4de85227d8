package view

import (
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
	Several workflow.ShopID // the shop in which several wait for the reader's decision; empty: none, or they do not decide
}

// Queue is the answer to `/samples queue`.
func Queue(f QueueFacts) Message {
	if f.Total == 0 {
		return emptyQueue()
	}
	title := many(f.Total, "pending request")
	blocks := []slack.Block{header(title), aside(dotted(part(f.Page*QueuePageSize+1, len(f.Rows), f.Total), "soonest deadline first"))}
	for _, r := range f.Rows {
		blocks = append(blocks, section(queueRow(r)...))
	}
	if buttons := append(pagingButtons(f), severalButton(f)...); len(buttons) > 0 {
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
	if f.Back != nil && len(f.Back.String()) <= maxValue {
		back := backButton
		if f.Back.Number < f.Page-1 {
			back = startButton
		}
		buttons = append(buttons, back(ActionQueueBack, f.Back.String()))
	}
	if f.Next != nil && len(f.Next.String()) <= maxValue {
		left := min(QueuePageSize, max(1, f.Total-f.Page*QueuePageSize-len(f.Rows)))
		buttons = append(buttons, nextButton(ActionQueuePage, f.Next.String(), left, "requests"))
	}
	return buttons
}
