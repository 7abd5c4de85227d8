package boltstore

import (
	"bytes"
	"encoding/binary"
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

// listAnew works out every application's places by the rules of today, in place of all that were kept. It puts them in
// the order of their keys: within one transaction bbolt does not divide what has grown, and to push tens of thousands of
// keys into the midst of each other takes it minutes.
func (t *transaction) listAnew() error {
	for _, name := range [][]byte{placesBucket, listingsBucket, countsBucket} {
		if err := t.tx.DeleteBucket(name); err != nil {
			return fmt.Errorf("emptying the bucket %q: %w", name, err)
		}
	}
	if err := t.make([][]byte{placesBucket, listingsBucket, countsBucket}); err != nil {
		return err
	}
	var entries []entry
	numbers := map[string]uint64{}
	err := t.bucket(applicationsBucket).ForEach(func(key, data []byte) error {
		if err := t.alive(); err != nil {
			return err
		}
		a, err := decode[workflow.Application](data)
		if err != nil {
			return fmt.Errorf("listing application %q anew: %w", key, err)
		}
		places, key := placesOf(a), bytes.Clone(key)
		for _, p := range places {
			entries = append(entries, entry{at: listingKey(p), application: key})
			numbers[p.Listing]++
		}
		if len(places) == 0 {
			return nil
		}
		return write(t.bucket(placesBucket), key, places)
	})
	if err != nil {
		return err
	}
	return t.enterAll(entries, numbers)
}

// entry is a key of listingsBucket, and the application there.
type entry struct{ at, application []byte }

// enterAll fills the empty listings, and keeps how many applications each has.
func (t *transaction) enterAll(entries []entry, numbers map[string]uint64) error {
	slices.SortFunc(entries, func(a, b entry) int { return bytes.Compare(a.at, b.at) })
	for i, e := range entries {
		if i > 0 && bytes.Equal(entries[i-1].at, e.at) {
			return fmt.Errorf("applications %q and %q have the same place %q: %w", entries[i-1].application, e.application, e.at, workflow.ErrConflict)
		}
		if err := t.bucket(listingsBucket).Put(e.at, e.application); err != nil {
			return err
		}
	}
	for _, listing := range slices.Sorted(maps.Keys(numbers)) {
		if err := t.bucket(countsBucket).Put([]byte(listing), binary.BigEndian.AppendUint64(nil, numbers[listing])); err != nil {
			return err
		}
	}
	return nil
}

// fillMemberships lists every member the other way round, in the order of the keys as well.
func (t *transaction) fillMemberships() error {
	campaigns := map[string]workflow.CampaignID{}
	err := t.bucket(membersBucket).ForEach(func(key, data []byte) error {
		if err := t.alive(); err != nil {
			return err
		}
		m, err := decode[workflow.Member](data)
		if err != nil {
			return fmt.Errorf("reading member %q: %w", key, err)
		}
		campaigns[string(membershipKey(m.Campaign, m.Creator))] = m.Campaign
		return nil
	})
	if err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(campaigns)) {
		if err := t.bucket(membershipsBucket).Put([]byte(key), []byte(campaigns[key])); err != nil {
			return err
		}
	}
	return nil
}

// fillProducts keeps every product that an application asks for, as the latest report has it. One without an id, or with
// one that makes no key, is left out: a name of TikTok's must not keep the desk from starting.
func (t *transaction) fillProducts() error {
	latest := map[string]workflow.Application{}
	err := t.bucket(applicationsBucket).ForEach(func(key, data []byte) error {
		if err := t.alive(); err != nil {
			return err
		}
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
