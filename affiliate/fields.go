package affiliate

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// Bounds of what is kept of a text: far beyond any name, and small enough for every
// store. What is longer is cut; a link is left out, as half of one leads elsewhere.
const (
	longestText    = 500  // code points
	longestAddress = 3000 // bytes
)

// node is a JSON value as it stands in an answer. What an object or a list holds
// comes behind it, so that an answer is one list of nodes and is gone through once.
type node struct {
	name   []byte // of a member
	text   []byte // of the value, as it stands
	kind   jsontext.Kind
	inside int // nodes behind it that it holds
}

// value is a node and what it holds. A nil value is one that is not there.
type value []node

// fields are what an object holds. It is read field by field, so that one that is not
// what the vendor documents costs that field and no more. Its methods return what
// stands for "not shared" where a field is absent or cannot be read. Nil fields are
// those of no object.
type fields []node

// lenient takes what encoding/json takes: of members of one name the last one counts,
// and what is no UTF-8 becomes U+FFFD.
var lenient = []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}

// parser reads answers into nodes.
type parser struct {
	data    []byte
	decoder jsontext.Decoder
	nodes   []node
}

// parsers are those not in use, for pages that come one after the other.
var parsers = sync.Pool{New: func() any { return new(parser) }}

// parse reads a text that is one JSON value. What comes back refers to the text and to
// the parser, until that reads the next.
func (p *parser) parse(data []byte) (value, error) {
	p.data, p.nodes = data, p.nodes[:0]
	p.decoder.Reset(bytes.NewBuffer(data), lenient...)
	if err := p.value(nil); err != nil {
		return nil, err
	}
	if _, err := p.decoder.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more behind the value")
	}
	return value(p.nodes), nil
}

// value reads a value with what it holds.
func (p *parser) value(name []byte) error {
	kind := p.decoder.PeekKind()
	at := len(p.nodes)
	p.nodes = append(p.nodes, node{name: name, kind: kind})
	if kind != '{' && kind != '[' {
		text, err := p.scalar()
		p.nodes[at].text = text
		return err
	}
	if _, err := p.decoder.ReadToken(); err != nil {
		return err
	}
	start := p.decoder.InputOffset() - 1
	for end := kind + 2; p.decoder.PeekKind() != end; { // "}" and "]"
		var name []byte
		if kind == '{' {
			quoted, err := p.scalar()
			if err != nil {
				return err
			}
			name = unquoted(quoted)
		}
		if err := p.value(name); err != nil {
			return err
		}
	}
	if _, err := p.decoder.ReadToken(); err != nil {
		return err
	}
	p.nodes[at].text, p.nodes[at].inside = p.data[start:p.decoder.InputOffset()], len(p.nodes)-at-1
	return nil
}

// scalar reads a value that holds no other.
func (p *parser) scalar() ([]byte, error) {
	text, err := p.decoder.ReadValue()
	if err != nil {
		return nil, err
	}
	end := p.decoder.InputOffset()
	return p.data[end-int64(len(text)) : end], nil
}

// unquoted is the text of a JSON string.
func unquoted(quoted []byte) []byte {
	plain := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(plain, '\\') < 0 && utf8.Valid(plain) {
		return plain
	}
	text, _ := jsontext.AppendUnquote(nil, quoted) // the error is that of invalid UTF-8, which it replaces
	return text
}

func (v value) kind() jsontext.Kind {
	if len(v) == 0 {
		return 0
	}
	return v[0].kind
}

// object returns what an object holds.
func (v value) object() (fields, error) {
	switch v.kind() {
	case '{':
		return fields(v[1:]), nil
	case 'n':
		return nil, errors.New("it is null")
	default:
		return nil, errors.New("it is no object")
	}
}

// list returns the values of a list, nil of what is none.
func (v value) list() []value {
	if v.kind() != '[' {
		return nil
	}
	all := []value{}
	for rest := v[1:]; len(rest) > 0; {
		behind := 1 + rest[0].inside
		all, rest = append(all, rest[:behind]), rest[behind:]
	}
	return all
}

// plain reads a string; null is a blank one.
func (v value) plain() (text string, ok bool) {
	switch v.kind() {
	case '"':
		return string(unquoted(v[0].text)), true
	case 'n':
		return "", true
	default:
		return "", false
	}
}

// loose reads a string, or a number's digits as they stand; null is a blank one.
func (v value) loose() (text string, ok bool) {
	if v.kind() == '0' {
		return string(v[0].text), true
	}
	return v.plain()
}

// get returns a field's value, the last one of the name.
func (f fields) get(name string) (found value) {
	for rest := f; len(rest) > 0; {
		behind := 1 + rest[0].inside
		if string(rest[0].name) == name {
			found = value(rest[:behind])
		}
		rest = rest[behind:]
	}
	return found
}

// id reads an identifier: a string, or an integer's digits.
func id[ID ~string](f fields, name string) ID {
	v := f.get(name)
	text, ok := v.loose()
	if !ok || v.kind() == '0' && !isDecimal(text) || checkID(text) != nil {
		return ""
	}
	return ID(text)
}

// decimal reads an id that is documented as a decimal number. Others could not be
// asked for.
func decimal[ID ~string](f fields, name string) ID {
	id := ID(f.loose(name))
	if !isPathID(id) {
		return ""
	}
	return id
}

// object reads a field that is an object.
func (f fields) object(name string) fields {
	inside, _ := f.get(name).object()
	return inside
}

// list reads a field that is a list.
func (f fields) list(name string) []value { return f.get(name).list() }

// anyList reads a field that is a list, or not there. Anything else is an error.
func (f fields) anyList(name string) ([]value, error) {
	v := f.get(name)
	if kind := v.kind(); kind != 0 && kind != 'n' && kind != '[' {
		return nil, fmt.Errorf("%s is no list", name)
	}
	return v.list(), nil
}

// plain reads a string of any length.
func (f fields) plain(name string) string {
	text, _ := f.get(name).plain()
	return text
}

// loose reads a text of any length, or a number's digits as they stand.
func (f fields) loose(name string) string {
	text, _ := f.get(name).loose()
	return text
}

// text reads a text, or a number's digits as they stand. It is fit to be kept: valid,
// without zero bytes and not too long.
func (f fields) text(name string) string { return cutText(f.loose(name)) }

// link reads the address of a page or picture.
func (f fields) link(name string) string {
	text := f.loose(name)
	if len(text) > longestAddress || strings.ContainsRune(text, 0) {
		return ""
	}
	return text
}

// texts reads a list of texts, or a single one.
func (f fields) texts(name string) (all []string) {
	for _, v := range f.list(name) {
		if text, _ := v.loose(); text != "" {
			all = append(all, cutText(text))
		}
	}
	if one := f.text(name); one != "" && all == nil {
		return []string{one}
	}
	return all
}

// number reads a number that may have any sign.
func (f fields) number(name string) Number {
	n, err := ParseNumber(f.loose(name))
	if err != nil {
		return Number{}
	}
	return n
}

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
	if f.get(name).kind() == 't' {
		return true
	}
	b, err := strconv.ParseBool(strings.ToLower(f.loose(name)))
	return err == nil && b
}

// lastSecond is the last second of the year 9999. What lies beyond is not a
// time in seconds, most likely milliseconds.
const lastSecond = 253402300799

// stamp reads a point in time in Unix seconds into UTC, the zero time for none.
func (f fields) stamp(name string) time.Time {
	number := f.number(name)
	seconds, ok := number.Int()
	if !ok || seconds <= 0 || seconds > lastSecond || strings.Contains(number.text, ".") {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

// cutText makes a text fit to be kept.
func cutText(text string) string {
	clean := strings.ReplaceAll(text, "\x00", "")
	if len(clean) > longestText && utf8.RuneCountInString(clean) > longestText {
		return string([]rune(clean)[:longestText])
	}
	return clean
}

// readAmount reads an amount of money, which the vendor shows as 500 on one page and
// as "$1234.56" on another.
func readAmount(text string) Number {
	plain := strings.TrimLeftFunc(text, func(r rune) bool { return unicode.Is(unicode.Sc, r) || unicode.IsSpace(r) })
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
	var name []rune
	if v := f.get("id"); v.kind() != 0 && v.kind() != 'n' {
		name = []rune(strings.Trim(string(v[0].text), `"`))
	}
	return &UnreadableError{ID: string(name[:min(longestQuoted, len(name))]), Err: err}
}
