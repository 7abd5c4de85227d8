package boltstore

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"go.etcd.io/bbolt"

	"sampledesk/workflow"
)

// How the parts of an older file become those of a new one, where they are kept otherwise than before.

// outbox takes over the effects, by their numbers. The indexes that files had of them are worked out when they are opened.
func (r *rebuilding) outbox() error {
	var effects []queued
	take := func(b *bbolt.Bucket, prefix string) error {
		if b == nil {
			return nil
		}
		if err := r.number(b, busyBucket); err != nil {
			return err
		}
		c := b.Cursor()
		for k, data := c.Seek([]byte(prefix)); k != nil && bytes.HasPrefix(k, []byte(prefix)); k, data = c.Next() {
			q, err := decode[queued](data)
			if err != nil {
				return fmt.Errorf("under %q: %w", k, err)
			}
			effects = append(effects, q)
		}
		return nil
	}
	err := take(r.from.Bucket(effectsBucket), "")
	for _, prefix := range []string{effectPrefixBefore, string(effectPrefix)} {
		err = cmp.Or(err, take(r.from.Bucket(busyBucket), prefix))
	}
	if err != nil {
		return err
	}
	slices.SortFunc(effects, func(a, b queued) int { return cmp.Compare(a.Sequence, b.Sequence) })
	for _, q := range effects {
		data, err := pack(q)
		if err != nil {
			return fmt.Errorf("writing effect %q: %w", q.Effect.ID, err)
		}
		if err := r.keep(busyBucket, effectKey(q.Sequence), data); err != nil {
			return err
		}
	}
	return nil
}

// applications takes over every application with its history behind it, and lists it by the rules of today.
func (r *rebuilding) applications() error {
	applications := r.from.Bucket(applicationsBucket)
	if err := r.number(applications, applicationsBucket); err != nil {
		return err
	}
	left := applications.Cursor()
	k, v := left.First()
	var right *bbolt.Cursor
	var k2, v2 []byte
	if b := r.from.Bucket(historyBucket); b != nil {
		if err := r.number(b, applicationsBucket); err != nil {
			return err
		}
		right = b.Cursor()
		k2, v2 = right.First()
	}
	for k != nil || k2 != nil {
		if k == nil || k2 != nil && bytes.Compare(k2, k) < 0 {
			if err := r.entry(k2, v2); err != nil {
				return err
			}
			k2, v2 = right.Next()
			continue
		}
		take := r.entry
		if _, _, isEntry := keyIn(r.has, k); !isEntry {
			take = r.application
		}
		if err := take(k, v); err != nil {
			return err
		}
		k, v = left.Next()
	}
	return nil
}

// keyIn reads the key of an application, or of an entry of a history with its number, as a file of that schema has it: the
// first four wrote names out.
func keyIn(has int, key []byte) (k workflow.Key, sequence []byte, isEntry bool) {
	if has > 4 {
		k, rest := keyOf(key)
		return k, bytes.TrimPrefix(rest, []byte{0}), len(rest) > 0
	}
	shop, rest, _ := bytes.Cut(key, []byte{0})
	id, sequence, isEntry := bytes.Cut(rest, []byte{0})
	return workflow.Key{Shop: workflow.ShopID(shop), ID: workflow.ApplicationID(id)}, sequence, isEntry
}

// entry takes over an entry of a history. The first schemas numbered it in sixteen digits.
func (r *rebuilding) entry(key, data []byte) error {
	k, sequence, _ := keyIn(r.has, key)
	if r.has < 3 {
		n, err := strconv.ParseUint(string(sequence), 16, 64)
		if err != nil {
			return fmt.Errorf("%w: the entry %q of the history has no number", errDamaged, key)
		}
		sequence = []byte(sequenceText(n))
	}
	data, err := repackEntry(data)
	if err != nil {
		return fmt.Errorf("taking over the entry %q of the history: %w", key, err)
	}
	return r.keep(applicationsBucket, append(underHistory(k), sequence...), data)
}

// repackEntry is repack without whose entry it is, which older schemas said twice.
func repackEntry(data []byte) ([]byte, error) {
	e, err := decode[workflow.Entry](data)
	if err != nil {
		return nil, err
	}
	return packedEntry(e)
}

// application takes over an application and works out where it stands and what it adds to the figures. What else is kept
// of all applications together is gathered here too.
func (r *rebuilding) application(key, data []byte) error {
	a, err := decode[workflow.Application](data)
	if err != nil {
		return fmt.Errorf("listing application %q anew: %w", key, err)
	}
	a.Key, _, _ = keyIn(r.has, key)
	if a, err = r.figure(a, key); err != nil {
		return fmt.Errorf("counting application %q anew: %w", key, err)
	}
	if data, err = packedApplication(a); err != nil {
		return fmt.Errorf("writing application %q: %w", key, err)
	}
	if err := r.keep(applicationsBucket, applicationKey(a.Key), data); err != nil {
		return err
	}
	for _, p := range placesOf(a) {
		r.entries = append(r.entries, entry{bucket: bucketOf(p.Listing), at: listingKey(p), value: reference(p, a.Key)})
		if workflow.Listing(p.Listing).Long() {
			r.numbers[p.Listing]++
		}
	}
	r.done++
	if time.Since(r.told) >= tellAfter {
		r.told = time.Now()
		r.log.InfoContext(r.ctx, "rebuilding the store", "applications_done", r.done, "of", r.all)
	}
	if len(r.facts) >= listedAtOnce {
		if err := r.flushFacts(); err != nil {
			return err
		}
	}
	if len(r.entries) >= listedAtOnce {
		return r.flush()
	}
	return nil
}

// flush puts the places that were gathered in order: within one transaction bbolt does not divide what has grown, and to
// push keys into the midst of each other takes long.
func (r *rebuilding) flush() error {
	slices.SortFunc(r.entries, func(a, b entry) int { return cmp.Or(bytes.Compare(a.bucket, b.bucket), bytes.Compare(a.at, b.at)) })
	for _, e := range r.entries {
		if other := r.tx.bucket(e.bucket).Get(e.at); other != nil {
			return fmt.Errorf("applications %q and %q have the same place %q: %w", whose(e.at, other), whose(e.at, e.value), e.at, workflow.ErrConflict)
		}
		if err := r.keep(e.bucket, e.at, e.value); err != nil {
			return err
		}
	}
	r.entries = r.entries[:0]
	return nil
}

func (r *rebuilding) keepNumbers() error {
	for _, listing := range slices.Sorted(maps.Keys(r.numbers)) {
		if err := r.keep(busyBucket, countKey(listing), binary.BigEndian.AppendUint64(nil, uint64(r.numbers[listing]))); err != nil {
			return err
		}
	}
	return nil
}

// waiting lists the conversations that wait for an answer.
func (r *rebuilding) waiting() error {
	b := r.from.Bucket(conversationsBucket)
	if b == nil {
		return nil
	}
	var all []pair
	counts := map[workflow.ShopID]int{}
	err := b.ForEach(func(key, data []byte) error {
		c, err := decode[workflow.Conversation](data)
		if err != nil {
			return fmt.Errorf("reading conversation %q: %w", key, err)
		}
		if sort := c.WaitingSort(); sort != "" {
			all = append(all, pair{joined(string(c.Shop), sort), []byte(c.Creator)})
			counts[c.Shop]++
		}
		return nil
	})
	if err != nil {
		return err
	}
	for s, n := range counts {
		all = append(all, pair{[]byte(s), binary.BigEndian.AppendUint64(nil, uint64(n))})
	}
	slices.SortFunc(all, func(a, b pair) int { return bytes.Compare(a.key, b.key) })
	for _, p := range all {
		if err := r.keep(waitingBucket, p.key, p.value); err != nil {
			return err
		}
	}
	return nil
}

// memberships lists the members of the first schema the other way round.
func (r *rebuilding) memberships() error {
	if r.has > 1 {
		return nil
	}
	campaigns := map[string]workflow.CampaignID{}
	err := r.from.Bucket(membersBucket).ForEach(func(key, data []byte) error {
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
		if err := r.keep(membershipsBucket, []byte(key), []byte(campaigns[key])); err != nil {
			return err
		}
	}
	return nil
}

// products keeps every product that an application of the first schema asks for, as the latest report has it. One without
// an id, or with one that makes no key, is left out: a name of TikTok's must not keep the desk from starting.
func (r *rebuilding) products() error {
	if r.has > 1 {
		return nil
	}
	latest := map[string]workflow.Application{}
	err := r.from.Bucket(applicationsBucket).ForEach(func(key, data []byte) error {
		a, err := decode[workflow.Application](data)
		if err != nil {
			return fmt.Errorf("reading application %q: %w", key, err)
		}
		a.Key, _, _ = keyIn(r.has, key)
		p := a.Snapshot.Product
		if named("a product", string(p.ID)) != nil || fitting("a variant", p.SKU) != nil {
			return nil //nolint:nilerr // no listing can name it
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
		if err := r.tx.PutProduct(latest[at].Key.Shop, latest[at].Snapshot.Product); err != nil {
			return err
		}
	}
	return nil
}
