package pgstore

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"sampledesk/store/internal/value"
	"sampledesk/workflow"
)

// Bury is part of workflow.Outbox.
func (t *transaction) Bury(e workflow.Effect, at time.Time) error {
	q, err := t.waitingFor(e.ID, "burying")
	if err != nil {
		return err
	}
	if err := t.may("an effect", string(e.Kind)); err != nil {
		return err
	}
	t.takeOut(q)
	e.Lane = q.effect.Lane
	e = value.Kept(e)
	text, err := encode(e)
	if err != nil {
		return err
	}
	t.write(`INSERT INTO dead_letters (at, id, kind, shop, application, cause, record) VALUES ($1, $2, $3, $4, $5, $6, $7::json)
		ON CONFLICT (at, id) DO UPDATE SET kind = excluded.kind, cause = excluded.cause, record = excluded.record`,
		value.Moment(at), string(e.ID), shown(e.Kind), shown(e.Shop), shown(e.Application), shown(e.Failure.Message), text)
	return nil
}

// DeadLetters is part of workflow.Outbox. The cursor is the time, in microseconds, and the id of the last one.
func (t *transaction) DeadLetters(after string, limit int) ([]workflow.DeadLetter, string, error) {
	sql, args := "SELECT at, record FROM dead_letters ORDER BY at, id LIMIT $1", []any{more(limit)}
	if after != "" {
		micro, id, _ := strings.Cut(after, "/")
		n, err := strconv.ParseInt(micro, 10, 64)
		if err != nil {
			return nil, "", fmt.Errorf("%q is no cursor of dead letters: %w", after, err)
		}
		sql, args = "SELECT at, record FROM dead_letters WHERE (at, id) > ($2, $3) ORDER BY at, id LIMIT $1", append(args, at(n), cursor(id))
	}
	var all []workflow.DeadLetter
	err := t.each(func(rows pgx.Rows) error {
		var at time.Time
		var text string
		if err := rows.Scan(&at, &text); err != nil {
			return err
		}
		e, err := decode[workflow.Effect](text)
		all = append(all, workflow.DeadLetter{Effect: e, At: at.UTC()})
		return err
	}, sql, args...)
	if err != nil {
		return nil, "", err
	}
	all, next := page(all, limit, func(l workflow.DeadLetter) string {
		return strconv.FormatInt(l.At.UnixMicro(), 10) + "/" + string(l.ID)
	})
	return all, next, nil
}

// Revive is part of workflow.Outbox. Of several dead letters of one id it takes the latest, which knows most of what was
// tried. What is to be tried at once waits for nobody to wake it, so parking ends too.
func (t *transaction) Revive(id workflow.EffectID, at time.Time) error {
	if err := t.may("an effect", string(id)); err != nil {
		return err
	}
	var died time.Time
	var text string
	found, err := t.one([]any{&died, &text}, "SELECT at, record FROM dead_letters WHERE id = $1 ORDER BY at DESC LIMIT 1 FOR UPDATE", string(id))
	switch {
	case err != nil:
		return err
	case !found:
		return fmt.Errorf("reviving an effect: %w", notFound("dead letter", id))
	}
	e, err := decode[workflow.Effect](text)
	if err != nil {
		return err
	}
	e.NotBefore, e.Begun, e.Parked = at, false, false
	args, err := effectArgs(value.Kept(e))
	if err != nil {
		return err
	}
	if err := t.enqueueAsking(e, append([]any{string(e.ID), string(e.Lane), scatter(e.Lane)}, args...)); err != nil {
		return fmt.Errorf("reviving an effect: %w", err)
	}
	t.changed(e.Lane)
	delete(t.effects, e.ID)
	t.write("DELETE FROM dead_letters WHERE at = $1 AND id = $2", died, string(id))
	return nil
}
