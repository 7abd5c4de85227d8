package query

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

// asks is a member with those applications.
func asks(all ...workflow.Application) Standing { return Standing{Applications: all} }

func TestTheFunnelCountsEveryCreatorOnce(t *testing.T) {
	waiting, ending, late := request(glow, 1, workflow.StatusPending), request(glow, 2, workflow.StatusPending), request(glow, 3, workflow.StatusPending)
	ending.Snapshot.ReviewBy, late.Snapshot.ReviewBy, late.Card.Link = noon.Add(time.Hour), noon, "https://slack.example/late"
	expired, ship, lateShip := request(glow, 4, workflow.StatusOverdueCancelled), request(glow, 5, workflow.StatusAwaitingShipment), request(glow, 6, workflow.StatusAwaitingShipment)
	ship.Snapshot.ShipBy, lateShip.Snapshot.ShipBy = noon.Add(24*time.Hour), noon.Add(-time.Hour)
	answered := Standing{Member: workflow.Member{State: workflow.MemberAnswered}, Question: "https://slack.example/question"}
	f := FunnelOf(workflow.Campaign{ID: "c1"}, []Standing{
		{}, answered, asks(waiting), asks(ending), asks(late), asks(expired, ship), asks(lateShip),
		asks(request(glow, 7, workflow.StatusCompleted)), asks(request(glow, 8, "SOME_NEW_STATUS")), asks(request(glow, 9, "ANOTHER_ONE")),
	}, noon)
	require.Equal(t, 10, f.Total)
	counts := map[workflow.Stage]int{}
	for stage, all := range f.By {
		counts[stage] = len(all)
	}
	require.Equal(t, map[workflow.Stage]int{
		workflow.StageInvited: 1, workflow.StageReply: 1, workflow.StageReview: 3, workflow.StageAwaiting: 2, workflow.StageCompleted: 1, UnknownStage: 2,
	}, counts, "the furthest of the applications counts")
	require.Equal(t, []workflow.Stage{
		workflow.StageInvited, workflow.StageReply, workflow.StageReview, workflow.StageAwaiting, workflow.StageCompleted, UnknownStage,
	}, f.Order)
	require.Equal(t, append(FunnelStages[:7:7], UnknownStage), f.Stages())

	deadlines := func(all []Need) (by []time.Time) {
		for _, n := range all {
			by = append(by, n.By)
		}
		return by
	}
	require.Equal(t, []time.Time{noon.Add(-time.Hour), noon}, deadlines(f.Overdue), "one to ship and one to decide")
	require.Equal(t, []time.Time{noon, noon.Add(time.Hour), {}}, deadlines(f.ToDecide), "without a deadline comes last")
	require.Equal(t, []time.Time{noon.Add(-time.Hour), noon.Add(24 * time.Hour)}, deadlines(f.ToShip))
	require.Equal(t, "https://slack.example/late", f.ToDecide[0].Link)
	require.Equal(t, []Need{{Place: Place{Link: "https://slack.example/question"}}}, f.ToAnswer)
}

func TestAFunnelIsReadFromTheCampaign(t *testing.T) {
	store := open(t)
	campaign := workflow.Campaign{ID: "c1", Shop: glow, Name: "Autumn kitchen"}
	a := request(glow, 1, workflow.StatusShipped)
	a.Campaign = campaign.ID
	one := workflow.Member{Campaign: campaign.ID, Creator: a.Snapshot.Creator.KeyOf(glow), Shown: a.Snapshot.Creator, AddedAt: noon}
	asked := workflow.Member{
		Campaign: campaign.ID, Creator: "id:o2", Shown: workflow.Creator{Username: "kitchen"}, AddedAt: noon,
		State: workflow.MemberAnswered, Question: workflow.QuestionNotice(campaign.ID, "id:o2"),
	}
	keep(t, store, putAll(a))
	keep(t, store, func(tx workflow.Tx) error {
		for _, put := range []error{
			tx.PutCampaign(campaign), tx.PutMember(one), tx.PutMember(asked),
			tx.PutNotice(workflow.Notice{ID: asked.Question, Shop: glow, Kind: workflow.KindQuestion, Post: workflow.Post{Channel: "C1", TS: "1.1", Link: "https://slack.example/q"}}),
		} {
			if put != nil {
				return put
			}
		}
		return nil
	})
	f := see(t, store, func(tx workflow.Tx) (Funnel, error) { return CampaignFunnel(t.Context(), tx, campaign, noon) })
	require.Equal(t, 2, f.Total)
	require.False(t, f.More)
	require.Equal(t, []workflow.Stage{workflow.StageReply, workflow.StageShipping}, f.Order)
	require.Equal(t, "https://slack.example/q", f.ToAnswer[0].Link)
}
