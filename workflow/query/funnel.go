package query

import (
	"context"
	"slices"
	"time"

	"sampledesk/workflow"
)

// maxMembers bounds the members, and the applications, of a campaign that a funnel counts.
const maxMembers = 10_000

// FunnelStages are the stages of a campaign's creators in the order of the way. They are always shown; the endings only
// where somebody ended.
var FunnelStages = []workflow.Stage{
	workflow.StageInvited, workflow.StageReply, workflow.StageReview, workflow.StageAwaiting, workflow.StageShipping,
	workflow.StageContent, workflow.StageCompleted,
}

// UnknownStage gathers those whose status the desk does not know.
const UnknownStage workflow.Stage = "Unknown TikTok status"

// Standing is one creator in a campaign, with their applications there.
type Standing struct {
	Member       workflow.Member
	Applications []workflow.Application
	Question     string // the permalink of the question whether they need a sample, while it is open; empty: not known
}

// Funnel is where the creators of a campaign stand. Each counts once, at the furthest of their applications.
type Funnel struct {
	Campaign workflow.Campaign
	At       time.Time // what is late is so as of this time
	Total    int
	More     bool             // there are more members than were read
	Order    []workflow.Stage // the stages that somebody is in
	By       map[workflow.Stage][]Place

	// Who waits for a move of the team's, soonest deadline first. Those in Overdue are among the others too.
	Overdue, ToAnswer, ToDecide, ToShip []Need
}

// Place is a creator, and the message about them.
type Place struct {
	Creator workflow.Creator
	Link    string // its permalink; empty: not known
}

// Need is somebody who waits for a move of the team's.
type Need struct {
	Place
	By   time.Time // its deadline; zero: none
	Late bool      // that has passed
}

// Stages are the funnel's own, and the others that somebody is in.
func (f Funnel) Stages() []workflow.Stage {
	all := slices.Clone(FunnelStages)
	for _, stage := range f.Order {
		if !slices.Contains(all, stage) {
			all = append(all, stage)
		}
	}
	return all
}

// CampaignFunnel reads where the creators of a campaign stand at a time.
func CampaignFunnel(ctx context.Context, tx workflow.Tx, c workflow.Campaign, at time.Time) (Funnel, error) {
	by, more, err := applicationsIn(ctx, tx, c.ID)
	if err != nil {
		return Funnel{}, err
	}
	var all []Standing
	for m, err := range workflow.WalkMembers(ctx, tx, c.ID) {
		if err != nil {
			return Funnel{}, err
		}
		if len(all) == maxMembers {
			more = true
			break
		}
		s := Standing{Member: m, Applications: by[m.Creator]}
		if s.Question, err = questionLink(tx, m); err != nil {
			return Funnel{}, err
		}
		all = append(all, s)
	}
	f := FunnelOf(c, all, at)
	f.More = more
	return f, nil
}

// applicationsIn returns a campaign's applications, by creator, and whether there are more than are read.
func applicationsIn(ctx context.Context, tx workflow.Tx, c workflow.CampaignID) (by map[workflow.CreatorKey][]workflow.Application, more bool, err error) {
	by = map[workflow.CreatorKey][]workflow.Application{}
	read := 0
	for a, err := range workflow.Walk(ctx, tx, workflow.CampaignOf(c), "") {
		if err != nil {
			return nil, false, err
		}
		if read == maxMembers {
			return by, true, nil
		}
		read++
		key := a.Snapshot.Creator.KeyOf(a.Key.Shop)
		by[key] = append(by[key], a)
	}
	return by, false, nil
}

func questionLink(tx workflow.Tx, m workflow.Member) (string, error) {
	if m.State != workflow.MemberAnswered {
		return "", nil
	}
	n, err := tx.Notice(m.Question)
	if err == nil && n.Posted() {
		return n.Link, nil
	}
	return "", UnlessMissing(err)
}

// FunnelOf counts where creators stand at a time.
func FunnelOf(c workflow.Campaign, all []Standing, at time.Time) Funnel {
	f := Funnel{Campaign: c, At: at, Total: len(all), By: map[workflow.Stage][]Place{}}
	known := slices.Concat(FunnelStages, workflow.Stages)
	for _, s := range all {
		stage := workflow.Furthest(s.Member, s.Applications)
		at := stage
		if !slices.Contains(known, stage) {
			at = UnknownStage
		}
		f.By[at] = append(f.By[at], s.at(stage))
		if stage == workflow.StageReply {
			f.ToAnswer = append(f.ToAnswer, Need{Place: Place{s.Member.Shown, s.Question}})
		}
		f.needs(s)
	}
	for _, stage := range append(known, UnknownStage) {
		if len(f.By[stage]) > 0 && !slices.Contains(f.Order, stage) {
			f.Order = append(f.Order, stage)
		}
	}
	for _, list := range [][]Need{f.Overdue, f.ToDecide, f.ToShip} {
		slices.SortStableFunc(list, soonest)
	}
	return f
}

// needs gathers what needs a move of the team's.
func (f *Funnel) needs(s Standing) {
	for _, a := range s.Applications {
		n := Need{Place: Place{a.Snapshot.Creator, a.Card.Link}}
		var among *[]Need
		switch {
		case a.Decidable():
			n.By, among = a.Snapshot.ReviewBy, &f.ToDecide
		case a.State() == workflow.AwaitingShipment:
			n.By, among = a.Snapshot.ShipBy, &f.ToShip
		default:
			continue
		}
		n.Late = !n.By.IsZero() && !f.At.Before(n.By)
		*among = append(*among, n)
		if n.Late {
			f.Overdue = append(f.Overdue, n)
		}
	}
}

// soonest orders by deadline; those without one come last.
func soonest(a, b Need) int {
	switch {
	case a.By.IsZero() && b.By.IsZero():
		return 0
	case a.By.IsZero():
		return 1
	case b.By.IsZero():
		return -1
	default:
		return a.By.Compare(b.By)
	}
}

// at is the creator, with the card of the application that brought them to the stage.
func (s Standing) at(stage workflow.Stage) Place {
	for _, a := range s.Applications {
		if a.Stage() == stage && a.Card.Link != "" {
			return Place{s.Member.Shown, a.Card.Link}
		}
	}
	return Place{Creator: s.Member.Shown}
}
