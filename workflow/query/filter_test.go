package query

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func TestAFilterLetsThroughWhatItSays(t *testing.T) {
	waiting := workflow.Application{Snapshot: workflow.Snapshot{ // ends in 45 h, GMV 4,120.50, 12,408 followers, a target collaboration
		Status: workflow.StatusPending, ReviewBy: noon.Add(45 * time.Hour), Approvable: true,
		Collab:  workflow.Collab{Known: true, Target: "7300000000000000001"},
		Product: workflow.Product{ID: "1729592969712207008"},
		Creator: workflow.Creator{Followers: workflow.OptionalNumber{Value: 12408, Shared: true}, GMV: workflow.Money{Amount: "4120.50", Currency: "USD"}},
	}}
	for name, c := range map[string]struct {
		filter BulkFilter
		change func(*workflow.Snapshot)
		admits bool
	}{
		"no filter":                 {admits: true},
		"a deadline that is over":   {change: func(r *workflow.Snapshot) { r.ReviewBy = noon }},
		"within 48 hours":           {filter: BulkFilter{Within: 48}, admits: true},
		"not within 24":             {filter: BulkFilter{Within: 24}},
		"no deadline is not within": {filter: BulkFilter{Within: 48}, change: func(r *workflow.Snapshot) { r.ReviewBy = time.Time{} }},
		"enough sold":               {filter: BulkFilter{GMV: 1000}, admits: true},
		"too little sold":           {filter: BulkFilter{GMV: 5000}},
		"sales not shared":          {filter: BulkFilter{GMV: 100}, change: func(r *workflow.Snapshot) { r.Creator.GMV = workflow.Money{} }},
		"enough followers":          {filter: BulkFilter{Followers: 10_000}, admits: true},
		"too few followers":         {filter: BulkFilter{Followers: 50_000}},
		"followers not shared":      {filter: BulkFilter{Followers: 1000}, change: func(r *workflow.Snapshot) { r.Creator.Followers = workflow.OptionalNumber{} }},
		"another product":           {filter: BulkFilter{Product: "1"}},
		"the product":               {filter: BulkFilter{Product: waiting.Snapshot.Product.ID}, admits: true},
		"target":                    {filter: BulkFilter{Collab: TargetCollab}, admits: true},
		"not open":                  {filter: BulkFilter{Collab: OpenCollab}},
		"origin not known":          {filter: BulkFilter{Collab: OpenCollab}, change: func(r *workflow.Snapshot) { r.Collab = workflow.Collab{} }},
		"approvable":                {filter: BulkFilter{Approvable: true}, admits: true},
		"not approvable":            {filter: BulkFilter{Approvable: true}, change: func(r *workflow.Snapshot) { r.Approvable = false }},
	} {
		a := waiting
		if c.change != nil {
			c.change(&a.Snapshot)
		}
		require.Equal(t, c.admits, c.filter.Admits(a, noon), name)
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
