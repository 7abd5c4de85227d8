package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sampledesk/workflow"
)

// homeKeptWithin is how long a person's view of App Home may wait for another update to be kept with.
const homeKeptWithin = 2 * time.Second

// KeepHome keeps how a person looks at App Home. Nobody waits for it, and what is kept already is left as it is.
func (e *Engine) KeepHome(ctx context.Context, who workflow.PersonID, home string) error {
	patience := func() time.Duration { return homeKeptWithin }
	err := e.updateSoon(ctx, patience, func(t *txn) error {
		p, err := t.tx.Person(who)
		switch {
		case errors.Is(err, workflow.ErrNotFound):
			p = workflow.Person{ID: who}
		case err != nil:
			return err
		case p.Home == home:
			return errUnchanged
		}
		p.Home = home
		return t.tx.PutPerson(p)
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return fmt.Errorf("keeping how %s looks at App Home: %w", who, err)
	}
	return nil
}

// TellPeople changes something and tells people of it in private, in one transaction: what fn returns goes to whom each
// names. fn may run twice.
func (e *Engine) TellPeople(ctx context.Context, fn func(workflow.Tx) ([]workflow.Payload, error)) error {
	err := e.update(ctx, func(t *txn) error {
		all, err := fn(t.tx)
		if err != nil {
			return err
		}
		for _, p := range all {
			eff := workflow.Effect{Kind: workflow.Announce, Lane: workflow.PersonLane("", p.To), Priority: workflow.ForPeople, NotBefore: p.At, Payload: &p}
			if err := t.enqueue(eff, p.At); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("telling people in private: %w", err)
	}
	return nil
}
