package engine

import (
	"errors"
	"time"

	"sampledesk/workflow"
)

// offerInTurn offers a new request to the reviewer whose turn it is, where the shop's settings say so. What waited
// before the shop's first sweep is offered to nobody: that would be a flood.
func offerInTurn(t *txn, a workflow.Application, at time.Time) (workflow.Application, error) {
	s, err := t.tx.Shop(a.Key.Shop)
	if errors.Is(err, workflow.ErrNotFound) {
		return a, nil
	}
	if err != nil {
		return a, err
	}
	to := s.NextTurn()
	if to == "" || !s.InitialSyncDone {
		return a, nil
	}
	s.LastTurn = to
	if err := t.tx.PutShop(s); err != nil {
		return a, err
	}
	a, _, err = t.apply(a.Key, workflow.Assigned{Actor: workflow.Actor{Surface: workflow.FromTimer}, At: at, To: to})
	return a, err
}
