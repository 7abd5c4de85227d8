package storetest

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

var shopRules = []promise{
	{"A shop's rules are put in place of those it had, and a shop without any has none", showRules},
	{"A list has each creator once, by creator and in pages, and a creator each list once, by name", showLists},
	{"A list's creator who is taken off is on it no more, and nobody else is", showUnlisted},
	{"A cost is that of its very product and variant, and costs come by these in pages", showCosts},
	{"A count is the sum of what was added, and is not listed at zero", showTallies},
	{"Counts come by name in pages, those alone that begin as asked for, from any name on", showTalliesListed},
	{"Of additions at the same time none is lost, and none of an update that fails counts", showTalliesAtOnce},
	{"Views keep no rule, no list, no cost and no count", showRulesReadOnly},
}

func showRules(t *testing.T, s workflow.Store) {
	of := func(shop workflow.ShopID) func(workflow.Tx) (workflow.Rules, error) {
		return func(tx workflow.Tx) (workflow.Rules, error) { return tx.Rules(shop) }
	}
	require.Equal(t, workflow.Rules{Shop: theShop}, get(t, s, of(theShop)))
	all := whole[workflow.Rules](start)
	all.Shop = theShop
	put(t, s, each([]workflow.Rules{all, {Shop: theShop + "1", Version: 1}}, workflow.Tx.PutRules))
	require.Equal(t, all, get(t, s, of(theShop)))
	taken := get(t, s, of(theShop))
	taken.All[0].Conditions[0].Text[0] = "changed outside"
	require.Equal(t, all, get(t, s, of(theShop)), "nothing is shared")
	all.All = append(all.All, workflow.ShopRule{ID: "2", Name: "Too small", Mode: workflow.ModeProposing, Conditions: []workflow.Condition{
		{Fact: workflow.FactFollowers, Op: workflow.AtMost, Number: 999.5},
	}})
	put(t, s, each([]workflow.Rules{all}, workflow.Tx.PutRules))
	require.Equal(t, all, get(t, s, of(theShop)))
	require.Equal(t, workflow.Rules{Shop: theShop + "1", Version: 1}, get(t, s, of(theShop+"1")))
}

func listed(shop workflow.ShopID, l workflow.ListName, c workflow.CreatorKey, note string) workflow.Listed {
	return workflow.Listed{Shop: shop, List: l, Creator: c, Shown: workflow.Creator{Username: string(c)}, By: "U1", At: start, Note: note}
}

func listOf(t *testing.T, s workflow.Store, shop workflow.ShopID, l workflow.ListName, limit int) []workflow.Listed {
	t.Helper()
	return walk(t, limit, func(after string, limit int) (list []workflow.Listed, next string, err error) {
		see(t, s, func(tx workflow.Tx) error { list, next, err = tx.Listed(shop, l, after, limit); return err })
		return list, next, err
	})
}

func listsOf(shop workflow.ShopID, c workflow.CreatorKey) func(workflow.Tx) ([]workflow.ListName, error) {
	return func(tx workflow.Tx) ([]workflow.ListName, error) { return tx.ListsOf(shop, c) }
}

func showLists(t *testing.T, s workflow.Store) {
	a, b, c := listed(theShop, "block", "id:a", "never"), listed(theShop, "block", "id:b", ""), listed(theShop, "block", "name:1:c", "")
	others := []workflow.Listed{listed(theShop, "block2", "id:a", ""), listed(theShop+"1", "block", "id:d", ""), listed(theShop, "vip", "id:a2", "")}
	put(t, s, each(others, workflow.Tx.PutListed), each([]workflow.Listed{c, listed(theShop, "block", "id:a", "first"), b, a}, workflow.Tx.PutListed))
	for limit := 1; limit < 5; limit++ {
		require.Equal(t, []workflow.Listed{a, b, c}, listOf(t, s, theShop, "block", limit), "by %d", limit)
	}
	require.Equal(t, []workflow.ListName{"block", "block2"}, get(t, s, listsOf(theShop, "id:a")))
	require.Equal(t, []workflow.ListName{"vip"}, get(t, s, listsOf(theShop, "id:a2")))
	require.Empty(t, get(t, s, listsOf(theShop+"1", "id:a")))
	require.Empty(t, listOf(t, s, theShop, "bloc", 3))
}

func showUnlisted(t *testing.T, s workflow.Store) {
	remove := func(l workflow.ListName, c workflow.CreatorKey) func(workflow.Tx) error {
		return func(tx workflow.Tx) error { return tx.RemoveListed(theShop, l, c) }
	}
	a, b := listed(theShop, "block", "id:a", ""), listed(theShop, "block", "id:b", "")
	put(t, s, each([]workflow.Listed{a, b, listed(theShop, "vip", "id:a", "")}, workflow.Tx.PutListed))
	require.ErrorIs(t, fails(t, s, remove("block", "id:c")), workflow.ErrNotFound)
	require.ErrorIs(t, fails(t, s, remove("vip", "id:b")), workflow.ErrNotFound)
	put(t, s, remove("block", "id:a"))
	require.Equal(t, []workflow.Listed{b}, listOf(t, s, theShop, "block", 5))
	require.Equal(t, []workflow.ListName{"vip"}, get(t, s, listsOf(theShop, "id:a")))
	require.ErrorIs(t, fails(t, s, remove("block", "id:a")), workflow.ErrNotFound)
}

func showCosts(t *testing.T, s workflow.Store) {
	cost := func(shop workflow.ShopID, p workflow.ProductID, sku, amount string) workflow.Cost {
		return workflow.Cost{Shop: shop, Product: p, SKU: sku, Amount: workflow.Money{Amount: amount, Currency: "USD"}, By: "U1", At: start}
	}
	all := []workflow.Cost{cost(theShop, "17", "", "4.20"), cost(theShop, "17", "1", "5"), cost(theShop, "172", "", "3")}
	of := func(limit int) []workflow.Cost {
		return walk(t, limit, func(after string, limit int) (list []workflow.Cost, next string, err error) {
			see(t, s, func(tx workflow.Tx) error { list, next, err = tx.Costs(theShop, after, limit); return err })
			return list, next, err
		})
	}
	one := func(p workflow.ProductID, sku string) func(workflow.Tx) (workflow.Cost, error) {
		return func(tx workflow.Tx) (workflow.Cost, error) { return tx.Cost(theShop, p, sku) }
	}
	put(t, s, each([]workflow.Cost{all[2], all[1], cost(theShop, "17", "", "1"), cost(theShop+"1", "17", "", "9"), all[0]}, workflow.Tx.PutCost))
	for limit := 1; limit < 5; limit++ {
		require.Equal(t, all, of(limit), "by %d", limit)
	}
	require.Equal(t, all[0], get(t, s, one("17", "")))
	require.Equal(t, all[1], get(t, s, one("17", "1")))
	see(t, s, func(tx workflow.Tx) error {
		_, err := tx.Cost(theShop, "17", "2")
		require.ErrorIs(t, err, workflow.ErrNotFound)
		return nil
	})
	remove := func(tx workflow.Tx) error { return tx.RemoveCost(theShop, "17", "") }
	put(t, s, remove)
	require.Equal(t, all[1:], of(3))
	require.ErrorIs(t, fails(t, s, remove), workflow.ErrNotFound)
}

func add(shop workflow.ShopID, name string, delta int64) func(workflow.Tx) error {
	return func(tx workflow.Tx) error { return tx.AddTally(shop, name, delta) }
}

func tallyOf(shop workflow.ShopID, name string) func(workflow.Tx) (int64, error) {
	return func(tx workflow.Tx) (int64, error) { return tx.Tally(shop, name) }
}

func talliesOf(t *testing.T, s workflow.Store, prefix, from string, limit int) []workflow.Tally {
	t.Helper()
	return walk(t, limit, func(after string, limit int) (list []workflow.Tally, next string, err error) {
		see(t, s, func(tx workflow.Tx) error {
			list, next, err = tx.Tallies(theShop, prefix, max(after, from), limit)
			return err
		})
		return list, next, err
	})
}

func showTallies(t *testing.T, s workflow.Store) {
	require.Zero(t, get(t, s, tallyOf(theShop, "a")))
	put(t, s, add(theShop, "a", 3), add(theShop, "a", -5), add(theShop, "b", 1), add(theShop+"1", "a", 1<<40), add(theShop, "c", 0))
	require.EqualValues(t, -2, get(t, s, tallyOf(theShop, "a")))
	require.EqualValues(t, int64(1<<40), get(t, s, tallyOf(theShop+"1", "a")))
	put(t, s, add(theShop, "a", 2))
	require.Zero(t, get(t, s, tallyOf(theShop, "a")))
	require.Equal(t, []workflow.Tally{{Name: "b", Count: 1}}, talliesOf(t, s, "", "", 5))
	put(t, s, func(tx workflow.Tx) error {
		require.NoError(t, tx.AddTally(theShop, "b", 4))
		n, err := tx.Tally(theShop, "b")
		require.EqualValues(t, 5, n, "an update sees what it added")
		return err
	})
}

func showTalliesListed(t *testing.T, s workflow.Store) {
	for _, name := range []string{"rule/1/2026-11-29/fits", "rule/1/2026-11-30/fits", "rule/1/2026-12-01/fits", "rule/12/2026-11-30/fits", "cap"} {
		put(t, s, add(theShop, name, 1), add(theShop+"1", name, 1))
	}
	for limit := 1; limit < 5; limit++ {
		require.Equal(t, []workflow.Tally{
			{Name: "rule/1/2026-11-29/fits", Count: 1}, {Name: "rule/1/2026-11-30/fits", Count: 1}, {Name: "rule/1/2026-12-01/fits", Count: 1},
		}, talliesOf(t, s, "rule/1/", "", limit), "by %d", limit)
		require.Equal(t, []workflow.Tally{
			{Name: "rule/1/2026-11-30/fits", Count: 1}, {Name: "rule/1/2026-12-01/fits", Count: 1},
		}, talliesOf(t, s, "rule/1/", "rule/1/2026-11-30", limit), "by %d", limit)
		require.Len(t, talliesOf(t, s, "", "", limit), 5)
	}
	require.Empty(t, talliesOf(t, s, "rule/1/", "rule/1/3", 5))
}

func showTalliesAtOnce(t *testing.T, s workflow.Store) {
	const desks, times = 4, 25
	var all sync.WaitGroup
	for range desks {
		all.Go(func() {
			for i := range times {
				err := s.Update(t.Context(), func(tx workflow.Tx) error {
					if err := tx.AddTally(theShop, "n", 1); err != nil {
						return err
					}
					if i%5 == 0 {
						return errChanged
					}
					return nil
				})
				if i%5 != 0 && err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	require.EqualValues(t, desks*times*4/5, get(t, s, tallyOf(theShop, "n")))
}

func showRulesReadOnly(t *testing.T, s workflow.Store) {
	for what, try := range map[string]func(workflow.Tx) error{
		"rules":            func(tx workflow.Tx) error { return tx.PutRules(workflow.Rules{Shop: theShop}) },
		"listed":           func(tx workflow.Tx) error { return tx.PutListed(listed(theShop, "block", "id:a", "")) },
		"one taken off":    func(tx workflow.Tx) error { return tx.RemoveListed(theShop, "block", "id:a") },
		"cost":             func(tx workflow.Tx) error { return tx.PutCost(workflow.Cost{Shop: theShop, Product: "1"}) },
		"cost taken away":  func(tx workflow.Tx) error { return tx.RemoveCost(theShop, "1", "") },
		"tally":            add(theShop, "a", 1),
		"tally of nothing": add(theShop, "a", 0),
	} {
		err := s.View(t.Context(), try)
		require.Error(t, err, what)
		require.NotErrorIs(t, err, workflow.ErrNotFound, what)
	}
}

// badRuleNames are what no store keeps of rules under a bad name.
func badRuleNames(name string) map[string]func(workflow.Tx) error {
	puts := map[string]func(workflow.Tx) error{
		"rules":       func(tx workflow.Tx) error { return tx.PutRules(workflow.Rules{Shop: workflow.ShopID(name)}) },
		"list's shop": func(tx workflow.Tx) error { return tx.PutListed(listed(workflow.ShopID(name), "block", "id:a", "")) },
		"list":        func(tx workflow.Tx) error { return tx.PutListed(listed(theShop, workflow.ListName(name), "id:a", "")) },
		"list's creator": func(tx workflow.Tx) error {
			return tx.PutListed(listed(theShop, "block", workflow.CreatorKey(name), ""))
		},
		"cost's shop": func(tx workflow.Tx) error {
			return tx.PutCost(workflow.Cost{Shop: workflow.ShopID(name), Product: "1"})
		},
		"cost": func(tx workflow.Tx) error {
			return tx.PutCost(workflow.Cost{Shop: theShop, Product: workflow.ProductID(name)})
		},
		"count's shop":      add(workflow.ShopID(name), "a", 1),
		"count":             add(theShop, name, 1),
		"one to take off":   func(tx workflow.Tx) error { return tx.RemoveListed(theShop, workflow.ListName(name), "id:a") },
		"cost to take away": func(tx workflow.Tx) error { return tx.RemoveCost(theShop, workflow.ProductID(name), "") },
	}
	if name != "" {
		puts["cost's variant"] = func(tx workflow.Tx) error { return tx.PutCost(workflow.Cost{Shop: theShop, Product: "1", SKU: name}) }
	}
	return puts
}

// requireNoRules shows that nothing of rules was kept in the shops that the bad names would be of.
func requireNoRules(t *testing.T, s workflow.Store) {
	t.Helper()
	require.Empty(t, talliesOf(t, s, "", "", 5))
	require.Empty(t, get(t, s, func(tx workflow.Tx) ([]workflow.Cost, error) {
		list, _, err := tx.Costs(theShop, "", 5)
		return list, err
	}))
	require.Empty(t, listOf(t, s, theShop, "block", 5))
	require.Equal(t, workflow.Rules{Shop: theShop}, get(t, s, func(tx workflow.Tx) (workflow.Rules, error) { return tx.Rules(theShop) }))
}
