package affiliate

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of what is kept of a text: far beyond any name, and small enough for every
// store. What is longer is cut; a link is left out, as half of one leads elsewhere.
const (
	longestText    = 500  // code points
	longestAddress = 3000 // bytes
)

// fields is an object of the vendor's that is read field by field, so that one that
// is not what the vendor documents costs that field and no more. Its methods return
// what stands for "not shared" where a field is absent or cannot be read. A nil
// fields has none.
type fields map[string]json.RawMessage

// readFields reads an object.
func readFields(data []byte) (fields, error) {
	var f fields
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, err
	}
	if f == nil {
		return nil, errors.New("it is null")
	}
	return f, nil
}

// field reads a field by the rules of T, whose zero value is what cannot be read.
func field[T any](f fields, name string) T {
	var value, none T
	if len(f[name]) == 0 || json.Unmarshal(f[name], &value) != nil {
		return none
	}
	return value
}

// decimal reads an id that is documented as a decimal number. Others could not be
// asked for.
func decimal[ID ~string](f fields, name string) ID {
	id := ID(field[looseText](f, name))
	if !isPathID(id) {
		return ""
	}
	return id
}

// object reads a field that is an object.
func (f fields) object(name string) fields { return field[fields](f, name) }

// list reads a field that is a list.
func (f fields) list(name string) []json.RawMessage { return field[[]json.RawMessage](f, name) }

// text reads a text, or a number's digits as they stand. It is fit to be kept: valid,
// without zero bytes and not too long.
func (f fields) text(name string) string {
	return cutText(field[looseText](f, name))
}

// link reads the address of a page or picture.
func (f fields) link(name string) string {
	text := string(field[looseText](f, name))
	if len(text) > longestAddress || strings.ContainsRune(text, 0) {
		return ""
	}
	return text
}

// texts reads a list of texts, or a single one.
func (f fields) texts(name string) (all []string) {
	for _, data := range f.list(name) {
		var text looseText
		if json.Unmarshal(data, &text) == nil && text != "" {
			all = append(all, cutText(text))
		}
	}
	if one := f.text(name); one != "" && all == nil {
		return []string{one}
	}
	return all
}

// number reads a number that may have any sign.
func (f fields) number(name string) Number { return field[Number](f, name) }

// count reads a number that cannot be below zero.
func (f fields) count(name string) Number {
	n := f.number(name)
	if strings.HasPrefix(n.text, "-") {
		return Number{}
	}
	return n
}

// truth reads a boolean, which may be a text. False is also what cannot be read.
func (f fields) truth(name string) bool {
	text := string(field[looseText](f, name))
	if b := field[bool](f, name); b {
		return true
	}
	b, err := strconv.ParseBool(strings.ToLower(text))
	return err == nil && b
}

// stamp reads a point in time, the zero time for none.
func (f fields) stamp(name string) stamp { return field[stamp](f, name) }

// looseText is a text, or a number's digits as they stand.
type looseText string

// UnmarshalJSON takes a text, a number and null.
func (t *looseText) UnmarshalJSON(data []byte) error {
	var number json.Number
	var text string
	switch {
	case string(data) == "null":
	case len(data) > 0 && data[0] == '"':
		if err := json.Unmarshal(data, &text); err != nil {
			return err
		}
	default:
		if err := json.Unmarshal(data, &number); err != nil {
			return err
		}
		text = number.String()
	}
	*t = looseText(text)
	return nil
}

// cutText makes a text fit to be kept.
func cutText(text looseText) string {
	clean := strings.ReplaceAll(string(text), "\x00", "")
	if utf8.RuneCountInString(clean) > longestText {
		return string([]rune(clean)[:longestText])
	}
	return clean
}

// readAmount reads an amount of money, which the vendor shows as 500 on one page and
// as "$1234.56" on another.
func readAmount(text looseText) Number {
	plain := strings.TrimLeftFunc(string(text), func(r rune) bool { return unicode.Is(unicode.Sc, r) || unicode.IsSpace(r) })
	if strings.HasSuffix(plain, "%") {
		return Number{}
	}
	n, err := ParseNumber(plain)
	if err != nil {
		return Number{}
	}
	return n
}

// UnreadableError is a record of an answer that cannot be read, for want of an id or
// a status.
type UnreadableError struct {
	ID  string // as it came, clipped; empty: it has none
	Err error
}

// Error names the record and says what is wrong with it.
func (e *UnreadableError) Error() string {
	if e.ID == "" {
		return fmt.Sprintf("a record without an id cannot be read: %s", e.Err)
	}
	return fmt.Sprintf("record %q cannot be read: %s", e.ID, e.Err)
}

// Unwrap returns what is wrong.
func (e *UnreadableError) Unwrap() error { return e.Err }

// longestQuoted is how much of an id that is none is quoted, in code points.
const longestQuoted = 60

// unreadableRecord is the error of a record, which is named by whatever stands for
// its id.
func unreadableRecord(f fields, err error) *UnreadableError {
	name := []rune(strings.Trim(string(f["id"]), `"`))
	if string(name) == "null" {
		name = nil
	}
	return &UnreadableError{ID: string(name[:min(longestQuoted, len(name))]), Err: err}
}
