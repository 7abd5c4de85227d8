package view

import (
	"fmt"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

// Notice is what is said to a shop's channel. The admins are named where one of them has to act.
func Notice(s workflow.Saying, admins []workflow.PersonID) Message {
	switch s.Kind {
	case workflow.SayBacklog:
		return backlog(s)
	case workflow.SayStopped:
		return stopped(s, admins)
	case workflow.SayResumed:
		return resumed(s)
	default:
		return Aside("Something changed; `/samples queue` shows what waits for a decision.")
	}
}

func backlog(s workflow.Saying) Message {
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

// stopped is said where TikTok answers nothing for a shop, where it only takes no decisions, and where the desk has
// nothing to call it with: then there is no code of TikTok's.
func stopped(s workflow.Saying, admins []workflow.PersonID) Message {
	named := people(admins)
	ask := named + ", this needs you."
	if named == "" {
		ask = "An admin has to act."
	}
	remedy, known := remedies[s.Cause.Code]
	if !known {
		remedy = "Please look into it: until that is put right, no decision reaches TikTok."
	}
	what := "TikTok turns this desk's calls away"
	if s.Cause.Code == 0 {
		what = "This desk cannot call TikTok"
	}
	blocks := []slack.Block{section(
		"*"+what+"*"+forShop(s.Shop),
		"The reason: "+why(s.Cause)+". Decisions wait, and nothing is lost.",
		ask+" "+remedy,
	)}
	if small := support(s.Cause); small != "" {
		blocks = append(blocks, aside(small))
	}
	return Message{Text: what + spokenShop(s.Shop) + "; decisions wait until an admin acts", Blocks: blocks}
}

func resumed(s workflow.Saying) Message {
	return Message{
		Text: "TikTok takes this desk's calls again" + spokenShop(s.Shop) + "; what waited is on its way",
		Blocks: []slack.Block{section(
			"*TikTok takes this desk's calls again*"+forShop(s.Shop), "What waited is on its way; there is nothing to do.",
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
