package boltstore

import (
	"bytes"
	"fmt"
	"math"
	"reflect"
	"time"

	jsonv1 "github.com/go-json-experiment/json/v1"

	"sampledesk/store/internal/value"
	"sampledesk/workflow"
)

// Values are kept packed (packed.go), by the field names that workflow gives them for JSON. To the file times have no zone
// and no nanoseconds, and keys are made from text, so whatever is put goes through kept first.

// kept returns a value as the store keeps it.
func kept[T any](v T) T { return value.Kept(v) }

// settle does the work of kept in place.
func settle(v reflect.Value) { value.Settle(v) }

var timeType = reflect.TypeFor[time.Time]()

// moment returns a time as the store keeps it.
func moment(t time.Time) time.Time { return value.Moment(t) }

// write keeps a value, which has gone through kept, under a key.
func write(b bucket, key []byte, value any) error {
	data, err := pack(value)
	if err != nil {
		return fmt.Errorf("writing a %T: %w", value, err)
	}
	return b.Put(key, data)
}

// decode reads what write wrote, today or when values were kept as JSON. Nothing in the result refers to the transaction.
func decode[T any](data []byte) (value T, err error) {
	if len(data) > 0 && data[0] == packedMark {
		err = unpack(data, &value)
	} else {
		err = jsonv1.Unmarshal(data, &value)
	}
	if err != nil {
		return value, fmt.Errorf("%w: reading a %T: %w", errDamaged, value, err)
	}
	return value, nil
}

// read returns the value under a key, or workflow.ErrNotFound; what names it in the error.
func read[T any](b bucket, key []byte, what string) (value T, err error) {
	return readBy(b, key, what, plainly(decode[T]))
}

// readBy is read of what is decoded in another way.
func readBy[T any](b bucket, key []byte, what string, decode func(key, data []byte) (T, error)) (value T, err error) {
	if err := b.of.alive(); err != nil {
		return value, err
	}
	data := b.Get(key)
	if data == nil {
		return value, fmt.Errorf("%s %q: %w", what, key, workflow.ErrNotFound)
	}
	return decode(key, data)
}

// plainly reads a value for which its key says nothing that it does not say itself.
func plainly[T any](read func(data []byte) (T, error)) func(key, data []byte) (T, error) {
	return func(_, data []byte) (T, error) { return read(data) }
}

// packedApplication is an application as it is kept: whose it is, its key tells.
func packedApplication(a workflow.Application) ([]byte, error) {
	a.Key = workflow.Key{}
	return pack(a)
}

// decodeApplication reads the application under a key.
func decodeApplication(key, data []byte) (workflow.Application, error) {
	a, err := decode[workflow.Application](data)
	a.Key, _ = keyOf(key)
	return a, err
}

// decodeOutline reads the outline of the application under a key.
func decodeOutline(key, data []byte) (workflow.Outline, error) {
	o, err := decode[workflow.Outline](data)
	o.Key, _ = keyOf(key)
	return o, err
}

// packedEntry is an entry of a history as it is kept: whose it is, its key tells.
func packedEntry(e workflow.Entry) ([]byte, error) {
	e.Key = workflow.Key{}
	return pack(e)
}

// unlimited is the limit of a page that is read whole.
const unlimited = math.MaxInt

// page reads up to limit values whose keys begin with prefix, from the first after the cursor on. A cursor is what
// follows the prefix in the key of the last value read; next is empty where no more values follow.
func page[T any](b bucket, prefix []byte, after string, limit int, value func(key, data []byte) (T, error)) (values []T, next string, err error) {
	start := append(bytes.Clone(prefix), after...)
	c := b.Cursor()
	k, data := c.Seek(start)
	if after != "" && bytes.Equal(k, start) {
		k, data = c.Next()
	}
	var found []keyed
	for ; k != nil && bytes.HasPrefix(k, prefix); k, data = c.Next() {
		if len(found) >= limit {
			values, err = valuesOf(b, found, value)
			return values, next, err
		}
		found, next = append(found, keyed{k, data}), string(k[len(prefix):])
	}
	values, err = valuesOf(b, found, value)
	return values, "", err
}

// pageBack reads up to limit values whose keys begin with prefix, from the last key on. The prefix ends in a zero byte.
func pageBack[T any](b bucket, prefix []byte, limit int, value func(key, data []byte) (T, error)) (values []T, err error) {
	c := b.Cursor()
	behind := bytes.Clone(prefix)
	behind[len(behind)-1]++ // the first key that a longer prefix could have
	before := c.Prev
	if k, _ := c.Seek(behind); k == nil {
		before = c.Last
	}
	var found []keyed
	for k, data := before(); k != nil && bytes.HasPrefix(k, prefix) && len(found) < limit; k, data = c.Prev() {
		found = append(found, keyed{k, data})
	}
	return valuesOf(b, found, value)
}

// keyed is a key and what is under it, for as long as the transaction lasts and keeps nothing else there.
type keyed struct{ key, data []byte }

// valuesOf decodes what was found. An application takes two kilobytes, so room is made for as many as there are, and none is
// moved about.
func valuesOf[T any](b bucket, found []keyed, value func(key, data []byte) (T, error)) (values []T, err error) {
	if len(found) == 0 {
		return nil, nil
	}
	values = make([]T, len(found))
	for i, f := range found {
		if err := b.of.alive(); err != nil {
			return nil, err
		}
		if values[i], err = value(f.key, f.data); err != nil {
			return nil, fmt.Errorf("under %q: %w", f.key, err)
		}
	}
	return values, nil
}

// all reads every value of a bucket, in the order of the keys.
func all[T any](b bucket) (values []T, err error) {
	err = b.ForEach(func(k, data []byte) error {
		if err := b.of.alive(); err != nil {
			return err
		}
		v, err := decode[T](data)
		if err != nil {
			return fmt.Errorf("under %q: %w", k, err)
		}
		values = append(values, v)
		return nil
	})
	return values, err
}
