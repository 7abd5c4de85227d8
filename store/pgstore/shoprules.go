package pgstore

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"sampledesk/store/internal/value"
	"sampledesk/workflow"
)

var (
	rulesTable = table{"rules", "rules", "SELECT record FROM rules WHERE shop = $1"}
	costsTable = table{"costs", "cost", "SELECT record FROM costs WHERE shop = $1 AND product = $2 AND sku = $3"}
)

// Rules is part of workflow.Tx.
func (t *transaction) Rules(s workflow.ShopID) (workflow.Rules, error) {
	all, err := read[workflow.Rules](t, rulesTable, string(s))
	if errors.Is(err, workflow.ErrNotFound) {
		return workflow.Rules{Shop: s}, nil
	}
	return all, err
}

// PutRules is part of workflow.Tx.
func (t *transaction) PutRules(all workflow.Rules) error {
	if err := t.may("rules", string(all.Shop)); err != nil {
		return err
	}
	t.touch(all.Shop)
	return t.put(rulesTable, value.Kept(all), `INSERT INTO rules (shop, record) VALUES ($1, $2::json)
		ON CONFLICT (shop) DO UPDATE SET record = excluded.record`, []string{string(all.Shop)})
}

// Listed is part of workflow.Tx. The cursor is the key of the last creator.
func (t *transaction) Listed(s workflow.ShopID, l workflow.ListName, after string, limit int) ([]workflow.Listed, string, error) {
	if !value.Nameable(string(s), string(l)) {
		return nil, "", t.alive()
	}
	return named[workflow.Listed](t, "SELECT creator, record FROM listed WHERE shop = $1 AND list = $2 AND creator > $3 ORDER BY creator LIMIT $4",
		limit, string(s), string(l), cursor(after))
}

// ListsOf is part of workflow.Tx.
func (t *transaction) ListsOf(s workflow.ShopID, c workflow.CreatorKey) (all []workflow.ListName, err error) {
	if !value.Nameable(string(s), string(c)) {
		return nil, t.alive()
	}
	err = t.each(func(rows pgx.Rows) error {
		var l workflow.ListName
		err := rows.Scan(&l)
		all = append(all, l)
		return err
	}, "SELECT list FROM listed WHERE shop = $1 AND creator = $2 ORDER BY list", string(s), string(c))
	return all, err
}

// PutListed is part of workflow.Tx.
func (t *transaction) PutListed(l workflow.Listed) error {
	if err := t.may("a creator on a list", string(l.Shop), string(l.List), string(l.Creator)); err != nil {
		return err
	}
	l = value.Kept(l)
	text, err := encode(l)
	if err != nil {
		return err
	}
	t.write(`INSERT INTO listed (shop, list, creator, username, by, at, record) VALUES ($1, $2, $3, $4, $5, $6, $7::json)
		ON CONFLICT (shop, list, creator) DO UPDATE SET username = excluded.username, by = excluded.by, at = excluded.at, record = excluded.record`,
		string(l.Shop), string(l.List), string(l.Creator), shown(l.Shown.Username), shown(l.By), since(l.At), text)
	return nil
}

// RemoveListed is part of workflow.Tx.
func (t *transaction) RemoveListed(s workflow.ShopID, l workflow.ListName, c workflow.CreatorKey) error {
	if err := t.may("a creator on a list", string(s), string(l), string(c)); err != nil {
		return err
	}
	return t.removed("DELETE FROM listed WHERE shop = $1 AND list = $2 AND creator = $3",
		fmt.Errorf("creator %s on the list %q of shop %s: %w", c, l, s, workflow.ErrNotFound), string(s), string(l), string(c))
}

// removed deletes a row, or returns the error if there is none.
func (t *transaction) removed(sql string, none error, args ...any) error {
	gone := int64(0)
	if err := t.ask(&query{sql: sql, args: args, done: func(n int64) { gone = n }}); err != nil {
		return err
	}
	if gone == 0 {
		return none
	}
	t.wrote = true
	return nil
}

// Cost is part of workflow.Tx.
func (t *transaction) Cost(s workflow.ShopID, p workflow.ProductID, sku string) (workflow.Cost, error) {
	if err := t.alive(); err != nil {
		return workflow.Cost{}, err
	}
	if !value.Nameable(string(s), string(p)) || value.Fitting("", sku) != nil {
		return workflow.Cost{}, notFound("cost", p)
	}
	r, err := t.shows(costsTable, string(s), string(p), sku)
	switch {
	case err != nil:
		return workflow.Cost{}, err
	case !r.there:
		return workflow.Cost{}, notFound("cost", p)
	}
	return decode[workflow.Cost](r.text)
}

// Costs is part of workflow.Tx. The cursor is as that of Products.
func (t *transaction) Costs(s workflow.ShopID, after string, limit int) ([]workflow.Cost, string, error) {
	if !value.Nameable(string(s)) {
		return nil, "", t.alive()
	}
	id, sku, err := parseProductCursor(after)
	if err != nil {
		return nil, "", err
	}
	all, err := list[workflow.Cost](t, "SELECT record FROM costs WHERE shop = $1 AND (product, sku) > ($2, $3) ORDER BY product, sku LIMIT $4", string(s), id, sku, more(limit))
	if err != nil {
		return nil, "", err
	}
	all, next := page(all, limit, func(c workflow.Cost) string { return url.PathEscape(string(c.Product)) + "/" + url.PathEscape(c.SKU) })
	return all, next, nil
}

// mayCost tells whether a cost may be kept. Its variant may be empty.
func (t *transaction) mayCost(s workflow.ShopID, p workflow.ProductID, sku string) error {
	return errors.Join(t.may("a cost", string(s), string(p)), value.Fitting("a cost", sku))
}

// PutCost is part of workflow.Tx.
func (t *transaction) PutCost(c workflow.Cost) error {
	if err := t.mayCost(c.Shop, c.Product, c.SKU); err != nil {
		return err
	}
	c = value.Kept(c)
	return t.put(costsTable, c, `INSERT INTO costs (shop, product, sku, record, amount, currency) VALUES ($1, $2, $3, $4::json, $5, $6)
		ON CONFLICT (shop, product, sku) DO UPDATE SET record = excluded.record, amount = excluded.amount, currency = excluded.currency`,
		[]string{string(c.Shop), string(c.Product), c.SKU}, shown(c.Amount.Amount), shown(c.Amount.Currency))
}

// RemoveCost is part of workflow.Tx.
func (t *transaction) RemoveCost(s workflow.ShopID, p workflow.ProductID, sku string) error {
	if err := t.mayCost(s, p, sku); err != nil {
		return err
	}
	err := t.removed("DELETE FROM costs WHERE shop = $1 AND product = $2 AND sku = $3", fmt.Errorf("the cost of product %s in shop %s: %w", p, s, workflow.ErrNotFound),
		string(s), string(p), sku)
	t.remember(costsTable, record{}, string(s), string(p), sku)
	return err
}

// talliesPrefix is what talliesOf begins with.
const talliesPrefix = "tallies\x1f"

// talliesOf names the counts of a shop; the parts are their names.
func talliesOf(s workflow.ShopID) string { return talliesPrefix + string(s) }

// AddTally is part of workflow.Tx.
func (t *transaction) AddTally(s workflow.ShopID, name string, delta int64) error {
	if err := t.may("a count", string(s), name); err != nil {
		return err
	}
	t.count(talliesOf(s), name, int(delta))
	return t.alive()
}

// Tally is part of workflow.Tx.
func (t *transaction) Tally(s workflow.ShopID, name string) (int64, error) {
	n, err := t.number(talliesOf(s), name)
	return int64(n), err
}

// Tallies is part of workflow.Tx. The cursor is the name of the last one.
func (t *transaction) Tallies(s workflow.ShopID, prefix, after string, limit int) (list []workflow.Tally, next string, err error) {
	if !value.Nameable(string(s)) || value.Fitting("", prefix) != nil {
		return nil, "", t.alive()
	}
	err = t.each(func(rows pgx.Rows) error {
		var one workflow.Tally
		err := rows.Scan(&one.Name, &one.Count)
		list = append(list, one)
		return err
	}, `SELECT part, sum(n)::bigint FROM counts WHERE listing = $1 AND part >= $2 AND part > $3 AND part <= $4 AND starts_with(part, $2)
		GROUP BY part HAVING sum(n) <> 0 ORDER BY part LIMIT $5`, talliesOf(s), prefix, cursor(after), prefix+strings.Repeat(string(utf8.MaxRune), 4), more(limit))
	if err != nil {
		return nil, "", err
	}
	list, next = page(list, limit, func(one workflow.Tally) string { return one.Name })
	return list, next, nil
}
