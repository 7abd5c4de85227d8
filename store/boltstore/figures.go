package boltstore

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"time"

	"sampledesk/workflow"
)

// figuresBucket holds what the applications add to the figures, and its sums. A letter parts them; a time is the number
// of the microsecond. Hours are those of UTC, of which every zone's days begin at a quarter at the least, so that no
// change of a zone touches anything.
//
//	f shop 0 time line id -> fact
//	a shop 0 time line id -> fact; those of f whose application was in the line before
//	h shop 0 hour         -> the sum of the hour's facts; no key where it is zero
var figuresBucket = []byte("figures")

// figuresMade is the number of the layout of figuresBucket and of what applications keep for it.
const figuresMade = 1

const (
	factLetter  = 'f'
	againLetter = 'a'
	hourLetter  = 'h'
)

// figuresOf is what the keys of a shop begin with.
func figuresOf(letter byte, s workflow.ShopID) []byte { return under(string(letter) + string(s)) }

// figuresAt is where a shop's keys of a time begin.
func figuresAt(letter byte, s workflow.ShopID, at int64) []byte {
	return binary.BigEndian.AppendUint64(figuresOf(letter, s), ordered(at))
}

func factKey(letter byte, k workflow.Key, f workflow.Fact) []byte {
	key := figuresAt(letter, k.Shop, f.At.UnixMicro())
	return append(append(key, f.Line...), k.ID...)
}

// The flags of a fact's value.
const (
	factAgain = 1 << iota
	factHere
	factUntold
)

// packedFact is what the key does not tell of a fact.
func packedFact(f workflow.Fact) []byte {
	flags := uint64(0)
	if !f.Before.IsZero() {
		flags |= factAgain
	}
	if f.Here {
		flags |= factHere
	}
	if f.Untold {
		flags |= factUntold
	}
	data := binary.AppendUvarint(nil, flags)
	if !f.Before.IsZero() {
		data = binary.AppendVarint(data, f.Before.UnixMicro())
	}
	if f.Here {
		data = binary.AppendUvarint(data, uint64(f.Span))
	}
	return binary.AppendUvarint(data, uint64(f.Orders))
}

// numbers reads the numbers of a value one by one. What is wrong with them is told at the end.
type numbers struct {
	data []byte
	bad  bool
}

func (n *numbers) next() uint64 {
	v, size := binary.Uvarint(n.data)
	n.take(size)
	return v
}

func (n *numbers) signed() int64 {
	v, size := binary.Varint(n.data)
	n.take(size)
	return v
}

func (n *numbers) take(size int) {
	if size <= 0 {
		n.bad, n.data = true, nil
		return
	}
	n.data = n.data[size:]
}

// unpackedFact reads what packedFact and factKey wrote; rest is what follows the shop in the key.
func unpackedFact(rest, data []byte) (f workflow.Fact, err error) {
	if len(rest) < 9 {
		return f, fmt.Errorf("%w: the key of a fact is too short", errDamaged)
	}
	f.At = time.UnixMicro(unordered(binary.BigEndian.Uint64(rest))).UTC()
	f.Line = workflow.Line(rest[8:9])
	n := numbers{data: data}
	flags := n.next()
	if flags&factAgain != 0 {
		f.Before = time.UnixMicro(n.signed()).UTC()
	}
	if f.Here = flags&factHere != 0; f.Here {
		f.Span = workflow.Span(n.next())
	}
	f.Untold = flags&factUntold != 0
	f.Orders = int(n.next())
	if n.bad || f.Span > maxSpan {
		return f, fmt.Errorf("%w: a fact of the figures cannot be read", errDamaged)
	}
	return f, nil
}

// maxSpan is the longest that a duration can be.
var maxSpan = workflow.SpanOf(1<<63 - 1)

// packedTotals writes sums. None of them is below zero.
func packedTotals(s workflow.Totals) ([]byte, error) {
	var data []byte
	for _, n := range append(s.Of[:], s.There, s.Orders, s.Untold) {
		if n < 0 {
			return nil, fmt.Errorf("%w: a sum of the figures is below zero", errDamaged)
		}
		data = binary.AppendUvarint(data, uint64(n))
	}
	last := 0
	for span, n := range s.Took {
		if n < 0 {
			return nil, fmt.Errorf("%w: a sum of the figures is below zero", errDamaged)
		}
		if n > 0 {
			data = binary.AppendUvarint(data, uint64(span-last))
			data = binary.AppendUvarint(data, uint64(n))
			last = span
		}
	}
	return data, nil
}

// addTotals adds what packedTotals wrote to sums; nil is nothing.
func addTotals(s *workflow.Totals, data []byte) error {
	if data == nil {
		return nil
	}
	n := numbers{data: data}
	for i := range s.Of {
		s.Of[i] += int(n.next())
	}
	s.There += int(n.next())
	s.Orders += int(n.next())
	s.Untold += int(n.next())
	span := workflow.Span(0)
	for len(n.data) > 0 && !n.bad {
		span += workflow.Span(n.next())
		count := int(n.next())
		if span < 0 || span > maxSpan || count < 0 {
			n.bad = true
			break
		}
		s.Took.Add(span, count)
	}
	if n.bad {
		return fmt.Errorf("%w: a sum of the figures cannot be read", errDamaged)
	}
	return nil
}

const hour = int64(time.Hour / time.Microsecond)

// hourOf returns when the hour began in which a time is.
func hourOf(micro int64) int64 {
	n := micro / hour
	if micro%hour < 0 {
		n--
	}
	return n * hour
}

// figure takes what an application added to the figures out of them, and adds what it adds now.
func (t *transaction) figure(k workflow.Key, was, now []workflow.Fact) error {
	changed := map[int64]workflow.Totals{}
	change := func(f workflow.Fact, times int) error {
		at := hourOf(f.At.UnixMicro())
		s, ok := changed[at]
		if !ok {
			if err := addTotals(&s, t.bucket(figuresBucket).Get(figuresAt(hourLetter, k.Shop, at))); err != nil {
				return err
			}
		}
		s.Add(f, times)
		changed[at] = s
		return nil
	}
	for _, f := range was {
		if slices.Contains(now, f) {
			continue
		}
		if err := change(f, -1); err != nil {
			return err
		}
		if err := t.bucket(figuresBucket).Delete(factKey(factLetter, k, f)); err != nil {
			return err
		}
		if err := t.bucket(figuresBucket).Delete(factKey(againLetter, k, f)); err != nil {
			return err
		}
	}
	for _, f := range now {
		if slices.Contains(was, f) {
			continue
		}
		if err := change(f, 1); err != nil {
			return err
		}
		for _, e := range factEntries(k, f) {
			if err := t.bucket(figuresBucket).Put(e.key, e.value); err != nil {
				return err
			}
		}
	}
	for _, at := range slices.Sorted(maps.Keys(changed)) {
		if err := t.putHour(k.Shop, at, changed[at]); err != nil {
			return err
		}
	}
	return nil
}

// pair is a key with its value.
type pair struct{ key, value []byte }

// factEntries are the keys of a fact.
func factEntries(k workflow.Key, f workflow.Fact) []pair {
	all := []pair{{factKey(factLetter, k, f), packedFact(f)}}
	if !f.Before.IsZero() {
		all = append(all, pair{factKey(againLetter, k, f), all[0].value})
	}
	return all
}

func (t *transaction) putHour(s workflow.ShopID, at int64, sum workflow.Totals) error {
	key := figuresAt(hourLetter, s, at)
	data, err := packedTotals(sum)
	if err != nil {
		return fmt.Errorf("the figures of an hour of shop %q: %w", s, err)
	}
	if isZero(data) {
		return t.bucket(figuresBucket).Delete(key)
	}
	return t.bucket(figuresBucket).Put(key, data)
}

// isZero tells whether packed totals count nothing.
func isZero(data []byte) bool { return len(bytes.Trim(data, "\x00")) == 0 }

// Totals is part of workflow.Tx.
func (t *transaction) Totals(s workflow.ShopID, from, to time.Time) (sum workflow.Totals, err error) {
	if err := t.alive(); err != nil || !nameable(string(s)) {
		return sum, err
	}
	// What is between two microseconds is kept at the one before it.
	begin, end := microUp(from), microUp(to)
	first, last := hourOf(begin+hour-1), hourOf(end)
	once := func(f workflow.Fact) { sum.Add(f, 1) }
	if begin < end { // an hour of which all is in the period is one sum, as the one that is not over yet
		if t.noFact(s, end, last+hour) {
			last += hour
		}
		if t.noFact(s, first-hour, begin) {
			first -= hour
		}
	}
	if first >= last {
		return sum, t.facts(factLetter, s, begin, end, func(f workflow.Fact) {
			if !f.Again(from) {
				once(f)
			}
		})
	}
	for _, part := range [][2]int64{{begin, first}, {last, end}} {
		if err := t.facts(factLetter, s, part[0], part[1], once); err != nil {
			return sum, err
		}
	}
	err = t.figures(hourLetter, s, first, last, func(_, data []byte) error { return addTotals(&sum, data) })
	if err != nil {
		return sum, err
	}
	return sum, t.facts(againLetter, s, begin, end, func(f workflow.Fact) {
		if f.Again(from) {
			sum.Add(f, -1)
		}
	})
}

// noFact tells whether a shop has no fact from a microsecond on and before another.
func (t *transaction) noFact(s workflow.ShopID, from, to int64) bool {
	k, _ := t.bucket(figuresBucket).Cursor().Seek(figuresAt(factLetter, s, from))
	return k == nil || bytes.Compare(k, figuresAt(factLetter, s, to)) >= 0
}

// microUp is the number of the first microsecond that is not before a time.
func microUp(t time.Time) int64 {
	n := t.UnixMicro()
	if time.UnixMicro(n).Before(t) {
		n++
	}
	return n
}

// facts hands out the facts of a shop from a microsecond on and before another.
func (t *transaction) facts(letter byte, s workflow.ShopID, from, to int64, fn func(workflow.Fact)) error {
	return t.figures(letter, s, from, to, func(rest, data []byte) error {
		f, err := unpackedFact(rest, data)
		if err == nil {
			fn(f)
		}
		return err
	})
}

// figures hands out what a shop's keys of a kind hold from a time on and before another, with what follows the shop in
// the key.
func (t *transaction) figures(letter byte, s workflow.ShopID, from, to int64, fn func(rest, data []byte) error) error {
	prefix, end := len(figuresOf(letter, s)), figuresAt(letter, s, to)
	c := t.bucket(figuresBucket).Cursor()
	for k, data := c.Seek(figuresAt(letter, s, from)); k != nil && bytes.Compare(k, end) < 0; k, data = c.Next() {
		if err := t.alive(); err != nil {
			return err
		}
		if err := fn(k[prefix:], data); err != nil {
			return fmt.Errorf("under %q: %w", k, err)
		}
	}
	return nil
}
