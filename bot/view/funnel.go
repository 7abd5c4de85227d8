package view

import (
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// CampaignStatusFacts is where the creators of a campaign stand.
type CampaignStatusFacts struct {
	query.Funnel
	Shop string // named only where a channel serves several shops
}

// fewCreators is how many creators a campaign has at the least for its funnel to be worth a picture.
const fewCreators = 3

// The sizes of the picture. Names are limited in all, so that the answer stays below the 20 KB of an acknowledgement.
const (
	barWidth      = 10
	namesPerStage = query.MostNamed
	namesInAll    = 36
	maxShortName  = 24
)

// CampaignStatus is the answer to `/campaign status`: a picture of the funnel, what is overdue, who needs a move of the
// team's, and who stands where.
func CampaignStatus(f CampaignStatusFacts) Message {
	name := first(raw(f.Campaign.Name, workflow.MaxCampaignName), "Campaign")
	said := "Campaign " + spokenCampaign(f.Campaign.Name) + ": "
	if f.Total == 0 {
		blocks := []slack.Block{header(name)}
		if about := dotted(archived(f.Campaign), shopOf(f.Shop)); about != "" {
			blocks = append(blocks, aside(about))
		}
		blocks = append(blocks, section("There are no creators in this campaign yet.",
			"Add creators with *Add to campaign* on their cards, with `/campaign add`, or from a target collaboration with `/campaign import`."))
		return Message{Text: said + "no creators yet", Blocks: append(blocks, funnelControls(f)...)}
	}
	t := &funnelWords{Funnel: f.Funnel, left: namesInAll}
	blocks := []slack.Block{header(name), aside(dotted(t.summary(), archived(f.Campaign), shopOf(f.Shop))), section(t.picture()...)}
	if lines := t.needed(); len(lines) > 0 {
		blocks = append(blocks, section(lines...))
	}
	for _, stage := range t.Order {
		blocks = append(blocks, section(stageName(stage)+": "+t.list(placeNames(t.By[stage]), t.Counts[stage])))
	}
	return Message{Text: said + t.spoken(), Blocks: append(blocks, funnelControls(f)...)}
}

// BlockFunnel begins the block id of what can be done with a campaign from its status.
const BlockFunnel = "funnel:"

// funnelControls are what can be done with a campaign from its status.
func funnelControls(f CampaignStatusFacts) []slack.Block {
	id, name := string(f.Campaign.ID), raw(f.Campaign.Name, 40)
	var elements []slack.BlockElement
	if !f.Campaign.Archived {
		elements = append(elements, button(ActionCampaignEdit, id, "Edit", "Edit the campaign "+name))
	}
	if f.Total >= fewCreators {
		elements = append(elements, button(ActionCampaignShare, id, "Share as picture", "Share the campaign "+name+" as a picture"))
	}
	if id == "" || len(elements) == 0 {
		return nil
	}
	return []slack.Block{actions(BlockFunnel+id, elements...)}
}

func archived(c workflow.Campaign) string {
	if c.Archived {
		return "archived"
	}
	return ""
}

// funnelWords puts a funnel into words.
type funnelWords struct {
	query.Funnel
	left int // names that there is room for
}

// picture draws one line for each stage. The bars are of one width, so that the numbers stand in a column on every
// screen; a bar is a share of all creators, and never empty where somebody is.
func (t *funnelWords) picture() []string {
	var lines []string
	for _, stage := range t.Stages() {
		n := t.Counts[stage]
		full := (n*barWidth + t.Total/2) / t.Total
		if n > 0 {
			full = max(1, full)
		}
		lines = append(lines, "`"+strings.Repeat("▇", full)+strings.Repeat("░", barWidth-full)+"` "+grouped(float64(n))+" "+stageName(stage))
	}
	return lines
}

// needed tells what is overdue and who waits for a move of the team's, a line each, soonest deadline first.
func (t *funnelWords) needed() []string {
	var lines []string
	for _, need := range []struct {
		what string
		who  query.Needs
		n    int
	}{
		{"Overdue", t.Overdue, t.Overdue.Count}, {"Waiting for your yes/no", t.ToAnswer, t.ToAnswer.Count},
		{"To decide", t.ToDecide, t.ToDecide.InTime()}, {"To ship", t.ToShip, t.ToShip.InTime()},
	} {
		if need.n > 0 {
			lines = append(lines, "*"+need.what+"*: "+t.list(needNames(need.who.First), need.n))
		}
	}
	return lines
}

// list names some, and counts the others of so many.
func (t *funnelWords) list(who []string, of int) string {
	n := min(len(who), namesPerStage, t.left)
	t.left -= n
	named := strings.Join(who[:n], ", ")
	switch rest := of - n; {
	case rest == 0:
		return named
	case n == 0:
		return grouped(float64(rest))
	default:
		return named + fmt.Sprintf(" and %d more", rest)
	}
}

func (t *funnelWords) summary() string {
	overdue := "nothing overdue"
	if n := t.Overdue.Count; n > 0 {
		overdue = grouped(float64(n)) + " overdue"
	}
	return dotted(many(t.Total, "creator"), some(t.ToAnswer, "to answer"), some(t.ToDecide, "to decide"), some(t.ToShip, "to ship"), overdue)
}

func some(who query.Needs, what string) string {
	if who.Count == 0 {
		return ""
	}
	return grouped(float64(who.Count)) + " " + what
}

func (t *funnelWords) spoken() string {
	parts := []string{many(t.Total, "creator")}
	for _, stage := range t.Order {
		parts = append(parts, grouped(float64(t.Counts[stage]))+" "+string(stage))
	}
	return strings.Join(append(parts, grouped(float64(t.Overdue.Count))+" overdue"), ", ")
}

// needNames names who waits, each with the deadline.
func needNames(all []query.Need) []string {
	names := make([]string, len(all))
	for i, n := range all {
		names[i] = placeName(n.Place)
		if !n.By.IsZero() {
			names[i] += " (" + stamp(n.By) + ")"
		}
	}
	return names
}

func placeNames(all []query.Place) []string {
	names := make([]string, len(all))
	for i, p := range all {
		names[i] = placeName(p)
	}
	return names
}

// placeName names a creator, linked to the message that tells of them.
func placeName(p query.Place) string {
	name := linkTo(p.Link, label(nameOf(p.Creator), maxShortName))
	if handle := clean(p.Creator.Username); legible(handle) && nameOf(p.Creator) != "@"+handle {
		name += " @" + data(handle, maxShortName)
	}
	return name
}
