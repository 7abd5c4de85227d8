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
