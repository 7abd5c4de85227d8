package pgstore

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"

	"sampledesk/store/internal/value"
	"sampledesk/workflow"
)

// Products is part of workflow.Tx. The cursor is the id and the variant of the last product, each escaped and separated by
// a slash.
func (t *transaction) Products(s workflow.ShopID, after string, limit int) ([]workflow.Product, string, error) {
	if !value.Nameable(string(s)) {
		return nil, "", t.alive()
	}
	id, sku, err := parseProductCursor(after)
	if err != nil {
		return nil, "", err
	}
	var all []workflow.Product
	err = t.each(func(rows pgx.Rows) error {
		var text string
		if err := rows.Scan(&text); err != nil {
			return err
		}
		p, err := decode[workflow.Product](text)
		all = append(all, p)
		return err
	}, "SELECT record FROM products WHERE shop = $1 AND (id, sku) > ($2, $3) ORDER BY id, sku LIMIT $4", string(s), id, sku, more(limit))
	if err != nil {
		return nil, "", err
	}
	all, next := page(all, limit, func(p workflow.Product) string { return url.PathEscape(string(p.ID)) + "/" + url.PathEscape(p.SKU) })
	return all, next, nil
}

// parseProductCursor reads a cursor of Products.
func parseProductCursor(after string) (id, sku string, err error) {
	id, sku, _ = strings.Cut(after, "/")
	if id, err = url.PathUnescape(id); err == nil {
		sku, err = url.PathUnescape(sku)
	}
	if err != nil {
		return "", "", fmt.Errorf("%q is no cursor of products: %w", after, err)
	}
	return cursor(id), cursor(sku), nil
}

// PutProduct is part of workflow.Tx.
func (t *transaction) PutProduct(s workflow.ShopID, p workflow.Product) error {
	if err := t.may("a product", string(s), string(p.ID)); err != nil {
		return err
	}
	if err := value.Fitting("a product's variant", p.SKU); err != nil {
		return err
	}
	p = value.Kept(p)
	text, err := encode(p)
	if err != nil {
		return err
	}
	// Most are put again as they are.
	t.write(`INSERT INTO products (shop, id, sku, title, record) VALUES ($1, $2, $3, $4, $5::json)
		ON CONFLICT (shop, id, sku) DO UPDATE SET title = excluded.title, record = excluded.record WHERE products.record::text <> excluded.record::text`,
		string(s), string(p.ID), p.SKU, shown(p.Title), text)
	return nil
}
