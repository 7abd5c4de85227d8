package boltstore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"

	"sampledesk/workflow"
)

// place is where an application stands in a listing.
type place struct{ Listing, Sort string }

// Application is part of workflow.Tx.
func (t *transaction) Application(k workflow.Key) (workflow.Application, error) {
	if !nameable(string(k.ID)) { // the key might be that of an entry of a history
		return workflow.Application{}, fmt.Errorf("application %q: %w", k, workflow.ErrNotFound)
	}
	key := applicationKey(k)
	a, err := readBy(t.bucket(applicationsBucket), key, "application", decodeApplication)
	if err != nil {
		return workflow.Application{}, err
	}
	if t.tx.Writable() {
		t.latest = ownPlaces(a)
		t.latest.Contents, t.latest.Milestones = slices.Clone(a.Contents), slices.Clone(a.Milestones)
	}
	return a, nil
}

// ownPlaces has all that Places looks at in the value itself: a proposal is behind a pointer that others have too.
func ownPlaces(a workflow.Application) workflow.Application {
	if a.Proposal != nil {
		own := *a.Proposal
		a.Proposal = &own
	}
	return a
}

// before returns the application as it is before it is put, and the zero application where it is new. One that was just
// read is not read again: what Places and Facts look at is all in the value, and nobody else can change that.
func (t *transaction) before(k workflow.Key) (workflow.Application, error) {
	if t.latest.Key == k {
		return t.latest, t.alive()
	}
	a, err := t.Application(k)
	if errors.Is(err, workflow.ErrNotFound) {
		return workflow.Application{}, nil
	}
	return a, err
}

// PutApplication is part of workflow.Tx. Where it stood is worked out from the application as it was: the file is kept
// by the rules of today throughout, see rules. Places that stay as they were are not touched.
func (t *transaction) PutApplication(a workflow.Application) error {
	if err := t.may("an application", string(a.Key.Shop), string(a.Key.ID)); err != nil {
		return err
	}
	a = kept(a)
	before, err := t.before(a.Key)
	if err != nil {
		return err
	}
	t.latest = workflow.Application{}
	data, err := packedApplication(a)
	if err != nil {
		return fmt.Errorf("writing application %s: %w", a.Key, err)
	}
	if err := t.bucket(applicationsBucket).Put(applicationKey(a.Key), data); err != nil {
		return err
	}
	was, now := placesOf(before), placesOf(a)
	if err := t.list(a.Key, was, now); err != nil {
		return fmt.Errorf("listing application %s: %w", a.Key, err)
	}
	if err := t.figure(a.Key, before.Facts(), a.Facts()); err != nil {
		return fmt.Errorf("counting application %s: %w", a.Key, err)
	}
	if err := t.standAnew(before, a, was, now); err != nil {
		return fmt.Errorf("counting application %s in its campaign: %w", a.Key, err)
	}
	t.latest = ownPlaces(a)
	return nil
}

// placesOf returns the places of an application that has gone through kept; one that is not there has none.
func placesOf(a workflow.Application) []place {
	var places []place
	for _, p := range a.Places() {
		places = append(places, place{Listing: string(p.Listing), Sort: p.Sort})
	}
	return places
}

// list moves an application from the places where it was to those where it is now.
func (t *transaction) list(key workflow.Key, was, now []place) error {
	for _, p := range was {
		if !slices.Contains(now, p) {
			if err := t.leave(p); err != nil {
				return err
			}
		}
	}
	for _, p := range now {
		if !slices.Contains(was, p) {
			if err := t.enter(p, key); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *transaction) leave(p place) error {
	if err := t.bucket(bucketOf(p.Listing)).Delete(listingKey(p)); err != nil {
		return err
	}
	return t.count(p.Listing, -1)
}

// enter takes a place for an application. That another has it must not happen, since places hold the application's key;
// it is looked at because an index that silently lost an application would never be noticed.
func (t *transaction) enter(p place, key workflow.Key) error {
	if strings.Contains(p.Listing, "\x00") {
		return fmt.Errorf("the listing %q holds a zero byte", p.Listing)
	}
	at, value, b := listingKey(p), reference(p, key), t.bucket(bucketOf(p.Listing))
	if other := b.Get(at); other != nil && !bytes.Equal(other, value) {
		return fmt.Errorf("the place %q of listing %q is that of application %q: %w", p.Sort, p.Listing, whose(at, other), workflow.ErrConflict)
	}
	if err := b.Put(at, value); err != nil {
		return err
	}
	return t.count(p.Listing, 1)
}

// count adds to the number of a listing's applications, where that is kept.
func (t *transaction) count(listing string, add int) error {
	if !workflow.Listing(listing).Long() {
		return nil
	}
	n, err := t.number(listing)
	if err != nil {
		return err
	}
	n += add
	switch {
	case n < 0:
		return fmt.Errorf("%w: the listing %q has %d applications", errDamaged, listing, n)
	case n == 0:
		return t.bucket(busyBucket).Delete(countKey(listing))
	}
	return t.bucket(busyBucket).Put(countKey(listing), binary.BigEndian.AppendUint64(nil, uint64(n)))
}

// number returns the number that is kept of a long listing.
func (t *transaction) number(listing string) (int, error) {
	data := t.bucket(busyBucket).Get(countKey(listing))
	switch len(data) {
	case 0:
		return 0, nil
	case 8:
		return int(binary.BigEndian.Uint64(data)), nil
	default:
		return 0, fmt.Errorf("%w: the number of the listing %q has %d bytes", errDamaged, listing, len(data))
	}
}

// Applications is part of workflow.Tx. The cursor is the Sort of the last application's place.
func (t *transaction) Applications(l workflow.Listing, after string, limit int) (workflow.Page, error) {
	applications := t.bucket(applicationsBucket)
	list, next, err := page(t.bucket(bucketOf(string(l))), underListing(string(l)), after, limit, listed(applications, decodeApplication))
	if err != nil {
		return workflow.Page{}, fmt.Errorf("reading the listing %q: %w", l, err)
	}
	return workflow.Page{Applications: list, Next: next}, nil
}

// stampSeed makes the stamps of this process.
var stampSeed = maphash.MakeSeed()

// stamp is a number for what is kept of an application.
func stamp(data []byte) workflow.Stamp { return workflow.Stamp(maphash.Bytes(stampSeed, data)) }

// Stamp is part of workflow.Tx.
func (t *transaction) Stamp(k workflow.Key) (workflow.Stamp, error) {
	if err := t.alive(); err != nil {
		return 0, err
	}
	data := t.bucket(applicationsBucket).Get(applicationKey(k))
	if data == nil || !nameable(string(k.ID)) {
		return 0, fmt.Errorf("application %q: %w", k, workflow.ErrNotFound)
	}
	return stamp(data), nil
}

// Stamps is part of workflow.Tx.
func (t *transaction) Stamps(l workflow.Listing, after string, limit int) ([]workflow.Stamped, string, error) {
	stamped := func(key, data []byte) (workflow.Stamped, error) {
		k, _ := keyOf(key)
		return workflow.Stamped{Key: k, Stamp: stamp(data)}, nil
	}
	list, next, err := page(t.bucket(bucketOf(string(l))), underListing(string(l)), after, limit, listed(t.bucket(applicationsBucket), stamped))
	if err != nil {
		return nil, "", fmt.Errorf("reading the stamps of the listing %q: %w", l, err)
	}
	return list, next, nil
}

// Latest is part of workflow.Tx.
func (t *transaction) Latest(l workflow.Listing, limit int) ([]workflow.Application, error) {
	list, err := pageBack(t.bucket(bucketOf(string(l))), underListing(string(l)), limit, listed(t.bucket(applicationsBucket), decodeApplication))
	if err != nil {
		return nil, fmt.Errorf("reading the listing %q from its end: %w", l, err)
	}
	return list, nil
}

// Outlines is part of workflow.Tx.
func (t *transaction) Outlines(l workflow.Listing, limit int) ([]workflow.Outline, error) {
	list, err := pageBack(t.bucket(bucketOf(string(l))), underListing(string(l)), limit, listed(t.bucket(applicationsBucket), decodeOutline))
	if err != nil {
		return nil, fmt.Errorf("reading the outlines of the listing %q from its end: %w", l, err)
	}
	return list, nil
}

// listed reads the application that a listing names.
func listed[T any](applications bucket, read func(key, data []byte) (T, error)) func(at, value []byte) (T, error) {
	return func(at, value []byte) (found T, err error) {
		key, err := referred(at, value)
		if err != nil {
			return found, err
		}
		data := applications.Get(key)
		if data == nil {
			return found, fmt.Errorf("%w: application %q is listed and not there", errDamaged, key)
		}
		return read(key, data)
	}
}

// Count is part of workflow.Tx. A short listing is counted as it is asked for.
func (t *transaction) Count(l workflow.Listing) (int, error) {
	if err := t.alive(); err != nil {
		return 0, err
	}
	if l.Long() {
		return t.number(string(l))
	}
	n, prefix, c := 0, underListing(string(l)), t.bucket(bucketOf(string(l))).Cursor()
	for k, _ := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		if err := t.alive(); err != nil {
			return 0, err
		}
		n++
	}
	return n, nil
}

// CountTo is part of workflow.Tx.
func (t *transaction) CountTo(l workflow.Listing, place string) (int, error) {
	prefix := underListing(string(l))
	n, end, c := 0, append(bytes.Clone(prefix), place...), t.bucket(bucketOf(string(l))).Cursor()
	for k, _ := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix) && bytes.Compare(k, end) < 0; k, _ = c.Next() {
		if err := t.alive(); err != nil {
			return 0, err
		}
		n++
	}
	return n, t.alive()
}
