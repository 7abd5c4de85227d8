package pgstore

import (
	"time"

	"github.com/jackc/pgx/v5"

	"sampledesk/store/internal/value"
	"sampledesk/workflow"
)

// deliveryDays is how many days back a delivery is looked for: more than TikTok repeats one.
const deliveryDays = 4

// deliveriesOf names the number of the deliveries that a day has.
func deliveriesOf(day time.Time) string { return "deliveries\x1f" + day.UTC().Format(time.DateOnly) }

func dayOf(at time.Time) time.Time { return at.UTC().Truncate(24 * time.Hour) }

// NoteDelivery is part of workflow.Tx. Whether the id is known is found out by putting it, so that two that come at once do
// not both rest on its absence.
func (t *transaction) NoteDelivery(id string, at time.Time, most int) (first bool, err error) {
	if err := t.may("a delivery", id); err != nil {
		return false, err
	}
	n, err := t.number(deliveriesOf(at), "")
	if err != nil {
		return false, err
	}
	if n >= most {
		found, err := t.one(nil, "SELECT FROM deliveries WHERE id = $1 AND day >= $2", id, dayOf(at).AddDate(0, 0, -deliveryDays))
		return !found, err
	}
	put := int64(0)
	err = t.ask(&query{
		sql:  `INSERT INTO deliveries (id, day) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET day = excluded.day WHERE deliveries.day < $3`,
		args: []any{id, dayOf(at), dayOf(at).AddDate(0, 0, -deliveryDays)}, done: func(n int64) { put = n },
	})
	if err != nil || put == 0 {
		return false, err
	}
	t.wrote = true
	t.count(deliveriesOf(at), "", 1)
	return true, nil
}

// ForgetDeliveries is part of workflow.Tx.
func (t *transaction) ForgetDeliveries(before time.Time, limit int) (int, error) {
	if err := t.may("a delivery", "the past"); err != nil {
		return 0, err
	}
	days := map[string]int{}
	forgotten := 0
	err := t.each(func(rows pgx.Rows) error {
		var day time.Time
		err := rows.Scan(&day)
		days[deliveriesOf(day)]++
		forgotten++
		return err
	}, `DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries WHERE day < $1 ORDER BY day LIMIT $2) RETURNING day`, dayOf(before), int64(limit))
	if err != nil {
		return 0, err
	}
	t.wrote = true
	for of, n := range days {
		t.count(of, "", -n)
	}
	return forgotten, nil
}

// PutLook is part of workflow.Tx.
func (t *transaction) PutLook(l workflow.Look) error {
	if err := t.may("a look", l.Subject()); err != nil {
		return err
	}
	l = value.Kept(l)
	text, err := encode(l)
	if err != nil {
		return err
	}
	t.write(`INSERT INTO looks (subject, at, record) VALUES ($1, $2, $3::json) ON CONFLICT (subject) DO UPDATE SET at = excluded.at, record = excluded.record`,
		l.Subject(), since(l.At), text)
	return nil
}

// Looks is part of workflow.Tx.
func (t *transaction) Looks(after string, limit int) ([]workflow.Look, string, error) {
	return named[workflow.Look](t, "SELECT subject, record FROM looks WHERE subject > $1 ORDER BY subject LIMIT $2", limit, cursor(after))
}

// RemoveLook is part of workflow.Tx.
func (t *transaction) RemoveLook(l workflow.Look) error {
	if err := t.may("a look", l.Subject()); err != nil {
		return err
	}
	t.write("DELETE FROM looks WHERE subject = $1 AND at IS NOT DISTINCT FROM $2", l.Subject(), since(l.At))
	return nil
}
