package bridge

import (
	"context"
	"time"

	"sampledesk/workflow"
)

// Budget implements outbox.Service: it takes a place in the shop's budget of what the effect asks of TikTok. What only
// reads is paced by the client.
func (b *Bridge) Budget(e workflow.Effect) time.Duration {
	switch e.Kind {
	case workflow.SendMessage:
		return b.messageBudget(e)
	case workflow.ImportCreators:
		return 0
	default:
		return b.reviewBudget(e)
	}
}

// Deliver implements outbox.Service.
func (b *Bridge) Deliver(ctx context.Context, e workflow.Effect) workflow.Outcome {
	switch e.Kind {
	case workflow.SendMessage:
		return b.message(ctx, e)
	case workflow.ImportCreators:
		return b.collaborate(ctx, e)
	default:
		return b.review(ctx, e)
	}
}
