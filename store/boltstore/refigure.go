package boltstore

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"

	"sampledesk/workflow"
)

// figure gathers what an application adds to the figures. Where the old file kept none, its milestones are worked out from
// its history; it returns the application with them.
func (r *rebuilding) figure(a workflow.Application, key []byte) (workflow.Application, error) {
	if r.from.Bucket(figuresBucket) == nil && a.State() != workflow.Unseen {
		var err error
		a.Milestones = workflow.MilestonesOf(a, r.history(key, &err))
		if err != nil {
			return a, err
		}
	}
	for _, f := range a.Facts() {
		r.facts = append(r.facts, factEntries(a.Key, f)...)
	}
	return a, nil
}

// history hands out an application's history from the old file, wherever that has it, until one entry cannot be read.
func (r *rebuilding) history(key []byte, failed *error) func(yield func(workflow.Entry) bool) {
	b := r.from.Bucket(historyBucket)
	if b == nil {
		b = r.from.Bucket(applicationsBucket)
	}
	return func(yield func(workflow.Entry) bool) {
		prefix, c := append(bytes.Clone(key), 0), b.Cursor()
		for k, data := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, data = c.Next() {
			e, err := decode[workflow.Entry](data)
			if err != nil {
				*failed = fmt.Errorf("under %q: %w", k, err)
				return
			}
			if !yield(e) {
				return
			}
		}
	}
}

// flushFacts puts the facts that were gathered in order, as flush does the places.
func (r *rebuilding) flushFacts() error {
	slices.SortFunc(r.facts, func(a, b pair) int { return bytes.Compare(a.key, b.key) })
	for _, f := range r.facts {
		if err := r.keep(figuresBucket, f.key, f.value); err != nil {
			return err
		}
	}
	r.facts = r.facts[:0]
	return nil
}

// keepHours sums up the facts that were put, hour by hour.
func (r *rebuilding) keepHours() error {
	for at := []byte{factLetter}; ; {
		k, _ := r.tx.bucket(figuresBucket).Cursor().Seek(at)
		if k == nil || k[0] != factLetter {
			return nil
		}
		shop, rest, _ := bytes.Cut(k[1:], []byte{0})
		from := hourOf(unordered(binary.BigEndian.Uint64(rest)))
		s, sum := workflow.ShopID(shop), workflow.Totals{}
		err := r.tx.facts(factLetter, s, from, from+hour, func(f workflow.Fact) { sum.Add(f, 1) })
		if err != nil {
			return err
		}
		data, err := packedTotals(sum)
		if err != nil {
			return err
		}
		if err := r.keep(figuresBucket, figuresAt(hourLetter, s, from), data); err != nil {
			return err
		}
		at = figuresAt(factLetter, s, from+hour)
	}
}
