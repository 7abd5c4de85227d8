package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"sampledesk/workflow"
)

const (
	// readRest is how long a conversation waits to be marked as read, so that others go along with it.
	readRest = 2 * time.Second

	// readAgain is how long one waits that TikTok could not mark, and maxReadFailures how often it may fail so: nothing rests
	// on it.
	readAgain       = time.Minute
	maxReadFailures = 3

	// answersRest is how long the message of the day waits for more before it shows who waits for an answer.
	answersRest = 5 * time.Second
)

// DismissAnswer ends a creator's wait for an answer without one, and has TikTok mark the conversation as read. The error is a
// Refusal where nobody waits any more (RuleAnswered, with who was faster) or where the creator has written since
// (RuleWroteAgain).
func (e *Engine) DismissAnswer(ctx context.Context, d workflow.Dismissal) (c workflow.Conversation, err error) {
	err = e.update(ctx, func(t *txn) (err error) {
		c, err = dismissAnswer(t, d)
		return err
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return workflow.Conversation{}, fmt.Errorf("dismissing a message of a creator of shop %s: %w", d.Shop, err)
	}
	return c, nil
}

func dismissAnswer(t *txn, d workflow.Dismissal) (workflow.Conversation, error) {
	c, err := t.tx.Conversation(d.Shop, d.Creator)
	switch {
	case errors.Is(err, workflow.ErrNotFound):
		return c, workflow.Refusal{Rule: workflow.RuleAnswered}
	case err != nil:
		return c, err
	case d.DedupKey != "" && c.Handled.DedupKey == d.DedupKey:
		return c, errUnchanged
	case !c.Waits():
		return c, workflow.Refusal{Rule: workflow.RuleAnswered, Handled: c.Handled}
	case c.Waiting.Last.ID != d.Seen:
		return c, workflow.Refusal{Rule: workflow.RuleWroteAgain}
	}
	text := c.Waiting.Text
	c = c.Handle(workflow.HandledAnswer{By: d.Person, At: d.At, Dismissed: true, DedupKey: d.DedupKey})
	entry := workflow.Entry{At: d.At, Key: workflow.Key{Shop: d.Shop}, Event: workflow.OnAnswerDismissed, By: d.Actor, Text: text, Creator: d.Creator}
	a, err := liveOf(t.tx, d.Shop, d.Creator)
	if err == nil {
		entry.Key, entry.From, entry.To, entry.Round, entry.Status = a.Key, a.State(), a.State(), a.Round, a.Snapshot.Status
	} else if !errors.Is(err, workflow.ErrNotFound) {
		return c, err
	}
	if err := t.tx.Append(entry); err != nil {
		return c, err
	}
	return c, errors.Join(t.markRead(c, d.At), t.putAnswered(c, d.At))
}

// putAnswered keeps a conversation that began or ceased to wait for an answer, and shows it where that is counted.
func (t *txn) putAnswered(c workflow.Conversation, at time.Time) error {
	if err := t.tx.PutConversation(c); err != nil {
		return err
	}
	t.enqueued = true // App Home lists it
	s, err := t.tx.Shop(c.Shop)
	if errors.Is(err, workflow.ErrNotFound) || err == nil && s.Digest.Day == "" {
		return nil
	}
	if err != nil {
		return err
	}
	return t.renotify(workflow.MorningNotice(s.ID, s.Digest.Day), at.Add(answersRest), workflow.Routine)
}

// refuseAnswered refuses a message to a creator whose wait has ended since its author began to write.
func refuseAnswered(tx workflow.Tx, w workflow.OutboundMessage, creator workflow.CreatorKey) error {
	if w.Seen == "" {
		return nil
	}
	c, err := tx.Conversation(w.Shop, creator)
	if errors.Is(err, workflow.ErrNotFound) || err == nil && (c.Waits() || c.Handled.Was.Last.ID != w.Seen) {
		return nil
	}
	if err != nil {
		return err
	}
	return workflow.Refusal{Rule: workflow.RuleAnswered, Handled: c.Handled}
}

// replied ends a creator's wait for an answer, where a person wrote to them. What the desk itself writes answers nobody.
func (t *txn) replied(n workflow.Notice, at time.Time) error {
	if n.Message.By == "" {
		return nil
	}
	c, err := t.tx.Conversation(n.Shop, n.Creator)
	if errors.Is(err, workflow.ErrNotFound) || err == nil && !c.Waits() {
		return nil
	}
	if err != nil {
		return err
	}
	return t.putAnswered(c.Handle(workflow.HandledAnswer{By: n.Message.By, At: at, Reply: n.ID}), at)
}

// notReplied has a creator wait again whom a message was to answer that TikTok refused.
func (t *txn) notReplied(n workflow.Notice, at time.Time) error {
	c, err := t.tx.Conversation(n.Shop, n.Creator)
	if errors.Is(err, workflow.ErrNotFound) || err == nil && (c.Handled.Reply != n.ID || c.Handled.Was.Count == 0) {
		return nil
	}
	if err != nil {
		return err
	}
	was := c.Handled.Was
	if c.Waits() {
		c.Waiting.Since, c.Waiting.Count = was.Since, was.Count+c.Waiting.Count
	} else {
		c.Waiting = was
	}
	c.Handled = workflow.HandledAnswer{}
	return t.putAnswered(c, at)
}

// sentReply records that the team was the last to write: if TikTok lists the conversation as unreplied again, there is
// something new in it. What a person wrote answers whatever the creator had written by then, and marks it as read.
func (t *txn) sentReply(n workflow.Notice, at time.Time) error {
	if err := noteReplied(t.tx, n.Shop, n.Creator); err != nil || n.Message.By == "" {
		return err
	}
	if err := t.replied(n, at); err != nil {
		return err
	}
	c, err := t.tx.Conversation(n.Shop, n.Creator)
	if errors.Is(err, workflow.ErrNotFound) {
		return nil
	}
	return errors.Join(err, t.markRead(c, at))
}

// markRead has TikTok mark a conversation as read, if there is something unread in it: with those that wait for the same, as
// many as one call takes.
func (t *txn) markRead(c workflow.Conversation, at time.Time) error {
	if c.ID == "" || c.Unread == 0 {
		return nil
	}
	lane := workflow.ReadLane(c.Shop)
	waiting, err := t.tx.Lane(lane)
	if err != nil {
		return err
	}
	for _, w := range waiting {
		switch {
		case w.Claimed:
		case slices.Contains(w.Conversations, c.ID):
			return nil
		case len(w.Conversations) < workflow.MaxMarkRead && w.Attempt == 0:
			w.Conversations = append(slices.Clone(w.Conversations), c.ID)
			return t.tx.Change(w.Effect)
		}
	}
	return t.enqueueRead(c.Shop, []string{c.ID}, at, at.Add(readRest), 0)
}

func (t *txn) enqueueRead(shop workflow.ShopID, ids []string, at, notBefore time.Time, refusals int) error {
	return t.enqueue(workflow.Effect{
		Kind: workflow.MarkRead, Lane: workflow.ReadLane(shop), Priority: workflow.Routine, Shop: shop, Conversations: ids, NotBefore: notBefore, Refusals: refusals,
	}, at)
}

// ReadDone says which conversations TikTok marked as read: those of the effect but for Failed.
type ReadDone struct {
	At     time.Time
	Failed []string // TikTok could not, and does not say why
}

// record notes that nothing is unread there. If TikTok lists one as unreplied again, it is read: something may have come just
// before it was marked.
func (e ReadDone) record(t *txn, eff workflow.Effect) error {
	for _, id := range eff.Conversations {
		if slices.Contains(e.Failed, id) {
			continue
		}
		c, err := t.tx.ConversationNumbered(eff.Shop, id)
		if errors.Is(err, workflow.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		c.Unread, c.Unreplied = 0, false
		if err := t.tx.PutConversation(c); err != nil {
			return err
		}
	}
	if len(e.Failed) == 0 || eff.Refusals+1 >= maxReadFailures {
		return nil
	}
	return t.enqueueRead(eff.Shop, e.Failed, e.At, e.At.Add(readAgain), eff.Refusals+1)
}
