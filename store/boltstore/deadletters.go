package boltstore

import (
	"bytes"
	"fmt"
	"time"

	"sampledesk/workflow"
)

// deadLetter is an effect that can never be delivered.
type deadLetter struct {
	At     time.Time       `json:"at"`
	Effect workflow.Effect `json:"effect"`
}

// Bury is part of workflow.Outbox.
func (t *transaction) Bury(e workflow.Effect, at time.Time) error {
	q, err := t.held(e.ID, "burying")
	if err != nil {
		return err
	}
	if err := t.may("an effect", string(e.Kind)); err != nil {
		return err
	}
	if err := t.takeOut(q); err != nil {
		return err
	}
	e.Lane = q.Effect.Lane
	letter := kept(deadLetter{At: at, Effect: e})
	return write(t.bucket(deadLettersBucket), deadLetterKey(letter.At, e.ID), letter)
}

// DeadLetters is part of workflow.Outbox. The cursor is the time and the id of the last one.
func (t *transaction) DeadLetters(after string, limit int) ([]workflow.DeadLetter, string, error) {
	return page(t.bucket(deadLettersBucket), nil, after, limit, func(_, data []byte) (workflow.DeadLetter, error) {
		l, err := decode[deadLetter](data)
		return workflow.DeadLetter{Effect: l.Effect, At: l.At}, err
	})
}

// Revive is part of workflow.Outbox. Of several dead letters of one id it takes the latest, which knows most of what
// was tried. What is to be tried at once waits for nobody to wake it, so parking ends too.
func (t *transaction) Revive(id workflow.EffectID, at time.Time) error {
	if err := t.may("an effect", string(id)); err != nil {
		return err
	}
	key, letter, err := t.lastLetter(id)
	if err != nil {
		return fmt.Errorf("reviving an effect: %w", err)
	}
	e := letter.Effect
	e.NotBefore, e.Begun, e.Parked = at, false, false
	if err := t.Enqueue(e); err != nil {
		return fmt.Errorf("reviving an effect: %w", err)
	}
	return t.bucket(deadLettersBucket).Delete(key)
}

// lastLetter returns the latest dead letter of an effect, with its key. It passes over the keys of those that are later,
// and reads no other value: there are few, and a person asks for one.
func (t *transaction) lastLetter(id workflow.EffectID) (key []byte, letter deadLetter, err error) {
	c := t.bucket(deadLettersBucket).Cursor()
	for k, data := c.Last(); k != nil; k, data = c.Prev() {
		if err := t.alive(); err != nil {
			return nil, deadLetter{}, err
		}
		if _, of, _ := bytes.Cut(k, []byte("/")); string(of) == string(id) {
			letter, err = decode[deadLetter](data)
			return bytes.Clone(k), letter, err
		}
	}
	return nil, deadLetter{}, fmt.Errorf("dead letter %q: %w", id, workflow.ErrNotFound)
}
