package storetest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

var products = []promise{
	{"A product is put in place of the same id and variant", showProduct},
	{"Products come by id and variant, in pages, of one shop", showProductPages},
	{"A cursor of products goes on behind the last, whatever their names", showProductCursor},
}

func product(id workflow.ProductID, sku, title string) workflow.Product {
	return workflow.Product{ID: id, SKU: sku, Title: title}
}

func putProducts(shop workflow.ShopID, list ...workflow.Product) func(workflow.Tx) error {
	return each(list, func(tx workflow.Tx, p workflow.Product) error { return tx.PutProduct(shop, p) })
}

func productsOf(t *testing.T, s workflow.Store, shop workflow.ShopID, limit int) []workflow.Product {
	t.Helper()
	return walk(t, limit, func(after string, limit int) (list []workflow.Product, next string, err error) {
		see(t, s, func(tx workflow.Tx) error {
			list, next, err = tx.Products(shop, after, limit)
			return err
		})
		require.NotContains(t, next, "\x00", "a cursor travels as text")
		return list, next, err
	})
}

func showProduct(t *testing.T, s workflow.Store) {
	rose, mint := product("1729", "rose", "Glow serum"), product("1729", "mint", "Glow serum")
	bare := product("1729", "", "Glow serum")
	put(t, s, putProducts(theShop, rose, mint, bare), putProducts("another", product("1729", "rose", "Elsewhere")))
	rose.Title, rose.Picture = "Glow serum, 30 ml", "https://pictures.example/rose"
	put(t, s, putProducts(theShop, rose))
	require.Equal(t, []workflow.Product{bare, mint, rose}, productsOf(t, s, theShop, 9))
	require.Equal(t, []workflow.Product{product("1729", "rose", "Elsewhere")}, productsOf(t, s, "another", 9))
	require.Empty(t, productsOf(t, s, "nobody's", 9))
}

func showProductPages(t *testing.T, s workflow.Store) {
	want := []workflow.Product{
		product("1", "", "a"), product("1", "2", "b"), product("1", "~", "c"), product("1/", "2", "d"), product("1/2", "", "e"), product("12", "", "f"), product("2", "1", "g"),
	}
	put(t, s, putProducts(theShop, want[4], want[1], want[6], want[0]), putProducts(theShop+"1", product("1", "1", "x")))
	put(t, s, putProducts(theShop, want[5], want[3], want[2]))
	for limit := 1; limit <= 8; limit++ {
		require.Equal(t, want, productsOf(t, s, theShop, limit), "by %d", limit)
	}
	require.Equal(t, []workflow.Product{product("1", "1", "x")}, productsOf(t, s, theShop+"1", 1))
}

func showProductCursor(t *testing.T, s workflow.Store) {
	var want []workflow.Product
	for i, id := range strange {
		for _, sku := range append([]string{""}, strange...) {
			want = append(want, product(workflow.ProductID(id), sku, fmt.Sprintf("product %d", i)))
		}
	}
	put(t, s, putProducts(theShop, want...))
	require.Equal(t, want, productsOf(t, s, theShop, 1))

	var next string
	see(t, s, func(tx workflow.Tx) (err error) {
		_, next, err = tx.Products(theShop, "", 1)
		return err
	})
	put(t, s, putProducts(theShop, product(workflow.ProductID(strange[0]), "\x01", "new"), product("\U0010FFFF", strings.Repeat("\U0010FFFF", 2), "newest")))
	see(t, s, func(tx workflow.Tx) error {
		list, _, err := tx.Products(theShop, next, 1)
		require.Equal(t, "new", list[0].Title)
		return err
	})
}
