package query

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

func ids(rows []Row) (all []string) {
	for _, r := range rows {
		all = append(all, string(r.Application.Key.ID))
	}
	return all
}

// waiting is a request that waits and ends so many hours after noon.
func waiting(shop workflow.ShopID, n int) workflow.Application {
	a := request(shop, n, workflow.StatusPending)
	a.Snapshot.ReviewBy = noon.Add(time.Duration(n) * time.Hour)
	return a
}

func TestTheQueuesOfSeveralShopsAreMergedByDeadlineAndPagedBothWays(t *testing.T) {
	store := open(t)
	for n := range 7 {
		shop := glow
		if n%2 == 1 {
			shop = home
		}
		keep(t, store, putAll(waiting(shop, n)))
	}
	at := func(p Page) Queue {
		return see(t, store, func(tx workflow.Tx) (Queue, error) { return QueueAt(tx, shops, p, 3) })
	}
	first := at(Page{})
	require.Equal(t, 7, first.Total)
	require.Equal(t, []string{"1000", "1001", "1002"}, ids(first.Rows))
	require.Equal(t, "Nimbus Home", first.Rows[1].Shop)
	require.Nil(t, first.Back)
	second := at(*first.Next)
	require.Equal(t, []string{"1003", "1004", "1005"}, ids(second.Rows))
	require.Equal(t, &Page{}, second.Back)
	third := at(*second.Next)
	require.Equal(t, []string{"1006"}, ids(third.Rows))
	require.Nil(t, third.Next)
	require.Equal(t, first.Next, third.Back)

	where := see(t, store, func(tx workflow.Tx) (workflow.ShopID, error) { return MostWaiting(tx, shops) })
	require.Equal(t, glow, where)
	for wanted, want := range map[workflow.ShopID]workflow.ShopID{"": glow, home: home, "gone": glow} {
		s := see(t, store, func(tx workflow.Tx) (workflow.Shop, error) { return FirstWaiting(tx, shops, wanted) })
		require.Equal(t, want, s.ID)
	}
}

func TestAListIsPagedThroughItsStagesAndKeepsWhatStays(t *testing.T) {
	store := open(t)
	keep(t, store, putAll(waiting(glow, 2), waiting(home, 1), waiting(glow, 30), request(glow, 3, workflow.StatusShipped), request(home, 4, "SOME_NEW_STATUS")))
	read := func(r ListRequest) List {
		r.Shops, r.Size, r.Now = shops, 2, noon
		return see(t, store, func(tx workflow.Tx) (List, error) { return ReadList(t.Context(), tx, r) })
	}
	rows := func(l List) (all []string) {
		for _, r := range l.Rows {
			all = append(all, string(r.Application.Key.ID))
		}
		return all
	}
	first := read(ListRequest{Filter: Filter{Stage: AllStages}})
	require.Equal(t, []string{"1001", "1002"}, rows(first))
	require.Equal(t, 2, first.Soon, "within a day")
	require.Equal(t, 1, first.Overall.Other)
	require.Equal(t, [2]int{4, 1}, [2]int{first.Total, first.First})
	second := read(ListRequest{Filter: Filter{Stage: AllStages}, Page: *first.Next})
	require.Equal(t, []string{"1030", "1003"}, rows(second))
	require.Equal(t, 3, second.First)
	require.Nil(t, second.Next)

	decided := waiting(home, 1)
	decided.Snapshot.Status = workflow.StatusAwaitingShipment
	keep(t, store, putAll(decided))
	kept := map[workflow.Key]string{decided.Key: first.Rows[0].Cursor, {Shop: "not seen", ID: "1"}: "00:", {Shop: glow, ID: "gone"}: "00:"}
	staying := read(ListRequest{Kept: kept})
	require.Equal(t, []string{"1001", "1002", "1030"}, rows(staying), "in its place")
	require.Equal(t, []bool{true, false, false}, []bool{staying.Rows[0].Stays, staying.Rows[1].Stays, staying.Rows[2].Stays})

	gone := read(ListRequest{Filter: Filter{Shop: "not seen", Campaign: "gone"}, Page: Page{Number: 1, Cursor: "00:x"}})
	require.Equal(t, List{}.Filter, gone.Filter)
	require.Equal(t, Page{}, gone.Page)
	require.Equal(t, []string{"1002", "1030"}, rows(gone))
	theirs := read(ListRequest{Filter: Filter{Stage: AllStages, Creator: "glow.daily"}, Page: Page{Number: 9, Cursor: "99:"}})
	require.Equal(t, Page{}, theirs.Page, "a page that is gone is the first")
	require.Equal(t, 5, theirs.Total, "statuses included that the desk does not know")
}

func TestABulkOfferCountsAllThatMatchesAndChecksWhatWasChosen(t *testing.T) {
	store := open(t)
	var all []workflow.Application
	for n := range workflow.MaxRun + 5 {
		a := waiting(glow, n+1)
		a.Snapshot.Approvable = n != 0
		a.Snapshot.Product.ID = workflow.ProductID(fmt.Sprint(n % 3))
		all = append(all, a)
	}
	stranger := waiting(glow, 500)
	stranger.Snapshot.Creator = workflow.Creator{OpenID: "o2", Username: "kitchen"}
	over := waiting(glow, 501)
	over.Snapshot.ReviewBy = noon
	keep(t, store, putAll(append(all, stranger, over)...))
	offer := see(t, store, func(tx workflow.Tx) (BulkOffer, error) {
		return OfferBulk(t.Context(), tx, BulkAsk{Shop: glow, Criteria: Criteria{Known: true}, Now: noon, Choosable: func(a workflow.Application) bool { return a.Key != all[1].Key }})
	})
	require.Equal(t, len(all)+2, offer.Waiting)
	require.Equal(t, len(all)-1, offer.Matching, "without the stranger, what cannot be offered, and what ran out")
	require.Len(t, offer.Rows, workflow.MaxRun)
	require.Len(t, offer.Products, 4)
	require.Equal(t, workflow.ProductID("0"), offer.Products[0].ID, "the most asked first")

	check := see(t, store, func(tx workflow.Tx) (BulkCheck, error) {
		return CheckBulk(tx, []workflow.Target{{Key: all[0].Key}, {Key: all[1].Key}, {Key: all[2].Key, Round: 7}, {Key: workflow.Key{Shop: glow, ID: "gone"}}},
			BulkAction{Verdict: workflow.Approve}, noon)
	})
	require.Equal(t, []workflow.Target{{Key: all[1].Key}}, check.Targets)
	require.Equal(t, [2]int{1, 2}, [2]int{check.Unapprovable, check.Moved})
}

func TestCampaignsAreListedPageByPageAndFoundByAPartOfTheirNames(t *testing.T) {
	store := open(t)
	keep(t, store, func(tx workflow.Tx) error {
		for n := range 5 {
			c := workflow.Campaign{ID: workflow.CampaignID(fmt.Sprint("c", n)), Shop: shops[n%2].ID, Name: fmt.Sprint("Autumn ", n), Archived: n == 4}
			if err := tx.PutCampaign(c); err != nil {
				return err
			}
		}
		return tx.PutMember(workflow.Member{Campaign: "c2", Creator: "id:o1", AddedAt: noon})
	})
	type page struct {
		rows  []CampaignRow
		total int
	}
	second := see(t, store, func(tx workflow.Tx) (p page, err error) {
		p.rows, p.total, err = CampaignPage(t.Context(), tx, shops, 0, 2)
		return p, err
	})
	require.Equal(t, 5, second.total)
	require.Equal(t, []workflow.CampaignID{"c0", "c2"}, []workflow.CampaignID{second.rows[0].Campaign.ID, second.rows[1].Campaign.ID})
	require.Equal(t, 1, second.rows[1].Creators)
	like := see(t, store, func(tx workflow.Tx) ([]CampaignItem, error) {
		return CampaignsLike(t.Context(), tx, shops, home, "UMN", 9)
	})
	require.Len(t, like, 2)
	require.Equal(t, "Nimbus Home", like[0].Shop)
	taking := see(t, store, func(tx workflow.Tx) ([]workflow.Campaign, error) {
		return CampaignsTaking(t.Context(), tx, glow, "autumn", 9)
	})
	require.Len(t, taking, 2, "an archived one takes nobody")
}

func TestNothingIsReadOnceNobodyWaitsForIt(t *testing.T) {
	store := open(t)
	keep(t, store, putAll(waiting(glow, 1), waiting(glow, 2)))
	over, end := context.WithCancel(t.Context())
	require.NoError(t, store.View(t.Context(), func(tx workflow.Tx) error {
		p, _ := ParsePeriod("365d")
		end()
		_, err := PeriodFigures(over, tx, shops, p, noon.Add(48*time.Hour))
		require.ErrorIs(t, err, context.Canceled)
		_, err = OfferBulk(over, tx, BulkAsk{Shop: glow, Criteria: Criteria{}, Now: noon, Choosable: func(workflow.Application) bool { return true }})
		require.ErrorIs(t, err, context.Canceled)
		_, err = CampaignFunnel(over, tx, workflow.Campaign{ID: "c1"}, noon)
		require.ErrorIs(t, err, context.Canceled)
		return nil
	}))
}

func TestAListIsSortedAndSiftedWithinItsBound(t *testing.T) {
	store := open(t)
	var all []workflow.Application
	for n, gmv := range []string{"100", "", "20000", "3000.50"} {
		a := waiting([]workflow.ShopID{glow, home}[n%2], n)
		a.SeenAt = noon.Add(-time.Duration([]int{3, 1, 4, 2}[n]) * time.Hour)
		a.Snapshot.Creator = workflow.Creator{OpenID: fmt.Sprint("o", n), Username: "u", GMV: workflow.Money{Amount: gmv, Currency: "USD"}}
		if n == 3 {
			a.Snapshot.Product.ID = "other"
		}
		all = append(all, a)
	}
	keep(t, store, putAll(all...))
	read := func(f Filter, p Page, size int) List {
		return see(t, store, func(tx workflow.Tx) (List, error) {
			return ReadList(t.Context(), tx, ListRequest{Shops: shops, Filter: f, Page: p, Size: size, Now: noon})
		})
	}
	rows := func(f Filter) (found []string, total int) {
		for p := (&Page{}); p != nil; {
			l := read(f, *p, 3)
			require.False(t, l.Partial)
			require.Equal(t, len(found)+1, l.First)
			total = l.Total
			for _, r := range l.Rows {
				found = append(found, string(r.Application.Key.ID))
			}
			p = l.Next
		}
		return found, total
	}
	for name, c := range map[string]struct {
		filter Filter
		want   []string
	}{
		"by deadline":            {Filter{}, []string{"1000", "1001", "1002", "1003"}},
		"by value":               {Filter{Sort: ByValue}, []string{"1002", "1003", "1000", "1001"}},
		"newest":                 {Filter{Sort: ByNewest}, []string{"1001", "1003", "1000", "1002"}},
		"sifted":                 {Filter{Only: Criteria{GMV: Range{Least: 200, Most: 5000}}}, []string{"1003"}},
		"sifted and sorted":      {Filter{Sort: ByValue, Only: Criteria{GMV: Range{Least: 200}}}, []string{"1002", "1003"}},
		"found and sifted":       {Filter{Creator: "u", Stage: AllStages, Only: Criteria{Shared: SharedSome, Product: "other"}}, []string{"1003"}},
		"found and sorted":       {Filter{Creator: "u", Sort: ByValue}, []string{"1002", "1003", "1000", "1001"}},
		"an order of long since": {Filter{Sort: "gone"}, []string{"1000", "1001", "1002", "1003"}},
		"in no campaign":         {Filter{Only: Criteria{Campaign: NoCampaign}}, []string{"1000", "1001", "1002", "1003"}},
		"nothing":                {Filter{Only: Criteria{Product: "gone"}}, nil},
	} {
		found, total := rows(c.filter)
		require.Equal(t, c.want, found, name)
		require.Equal(t, len(c.want), total, name)
	}

	var many []workflow.Application
	for n := range MostSorted {
		many = append(many, waiting(glow, 100+n))
	}
	for part := range slices.Chunk(many, 500) {
		keep(t, store, putAll(part...))
	}
	l := read(Filter{Sort: ByValue, Shop: glow}, Page{}, 3)
	require.True(t, l.Partial)
	require.Equal(t, MostSorted, l.Total, "of those that were looked at")
	require.Equal(t, "1002", string(l.Rows[0].Application.Key.ID))
	last := *l.Next
	for range MostSorted/3 + 1 {
		if l = read(Filter{Sort: ByValue, Shop: glow}, last, 600); l.Next == nil {
			break
		}
		last = *l.Next
	}
	require.Equal(t, MostSorted, l.First+len(l.Rows)-1, "the pages end where the reading did")
}
