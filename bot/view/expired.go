package view

import (
	"fmt"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

// ExpiredFacts is what a day's message tells of requests that expired without a decision.
type ExpiredFacts struct {
	Agenda workflow.Agenda
	Shop   string                 // named only where a channel serves several
	Rows   []workflow.Application // the most valuable of Agenda.Count
}

// Expired tells of the requests that expired today without a decision, and what they were worth.
func Expired(f ExpiredFacts) Message {
	title := many(f.Agenda.Count, "request") + " expired without a decision"
	var lines []string
	for _, a := range f.Rows {
		lines = append(lines, "• "+dotted(agendaName(a), data(productOf(a.Snapshot.Product), maxAgendaProduct), "GMV "+money(a.Snapshot.Creator.GMV)))
	}
	if more := f.Agenda.Count - len(f.Rows); more > 0 {
		lines = append(lines, fmt.Sprintf("And %s more. See all of them in App Home under %s.", grouped(float64(more)), stageName(workflow.StageExpired)))
	}
	worth := ""
	for _, m := range f.Agenda.Worth {
		worth = join(", ", worth, money(m))
	}
	if worth != "" {
		worth = "Their creators sold " + worth + " in the last 30 days."
	}
	blocks := []slack.Block{section("*"+title+"*"+forShop(f.Shop), worth, "The creators can't ask again for 30 days.")}
	text := title + spokenShop(f.Shop)
	if worth != "" {
		text += "; " + lower(deafener.Replace(worth))
	}
	if len(f.Rows) > 0 {
		text += " First: " + spokenName(f.Rows[0].Snapshot.Creator) + spokenNumbers(f.Rows[0].Snapshot.Creator)
	}
	return Message{Text: text, Blocks: append(blocks, sections(lines)...)}
}
