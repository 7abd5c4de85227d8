package view

import (
	"fmt"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

// DeadlinesFacts is what a message tells of those that came to a step of a deadline together.
type DeadlinesFacts struct {
	Agenda  workflow.Agenda
	Shop    string                 // named only where a channel serves several
	Rows    []workflow.Application // the most urgent of Agenda.Count, as they are now
	Named   Entitled
	Unnamed string
	Quick   bool                                 // the shop's setting: choosing a reason rejects at once
	Posts   func(workflow.Application) time.Time // until when a creator has to post
	Now     time.Time
}

// Waiting is how many of them still need somebody, as far as they are named.
func (f DeadlinesFacts) Waiting() int {
	return f.Agenda.Count - len(f.Rows) + stillOpen(f.Agenda.Deadline, f.Rows)
}

// Deadlines is the message of a step that several came to: the most urgent with their buttons, the rest counted, and how to
// see them.
func Deadlines(f DeadlinesFacts) Message {
	kind, title := f.Agenda.Deadline, deadlinesTitle(f)
	soonest, open := "", f.firstOpen()
	if !open.IsZero() {
		soonest = "The first is due " + due(open) + "."
	}
	blocks := []slack.Block{section(dotted("*"+title+"*"+forShop(f.Shop), handledCount(kind, f.Rows)), soonest)}
	if kind == workflow.ReviewDeadline {
		blocks = append(blocks, digestRows(f.Rows, f.Waiting(), f.Quick)...)
	} else {
		blocks = append(blocks, sections(f.lines())...)
		more := ""
		if n := f.Agenda.Count - len(f.Rows); n > 0 {
			more = fmt.Sprintf("And %s more. ", grouped(float64(n)))
		}
		blocks = append(blocks, aside(more+deadlinesHelp(kind)))
	}
	blocks = append(blocks, calling(workflow.Payload{Deadline: kind}, f.Named, f.Unnamed)...)
	return Message{Text: title + spokenShop(f.Shop) + f.spokenFirst(), Blocks: blocks}
}

// by is when an item is due.
func (f DeadlinesFacts) by(a workflow.Application) time.Time {
	switch {
	case f.Agenda.Deadline == workflow.ShipDeadline:
		return a.Snapshot.ShipBy
	case f.Agenda.Deadline == workflow.PostDeadline && f.Posts != nil:
		return f.Posts(a)
	default:
		return a.Snapshot.ReviewBy
	}
}

// firstOpen is when the first of those is due that still need somebody.
func (f DeadlinesFacts) firstOpen() (first time.Time) {
	for _, a := range f.Rows {
		if by := f.by(a); !handled(f.Agenda.Deadline, a) && (first.IsZero() || by.Before(first)) {
			first = by
		}
	}
	return first
}

func (f DeadlinesFacts) spokenFirst() string {
	for _, a := range f.Rows {
		if handled(f.Agenda.Deadline, a) {
			continue
		}
		figures := ""
		if f.Agenda.Deadline == workflow.ReviewDeadline {
			figures = spokenNumbers(a.Snapshot.Creator)
		}
		return "; first: " + spokenItem(a, f.by(a), f.Now, figures)
	}
	return ""
}

// lines name the items, each with its card.
func (f DeadlinesFacts) lines() (lines []string) {
	for _, a := range f.Rows {
		says := due(f.by(a))
		if handled(f.Agenda.Deadline, a) {
			says = stageName(a.Stage())
		}
		lines = append(lines, "• "+dotted(agendaName(a), data(productOf(a.Snapshot.Product), maxAgendaProduct), data(a.Snapshot.Product.Variant, maxID), says))
	}
	return lines
}

func deadlinesTitle(f DeadlinesFacts) string {
	n, within := f.Waiting(), " within "+lasting(f.Agenda.Before)
	switch {
	case n <= 0 && f.Agenda.Before > 0:
		return "Nothing is left of what was due" + within
	case n <= 0:
		return "Nothing is left of what was overdue"
	}
	switch f.Agenda.Deadline {
	case workflow.ReviewDeadline:
		return many(n, "request") + " " + expires(n) + within
	case workflow.ShipDeadline:
		return many(n, "sample") + " " + hasHave(n) + " to be shipped" + within
	default: // below
	}
	switch before := f.Agenda.Before; {
	case before > 0:
		return many(n, "creator") + " " + hasHave(n) + " content due soon"
	case before == 0:
		return many(n, "creator") + " " + hasHave(n) + " passed the posting deadline"
	default:
		return many(n, "creator") + " " + hasHave(n) + " still not posted"
	}
}

// lasting is a step in words: "24 hours", "30 minutes".
func lasting(d time.Duration) string {
	if d%time.Hour == 0 {
		return many(int(d/time.Hour), "hour")
	}
	return Lasting(d)
}

func expires(n int) string { return verb(n, "expires", "expire") }

func hasHave(n int) string { return verb(n, "has", "have") }

// itemLines names the items of a group, each with its card.
func itemLines(s workflow.Payload, says func(workflow.Item) string) []string {
	var lines []string
	for _, i := range s.Items {
		lines = append(lines, "• "+dotted(itemLink(i), data(productOf(i.Product), maxName), data(i.Product.Variant, maxID), says(i)))
	}
	return lines
}

// itemLink leads to an item's card, or names how to see it.
func itemLink(i workflow.Item) string {
	name := label(nameOf(i.Creator), maxName)
	if webAddress(i.Link) && len(i.Link) <= maxPermalink {
		return linkTo(i.Link, name)
	}
	return dotted(name, "`/samples show "+data(string(i.Key.ID), maxID)+"`")
}

// maxPermalink is the longest link to a card that is shown in a list. Slack's own have about 80 characters.
const maxPermalink = 300

// rest counts those that are not named.
func rest(s workflow.Payload) string {
	if more := s.Waiting - len(s.Items); more > 0 {
		return fmt.Sprintf("And %s more. ", grouped(float64(more)))
	}
	return ""
}

func deadlinesHelp(d workflow.DeadlineKind) string {
	where := map[workflow.DeadlineKind]workflow.Stage{
		workflow.ShipDeadline: workflow.StageAwaiting, workflow.MoveDeadline: workflow.StageShipping, workflow.PostDeadline: workflow.StageContent,
	}
	if stage, ok := where[d]; ok {
		return "See all of them in App Home under " + stageName(stage) + "."
	}
	return "See all of them with `/samples queue` or in App Home."
}
