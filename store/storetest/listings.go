package storetest

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

// What Application.Places promises of single listings, seen through a store: the order of bytes has to be the order that
// people see.
var listings = []promise{
	{"Applications are listed by first sight, and from any time on", showSeen},
	{"A short id that two applications share lists both", showShort},
	{"A thread leads to its application, and follows a card that is posted again", showThread},
	{"A stage lists what is over the latest first, and what is not by its deadline", showStageOrder},
	{"Applications are listed by the words of their creators, from the beginning of a word on, and by product", showWords},
	{"What comes before a place of a listing is counted", showCountTo},
	{"A campaign's queue lists what waits there, soonest deadline first", showCampaignQueue},
	{"A campaign's stage lists its own applications in the same order", showCampaignStage},
}

func showSeen(t *testing.T, s workflow.Store) {
	for _, n := range []int{3, 1, 4, 0, 2} {
		a := application(strconv.Itoa(n), 10-n)
		a.SeenAt = minute(n)
		put(t, s, putApplications(a))
	}
	elsewhere := application("9", 1)
	elsewhere.Key.Shop = theShop + "1"
	put(t, s, putApplications(elsewhere))
	seen := workflow.SeenOf(theShop)
	require.Equal(t, []string{"0", "1", "2", "3", "4"}, applicationIDs(t, s, seen, 2))
	for since, want := range map[time.Time][]string{
		start.Add(-time.Hour):                 {"0", "1", "2", "3", "4"},
		minute(2):                             {"2", "3", "4"},
		minute(2).Add(time.Microsecond):       {"3", "4"},
		minute(2).Add(-time.Microsecond):      {"2", "3", "4"},
		minute(4).Add(time.Microsecond):       nil,
		minute(3).In(time.FixedZone("", 900)): {"3", "4"},
	} {
		require.Equal(t, want, idsOf(pageOf(t, s, seen, workflow.CursorAt(since), 9).Applications), "%s", since)
	}
	first := pageOf(t, s, seen, workflow.CursorAt(minute(1)), 2)
	require.Equal(t, []string{"1", "2"}, idsOf(first.Applications))
	require.Equal(t, []string{"3", "4"}, idsOf(pageOf(t, s, seen, first.Next, 9).Applications))
}

// sharing returns the ids of two applications of theShop that have the same short id.
func sharing(t *testing.T) (one, other string) {
	t.Helper()
	met := map[workflow.ShortID]string{}
	for n := range 1_000_000 {
		id := strconv.Itoa(n)
		short := key(id).Short()
		if before, ok := met[short]; ok {
			return before, id
		}
		met[short] = id
	}
	require.Fail(t, "a million short ids are all different")
	return "", ""
}

func showShort(t *testing.T, s workflow.Store) {
	one, other := sharing(t)
	short := workflow.ShortOf(key(one).Short())
	put(t, s, putApplications(application(one, 9), application("lonely", 1)))
	require.Equal(t, []string{one}, applicationIDs(t, s, short, 9))
	put(t, s, putApplications(application(other, 3)))
	require.ElementsMatch(t, []string{one, other}, applicationIDs(t, s, short, 1))
	require.Equal(t, 2, countOf(t, s, short))
	require.Equal(t, []string{"lonely"}, applicationIDs(t, s, workflow.ShortOf(key("lonely").Short()), 9))
}

func showThread(t *testing.T, s workflow.Store) {
	a := application("1", 10)
	old, posted := workflow.ThreadOf("C1", "1763802000.000100"), workflow.ThreadOf("C1", "1763802000.000200")
	steps := []struct {
		card     workflow.Card
		old, new []string
	}{
		{card: workflow.Card{Wanted: true}},
		{card: workflow.Card{Wanted: true, Post: workflow.Post{Channel: "C1", TS: "1763802000.000100"}}, old: []string{"1"}},
		{card: workflow.Card{Wanted: true, Post: workflow.Post{Channel: "C1", TS: "1763802000.000100", Lost: true}}},
		{card: workflow.Card{Wanted: true, Post: workflow.Post{Channel: "C1", TS: "1763802000.000200"}}, new: []string{"1"}},
		{card: workflow.Card{Wanted: true, Post: workflow.Post{Channel: "C2", TS: "1763802000.000200"}}},
	}
	for _, step := range steps {
		a.Card = step.card
		put(t, s, putApplications(a, application("2", 5)))
		require.Equal(t, step.old, applicationIDs(t, s, old, 9), "%+v", step.card)
		require.Equal(t, step.new, applicationIDs(t, s, posted, 9), "%+v", step.card)
	}
	require.Empty(t, applicationIDs(t, s, workflow.ThreadOf("C1", ""), 9))
}

// staged returns an application of that status, with that many minutes since start as the time that its stage goes by.
func staged(id string, status workflow.Status, n int) workflow.Application {
	a := application(id, 100-n)
	a.Snapshot.Status, a.Snapshot.ShipBy, a.ChangedAt, a.Campaign = status, minute(n), minute(n), "spring"
	if status == workflow.StatusPending {
		a.Snapshot.ReviewBy, a.Snapshot.ShipBy, a.ChangedAt = minute(n), minute(100-n), minute(100-n)
	}
	if status == workflow.StatusAwaitingShipment {
		a.ChangedAt = minute(100 - n)
	}
	return a
}

// stages are how the applications of a stage are listed that were staged at minutes 1, 2 and 3.
var stages = []struct {
	status workflow.Status
	stage  workflow.Stage
	want   []string
}{
	{workflow.StatusPending, workflow.StageReview, []string{"1", "2", "3"}},
	{workflow.StatusAwaitingShipment, workflow.StageAwaiting, []string{"1", "2", "3"}},
	{workflow.StatusShipped, workflow.StageShipping, []string{"1", "2", "3"}},
	{workflow.StatusContentPending, workflow.StageContent, []string{"1", "2", "3"}},
	{workflow.StatusCompleted, workflow.StageCompleted, []string{"3", "2", "1"}},
	{workflow.StatusRejectCancelled, workflow.StageReject, []string{"3", "2", "1"}},
}

func showStageOrder(t *testing.T, s workflow.Store) {
	for _, stage := range stages { // the same three applications, from stage to stage
		put(t, s, putApplications(staged("2", stage.status, 2), staged("3", stage.status, 3), staged("1", stage.status, 1)))
		require.Equal(t, stage.want, applicationIDs(t, s, workflow.StageOf(theShop, stage.stage), 2), stage.stage)
		for _, other := range stages {
			if other.stage != stage.stage {
				require.Zero(t, countOf(t, s, workflow.StageOf(theShop, other.stage)), other.stage)
			}
		}
	}
	later := staged("1", workflow.StatusRejectCancelled, 4)
	put(t, s, putApplications(later))
	require.Equal(t, []string{"1", "3", "2"}, applicationIDs(t, s, workflow.StageOf(theShop, workflow.StageReject), 9))
}

func showWords(t *testing.T, s workflow.Store) {
	for n, name := range []string{"Desk Corner", "corner.café", "Desks", "Desk Zebra"} {
		a := application(strconv.Itoa(n), 9)
		a.SeenAt = minute(n)
		a.Snapshot.Creator.Nickname, a.Snapshot.Creator.Username = name, "x"
		a.Snapshot.Product.ID = workflow.ProductID(strconv.Itoa(n % 2))
		put(t, s, putApplications(a))
	}
	words := workflow.WordsOf(theShop)
	for from, want := range map[string]string{"desk": "3 0 2", "desks": "2 3 2", "cor": "1 0 3", "cafe": "1 1 0", "zebra": "3", "zebras": ""} {
		require.Equal(t, want, strings.Join(idsOf(pageOf(t, s, words, from, 3).Applications), " "), from)
	}
	require.Equal(t, []string{"3", "1"}, applicationIDs(t, s, workflow.ProductOf(theShop, "1"), 1))
	renamed := application("0", 9)
	renamed.SeenAt, renamed.Snapshot.Creator.Nickname, renamed.Snapshot.Creator.Username = minute(0), "Lamp", "x"
	put(t, s, putApplications(renamed))
	require.Equal(t, "3 2", strings.Join(idsOf(pageOf(t, s, words, "desk", 2).Applications), " "))
}

func showCountTo(t *testing.T, s workflow.Store) {
	for n := range 5 {
		put(t, s, putApplications(application(strconv.Itoa(n), n)))
	}
	for place, want := range map[string]int{"": 0, workflow.DueBy(start.Add(-time.Hour)): 0, workflow.DueBy(minute(2)): 3, workflow.DueBy(minute(9)): 5, "~~": 5} {
		require.Equal(t, want, get(t, s, func(tx workflow.Tx) (int, error) { return tx.CountTo(workflow.QueueOf(theShop), place) }), place)
	}
	require.Zero(t, get(t, s, func(tx workflow.Tx) (int, error) { return tx.CountTo(workflow.QueueOf("another"), "~") }))
}

func showCampaignQueue(t *testing.T, s workflow.Store) {
	for n, c := range []workflow.CampaignID{"c", "", "c1", "c"} {
		a := application(strconv.Itoa(n), 10-n)
		a.Campaign = c
		put(t, s, putApplications(a))
	}
	require.Equal(t, []string{"3", "0"}, applicationIDs(t, s, workflow.CampaignQueueOf("c"), 1))
	decided := application("3", 7)
	decided.Campaign, decided.Decision.Phase = "c", workflow.DecisionQueued
	put(t, s, putApplications(decided))
	require.Equal(t, []string{"0"}, applicationIDs(t, s, workflow.CampaignQueueOf("c"), 9))
	require.Equal(t, 1, countOf(t, s, workflow.CampaignQueueOf("c")))
}

func showCampaignStage(t *testing.T, s workflow.Store) {
	for _, stage := range stages {
		none, summer := staged("4", stage.status, 0), staged("5", stage.status, 0)
		none.Campaign, summer.Campaign = "", "summer"
		put(t, s, putApplications(staged("2", stage.status, 2), staged("3", stage.status, 3), staged("1", stage.status, 1), none, summer))
		require.Equal(t, stage.want, applicationIDs(t, s, workflow.CampaignStageOf("spring", stage.stage), 2), stage.stage)
		require.Equal(t, 3, countOf(t, s, workflow.CampaignStageOf("spring", stage.stage)), stage.stage)
		require.Equal(t, []string{"5"}, applicationIDs(t, s, workflow.CampaignStageOf("summer", stage.stage), 9), stage.stage)
	}
	moved := staged("2", workflow.StatusRejectCancelled, 2)
	moved.Campaign = "summer"
	put(t, s, putApplications(moved))
	require.Equal(t, []string{"3", "1"}, applicationIDs(t, s, workflow.CampaignStageOf("spring", workflow.StageReject), 9))
	require.Equal(t, []string{"2", "5"}, applicationIDs(t, s, workflow.CampaignStageOf("summer", workflow.StageReject), 9))
}
