package boltstore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"sampledesk/workflow"
)

// Rules is part of workflow.Tx.
func (t *transaction) Rules(s workflow.ShopID) (workflow.Rules, error) {
	all, err := readBy(t.bucket(rulesBucket), []byte(s), "rules", t.recent.rules.decode)
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
	return write(t.bucket(rulesBucket), []byte(all.Shop), kept(all))
}

// Listed is part of workflow.Tx.
func (t *transaction) Listed(s workflow.ShopID, l workflow.ListName, after string, limit int) ([]workflow.Listed, string, error) {
	list, next, err := page(t.bucket(listedBucket), under(string(s), string(l)), after, limit, plainly(decode[workflow.Listed]))
	if err != nil {
		return nil, "", fmt.Errorf("reading the list %q of shop %s: %w", l, s, err)
	}
	return list, next, nil
}

// ListsOf is part of workflow.Tx.
func (t *transaction) ListsOf(s workflow.ShopID, c workflow.CreatorKey) ([]workflow.ListName, error) {
	list, _, err := page(t.bucket(listsOfBucket), under(string(s), string(c)), "", unlimited, func(_, data []byte) (workflow.ListName, error) {
		return workflow.ListName(data), nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the lists of creator %s in shop %s: %w", c, s, err)
	}
	return list, nil
}

// PutListed is part of workflow.Tx.
func (t *transaction) PutListed(l workflow.Listed) error {
	if err := t.may("a creator on a list", string(l.Shop), string(l.List), string(l.Creator)); err != nil {
		return err
	}
	if err := write(t.bucket(listedBucket), joined(string(l.Shop), string(l.List), string(l.Creator)), kept(l)); err != nil {
		return err
	}
	return t.bucket(listsOfBucket).Put(joined(string(l.Shop), string(l.Creator), string(l.List)), []byte(l.List))
}

// RemoveListed is part of workflow.Tx.
func (t *transaction) RemoveListed(s workflow.ShopID, l workflow.ListName, c workflow.CreatorKey) error {
	if err := t.may("a creator on a list", string(s), string(l), string(c)); err != nil {
		return err
	}
	key := joined(string(s), string(l), string(c))
	if t.bucket(listedBucket).Get(key) == nil {
		return fmt.Errorf("creator %s on the list %q of shop %s: %w", c, l, s, workflow.ErrNotFound)
	}
	return errors.Join(t.bucket(listedBucket).Delete(key), t.bucket(listsOfBucket).Delete(joined(string(s), string(c), string(l))))
}

// Cost is part of workflow.Tx.
func (t *transaction) Cost(s workflow.ShopID, p workflow.ProductID, sku string) (workflow.Cost, error) {
	return read[workflow.Cost](t.bucket(costsBucket), joined(string(s), string(p), sku), "cost")
}

// Costs is part of workflow.Tx.
func (t *transaction) Costs(s workflow.ShopID, after string, limit int) ([]workflow.Cost, string, error) {
	list, next, err := page(t.bucket(costsBucket), under(string(s)), after, limit, plainly(decode[workflow.Cost]))
	if err != nil {
		return nil, "", fmt.Errorf("reading the costs of shop %s: %w", s, err)
	}
	return list, next, nil
}

// PutCost is part of workflow.Tx.
func (t *transaction) PutCost(c workflow.Cost) error {
	if err := t.mayCost(c.Shop, c.Product, c.SKU); err != nil {
		return err
	}
	return write(t.bucket(costsBucket), joined(string(c.Shop), string(c.Product), c.SKU), kept(c))
}

// RemoveCost is part of workflow.Tx.
func (t *transaction) RemoveCost(s workflow.ShopID, p workflow.ProductID, sku string) error {
	if err := t.mayCost(s, p, sku); err != nil {
		return err
	}
	key := joined(string(s), string(p), sku)
	if t.bucket(costsBucket).Get(key) == nil {
		return fmt.Errorf("the cost of product %s in shop %s: %w", p, s, workflow.ErrNotFound)
	}
	return t.bucket(costsBucket).Delete(key)
}

// mayCost tells whether a cost may be kept. Its variant may be empty.
func (t *transaction) mayCost(s workflow.ShopID, p workflow.ProductID, sku string) error {
	if sku == "" {
		return t.may("a cost", string(s), string(p))
	}
	return t.may("a cost", string(s), string(p), sku)
}

// AddTally is part of workflow.Tx.
func (t *transaction) AddTally(s workflow.ShopID, name string, delta int64) error {
	if err := t.may("a count", string(s), name); err != nil {
		return err
	}
	b, key := t.bucket(talliesBucket), joined(string(s), name)
	was, err := tallied(b.Get(key))
	if err != nil || delta == 0 {
		return err
	}
	if was+delta == 0 {
		return b.Delete(key)
	}
	return b.Put(key, binary.AppendVarint(nil, was+delta))
}

// Tally is part of workflow.Tx.
func (t *transaction) Tally(s workflow.ShopID, name string) (int64, error) {
	if err := t.alive(); err != nil {
		return 0, err
	}
	return tallied(t.bucket(talliesBucket).Get(joined(string(s), name)))
}

// Tallies is part of workflow.Tx.
func (t *transaction) Tallies(s workflow.ShopID, prefix, after string, limit int) (list []workflow.Tally, next string, err error) {
	shop := under(string(s))
	c := t.bucket(talliesBucket).Cursor()
	k, data := c.Seek(append(bytes.Clone(shop), max(prefix, after)...))
	for ; k != nil && bytes.HasPrefix(k, append(bytes.Clone(shop), prefix...)); k, data = c.Next() {
		name := string(k[len(shop):])
		if name == after && after != "" {
			continue
		}
		if len(list) >= limit {
			return list, next, nil
		}
		if err := t.alive(); err != nil {
			return nil, "", err
		}
		n, err := tallied(data)
		if err != nil {
			return nil, "", fmt.Errorf("under %q: %w", k, err)
		}
		list, next = append(list, workflow.Tally{Name: name, Count: n}), name
	}
	return list, "", nil
}

func tallied(data []byte) (int64, error) {
	if data == nil {
		return 0, nil
	}
	n, size := binary.Varint(data)
	if size != len(data) {
		return 0, fmt.Errorf("%w: a count is %q", errDamaged, data)
	}
	return n, nil
}
