package bridge

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"sampledesk/affiliate"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// Limit implements outbox.Service: decisions and messages of a shop have a budget each. A look, which follows a lost
// answer, is a read, and reads are paced by the client.
func (b *Bridge) Limit(_ workflow.Tx, e workflow.Effect) (string, error) {
	verifying := e.Begun || e.Verifications > 0
	switch {
	case e.Kind == workflow.MarkRead:
		return "mark as read " + string(e.Shop), nil
	case e.Kind == workflow.ImportCreators, e.Kind == workflow.ReviewOnTikTok && verifying:
		return "", nil
	case e.Kind == workflow.ReviewOnTikTok:
		return "review " + string(e.Shop), nil
	case verifying:
		return "look for a message " + string(e.Shop), nil
	default: // one that was not told yet why its shop is muted is let through once
		return fmt.Sprintf("message %s %d %s", e.Shop, e.Failure.Code, e.Failure.Message), nil
	}
}

// Budget implements outbox.Service: it takes a place in the shop's budget of what the effect asks of TikTok.
func (b *Bridge) Budget(e workflow.Effect, _ string) time.Duration {
	switch e.Kind {
	case workflow.SendMessage:
		return messenger{b}.budget(e)
	case workflow.MarkRead:
		return b.of(e.Shop).ready(affiliate.EndpointMarkRead)
	case workflow.ImportCreators:
		return 0
	default:
		return reviewer{b}.budget(e)
	}
}

// disconnectedPause is how long what is to be sent for a shop waits that the desk does not serve any more.
const disconnectedPause = time.Hour

// Deliver implements outbox.Service.
func (b *Bridge) Deliver(ctx context.Context, e workflow.Effect) engine.Outcome {
	var request atomic.Pointer[string] // of the last call
	o := b.deliver(affiliate.WithTrace(ctx, func(t affiliate.Trace) {
		if t.Endpoint != "" && t.RequestID != "" {
			request.Store(&t.RequestID)
		}
	}), e)
	if id := request.Load(); id != nil {
		o.RequestID = *id
	}
	return o
}

func (b *Bridge) deliver(ctx context.Context, e workflow.Effect) engine.Outcome {
	if s, err := b.shopRecord(ctx, e.Shop); err == nil && !s.Disconnected.IsZero() {
		return engine.Outcome{Then: engine.Again, AtLeast: disconnectedPause, Failure: workflow.Failure{Fault: workflow.FaultReconnect, Message: "the shop is disconnected"}}
	}
	switch e.Kind {
	case workflow.SendMessage:
		return messenger{b}.message(ctx, e)
	case workflow.MarkRead:
		return reader{b}.markRead(ctx, e)
	case workflow.ImportCreators:
		return b.collaborate(ctx, e)
	default:
		return reviewer{b}.review(ctx, e)
	}
}
