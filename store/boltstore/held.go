package boltstore

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"sampledesk/workflow"
)

var _ workflow.Holder = (*Store)(nil)

// handing makes a thing of a key and its value; nil: it is none.
type handing func(key, data []byte) (any, error)

// handedOut are the buckets that hold what Held hands out, in its order. All others are worked out from these.
var handedOut = []struct {
	name []byte
	make handing
}{
	{authorisationsBucket, whole[workflow.Authorisation]},
	{appsBucket, whole[workflow.App]},
	{shopsBucket, whole[workflow.Shop]},
	{templatesBucket, whole[workflow.Templates]},
	{rulesBucket, whole[workflow.Rules]},
	{listedBucket, whole[workflow.Listed]},
	{costsBucket, whole[workflow.Cost]},
	{talliesBucket, func(key, data []byte) (any, error) {
		n, err := tallied(data)
		shop, name := parted(key)
		return workflow.ShopTally{Shop: workflow.ShopID(shop), Tally: workflow.Tally{Name: name, Count: n}}, err
	}},
	{campaignsBucket, whole[workflow.Campaign]},
	{applicationsBucket, applicationOrEntry},
	{membersBucket, whole[workflow.Member]},
	{productsBucket, func(key, data []byte) (any, error) {
		p, err := decode[workflow.Product](data)
		shop, _ := parted(key)
		return workflow.ShopProduct{Shop: workflow.ShopID(shop), Product: p}, err
	}},
	{conversationsBucket, whole[workflow.Conversation]},
	{runsBucket, whole[workflow.Run]},
	{noticesBucket, whole[workflow.Notice]},
	{peopleBucket, whole[workflow.Person]},
	{deliveriesBucket, func(key, _ []byte) (any, error) {
		text, id, is := bytes.Cut(key, []byte("/"))
		if !is {
			return nil, nil // how many the day has
		}
		day, err := time.ParseInLocation(dayForm, string(text), time.UTC)
		return workflow.Delivery{ID: string(id), Day: day}, err
	}},
	{looksBucket, whole[workflow.Look]},
	{marksBucket, func(key, data []byte) (any, error) { return workflow.Mark{Name: string(key), Text: string(data)}, nil }},
	{deadLettersBucket, func(_, data []byte) (any, error) {
		l, err := decode[deadLetter](data)
		return workflow.DeadLetter{Effect: l.Effect, At: l.At}, err
	}},
	{busyBucket, func(key, data []byte) (any, error) {
		if !bytes.HasPrefix(key, effectPrefix) {
			return nil, nil // a listing, or a number
		}
		q, err := decode[queued](data)
		return q.Effect, err
	}},
}

func whole[T any](_, data []byte) (any, error) { return decode[T](data) }

// parted parts a key that begins with a shop.
func parted(key []byte) (shop, rest string) {
	first, second, _ := bytes.Cut(key, []byte{0})
	return string(first), string(second)
}

func applicationOrEntry(key, data []byte) (any, error) {
	if isApplication(key) {
		return decodeApplication(key, data)
	}
	e, err := decode[workflow.Entry](data)
	e.Key, _ = keyOf(key)
	return e, err
}

// Held is part of workflow.Holder.
func (s *Store) Held(ctx context.Context, fn func(thing any) error) (err error) {
	defer s.edge(&err)()
	tx, err := s.begin(ctx, false)
	if err != nil {
		return err
	}
	defer tx.close()
	for _, b := range handedOut {
		if err := tx.handOut(tx.tx.Bucket(b.name), b.make, fn); err != nil {
			return fmt.Errorf("reading the %s: %w", b.name, err)
		}
	}
	return nil
}

func (t *transaction) handOut(b *bbolt.Bucket, make handing, fn func(any) error) error {
	return b.ForEach(func(key, data []byte) error {
		if err := t.alive(); err != nil {
			return err
		}
		thing, err := make(key, data)
		if err != nil {
			return fmt.Errorf("under %q: %w", key, err)
		}
		if thing == nil {
			return nil
		}
		return fn(thing)
	})
}
