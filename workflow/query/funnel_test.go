package query

import (
	"fmt"
	"math/rand/v2"
	"slices"
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
	require.Equal(t, map[workflow.Stage]int{
		workflow.StageInvited: 1, workflow.StageReply: 1, workflow.StageReview: 3, workflow.StageAwaiting: 2, workflow.StageCompleted: 1, UnknownStage: 2,
	}, f.Counts, "the furthest of the applications counts")
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
	require.Equal(t, []time.Time{noon.Add(-time.Hour), noon}, deadlines(f.Overdue.First), "one to ship and one to decide")
	require.Equal(t, []time.Time{noon.Add(time.Hour), {}}, deadlines(f.ToDecide.First), "without a deadline comes last")
	require.Equal(t, []time.Time{noon.Add(24 * time.Hour)}, deadlines(f.ToShip.First))
	require.Equal(t, []int{2, 3, 1, 2, 1}, []int{f.Overdue.Count, f.ToDecide.Count, f.ToDecide.Late, f.ToShip.Count, f.ToShip.Late})
	require.Equal(t, "https://slack.example/late", f.Overdue.First[1].Link)
	require.Equal(t, []Need{{Place: Place{Link: "https://slack.example/question"}}}, f.ToAnswer.First)
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
	require.Equal(t, []workflow.Stage{workflow.StageReply, workflow.StageShipping}, f.Order)
	require.Equal(t, "https://slack.example/q", f.ToAnswer.First[0].Link)
}

// crowd are the members of a campaign, and their applications, at random.
func crowd(random *rand.Rand, campaign workflow.CampaignID, size int) (all []Standing) {
	statuses := slices.Concat(workflow.LiveStatuses, []workflow.Status{workflow.StatusCompleted, workflow.StatusRejectCancelled, workflow.StatusOverdueCancelled, "NEW"})
	anyTime := func() time.Time { return noon.Add(time.Duration(random.IntN(100)-50) * time.Hour) }
	for n := range size {
		creator := workflow.Creator{OpenID: fmt.Sprintf("%06d", n), Username: fmt.Sprintf("creator%d", n)}
		s := Standing{Member: workflow.Member{
			Campaign: campaign, Creator: creator.KeyOf(glow), Shown: creator, AddedAt: noon.Add(-100 * time.Hour),
			State: workflow.MemberStates[random.IntN(4)], Answered: anyTime(), SampleAnswerAt: anyTime(),
		}}
		for i := range random.IntN(3) {
			a := request(glow, 3*n+i, statuses[random.IntN(len(statuses))])
			a.Campaign, a.Snapshot.Creator, a.ChangedAt = campaign, creator, anyTime()
			a.Snapshot.ReviewBy, a.Snapshot.ShipBy = anyTime(), anyTime()
			s.Applications = append(s.Applications, a)
		}
		all = append(all, s)
	}
	return all
}

func keepCrowd(t testing.TB, store workflow.Store, all []Standing) {
	t.Helper()
	for part := range slices.Chunk(all, 500) {
		keep(t, store, func(tx workflow.Tx) error {
			for _, s := range part {
				for _, a := range s.Applications {
					if err := tx.PutApplication(a); err != nil {
						return err
					}
				}
				if err := tx.PutMember(s.Member); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

func TestAFunnelOfKeptNumbersIsThatOfAPlainRecount(t *testing.T) {
	campaign, random := workflow.Campaign{ID: "c1", Shop: glow}, rand.New(rand.NewPCG(20, 26))
	for range 3 {
		all := crowd(random, campaign.ID, 150)
		store := open(t)
		keepCrowd(t, store, all)
		want := FunnelOf(campaign, all, noon)
		got := see(t, store, func(tx workflow.Tx) (Funnel, error) { return CampaignFunnel(t.Context(), tx, campaign, noon) })
		require.Equal(t, want.Counts, got.Counts)
		require.Equal(t, want.Order, got.Order)
		for stage := range want.By {
			if stage != UnknownStage {
				require.Equal(t, want.By[stage], got.By[stage], stage)
			}
		}
		for what, pair := range map[string][2]Needs{
			"overdue": {want.Overdue, got.Overdue}, "to answer": {want.ToAnswer, got.ToAnswer},
			"to decide": {want.ToDecide, got.ToDecide}, "to ship": {want.ToShip, got.ToShip},
		} {
			require.Equal(t, pair[0].Count, pair[1].Count, what)
			require.Equal(t, pair[0].Late, pair[1].Late, what)
			require.Len(t, pair[1].First, len(pair[0].First), what)
			for i := range pair[0].First {
				require.Equal(t, pair[0].First[i].By, pair[1].First[i].By, what)
			}
		}
	}
}
