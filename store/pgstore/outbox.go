package pgstore

import (
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"sampledesk/store/internal/value"
	"sampledesk/workflow"
)

// An effect's record is as it was put; what a claim changes of it is in columns, which count.

// queued is an effect in its lane.
type queued struct {
	effect workflow.Effect
	until  time.Time // the end of its claim; zero: it is not claimed
	leased bool      // the claim is a lease

	behind bool      // others of its lane go first
	held   time.Time // until when another of its lane is claimed that stands behind it, see inLane
}

// claimed tells whether somebody took the effect and did not let go of it.
func (q queued) claimed() bool { return !q.until.IsZero() }

// due is from when on the effect can be claimed. Where two put effects into an empty lane at once, the one that comes
// second in the lane may be seen, and claimed, before the first: then the first waits until that claim is over.
func (q queued) due() time.Time {
	due := q.effect.NotBefore
	if q.claimed() {
		due = q.until
	}
	if q.held.After(due) {
		due = q.held
	}
	return due
}

// scatter is a digest of a lane. It is kept, so it must not change from one version to the next.
func scatter(l workflow.Lane) int32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(l)) // which never fails
	return int32(h.Sum32())
}

// neighbours is how many of a lane behind an effect are looked at for one that was claimed before it: more than ever commit
// at once.
const neighbours = "64"

const (
	effectColumns = "e.record, e.attempt, e.begun, e.parked, e.until, e.leased"
	inLane        = "EXISTS (SELECT FROM effects f WHERE f.scatter = e.scatter AND f.lane = e.lane AND f.sequence < e.sequence)," +
		" (SELECT max(f.until) FROM (SELECT until FROM effects g WHERE g.scatter = e.scatter AND g.lane = e.lane AND g.sequence > e.sequence ORDER BY g.sequence LIMIT " + neighbours + ") f)"
	oneEffect = "SELECT " + effectColumns + ", " + inLane + " FROM effects e WHERE e.id = $1"
)

// scanEffect reads effectColumns and what else a statement selects.
func scanEffect(rows pgx.Rows, q *queued, others ...any) error {
	var text string
	var attempt int
	var begun, parked bool
	var until *time.Time
	if err := rows.Scan(append([]any{&text, &attempt, &begun, &parked, &until, &q.leased}, others...)...); err != nil {
		return err
	}
	e, err := decode[workflow.Effect](text)
	if err != nil {
		return err
	}
	e.Attempt, e.Begun, e.Parked = attempt, begun, parked
	q.effect, q.until = e, moment(until)
	return nil
}

func moment(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

// scanQueued reads a row of oneEffect.
func scanQueued(rows pgx.Rows) (*queued, error) {
	var q queued
	var held *time.Time
	err := scanEffect(rows, &q, &q.behind, &held)
	q.held = moment(held)
	return &q, err
}

// queued returns an effect, or workflow.ErrNotFound. It may have been read before.
func (t *transaction) queued(id workflow.EffectID) (queued, error) {
	if err := t.alive(); err != nil {
		return queued{}, err
	}
	if !value.Nameable(string(id)) {
		return queued{}, notFound("effect", id)
	}
	q, known := t.effects[id]
	if !known {
		err := t.each(func(rows pgx.Rows) (err error) {
			q, err = scanQueued(rows)
			return err
		}, oneEffect, string(id))
		if err != nil {
			return queued{}, err
		}
		t.effects[id] = q
	}
	if q == nil {
		return queued{}, notFound("effect", id)
	}
	found := *q
	found.effect = value.Kept(found.effect) // a copy
	return found, nil
}

// changed forgets what was known of a lane.
func (t *transaction) changed(l workflow.Lane) {
	t.headed, t.heads = false, nil
	delete(t.lines, l)
	for id, q := range t.effects {
		if q != nil && q.effect.Lane == l {
			delete(t.effects, id)
		}
	}
}

// looksNew tells whether an id is one of 130 random bits, as the engine makes them: then nobody else has it, and it is not
// asked for. Should the database say otherwise, the update is run again, and asks.
func (t *transaction) looksNew(id workflow.EffectID) bool {
	if _, known := t.effects[id]; known || len(id) != 26 || t.taken[id] {
		return false
	}
	return strings.Trim(string(id), "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == ""
}

const putEffect = `INSERT INTO effects (id, lane, scatter, kind, priority, shop, application, notice, made_at, not_before, parked, attempt, begun, record)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14::json)`

// effectArgs are the parameters of putEffect from the fourth on, which replaceEffect shares.
func effectArgs(e workflow.Effect) ([]any, error) {
	bare := e
	bare.Attempt, bare.Begun, bare.Parked = 0, false, false
	text, err := encode(bare)
	return []any{
		string(e.Kind), int64(e.Priority), shown(e.Shop), shown(e.Application), shown(e.Notice), since(e.MadeAt), since(e.NotBefore), e.Parked,
		int64(e.Attempt), e.Begun, text,
	}, err
}

// Enqueue is part of workflow.Outbox.
func (t *transaction) Enqueue(e workflow.Effect) error {
	if err := t.may("an effect", string(e.ID), string(e.Lane), string(e.Kind)); err != nil {
		return err
	}
	if err := t.alive(); err != nil {
		return err
	}
	e = value.Kept(e)
	args, err := effectArgs(e)
	if err != nil {
		return err
	}
	args = append([]any{string(e.ID), string(e.Lane), scatter(e.Lane)}, args...)
	if t.looksNew(e.ID) {
		t.pending = append(t.pending, query{sql: putEffect, args: args, why: takenError{string(e.ID)}})
	} else if err := t.enqueueAsking(e, args); err != nil {
		return err
	}
	t.touch(e.Shop)
	line, known := t.lines[e.Lane]
	t.changed(e.Lane)
	if known {
		t.lines[e.Lane] = append(line, workflow.InLine{ID: e.ID, Kind: e.Kind, Notice: e.Notice})
	}
	delete(t.effects, e.ID)
	return nil
}

// enqueueAsking puts an effect and asks whether there was one of its id.
func (t *transaction) enqueueAsking(e workflow.Effect, args []any) error {
	there := fmt.Errorf("effect %q is there already: %w", e.ID, workflow.ErrConflict)
	if known, ok := t.effects[e.ID]; ok && known != nil {
		return there
	}
	put := int64(0)
	if err := t.ask(&query{sql: putEffect + " ON CONFLICT (id) DO NOTHING", args: args, done: func(n int64) { put = n }}); err != nil {
		return err
	}
	if put == 0 {
		return there
	}
	t.wrote = true
	return nil
}

// Effect is part of workflow.Outbox.
func (t *transaction) Effect(id workflow.EffectID) (workflow.Effect, error) {
	q, err := t.queued(id)
	return q.effect, err
}

// Lane is part of workflow.Outbox.
func (t *transaction) Lane(l workflow.Lane) (lane []workflow.InLane, err error) {
	if !value.Nameable(string(l)) {
		return nil, t.alive()
	}
	err = t.each(func(rows pgx.Rows) error {
		var q queued
		err := scanEffect(rows, &q)
		lane = append(lane, workflow.InLane{Effect: q.effect, Claimed: q.claimed()})
		return err
	}, "SELECT "+effectColumns+" FROM effects e WHERE e.scatter = $1 AND e.lane = $2 ORDER BY e.sequence", scatter(l), string(l))
	return lane, err
}

const readLine = "SELECT id, kind, notice, until IS NOT NULL FROM effects WHERE scatter = $1 AND lane = $2 ORDER BY sequence"

// scanLine reads rows of readLine.
func scanLine(line *[]workflow.InLine) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		var e workflow.InLine
		err := rows.Scan(&e.ID, &e.Kind, &e.Notice, &e.Claimed)
		*line = append(*line, e)
		return err
	}
}

// Line is part of workflow.Outbox.
func (t *transaction) Line(l workflow.Lane, fn func(workflow.InLine) bool) error {
	if err := t.alive(); err != nil || !value.Nameable(string(l)) {
		return err
	}
	line, known := t.lines[l]
	if !known {
		if err := t.each(scanLine(&line), readLine, scatter(l), string(l)); err != nil {
			return err
		}
		t.lines[l] = line
	}
	for _, e := range line {
		if !fn(e) {
			break
		}
	}
	return nil
}

// Length is part of workflow.Outbox.
func (t *transaction) Length(l workflow.Lane) (n int, err error) {
	if !value.Nameable(string(l)) {
		return 0, t.alive()
	}
	_, err = t.one([]any{&n}, "SELECT count(*) FROM effects WHERE scatter = $1 AND lane = $2", scatter(l), string(l))
	return n, err
}

// First is part of workflow.Outbox.
func (t *transaction) First(l workflow.Lane) (id workflow.EffectID, err error) {
	if err := t.alive(); err != nil {
		return "", err
	}
	found := false
	if value.Nameable(string(l)) {
		found, err = t.one([]any{&id}, "SELECT id FROM effects WHERE scatter = $1 AND lane = $2 ORDER BY sequence LIMIT 1", scatter(l), string(l))
	}
	if err == nil && !found {
		err = notFound("lane", l)
	}
	return id, err
}

// Waiting is part of workflow.Outbox. The sequence tells which was put first.
func (t *transaction) Waiting() (all []workflow.Waiting, err error) {
	err = t.each(func(rows pgx.Rows) error {
		var w workflow.Waiting
		var oldest *time.Time
		err := rows.Scan(&w.Kind, &w.Count, &oldest)
		w.Oldest = moment(oldest)
		all = append(all, w)
		return err
	}, "SELECT DISTINCT ON (kind) kind, count(*) OVER (PARTITION BY kind), made_at FROM effects ORDER BY kind, sequence")
	return all, err
}

// Change is part of workflow.Outbox.
func (t *transaction) Change(e workflow.Effect) error {
	q, err := t.waitingFor(e.ID, "changing")
	if err != nil {
		return err
	}
	if q.claimed() {
		return fmt.Errorf("changing effect %q: it is claimed: %w", e.ID, workflow.ErrConflict)
	}
	return t.replace(q, e)
}

// waitingFor returns an effect that is to be written, or workflow.ErrNotFound.
func (t *transaction) waitingFor(id workflow.EffectID, doing string) (queued, error) {
	if err := t.may("an effect", string(id)); err != nil {
		return queued{}, err
	}
	q, err := t.queued(id)
	if err != nil {
		return queued{}, fmt.Errorf("%s an effect: %w", doing, err)
	}
	return q, nil
}

const replaceEffect = `UPDATE effects SET kind = $2, priority = $3, shop = $4, application = $5, notice = $6, made_at = $7, not_before = $8, parked = $9,
	attempt = $10, begun = $11, record = $12::json, until = NULL, leased = false WHERE id = $1`

// replace keeps an effect as it is given, unclaimed, where it was in its lane. Attempt is what tells claims apart, so it
// never goes back.
func (t *transaction) replace(q queued, e workflow.Effect) error {
	if err := t.may("an effect", string(e.Kind)); err != nil {
		return err
	}
	e = value.Kept(e)
	e.Lane, e.Attempt = q.effect.Lane, max(e.Attempt, q.effect.Attempt)
	args, err := effectArgs(e)
	if err != nil {
		return err
	}
	t.write(replaceEffect, append([]any{string(e.ID)}, args...)...)
	t.changed(e.Lane)
	e.Leased = false
	t.effects[e.ID] = &queued{effect: e, behind: q.behind, held: q.held}
	return nil
}

// Remove is part of workflow.Outbox.
func (t *transaction) Remove(id workflow.EffectID) error {
	q, err := t.waitingFor(id, "removing")
	if err != nil {
		return err
	}
	t.takeOut(q)
	return nil
}

func (t *transaction) takeOut(q queued) {
	t.write("DELETE FROM effects WHERE id = $1", string(q.effect.ID))
	t.changed(q.effect.Lane)
	t.effects[q.effect.ID] = nil
}

// Wake is part of workflow.Outbox.
func (t *transaction) Wake(l workflow.Lane) error {
	if err := t.may("a lane", string(l)); err != nil {
		return err
	}
	if err := t.alive(); err != nil {
		return err
	}
	t.write("UPDATE effects SET parked = false WHERE scatter = $1 AND lane = $2 AND parked", scatter(l), string(l))
	line, known := t.lines[l]
	t.changed(l)
	if known {
		t.lines[l] = line
	}
	return nil
}
