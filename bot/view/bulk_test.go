package view

import (
	"encoding/json"
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

// waiting are n requests that wait, of creators and products of their own.
func waiting(n int) []workflow.Application {
	all := make([]workflow.Application, n)
	for i := range all {
		a := application()
		a.Key.ID = workflow.ApplicationID(fmt.Sprintf("5766536881352%06d", i))
		a.Snapshot.ReviewBy = noon.Add(time.Duration(i+1) * 7 * time.Hour)
		a.Snapshot.Creator = workflow.Creator{OpenID: fmt.Sprintf("o%d", i), Username: fmt.Sprintf("kitchen_finds%d", i), Followers: number(float64(1000 * i))}
		a.Snapshot.Product.ID, a.Snapshot.Product.Title = workflow.ProductID(fmt.Sprintf("17295%d", i%3)), []string{"Stand mixer & bowl", "Glow Serum", "Tea set"}[i%3]
		all[i] = a
	}
	return all
}

func bulkRows(all []workflow.Application) (found []query.Row) {
	for _, a := range all {
		found = append(found, query.Row{Application: cardAt(a, permalink)})
	}
	return found
}

var bulkShop = workflow.Shop{ID: "7495540735365777507", Name: "Nimbus Home"}

func bulks() map[string]BulkFacts {
	other := workflow.Shop{ID: "7495540735365777508", Name: "Nimbus Garden"}
	products := []query.BulkProduct{{Product: workflow.Product{ID: "172950", Title: "Stand mixer & bowl"}, Waiting: 7}, {Product: workflow.Product{ID: "172951"}, Waiting: 2}}
	all := query.Criteria{Within: 48, GMV: query.Range{Least: 1000}, Followers: query.Range{Least: 10_000}, Product: "999", Collab: query.TargetCollab, Approvable: true, Known: true}
	return map[string]BulkFacts{
		"bulk":          {Shop: bulkShop, BulkOffer: query.BulkOffer{Products: products, Waiting: 9, Matching: 7, Rows: bulkRows(waiting(7))}, At: noon, Meta: BulkMeta{Channel: "C0SAMPLES1"}},
		"bulk_filtered": {Shop: bulkShop, Shops: []workflow.Shop{bulkShop, other}, Meta: BulkMeta{Filter: all}, BulkOffer: query.BulkOffer{Products: products, Waiting: 412, Matching: 1, Rows: bulkRows(waiting(1))}, At: noon},
		"bulk_none":     {Shop: bulkShop, Meta: BulkMeta{Filter: all}, BulkOffer: query.BulkOffer{Waiting: 412}, At: noon},
		"bulk_many": {
			Shop: bulkShop, At: noon, Meta: BulkMeta{Page: 1, LeftOut: []string{packID(waiting(12)[11].Key.ID), packID("5766536881352999999")}},
			BulkOffer: query.BulkOffer{Products: products, Waiting: 412, Matching: 222, Rows: bulkRows(waiting(workflow.MaxRun))[:14]},
		},
		"bulk_all_filters": {
			Shop: bulkShop, At: noon, Campaigns: []workflow.Campaign{{ID: "c1", Name: "Autumn"}},
			Meta:      BulkMeta{More: true, Filter: query.Criteria{Followers: query.Range{Least: 1000, Most: 50_000}, Campaign: "c1", Had: query.NotHad}},
			BulkOffer: query.BulkOffer{Products: products, Waiting: 412, Matching: 1, Rows: bulkRows(waiting(1))},
		},
		"bulk_empty": {Shop: bulkShop, At: noon},
	}
}

func bulkDecisionOf(v workflow.Verdict, r workflow.Reason, all []workflow.Application) BulkDecision {
	d := BulkDecision{Shop: bulkShop.ID, BulkAction: query.BulkAction{Verdict: v, Reason: r}}
	for _, a := range all {
		d.Targets = append(d.Targets, workflow.Target{Key: a.Key, Round: a.Round})
	}
	return d
}

func confirms() map[string]BulkConfirmFacts {
	all := waiting(7)
	all[3].Snapshot.Creator = all[0].Snapshot.Creator
	all[1].Snapshot.Stock, all[4].Snapshot.Stock, all[2].Snapshot.StockUnknown, all[5].Snapshot.StockUnknown = 1, 1, true, true
	return map[string]BulkConfirmFacts{
		"bulk_confirm": {Decision: bulkDecisionOf(workflow.Approve, "", all), Applications: all, Moved: 2, Unapprovable: 1, Channel: "C0SAMPLES1", Undo: 10 * time.Second},
		"bulk_confirm_join": {
			Decision: BulkDecision{Shop: bulkShop.ID, BulkAction: query.BulkAction{Joins: true}, Plan: "TOKEN"}, Applications: all, Taken: 3, Channel: "C0SAMPLES1",
			Campaigns: []workflow.Campaign{{ID: "c1", Name: "Autumn"}},
		},
		"bulk_confirm_reject": {
			Decision: bulkDecisionOf(workflow.Reject, workflow.NotMatch, all[:1]), Applications: all[:1], Shop: "Nimbus Home",
		},
	}
}

func TestEveryPageOfDecideSeveralLooksAsItsGoldenFile(t *testing.T) {
	for name, f := range bulks() {
		t.Run(name, func(t *testing.T) {
			m := BulkModal(f)
			lintModal(t, m)
			compare(t, name, pretty(t, m))
		})
	}
	for name, f := range confirms() {
		t.Run(name, func(t *testing.T) {
			m, ok := BulkConfirm(f)
			require.True(t, ok)
			lintModal(t, m)
			compare(t, name, pretty(t, m))
		})
	}
}

func TestAHundredRequestsFitBothPagesWhateverTheirNames(t *testing.T) {
	for _, name := range []string{strings.Repeat(hostile, 3), strings.Repeat("&", 200), strings.Repeat("<", 200), strings.Repeat("👩\u200d🍳", 60), strings.Repeat("نور", 70)} {
		all := waiting(workflow.MaxRun)
		var products []query.BulkProduct
		for i := range all {
			r := &all[i].Snapshot
			r.Creator.Nickname, r.Product.Title, r.Creator.GMV = name, name, workflow.Money{Amount: name, Currency: name}
			r.Product.ID, r.Creator.OpenID = workflow.ProductID(fmt.Sprint(i)), fmt.Sprint(i)
			all[i].Key.ID = workflow.ApplicationID(fmt.Sprint(uint64(1<<64-1) - uint64(i)))
			all[i].Round = 90 + i
			products = append(products, query.BulkProduct{Product: r.Product, Waiting: 1})
		}
		var left []string
		for i := range workflow.MaxRun {
			left = append(left, packID(workflow.ApplicationID(fmt.Sprint(uint64(1<<64-1)-uint64(i)-1000))))
		}
		shop := workflow.Shop{ID: bulkShop.ID, Name: name}
		m := BulkModal(BulkFacts{
			Shop: shop, Shops: slices.Repeat([]workflow.Shop{shop}, 2)[:1], Meta: BulkMeta{Filter: query.Criteria{Product: "not there", Campaign: "gone", Shared: query.SharedAll}, More: true, Page: 19, LeftOut: left}, At: noon,
			BulkOffer: query.BulkOffer{Products: append(products, products...)[:150], Waiting: 5000, Matching: 412, From: 100, Rows: bulkRows(all)},
		})
		lintModal(t, m)
		require.Less(t, len(encoded(t, m)), 240_000)

		page, ok := BulkConfirm(BulkConfirmFacts{Decision: bulkDecisionOf(workflow.Approve, "", all), Applications: all, Moved: 3, Unapprovable: 4, Shop: name, Channel: name, Undo: time.Second})
		require.True(t, ok, "as many as a run takes fit the page's metadata")
		lintModal(t, page)
		require.Less(t, len(encoded(t, page)), 18_000, "it rides in an acknowledgement")

		several := Queue(QueueFacts{Queue: query.Queue{Total: 500, Page: 7, Rows: bulkRows(all[:QueuePageSize]), Next: &query.Page{Number: 8, Cursor: "x"}}, Several: bulkShop.ID})
		lint(t, several)
		require.Less(t, len(encoded(t, several)), 19_000)
	}
}

func encoded(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return b
}

func TestWhatIsToBeDecidedSurvivesItsJourney(t *testing.T) {
	want := bulkDecisionOf(workflow.Reject, workflow.Other, waiting(workflow.MaxRun))
	want.Targets[0].Key.ID, want.Targets[1].Key.ID, want.Targets[2].Key.ID = "007", "short-id", "18446744073709551616"
	text, ok := want.Encode()
	require.True(t, ok)
	got, err := ParseBulkDecision(text)
	require.NoError(t, err)
	require.Equal(t, want, got)

	for _, want := range []BulkDecision{
		{Shop: "1", BulkAction: query.BulkAction{Joins: true}, Plan: "TOKEN"}, {Shop: "1", BulkAction: query.BulkAction{Verdict: workflow.Approve}, Plan: "TOKEN"},
		{Shop: "1", BulkAction: query.BulkAction{Joins: true}, Targets: []workflow.Target{{Key: workflow.Key{Shop: "1", ID: "5"}, Round: 2}}},
	} {
		text, ok := want.Encode()
		require.True(t, ok)
		got, err := ParseBulkDecision(text)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}

	for _, long := range []string{strings.Repeat("x", 40)} {
		for i := range want.Targets {
			want.Targets[i].Key.ID = workflow.ApplicationID(fmt.Sprint(long, i))
		}
		_, ok = want.Encode()
		require.False(t, ok)
	}
	for _, bad := range []string{"", "1", "1 APPROVE", "1 APPROVE  ", "1 APPROVE  x", "1 APPROVE  x:-1", "1 APPROVE  !:1", "1 APPROVE  =", "1 APPROVE  =x 1:1", " APPROVE  1:1"} {
		_, err := ParseBulkDecision(bad)
		require.Error(t, err, bad)
	}
	for _, bad := range []string{"", "{}", "[]", "x"} {
		_, err := ParseBulkMeta(bad)
		require.Error(t, err, bad)
	}
}

func TestAMenuOfOtherRequestsForgetsWhatWasChosen(t *testing.T) {
	block := func(n int) *slack.InputBlock {
		f := bulks()["bulk"]
		f.Rows = f.Rows[:n]
		for _, b := range BulkModal(f).Blocks.BlockSet {
			if in, ok := b.(*slack.InputBlock); ok && in.BlockID != BlockBulkVerdict {
				return in
			}
		}
		return nil
	}
	require.Equal(t, block(3).BlockID, block(3).BlockID)
	require.NotEqual(t, block(3).BlockID, block(4).BlockID)
	list := block(4).Element.(*slack.MultiSelectBlockElement)
	require.Equal(t, list.Options, list.InitialOptions, "all are chosen to start with")
}

func TestAFilterTakesItsOwnValuesOnly(t *testing.T) {
	var f query.Criteria
	for _, action := range BulkFilters {
		SetBulkFilter(&f, action, []string{"17"})
	}
	require.Equal(t, query.Criteria{Product: "17", Campaign: "17"}, f)
	f.Campaign = ""
	SetBulkFilter(&f, ActionBulkProduct, []string{BulkAny})
	SetBulkFilter(&f, ActionBulkWithin, []string{"24"})
	SetBulkFilter(&f, ActionBulkOnly, []string{BulkKnown})
	require.Equal(t, query.Criteria{Within: 24, Known: true}, f)
	SetBulkFilter(&f, ActionBulkOnly, nil)
	require.Equal(t, query.Criteria{Within: 24}, f)
}
