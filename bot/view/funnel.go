package view

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

// CampaignStatusFacts is where the creators of a campaign stand.
type CampaignStatusFacts struct {
	Campaign  workflow.Campaign
	Shop      string    // named only where a channel serves several shops
	At        time.Time // what is overdue is told as of this time
	Members   []Standing
	More      bool                           // there are more members than were read
	Links     map[workflow.Key]string        // permalinks of cards, as far as they are known
	Questions map[workflow.CreatorKey]string // permalinks of the questions whether a member needs a sample
}

// Standing is one creator in a campaign, with her applications there.
type Standing struct {
	Member       workflow.Member
	Applications []workflow.Application
}

// fewCreators is how many creators a campaign has at the least for its funnel to be worth a picture.
const fewCreators = 3

// The sizes of the picture. Names are limited in all, so that the answer stays below the 20 KB of an acknowledgement.
const (
	barWidth      = 10
	namesPerStage = 5
	namesInAll    = 36
	maxShortName  = 24
)

// CampaignStatus is the answer to `/campaign status`: a picture of the funnel, what is overdue, who needs a move of the
// team's, and who stands where.
func CampaignStatus(f CampaignStatusFacts) Message {
	name := first(raw(f.Campaign.Name, workflow.MaxCampaignName), "Campaign")
	said := "Campaign " + spokenCampaign(f.Campaign.Name) + ": "
	if len(f.Members) == 0 {
		blocks := []slack.Block{header(name)}
		if about := dotted(archived(f.Campaign), shopOf(f.Shop)); about != "" {
			blocks = append(blocks, aside(about))
		}
		blocks = append(blocks, section("Nobody is in this campaign yet.",
			"Add creators with *Add to campaign* on their cards, with `/campaign add`, or from a target collaboration with `/campaign import`."))
		return Message{Text: said + "no creators yet", Blocks: append(blocks, funnelControls(f)...)}
	}
	t := tally(f)
	blocks := []slack.Block{header(name), aside(dotted(t.summary(), archived(f.Campaign), shopOf(f.Shop))), section(t.picture()...)}
	if f.More {
		blocks = append(blocks, aside("There are more creators than these; the numbers are of the first "+grouped(float64(t.total))+"."))
	}
	if lines := t.needed(); len(lines) > 0 {
		blocks = append(blocks, section(lines...))
	}
	for _, stage := range t.order {
		blocks = append(blocks, section(stageName(stage)+": "+t.list(t.by[stage])))
	}
	return Message{Text: said + t.spoken(), Blocks: append(blocks, funnelControls(f)...)}
}

// funnelControls are what can be done with a campaign from its status.
func funnelControls(f CampaignStatusFacts) []slack.Block {
	id, name := string(f.Campaign.ID), raw(f.Campaign.Name, 40)
	var elements []slack.BlockElement
	if !f.Campaign.Archived {
		elements = append(elements, button(ActionCampaignEdit, id, "Edit", "Edit the campaign "+name))
	}
	if len(f.Members) >= fewCreators {
		elements = append(elements, button(ActionCampaignShare, id, "Share as picture", "Share the campaign "+name+" as a picture"))
	}
	if id == "" || len(elements) == 0 {
		return nil
	}
	return []slack.Block{actions("funnel:"+id, elements...)}
}

func archived(c workflow.Campaign) string {
	if c.Archived {
		return "archived"
	}
	return ""
}

// picture draws one line for each stage. The bars are of one width, so that the numbers stand in a column on every
// screen; a bar is a share of all creators, and never empty where somebody is.
func (t *counted) picture() []string {
	var lines []string
	for _, stage := range t.drawn() {
		n := len(t.by[stage])
		full := (n*barWidth + t.total/2) / t.total
		if n > 0 {
			full = max(1, full)
		}
		lines = append(lines, "`"+strings.Repeat("▇", full)+strings.Repeat("░", barWidth-full)+"` "+grouped(float64(n))+" "+stageName(stage))
	}
	return lines
}

// needed tells what is overdue and who waits for a move of the team's, a line each, soonest deadline first.
func (t *counted) needed() []string {
	var lines []string
	for _, need := range []struct {
		what string
		who  []need
	}{{"Overdue", t.overdue}, {"To answer, sample or none", t.toAnswer}, {"To decide", inGoodTime(t.toDecide)}, {"To ship", inGoodTime(t.toShip)}} {
		if len(need.who) > 0 {
			lines = append(lines, "*"+need.what+"*: "+t.list(inTime(need.who)))
		}
	}
	return lines
}

func inGoodTime(all []need) []need {
	return slices.DeleteFunc(slices.Clone(all), func(n need) bool { return n.late })
}

// list names some, and counts the others.
func (t *counted) list(who []string) string {
	n := min(len(who), namesPerStage, t.left)
	t.left -= n
	named := strings.Join(who[:n], ", ")
	switch rest := len(who) - n; {
	case rest == 0:
		return named
	case n == 0:
		return grouped(float64(rest))
	default:
		return named + fmt.Sprintf(" and %d more", rest)
	}
}

func (t *counted) summary() string {
	overdue := "nothing is overdue"
	if n := len(t.overdue); n > 0 {
		overdue = grouped(float64(n)) + " overdue"
	}
	return dotted(many(t.total, "creator"), some(t.toAnswer, "to answer"), some(t.toDecide, "to decide"), some(t.toShip, "to ship"), overdue)
}

func some(who []need, what string) string {
	if len(who) == 0 {
		return ""
	}
	return grouped(float64(len(who))) + " " + what
}

func (t *counted) spoken() string {
	parts := []string{many(t.total, "creator")}
	for _, stage := range t.order {
		parts = append(parts, grouped(float64(len(t.by[stage])))+" "+string(stage))
	}
	return strings.Join(append(parts, grouped(float64(len(t.overdue)))+" overdue"), ", ")
}
