package pgstore

import (
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"sampledesk/store/internal/value"
	"sampledesk/workflow"
)

// Append is part of workflow.Tx.
func (t *transaction) Append(e workflow.Entry) error {
	const what = "an entry of the history"
	if err := t.may(what, string(e.Key.Shop)); err != nil {
		return err
	}
	if err := value.Fitting(what, string(e.Key.ID)); err != nil {
		return err
	}
	if err := t.alive(); err != nil {
		return err
	}
	e = value.Kept(e)
	text, err := encode(e)
	if err != nil {
		return err
	}
	t.write("INSERT INTO history (shop, application, at, event, person, record) VALUES ($1, $2, $3, $4, $5, $6::json)",
		string(e.Key.Shop), string(e.Key.ID), since(e.At), shown(e.Event), shown(e.By.Person), text)
	return nil
}

// told is an entry with its number.
type toldEntry struct {
	sequence int64
	entry    workflow.Entry
}

// historyCursor writes a number so that it may be part of a cursor.
func historyCursor(e toldEntry) string { return strconv.FormatInt(e.sequence, 10) }

func (t *transaction) entries(k workflow.Key, after string, limit int) (all []toldEntry, next string, err error) {
	if !value.Nameable(string(k.Shop)) || value.Fitting("", string(k.ID)) != nil {
		return nil, "", t.alive()
	}
	from := int64(0)
	if after != "" {
		if from, err = strconv.ParseInt(after, 10, 64); err != nil {
			return nil, "", fmt.Errorf("%q is no cursor of a history: %w", after, err)
		}
	}
	err = t.each(func(rows pgx.Rows) error {
		var e toldEntry
		var text string
		err := rows.Scan(&e.sequence, &text)
		if err == nil {
			e.entry, err = decode[workflow.Entry](text)
		}
		all = append(all, e)
		return err
	}, "SELECT sequence, record FROM history WHERE shop = $1 AND application = $2 AND sequence > $3 ORDER BY sequence LIMIT $4",
		string(k.Shop), string(k.ID), from, more(limit))
	if err != nil {
		return nil, "", err
	}
	all, next = page(all, limit, historyCursor)
	return all, next, nil
}

// History is part of workflow.Tx. The cursor is the number of the last entry.
func (t *transaction) History(k workflow.Key, after string, limit int) ([]workflow.Entry, string, error) {
	all, next, err := t.entries(k, after, limit)
	var list []workflow.Entry
	for _, e := range all {
		list = append(list, e.entry)
	}
	return list, next, err
}

// Amend is part of workflow.Tx.
func (t *transaction) Amend(k workflow.Key, after string, limit int, change func(*workflow.Entry) bool) (string, error) {
	if err := t.may("a history", string(k.Shop)); err != nil {
		return "", err
	}
	all, next, err := t.entries(k, after, limit)
	if err != nil {
		return "", err
	}
	for _, e := range all {
		if !change(&e.entry) {
			continue
		}
		amended := value.Kept(e.entry)
		amended.Key = k
		text, err := encode(amended)
		if err != nil {
			return "", err
		}
		t.write("UPDATE history SET event = $4, person = $5, record = $6::json WHERE shop = $1 AND application = $2 AND sequence = $3",
			string(k.Shop), string(k.ID), e.sequence, shown(amended.Event), shown(amended.By.Person), text)
	}
	return next, nil
}
