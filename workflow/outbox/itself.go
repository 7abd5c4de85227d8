package outbox

import (
	"context"
	"time"

	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// itself is what the desk does without anybody outside: it goes on with runs, part by part.
type itself struct{ engine Engine }

// Limit implements Service: there is none.
func (itself) Limit(workflow.Tx, workflow.Effect) (string, error) { return "", nil }

// Budget implements Service: it is never spent.
func (itself) Budget(workflow.Effect, string) time.Duration { return 0 }

// Deliver implements Service. Each part is kept by itself, so a later attempt goes on where this one ended.
func (s itself) Deliver(ctx context.Context, e workflow.Effect) engine.Outcome {
	for {
		last, err := s.engine.CarryOn(ctx, e.Run, time.Now())
		switch {
		case err != nil:
			return engine.Outcome{Then: engine.Again, Failure: workflow.Failure{Message: err.Error()}}
		case last:
			return engine.Outcome{}
		}
	}
}
