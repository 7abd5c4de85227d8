package view

import (
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

// Notice is what is said to a shop's channel. The admins are named where one of them has to act.
func Notice(s workflow.Payload, admins []workflow.PersonID) Message {
	switch s.Kind {
	case workflow.KindBacklog:
		return backlog(s)
	case workflow.KindStopped:
		return stopped(s, admins)
	case workflow.KindResumed:
		return resumed(s)
	case workflow.KindUnreadable:
		return unreadable(s, admins)
	case workflow.SayUndelivered:
		return undelivered(s, admins)
	default:
		return Aside("Something changed; `/samples queue` shows what waits for a decision.")
	}
}

func backlog(s workflow.Payload) Message {
	more := many(s.Waiting, "more request") + " " + isAre(s.Waiting) + " waiting"
	lines := []string{"*" + more + "*" + forShop(s.Shop), ""}
	if !s.NextDue.IsZero() {
		lines[1] = "The first deadline among them is " + due(s.NextDue)
	}
	if s.DueSoon > 0 {
		lines = append(lines, fmt.Sprintf("Due within %.0f hours, of all that wait for a decision: %d.", workflow.CloseDeadline.Hours(), s.DueSoon))
	}
	lines = append(lines, "Cards follow as there is room, as requests are opened, or as their deadlines come near. `/samples queue` shows all that waits.")
	return Message{Text: more + spokenShop(s.Shop) + "; /samples queue shows all", Blocks: []slack.Block{section(lines...)}}
}

// stopped is said where TikTok answers nothing for a shop, where it does not take one call any more, and where the desk has
// nothing to call it with: then there is no code of TikTok's.
func stopped(s workflow.Payload, admins []workflow.PersonID) Message {
	mend := first(remedy(s.Failure), "Please look into it.")
	blocks := []slack.Block{section(
		"*"+stoppedWhat(s.Failure)+"*"+forShop(s.Shop),
		"The reason: "+why(s.Failure)+". "+stoppedStill(s.Failure),
		calledUpon(admins)+" "+mend+" The desk goes on by itself once that is done.",
	)}
	if small := support(s.Failure); small != "" {
		blocks = append(blocks, aside(small))
	}
	text := "; decisions wait until an admin acts"
	if s.Failure.Call == workflow.CallSearch {
		text = "; requests are not up to date until an admin acts"
	}
	return Message{Text: stoppedWhat(s.Failure) + spokenShop(s.Shop) + text, Blocks: blocks}
}

// calledUpon names the admins, one of whom has to act.
func calledUpon(admins []workflow.PersonID) string {
	if named := people(admins); named != "" {
		return named + ", this needs you."
	}
	return "An admin has to act."
}

// stoppedWhat tells what a fault stops.
func stoppedWhat(c workflow.Failure) string {
	switch {
	case c.Call == workflow.CallReview:
		return "TikTok is not accepting decisions"
	case c.Call == workflow.CallSearch:
		return "TikTok is not telling of sample requests"
	case c.Call != "":
		return "TikTok is rejecting one of our calls"
	case c.Code == 0:
		return "This desk cannot call TikTok"
	default:
		return "TikTok is rejecting our requests"
	}
}

// stoppedStill tells what goes on in spite of it.
func stoppedStill(c workflow.Failure) string {
	switch c.Call {
	case workflow.CallReview:
		return "Decisions wait, and nothing is lost. Requests are still kept up to date."
	case workflow.CallSearch:
		return "New requests and changes are not seen until then. Decisions are still sent."
	default:
		return "Decisions wait, and nothing is lost."
	}
}

// unreadable is said of requests that TikTok lists and of which the desk can make nothing.
func unreadable(s workflow.Payload, admins []workflow.PersonID) Message {
	what := many(s.Waiting, "sample request") + " of TikTok's cannot be read"
	lines := []string{
		"*" + what + "*" + forShop(s.Shop),
		"New among them: " + unreadableNames(s.IDs) + ". They have no cards here; all other requests are up to date.",
		calledUpon(admins) + " Please look at them in the Affiliate Center, and update the desk if it is not up to date. `/samples status` shows which cannot be read now.",
	}
	return Message{Text: what + spokenShop(s.Shop) + "; please look at them in the Affiliate Center", Blocks: []slack.Block{section(lines...)}}
}

// unreadableNames lists ids as they came; an empty one stands for those that have none.
func unreadableNames(ids []string) string {
	var names []string
	for _, id := range ids {
		if name := data(id, maxID); name != "" {
			names = append(names, "`"+strings.ReplaceAll(name, "`", "")+"`")
			continue
		}
		names = append(names, "one or more without an id")
	}
	return strings.Join(names, ", ")
}

// undelivered is said once Slack has refused a message for so long that the desk gave it up.
func undelivered(s workflow.Payload, admins []workflow.PersonID) Message {
	ask := first(people(admins), "An admin")
	const what = "Slack did not take a message of this desk"
	return Message{
		Text: what + spokenShop(s.Shop) + "; /samples retry lists it, and tries again",
		Blocks: []slack.Block{section(
			"*"+what+"*"+forShop(s.Shop),
			"It was tried for minutes, and as plain text too. Slack's answer: "+quoted(first(clean(s.Failure.Message), "none"), maxWords),
			ask+": `/samples retry` lists what could not be delivered, and tries again. Further ones are listed there without another message today.",
		)},
	}
}

func resumed(s workflow.Payload) Message {
	return Message{
		Text: "TikTok is accepting our requests again" + spokenShop(s.Shop) + "; what waited is on its way",
		Blocks: []slack.Block{section(
			"*TikTok is accepting our requests again*"+forShop(s.Shop), "What waited is on its way; there is nothing to do.",
		)},
	}
}

func forShop(shop string) string {
	if name := data(shop, maxName); name != "" {
		return " for the shop " + name
	}
	return ""
}

func spokenShop(shop string) string {
	if name := spoken(shop, maxName); name != "" {
		return " for the shop " + name
	}
	return ""
}
