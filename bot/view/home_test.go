package view

import (
	"fmt"
	"strings"
	"testing"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// mostView is how many bytes of a view Slack takes.
const mostView = 250_000

// lintHome holds App Home to Slack's limits.
func lintHome(t testing.TB, v HomeView) {
	t.Helper()
	l := &linter{ids: map[string]bool{}}
	w := wire(t, v.HomeTabViewRequest).(object)
	require.Equal(t, "home", w["type"])
	l.length("private_metadata", str(w["private_metadata"]), 3000)
	l.length("callback_id", str(w["callback_id"]), 255)
	blocks := w["blocks"].([]any)
	if len(blocks) < 1 || len(blocks) > 100 {
		l.complain("blocks", "%d of them", len(blocks))
	}
	for i, b := range blocks {
		l.block(fmt.Sprintf("block %d", i), b.(object), true)
	}
	if size := len(pretty(t, v.HomeTabViewRequest)); size > mostView {
		l.complain("view", "%d bytes", size)
	}
	require.Empty(t, l.found)
}

func homeShop() workflow.Shop {
	return workflow.Shop{ID: "7495540735365777507", Name: "Glow Shop", Region: "GB", Settings: workflow.Settings{Welcomed: true}}
}

func homeCampaign(n int) query.CampaignItem {
	return query.CampaignItem{Campaign: workflow.Campaign{ID: workflow.CampaignID(fmt.Sprintf("c%d", n)), Name: fmt.Sprintf("Autumn kitchen %d", n)}}
}

// homeRowOf is a row of somebody who decides.
func homeRowOf(n int, a workflow.Application) HomeRow {
	a.Key.ID = workflow.ApplicationID(fmt.Sprint(5766536881352581780 + n))
	return HomeRow{Row: query.Row{Application: cardAt(a, "https://slack.example/archives/C0SAMPLES1/p1763640000000100")}, Decides: true}
}

// homeFacts are a reviewer's first page of many.
func homeFacts() HomeFacts {
	f := HomeFacts{
		Shops: []workflow.Shop{homeShop()}, Campaigns: []query.CampaignItem{homeCampaign(1), homeCampaign(2)},
		Tally: query.Tally{Other: 1, By: map[workflow.Stage]int{workflow.StageReview: 442, workflow.StageAwaiting: 12, workflow.StageShipping: 5, workflow.StageContent: 31,
			workflow.StageCompleted: 62, workflow.StageReject: 8, workflow.StageExpired: 289}},
		Soon: 12, Total: 442, First: 1, Next: &query.Page{Number: 1, Cursor: "00:x"}, Decides: true, Several: homeShop().ID,
		Health: HomeHealth{Synced: noon},
	}
	f.Overall = f.Tally
	for n := range HomePageSize {
		f.Rows = append(f.Rows, homeRowOf(n, application()))
	}
	f.Rows[1].Application.Decision = decidedAs(workflow.Approve, workflow.DecisionQueued).Decision
	f.Rows[2].Application.Decision = f.Rows[1].Application.Decision
	f.Rows[1].Undoes = true
	f.Rows[3].Application.Card.Link, f.Rows[3].Campaign, f.Rows[3].Application.Campaign = "", "Autumn kitchen 1", "c1"
	f.Rows[3].Application.Joined = workflow.Joined{By: reviewer, At: noon}
	f.Rows[4] = homeRowOf(4, reportedAs(workflow.StatusAwaitingShipment))
	f.Rows[4].Stays = true
	return f
}

// homes are the looks that App Home can have.
func homes() map[string]HomeView {
	viewer := homeFacts()
	viewer.Decides, viewer.Several, viewer.LooksOn, viewer.Rows = false, "", Denied(DeniedGuest), viewer.Rows[:2]
	for i := range viewer.Rows {
		viewer.Rows[i].Decides = false
	}

	admin := homeFacts()
	admin.Settings, admin.Rows = homeShop().ID, admin.Rows[:1]
	admin.Shops = append(admin.Shops, workflow.Shop{ID: "7495540735365777508", Name: "Nimbus <Home>"})
	admin.Campaigns = nil
	for n := range MaxChoices {
		admin.Campaigns = append(admin.Campaigns, homeCampaign(n))
	}
	admin.Campaign = homeCampaign(250)
	admin.State = HomeState{Page: query.Page{Number: 40, Cursor: "00:y"}, Filter: query.Filter{
		Shop: homeShop().ID, Stage: query.AllStages, Campaign: "c250", Creator: "glow.daily",
	}}
	admin.First, admin.Next = 321, nil
	admin.Health = HomeHealth{Synced: noon, Troubles: []HomeTrouble{
		{Shop: "Glow Shop", Cause: workflow.Failure{Code: 105001, Fault: workflow.FaultReconnect, Message: "access token is invalid"}},
		{Shop: "Nimbus <Home>", Cause: workflow.Failure{Code: 105001, Fault: workflow.FaultReconnect, Message: "no scope"}, Sends: true}, {Shop: "Third"},
	}}

	empty := func(f query.Filter, tally map[workflow.Stage]int) HomeView {
		return Home(HomeFacts{State: HomeState{Filter: f}, Shops: []workflow.Shop{homeShop()}, Overall: query.Tally{By: tally}, Tally: query.Tally{By: tally}, Decides: true, Health: HomeHealth{}})
	}
	some := map[workflow.Stage]int{workflow.StageExpired: 3}
	campaign := HomeFacts{State: HomeState{Filter: query.Filter{Campaign: "c1"}}, Campaign: homeCampaign(1), Campaigns: []query.CampaignItem{homeCampaign(1)}, Health: HomeHealth{Untold: true}}
	mine := homeFacts()
	mine.State, mine.Mine = HomeState{Filter: query.Filter{Mine: reviewer}}, 2
	offered := homeFacts()
	offered.Mine, offered.Rows = 3, nil
	answers := homeFacts()
	answers.State, answers.Waiting, answers.Rows = HomeState{Filter: query.Filter{Answers: true}}, 9, nil
	answers.Answers = answersFacts(application(), HomePageSize)
	watched := answers
	watched.Answers.May, watched.Answers.Rows, watched.Decides = nil, watched.Answers.Rows[:2], false
	waiting := homeFacts()
	waiting.Waiting, waiting.Rows = 1234, nil
	nobody := HomeFacts{State: answers.State, Shops: []workflow.Shop{homeShop()}, Decides: true}
	return map[string]HomeView{
		"home_answers":         Home(answers),
		"home_answers_watched": Home(watched),
		"home_answers_offered": Home(waiting),
		"home_answers_none":    Home(nobody),
		"home_mine":            Home(mine),
		"home_mine_offered":    Home(offered),
		"home":                 Home(homeFacts()),
		"home_viewer":          Home(viewer),
		"home_admin":           Home(admin),
		"home_empty":           empty(query.Filter{}, some),
		"home_empty_stage":     empty(query.Filter{Stage: workflow.StageShipping}, some),
		"home_empty_all":       empty(query.Filter{Stage: query.AllStages}, nil),
		"home_empty_creator":   empty(query.Filter{Creator: "glow.daily"}, nil),
		"home_empty_there":     empty(query.Filter{Creator: "glow.daily"}, some),
		"home_empty_joined":    Home(campaign),
		"home_closed":          HomeClosed(HomeState{}, DeniedOutside),
	}
}

// answersFacts are so many creators who wait for an answer, the first without a request.
func answersFacts(a workflow.Application, n int) AnswersFacts {
	f := AnswersFacts{May: map[workflow.ShopID]bool{homeShop().ID: true}}
	for i := range n {
		row := query.Answer{Application: cardAt(a, cardLinkOf)}
		row.Conversation = workflow.Conversation{
			Shop: homeShop().ID, Creator: workflow.CreatorKey(fmt.Sprint("id:", i)), Shown: a.Snapshot.Creator,
			Waiting: workflow.WaitingAnswer{Since: noon, Last: workflow.MessageMark{ID: fmt.Sprint("m", i), At: noon}, Text: "Hello,\nwhen does it *ship*?", Count: 1 + i%2},
		}
		if row.Application.Key = a.Key; i == 0 {
			row.Application, row.Shop = workflow.Application{}, "Glow Shop"
		} else if i == 2 {
			row.Application.Card, row.Waiting.Text = workflow.Card{}, " "
		}
		f.Rows = append(f.Rows, row)
	}
	f.Total, f.First = n+1, 1
	f.Next = &query.Page{Number: 1, Cursor: "x"}
	return f
}

func TestNothingThatCreatorsWriteBreaksTheListOfAnswers(t *testing.T) {
	f := hostileHome(1)
	f.Answers = answersFacts(hostileApplication(), HomePageSize)
	for i := range f.Answers.Rows {
		f.Answers.Rows[i].Waiting.Text, f.Answers.Rows[i].Shop = strings.Repeat(hostile, 20), strings.Repeat(hostile, 20)
	}
	f.State.Answers = true
	v := Home(f)
	lintHome(t, v)
	require.NotContains(t, pretty(t, v.HomeTabViewRequest), "<!channel>")
	m := MorningFacts{Waiting: 10_000, Answers: f.Answers.Rows, Shop: strings.Repeat(hostile, 20), Now: noon}
	lint(t, Morning(m))
}

func TestAppHomeReadsAsItsGoldenFilesSay(t *testing.T) {
	for name, v := range homes() {
		t.Run(name, func(t *testing.T) {
			lintHome(t, v)
			compare(t, name, pretty(t, v.HomeTabViewRequest))
		})
	}
}

// hostileHome has trouble in every place, and as many rows and filters as there can be.
func hostileHome(rows int) HomeFacts {
	long := strings.Repeat(hostile, 20)
	f := homeFacts()
	f.Rows = nil
	for n := range rows {
		r := homeRowOf(n, hostileApplication())
		r.Application.Campaign, r.Application.Joined = "c1", workflow.Joined{By: reviewer}
		r.Campaign, r.Shop, r.Undoes, r.Stays = long, long, true, n%2 == 1
		f.Rows = append(f.Rows, r)
	}
	for n := range 50 {
		f.Shops = append(f.Shops, workflow.Shop{ID: workflow.ShopID(fmt.Sprint(n)), Name: long})
		f.Health.Troubles = append(f.Health.Troubles, HomeTrouble{Shop: long, Cause: workflow.Failure{Code: 999, Message: long}})
		f.Campaigns = append(f.Campaigns, query.CampaignItem{Campaign: workflow.Campaign{ID: workflow.CampaignID(fmt.Sprint("k", n)), Name: long, Archived: true}, Shop: long})
	}
	f.Campaign, f.Settings = f.Campaigns[0], homeShop().ID
	f.State = HomeState{Filter: query.Filter{Shop: "0", Stage: workflow.Stage(long), Campaign: "k0", Creator: HomeCreator(long)}, Page: query.Page{Number: 3, Cursor: long}}
	return f
}

func TestNothingThatOthersWriteBreaksAppHome(t *testing.T) {
	v := Home(hostileHome(2 * HomePageSize))
	lintHome(t, v)
	require.NotContains(t, pretty(t, v.HomeTabViewRequest), "<!channel>")
}

// homeActionsOf are the action ids of App Home's controls.
func homeActionsOf(v HomeView) (ids []string) {
	for _, b := range v.Blocks.BlockSet {
		if a, ok := b.(*slack.ActionBlock); ok {
			for _, e := range a.Elements.ElementSet {
				switch e := e.(type) {
				case *slack.ButtonBlockElement:
					ids = append(ids, e.ActionID)
				case *slack.SelectBlockElement:
					ids = append(ids, e.ActionID)
				}
			}
		}
	}
	return ids
}

func TestWhoOnlyLooksOnHasNoButtonsToDecide(t *testing.T) {
	ids := homeActionsOf(homes()["home_viewer"])
	require.Equal(t, []string{ActionHomeStage, ActionHomeSort, ActionHomeCampaign, ActionHomeFilter, ActionHomeNext, ActionHomeRefresh}, ids)
}

func TestOnlyWhoDecidedIsOfferedToUndo(t *testing.T) {
	f := homeFacts()
	f.Rows = f.Rows[1:3] // decided by them, and by another
	require.Equal(t, []string{
		ActionHomeStage, ActionHomeSort, ActionHomeCampaign, ActionHomeFilter, ActionBulk, ActionUndo, ActionCampaign, ActionCampaign, ActionHomeNext, ActionHomeRefresh,
	}, homeActionsOf(Home(f)))
}

func TestTheDialogOfFiltersSaysWhatItAsksForAndIsReadBack(t *testing.T) {
	all := query.Criteria{
		Product: "172950", GMV: query.Range{Least: 1000, Most: 7777}, Followers: query.Range{Least: 10_000}, Fulfilment: query.Range{Least: 60, Most: 90},
		Views: query.Range{Most: 5000}, Shared: query.SharedAll, Had: query.NotHad, Campaign: query.NoCampaign,
	}
	for name, c := range map[string]query.Criteria{"home_filter": all, "home_filter_none": {}} {
		m := HomeFilterModal(HomeState{Filter: query.Filter{Only: c}}, []query.BulkProduct{{Product: workflow.Product{ID: "1", Title: hostile}, Waiting: 3}})
		lintModal(t, m)
		compare(t, name, pretty(t, m))
		chosen := map[string]string{}
		for _, b := range m.Blocks.BlockSet {
			if a, ok := b.(*slack.ActionBlock); ok {
				for _, e := range a.Elements.ElementSet {
					menu := e.(*slack.SelectBlockElement)
					chosen[menu.ActionID] = menu.InitialOption.Value
				}
			}
		}
		require.Len(t, chosen, len(HomeCriteriaMenus()))
		require.Equal(t, c, HomeCriteria(c, func(action string) string { return chosen[action] }))
	}
	require.Equal(t, query.Criteria{Campaign: query.NoCampaign}, HomeCriteria(all, func(action string) string {
		return map[bool]string{true: HomeAny, false: "-1"}[action == ActionHomeProduct]
	}))
	f := homeFacts()
	f.State.Only = all
	title := strings.Join(listTitle(f), "\n")
	require.Contains(t, title, "GMV 1K to 7.8K, Followers at least 10K, Views at most 5K, Fulfilment 60% to 90%, all numbers shared, didn't have it before")
	lintHome(t, Home(f))
}

func TestWhatChangesWithTheClockAloneIsNotPublished(t *testing.T) {
	f := homeFacts()
	was := Home(f)
	f.Health.Synced = f.Health.Synced.Add(query.SoonWithin)
	later := Home(f)
	require.Equal(t, was.Hash, later.Hash)
	require.NotEqual(t, was.Blocks, later.Blocks)
	f.Overall.By[workflow.StageReview]--
	require.NotEqual(t, was.Hash, Home(f).Hash)
}

func TestTheWayBackHasAnEnd(t *testing.T) {
	s := HomeState{}
	for n := range 30 {
		s = s.Next(query.Page{Number: n + 1, Cursor: fmt.Sprint(n)})
	}
	require.Len(t, s.Trail, maxTrail)
	for range maxTrail {
		s = s.Back()
	}
	require.Equal(t, HomeState{Page: query.Page{Number: 10, Cursor: "9"}, Trail: []string{}}, s)
	require.Equal(t, HomeState{}, s.Back(), "from there it is back to the start")
}

func TestWhereSomebodyIsTravelsInTheView(t *testing.T) {
	s := HomeState{Filter: query.Filter{Shop: "1", Stage: query.AllStages, Campaign: "c1", Creator: "glow.daily"}, Page: query.Page{Number: 2, Cursor: "00:~/1/2"}, Trail: []string{"", "00:1"}}
	back, err := ParseHomeState(s.Encode())
	require.NoError(t, err)
	require.Equal(t, s, back)

	s.Trail = []string{strings.Repeat("x", 2000), strings.Repeat("y", 1500)}
	back, err = ParseHomeState(s.Encode())
	require.NoError(t, err)
	require.Len(t, back.Trail, 1, "what does not fit is the way back, from its far end")

	for _, bad := range []string{"{", "[]", `{"page":{"Number":-1}}`} {
		_, err = ParseHomeState(bad)
		require.Error(t, err, bad)
	}
}

func TestACreatorIsUnderstoodHoweverTheyAreTyped(t *testing.T) {
	for _, typed := range []string{"glow.daily", "@glow.daily", " @Glow.Daily ", "https://www.tiktok.com/@glow.daily", "https://www.tiktok.com/@Glow.Daily/video/1?x=1", "tiktok.com/@glow.daily?lang=en"} {
		require.Equal(t, "glow.daily", HomeCreator(typed), typed)
	}
	require.Empty(t, HomeCreator(" @ "))
}
