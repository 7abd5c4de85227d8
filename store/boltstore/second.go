package boltstore

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"sampledesk/workflow"
)

// toSecond brings the creators' memberships, products, conversations, runs and notices, and the listings by first sight,
// by short id, by thread and by a campaign's stages, with what is over the latest first.
func (t *transaction) toSecond() error {
	if err := t.make(secondBuckets); err != nil {
		return err
	}
	if err := t.listAnew(); err != nil {
		return err
	}
	if err := t.fillMemberships(); err != nil {
		return err
	}
	return t.fillProducts()
}

// listAnew brings the places of every application in line with the rules of today.
func (t *transaction) listAnew() error {
	return t.bucket(applicationsBucket).ForEach(func(key, data []byte) error {
		a, err := decode[workflow.Application](data)
		if err == nil {
			err = t.list(bytes.Clone(key), placesOf(a)) // bbolt's own key would be the value of others
		}
		if err != nil {
			return fmt.Errorf("listing application %q anew: %w", key, err)
		}
		return nil
	})
}

func (t *transaction) fillMemberships() error {
	return t.bucket(membersBucket).ForEach(func(key, data []byte) error {
		m, err := decode[workflow.Member](data)
		if err != nil {
			return fmt.Errorf("reading member %q: %w", key, err)
		}
		return t.bucket(membershipsBucket).Put(membershipKey(m.Campaign, m.Creator), []byte(m.Campaign))
	})
}

// fillProducts keeps every product that an application asks for, as the latest report has it. One without an id, or with
// one that makes no key, is left out: a name of TikTok's must not keep the desk from starting.
func (t *transaction) fillProducts() error {
	latest := map[string]workflow.Application{}
	err := t.bucket(applicationsBucket).ForEach(func(key, data []byte) error {
		a, err := decode[workflow.Application](data)
		if err != nil {
			return fmt.Errorf("reading application %q: %w", key, err)
		}
		p := a.Report.Product
		if named("a product", string(p.ID)) != nil || fitting("a variant", p.SKU) != nil {
			return nil
		}
		at := string(productKey(a.Key.Shop, p))
		if was, ok := latest[at]; !ok || a.ReportedAt.After(was.ReportedAt) {
			latest[at] = a
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, at := range slices.Sorted(maps.Keys(latest)) {
		if err := t.PutProduct(latest[at].Key.Shop, latest[at].Report.Product); err != nil {
			return err
		}
	}
	return nil
}
