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
		return Backlog(BacklogFacts{Payload: s})
	case workflow.KindStopped:
		return stopped(s, admins)
	case workflow.KindResumed:
		return resumed(s)
	case workflow.KindUnreadable:
		return unreadable(s, admins)
	case workflow.KindBackup:
		return backup(s, admins)
	case workflow.KindUndelivered:
		return undelivered(s, admins)
	case workflow.KindDemoted:
		return ruleDemoted(s, admins)
	case workflow.KindWebhook:
		return webhookFailed(s, admins)
	default:
		return Aside("Something changed. `/samples queue` shows pending requests.")
	}
}

// BacklogFacts is how many requests wait without a card of their own.
type BacklogFacts struct {
	Payload workflow.Payload // Waiting counts them as they are now
	Of      int              // how many there were at first; 0: nobody knows
}

// Backlog is the message that counts the requests without a card, down to none.
func Backlog(f BacklogFacts) Message {
	s := f.Payload
	if s.Waiting <= 0 {
		text := "No more requests without a card"
		if f.Of > 0 {
			text = "The backlog is empty: all " + many(f.Of, "request") + " " + hasHave(f.Of) + " a card or a decision now"
		}
		return Message{Text: text + spokenShop(s.Shop), Blocks: []slack.Block{section("*" + text + "*" + forShop(s.Shop))}}
	}
	more := many(s.Waiting, "more pending request")
	gone := ""
	if n := f.Of - s.Waiting; n > 0 {
		gone = fmt.Sprintf("%s of %s done", grouped(float64(n)), grouped(float64(f.Of)))
	}
	lines := []string{dotted("*"+more+"*"+forShop(s.Shop), gone), ""}
	if !s.NextDue.IsZero() {
		lines[1] = "The first deadline is " + due(s.NextDue)
	}
	if s.DueSoon > 0 {
		lines = append(lines, fmt.Sprintf("Of all pending requests, %d %s due within %.0f hours.", s.DueSoon, isAre(s.DueSoon), workflow.CloseDeadline.Hours()))
	}
	lines = append(lines, "More cards are posted as you decide these, and when a deadline gets close. `/samples queue` shows all pending requests.")
	return Message{Text: dotted(more+spokenShop(s.Shop), gone) + "; see /samples queue", Blocks: []slack.Block{section(lines...)}}
}

// stopped is said where TikTok answers nothing for a shop, where it does not take one call any more, and where the desk has
// nothing to call it with: then there is no code of TikTok's.
func stopped(s workflow.Payload, admins []workflow.PersonID) Message {
	mend := first(remedy(s.Failure), "Please look into it.")
	blocks := []slack.Block{section(
		"*"+stoppedWhat(s.Failure)+"*"+forShop(s.Shop),
		"The reason: "+why(s.Failure)+". "+stoppedStill(s.Failure),
		calledUpon(admins)+" "+mend+" After that, Sample Desk continues automatically.",
	)}
	if small := support(s.Failure); small != "" {
		blocks = append(blocks, aside(small))
	}
	text := "; decisions are on hold until an admin fixes it"
	if s.Failure.Call == workflow.CallSearch {
		text = "; requests are out of date until an admin fixes it"
	}
	return Message{Text: stoppedWhat(s.Failure) + spokenShop(s.Shop) + text, Blocks: blocks}
}

// calledUpon names the admins, one of whom has to act.
func calledUpon(admins []workflow.PersonID) string {
	if named := people(admins); named != "" {
		return named + ", please help."
	}
	return "An admin is needed."
}

// stoppedWhat tells what a fault stops.
func stoppedWhat(c workflow.Failure) string {
	switch {
	case c.Call == workflow.CallReview:
		return "TikTok is not accepting decisions"
	case c.Call == workflow.CallSearch:
		return "TikTok is not sending us sample requests"
	case c.Call != "":
		return "TikTok is rejecting one of our calls"
	case c.Code == 0:
		return "Sample Desk can't connect to TikTok"
	default:
		return "TikTok is rejecting our requests"
	}
}

// stoppedStill tells what goes on in spite of it.
func stoppedStill(c workflow.Failure) string {
	switch c.Call {
	case workflow.CallReview:
		return "Decisions are kept and sent later; nothing is lost. Requests are still up to date."
	case workflow.CallSearch:
		return "Until then you won't see new requests or changes. Decisions are still sent."
	default:
		return "Decisions are kept and sent later; nothing is lost."
	}
}

// unreadable is said of requests that TikTok lists and of which the desk can make nothing.
func unreadable(s workflow.Payload, admins []workflow.PersonID) Message {
	what := many(s.Waiting, "sample request") + " can't be read"
	lines := []string{
		"*" + what + "*" + forShop(s.Shop),
		"New: " + unreadableNames(s.IDs) + ". They have no cards here. All other requests are up to date.",
		calledUpon(admins) + " Please handle them in the Affiliate Center, and update Sample Desk if there is a newer version. `/samples status` shows which can't be read.",
	}
	return Message{Text: what + spokenShop(s.Shop) + "; please handle them in the Affiliate Center", Blocks: []slack.Block{section(lines...)}}
}

// maxUnreadNames is how many ids one section has room for, however long each of them is.
const maxUnreadNames = 10

// unreadableNames lists ids as they came, and counts those that there is no room for; an empty one stands for those that
// have none.
func unreadableNames(ids []string) string {
	var names []string
	for _, id := range ids[:min(maxUnreadNames, len(ids))] {
		if name := data(id, maxID); name != "" {
			names = append(names, "`"+strings.ReplaceAll(name, "`", "")+"`")
			continue
		}
		names = append(names, "one or more without an ID")
	}
	return strings.Join(names, ", ") + andMore(len(ids)-maxUnreadNames)
}

// undelivered is said once Slack has refused a message for so long that the desk gave it up.
func undelivered(s workflow.Payload, admins []workflow.PersonID) Message {
	ask := first(people(admins), "An admin")
	const what = "Slack rejected one of our messages"
	return Message{
		Text: what + spokenShop(s.Shop) + "; see /samples retry",
		Blocks: []slack.Block{section(
			"*"+what+"*"+forShop(s.Shop),
			"We tried for several minutes, and as plain text too. Slack's answer: "+quoted(first(clean(s.Failure.Message), "none"), maxWords),
			ask+": `/samples retry` lists failed messages and can send them again. If more fail today, they are only listed there.",
		)},
	}
}

// backup is said when a nightly backup failed.
func backup(s workflow.Payload, admins []workflow.PersonID) Message {
	const what = "The nightly backup failed"
	return Message{
		Text: what + "; an admin needs to look into it",
		Blocks: []slack.Block{section(
			"*"+what+"*",
			"The reason: "+quoted(first(clean(s.Failure.Message), "none"), maxWords),
			calledUpon(admins)+" Please look into it, or ask whoever runs Sample Desk to. We try again every hour, and say nothing more until one has worked.",
		)},
	}
}

func resumed(s workflow.Payload) Message {
	return Message{
		Text: "TikTok is accepting our requests again" + spokenShop(s.Shop) + "; what was on hold is being sent",
		Blocks: []slack.Block{section(
			"*TikTok is accepting our requests again*"+forShop(s.Shop), "What was on hold is being sent. You don't need to do anything.",
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
