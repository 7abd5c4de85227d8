package bridge

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"

	"sampledesk/workflow"
)

// keyMark is the name under which a store keeps what was sealed with its key, so that another key is found out.
const keyMark = "key"

// ErrWrongKey says that a store was sealed with another key.
var ErrWrongKey = errors.New("SAMPLEDESK_KEY is not the key of this store: what it holds was sealed with another. Every desk that shares the store needs the same key; no other opens it")

// Check holds the key to the one that the desks which share a store seal with. The first key that opens all that is sealed
// there becomes that one. Its error is ErrWrongKey for any other.
func (k Key) Check(ctx context.Context, store workflow.Store) error {
	sealed, err := read(ctx, store, "the key's mark", func(tx workflow.Tx) (string, error) { return tx.Mark(keyMark) })
	if errors.Is(err, workflow.ErrNotFound) {
		err = store.Update(ctx, func(tx workflow.Tx) error {
			var err error
			if sealed, err = tx.Mark(keyMark); !errors.Is(err, workflow.ErrNotFound) {
				return err // another desk was first
			}
			if _, err := resealed(tx, func(sealed, place []byte) ([]byte, error) {
				_, err := k.openBytes(sealed, place)
				return sealed, err
			}); err != nil {
				return errors.Join(ErrWrongKey, err)
			}
			box, err := k.sealBytes([]byte(keyMark), []byte(keyMark))
			if err != nil {
				return err
			}
			sealed = base64.StdEncoding.EncodeToString(box)
			return tx.PutMark(keyMark, sealed)
		})
	}
	if errors.Is(err, ErrWrongKey) {
		return ErrWrongKey
	}
	if err != nil {
		return fmt.Errorf("checking the key: %w", err)
	}
	box, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil {
		return fmt.Errorf("checking the key: its mark in the store is damaged: %w", err)
	}
	if _, err := k.openBytes(box, []byte(keyMark)); err != nil {
		return ErrWrongKey
	}
	return nil
}

// resealMark is resealed of the key's mark, which a store may lack.
func resealMark(tx workflow.Tx, turn func(sealed, place []byte) ([]byte, error)) error {
	text, err := tx.Mark(keyMark)
	if errors.Is(err, workflow.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	box, err := base64.StdEncoding.DecodeString(text)
	if err == nil {
		box, err = turn(box, []byte(keyMark))
	}
	if err != nil {
		return fmt.Errorf("the mark of the key: %w", err)
	}
	return tx.PutMark(keyMark, base64.StdEncoding.EncodeToString(box))
}
