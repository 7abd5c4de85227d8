package query

import (
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

func TestNothingThatWasNotTheirDoingIsCountedAgainstACreator(t *testing.T) {
	of := func(statuses ...workflow.Status) (all []workflow.Application) {
		for n, s := range statuses {
			all = append(all, request(glow, n, s))
		}
		return all
	}
	lost := recordOf(of(workflow.StatusOverdueCancelled, workflow.StatusNotShipCancelled, workflow.StatusCollabDeleted,
		workflow.StatusUnfulfillable, workflow.StatusOpsCancelled, workflow.StatusOpsFailed), workflow.Key{})
	require.Equal(t, 6, lost.Lost)
	require.Equal(t, Record{Lost: 6, Losses: lost.Losses}, lost)

	all := of(workflow.StatusPending, workflow.StatusRejectCancelled, workflow.StatusWithdrawn, workflow.StatusAwaitingShipment,
		workflow.StatusShipped, workflow.StatusContentPending, workflow.StatusUnfulfilCancelled, workflow.StatusCompleted)
	require.Equal(t, Record{Asked: 8, Approved: 5, Received: 3, Posted: 1}, recordOf(all, workflow.Key{}))
	require.Equal(t, Record{}, recordOf(all[:1], all[0].Key), "the one beside which it is shown is left out")
	require.Equal(t, Record{}, recordOf([]workflow.Application{{}}, workflow.Key{}), "one that was not seen yet")
}

func TestARecordTellsWhatACreatorSoldAndKeepsApartWhatWasLostWithoutThem(t *testing.T) {
	orders := func(all ...workflow.OptionalNumber) (found []workflow.Content) {
		for _, f := range all {
			found = append(found, workflow.Content{Orders: f})
		}
		return found
	}
	posted, again := request(glow, 0, workflow.StatusCompleted), request(glow, 1, workflow.StatusCompleted)
	posted.Contents = orders(workflow.OptionalNumber{Value: 12, Shared: true}, workflow.OptionalNumber{})
	again.Contents = orders(workflow.OptionalNumber{Value: 5, Shared: true})
	r := recordOf([]workflow.Application{
		posted, again, request(glow, 2, workflow.StatusContentPending), request(glow, 3, workflow.StatusRejectCancelled),
		request(glow, 4, workflow.StatusOverdueCancelled), request(glow, 5, workflow.StatusOverdueCancelled), request(glow, 6, workflow.StatusNotShipCancelled),
	}, workflow.Key{})
	require.Equal(t, Record{
		Asked: 4, Approved: 3, Received: 3, Posted: 2, Lost: 3, Sold: workflow.OptionalNumber{Value: 17, Shared: true}, Pieces: 3,
		Losses: map[workflow.Stage]int{workflow.StageExpired: 2, workflow.StageNotShipped: 1},
	}, r)
	require.True(t, r.Known())
	require.False(t, Record{}.Known())
}

func TestTheCardAndTheListTellTheSameOfACreatorTheLatestOfTheirRequestsFirst(t *testing.T) {
	const earlier = 10 // more than are counted
	store := open(t)
	var all []workflow.Application
	for n := range maxRecorded + earlier {
		status := workflow.StatusOverdueCancelled
		if n >= earlier {
			status = workflow.StatusRejectCancelled
		}
		if n >= maxRecorded {
			status = workflow.StatusCompleted
		}
		all = append(all, request(glow, n, status))
	}
	last := request(home, len(all), workflow.StatusPending)
	keep(t, store, putAll(append(all, last)...))

	card := see(t, store, func(tx workflow.Tx) (Card, error) { return CardOf(tx, Defaults{}, last) })
	require.Equal(t, Record{Asked: maxRecorded - 1, Approved: 10, Received: 10, Posted: 10}, card.Record,
		"without the one that is shown, and without those that came too long ago")
	list := see(t, store, func(tx workflow.Tx) (Found, error) {
		return Results(tx, shops, Search{Term: SearchTerm{Word: "GLOW.daily"}, Size: 3})
	})
	require.Equal(t, Record{Asked: maxRecorded, Approved: 10, Received: 10, Posted: 10}, list.Record)
	require.Equal(t, len(all)+1, list.Total)
	require.Equal(t, []workflow.Key{last.Key, all[len(all)-1].Key, all[len(all)-2].Key},
		[]workflow.Key{list.Rows[0].Application.Key, list.Rows[1].Application.Key, list.Rows[2].Application.Key})
	require.Equal(t, "Nimbus Home", list.Rows[0].Shop)
}
