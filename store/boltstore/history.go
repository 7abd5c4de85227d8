package boltstore

import (
	"bytes"
	"fmt"

	"sampledesk/workflow"
)

// Append is part of workflow.Tx. The sequence is one for the whole history, so that entries of several applications
// can be told apart in time as well. They follow their application in its bucket, and are mostly on its page.
func (t *transaction) Append(e workflow.Entry) error {
	const what = "an entry of the history"
	if err := t.may(what, string(e.Key.Shop)); err != nil {
		return err
	}
	if err := fitting(what, string(e.Key.ID)); err != nil {
		return err
	}
	b := t.bucket(applicationsBucket)
	sequence, err := b.NextSequence()
	if err != nil {
		return fmt.Errorf("numbering an entry of the history: %w", err)
	}
	data, err := packedEntry(kept(e))
	if err != nil {
		return fmt.Errorf("writing an entry of the history: %w", err)
	}
	return b.Put(historyKey(e.Key, sequence), data)
}

// Amend is part of workflow.Tx.
func (t *transaction) Amend(k workflow.Key, after string, limit int, change func(*workflow.Entry) bool) (string, error) {
	if err := t.may("a history", string(k.Shop)); err != nil {
		return "", err
	}
	type amended struct {
		key   []byte
		entry workflow.Entry
	}
	b := t.bucket(applicationsBucket)
	all, next, err := page(b, underHistory(k), after, limit, func(key, data []byte) (amended, error) {
		e, err := decode[workflow.Entry](data)
		e.Key = k
		return amended{bytes.Clone(key), e}, err
	})
	if err != nil {
		return "", err
	}
	for _, a := range all {
		if !change(&a.entry) {
			continue
		}
		data, err := packedEntry(kept(a.entry))
		if err != nil {
			return "", fmt.Errorf("writing an entry of the history: %w", err)
		}
		if err := b.Put(a.key, data); err != nil {
			return "", err
		}
	}
	return next, nil
}

// History is part of workflow.Tx. The cursor is the sequence of the last entry.
func (t *transaction) History(k workflow.Key, after string, limit int) ([]workflow.Entry, string, error) {
	return page(t.bucket(applicationsBucket), underHistory(k), after, limit, func(_, data []byte) (workflow.Entry, error) {
		e, err := decode[workflow.Entry](data)
		e.Key = k
		return e, err
	})
}
