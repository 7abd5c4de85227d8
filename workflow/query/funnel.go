package query

import (
	"context"
	"maps"
	"slices"
	"time"

	"sampledesk/workflow"
)

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

// MostNamed is how many creators a funnel names in each place; the others it counts.
const MostNamed = 5

// Funnel is where the creators of a campaign stand. Each counts once, at the furthest of their applications.
type Funnel struct {
	Campaign workflow.Campaign
	At       time.Time // what is late is so as of this time
	Total    int
	Order    []workflow.Stage           // the stages that somebody is in
	Counts   map[workflow.Stage]int     // how many are in each
	By       map[workflow.Stage][]Place // the first of them, by creator

	// Who waits for a move of the team's, soonest deadline first. Those in Overdue are among the others' counts too.
	Overdue, ToAnswer, ToDecide, ToShip Needs
}

// Needs are those who wait for one kind of move.
type Needs struct {
	Count int
	Late  int    // of them: those whose deadline has passed
	First []Need // the first of them; where Overdue names those who are late, only the others
}

// InTime is how many are not late.
func (n Needs) InTime() int { return n.Count - n.Late }

// Place is a creator, and the message about them.
type Place struct {
	Creator workflow.Creator
	Link    string // its permalink; empty: not known
}

// Need is somebody who waits for a move of the team's.
type Need struct {
	Place
	By time.Time // its deadline; zero: none
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

// CampaignFunnel reads where the creators of a campaign stand at a time: from numbers that the store keeps, so that its
// cost does not grow with them. It names the first MostNamed of each place.
func CampaignFunnel(ctx context.Context, tx workflow.Tx, c workflow.Campaign, at time.Time) (f Funnel, err error) {
	f = Funnel{Campaign: c, At: at, By: map[workflow.Stage][]Place{}, Counts: map[workflow.Stage]int{}}
	if err := ctx.Err(); err != nil {
		return f, err
	}
	standings, err := tx.Standings(c.ID)
	if err != nil {
		return f, err
	}
	for _, stage := range slices.Sorted(maps.Keys(standings)) {
		f.count(stage, standings[stage])
		if err := f.name(tx, stage); err != nil {
			return f, err
		}
	}
	f.order()
	for _, n := range []struct {
		to      *Needs
		listing workflow.Listing
	}{{&f.ToDecide, workflow.CampaignQueueOf(c.ID)}, {&f.ToShip, workflow.CampaignStageOf(c.ID, workflow.StageAwaiting)}} {
		if err := f.need(tx, n.to, n.listing); err != nil {
			return f, err
		}
	}
	f.overdue()
	return f, nil
}

// shownAs is the stage that a funnel counts another one as.
func shownAs(stage workflow.Stage) workflow.Stage {
	if slices.Contains(FunnelStages, stage) || slices.Contains(workflow.Stages, stage) {
		return stage
	}
	return UnknownStage
}

// count adds members at a stage.
func (f *Funnel) count(stage workflow.Stage, n int) {
	f.Total += n
	f.Counts[shownAs(stage)] += n
}

// order tells which stages somebody is in.
func (f *Funnel) order() {
	for _, stage := range append(slices.Concat(FunnelStages, workflow.Stages), UnknownStage) {
		if f.Counts[stage] > 0 && !slices.Contains(f.Order, stage) {
			f.Order = append(f.Order, stage)
		}
	}
}

// name names the first members at a stage.
func (f *Funnel) name(tx workflow.Tx, stage workflow.Stage) error {
	at := shownAs(stage)
	members, _, err := tx.MembersAt(f.Campaign.ID, stage, "", MostNamed-len(f.By[at]))
	if err != nil {
		return err
	}
	for _, m := range members {
		own, err := tx.Applications(workflow.MemberOf(f.Campaign.ID, m.Creator), "", MostNamed)
		if err != nil {
			return err
		}
		f.By[at] = append(f.By[at], Standing{Member: m, Applications: own.Applications}.at(stage))
		if stage == workflow.StageReply {
			link, err := questionLink(tx, m)
			if err != nil {
				return err
			}
			f.ToAnswer.First = append(f.ToAnswer.First, Need{Place: Place{m.Shown, link}})
		}
	}
	f.ToAnswer.Count = f.Counts[workflow.StageReply]
	return nil
}

// need counts who waits in a listing that is in the order of its deadlines, and names the first who are late and who are
// not. Those who are late are added to Overdue.
func (f *Funnel) need(tx workflow.Tx, n *Needs, l workflow.Listing) (err error) {
	if n.Count, err = tx.Count(l); err != nil {
		return err
	}
	if n.Late, err = tx.CountTo(l, workflow.DueBy(f.At)); err != nil {
		return err
	}
	for _, part := range []struct {
		to    *[]Need
		after string
		limit int
	}{{&f.Overdue.First, "", min(n.Late, MostNamed)}, {&n.First, workflow.DueBy(f.At), min(n.InTime(), MostNamed)}} {
		page, err := tx.Applications(l, part.after, part.limit)
		if err != nil {
			return err
		}
		for _, a := range page.Applications {
			need, _ := needOf(a)
			*part.to = append(*part.to, need)
		}
	}
	f.Overdue.Count += n.Late
	return nil
}

// overdue brings those who are late into order.
func (f *Funnel) overdue() {
	f.Overdue.Late = f.Overdue.Count
	slices.SortStableFunc(f.Overdue.First, soonest)
	f.Overdue.First = f.Overdue.First[:min(len(f.Overdue.First), MostNamed)]
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

// FunnelOf counts where creators stand at a time, of those who are given.
func FunnelOf(c workflow.Campaign, all []Standing, at time.Time) Funnel {
	f := Funnel{Campaign: c, At: at, By: map[workflow.Stage][]Place{}, Counts: map[workflow.Stage]int{}}
	for _, s := range all {
		stage := workflow.Furthest(s.Member, s.Applications)
		f.count(stage, 1)
		shown := shownAs(stage)
		f.By[shown] = append(f.By[shown], s.at(stage))
		if stage == workflow.StageReply {
			f.ToAnswer.Count++
			f.ToAnswer.First = append(f.ToAnswer.First, Need{Place: Place{s.Member.Shown, s.Question}})
		}
		for _, a := range s.Applications {
			f.needs(a)
		}
	}
	f.order()
	for _, n := range []*Needs{&f.ToAnswer, &f.ToDecide, &f.ToShip} {
		slices.SortStableFunc(n.First, soonest)
		n.First = n.First[:min(len(n.First), MostNamed)]
	}
	for stage, places := range f.By {
		f.By[stage] = places[:min(len(places), MostNamed)]
	}
	f.overdue()
	return f
}

// needs adds what needs a move of the team's.
func (f *Funnel) needs(a workflow.Application) {
	n, stage := needOf(a)
	among := &f.ToDecide
	switch stage {
	case "":
		return
	case workflow.StageAwaiting:
		among = &f.ToShip
	default: // below
	}
	among.Count++
	if n.By.IsZero() || f.At.Before(n.By) {
		among.First = append(among.First, n)
		return
	}
	among.Late++
	f.Overdue.Count++
	f.Overdue.First = append(f.Overdue.First, n)
}

// needOf tells what an application needs of the team, and at which stage; the empty stage: nothing.
func needOf(a workflow.Application) (Need, workflow.Stage) {
	n := Need{Place: Place{a.Snapshot.Creator, a.Card.Link}}
	switch {
	case a.Decidable():
		n.By = a.Snapshot.ReviewBy
		return n, workflow.StageReview
	case a.State() == workflow.AwaitingShipment:
		n.By = a.Snapshot.ShipBy
		return n, workflow.StageAwaiting
	default:
		return n, ""
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
