package pgstore

import (
	"errors"
	"fmt"

	"sampledesk/store/internal/value"
	"sampledesk/workflow"
)

var conversationsTable = table{"conversations", "conversation", "SELECT record FROM conversations WHERE shop = $1 AND creator = $2"}

// Conversation is part of workflow.Tx.
func (t *transaction) Conversation(s workflow.ShopID, c workflow.CreatorKey) (workflow.Conversation, error) {
	return read[workflow.Conversation](t, conversationsTable, string(s), string(c))
}

// ConversationNumbered is part of workflow.Tx.
func (t *transaction) ConversationNumbered(s workflow.ShopID, id string) (workflow.Conversation, error) {
	if err := t.alive(); err != nil {
		return workflow.Conversation{}, err
	}
	if !value.Nameable(string(s), id) {
		return workflow.Conversation{}, notFound("conversation with the id", id)
	}
	var text string
	found, err := t.one([]any{&text}, "SELECT record FROM conversations WHERE shop = $1 AND number = $2", string(s), id)
	switch {
	case err != nil:
		return workflow.Conversation{}, err
	case !found:
		return workflow.Conversation{}, fmt.Errorf("conversation with the id %q of shop %q: %w", id, s, workflow.ErrNotFound)
	}
	return decode[workflow.Conversation](text)
}

// answersWaiting names the number of a shop's conversations that wait for an answer.
func answersWaiting(s workflow.ShopID) string { return "answers\x1f" + string(s) }

// waits is 1 for a conversation that waits.
func waits(c workflow.Conversation) int {
	if c.WaitingSort() == "" {
		return 0
	}
	return 1
}

// PutConversation is part of workflow.Tx.
func (t *transaction) PutConversation(c workflow.Conversation) error {
	if err := t.may("a conversation", string(c.Shop), string(c.Creator)); err != nil {
		return err
	}
	if err := value.Fitting("a conversation's id", c.ID); err != nil {
		return err
	}
	c = value.Kept(c)
	was, err := t.Conversation(c.Shop, c.Creator)
	if err != nil && !errors.Is(err, workflow.ErrNotFound) {
		return err
	}
	if c.ID != "" && c.ID != was.ID {
		other, err := t.ConversationNumbered(c.Shop, c.ID)
		if err == nil {
			return fmt.Errorf("the conversation id %q of shop %q is that of creator %q: %w", c.ID, c.Shop, other.Creator, workflow.ErrConflict)
		}
		if !errors.Is(err, workflow.ErrNotFound) {
			return err
		}
	}
	if add := waits(c) - waits(was); add != 0 {
		t.count(answersWaiting(c.Shop), "", add)
	}
	t.touch(c.Shop)
	return t.put(conversationsTable, c, `INSERT INTO conversations (shop, creator, record, number, waiting, username) VALUES ($1, $2, $3::json, nullif($4, ''), nullif($5, ''), $6)
		ON CONFLICT (shop, creator) DO UPDATE SET record = excluded.record, number = excluded.number, waiting = excluded.waiting, username = excluded.username`,
		[]string{string(c.Shop), string(c.Creator)}, c.ID, c.WaitingSort(), shown(c.Shown.Username))
}

// CountWaiting is part of workflow.Tx.
func (t *transaction) CountWaiting(s workflow.ShopID) (int, error) {
	return t.number(answersWaiting(s), "")
}

// WaitingConversations is part of workflow.Tx. The cursor is the last one's WaitingSort.
func (t *transaction) WaitingConversations(s workflow.ShopID, after string, limit int) ([]workflow.Conversation, string, error) {
	if !value.Nameable(string(s)) {
		return nil, "", t.alive()
	}
	return named[workflow.Conversation](t, "SELECT waiting, record FROM conversations WHERE shop = $1 AND waiting > $2 ORDER BY waiting LIMIT $3", limit, string(s), cursor(after))
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
	if waits(was) > 0 {
		t.count(answersWaiting(s), "", -1)
	}
	t.touch(s)
	t.write("DELETE FROM conversations WHERE shop = $1 AND creator = $2", string(s), string(creator))
	t.remember(conversationsTable, record{}, string(s), string(creator))
	return nil
}
