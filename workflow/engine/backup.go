package engine

import (
	"context"
	"errors"
	"slices"
	"time"

	"sampledesk/workflow"
)

// BackupEnded records how a nightly backup went, and announces a failure once until one goes through again: to the channel
// of the first shop that has none of its own, since that is the desk's, and else to that of the first shop.
func (e *Engine) BackupEnded(ctx context.Context, at time.Time, failed error) error {
	err := e.update(ctx, func(t *txn) error {
		shops, err := t.tx.Shops()
		if err != nil || len(shops) == 0 {
			return errors.Join(err, errUnchanged)
		}
		teller, known := shops[0], false
		for _, s := range slices.Backward(shops) {
			if s.Settings.Channel == "" {
				teller = s
			}
			known = known || !s.BackupFailed.IsZero()
		}
		if failed == nil {
			return forgetBackupFailure(t, shops, known)
		}
		if known {
			return errUnchanged
		}
		teller.BackupFailed = at
		if err := t.tx.PutShop(teller); err != nil {
			return err
		}
		return t.announce(teller.ID, workflow.Payload{Kind: workflow.KindBackup, At: at, Failure: workflow.Failure{Message: failed.Error()}})
	})
	if errors.Is(err, errUnchanged) {
		return nil
	}
	return err
}

func forgetBackupFailure(t *txn, shops []workflow.Shop, known bool) error {
	if !known {
		return errUnchanged
	}
	for _, s := range shops {
		if s.BackupFailed.IsZero() {
			continue
		}
		s.BackupFailed = time.Time{}
		if err := t.tx.PutShop(s); err != nil {
			return err
		}
	}
	return nil
}
