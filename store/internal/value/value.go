// Package value makes values what every store keeps of them, and says which names they may have.
package value

import (
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"
)

// Kept returns a value as a store keeps it: times in UTC, cut to the microsecond, and text as UTF-8. It shares nothing
// that could be changed with the value given.
func Kept[T any](v T) T {
	Settle(reflect.ValueOf(&v).Elem())
	return v
}

var timeType = reflect.TypeFor[time.Time]()

// Settle does the work of Kept in place. What is behind pointers, slices and maps it copies first. The values of workflow
// hold no interfaces; a test sees to it.
func Settle(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		if s := v.String(); !utf8.ValidString(s) {
			v.SetString(strings.ToValidUTF8(s, "\uFFFD"))
		}
	case reflect.Struct:
		if v.Type() == timeType {
			t := v.Addr().Interface().(*time.Time)
			*t = Moment(*t)
			return
		}
		for i := range v.NumField() { //nolint:modernize // an iterator takes twice as long
			Settle(v.Field(i))
		}
	case reflect.Pointer:
		if v.IsNil() {
			return
		}
		own := reflect.New(v.Type().Elem())
		own.Elem().Set(v.Elem())
		Settle(own.Elem())
		v.Set(own)
	case reflect.Map:
		if v.IsNil() {
			return
		}
		own := reflect.MakeMapWithSize(v.Type(), v.Len())
		for _, k := range v.MapKeys() {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			key.Set(k)
			value.Set(v.MapIndex(k))
			Settle(key)
			Settle(value)
			own.SetMapIndex(key, value)
		}
		v.Set(own)
	case reflect.Slice:
		if v.IsNil() {
			return
		}
		own := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(own, v)
		v.Set(own)
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return
		}
		for i := range v.Len() {
			Settle(v.Index(i))
		}
	default: // nothing in it to look at
	}
}

// Moment returns a time as a store keeps it.
func Moment(t time.Time) time.Time { return t.Truncate(time.Microsecond).UTC() }

// Named checks what is to become a name: text that is not empty and holds no zero byte. What names it in the error.
func Named(what string, names ...string) error {
	for _, name := range names {
		if name == "" {
			return fmt.Errorf("%s has an empty name", what)
		}
		if err := Fitting(what, name); err != nil {
			return err
		}
	}
	return nil
}

// Fitting is Named for a part of a name that may be empty.
func Fitting(what, name string) error {
	switch {
	case !utf8.ValidString(name):
		return fmt.Errorf("the name %q of %s is not UTF-8", name, what)
	case strings.Contains(name, "\x00"):
		return fmt.Errorf("the name %q of %s holds a zero byte", name, what)
	}
	return nil
}

// Nameable tells whether anything can be kept under these names.
func Nameable(names ...string) bool { return Named("", names...) == nil }
