package view

import (
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

// CampaignStatusFacts is where the creators of a campaign stand.
type CampaignStatusFacts struct {
	Campaign workflow.Campaign
	Shop     string    // named only where a channel serves several shops
	At       time.Time // what is overdue is told as of this time
	Members  []Standing
	Links    map[workflow.Key]string // permalinks of cards, as far as they are known
}

// Standing is one creator in a campaign, with her applications there.
type Standing struct {
	Member       workflow.Member
	Applications []workflow.Application
}

// The sizes of the picture. Names are limited in all, so that the answer stays below the 20 KB of an acknowledgement.
const (
	barWidth      = 10
	namesPerStage = 5
	namesInAll    = 25
	maxShortName  = 24
)

// funnelStages are the names on screen of a campaign's creators, in the order of the way. They are always shown; the
// endings only where somebody ended.
var funnelStages = []workflow.Stage{
	workflow.StageInvited, workflow.StageReply, workflow.StageReview, workflow.StageAwaiting, workflow.StageShipping,
	workflow.StageContent, workflow.StageCompleted,
}

// CampaignStatus is the answer to `/campaign status`: a picture of the funnel, what is overdue, and who stands where.
func CampaignStatus(f CampaignStatusFacts) Message {
	name := first(raw(f.Campaign.Name, workflow.MaxCampaignName), "Campaign")
	said := "Campaign " + first(spoken(f.Campaign.Name, workflow.MaxCampaignName), "without a name") + ": "
	if len(f.Members) == 0 {
		blocks := []slack.Block{header(name)}
		if about := dotted(archived(f.Campaign), shopOf(f.Shop)); about != "" {
			blocks = append(blocks, aside(about))
		}
		return Message{Text: said + "no creators yet", Blocks: append(blocks,
			section("Nobody is in this campaign yet.", "Add creators with *Add to campaign* on their cards."))}
	}
	t := tally(f)
	blocks := []slack.Block{header(name), aside(dotted(t.summary(), archived(f.Campaign), shopOf(f.Shop))), section(t.picture()...)}
	if len(t.overdue) > 0 {
		blocks = append(blocks, section("*Overdue*: "+t.list(t.overdue)))
	}
	for _, stage := range t.order {
		blocks = append(blocks, section(stageName(stage)+": "+t.list(t.by[stage])))
	}
	return Message{Text: said + t.spoken(), Blocks: blocks}
}

func archived(c workflow.Campaign) string {
	if c.Archived {
		return "archived"
	}
	return ""
}

// counted is a campaign's creators, sorted by where they stand.
type counted struct {
	total    int
	order    []workflow.Stage // the stages that somebody is in
	by       map[workflow.Stage][]string
	overdue  []string
	toDecide int
	toShip   int
	left     int // names that there is room for
}

func tally(f CampaignStatusFacts) *counted {
	t := &counted{total: len(f.Members), by: map[workflow.Stage][]string{}, left: namesInAll}
	for _, m := range f.Members {
		stage := workflow.Furthest(m.Member, m.Applications)
		t.by[stage] = append(t.by[stage], whoAt(m, stage, f.Links))
		t.moves(m, f)
	}
	seen := map[workflow.Stage]bool{}
	for _, stage := range append(append([]workflow.Stage{}, funnelStages...), workflow.Stages...) {
		if len(t.by[stage]) > 0 && !seen[stage] {
			t.order = append(t.order, stage)
			seen[stage] = true
		}
	}
	t.unknown(seen)
	return t
}

// unknown gathers those whose status the desk does not know under one name.
func (t *counted) unknown(seen map[workflow.Stage]bool) {
	const name workflow.Stage = "Unknown to this desk"
	for stage, who := range t.by {
		if !seen[stage] && stage != name {
			t.by[name] = append(t.by[name], who...)
			delete(t.by, stage)
		}
	}
	if len(t.by[name]) > 0 {
		t.order = append(t.order, name)
	}
}

// moves counts what needs one of ours.
func (t *counted) moves(m Standing, f CampaignStatusFacts) {
	for _, a := range m.Applications {
		var deadline time.Time
		switch {
		case a.Decidable():
			t.toDecide++
			deadline = a.Report.ReviewBy
		case a.State() == workflow.AwaitingShipment:
			t.toShip++
			deadline = a.Report.ShipBy
		}
		if !deadline.IsZero() && !f.At.Before(deadline) {
			t.overdue = append(t.overdue, linkTo(f.Links[a.Key], shortName(a.Report.Creator))+" ("+stamp(deadline)+")")
		}
	}
}

func shortName(c workflow.Creator) string { return label(nameOf(c), maxShortName) }

// whoAt names a creator, linked to the card of the application that brought her to the stage.
func whoAt(m Standing, stage workflow.Stage, links map[workflow.Key]string) string {
	for _, a := range m.Applications {
		if a.Stage() == stage && links[a.Key] != "" {
			return linkTo(links[a.Key], shortName(m.Member.Shown))
		}
	}
	return shortName(m.Member.Shown)
}

// picture draws one line for each stage. The bars are of one width, so that the numbers stand in a column on every
// screen; a bar is a share of all creators, and never empty where somebody is.
func (t *counted) picture() []string {
	var lines []string
	drawn := map[workflow.Stage]bool{}
	for _, stage := range append(append([]workflow.Stage{}, funnelStages...), t.order...) {
		if drawn[stage] {
			continue
		}
		drawn[stage] = true
		n := len(t.by[stage])
		full := (n*barWidth + t.total/2) / t.total
		if n > 0 {
			full = max(1, full)
		}
		lines = append(lines, "`"+strings.Repeat("▇", full)+strings.Repeat("░", barWidth-full)+"` "+grouped(float64(n))+" "+stageName(stage))
	}
	return lines
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
	overdue, decide, ship := "nothing is overdue", "", ""
	if n := len(t.overdue); n > 0 {
		overdue = fmt.Sprintf("%d overdue", n)
	}
	if t.toDecide > 0 {
		decide = fmt.Sprintf("%d to decide", t.toDecide)
	}
	if t.toShip > 0 {
		ship = fmt.Sprintf("%d to ship", t.toShip)
	}
	return dotted(many(t.total, "creator"), decide, ship, overdue)
}

func (t *counted) spoken() string {
	parts := []string{many(t.total, "creator")}
	for _, stage := range t.order {
		parts = append(parts, fmt.Sprintf("%d %s", len(t.by[stage]), stage))
	}
	return strings.Join(append(parts, fmt.Sprintf("%d overdue", len(t.overdue))), ", ")
}
