package boltstore

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"sampledesk/workflow"
)

// shared is what desks that share a store tell one another. One process has the file, so it is in memory, and costs no
// commit. What an update does to it counts once the update succeeded.
type shared struct {
	mu    sync.Mutex
	desks map[workflow.DeskID]workflow.Desk
	turns map[string]workflow.Turn
}

// sharing is what a transaction did to it; nil: the desk is removed.
type sharing struct {
	desks map[workflow.DeskID]*workflow.Desk
	turns map[string]workflow.Turn
}

// take takes over what an update did.
func (s *shared) take(did sharing) {
	if len(did.desks)+len(did.turns) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.desks == nil {
		s.desks, s.turns = map[workflow.DeskID]workflow.Desk{}, map[string]workflow.Turn{}
	}
	for id, d := range did.desks {
		if d == nil {
			delete(s.desks, id)
			continue
		}
		s.desks[id] = *d
	}
	maps.Copy(s.turns, did.turns)
}

// Now is part of workflow.Store: the machine's clock, as one process has the file.
func (s *Store) Now() time.Time { return time.Now() }

// Desks is part of workflow.Tx.
func (t *transaction) Desks() ([]workflow.Desk, error) {
	if err := t.alive(); err != nil {
		return nil, err
	}
	t.shared.mu.Lock()
	all := maps.Clone(t.shared.desks)
	t.shared.mu.Unlock()
	for id, d := range t.sharing.desks {
		if d == nil {
			delete(all, id)
			continue
		}
		if all == nil {
			all = map[workflow.DeskID]workflow.Desk{}
		}
		all[id] = *d
	}
	return slices.SortedFunc(maps.Values(all), func(a, b workflow.Desk) int { return cmp.Compare(a.ID, b.ID) }), nil
}

// PutDesk is part of workflow.Tx.
func (t *transaction) PutDesk(d workflow.Desk) error {
	if err := t.may("a desk", string(d.ID)); err != nil {
		return err
	}
	d = kept(d)
	d.Schema = schema
	t.setDesk(d.ID, &d)
	return nil
}

// RemoveDesk is part of workflow.Tx.
func (t *transaction) RemoveDesk(id workflow.DeskID) error {
	if err := t.may("a desk", string(id)); err != nil {
		return err
	}
	t.setDesk(id, nil)
	return nil
}

func (t *transaction) setDesk(id workflow.DeskID, d *workflow.Desk) {
	if t.sharing.desks == nil {
		t.sharing.desks = map[workflow.DeskID]*workflow.Desk{}
	}
	t.sharing.desks[id] = d
}

// Turn is part of workflow.Tx.
func (t *transaction) Turn(name string) (workflow.Turn, error) {
	if err := t.alive(); err != nil {
		return workflow.Turn{}, err
	}
	if turn, ok := t.sharing.turns[name]; ok {
		return turn, nil
	}
	t.shared.mu.Lock()
	defer t.shared.mu.Unlock()
	turn, ok := t.shared.turns[name]
	if !ok {
		return workflow.Turn{}, fmt.Errorf("turn %q: %w", name, workflow.ErrNotFound)
	}
	return turn, nil
}

// TakeTurn is part of workflow.Tx.
func (t *transaction) TakeTurn(name string, desk workflow.DeskID, tick, now, until time.Time) (bool, error) {
	if err := t.may("a turn", name, string(desk)); err != nil {
		return false, err
	}
	tick, now, until = moment(tick), moment(now), moment(until)
	if !until.After(now) {
		return false, fmt.Errorf("taking the turn %q: it would lapse at once", name)
	}
	turn, _ := t.Turn(name)
	if !turn.Free(desk, tick, now) {
		return false, nil
	}
	if turn.Desk == desk && turn.Until.After(until) {
		until = turn.Until
	}
	turn.Name, turn.Desk, turn.Tick, turn.Until = name, desk, tick, until
	t.setTurn(turn)
	return true, nil
}

// EndTurn is part of workflow.Tx.
func (t *transaction) EndTurn(name string, desk workflow.DeskID, done bool, note string) error {
	if err := t.may("a turn", name, string(desk)); err != nil {
		return err
	}
	turn, _ := t.Turn(name)
	if turn.Desk != desk || turn.Until.IsZero() {
		return fmt.Errorf("ending the turn %q: desk %q does not have it: %w", name, desk, workflow.ErrConflict)
	}
	turn.Until = time.Time{}
	if done && turn.Tick.After(turn.Done) {
		turn.Done = turn.Tick
	}
	turn.Note = cmp.Or(kept(note), turn.Note)
	t.setTurn(turn)
	return nil
}

func (t *transaction) setTurn(turn workflow.Turn) {
	if t.sharing.turns == nil {
		t.sharing.turns = map[string]workflow.Turn{}
	}
	t.sharing.turns[turn.Name] = turn
}

// Mark is part of workflow.Tx.
func (t *transaction) Mark(name string) (string, error) {
	return readBy(t.bucket(marksBucket), []byte(name), "mark", func(_, data []byte) (string, error) { return string(data), nil })
}

// PutMark is part of workflow.Tx.
func (t *transaction) PutMark(name, text string) error {
	if err := t.may("a mark", name); err != nil {
		return err
	}
	if err := t.bucket(marksBucket).Put([]byte(name), []byte(kept(text))); err != nil {
		return fmt.Errorf("keeping a mark: %w", err)
	}
	return nil
}
