package boltstore

import (
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
	return t.bucket(conversationsBucket).Delete(conversationKey(s, creator))
}
