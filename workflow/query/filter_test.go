package query

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func TestAFilterLetsThroughWhatItSays(t *testing.T) {
	waiting := workflow.Application{Campaign: "c1", Snapshot: workflow.Snapshot{ // ends in 45 h, GMV 4,120.50, 12,408 followers, a target collaboration
		Status: workflow.StatusPending, ReviewBy: noon.Add(45 * time.Hour), Approvable: true,
		Collab:  workflow.Collab{Known: true, Target: "7300000000000000001"},
		Product: workflow.Product{ID: "1729592969712207008"},
		Creator: workflow.Creator{
			Followers: workflow.OptionalNumber{Value: 12408, Shared: true}, GMV: workflow.Money{Amount: "4120.50", Currency: "USD"},
			Fulfilment: workflow.OptionalNumber{Value: 59, Shared: true}, MedianViews: workflow.OptionalNumber{Value: 1000, Shared: true},
		},
	}}
	for name, c := range map[string]struct {
		filter Criteria
		change func(*workflow.Snapshot)
		admits bool
	}{
		"no filter":                 {admits: true},
		"within 48 hours":           {filter: Criteria{Within: 48}, admits: true},
		"not within 24":             {filter: Criteria{Within: 24}},
		"no deadline is not within": {filter: Criteria{Within: 48}, change: func(r *workflow.Snapshot) { r.ReviewBy = time.Time{} }},
		"enough sold":               {filter: Criteria{GMV: Range{Least: 1000}}, admits: true},
		"too little sold":           {filter: Criteria{GMV: Range{Least: 5000}}},
		"sales not shared":          {filter: Criteria{GMV: Range{Least: 100}}, change: func(r *workflow.Snapshot) { r.Creator.GMV = workflow.Money{} }},
		"enough followers":          {filter: Criteria{Followers: Range{Least: 10_000}}, admits: true},
		"too few followers":         {filter: Criteria{Followers: Range{Least: 50_000}}},
		"followers not shared":      {filter: Criteria{Followers: Range{Least: 1000}}, change: func(r *workflow.Snapshot) { r.Creator.Followers = workflow.OptionalNumber{} }},
		"another product":           {filter: Criteria{Product: "1"}},
		"the product":               {filter: Criteria{Product: waiting.Snapshot.Product.ID}, admits: true},
		"target":                    {filter: Criteria{Collab: TargetCollab}, admits: true},
		"not open":                  {filter: Criteria{Collab: OpenCollab}},
		"origin not known":          {filter: Criteria{Collab: OpenCollab}, change: func(r *workflow.Snapshot) { r.Collab = workflow.Collab{} }},
		"approvable":                {filter: Criteria{Approvable: true}, admits: true},
		"at most":                   {filter: Criteria{Followers: Range{Least: 10_000, Most: 50_000}}, admits: true},
		"over the most":             {filter: Criteria{Followers: Range{Most: 10_000}}},
		"sold at most":              {filter: Criteria{GMV: Range{Most: 5000}}, admits: true},
		"not shared is not little":  {filter: Criteria{GMV: Range{Most: 5000}}, change: func(r *workflow.Snapshot) { r.Creator.GMV = workflow.Money{} }},
		"fulfilment":                {filter: Criteria{Fulfilment: Range{Least: 50, Most: 59}}, admits: true},
		"too low a fulfilment":      {filter: Criteria{Fulfilment: Range{Least: 60}}},
		"views":                     {filter: Criteria{Views: Range{Least: 1000, Most: 1000}}, admits: true},
		"too many views":            {filter: Criteria{Views: Range{Most: 999}}},
		"all is shared":             {filter: Criteria{Shared: SharedAll}, admits: true},
		"nothing is missing":        {filter: Criteria{Shared: SharedSome}},
		"one is missing":            {filter: Criteria{Shared: SharedSome}, change: func(r *workflow.Snapshot) { r.Creator.MedianViews.Shared = false }, admits: true},
		"not all":                   {filter: Criteria{Shared: SharedAll}, change: func(r *workflow.Snapshot) { r.Creator.MedianViews.Shared = false }},
		"in the campaign":           {filter: Criteria{Campaign: "c1"}, admits: true},
		"in another campaign":       {filter: Criteria{Campaign: "c2"}},
		"in no campaign":            {filter: Criteria{Campaign: NoCampaign}},
		"not approvable":            {filter: Criteria{Approvable: true}, change: func(r *workflow.Snapshot) { r.Approvable = false }},
	} {
		a := waiting
		if c.change != nil {
			c.change(&a.Snapshot)
		}
		require.Equal(t, c.admits, c.filter.Admits(a, noon), name)
	}
}

func TestCriteriaSurviveTheirJourneyAndAreShort(t *testing.T) {
	for _, want := range []Criteria{
		{},
		{
			Within: 48, GMV: Range{Least: 1000}, Followers: Range{Most: 50_000}, Fulfilment: Range{60, 90}, Views: Range{1, 2}, Product: "1", Campaign: NoCampaign,
			Collab: OpenCollab, Shared: SharedAll, Had: NotHad, Approvable: true, Known: true,
		},
	} {
		b, err := json.Marshal(want)
		require.NoError(t, err)
		require.Less(t, len(b), 200)
		var got Criteria
		require.NoError(t, json.Unmarshal(b, &got))
		require.Equal(t, want, got)
	}
	for _, bad := range []string{"-", "0-0", "1000", "a-", "-1-2", "1--2", "99999999999999999999-"} {
		_, err := ParseRange(bad)
		require.Error(t, err, bad)
	}
	require.Error(t, json.Unmarshal([]byte(`{"g":1000}`), &Criteria{}), "what is not understood must not let more through")
}

func TestHavingHadItBeforeMeansThisVeryProductAndVariant(t *testing.T) {
	store := open(t)
	of := func(n int, creator, product, sku string, status workflow.Status) workflow.Application {
		a := waiting(glow, n)
		a.Snapshot.Creator = workflow.Creator{OpenID: creator}
		a.Snapshot.Product, a.Snapshot.Status = workflow.Product{ID: workflow.ProductID(product), SKU: sku}, status
		return a
	}
	keep(t, store, putAll(
		of(1, "o1", "10", "red", workflow.StatusPending), of(2, "o1", "10", "red", workflow.StatusCompleted),
		of(3, "o2", "10", "red", workflow.StatusPending), of(4, "o2", "10", "blue", workflow.StatusCompleted),
		of(5, "o3", "10", "red", workflow.StatusPending), of(6, "o3", "10", "red", workflow.StatusRejectCancelled), // never had it
		of(7, "o4", "10", "red", workflow.StatusPending), of(8, "o4", "10", "red", workflow.StatusPending), // two that wait
		of(9, "o5", "", "", workflow.StatusPending), of(10, "o5", "", "", workflow.StatusCompleted), // of what product nobody knows
	))
	for c, want := range map[Criteria][]string{
		{Had: OnlyHad}:             {"1"},
		{Had: NotHad}:              {"3", "5", "7", "8", "9"},
		{Had: NotHad, Known: true}: {"3", "5", "7", "8", "9"},
		{Had: OnlyHad, Within: -1}: {"1"},
	} {
		offer := see(t, store, func(tx workflow.Tx) (BulkOffer, error) {
			return OfferBulk(t.Context(), tx, BulkAsk{Shop: glow, Criteria: c, Now: noon, Choosable: func(workflow.Application) bool { return true }})
		})
		var got []string
		for _, r := range offer.Rows {
			got = append(got, strings.TrimLeft(strings.TrimPrefix(string(r.Application.Key.ID), "10"), "0"))
		}
		require.ElementsMatch(t, want, got, "%+v", c)
	}
}

func TestAPageOfAListSurvivesItsJourney(t *testing.T) {
	want := Page{Number: 2, Cursor: "00001:7495/5766:x"}
	got, err := ParsePage(want.String())
	require.NoError(t, err)
	require.Equal(t, want, got)
	for _, bad := range []string{"", "2", "-1:x", "x:y", ":", "9223372036854775807:x"} {
		_, err := ParsePage(bad)
		require.Error(t, err, bad)
	}
}
