package boltstore

import (
	"bytes"
	"reflect"
	"slices"
	"sync"

	"sampledesk/workflow"
)

// recent are values that were read a moment ago, each with the bytes that it was read from. A shop is read with each click,
// each effect and its outcome, and its rules nearly as often; what has the same bytes need not be decoded again. It goes by the bytes alone, so whoever reads has what their own snapshot holds.
type recent struct {
	shops decoded[workflow.Shop]
	rules decoded[workflow.Rules]
}

// keptRecent is how many values of a type are remembered: a few kilobytes each.
const keptRecent = 256

// decoded are values by their keys.
type decoded[T any] struct {
	mu sync.Mutex
	of map[string]source[T]
}

// source is a value, which nobody changes, and what it was read from.
type source[T any] struct {
	data  []byte
	value T
}

// decode is decode of what is under a key. Nothing in the result refers to what others get.
func (d *decoded[T]) decode(key, data []byte) (T, error) {
	d.mu.Lock()
	known, ok := d.of[string(key)]
	d.mu.Unlock()
	if ok && bytes.Equal(known.data, data) {
		return apart(known.value), nil
	}
	value, err := decode[T](data)
	if err != nil {
		return value, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.of == nil {
		d.of = map[string]source[T]{}
	}
	if _, there := d.of[string(key)]; !there && len(d.of) >= keptRecent {
		for any := range d.of { // any of them may go: the next reading puts it back
			delete(d.of, any)
			break
		}
	}
	d.of[string(key)] = source[T]{data: bytes.Clone(data), value: apart(value)}
	return value, nil
}

// apart returns a copy that shares nothing that could be changed with the value given.
func apart[T any](value T) T {
	separate(reflect.ValueOf(&value).Elem())
	return value
}

// separate does the work of apart in place. It looks at nothing but pointers, slices and maps; see settle.
func separate(v reflect.Value) {
	shape := shapeOf(v.Type())
	switch {
	case shape.flat:
	case v.Kind() == reflect.Struct:
		for _, i := range shape.deep {
			separate(v.Field(i))
		}
	case v.IsNil():
	case v.Kind() == reflect.Map:
		settle(v)
	case v.Kind() == reflect.Pointer:
		own := reflect.New(v.Type().Elem())
		own.Elem().Set(v.Elem())
		separate(own.Elem())
		v.Set(own)
	default:
		own := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(own, v)
		v.Set(own)
		if !shapeOf(v.Type().Elem()).flat {
			for i := range v.Len() {
				separate(v.Index(i))
			}
		}
	}
}

// shape tells what of a type is behind pointers, slices and maps.
type shape struct {
	flat bool  // nothing
	deep []int // of a struct: the fields in which something is
}

var shapes sync.Map // reflect.Type -> shape

func shapeOf(t reflect.Type) shape {
	if known, ok := shapes.Load(t); ok {
		return known.(shape)
	}
	s := shape{flat: true}
	switch {
	case t == timeType: // what it points to is never changed
	case t.Kind() == reflect.Struct:
		for i := range t.NumField() {
			if !shapeOf(t.Field(i).Type).flat {
				s.deep = append(s.deep, i)
			}
		}
		s.flat = len(s.deep) == 0
	default:
		s.flat = !slices.Contains([]reflect.Kind{reflect.Pointer, reflect.Slice, reflect.Map}, t.Kind())
	}
	shapes.Store(t, s)
	return s
}
