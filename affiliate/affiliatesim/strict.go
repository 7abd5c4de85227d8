package affiliatesim

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// decode reads a body of the Open API into T, strictly: one JSON object, names to
// the letter, none that T lacks. The vendor does not say what becomes of unknown
// fields; refusing them finds a misspelt filter, which otherwise would mean "all".
// A missing body is an empty object: where a field is required, its check says so.
func decode[T any](body []byte) (T, error) {
	var value T
	if len(body) == 0 {
		return value, nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil || fields == nil {
		return value, invalid("the body must be one JSON object")
	}
	known := namesOf[T]()
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if !slices.Contains(known, name) {
			return value, invalid("field %q is not one of this call's: only %s", clip(name, 60), strings.Join(known, ", "))
		}
	}
	if err := json.Unmarshal(body, &value); err != nil {
		if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return value, invalid("field %s must not be a %s", wrong.Field, wrong.Value)
		}
		return value, invalid("the body cannot be read")
	}
	return value, nil
}

// namesOf lists the JSON names of a struct's fields.
func namesOf[T any]() []string {
	var names []string
	t := reflect.TypeFor[T]()
	for field := range t.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		names = append(names, name)
	}
	return names
}

// number reads a whole number between least and most from a query parameter.
func number(name, text string, least, most int) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most || strings.HasPrefix(text, "+") {
		return 0, invalid("%s must be a number from %d to %d, not %q", name, least, most, clip(text, 30))
	}
	return n, nil
}

// clip cuts text to n code points for a message.
func clip(text string, n int) string {
	runes := []rune(strings.ToValidUTF8(text, "\uFFFD"))
	if len(runes) <= n {
		return string(runes)
	}
	return string(runes[:n]) + "…"
}

// compact writes a value as JSON without escaping <, > and &, as the vendor does.
func compact(value any) ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}
