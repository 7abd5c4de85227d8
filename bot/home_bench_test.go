package bot

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/bot/view"
	"sampledesk/store/boltstore"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// BenchmarkAPageOfAppHome builds a page of App Home among 5,000 requests that wait. It has to cost about what it costs
// among a hundred: all that it shows is read from listings. (Among ten it reads ten, where else it looks at a hundred
// for how many end soon.)
func BenchmarkAPageOfAppHome(b *testing.B) {
	for _, size := range []int{10, 100, 5000} {
		for _, page := range []int{0, 5, 400} {
			if page*view.HomePageSize >= size {
				continue
			}
			b.Run(fmt.Sprintf("%d/page-%d", size, page), func(b *testing.B) {
				d := deskOn(b, longQueue(b, size))
				state := pageOfHome(b, d, page)
				for b.Loop() {
					if _, err := d.home().buildHome(b.Context(), "U0MEMBER01", state, nil); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// pageOfHome turns so many pages.
func pageOfHome(b *testing.B, d benched, pages int) (state view.HomeState) {
	b.Helper()
	require.NoError(b, d.store.View(b.Context(), func(tx workflow.Tx) error {
		shops, err := tx.Shops()
		require.NoError(b, err)
		for range pages {
			l, err := query.ReadList(b.Context(), tx, query.ListRequest{Shops: shops, Filter: state.Filter, Page: state.Page, Size: view.HomePageSize})
			require.NoError(b, err)
			state = state.Next(*l.Next)
		}
		return nil
	}))
	return state
}

// longQueue is a shop in which so many wait.
func longQueue(b *testing.B, size int) workflow.Store {
	b.Helper()
	store, err := boltstore.Open(b.Context(), filepath.Join(b.TempDir(), "desk.db"))
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, store.Close()) })
	const shop workflow.ShopID = "7495540735365777507"
	require.NoError(b, store.Update(b.Context(), func(tx workflow.Tx) error {
		for i := range size {
			id := workflow.ApplicationID(fmt.Sprint(1000 + i))
			a := workflow.Application{Key: workflow.Key{Shop: shop, ID: id}, SeenAt: time.Now(), Snapshot: workflow.Snapshot{
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
