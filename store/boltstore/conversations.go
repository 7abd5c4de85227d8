package boltstore

import (
	"encoding/binary"
	"errors"
	"fmt"

	"sampledesk/workflow"
)

// Conversation is part of workflow.Tx.
func (t *transaction) Conversation(s workflow.ShopID, c workflow.CreatorKey) (workflow.Conversation, error) {
	return read[workflow.Conversation](t.bucket(conversationsBucket), conversationKey(s, c), "conversation")
}

// ConversationNumbered is part of workflow.Tx.
func (t *transaction) ConversationNumbered(s workflow.ShopID, id string) (workflow.Conversation, error) {
	if err := t.alive(); err != nil {
		return workflow.Conversation{}, err
	}
	creator := t.bucket(conversationIDsBucket).Get(conversationIDKey(s, id))
	if creator == nil {
		return workflow.Conversation{}, fmt.Errorf("conversation with the id %q of shop %q: %w", id, s, workflow.ErrNotFound)
	}
	data := t.bucket(conversationsBucket).Get(conversationKey(s, workflow.CreatorKey(creator)))
	if data == nil {
		return workflow.Conversation{}, fmt.Errorf("%w: the conversation with %q has an id and is not there", errDamaged, creator)
	}
	return decode[workflow.Conversation](data)
}

// PutConversation is part of workflow.Tx.
func (t *transaction) PutConversation(c workflow.Conversation) error {
	if err := t.may("a conversation", string(c.Shop), string(c.Creator)); err != nil {
		return err
	}
	if err := fitting("a conversation's id", c.ID); err != nil {
		return err
	}
	if err := t.renumber(c); err != nil {
		return err
	}
	if err := t.waitAnew(c); err != nil {
		return err
	}
	return write(t.bucket(conversationsBucket), conversationKey(c.Shop, c.Creator), kept(c))
}

// renumber gives a conversation its id, if it has one, and lets go of the one it had.
func (t *transaction) renumber(c workflow.Conversation) error {
	ids, key := t.bucket(conversationIDsBucket), conversationIDKey(c.Shop, c.ID)
	if holder := ids.Get(key); holder != nil && string(holder) != string(c.Creator) {
		return fmt.Errorf("the conversation id %q of shop %q is that of creator %q: %w", c.ID, c.Shop, holder, workflow.ErrConflict)
	}
	was, err := t.Conversation(c.Shop, c.Creator)
	switch {
	case err == nil && was.ID != "":
		if err := ids.Delete(conversationIDKey(was.Shop, was.ID)); err != nil {
			return err
		}
	case err != nil && !errors.Is(err, workflow.ErrNotFound):
		return err
	}
	if c.ID == "" {
		return nil
	}
	return ids.Put(key, []byte(c.Creator))
}

// waitAnew puts a conversation where it stands among those that wait, in place of where it stood.
func (t *transaction) waitAnew(c workflow.Conversation) error {
	before := ""
	was, err := t.Conversation(c.Shop, c.Creator)
	switch {
	case err == nil:
		before = was.WaitingSort()
	case !errors.Is(err, workflow.ErrNotFound):
		return err
	}
	now := kept(c).WaitingSort()
	if before == now {
		return nil
	}
	b := t.bucket(waitingBucket)
	if before != "" {
		if err := errors.Join(b.Delete(joined(string(c.Shop), before)), t.countWaiting(c.Shop, -1)); err != nil {
			return err
		}
	}
	if now == "" {
		return nil
	}
	return errors.Join(b.Put(joined(string(c.Shop), now), []byte(c.Creator)), t.countWaiting(c.Shop, 1))
}

// countWaiting adds to the number of a shop's conversations that wait.
func (t *transaction) countWaiting(s workflow.ShopID, add int) error {
	n, err := t.CountWaiting(s)
	if err != nil {
		return err
	}
	b := t.bucket(waitingBucket)
	switch n += add; {
	case n < 0:
		return fmt.Errorf("%w: %d conversations of shop %q wait", errDamaged, n, s)
	case n == 0:
		return b.Delete([]byte(s))
	default:
		return b.Put([]byte(s), binary.BigEndian.AppendUint64(nil, uint64(n)))
	}
}

// CountWaiting is part of workflow.Tx.
func (t *transaction) CountWaiting(s workflow.ShopID) (int, error) {
	if err := t.alive(); err != nil {
		return 0, err
	}
	switch data := t.bucket(waitingBucket).Get([]byte(s)); {
	case len(data) == 0 || !nameable(string(s)):
		return 0, nil
	case len(data) == 8:
		return int(binary.BigEndian.Uint64(data)), nil
	default:
		return 0, fmt.Errorf("%w: the number of waiting conversations of shop %q has %d bytes", errDamaged, s, len(data))
	}
}

// WaitingConversations is part of workflow.Tx. The cursor is the last one's WaitingSort.
func (t *transaction) WaitingConversations(s workflow.ShopID, after string, limit int) ([]workflow.Conversation, string, error) {
	all := t.bucket(conversationsBucket)
	waiting := func(_, creator []byte) (workflow.Conversation, error) {
		data := all.Get(conversationKey(s, workflow.CreatorKey(creator)))
		if data == nil {
			return workflow.Conversation{}, fmt.Errorf("%w: the conversation with %q waits and is not there", errDamaged, creator)
		}
		return decode[workflow.Conversation](data)
	}
	list, next, err := page(t.bucket(waitingBucket), under(string(s)), after, limit, waiting)
	if err != nil {
		return nil, "", fmt.Errorf("reading the conversations of shop %q that wait: %w", s, err)
	}
	return list, next, nil
}

// RemoveConversation is part of workflow.Tx.
func (t *transaction) RemoveConversation(s workflow.ShopID, creator workflow.CreatorKey) error {
	if err := t.may("a shop's conversations", string(s), string(creator)); err != nil {
		return err
	}
	was, err := t.Conversation(s, creator)
	if err != nil {
		return fmt.Errorf("removing a conversation: %w", err)
	}
	if was.ID != "" {
		if err := t.bucket(conversationIDsBucket).Delete(conversationIDKey(s, was.ID)); err != nil {
			return err
		}
	}
	was.Waiting = workflow.WaitingAnswer{}
	if err := t.waitAnew(was); err != nil {
		return err
	}
	return t.bucket(conversationsBucket).Delete(conversationKey(s, creator))
}
