package view

import (
	"fmt"
	"strings"

	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// FunnelChart is a campaign's funnel as a picture shows it: plain text throughout.
type FunnelChart struct {
	Title, Subtitle, Footer string
	Bars                    []FunnelBar
	Alt                     string // what is to be seen, for who does not see it
	Comment                 string // for the message that carries the picture, formatted and escaped
}

// FunnelBar is one stage.
type FunnelBar struct {
	Stage string
	Count int
	Note  string // what of it is overdue, or waits for an answer
}

// Funnel draws a campaign's status as a chart. By is who shares it.
func Funnel(f CampaignStatusFacts, by workflow.PersonID) FunnelChart {
	t := &funnelWords{Funnel: f.Funnel, left: namesInAll}
	name := first(raw(f.Campaign.Name, workflow.MaxCampaignName), "Campaign")
	c := FunnelChart{Title: name, Subtitle: t.summary(), Footer: "As of " + utc(f.At)}
	if shop := raw(f.Shop, maxName); shop != "" {
		c.Footer = shop + " · " + c.Footer
	}
	said := make([]string, 0, len(query.FunnelStages))
	for _, stage := range t.Stages() {
		n := t.Counts[stage]
		label := raw(string(stage), maxID)
		c.Bars = append(c.Bars, FunnelBar{Stage: label, Count: n, Note: t.note(stage)})
		said = append(said, fmt.Sprintf("%s %d", label, n))
	}
	c.Alt = "The funnel of the campaign " + name + ", " + t.summary() + ": " + strings.Join(said, ", ")
	c.Comment = person(by) + " shared the campaign " + spokenCampaign(f.Campaign.Name) +
		spokenShop(f.Shop) + ": " + t.summary()
	return c
}

// note tells what of a stage waits for the team.
func (t *funnelWords) note(stage workflow.Stage) string {
	switch stage {
	case workflow.StageReply:
		return some(t.ToAnswer, "to answer")
	case workflow.StageReview:
		return some(t.ToDecide, "to decide")
	case workflow.StageAwaiting:
		return some(t.ToShip, "to ship")
	default:
		return ""
	}
}
