package boltstore

import (
	"fmt"
	"net/url"
	"strings"

	"sampledesk/workflow"
)

// Products is part of workflow.Tx. The cursor is the id and the variant of the last product, each escaped and separated by
// a slash: a cursor travels as text, which a zero byte might not survive.
func (t *transaction) Products(s workflow.ShopID, after string, limit int) ([]workflow.Product, string, error) {
	if !nameable(string(s)) {
		return nil, "", nil
	}
	from, err := parseProductCursor(after)
	if err != nil {
		return nil, "", err
	}
	list, next, err := page(t.bucket(productsBucket), under(string(s)), from, limit, plainly(decode[workflow.Product]))
	return list, productCursor(next), err
}

// productCursor writes what follows the shop in a key of productsBucket.
func productCursor(rest string) string {
	id, variant, ok := strings.Cut(rest, "\x00")
	if !ok {
		return ""
	}
	return url.PathEscape(id) + "/" + url.PathEscape(variant)
}

// parseProductCursor reads what productCursor wrote.
func parseProductCursor(cursor string) (rest string, err error) {
	if cursor == "" {
		return "", nil
	}
	id, variant, _ := strings.Cut(cursor, "/")
	if id, err = url.PathUnescape(id); err != nil {
		return "", fmt.Errorf("%q is no cursor of products: %w", cursor, err)
	}
	if variant, err = url.PathUnescape(variant); err != nil {
		return "", fmt.Errorf("%q is no cursor of products: %w", cursor, err)
	}
	return id + "\x00" + variant, nil
}

// PutProduct is part of workflow.Tx.
func (t *transaction) PutProduct(s workflow.ShopID, p workflow.Product) error {
	if err := t.may("a product", string(s), string(p.ID)); err != nil {
		return err
	}
	if err := fitting("a product's variant", p.SKU); err != nil {
		return err
	}
	return write(t.bucket(productsBucket), productKey(s, p), kept(p))
}
