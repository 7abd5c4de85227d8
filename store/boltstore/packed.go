package boltstore

import (
	"encoding"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
)

// Values are kept packed: JSON's fields by JSON's names, each with its kind, so that a program may meet fields that it does
// not know, and lack others, as with JSON. It takes a third of the room and a tenth of the time. What is zero is left out.
//
//	value  = mark fields
//	fields = { tag content } 0
//	tag    = number of the field's name * 8 + kind; a name that has no number (names) is written out behind tag 0 + kind
//
// Files hold values of both sorts: what was written as JSON stays so until it is written again. JSON begins with a brace.

// packedMark is what a packed value begins with.
const packedMark = 1

// The kinds of contents.
const (
	kindEnd    = iota // of the fields; never with a number
	kindNumber        // a signed number of varying length; of a time, its microsecond
	kindText          // its length, and the text
	kindWord          // the number of a word, see words
	kindFields        // a struct's
	kindList          // how many, and a kind and a content for each
	kindFloat         // eight bytes
	kindTrue          // nothing: a flag that is set
)

// mostDeep is how deep values may be in each other: a damaged file must not lead without end.
const mostDeep = 32

// packing writes values. Whatever cannot be written is told at the end.
type packing struct {
	data []byte
	err  error
}

// pack writes a value so that unpack reads it.
func pack(value any) ([]byte, error) {
	v := reflect.ValueOf(value)
	p := packing{data: append(make([]byte, 0, 512), packedMark)}
	p.fields(v, formOf(v.Type()))
	return p.data, p.err
}

func (p *packing) number(n uint64) { p.data = binary.AppendUvarint(p.data, n) }

func (p *packing) fields(v reflect.Value, f *form) {
	for i := range f.fields {
		field := &f.fields[i]
		at := v.Field(field.index[0])
		for _, n := range field.index[1:] {
			at = at.Field(n)
		}
		if at.IsZero() || empty(at) {
			continue
		}
		start := len(p.data)
		p.data = append(p.data, field.tag...)
		kind := p.content(at, field.form)
		p.data[start] |= kind
		if p.err != nil {
			p.err = fmt.Errorf("%s: %w", field.name, p.err)
			return
		}
	}
	p.data = append(p.data, kindEnd)
}

// empty tells whether a list or a map has nothing in it.
func empty(v reflect.Value) bool {
	return (v.Kind() == reflect.Slice || v.Kind() == reflect.Map) && v.Len() == 0
}

// content writes what is in a field or a list, and returns of which kind that is.
func (p *packing) content(v reflect.Value, f *form) byte {
	switch f.as {
	case asFields:
		p.fields(v, f)
		return kindFields
	case asPointer:
		return p.content(v.Elem(), f.of)
	case asTime:
		p.data = binary.AppendVarint(p.data, v.Interface().(time.Time).UnixMicro())
		return kindNumber
	case asString:
		return p.text(v.String())
	case asBool:
		if v.Bool() {
			return kindTrue
		}
		p.data = binary.AppendVarint(p.data, 0)
		return kindNumber
	case asInt:
		p.data = binary.AppendVarint(p.data, v.Int())
		return kindNumber
	case asFloat:
		return p.float(v.Float())
	case asList:
		p.number(uint64(v.Len()))
		for i := range v.Len() {
			at := len(p.data)
			p.data = append(p.data, 0)
			kind := p.content(v.Index(i), f.of)
			p.data[at] = kind
		}
		return kindList
	case asText:
		text, err := v.Interface().(encoding.TextMarshaler).MarshalText()
		p.err = errors.Join(p.err, err)
		return p.text(string(text))
	default:
		text, err := json.Marshal(v.Interface())
		p.err = errors.Join(p.err, err)
		return p.text(string(text))
	}
}

func (p *packing) text(s string) byte {
	if len(s) <= longestWord {
		if n, ok := wordNumbers()[s]; ok {
			p.number(n)
			return kindWord
		}
	}
	p.number(uint64(len(s)))
	p.data = append(p.data, s...)
	return kindText
}

func (p *packing) float(n float64) byte {
	if whole := int64(n); math.Abs(n) < 1<<53 && float64(whole) == n && (n != 0 || !math.Signbit(n)) {
		p.data = binary.AppendVarint(p.data, whole)
		return kindNumber
	}
	p.data = binary.BigEndian.AppendUint64(p.data, math.Float64bits(n))
	return kindFloat
}

// unpacking reads what packing wrote. What is wrong is told at the end; from then on everything reads as nothing.
type unpacking struct {
	data []byte
	err  error
}

// unpack reads a packed value. Nothing in it refers to the data.
func unpack(data []byte, into any) error {
	u := unpacking{data: data[1:]}
	v := reflect.ValueOf(into).Elem()
	u.fields(v, formOf(v.Type()), 0)
	if u.err == nil && len(u.data) > 0 {
		u.fail("goes on after its end")
	}
	return u.err
}

func (u *unpacking) fail(how string) {
	if u.err == nil {
		u.err = errors.New("the value " + how)
	}
	u.data = nil
}

func (u *unpacking) number() uint64 {
	n, size := binary.Uvarint(u.data)
	if size <= 0 {
		u.fail("breaks off in a number")
		return 0
	}
	u.data = u.data[size:]
	return n
}

func (u *unpacking) signed() int64 {
	n := u.number()
	return int64(n>>1) ^ -int64(n&1)
}

func (u *unpacking) bytes(n uint64) []byte {
	if n > uint64(len(u.data)) {
		u.fail("breaks off")
		return nil
	}
	some := u.data[:n]
	u.data = u.data[n:]
	return some
}

// text reads a text of either kind.
func (u *unpacking) text(kind byte) string {
	switch kind {
	case kindText:
		return string(u.bytes(u.number()))
	case kindWord:
		n := u.number()
		if n >= uint64(len(words)) {
			u.fail("has a word that has no number")
			return ""
		}
		return words[n]
	default:
		u.fail("has something else in the place of a text")
		return ""
	}
}

func (u *unpacking) fields(v reflect.Value, f *form, deep int) {
	if deep > mostDeep {
		u.fail("is too deep")
		return
	}
	for u.err == nil {
		tag := u.number()
		kind := byte(tag & 7)
		var field *formField
		switch name := tag >> 3; {
		case tag == kindEnd:
			return
		case name == 0:
			field = f.named[string(u.bytes(u.number()))]
		case name < uint64(len(f.numbered)):
			field = f.numbered[name]
		}
		if field == nil {
			u.skip(kind, deep)
			continue
		}
		at := v.Field(field.index[0])
		for _, n := range field.index[1:] {
			at = at.Field(n)
		}
		u.content(at, field.form, kind, deep)
	}
}

// unknown is the form of what nobody knows.
var unknown form

// skip reads over something that nobody knows any more.
func (u *unpacking) skip(kind byte, deep int) {
	switch kind {
	case kindNumber:
		u.number()
	case kindText:
		u.bytes(u.number())
	case kindWord:
		u.text(kind)
	case kindFields:
		u.fields(reflect.Value{}, &unknown, deep+1)
	case kindList:
		for n := u.number(); n > 0 && u.err == nil; n-- {
			if some := u.bytes(1); some != nil {
				u.skip(some[0], deep+1)
			}
		}
	case kindFloat:
		u.bytes(8)
	case kindTrue:
	default:
		u.fail("has something of no kind")
	}
}

// content reads what is in a field or a list.
func (u *unpacking) content(v reflect.Value, f *form, kind byte, deep int) {
	if deep > mostDeep {
		u.fail("is too deep")
		return
	}
	switch {
	case f.as == asPointer:
		v.Set(reflect.New(v.Type().Elem()))
		u.content(v.Elem(), f.of, kind, deep)
	case f.as == asString:
		v.SetString(u.text(kind))
	case f.as == asTime && kind == kindNumber:
		*v.Addr().Interface().(*time.Time) = time.UnixMicro(u.signed()).UTC()
	case f.as == asBool && kind == kindTrue:
		v.SetBool(true)
	case f.as == asBool && kind == kindNumber:
		v.SetBool(u.signed() != 0)
	case f.as == asInt && kind == kindNumber:
		n := u.signed()
		if v.OverflowInt(n) {
			u.fail("has a number that is too large")
			return
		}
		v.SetInt(n)
	case f.as == asFloat && kind == kindNumber:
		v.SetFloat(float64(u.signed()))
	case f.as == asFloat && kind == kindFloat:
		if some := u.bytes(8); some != nil {
			v.SetFloat(math.Float64frombits(binary.BigEndian.Uint64(some)))
		}
	case f.as == asFields && kind == kindFields:
		u.fields(v, f, deep+1)
	case f.as == asList && kind == kindList:
		u.list(v, f, deep)
	case f.as == asText:
		if err := v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(u.text(kind))); err != nil && u.err == nil {
			u.err = err
		}
	case f.as == asJSON:
		if err := json.Unmarshal([]byte(u.text(kind)), v.Addr().Interface()); err != nil && u.err == nil {
			u.err = err
		}
	default:
		u.fail("has something else than was to be expected")
	}
}

func (u *unpacking) list(v reflect.Value, f *form, deep int) {
	n := u.number()
	if n > uint64(len(u.data)) { // each takes a byte at the least
		u.fail("breaks off in a list")
		return
	}
	list := reflect.MakeSlice(v.Type(), int(n), int(n))
	for i := range int(n) {
		if some := u.bytes(1); some != nil {
			u.content(list.Index(i), f.of, some[0], deep+1)
		}
	}
	v.Set(list)
}

// form is how the values of a type are packed.
type form struct {
	as as
	of *form // what a pointer points to, and what a list is of

	fields   []formField // of a struct
	numbered []*formField
	named    map[string]*formField
}

// as tells sorts of types apart.
type as int

const (
	asJSON as = iota // whatever else there is, as JSON has it
	asFields
	asPointer
	asTime
	asString
	asBool
	asInt
	asFloat
	asList
	asText
)

type formField struct {
	name  string
	index []int  // where it is, in structs that are embedded in each other
	tag   []byte // its kind goes into the first byte
	form  *form
}

var forms sync.Map // reflect.Type -> *form

var (
	textMarshaler   = reflect.TypeFor[encoding.TextMarshaler]()
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
)

func formOf(t reflect.Type) *form {
	if known, ok := forms.Load(t); ok {
		return known.(*form)
	}
	f := &form{as: sortOf(t)}
	switch f.as {
	case asPointer, asList:
		f.of = formOf(t.Elem())
	case asFields:
		f.gather(t, nil)
		f.index()
	default: // there is nothing in it
	}
	forms.Store(t, f)
	return f
}

func sortOf(t reflect.Type) as {
	switch {
	case t == timeType:
		return asTime
	case t.Implements(textMarshaler) && reflect.PointerTo(t).Implements(textUnmarshaler) && t.Kind() != reflect.Pointer:
		return asText
	}
	switch t.Kind() {
	case reflect.Struct:
		return asFields
	case reflect.Pointer:
		if t.Elem().Kind() == reflect.Pointer {
			return asJSON
		}
		return asPointer
	case reflect.String:
		return asString
	case reflect.Bool:
		return asBool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return asInt
	case reflect.Float64:
		return asFloat
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Pointer || t.Elem().Kind() == reflect.Uint8 {
			return asJSON // a pointer to nothing could not be told from one to what is zero
		}
		return asList
	default:
		return asJSON
	}
}

// gather finds the fields of a struct by the names that JSON has for them. Those of an embedded struct are its own.
func (f *form) gather(t reflect.Type, within []int) {
	for i := range t.NumField() {
		field := t.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		index := append(slices.Clone(within), i)
		switch {
		case name == "-" || !field.IsExported() && !field.Anonymous:
		case field.Anonymous && name == "" && field.Type.Kind() == reflect.Struct:
			f.gather(field.Type, index)
		default:
			if name == "" {
				name = field.Name
			}
			f.fields = append(f.fields, formField{name: name, index: index, form: formOf(field.Type)})
		}
	}
}

// index gives the fields their tags. Where two have one name the outer one is meant, as in JSON.
func (f *form) index() {
	f.named = map[string]*formField{}
	f.fields = slices.DeleteFunc(f.fields, func(field formField) bool {
		return slices.ContainsFunc(f.fields, func(other formField) bool {
			return other.name == field.name && len(other.index) < len(field.index)
		})
	})
	for i := range f.fields {
		field := &f.fields[i]
		f.named[field.name] = field
		n, ok := nameNumbers()[field.name]
		if !ok {
			field.tag = append(binary.AppendUvarint([]byte{0}, uint64(len(field.name))), field.name...)
			continue
		}
		field.tag = binary.AppendUvarint(nil, n<<3)
		for uint64(len(f.numbered)) <= n {
			f.numbered = append(f.numbered, nil)
		}
		f.numbered[n] = field
	}
}
