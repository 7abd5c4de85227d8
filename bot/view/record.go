package view

import (
	"fmt"
	"strings"

	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// recordLine is the one line on the card.
func recordLine(p query.Record) string {
	if p.Asked == 0 && p.Lost == 0 {
		return "First request"
	}
	lost := ""
	if p.Lost > 0 {
		lost = many(p.Lost, "earlier request") + " ended, not the creator's fault"
	}
	if p.Asked == 0 {
		return join("; ", lost, soldBy(p))
	}
	return join("; ", many(p.Asked, "request")+" before: "+join(", ", outcomeOf(p), soldBy(p)), lost)
}

func outcomeOf(p query.Record) string {
	if p.Approved == 0 {
		return "none approved"
	}
	s := fmt.Sprintf("%d approved", p.Approved)
	if p.Received == 0 {
		return s
	}
	s += fmt.Sprintf(", %d received", p.Received)
	if p.Posted == 0 {
		return s + ", none posted"
	}
	return s + fmt.Sprintf(", %d posted", p.Posted)
}

// soldBy is nothing where TikTok tells nothing: that is never none.
func soldBy(p query.Record) string {
	switch {
	case !shared(p.Sold):
		return ""
	case p.Sold.Value == 1:
		return "1 paid order"
	default:
		return grouped(p.Sold.Value) + " paid orders"
	}
}

// recordLines tell what a creator asked for, got, posted and sold, and apart from that what was lost through no doing of
// theirs.
func recordLines(m query.Record) []string {
	posted := "posted for " + grouped(float64(m.Posted))
	if m.Pieces > 0 {
		posted += " (" + many(m.Pieces, "piece") + " of content)"
	}
	lines := []string{dotted(
		"Requested "+many(m.Asked, "sample"), "approved "+grouped(float64(m.Approved)), "received "+grouped(float64(m.Received)), posted, soldBy(m),
	)}
	var lost []string
	for _, stage := range workflow.Stages {
		if n := m.Losses[stage]; n > 0 {
			lost = append(lost, string(stage)+" "+grouped(float64(n)))
		}
	}
	if len(lost) > 0 {
		lines = append(lines, "Not counted because it wasn't the creator's fault: "+strings.Join(lost, ", "))
	}
	return lines
}
