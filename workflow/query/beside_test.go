package query

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

func TestOnlyEarlierRequestsForTheVeryProductAndVariantAreARepeat(t *testing.T) {
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	of := func(id workflow.ApplicationID, shop workflow.ShopID, sku string, status workflow.Status, after time.Duration) workflow.Application {
		return workflow.Application{
			Key: workflow.Key{Shop: shop, ID: id}, SeenAt: at.Add(after), ChangedAt: at.Add(after),
			Snapshot: workflow.Snapshot{Status: status, Product: workflow.Product{ID: "p", SKU: sku}},
		}
	}
	one := of("1", "s", "red", workflow.StatusPending, 0)
	all := []workflow.Application{ // the latest first
		of("9", "s", "red", workflow.StatusPending, time.Hour),
		one,
		of("2", "other", "red", workflow.StatusCompleted, -1*time.Hour),
		of("3", "s", "blue", workflow.StatusRejectCancelled, -2*time.Hour),
		of("4", "s", "red", workflow.StatusShipped, -3*time.Hour),
		of("5", "s", "red", workflow.StatusCompleted, -4*time.Hour),
		of("6", "s", "red", workflow.StatusUnfulfilCancelled, -5*time.Hour),
		of("7", "other", "red", workflow.StatusPending, -6*time.Hour),
	}
	b := besideOf(all, one)
	require.Equal(t, Repeat{Asked: 3, Received: 2, Posted: 1, Last: Outcome{Stage: workflow.StageShipping, At: at.Add(-3 * time.Hour)}}, b.Repeat)
	require.Equal(t, Outcome{Stage: workflow.StageCompleted, At: at.Add(-time.Hour)}, b.Last)
	require.Equal(t, 2, b.Total)
	require.Equal(t, []workflow.ApplicationID{"9", "4"}, []workflow.ApplicationID{b.Open[0].Key.ID, b.Open[1].Key.ID}, "of this shop alone")

	nameless := one
	nameless.Snapshot.Product = workflow.Product{}
	require.Zero(t, besideOf([]workflow.Application{nameless, of("2", "s", "", workflow.StatusCompleted, -time.Hour)}, nameless).Repeat)
	require.Zero(t, besideOf([]workflow.Application{one}, one))
	for range 300 {
		all = append(all, of("x", "s", "red", workflow.StatusShipped, -7*time.Hour))
	}
	b = besideOf(all, one)
	require.Equal(t, []int{302, MaxOpen}, []int{b.Total, len(b.Open)})
}
