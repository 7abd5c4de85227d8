package boltstore

import (
	"bytes"
	"fmt"
	"strconv"
	"time"

	"sampledesk/workflow"
)

// dayForm is a day as the keys of deliveriesBucket have it, and deliveryDays how many days back a delivery is looked for:
// more than TikTok repeats one.
const (
	dayForm      = "20060102"
	deliveryDays = 4
)

func deliveryKey(day time.Time, id string) []byte {
	return append(append(day.UTC().AppendFormat(nil, dayForm), '/'), id...)
}

// NoteDelivery is part of workflow.Tx.
func (t *transaction) NoteDelivery(id string, at time.Time, most int) (first bool, err error) {
	if err := t.may("a delivery", id); err != nil {
		return false, err
	}
	b := t.bucket(deliveriesBucket)
	for back := range deliveryDays + 1 {
		if b.Get(deliveryKey(at.AddDate(0, 0, -back), id)) != nil {
			return false, nil
		}
	}
	count := at.UTC().AppendFormat(nil, dayForm)
	n := 0
	if text := b.Get(count); text != nil {
		if n, err = strconv.Atoi(string(text)); err != nil {
			return false, fmt.Errorf("%w: the deliveries of a day are %q", errDamaged, text)
		}
	}
	if n >= most {
		return true, nil
	}
	if err := b.Put(deliveryKey(at, id), []byte("1")); err != nil {
		return false, fmt.Errorf("noting a delivery: %w", err)
	}
	if err := b.Put(count, strconv.AppendInt(nil, int64(n+1), 10)); err != nil {
		return false, fmt.Errorf("noting a delivery: %w", err)
	}
	return true, nil
}

// ForgetDeliveries is part of workflow.Tx.
func (t *transaction) ForgetDeliveries(before time.Time, limit int) (int, error) {
	if err := t.may("a delivery", "the past"); err != nil {
		return 0, err
	}
	b, end := t.bucket(deliveriesBucket), before.UTC().AppendFormat(nil, dayForm)
	var old [][]byte
	c := b.Cursor()
	for k, _ := c.First(); k != nil && bytes.Compare(k, end) < 0 && len(old) < limit; k, _ = c.Next() {
		old = append(old, bytes.Clone(k))
	}
	for _, k := range old {
		if err := b.Delete(k); err != nil {
			return 0, fmt.Errorf("forgetting a delivery: %w", err)
		}
	}
	return len(old), nil
}

// PutLook is part of workflow.Tx.
func (t *transaction) PutLook(l workflow.Look) error {
	if err := t.may("a look", l.Subject()); err != nil {
		return err
	}
	return write(t.bucket(looksBucket), []byte(l.Subject()), kept(l))
}

// Looks is part of workflow.Tx.
func (t *transaction) Looks(after string, limit int) ([]workflow.Look, string, error) {
	return page(t.bucket(looksBucket), nil, after, limit, func(_, data []byte) (workflow.Look, error) { return decode[workflow.Look](data) })
}

// RemoveLook is part of workflow.Tx.
func (t *transaction) RemoveLook(l workflow.Look) error {
	if err := t.may("a look", l.Subject()); err != nil {
		return err
	}
	b := t.bucket(looksBucket)
	data := b.Get([]byte(l.Subject()))
	if data == nil {
		return nil
	}
	now, err := decode[workflow.Look](data)
	if err != nil || !now.At.Equal(kept(l).At) {
		return err
	}
	return b.Delete([]byte(l.Subject()))
}
