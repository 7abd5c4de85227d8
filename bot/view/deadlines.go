package view

import (
	"fmt"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

// DeadlinesFacts is what a grouped message tells of deadlines that are too many to be told one by one.
type DeadlinesFacts struct {
	Saying  workflow.Payload // Items are the most urgent, Waiting counts them all
	Steps   []time.Duration  // the shop's steps, longest first
	Named   Entitled
	Unnamed string
}

// Deadlines is a grouped message: the most urgent with links, the rest counted, and how to see them.
func Deadlines(f DeadlinesFacts) Message {
	s := f.Saying
	title := deadlinesTitle(f)
	soonest := ""
	if !s.NextDue.IsZero() {
		soonest = "The first is due " + due(s.NextDue) + "."
	}
	blocks := []slack.Block{section("*"+title+"*"+forShop(s.Shop), soonest)}
	blocks = append(blocks, sections(itemLines(s, func(i workflow.Item) string { return due(i.By) }))...)
	blocks = append(blocks, section(rest(s)+deadlinesHelp(s.Deadline)))
	blocks = append(blocks, calling(s, f.Named, f.Unnamed)...)
	text := title + spokenShop(s.Shop)
	if !s.NextDue.IsZero() {
		text += "; the first is due " + stamp(s.NextDue)
	}
	return Message{Text: text, Blocks: blocks}
}

func deadlinesTitle(f DeadlinesFacts) string {
	n := f.Saying.Waiting
	switch f.Saying.Deadline {
	case workflow.ReviewDeadline:
		return many(n, "request") + " " + expires(n) + soonWithin(f)
	case workflow.ShipDeadline:
		return many(n, "sample") + " " + hasHave(n) + " to be shipped" + soonWithin(f)
	case workflow.MoveDeadline:
		return many(n, "parcel") + " " + hasHave(n) + " not moved for a while"
	default:
		return many(n, "creator") + " " + hasHave(n) + " content due or overdue"
	}
}

// soonWithin tells how soon all of them are due: the nearest of the steps that holds them all, as far as they are named, or
// the first step, which they have all come to.
func soonWithin(f DeadlinesFacts) string {
	if len(f.Steps) == 0 {
		return " soon"
	}
	longest := f.Steps[0]
	if items := f.Saying.Items; len(items) == f.Saying.Waiting && len(items) > 0 {
		last := items[0].By
		for _, i := range items {
			if i.By.After(last) {
				last = i.By
			}
		}
		for _, step := range f.Steps {
			if last.Sub(f.Saying.At) <= step {
				longest = step
			}
		}
	}
	return " within " + lasting(longest)
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
