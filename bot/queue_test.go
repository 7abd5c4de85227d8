package bot

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/store/boltstore"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// BenchmarkAPageOfALongQueue reads a page of 5,000 requests that wait. It has to cost what a page of ten costs, as the
// queue is an index read.
func BenchmarkAPageOfALongQueue(b *testing.B) {
	for _, size := range []int{10, 5000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			d := &Desk{store: longQueue(b, size), log: slog.New(slog.DiscardHandler)}
			shops, err := d.shops(b.Context())
			require.NoError(b, err)
			for b.Loop() {
				if _, err := d.queue(b.Context(), shops, query.Page{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func longQueue(b *testing.B, size int) workflow.Store {
	b.Helper()
	store, err := boltstore.Open(b.Context(), filepath.Join(b.TempDir(), "desk.db"))
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, store.Close()) })
	const shop workflow.ShopID = "7495540735365777507"
	require.NoError(b, store.Update(b.Context(), func(tx workflow.Tx) error {
		for i := range size {
			id := workflow.ApplicationID(fmt.Sprint(1000 + i))
			a := workflow.Application{Key: workflow.Key{Shop: shop, ID: id}, SeenAt: time.Now(), Report: workflow.Report{
				Status: workflow.StatusPending, ReviewBy: time.Now().Add(time.Duration(i) * time.Minute), Approvable: true,
				Creator: workflow.Creator{Username: "glow.daily", Nickname: "Glow Daily"}, Product: workflow.Product{Title: "Glow Serum"},
			}}
			if err := tx.PutApplication(a); err != nil {
				return err
			}
		}
		return tx.PutShop(workflow.Shop{ID: shop, Name: "Glow Shop"})
	}))
	return store
}
