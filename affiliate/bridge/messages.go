package bridge

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"sampledesk/affiliate"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// The pauses of messages.
const (
	// unansweredPause is how long a message waits that TikTok takes only once the creator has answered. Their answer
	// lets it go at once; this is for an answer that was never received.
	unansweredPause = 6 * time.Hour

	// dailyPause is how long a shop's messages wait once the quota of a day is used up. No document says when the day
	// ends, so one of them tries every hour.
	dailyPause = time.Hour

	// messageTime bounds one delivery, so that a Message Center that hangs does not keep a place that a review needs.
	messageTime = 20 * time.Second

	// lookTime bounds a look into a conversation, all of which has to be read.
	lookTime = 2 * time.Minute

	// oneAtATime is how long a message waits while another of its shop is on its way.
	oneAtATime = 500 * time.Millisecond

	// unanswering is from which attempt on people are shown that TikTok does not answer; most such faults end before.
	unanswering = 3
)

const (
	// clockAhead is how much earlier than by our clock TikTok may have dated what we sent: it refuses the calls of a
	// clock that is more than 30 s ahead of its own, and its times are whole seconds.
	clockAhead = 31 * time.Second

	// keptSent is how many of the messages that were sent are remembered.
	keptSent = 1000
)

// messenger delivers messages to creators.
type messenger struct{ *Bridge }

// budget takes a place in the shop's budget of messages, which are spaced by more than five seconds. While the
// breaker is open each message is let through once, so that it shows why it waits.
func (b messenger) budget(e workflow.Effect) time.Duration {
	state := b.of(e.Shop)
	state.mu.Lock()
	sending := state.sending
	state.mu.Unlock()
	if sending {
		return oneAtATime
	}
	return state.messages.budget(e, func() time.Duration { return state.ready(affiliate.EndpointMessage) })
}

// message carries a message to a creator, once: no idempotency key exists, so after an answer that was lost it checks
// the conversation before it repeats.
func (b messenger) message(ctx context.Context, e workflow.Effect) engine.Outcome {
	state := b.of(e.Shop)
	if !state.beginSending() {
		return engine.Outcome{Then: engine.Again, After: oneAtATime, Verifications: verifications(e), Failure: e.Failure}
	}
	defer state.endSending()
	if failure, wait := state.messages.holds(e); wait > 0 {
		return delayed(e, failure, wait)
	}
	if e.Begun {
		return unclearMessage("", workflow.Failure{Message: "the desk was interrupted while it was sending"})
	}
	patience := messageTime
	if e.Verifications > 0 {
		patience = lookTime
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	s, conversation, err := b.recipient(ctx, e)
	switch {
	case err != nil:
		return engine.Outcome{Then: engine.Again, After: unknownShop, Verifications: e.Verifications, Failure: failureOf(err)}
	case conversation.Shown.OpenID == "" && conversation.ID == "":
		return refusedMessage("", workflow.Failure{Message: string(workflow.RuleNoCreator)})
	}
	calls := b.calls(s)
	with := affiliate.Conversation{ID: affiliate.ConversationID(conversation.ID)} // which the creator began
	if id := conversation.Shown.OpenID; id != "" {
		if with, err = calls.Conversation(ctx, affiliate.CreatorID(id)); err != nil {
			return b.messageFailed(e, "", err)
		}
	}
	if e.Verifications > 0 {
		return b.verifyMessage(ctx, e, calls, with)
	}
	return b.sendMessage(ctx, e, calls, with.ID)
}

// beginSending begins the one delivery of a message that a shop may have at a time, unless it has one.
func (s *shopState) beginSending() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sending {
		return false
	}
	s.sending = true
	return true
}

func (s *shopState) endSending() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sending = false
}

// recipient reads the shop and the conversation of a message. The notice that quotes the message has the creator's
// current key, the effect the key from when it was made.
func (b messenger) recipient(ctx context.Context, e workflow.Effect) (s workflow.Shop, conversation workflow.Conversation, err error) {
	err = b.store.View(ctx, func(tx workflow.Tx) (err error) {
		if s, err = tx.Shop(e.Shop); err != nil {
			return err
		}
		n, err := tx.Notice(e.Notice)
		if err != nil {
			return err
		}
		if conversation, err = tx.Conversation(e.Shop, n.Creator); errors.Is(err, workflow.ErrNotFound) {
			return nil
		}
		return err
	})
	return s, conversation, err
}

func (b messenger) sendMessage(ctx context.Context, e workflow.Effect, calls *affiliate.Shop, with affiliate.ConversationID) engine.Outcome {
	id, err := calls.SendMessage(ctx, with, e.Text)
	if err != nil {
		return b.messageFailed(e, with, err)
	}
	b.of(e.Shop).messages.reset()
	b.rememberSent(id)
	return sentMessage(with)
}

// messageFailed returns the outcome of a message that failed.
func (b messenger) messageFailed(e workflow.Effect, with affiliate.ConversationID, err error) engine.Outcome {
	c, kind := failureOf(err), affiliate.KindOf(err)
	switch {
	case affiliate.Unclear(err):
		return unclearMessage(with, c)
	case errors.Is(err, affiliate.ErrMessageQuota):
		return delayed(e, c, unansweredPause)
	case kind == affiliate.QuotaExhausted:
		return b.openBreaker(e, c, dailyPause)
	case kind.Stops() != affiliate.StopsNothing: // the sweep finds out whether it stops more than messages
		return b.openBreaker(e, c, breakerPause)
	case kind == affiliate.Refused:
		return refusedMessage(with, c)
	}
	o := engine.Outcome{Then: engine.Again, AtLeast: affiliate.RetryAfter(err), Verifications: e.Verifications, Failure: c}
	if e.Attempt >= unanswering && kind != affiliate.RateLimited {
		o.Result = engine.MessageDone{What: workflow.OnMessageHeldUp, At: time.Now(), Failure: c}
	}
	return o
}

// openBreaker opens the breaker of the shop's messages: the others would fail like this one.
func (b messenger) openBreaker(e workflow.Effect, c workflow.Failure, pause time.Duration) engine.Outcome {
	b.of(e.Shop).messages.trip(c, pause)
	return delayed(e, c, pause)
}

// delayed is the outcome of a message that waits, and why.
func delayed(e workflow.Effect, c workflow.Failure, pause time.Duration) engine.Outcome {
	return engine.Outcome{
		Result: engine.MessageDone{What: workflow.OnMessageHeldUp, At: time.Now(), Failure: c},
		Then:   engine.Again, After: pause, Verifications: e.Verifications, Failure: c,
	}
}

// unclearMessage is the outcome of a message that has to be verified before it is sent again.
func unclearMessage(with affiliate.ConversationID, c workflow.Failure) engine.Outcome {
	return engine.Outcome{
		Result: engine.MessageDone{What: workflow.OnMessageHeldUp, At: time.Now(), Failure: c, Conversation: string(with)},
		Then:   engine.Again, After: firstVerification, Verifications: 1, Failure: c,
	}
}

func sentMessage(with affiliate.ConversationID) engine.Outcome {
	return engine.Outcome{Result: engine.MessageDone{What: workflow.OnMessageSent, At: time.Now(), Conversation: string(with)}}
}

func refusedMessage(with affiliate.ConversationID, c workflow.Failure) engine.Outcome {
	return engine.Outcome{Result: engine.MessageDone{What: workflow.OnMessageRefused, At: time.Now(), Failure: c, Conversation: string(with)}}
}

// verifyMessage finds out whether a message arrived whose answer was lost. If the second check does not find it, it did
// not, and is sent again.
func (b messenger) verifyMessage(ctx context.Context, e workflow.Effect, calls *affiliate.Shop, with affiliate.Conversation) engine.Outcome {
	found, err := b.arrived(ctx, e, calls, with)
	switch {
	case err != nil:
		return b.messageFailed(e, with.ID, err)
	case found:
		return sentMessage(with.ID)
	case e.Verifications == 1:
		return engine.Outcome{Then: engine.Again, After: secondVerification - firstVerification, Verifications: 2, Failure: e.Failure}
	default:
		return engine.Outcome{Then: engine.AtOnce, Failure: e.Failure}
	}
}

// errPages is the error of a conversation whose pages do not fit together.
var errPages = errors.New("the pages of the conversation do not fit together")

// arrived looks for the text among what the shop wrote since the message was made. One that is known to be another
// message of the same text does not count. That it is not there is believed only of a conversation that was read whole.
func (b messenger) arrived(ctx context.Context, e workflow.Effect, calls *affiliate.Shop, with affiliate.Conversation) (bool, error) {
	since := e.MadeAt.Add(-clockAhead)
	there, err := calls.Messages(ctx, with.ID)
	if err != nil {
		return false, err
	}
	for _, m := range there.Messages {
		old := !m.At.IsZero() && m.At.Before(since)
		theirs := with.CreatorIM != "" && m.SenderID == with.CreatorIM
		if !old && !theirs && m.Type == affiliate.MessageText && foldSpaces(m.Text()) == foldSpaces(e.Text) && b.rememberSent(m.ID) {
			return true, nil
		}
	}
	if !there.Whole {
		return false, errPages
	}
	return false, nil
}

// foldSpaces makes a text comparable whatever happened to its spaces.
func foldSpaces(text string) string { return strings.Join(strings.Fields(text), " ") }

// rememberSent remembers which message was sent; false if that one was known already. It is kept in memory only: after
// a restart, a text that was sent twice within a short time may be taken for arrived twice, which is better than a
// creator who gets it a third time.
func (b messenger) rememberSent(id affiliate.MessageID) bool {
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
