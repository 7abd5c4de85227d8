package bridge

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"sampledesk/affiliate"
	"sampledesk/workflow"
	"sampledesk/workflow/outbox"
)

// The pauses of messages.
const (
	// unansweredRest is how long a message waits that TikTok takes only once the creator has answered. Her answer lets it
	// go at once; this is for an answer that was never heard of.
	unansweredRest = 6 * time.Hour

	// dailyRest is how long a shop's messages wait once the quota of a day is used up. When the day turns no document
	// says, so one of them asks every hour.
	dailyRest = time.Hour

	// messageTime bounds one delivery, so that a Message Center that hangs does not keep a place that a review needs.
	messageTime = 20 * time.Second

	// lookTime bounds a look into a conversation, all of which has to be read.
	lookTime = 2 * time.Minute

	// oneAtATime is how long a message waits while another of its shop is on its way.
	oneAtATime = 500 * time.Millisecond

	// unanswering is from which attempt on people are told that TikTok does not answer; most such faults are over before.
	unanswering = 3
)

const (
	// clockAhead is how much earlier than by our clock TikTok may have dated what we sent: it refuses the calls of a
	// clock that is more than 30 s ahead of its own, and its times are whole seconds.
	clockAhead = 31 * time.Second

	// keptSent is how many of the messages that were sent are remembered.
	keptSent = 1000
)

// messageBudget takes a place in the shop's budget of messages, which are spaced by more than five seconds. While they
// rest a message is let through once, to be told why it waits.
func (b *Bridge) messageBudget(e workflow.Effect) time.Duration {
	b.mu.Lock()
	speaking, known := b.speaking[e.Shop], b.shops[e.Shop]
	b.mu.Unlock()
	if speaking {
		return oneAtATime
	}
	return b.messages.budget(e, func() time.Duration { return known.ready(affiliate.EndpointMessage) })
}

// message carries a message to a creator, once: no idempotency key exists, so after an answer that was lost it looks
// into the conversation before it repeats.
func (b *Bridge) message(ctx context.Context, e workflow.Effect) workflow.Outcome {
	if !b.speak(e.Shop) {
		return workflow.Outcome{Then: workflow.Again, After: oneAtATime, Looks: looks(e), Cause: e.Cause}
	}
	defer b.hush(e.Shop)
	if p, holds := b.messages.holds(e); holds {
		return held(e, p.cause, time.Until(p.until))
	}
	if e.Begun {
		return lostMessage("", workflow.Cause{Message: "the desk was interrupted while it was sending"})
	}
	patience := messageTime
	if e.Looks > 0 {
		patience = lookTime
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	s, talk, err := b.correspondence(ctx, e)
	switch {
	case err != nil:
		return workflow.Outcome{Then: workflow.Again, After: unknownShop, Looks: e.Looks, Cause: cause(err)}
	case talk.Shown.OpenID == "" && talk.ID == "":
		return refusedMessage("", workflow.Cause{Message: string(workflow.RuleNoCreator)})
	}
	calls := b.shop(s)
	with := affiliate.Conversation{ID: affiliate.ConversationID(talk.ID)} // which she began, whoever she is
	if id := talk.Shown.OpenID; id != "" {
		if with, err = calls.Conversation(ctx, affiliate.CreatorID(id)); err != nil {
			return b.unsent(e, "", err)
		}
	}
	if e.Looks > 0 {
		return b.lookForMessage(ctx, e, calls, with)
	}
	return b.sendMessage(ctx, e, calls, with.ID)
}

// speak begins the one delivery of a message that a shop may have at a time, unless it has one.
func (b *Bridge) speak(s workflow.ShopID) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.speaking[s] {
		return false
	}
	b.speaking[s] = true
	return true
}

func (b *Bridge) hush(s workflow.ShopID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.speaking, s)
}

// correspondence reads the shop and whom the message is for. The notice that quotes the message names her by the key that
// she is known by now, the effect by the one from when it was made.
func (b *Bridge) correspondence(ctx context.Context, e workflow.Effect) (s workflow.Shop, talk workflow.Conversation, err error) {
	err = b.store.View(ctx, func(tx workflow.Tx) (err error) {
		if s, err = tx.Shop(e.Shop); err != nil {
			return err
		}
		n, err := tx.Notice(e.Notice)
		if err != nil {
			return err
		}
		if talk, err = tx.Conversation(e.Shop, n.Creator); errors.Is(err, workflow.ErrNotFound) {
			return nil
		}
		return err
	})
	return s, talk, err
}

func (b *Bridge) sendMessage(ctx context.Context, e workflow.Effect, calls *affiliate.Shop, with affiliate.ConversationID) workflow.Outcome {
	id, err := calls.SendMessage(ctx, with, e.Text)
	if err != nil {
		return b.unsent(e, with, err)
	}
	b.messages.reset(e.Shop)
	b.keepSent(id)
	return sentMessage(with)
}

// unsent tells what becomes of a message that met an error.
func (b *Bridge) unsent(e workflow.Effect, with affiliate.ConversationID, err error) workflow.Outcome {
	c, kind := cause(err), affiliate.KindOf(err)
	switch {
	case affiliate.Unclear(err):
		return lostMessage(with, c)
	case errors.Is(err, affiliate.ErrMessageQuota):
		return held(e, c, unansweredRest)
	case kind == affiliate.QuotaExhausted:
		return b.hushed(e, c, dailyRest)
	case kind.Stops() != affiliate.StopsNothing: // the sweep finds out whether it stops more than messages
		return b.hushed(e, c, hold)
	case kind == affiliate.Refused:
		return refusedMessage(with, c)
	}
	o := workflow.Outcome{Then: workflow.Again, After: max(affiliate.RetryAfter(err), outbox.Backoff(e.Attempt)), Looks: e.Looks, Cause: c}
	if e.Attempt >= unanswering && kind != affiliate.RateLimited {
		o.Event = workflow.MessageDone{What: workflow.OnMessageHeldUp, At: time.Now(), Cause: c}
	}
	return o
}

// hushed lets the shop's messages rest: what one of them met, the others would meet too.
func (b *Bridge) hushed(e workflow.Effect, c workflow.Cause, rest time.Duration) workflow.Outcome {
	b.messages.trip(e.Shop, c, rest)
	return held(e, c, rest)
}

// held lets a message wait, and says why.
func held(e workflow.Effect, c workflow.Cause, rest time.Duration) workflow.Outcome {
	return workflow.Outcome{
		Event: workflow.MessageDone{What: workflow.OnMessageHeldUp, At: time.Now(), Cause: c},
		Then:  workflow.Again, After: max(rest, 0), Looks: e.Looks, Cause: c,
	}
}

// lostMessage lets a look come before the message is sent again.
func lostMessage(with affiliate.ConversationID, c workflow.Cause) workflow.Outcome {
	return workflow.Outcome{
		Event: workflow.MessageDone{What: workflow.OnMessageHeldUp, At: time.Now(), Cause: c, Conversation: string(with)},
		Then:  workflow.Again, After: firstLook, Looks: 1, Cause: c,
	}
}

func sentMessage(with affiliate.ConversationID) workflow.Outcome {
	return workflow.Outcome{Event: workflow.MessageDone{What: workflow.OnMessageSent, At: time.Now(), Conversation: string(with)}}
}

func refusedMessage(with affiliate.ConversationID, c workflow.Cause) workflow.Outcome {
	return workflow.Outcome{Event: workflow.MessageDone{What: workflow.OnMessageRefused, At: time.Now(), Cause: c, Conversation: string(with)}}
}

// lookForMessage finds out whether a message arrived whose answer was lost. If the second look does not find it, it did
// not, and is sent again.
func (b *Bridge) lookForMessage(ctx context.Context, e workflow.Effect, calls *affiliate.Shop, with affiliate.Conversation) workflow.Outcome {
	found, err := b.arrived(ctx, e, calls, with)
	switch {
	case err != nil:
		return b.unsent(e, with.ID, err)
	case found:
		return sentMessage(with.ID)
	case e.Looks == 1:
		return workflow.Outcome{Then: workflow.Again, After: secondLook - firstLook, Looks: 2, Cause: e.Cause}
	default:
		return workflow.Outcome{Then: workflow.Again, Looks: 0, Cause: e.Cause}
	}
}

// errPages is the error of a conversation whose pages do not fit together.
var errPages = errors.New("the pages of the conversation do not fit together")

// arrived looks for the text among what the shop wrote since the message was made. One that is known to be another
// message of the same text does not count. That it is not there is believed only of a conversation that was read whole.
func (b *Bridge) arrived(ctx context.Context, e workflow.Effect, calls *affiliate.Shop, with affiliate.Conversation) (bool, error) {
	since := e.MadeAt.Add(-clockAhead)
	there, err := calls.Messages(ctx, with.ID)
	if err != nil {
		return false, err
	}
	for _, m := range there.Messages {
		old := !m.At.IsZero() && m.At.Before(since)
		theirs := with.CreatorIM != "" && m.SenderID == with.CreatorIM
		if !old && !theirs && m.Type == affiliate.MessageText && folded(m.Text()) == folded(e.Text) && b.keepSent(m.ID) {
			return true, nil
		}
	}
	if !there.Whole {
		return false, errPages
	}
	return false, nil
}

// folded lets a text be recognised whatever became of its spaces on the way.
func folded(text string) string { return strings.Join(strings.Fields(text), " ") }

// keepSent remembers which message was sent; false if that one was known already. It is kept in memory only: after a
// restart, a text that was sent twice within a short time may be taken for arrived twice, which is better than a creator
// who gets it a third time.
func (b *Bridge) keepSent(id affiliate.MessageID) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if slices.Contains(b.sent, id) {
		return false
	}
	if b.sent = append(b.sent, id); len(b.sent) > keptSent {
		b.sent = slices.Clone(b.sent[keptSent/2:])
	}
	return true
}
