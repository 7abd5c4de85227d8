package engine

import (
	"errors"

	"sampledesk/workflow"
)

// setTimer sets an application's timer, and marks what is to be announced of its shipment.
func setTimer(tx workflow.Tx, before workflow.Application, next *workflow.Next) error {
	s, err := tx.Shop(before.Key.Shop)
	if err != nil && !errors.Is(err, workflow.ErrNotFound) {
		return err
	}
	a := workflow.WithTimer(next.Application, s, next.At, before.State() == workflow.Unseen)
	if before.Stage() != a.Stage() {
		a.News = workflow.ShipmentNews(before, a) // none, if what was to be announced is out of date
	}
	next.Application = a
	return nil
}
