package moving

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"sampledesk/workflow"
)

// atOnce is how many things are put in one transaction, if Watch does not say it.
const atOnce = 400

// Target is where things are moved to.
type Target struct {
	Store workflow.Holder
	// Clear takes away all that is in the target, and sets Store anew if it has to.
	Clear func(context.Context) error
}

// Watch is told how far a move is. Its functions must not block.
type Watch struct {
	AtOnce  int              // how many things are put in one transaction; 0: as many as does well
	Moved   func(things int) // that are in the target
	Checked func(things int) // that were read again, on both sides together
	Finish  func() error     // whether the move may be finished, asked when all was compared; nil: it may
	Name    string           // of the target, which the source is marked with before the move is finished; empty: it is not
}

// Move puts all that one store holds into another in which nothing is, and then reads both to the end and compares them. If
// it is broken off, at whatever point, the target is half (see Half), and another Move goes on where it stopped, or begins
// again if the source is not what it was. Nobody may write to the source meanwhile: ErrChanged if somebody did. At the end the
// source is marked; nothing else in it is changed.
func Move(ctx context.Context, from workflow.Holder, to *Target, watch Watch) (*Sums, error) {
	at, err := begin(ctx, to)
	if err != nil {
		return nil, err
	}
	m := &move{ctx: ctx, to: to, watch: watch, at: at, sums: newSums()}
	err = m.run(from)
	if errors.Is(err, errNotAsItWas) {
		if m, err = again(ctx, to, watch); err == nil {
			err = m.run(from)
		}
	}
	if err != nil {
		return nil, err
	}
	checked := 0
	seen := func(int) { checked++; watch.Checked(checked) }
	there, err := Contents(ctx, to.Store, seen)
	if err != nil {
		return nil, fmt.Errorf("reading the target again: %w", err)
	}
	still, err := Contents(ctx, from, seen)
	if err != nil {
		return nil, fmt.Errorf("reading the source again: %w", err)
	}
	if kinds := m.sums.Differs(still); len(kinds) > 0 {
		return nil, fmt.Errorf("the source: %w (%v)", ErrChanged, kinds)
	}
	if kinds := m.sums.Differs(there); len(kinds) > 0 {
		return nil, fmt.Errorf("what is in the target is not what was moved there (%v)", kinds)
	}
	if watch.Finish != nil {
		if err := watch.Finish(); err != nil {
			return nil, err
		}
	}
	// Of the two stores there is none or one that a desk starts on, wherever this is broken off.
	if err := markMoved(ctx, from, watch.Name); err != nil {
		return nil, err
	}
	return m.sums, m.finish()
}

// markMoved keeps in the source where everything is.
func markMoved(ctx context.Context, from workflow.Store, to string) error {
	if to == "" {
		return nil
	}
	if err := from.Update(ctx, func(tx workflow.Tx) error { return tx.PutMark(movedName, to) }); err != nil {
		return fmt.Errorf("marking the source as moved: %w", err)
	}
	return nil
}

// begin returns how far an earlier move into the target came, and marks a target in which nothing is. One that holds
// nothing but marks, as a command leaves that only looked, counts as one: they are taken away.
func begin(ctx context.Context, to *Target) (progress, error) {
	text, err := markOf(ctx, to.Store)
	if err != nil {
		return progress{}, err
	}
	if text != "" {
		var at progress
		err := json.Unmarshal([]byte(text), &at)
		return at, err
	}
	err = to.Store.Held(ctx, func(thing any) error {
		if _, is := thing.(workflow.Mark); is {
			return nil
		}
		return fmt.Errorf("%w: there are %s in it", ErrNotEmpty, kindOf(thing))
	})
	if err != nil {
		return progress{}, err
	}
	return progress{}, clear(ctx, to)
}

func markOf(ctx context.Context, s workflow.Store) (text string, err error) {
	err = s.View(ctx, func(tx workflow.Tx) error {
		text, err = markIn(tx)
		return err
	})
	return text, err
}

// clear empties the target, and marks it.
func clear(ctx context.Context, to *Target) error {
	if err := to.Clear(ctx); err != nil {
		return err
	}
	return to.Store.Update(ctx, func(tx workflow.Tx) error { return tx.PutMark(markName, progress{}.text()) })
}

func again(ctx context.Context, to *Target, watch Watch) (*move, error) {
	if err := clear(ctx, to); err != nil {
		return nil, err
	}
	return &move{ctx: ctx, to: to, watch: watch, sums: newSums()}, nil
}

func (p progress) text() string {
	data, _ := json.Marshal(p) // which never fails
	return string(data)
}

// errNotAsItWas tells that the source does not begin with what an earlier move took from it.
var errNotAsItWas = errors.New("the source is not as it was when the move began")

// move is one that is under way.
type move struct {
	ctx   context.Context
	to    *Target
	watch Watch
	at    progress // what the target holds
	sums  *Sums
	batch []any
}

func (m *move) run(from workflow.Holder) error {
	err := from.Held(m.ctx, func(thing any) error {
		if isOwn(thing) {
			return nil
		}
		if err := m.sums.add(thing); err != nil {
			return err
		}
		switch {
		case m.sums.things < m.at.Things: // it is there from before
			return nil
		case m.sums.things == m.at.Things:
			if m.sums.total() != m.at.Sum {
				return errNotAsItWas
			}
			return nil
		}
		if m.batch = append(m.batch, thing); len(m.batch) < cmp.Or(m.watch.AtOnce, atOnce) {
			return nil
		}
		return m.put()
	})
	switch {
	case err != nil:
		return err
	case m.sums.things < m.at.Things:
		return errNotAsItWas
	}
	return m.put()
}

// put keeps the batch, and with it how far that is.
func (m *move) put() error {
	if len(m.batch) == 0 {
		return nil
	}
	next := progress{Things: m.sums.things, Sum: m.sums.total()}
	update := m.to.Store.Update
	if f, ok := m.to.Store.(interface {
		Fill(context.Context, func(workflow.Tx) error) error
	}); ok {
		update = f.Fill
	}
	err := update(m.ctx, func(tx workflow.Tx) error {
		if err := m.mine(tx); err != nil {
			return err
		}
		for _, thing := range m.batch {
			if err := Put(tx, thing); err != nil {
				return err
			}
		}
		return tx.PutMark(markName, next.text())
	})
	if err != nil {
		return fmt.Errorf("putting things into the target: %w", err)
	}
	m.at, m.batch = next, m.batch[:0]
	m.watch.Moved(next.Things)
	return nil
}

// mine tells whether the target is as this move left it.
func (m *move) mine(tx workflow.Tx) error {
	if text, err := markIn(tx); err != nil || text != m.at.text() {
		return errors.Join(err, errAnother)
	}
	return nil
}

// finish takes the mark off the target.
func (m *move) finish() error {
	return m.to.Store.Update(m.ctx, func(tx workflow.Tx) error {
		if err := m.mine(tx); err != nil {
			return err
		}
		return tx.PutMark(markName, "")
	})
}
