package boltstore

import (
	"errors"
	"fmt"
	"strconv"

	"go.etcd.io/bbolt"
)

// schema is the number of the layout that keys.go describes. Older files are rebuilt in it, see rebuild.go.
const schema = 5

// errForeign tells that a file was made by another program.
var errForeign = errors.New("it is a bolt file of another program")

// errOutdated tells that a file has to be rebuilt.
var errOutdated = errors.New("it is of an older make")

// newerError tells that a file was made by a Sample Desk newer than this one.
type newerError struct{ has, knows int }

func (e newerError) Error() string {
	return fmt.Sprintf("it was made by a newer Sample Desk (schema %d, this one knows %d)", e.has, e.knows)
}

// settle makes an empty file one of today's schema, and tells whether it did. A file that was made before it is only
// looked at: errOutdated or another error, if it is not of today's schema.
func (t *transaction) settled() (made bool, err error) {
	has, err := t.version()
	switch {
	case err != nil:
		return false, err
	case has == 0:
		return true, t.make()
	case has > schema:
		return false, newerError{has: has, knows: schema}
	case has < schema || string(t.bucket(schemaBucket).Get(rulesKey)) != rules():
		return false, errOutdated
	}
	return false, nil
}

// added are the buckets that came without another number of the schema: a file that lacks them gets them when it is opened,
// and a program from before leaves them alone.
var added = [][]byte{appsBucket, deliveriesBucket, looksBucket, marksBucket, rulesBucket, listedBucket, listsOfBucket, costsBucket, talliesBucket}

// add makes the buckets that came later, and tells whether any was missing.
func (t *transaction) add() (found bool, err error) {
	for _, name := range added {
		if t.tx.Bucket(name) != nil {
			continue
		}
		if _, err := t.tx.CreateBucket(name); err != nil {
			return found, fmt.Errorf("making the bucket %q: %w", name, err)
		}
		found = true
	}
	return found, nil
}

// make makes all buckets.
func (t *transaction) make() error {
	for _, name := range buckets {
		if _, err := t.tx.CreateBucket(name); err != nil {
			return fmt.Errorf("making the bucket %q: %w", name, err)
		}
	}
	return errors.Join(
		t.bucket(schemaBucket).Put(versionKey, strconv.AppendInt(nil, schema, 10)),
		t.bucket(schemaBucket).Put(rulesKey, []byte(rules())),
	)
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
