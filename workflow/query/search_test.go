package query

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

// putNamed keeps requests with their products.
func putNamed(t testing.TB, store workflow.Store, all []workflow.Application) {
	t.Helper()
	for part := range slices.Chunk(all, 500) {
		keep(t, store, func(tx workflow.Tx) error {
			for _, a := range part {
				if err := tx.PutApplication(a); err != nil {
					return err
				}
				if err := tx.PutProduct(a.Key.Shop, a.Snapshot.Product); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

func asksAs(n int, nickname, username, product string) workflow.Application {
	a := request(glow, n, workflow.StatusPending)
	a.SeenAt = noon.Add(time.Duration(n) * time.Minute)
	a.Snapshot.Creator = workflow.Creator{OpenID: username, Nickname: nickname, Username: username}
	a.Snapshot.Product = workflow.Product{ID: workflow.ProductID(product), Title: product}
	return a
}

func TestWordsFindWhatAPlainScanFinds(t *testing.T) {
	store, random := open(t), rand.New(rand.NewPCG(3, 9))
	names, products := []string{"Desk Corner", "Glow Daily", "Café Glow", "desk", "Daily Desk"}, []string{"Glow Serum", "Desk Lamp", "Crème"}
	var all []workflow.Application
	for n := range 120 {
		all = append(all, asksAs(n, names[random.IntN(len(names))], fmt.Sprintf("daily.%d_x", random.IntN(20)), products[random.IntN(3)]))
	}
	putNamed(t, store, all)
	slices.Reverse(all) // the latest first
	for _, typed := range []string{"desk", "Desk Corner", "glow", "cafe", "CREME desk", "daily 1", "1", "x", "lamp corner", "serum", "esk", "glow glow", "", "daily.1_x"} {
		var want []workflow.Key
		for _, a := range all {
			if a.FoundBy(workflow.Words(typed)) {
				want = append(want, a.Key)
			}
		}
		got := see(t, store, func(tx workflow.Tx) (keys []workflow.Key, err error) {
			found, more, err := ByWords(t.Context(), tx, shops, typed)
			require.False(t, more)
			for _, a := range found {
				keys = append(keys, a.Key)
			}
			return keys, err
		})
		require.Equal(t, want, got, typed)
	}
}

func TestWhatIsRareIsFoundAmongManyThatShareItsOtherWords(t *testing.T) {
	store := open(t)
	var all []workflow.Application
	for n := range 3 * maxTried {
		all = append(all, asksAs(n, "Glow Daily", fmt.Sprintf("glow.daily%d", n), "Glow Serum"))
	}
	putNamed(t, store, append(all, asksAs(len(all), "Glow Zebra", "glow.zebra", "Glow Serum")))
	see(t, store, func(tx workflow.Tx) (int, error) {
		found, more, err := ByWords(t.Context(), tx, shops, "glow serum zeb")
		require.Len(t, found, 1)
		require.False(t, more)
		found, more, _ = ByWords(t.Context(), tx, shops, "glow serum")
		require.Len(t, found, MaxHits)
		require.True(t, more)
		return 0, err
	})
}

func TestAUserNameThatIsThereMeansNobodyElse(t *testing.T) {
	store := open(t)
	putNamed(t, store, []workflow.Application{asksAs(1, "Glow", "glow", "Serum"), asksAs(2, "Glow Daily", "glow.daily", "Serum"), asksAs(3, "Desk Corner", "setups", "Lamp")})
	for typed, want := range map[string]int{"glow": 1, "GLOW.DAILY": 1, "Desk Corner": 1, "glow d": 1, "lamp": 1, "serum": 2, "g": 2, "nobody": 0} {
		found := see(t, store, func(tx workflow.Tx) ([]workflow.Application, error) { return Find(tx, shops, SearchTerm{Word: typed}) })
		require.Len(t, found, want, typed)
	}
}
