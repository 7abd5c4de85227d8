package pgstore

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"sampledesk/store/internal/value"
	"sampledesk/workflow"
)

var _ workflow.Shared = (*Store)(nil)

var (
	turnsTable = table{"turns", "turn", "SELECT record FROM turns WHERE name = $1"}
	marksTable = table{"marks", "mark", "SELECT record FROM marks WHERE name = $1"}
)

// Now is part of workflow.Store: the database's clock. How far it is from the machine's is measured again and again.
func (s *Store) Now() time.Time { return time.Now().Add(time.Duration(s.ahead.Load())) }

// setClock measures how far the database's clock is ahead of the machine's. It is off by half of what the question took at
// the most.
func (s *Store) setClock(ctx context.Context) error {
	var theirs time.Time
	before := time.Now()
	if err := s.conns().QueryRow(ctx, "SELECT clock_timestamp()").Scan(&theirs); err != nil {
		return err
	}
	took := time.Since(before)
	ahead, known := theirs.Sub(before.Add(took/2)), time.Duration(s.ahead.Load())
	if off := ahead - known; s.clockSet.Load() && off.Abs() <= took { // within what can be told
		return nil
	}
	s.ahead.Store(int64(ahead))
	s.clockSet.Store(true)
	return nil
}

// Desks is part of workflow.Turns.
func (t *transaction) Desks() ([]workflow.Desk, error) {
	return list[workflow.Desk](t, "SELECT record FROM desks ORDER BY id")
}

// PutDesk is part of workflow.Turns.
func (t *transaction) PutDesk(d workflow.Desk) error {
	if err := t.may("a desk", string(d.ID)); err != nil {
		return err
	}
	d = value.Kept(d)
	d.Schema = t.store.newest()
	text, err := encode(d)
	if err != nil {
		return err
	}
	t.write(`INSERT INTO desks (id, schema, host, version, seen_at, record) VALUES ($1, $2, $3, $4, $5, $6::json)
		ON CONFLICT (id) DO UPDATE SET schema = excluded.schema, host = excluded.host, version = excluded.version, seen_at = excluded.seen_at, record = excluded.record`,
		string(d.ID), int64(d.Schema), shown(d.Host), shown(d.Version), since(d.SeenAt), text)
	return nil
}

// RemoveDesk is part of workflow.Turns.
func (t *transaction) RemoveDesk(id workflow.DeskID) error {
	if err := t.may("a desk", string(id)); err != nil {
		return err
	}
	t.write("DELETE FROM desks WHERE id = $1", string(id))
	return nil
}

// Turn is part of workflow.Turns.
func (t *transaction) Turn(name string) (workflow.Turn, error) {
	return read[workflow.Turn](t, turnsTable, name)
}

// TakeTurn is part of workflow.Turns.
func (t *transaction) TakeTurn(name string, desk workflow.DeskID, tick, now, until time.Time) (bool, error) {
	if err := t.may("a turn", name, string(desk)); err != nil {
		return false, err
	}
	tick, now, until = value.Moment(tick), value.Moment(now), value.Moment(until)
	if !until.After(now) {
		return false, fmt.Errorf("taking the turn %q: it would lapse at once", name)
	}
	turn, err := t.turn(name)
	if err != nil || !turn.Free(desk, tick, now) {
		return false, err
	}
	if turn.Desk == desk && turn.Until.After(until) {
		until = turn.Until
	}
	turn.Name, turn.Desk, turn.Tick, turn.Until = name, desk, tick, until
	return true, t.putTurn(turn)
}

// turn returns a turn, the zero one if it was never taken.
func (t *transaction) turn(name string) (turn workflow.Turn, err error) {
	r, err := t.shows(turnsTable, name)
	if err != nil || !r.there {
		return turn, err
	}
	return decode[workflow.Turn](r.text)
}

// EndTurn is part of workflow.Turns.
func (t *transaction) EndTurn(name string, desk workflow.DeskID, done bool, note string) error {
	if err := t.may("a turn", name, string(desk)); err != nil {
		return err
	}
	turn, err := t.turn(name)
	if err != nil {
		return err
	}
	if turn.Desk != desk || turn.Until.IsZero() {
		return fmt.Errorf("ending the turn %q: desk %q does not have it: %w", name, desk, workflow.ErrConflict)
	}
	turn.Until = time.Time{}
	if done && turn.Tick.After(turn.Done) {
		turn.Done = turn.Tick
	}
	turn.Note = cmp.Or(value.Kept(note), turn.Note)
	return t.putTurn(turn)
}

func (t *transaction) putTurn(turn workflow.Turn) error {
	return t.put(turnsTable, turn, `INSERT INTO turns (name, record, desk, until, done) VALUES ($1, $2::json, $3, $4, $5)
		ON CONFLICT (name) DO UPDATE SET record = excluded.record, desk = excluded.desk, until = excluded.until, done = excluded.done`,
		[]string{turn.Name}, shown(turn.Desk), since(turn.Until), since(turn.Done))
}

// Mark is part of workflow.Tx.
func (t *transaction) Mark(name string) (string, error) {
	if err := t.alive(); err != nil {
		return "", err
	}
	if !value.Nameable(name) {
		return "", notFound("mark", name)
	}
	r, err := t.shows(marksTable, name)
	if err == nil && !r.there {
		err = notFound("mark", name)
	}
	if err != nil {
		return "", err
	}
	return decode[string](r.text)
}

// PutMark is part of workflow.Tx.
func (t *transaction) PutMark(name, text string) error {
	if err := t.may("a mark", name); err != nil {
		return err
	}
	return t.put(marksTable, value.Kept(text), `INSERT INTO marks (name, record) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET record = excluded.record`, []string{name})
}

// remembered is how long changes can be asked for; they are kept for longer (forgetChanges).
const remembered = 5 * time.Minute

// readChanges tells what the snapshot of this moment shows and that of the cursor did not.
const readChanges = `SELECT extract(epoch FROM clock_timestamp())::bigint, pg_current_snapshot()::text,
	pg_snapshot_xmax($1::pg_snapshot) > pg_snapshot_xmax(pg_current_snapshot()), c.shops, c.applications
	FROM (SELECT 1) once LEFT JOIN changes c ON c.transaction >= pg_snapshot_xmin($1::pg_snapshot)
	AND NOT pg_visible_in_snapshot(c.transaction, $1::pg_snapshot) AND c.desk <> $2 ORDER BY c.at`

// Changes is part of workflow.Shared. A cursor is the second and the snapshot of its reading.
func (s *Store) Changes(ctx context.Context, after string) (changes []workflow.Change, next string, err error) {
	own, cancel := bounded(ctx)
	defer cancel()
	changes, next, err = s.changesSince(own, after)
	return changes, next, sentence(silence(ctx, own, err))
}

func (s *Store) changesSince(ctx context.Context, after string) (changes []workflow.Change, next string, err error) {
	if after == "" {
		var second int64
		var snapshot string
		err := s.conns().QueryRow(ctx, "SELECT extract(epoch FROM clock_timestamp())::bigint, pg_current_snapshot()::text").Scan(&second, &snapshot)
		if err != nil {
			return nil, "", err
		}
		return nil, changesCursor(second, snapshot), nil
	}
	seconds, snapshot, _ := strings.Cut(after, "/")
	then, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return nil, "", fmt.Errorf("%q is no cursor of changes: %w", after, err)
	}
	rows, err := s.conns().Query(ctx, readChanges, snapshot, s.self)
	if err != nil {
		return nil, "", err
	}
	defer rows.Close()
	lost := false
	for rows.Next() {
		var second int64
		var now string
		var another bool
		var shops, applications []string
		if err := rows.Scan(&second, &now, &another, &shops, &applications); err != nil {
			return nil, "", err
		}
		next = changesCursor(second, now)
		lost = another || second-then > int64(remembered/time.Second)
		changes = appendChanges(changes, shops, applications)
	}
	if err := rows.Err(); err != nil {
		return nil, "", err
	}
	if lost {
		return []workflow.Change{{}}, next, nil
	}
	return changes, next, nil
}

func changesCursor(second int64, snapshot string) string {
	return strconv.FormatInt(second, 10) + "/" + snapshot
}

// appendChanges adds what a transaction changed: its applications, and the shops of which it changed something else.
func appendChanges(all []workflow.Change, shops, applications []string) []workflow.Change {
	add := func(c workflow.Change) {
		if !slices.Contains(all, c) {
			all = append(all, c)
		}
	}
	for _, text := range applications {
		shop, id, _ := strings.Cut(text, "/")
		add(workflow.Change{Shop: workflow.ShopID(shop), Application: workflow.ApplicationID(id)})
	}
	for _, shop := range shops {
		add(workflow.Change{Shop: workflow.ShopID(shop)})
	}
	return all
}

// A budget is as full as filled_at is far: each call moves it on by `every`, and it must not be further ahead than burst
// calls. All of it is decided under the lock of the budget's row.
const (
	asked = `make_interval(secs => $2::float8)`
	full  = `greatest(b.filled_at, clock_timestamp())`
	late  = `greatest(` + full + ` - ` + asked + ` * ($3::float8 - 1), b.held_until) - clock_timestamp()`

	takeBudget = `INSERT INTO budgets AS b (name, filled_at, held_until, wait) VALUES ($1, clock_timestamp() + ` + asked + `, '-infinity', '0')
		ON CONFLICT (name) DO UPDATE SET wait = greatest(` + late + `, '0'), filled_at = CASE WHEN ` + late + ` > '0' THEN b.filled_at ELSE ` + full + ` + ` + asked + ` END
		RETURNING extract(epoch FROM wait)::float8`
	spendBudget = `INSERT INTO budgets AS b (name, filled_at, held_until, wait) VALUES ($1, clock_timestamp() + ` + asked + `, '-infinity', '0')
		ON CONFLICT (name) DO UPDATE SET filled_at = ` + full + ` + ` + asked
	holdBudget = `INSERT INTO budgets AS b (name, filled_at, held_until, wait) VALUES ($1, clock_timestamp(), clock_timestamp() + ` + asked + `, '0')
		ON CONFLICT (name) DO UPDATE SET held_until = greatest(b.held_until, excluded.held_until)`
)

// Take is part of workflow.Shared.
func (s *Store) Take(ctx context.Context, budget string, every time.Duration, burst int) (wait time.Duration, err error) {
	var seconds float64
	own, cancel := bounded(ctx)
	defer cancel()
	err = silence(ctx, own, s.conns().QueryRow(own, takeBudget, workflow.Nameable(budget), every.Seconds(), float64(max(burst, 1))).Scan(&seconds))
	if err != nil {
		return 0, fmt.Errorf("asking for a budget: %w", sentence(err))
	}
	return time.Duration(seconds * float64(time.Second)), nil
}

// Spend is part of workflow.Shared.
func (s *Store) Spend(ctx context.Context, budget string, every time.Duration, burst int) error {
	_ = burst
	own, cancel := bounded(ctx)
	defer cancel()
	if _, err := s.conns().Exec(own, spendBudget, workflow.Nameable(budget), every.Seconds()); err != nil {
		err = silence(ctx, own, err)
		return fmt.Errorf("spending from a budget: %w", sentence(err))
	}
	return nil
}

// Hold is part of workflow.Shared.
func (s *Store) Hold(ctx context.Context, budget string, wait time.Duration) error {
	own, cancel := bounded(ctx)
	defer cancel()
	if _, err := s.conns().Exec(own, holdBudget, workflow.Nameable(budget), wait.Seconds()); err != nil {
		err = silence(ctx, own, err)
		return fmt.Errorf("holding a budget: %w", sentence(err))
	}
	return nil
}
