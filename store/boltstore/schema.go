package boltstore

import (
	"errors"
	"fmt"
	"strconv"

	"go.etcd.io/bbolt"
)

// migrations bring a file from one schema to the next: the first makes an empty file one of version 1, and so on. One
// that was released is never changed again. A change to workflow.Application.Places, or a new listing, needs one that
// puts every application anew.
var migrations = []func(*transaction) error{
	func(t *transaction) error { return t.make(firstBuckets) },
	(*transaction).toSecond,
}

// make makes buckets that are not there yet.
func (t *transaction) make(names [][]byte) error {
	for _, name := range names {
		if _, err := t.tx.CreateBucket(name); err != nil {
			return fmt.Errorf("making the bucket %q: %w", name, err)
		}
	}
	return nil
}

// errForeign tells that a file was made by another program.
var errForeign = errors.New("it is a bolt file of another program")

// newerError tells that a file was made by a Sample Desk newer than this one.
type newerError struct{ has, knows int }

func (e newerError) Error() string {
	return fmt.Sprintf("it was made by a newer Sample Desk (schema %d, this one knows %d)", e.has, e.knows)
}

// migrate brings the file up to date with the migrations given, and tells whether there was anything to do. Until the
// transaction is committed, nothing of it is in the file.
func (t *transaction) migrate(steps []func(*transaction) error) (found bool, err error) {
	has, err := t.version()
	if err != nil {
		return false, err
	}
	if has > len(steps) {
		return false, newerError{has: has, knows: len(steps)}
	}
	if has == len(steps) {
		return false, nil
	}
	for i, step := range steps[has:] {
		if err := step(t); err != nil {
			return false, fmt.Errorf("bringing it to schema %d: %w", has+i+1, err)
		}
	}
	return true, t.bucket(schemaBucket).Put(versionKey, strconv.AppendInt(nil, int64(len(steps)), 10))
}

// version returns the number of the file's schema; zero for a file in which nothing is.
func (t *transaction) version() (int, error) {
	b := t.bucket(schemaBucket)
	if b.Bucket == nil {
		if err := t.tx.ForEach(func([]byte, *bbolt.Bucket) error { return errForeign }); err != nil {
			return 0, err
		}
		return 0, nil
	}
	n, err := strconv.Atoi(string(b.Get(versionKey)))
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%w: its schema has the number %q", errDamaged, b.Get(versionKey))
	}
	return n, nil
}
