package view

import (
	"slices"
	"time"

	"sampledesk/workflow"
)

// funnelStages are the names on screen of a campaign's creators, in the order of the way. They are always shown; the
// endings only where somebody ended.
var funnelStages = []workflow.Stage{
	workflow.StageInvited, workflow.StageReply, workflow.StageReview, workflow.StageAwaiting, workflow.StageShipping,
	workflow.StageContent, workflow.StageCompleted,
}

// unknownStage gathers those whose status the desk does not know.
const unknownStage workflow.Stage = "Unknown to this desk"

// counted is a campaign's creators, sorted by where they stand.
type counted struct {
	total    int
	order    []workflow.Stage // the stages that somebody is in
	by       map[workflow.Stage][]string
	overdue  []need
	toAnswer []need
	toDecide []need
	toShip   []need
	left     int // names that there is room for
}

// need is somebody who waits for a move of the team's.
type need struct {
	who  string
	by   time.Time // its deadline; zero: none
	late bool      // that has passed
}

func tally(f CampaignStatusFacts) *counted {
	t := &counted{total: len(f.Members), by: map[workflow.Stage][]string{}, left: namesInAll}
	for _, m := range f.Members {
		stage := workflow.Furthest(m.Member, m.Applications)
		t.by[stage] = append(t.by[stage], whoAt(m, stage, f.Links))
		if stage == workflow.StageReply {
			t.toAnswer = append(t.toAnswer, need{who: linkTo(f.Questions[m.Member.Creator], shortName(m.Member.Shown))})
		}
		t.moves(m, f)
	}
	seen := map[workflow.Stage]bool{}
	for _, stage := range slices.Concat(funnelStages, workflow.Stages) {
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
	for stage, who := range t.by {
		if !seen[stage] && stage != unknownStage {
			t.by[unknownStage] = append(t.by[unknownStage], who...)
			delete(t.by, stage)
		}
	}
	if len(t.by[unknownStage]) > 0 {
		slices.Sort(t.by[unknownStage])
		t.order = append(t.order, unknownStage)
	}
}

// drawn are the stages of the picture: those of the way, and the others that somebody is in.
func (t *counted) drawn() []workflow.Stage {
	all := slices.Clone(funnelStages)
	for _, stage := range t.order {
		if !slices.Contains(all, stage) {
			all = append(all, stage)
		}
	}
	return all
}

// moves gathers what needs one of the team's. What is overdue counts among the others too, and is named as that alone.
func (t *counted) moves(m Standing, f CampaignStatusFacts) {
	for _, a := range m.Applications {
		n := need{who: linkTo(f.Links[a.Key], shortName(a.Report.Creator))}
		var among *[]need
		switch {
		case a.Decidable():
			n.by, among = a.Report.ReviewBy, &t.toDecide
		case a.State() == workflow.AwaitingShipment:
			n.by, among = a.Report.ShipBy, &t.toShip
		default:
			continue
		}
		n.late = !n.by.IsZero() && !f.At.Before(n.by)
		*among = append(*among, n)
		if n.late {
			t.overdue = append(t.overdue, n)
		}
	}
}

// inTime names them, soonest deadline first, those without one at the end.
func inTime(all []need) []string {
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b need) int {
		if a.by.IsZero() != b.by.IsZero() {
			if a.by.IsZero() {
				return 1
			}
			return -1
		}
		return a.by.Compare(b.by)
	})
	names := make([]string, len(sorted))
	for i, n := range sorted {
		names[i] = n.who
		if !n.by.IsZero() {
			names[i] += " (" + stamp(n.by) + ")"
		}
	}
	return names
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
