package view

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// cardAt is an application whose card has that link.
func cardAt(a workflow.Application, link string) workflow.Application {
	a.Card.Link = link
	return a
}

// rows returns n rows, each of its own application.
func rows(n int, of workflow.Application, link string) []query.Row {
	all := make([]query.Row, n)
	for i := range all {
		a := of
		a.Key.ID = workflow.ApplicationID(fmt.Sprintf("576653688135258%04d", i))
		all[i] = query.Row{Application: cardAt(a, link)}
	}
	return all
}

const permalink = "https://nimbus.slack.com/archives/C0SAMPLES1/p1763640000000100"

func entries() []workflow.Entry {
	key, by := application().Key, workflow.Actor{Person: reviewer, Surface: workflow.FromCard}
	cause := workflow.Failure{Code: 16032001, Fault: workflow.FaultRegion, Message: "creator region mismatch"}
	e := func(kind workflow.EventKind, from, to workflow.State, more func(*workflow.Entry)) workflow.Entry {
		h := workflow.Entry{At: noon, Key: key, Event: kind, From: from, To: to, Status: workflow.StatusPending}
		if more != nil {
			more(&h)
		}
		return h
	}
	byThem := func(v workflow.Verdict) func(*workflow.Entry) {
		return func(h *workflow.Entry) { h.By, h.Verdict, h.Failure = by, v, cause }
	}
	return []workflow.Entry{
		e(workflow.OnReported, workflow.Unseen, workflow.Pending, nil),
		e(workflow.OnCardRequested, workflow.Pending, workflow.Pending, nil),
		e(workflow.OnCardRequested, workflow.Pending, workflow.Pending, func(h *workflow.Entry) { h.By = workflow.Actor{Person: admin} }),
		e(workflow.OnRejected, workflow.Pending, workflow.Queued, func(h *workflow.Entry) {
			h.By, h.Verdict, h.Reason = workflow.Actor{Person: reviewer, Surface: workflow.FromCommand}, workflow.Reject, workflow.Other
		}),
		e(workflow.OnUndone, workflow.Queued, workflow.Pending, byThem(workflow.Reject)),
		e(workflow.OnCampaignChosen, workflow.Pending, workflow.Pending, func(h *workflow.Entry) {
			h.By, h.Campaign = workflow.Actor{Person: reviewer, Surface: workflow.FromModal}, "c1"
		}),
		e(workflow.OnApproved, workflow.Pending, workflow.Queued, byThem(workflow.Approve)),
		e(workflow.OnClaimed, workflow.Queued, workflow.Sending, byThem(workflow.Approve)),
		e(workflow.OnHeldUp, workflow.Sending, workflow.Sending, byThem(workflow.Approve)),
		e(workflow.OnAnswerLost, workflow.Sending, workflow.Unclear, byThem(workflow.Approve)),
		e(workflow.OnRefusedForGood, workflow.Unclear, workflow.Refused, byThem(workflow.Approve)),
		e(workflow.OnApprovalConfirmed, workflow.Sending, workflow.AwaitingShipment, byThem(workflow.Approve)),
		e(workflow.OnReported, workflow.AwaitingShipment, workflow.AwaitingShipment, nil),
		e(workflow.OnReported, workflow.AwaitingShipment, workflow.Shipped, nil),
		e(workflow.OnContentFound, workflow.Shipped, workflow.Completed, nil),
		e(workflow.OnCardLost, workflow.Completed, workflow.Completed, nil),
		e("an event to come", workflow.Completed, workflow.Completed, nil),
	}
}

func standings() []query.Standing {
	var all []query.Standing
	for i := range 34 {
		a := application()
		a.Key.ID = workflow.ApplicationID(fmt.Sprint(9000 + i))
		a.Snapshot.Creator.Nickname = fmt.Sprintf("Creator %d", i+1)
		m := query.Standing{Member: workflow.Member{Shown: a.Snapshot.Creator}}
		switch {
		case i < 19:
			m.Applications = []workflow.Application{a}
			if i < 2 {
				m.Applications[0].Snapshot.ReviewBy = noon
			}
		case i < 22:
			a.Snapshot.Status, a.Snapshot.ShipBy = workflow.StatusAwaitingShipment, shipBy
			m.Applications = []workflow.Application{application(), a}
			m.Applications[0].Snapshot.Status = workflow.StatusOverdueCancelled
		case i < 23:
			a.Snapshot.Status, a.Snapshot.ShipBy = workflow.StatusAwaitingShipment, noon.Add(-time.Hour)
			m.Applications = []workflow.Application{a}
		case i < 27:
			a.Snapshot.Status = workflow.StatusCompleted
			m.Applications = []workflow.Application{a}
		case i < 28:
			a.Snapshot.Status = workflow.StatusWithdrawn
			m.Applications = []workflow.Application{a}
		case i < 29:
			a.Snapshot.Status = "SOME_NEW_STATUS"
			m.Applications = []workflow.Application{a}
		}
		all = append(all, m)
	}
	return all
}

func campaignRows(n int) []query.CampaignRow {
	all := make([]query.CampaignRow, n)
	for i := range all {
		all[i] = query.CampaignRow{Campaign: workflow.Campaign{ID: workflow.CampaignID(fmt.Sprint("c", i)), Name: fmt.Sprintf("Campaign %d", i+1), Archived: i == 2}, Creators: i, Review: i % 3}
	}
	return all
}

func answers() map[string]Message {
	several := rows(3, application(), "")
	several[1].Application.Snapshot.Status, several[1].Campaign, several[1].Shop = workflow.StatusCompleted, "Autumn kitchen", "Nimbus Home"
	several[2].Application.Card.Link = permalink
	middle := QueueFacts{Queue: query.Queue{Total: 34, Page: 1, Rows: rows(10, application(), permalink), Back: &query.Page{}, Next: &query.Page{Number: 2, Cursor: "x"}}}
	last := QueueFacts{Queue: query.Queue{Total: 31, Page: 3, Rows: rows(1, cards()["card_bare"].Application, ""), Back: &query.Page{Number: 2, Cursor: "x"}}}
	last.Rows[0].Shop = "Nimbus Home"
	autumn := workflow.Campaign{ID: "c1", Name: "Autumn <kitchen>"}
	linkedFirst := standings()
	linkedFirst[0].Applications[0].Card.Link = permalink
	return map[string]Message{
		"queue_middle": Queue(middle),
		"queue_last":   Queue(last),
		"queue_empty":  Queue(QueueFacts{}),
		"queue_gone":   Queue(QueueFacts{Queue: query.Queue{Total: 10, Page: 1, Back: &query.Page{}}}),
		"show_one": Show(ShowFacts{Asked: "5766536881352581780", Found: []query.Row{{Application: cardAt(cards()["card_refused"].Application, permalink), Campaign: "Autumn kitchen"}},
			Region: "US", Record: query.Record{Asked: 1}, History: entries(), Earlier: 4, Campaigns: map[workflow.CampaignID]string{"c1": "Autumn kitchen"}}),
		"show_several":             Show(ShowFacts{Asked: "@glow.daily", Found: several, Total: 14, Record: remembered()}),
		"show_nothing":             Show(ShowFacts{Asked: "<!here> *x*"}),
		"help_samples":             SamplesHelp(),
		"help_campaign":            CampaignHelp(),
		"help_unknown_near":        Unknown(CommandSamples, "qeueu now"),
		"help_unknown_far":         Unknown(CommandCampaign, "<!channel>"),
		"help_unknown_empty":       Unknown(CommandSamples, " "),
		"help_usage":               Usage(CommandSamples, "show"),
		"campaigns":                Campaigns(CampaignsFacts{Rows: campaignRows(7), Total: 7}),
		"campaigns_none":           Campaigns(CampaignsFacts{}),
		"campaign_created":         CampaignCreated(autumn, "Nimbus Home"),
		"campaign_status_empty":    CampaignStatus(CampaignStatusFacts{Funnel: query.FunnelOf(autumn, nil, noon)}),
		"campaign_status":          CampaignStatus(CampaignStatusFacts{Funnel: query.FunnelOf(autumn, linkedFirst, noon)}),
		"which_shop":               WhichShop("create Autumn", []workflow.Shop{{ID: "1", Name: "Nimbus Home"}, {ID: "2"}}),
		"which_shop_none":          WhichShop("create Autumn", nil),
		"two_campaigns":            CampaignCreated(autumn, "Nimbus Home").And(CampaignCreated(autumn, "Nimbus Garden")),
		"aside_already_in_a_state": Aside(Refusal(workflow.Refusal{Rule: workflow.RuleStale, Application: cards()["card_queued"].Application}, "")),
	}
}

func TestEveryAnswerReadsAsItsGoldenFile(t *testing.T) {
	for name, m := range answers() {
		t.Run(name, func(t *testing.T) { requireGolden(t, name, m) })
	}
}

func TestAnswersFitAnAcknowledgementWhateverTheNames(t *testing.T) {
	worst := hostileApplication()
	worst.Snapshot.Creator.Nickname = strings.Repeat("&", 500)
	worst.Snapshot.Product.Title = strings.Repeat("<", 500)
	long := query.Page{Number: 7, Cursor: strings.Repeat("9", 1900)}
	link := "https://nimbus.slack.com/archives/C0SAMPLES1/p1763640000000100?thread_ts=1763640000.000100&cid=C0SAMPLES1"

	queue := rows(QueuePageSize, worst, link)
	for i := range queue {
		queue[i].Shop = hostile
	}
	several := rows(50, worst, link)
	for i := range several {
		several[i].Shop, several[i].Campaign = hostile, hostile
	}
	history := entries()
	for i := range history {
		history[i].Failure = workflow.Failure{Message: hostile}
	}
	many := standings()
	for i := range many {
		many[i].Member.Shown.Nickname = strings.Repeat("&", 500)
		for j := range many[i].Applications {
			a := &many[i].Applications[j]
			a.Snapshot.Creator.Nickname = strings.Repeat("&", 500)
			a.Card.Link = link
		}
	}
	listed := campaignRows(50)
	for i := range listed {
		listed[i].Campaign.Name, listed[i].Shop = hostile, hostile
	}
	var joined Message
	for range 60 {
		joined = joined.And(CampaignCreated(workflow.Campaign{Name: hostile}, ""))
	}
	for name, m := range map[string]Message{
		"queue":    Queue(QueueFacts{Queue: query.Queue{Total: 500, Page: 7, Rows: queue, Back: &long, Next: &long}}),
		"show":     Show(ShowFacts{Found: []query.Row{{Application: worst, Campaign: hostile, Shop: hostile}}, Region: hostile, History: history, Campaigns: map[workflow.CampaignID]string{"c1": hostile}}),
		"several":  Show(ShowFacts{Found: several, Record: remembered()}),
		"status":   CampaignStatus(CampaignStatusFacts{Shop: hostile, Funnel: query.FunnelOf(workflow.Campaign{Name: hostile}, many, shipBy.Add(time.Hour))}),
		"list":     Campaigns(CampaignsFacts{Rows: listed}),
		"created":  CampaignCreated(workflow.Campaign{Name: hostile}, hostile),
		"unnamed":  CampaignCreated(workflow.Campaign{}, ""),
		"unknown":  Unknown(hostile, hostile),
		"which":    WhichShop(hostile, slices.Repeat([]workflow.Shop{{ID: "1", Name: hostile}}, 40)),
		"joined":   joined,
		"not here": Usage(CommandSamples, hostile),
	} {
		t.Log(name)
		lint(t, m)
	}
}

func TestAPagingButtonThatSlackWouldNotTakeIsLeftOut(t *testing.T) {
	long := &query.Page{Number: 1, Cursor: strings.Repeat("9", maxValue)}
	m := Queue(QueueFacts{Queue: query.Queue{Total: 30, Rows: rows(10, application(), ""), Next: long}})
	lint(t, m)
	ids, _ := controlsOf(m)
	require.Empty(t, ids)
}

func TestWhatDoesNotFitOneAnswerGoesOnInTheNext(t *testing.T) {
	whole, joined := SamplesHelp(), Message{}
	for range 110 {
		joined = joined.And(whole)
	}
	lint(t, joined)
	pages := joined.Answers()
	require.Greater(t, len(pages), 4)
	require.Contains(t, pretty(t, pages[0].Blocks), fmt.Sprintf("Page 1 of %d. Continued below.", len(pages)))
	require.Contains(t, pretty(t, pages[1].Blocks[0]), fmt.Sprintf("Page 2 of %d.", len(pages)))
	require.Equal(t, 110*len(whole.Blocks)+len(pages), func() (n int) {
		for _, p := range pages {
			n += len(p.Blocks)
		}
		return n
	}(), "nothing is left out")
	require.Equal(t, whole, Message{}.And(whole))
}

func TestAWayBackThatSkipsPagesSaysSo(t *testing.T) {
	m := Queue(QueueFacts{Queue: query.Queue{Total: 30, Page: 2, Rows: rows(10, application(), ""), Back: &query.Page{}}})
	lint(t, m)
	require.Contains(t, pretty(t, m.Blocks), "Back to the start")
}

func TestPagingButtonsNameThePageTheyLeadTo(t *testing.T) {
	m := answers()["queue_middle"]
	buttons := m.Blocks[len(m.Blocks)-1].(*slack.ActionBlock).Elements.ElementSet
	back, next := buttons[0].(*slack.ButtonBlockElement), buttons[1].(*slack.ButtonBlockElement)
	require.Equal(t, [3]string{ActionQueueBack, "Back", "0:"}, [3]string{back.ActionID, back.Text.Text, back.Value})
	require.Equal(t, [3]string{ActionQueuePage, "Next 10", "2:x"}, [3]string{next.ActionID, next.Text.Text, next.Value})
}

func TestTheNearestSubcommandIsSuggested(t *testing.T) {
	for typed, want := range map[string]string{
		"qeue": "queue", "QUEUE": "queue", "que": "queue", "queues": "queue", "shwo 5": "show", "hlep": "help", "holp": "help",
		"xyz": "", "aprove": "approve", "rejct 5": "reject", "": "", "x": "",
	} {
		s, _ := nearest(typed, SamplesCommands)
		require.Equal(t, want, s.Name, typed)
	}
	s, _ := nearest("statsu", CampaignCommands)
	require.Equal(t, "status", s.Name)
}

func TestABarIsNeverEmptyWhereSomebodyStands(t *testing.T) {
	members := make([]query.Standing, 1000)
	members[7].Applications = []workflow.Application{reportedAs(workflow.StatusCompleted)}
	lines := (&funnelWords{Funnel: query.FunnelOf(workflow.Campaign{}, members, noon)}).picture()
	require.Equal(t, "`▇▇▇▇▇▇▇▇▇▇` 999 *Invited*", lines[0])
	require.Equal(t, "`▇░░░░░░░░░` 1 *Completed*", lines[len(lines)-1])
	require.Equal(t, "`░░░░░░░░░░` 0 *Shipping*", lines[4])
}

func modals() map[string]JoinFacts {
	campaigns := []workflow.Campaign{{ID: "c1", Name: "Autumn <kitchen> :tada:"}, {ID: "c2", Name: "Gift ideas"}}
	in := reportedAs(workflow.StatusShipped)
	in.Campaign = "c2"
	return map[string]JoinFacts{
		"modal":         {Application: application(), Round: 3, Campaigns: campaigns},
		"modal_first":   {Application: application(), Round: 3},
		"modal_member":  {Application: in, Round: 4, Campaigns: campaigns, Current: "Gift ideas"},
		"modal_hostile": {Application: hostileApplication(), Campaigns: []workflow.Campaign{{ID: "c1", Name: hostile}, {ID: "c2"}}, Current: hostile},
	}
}

func TestEveryDialogLooksAsItsGoldenFile(t *testing.T) {
	for name, f := range modals() {
		t.Run(name, func(t *testing.T) {
			view := JoinModal(f)
			lintModal(t, view)
			compare(t, name, pretty(t, view))
		})
	}
}

func TestTheDialogOffersToApproveOnlyWhatCanBeApprovedNow(t *testing.T) {
	for name, f := range cards() {
		a := f.Application
		shown := pretty(t, JoinModal(JoinFacts{Application: a}))
		require.Equal(t, a.Decidable() && a.Snapshot.Approvable, strings.Contains(shown, "Also approve this request"), name)
		require.NotContains(t, shown, "initial_options")
	}
}

func TestTheDialogAsksForTheCampaignsWhereThereAreMoreThanAMenuHolds(t *testing.T) {
	var campaigns []workflow.Campaign
	for _, r := range campaignRows(MaxChoices + 1) {
		campaigns = append(campaigns, r.Campaign)
	}
	menu := func(all []workflow.Campaign) *slack.SelectBlockElement {
		in := application()
		in.Campaign = "c101"
		view := JoinModal(JoinFacts{Application: in, Campaigns: all, Current: "Last of all"})
		lintModal(t, view)
		return view.Blocks.BlockSet[1].(*slack.InputBlock).Element.(*slack.SelectBlockElement)
	}
	require.Len(t, menu(campaigns[:MaxChoices]).Options, MaxChoices)
	asking := menu(campaigns)
	require.Equal(t, slack.OptTypeExternal, asking.Type)
	require.Empty(t, asking.Options)
	require.Equal(t, "Last of all", asking.InitialOption.Text.Text, "the present one is chosen though it was not read")
}

func TestWhatTheDialogIsAboutSurvivesItsJourney(t *testing.T) {
	want := JoinMeta{Target: Target{Key: application().Key, Round: 3}, Seen: "c2"}
	got, err := ParseJoinMeta(want.Encode())
	require.NoError(t, err)
	require.Equal(t, want, got)
	for _, bad := range []string{"", "{}", "[]", `{"target":"decide:1:2"}`} {
		_, err := ParseJoinMeta(bad)
		require.Error(t, err, bad)
	}
}

// remembered is what the desk remembers of a creator.
func remembered() query.Record {
	return query.Record{
		Asked: 11, Approved: 8, Received: 8, Posted: 6, Lost: 3, Sold: workflow.OptionalNumber{Value: 412, Shared: true}, Pieces: 9,
		Losses: map[workflow.Stage]int{workflow.StageExpired: 2, workflow.StageCancelled: 1},
	}
}
