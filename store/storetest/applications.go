package storetest

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

var applications = []promise{
	{"An application is put in place of the one of the same key", showApplications},
	{"An application that is not there is not found", showNoApplication},
	{"An application stands in every listing that its places name, and moves with them", showPlaces},
	{"One that was not seen yet is kept and not listed", showUnseen},
	{"A listing is in the order of its places, whatever the order of putting", showQueueOrder},
	{"A page has as many as asked for, and its cursor goes on behind the last", showPages},
	{"A listing can be read from its end, the last place first", showLatest},
	{"What is outlined of applications is what is kept of them", showOutlines},
	{"An application's stamp changes with it, and only with it", showStamps},
	{"A cursor goes on where it was, whatever came, went or moved meanwhile", showCursor},
	{"Listings follow a thousand random changes, and so do their counts", showRandomChanges},
}

func pageOf(t *testing.T, s workflow.Store, l workflow.Listing, after string, limit int) workflow.Page {
	t.Helper()
	return get(t, s, func(tx workflow.Tx) (workflow.Page, error) { return tx.Applications(l, after, limit) })
}

func countOf(t *testing.T, s workflow.Store, l workflow.Listing) int {
	t.Helper()
	return get(t, s, func(tx workflow.Tx) (int, error) { return tx.Count(l) })
}

// applicationIDs returns the ids of a listing's applications, read by pages of that size.
func applicationIDs(t *testing.T, s workflow.Store, l workflow.Listing, limit int) []string {
	t.Helper()
	list := walk(t, limit, func(after string, limit int) ([]workflow.Application, string, error) {
		page := pageOf(t, s, l, after, limit)
		return page.Applications, page.Next, nil
	})
	return idsOf(list)
}

func idsOf(list []workflow.Application) []string {
	var all []string
	for _, a := range list {
		all = append(all, string(a.Key.ID))
	}
	return all
}

func showApplications(t *testing.T, s workflow.Store) {
	a, other := application("1", 10), application("1", 20)
	other.Key.Shop = "another"
	put(t, s, putApplications(a, other))
	a.Round, a.Decision.Phase = 2, workflow.DecisionQueued
	put(t, s, putApplications(a))
	for _, want := range []workflow.Application{a, other} {
		require.Equal(t, want, get(t, s, func(tx workflow.Tx) (workflow.Application, error) { return tx.Application(want.Key) }))
	}
}

func showNoApplication(t *testing.T, s workflow.Store) {
	put(t, s, putApplications(application("12", 1)))
	for _, k := range []workflow.Key{key("1"), key("123"), {Shop: "another", ID: "12"}} {
		err := s.View(t.Context(), func(tx workflow.Tx) error { _, err := tx.Application(k); return err })
		require.ErrorIs(t, err, workflow.ErrNotFound)
	}
	require.Empty(t, pageOf(t, s, workflow.QueueOf("another"), "", 9))
	require.Zero(t, countOf(t, s, workflow.QueueOf("another")))
}

func showPlaces(t *testing.T, s workflow.Store) {
	a := application("1", 10)
	a.Campaign = "spring"
	waiting := []workflow.Listing{
		workflow.QueueOf(theShop), workflow.BacklogOf(theShop),
		workflow.StageOf(theShop, workflow.StageReview), workflow.CreatorOf("id:open-1"),
		workflow.UsernameOf(theShop, "GLOW.daily"), workflow.CampaignOf("spring"),
		workflow.CampaignStageOf("spring", workflow.StageReview),
	}
	always := []workflow.Listing{workflow.LiveOf(theShop), workflow.SeenOf(theShop), workflow.ShortOf(a.Key.Short())}
	put(t, s, putApplications(a))
	for _, l := range slices.Concat(waiting, always) {
		require.Equal(t, workflow.Page{Applications: []workflow.Application{a}}, pageOf(t, s, l, "", 9), "%q", l)
		require.Equal(t, 1, countOf(t, s, l), "%q", l)
	}

	// The sample was delivered, and the creator turned out to be another, in another campaign.
	a.Snapshot.Status, a.Campaign = workflow.StatusContentPending, "summer"
	a.Snapshot.Creator.OpenID, a.Snapshot.Creator.Username = "open-2", "kitchen_finds"
	put(t, s, putApplications(a))
	for _, l := range waiting {
		require.Empty(t, pageOf(t, s, l, "", 9), "%q", l)
		require.Zero(t, countOf(t, s, l), "%q", l)
	}
	for _, l := range append(always,
		workflow.StageOf(theShop, workflow.StageContent), workflow.CreatorOf("id:open-2"),
		workflow.UsernameOf(theShop, "kitchen_finds"), workflow.CampaignOf("summer"),
		workflow.CampaignStageOf("summer", workflow.StageContent),
	) {
		require.Equal(t, workflow.Page{Applications: []workflow.Application{a}}, pageOf(t, s, l, "", 9), "%q", l)
	}
}

func showUnseen(t *testing.T, s workflow.Store) {
	a := application("1", 10)
	put(t, s, putApplications(a))
	unseen := workflow.Application{Key: a.Key}
	put(t, s, putApplications(unseen))
	require.Equal(t, unseen, get(t, s, func(tx workflow.Tx) (workflow.Application, error) { return tx.Application(a.Key) }))
	for _, p := range a.Places() {
		require.Empty(t, pageOf(t, s, p.Listing, "", 9))
		require.Zero(t, countOf(t, s, p.Listing))
	}
	put(t, s, putApplications(a))
	require.Equal(t, 1, countOf(t, s, workflow.QueueOf(theShop)))
}

func showQueueOrder(t *testing.T, s workflow.Store) {
	none := application("0", 0)
	none.Snapshot.ReviewBy = time.Time{}
	put(t, s, putApplications(application("5", 3), none, application("3", 1), application("10", 2), application("2", 2), application("4", -1)))
	require.Equal(t, []string{"4", "3", "10", "2", "5", "0"}, applicationIDs(t, s, workflow.QueueOf(theShop), 9))
}

func showPages(t *testing.T, s workflow.Store) {
	var want []string
	for i := range 7 {
		id := strconv.Itoa(i)
		want = append(want, id)
		other := application(id, i)
		other.Key.Shop = theShop + "1" // an id that begins alike
		put(t, s, putApplications(application(id, i), other))
	}
	queue := workflow.QueueOf(theShop)
	for limit := 1; limit <= 9; limit++ {
		require.Equal(t, want, applicationIDs(t, s, queue, limit), "by %d", limit)
	}
	first := pageOf(t, s, queue, "", 3)
	require.Equal(t, want[:3], idsOf(first.Applications))
	require.NotEmpty(t, first.Next)
	require.Equal(t, first, pageOf(t, s, queue, "", 3), "a cursor is not used up")
	require.Empty(t, pageOf(t, s, queue, "", 9).Next)
	require.Empty(t, pageOf(t, s, queue, "", 0).Applications)
	require.Empty(t, pageOf(t, s, queue, "\U0010FFFF", 9))
}

func showStamps(t *testing.T, s workflow.Store) {
	stampOf := func(id string) workflow.Stamp {
		return get(t, s, func(tx workflow.Tx) (workflow.Stamp, error) { return tx.Stamp(key(id)) })
	}
	listed := func(after string, limit int) (all []workflow.Stamped, next string) {
		require.NoError(t, s.View(t.Context(), func(tx workflow.Tx) (err error) {
			all, next, err = tx.Stamps(workflow.LiveOf(theShop), after, limit)
			return err
		}))
		return all, next
	}
	one, other := application("1", 10), application("2", 3)
	put(t, s, putApplications(one, other))
	before, beside := stampOf("1"), stampOf("2")
	require.Equal(t, before, stampOf("1"))
	put(t, s, putApplications(one))
	require.Equal(t, before, stampOf("1"), "what is kept again as it was keeps its stamp")
	changed := one
	changed.Round++
	put(t, s, putApplications(changed))
	require.NotEqual(t, before, stampOf("1"))
	require.Equal(t, beside, stampOf("2"))

	first, next := listed("", 1)
	require.Equal(t, []workflow.Stamped{{Key: key("1"), Stamp: stampOf("1")}}, first)
	rest, next := listed(next, 5)
	require.Equal(t, []workflow.Stamped{{Key: key("2"), Stamp: beside}}, rest)
	require.Empty(t, next)

	require.ErrorIs(t, s.View(t.Context(), func(tx workflow.Tx) error {
		_, err := tx.Stamp(key("3"))
		return err
	}), workflow.ErrNotFound)
	require.NoError(t, s.Update(t.Context(), func(tx workflow.Tx) error {
		require.NoError(t, tx.PutApplication(one))
		within, err := tx.Stamp(key("1"))
		require.Equal(t, before, within, "an update sees its own")
		return err
	}))
}

func showLatest(t *testing.T, s workflow.Store) {
	latest := func(l workflow.Listing, limit int) []string {
		return idsOf(get(t, s, func(tx workflow.Tx) ([]workflow.Application, error) { return tx.Latest(l, limit) }))
	}
	queue := workflow.QueueOf(theShop)
	require.Empty(t, latest(queue, 9), "of nothing")
	neighbour := application("9", 9)
	neighbour.Key.Shop = theShop + "0" // its listings come right behind
	before := application("8", 9)
	before.Key.Shop = "0" // and these before
	put(t, s, putApplications(application("5", 3), application("3", 1), application("10", 2)))
	require.Equal(t, []string{"5", "10", "3"}, latest(queue, 9), "at the end of all")
	put(t, s, putApplications(neighbour, before))
	require.Equal(t, []string{"5", "10", "3"}, latest(queue, 9))
	require.Equal(t, []string{"5", "10"}, latest(queue, 2))
	require.Empty(t, latest(queue, 0))
	require.Empty(t, latest(workflow.QueueOf(theShop+"00"), 9))
	moved := application("3", 7)
	put(t, s, putApplications(moved))
	require.Equal(t, []string{"3", "5", "10"}, latest(queue, 9), "one that moved")
	stage := workflow.StageOf(theShop, workflow.StageReview)
	require.Equal(t, []string{"3"}, latest(stage, 1))
}

func showOutlines(t *testing.T, s workflow.Store) {
	outlines := func(limit int) []workflow.Outline {
		return get(t, s, func(tx workflow.Tx) ([]workflow.Outline, error) { return tx.Outlines(workflow.SeenOf(theShop), limit) })
	}
	require.Empty(t, outlines(9), "of nothing")
	plain, full := application("1", 1), application("2", 2)
	full.Card = workflow.Card{Wanted: true, Post: workflow.Post{Channel: "C1", Lost: true}}
	full.Decision = workflow.Decision{Phase: workflow.DecisionRefused, Verdict: workflow.Approve, Rule: "r", By: "U1", Failure: workflow.Failure{Code: 5, Fault: workflow.FaultAgency}}
	full.Snapshot.Product = workflow.Product{ID: "p", SKU: "s", Title: "Glow serum"}
	full.Contents = []workflow.Content{{ID: "c", Orders: workflow.OptionalNumber{Value: 3, Shared: true}}, {ID: "d", Text: "of which nothing is told"}}
	full.ChangedAt, full.ContentAt = full.SeenAt.Add(time.Hour), full.SeenAt.Add(2*time.Hour)
	full.DedupKeys, full.First = []string{"a", "b"}, &workflow.KeptFacts{Followers: workflow.OptionalNumber{Value: 0.5, Shared: true}, Lists: []workflow.ListName{"vip"}}
	put(t, s, putApplications(plain, full))
	want := func(a workflow.Application) workflow.Application {
		o := workflow.Application{Key: a.Key, SeenAt: a.SeenAt, ChangedAt: a.ChangedAt, ContentAt: a.ContentAt}
		o.Snapshot.Status, o.Snapshot.Product = a.Snapshot.Status, workflow.Product{ID: a.Snapshot.Product.ID, SKU: a.Snapshot.Product.SKU}
		o.Decision = workflow.Decision{Phase: a.Decision.Phase, Verdict: a.Decision.Verdict, Rule: a.Decision.Rule, Failure: workflow.Failure{Fault: a.Decision.Failure.Fault}}
		o.Card = workflow.Card{Wanted: a.Card.Wanted, Post: workflow.Post{Lost: a.Card.Lost}}
		for _, c := range a.Contents {
			o.Contents = append(o.Contents, workflow.Content{Orders: c.Orders})
		}
		return o
	}
	all := outlines(9)
	require.Len(t, all, 2)
	require.Equal(t, []workflow.Application{want(full), want(plain)}, []workflow.Application{all[0].Application(), all[1].Application()})
	require.Len(t, outlines(1), 1)
}

func showCursor(t *testing.T, s workflow.Store) {
	for i := range 6 {
		put(t, s, putApplications(application(strconv.Itoa(i), 10*i)))
	}
	queue := workflow.QueueOf(theShop)
	page := pageOf(t, s, queue, "", 3)
	require.Equal(t, []string{"0", "1", "2"}, idsOf(page.Applications))

	gone, moved := application("2", 20), application("4", 5)
	gone.Snapshot.Status = workflow.StatusWithdrawn // the very one that the cursor rests on
	put(t, s, putApplications(gone, moved, application("early", 15), application("late", 45)))
	page = pageOf(t, s, queue, page.Next, 9)
	require.Equal(t, []string{"3", "late", "5"}, idsOf(page.Applications))
	require.Empty(t, page.Next)
}

func showRandomChanges(t *testing.T, s workflow.Store) {
	random := rand.New(rand.NewPCG(2026, 11))
	kept := map[workflow.Key]workflow.Application{}
	met := map[workflow.Listing]bool{}
	for range 20 {
		keep(t, s, func(tx workflow.Tx) error {
			for range 50 {
				a := randomApplication(random)
				kept[a.Key] = a
				for _, p := range a.Places() {
					met[p.Listing] = true
				}
				if err := tx.PutApplication(a); err != nil {
					return err
				}
			}
			return nil
		})
		requireListings(t, s, kept, met, 1+random.IntN(8))
	}
}

func randomApplication(random *rand.Rand) workflow.Application {
	statuses := []workflow.Status{workflow.StatusPending, workflow.StatusPending, workflow.StatusAwaitingShipment, workflow.StatusCompleted, "NEVER_HEARD_OF"}
	a := application(strconv.Itoa(random.IntN(30)), random.IntN(20))
	a.Key.Shop = workflow.ShopID(strconv.Itoa(random.IntN(2)))
	a.Snapshot.Status = statuses[random.IntN(len(statuses))]
	a.Snapshot.ShipBy = minute(random.IntN(20))
	a.Snapshot.Creator.OpenID = []string{"", "open-1", "open-2"}[random.IntN(3)]
	a.Snapshot.Creator.Username = []string{"glow.daily", "Kitchen_Finds", "slash/and\x1fmore"}[random.IntN(3)]
	a.Campaign = workflow.CampaignID([]string{"", "spring", "summer"}[random.IntN(3)])
	a.Card.Wanted = random.IntN(2) == 0
	a.Card.Channel, a.Card.TS = "C1", []string{"", a.Key.String(), "anew " + a.Key.String()}[random.IntN(3)]
	a.Card.Lost = random.IntN(4) == 0
	a.ChangedAt = minute(random.IntN(5))
	a.SeenAt = minute(random.IntN(3))
	return a
}

// requireListings works every listing out again from the applications, and compares.
func requireListings(t *testing.T, s workflow.Store, kept map[workflow.Key]workflow.Application, met map[workflow.Listing]bool, limit int) {
	t.Helper()
	want := map[workflow.Listing][]string{}
	for l := range met {
		want[l] = nil
	}
	for _, k := range slices.Collect(maps.Keys(kept)) {
		for _, p := range kept[k].Places() {
			want[p.Listing] = append(want[p.Listing], p.Sort+"\x00"+k.String())
		}
	}
	for l, sorted := range want {
		slices.Sort(sorted)
		list := walk(t, limit, func(after string, limit int) ([]workflow.Application, string, error) {
			page := pageOf(t, s, l, after, limit)
			return page.Applications, page.Next, nil
		})
		require.Len(t, list, len(sorted), "%q", l)
		for i, a := range list {
			require.True(t, strings.HasSuffix(sorted[i], "\x00"+a.Key.String()), "%q", l)
			require.Equal(t, kept[a.Key], a, fmt.Sprint(a.Key))
		}
		require.Equal(t, len(sorted), countOf(t, s, l), "%q", l)
	}
}
