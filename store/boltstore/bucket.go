package boltstore

import (
	"bytes"
	"slices"

	"go.etcd.io/bbolt"
)

// bucket is one of the file's buckets as a transaction sees it. All writing goes through it, so that an update can be
// taken back out of the batch that it shares with others.
type bucket struct {
	*bbolt.Bucket
	of *transaction
}

// Put keeps a value, which is not nil, under a key.
func (b bucket) Put(key, value []byte) error {
	b.of.note(b.Bucket, key)
	return b.Bucket.Put(key, value)
}

// Delete takes a key away, if it is there.
func (b bucket) Delete(key []byte) error {
	b.of.note(b.Bucket, key)
	return b.Bucket.Delete(key)
}

// NextSequence returns a number that the bucket never gave before.
func (b bucket) NextSequence() (uint64, error) {
	b.of.written = true
	if b.of.joins {
		was := b.Sequence()
		b.of.undo = append(b.of.undo, func() error { return b.SetSequence(was) })
	}
	return b.Bucket.NextSequence()
}

// note remembers what is under a key that is about to be written.
func (t *transaction) note(b *bbolt.Bucket, key []byte) {
	t.written = true
	if !t.joins {
		return // a failure takes back the whole of bbolt's transaction
	}
	key, was := bytes.Clone(key), b.Get(key)
	t.undo = append(t.undo, func() error {
		if was == nil {
			return b.Delete(key)
		}
		return b.Put(key, was)
	})
}

// takeBack undoes what the transaction wrote.
func (t *transaction) takeBack() error {
	for _, v := range slices.Backward(t.undo) {
		if err := v(); err != nil {
			return err
		}
	}
	return nil
}
