package bridge

import (
	"context"
	"time"

	"sampledesk/affiliate"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// maxReadAttempts is how often conversations are tried to be marked as read. Nothing rests on it, so nobody is told where it
// comes to nothing.
const maxReadAttempts = 10

// reader marks conversations as read.
type reader struct{ *Bridge }

// markRead marks the conversations of an effect as read. To do so twice is harmless.
func (b reader) markRead(ctx context.Context, e workflow.Effect) engine.Outcome {
	var s workflow.Shop
	err := b.store.View(ctx, func(tx workflow.Tx) (err error) {
		s, err = tx.Shop(e.Shop)
		return err
	})
	if err != nil {
		return engine.Outcome{Then: engine.Again, After: unknownShop, Failure: failureOf(err)}
	}
	ctx, cancel := context.WithTimeout(ctx, messageTime)
	defer cancel()
	ids := make([]affiliate.ConversationID, len(e.Conversations))
	for i, id := range e.Conversations {
		ids[i] = affiliate.ConversationID(id)
	}
	refused, err := b.calls(s).MarkRead(ctx, ids...)
	if err != nil {
		return b.notRead(ctx, e, err)
	}
	done := engine.ReadDone{At: time.Now()}
	for _, id := range refused {
		done.Failed = append(done.Failed, string(id))
	}
	if len(refused) > 0 {
		b.log.InfoContext(ctx, "TikTok did not mark all conversations as read", "shop", e.Shop, "failed", done.Failed)
	}
	return engine.Outcome{Result: done}
}

// notRead is the outcome of a call that failed: it is made again, unless it would only fail again.
func (b reader) notRead(ctx context.Context, e workflow.Effect, err error) engine.Outcome {
	kind := affiliate.KindOf(err)
	if kind == affiliate.Refused || e.Attempt >= maxReadAttempts {
		b.log.WarnContext(ctx, "could not mark conversations as read", "shop", e.Shop, "conversations", e.Conversations, "error", err)
		return engine.Outcome{}
	}
	o := engine.Outcome{Then: engine.Again, AtLeast: affiliate.RetryAfter(err), Failure: failureOf(err)}
	if kind.Stops() != affiliate.StopsNothing {
		o.After = breakerPause
	}
	return o
}
