// Package moving puts all that one store holds into another, of whichever engine.
package moving

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"sampledesk/store/internal/value"
	"sampledesk/workflow"
)

// ErrChanged says that the store that things were taken from did not stay as it was.
var ErrChanged = errors.New("something was changed in it while it was moved")

// ErrNotEmpty says that the target holds something.
var ErrNotEmpty = errors.New("it is not empty")

// errAnother says that the target's progress is not what this move has kept there.
var errAnother = errors.New("another move is at work on the target")

// markName is the mark that a store has while things are being moved into it; its text is a progress. An empty text is as
// good as none: the move was finished.
const markName = "move"

// progress is how far a move has come.
type progress struct {
	Things int    // how many are in the target
	Sum    string // of them, see Sums.total
}

// movedName is the mark that a store gets at the end of a move, when all that it holds is in another; its text says in which.
const movedName = "moved"

// Half tells whether a store is the target of a move that was not finished.
func Half(ctx context.Context, s workflow.Store) (half bool, err error) {
	err = s.View(ctx, func(tx workflow.Tx) error {
		text, err := markIn(tx)
		half = text != ""
		return err
	})
	return half, err
}

// Moved tells to where all that a store held was moved; empty: it was not.
func Moved(ctx context.Context, s workflow.Store) (to string, err error) {
	err = s.View(ctx, func(tx workflow.Tx) error {
		to, err = textIn(tx, movedName)
		return err
	})
	return to, err
}

func markIn(tx workflow.Tx) (string, error) { return textIn(tx, markName) }

func textIn(tx workflow.Tx, name string) (string, error) {
	text, err := tx.Mark(name)
	if errors.Is(err, workflow.ErrNotFound) {
		err = nil
	}
	return text, err
}

// isOwn tells whether a thing is a mark of a move, which is no part of what is moved.
func isOwn(thing any) bool {
	m, is := thing.(workflow.Mark)
	return is && (m.Name == markName || m.Name == movedName)
}

// Contents tells what a store holds.
func Contents(ctx context.Context, s workflow.Holder, seen func(things int)) (*Sums, error) {
	sums := newSums()
	err := s.Held(ctx, func(thing any) error {
		if isOwn(thing) {
			return nil
		}
		err := sums.add(thing)
		seen(sums.things)
		return err
	})
	return sums, err
}

// Sums are how many things of each kind there are, with a digest of them in which their order does not matter.
type Sums struct {
	kinds  map[string]*sum
	things int

	history workflow.Key // the one that is being read
	entries int          // of it
	effects int
}

type sum struct {
	Count  int
	Digest [sha256.Size]byte
}

func newSums() *Sums { return &Sums{kinds: map[string]*sum{}} }

// Kinds returns the kinds of which there are any, in order.
func (s *Sums) Kinds() (all []string) {
	for kind := range s.kinds {
		all = append(all, kind)
	}
	slices.Sort(all)
	return all
}

// Count is how many things of a kind there are.
func (s *Sums) Count(kind string) int {
	if of := s.kinds[kind]; of != nil {
		return of.Count
	}
	return 0
}

// Things is how many there are of all kinds.
func (s *Sums) Things() int { return s.things }

// Differs returns the kinds in which two stores differ.
func (s *Sums) Differs(other *Sums) (kinds []string) {
	for _, kind := range slices.Compact(slices.Sorted(slices.Values(slices.Concat(s.Kinds(), other.Kinds())))) {
		a, b := s.kinds[kind], other.kinds[kind]
		if a == nil || b == nil || *a != *b {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// total is a text that is the same for the same things.
func (s *Sums) total() string {
	hash := sha256.New()
	for _, kind := range s.Kinds() {
		_, _ = fmt.Fprintf(hash, "%s %d %x\n", kind, s.kinds[kind].Count, s.kinds[kind].Digest)
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// add takes a thing in. Where entries stand in their history, and effects in the outbox, is part of what they are.
func (s *Sums) add(thing any) error {
	at := 0
	switch v := thing.(type) {
	case workflow.Entry:
		if v.Key != s.history {
			s.history, s.entries = v.Key, 0
		}
		s.entries++
		at = s.entries
	case workflow.Effect:
		s.effects++
		at = s.effects
	}
	text, err := value.Text(thing)
	if err != nil {
		return err
	}
	kind := kindOf(thing)
	of := s.kinds[kind]
	if of == nil {
		of = &sum{}
		s.kinds[kind] = of
	}
	one := sha256.Sum256(fmt.Appendf(nil, "%s %d %s", kind, at, text))
	carry := 0
	for i := range one { // digests are added up, so that none takes another away
		carry += int(of.Digest[i]) + int(one[i])
		of.Digest[i] = byte(carry)
		carry >>= 8
	}
	of.Count++
	s.things++
	return nil
}
